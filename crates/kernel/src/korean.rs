//! The Korean of what messages say about one occurrence. The English text is the key, so that code says each thing once; `{}`
//! stands for what an occurrence fills in. A text without a row is left out for readers of Korean: they get the sentence of
//! the code alone, and never two languages in one message.

mod files;

use std::borrow::Cow;

/// English and Korean. Of several rows that fit a text the one with the most fixed text wins.
const ROWS: &[(&str, &str)] = &[
    // fields
    ("must be a whole number", "정수여야 합니다"),
    ("must be a number", "숫자여야 합니다"),
    ("must be text", "문자열이어야 합니다"),
    ("must be true or false", "true 또는 false여야 합니다"),
    ("must be a list", "목록이어야 합니다"),
    ("must be an object", "객체여야 합니다"),
    ("must be given once", "한 번만 보낼 수 있습니다"),
    ("must be one of {}", "다음 중 하나여야 합니다: {}"),
    ("must be one of {} with ,asc or ,desc", "다음 중 하나에 ,asc 또는 ,desc를 붙여야 합니다: {}"),
    ("is not known here", "여기서 알 수 없는 항목입니다"),
    ("is missing", "필수 항목입니다"),
    ("is required", "필수 항목입니다"),
    ("is not valid", "올바르지 않습니다"),
    ("is out of range", "범위를 벗어났습니다"),
    ("has the wrong number of entries", "항목 수가 올바르지 않습니다"),
    ("must not be blank", "비어 있을 수 없습니다"),
    ("must not be empty", "비어 있을 수 없습니다"),
    ("must have at most {} characters", "최대 {}자까지 입력할 수 있습니다"),
    ("must have digits", "숫자가 있어야 합니다"),
    ("must have {} digits", "숫자 {}자리여야 합니다"),
    (
        "has no zero in front, which a spreadsheet drops; save this column as text",
        "맨 앞의 0이 없습니다. 스프레드시트가 지우므로 이 열을 텍스트로 저장하세요",
    ),
    ("must be one line without tabs", "탭 없이 한 줄로 입력해야 합니다"),
    ("must not contain control characters", "제어 문자를 포함할 수 없습니다"),
    ("must be an id, 1 to {}", "1부터 {} 사이의 ID여야 합니다"),
    ("must be a UUID", "UUID여야 합니다"),
    ("must be a number such as {}", "{} 형식의 번호여야 합니다"),
    ("must be a time such as {}", "{} 형식의 시각이어야 합니다"),
    ("{} is not a time such as {}", "{}은(는) {} 형식의 시각이 아닙니다"),
    ("must be a version, such as {}", "{} 형식의 버전이어야 합니다"),
    ("contradicts If-Match", "If-Match와 다릅니다"),
    ("must be between {} and {}", "{}에서 {} 사이여야 합니다"),
    ("amount must be between {} and {}", "금액은 {}에서 {} 사이여야 합니다"),
    ("quantity must be between {} and {}", "수량은 {}에서 {} 사이여야 합니다"),
    ("quantity must be 1 to {}", "수량은 1에서 {} 사이여야 합니다"),
    ("must be at most {}", "{} 이하여야 합니다"),
    ("must be above 0", "0보다 커야 합니다"),
    (
        "must be 0 or more, and not beyond a million rows; use a cursor there",
        "0 이상이며 백만 행을 넘을 수 없습니다. 그 이후는 cursor를 사용하세요",
    ),
    ("must be 0 or more", "0 이상이어야 합니다"),
    ("must be 1 to {} lines", "1에서 {}개 항목이어야 합니다"),
    ("must name 1 to {} products", "1에서 {}개의 상품을 지정해야 합니다"),
    ("must be one that this list gave out", "이 목록이 발급한 값이어야 합니다"),
    ("that is not a cursor this list gave out", "이 목록이 발급한 cursor가 아닙니다"),
    ("must not be sent together with sort", "sort와 함께 보낼 수 없습니다"),
    ("belongs to sortBy", "sortBy와 함께 보내야 합니다"),
    ("and categoryId must not both be given", "categoryId와 함께 보낼 수 없습니다"),
    ("must be an option and its value, such as color:Navy", "color:Navy처럼 옵션과 값이어야 합니다"),
    ("and stock must not both be given", "stock과 함께 보낼 수 없습니다"),
    ("or delta must be given", "delta 중 하나를 보내야 합니다"),
    ("cannot be combined with cartId", "cartId와 함께 보낼 수 없습니다"),
    ("cannot be combined with userCouponId", "userCouponId와 함께 보낼 수 없습니다"),
    ("cannot be combined with couponId", "couponId와 함께 보낼 수 없습니다"),
    (
        "sending it there costs {} more; place another order",
        "그곳으로 보내려면 배송비 {}이(가) 더 듭니다. 새로 주문하세요",
    ),
    ("cannot be changed", "변경할 수 없습니다"),
    ("does not exist", "존재하지 않습니다"),
    ("is taken", "이미 사용 중입니다"),
    ("is too large", "너무 큽니다"),
    ("is no status of an order", "주문 상태가 아닙니다"),
    ("is no line of this order", "이 주문의 항목이 아닙니다"),
    ("is not an e-mail address", "이메일 주소가 아닙니다"),
    ("may be named once", "한 번만 지정할 수 있습니다"),
    ("has {} units", "수량은 {}개입니다"),
    ("must be 0 or {}", "0 또는 {}이어야 합니다"),
    // requests
    ("the body is empty", "요청 본문이 비어 있습니다"),
    ("the body is not complete JSON", "요청 본문의 JSON이 완전하지 않습니다"),
    ("the body is not JSON: line {}, column {}", "요청 본문이 JSON이 아닙니다: {}행 {}열"),
    ("the body must be an object", "요청 본문은 객체여야 합니다"),
    ("the body is not valid", "요청 본문이 올바르지 않습니다"),
    ("the body could not be read", "요청 본문을 읽을 수 없습니다"),
    ("send application/json", "application/json으로 보내세요"),
    ("send text/csv or application/x-ndjson", "text/csv 또는 application/x-ndjson으로 보내세요"),
    ("send the body without Content-Encoding", "Content-Encoding 없이 본문을 보내세요"),
    (
        "Idempotency-Key must have 1 to {} visible ASCII characters",
        "Idempotency-Key는 1에서 {}자의 ASCII 문자여야 합니다",
    ),
    // images
    ("{} is not taken; send JPEG, PNG or WebP", "{} 파일은 등록할 수 없습니다. JPEG, PNG, WebP로 보내세요"),
    ("send JPEG, PNG or WebP", "JPEG, PNG, WebP로 보내세요"),
    ("the file ends too early", "파일이 중간에서 끝났습니다"),
    ("something else follows the image in the file", "파일에서 이미지 뒤에 다른 내용이 있습니다"),
    ("{} × {} is more than {} pixels", "{} × {}는 {}픽셀을 넘습니다"),
    (
        "a side is longer than {} pixels, or it needs too much memory",
        "한 변이 {}픽셀을 넘거나 메모리가 너무 많이 필요합니다",
    ),
    ("an image has at most {} bytes", "이미지는 최대 {}바이트입니다"),
    (
        "send the bytes of the image as image/jpeg, image/png or image/webp",
        "이미지의 바이트를 image/jpeg, image/png, image/webp로 보내세요",
    ),
    ("the same image is being removed", "같은 이미지를 삭제하고 있습니다"),
    ("{} was not uploaded here", "{}은(는) 이 쇼핑몰에 등록된 이미지가 아닙니다"),
    ("must have one entry for each image", "이미지마다 하나씩 있어야 합니다"),
    ("the store of images cannot be reached", "이미지 저장소에 연결할 수 없습니다"),
    ("there is nothing at this path", "이 경로에는 아무것도 없습니다"),
    ("too many requests are waiting", "대기 중인 요청이 너무 많습니다"),
    ("the database is closed", "데이터베이스가 닫혀 있습니다"),
    ("the database cannot be reached", "데이터베이스에 연결할 수 없습니다"),
    ("the current version is {}", "현재 버전은 {}입니다"),
    ("a {} must be one of {}", "다음 중 하나여야 합니다: {1}"),
    ("an {} must be one of {}", "다음 중 하나여야 합니다: {1}"),
    // accounts
    ("at most {} addresses can be kept", "주소는 최대 {}개까지 저장할 수 있습니다"),
    (
        "is easily guessed; several words that do not belong together are better",
        "추측하기 쉽습니다. 서로 관련 없는 여러 단어를 사용하세요",
    ),
    ("must have {} to {} characters", "{}자에서 {}자 사이여야 합니다"),
    ("must have characters that can be seen", "눈에 보이는 문자가 있어야 합니다"),
    ("must not be the e-mail address", "이메일 주소와 같을 수 없습니다"),
    ("no such session", "존재하지 않는 세션입니다"),
    ("close other event streams first", "열려 있는 다른 이벤트 스트림을 먼저 닫아 주세요"),
    ("too many sign-ins at once", "동시에 로그인하는 사용자가 너무 많습니다"),
    ("no such refresh token", "존재하지 않는 갱신 토큰입니다"),
    ("this session was ended", "종료된 세션입니다"),
    // wallets
    ("the balance is {}", "잔액은 {}원입니다"),
    ("{} points can be used", "사용할 수 있는 포인트는 {}점입니다"),
    ("at most {} can be held", "최대 {}원까지 보유할 수 있습니다"),
    ("must not be 0", "0일 수 없습니다"),
    (
        "must be 6 to 64 letters, digits, hyphens and underscores",
        "영문자, 숫자, 하이픈, 밑줄로 6자에서 64자 사이여야 합니다",
    ),
    ("is over", "이미 지난 시각입니다"),
    ("no such charge", "존재하지 않는 충전입니다"),
    ("this charge", "해당 충전"),
    ("this wallet is not yours", "본인의 지갑이 아닙니다"),
    ("the shares are {} and the order costs {}", "결제 수단별 금액의 합은 {}원이고 주문 금액은 {}원입니다"),
    ("must be one share of the balance and one of the gateway", "잔액 하나와 결제 대행사 수단 하나로 나누어야 합니다"),
    ("the gateway's share is paid by paymentMethod", "결제 대행사 몫은 paymentMethod로 결제해야 합니다"),
    ("a balance is not charged from itself", "잔액으로 잔액을 충전할 수 없습니다"),
    // products
    ("there is a category {} here already", "같은 위치에 {} 카테고리가 이미 있습니다"),
    ("category {} not found", "{} 카테고리를 찾을 수 없습니다"),
    ("it has categories below it; move or remove them first", "하위 카테고리가 있습니다. 먼저 옮기거나 삭제하세요"),
    ("it has {} products; give them another category first", "상품 {}개가 있습니다. 먼저 다른 카테고리로 옮기세요"),
    ("must not be the category itself or a part of it", "자기 자신이나 하위 카테고리일 수 없습니다"),
    ("would make more than {} levels", "카테고리는 {}단계를 넘을 수 없습니다"),
    ("would be more than {}", "{}개를 넘을 수 없습니다"),
    ("must not contain {}", "{}을(를) 포함할 수 없습니다"),
    ("must have at most {} levels", "최대 {}단계까지 가능합니다"),
    ("must be DRAFT, ACTIVE or INACTIVE", "DRAFT, ACTIVE, INACTIVE 중 하나여야 합니다"),
    (
        "must be ACTIVE or INACTIVE; delete the variant to discontinue it",
        "ACTIVE 또는 INACTIVE여야 합니다. 단종하려면 옵션 상품을 삭제하세요",
    ),
    ("must begin with https:// or http://, or be a path", "https:// 또는 http://로 시작하거나 경로여야 합니다"),
    ("must not contain blanks, quotes or brackets", "공백, 따옴표, 괄호를 포함할 수 없습니다"),
    ("must not have more than one default", "기본 옵션 상품은 하나만 있을 수 있습니다"),
    ("must not name an option twice", "같은 옵션을 두 번 지정할 수 없습니다"),
    ("must not be above maxPrice", "maxPrice보다 클 수 없습니다"),
    ("must leave a price above 0", "가격이 0보다 커야 합니다"),
    ("make another variant the default first", "먼저 다른 옵션 상품을 기본으로 지정하세요"),
    ("the adjustment leaves no price", "조정 후 가격이 남지 않습니다"),
    ("a variant with these options exists", "같은 옵션의 상품이 이미 있습니다"),
    ("this product is not yours", "본인의 상품이 아닙니다"),
    ("it was discontinued", "단종된 상품입니다"),
    ("it is the name of sku {}", "SKU {}의 이름입니다"),
    ("the sku or the name was taken at the same moment", "같은 순간에 SKU 또는 이름이 사용되었습니다"),
    ("this sku belongs to a discontinued product", "단종된 상품의 SKU입니다"),
    ("the product has no such variant", "이 상품에 없는 옵션 상품입니다"),
    ("are changed under /variants", "/variants에서 변경합니다"),
    ("is changed by publish, close and DELETE", "publish, close, DELETE로 변경합니다"),
    ("belongs to the variants when there are any", "옵션 상품이 있으면 옵션 상품마다 지정합니다"),
    ("must be given for each variant when the row has variants", "옵션 상품마다 지정해야 합니다"),
    ("product {} does not exist", "상품 {}이(가) 존재하지 않습니다"),
    ("product {} is not yours", "상품 {}은(는) 본인의 상품이 아닙니다"),
    ("product {} is not of the seller whose coupon this is", "상품 {}은(는) 이 쿠폰을 만든 판매자의 상품이 아닙니다"),
    ("product {}", "상품 {}"),
    ("variant {} not found", "옵션 상품 {}을(를) 찾을 수 없습니다"),
    ("variant {}", "옵션 상품 {}"),
    ("sku {}", "SKU {}"),
    ("item {}", "항목 {}"),
    ("cart {}", "장바구니 {}"),
    ("is not on sale", "판매 중이 아닙니다"),
    ("sold out", "품절되었습니다"),
    ("no stock is kept", "재고를 관리하지 않습니다"),
    ("stock must stay between {} and {}", "재고는 {}에서 {} 사이여야 합니다"),
    ("delta must not be 0 nor beyond {}", "delta는 0이 아니며 {}을(를) 넘을 수 없습니다"),
    // carts and orders
    ("a cart has at most {} lines", "장바구니에는 최대 {}개 항목을 담을 수 있습니다"),
    ("at most {} on one line", "한 항목의 수량은 최대 {}개입니다"),
    ("change the existing line, or send {}", "기존 항목을 변경하거나 {}을(를) 보내세요"),
    ("order {} came from it", "주문 {}에 사용되었습니다"),
    ("shippingAddress is required", "shippingAddress는 필수 항목입니다"),
    (
        "name first the account to which the deposit goes back",
        "입금하신 금액을 돌려받을 환불 계좌를 먼저 등록해 주세요",
    ),
    ("no points are held", "보유한 포인트가 없습니다"),
    ("the amount is out of range", "금액이 범위를 벗어났습니다"),
    ("an order in {} cannot {}", "{} 상태의 주문은 {}할 수 없습니다"),
    ("be paid", "결제"),
    ("be shipped", "발송"),
    ("arrive before it left", "발송 전에 배송 완료"),
    ("be cancelled", "취소"),
    ("be refunded", "환불"),
    ("a parcel whose order is {} cannot become {}", "주문이 {} 상태이므로 배송을 {}(으)로 변경할 수 없습니다"),
    ("the parcel is {}: its order cannot become {}", "배송이 {} 상태이므로 주문을 {}(으)로 변경할 수 없습니다"),
    ("cancel it instead", "대신 취소하세요"),
    ("cancel or refund the order; that cancels its delivery", "주문을 취소하거나 환불하면 배송도 취소됩니다"),
    (
        "a replacement that has left can only come back; set it to RETURNED then",
        "발송된 교환 상품은 취소할 수 없습니다. 반송되면 RETURNED로 변경하세요",
    ),
    ("only SHIPPING and DELIVERED move with a parcel", "배송과 함께 변경되는 상태는 SHIPPING과 DELIVERED입니다"),
    ("its parcel has left", "이미 발송되었습니다"),
    ("it has arrived", "이미 배송되었습니다"),
    ("the order has no parcel", "주문에 배송이 없습니다"),
    ("the order is being cancelled already", "이미 취소가 진행 중입니다"),
    (
        "the order is being cancelled or refunded; try again in {} seconds",
        "주문 취소 또는 환불이 진행 중입니다. {}초 후 다시 시도하세요",
    ),
    ("a refund of this order is open; try again later", "환불이 진행 중입니다. 잠시 후 다시 시도하세요"),
    ("the order changed at the same moment", "같은 순간에 주문이 변경되었습니다"),
    ("the order was sent elsewhere at the same moment", "같은 순간에 주문의 배송지가 변경되었습니다"),
    ("the order was moved on by someone else at the same moment", "같은 순간에 주문이 변경되었습니다"),
    ("the delivery changed at the same moment", "같은 순간에 배송이 변경되었습니다"),
    ("it does not wait for this", "이 요청을 기다리는 상태가 아닙니다"),
    ("it does not wait for a payment any more", "더 이상 결제를 기다리지 않습니다"),
    ("not paid in time", "결제 시간이 지났습니다"),
    ("the time to pay it is over", "결제 시간이 지났습니다"),
    ("the time to pay it was over meanwhile; the money goes back", "그사이 결제 시간이 지나 환불됩니다"),
    ("{} cannot become {}", "{}에서 {}(으)로 변경할 수 없습니다"),
    // payments
    ("a payment of this order is running", "이 주문의 결제가 진행 중입니다"),
    ("the order waits for another payment", "다른 결제를 기다리는 주문입니다"),
    ("the order was cancelled meanwhile; the money goes back", "그사이 주문이 취소되어 환불됩니다"),
    ("the order was undone; the money goes back", "주문이 취소되어 환불됩니다"),
    ("the goods of this order are gone", "주문한 상품이 남아 있지 않습니다"),
    ("the gateway is being asked what became of this payment", "결제 대행사에 결과를 확인하고 있습니다"),
    ("the payment changed at the same moment", "같은 순간에 결제가 변경되었습니다"),
    ("that is no payment method of this shop", "이 쇼핑몰의 결제 수단이 아닙니다"),
    ("amount must be above zero", "금액은 0보다 커야 합니다"),
    ("a payment is above zero", "결제 금액은 0보다 커야 합니다"),
    ("{} is not 1 to the {} that can be given back", "{}은(는) 1에서 {} 사이의 환불 가능 금액이 아닙니다"),
    ("a payment in {} paid for no lines", "{} 상태의 결제로 결제한 상품이 없습니다"),
    ("the other system did not know of it in time", "상대 시스템이 제때 확인하지 못했습니다"),
    ("the gateway did not know of it in time", "결제 대행사가 제때 확인하지 못했습니다"),
    ("nothing of a payment in {} is left", "{} 상태의 결제에 남은 금액이 없습니다"),
    ("nothing of this payment is left to give back", "이 결제에서 환불할 금액이 남아 있지 않습니다"),
    ("nothing is left to give back", "환불할 금액이 남아 있지 않습니다"),
    ("it is completed and cannot be refused any more", "이미 완료된 결제입니다"),
    ("it turned out to be {}", "결과는 {}입니다"),
    ("it is {} already", "이미 {} 상태입니다"),
    ("it is {}", "{} 상태입니다"),
    ("it still moves by itself; retry it instead", "아직 진행 중입니다. 다시 시도를 사용하세요"),
    ("no audit has run yet", "아직 실행된 감사가 없습니다"),
    ("no such dead letter", "보류된 이벤트가 없습니다"),
    ("the reaction failed again; the dead letter says why", "다시 실패했습니다. 보류된 이벤트에 이유가 있습니다"),
    // files
    ("the file is empty", "파일이 비어 있습니다"),
    ("the file has no rows", "파일에 행이 없습니다"),
    ("the file did not arrive whole; nothing was stored", "파일이 완전히 도착하지 않아 저장하지 않았습니다"),
    ("a file may have at most {} bytes", "파일은 최대 {}바이트까지 가능합니다"),
    ("the rest of the file could not be read", "파일의 나머지를 읽을 수 없습니다"),
    ("line {} of the file has the same sku", "파일의 {}행에 같은 SKU가 있습니다"),
    ("must be field=value", "필드=값 형식이어야 합니다"),
    // values and how they belong together
    ("or variantId must be given", "productId 또는 variantId를 보내야 합니다"),
    ("or items must be given", "또는 items를 보내야 합니다"),
    ("must have at most {} characters when its signs are written out", "기호를 풀어 쓴 길이가 {}자를 넘을 수 없습니다"),
    ("must be at least {}", "{} 이상이어야 합니다"),
    ("the gateway takes at least {}", "결제 대행사로 결제할 수 있는 최소 금액은 {}입니다"),
    ("must be above 0; leave it out for none", "0보다 커야 합니다. 제한이 없으면 보내지 마세요"),
    ("must be between 1 and 100 percent", "1%에서 100% 사이여야 합니다"),
    (
        "this queue is open already, so it has no opening time any more",
        "이미 열린 대기열이므로 여는 시각을 정할 수 없습니다",
    ),
    (
        "at most {} people may enter this queue from one address; try again when one of them has left",
        "한 주소에서는 이 대기열에 최대 {}명까지 참여할 수 있습니다. 그중 한 명이 나간 뒤 다시 시도하세요",
    ),
    ("is below the fixed discount", "정액 할인보다 작습니다"),
    ("must be after startsAt", "startsAt보다 나중이어야 합니다"),
    ("must be after from", "from보다 나중이어야 합니다"),
    ("must be a day such as {}", "{} 형식의 날짜여야 합니다"),
    ("must not be after to", "to보다 나중일 수 없습니다"),
    ("must be at most {} days before to", "to로부터 {}일 이전까지만 됩니다"),
    (
        "is too long ago: the gateway moved more than 200,000 amounts since",
        "너무 오래되었습니다. 그 뒤로 결제 게이트웨이의 내역이 200,000건을 넘습니다",
    ),
    ("the payment gateway gave no list of what it did", "결제 게이트웨이가 내역을 주지 않았습니다"),
    ("is required with to", "to와 함께 보내야 합니다"),
    ("is not a time", "시각이 아닙니다"),
    ("belongs to another sort", "다른 정렬의 값입니다"),
    ("must not be above the price", "가격보다 클 수 없습니다"),
    ("must be 1 to {} letters, digits, - or _", "1에서 {}자의 영문자, 숫자, -, _여야 합니다"),
    ("must be point or comma", "point 또는 comma여야 합니다"),
    ("must be store or refuse", "store 또는 refuse여야 합니다"),
    ("must be leave or clear", "leave 또는 clear여야 합니다"),
    ("must be csv, json or xlsx", "csv, json, xlsx 중 하나여야 합니다"),
    ("a percentage must be between 0 and 10000 basis points", "비율은 0에서 10000 베이시스포인트 사이여야 합니다"),
    ("unknown currency {}", "알 수 없는 통화입니다: {}"),
    ("unknown time zone {}", "알 수 없는 시간대입니다: {}"),
    ("the body {}", "요청 본문: {}"),
    (
        "must be given with stock: the stock that it was decided on; or send its version, or delta",
        "stock과 함께 결정할 때의 재고를 보내세요. 그 버전이나 delta를 보내도 됩니다",
    ),
    ("is {} now", "현재 값은 {}입니다"),
    ("is {} now and is changed only by {}", "현재 값은 {}이며 {}(으)로만 변경할 수 있습니다"),
    ("only {} left", "{}개만 남아 있습니다"),
    ("stock is kept already", "이미 재고를 관리하고 있습니다"),
    (
        "or sku must be given, because the product has several variants: {}",
        "variantId 또는 sku를 보내야 합니다. 여러 옵션 상품이 있습니다: {}",
    ),
    ("variant {} has these options already", "옵션 상품 {}에 이미 같은 옵션이 있습니다"),
    (
        "nothing distinguishes it from variant {}: both need an option such as size, with different values",
        "옵션 상품 {}과(와) 구별되지 않습니다. 사이즈처럼 값이 다른 옵션이 필요합니다",
    ),
    ("belongs to a deleted product; {} brings it back", "삭제된 상품이 사용하고 있습니다. {}(으)로 복원할 수 있습니다"),
    (
        "belongs to a deleted variant; {} brings it back",
        "삭제된 옵션 상품이 사용하고 있습니다. {}(으)로 복원할 수 있습니다",
    ),
    (
        "sku {} belongs to a deleted product; {} brings it back",
        "SKU {}은(는) 삭제된 상품이 사용하고 있습니다. {}(으)로 복원할 수 있습니다",
    ),
    (
        "sku {} belongs to a deleted variant; {} brings it back",
        "SKU {}은(는) 삭제된 옵션 상품이 사용하고 있습니다. {}(으)로 복원할 수 있습니다",
    ),
    ("{} must be one of {}", "다음 중 하나여야 합니다: {1}"),
    ("is not a whole number", "정수가 아닙니다"),
    ("belongs to a deleted {}; {} brings it back", "삭제된 {}이(가) 사용하고 있습니다. {}(으)로 복원할 수 있습니다"),
    (
        "this is the sku of a variant of {}; a row of it may give only stock, price and status",
        "{}의 옵션 상품 SKU입니다. 재고, 가격, 상태만 지정할 수 있습니다",
    ),
    // guests, orders, coupons
    (
        "the order could not be undone; retry or resolve {} first",
        "주문을 취소하지 못했습니다. 먼저 {}을(를) 다시 시도하거나 해결하세요",
    ),
    ("no cart has this token", "이 토큰의 장바구니가 없습니다"),
    ("sign in, or send a guest's {}", "로그인하거나 비회원의 {}을(를) 보내세요"),
    ("the address of an order in {} cannot change", "{} 상태의 주문은 주소를 변경할 수 없습니다"),
    ("cancelled by its payer", "결제한 사람이 취소했습니다"),
    ("the order was cancelled", "주문이 취소되었습니다"),
    ("captured after it was abandoned", "중단된 뒤에 결제되었습니다"),
    ("compensated", "되돌렸습니다"),
    ("the address or the memo was changed", "주소 또는 메모가 변경되었습니다"),
    ("cancelled by the shop", "쇼핑몰이 취소했습니다"),
    ("refunded by the shop", "쇼핑몰이 환불했습니다"),
    ("this payment", "이 결제"),
    ("payment {} is {}", "결제 {}의 상태는 {}입니다"),
    ("the order costs {}", "주문 금액은 {}입니다"),
    ("{} units and {} are left of line {} to give back", "환불할 수 있는 것은 수량 {}, 금액 {}입니다 (항목 {})"),
    ("at least 1 and at most {} can be given back", "1에서 {}까지 환불할 수 있습니다"),
    ("a payment in {} has nothing to give back", "{} 상태의 결제에는 환불할 금액이 없습니다"),
    ("no such refund", "존재하지 않는 환불입니다"),
    ("no such capture", "존재하지 않는 승인 내역입니다"),
    (
        "it was not paid into an account; its money goes back the way it came",
        "계좌로 입금된 결제가 아니므로 결제한 수단으로 환불됩니다",
    ),
    ("must be 6 to 20 digits", "6~20자리 숫자여야 합니다"),
    ("another amount moved", "다른 금액이 처리되었습니다"),
    ("WRONG_AMOUNT: the gateway moved {} of {} as {}", "WRONG_AMOUNT: 결제 대행사가 {} {}를 처리했습니다 ({})"),
    (
        "PAYMENT_KEY_REQUIRED: the buyer has to pay in the payment window first",
        "PAYMENT_KEY_REQUIRED: 먼저 결제창에서 결제해야 합니다",
    ),
    (
        "PAYMENT_OF_ANOTHER_ORDER: the payment key belongs to the payment of another order",
        "PAYMENT_OF_ANOTHER_ORDER: 다른 주문의 결제 키입니다",
    ),
    ("CANCELED: the payment was cancelled at the gateway", "CANCELED: 결제 대행사에서 취소된 결제입니다"),
    ("EXPIRED: the payment was not completed in time", "EXPIRED: 결제가 제시간에 완료되지 않았습니다"),
    ("CANCELED: withdrawn before the deposit", "CANCELED: 입금 전에 취소되었습니다"),
    (
        "INVALID_REFUND_ACCOUNT_INFO: a deposit goes back to an account of the buyer",
        "INVALID_REFUND_ACCOUNT_INFO: 입금액은 구매자의 계좌로 환불됩니다",
    ),
    (
        "CANCEL_ABORTED: the gateway began to give the money back and abandoned it",
        "CANCEL_ABORTED: 결제 대행사에서 환불이 중단되었습니다",
    ),
    (
        "INVALID_REFUND_ACCOUNT_NUMBER: the bank knows no such account",
        "INVALID_REFUND_ACCOUNT_NUMBER: 존재하지 않는 계좌입니다",
    ),
    ("PAYMENT_KEY_INVALID: the gateway gives no such payment keys", "PAYMENT_KEY_INVALID: 올바른 결제 키가 아닙니다"),
    ("a price is never negative", "가격은 음수일 수 없습니다"),
    ("discount and points cannot exceed what the order costs", "할인과 포인트는 주문 금액을 넘을 수 없습니다"),
    ("its parcel left before it was paid", "결제 전에 발송되었습니다"),
    ("its parcel arrived before the order was shipped", "발송 전에 배송이 완료되었습니다"),
    ("an order becomes PAID by a payment: POST /payments", "주문은 결제로 PAID가 됩니다: POST /payments"),
    (
        "no order goes back to waiting; the buyer places a new one",
        "주문은 대기 상태로 돌아가지 않습니다. 새로 주문해야 합니다",
    ),
    ("abandoned before the other system knew of it", "다른 시스템이 알기 전에 중단되었습니다"),
    ("it needs an order of at least {}", "{} 이상 주문해야 합니다"),
    ("of a coupon stays", "쿠폰의 코드는 변경할 수 없습니다"),
    (
        "users have this coupon, so what it takes off which orders stays",
        "이미 발급된 쿠폰의 할인 내용과 적용 대상은 변경할 수 없습니다",
    ),
    ("are needed, because this coupon is for certain products", "특정 상품에만 쓸 수 있는 쿠폰이므로 필요합니다"),
    ("{} are issued already", "이미 {}장이 발급되었습니다"),
    ("code {}", "코드 {}"),
    ("this coupon is not yours", "본인의 쿠폰이 아닙니다"),
    ("waits for an earlier event of its key", "같은 키의 이전 이벤트를 기다립니다"),
    ("dead letter {} of the same key comes first", "같은 키의 보류된 이벤트 {}이(가) 먼저입니다"),
    // time deals
    (
        "cannot be held apart: {} more are in stock, {} are needed",
        "따로 보관할 수 없습니다. 재고는 {}개, 필요한 수량은 {}개입니다",
    ),
    ("is required before the order is paid", "결제 전에 필요합니다"),
    ("must be 1 to {}", "1에서 {}개여야 합니다"),
    ("{} {} does not hold {} of {}", "{} {}에 보관된 수량이 부족합니다"),
    ("is in this deal already", "이미 이 타임딜에 있습니다"),
    ("it starts at {}", "{}에 시작합니다"),
    ("it was cancelled", "취소되었습니다"),
    ("must be below the normal price, {}", "정상가 {}보다 낮아야 합니다"),
    ("must be in the future", "미래의 시각이어야 합니다"),
    ("{} units are sold already", "이미 {}개가 판매되었습니다"),
    ("at most {} for each buyer", "구매자당 최대 {}개입니다"),
    ("this time deal is not yours", "본인의 타임딜이 아닙니다"),
    ("this time deal is over", "끝난 타임딜입니다"),
    ("it has not started; cancel it instead", "아직 시작되지 않았습니다. 대신 취소하세요"),
    ("this time deal was cancelled", "취소된 타임딜입니다"),
    ("this time deal has started, so its limits do not fall", "이미 시작된 타임딜의 수량은 줄일 수 없습니다"),
    ("the time deal was rewritten while this order was placed", "주문하는 동안 타임딜이 변경되었습니다"),
    ("this time deal has started, so its start stays", "이미 시작된 타임딜의 시작 시각은 변경할 수 없습니다"),
    (
        "this time deal has started, so how it holds its units stays",
        "이미 시작된 타임딜의 재고 보관 방식은 변경할 수 없습니다",
    ),
    ("this time deal has started, so its products stay", "이미 시작된 타임딜의 상품은 변경할 수 없습니다"),
    ("this time deal has started, so its prices stay", "이미 시작된 타임딜의 가격은 변경할 수 없습니다"),
    // the simulated gateway
    ("CANCELLED: abandoned before there was an outcome", "CANCELLED: 결과가 나오기 전에 중단되었습니다"),
    // payments of earlier versions have it
    ("CANCELLED: given up before there was an outcome", "CANCELLED: 결과가 나오기 전에 중단되었습니다"),
    ("CARD_DECLINED: the card company refused", "CARD_DECLINED: 카드사가 거절했습니다"),
    ("INSUFFICIENT_FUNDS: the account does not hold enough", "INSUFFICIENT_FUNDS: 잔액이 부족합니다"),
    ("INVALID_CARD: there is no such card", "INVALID_CARD: 존재하지 않는 카드입니다"),
    ("EXPIRED_CARD: the card has expired", "EXPIRED_CARD: 유효기간이 지난 카드입니다"),
    (
        "NETWORK_ERROR: the gateway could not reach the card company; nothing was taken",
        "NETWORK_ERROR: 결제 대행사가 카드사에 연결하지 못했습니다. 결제되지 않았습니다",
    ),
    (
        "TIMEOUT: the card company did not answer the gateway; nothing was taken",
        "TIMEOUT: 카드사가 응답하지 않았습니다. 결제되지 않았습니다",
    ),
    ("LIMIT_EXCEEDED: the card's limit would be exceeded", "LIMIT_EXCEEDED: 카드 한도를 초과합니다"),
    ("REFUND_REJECTED: the card company refused the refund", "REFUND_REJECTED: 카드사가 환불을 거절했습니다"),
    // paying in shares, and into an account
    ("the shares are {} and the order costs {}", "나눈 금액의 합은 {}이고 주문 금액은 {}입니다"),
    (
        "must be one share of the balance and one of the gateway",
        "잔액 결제 하나와 결제 대행사 결제 하나로 나누어야 합니다",
    ),
    ("the gateway's share is paid by paymentMethod", "결제 대행사에서 결제할 금액은 paymentMethod로 결제합니다"),
    (
        "it was not paid into an account; its money goes back the way it came",
        "계좌로 입금된 결제가 아니므로 결제한 수단으로 환불됩니다",
    ),
    ("must be 6 to 20 digits", "6자리에서 20자리 숫자여야 합니다"),
    ("no such capture", "존재하지 않는 결제 승인입니다"),
    // search
    ("must be an option and its value, such as color:Navy", "color:Navy처럼 옵션과 값이어야 합니다"),
    ("a phrase has at most four words", "구문은 최대 네 단어입니다"),
    ("there is nothing between two commas", "쉼표 사이가 비어 있습니다"),
    // parcels and returns
    ("numbers of this carrier have {} digits", "이 배송사의 운송장번호는 {}자리 숫자입니다"),
    ("must be a number of international post, such as EE473124829KR", "EE473124829KR과 같은 국제우편 번호여야 합니다"),
    ("its goods come back by {}", "{} 반품으로 상품이 돌아옵니다"),
    ("an order in {} has nothing to send", "{} 상태의 주문에는 보낼 상품이 없습니다"),
    ("has fewer units in the first parcel", "첫 번째 배송에 남은 수량이 부족합니다"),
    ("must leave something in the first parcel", "첫 번째 배송에 상품이 남아 있어야 합니다"),
    ("nothing of an order in {} can be sent back", "{} 상태의 주문은 반품할 수 없습니다"),
    ("a parcel of this order came back", "이 주문의 배송이 이미 반송되었습니다"),
    ("is no line of this return", "이 반품의 상품이 아닙니다"),
    ("is no variant of the same product", "같은 상품의 옵션이 아닙니다"),
    ("has another price; send the goods back and order it", "가격이 다릅니다. 반품한 뒤 새로 주문하세요"),
    ("is for an exchange only", "교환에서만 사용할 수 있습니다"),
    ("is taken only of a buyer who pays the way back", "반품 배송비를 구매자가 부담할 때만 받을 수 있습니다"),
    ("{} units of line {} can be sent back", "{1}번 상품은 {}개까지 반품할 수 있습니다"),
    ("a return in {} cannot become {}", "{} 상태의 반품을 {}(으)로 변경할 수 없습니다"),
    ("nothing is kept to exchange for a return in {}", "{} 상태의 반품에는 교환할 상품이 준비되어 있지 않습니다"),
    ("the replacement is not sent", "교환 상품을 보내지 않기로 했습니다"),
    ("an order in {} gets no replacement", "{} 상태의 주문에는 교환 상품을 보낼 수 없습니다"),
    ("the return changed at the same moment", "반품이 동시에 변경되었습니다"),
    // reasons in histories
    ("the carrier's number was set", "운송장번호가 등록되었습니다"),
    ("the buyer sent it back", "구매자가 반품했습니다"),
    ("the goods were sent back", "상품이 반품되었습니다"),
    ("the parcel came back", "상품이 반송되었습니다"),
    ("its order has ended", "주문이 종료되었습니다"),
];

