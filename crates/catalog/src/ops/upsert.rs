//! Stores the rows of an import by their sku. One read per chunk loads everything that its rows need; then each row
//! is decided on its own.

mod prices;
mod row;

pub use row::{Gallery, Given, Row, VariantRow};

use crate::ops::{images, products, variants};
use crate::product::{self, Author, Content, Product, Status, name_key};
use crate::store::{self, NameHolder};
use crate::text::stored_sku;
use crate::variant::{self, Variant};
use ::store::Tx;
use events::{Change, ProductChanged};
use kernel::{Code, Error, ProductId, Result, VariantId, text};
use std::collections::{HashMap, HashSet};

/// How to treat a row whose name another product owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SameName {
    /// Store it and report it: the sku still distinguishes the two products.
    #[default]
    Store,
    /// Refuse it with S008, as for a product made through the API.
    Refuse,
}

/// Effect of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Created,
    Updated,
    /// The stored product already equals the row.
    Unchanged,
}

/// A stored row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    pub product: ProductId,
    pub outcome: Outcome,
    /// The row's variants in its order; when the row names none, the variant whose sku the row has, else the default variant.
    pub variants: Vec<Stored>,
    /// Whether the product has several variants, but the row names none of them, and its sku is none of theirs.
    pub is_of_several: bool,
    /// The other product that owns this one's name.
    pub shares_name_with: Option<NameOwner>,
}

/// The product that owns a name which another one shares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NameOwner {
    /// The product with this sku.
    Sku(String),
    /// One of which the author may not know.
    Hidden,
}

/// A variant of a stored row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    pub variant: VariantId,
    pub is_new: bool,
}

/// The stored products of a chunk of rows, updated as its rows are stored.
#[derive(Debug, Default)]
pub struct Known {
    products: HashMap<ProductId, Product>,
    variants: HashMap<ProductId, Vec<Variant>>,
    /// The products of all skus that products and variants have.
    skus: HashMap<String, ProductId>,
    /// The same by what skus are compared by. An older shop may have two skus that differ in case.
    sku_keys: HashMap<String, ProductId>,
    /// The owners of names, by what names are compared by.
    names: HashMap<String, NameHolder>,
}

