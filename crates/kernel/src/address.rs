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
    /// At most 20 characters.
    pub receiver_phone: String,
    /// At most 10 characters.
    pub zip_code: String,
    /// At most 255 characters.
    pub address1: String,
    /// At most 255 characters.
    #[serde(default)]
    pub address2: Option<String>,
}

impl Address {
    /// The address with its fields trimmed. S211 names every field that is blank, too long or contains control characters.
    pub fn checked(self) -> Result<Address> {
        self.trimmed().map_err(|error| Error::of_fields(Code::InvalidShippingAddress, error.details().to_vec()))
    }

    fn trimmed(self) -> Result<Address> {
        let fields = (
            text::required("receiverName", &self.receiver_name, 100),
            text::required("receiverPhone", &self.receiver_phone, 20),
            text::required("zipCode", &self.zip_code, 10),
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
