//! Categories: a tree of at most five levels, without cycles.

use crate::text::line;
use kernel::{CategoryId, Code, Result, Timestamp, text};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use utoipa::ToSchema;

/// Most levels (docs/RULES.md).
pub const DEPTH_MAX: usize = 5;
/// Longest name, in characters.
pub const NAME_MAX: usize = 100;
/// Longest name as names are compared, in characters: folding makes some names longer.
const NAME_KEY_MAX: usize = 300;
/// Most categories of a shop. The whole tree is one response, and every change reads all of it.
pub const CATEGORIES_MAX: usize = 5_000;
/// Separates the names of a path. Names must not contain it.
pub const PATH_SIGN: char = '>';

/// A category.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// Its row.
    pub id: CategoryId,
    /// The category it is part of; `null` for one at the top.
    pub parent_id: Option<CategoryId>,
    /// Unique among its siblings.
    pub name: String,
    /// Siblings are shown by this number, then by name.
    pub display_order: i64,
    /// Grows by one with every change.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A category with its path and depth.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Placed)]
pub struct WithPath {
    /// The category.
    #[serde(flatten)]
    pub category: Category,
    /// Names from the top, such as `Apparel > Topwear`.
    #[schema(example = "Apparel > Topwear")]
    pub path: String,
    /// 1 at the top.
    pub depth: usize,
}

/// A category with its children, for menus.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Node {
    /// The category.
    pub id: CategoryId,
    /// Its name.
    pub name: String,
    /// Names from the top.
    pub path: String,
    /// Its parts, in the order they are shown.
    #[schema(no_recursion)]
    pub children: Vec<Node>,
}

/// How a shopper chooses a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    Id(CategoryId),
    /// A path, or a name at any level; a name may consist of digits.
    Words(String),
}

/// Every category of the shop.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    all: HashMap<CategoryId, Category>,
    children: BTreeMap<Option<CategoryId>, Vec<CategoryId>>,
}

impl Tree {
    /// Builds the tree of these categories.
    pub fn of(categories: Vec<Category>) -> Tree {
        let mut tree = Tree::default();
        for category in categories {
            tree.children.entry(category.parent_id).or_default().push(category.id);
            tree.all.insert(category.id, category);
        }
        for siblings in tree.children.values_mut() {
            siblings
                .sort_by_cached_key(|id| tree.all.get(id).map(|c| (c.display_order, text::sort_key(&c.name), c.id)));
        }
        tree
    }

    /// Number of categories.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The category; C003 when there is none with this id.
    pub fn find(&self, id: CategoryId) -> Result<&Category> {
        self.all.get(&id).ok_or_else(|| unknown(id))
    }

    /// The children of `parent`, or the categories at the top, in the order they are shown.
    pub fn children(&self, parent: Option<CategoryId>) -> &[CategoryId] {
        self.children.get(&parent).map_or(&[], Vec::as_slice)
    }

    /// The child of `parent` with this name; else the first whose name is the same identity.
    pub fn child(&self, parent: Option<CategoryId>, name: &str) -> Option<&Category> {
        self.children(parent)
            .iter()
            .filter_map(|id| self.all.get(id))
            .find(|category| category.name == name)
            .or_else(|| self.alike(parent, name))
    }

    /// The child of `parent` whose name is the same identity as `name`, such as `Mugs` for `mugs`.
    fn alike(&self, parent: Option<CategoryId>, name: &str) -> Option<&Category> {
        let key = text::folded(name);
        let mut children = self.children(parent).iter().filter_map(|id| self.all.get(id));
        children.find(|category| text::folded(&category.name) == key)
    }

    /// The category at the end of this path from the top.
    pub fn at(&self, names: &[String]) -> Option<CategoryId> {
        names.iter().try_fold(None, |at, name| self.child(at, name).map(|child| Some(child.id))).flatten()
    }

    /// The categories at any level whose name is the same identity as `name`.
    pub fn alike_at_any_level(&self, name: &str) -> Vec<CategoryId> {
        let key = text::folded(name);
        let mut found: Vec<_> =
            self.all.values().filter(|one| text::folded(&one.name) == key).map(|one| one.id).collect();
        found.sort_unstable();
        found
    }

    /// The category and its ancestors, itself first. Stops after [`DEPTH_MAX`], even if the stored data had a cycle.
    pub fn upwards(&self, id: CategoryId) -> Vec<&Category> {
        std::iter::successors(self.all.get(&id), |category| self.all.get(&category.parent_id?))
            .take(DEPTH_MAX)
            .collect()
    }

