//! Tables: cells, sorting by a column, paging. What a table shows stands in its address.

use crate::visit::Visit;
use askama::Template;
use kernel::{Timestamp, text::sort_key};
pub use pages::html::encoded;
use pages::{Fields, show::Show, texts, words::fill};
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
        further: "Search further", "계속 찾기";
        sort: "Sort by {}", "{} 기준 정렬";
        sort_page: "Sort the rows of this page by {}", "이 쪽의 항목을 {} 기준으로 정렬";
        table: "Table", "표";
        chosen: "Chosen", "선택";
        every: "Choose every row", "모두 선택";
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
    /// Whether every row was counted.
    #[serde(default = "counted")]
    pub total_is_exact: bool,
    /// Where the list goes on, also where a search looked only at the newest rows.
    pub next_cursor: Option<String>,
}

/// A list that says nothing of it counts every row.
fn counted() -> bool {
    true
}

impl<T> Paged<T> {
    /// The place of a page in a list that is not counted.
    pub fn uncounted(page: i64, last: bool) -> Paged<T> {
        Paged { content: Vec::new(), page, last, total_elements: 0, total_is_exact: false, next_cursor: None }
    }
}

/// A cell of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    pub text: String,
    pub href: Option<String>,
    /// A class of the stylesheet.
    pub class: &'static str,
    /// A colour beside it.
    pub tint: &'static str,
    /// By what it is sorted, where the text has another order.
    pub weight: Option<i64>,
    /// An image before the text.
    pub thumb: Option<Thumb>,
    /// A box by which the row is chosen, with what the form gets then. The text says which row it is.
    pub pick: Option<String>,
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

    /// A text without blanks that may be long, such as JSON.
    pub fn long(text: impl Into<String>) -> Cell {
        Cell { class: LONG, ..Cell::text(text) }
    }

    /// A time, sorted as such.
    pub fn moment(show: &Show, at: Timestamp) -> Cell {
        Cell { class: "when", weight: Some(at.as_millis()), ..Cell::text(show.moment(at)) }
    }

    /// A day written as `2026-02-06`, or a month as `2026-02`, sorted as such.
    pub fn day(show: &Show, day: &str) -> Cell {
        let digits: String = day.chars().filter(char::is_ascii_digit).collect();
        Cell { class: "when", weight: digits.parse().ok(), ..Cell::text(show.civil_day(day)) }
    }

    fn room(&self) -> &'static str {
        if self.pick.is_some() || self.class == LONG { "" } else { room_of(&self.text) }
    }

    /// The same with this image before it.
    #[must_use]
    pub fn with_thumb(self, thumb: Option<Thumb>) -> Cell {
        Cell { thumb, ..self }
    }

    /// The same in a colour.
    #[must_use]
    pub fn tinted(self, tint: &'static str) -> Cell {
        Cell { tint, ..self }
    }

    /// A box by which the row is chosen, for the form [`crate::chosen::FORM`].
    pub fn pick(key: impl Into<String>, what: impl Into<String>) -> Cell {
        Cell { pick: Some(key.into()), class: PICK, ..Cell::text(what) }
    }

    /// A word for how something stands, in a colour: `good`, `warn`, `bad` or `over`.
    pub fn state(text: impl Into<String>, class: &'static str) -> Cell {
        Cell { text: text.into(), class, ..Cell::default() }
    }
}

/// Up to here a word or a number of something stays on one line, such as `ORD-20261127-WG6ZCX4T`, which a browser would break at its
/// hyphens. In halves of the width of a Hangul syllable.
const WORD_WIDTH: usize = 24;
/// The same for a few words, such as a state.
const WORDS_WIDTH: usize = 18;
/// From here on a text gets a wide column, because it has several lines in any.
const WIDE_FROM: usize = 40;

/// How much room a text takes at least, as a class of the stylesheet. A table that is wider than its window is scrolled; without this
/// its columns shrink to their longest word first.
fn room_of(text: &str) -> &'static str {
    let width: usize = text.chars().map(|one| if one.is_ascii() { 1 } else { 2 }).sum();
    let most = if text.contains(char::is_whitespace) { WORDS_WIDTH } else { WORD_WIDTH };
    match width {
        width if width <= most => "whole",
        width if width < WIDE_FROM => "broad",
        _ => "wide",
    }
}

