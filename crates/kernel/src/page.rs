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
    pub fn page_of<T>(self, rows: Vec<T>, total: i64, after: Option<Cursor>, id: impl Fn(&T) -> i64) -> Page<T> {
        self.page_after(rows, total, after, |row| Cursor::after(id(row)))
    }

    /// [`PageRequest::page_of`] for a list with another cursor; `cursor` makes the one of a row.
    pub fn page_after<T, C: Display>(
        self,
        rows: Vec<T>,
        total: i64,
        after: Option<C>,
        cursor: impl Fn(&T) -> C,
    ) -> Page<T> {
        let (rows, next) = self.cut_at(rows, cursor);
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
    pub fn of<T>(self, content: Vec<T>, total: i64) -> Page<T> {
        let total_pages = (total + self.size - 1) / self.size;
        Page {
            content,
            page: self.page,
            size: self.size,
            total_elements: total,
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
    /// Rows on all pages.
    pub total_elements: i64,
    /// Number of pages.
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
