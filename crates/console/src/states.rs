//! How things stand, in the words of both languages and in a colour.

use crate::table::Cell;
use pages::Language;

/// A name of the API, its words in English and Korean, and a class of the stylesheet.
type Word = (&'static str, &'static str, &'static str, &'static str);

const WORDS: &[Word] = &[
    ("ACTIVE", "active", "활성", "good"),
    ("ADJUSTMENT", "adjusted", "조정", ""),
    ("ADMIN", "administrator", "관리자", ""),
    ("APPROVED", "approved", "승인", "warn"),
    ("BALANCE", "balance", "잔액", ""),
    ("BANK_TRANSFER", "bank transfer", "계좌이체", ""),
    ("BEGUN", "begun", "시작", ""),
    ("CANCELLED", "cancelled", "취소", "over"),
    ("CHANNEL", "sales channel", "판매 채널", ""),
    ("CHARGE", "charged", "충전", ""),
    ("COLLECTED", "on its way back", "수거 완료", "warn"),
    ("COMPENSATING", "being undone", "되돌리는 중", "warn"),
    ("COMPENSATION_FAILED", "stuck", "되돌리기 실패", "bad"),
    ("COMPLETED", "completed", "완료", "good"),
    ("CONFIRMED", "waits for payment", "결제 대기", "warn"),
    ("CREDIT_CARD", "card", "카드", ""),
    ("DEAD", "dead letter", "처리 실패", "bad"),
    ("DELIVERED", "delivered", "배송 완료", "good"),
    ("DISABLED", "closed", "이용 정지", "bad"),
    ("DISCONTINUED", "discontinued", "단종", "over"),
    ("DRAFT", "draft", "작성 중", "warn"),
    ("EARNED", "earned", "적립", ""),
    ("ENDED", "ended", "종료", "over"),
    ("EXCHANGED", "exchanged", "교환 완료", "good"),
    ("EXHAUSTED", "exhausted", "소진", "over"),
    ("EXPIRED", "expired", "만료", "over"),
    ("FAILED", "failed", "실패", "over"),
    ("FIXED", "fixed amount", "정액", ""),
    ("GATEWAY", "gateway", "결제사", ""),
    ("INACTIVE", "inactive", "비활성", "over"),
    ("IN_STOCK", "in stock", "재고 있음", "good"),
    ("IN_TRANSIT", "on its way", "배송 중", "warn"),
    ("KAKAO_PAY", "Kakao Pay", "카카오페이", ""),
    ("LOW_STOCK", "few left", "재고 부족", "warn"),
    ("MOBILE", "mobile phone", "휴대폰", ""),
    ("NAVER_PAY", "Naver Pay", "네이버페이", ""),
    ("OUT_OF_STOCK", "sold out", "품절", "bad"),
    ("PAID", "paid", "결제 완료", "good"),
    ("PARTIALLY_REFUNDED", "refunded in part", "부분 환불", "warn"),
    ("PAYMENT", "paid", "결제", ""),
    ("PENDING", "pending", "대기", "warn"),
    ("PERCENTAGE", "percentage", "정률", ""),
    ("PLACED", "placed", "주문 접수", ""),
    ("PLACED_ELSEWHERE", "placed elsewhere", "외부 채널 주문", ""),
    ("POINTS", "points", "포인트", ""),
    ("PREPARING", "preparing", "배송 준비", "warn"),
    ("PROCESSING", "outcome open", "처리 중", "warn"),
    ("PURCHASE", "received", "입고", "good"),
    ("RECEIVED", "received", "입고 완료", "warn"),
    ("REFUND", "refunded", "환불", ""),
    ("REFUNDED", "refunded", "환불", "over"),
    ("REJECTED", "rejected", "거절", "over"),
    ("RELEASE", "released", "예약 해제", ""),
    ("REQUESTED", "to be decided", "승인 대기", "warn"),
    ("RESERVATION", "reserved", "예약", ""),
    ("RESTORED", "restored", "복원", ""),
    ("RETRYING", "retrying", "재시도 중", "warn"),
    ("RETURN", "returned", "반품", ""),
    ("RETURNED", "returned", "반송", "over"),
    ("SALE", "sold", "판매", ""),
    ("SCHEDULED", "scheduled", "예정", "warn"),
    ("SELLER", "seller", "판매자", ""),
    ("SHIPPED", "shipped", "발송", "good"),
    ("SHIPPING", "on its way", "배송 중", "good"),
    ("SPENT", "spent", "사용", ""),
    ("STARTED", "running", "진행 중", "warn"),
    ("TAKEN_BACK", "taken back", "회수", ""),
    ("TOSS_PAY", "Toss Pay", "토스페이", ""),
    ("USED", "used", "사용", ""),
    ("USER", "buyer", "구매자", ""),
    ("VIRTUAL_ACCOUNT", "virtual account", "가상계좌", ""),
    ("WITHDRAWN", "withdrawn", "철회", "over"),
];

/// Where something that happened to an order is written.
const SOURCES: &[(&str, &str, &str)] = &[
    ("CHANNEL", "Sales channel", "판매 채널"),
    ("COUPON", "Coupon", "쿠폰"),
    ("DELIVERY", "Parcel", "배송"),
    ("EVENT", "Event", "이벤트"),
    ("LEDGER", "Stock", "재고"),
    ("ORDER", "Order", "주문"),
    ("PAYMENT", "Payment", "결제"),
    ("REFUND", "Refund", "환불"),
    ("RETURN", "Return", "반품"),
    ("SAGA", "Saga", "사가"),
    ("WALLET", "Balance and points", "잔액·포인트"),
];

/// The words for where something is written; the name itself where there are none.
pub fn source(name: &str, language: Language) -> &str {
    match (SOURCES.iter().find(|(known, ..)| *known == name), language) {
        (Some((_, english, _)), Language::English) => english,
        (Some((_, _, korean)), Language::Korean) => korean,
        (None, _) => name,
    }
}

/// The words for a name of the API; the name itself where there are none.
pub fn word(name: &str, language: Language) -> &str {
    match (WORDS.iter().find(|(known, ..)| *known == name), language) {
        (Some((_, english, _, _)), Language::English) => english,
        (Some((_, _, korean, _)), Language::Korean) => korean,
        (None, _) => name,
    }
}

/// A cell with the words for how something stands.
pub fn cell(name: &str, language: Language) -> Cell {
    let class = WORDS.iter().find(|(known, ..)| *known == name).map_or("", |(.., class)| *class);
    Cell::state(word(name, language), class)
}

/// The choices of a filter: everything, and each of these.
pub fn choices<'a>(all: &'a str, names: &[&'a str], language: Language) -> Vec<(&'a str, &'a str)> {
    let each = names.iter().map(|name| (*name, word(name, language)));
    std::iter::once(("", all)).chain(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_in_both_languages() {
        let rows: Vec<pages::words::Row> = WORDS.iter().map(|(name, en, ko, _)| (*name, *en, *ko)).collect();
        pages::words::compare(&rows);
        pages::words::compare(SOURCES);
        assert_eq!((source("LEDGER", Language::Korean), source("NEW", Language::English)), ("재고", "NEW"));
        assert!(WORDS.is_sorted_by_key(|(name, ..)| *name), "sorted, so that a name stands once");
        assert_eq!((word("PAID", Language::Korean), word("NEW", Language::English)), ("결제 완료", "NEW"));
    }
}