/// A small image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumb {
    pub src: String,
    /// In pixels, as the file has them.
    pub width: u32,
    pub height: u32,
    /// What it shows.
    pub alt: String,
}

/// The class of texts without blanks that may be long.
const LONG: &str = "long";
/// The class of the boxes by which rows are chosen.
const PICK: &str = "pick";

/// The name of a column.
#[derive(Debug, Clone, Default)]
pub struct Head {
    text: String,
    class: &'static str,
    /// Where a browser finds it again after a click on it, so that the keyboard goes on from there.
    id: String,
    /// Where a click sorts by it, with what that does.
    sort: Option<(String, String)>,
    order: Order,
}

/// How a column is sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Order {
    #[default]
    None,
    Rising,
    Falling,
}

impl Head {
    fn arrow(&self) -> &'static str {
        match self.order {
            Order::None => "",
            Order::Rising => " ↑",
            Order::Falling => " ↓",
        }
    }

    /// The same for people who do not see the page.
    fn aria(&self) -> &'static str {
        match self.order {
            Order::None => "none",
            Order::Rising => "ascending",
            Order::Falling => "descending",
        }
    }

    fn is_pick(&self) -> bool {
        self.class == PICK
    }

    /// A click on the head leads to the list with these parameters, and back to the head.
    fn sorts(&mut self, list: &List<'_>, changed: &[(&str, &str)], column: usize, sentence: &'static str) {
        self.id = format!("{}-{column}", list.own("sort"));
        self.sort = Some((format!("{}#{}", list.link(changed), self.id), fill(sentence, &self.text)));
    }
}

