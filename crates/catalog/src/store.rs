//! Statements about products, the lookups of the order path, and the audit. Variants, images and categories have
//! their own files below.

pub(crate) mod categories;
pub(crate) mod keys;
pub(crate) mod variants;

use crate::category::{CATEGORIES_MAX, DEPTH_MAX, PATH_SIGN, Tree};
use crate::ops::Sellable;
use crate::product::{Content, Product, Status, brand_key, name_key};
use crate::variant;
use kernel::{Code, ProductId, Result, Timestamp, UserId, VariantId, text};
use store::{
    Arg, Check, Row, Tx, Violation, args,
    audit::{Changed, Keys},
    concatcp,
};

/// What [`product`] reads, in this order, and where it is read from: `c1` is the product's category, `c2` to `c5` are the
/// categories above it.
const PRODUCTS: &str = "select p.id, p.sku, p.name, p.description, p.price, p.sale_price, p.category_id, p.brand,
        p.image_url, p.tax_free, c1.name, c2.name, c3.name, c4.name, c5.name, p.status, p.seller_id, p.held_name, p.version,
        p.created_at, p.updated_at
    from products p
    left join categories c1 on c1.id = p.category_id
    left join categories c2 on c2.id = c1.parent_id
    left join categories c3 on c3.id = c2.parent_id
    left join categories c4 on c4.id = c3.parent_id
    left join categories c5 on c5.id = c4.parent_id";
/// What [`sellable`] reads, in this order, and where it is read from.
const SELLABLE_UNITS: &str = "select v.default_of, p.status, v.status, v.id, v.product_id, v.sku, p.name, v.name,
        v.options, p.image_url, p.current_price + v.price_adjustment, p.seller_id, p.tax_free
    from product_variants v join products p on p.id = v.product_id";

const SELLABLES: &str = concatcp!(SELLABLE_UNITS, " where v.id in ([?])");
const DEFAULTS: &str = concatcp!(SELLABLE_UNITS, " where v.default_of in ([?])");
const RESOLVE: &str = concatcp!(SELLABLES, " union all ", DEFAULTS);

const BY_IDS: &str = concatcp!(PRODUCTS, " where p.id in ([?])");
/// A range of ids bounds what one statement reads; the status is compared afterwards, so that no index of it takes the place of the key.
const CHANGED_BETWEEN: &str = "select id, updated_at, status from products where id > ? and id <= ? order by id";
const NEWEST: &str = "select coalesce(max(id), 0) from products";
const DRAFTS: &str = "select id from products where id in ([?]) and status = 'DRAFT'";
const LOCK: &str = "select id from products where id = ? {for update}";
const LOCK_IDS: &str = "select id from products where id in ([?]) order by id {for update}";
const NAMES_HELD: &str = "select held_key, id, sku, seller_id, status from products where held_key in ([?])";
/// The key is empty in rows of older shops whose sku differs from another one in case only.
const SKUS_TAKEN: &str = "select v.sku, v.product_id from product_variants v where v.sku_key in ([?]) or v.sku in ([?])
    union all select p.sku, p.id from products p where p.sku_key in ([?]) or p.sku in ([?])";
const VARIANTS_OF_SKUS: &str = "select v.sku, v.id from product_variants v where v.sku_key in ([?]) or v.sku in ([?])";
/// The variants that have a sku, then the product: a product shares its sku with its only variant.
const SKU_HOLDERS: &str = "select p.id, p.seller_id, p.status, v.id, v.status from product_variants v
    join products p on p.id = v.product_id where v.sku_key = ? or v.sku = ?
    union all select p.id, p.seller_id, p.status, null, null from products p where p.sku_key = ? or p.sku = ?";
const INSERT: &str =
    "insert into products (sku, sku_key, name, name_key, held_name, held_key, description, price, sale_price,
    current_price, lowest_price, highest_price, category_id, brand, brand_key, image_url, tax_free, status, seller_id,
    version, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)";
