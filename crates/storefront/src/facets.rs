//! How what was found divides: by category, brand, price, options and stock. Each choice is a link, so it works without scripts.

use crate::search_address::SearchAddress;
use askama::Template;
use catalog::choice::Choice;
use kernel::Money;
use pages::{Html, show::Show, texts, words::fill};
use serde::Deserialize;

/// Most values of a choice that are offered, the most frequent ones.
const VALUES_MAX: usize = 12;
/// Levels of categories that are offered below the first one.
const DEPTH_MAX: usize = 2;

texts! {
    /// The texts of choices.
    FacetTexts {
        title: "Filter", "조건으로 좁히기";
        chosen: "Active filters", "선택한 조건";
        remove: "Remove: {}", "{} 해제";
        category: "Category", "카테고리";
        brand: "Brand", "브랜드";
        price: "Price", "가격";
        stock: "Stock", "재고";
        in_stock: "In stock", "구매 가능";
        from: "from {}", "{}부터";
        to: "up to {}", "{}까지";
        between: "{} to {}", "{}부터 {}까지";
        this_category: "Only this category", "이 카테고리만";
    }
}

/// Everything that was found, counted, as the API's search has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facets {
    categories: Vec<CategoryCount>,
    brands: Vec<ValueCount>,
    price_ranges: Vec<PriceRange>,
    options: Vec<OptionCount>,
    in_stock: i64,
    sold_out: i64,
}

#[derive(Debug, Clone, Deserialize)]
struct CategoryCount {
    id: i64,
    name: String,
    count: i64,
    children: Vec<CategoryCount>,
}

#[derive(Debug, Clone, Deserialize)]
struct ValueCount {
    value: String,
    count: i64,
}

#[derive(Debug, Clone, Deserialize)]
struct PriceRange {
    min: Money,
    max: Option<Money>,
    count: i64,
}

#[derive(Debug, Clone, Deserialize)]
struct OptionCount {
    name: String,
    values: Vec<ValueCount>,
}

/// A kind of choice with its values.
struct Group {
    title: String,
    values: Vec<Value>,
}

struct Value {
    name: String,
    /// How many were found that have it, as a number and as people read it.
    found: i64,
    count: String,
    href: String,
    is_chosen: bool,
    /// How far below the first level a category stands.
    depth: usize,
}

#[derive(Template)]
#[template(path = "facets.html")]
struct Choices {
    t: &'static FacetTexts,
    groups: Vec<Group>,
}

/// A choice that was made: its name, what taking it back is called, and the address without it.
pub struct Chosen {
    pub name: String,
    pub remove: String,
    pub href: String,
}

/// The choices for what was found by `wanted`; nothing when there is nothing to choose.
pub fn choices(facets: &Facets, wanted: &SearchAddress, show: &Show) -> kernel::Result<Option<Html>> {
    let t = FacetTexts::of(show.language);
    let making = Making { facets, wanted, show };
    let mut groups = vec![
        Group { title: t.category.to_owned(), values: making.categories() },
        Group { title: t.brand.to_owned(), values: making.brands() },
        Group { title: t.price.to_owned(), values: making.prices() },
    ];
    groups.extend(facets.options.iter().map(|option| making.option(option)));
    groups.push(Group { title: t.stock.to_owned(), values: making.stock() });
    // what everything has is no choice
    let all = facets.in_stock + facets.sold_out;
    groups.retain(|group| group.values.iter().any(|value| value.is_chosen || (1..all).contains(&value.found)));
    if groups.is_empty() { Ok(None) } else { Html::of(&Choices { t, groups }).map(Some) }
}

/// The choices that were made. `category` is the name of the chosen category, when it is known.
pub fn chosen(wanted: &SearchAddress, category: Option<&str>, show: &Show) -> Vec<Chosen> {
    let t = FacetTexts::of(show.language);
    let mut all: Vec<(String, SearchAddress)> = Vec::new();
    if wanted.category.is_some() {
        all.push((category.unwrap_or(t.this_category).to_owned(), wanted.with(|other| other.category = None)));
    }
    if !wanted.brand.is_empty() {
        all.push((wanted.brand.clone(), wanted.with(|other| other.brand.clear())));
    }
    if wanted.least.is_some() || wanted.most.is_some() {
        let without = wanted.with(|other| (other.least, other.most) = (None, None));
        all.push((range(wanted.least, wanted.most, show), without));
    }
    for option in &wanted.options {
        all.push((option.value.clone(), wanted.with(|other| other.options.retain(|one| one != option))));
    }
    if wanted.in_stock {
        all.push((t.in_stock.to_owned(), wanted.with(|other| other.in_stock = false)));
    }
    let chosen = |(name, without): (String, SearchAddress)| Chosen {
        remove: fill(t.remove, &name),
        name,
        href: without.address(show),
    };
    all.into_iter().map(chosen).collect()
}

/// A range of prices in words.
fn range(least: Option<Money>, most: Option<Money>, show: &Show) -> String {
    let t = FacetTexts::of(show.language);
    match (least.filter(|amount| amount.is_positive()), most) {
        (Some(least), Some(most)) => fill(&fill(t.between, show.money(least)), show.money(most)),
        (Some(least), None) => fill(t.from, show.money(least)),
        (None, Some(most)) => fill(t.to, show.money(most)),
        (None, None) => fill(t.from, show.money(Money::ZERO)),
    }
}

struct Making<'a> {
    facets: &'a Facets,
    wanted: &'a SearchAddress,
    show: &'a Show,
}

