//! Products, their statuses, and the checks of what merchandisers write.

use crate::text::{line, paragraph, url, written};
use kernel::{CategoryId, Code, Detail, Error, Money, ProductId, Result, Timestamp, Together, UserId, text};
use serde::Deserialize;
use std::str::FromStr;

/// Longest sku, in characters.
pub const SKU_MAX: usize = 100;
/// Longest product name, in characters.
pub const NAME_MAX: usize = 200;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 2_000;
/// Longest brand, in characters.
pub const BRAND_MAX: usize = 100;
/// Longest name and brand as they are compared, in characters: folding makes some texts longer.
const NAME_KEY_MAX: usize = 600;
const BRAND_KEY_MAX: usize = 300;
/// Longest image address, in characters.
pub const URL_MAX: usize = 500;
/// Most images of one product; more than a gallery can show.
pub const IMAGES_MAX: usize = 20;
/// Longest alternative text of an image, in characters.
pub const ALTERNATIVE_TEXT_MAX: usize = 300;
/// Highest price, in minor units. Times the most units of a line it is still far inside the range of `Money`, and it
/// catches a price that was typed twice in a row.
pub const PRICE_MAX_MINOR: i64 = 100_000_000_000;

::store::text_enum! {
    /// Status of a product.
    #[schema(as = ProductStatus)]
    #[derive(Deserialize)]
    pub enum Status {
        /// Being written; visible to its owner and to administrators only.
        Draft = "DRAFT",
        Active = "ACTIVE",
        /// Taken off sale; may come back.
        Inactive = "INACTIVE",
        /// Deleted. The row stays because orders refer to it.
        Discontinued = "DISCONTINUED",
    }
}

/// A name as the names of products are compared.
pub(crate) fn name_key(name: &str) -> String {
    text::folded_key(name, NAME_KEY_MAX)
}

/// A brand as brands are compared; empty for no brand.
pub fn brand_key(brand: Option<&str>) -> String {
    text::folded_key(brand.unwrap_or(""), BRAND_KEY_MAX)
}

/// A change of a product's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Published,
    Closed,
    Discontinued,
    Restored,
}

impl Status {
    /// The status after `change`. A change that already holds has no effect; once the product is discontinued, everything but
    /// restoring is S001.
    pub fn step(self, change: Change) -> Result<Status> {
        match (self, change) {
            (Status::Draft | Status::Active | Status::Inactive, Change::Published) => Ok(Status::Active),
            (Status::Draft | Status::Active | Status::Inactive, Change::Closed) => Ok(Status::Inactive),
            (Status::Draft | Status::Active | Status::Inactive, Change::Discontinued) => Ok(Status::Discontinued),
            (Status::Draft | Status::Active | Status::Inactive, Change::Restored) => Ok(self),
            (Status::Discontinued, Change::Restored) => Ok(Status::Inactive),
            (Status::Discontinued, Change::Published | Change::Closed | Change::Discontinued) => {
                Err(Code::ProductNotFound.because("it was discontinued"))
            }
        }
    }
}

impl FromStr for Status {
    type Err = Error;
    fn from_str(text: &str) -> Result<Status> {
        Status::named(text).ok_or_else(|| text::wrong("status", "must be one of DRAFT, ACTIVE, INACTIVE, DISCONTINUED"))
    }
}

/// A product as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Product {
    pub id: ProductId,
    /// Unique for ever, also after the product is discontinued.
    pub sku: String,
    pub content: Content,
    /// The path of its category, such as `Apparel > Topwear`.
    pub category: Option<String>,
    pub status: Status,
    /// `None` for the shop's own products.
    pub seller: Option<UserId>,
    /// Whether this product owns `content.name`. An import may store a second product under a name that another
    /// one owns.
    pub holds_name: bool,
    /// Grows by one with every change.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The content of a product, as a merchandiser writes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// At most [`NAME_MAX`] characters on one line.
    pub name: String,
    /// At most [`DESCRIPTION_MAX`] characters.
    pub description: Option<String>,
    /// The normal price of one unit, above zero.
    pub price: Money,
    /// Replaces `price` while it is set; above zero and at most `price`.
    pub sale_price: Option<Money>,
    pub category_id: Option<CategoryId>,
    /// At most [`BRAND_MAX`] characters.
    pub brand: Option<String>,
    /// The first image; at most [`URL_MAX`] characters.
    pub image_url: Option<String>,
    /// Whether its price contains no value added tax.
    pub tax_free: bool,
}