/// A table.
#[derive(Clone, Template)]
#[template(path = "table.html")]
pub struct Table {
    t: &'static TableTexts,
    title: String,
    id: String,
    heads: Vec<Head>,
    rows: Vec<Vec<Cell>>,
    previous: Option<String>,
    /// Where the list goes on, with the words for it.
    next: Option<(String, &'static str)>,
    place: String,
}

impl Table {
    /// A table with these columns; a name that begins with `#` is that of numbers.
    pub fn of(visit: &Visit, title: impl Into<String>, columns: &[&str]) -> Table {
        let t = TableTexts::of(visit.language);
        let head = |name: &&str| match name.strip_prefix('#') {
            Some(name) => Head { text: name.to_owned(), class: "num", ..Head::default() },
            None => Head { text: (*name).to_owned(), ..Head::default() },
        };
        Table {
            t,
            title: title.into(),
            id: String::new(),
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

    /// The same with a box in front of each row.
    #[must_use]
    pub fn picked(mut self, boxes: impl IntoIterator<Item = Cell>) -> Table {
        self.heads.insert(0, Head { text: self.t.chosen.to_owned(), class: PICK, ..Head::default() });
        self.rows.iter_mut().zip(boxes).for_each(|(row, pick)| row.insert(0, pick));
        self
    }

    /// The same with the ways to the pages before and after.
    #[must_use]
    pub fn paged<T>(self, list: &List<'_>, found: &Paged<T>) -> Table {
        self.with_pages(list, found.page + 1, found.last)
    }

    fn with_pages(self, list: &List<'_>, page: i64, is_last: bool) -> Table {
        let id = list.id();
        let anchor = if id.is_empty() { String::new() } else { format!("#{id}") };
        let (name, cursor) = (list.own("page"), list.own("cursor"));
        let to = |page: i64| format!("{}{anchor}", list.link(&[(&name, &page.to_string()), (&cursor, "")]));
        Table {
            previous: (page > 1).then(|| to(page - 1)),
            next: (!is_last).then(|| (to(page + 1), self.t.next)),
            place: fill(self.t.place, page),
            id,
            ..self
        }
    }

    /// The same as one of the tables on the page at `path`: sorted by `sort-name` of the address, and in pages of [`SIZE`] rows by
    /// `page-name`. The table has all of its rows.
    #[must_use]
    pub fn part(self, visit: &Visit, path: &str, name: &'static str) -> Table {
        self.whole(&List::part(path, name, &visit.query))
    }

    /// The same sorted and with one page of its rows, all of which are there.
    #[must_use]
    pub fn whole(self, list: &List<'_>) -> Table {
        self.sorted(list).cut(list)
    }

    fn cut(mut self, list: &List<'_>) -> Table {
        let rows = i64::try_from(self.rows.len()).unwrap_or(i64::MAX);
        let last = rows.saturating_sub(1) / SIZE + 1;
        let page = list.page().min(last);
        let first = usize::try_from((page - 1) * SIZE).unwrap_or_default();
        self.rows = self.rows.into_iter().skip(first).take(SIZE as usize).collect();
        if last == 1 { Table { id: list.id(), ..self } } else { self.with_pages(list, page, page == last) }
    }

    /// The same for a search, which may not have looked at everything: there it goes on.
    #[must_use]
    pub fn onward(self, further: Option<String>) -> Table {
        Table { next: further.map(|href| (href, self.t.further)), ..self }
    }

    /// The same for a search of the API, which goes on at a cursor.
    #[must_use]
    pub fn searched<T>(self, list: &List<'_>, found: &Paged<T>) -> Table {
        let (cursor, page) = (list.own("cursor"), list.own("page"));
        self.onward(found.next_cursor.as_ref().map(|next| list.link(&[(&cursor, next), (&page, "")])))
    }

    /// The same sorted by the column that the address names: `sort=2` rises by the second one, `sort=-2` falls.
    #[must_use]
    pub fn sorted(self, list: &List<'_>) -> Table {
        let sentence = self.t.sort;
        // in another order the rows that were on this page are elsewhere
        self.sorted_as(list, sentence, &[(&list.own("page"), "")])
    }

    /// The same for a list of which the table has one page.
    #[must_use]
    pub fn sorted_page(self, list: &List<'_>) -> Table {
        let sentence = self.t.sort_page;
        self.sorted_as(list, sentence, &[])
    }

    fn sorted_as(mut self, list: &List<'_>, sentence: &'static str, more: &[(&str, &str)]) -> Table {
        let name = list.own("sort");
        let wanted = list.query.number(&name).unwrap_or_default();
        let column = usize::try_from(wanted.unsigned_abs()).unwrap_or_default();
        for (head, n) in self.heads.iter_mut().zip(1..).filter(|(head, _)| !head.is_pick()) {
            head.order = match (n == column, wanted > 0) {
                (true, true) => Order::Rising,
                (true, false) => Order::Falling,
                (false, _) => Order::None,
            };
            let sort = format!("{}{n}", if head.order == Order::Rising { "-" } else { "" });
            head.sorts(list, &[&[(name.as_str(), sort.as_str())], more].concat(), n, sentence);
        }
        if let Some(index) = column.checked_sub(1).filter(|index| *index < self.heads.len()) {
            self.rows.sort_by(|a, b| compared(&a[index], &b[index]));
            if wanted < 0 {
                self.rows.reverse();
            }
        }
        self
    }

    /// The same with heads that sort the list of the API, by the parameter `order`: the number of a column, and the API's name for it.
    #[must_use]
    pub fn ordered(mut self, list: &List<'_>, columns: &[(usize, &str)]) -> Table {
        let now = list.query.text("order").to_owned();
        for (column, name) in columns {
            let Some(head) = self.heads.get_mut(column - 1) else { continue };
            let (rising, falling) = (format!("{name},asc"), format!("{name},desc"));
            head.order = match now.as_str() {
                now if now == rising => Order::Rising,
                now if now == falling => Order::Falling,
                _ => Order::None,
            };
            let next = if head.order == Order::Rising { falling } else { rising };
            head.sorts(list, &[("order", &next), ("page", "")], *column, self.t.sort);
        }
        self
    }
}

/// Numbers by their value, texts as names are sorted everywhere.
fn compared(one: &Cell, other: &Cell) -> Ordering {
    match (one.weight, other.weight) {
        (Some(one), Some(other)) => one.cmp(&other),
        (None, None) => sort_key(&one.text).cmp(&sort_key(&other.text)),
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

/// A list: its address, and the parameters that it keeps from page to page.
#[derive(Clone, Copy)]
pub struct List<'a> {
    pub path: &'a str,
    pub keeps: &'a [&'a str],
    pub query: &'a Fields,
    /// Which of the tables of its page it is; empty for the one that is the page.
    part: &'a str,
}

/// The parameters of an address that a table has to itself. Those of one of several tables end with its name, such as `sort-lines`.
const OWN: [&str; 3] = ["sort", "page", "cursor"];

impl<'a> List<'a> {
    /// The list that is the page at `path`.
    pub fn of(path: &'a str, keeps: &'a [&'a str], query: &'a Fields) -> List<'a> {
        List { path, keeps, query, part: "" }
    }

    /// One of several tables on the page at `path`. Each keeps what the address says of the others.
    pub fn part(path: &'a str, name: &'a str, query: &'a Fields) -> List<'a> {
        List { path, keeps: &[], query, part: name }
    }

    /// The same with these parameters of the page.
    #[must_use]
    pub fn keeping(self, keeps: &'a [&'a str]) -> List<'a> {
        List { keeps, ..self }
    }

    /// The name of a parameter that this table has to itself.
    fn own(&self, name: &str) -> String {
        if self.part.is_empty() { name.to_owned() } else { format!("{name}-{}", self.part) }
    }

    /// Where the page shows the table; empty for the one that is the page.
    fn id(&self) -> String {
        if self.part.is_empty() { String::new() } else { format!("table-{}", self.part) }
    }

    /// The number of the page that is asked for, from 1.
    fn page(&self) -> i64 {
        self.query.page(&self.own("page"))
    }

    /// The address of the list with other values of some parameters. An empty value takes a parameter away.
    pub fn link(&self, changed: &[(&str, &str)]) -> String {
        let of_parts = |name: &&str| name.split_once('-').is_some_and(|(kind, _)| OWN.contains(&kind));
        let parts = self.query.names().filter(of_parts);
        let kept =
            self.keeps.iter().copied().chain(parts).filter(|name| !changed.iter().any(|(known, _)| known == name));
        let kept = kept.filter_map(|name| Some((name, self.query.given(name)?)));
        address(self.path, kept.chain(changed.iter().copied().filter(|(_, value)| !value.is_empty())))
    }

    /// The question to the API: what the address has of `names` (name here, name there), and the page.
    pub fn question(&self, path: &str, names: &[(&str, &str)]) -> String {
        let page = (self.page() - 1).to_string();
        let cursor = self.own("cursor");
        let (size, cursor) = (SIZE.to_string(), self.query.given(&cursor));
        let asked = names.iter().filter_map(|(here, there)| Some((*there, self.query.given(here)?)));
        let place = cursor.map_or(("page", page.as_str()), |cursor| ("cursor", cursor));
        address(path, asked.chain([place, ("size", size.as_str())]))
    }
}

/// A path with these parameters.
pub fn address<'a>(path: &str, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_a_list_shows() {
        let query = Fields::parse(b"q=%EB%A8%B8%EA%B7%B8&status=&page=3&other=x");
        let list = List::of("/console/orders", &["q", "status", "sort"], &query);
        assert_eq!(list.link(&[("page", "4")]), "/console/orders?q=%EB%A8%B8%EA%B7%B8&page=4");
        assert_eq!(list.link(&[("q", "a&b")]), "/console/orders?q=a%26b");
        assert_eq!(list.link(&[("q", "")]), "/console/orders");
        let asked = list.question("/admin/orders", &[("q", "keyword"), ("status", "status")]);
        assert_eq!(asked, "/admin/orders?keyword=%EB%A8%B8%EA%B7%B8&page=2&size=25");
    }

