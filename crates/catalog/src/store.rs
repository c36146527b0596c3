//! Statements about products, the lookups of the order path, and the audit. Variants, images and categories have
//! their own files below.

pub(crate) mod categories;
pub(crate) mod variants;

use crate::category::{CATEGORIES_MAX, PATH_SIGN, Tree};
use crate::ops::Sellable;
use crate::product::{Content, Product, Status};
use crate::variant;
use kernel::{Code, ProductId, Result, UserId, VariantId};
use store::{Arg, Row, Tx, Violation, args};

/// A list of literals: the columns of a [`Product`] with what follows them. `c1` is its category, `c2` to `c5` what
/// that is part of.
macro_rules! select_products {
    ($tail:literal) => {
        concat!(
            "select p.id, p.sku, p.name, p.description, p.price, p.sale_price, p.category_id, p.brand, p.image_url,
                p.status, p.seller_id, p.held_name, p.version, p.created_at, p.updated_at,
                c1.name, c2.name, c3.name, c4.name, c5.name
               from products p
               left join categories c1 on c1.id = p.category_id
               left join categories c2 on c2.id = c1.parent_id
               left join categories c3 on c3.id = c2.parent_id
               left join categories c4 on c4.id = c3.parent_id
               left join categories c5 on c5.id = c4.parent_id ",
            $tail
        )
    };
}

/// A list of literals: the columns of a [`Sellable`] with the condition.
macro_rules! select_sellables {
    ($condition:literal) => {
        concat!(
            "select v.id, v.product_id, v.default_of, v.sku, p.name, v.name, p.image_url,
                p.current_price + v.price_adjustment, p.status, v.status, p.seller_id
               from product_variants v join products p on p.id = v.product_id where ",
            $condition
        )
    };
}

const SELLABLES: &str = select_sellables!("v.id in ([?])");
const DEFAULTS: &str = select_sellables!("v.default_of in ([?])");
const RESOLVE: &str =
    concat!(select_sellables!("v.id in ([?])"), " union all ", select_sellables!("v.default_of in ([?])"));

const BY_IDS: &str = select_products!("where p.id in ([?])");
const BY_SKUS: &str = select_products!("where p.sku in ([?])");
const LOCK: &str = "select id from products where id = ? {for update}";
const LOCK_SKUS: &str = "select id from products where sku in ([?]) order by id {for update}";
const NAMES_HELD: &str = "select held_name, id, sku from products where held_name in ([?])";
const SKUS_TAKEN: &str = "select v.sku, v.product_id from product_variants v where v.sku in ([?])
    union all select p.sku, p.id from products p where p.sku in ([?])";
const INSERT: &str = "insert into products (sku, name, held_name, description, price, sale_price, current_price, category_id, brand,
    image_url, status, seller_id, version, created_at, updated_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)";
const SAVE: &str =
    "update products set name = ?, held_name = ?, description = ?, price = ?, sale_price = ?, current_price = ?,
    category_id = ?, brand = ?, image_url = ?, status = ?, version = version + 1, updated_at = ?
    where id = ? and version = ?";

const WITHOUT_ONE_DEFAULT: &str = "select p.id, (select count(*) from product_variants v where v.default_of = p.id)
    from products p where (select count(*) from product_variants v where v.default_of = p.id and v.product_id = p.id) <> 1";
const WRONG_PRICES: &str = "select id, price, sale_price, current_price from products
    where price <= 0 or sale_price <= 0 or sale_price > price or current_price <> coalesce(sale_price, price)";
const FREE_VARIANTS: &str = "select v.id, p.current_price + v.price_adjustment
    from product_variants v join products p on p.id = v.product_id
    where p.current_price + v.price_adjustment <= 0 and v.status <> 'DISCONTINUED'";
const DEAD_NAMES: &str = "select id, held_name from products where held_name is not null
    and (status = 'DISCONTINUED' or held_name <> name)";

const PRODUCTS: &[&str] = &[
    SELLABLES,
    DEFAULTS,
    RESOLVE,
    BY_IDS,
    BY_SKUS,
    LOCK,
    LOCK_SKUS,
    NAMES_HELD,
    SKUS_TAKEN,
    INSERT,
    SAVE,
    WITHOUT_ONE_DEFAULT,
    WRONG_PRICES,
    FREE_VARIANTS,
    DEAD_NAMES,
];

/// Every statement of this domain.
pub const STATEMENTS: &[&[&str]] = &[PRODUCTS, variants::STATEMENTS, categories::STATEMENTS];

