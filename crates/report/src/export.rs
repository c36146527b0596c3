//! Tables of what the shop has, to be read by other programs or to be imported again. Each page is a short read of its own, so that
//! an export of a large shop keeps no snapshot open; what changes meanwhile is in it or not.

use crate::sheet::{Cell, csv_head, csv_line};
use kernel::{CategoryId, Code, Currency, ProductId, Result, Timestamp, UserId};
use std::collections::{BTreeMap, BTreeSet};
use store::{Arg, Db, Row, Tx, args};

/// Rows of one page.
const PAGE: i64 = 500;
/// Variants in one look for the names of options.
const OPTIONS_AT_ONCE: i64 = 5_000;
/// Most levels of categories; only damage makes more.
const LEVELS_MAX: usize = 10;

const CATEGORIES: &str = "select id, parent_id, name from categories";
const PRODUCTS: &str = "select id, sku, name, description, price, sale_price, category_id, brand, status, tax_free
    from products
    where id > ? and status <> 'DISCONTINUED' and (cast(? as {bigint}) = 0 or seller_id = ?) order by id limit ?";
const VARIANTS: &str = "select v.product_id, v.sku, v.name, v.options, v.price_adjustment, v.status,
        case when v.default_of is null then 0 else 1 end,
        (select cast(sum(s.available) as {bigint}) from inventory_snapshots s where s.variant_id = v.id)
    from product_variants v where v.product_id in ([?]) and v.status in ('ACTIVE', 'INACTIVE')
    order by v.product_id, v.id";
const IMAGES: &str =
    "select product_id, url from product_images where product_id in ([?]) order by product_id, position";
const OPTIONS: &str = "select id, options from product_variants where id > ? and status in ('ACTIVE', 'INACTIVE')
    order by id limit ?";
const STOCK: &str = "select v.id, v.sku,
        coalesce((select cast(sum(s.available) as {bigint}) from inventory_snapshots s where s.variant_id = v.id), 0)
    from product_variants v join products p on p.id = v.product_id
    where v.id > ? and v.status in ('ACTIVE', 'INACTIVE') and p.status <> 'DISCONTINUED'
      and (cast(? as {bigint}) = 0 or p.seller_id = ?) order by v.id limit ?";
const ORDERS: &str =
    "select o.id, o.order_number, o.user_id, o.status, m.payment_status, o.subtotal, o.coupon_discount,
        o.points_used, o.payable, m.refunded_amount, m.units, o.currency, o.created_at, o.paid_at, o.shipped_at,
        o.delivered_at, o.ended_at
    from orders o left join mv_orders m on m.id = o.id where o.id > ? order by o.id limit ?";
const CUSTOMERS: &str = "select m.user_id, a.email, a.nickname,
        (select count(*) from orders o where o.user_id = m.user_id), m.total_orders, m.total_spent,
        m.first_order_day, m.last_order_date
    from mv_users m left join users a on a.id = m.user_id where m.user_id > ? order by m.user_id limit ?";

pub(crate) const STATEMENTS: &[&str] = &[CATEGORIES, PRODUCTS, VARIANTS, IMAGES, OPTIONS, STOCK, ORDERS, CUSTOMERS];

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// As the import reads them: a row for each variant.
    Products,
    /// Skus with their units, as the import reads them.
    Stock,
    Orders,
    Customers,
}

const PRODUCT_HEAD: [&str; 16] = [
    "productSku",
    "sku",
    "name",
    "description",
    "category",
    "brand",
    "price",
    "salePrice",
    "status",
    "taxFree",
    "stock",
    "expectedStock",
    "images",
    "variantName",
    "variantStatus",
    "isDefault",
];
/// `expectedStock` is what the table shows, so that an import knows which rows decide about stock, and on what.
const STOCK_HEAD: [&str; 3] = ["sku", "stock", "expectedStock"];
const ORDER_HEAD: [&str; 16] = [
    "orderNumber",
    "userId",
    "status",
    "paymentStatus",
    "subtotal",
    "couponDiscount",
    "pointsUsed",
    "payable",
    "refundedAmount",
    "units",
    "currency",
    "orderedAt",
    "paidAt",
    "shippedAt",
    "deliveredAt",
    "endedAt",
];
const CUSTOMER_HEAD: [&str; 8] =
    ["userId", "email", "nickname", "placedOrders", "totalOrders", "totalSpent", "firstOrderDay", "lastOrderDate"];

