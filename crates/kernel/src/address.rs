//! Where a parcel goes.

use crate::{Code, Error, Result, Together, text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A shipping address. Limits are in characters.
// personal data: `Debug` hides it, and no log may contain it
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Address {
    /// At most 100 characters.
    pub receiver_name: String,
    /// At most 20 characters, with a digit among them.
    pub receiver_phone: String,
    /// At most 10 characters. A shop that charges more for far places wants as many digits as their zip codes have.
    pub zip_code: String,
    /// At most 255 characters.
    pub address1: String,
    /// At most 255 characters.
    #[serde(default)]
    pub address2: Option<String>,
}

impl Address {
    /// The address with its fields trimmed, zip code and phone in one spelling. S211 names every field that is blank, too long or contains
    /// control characters, and a phone without digits.
    pub fn checked(self) -> Result<Address> {
        self.trimmed().map_err(|error| Error::of_fields(Code::InvalidShippingAddress, error.details().to_vec()))
    }

    fn trimmed(self) -> Result<Address> {
        let fields = (
            text::required("receiverName", &self.receiver_name, 100),
            phone("receiverPhone", &self.receiver_phone),
            text::required("zipCode", &number(&self.zip_code), 10),
            text::required("address1", &self.address1, 255),
            text::optional("address2", self.address2.as_deref(), 255),
        );
        let (receiver_name, receiver_phone, zip_code, address1, address2) = fields.together()?;
        Ok(Address { receiver_name, receiver_phone, zip_code, address1, address2 })
    }

    /// `[zip] address1 address2` on one line.
    pub fn full(&self) -> String {
        let mut line = format!("[{}] {}", self.zip_code, self.address1);
        if let Some(rest) = &self.address2 {
            line.push(' ');
            line.push_str(rest);
        }
        line
    }
}

fn phone(field: &str, written: &str) -> Result<String> {
    let phone = text::required(field, &number(written), 20)?;
    match phone.contains(|c: char| c.is_ascii_digit()) {
        true => Ok(phone),
        false => Err(text::wrong(field, "must have digits")),
    }
}

/// A number of a person or a place in one spelling: NFKC, because a Korean or Japanese keyboard writes ６３１００; every dash as a hyphen; no
/// double spaces, and none beside a hyphen. What the digits are, and how they are grouped, stays, because each country has its own way.
pub fn number(written: &str) -> String {
    let mut number = String::new();
    for c in text::identity(written).chars() {
        match c {
            ' ' if number.is_empty() || number.ends_with([' ', '-']) => {}
            // the last two are letters of Japanese and Korean keyboards that look like a dash; NFKC has made the Korean one of U+3161
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' | '\u{1173}' => {
                number.truncate(number.trim_end_matches(' ').len());
                number.push('-');
            }
            other => number.push(other),
        }
    }
    number
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Address(masked)")
    }
}

/// An address in a response: its five fields, and all of it on one line as `fullAddress`.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShippingAddress {
    receiver_name: String,
    receiver_phone: String,
    zip_code: String,
    address1: String,
    address2: Option<String>,
    full_address: String,
}

impl From<Address> for ShippingAddress {
    fn from(address: Address) -> ShippingAddress {
        ShippingAddress {
            full_address: address.full(),
            receiver_name: address.receiver_name,
            receiver_phone: address.receiver_phone,
            zip_code: address.zip_code,
            address1: address.address1,
            address2: address.address2,
        }
    }
}

impl std::fmt::Debug for ShippingAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShippingAddress(masked)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(zip_code: &str, receiver_phone: &str) -> Address {
        Address {
            receiver_name: "김미나".to_owned(),
            receiver_phone: receiver_phone.to_owned(),
            zip_code: zip_code.to_owned(),
            address1: "세종대로 110".to_owned(),
            address2: None,
        }
    }

    #[test]
    fn zip_codes_and_phones_have_one_spelling() {
        for (written, stored) in [
            ("63100", "63100"),
            ("６３１００", "63100"),
            (" 631\u{200B}00\u{3000}", "63100"),
            ("402－20", "402-20"),
            ("402 – 20", "402-20"),
            ("402ㅡ20", "402-20"),
            ("１００ー０００１", "100-0001"),
            ("SW1A  1AA", "SW1A 1AA"),
            ("D02 AF30", "D02 AF30"),
            ("abc", "abc"),
        ] {
            assert_eq!(address(written, "010-1234-5678").checked().unwrap().zip_code, stored, "{written}");
        }
        for (written, stored) in [
            ("０１０－１２３４－５６７８", "010-1234-5678"),
            ("+82 10  1234 5678", "+82 10 1234 5678"),
            ("01012345678", "01012345678"),
        ] {
            assert_eq!(address("04524", written).checked().unwrap().receiver_phone, stored, "{written}");
        }
    }

    #[test]
    fn a_phone_without_digits_and_numbers_on_several_lines_are_refused() {
        let why = |zip: &str, phone: &str| {
            let refused = address(zip, phone).checked().unwrap_err();
            (refused.code(), refused.details()[0].field.clone().unwrap_or_default(), refused.details().len())
        };
        for phone in ["abc", "-", "전화", "", "1\n2", "0123456789012345678901"] {
            assert_eq!(why("04524", phone), (Code::InvalidShippingAddress, "receiverPhone".to_owned(), 1), "{phone:?}");
        }
        for zip in ["", "1\t2", "12345678901"] {
            assert_eq!(why(zip, "010"), (Code::InvalidShippingAddress, "zipCode".to_owned(), 1), "{zip:?}");
        }
    }

    proptest! {
        #[test]
        fn a_number_in_one_spelling_stays_as_it_is(written in "[-0-9０-９ ー–A-z\u{3000}]{0,12}") {
            let once = number(&written);
            prop_assert_eq!(number(&once), once);
        }
    }
}