fn sellable(row: &Row<'_>) -> Result<(Option<ProductId>, Status, Sellable)> {
    let (status, variant_status) = (row.get::<Status>(8)?, row.get::<variant::Status>(9)?);
    let sellable = Sellable {
        variant: row.get(0)?,
        product: row.get(1)?,
        sku: row.get(3)?,
        product_name: row.get(4)?,
        variant_name: row.get(5)?,
        image_url: row.get(6)?,
        price: row.get(7)?,
        on_sale: status == Status::Active && variant_status == variant::Status::Active,
        seller: row.get(10)?,
    };
    let gone = status == Status::Discontinued || variant_status == variant::Status::Discontinued;
    Ok((row.get(2)?, if gone { Status::Discontinued } else { status }, sellable))
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
    let mut names = Vec::new();
    for column in 15..=19 {
        names.extend(row.get::<Option<String>>(column)?);
    }
    names.reverse();
    Ok(Product {
        id: row.get(0)?,
        sku: row.get(1)?,
        content: Content {
            name: row.get(2)?,
            description: row.get(3)?,
            price: row.get(4)?,
            sale_price: row.get(5)?,
            category_id: row.get(6)?,
            brand: row.get(7)?,
            image_url: row.get(8)?,
        },
        category: (!names.is_empty()).then(|| names.join(&format!(" {PATH_SIGN} "))),
        status: row.get(9)?,
        seller: row.get(10)?,
        holds_name: row.get::<Option<String>>(11)?.is_some(),
        version: row.get(12)?,
        created_at: row.get(13)?,
        updated_at: row.get(14)?,
    })
}

/// Those of `ids` that exist, in no particular order.
pub(crate) fn by_ids(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<Vec<Product>> {
    tx.query(BY_IDS, args![Arg::list(ids)], product)
}

/// Those of `skus` that exist, locked until the end of the job in ascending order, so that two imports do not
/// deadlock.
pub(crate) fn by_skus_locked(tx: &mut Tx<'_>, skus: &[&str]) -> Result<Vec<Product>> {
    tx.query(LOCK_SKUS, args![Arg::list(skus)], |_| Ok(()))?;
    tx.query(BY_SKUS, args![Arg::list(skus)], product)
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

/// Owners of `names`, as (name, product, its sku).
pub(crate) fn names_held(tx: &mut Tx<'_>, names: &[&str]) -> Result<Vec<(String, ProductId, String)>> {
    tx.query(NAMES_HELD, args![Arg::list(names)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
}

/// Those of `skus` that a variant or a product has, with the product.
pub(crate) fn skus_taken(tx: &mut Tx<'_>, skus: &[&str]) -> Result<Vec<(String, ProductId)>> {
    tx.query(SKUS_TAKEN, args![Arg::list(skus), Arg::list(skus)], |row| Ok((row.get(0)?, row.get(1)?)))
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
    let (held_name, current) = (holds_name.then_some(&content.name), content.current_price());
    let values = args![
        sku,
        content.name,
        held_name,
        content.description,
        content.price,
        content.sale_price,
        current,
        content.category_id,
        content.brand,
        content.image_url,
        status,
        seller,
        now,
        now
    ];
    tx.insert(INSERT, values).map(ProductId::new)
}

/// Stores a changed product with its next version; false when another change came first.
pub(crate) fn save(tx: &mut Tx<'_>, product: &Product) -> Result<bool> {
    let now = tx.now();
    let content = &product.content;
    let (held_name, current) = (product.holds_name.then_some(&content.name), content.current_price());
    let values = args![
        content.name,
        held_name,
        content.description,
        content.price,
        content.sale_price,
        current,
        content.category_id,
        content.brand,
        content.image_url,
        product.status,
        now,
        product.id,
        product.version
    ];
    Ok(tx.exec(SAVE, values)? == 1)
}

/// Violations of this domain's promises.
pub fn audit(tx: &mut Tx<'_>) -> Result<Vec<Violation>> {
    let mut broken = tx.query(WITHOUT_ONE_DEFAULT, args![], |row| {
        let (id, count) = (row.get::<i64>(0)?, row.get::<i64>(1)?);
        Ok(Violation::new("a product has exactly one default variant", format!("product {id}"), count.to_string()))
    })?;
    broken.extend(tx.query(WRONG_PRICES, args![], |row| {
        let (id, price, sale) = (row.get::<i64>(0)?, row.get::<i64>(1)?, row.get::<Option<i64>>(2)?);
        let found = format!("price {price}, sale price {sale:?}, current price {}", row.get::<i64>(3)?);
        Ok(Violation::new("0 < sale price <= price", format!("product {id}"), found))
    })?);
    broken.extend(tx.query(FREE_VARIANTS, args![], |row| {
        let (id, price) = (row.get::<i64>(0)?, row.get::<i64>(1)?);
        Ok(Violation::new("a variant costs more than nothing", format!("variant {id}"), price.to_string()))
    })?);
    broken.extend(tx.query(DEAD_NAMES, args![], |row| {
        let (id, name) = (row.get::<i64>(0)?, row.get::<String>(1)?);
        Ok(Violation::new("a name is held only by a live product of that name", format!("product {id}"), name))
    })?);
    let tree = Tree::of(categories::all(tx)?);
    let faults = tree.faults().into_iter();
    broken.extend(faults.map(|(id, fault)| Violation::new("categories are a tree", format!("category {id}"), fault)));
    if tree.len() > CATEGORIES_MAX {
        broken.push(Violation::new("categories are at most 5000", "categories", tree.len().to_string()));
    }
    Ok(broken)
}
