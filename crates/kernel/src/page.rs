//! Pages of lists: numbered pages for people, cursors for lists that grow without end.

use crate::{Error, Result, Together, text, text::wrong};
use serde::Serialize;
use std::{
    fmt::{self, Display},
    str::FromStr,
};
use utoipa::ToSchema;

/// Most rows on one page (docs/RULES.md).
pub const PAGE_SIZE_MAX: i64 = 100;
/// Rows on a page when the caller does not say.
pub const PAGE_SIZE_DEFAULT: i64 = 20;
/// Rows that may be skipped to reach a numbered page; beyond it use a cursor, because skipping costs reading.
pub const PAGE_OFFSET_MAX: i64 = 1_000_000;

/// Rows of a list that are counted at most, because counting a million of them for one page costs more than the page
/// (docs/RULES.md).
pub const COUNTED_MAX: i64 = 10_000;

/// How many rows a list has, as far as they were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    rows: i64,
    is_exact: bool,
}

impl Total {
    /// The result of a count that ends after [`COUNTED_MAX`] and one more.
    pub const fn counted(rows: i64) -> Total {
        if rows > COUNTED_MAX { Total { rows: COUNTED_MAX, is_exact: false } } else { Total { rows, is_exact: true } }
    }

    /// A count of a part of the rows.
    pub const fn at_least(rows: i64) -> Total {
        Total { rows: if rows > COUNTED_MAX { COUNTED_MAX } else { rows }, is_exact: false }
    }

    /// What a numbered page shows of it: `seen` rows up to its end, and whether the list goes on.
    fn with_page(self, seen: i64, is_empty: bool, goes_on: bool) -> Total {
        match (self.is_exact, goes_on) {
            (true, _) => self,
            (false, true) => Total { rows: self.rows.max(seen + 1), ..self },
            (false, false) if is_empty => self,
            (false, false) => Total { rows: seen, is_exact: true },
        }
    }
}

impl From<i64> for Total {
    /// All of them.
    fn from(rows: i64) -> Total {
        Total { rows, is_exact: true }
    }
}

/// Which page a caller asks for, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    page: i64,
    size: i64,
}

impl PageRequest {
    /// Page `page` (from 0) of `size` rows (1 to [`PAGE_SIZE_MAX`]); C002 outside those.
    pub fn new(page: i64, size: i64) -> Result<PageRequest> {
        let wrong_size = || wrong("size", format!("must be between 1 and {PAGE_SIZE_MAX}"));
        let size_of_page = (1..=PAGE_SIZE_MAX).contains(&size).then_some(size).ok_or_else(wrong_size);
        let far = page.checked_mul(size.clamp(1, PAGE_SIZE_MAX)).is_none_or(|skip| skip > PAGE_OFFSET_MAX);
        let wrong_page = || wrong("page", "must be 0 or more, and not beyond a million rows; use a cursor there");
        let page = (page >= 0 && !far).then_some(page).ok_or_else(wrong_page);
        let (page, size) = (page, size_of_page).together()?;
        Ok(PageRequest { page, size })
    }

    /// How many rows come before this page.
    pub const fn offset(self) -> i64 {
        self.page * self.size
    }

    /// Most rows on this page.
    pub const fn size(self) -> i64 {
        self.size
    }

    /// Rows to read for this page: one more than it shows, because a further row means that the list goes on.
    pub const fn limit(self) -> i64 {
        self.size + 1
    }

    /// Rows to skip: none after a cursor.
    pub fn offset_after(self, after: Option<Cursor>) -> i64 {
        if after.is_some() { 0 } else { self.offset() }
    }

    /// The page that shows `rows`, which were read with [`PageRequest::limit`] after the cursor `after` or at
    /// [`PageRequest::offset_after`]. `id` is what a cursor of this list contains.
    pub fn page_of<T>(
        self,
        rows: Vec<T>,
        total: impl Into<Total>,
        after: Option<Cursor>,
        id: impl Fn(&T) -> i64,
    ) -> Page<T> {
        self.page_after(rows, total, after, |row| Cursor::after(id(row)))
    }

    /// [`PageRequest::page_of`] for a list with another cursor; `cursor` makes the one of a row.
    pub fn page_after<T, C: Display>(
        self,
        rows: Vec<T>,
        total: impl Into<Total>,
        after: Option<C>,
        cursor: impl Fn(&T) -> C,
    ) -> Page<T> {
        let (rows, next) = self.cut_at(rows, cursor);
        let mut total = total.into();
        if after.is_none() {
            let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            total = total.with_page(self.offset() + shown, rows.is_empty(), next.is_some());
        }
        let page = self.of(rows, total);
        let next_cursor = next.map(|cursor| cursor.to_string());
        Page { first: page.first && after.is_none(), last: next_cursor.is_none(), next_cursor, ..page }
    }

