//! What a caller may do, and what other systems' names for it mean here.

use serde::{Serialize, Serializer, ser::SerializeSeq};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// One right to do things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Buys.
    User,
    /// Sells: sees and changes what is theirs.
    Seller,
    /// Runs the shop.
    Admin,
    /// Another program of ours, for `/internal/…`. Includes nothing else, and nothing includes it.
    Service,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 4] = [Role::User, Role::Seller, Role::Admin, Role::Service];

    /// The role's name, as tokens and the API write it.
    pub const fn name(self) -> &'static str {
        match self {
            Role::User => "USER",
            Role::Seller => "SELLER",
            Role::Admin => "ADMIN",
            Role::Service => "SERVICE",
        }
    }

    /// The role with exactly this name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }

    const fn bit(self) -> u8 {
        match self {
            Role::User => 1,
            Role::Seller => 2,
            Role::Admin => 4,
            Role::Service => 8,
        }
    }

    /// This role and those it includes.
    const fn reach(self) -> u8 {
        match self {
            Role::User => Role::User.bit(),
            Role::Seller => Role::Seller.bit() | Role::User.bit(),
            Role::Admin => Role::Admin.bit() | Role::Seller.bit() | Role::User.bit(),
            Role::Service => Role::Service.bit(),
        }
    }
}

/// A set of roles, closed under what they include: ADMIN includes SELLER includes USER.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Roles(u8);

impl Roles {
    /// No role at all.
    pub const NONE: Roles = Roles(0);

    /// This role and what it includes.
    pub const fn of(role: Role) -> Roles {
        Roles(role.reach())
    }

    /// These and `role`.
    pub const fn with(self, role: Role) -> Roles {
        Roles(self.0 | role.reach())
    }

    /// Whether they may do what `role` may do.
    pub const fn includes(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Each role of the set, lowest first.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.includes(*role))
    }

    /// Somebody who is signed in and has no role we know is a USER.
    pub(super) fn or_user(self) -> Roles {
        if self == Roles::NONE { Roles::of(Role::User) } else { self }
    }
}

impl std::fmt::Debug for Roles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter().map(Role::name)).finish()
    }
}

impl Serialize for Roles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut names = serializer.serialize_seq(None)?;
        for role in self.iter() {
            names.serialize_element(role.name())?;
        }
        names.end()
    }
}

/// What role names mean. A `ROLE_` prefix is dropped and case does not matter; then our own names stand for themselves and
/// the rest is looked up here. Unknown names mean nothing.
#[derive(Debug, Clone)]
pub struct RoleNames(HashMap<String, Role>);

impl Default for RoleNames {
    /// The names docs/RULES.md gives: SHOPPING_ADMIN and SUPER_ADMIN are ADMIN, SHOPPING_SELLER is SELLER.
    fn default() -> RoleNames {
        RoleNames(HashMap::new())
            .with("SHOPPING_ADMIN", Role::Admin)
            .with("SUPER_ADMIN", Role::Admin)
            .with("SHOPPING_SELLER", Role::Seller)
    }
}

impl RoleNames {
    /// Our own names only.
    pub fn none() -> RoleNames {
        RoleNames(HashMap::new())
    }

    /// Adds a name.
    pub fn with(mut self, name: &str, role: Role) -> RoleNames {
        self.0.insert(plain(name), role);
        self
    }

    /// The role this name means, if any.
    pub fn role(&self, name: &str) -> Option<Role> {
        let name = plain(name);
        Role::named(&name).or_else(|| self.0.get(&name).copied())
    }

    pub(super) fn read<'a>(&self, names: impl Iterator<Item = &'a str>) -> Roles {
        names.filter_map(|name| self.role(name)).fold(Roles::NONE, Roles::with)
    }

    /// Roles from a claim: a list of names, or one text with names between blanks or commas.
    pub(super) fn read_claim(&self, claims: &Map<String, Value>, path: &str) -> Roles {
        let mut steps = path.split('.');
        let first = steps.next().and_then(|name| claims.get(name));
        let found = steps.fold(first, |value, name| value.and_then(|v| v.get(name)));
        match found {
            Some(Value::Array(names)) => self.read(names.iter().filter_map(Value::as_str)),
            Some(Value::String(names)) => self.read(names.split([',', ' '])),
            _ => Roles::NONE,
        }
    }
}

fn plain(name: &str) -> String {
    let upper = name.trim().to_ascii_uppercase();
    upper.strip_prefix("ROLE_").map_or(upper.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn higher_roles_include_lower_ones_and_service_stands_alone() {
        let admin = Roles::of(Role::Admin);
        assert!(admin.includes(Role::Seller) && admin.includes(Role::User) && !admin.includes(Role::Service));
        let seller = Roles::of(Role::Seller);
        assert!(seller.includes(Role::User) && !seller.includes(Role::Admin));
        assert!(!Roles::of(Role::Service).includes(Role::User));
        assert!(!Roles::NONE.includes(Role::User));
    }

    #[test]
    fn names_of_other_systems_are_understood() {
        let names = RoleNames::default().with("shop-owner", Role::Admin);
        for (name, role) in [
            ("ROLE_USER", Some(Role::User)),
            ("role_seller", Some(Role::Seller)),
            ("ROLE_SHOPPING_SELLER", Some(Role::Seller)),
            ("SHOPPING_ADMIN", Some(Role::Admin)),
            ("ROLE_SUPER_ADMIN", Some(Role::Admin)),
            ("SHOP-OWNER", Some(Role::Admin)),
            ("ROLE_BLOG_ADMIN", None),
            ("", None),
        ] {
            assert_eq!(names.role(name), role, "{name}");
        }
    }

    #[test]
    fn claims_may_be_lists_texts_or_nested() {
        let names = RoleNames::default();
        let claims = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap();
        let seller = Roles::of(Role::Seller);
        assert_eq!(names.read_claim(&claims(r#"{"roles": ["ROLE_SELLER", 7]}"#), "roles"), seller);
        assert_eq!(names.read_claim(&claims(r#"{"scope": "openid seller"}"#), "scope"), seller);
        assert_eq!(names.read_claim(&claims(r#"{"a": {"b": ["SELLER"]}}"#), "a.b"), seller);
        assert_eq!(names.read_claim(&claims(r#"{"roles": {"x": 1}}"#), "roles"), Roles::NONE);
        assert_eq!(names.read_claim(&claims("{}"), "a.b.c"), Roles::NONE);
    }

    #[test]
    fn roles_are_written_as_names() {
        assert_eq!(serde_json::to_string(&Roles::of(Role::Seller)).unwrap(), r#"["USER","SELLER"]"#);
    }
}