const SAVE: &str =
    "update products set name = ?, name_key = ?, held_name = ?, held_key = ?, description = ?, price = ?, sale_price = ?,
    current_price = ?, category_id = ?, brand = ?, brand_key = ?, image_url = ?, tax_free = ?, status = ?, version = version + 1, updated_at = ?
    where id = ? and version = ?";
/// Lists are filtered and sorted by what can be paid for a product: from its cheapest variant on sale to its dearest.
const SET_RANGE: &str = "update products set
    lowest_price = current_price + coalesce((select min(v.price_adjustment) from product_variants v
        where v.product_id = products.id and v.status = 'ACTIVE'), 0),
    highest_price = current_price + coalesce((select max(v.price_adjustment) from product_variants v
        where v.product_id = products.id and v.status = 'ACTIVE'), 0)
    where id = ?";

const WITHOUT_ONE_DEFAULT: &str = "select p.id, (select count(*) from product_variants v where v.default_of = p.id)
    from products p where p.id between ? and ?
      and (select count(*) from product_variants v where v.default_of = p.id and v.product_id = p.id) <> 1
    order by p.id limit ?";
const WRONG_PRICES: &str = "select id, price, sale_price, current_price from products
    where id between ? and ? and (price <= 0 or sale_price <= 0 or sale_price > price
       or current_price <> coalesce(sale_price, price)) order by id limit ?";
const FREE_VARIANTS: &str = "select v.id, p.current_price + v.price_adjustment
    from product_variants v join products p on p.id = v.product_id
    where v.id between ? and ? and p.current_price + v.price_adjustment <= 0 and v.status <> 'DISCONTINUED'
    order by v.id limit ?";
const WRONG_RANGES: &str = "select p.id, p.lowest_price, p.highest_price,
        p.current_price + coalesce(min(v.price_adjustment), 0), p.current_price + coalesce(max(v.price_adjustment), 0)
    from products p left join product_variants v on v.product_id = p.id and v.status = 'ACTIVE'
    where p.id between ? and ?
    group by p.id, p.lowest_price, p.highest_price, p.current_price
    having p.lowest_price <> p.current_price + coalesce(min(v.price_adjustment), 0)
        or p.highest_price <> p.current_price + coalesce(max(v.price_adjustment), 0)
    order by p.id limit ?";
const DEAD_NAMES: &str = "select id, held_name from products where id between ? and ? and held_name is not null
    and (status = 'DISCONTINUED' or held_name <> name) order by id limit ?";

/// Every statement of this file; variants, images and categories have their own lists.
pub(crate) const STATEMENTS: &[&str] = &[
    SELLABLES,
    DEFAULTS,
    RESOLVE,
    BY_IDS,
    CHANGED_BETWEEN,
    NEWEST,
    DRAFTS,
    LOCK,
    LOCK_IDS,
    NAMES_HELD,
    VARIANTS_OF_SKUS,
    SKUS_TAKEN,
    SKU_HOLDERS,
    INSERT,
    SAVE,
    SET_RANGE,
];

const BY_PRODUCT: Keys = Keys { table: "products", column: "id", changed: Changed::All };
const BY_VARIANT: Keys = Keys { table: "product_variants", column: "id", changed: Changed::All };

