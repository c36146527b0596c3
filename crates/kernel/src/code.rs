//! The one table of error codes. JSON responses, HTTP statuses and `docs/ERRORS.md` all come from it.
//!
//! `S…` codes belong to domains, `A…` to identity, `C…` are common to all. docs/RULES.md decides the statuses.

/// What a caller can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing: the response is final for this request.
    None,
    /// Change the request and send it again.
    Fix,
    /// The resource has changed: read it again, then decide.
    Reload,
    /// Send the same request again after the time in `Retry-After`.
    Retry,
    /// Do first what is missing, such as entering a waiting queue, and send the same request again.
    Prepare,
    /// Sign in, or refresh the access token, and send the request again.
    SignIn,
    /// Contact the shop; a person has to look at it.
    Support,
}

impl Remedy {
    /// The remedy as a sentence for the documents.
    pub const fn sentence(self) -> &'static str {
        match self {
            Remedy::None => "final; do not repeat",
            Remedy::Fix => "change the request",
            Remedy::Reload => "read again, then decide",
            Remedy::Retry => "repeat after `Retry-After`",
            Remedy::Prepare => "do first what is missing, then repeat",
            Remedy::SignIn => "sign in or refresh the token",
            Remedy::Support => "ask the shop's support",
        }
    }
}

/// A list of literals: variant, code, HTTP status, remedy, English, Korean. The name is the variant in capitals.
macro_rules! codes {
    ($($variant:ident $code:literal $status:literal $remedy:ident $english:literal $korean:literal;)*) => {
        /// Every way to fail that a caller can see.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($variant,)* }

        impl Code {
            /// Every code, in the table's order.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The short code, such as `S402`. It never changes.
            pub const fn code(self) -> &'static str { match self { $(Code::$variant => $code,)* } }
            /// The HTTP status of the response.
            pub const fn status(self) -> u16 { match self { $(Code::$variant => $status,)* } }
            /// What the caller can do.
            pub const fn remedy(self) -> Remedy { match self { $(Code::$variant => Remedy::$remedy,)* } }
            /// The sentence in English.
            pub const fn english(self) -> &'static str { match self { $(Code::$variant => $english,)* } }
            /// The sentence in Korean.
            pub const fn korean(self) -> &'static str { match self { $(Code::$variant => $korean,)* } }
            const fn variant(self) -> &'static str { match self { $(Code::$variant => stringify!($variant),)* } }
        }
    };
}

