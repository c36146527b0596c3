//! Types and pure rules of time deals.

use kernel::{
    Code, Detail, Error, Money, OrderNumber, ProductId, Result, TimeDealId, TimeDealProductId, TimeDealPurchaseId,
    Timestamp, UserId, VariantId, text::wrong,
};
use std::collections::HashSet;

/// Longest name, in characters.
pub const NAME_MAX: usize = 100;
/// Longest description, in characters.
pub const DESCRIPTION_MAX: usize = 2_000;
/// Most products of one deal: what a page of a shop can show.
pub const PRODUCTS_MAX: usize = 100;
/// Most units of one product in a deal: as many as one location can have.
pub const UNITS_MAX: i64 = 1_000_000_000;
/// 100 percent, the whole price.
const PERCENT: i64 = 100;

::store::text_enum! {
    /// How a time deal stands.
    #[schema(as = TimeDealStatus)]
    pub enum Status: "time deal status" {
        /// It begins later.
        Scheduled = "SCHEDULED",
        /// Units can be bought.
        Active = "ACTIVE",
        /// Its time is over, or it was ended.
        Ended = "ENDED",
        Cancelled = "CANCELLED",
    }
}

::store::text_enum! {
    /// How a deal came to its end.
    pub enum Close: "end of a time deal" {
        /// By the clock, or by hand before its time was over.
        Ended = "ENDED",
        Cancelled = "CANCELLED",
    }
}

/// What a deal offers of one product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    pub product: ProductId,
    pub variant: VariantId,
    /// What one unit costs in the deal.
    pub price: Money,
    /// How many units there are.
    pub units: i64,
    /// How many units one user can have.
    pub per_user: i64,
}

impl Offer {
    /// C002 unless the numbers make sense beside the normal price of one unit. What stays as the deal has it so far (`present`) is not
    /// refused: neither a price to which the shop has come down since, nor a limit above the units that a running deal is lowered to.
    pub fn checked(self, normal: Money, present: Option<&Offer>) -> Result<Offer> {
        let price = match self.price {
            price if present.is_some_and(|present| present.price == price) => None,
            price if !price.is_positive() => Some(wrong("dealPrice", "must be above 0")),
            price if price >= normal => Some(wrong("dealPrice", format!("must be below the normal price, {normal}"))),
            _ => None,
        };
        let within = |field, value: i64, most: i64, why: &str| {
            (!(1..=most).contains(&value)).then(|| wrong(field, format!("must be between 1 and {most}{why}")))
        };
        let units = within("dealQuantity", self.units, UNITS_MAX, "");
        let most = self.units.clamp(1, UNITS_MAX);
        let per_user = match present {
            Some(present) if present.per_user == self.per_user => None,
            _ => within("maxPerUser", self.per_user, most, ", the units of the deal"),
        };
        [price, units, per_user].into_iter().flatten().reduce(Error::and).map_or(Ok(self), Err)
    }
}

/// What an administrator or a seller decides about a deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub name: String,
    pub description: Option<String>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// Whether its units are taken out of the product's stock when it is made.
    pub held_apart: bool,
    pub offers: Vec<Offer>,
}

impl Content {
    /// S708 unless it ends after it starts; C002 when it is over already or has no products or too many; S707 for the same variant
    /// twice.
    pub fn checked(self, now: Timestamp) -> Result<Content> {
        if self.ends_at <= self.starts_at {
            return Err(Error::of_fields(
                Code::TimeDealInvalidPeriod,
                vec![Detail::field("endsAt", "must be after startsAt")],
            ));
        }
        if self.ends_at <= now {
            return Err(wrong("endsAt", "must be in the future"));
        }
        if self.offers.is_empty() || self.offers.len() > PRODUCTS_MAX {
            return Err(wrong("products", format!("must be 1 to {PRODUCTS_MAX}")));
        }
        let mut seen = HashSet::new();
        match self.offers.iter().position(|offer| !seen.insert(offer.variant)) {
            Some(n) => {
                let twice = Detail::field(format!("products[{n}]"), "is in this deal already");
                Err(Error::of_fields(Code::TimeDealAlreadyExists, vec![twice]))
            }
            None => Ok(self),
        }
    }
}

/// A product in a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DealProduct {
    pub id: TimeDealProductId,
    pub offer: Offer,
    /// Units of orders that did not die.
    pub sold: i64,
    /// Units that ever came back from orders that died.
    pub returned: i64,
    /// Grows with every rewriting of the deal.
    pub version: i64,
}

impl DealProduct {
    /// Units that the deal can still sell.
    pub const fn remaining(&self) -> i64 {
        self.offer.units - self.sold
    }
}