/// What must hold among products and variants.
pub const AUDIT: &[Check] = &[
    Check {
        rule: "a product has exactly one default variant",
        over: Some(BY_PRODUCT),
        sql: WITHOUT_ONE_DEFAULT,
        given: &[],
        subject: "product {}",
        found: "{}",
    },
    Check {
        rule: "0 < sale price <= price",
        over: Some(BY_PRODUCT),
        sql: WRONG_PRICES,
        given: &[],
        subject: "product {}",
        found: "price {}, sale price {}, current price {}",
    },
    Check {
        rule: "a variant costs more than nothing",
        over: Some(BY_VARIANT),
        sql: FREE_VARIANTS,
        given: &[],
        subject: "variant {}",
        found: "{}",
    },
    Check {
        rule: "a product's range of prices is that of its variants on sale",
        over: Some(BY_PRODUCT),
        sql: WRONG_RANGES,
        given: &[],
        subject: "product {}",
        found: "{} to {}, and its variants cost {} to {}",
    },
    Check {
        rule: "a name is owned only by a live product of that name",
        over: Some(BY_PRODUCT),
        sql: DEAD_NAMES,
        given: &[],
        subject: "product {}",
        found: "{}",
    },
];

/// Faults of the tree of categories, which is checked in memory.
pub fn audit(tx: &mut Tx<'_>) -> Result<Vec<Violation>> {
    let tree = Tree::of(categories::all(tx)?);
    let faults = tree.faults().into_iter();
    let mut broken: Vec<Violation> =
        faults.map(|(id, fault)| Violation::new("categories are a tree", format!("category {id}"), fault)).collect();
    if tree.len() > CATEGORIES_MAX {
        broken.push(Violation::new("categories are at most 5000", "categories", tree.len().to_string()));
    }
    Ok(broken)
}

fn sellable(row: &Row<'_>) -> Result<(Option<ProductId>, Status, Sellable)> {
    let default_of = row.next()?;
    let (status, variant_status): (Status, variant::Status) = (row.next()?, row.next()?);
    let sellable = Sellable {
        variant: row.next()?,
        product: row.next()?,
        sku: row.next()?,
        product_name: row.next()?,
        variant_name: variant::called(row.next::<Option<String>>()?.as_deref(), &row.next()?),
        image_url: row.next()?,
        price: row.next()?,
        on_sale: status == Status::Active && variant_status == variant::Status::Active,
        is_draft: status == Status::Draft,
        seller: row.next()?,
        tax_free: row.next()?,
    };
    let gone = status == Status::Discontinued || variant_status == variant::Status::Discontinued;
    Ok((default_of, if gone { Status::Discontinued } else { status }, sellable))
}

pub(crate) fn sellables(tx: &mut Tx<'_>, variants: &[VariantId]) -> Result<Vec<Sellable>> {
    Ok(tx
        .query(SELLABLES, args![Arg::list(variants)], sellable)?
        .into_iter()
        .map(|(_, _, sellable)| sellable)
        .collect())
}

/// The variants with these ids and the default variants of these products, without discontinued ones; each with the
/// product whose default it is.
pub(crate) fn resolve(
    tx: &mut Tx<'_>,
    variants: &[VariantId],
    products: &[ProductId],
) -> Result<Vec<(Option<ProductId>, Sellable)>> {
    // most orders name only variants or only products; half of the statement takes half of the time
    let found = match (variants.is_empty(), products.is_empty()) {
        (_, true) => tx.query(SELLABLES, args![Arg::list(variants)], sellable)?,
        (true, false) => tx.query(DEFAULTS, args![Arg::list(products)], sellable)?,
        (false, false) => tx.query(RESOLVE, args![Arg::list(variants), Arg::list(products)], sellable)?,
    };
    Ok(found
        .into_iter()
        .filter(|(_, status, _)| *status != Status::Discontinued)
        .map(|(default_of, _, sellable)| (default_of, sellable))
        .collect())
}