/// Loads what is stored under these skus (of products and variants) and names, and locks the products until the end
/// of the job: five statements for any number of rows.
pub fn known<'a>(tx: &mut Tx<'_>, skus: &[&'a str], names: &[&'a str]) -> Result<Known> {
    // single rows are checked later, but PostgreSQL would refuse the whole query because of one NUL character
    let sound = |texts: &[&'a str]| texts.iter().copied().filter(|text| !text.contains('\0')).collect::<Vec<_>>();
    let (skus, names) = (&sound(skus)[..], &sound(names)[..]);
    let mut known = Known::default();
    store::skus_taken(tx, skus)?.into_iter().for_each(|(sku, product)| known.note_sku(sku, product));
    let mut ids: Vec<ProductId> = known.skus.values().copied().collect();
    ids.sort_unstable();
    ids.dedup();
    known.products.extend(store::by_ids_locked(tx, &ids)?.into_iter().map(|product| (product.id, product)));
    for variant in store::variants::of_products(tx, &ids)? {
        known.variants.entry(variant.product_id).or_default().push(variant);
    }
    known.names.extend(store::names_held(tx, names)?);
    Ok(known)
}

impl Known {
    /// The product that owns `name`, unless it is `own`.
    fn holder(&self, name: &str, own: Option<ProductId>) -> Option<&NameHolder> {
        self.names.get(&name_key(name)).filter(|holder| Some(holder.product) != own)
    }

    /// The product that has this sku, or whose variant has it.
    pub fn product(&self, sku: &str) -> Option<&Product> {
        self.id_of(sku).and_then(|id| self.products.get(&id))
    }

    fn id_of(&self, sku: &str) -> Option<ProductId> {
        self.skus.get(&text::identity(sku)).or_else(|| self.sku_keys.get(&text::folded(sku))).copied()
    }

    fn note_sku(&mut self, sku: String, product: ProductId) {
        self.sku_keys.entry(text::folded(&sku)).or_insert(product);
        self.skus.insert(sku, product);
    }

    /// The stored variants of the product of this sku, before this chunk's rows.
    pub fn variants_of(&self, sku: &str) -> &[Variant] {
        self.product(sku).map_or(&[], |product| self.siblings(product.id))
    }

    fn siblings(&self, product: ProductId) -> &[Variant] {
        self.variants.get(&product).map_or(&[], Vec::as_slice)
    }

    /// Loads a product that an earlier row of the chunk made, if this sku is of one.
    fn load(&mut self, tx: &mut Tx<'_>, sku: &str) -> Result<()> {
        if let Some(id) = self.id_of(sku).filter(|id| !self.products.contains_key(id)) {
            self.variants.insert(id, store::variants::of_products(tx, &[id])?);
            self.products.insert(id, store::find(tx, id)?);
        }
        Ok(())
    }

    /// Notes a product that was changed.
    fn note(&mut self, tx: &mut Tx<'_>, product: Product, variants_changed: bool) -> Result<()> {
        if variants_changed {
            let siblings = store::variants::of_products(tx, &[product.id])?;
            siblings.iter().for_each(|one| self.note_sku(one.sku.clone(), product.id));
            self.variants.insert(product.id, siblings);
        }
        self.names.retain(|_, holder| holder.product != product.id);
        if product.holds_name {
            let Product { id, sku, seller, status, content, .. } = &product;
            self.note_name(
                &content.name,
                NameHolder { product: *id, sku: sku.clone(), seller: *seller, status: *status },
            );
        }
        self.products.insert(product.id, product);
        Ok(())
    }

    fn note_name(&mut self, name: &str, holder: NameHolder) {
        self.names.insert(name_key(name), holder);
    }
}

/// Stores one row: inserts a product or changes the one with its sku. If it fails, `known` is unchanged and nothing
/// is stored, provided the caller undoes the statements ([`Tx::attempt`]).
pub fn put(tx: &mut Tx<'_>, author: Author, same_name: SameName, known: &mut Known, mut row: Row) -> Result<Put> {
    let sku = stored_sku(&row.sku)?;
    known.load(tx, &sku)?;
    let product = known.product(&sku).cloned();
    prices::settle(&mut row, product.as_ref(), known.variants_of(&sku))?;
    match product {
        Some(product) if is_same_sku(&product.sku, &sku) => update(tx, author, same_name, known, product, row),
        Some(product) => update_variant(tx, author, known, product, row),
        None => create(tx, author, same_name, known, sku, row),
    }
}

fn is_same_sku(one: &str, other: &str) -> bool {
    text::folded(one) == text::folded(other)
}

fn create(
    tx: &mut Tx<'_>,
    author: Author,
    same_name: SameName,
    known: &mut Known,
    sku: String,
    row: Row,
) -> Result<Put> {
    let status = row.status.or(row.status_of_new).unwrap_or(Status::Active);
    if status == Status::Discontinued {
        return Err(text::wrong("status", "is DISCONTINUED, but no product has this sku"));
    }
    let given = row.images.value().map(|given| images::checked(given.urls().to_vec())).transpose()?;
    let gallery = images::gallery(None, given, &[])?;
    let content = Content {
        name: row.name.unwrap_or_default(),
        description: row.description.over(None),
        price: row.price.ok_or_else(|| text::wrong("price", "is missing"))?,
        sale_price: row.sale_price.over(None),
        category_id: row.category_id.over(None),
        brand: row.brand.over(None),
        image_url: gallery.first().cloned(),
        tax_free: row.tax_free.unwrap_or_default(),
    }
    .checked()?;
    let given = row.variants.into_iter().map(|one| one.over(None)).collect();
    let first = products::first_variants(tx, &sku, &content, given)?;
    let all_skus = || first.iter().map(|(sku, _)| sku.as_str());
    let mut seen = HashSet::new();
    let twice = all_skus().find(|sku| !seen.insert(text::folded(sku)));
    if let Some(taken) = twice.or_else(|| all_skus().chain([sku.as_str()]).find(|sku| known.id_of(sku).is_some())) {
        return Err(products::sku_held(tx, author, taken)?);
    }
    let shares = shares_name(author, same_name, known, &content.name, None)?;
    let product =
        store::insert(tx, &sku, &content, shares.is_none(), status, author.seller()).map_err(products::raced)?;
    let made = products::insert_parts(tx, product, &first, &gallery)?;
    tx.emit(&ProductChanged { product_id: product, change: Change::Created })?;
    first.into_iter().for_each(|(sku, _)| known.note_sku(sku, product));
    if shares.is_none() {
        known.note_name(&content.name, NameHolder { product, sku: sku.clone(), seller: author.seller(), status });
    }
    known.note_sku(sku, product);
    let variants = made.variants.into_iter().map(|variant| Stored { variant, is_new: true }).collect();
    Ok(Put { product, outcome: Outcome::Created, variants, is_of_several: false, shares_name_with: shares })
}

/// The product that owns the name, if the name may be shared; else S008.
fn shares_name(
    author: Author,
    same_name: SameName,
    known: &Known,
    name: &str,
    own: Option<ProductId>,
) -> Result<Option<NameOwner>> {
    match (known.holder(name, own), same_name) {
        (None, _) => Ok(None),
        (Some(holder), SameName::Refuse) => Err(products::name_taken(author, holder)),
        (Some(holder), SameName::Store) if author.may_know(holder.seller, holder.status) => {
            Ok(Some(NameOwner::Sku(holder.sku.clone())))
        }
        (Some(_), SameName::Store) => Ok(Some(NameOwner::Hidden)),
    }
}

fn update(
    tx: &mut Tx<'_>,
    author: Author,
    same_name: SameName,
    known: &mut Known,
    product: Product,
    row: Row,
) -> Result<Put> {
    author.may_change(product.seller)?;
    if row.status == Some(Status::Discontinued) {
        return discontinue(tx, author, known, product, row.has_live_orders);
    }
    let was_deleted = product.status == Status::Discontinued;
    let product = brought_back(tx, author, known, product, row.status)?;
    let names_variants = !row.variants.is_empty();
    let (given, status) = (row.variants.clone(), row.status);
    let (mut product, content_changed, shares) = change_content(tx, author, same_name, known, product, row)?;
    let (stored, variants_changed) = put_variants(tx, author, known, &product, given)?;
    let mut is_changed = content_changed || variants_changed || was_deleted;
    if content_changed || variants_changed {
        product = products::changed(tx, product, Change::Updated)?;
    }
    if let Some(change) = status.map(|status| step(product.status, status)).transpose()?.flatten() {
        product = products::step(tx, author, product.id, change, None)?;
        is_changed = true;
    }
    let siblings = known.siblings(product.id);
    let is_of_several = !names_variants && siblings.len() > 1 && own_variant(siblings, &product.sku).is_none();
    let put = Put {
        product: product.id,
        outcome: if is_changed { Outcome::Updated } else { Outcome::Unchanged },
        variants: stored,
        is_of_several,
        shares_name_with: shares,
    };
    if is_changed {
        known.note(tx, product, variants_changed)?;
    }
    Ok(put)
}

/// The product, no longer deleted if the row gives it a status of its own; S002 when it does not.
fn brought_back(
    tx: &mut Tx<'_>,
    author: Author,
    known: &mut Known,
    product: Product,
    status: Option<Status>,
) -> Result<Product> {
    match (product.status, status) {
        (Status::Discontinued, None) => Err(products::sku_held(tx, author, &product.sku)?),
        (Status::Discontinued, Some(_)) => {
            known.variants.insert(product.id, store::variants::of_products(tx, &[product.id])?);
            products::restore(tx, author, product.id, None)
        }
        (Status::Draft | Status::Active | Status::Inactive, _) => Ok(product),
    }
}

/// What has to happen to a product so that it gets the status that a row names; `None` when it has it.
fn step(now: Status, wanted: Status) -> Result<Option<product::Change>> {
    match wanted {
        _ if now == wanted => Ok(None),
        Status::Active => Ok(Some(product::Change::Published)),
        Status::Inactive => Ok(Some(product::Change::Closed)),
        Status::Discontinued => Ok(Some(product::Change::Discontinued)),
        Status::Draft => {
            Err(text::wrong("status", format!("cannot become DRAFT again after {}; use INACTIVE", now.name())))
        }
    }
}

fn discontinue(
    tx: &mut Tx<'_>,
    author: Author,
    known: &mut Known,
    product: Product,
    has_live_orders: bool,
) -> Result<Put> {
    let id = product.id;
    let outcome = match product.status {
        Status::Discontinued => Outcome::Unchanged,
        Status::Draft | Status::Active | Status::Inactive => {
            let gone = products::discontinue(tx, author, id, None, has_live_orders)?;
            known.note(tx, gone, false)?;
            Outcome::Updated
        }
    };
    Ok(Put { product: id, outcome, variants: Vec::new(), is_of_several: false, shares_name_with: None })
}

/// The product with the row's content, whether that changes it, and the other product that owns its name.
fn change_content(
    tx: &mut Tx<'_>,
    author: Author,
    same_name: SameName,
    known: &Known,
    mut product: Product,
    row: Row,
) -> Result<(Product, bool, Option<NameOwner>)> {
    let before = product.content.clone();
    let (content, gallery) = overlay(tx, product.id, &before, row)?;
    let renamed = content.name != before.name;
    let same_name = if renamed { same_name } else { SameName::Store };
    let shares = match renamed || !product.holds_name {
        true => shares_name(author, same_name, known, &content.name, Some(product.id))?,
        false => None,
    };
    if renamed {
        product.holds_name = shares.is_none();
    }
    if content.current_price() < before.current_price() {
        variant::price(content.current_price(), store::variants::lowest_adjustment(tx, product.id)?)?;
    }
    if let Some(gallery) = &gallery {
        store::variants::set_images(tx, product.id, gallery)?;
    }
    product.content = content;
    let is_changed = product.content != before || gallery.is_some();
    Ok((product, is_changed, shares))
}

/// The product's new content, and its new gallery if that changes.
fn overlay(tx: &mut Tx<'_>, id: ProductId, before: &Content, row: Row) -> Result<(Content, Option<Vec<String>>)> {
    let gallery = match row.images {
        Given::Absent => None,
        Given::Cleared => before.image_url.is_some().then(Vec::new),
        Given::Value(Gallery::First(url)) if before.image_url.as_ref() == Some(&url) => None,
        Given::Value(given) => {
            let shown = images::urls(tx, id)?;
            let gallery = match given {
                Gallery::First(url) => images::gallery(images::checked(vec![url])?.pop(), None, &shown)?,
                Gallery::Whole(urls) => images::gallery(None, Some(images::checked(urls)?), &[])?,
            };
            (gallery != shown).then_some(gallery)
        }
    };
    let price = row.price.unwrap_or(before.price);
    let content = Content {
        name: row.name.unwrap_or_else(|| before.name.clone()),
        description: row.description.over(before.description.clone()),
        price,
        // a new price below the old sale price ends the sale, unless the row gives a sale price
        sale_price: row.sale_price.over(before.sale_price.filter(|sale| *sale <= price)),
        category_id: row.category_id.over(before.category_id),
        brand: row.brand.over(before.brand.clone()),
        image_url: gallery.as_ref().map_or_else(|| before.image_url.clone(), |gallery| gallery.first().cloned()),
        tax_free: row.tax_free.unwrap_or(before.tax_free),
    };
    Ok((content.checked()?, gallery))
}

/// The variant that has the sku of its product, as the first one of a product has that was made without variants. A row with this sku
/// names the variant too: its stock is that of the variant.
fn own_variant<'a>(siblings: &'a [Variant], sku: &str) -> Option<&'a Variant> {
    siblings.iter().find(|one| is_same_sku(&one.sku, sku))
}

