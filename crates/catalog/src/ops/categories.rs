//! Operations on categories.

use crate::category::{self, CATEGORIES_MAX, Category, Choice, DEPTH_MAX, PATH_SIGN, Tree, WithPath};
use crate::store::categories as rows;
use ::store::Tx;
use events::{CategoryChanged, Change};
use kernel::{
    CategoryId, Code, Error, Result, Together, text,
    version::{outdated, same_version},
};

/// The content of a category, as an administrator writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Unique among its siblings, without `>`.
    pub name: String,
    /// `None`: at the top.
    pub parent: Option<CategoryId>,
    /// Siblings are shown by this number, then by name.
    pub display_order: i64,
}

/// Bound of `display_order` in both directions.
const ORDER_MAX: i64 = 1_000_000;

impl Content {
    /// C002 naming every field that is wrong.
    pub(crate) fn checked(self) -> Result<Content> {
        let order = match (-ORDER_MAX..=ORDER_MAX).contains(&self.display_order) {
            true => Ok(()),
            false => Err(text::wrong("displayOrder", format!("must be between -{ORDER_MAX} and {ORDER_MAX}"))),
        };
        let (name, ()) = (category::name(&self.name), order).together()?;
        Ok(Content { name, ..self })
    }
}

/// The whole tree.
pub fn tree(tx: &mut Tx<'_>) -> Result<Tree> {
    Ok(Tree::of(rows::all(tx)?))
}

/// Makes a category. C019 when a sibling has the name, C003 when the parent does not exist, C002 when the tree would
/// be too deep or too large.
pub fn create(tx: &mut Tx<'_>, content: Content) -> Result<WithPath> {
    let content = content.checked()?;
    let tree = Tree::of(rows::all_locked(tx)?);
    tree.may_move(None, content.parent)?;
    must_have_room(tree.len())?;
    if let Some(sibling) = tree.child(content.parent, &content.name) {
        return Err(name_taken(&sibling.name));
    }
    if !rows::insert(tx, content.parent, &content.name, content.display_order)? {
        return Err(name_taken(&content.name));
    }
    let id = rows::child(tx, content.parent, &content.name)?
        .ok_or_else(|| Code::Internal.error().caused_by("no new category"))?;
    tx.emit(&CategoryChanged { category_id: id, change: Change::Created })?;
    self::tree(tx)?.with_path(id)
}

fn must_have_room(count: usize) -> Result<()> {
    match count < CATEGORIES_MAX {
        true => Ok(()),
        false => Err(text::wrong("category", format!("would be more than {CATEGORIES_MAX}"))),
    }
}

fn name_taken(name: &str) -> Error {
    Code::Conflict.because(format!("there is a category {name} here already"))
}

/// Renames, moves or reorders a category together with its subtree. C003, C016; C019 when a sibling has the name,
/// C002 when the tree would be too deep or have a cycle.
pub fn change(tx: &mut Tx<'_>, id: CategoryId, content: Content, expected: Option<i64>) -> Result<WithPath> {
    let content = content.checked()?;
    let tree = Tree::of(rows::all_locked(tx)?);
    let current = tree.find(id)?;
    same_version(current.version, expected)?;
    tree.may_move(Some(id), content.parent)?;
    if tree.child(content.parent, &content.name).is_some_and(|sibling| sibling.id != id) {
        return Err(name_taken(&content.name));
    }
    let changed = Category {
        parent_id: content.parent,
        name: content.name,
        display_order: content.display_order,
        ..current.clone()
    };
    if changed == *current {
        return tree.with_path(id);
    }
    if !rows::save(tx, &changed)? {
        return Err(outdated(self::tree(tx)?.find(id)?.version));
    }
    tx.emit(&CategoryChanged { category_id: id, change: Change::Updated })?;
    self::tree(tx)?.with_path(id)
}

