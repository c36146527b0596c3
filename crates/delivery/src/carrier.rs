//! The carriers of Korea: their codes, and what their tracking numbers look like.
//!
//! Only what a carrier publishes is checked: how many digits its numbers have, and the check digit of international post, which is a
//! standard. The check digits of domestic numbers are not published, and a rule that is guessed would refuse real parcels.

use kernel::{Code, Detail, Error, Result};
use web::Label;

/// Longest tracking number of a carrier, in characters, with the signs between its digits.
const NUMBER_MAX: usize = 30;

::store::text_enum! {
    /// Who carries parcels.
    pub enum Carrier: "carrier" {
        CjLogistics = "CJ_LOGISTICS",
        KoreaPost = "KOREA_POST",
        Hanjin = "HANJIN",
        Lotte = "LOTTE",
        Logen = "LOGEN",
        Kyungdong = "KYUNGDONG",
        Daesin = "DAESIN",
        Ilyang = "ILYANG",
        Hapdong = "HAPDONG",
        Cheonil = "CHEONIL",
        Kunyoung = "KUNYOUNG",
        GsPostbox = "GS_POSTBOX",
        CuPost = "CU_POST",
        /// International post of Korea Post.
        Ems = "EMS",
    }
}

impl Carrier {
    /// What people call it.
    pub const fn label(self) -> Label {
        match self {
            Carrier::CjLogistics => Label::new("CJ Logistics", "CJ대한통운"),
            Carrier::KoreaPost => Label::new("Korea Post", "우체국택배"),
            Carrier::Hanjin => Label::new("Hanjin", "한진택배"),
            Carrier::Lotte => Label::new("Lotte Global Logistics", "롯데택배"),
            Carrier::Logen => Label::new("Logen", "로젠택배"),
            Carrier::Kyungdong => Label::new("Kyungdong", "경동택배"),
            Carrier::Daesin => Label::new("Daesin", "대신택배"),
            Carrier::Ilyang => Label::new("Ilyang Logis", "일양로지스"),
            Carrier::Hapdong => Label::new("Hapdong", "합동택배"),
            Carrier::Cheonil => Label::new("Cheonil", "천일택배"),
            Carrier::Kunyoung => Label::new("Kunyoung", "건영택배"),
            Carrier::GsPostbox => Label::new("GS Postbox", "GS Postbox 택배"),
            Carrier::CuPost => Label::new("CU Post", "CU 편의점택배"),
            Carrier::Ems => Label::new("EMS", "EMS 국제우편"),
        }
    }

    /// The name that is printed on parcels and stored with them.
    pub const fn printed(self) -> &'static str {
        match self {
            Carrier::CjLogistics => "CJ대한통운",
            Carrier::KoreaPost => "우체국택배",
            Carrier::Hanjin => "한진택배",
            Carrier::Lotte => "롯데택배",
            Carrier::Logen => "로젠택배",
            Carrier::Kyungdong => "경동택배",
            Carrier::Daesin => "대신택배",
            Carrier::Ilyang => "일양로지스",
            Carrier::Hapdong => "합동택배",
            Carrier::Cheonil => "천일택배",
            Carrier::Kunyoung => "건영택배",
            Carrier::GsPostbox => "GS Postbox 택배",
            Carrier::CuPost => "CU 편의점택배",
            Carrier::Ems => "EMS 국제우편",
        }
    }

    /// The code that the tracking services of Korea know it by.
    pub const fn code(self) -> &'static str {
        match self {
            Carrier::CjLogistics => "04",
            Carrier::KoreaPost => "01",
            Carrier::Hanjin => "05",
            Carrier::Lotte => "08",
            Carrier::Logen => "06",
            Carrier::Kyungdong => "23",
            Carrier::Daesin => "22",
            Carrier::Ilyang => "11",
            Carrier::Hapdong => "32",
            Carrier::Cheonil => "17",
            Carrier::Kunyoung => "18",
            Carrier::GsPostbox => "24",
            Carrier::CuPost => "46",
            Carrier::Ems => "12",
        }
    }

    /// How many digits its tracking numbers have; none for numbers that are not of digits alone.
    pub const fn digits(self) -> &'static [usize] {
        match self {
            Carrier::CjLogistics | Carrier::Hanjin => &[10, 12],
            Carrier::Lotte => &[10, 12, 13],
            Carrier::KoreaPost | Carrier::Daesin => &[13],
            Carrier::Logen | Carrier::Cheonil => &[11],
            Carrier::Kyungdong => &[8, 9, 10, 11, 12, 13],
            Carrier::Ilyang => &[8, 9, 10, 11],
            Carrier::Hapdong => &[9, 10, 11, 12, 13],
            Carrier::Kunyoung => &[10],
            Carrier::GsPostbox | Carrier::CuPost => &[10, 11, 12],
            Carrier::Ems => &[],
        }
    }
}