impl Making<'_> {
    fn value(&self, name: String, count: i64, is_chosen: bool, to: SearchAddress) -> Value {
        Value { name, found: count, count: self.show.count(count), href: to.address(self.show), is_chosen, depth: 0 }
    }

    fn categories(&self) -> Vec<Value> {
        let mut values = Vec::new();
        self.add_categories(&self.facets.categories, 0, &mut values);
        values
    }

    fn add_categories(&self, level: &[CategoryCount], depth: usize, values: &mut Vec<Value>) {
        for category in level.iter().take(VALUES_MAX) {
            let is_chosen = self.wanted.category == Some(category.id);
            let to = self.wanted.with(|other| other.category = Some(category.id).filter(|_| !is_chosen));
            values.push(Value { depth, ..self.value(category.name.clone(), category.count, is_chosen, to) });
            // what was found in a chosen category is in few others, so their whole way is shown
            if depth < DEPTH_MAX && (depth == 0 || self.wanted.category.is_some()) {
                self.add_categories(&category.children, depth + 1, values);
            }
        }
    }

    fn brands(&self) -> Vec<Value> {
        let brands = self.facets.brands.iter().take(VALUES_MAX).map(|brand| {
            let is_chosen = self.wanted.brand == brand.value;
            let name = if is_chosen { String::new() } else { brand.value.clone() };
            let to = self.wanted.with(|other| other.brand = name);
            self.value(brand.value.clone(), brand.count, is_chosen, to)
        });
        brands.collect()
    }

    fn prices(&self) -> Vec<Value> {
        let ranges = self.facets.price_ranges.iter().map(|price| {
            let both = (Some(price.min), price.max);
            let is_chosen = (self.wanted.least, self.wanted.most) == both;
            let to = self.wanted.with(|other| (other.least, other.most) = if is_chosen { (None, None) } else { both });
            self.value(range(both.0, both.1, self.show), price.count, is_chosen, to)
        });
        ranges.collect()
    }

    fn option(&self, option: &OptionCount) -> Group {
        let values = option.values.iter().take(VALUES_MAX).map(|value| {
            let choice = Choice { name: option.name.clone(), value: value.value.clone() };
            let is_chosen = self.wanted.options.contains(&choice);
            let to = self.wanted.with(|other| match is_chosen {
                true => other.options.retain(|one| *one != choice),
                false => other.options.push(choice),
            });
            self.value(value.value.clone(), value.count, is_chosen, to)
        });
        Group { title: option.name.clone(), values: values.collect() }
    }

    fn stock(&self) -> Vec<Value> {
        let t = FacetTexts::of(self.show.language);
        let is_chosen = self.wanted.in_stock;
        let to = self.wanted.with(|other| other.in_stock = !is_chosen);
        vec![self.value(t.in_stock.to_owned(), self.facets.in_stock, is_chosen, to)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Currency, Zone};
    use pages::{Fields, Language};
    use serde_json::json;

    fn show() -> Show {
        Show { language: Language::English, currency: Currency::KRW, zone: Zone::utc() }
    }

    fn facets() -> Facets {
        let values =
            json!([{"value": "Navy", "count": 2}, {"value": "Red, dark", "count": 1}, {"value": "Ecru", "count": 1}]);
        let shoes = json!({"id": 2, "name": "Shoes", "path": "Apparel > Shoes", "count": 2, "children": []});
        let facets = json!({
            "categories": [{"id": 1, "name": "Apparel", "path": "Apparel", "count": 3, "children": [shoes]}],
            "brands": [{"value": "Nike", "count": 2}, {"value": "A & B", "count": 1}],
            "priceRanges": [{"min": 0, "max": 9_999, "count": 1}, {"min": 10_000, "max": null, "count": 2}],
            "options": [{"name": "color", "values": values}], "inStock": 2, "soldOut": 1,
        });
        serde_json::from_value(facets).unwrap()
    }

    fn shown(query: &str) -> String {
        let wanted = SearchAddress::of(&Fields::parse(query.as_bytes()), &show());
        choices(&facets(), &wanted, &show()).unwrap().unwrap().into()
    }

    #[test]
    fn each_choice_is_a_link_that_makes_it_and_takes_it_back() {
        let page = shown("q=shoe&option=color:Navy");
        for href in [
            "/search?q=shoe&#38;category=2&#38;option=color%3ANavy",
            "/search?q=shoe&#38;brand=A%20%26%20B&#38;option=color%3ANavy",
            "/search?q=shoe&#38;min=0&#38;max=9999&#38;option=color%3ANavy",
            "/search?q=shoe&#38;option=color%3ANavy&#38;option=color%3AEcru",
            "/search?q=shoe&#38;option=color%3ANavy&#38;option=color%3ARed%5C%2C%20dark",
            "/search?q=shoe&#38;option=color%3ANavy&#38;stock=1",
            // what is chosen leads back
            "/search?q=shoe",
        ] {
            assert!(page.contains(&format!("href=\"{href}\"")), "{href}: {page}");
        }
        assert_eq!(shown(r"q=shoe&option=color:Red\,+dark").matches("aria-current=\"true\"").count(), 1);
        assert_eq!(page.matches("aria-current=\"true\"").count(), 1);
    }

    #[test]
    fn what_was_chosen_can_be_taken_back() {
        let query = Fields::parse(b"q=shoe&category=2&brand=Nike&min=100&max=900&option=size:L&stock=1");
        let all = chosen(&SearchAddress::of(&query, &show()), Some("Shoes"), &show());
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["Shoes", "Nike", "₩100 to ₩900", "L", "In stock"]);
        assert!(all.iter().all(|one| one.href.contains("q=shoe")));
        assert!(!all[1].href.contains("Nike") && all[1].remove == "Remove: Nike");
    }
}