    /// The category with its path; C003 when there is none with this id.
    pub fn with_path(&self, id: CategoryId) -> Result<WithPath> {
        let category = self.find(id)?.clone();
        let upwards = self.upwards(id);
        Ok(WithPath { category, path: joined(&upwards), depth: upwards.len() })
    }

    /// Every category with its path, parents before children.
    pub fn all_with_paths(&self) -> Vec<WithPath> {
        let mut placed = Vec::with_capacity(self.len());
        let mut waiting: Vec<_> = self.children(None).iter().rev().copied().collect();
        while let Some(id) = waiting.pop() {
            placed.extend(self.with_path(id));
            waiting.extend(self.children(Some(id)).iter().rev());
        }
        placed
    }

    /// The whole tree as nested nodes.
    pub fn nodes(&self) -> Vec<Node> {
        self.nodes_of(None, "", DEPTH_MAX)
    }

    fn nodes_of(&self, parent: Option<CategoryId>, above: &str, levels: usize) -> Vec<Node> {
        if levels == 0 {
            return Vec::new();
        }
        let node = |category: &Category| {
            let path = match above {
                "" => category.name.clone(),
                above => format!("{above} {PATH_SIGN} {}", category.name),
            };
            let children = self.nodes_of(Some(category.id), &path, levels - 1);
            Node { id: category.id, name: category.name.clone(), path, children }
        };
        self.children(parent).iter().filter_map(|id| self.all.get(id)).map(node).collect()
    }

    /// Levels of the subtree under `id`, itself included; counts at most `levels`.
    fn height(&self, id: CategoryId, levels: usize) -> usize {
        match levels {
            0 => 0,
            _ => 1 + self.children(Some(id)).iter().map(|child| self.height(*child, levels - 1)).max().unwrap_or(0),
        }
    }

    /// Whether a category may get this `parent` (`None`: the top level): a new category, or `moved` with its whole
    /// subtree. C003 when `parent` does not exist, C002 when the tree would be too deep or have a cycle.
    pub fn may_move(&self, moved: Option<CategoryId>, parent: Option<CategoryId>) -> Result<()> {
        let above = match parent {
            Some(parent) => {
                self.find(parent)?;
                self.upwards(parent)
            }
            None => Vec::new(),
        };
        if above.iter().any(|category| Some(category.id) == moved) {
            return Err(text::wrong("parentId", "must not be the category itself or a part of it"));
        }
        if above.len() + moved.map_or(1, |id| self.height(id, DEPTH_MAX)) > DEPTH_MAX {
            return Err(text::wrong("parentId", format!("would make more than {DEPTH_MAX} levels")));
        }
        Ok(())
    }

    /// For the audit: missing parents, cycles, more than [`DEPTH_MAX`] levels.
    pub fn faults(&self) -> Vec<(CategoryId, &'static str)> {
        let mut faults = Vec::new();
        for category in self.all.values() {
            let mut seen = HashSet::new();
            let mut at = Some(category);
            while let Some(here) = at {
                if !seen.insert(here.id) {
                    faults.push((category.id, "is part of itself"));
                    break;
                }
                match here.parent_id {
                    Some(parent) if !self.all.contains_key(&parent) => faults.push((category.id, "has no parent")),
                    _ => {}
                }
                at = here.parent_id.and_then(|parent| self.all.get(&parent));
            }
            if seen.len() > DEPTH_MAX {
                faults.push((category.id, "is too deep"));
            }
        }
        faults
    }
}

fn joined(upwards: &[&Category]) -> String {
    let mut path = String::new();
    for category in upwards.iter().rev() {
        if !path.is_empty() {
            path.push_str(" > ");
        }
        path.push_str(&category.name);
    }
    path
}

/// C003 for a category that does not exist.
pub fn unknown(id: CategoryId) -> kernel::Error {
    Code::NotFound.because(format!("category {id} not found"))
}

/// A category's name without stray blanks; C002 when it is blank, too long or contains [`PATH_SIGN`].
pub fn name(text: &str) -> Result<String> {
    let name = named("name", text)?;
    match name.contains(PATH_SIGN) {
        true => Err(text::wrong("name", format!("must not contain {PATH_SIGN}"))),
        false => Ok(name),
    }
}

fn named(field: &str, text: &str) -> Result<String> {
    let name = line(field, text, NAME_MAX)?;
    match name_key(&name) {
        Some(_) => Ok(name),
        None => Err(text::wrong(
            field,
            format!("must have at most {NAME_KEY_MAX} characters when its signs are written out"),
        )),
    }
}