fn product(row: &Row<'_>) -> Result<Product> {
    Ok(Product {
        id: row.next()?,
        sku: row.next()?,
        content: Content {
            name: row.next()?,
            description: row.next()?,
            price: row.next()?,
            sale_price: row.next()?,
            category_id: row.next()?,
            brand: row.next()?,
            image_url: row.next()?,
            tax_free: row.next()?,
        },
        category: category_path(row)?,
        status: row.next()?,
        seller: row.next()?,
        holds_name: row.next::<Option<String>>()?.is_some(),
        version: row.next()?,
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

/// The path of a product's category from the names of the category and of those above it.
fn category_path(row: &Row<'_>) -> Result<Option<String>> {
    let mut names = Vec::new();
    for _ in 0..DEPTH_MAX {
        names.extend(row.next::<Option<String>>()?);
    }
    names.reverse();
    Ok((!names.is_empty()).then(|| names.join(&format!(" {PATH_SIGN} "))))
}

/// Those of `ids` that exist, in no particular order.
pub(crate) fn by_ids(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<Vec<Product>> {
    tx.query(BY_IDS, args![Arg::list(ids)], product)
}

/// The products on sale whose ids are above `after`, up to `to`, with the times of their last change.
pub(crate) fn on_sale_between(tx: &mut Tx<'_>, after: i64, to: i64) -> Result<Vec<(ProductId, Timestamp)>> {
    let all = tx.query(CHANGED_BETWEEN, args![after, to], |row| {
        let (id, changed, status): (ProductId, Timestamp, Status) = (row.next()?, row.next()?, row.next()?);
        Ok((id, changed, status))
    })?;
    let on_sale = |(id, changed, status)| (status == Status::Active).then_some((id, changed));
    Ok(all.into_iter().filter_map(on_sale).collect())
}

/// The id of the product that was made last; 0 without any.
pub(crate) fn newest(tx: &mut Tx<'_>) -> Result<i64> {
    tx.query_one(NEWEST, args![], |row| row.next())
}

/// Those of `ids` that are DRAFT.
pub(crate) fn drafts(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<Vec<ProductId>> {
    tx.query(DRAFTS, args![Arg::list(ids)], |row| row.next())
}

/// Those of `ids` that exist, locked until the end of the job in ascending order, so that two imports do not deadlock.
pub(crate) fn by_ids_locked(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<Vec<Product>> {
    tx.query(LOCK_IDS, args![Arg::list(ids)], |_| Ok(()))?;
    by_ids(tx, ids)
}

fn folded(skus: &[&str]) -> Vec<String> {
    skus.iter().map(|sku| text::folded(sku)).collect()
}

/// The product; S001 when there is none.
pub(crate) fn find(tx: &mut Tx<'_>, id: ProductId) -> Result<Product> {
    by_ids(tx, &[id])?.pop().ok_or_else(|| unknown(id))
}

/// The product, locked until the end of the job; S001 when there is none.
pub(crate) fn find_locked(tx: &mut Tx<'_>, id: ProductId) -> Result<Product> {
    tx.query(LOCK, args![id], |_| Ok(()))?;
    find(tx, id)
}

/// S001 for one product.
pub(crate) fn unknown(id: ProductId) -> kernel::Error {
    let detail = kernel::Detail::note(format!("product {id} does not exist")).with("productId", id.raw());
    Code::ProductNotFound.because(format!("product {id}")).with(detail)
}

/// The product that owns a name.
#[derive(Debug, Clone)]
pub(crate) struct NameHolder {
    pub product: ProductId,
    pub sku: String,
    pub seller: Option<UserId>,
    pub status: Status,
}

/// Owners of `names`, each with the key of its name.
pub(crate) fn names_held(tx: &mut Tx<'_>, names: &[&str]) -> Result<Vec<(String, NameHolder)>> {
    let keys: Vec<String> = names.iter().map(|name| name_key(name)).collect();
    tx.query(NAMES_HELD, args![Arg::list(&keys)], |row| {
        let key = row.next()?;
        let holder = NameHolder { product: row.next()?, sku: row.next()?, seller: row.next()?, status: row.next()? };
        Ok((key, holder))
    })
}

/// The variants with these skus, each with its sku as it is stored.
pub(crate) fn variants_of_skus(tx: &mut Tx<'_>, skus: &[&str]) -> Result<Vec<(String, VariantId)>> {
    let keys = folded(skus);
    tx.query(VARIANTS_OF_SKUS, &[Arg::list(&keys), Arg::list(skus)], |row| Ok((row.next()?, row.next()?)))
}

/// The stored skus that are the same identities as some of `skus`, of variants and products, with the product.
pub(crate) fn skus_taken(tx: &mut Tx<'_>, skus: &[&str]) -> Result<Vec<(String, ProductId)>> {
    let keys = folded(skus);
    let values = [Arg::list(&keys), Arg::list(skus), Arg::list(&keys), Arg::list(skus)];
    tx.query(SKUS_TAKEN, &values, |row| Ok((row.next()?, row.next()?)))
}

/// Who has a sku.
pub(crate) struct SkuHolder {
    pub product: ProductId,
    pub seller: Option<UserId>,
    pub product_deleted: bool,
    /// `None` when only the product has it.
    pub variant: Option<VariantId>,
    pub variant_deleted: bool,
}

/// The variant or product that has this sku.
pub(crate) fn sku_holder(tx: &mut Tx<'_>, sku: &str) -> Result<Option<SkuHolder>> {
    let key = text::folded(sku);
    let holders = tx.query(SKU_HOLDERS, args![key, sku, key, sku], |row| {
        Ok(SkuHolder {
            product: row.next()?,
            seller: row.next()?,
            product_deleted: row.next::<Status>()? == Status::Discontinued,
            variant: row.next()?,
            variant_deleted: row.next::<Option<variant::Status>>()? == Some(variant::Status::Discontinued),
        })
    })?;
    Ok(holders.into_iter().max_by_key(|one| one.variant.is_some()))
}

/// Stores a new product. C019 when another job took the sku or the name at the same moment.
pub(crate) fn insert(
    tx: &mut Tx<'_>,
    sku: &str,
    content: &Content,
    holds_name: bool,
    status: Status,
    seller: Option<UserId>,
) -> Result<ProductId> {
    let now = tx.now();
    let (held_name, held_key) = (holds_name.then_some(&content.name), holds_name.then(|| name_key(&content.name)));
    let (sku_key, sort_key, current) = (text::folded(sku), text::sort_key(&content.name), content.current_price());
    let brand_key = brand_key(content.brand.as_deref());
    let values = args![
        sku,
        sku_key,
        content.name,
        sort_key,
        held_name,
        held_key,
        content.description,
        content.price,
        content.sale_price,
        current,
        current,
        current,
        content.category_id,
        content.brand,
        brand_key,
        content.image_url,
        content.tax_free,
        status,
        seller,
        now,
        now
    ];
    tx.insert(INSERT, values).map(ProductId::new)
}

/// Stores a changed product with its next version; false when another change came first. The arguments of the content
/// repeat those of [`insert`], because both follow the columns of their own statement.
pub(crate) fn save(tx: &mut Tx<'_>, product: &Product) -> Result<bool> {
    let now = tx.now();
    let content = &product.content;
    let held_name = product.holds_name.then_some(&content.name);
    let (held_key, current) = (held_name.map(|name| name_key(name)), content.current_price());
    let (sort_key, brand_key) = (text::sort_key(&content.name), brand_key(content.brand.as_deref()));
    let values = args![
        content.name,
        sort_key,
        held_name,
        held_key,
        content.description,
        content.price,
        content.sale_price,
        current,
        content.category_id,
        content.brand,
        brand_key,
        content.image_url,
        content.tax_free,
        product.status,
        now,
        product.id,
        product.version
    ];
    if tx.exec(SAVE, values)? == 0 {
        return Ok(false);
    }
    set_range(tx, product.id)?;
    Ok(true)
}

/// Stores what the product's variants on sale cost, after one of them or the product's price changed.
pub(crate) fn set_range(tx: &mut Tx<'_>, id: ProductId) -> Result<()> {
    tx.exec_unseen(SET_RANGE, args![id])
}
