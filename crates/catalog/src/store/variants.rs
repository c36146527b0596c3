//! Statements about variants and images.

use crate::product::Image;
use crate::variant::{New, Status, Variant};
use kernel::{Code, Money, ProductId, Result, VariantId, text};
use store::{Arg, Row, ToArg, Tx, args, concatcp};

/// What [`variant`] reads, in this order, and where it is read from.
const VARIANTS: &str = "select v.id, v.product_id, v.sku, v.name, v.options, v.price_adjustment,
        p.current_price + v.price_adjustment, v.status, v.default_of, v.created_at, v.updated_at
    from product_variants v join products p on p.id = v.product_id";
const OF_PRODUCTS: &str =
    concatcp!(VARIANTS, " where v.product_id in ([?]) and v.status <> 'DISCONTINUED' order by v.product_id, v.id");
const DEFAULT_PRICES: &str = "select p.id, p.current_price + v.price_adjustment
    from product_variants v join products p on p.id = v.default_of where v.default_of in ([?])";
const DELETED: &str = concatcp!(VARIANTS, " where v.product_id = ? and v.id = ? and v.status = 'DISCONTINUED'");
const INSERT: &str = "insert into product_variants
    (product_id, default_of, sku, sku_key, name, options, price_adjustment, status, created_at, updated_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const SAVE: &str =
    "update product_variants set name = ?, options = ?, price_adjustment = ?, status = ?, updated_at = ? where id = ?";
const NO_DEFAULT: &str = "update product_variants set default_of = null where default_of = ?";
const DEFAULT: &str = "update product_variants set default_of = product_id where id = ?";
const LOWEST_ADJUSTMENT: &str = "select coalesce(min(price_adjustment), 0) from product_variants
    where product_id = ? and status <> 'DISCONTINUED'";

const IMAGES_OF: &str = "select product_id, url, alternative_text from product_images where product_id in ([?])
    order by product_id, position";
const INSERT_IMAGES: &str =
    "insert into product_images (product_id, position, url, alternative_text) values [(?, ?, ?, ?)]";
const DESCRIBE_IMAGE: &str = "update product_images set alternative_text = ? where product_id = ? and url = ?";
const SHOWN: &str = "select distinct url from product_images where url in ([?])";
const DELETE_IMAGES: &str = "delete from product_images where product_id = ?";

pub(crate) const STATEMENTS: &[&str] = &[
    OF_PRODUCTS,
    DEFAULT_PRICES,
    DELETED,
    INSERT,
    SAVE,
    NO_DEFAULT,
    DEFAULT,
    LOWEST_ADJUSTMENT,
    IMAGES_OF,
    INSERT_IMAGES,
    DESCRIBE_IMAGE,
    SHOWN,
    DELETE_IMAGES,
];

fn variant(row: &Row<'_>) -> Result<Variant> {
    Ok(Variant {
        id: row.next()?,
        product_id: row.next()?,
        sku: row.next()?,
        name: row.next()?,
        options: row.next()?,
        price_adjustment: row.next()?,
        price: row.next()?,
        status: row.next()?,
        is_default: row.next::<Option<i64>>()?.is_some(),
        created_at: row.next()?,
        updated_at: row.next()?,
    })
}

/// The variants of these products, product by product in the order they were made, without discontinued ones.
pub(crate) fn of_products(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<Variant>> {
    tx.query(OF_PRODUCTS, args![Arg::list(products)], variant)
}

/// The product's deleted variant with this id.
pub(crate) fn deleted(tx: &mut Tx<'_>, product: ProductId, id: VariantId) -> Result<Option<Variant>> {
    tx.query_first(DELETED, args![product, id], variant)
}

/// Stores a new variant. C019 when another job took the sku at the same moment.
pub(crate) fn insert(tx: &mut Tx<'_>, product: ProductId, sku: &str, new: &New) -> Result<VariantId> {
    let now = tx.now();
    let (default_of, options) = (new.is_default.then_some(product), new.options.text());
    let key = text::folded(sku);
    let values = args![product, default_of, sku, key, new.name, options, new.price_adjustment, new.status, now, now];
    tx.insert(INSERT, values).map(VariantId::new)
}

pub(crate) fn save(tx: &mut Tx<'_>, id: VariantId, new: &New) -> Result<()> {
    save_as(tx, id, new, new.status)
}

/// Marks the variant as deleted; its sku stays taken.
pub(crate) fn discontinue(tx: &mut Tx<'_>, variant: &Variant) -> Result<()> {
    save_as(tx, variant.id, &variant.clone().into(), Status::Discontinued)
}

fn save_as(tx: &mut Tx<'_>, id: VariantId, new: &New, status: Status) -> Result<()> {
    let (now, options) = (tx.now(), new.options.text());
    match tx.exec(SAVE, args![new.name, options, new.price_adjustment, status, now, id])? {
        1 => Ok(()),
        _ => Err(Code::Internal.error().caused_by(format!("variant {id} vanished while its product was locked"))),
    }
}

/// Makes `variant` the product's default.
pub(crate) fn make_default(tx: &mut Tx<'_>, product: ProductId, variant: VariantId) -> Result<()> {
    clear_default(tx, product)?;
    tx.exec(DEFAULT, args![variant]).map(|_| ())
}

/// Removes the default mark, before another variant gets it in the same job.
pub(crate) fn clear_default(tx: &mut Tx<'_>, product: ProductId) -> Result<()> {
    tx.exec(NO_DEFAULT, args![product]).map(|_| ())
}

/// What one unit of the default variant of each of these products costs now.
pub(crate) fn default_prices(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<(ProductId, Money)>> {
    tx.query(DEFAULT_PRICES, &[Arg::list(products)], |row| Ok((row.next()?, row.next()?)))
}

/// The lowest price adjustment of the product's variants.
pub(crate) fn lowest_adjustment(tx: &mut Tx<'_>, product: ProductId) -> Result<Money> {
    tx.query_one(LOWEST_ADJUSTMENT, args![product], |row| row.get(0))
}

/// The images of these products, product by product in the order they are shown.
pub(crate) fn images_of(tx: &mut Tx<'_>, products: &[ProductId]) -> Result<Vec<(ProductId, Image)>> {
    let image = |row: &Row<'_>| Ok((row.next()?, Image { url: row.next()?, alternative_text: row.next()? }));
    tx.query(IMAGES_OF, args![Arg::list(products)], image)
}

/// Replaces the gallery. An image that stays keeps its alternative text.
pub(crate) fn set_images(tx: &mut Tx<'_>, product: ProductId, urls: &[String]) -> Result<()> {
    let before = images_of(tx, &[product])?;
    let text = |url: &str| before.iter().find(|(_, image)| image.url == url)?.1.alternative_text.clone();
    let gallery: Vec<Image> = urls.iter().map(|url| Image { url: url.clone(), alternative_text: text(url) }).collect();
    tx.exec(DELETE_IMAGES, args![product])?;
    insert_gallery(tx, product, &gallery)
}

/// Inserts the images of a new product.
pub(crate) fn insert_images(tx: &mut Tx<'_>, product: ProductId, urls: &[String]) -> Result<()> {
    let gallery: Vec<Image> = urls.iter().map(|url| Image { url: url.clone(), alternative_text: None }).collect();
    insert_gallery(tx, product, &gallery)
}

fn insert_gallery(tx: &mut Tx<'_>, product: ProductId, gallery: &[Image]) -> Result<()> {
    let rows = (0_i64..).zip(gallery).map(|(position, image)| {
        vec![product.to_arg(), Arg::Int(position), image.url.to_arg(), image.alternative_text.to_arg()]
    });
    tx.insert_rows(INSERT_IMAGES, rows.collect()).map(|_| ())
}

/// Says what an image shows.
pub(crate) fn describe_image(tx: &mut Tx<'_>, product: ProductId, url: &str, text: Option<&str>) -> Result<()> {
    tx.exec(DESCRIBE_IMAGE, args![text, product, url]).map(|_| ())
}

/// Those of these addresses that a product shows.
pub(crate) fn shown(tx: &mut Tx<'_>, urls: &[String]) -> Result<Vec<String>> {
    tx.query(SHOWN, args![Arg::list(urls)], |row| row.next())
}