impl Content {
    /// The content without surrounding blanks; C002 naming the field, S004 for a price that is not positive, S006 for
    /// prices that contradict each other.
    pub fn checked(self) -> Result<Content> {
        let fields = (
            check_prices(self.price, self.sale_price),
            line("name", &self.name, NAME_MAX),
            paragraph("description", self.description.as_deref(), DESCRIPTION_MAX),
            written(&self.brand).map(|text| line("brand", text, BRAND_MAX)).transpose(),
            written(&self.image_url).map(|text| url("imageUrl", text)).transpose(),
        );
        let ((), name, description, brand, image_url) = fields.together()?;
        Ok(Content { name, description, brand, image_url, ..self })
    }

    /// The current price of the default variant without adjustment.
    pub fn current_price(&self) -> Money {
        self.sale_price.unwrap_or(self.price)
    }
}

/// S004 unless the prices are positive, S006 unless `sale` is at most `price`, and both at most [`PRICE_MAX_MINOR`].
pub fn check_prices(price: Money, sale: Option<Money>) -> Result<()> {
    let positive = |field: &str, amount: Money| match amount.is_positive() {
        true => Ok(()),
        false => Err(Code::InvalidProductPrice.error().with(Detail::field(field, "must be above 0"))),
    };
    let wrong =
        |field: &str, message: String| Err(Error::of_fields(Code::InvalidPrice, vec![Detail::field(field, message)]));
    let normal = positive("price", price).and_then(|()| match price.as_minor() > PRICE_MAX_MINOR {
        true => wrong("price", format!("must be at most {PRICE_MAX_MINOR}")),
        false => Ok(()),
    });
    let lower = sale.map_or(Ok(()), |sale| positive("salePrice", sale));
    (normal, lower).together()?;
    match sale {
        Some(sale) if sale > price => wrong("salePrice", "must not be above the price".to_owned()),
        Some(_) | None => Ok(()),
    }
}

/// One image of a gallery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// At most [`URL_MAX`] characters.
    pub url: String,
    /// What it shows, for people who do not see it; at most [`ALTERNATIVE_TEXT_MAX`] characters.
    pub alternative_text: Option<String>,
}

/// A new product. The op that stores it checks it.
#[derive(Debug, Clone, PartialEq)]
pub struct New {
    /// `None`: the shop draws a free one.
    pub sku: Option<String>,
    pub content: Content,
    /// Further images, after the one in `content`.
    pub images: Vec<String>,
    /// DRAFT, ACTIVE or INACTIVE.
    pub status: Status,
    /// Empty: the product gets one default variant with its own sku.
    pub variants: Vec<crate::variant::New>,
}

/// Who changes a product: an administrator may change every product, a seller only their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    Admin,
    Seller(UserId),
}

impl Author {
    /// A seller limited to their own products, or the shop when `None`.
    pub fn limited_to(seller: Option<UserId>) -> Author {
        seller.map_or(Author::Admin, Author::Seller)
    }

    /// The seller to store for a new product of this author.
    pub fn seller(self) -> Option<UserId> {
        match self {
            Author::Admin => None,
            Author::Seller(id) => Some(id),
        }
    }

    /// Whether this author may know of a product in this status: of a draft and of a deleted one only who may change it.
    pub fn may_know(self, owner: Option<UserId>, status: Status) -> bool {
        match status {
            Status::Active | Status::Inactive => true,
            Status::Draft | Status::Discontinued => self.may_change(owner).is_ok(),
        }
    }

