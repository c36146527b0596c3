//! A product in a list, and how prices stand.

use crate::{
    marked::{self, Piece},
    photo::Photo,
};
use askama::Template;
use inventory::StockStatus;
use kernel::{Money, Result};
use merchandising::page::ProductPage;
use pages::{Html, Language, show::Show, texts};

texts! {
    /// The texts of cards.
    CardTexts {
        sold_out: "Sold out", "품절";
        few: "Few left", "품절 임박";
        deal: "Deal", "타임딜";
        from: "from {}", "{}부터";
        was: "Regular price", "정가";
    }
}

/// A product as lists show it.
#[derive(Template)]
#[template(path = "card.html")]
pub struct Card {
    t: &'static CardTexts,
    href: String,
    image: Photo,
    name: Vec<Piece>,
    brand: Option<String>,
    /// What of the description was searched for.
    about: Vec<Piece>,
    price: String,
    was: Option<String>,
    off: Option<i64>,
    mark: Option<&'static str>,
}

/// What a product costs now: the price, the one before it, and what is taken off in percents.
pub fn price_of(product: &ProductPage) -> (Money, Option<Money>) {
    let now = product.time_deal.as_ref().map_or(product.min_price, |deal| deal.deal_price);
    (now, Some(product.price).filter(|normal| *normal > now))
}

/// How much less than `was` it is, in whole percents.
pub fn percent_off(now: Money, was: Option<Money>) -> Option<i64> {
    let was = was?.as_minor();
    Some((was - now.as_minor()) * 100 / was.max(1)).filter(|percent| *percent > 0)
}

impl Card {
    /// The card of this product.
    pub fn of(product: &ProductPage, show: &Show) -> Card {
        let t = CardTexts::of(show.language);
        let (now, was) = price_of(product);
        let price = show.money(now);
        let varies = product.time_deal.is_none() && product.min_price < product.max_price;
        let mark = match (product.stock_status, &product.time_deal) {
            (StockStatus::OutOfStock, _) => Some(t.sold_out),
            (StockStatus::InStock | StockStatus::LowStock, Some(_)) => Some(t.deal),
            (StockStatus::LowStock, None) => Some(t.few),
            (StockStatus::InStock, None) => None,
        };
        Card {
            t,
            href: format!("/products/{}", product.id),
            image: Photo::all(product).0,
            name: marked::plain(&product.name),
            brand: product.brand.clone(),
            about: Vec::new(),
            price: if varies { pages::words::fill(t.from, &price) } else { price },
            was: was.map(|was| show.money(was)),
            off: percent_off(now, was),
            mark,
        }
    }

    /// The same card with what a search has marked in its texts, where it has marked something.
    pub fn marked(self, name: Option<&str>, about: Option<&str>) -> Card {
        Card {
            about: about.filter(|_| name.is_none()).map(marked::pieces).unwrap_or_default(),
            name: name.map_or(self.name, marked::pieces),
            ..self
        }
    }

    /// The cards of these products.
    pub fn all(products: &[ProductPage], show: &Show) -> Result<Vec<Html>> {
        products.iter().map(|product| Html::of(&Card::of(product, show))).collect()
    }
}

/// How well something is in stock, as a class of the stylesheet.
pub fn stock_class(status: StockStatus) -> &'static str {
    match status {
        StockStatus::InStock => "in-stock",
        StockStatus::LowStock => "low-stock",
        StockStatus::OutOfStock => "out-of-stock",
    }
}

/// The label of a status of the shop in a language.
pub fn label(label: web::Label, language: Language) -> &'static str {
    match language {
        Language::English => label.english,
        Language::Korean => label.korean,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_whole_and_never_more_than_they_are() {
        let off = |now, was| percent_off(Money::minor(now), Some(Money::minor(was)));
        assert_eq!((off(9_000, 10_000), off(8_999, 10_000), off(9_999, 10_000)), (Some(10), Some(10), None));
        assert_eq!(percent_off(Money::minor(5), None), None);
    }
}