/// Adds or changes the row's variants. Also returns whether anything changed.
fn put_variants(
    tx: &mut Tx<'_>,
    author: Author,
    known: &Known,
    product: &Product,
    given: Vec<VariantRow>,
) -> Result<(Vec<Stored>, bool)> {
    let mut siblings = known.siblings(product.id).to_vec();
    if given.is_empty() {
        let one = own_variant(&siblings, &product.sku).or_else(|| siblings.iter().find(|one| one.is_default));
        return Ok((one.map(|one| Stored { variant: one.id, is_new: false }).into_iter().collect(), false));
    }
    let (mut stored, mut changed) = (Vec::with_capacity(given.len()), false);
    for one in given {
        let sku = text::identity(&one.sku);
        let current = siblings.iter().find(|sibling| is_same_sku(&sibling.sku, &sku)).cloned();
        let one = one.over(current.as_ref()).checked()?;
        let (variant, is_new) = match current {
            Some(current) => {
                if one != variant::New::from(current.clone()) {
                    variants::save(tx, product, &siblings, &current, &one)?;
                    changed = true;
                }
                (current.id, false)
            }
            None => {
                changed = true;
                (variants::insert(tx, author, product, &siblings, &one)?, true)
            }
        };
        if is_new || changed {
            siblings = store::variants::of_products(tx, &[product.id])?;
        }
        stored.push(Stored { variant, is_new });
    }
    Ok((stored, changed))
}