/// Removes a category. C019 while it has children or products that are not discontinued; C003, C016.
pub fn remove(tx: &mut Tx<'_>, id: CategoryId, expected: Option<i64>) -> Result<()> {
    let tree = Tree::of(rows::all_locked(tx)?);
    let current = tree.find(id)?;
    same_version(current.version, expected)?;
    if !tree.children(Some(id)).is_empty() {
        return Err(Code::Conflict.because("it has categories below it; move or remove them first"));
    }
    let products = rows::live_products(tx, id)?;
    if products > 0 {
        return Err(Code::Conflict.because(format!("it has {products} products; give them another category first")));
    }
    if !rows::delete(tx, id, current.version)? {
        return Err(outdated(self::tree(tx)?.find(id)?.version));
    }
    tx.emit(&CategoryChanged { category_id: id, change: Change::Discontinued })
}

/// C003 unless the category exists; an existing one is locked against deletion until the end of the job. `None`
/// passes.
pub(crate) fn must_exist(tx: &mut Tx<'_>, id: Option<CategoryId>) -> Result<()> {
    match id {
        Some(id) if !rows::lock_shared(tx, id)? => Err(category::unknown(id)),
        Some(_) | None => Ok(()),
    }
}

/// The category at a path such as `Apparel > Topwear`. Missing categories are made if `may_make`, else C003. C002
/// when the path is invalid or there would be too many categories.
pub fn at_path(tx: &mut Tx<'_>, path: &str, may_make: bool) -> Result<CategoryId> {
    let names = category::path(path)?;
    let mut at = None;
    for name in &names {
        at = match rows::child(tx, at, name)? {
            Some(id) => Some(id),
            None if may_make => return make_path(tx, &names),
            None => {
                let found = self::tree(tx)?.at(&names);
                return found.ok_or_else(|| Code::NotFound.because(format!("category {path} not found")));
            }
        };
    }
    at.ok_or_else(not_blank)
}

/// Makes the missing categories of a path. Locks the whole tree, so that no other job moves or deletes its ancestors.
fn make_path(tx: &mut Tx<'_>, names: &[String]) -> Result<CategoryId> {
    let tree = Tree::of(rows::all_locked(tx)?);
    let (mut at, mut count) = (None, tree.len());
    for name in names {
        at = Some(match tree.child(at, name) {
            Some(child) => child.id,
            None => {
                must_have_room(count)?;
                count += 1;
                make_child(tx, at, name)?
            }
        });
    }
    at.ok_or_else(not_blank)
}

fn not_blank() -> Error {
    text::wrong("category", "must not be blank")
}

fn make_child(tx: &mut Tx<'_>, parent: Option<CategoryId>, name: &str) -> Result<CategoryId> {
    // an empty tree has no row to lock, so another job may make the same category at the same moment; either way it
    // exists afterwards
    let made = rows::insert(tx, parent, name, 0)?;
    let id = rows::child(tx, parent, name)?.ok_or_else(|| Code::Internal.error().caused_by("no new category"))?;
    if made {
        tx.emit(&CategoryChanged { category_id: id, change: Change::Created })?;
    }
    Ok(id)
}

/// The categories that a shopper chose. Empty when there is none.
pub fn chosen(tx: &mut Tx<'_>, choice: &Choice) -> Result<Vec<CategoryId>> {
    let words = match choice {
        Choice::Id(id) => return rows::existing(tx, &[*id]),
        Choice::Words(words) => words.as_str(),
    };
    if !words.contains(PATH_SIGN) {
        let found = rows::named(tx, &text::clean(words))?;
        return if found.is_empty() { Ok(tree(tx)?.alike_at_any_level(words)) } else { Ok(found) };
    }
    let names: Vec<String> = words.split(PATH_SIGN).map(text::clean).take(DEPTH_MAX + 1).collect();
    let mut at = None;
    for name in &names {
        match rows::child(tx, at, name)? {
            Some(id) => at = Some(id),
            None => return Ok(tree(tx)?.at(&names).into_iter().collect()),
        }
    }
    Ok(at.into_iter().collect())
}