/// An export that is going on.
pub struct Export {
    db: Db,
    what: What,
    currency: Currency,
    seller: Option<UserId>,
    categories: BTreeMap<CategoryId, String>,
    options: Vec<String>,
    /// Where the next page begins; `None`: there is none.
    next: Option<String>,
    begun: bool,
}

impl Export {
    /// An export of everything, or of the goods of one seller.
    pub async fn begin(db: &Db, what: What, currency: Currency, seller: Option<UserId>) -> Result<Export> {
        let (categories, options) = match what {
            What::Products => (db.read("export.categories", categories).await?, options(db).await?),
            What::Stock | What::Orders | What::Customers => (BTreeMap::new(), Vec::new()),
        };
        let next = Some(String::new());
        Ok(Export { db: db.clone(), what, currency, seller, categories, options, next, begun: false })
    }

    /// The next part of the table; `None` at its end. The first part has the head.
    pub async fn part(&mut self) -> Result<Option<String>> {
        let Some(after) = self.next.take() else { return Ok(None) };
        let (what, seller) = (self.what, self.seller);
        let (categories, options) = (self.categories.clone(), self.options.clone());
        let page = move |tx: &mut Tx<'_>| match what {
            What::Products => products(tx, number(&after), seller, (&categories, &options)),
            What::Stock => stock(tx, number(&after), seller),
            What::Orders => orders(tx, number(&after)),
            What::Customers => customers(tx, &after),
        };
        let Page { lines, next } = self.db.read("export.page", page).await?;
        self.next = next;
        let mut text = if self.begun { String::new() } else { self.head() };
        self.begun = true;
        lines.iter().for_each(|cells| text.push_str(&csv_line(cells, self.currency)));
        Ok(Some(text))
    }

    fn head(&self) -> String {
        let options = self.options.iter().map(|name| format!("option.{name}"));
        let names: Vec<String> = match self.what {
            What::Products => PRODUCT_HEAD.iter().map(|name| (*name).to_owned()).chain(options).collect(),
            What::Stock => STOCK_HEAD.map(str::to_owned).to_vec(),
            What::Orders => ORDER_HEAD.map(str::to_owned).to_vec(),
            What::Customers => CUSTOMER_HEAD.map(str::to_owned).to_vec(),
        };
        csv_head(&names)
    }
}

fn number(after: &str) -> i64 {
    after.parse().unwrap_or(0)
}

/// Rows, and where the next ones begin.
struct Page {
    lines: Vec<Vec<Cell>>,
    next: Option<String>,
}

impl Page {
    /// `keys` are those of the rows that were read.
    fn of<K: ToString>(lines: Vec<Vec<Cell>>, keys: &[K]) -> Page {
        let next = keys.last().filter(|_| keys.len() as i64 == PAGE).map(ToString::to_string);
        Page { lines, next }
    }
}

/// The path of each category, as the import reads it.
fn categories(tx: &mut Tx<'_>) -> Result<BTreeMap<CategoryId, String>> {
    let rows: BTreeMap<CategoryId, (CategoryId, String)> =
        tx.query(CATEGORIES, args![], |row| Ok((row.next()?, (row.next()?, row.next()?))))?.into_iter().collect();
    let path = |id: &CategoryId| {
        let (mut names, mut at) = (Vec::new(), *id);
        while let Some((parent, name)) = rows.get(&at).filter(|_| names.len() < LEVELS_MAX) {
            names.push(name.as_str());
            at = *parent;
        }
        names.reverse();
        names.join(" > ")
    };
    Ok(rows.keys().map(|id| (*id, path(id))).collect())
}