codes! {
    // common
    Internal "C001" 500 Retry "something went wrong on our side" "서버 내부 오류가 발생했습니다";
    InvalidInput "C002" 400 Fix "invalid input" "입력값이 올바르지 않습니다";
    NotFound "C003" 404 Fix "not found" "요청한 대상을 찾을 수 없습니다";
    Forbidden "C004" 403 None "not allowed" "허용되지 않은 요청입니다";
    Unauthorized "C005" 401 SignIn "not authorised" "인증이 필요합니다";
    MethodNotAllowed "C009" 405 Fix "this path does not answer that method" "지원하지 않는 메서드입니다";
    PayloadTooLarge "C010" 413 Fix "the body is too large" "요청 본문이 너무 큽니다";
    UnsupportedMediaType "C011" 415 Fix "this content type is not understood here" "지원하지 않는 콘텐츠 형식입니다";
    TooManyRequests "C012" 429 Retry "too many requests" "요청이 너무 많습니다";
    Unavailable "C013" 503 Retry "temporarily unavailable" "일시적으로 사용할 수 없습니다";
    IdempotencyKeyReused "C014" 422 Fix "this idempotency key was used with another request" "다른 요청에 사용된 멱등성 키입니다";
    IdempotencyInProgress "C015" 409 Retry "the first request with this idempotency key is still running" "같은 멱등성 키의 요청이 아직 처리 중입니다";
    OutdatedVersion "C016" 409 Reload "it was changed by someone else meanwhile" "다른 사용자가 먼저 변경했습니다";
    Timeout "C017" 504 Retry "the request took too long" "요청 처리 시간이 초과되었습니다";
    OutcomeUnknown "C018" 503 Retry "it is not known whether the change was stored; repeat with the same idempotency key" "변경 사항의 저장 여부를 알 수 없습니다. 같은 멱등성 키로 다시 시도해 주세요";
    Conflict "C019" 409 Reload "it conflicts with what is stored" "저장된 내용과 충돌합니다";
    // identity
    SignInRequired "A001" 401 SignIn "sign in first" "로그인이 필요합니다";
    RoleRequired "A002" 403 None "your role does not allow this" "권한이 없습니다";
    TokenExpired "A003" 401 SignIn "the token has expired" "토큰이 만료되었습니다";
    TokenInvalid "A004" 401 SignIn "the token is not valid" "유효하지 않은 토큰입니다";
    WrongCredentials "A005" 401 Fix "wrong e-mail or password" "이메일 또는 비밀번호가 올바르지 않습니다";
    EmailTaken "A006" 409 Fix "this e-mail is already signed up" "이미 가입된 이메일입니다";
    RefreshTokenReused "A007" 401 SignIn "this refresh token was used before; all sessions of it were ended" "이미 사용된 갱신 토큰입니다. 해당 세션이 모두 종료되었습니다";
    AccountDisabled "A008" 403 Support "this account is disabled" "사용이 정지된 계정입니다";
    TooManySignIns "A009" 429 Retry "too many failed sign-ins" "로그인 시도가 너무 많습니다";
    AddressNotFound "A010" 404 Fix "address not found" "주소를 찾을 수 없습니다";
    UserNotFound "A011" 404 Fix "user not found" "사용자를 찾을 수 없습니다";
    PasswordTooWeak "A012" 400 Fix "the password is too weak" "비밀번호가 너무 약합니다";
    AccountsElsewhere "A013" 404 None "accounts are kept by another identity provider" "계정은 외부 인증 제공자가 관리합니다";
    OneTimeTokenInvalid "A014" 400 Fix "this token is not valid, has expired or was used; ask for another one" "유효하지 않거나 만료되었거나 이미 사용된 토큰입니다. 다시 요청해 주세요";
    // product
    ProductNotFound "S001" 404 Fix "product not found" "상품을 찾을 수 없습니다";
    ProductAlreadyExists "S002" 409 Fix "a product with this sku exists" "이미 존재하는 상품(SKU)입니다";
    ProductInactive "S003" 400 Fix "this product is not on sale" "판매 중인 상품이 아닙니다";
    InvalidProductPrice "S004" 400 Fix "the price must be positive" "상품 가격은 0보다 커야 합니다";
    InvalidProductQuantity "S005" 400 Fix "the quantity must be positive" "상품 수량은 1 이상이어야 합니다";
    InvalidPrice "S006" 400 Fix "the price is not valid" "가격이 올바르지 않습니다";
    InvalidStockQuantityParam "S007" 400 Fix "the stock quantity is not valid" "재고 수량 값이 올바르지 않습니다";
    ProductNameAlreadyExists "S008" 409 Fix "a product with this name exists" "이미 존재하는 상품명입니다";
    CannotDeleteProductWithOrders "S009" 409 None "products with live orders cannot be deleted" "진행 중인 주문이 있는 상품은 삭제할 수 없습니다";
    StockUpdateFailed "S010" 500 Retry "the stock could not be updated" "재고를 변경하지 못했습니다";
    // cart
    CartNotFound "S101" 404 Fix "cart not found" "장바구니를 찾을 수 없습니다";
    CartItemNotFound "S102" 404 Fix "cart item not found" "장바구니 상품을 찾을 수 없습니다";
    CartAlreadyCheckedOut "S103" 400 Reload "this cart is already checked out" "이미 주문 처리된 장바구니입니다";
    CartEmpty "S104" 400 Prepare "the cart is empty" "장바구니가 비어 있습니다";
    CartItemQuantityExceeded "S105" 400 Fix "more than is available" "구매 가능한 수량을 초과했습니다";
    CartItemAlreadyExists "S106" 409 Fix "this product is already in the cart" "이미 장바구니에 담긴 상품입니다";
    InvalidCartItemQuantity "S107" 400 Fix "the quantity must be at least 1" "수량은 1 이상이어야 합니다";
    // order
    OrderNotFound "S201" 404 Fix "order not found" "주문을 찾을 수 없습니다";
    OrderAlreadyCancelled "S202" 400 None "this order is already cancelled" "이미 취소된 주문입니다";
    OrderCannotBeCancelled "S203" 400 None "this order can no longer be cancelled" "취소할 수 없는 주문입니다";
    OrderAlreadyPaid "S204" 400 None "this order is already paid" "이미 결제된 주문입니다";
    OrderNotPaid "S205" 400 Reload "this order is not paid yet" "아직 결제되지 않은 주문입니다";
    OrderAlreadyShipped "S206" 400 None "this order is already shipped" "이미 발송된 주문입니다";
    OrderAlreadyDelivered "S207" 400 None "this order is already delivered" "이미 배송 완료된 주문입니다";
    OrderCreationFailed "S208" 500 Retry "the order could not be completed" "주문을 완료하지 못했습니다";
    InvalidOrderStatus "S209" 400 Reload "the order's status does not allow this" "주문 상태가 올바르지 않습니다";
    OrderAmountMismatch "S210" 409 Reload "the amount is not what the order costs" "주문 금액이 일치하지 않습니다";
    InvalidShippingAddress "S211" 400 Fix "the shipping address is not valid" "배송지 정보가 올바르지 않습니다";
    OrderUserMismatch "S212" 403 None "this is someone else's order" "본인의 주문이 아닙니다";
    // payment
    PaymentNotFound "S301" 404 Fix "payment not found" "결제 정보를 찾을 수 없습니다";
    PaymentAlreadyCompleted "S302" 400 Reload "a payment of this order is completed or running" "이미 완료되었거나 처리 중인 결제입니다";
    PaymentAlreadyCancelled "S303" 400 None "this payment is already cancelled" "이미 취소된 결제입니다";
    PaymentDeclined "S304" 400 Fix "the payment was declined" "결제가 거절되었습니다";
    PaymentRefundFailed "S305" 500 Support "the payment could not be refunded" "환불 처리에 실패했습니다";
    InvalidPaymentAmount "S306" 400 Fix "the amount is not valid" "결제 금액이 올바르지 않습니다";
    PaymentMethodNotSupported "S307" 400 Fix "this payment method is not supported" "지원하지 않는 결제 수단입니다";
    PaymentTimeout "S308" 408 Retry "the payment gateway took too long" "결제 시간이 초과되었습니다";
    PaymentCancelledByUser "S309" 400 None "the buyer cancelled the payment" "사용자가 결제를 취소했습니다";
    InsufficientBalance "S310" 400 Prepare "the balance is too low" "잔액이 부족합니다";
    PaymentGatewayUnreachable "S311" 503 Retry "the payment gateway cannot be reached" "결제 대행사에 연결할 수 없습니다";
    PaymentCannotBeCancelled "S312" 400 None "this payment can no longer be cancelled" "취소할 수 없는 결제입니다";
    PaymentUserMismatch "S313" 403 None "this is someone else's payment" "본인의 결제가 아닙니다";
    BalanceLimitExceeded "S314" 400 Fix "the balance would exceed its limit" "보유 한도를 초과합니다";
    BalanceConflict "S315" 409 Retry "the balance was changed at the same moment" "잔액이 동시에 변경되었습니다";
    // inventory
    InventoryNotFound "S401" 404 Fix "no stock is kept for this product" "재고 정보를 찾을 수 없습니다";
    InsufficientStock "S402" 400 Fix "not enough stock" "재고가 부족합니다";
    StockReservationFailed "S403" 500 Retry "the stock could not be reserved" "재고 예약에 실패했습니다";
    StockReleaseFailed "S404" 500 Support "the stock could not be released" "재고 예약 해제에 실패했습니다";
    StockDeductionFailed "S405" 500 Support "the stock could not be deducted" "재고 차감에 실패했습니다";
    InvalidStockQuantity "S406" 400 Fix "the stock quantity is not valid" "재고 수량이 올바르지 않습니다";
    InventoryAlreadyExists "S407" 409 Fix "stock of this product is already kept" "이미 등록된 재고입니다";
    ConcurrentStockModification "S408" 409 Retry "the stock was changed at the same moment" "재고가 동시에 변경되었습니다";
    // delivery
    DeliveryNotFound "S501" 404 Fix "delivery not found" "배송 정보를 찾을 수 없습니다";
    DeliveryAlreadyShipped "S502" 400 None "this delivery is already on its way" "이미 발송된 배송입니다";
    DeliveryAlreadyDelivered "S503" 400 None "this delivery has already arrived" "이미 완료된 배송입니다";
    DeliveryCannotBeCancelled "S504" 400 None "this delivery can no longer be cancelled" "취소할 수 없는 배송입니다";
    DeliveryCreationFailed "S505" 500 Retry "the delivery could not be made" "배송 정보를 생성하지 못했습니다";
    InvalidDeliveryStatus "S506" 400 Reload "the delivery's status does not allow this" "배송 상태를 변경할 수 없습니다";
    DeliveryCarrierNotAvailable "S507" 503 Retry "the carrier is not available" "배송사를 이용할 수 없습니다";
    // coupon
    CouponNotFound "S601" 404 Fix "coupon not found" "쿠폰을 찾을 수 없습니다";
    CouponExhausted "S602" 409 None "all coupons have been issued" "쿠폰이 모두 소진되었습니다";
    CouponExpired "S603" 400 None "this coupon has expired" "만료된 쿠폰입니다";
    CouponAlreadyIssued "S604" 409 None "you already have this coupon" "이미 발급받은 쿠폰입니다";
    CouponNotStarted "S605" 400 Retry "this coupon cannot be issued yet" "아직 발급 기간이 아닙니다";
    CouponInactive "S606" 400 None "this coupon is not active" "사용할 수 없는 쿠폰입니다";
    CouponCodeAlreadyExists "S607" 409 Fix "a coupon with this code exists" "이미 존재하는 쿠폰 코드입니다";
    UserCouponNotFound "S608" 404 Fix "you do not have this coupon" "보유한 쿠폰을 찾을 수 없습니다";
    UserCouponAlreadyUsed "S609" 400 None "this coupon is already used" "이미 사용한 쿠폰입니다";
    UserCouponExpired "S610" 400 None "your coupon has expired" "보유한 쿠폰이 만료되었습니다";
    CouponMinimumOrderNotMet "S611" 400 Fix "the order is below the coupon's minimum" "최소 주문 금액을 충족하지 않습니다";
    CouponNotApplicable "S612" 400 Fix "this coupon applies to nothing in this order" "이 주문에는 쿠폰을 적용할 수 있는 상품이 없습니다";
    CouponFirstOrderOnly "S613" 400 None "this coupon is for a first order only" "첫 주문에만 사용할 수 있는 쿠폰입니다";
    // time deal
    TimeDealNotFound "S701" 404 Fix "time deal not found" "타임딜을 찾을 수 없습니다";
    TimeDealNotActive "S702" 400 None "this time deal is not active" "진행 중인 타임딜이 아닙니다";
    TimeDealExpired "S703" 400 None "this time deal is over" "종료된 타임딜입니다";
    TimeDealSoldOut "S704" 409 None "this time deal is sold out" "타임딜 상품이 모두 판매되었습니다";
    TimeDealPurchaseLimitExceeded "S705" 400 None "you may not buy more of this time deal" "타임딜 구매 한도를 초과했습니다";
    TimeDealProductNotFound "S706" 404 Fix "time deal product not found" "타임딜 상품을 찾을 수 없습니다";
    TimeDealAlreadyExists "S707" 409 Fix "this product is already in a time deal" "이미 타임딜에 등록된 상품입니다";
    TimeDealInvalidPeriod "S708" 400 Fix "a time deal must end after it starts" "타임딜 기간이 올바르지 않습니다";
    // queue
    QueueNotFound "S801" 404 Fix "no active waiting queue" "진행 중인 대기열이 없습니다";
    QueueAlreadyEntered "S802" 409 None "you are already in this queue" "이미 대기열에 참여 중입니다";
    QueueEntryNotFound "S803" 404 Fix "queue entry not found" "대기열 정보를 찾을 수 없습니다";
    QueueTokenExpired "S804" 401 Fix "your admission has expired; enter again" "입장 시간이 만료되었습니다";
    QueueNotAllowed "S805" 403 Retry "it is not your turn yet" "아직 입장 순서가 아닙니다";
    QueueEntryRequired "S806" 403 Prepare "enter the waiting queue first" "대기열에 먼저 참여해야 합니다";
    QueueTokenUserMismatch "S807" 403 None "this queue token belongs to someone else" "본인의 대기열 토큰이 아닙니다";
    // saga and system
    SagaExecutionFailed "S901" 500 Retry "a step of the order failed" "주문 처리 단계에서 오류가 발생했습니다";
    SagaCompensationFailed "S902" 500 Support "undoing the order failed; the shop was alerted" "주문 취소 처리에 실패하여 관리자에게 알렸습니다";
    SagaNotFound "S903" 404 Fix "saga not found" "사가를 찾을 수 없습니다";
    SagaAlreadyCompleted "S904" 400 None "this saga has already ended" "이미 완료된 사가입니다";
    SagaTimeout "S905" 408 Retry "the order took too long" "주문 처리 시간이 초과되었습니다";
    // search
    SearchFailed "S1001" 500 Retry "the search failed" "검색에 실패했습니다";
    InvalidSearchQuery "S1002" 400 Fix "the search query is not valid" "검색어가 올바르지 않습니다";
    SearchIndexNotFound "S1003" 503 Retry "the search index is not ready yet" "검색 색인을 준비하고 있습니다";
    SuggestFailed "S1004" 500 Retry "suggestions failed" "검색어 제안에 실패했습니다";
    // returns
    ReturnNotFound "S1101" 404 Fix "return not found" "반품 정보를 찾을 수 없습니다";
    ReturnNotPossible "S1102" 400 Reload "this order cannot be returned now" "지금은 반품할 수 없는 주문입니다";
    ReturnWindowOver "S1103" 400 None "the time for returns is over" "반품 신청 기간이 지났습니다";
    ReturnQuantityExceeded "S1104" 400 Fix "fewer units are left to return" "반품할 수 있는 수량을 초과했습니다";
    InvalidReturnStatus "S1105" 400 Reload "the return's status does not allow this" "반품 상태를 변경할 수 없습니다";
    ReturnUserMismatch "S1106" 403 None "this is someone else's return" "본인의 반품이 아닙니다";
    // images
    ImageNotFound "S1201" 404 Fix "image not found" "이미지를 찾을 수 없습니다";
    NotAnImage "S1202" 400 Fix "this is not an image that the shop takes" "등록할 수 있는 이미지가 아닙니다";
    ImageTooLarge "S1203" 400 Fix "the image has too many pixels" "이미지의 픽셀 수가 너무 많습니다";
    ImageDamaged "S1204" 400 Fix "the image is damaged" "손상된 이미지입니다";
}