    /// A002 unless this author may change what `owner` owns.
    pub fn may_change(self, owner: Option<UserId>) -> Result<()> {
        match self {
            Author::Admin => Ok(()),
            Author::Seller(id) if owner == Some(id) => Ok(()),
            Author::Seller(_) => Err(Code::RoleRequired.because("this product is not yours")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn content(name: &str, price: i64, sale: Option<i64>) -> Content {
        Content {
            name: name.to_owned(),
            description: None,
            price: Money::minor(price),
            sale_price: sale.map(Money::minor),
            category_id: None,
            brand: None,
            image_url: None,
            tax_free: false,
        }
    }

    #[test]
    fn a_product_goes_on_and_off_sale_until_it_is_discontinued() {
        let active = Status::Draft.step(Change::Published).unwrap();
        let closed = active.step(Change::Closed).unwrap();
        assert_eq!((active, closed), (Status::Active, Status::Inactive));
        assert_eq!(closed.step(Change::Published).unwrap(), Status::Active);
        let gone = closed.step(Change::Discontinued).unwrap();
        for change in [Change::Published, Change::Closed, Change::Discontinued] {
            assert_eq!(gone.step(change).unwrap_err().code(), Code::ProductNotFound);
        }
        assert_eq!(gone.step(Change::Restored).unwrap(), Status::Inactive);
        assert_eq!(active.step(Change::Restored).unwrap(), Status::Active);
    }

    #[test]
    fn states_are_read_back() {
        for status in Status::ALL {
            assert_eq!(status.name().parse::<Status>().unwrap(), status);
            assert_eq!(serde_json::to_value(status).unwrap(), status.name());
        }
    }

    #[test]
    fn blank_and_long_names_are_refused() {
        for name in ["", "  ", "two\nlines", &"x".repeat(NAME_MAX + 1)] {
            let error = content(name, 1, None).checked().unwrap_err();
            assert_eq!(error.details()[0].field.as_deref(), Some("name"), "{name:?}");
        }
        assert_eq!(content(" 머그컵 ", 1, None).checked().unwrap().name, "머그컵");
    }

    #[test]
    fn only_its_owner_and_administrators_change_a_product() {
        let mut random = kernel::Random::seeded(1);
        let (mine, other) = (UserId::new(random.uuid()), UserId::new(random.uuid()));
        assert!(Author::Admin.may_change(Some(mine)).is_ok());
        assert!(Author::Seller(mine).may_change(Some(mine)).is_ok());
        assert_eq!(Author::Seller(mine).may_change(Some(other)).unwrap_err().code(), Code::RoleRequired);
        assert_eq!(Author::Seller(mine).may_change(None).unwrap_err().code(), Code::RoleRequired);
        for status in Status::ALL {
            let hidden = matches!(status, Status::Draft | Status::Discontinued);
            assert!(Author::Admin.may_know(Some(mine), status) && Author::Seller(mine).may_know(Some(mine), status));
            assert_eq!(Author::Seller(other).may_know(Some(mine), status), !hidden);
            assert_eq!(Author::Seller(mine).may_know(None, status), !hidden);
        }
    }

    proptest! {
        #[test]
        fn accepted_prices_are_positive_and_ordered(
            price in -5_i64..200_000_000_000,
            sale in proptest::option::of(-5_i64..200_000_000_000),
        ) {
            let accepted = check_prices(Money::minor(price), sale.map(Money::minor)).is_ok();
            let good = (1..=PRICE_MAX_MINOR).contains(&price) && sale.is_none_or(|sale| (1..=price).contains(&sale));
            prop_assert_eq!(accepted, good);
        }

        #[test]
        fn checked_content_stays_as_it_is(name in "\\PC{0,220}", brand in proptest::option::of("\\PC{0,120}")) {
            let draft = Content { brand, ..content(&name, 5, None) };
            if let Ok(once) = draft.checked() {
                prop_assert!(!once.name.is_empty() && once.name.chars().count() <= NAME_MAX);
                prop_assert_eq!(once.clone().checked().unwrap(), once);
            }
        }
    }
}
