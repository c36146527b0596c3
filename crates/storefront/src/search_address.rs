//! What a search asks for, as it stands in the address of its page. Every choice on the page is a link to such an address.

use catalog::choice::Choice;
use kernel::Money;
use pages::{Fields, html::encoded, show::Show};
use std::fmt::Write;

/// Longest words that are looked for, in characters.
const WORDS_MAX: usize = 100;
/// Most options of one search, as the API allows.
const OPTIONS_MAX: usize = 10;
/// The orders: the name in the address, and the search's own name of it. The first one is taken when the address names none.
pub const ORDERS: [(&str, &str); 5] =
    [("best", "relevance"), ("popular", "popular"), ("new", "newest"), ("cheap", "price_asc"), ("dear", "price_desc")];

/// What the address asks for. Values that mean nothing count as absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchAddress {
    pub words: String,
    pub category: Option<i64>,
    pub brand: String,
    pub least: Option<Money>,
    pub most: Option<Money>,
    /// Options with their values; all of them.
    pub options: Vec<Choice>,
    pub in_stock: bool,
    /// The place in [`ORDERS`].
    pub order: usize,
    /// Where the page begins: what the page before it named as its end.
    pub after: String,
}

impl SearchAddress {
    /// What this query asks for.
    pub fn of(query: &Fields, show: &Show) -> SearchAddress {
        let words = query.given("q").or(query.given("keyword")).unwrap_or_default();
        SearchAddress {
            words: words.chars().take(WORDS_MAX).collect(),
            category: query.number("category").filter(|id| *id > 0),
            brand: query.text("brand").to_owned(),
            least: show.amount(query.text("min")),
            most: show.amount(query.text("max")),
            options: query.all("option").filter_map(|option| option.parse().ok()).take(OPTIONS_MAX).collect(),
            in_stock: query.is_on("stock"),
            order: ORDERS.iter().position(|(name, _)| *name == query.text("sort")).unwrap_or(0),
            after: query.text("after").to_owned(),
        }
    }

    /// Whether it asks for anything at all. An order alone asks for nothing.
    pub fn is_empty(&self) -> bool {
        let SearchAddress { words, category, brand, least, most, options, in_stock, order: _, after: _ } = self;
        words.is_empty()
            && brand.is_empty()
            && options.is_empty()
            && !in_stock
            && category.is_none()
            && least.is_none()
            && most.is_none()
    }

    /// The address of its page.
    pub fn address(&self, show: &Show) -> String {
        let pairs = self.pairs(show).into_iter().map(|(name, value)| format!("{name}={}", encoded(&value)));
        let query = pairs.collect::<Vec<_>>().join("&");
        if query.is_empty() { "/search".to_owned() } else { format!("/search?{query}") }
    }

    /// The fields of a form that changes the order or the prices and leaves the rest: everything but those and the place of the page.
    pub fn kept(&self, show: &Show) -> Vec<(&'static str, String)> {
        let all = SearchAddress { after: String::new(), ..self.clone() }.pairs(show);
        all.into_iter().filter(|(name, _)| !matches!(*name, "min" | "max" | "sort")).collect()
    }

    fn pairs(&self, show: &Show) -> Vec<(&'static str, String)> {
        let text = |name, value: &str| Some((name, value.to_owned())).filter(|(_, value)| !value.is_empty());
        let amount = |name, value: Option<Money>| value.map(|amount| (name, show.plain(amount)));
        let order = Some(ORDERS[self.order].0).filter(|_| self.order > 0).unwrap_or_default();
        let mut pairs = Vec::new();
        pairs.extend(text("q", &self.words));
        pairs.extend(self.category.map(|id| ("category", id.to_string())));
        pairs.extend(text("brand", &self.brand));
        pairs.extend(amount("min", self.least));
        pairs.extend(amount("max", self.most));
        pairs.extend(self.options.iter().map(|option| ("option", option.to_string())));
        pairs.extend(self.in_stock.then(|| ("stock", "1".to_owned())));
        pairs.extend(text("sort", order));
        pairs.extend(text("after", &self.after));
        pairs
    }

    /// The path of the API's search.
    pub fn path(&self, size: i64) -> String {
        let mut path = format!("/search/products?size={size}&sort={}", ORDERS[self.order].1);
        let mut add = |name: &str, value: &str| {
            if !value.is_empty() {
                let _ = write!(path, "&{name}={}", encoded(value));
            }
        };
        let minor = |amount: Option<Money>| amount.map(|amount| amount.as_minor().to_string()).unwrap_or_default();
        add("keyword", &self.words);
        add("categoryId", &self.category.map(|id| id.to_string()).unwrap_or_default());
        add("brand", &self.brand);
        add("minPrice", &minor(self.least));
        add("maxPrice", &minor(self.most));
        self.options.iter().for_each(|option| add("option", &option.to_string()));
        add("inStock", if self.in_stock { "true" } else { "" });
        add("cursor", &self.after);
        path
    }

    /// The first page of the same search with something changed.
    pub fn with(&self, change: impl FnOnce(&mut SearchAddress)) -> SearchAddress {
        let mut other = SearchAddress { after: String::new(), ..self.clone() };
        change(&mut other);
        other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Currency, Zone};
    use pages::Language;

    fn show() -> Show {
        Show { language: Language::English, currency: Currency::of_code("USD").unwrap(), zone: Zone::utc() }
    }

    fn wanted(query: &str) -> SearchAddress {
        SearchAddress::of(&Fields::parse(query.as_bytes()), &show())
    }

    #[test]
    fn an_address_says_what_it_was_made_of() {
        let all = SearchAddress {
            words: "머그 & cup".to_owned(),
            category: Some(3),
            brand: "O'Neil".to_owned(),
            least: Some(Money::minor(1_250)),
            most: Some(Money::minor(9_900)),
            options: ["color:Navy", r"size\:::1\,5L"].map(|option| option.parse().unwrap()).to_vec(),
            in_stock: true,
            order: 3,
            after: "c1f".to_owned(),
        };
        let address = all.address(&show());
        assert_eq!(wanted(address.strip_prefix("/search?").unwrap()), all);
        assert_eq!(
            (SearchAddress::default().address(&show()), SearchAddress::default().is_empty()),
            ("/search".to_owned(), true)
        );
        let path = all.path(24);
        assert!(path.starts_with("/search/products?size=24&sort=price_asc&keyword=%EB%A8%B8"), "{path}");
        assert!(
            path.contains(
                "&minPrice=1250&maxPrice=9900&option=color%3ANavy&option=size%5C%3A%3A%3A1%5C%2C5L&inStock=true"
            ),
            "{path}"
        );
    }

    #[test]
    fn what_means_nothing_counts_as_absent() {
        assert_eq!(
            wanted("sort=wild&category=-1&min=x&option=color&option=a:b,c&utm_source=mail"),
            SearchAddress::default()
        );
        assert_eq!(wanted("keyword=mug").words, "mug");
    }

    #[test]
    fn another_choice_begins_at_the_first_page() {
        let second = wanted("q=mug&after=c1f&stock=1");
        assert_eq!(second.with(|other| other.in_stock = false).address(&show()), "/search?q=mug");
        let kept = wanted("q=mug&min=3&sort=new&after=c1f&option=size:L").kept(&show());
        assert_eq!(kept, [("q", "mug".to_owned()), ("option", "size:L".to_owned())]);
    }
}