/// Codes of the contract that this version never answers. They stay, so that none gets another meaning; a test compares the list
/// with the code that answers.
pub const RESERVED: &[Code] = &[
    Code::Unauthorized,
    Code::InvalidProductQuantity,
    Code::StockUpdateFailed,
    Code::InvalidCartItemQuantity,
    Code::OrderAlreadyCancelled,
    Code::PaymentAlreadyCancelled,
    Code::PaymentTimeout,
    Code::PaymentGatewayUnreachable,
    Code::StockReservationFailed,
    Code::DeliveryAlreadyDelivered,
    Code::DeliveryCreationFailed,
    Code::DeliveryCarrierNotAvailable,
    Code::QueueAlreadyEntered,
    Code::SagaCompensationFailed,
];

impl Code {
    /// The name in capitals, such as `INSUFFICIENT_STOCK`.
    pub fn name(self) -> String {
        let mut name = String::new();
        for (i, c) in self.variant().char_indices() {
            if i > 0 && c.is_ascii_uppercase() {
                name.push('_');
            }
            name.push(c.to_ascii_uppercase());
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_unique_and_complete() {
        let mut seen = HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.code()), "{} twice", code.code());
            assert!((400..600).contains(&code.status()), "{code:?}");
            assert!(!code.english().is_empty() && !code.korean().is_empty(), "{code:?}");
            assert!(code.korean().chars().any(|c| ('가'..='힣').contains(&c)), "{code:?} has no Korean");
        }
    }

    #[test]
    fn design_a_codes_are_all_here() {
        let groups = [
            (0, 10),
            (100, 7),
            (200, 12),
            (300, 15),
            (400, 8),
            (500, 7),
            (600, 11),
            (700, 8),
            (800, 7),
            (900, 5),
            (1000, 4),
        ];
        for (base, count) in groups {
            for n in 1..=count {
                let code = format!("S{:03}", base + n);
                assert!(Code::ALL.iter().any(|c| c.code() == code), "{code} is missing");
            }
        }
    }

    /// The codes whose cause is the shop, its database, or a system that it asks: never what a client sent, and never two
    /// clients at once.
    const MAY_BE_5XX: &[Code] = &[
        Code::Internal,
        Code::Unavailable,
        Code::Timeout,
        Code::OutcomeUnknown,
        Code::StockUpdateFailed,
        Code::OrderCreationFailed,
        // the payment gateway refused to give money back that the shop may give back
        Code::PaymentRefundFailed,
        Code::PaymentGatewayUnreachable,
        Code::StockReservationFailed,
        Code::StockReleaseFailed,
        Code::StockDeductionFailed,
        Code::DeliveryCreationFailed,
        Code::DeliveryCarrierNotAvailable,
        Code::SagaExecutionFailed,
        Code::SagaCompensationFailed,
        Code::SearchFailed,
        Code::SearchIndexNotFound,
        Code::SuggestFailed,
    ];

    #[test]
    fn only_what_no_client_can_cause_is_a_5xx() {
        for &code in Code::ALL {
            let ours = MAY_BE_5XX.contains(&code);
            assert_eq!(code.status() >= 500, ours, "{} {code:?}: is it the client's fault?", code.code());
            assert!(
                !ours || matches!(code.remedy(), Remedy::Retry | Remedy::Support),
                "{code:?} asks for another request"
            );
        }
    }

    #[test]
    fn names_are_in_capitals() {
        assert_eq!(Code::InsufficientStock.name(), "INSUFFICIENT_STOCK");
    }
}