    #[test]
    fn each_table_of_a_page_has_its_place_in_the_address() {
        let query = Fields::parse(b"done=1&q=mug&sort-lines=-2&page-lines=3&page-refunds=2&page=9");
        let (lines, refunds) = (List::part("/o", "lines", &query), List::part("/o", "refunds", &query));
        assert_eq!((lines.own("sort").as_str(), lines.page(), refunds.page()), ("sort-lines", 3, 2));
        assert_eq!(lines.link(&[("sort-lines", "1")]), "/o?page-lines=3&page-refunds=2&sort-lines=1");
        assert_eq!(refunds.link(&[("page-refunds", "")]), "/o?sort-lines=-2&page-lines=3");
        assert_eq!(lines.question("/admin/lines", &[]), "/admin/lines?page=2&size=25");
        let page = List::of("/o", &["q"], &query);
        assert_eq!((page.page(), page.id(), lines.id()), (9, String::new(), "table-lines".to_owned()));
        assert_eq!(page.link(&[("sort", "1")]), "/o?q=mug&sort-lines=-2&page-lines=3&page-refunds=2&sort=1");
    }

    /// A table with the numbers from 1 to `rows`.
    fn numbers(rows: i64) -> Table {
        let t = TableTexts::of(pages::Language::English);
        let heads = vec![Head { text: "n".into(), ..Head::default() }];
        let rows = (1..=rows).map(|n| vec![Cell::number(n.to_string(), n)]).collect();
        let (title, id, place) = Default::default();
        Table { t, title, id, heads, rows, previous: None, next: None, place }
    }