    /// `rows`, which were read with [`PageRequest::limit`], cut to the page's size, and the cursor of the next page. For lists
    /// that are not counted.
    pub fn cut<T>(self, rows: Vec<T>, id: impl Fn(&T) -> i64) -> (Vec<T>, Option<Cursor>) {
        self.cut_at(rows, |row| Cursor::after(id(row)))
    }

    fn cut_at<T, C>(self, mut rows: Vec<T>, cursor: impl Fn(&T) -> C) -> (Vec<T>, Option<C>) {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let goes_on = rows.len() > size;
        rows.truncate(size);
        let next_cursor = rows.last().filter(|_| goes_on).map(cursor);
        (rows, next_cursor)
    }

    /// The page these rows make, out of `total`.
    pub fn of<T>(self, content: Vec<T>, total: impl Into<Total>) -> Page<T> {
        let total = total.into();
        let total_pages = (total.rows + self.size - 1) / self.size;
        Page {
            content,
            page: self.page,
            size: self.size,
            total_elements: total.rows,
            total_is_exact: total.is_exact,
            total_pages,
            first: self.page == 0,
            last: self.page + 1 >= total_pages,
            next_cursor: None,
        }
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        PageRequest { page: 0, size: PAGE_SIZE_DEFAULT }
    }
}

/// One page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The rows.
    pub content: Vec<T>,
    /// Zero-based number of this page.
    pub page: i64,
    /// Most rows on a page.
    pub size: i64,
    /// Rows on all pages; when `totalIsExact` is false, there are at least so many.
    pub total_elements: i64,
    /// Whether every row was counted. A list of more than 10,000 rows is not counted to its end.
    pub total_is_exact: bool,
    /// Number of pages of `totalElements` rows.
    pub total_pages: i64,
    /// Whether this is the first page.
    pub first: bool,
    /// Whether this is the last page.
    pub last: bool,
    /// Pass it as `cursor` to go on where this page ends; absent on the last page and where there are no cursors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The same page of a list that was read only as far as `cursor`, behind which there may be more.
    pub fn read_until(self, cursor: Option<impl Display>) -> Page<T> {
        match cursor {
            Some(cursor) => {
                let next_cursor = self.next_cursor.or_else(|| Some(cursor.to_string()));
                Page { last: false, total_is_exact: false, next_cursor, ..self }
            }
            None => self,
        }
    }

    /// The same page with every row changed by `f`.
    pub fn map<U>(mut self, f: impl FnMut(T) -> U) -> Page<U> {
        let content = std::mem::take(&mut self.content).into_iter().map(f).collect();
        self.with(content)
    }

    /// The same page of other rows, such as those that its ids stand for.
    pub fn with<U>(self, content: Vec<U>) -> Page<U> {
        Page {
            content,
            page: self.page,
            size: self.size,
            total_elements: self.total_elements,
            total_is_exact: self.total_is_exact,
            total_pages: self.total_pages,
            first: self.first,
            last: self.last,
            next_cursor: self.next_cursor,
        }
    }
}

/// Where the next page of a list begins: after the row with this id. Callers pass it back as they got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String)]
pub struct Cursor(i64);

impl Cursor {
    /// The list goes on after the row with this id.
    pub const fn after(id: i64) -> Cursor {
        Cursor(id)
    }

    /// The id of the last row seen.
    pub const fn id(self) -> i64 {
        self.0
    }
}

impl Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{:x}", self.0)
    }
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Cursor {
    type Err = Error;
    fn from_str(text: &str) -> Result<Cursor> {
        text.strip_prefix('c')
            .and_then(|hex| i64::from_str_radix(hex, 16).ok())
            .filter(|id| *id >= 0)
            .map(Cursor)
            .ok_or_else(not_a_cursor)
    }
}

fn not_a_cursor() -> Error {
    wrong("cursor", "must be one that this list gave out")
}

/// The value by which a list is sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortValue {
    /// A time or an amount, 0 or more.
    Number(i64),
    /// A [`text::sort_key`].
    Key(String),
}

/// Where the next page of a sorted list begins: after the row with this value and id. The row itself may have changed or gone
/// since; nothing is left out or repeated because of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortedCursor {
    /// Which of the list's orders it belongs to: a small letter.
    pub order: char,
    /// The row's value in this order.
    pub value: SortValue,
    /// The row's id, which decides between equal values.
    pub id: i64,
}

impl Display for SortedCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SortedCursor { order, value, id } = self;
        match value {
            SortValue::Number(number) => write!(f, "s{order}{id:x}.n{number:x}"),
            SortValue::Key(key) => write!(f, "s{order}{id:x}.k{key}"),
        }
    }
}

