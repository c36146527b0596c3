//! Addresses that a user saved for later orders.

use kernel::{Address, AddressId, Result, Timestamp, Together, text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::Checked;

/// Most saved addresses of one user.
pub const ADDRESSES_MAX: usize = 20;
/// Longest label, in characters.
const LABEL_MAX: usize = 50;

/// A saved address.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Saved)]
pub struct SavedAddress {
    /// The row.
    pub id: AddressId,
    /// What the user calls it.
    pub label: Option<String>,
    /// Where.
    pub address: Address,
    /// `[zip] address1 address2` on one line.
    pub full_address: String,
    /// Whether it is offered first; at most one is.
    pub is_default: bool,
    /// When it was saved.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// An address to save.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Save)]
pub struct SaveAddress {
    /// At most 50 characters.
    pub label: Option<String>,
    /// Where.
    pub address: Address,
    /// Offer it first from now on. The first address saved always is.
    #[serde(default)]
    pub is_default: bool,
}

impl Checked for SaveAddress {
    fn check(&self) -> Result<()> {
        self.clone().checked().map(drop)
    }
}

impl SaveAddress {
    /// The same without stray blanks; C002 or S211 naming the field.
    pub fn checked(self) -> Result<SaveAddress> {
        let label = text::optional("label", self.label.as_deref(), LABEL_MAX);
        let address = self.address.checked().map_err(|error| error.within("address"));
        let (label, address) = (label, address).together()?;
        Ok(SaveAddress { label, address, is_default: self.is_default })
    }
}