/// Changes the variant that has the row's sku. Its row may give what a variant has of its own: price and status.
fn update_variant(tx: &mut Tx<'_>, author: Author, known: &mut Known, product: Product, row: Row) -> Result<Put> {
    author.may_change(product.seller)?;
    let sku = text::identity(&row.sku);
    let id = match known.siblings(product.id).iter().find(|one| is_same_sku(&one.sku, &sku)) {
        Some(variant) if product.status != Status::Discontinued => variant.id,
        Some(_) | None => return Err(products::sku_held(tx, author, &sku)?),
    };
    if !row.is_of_a_variant() {
        return Err(of_a_variant(&product));
    }
    let status = match row.status {
        None => None,
        Some(Status::Active) => Some(variant::Status::Active),
        Some(Status::Inactive) => Some(variant::Status::Inactive),
        Some(Status::Draft | Status::Discontinued) => {
            return Err(text::wrong("status", "of a variant must be ACTIVE or INACTIVE"));
        }
    };
    let price_adjustment = row.price.map(|price| price.minus(product.content.price)).transpose()?;
    let one = VariantRow { sku, price_adjustment, status, ..VariantRow::default() };
    let (_, is_changed) = put_variants(tx, author, known, &product, vec![one])?;
    let product_id = product.id;
    if is_changed {
        let product = products::changed(tx, product, Change::Updated)?;
        known.note(tx, product, true)?;
    }
    Ok(Put {
        product: product_id,
        outcome: if is_changed { Outcome::Updated } else { Outcome::Unchanged },
        variants: vec![Stored { variant: id, is_new: false }],
        is_of_several: false,
        shares_name_with: None,
    })
}

fn of_a_variant(product: &Product) -> Error {
    let why =
        format!("this is the sku of a variant of {}; a row of it may give only stock, price and status", product.sku);
    Code::ProductAlreadyExists.because(why)
}
