//! Every route of the shop with its callers, as the modules declare them. The OpenAPI document carries the declarations.

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
