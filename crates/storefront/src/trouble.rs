//! A refusal as a buyer reads it: what is wrong, with which field, and what to do next.

use kernel::{Code, Remedy};
pub use pages::Trouble;
use pages::{
    Refused, texts,
    trouble::{self, Next},
};
use web::Context;

texts! {
    /// The words for fields and for what to do next.
    TroubleTexts {
        title: "That did not work", "처리하지 못했습니다";
        fix: "Please correct it and send it again.", "내용을 고친 뒤 다시 보내 주세요.";
        reload: "It has changed in the meantime. Look at the page again, then decide.", "그 사이에 내용이 바뀌었습니다. 페이지를 다시 확인한 뒤 진행해 주세요.";
        retry: "Wait a moment and try again.", "잠시 후 다시 시도해 주세요.";
        prepare: "Something is still missing. Complete it, then try again.", "필요한 단계를 먼저 마친 뒤 다시 시도해 주세요.";
        sign_in: "Sign in and try again.", "로그인한 뒤 다시 시도해 주세요.";
        support: "Please contact our customer service.", "고객센터로 문의해 주세요.";
        declined: "Choose another way to pay, or order again.", "다른 결제 수단을 선택하거나 다시 주문해 주세요.";
        last: "This cannot be repeated. Have a look at something else.", "다시 시도할 수 없는 요청입니다. 다른 상품을 둘러봐 주세요.";
        email: "E-mail", "이메일";
        password: "Password", "비밀번호";
        current_password: "Current password", "현재 비밀번호";
        new_password: "New password", "새 비밀번호";
        nickname: "Nickname", "닉네임";
        receiver_name: "Recipient", "받는 분";
        receiver_phone: "Phone", "연락처";
        zip_code: "Postal code", "우편번호";
        address1: "Address", "주소";
        address2: "Address line 2", "상세 주소";
        label: "Address name", "배송지 이름";
        memo: "Note for the carrier", "배송 메모";
        quantity: "Quantity", "수량";
        reason: "Reason", "사유";
        code: "Code", "쿠폰 코드";
        amount: "Amount", "금액";
        account_number: "Account number", "계좌번호";
        holder: "Account holder", "예금주";
        min_price: "Price from", "최저 가격";
        max_price: "Price up to", "최고 가격";
        shipping_address: "Delivery address", "배송지";
        lines: "What you send back", "보내는 상품";
        items: "Items", "상품";
        kind: "What you want for it", "요청 내용";
        description: "In your words", "상세 내용";
        real_name: "Full name", "이름";
        marketing: "News and offers", "소식과 혜택";
        default: "Default address", "기본 배송지";
        shown: "What this page showed", "화면에 표시된 내용";
        product: "Product", "상품";
        variant: "Option", "옵션";
        points: "Points", "포인트";
        coupon: "Coupon", "쿠폰";
        method: "Payment method", "결제 수단";
        payment: "Payment", "결제";
        order: "Order", "주문";
        bank: "Bank", "은행";
        keyword: "Search words", "검색어";
        brand: "Brand", "브랜드";
        category: "Category", "카테고리";
        option: "Chosen options", "선택한 옵션";
        in_stock: "In stock", "재고 있음";
        sort: "Order of the list", "정렬";
        page: "Page", "페이지";
    }
}

/// The refusal in the language of its reader.
pub fn of(refused: &Refused, context: &Context) -> Trouble {
    let t = TroubleTexts::of(context.language());
    let error = &refused.0;
    let about_fields = error.is_about_fields();
    let word = |name: &str| t.field(name);
    let details = context.details(error);
    let named = details.iter().filter_map(|detail| {
        let (field, _) = trouble::field_of(detail.field.as_deref()?);
        Some(trouble::line(detail, Some(word(field).unwrap_or(field).to_owned()), word))
    });
    // how a program would come without a session says nothing to a buyer
    let is_whole = about_fields || error.code() == Code::SignInRequired;
    Trouble {
        title: t.title,
        sentence: if is_whole {
            context.language().sentence(error).to_owned()
        } else {
            trouble::in_words(&without_codes(&context.message(error)), word)
        },
        lines: if about_fields { named.collect() } else { Vec::new() },
        next: if error.code() == Code::PaymentDeclined { t.declined } else { t.next(error.remedy()) },
    }
}

/// The words without the gateway's code in front of its reason, such as `INSUFFICIENT_FUNDS:`. It says nothing to a buyer.
pub fn without_codes(words: &str) -> String {
    let is_code =
        |word: &str| word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c == ':');
    words.split(' ').filter(|word| !(word.ends_with(':') && is_code(word))).collect::<Vec<_>>().join(" ")
}

impl TroubleTexts {
    /// What a field of the API is called on pages.
    fn field(&self, name: &str) -> Option<&'static str> {
        Some(match name {
            "email" => self.email,
            "password" => self.password,
            "currentPassword" => self.current_password,
            "newPassword" => self.new_password,
            "nickname" => self.nickname,
            "receiverName" => self.receiver_name,
            "receiverPhone" => self.receiver_phone,
            "zipCode" => self.zip_code,
            "address1" => self.address1,
            "address2" => self.address2,
            "shippingAddress" => self.shipping_address,
            "label" => self.label,
            "memo" => self.memo,
            "quantity" => self.quantity,
            "reason" => self.reason,
            "code" => self.code,
            "amount" => self.amount,
            "accountNumber" | "refundAccount" => self.account_number,
            "holder" => self.holder,
            "minPrice" => self.min_price,
            "maxPrice" => self.max_price,
            "address" => self.address1,
            "lines" => self.lines,
            "items" => self.items,
            "kind" => self.kind,
            "description" => self.description,
            "realName" => self.real_name,
            "marketingAgree" => self.marketing,
            "isDefault" => self.default,
            "version" | "expectedAmount" => self.shown,
            "productId" | "timeDealProductId" => self.product,
            "variantId" => self.variant,
            "pointsToUse" => self.points,
            "userCouponId" => self.coupon,
            "paymentMethod" | "method" | "splits" => self.method,
            "paymentKey" | "transactionId" => self.payment,
            "orderNumber" => self.order,
            "bank" => self.bank,
            "keyword" => self.keyword,
            "brand" => self.brand,
            "categoryId" => self.category,
            "option" => self.option,
            "inStock" => self.in_stock,
            "sort" => self.sort,
            "page" | "size" | "cursor" => self.page,
            _ => return None,
        })
    }

    /// What to do next.
    pub fn next(&self, remedy: Remedy) -> &'static str {
        let TroubleTexts { last, fix, reload, retry, prepare, sign_in, support, .. } = *self;
        Next { last, fix, reload, retry, prepare, sign_in, support }.after(remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buyer_reads_why_a_card_was_declined_without_the_gateways_code() {
        let declined = "the payment was declined: INSUFFICIENT_FUNDS: the account does not hold enough";
        assert_eq!(without_codes(declined), "the payment was declined: the account does not hold enough");
        assert_eq!(without_codes("INSUFFICIENT_FUNDS: 잔액이 부족합니다"), "잔액이 부족합니다");
        assert_eq!(without_codes("SIZE: 3 A_B"), "SIZE: 3 A_B");
    }
}