impl FromStr for SortedCursor {
    type Err = Error;
    fn from_str(text: &str) -> Result<SortedCursor> {
        let number = |hex: &str| i64::from_str_radix(hex, 16).ok().filter(|number| *number >= 0);
        let read = || {
            let mut signs = text.strip_prefix('s')?.chars();
            let order = signs.next().filter(char::is_ascii_lowercase)?;
            let (id, value) = signs.as_str().split_once('.')?;
            let value = match value.split_at_checked(1)? {
                ("n", hex) => SortValue::Number(number(hex)?),
                ("k", key) if text::is_sort_key(key) => SortValue::Key(key.to_owned()),
                _ => return None,
            };
            Some(SortedCursor { order, value, id: number(id)? })
        };
        read().ok_or_else(not_a_cursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_count_from_zero() {
        let page = PageRequest::new(1, 10).unwrap().of(vec![1, 2], 12);
        assert_eq!((page.total_pages, page.first, page.last), (2, false, true));
        let empty = PageRequest::default().of(Vec::<i32>::new(), 0);
        assert_eq!((empty.total_pages, empty.first, empty.last), (0, true, true));
    }

    #[test]
    fn one_row_more_than_the_page_shows_means_that_the_list_goes_on() {
        let request = PageRequest::new(1, 2).unwrap();
        assert_eq!(
            (request.limit(), request.offset_after(None), request.offset_after(Some(Cursor::after(9)))),
            (3, 2, 0)
        );
        let page = request.page_of(vec![7, 6, 5], 9, None, |row| *row);
        assert_eq!((page.content, page.last, page.next_cursor), (vec![7, 6], false, Some("c6".to_owned())));
        let page = PageRequest::new(0, 2).unwrap().page_of(vec![5], 9, Some(Cursor::after(6)), |row| *row);
        assert_eq!((page.first, page.last, page.next_cursor), (false, true, None));
    }

    #[test]
    fn a_long_list_is_counted_to_a_bound_and_can_be_paged_beyond_it() {
        let totals = |page: &Page<i64>| (page.total_elements, page.total_is_exact, page.total_pages, page.last);
        let counted = Total::counted(COUNTED_MAX + 1);
        let first = PageRequest::new(0, 2).unwrap();
        assert_eq!(totals(&first.page_of(vec![9, 8, 7], counted, None, |row| *row)), (10_000, false, 5_000, false));
        let far = PageRequest::new(6_000, 2).unwrap();
        assert_eq!(totals(&far.page_of(vec![9, 8, 7], counted, None, |row| *row)), (12_003, false, 6_002, false));
        assert_eq!(totals(&far.page_of(vec![9], counted, None, |row| *row)), (12_001, true, 6_001, true));
        let after = first.page_of(vec![9], counted, Some(Cursor::after(10)), |row| *row);
        assert_eq!(totals(&after), (10_000, false, 5_000, true));
        assert_eq!(Total::counted(COUNTED_MAX), Total::from(COUNTED_MAX));
    }

    #[test]
    fn a_list_that_was_read_in_part_goes_on_although_its_page_is_short() {
        let page = PageRequest::default().page_of(vec![9], 1, None, |row| *row).read_until(Some(Cursor::after(3)));
        assert_eq!((page.last, page.total_is_exact, page.next_cursor.as_deref()), (false, false, Some("c3")));
    }

    #[test]
    fn wild_pages_are_refused() {
        for (page, size) in [(-1, 10), (0, 0), (0, 101), (i64::MAX, 100), (10_001, 100)] {
            assert!(PageRequest::new(page, size).is_err(), "{page} {size}");
        }
    }

    #[test]
    fn a_cursor_is_read_back() {
        let text = serde_json::to_string(&Cursor::after(255)).unwrap();
        assert_eq!(text.trim_matches('"').parse::<Cursor>().unwrap(), Cursor::after(255));
        assert!("c-1".parse::<Cursor>().is_err());
    }

    #[test]
    fn a_cursor_of_a_sorted_list_is_read_back() {
        for value in [SortValue::Number(0), SortValue::Number(i64::MAX), SortValue::Key(text::sort_key("머그컵"))] {
            let cursor = SortedCursor { order: 'a', value, id: 255 };
            let text = cursor.to_string();
            assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)), "{text}");
            assert_eq!(text.parse::<SortedCursor>().unwrap(), cursor);
        }
        for wrong in ["", "s", "c1", "sa1", "sA1.n1", "sa-1.n1", "sa1.n-1", "sa1.x1", "sa1.k~", "sa1.k1\u{e9}", "sa1.é"]
        {
            assert!(wrong.parse::<SortedCursor>().is_err(), "{wrong}");
        }
    }
}
