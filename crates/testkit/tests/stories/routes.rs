//! Every route of the shop with its callers, as the modules declare them. The OpenAPI document carries the declarations.

use server::assembly::MODULES;
use std::collections::{BTreeMap, BTreeSet};
use testkit::TestShop;
use web::route::{Access, ROLE_EXTENSION};

/// One method of one path.
#[derive(Debug, Clone)]
pub struct Route {
    pub access: Access,
    pub method: String,
    /// Below the base path; a path outside it begins with `//`, which stands for the root.
    pub path: String,
}

/// Every route that the shop serves.
pub fn routes(shop: &TestShop) -> Vec<Route> {
    let operations = shop.document().operations();
    let route = |operation: &testkit::Operation| {
        let access = operation.node[ROLE_EXTENSION].as_str().and_then(Access::named);
        let path = operation.path.strip_prefix(web::BASE).map_or(format!("/{}", operation.path), str::to_owned);
        Route {
            access: access.unwrap_or_else(|| panic!("{} {} declares no callers", operation.method, operation.path)),
            method: operation.method.clone(),
            path,
        }
    };
    operations.iter().map(route).collect()
}

/// Paths that another module than their family's serves. What users hold is charged by a saga of `checkout`, and accounts can be
/// somebody else's. The import of catalogues is a crate of its own, because it is large and a domain needs nothing of it; crates that combine domains know nothing of each other.
const APART: &[(&str, &str)] = &[
    ("/users/{userId}/balance", "checkout"),
    ("/users/{userId}/balance/charge", "checkout"),
    ("/users/{userId}/balance/charges/{chargeNumber}", "checkout"),
    ("/users/{userId}/balance/charges/{chargeNumber}/cancel", "checkout"),
    ("/users/{userId}/balance/history", "checkout"),
    ("/users/{userId}/points", "checkout"),
    ("/users/{userId}/points/history", "checkout"),
    ("/admin/products/import", "import"),
];

/// What a path is about: `orders` for `/orders/{orderNumber}` and for `/admin/orders`.
fn family(path: &str) -> &str {
    let base = web::BASE.rsplit_once('/').map_or(web::BASE, |(base, _)| base);
    let below = path.strip_prefix(web::BASE).or(path.strip_prefix(base)).unwrap_or(path);
    let below = below.strip_prefix("/admin/").unwrap_or(below).trim_start_matches('/');
    below.split('/').next().unwrap_or_default()
}

#[test]
fn all_paths_of_one_family_have_one_home() {
    let mut homes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut apart = Vec::new();
    for module in MODULES {
        let (below, absolute) = ((module.routes)().build().document, (module.root_routes)().build().document);
        for path in below.paths.paths.keys().chain(absolute.paths.paths.keys()) {
            match APART.iter().find(|known| **known == (path.as_str(), module.name)) {
                Some(known) => apart.push(*known),
                None => _ = homes.entry(family(path).to_owned()).or_default().insert(module.name),
            }
        }
    }
    assert_eq!(apart, APART, "an exception that is no longer one");
    let (one, several): (Vec<_>, Vec<_>) = homes.iter().partition(|(_, modules)| modules.len() == 1);
    assert!(several.is_empty(), "routes of one family in several modules: {several:#?}");
    assert!(one.len() > 10, "only {one:?} found; the walk is broken");
}