/// The Korean of an English text, if there is a row for it. What fills it in is a text of its own where there is a row for that.
pub fn of(english: &str) -> Option<String> {
    let fitting = all().filter_map(|(pattern, korean)| Some((pattern, korean, parts(pattern, english)?)));
    let (_, korean, parts) = fitting.max_by_key(|(pattern, _, parts)| pattern.len() - 2 * parts.len())?;
    let parts: Vec<_> = parts.into_iter().map(|part| of(part).map_or(Cow::Borrowed(part), Cow::Owned)).collect();
    Some(filled(korean, &parts))
}

/// The Korean of an English text that a person may have written too: only a row without `{}` is sure to be the shop's own text.
pub fn whole(english: &str) -> Option<&'static str> {
    all().find(|(pattern, _)| *pattern == english && !pattern.contains("{}")).map(|(_, korean)| *korean)
}

fn all() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    ROWS.iter().chain(files::ROWS)
}

/// What stands in `text` where `pattern` has `{}`; `None` when the rest differs.
fn parts<'a>(pattern: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut fixed = pattern.split("{}");
    let (mut rest, mut found) = (text.strip_prefix(fixed.next()?)?, Vec::new());
    let fixed: Vec<&str> = fixed.collect();
    for (n, next) in fixed.iter().enumerate() {
        let end = if n + 1 == fixed.len() { rest.strip_suffix(next)?.len() } else { rest.find(next)? };
        let (part, after) = rest.split_at(end);
        found.push(part);
        rest = after.strip_prefix(next)?;
    }
    rest.is_empty().then_some(found)
}