/// A time deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    pub id: TimeDealId,
    pub name: String,
    pub description: Option<String>,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub held_apart: bool,
    /// When its start was published.
    pub started_at: Option<Timestamp>,
    /// When and how its end was recorded.
    pub closed: Option<(Timestamp, Close)>,
    pub seller: Option<UserId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
    pub products: Vec<DealProduct>,
}

impl Deal {
    /// How it stands at `now`.
    pub fn status(&self, now: Timestamp) -> Status {
        match self.closed {
            Some((_, Close::Cancelled)) => Status::Cancelled,
            Some((_, Close::Ended)) => Status::Ended,
            None if self.ends_at <= now => Status::Ended,
            None if now < self.starts_at => Status::Scheduled,
            None => Status::Active,
        }
    }

    /// Whether units can be bought at `now`: S702 before the start (with the wait) and after a cancellation, S703 after the end.
    pub fn is_open(&self, now: Timestamp) -> Result<()> {
        match self.status(now) {
            Status::Active => Ok(()),
            Status::Scheduled => {
                let wait = self.starts_at.since(now).as_secs().saturating_add(1);
                let later = Code::TimeDealNotActive.because(format!("it starts at {}", self.starts_at));
                Err(later.retry_after(u32::try_from(wait).unwrap_or(u32::MAX)))
            }
            Status::Ended => Err(Code::TimeDealExpired.error()),
            Status::Cancelled => Err(Code::TimeDealNotActive.because("it was cancelled")),
        }
    }

    /// The units that it keeps out of the product's stock, for each of its products.
    pub fn held(&self) -> impl Iterator<Item = (&DealProduct, i64)> {
        let holds = self.held_apart && self.closed.is_none();
        self.products.iter().map(move |product| (product, if holds { product.remaining() } else { 0 }))
    }

    /// Whether `content` may replace what this deal has at `now`. C019 when it is over, and when the change would touch what buyers
    /// of a running deal rely on.
    pub fn may_become(&self, content: &Content, now: Timestamp) -> Result<()> {
        let refused = |why: &str| Err(Code::Conflict.because(why));
        match self.status(now) {
            Status::Ended | Status::Cancelled => return refused("this time deal is over"),
            // another instance may have been first to know that it has started
            Status::Scheduled if self.products.iter().all(|product| product.sold + product.returned == 0) => {
                return Ok(());
            }
            Status::Scheduled | Status::Active => {}
        }
        if content.starts_at != self.starts_at {
            return refused("this time deal has started, so its start stays");
        }
        if content.held_apart != self.held_apart {
            return refused("this time deal has started, so how it holds its units stays");
        }
        let same = |product: &DealProduct| content.offers.iter().find(|o| o.variant == product.offer.variant);
        if content.offers.len() != self.products.len() || self.products.iter().any(|product| same(product).is_none()) {
            return refused("this time deal has started, so its products stay");
        }
        for (product, offer) in self.products.iter().filter_map(|product| Some((product, same(product)?))) {
            if offer.price != product.offer.price {
                return refused("this time deal has started, so its prices stay");
            }
            if offer.per_user < product.offer.per_user {
                return refused("this time deal has started, so its limits do not fall");
            }
            if offer.units < product.sold {
                return Err(Code::Conflict.because(format!("{} units are sold already", product.sold)));
            }
        }
        Ok(())
    }
}

/// What a deal takes off the normal price, in whole percents, rounded half-up; 0 when it takes nothing off.
pub fn discount_rate(normal: Money, price: Money) -> i64 {
    let (normal, off) = (normal.as_minor(), normal.as_minor() - price.as_minor());
    if normal <= 0 || off <= 0 { 0 } else { (off * PERCENT * 2 + normal) / (normal * 2) }
}