/// A carrier's own number of a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waybill {
    pub carrier: Carrier,
    /// Without the signs that people write between its digits.
    pub number: String,
}

impl Waybill {
    /// The number as the carrier writes it; C002 when it cannot be one of this carrier's. Spaces and hyphens do not count.
    pub fn checked(carrier: Carrier, number: &str) -> Result<Waybill> {
        if number.chars().count() > NUMBER_MAX {
            return Err(wrong(format!("must have at most {NUMBER_MAX} characters")));
        }
        let number: String = number.chars().filter(|c| *c != '-' && *c != ' ').collect::<String>().to_ascii_uppercase();
        if carrier == Carrier::Ems {
            return if is_international(&number) {
                Ok(Waybill { carrier, number })
            } else {
                Err(wrong("must be a number of international post, such as EE473124829KR"))
            };
        }
        let digits = carrier.digits();
        if number.bytes().all(|b| b.is_ascii_digit()) && digits.contains(&number.len()) {
            return Ok(Waybill { carrier, number });
        }
        let lengths: Vec<String> = digits.iter().map(ToString::to_string).collect();
        Err(wrong(format!("numbers of this carrier have {} digits", lengths.join(", "))))
    }
}

fn wrong(message: impl Into<String>) -> Error {
    Error::of_fields(Code::InvalidInput, vec![Detail::field("carrierNumber", message)])
}

/// Two letters, eight digits, their check digit and the country (S10 of the Universal Postal Union).
fn is_international(number: &str) -> bool {
    const WEIGHTS: [u32; 8] = [8, 6, 4, 2, 3, 5, 9, 7];
    let bytes = number.as_bytes();
    let [a, b, serial @ .., check, c, d] = bytes else { return false };
    let letters = [a, b, c, d].iter().all(|letter| letter.is_ascii_uppercase());
    if !letters || serial.len() != WEIGHTS.len() || !serial.iter().chain([check]).all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = serial.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let wanted = match 11 - sum % 11 {
        10 => 0,
        11 => 5,
        digit => digit,
    };
    u32::from(check - b'0') == wanted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_with_or_without_hyphens() {
        let waybill = Waybill::checked(Carrier::CjLogistics, "6891-2345-6789").unwrap();
        assert_eq!(waybill.number, "689123456789");
        assert_eq!(Waybill::checked(Carrier::Logen, "123 4567 8901").unwrap().number, "12345678901");
    }

    #[test]
    fn a_number_of_another_carrier_is_refused() {
        for (carrier, number) in [
            (Carrier::CjLogistics, "68912345678"),
            (Carrier::KoreaPost, "689123456789"),
            (Carrier::Hanjin, "12345678a0"),
            (Carrier::Logen, ""),
            (Carrier::Lotte, "１２３４５６７８９０"),
        ] {
            assert_eq!(Waybill::checked(carrier, number).unwrap_err().code(), Code::InvalidInput, "{carrier} {number}");
        }
        assert!(Waybill::checked(Carrier::Kyungdong, &"1".repeat(31)).is_err());
    }

    #[test]
    fn the_check_digit_of_international_post_is_checked() {
        assert!(Waybill::checked(Carrier::Ems, "ee473124829kr").is_ok());
        for number in ["EE473124828KR", "EE47312482KR", "473124829", "E1473124829KR"] {
            assert!(Waybill::checked(Carrier::Ems, number).is_err(), "{number}");
        }
    }

    #[test]
    fn no_two_carriers_have_the_same_code() {
        let codes: std::collections::BTreeSet<_> = Carrier::ALL.iter().map(|carrier| carrier.code()).collect();
        assert_eq!(codes.len(), Carrier::ALL.len());
    }
}