/// `korean` with the parts in place of its `{}`, in their order, and of `{1}`, which is the second part.
fn filled(korean: &str, parts: &[Cow<'_, str>]) -> String {
    let numbered = korean.replace("{1}", parts.get(1).map(Cow::as_ref).unwrap_or_default());
    parts.iter().fold(numbered, |text, part| text.replacen("{}", part, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_with_what_fills_it_in() {
        assert_eq!(of("must have at most 5 characters").unwrap(), "최대 5자까지 입력할 수 있습니다");
        assert_eq!(of("must be between 1 and 9").unwrap(), "1에서 9 사이여야 합니다");
        assert_eq!(
            of("an order status must be one of PAID, SHIPPING").unwrap(),
            "다음 중 하나여야 합니다: PAID, SHIPPING"
        );
        assert_eq!(of("not paid in time").unwrap(), "결제 시간이 지났습니다");
        assert_eq!(of("line 7: must not be blank").unwrap(), "7행: 비어 있을 수 없습니다");
        assert_eq!(of("it is not a JSON object").unwrap(), "JSON 객체가 아닙니다", "not that it is something");
        assert_eq!(of("the buyer is on holiday"), None);
        assert_eq!((whole("not paid in time"), whole("it is too small")), (Some("결제 시간이 지났습니다"), None));
        assert_eq!(of(""), None);
    }

    #[test]
    fn every_row_has_both_languages_and_the_same_parts() {
        for (english, korean) in all() {
            assert!(english.is_ascii() && korean.chars().any(|c| ('가'..='힣').contains(&c)) || korean.contains("{}"));
            let (wanted, filled) = (english.matches("{}").count(), korean.matches("{}").count());
            assert!(filled <= wanted, "{english}: {korean}");
        }
    }
}
