//! What products are filtered and counted by: brands, categories and values of options, each with a number. So counting everything that
//! was found is adding to one list.

use crate::language::{Stems, entries, words};
use kernel::text;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Most levels that are followed upwards: more than categories may have.
const LEVELS_MAX: usize = 16;

/// What a number stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// In the spelling that came first.
    Brand(Box<str>),
    Category(Category),
    /// An option and its value, in the spelling that came first.
    Option(Box<str>, Box<str>),
}

/// A category as products name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Category {
    pub id: i64,
    pub name: Box<str>,
    /// The number of the one above.
    pub parent: Option<u32>,
    /// What its name is found by.
    pub entries: HashSet<String>,
}

/// As it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Brand(Box<str>),
    Category(i64),
    Option(Box<str>, Box<str>),
}

/// Every brand, category and value of an option. A number stays the same as long as the index does.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    numbers: HashMap<Key, u32>,
    all: Vec<Kind>,
    /// By what their names and values are sorted.
    sort_keys: Vec<Box<str>>,
}

impl Kind {
    /// What distinguishes it from others of its sort.
    fn shown(&self) -> &str {
        match self {
            Kind::Brand(name) | Kind::Option(_, name) => name,
            Kind::Category(category) => &category.name,
        }
    }
}

/// Sets of kinds, each with a number: most products of a shop have a brand, categories and values of options that others have, too. So
/// what was found is counted by sets first. A set stays when its last product is gone, until the index is rebuilt.
#[derive(Debug, Default)]
pub(super) struct Sets {
    numbers: HashMap<Arc<[u32]>, u32>,
    all: Vec<Arc<[u32]>>,
}

impl Sets {
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// The set of these kinds, in any order.
    pub fn number(&mut self, mut kinds: Vec<u32>) -> u32 {
        kinds.sort_unstable();
        kinds.dedup();
        if let Some(known) = self.numbers.get(&kinds[..]) {
            return *known;
        }
        let (next, set) = (u32::try_from(self.all.len()).unwrap_or(u32::MAX), Arc::<[u32]>::from(kinds));
        self.numbers.insert(Arc::clone(&set), next);
        self.all.push(set);
        next
    }

    /// The kinds of a set, ascending.
    pub fn kinds(&self, number: u32) -> &[u32] {
        self.all.get(number as usize).map_or(&[], |set| &**set)
    }

    /// Every set, in the order of their numbers.
    pub fn all(&self) -> impl Iterator<Item = &[u32]> {
        self.all.iter().map(|set| &**set)
    }
}

fn brand_key(name: &str) -> Key {
    Key::Brand(text::folded(name).into())
}

fn option_key(name: &str, value: &str) -> Key {
    Key::Option(text::folded(name).into(), text::folded(value).into())
}

impl Kinds {
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// All of them, in the order of their numbers.
    pub fn all(&self) -> &[Kind] {
        &self.all
    }

    fn number(&mut self, key: Key, kind: impl FnOnce() -> Kind) -> u32 {
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let (all, sort_keys) = (&mut self.all, &mut self.sort_keys);
        *self.numbers.entry(key).or_insert_with(|| {
            let kind = kind();
            sort_keys.push(text::sort_key(kind.shown()).into());
            all.push(kind);
            next
        })
    }

    /// The text by whose bytes the name or the value of this one is sorted.
    pub fn sort_key(&self, number: u32) -> &str {
        self.sort_keys.get(number as usize).map_or("", |key| key)
    }

    pub fn brand(&mut self, name: &str) -> u32 {
        self.number(brand_key(name), || Kind::Brand(name.into()))
    }

    pub fn option(&mut self, name: &str, value: &str) -> u32 {
        self.number(option_key(name, value), || Kind::Option(name.into(), value.into()))
    }

    /// A category and what it is called now.
    pub fn category(&mut self, id: i64, name: &str, parent: Option<u32>) -> u32 {
        let named = || {
            let entries = entries(&words(name), &mut Stems::default()).into_iter().collect();
            Kind::Category(Category { id, name: name.into(), parent, entries })
        };
        let number = self.number(Key::Category(id), named);
        let known = &mut self.all[number as usize];
        if !matches!(known, Kind::Category(now) if *now.name == *name && now.parent == parent) {
            *known = named();
            self.sort_keys[number as usize] = text::sort_key(name).into();
        }
        number
    }

    pub fn find_brand(&self, name: &str) -> Option<u32> {
        self.numbers.get(&brand_key(name)).copied()
    }

    pub fn find_option(&self, name: &str, value: &str) -> Option<u32> {
        self.numbers.get(&option_key(name, value)).copied()
    }

    pub fn find_category(&self, id: i64) -> Option<u32> {
        self.numbers.get(&Key::Category(id)).copied()
    }

    /// Every category with its number.
    pub fn categories(&self) -> impl Iterator<Item = (u32, &Category)> {
        (0..).zip(&self.all).filter_map(|(number, kind)| match kind {
            Kind::Category(category) => Some((number, category)),
            Kind::Brand(_) | Kind::Option(..) => None,
        })
    }

    fn at(&self, number: u32) -> Option<&Category> {
        match self.all.get(number as usize)? {
            Kind::Category(category) => Some(category),
            Kind::Brand(_) | Kind::Option(..) => None,
        }
    }

    /// The names from the top to this category.
    pub fn path(&self, category: u32) -> Vec<&str> {
        let upwards = std::iter::successors(self.at(category), |below| self.at(below.parent?)).take(LEVELS_MAX);
        let mut names: Vec<&str> = upwards.map(|category| &*category.name).collect();
        names.reverse();
        names
    }

    /// The categories that have this name, or this path (`Apparel > Topwear`), in any spelling.
    pub fn named(&self, name: &str) -> Vec<u32> {
        let wanted: Vec<String> = name.split('>').map(text::folded).collect();
        let is = |(number, category): &(u32, &Category)| match &wanted[..] {
            [name] => text::folded(&category.name) == *name,
            path => self.path(*number).iter().map(|name| text::folded(name)).eq(path.iter().cloned()),
        };
        self.categories().filter(is).map(|(number, _)| number).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_have_one_number_and_the_first_is_shown() {
        let mut kinds = Kinds::default();
        let (nike, red) = (kinds.brand("Nike"), kinds.option("Color", "Red"));
        assert_eq!((kinds.brand("NIKE"), kinds.option("color", "RED")), (nike, red));
        assert_eq!((kinds.find_brand("nike"), kinds.find_option("color", "blue")), (Some(nike), None));
        assert_eq!(kinds.all(), [Kind::Brand("Nike".into()), Kind::Option("Color".into(), "Red".into())]);
    }

    #[test]
    fn a_set_has_one_number_in_any_order() {
        let mut sets = Sets::default();
        let (one, other) = (sets.number(vec![3, 1, 3]), sets.number(vec![]));
        assert_eq!((sets.number(vec![1, 3]), sets.number(vec![])), (one, other));
        assert_eq!((sets.kinds(one), sets.kinds(other), sets.len()), (&[1, 3][..], &[][..], 2));
    }

    #[test]
    fn a_category_that_is_renamed_keeps_its_number() {
        let mut kinds = Kinds::default();
        let top = kinds.category(1, "Apparel", None);
        let shoes = kinds.category(2, "Shoes", Some(top));
        assert_eq!(kinds.category(2, "Footwear", Some(top)), shoes);
        assert_eq!(kinds.path(shoes), ["Apparel", "Footwear"]);
        assert_eq!((kinds.named("apparel > FOOTWEAR"), kinds.named("shoes")), (vec![shoes], vec![]));
    }
}