/// The names of all options that variants have.
async fn options(db: &Db) -> Result<Vec<String>> {
    let (mut names, mut after) = (BTreeSet::new(), 0_i64);
    loop {
        let look = move |tx: &mut Tx<'_>| {
            tx.query(OPTIONS, args![after, OPTIONS_AT_ONCE], |row| Ok((row.next::<i64>()?, row.next::<String>()?)))
        };
        let rows = db.read("export.options", look).await?;
        let Some((last, _)) = rows.last() else { return Ok(names.into_iter().collect()) };
        after = *last;
        for (_, text) in &rows {
            names.extend(read_options(text)?.into_keys());
        }
    }
}

fn read_options(text: &str) -> Result<BTreeMap<String, String>> {
    serde_json::from_str(text).map_err(|e| Code::Internal.error().caused_by(e))
}

/// Two arguments: whether only the goods of one seller count, and of whom.
fn only(seller: Option<UserId>) -> (bool, String) {
    (seller.is_some(), seller.map(|seller| seller.to_string()).unwrap_or_default())
}

struct Product {
    id: ProductId,
    sku: String,
    name: String,
    description: Option<String>,
    price: i64,
    sale_price: Option<i64>,
    category: Option<CategoryId>,
    brand: Option<String>,
    status: String,
    is_tax_free: bool,
}

struct Variant {
    product: ProductId,
    sku: String,
    name: Option<String>,
    options: BTreeMap<String, String>,
    adjustment: i64,
    status: String,
    is_default: bool,
    stock: Option<i64>,
}

fn product(row: &Row<'_>) -> Result<Product> {
    Ok(Product {
        id: row.next()?,
        sku: row.next()?,
        name: row.next()?,
        description: row.next()?,
        price: row.next()?,
        sale_price: row.next()?,
        category: row.next()?,
        brand: row.next()?,
        status: row.next()?,
        is_tax_free: row.next()?,
    })
}

fn variant(row: &Row<'_>) -> Result<Variant> {
    Ok(Variant {
        product: row.next()?,
        sku: row.next()?,
        name: row.next()?,
        options: read_options(&row.next::<String>()?)?,
        adjustment: row.next()?,
        status: row.next()?,
        is_default: row.next()?,
        stock: row.next()?,
    })
}

fn products(
    tx: &mut Tx<'_>,
    after: i64,
    seller: Option<UserId>,
    (categories, options): (&BTreeMap<CategoryId, String>, &[String]),
) -> Result<Page> {
    let (is_limited, of) = only(seller);
    let products = tx.query(PRODUCTS, args![after, is_limited, of, PAGE], product)?;
    let ids: Vec<ProductId> = products.iter().map(|one| one.id).collect();
    if ids.is_empty() {
        return Ok(Page { lines: Vec::new(), next: None });
    }
    let variants = tx.query(VARIANTS, &[Arg::list(&ids)], variant)?;
    let mut images: BTreeMap<ProductId, Vec<String>> = BTreeMap::new();
    for (id, url) in tx.query(IMAGES, &[Arg::list(&ids)], |row| Ok((row.next()?, row.next()?)))? {
        images.entry(id).or_default().push(url);
    }
    let mut lines = Vec::new();
    for one in &products {
        let of_it: Vec<&Variant> = variants.iter().filter(|variant| variant.product == one.id).collect();
        let gallery = images.get(&one.id).map(|urls| gallery(urls)).unwrap_or_default();
        // the default variant comes first, because a new product costs what it costs
        let (first, rest): (Vec<&Variant>, Vec<&Variant>) = of_it.iter().partition(|variant| variant.is_default);
        let is_plain = of_it.len() == 1 && of_it[0].sku == one.sku && of_it[0].is_plain();
        for variant in first.into_iter().chain(rest) {
            let category = one.category.and_then(|id| categories.get(&id)).map(String::as_str);
            lines.push(line(one, variant, is_plain, category, &gallery, options));
        }
    }
    Ok(Page::of(lines, &ids.iter().map(|id| id.raw()).collect::<Vec<_>>()))
}

/// Addresses as an import reads them from one cell: separated by `|`, with a `\` in front of one that belongs to an address.
fn gallery(urls: &[String]) -> String {
    urls.iter().map(|url| url.replace('|', "\\|")).collect::<Vec<_>>().join("|")
}