    #[test]
    fn a_table_with_all_of_its_rows_is_sorted_before_it_is_cut_into_pages() {
        let cut = |rows: i64, query: &str| {
            let query = Fields::parse(query.as_bytes());
            let list = List::part("/o", "lines", &query);
            let table = numbers(rows).sorted(&list).cut(&list);
            let first = table.rows.first().and_then(|row| row[0].weight);
            (first, table.rows.len(), table.previous, table.next.map(|(href, _)| href))
        };
        assert_eq!(cut(25, ""), (Some(1), 25, None, None));
        assert_eq!(cut(0, "page-lines=7"), (None, 0, None, None));
        let next = Some("/o?sort-lines=-1&page-lines=2#table-lines".to_owned());
        assert_eq!(cut(26, "sort-lines=-1"), (Some(26), 25, None, next));
        let previous = Some("/o?sort-lines=-1&page-lines=1#table-lines".to_owned());
        for page in ["2", "99"] {
            let query = format!("sort-lines=-1&page-lines={page}");
            assert_eq!(cut(26, &query), (Some(1), 1, previous.clone(), None), "{page}");
        }
        for none in ["-9223372036854775808", "9223372036854775807"] {
            assert_eq!(cut(26, &format!("page-lines={none}")).1, 25, "{none} is no page");
        }
    }

    #[test]
    fn a_click_on_a_head_sorts_and_leads_back_to_the_head() {
        let query = Fields::parse(b"sort-lines=1");
        let table = numbers(2).sorted(&List::part("/o", "lines", &query));
        let (href, does) = table.heads[0].sort.clone().unwrap();
        assert_eq!((href.as_str(), does.as_str()), ("/o?sort-lines=-1#sort-lines-1", "Sort by n"));
        assert_eq!((table.heads[0].id.as_str(), table.heads[0].aria()), ("sort-lines-1", "ascending"));
    }

    #[test]
    fn numbers_and_states_stay_on_one_line_and_long_texts_get_room() {
        for text in ["", "ORD-20261127-WG6ZCX4T", "HF-KIT-010", "2026년 11월 2일", "배송 중", "refunded in part"]
        {
            assert_eq!(room_of(text), "whole", "{text}");
        }
        for text in ["접이식 1인 소반 · Soban", "2183ecf9-43d9-49e4-afc7-31ae4d756105"] {
            assert_eq!(room_of(text), "broad", "{text}");
        }
        assert_eq!(room_of("산들바람공방 손으로 물레질한 백자 달항아리 무드등"), "wide");
        assert_eq!(Cell::long("{\"orderNumber\":1}").room(), "");
    }

    #[test]
    fn numbers_are_sorted_by_their_value_and_texts_by_their_letters() {
        let (small, large) = (Cell::number("₩900", 900), Cell::number("₩1,000", 1_000));
        assert_eq!(compared(&small, &large), Ordering::Less);
        for (first, second) in [("A", "b"), ("éclair", "Zebra"), ("Zebra", "가방"), ("가방", "나비")] {
            assert_eq!(compared(&Cell::text(first), &Cell::text(second)), Ordering::Less, "{first} {second}");
        }
        assert_eq!(compared(&Cell::default(), &small), Ordering::Less);
    }
}
