//! How things stand, in the words of both languages and in a colour.

use crate::table::Cell;
use pages::Language;

/// A name of the API, its words in English and Korean, and a class of the stylesheet.
type Word = (&'static str, &'static str, &'static str, &'static str);

const WORDS: &[Word] = &[
    ("ACTIVE", "active", "활성", "good"),
    ("ADJUSTMENT", "adjusted", "조정", ""),
    ("APPROVED", "approved", "승인", "warn"),
    ("BANK_TRANSFER", "bank transfer", "계좌이체", ""),
    ("CANCELLED", "cancelled", "취소", "over"),
    ("COLLECTED", "on its way back", "수거 완료", "warn"),
    ("COMPENSATING", "being undone", "되돌리는 중", "warn"),
    ("COMPENSATION_FAILED", "stuck", "되돌리기 실패", "bad"),
    ("COMPLETED", "completed", "완료", "good"),
    ("CONFIRMED", "waits for payment", "결제 대기", "warn"),
    ("DEAD", "dead letter", "처리 실패", "bad"),
    ("DELIVERED", "delivered", "배송 완료", "good"),
    ("DISABLED", "closed", "이용 정지", "bad"),
    ("DISCONTINUED", "discontinued", "단종", "over"),
    ("DRAFT", "draft", "작성 중", "warn"),
    ("ENDED", "ended", "종료", "over"),
    ("EXCHANGED", "exchanged", "교환 완료", "good"),
    ("EXHAUSTED", "exhausted", "소진", "over"),
    ("EXPIRED", "expired", "만료", "over"),
    ("FAILED", "failed", "실패", "over"),
    ("FIXED", "fixed amount", "정액", ""),
    ("INACTIVE", "inactive", "비활성", "over"),
    ("IN_STOCK", "in stock", "재고 있음", "good"),
    ("IN_TRANSIT", "on its way", "배송 중", "warn"),
    ("LOW_STOCK", "few left", "재고 부족", "warn"),
    ("OUT_OF_STOCK", "sold out", "품절", "bad"),
    ("PAID", "paid", "결제 완료", "good"),
    ("PARTIALLY_REFUNDED", "refunded in part", "부분 환불", "warn"),
    ("PENDING", "pending", "대기", "warn"),
    ("PERCENTAGE", "percentage", "정률", ""),
    ("PREPARING", "preparing", "배송 준비", "warn"),
    ("PROCESSING", "outcome open", "처리 중", "warn"),
    ("PURCHASE", "received", "입고", "good"),
    ("RECEIVED", "received", "입고 완료", "warn"),
    ("REFUNDED", "refunded", "환불", "over"),
    ("REJECTED", "rejected", "거절", "over"),
    ("RELEASE", "released", "예약 해제", ""),
    ("REQUESTED", "to be decided", "승인 대기", "warn"),
    ("RESERVATION", "reserved", "예약", ""),
    ("RETRYING", "retrying", "재시도 중", "warn"),
    ("RETURN", "returned", "반품", ""),
    ("RETURNED", "returned", "반송", "over"),
    ("SALE", "sold", "판매", ""),
    ("SCHEDULED", "scheduled", "예정", "warn"),
    ("SHIPPED", "shipped", "발송", "good"),
    ("SHIPPING", "on its way", "배송 중", "good"),
    ("STARTED", "running", "진행 중", "warn"),
    ("WITHDRAWN", "withdrawn", "철회", "over"),
];

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
        assert!(WORDS.is_sorted_by_key(|(name, ..)| *name), "sorted, so that a name stands once");
        assert_eq!((word("PAID", Language::Korean), word("MOBILE", Language::English)), ("결제 완료", "MOBILE"));
    }
}
