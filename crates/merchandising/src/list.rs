//! Lists of products: filters, sorting, pages.

use crate::page::{self, ProductPage, Viewer};
use crate::store::{Conditions, place};
pub use catalog::filter::Filter;
use catalog::ops::categories;
use catalog::product::Status;
use kernel::{Currency, Page, PageRequest, ProductId, Result, SortValue, SortedCursor, UserId, text};
use store::Tx;
use web::Sorts;

/// The sort orders of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// When the product was made.
    CreatedAt,
    /// What one unit costs now: of the cheapest variant on sale, or of the dearest when it descends.
    Price,
    /// Its name.
    Name,
}

/// The orders of a list of products; newest first when the caller does not say.
#[derive(Debug, Clone, Copy)]
pub struct Products;

impl Sorts for Products {
    type Column = Column;
    const FIELDS: &'static [(&'static str, Column)] =
        &[("createdAt", Column::CreatedAt), ("price", Column::Price), ("name", Column::Name)];
    const DEFAULT: (Column, bool) = (Column::CreatedAt, true);
}

/// The request for a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Which products.
    pub filter: Filter,
    /// In which state; `None`: every one but DISCONTINUED. The public sees ACTIVE ones only.
    pub status: Option<Status>,
    /// Only this seller's.
    pub seller: Option<UserId>,
    /// Only with this part of the name or sku, or with a variant whose sku begins so.
    pub keyword: Option<String>,
    /// The caller, who sees more of their own products.
    pub viewer: Viewer,
    /// The column, and whether it descends.
    pub sort: (Column, bool),
    /// Which page.
    pub request: PageRequest,
    /// Go on after this row instead.
    pub after: Option<SortedCursor>,
}

/// The letters of the orders in cursors, in the sequence of [`place`].
const ORDERS: [char; 6] = ['a', 'b', 'c', 'd', 'e', 'f'];

/// The page of a list. C002 for a negative price, for prices in the wrong order and for a cursor of another order. An unknown category gives an empty page. The number of
/// statements is constant.
pub fn page(tx: &mut Tx<'_>, question: &Question, currency: Currency) -> Result<Page<ProductPage>> {
    let Filter { category, brand, in_stock, .. } = &question.filter;
    let (lowest, highest) = question.filter.prices()?;
    let order = ORDERS[place(question.sort)];
    if question.after.as_ref().is_some_and(|after| !fits(after, order, question.sort)) {
        return Err(text::wrong("cursor", "belongs to another sort"));
    }
    let categories = category.as_ref().map(|choice| categories::chosen(tx, choice)).transpose()?;
    if categories.as_ref().is_some_and(Vec::is_empty) {
        return Ok(question.request.of(Vec::new(), 0));
    }
    let statuses: &[Status] = match (question.viewer, &question.status) {
        (Viewer::Public, _) => &[Status::Active],
        (Viewer::Owner, Some(status)) => std::slice::from_ref(status),
        (Viewer::Owner, None) => &[Status::Draft, Status::Active, Status::Inactive],
    };
    let conditions = Conditions {
        categories: categories.as_deref(),
        statuses,
        brand: brand.as_deref(),
        seller: question.seller,
        keyword: question.keyword.as_deref(),
        lowest,
        highest,
        in_stock: *in_stock,
    };
    let total = crate::store::count(tx, &conditions)?;
    let rows = crate::store::ids(tx, &conditions, question.sort, question.request, question.after.as_ref())?;
    let cursor = |(id, value): &(ProductId, SortValue)| SortedCursor { order, value: value.clone(), id: id.raw() };
    let page = question.request.page_after(rows, total, question.after.clone(), cursor);
    let ids: Vec<ProductId> = page.content.iter().map(|(id, _)| *id).collect();
    Ok(page.with(page::pages(tx, &ids, currency, question.viewer)?))
}

fn fits(after: &SortedCursor, order: char, (column, _): (Column, bool)) -> bool {
    let kind = match (&after.value, column) {
        (SortValue::Number(_), Column::CreatedAt | Column::Price) | (SortValue::Key(_), Column::Name) => true,
        (SortValue::Number(_), Column::Name) | (SortValue::Key(_), Column::CreatedAt | Column::Price) => false,
    };
    after.order == order && kind
}