/// What an order bought in a deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    pub id: TimeDealPurchaseId,
    pub deal: TimeDealId,
    pub deal_product: TimeDealProductId,
    pub product: ProductId,
    pub variant: VariantId,
    pub user: UserId,
    pub order: OrderNumber,
    /// The product's name when it was bought.
    pub product_name: String,
    pub units: i64,
    /// What one unit cost.
    pub unit_price: Money,
    pub purchased_at: Timestamp,
    /// When the units went back to the deal because the order had died.
    pub returned_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn offer(price: i64, units: i64, per_user: i64) -> Offer {
        let (product, variant) = (ProductId::new(1), VariantId::new(1));
        Offer { product, variant, price: Money::minor(price), units, per_user }
    }

    fn deal(starts: i64, ends: i64) -> Deal {
        let at = Timestamp::from_millis;
        Deal {
            id: TimeDealId::new(1),
            name: "Lunch".to_owned(),
            description: None,
            starts_at: at(starts),
            ends_at: at(ends),
            held_apart: true,
            started_at: None,
            closed: None,
            seller: None,
            created_at: at(0),
            updated_at: at(0),
            version: 1,
            products: vec![DealProduct {
                id: TimeDealProductId::new(1),
                offer: offer(700, 10, 2),
                sold: 3,
                returned: 0,
                version: 1,
            }],
        }
    }

    #[test]
    fn a_status_follows_from_the_clock() {
        let mut deal = deal(10, 20);
        let statuses = |deal: &Deal| [9, 10, 19, 20].map(|ms| deal.status(Timestamp::from_millis(ms)).name());
        assert_eq!(statuses(&deal), ["SCHEDULED", "ACTIVE", "ACTIVE", "ENDED"]);
        let code = |ms| deal.is_open(Timestamp::from_millis(ms)).map_err(|error| error.code());
        assert_eq!(code(9), Err(Code::TimeDealNotActive));
        assert_eq!(code(10), Ok(()));
        assert_eq!(code(20), Err(Code::TimeDealExpired));
        deal.closed = Some((Timestamp::from_millis(15), Close::Cancelled));
        assert_eq!(statuses(&deal), ["CANCELLED"; 4]);
    }

    #[test]
    fn a_deal_holds_what_it_can_still_sell_until_it_is_closed() {
        let mut deal = deal(10, 20);
        assert_eq!(deal.held().map(|(_, units)| units).collect::<Vec<_>>(), [7]);
        deal.closed = Some((Timestamp::from_millis(20), Close::Ended));
        assert_eq!(deal.held().map(|(_, units)| units).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn offers_that_make_no_sense_are_refused_by_field() {
        let normal = Money::minor(1_000);
        assert!(offer(999, 1, 1).checked(normal, None).is_ok());
        for (wrong, field) in [
            (offer(1_000, 1, 1), "dealPrice"),
            (offer(0, 1, 1), "dealPrice"),
            (offer(-1, 1, 1), "dealPrice"),
            (offer(1, 0, 1), "dealQuantity"),
            (offer(1, i64::MAX, 1), "dealQuantity"),
            (offer(1, 5, 6), "maxPerUser"),
            (offer(1, 5, -1), "maxPerUser"),
        ] {
            let refused = wrong.checked(normal, Some(&offer(2_000, 7, 7))).unwrap_err();
            assert_eq!(refused.code(), Code::InvalidInput);
            assert!(refused.details().iter().any(|detail| detail.field.as_deref() == Some(field)), "{refused:?}");
        }
    }

    #[test]
    fn what_stays_of_an_offer_is_not_refused() {
        let (normal, present) = (Money::minor(600), offer(700, 5, 5));
        assert!(offer(700, 3, 5).checked(normal, Some(&present)).is_ok());
        for changed in [offer(701, 3, 5), offer(700, 3, 4), offer(700, 0, 5)] {
            assert_eq!(changed.checked(normal, Some(&present)).unwrap_err().code(), Code::InvalidInput, "{changed:?}");
        }
    }

    #[test]
    fn a_running_deal_keeps_what_its_buyers_rely_on() {
        let deal = deal(10, 20);
        let now = Timestamp::from_millis(12);
        let same = |offer| Content {
            name: "Late lunch".to_owned(),
            description: None,
            starts_at: deal.starts_at,
            ends_at: Timestamp::from_millis(30),
            held_apart: true,
            offers: vec![offer],
        };
        assert!(deal.may_become(&same(offer(700, 3, 3)), now).is_ok());
        for changed in [offer(699, 10, 2), offer(700, 2, 2), offer(700, 10, 1)] {
            assert_eq!(deal.may_become(&same(changed), now).unwrap_err().code(), Code::Conflict);
        }
        let before = Timestamp::from_millis(9);
        let sold = |sold, returned| {
            let mut deal = deal.clone();
            (deal.products[0].sold, deal.products[0].returned) = (sold, returned);
            deal.may_become(&same(offer(1, 1, 1)), before).map_err(|error| error.code())
        };
        assert_eq!(sold(0, 0), Ok(()));
        assert_eq!(sold(1, 0), Err(Code::Conflict), "an instance whose clock is ahead has begun to sell");
        assert_eq!(sold(0, 1), Err(Code::Conflict));
    }

    proptest! {
        #[test]
        fn a_discount_rate_is_a_share_of_the_normal_price(normal in 1_i64..1_000_000_000, price in 1_i64..1_000_000_000) {
            let rate = discount_rate(Money::minor(normal), Money::minor(price));
            prop_assert!((0..=100).contains(&rate));
            let exact = (normal - price).max(0) as f64 / normal as f64 * 100.0;
            prop_assert!((rate as f64 - exact).abs() <= 0.5 + 1e-9);
        }
    }
}
