//! The banks of Korea by the codes that Toss Payments has for them.

use pages::Language;

/// A bank.
pub struct Bank {
    pub code: &'static str,
    english: &'static str,
    korean: &'static str,
}

const fn bank(code: &'static str, english: &'static str, korean: &'static str) -> Bank {
    Bank { code, english, korean }
}

/// Every bank with a code, those with the most accounts first.
pub const BANKS: [Bank; 26] = [
    bank("06", "KB Kookmin", "국민은행"),
    bank("88", "Shinhan", "신한은행"),
    bank("20", "Woori", "우리은행"),
    bank("81", "Hana", "하나은행"),
    bank("11", "NH NongHyup", "농협은행"),
    bank("03", "IBK", "기업은행"),
    bank("90", "KakaoBank", "카카오뱅크"),
    bank("92", "Toss Bank", "토스뱅크"),
    bank("89", "K Bank", "케이뱅크"),
    bank("23", "SC First", "SC제일은행"),
    bank("27", "Citibank", "씨티은행"),
    bank("31", "iM Bank", "iM뱅크"),
    bank("32", "Busan", "부산은행"),
    bank("39", "Kyongnam", "경남은행"),
    bank("34", "Kwangju", "광주은행"),
    bank("37", "Jeonbuk", "전북은행"),
    bank("35", "Jeju", "제주은행"),
    bank("07", "Suhyup", "수협은행"),
    bank("02", "KDB", "산업은행"),
    bank("45", "MG Community Credit", "새마을금고"),
    bank("48", "Shinhyup", "신협"),
    bank("71", "Korea Post", "우체국"),
    bank("12", "Local NongHyup", "지역농축협"),
    bank("50", "Savings Banks", "저축은행"),
    bank("64", "Forestry Cooperatives", "산림조합"),
    bank("54", "HSBC", "HSBC은행"),
];

impl Bank {
    /// What people call it.
    pub fn called(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Korean => self.korean,
        }
    }
}

/// The name of the bank with this code; the code itself for one that is not in the list.
pub fn name(code: &str, language: Language) -> String {
    let known = BANKS.iter().find(|bank| bank.code == code);
    known.map_or_else(|| code.to_owned(), |bank| bank.called(language).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bank_has_its_own_code_and_names() {
        for bank in &BANKS {
            assert_eq!(BANKS.iter().filter(|other| other.code == bank.code).count(), 1, "{}", bank.code);
            assert!(bank.korean.chars().any(|sign| ('가'..='힣').contains(&sign)), "{}", bank.korean);
        }
        assert_eq!(
            (name("20", Language::Korean), name("99", Language::English)),
            ("우리은행".to_owned(), "99".to_owned())
        );
    }
}
