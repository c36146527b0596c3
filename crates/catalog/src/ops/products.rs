//! Operations on products.

use crate::ops::{categories, images};
use crate::product::{self, Author, Content, New, Product, Status};
use crate::store::{self, NameHolder};
use crate::text::{stored_sku, written};
use crate::variant::{self, Look};
use ::store::Tx;
use events::{Change, ProductChanged};
use kernel::{
    Code, Detail, Error, ProductId, Result, Timestamp, Together, VariantId,
    number::ALPHABET,
    text,
    version::{outdated, same_version},
};
use std::collections::{HashMap, HashSet};

/// The ids of a product that was just made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    pub product: ProductId,
    /// In the order given; one default variant when none was given.
    pub variants: Vec<VariantId>,
}

/// The product in any status; S001 when there is none.
pub fn product(tx: &mut Tx<'_>, id: ProductId) -> Result<Product> {
    store::find(tx, id)
}

/// Those of `ids` that exist, in any status, in the order of `ids`.
pub fn products(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<Vec<Product>> {
    let mut found: HashMap<ProductId, Product> = store::by_ids(tx, ids)?.into_iter().map(|one| (one.id, one)).collect();
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}

/// The products on sale whose ids are above `after`, up to `to`, with the times of their last change.
pub fn on_sale_between(tx: &mut Tx<'_>, after: i64, to: i64) -> Result<Vec<(ProductId, Timestamp)>> {
    store::on_sale_between(tx, after, to)
}

/// The id of the product that was made last, whatever became of it; 0 without any.
pub fn newest(tx: &mut Tx<'_>) -> Result<i64> {
    store::newest(tx)
}

/// Those of `ids` that are DRAFT, of which only their sellers and administrators may know. What was never made is not among them.
pub fn drafts(tx: &mut Tx<'_>, ids: &[ProductId]) -> Result<Vec<ProductId>> {
    store::drafts(tx, ids)
}

/// Makes a product with its variants and images. S002 when a sku is taken, S008 when the name is, S004 and S006 for
/// prices, C003 for a category that does not exist, C002 for the rest.
pub fn create(tx: &mut Tx<'_>, author: Author, new: New) -> Result<Made> {
    let mut new = checked(new)?;
    let mut content = new.content;
    let gallery = images::gallery(content.image_url.take(), Some(new.images), &[])?;
    content.image_url = gallery.first().cloned();
    let sku = new.sku.take().unwrap_or_else(|| draw_sku(tx));
    let variants = first_variants(tx, &sku, &content, new.variants)?;
    categories::must_exist(tx, content.category_id)?;
    skus_must_be_free(tx, author, &sku, &variants)?;
    name_must_be_free(tx, author, &content.name, None)?;
    let product = store::insert(tx, &sku, &content, true, new.status, author.seller()).map_err(raced)?;
    let made = insert_parts(tx, product, &variants, &gallery)?;
    tx.emit(&ProductChanged { product_id: product, change: Change::Created })?;
    Ok(made)
}

/// A new product without surrounding blanks. C002, S004 and S006 naming every field that is wrong.
pub fn checked(new: New) -> Result<New> {
    let New { sku, content, images, status, variants } = new;
    let price = content.current_price();
    let allowed = match status {
        Status::Draft | Status::Active | Status::Inactive => Ok(status),
        Status::Discontinued => Err(text::wrong("status", "must be DRAFT, ACTIVE or INACTIVE")),
    };
    let (content, sku, images, status, variants) = (
        content.checked(),
        written(&sku).map(stored_sku).transpose(),
        images::checked(images),
        allowed,
        variant::all_checked(price, variants),
    )
        .together()?;
    Ok(New { sku, content, images, status, variants })
}

/// Stores the variants and images of a product that was just inserted.
pub(crate) fn insert_parts(
    tx: &mut Tx<'_>,
    product: ProductId,
    variants: &[(String, variant::New)],
    gallery: &[String],
) -> Result<Made> {
    let mut made = Made { product, variants: Vec::with_capacity(variants.len()) };
    for (sku, variant) in variants {
        made.variants.push(store::variants::insert(tx, product, sku, variant).map_err(raced)?);
    }
    if variants.iter().any(|(_, one)| !one.price_adjustment.is_zero()) {
        store::set_range(tx, product)?;
    }
    store::variants::insert_images(tx, product, gallery)?;
    Ok(made)
}

/// Another job took the sku or the name between the check and the insert.
pub(crate) fn raced(error: Error) -> Error {
    match error.code() {
        Code::Conflict => {
            Code::ProductAlreadyExists.because("the sku or the name was taken at the same moment").caused_by(error)
        }
        _ => error,
    }
}

/// The checked variants of a new product, each with its sku; exactly one is the default.
pub(crate) fn first_variants(
    tx: &mut Tx<'_>,
    sku: &str,
    content: &Content,
    given: Vec<variant::New>,
) -> Result<Vec<(String, variant::New)>> {
    if given.is_empty() {
        return Ok(vec![(sku.to_owned(), variant::New::plain(sku))]);
    }
    let mut variants = Vec::with_capacity(given.len());
    for one in variant::all_checked(content.current_price(), given)? {
        variants.push((one.sku.clone().unwrap_or_else(|| draw_sku(tx)), one));
    }
    let looks: Vec<Look<'_>> = variants.iter().map(|(sku, one)| one.look(sku)).collect();
    for (n, look) in looks.iter().enumerate() {
        look.differs_from_all(looks[..n].iter().cloned())?;
    }
    Ok(variants)
}

/// A readable random sku; two equal draws are practically impossible.
pub(crate) fn draw_sku(tx: &mut Tx<'_>) -> String {
    let random = tx.random();
    let signs = (0..8).map(|_| char::from(ALPHABET[random.below(ALPHABET.len() as u64) as usize]));
    format!("SKU-{}", signs.collect::<String>())
}

fn skus_must_be_free(tx: &mut Tx<'_>, author: Author, sku: &str, variants: &[(String, variant::New)]) -> Result<()> {
    let mut seen = HashSet::new();
    if let Some((twice, _)) = variants.iter().find(|(sku, _)| !seen.insert(text::folded(sku))) {
        return Err(sku_taken(twice));
    }
    let mut skus: Vec<&str> = variants.iter().map(|(sku, _)| sku.as_str()).collect();
    skus.push(sku);
    match store::skus_taken(tx, &skus)?.first() {
        Some((taken, _)) => Err(sku_held(tx, author, taken)?),
        None => Ok(()),
    }
}

/// S002 about a sku that is stored: whether a deleted product or variant has it, and then how `author` brings that back, if they may.
pub(crate) fn sku_held(tx: &mut Tx<'_>, author: Author, sku: &str) -> Result<Error> {
    let holder = store::sku_holder(tx, sku)?.filter(|holder| author.may_change(holder.seller).is_ok());
    let Some(holder) = holder else { return Ok(sku_taken(sku)) };
    let (what, path) = match holder.variant {
        _ if holder.product_deleted => ("product", format!("{}/restore", holder.product)),
        Some(variant) if holder.variant_deleted => {
            ("variant", format!("{}/variants/{variant}/restore", holder.product))
        }
        Some(_) | None => return Ok(sku_taken(sku)),
    };
    let route = format!("PATCH {}/admin/products/{path}", web::BASE);
    let message = format!("belongs to a deleted {what}; {route} brings it back");
    let detail = Detail::field("sku", &message).with("sku", sku).with("productId", holder.product.raw());
    let detail = match holder.variant {
        Some(variant) => detail.with("variantId", variant.raw()),
        None => detail,
    };
    let detail = detail.with("status", Status::Discontinued.name()).with("route", route);
    Ok(Code::ProductAlreadyExists.because(format!("sku {sku} {message}")).with(detail))
}

/// S002 about one sku.
pub(crate) fn sku_taken(sku: &str) -> Error {
    let detail = Detail::field("sku", "is taken").with("sku", sku);
    Code::ProductAlreadyExists.because(format!("sku {sku}")).with(detail)
}

fn name_must_be_free(tx: &mut Tx<'_>, author: Author, name: &str, by: Option<ProductId>) -> Result<()> {
    match store::names_held(tx, &[name])?.first() {
        Some((_, holder)) if Some(holder.product) != by => Err(name_taken(author, holder)),
        _ => Ok(()),
    }
}

/// S008. It names the product that owns the name, if `author` may know of it.
pub(crate) fn name_taken(author: Author, holder: &NameHolder) -> Error {
    let taken = Detail::field("name", "is taken");
    if !author.may_know(holder.seller, holder.status) {
        return Code::ProductNameAlreadyExists.error().with(taken);
    }
    let detail = taken.with("productId", holder.product.raw()).with("sku", holder.sku.as_str());
    Code::ProductNameAlreadyExists.because(format!("it is the name of sku {}", holder.sku)).with(detail)
}

/// The product, locked until the end of the job, if `author` may change it and its version is `expected`. Also for
/// composers that change something beside it. S001, A002, C016.
pub fn lock_to_change(tx: &mut Tx<'_>, author: Author, id: ProductId, expected: Option<i64>) -> Result<Product> {
    let product = store::find_locked(tx, id)?;
    if product.status == Status::Discontinued {
        return Err(store::unknown(id));
    }
    author.may_change(product.seller)?;
    same_version(product.version, expected)?;
    Ok(product)
}

/// Stores a changed product and emits [`ProductChanged`]. C016 when another change came first.
pub(crate) fn changed(tx: &mut Tx<'_>, mut product: Product, change: Change) -> Result<Product> {
    if !store::save(tx, &product).map_err(raced)? {
        return Err(outdated(store::find(tx, product.id)?.version));
    }
    product.version += 1;
    product.updated_at = tx.now();
    tx.emit(&ProductChanged { product_id: product.id, change })?;
    Ok(product)
}

/// Replaces the content. `images` is the whole gallery; without it only `content.image_url` changes the first image.
/// S001, A002, C016; S008 when the new name is taken; S004 when a variant's price would not be above zero.
pub fn rewrite(
    tx: &mut Tx<'_>,
    author: Author,
    id: ProductId,
    content: Content,
    images: Option<Vec<String>>,
    expected: Option<i64>,
) -> Result<Product> {
    let (mut content, images) = (content.checked(), images.map(images::checked).transpose()).together()?;
    let mut product = lock_to_change(tx, author, id, expected)?;
    let shown = images::urls(tx, id)?;
    let gallery = images::gallery(content.image_url.take(), images, &shown)?;
    content.image_url = gallery.first().cloned();
    if content == product.content && gallery == shown {
        return Ok(product);
    }
    if content.name != product.content.name {
        name_must_be_free(tx, author, &content.name, Some(id))?;
        product.holds_name = true;
    }
    if content.category_id != product.content.category_id {
        categories::must_exist(tx, content.category_id)?;
    }
    if content.current_price() < product.content.current_price() {
        variant::price(content.current_price(), store::variants::lowest_adjustment(tx, id)?)?;
    }
    if gallery != shown {
        store::variants::set_images(tx, id, &gallery)?;
    }
    product.content = content;
    changed(tx, product, Change::Updated)?;
    store::find(tx, id)
}

/// Puts the product on sale. Repeated: no effect. S001, A002, C016.
pub fn publish(tx: &mut Tx<'_>, author: Author, id: ProductId, expected: Option<i64>) -> Result<Product> {
    step(tx, author, id, product::Change::Published, expected)
}

/// Takes the product off sale. Repeated: no effect. S001, A002, C016.
pub fn close(tx: &mut Tx<'_>, author: Author, id: ProductId, expected: Option<i64>) -> Result<Product> {
    step(tx, author, id, product::Change::Closed, expected)
}

/// Deletes the product: it can no longer be found or bought, and its name is free again; its sku stays taken. The
/// caller finds out whether there are `live_orders`: S009 if so. S001, A002, C016.
pub fn discontinue(
    tx: &mut Tx<'_>,
    author: Author,
    id: ProductId,
    expected: Option<i64>,
    live_orders: bool,
) -> Result<Product> {
    if live_orders {
        lock_to_change(tx, author, id, expected)?;
        return Err(Code::CannotDeleteProductWithOrders.error());
    }
    step(tx, author, id, product::Change::Discontinued, expected)
}

/// Brings a deleted product back, off sale, with the variants that it had. Repeated: no effect. S008 when another product owns
/// its name by now; S001, A002, C016.
pub fn restore(tx: &mut Tx<'_>, author: Author, id: ProductId, expected: Option<i64>) -> Result<Product> {
    let mut product = store::find_locked(tx, id)?;
    author.may_change(product.seller)?;
    same_version(product.version, expected)?;
    let next = product.status.step(product::Change::Restored)?;
    if next == product.status {
        return Ok(product);
    }
    name_must_be_free(tx, author, &product.content.name, Some(id))?;
    product.status = next;
    product.holds_name = true;
    changed(tx, product, Change::Restored)
}

/// The product after `change`; [`publish`], [`close`] and [`discontinue`] say which errors there are.
pub(crate) fn step(
    tx: &mut Tx<'_>,
    author: Author,
    id: ProductId,
    change: product::Change,
    expected: Option<i64>,
) -> Result<Product> {
    let mut product = lock_to_change(tx, author, id, expected)?;
    let next = product.status.step(change)?;
    if next == product.status {
        return Ok(product);
    }
    product.status = next;
    let event = match change {
        product::Change::Published => Change::Published,
        product::Change::Closed => Change::Closed,
        product::Change::Discontinued => {
            product.holds_name = false;
            Change::Discontinued
        }
        product::Change::Restored => Change::Restored,
    };
    changed(tx, product, event)
}
