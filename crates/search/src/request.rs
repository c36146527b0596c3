//! What the routes of searches take.

use crate::keywords::{KEYWORD_MAX, POPULAR_MAX, RECENT_MAX};
use crate::query::Sort;
use catalog::choice::Choice;
use kernel::{Code, Error, Result, SortedCursor, Together, text};
use serde::Deserialize;
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};
use web::input::sort_params;
use web::{Checked, Paging, Several, Sorts};

/// Most options of one search.
const OPTIONS_MAX: usize = 10;
/// Suggestions when the caller does not say.
const SUGGESTIONS: i64 = 5;
/// Most suggestions of one kind.
const SUGGESTIONS_MAX: i64 = 20;
/// Popular and recent keywords when the caller does not say.
const KEYWORDS: i64 = 10;

/// What is searched for, beside the parameters that every list of products has ([`catalog::filter::FilterQuery`]).
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct Search {
    /// What was typed; everything when absent or blank.
    keyword: Option<String>,
    /// Options that one variant has all of, such as `color:Navy,size:L`; the parameter may be repeated. A comma of a name or value, and a
    /// colon of a name, have a `\` in front: `size:1\,5L`.
    #[serde(default)]
    #[param(value_type = Vec<String>, explode = true)]
    option: Several<Choice>,
    /// Whether what is sold out comes last, whatever the sort; `true` when absent.
    sold_out_last: Option<bool>,
    /// Whether everything found is counted by category, brand, price, options and stock; `true` when absent.
    facets: Option<bool>,
}

impl Search {
    /// What was typed, empty for nothing; S1002 when it is too long or no text.
    pub fn keyword(&self) -> Result<String> {
        keyword(self.keyword.as_deref()).map(Option::unwrap_or_default)
    }

    /// The options that are asked for; C002 for too many.
    pub fn options(&self) -> Result<Vec<(String, String)>> {
        match self.option.0.len() <= OPTIONS_MAX {
            true => Ok(self.option.0.iter().map(|one| (one.name.clone(), one.value.clone())).collect()),
            false => Err(text::wrong("option", format!("must be at most {OPTIONS_MAX}"))),
        }
    }

    pub fn sold_out_among(&self) -> bool {
        !self.sold_out_last.unwrap_or(true)
    }

    pub fn facets(&self) -> bool {
        self.facets.unwrap_or(true)
    }
}

impl Checked for Search {
    fn check(&self) -> Result<()> {
        (self.keyword(), self.options()).together().map(drop)
    }
}

fn keyword(typed: Option<&str>) -> Result<Option<String>> {
    let refused = |error: Error| Error::of_fields(Code::InvalidSearchQuery, error.details().to_vec());
    text::optional("keyword", typed, KEYWORD_MAX).map_err(refused)
}

/// The orders of a search. `price_asc` and `price_desc` are `price,asc` and `price,desc`.
#[derive(Debug, Clone, Copy)]
pub struct Orders;

/// A name of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Relevance,
    Price,
    Cheapest,
    Dearest,
    Newest,
    Popular,
}

impl Sorts for Orders {
    type Column = Order;
    const FIELDS: &'static [(&'static str, Order)] = &[
        ("relevance", Order::Relevance),
        ("price", Order::Price),
        ("price_asc", Order::Cheapest),
        ("price_desc", Order::Dearest),
        ("newest", Order::Newest),
        ("popular", Order::Popular),
    ];
    const DEFAULT: (Order, bool) = (Order::Relevance, true);
}

/// Which page of a search.
pub type SearchPaging = Paging<SortedCursor, Orders>;

/// The sort of a search; only prices have two directions.
pub fn sort(order: (Order, bool)) -> Sort {
    match order {
        (Order::Relevance, _) => Sort::Relevance,
        (Order::Price, false) | (Order::Cheapest, _) => Sort::Cheapest,
        (Order::Price, true) | (Order::Dearest, _) => Sort::Dearest,
        (Order::Newest, _) => Sort::Newest,
        (Order::Popular, _) => Sort::Popular,
    }
}

/// The parameters that sort a search, for the document.
pub struct SearchSort;

impl IntoParams for SearchSort {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        sort_params::<Orders>()
    }
}

/// What is to be completed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Suggest {
    /// What was typed so far.
    keyword: Option<String>,
    /// Most suggestions of one kind, 1 to 20; 5 when absent.
    size: Option<i64>,
}

impl Suggest {
    /// What was typed, and how many suggestions are wanted. S1002 for a text that cannot be searched for, C002 for a size.
    pub fn read(&self) -> Result<(String, usize)> {
        let size = within(self.size, SUGGESTIONS, SUGGESTIONS_MAX);
        (keyword(self.keyword.as_deref()).map(Option::unwrap_or_default), size).together()
    }
}

impl Checked for Suggest {
    fn check(&self) -> Result<()> {
        self.read().map(drop)
    }
}

/// How many keywords are shown.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Popular {
    /// 1 to 50; 10 when absent.
    size: Option<i64>,
}

impl Popular {
    pub fn size(&self) -> Result<usize> {
        within(self.size, KEYWORDS, POPULAR_MAX as i64)
    }
}

impl Checked for Popular {
    fn check(&self) -> Result<()> {
        self.size().map(drop)
    }
}

/// How many keywords are shown.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Recent {
    /// 1 to 20; 10 when absent.
    size: Option<i64>,
}

impl Recent {
    pub fn size(&self) -> Result<usize> {
        within(self.size, KEYWORDS, RECENT_MAX)
    }
}

impl Checked for Recent {
    fn check(&self) -> Result<()> {
        self.size().map(drop)
    }
}

/// What a user searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Searched {
    /// What was typed.
    pub keyword: String,
}

impl Checked for Searched {
    fn check(&self) -> Result<()> {
        crate::keywords::keyword(&self.keyword).map(drop)
    }
}

fn within(size: Option<i64>, otherwise: i64, most: i64) -> Result<usize> {
    let size = size.unwrap_or(otherwise);
    match (1..=most).contains(&size) {
        true => Ok(usize::try_from(size).unwrap_or(0)),
        false => Err(text::wrong("size", format!("must be between 1 and {most}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wild_searches_are_refused() {
        let long = Search { keyword: Some("x".repeat(KEYWORD_MAX + 1)), ..Search::default() };
        assert_eq!(long.check().unwrap_err().code(), Code::InvalidSearchQuery);
    }
}