/// A name as names are compared; `None` when that is too long to be stored.
pub(crate) fn name_key(name: &str) -> Option<String> {
    let key = text::folded(name);
    (key.chars().count() <= NAME_KEY_MAX).then_some(key)
}

/// The names of a path such as `Apparel > Topwear`; C002 when one is blank or there are more than [`DEPTH_MAX`].
pub fn path(text: &str) -> Result<Vec<String>> {
    let names: Vec<&str> = text.split(PATH_SIGN).collect();
    if names.len() > DEPTH_MAX {
        return Err(text::wrong("category", format!("must have at most {DEPTH_MAX} levels")));
    }
    names.into_iter().map(|part| named("category", part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: i64) -> CategoryId {
        CategoryId::new(n)
    }

    fn category(n: i64, parent: Option<i64>) -> Category {
        let at = Timestamp::from_millis(0);
        let parent_id = parent.map(id);
        Category {
            id: id(n),
            parent_id,
            name: format!("c{n}"),
            display_order: 0,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn paths_are_read_and_written() {
        assert_eq!(path(" Apparel >Topwear > Shirts ").unwrap(), ["Apparel", "Topwear", "Shirts"]);
        for bad in ["", ">", "A >", "A > > B", "a>b>c>d>e>f"] {
            assert!(path(bad).is_err(), "{bad}");
        }
        let tree = Tree::of(vec![category(1, None), category(2, Some(1)), category(3, Some(2))]);
        let placed = tree.with_path(id(3)).unwrap();
        assert_eq!((placed.path.as_str(), placed.depth), ("c1 > c2 > c3", 3));
        assert_eq!(tree.nodes()[0].children[0].children[0].path, "c1 > c2 > c3");
        assert_eq!(tree.all_with_paths().len(), 3);
        assert!(name("a>b").is_err());
    }

    #[test]
    fn siblings_are_shown_by_their_number_then_by_name() {
        let mut first = category(9, None);
        first.display_order = -1;
        let tree = Tree::of(vec![category(2, None), first, category(1, None)]);
        assert_eq!(tree.children(None), [id(9), id(1), id(2)]);
        let named = |n, name: &str| Category { name: name.to_owned(), ..category(n, None) };
        let tree = Tree::of(vec![
            named(1, "Zebra"),
            named(2, "가방"),
            named(3, "apple"),
            named(4, "éclair"),
            named(5, "Banana"),
        ]);
        assert_eq!(tree.children(None), [id(3), id(5), id(4), id(1), id(2)]);
    }

    #[test]
    fn a_category_is_never_part_of_itself() {
        let tree = Tree::of(vec![category(1, None), category(2, Some(1)), category(3, Some(2))]);
        assert!(tree.may_move(Some(id(1)), Some(id(1))).is_err());
        assert!(tree.may_move(Some(id(1)), Some(id(3))).is_err());
        assert!(tree.may_move(Some(id(3)), Some(id(1))).is_ok());
        assert_eq!(tree.may_move(None, Some(id(7))).unwrap_err().code(), Code::NotFound);
    }

    #[test]
    fn circles_and_orphans_are_found_by_the_audit() {
        let tree = Tree::of(vec![category(1, Some(2)), category(2, Some(1)), category(3, Some(7))]);
        let mut faults = tree.faults();
        faults.sort_unstable();
        assert_eq!(faults, [(id(1), "is part of itself"), (id(2), "is part of itself"), (id(3), "has no parent")]);
    }

    proptest! {
        /// After any sequence of insertions and moves the tree is valid and has at most five levels.
        #[test]
        fn moves_keep_a_tree(steps in proptest::collection::vec((0_i64..12, proptest::option::of(1_i64..12)), 1..60)) {
            let mut rows: Vec<Category> = Vec::new();
            for (moved, parent) in steps {
                let tree = Tree::of(rows.clone());
                let known = rows.iter().any(|row| row.id == id(moved));
                let moved = known.then_some(id(moved));
                if tree.may_move(moved, parent.map(id)).is_err() {
                    continue;
                }
                match moved {
                    Some(moved) => rows.iter_mut().filter(|row| row.id == moved).for_each(|row| row.parent_id = parent.map(id)),
                    None => rows.push(category(rows.len() as i64 + 1, parent)),
                }
                prop_assert_eq!(Tree::of(rows.clone()).faults(), vec![]);
            }
        }
    }
}