impl Variant {
    /// Whether it says nothing that its product does not say.
    fn is_plain(&self) -> bool {
        self.name.is_none() && self.options.is_empty() && self.adjustment == 0 && self.status == "ACTIVE"
    }
}

fn line(
    one: &Product,
    variant: &Variant,
    is_plain: bool,
    category: Option<&str>,
    gallery: &str,
    options: &[String],
) -> Vec<Cell> {
    let of_variant = |cell: Cell| if is_plain { Cell::Nothing } else { cell };
    let mut cells = vec![
        of_variant((&one.sku).into()),
        (&variant.sku).into(),
        (&one.name).into(),
        one.description.as_deref().into(),
        category.into(),
        one.brand.as_deref().into(),
        Cell::Money(one.price + variant.adjustment),
        one.sale_price.map_or(Cell::Nothing, |price| Cell::Money(price + variant.adjustment)),
        (&one.status).into(),
        if one.is_tax_free { "true" } else { "false" }.into(),
        variant.stock.into(),
        variant.stock.into(),
        if gallery.is_empty() { Cell::Nothing } else { gallery.into() },
        of_variant(variant.name.as_deref().into()),
        of_variant((&variant.status).into()),
        of_variant(if variant.is_default { "true" } else { "false" }.into()),
    ];
    cells.extend(options.iter().map(|name| variant.options.get(name).map(String::as_str).into()));
    cells
}

fn stock(tx: &mut Tx<'_>, after: i64, seller: Option<UserId>) -> Result<Page> {
    let (is_limited, of) = only(seller);
    let rows = tx.query(STOCK, args![after, is_limited, of, PAGE], |row| {
        let (id, sku, units): (i64, String, i64) = (row.next()?, row.next()?, row.next()?);
        Ok((id, vec![Cell::Text(sku), units.into(), units.into()]))
    })?;
    let (keys, lines): (Vec<i64>, Vec<_>) = rows.into_iter().unzip();
    Ok(Page::of(lines, &keys))
}

fn orders(tx: &mut Tx<'_>, after: i64) -> Result<Page> {
    let rows = tx.query(ORDERS, args![after, PAGE], |row| {
        let id: i64 = row.next()?;
        let mut cells: Vec<Cell> = Vec::with_capacity(ORDER_HEAD.len());
        for _ in 0..4 {
            cells.push(row.next::<Option<String>>()?.as_deref().into());
        }
        for _ in 0..5 {
            cells.push(row.next::<Option<i64>>()?.map_or(Cell::Nothing, Cell::Money));
        }
        cells.push(row.next::<Option<i64>>()?.into());
        cells.push(row.next::<Option<String>>()?.as_deref().into());
        for _ in 0..5 {
            cells.push(time(row.next()?));
        }
        Ok((id, cells))
    })?;
    let (keys, lines): (Vec<i64>, Vec<_>) = rows.into_iter().unzip();
    Ok(Page::of(lines, &keys))
}

fn time(at: Option<Timestamp>) -> Cell {
    at.map_or(Cell::Nothing, |at| Cell::Text(at.to_string()))
}

fn customers(tx: &mut Tx<'_>, after: &str) -> Result<Page> {
    let rows = tx.query(CUSTOMERS, args![after, PAGE], |row| {
        let user: String = row.next()?;
        let mut cells: Vec<Cell> = vec![(&user).into()];
        for _ in 0..2 {
            cells.push(row.next::<Option<String>>()?.as_deref().into());
        }
        for _ in 0..2 {
            cells.push(row.next::<i64>()?.into());
        }
        cells.push(Cell::Money(row.next()?));
        let first = row.next::<Option<i64>>()?.and_then(crate::days::of_number);
        cells.push(first.map_or(Cell::Nothing, |day| Cell::Text(day.to_string())));
        cells.push(time(row.next()?));
        Ok((user, cells))
    })?;
    let (keys, lines): (Vec<String>, Vec<_>) = rows.into_iter().unzip();
    Ok(Page::of(lines, &keys))
}
