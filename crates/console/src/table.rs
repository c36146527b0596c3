//! Tables: cells, sorting by a column, paging. What a table shows stands in its address.

use crate::visit::Visit;
use askama::Template;
use pages::{Fields, texts};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use std::cmp::Ordering;

/// Rows on a page of a list.
pub const SIZE: i64 = 25;

texts! {
    /// The texts of tables.
    TableTexts {
        empty: "Nothing is here.", "표시할 항목이 없습니다.";
        previous: "Previous page", "이전 페이지";
        next: "Next page", "다음 페이지";
        pages: "Pages", "페이지";
        place: "Page {}", "{}쪽";
        sort: "Sort by {}", "{} 기준 정렬";
    }
}

/// A page of a list of the API.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paged<T> {
    pub content: Vec<T>,
    pub page: i64,
    pub last: bool,
    pub total_elements: i64,
}

/// A cell of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub href: Option<String>,
    /// A class of the stylesheet.
    pub class: &'static str,
    /// By what it is sorted, where the text has another order.
    pub weight: Option<i64>,
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// A text that may be missing.
    pub fn maybe(text: Option<impl Into<String>>) -> Cell {
        text.map_or_else(Cell::default, Cell::text)
    }

    /// A text that leads to another page.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Cell {
        Cell { text: text.into(), href: Some(href.into()), ..Cell::default() }
    }

    /// A number as it is shown, with its value.
    pub fn number(text: impl Into<String>, value: i64) -> Cell {
        Cell { text: text.into(), class: "num", weight: Some(value), ..Cell::default() }
    }

    /// A word for how something stands, in a colour: `good`, `warn`, `bad` or `over`.
    pub fn state(text: impl Into<String>, class: &'static str) -> Cell {
        Cell { text: text.into(), class, ..Cell::default() }
    }
}

/// The name of a column.
#[derive(Debug, Clone)]
pub struct Head {
    text: String,
    class: &'static str,
    /// Where a click sorts by it, with what that does.
    sort: Option<(String, String)>,
    arrow: &'static str,
}

/// A table.
#[derive(Clone, Template)]
#[template(path = "table.html")]
pub struct Table {
    t: &'static TableTexts,
    title: String,
    heads: Vec<Head>,
    rows: Vec<Vec<Cell>>,
    previous: Option<String>,
    next: Option<String>,
    place: String,
}

impl Table {
    /// A table with these columns; a name that begins with `#` is that of numbers.
    pub fn of(visit: &Visit, title: impl Into<String>, columns: &[&str]) -> Table {
        let head = |name: &&str| Head {
            text: name.trim_start_matches('#').to_owned(),
            class: if name.starts_with('#') { "num" } else { "" },
            sort: None,
            arrow: "",
        };
        Table {
            t: TableTexts::of(visit.language),
            title: title.into(),
            heads: columns.iter().map(head).collect(),
            rows: Vec::new(),
            previous: None,
            next: None,
            place: String::new(),
        }
    }

    /// The same with these rows.
    #[must_use]
    pub fn rows(self, rows: impl IntoIterator<Item = Vec<Cell>>) -> Table {
        Table { rows: rows.into_iter().collect(), ..self }
    }

    /// The same with the ways to the pages before and after.
    #[must_use]
    pub fn paged<T>(self, list: &List<'_>, found: &Paged<T>) -> Table {
        let page = found.page + 1;
        Table {
            previous: (page > 1).then(|| list.link(&[("page", &(page - 1).to_string())])),
            next: (!found.last).then(|| list.link(&[("page", &(page + 1).to_string())])),
            place: pages::words::fill(self.t.place, page),
            ..self
        }
    }

    /// The same sorted by the column that the address names: `sort=2` rises by the second one, `sort=-2` falls.
    #[must_use]
    pub fn sorted(mut self, list: &List<'_>) -> Table {
        let wanted = list.query.number("sort").unwrap_or_default();
        let column = usize::try_from(wanted.unsigned_abs()).unwrap_or_default();
        for (n, head) in self.heads.iter_mut().enumerate() {
            let n = n + 1;
            let falls = n == column && wanted > 0;
            head.arrow = match (n == column, falls) {
                (true, true) => "↑",
                (true, false) => "↓",
                (false, _) => "",
            };
            let sort = format!("{}{n}", if falls { "-" } else { "" });
            head.sort = Some((list.link(&[("sort", &sort)]), pages::words::fill(self.t.sort, &head.text)));
        }
        if let Some(index) = column.checked_sub(1).filter(|index| *index < self.heads.len()) {
            self.rows.sort_by(|a, b| compared(&a[index], &b[index]));
            if wanted < 0 {
                self.rows.reverse();
            }
        }
        self
    }
}

/// Numbers by their value, texts without regard to case.
fn compared(one: &Cell, other: &Cell) -> Ordering {
    match (one.weight, other.weight) {
        (Some(one), Some(other)) => one.cmp(&other),
        (None, None) => one.text.to_lowercase().cmp(&other.text.to_lowercase()),
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

/// A list: its address, and the parameters that it keeps from page to page.
pub struct List<'a> {
    pub path: &'a str,
    pub keeps: &'static [&'static str],
    pub query: &'a Fields,
}

impl List<'_> {
    /// The address of the list with other values of some parameters. A parameter that names a page is kept only when it is among them.
    pub fn link(&self, changed: &[(&str, &str)]) -> String {
        let kept = self.keeps.iter().filter(|name| !changed.iter().any(|(known, _)| known == *name));
        let kept = kept.filter_map(|name| Some((*name, self.query.given(name)?)));
        address(self.path, kept.chain(changed.iter().copied()))
    }

    /// The question to the API: what the address has of `names` (name here, name there), and the page.
    pub fn question(&self, path: &str, names: &[(&str, &str)]) -> String {
        let page = (self.query.number("page").unwrap_or(1) - 1).max(0).to_string();
        let size = SIZE.to_string();
        let asked = names.iter().filter_map(|(here, there)| Some((*there, self.query.given(here)?)));
        address(path, asked.chain([("page", page.as_str()), ("size", size.as_str())]))
    }
}

/// A path with these parameters.
pub fn address<'a>(path: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// The text as a part of an address.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_a_list_shows() {
        let query = Fields::parse(b"q=%EB%A8%B8%EA%B7%B8&status=&page=3&other=x");
        let list = List { path: "/console/orders", keeps: &["q", "status", "sort"], query: &query };
        assert_eq!(list.link(&[("page", "4")]), "/console/orders?q=%EB%A8%B8%EA%B7%B8&page=4");
        assert_eq!(list.link(&[("q", "a&b")]), "/console/orders?q=a%26b");
        let asked = list.question("/admin/orders", &[("q", "keyword"), ("status", "status")]);
        assert_eq!(asked, "/admin/orders?keyword=%EB%A8%B8%EA%B7%B8&page=2&size=25");
    }

    #[test]
    fn numbers_are_sorted_by_their_value() {
        let (small, large) = (Cell::number("₩900", 900), Cell::number("₩1,000", 1_000));
        assert_eq!(compared(&small, &large), Ordering::Less);
        assert_eq!(compared(&Cell::text("b"), &Cell::text("A")), Ordering::Greater);
        assert_eq!(compared(&Cell::default(), &small), Ordering::Less);
    }
}
