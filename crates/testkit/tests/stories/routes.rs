//! Every route the shop must answer, with who may use it: the list for the domains that exist, as the tests read it.

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Anybody.
    Anybody,
    /// Anybody signed in; what they see is their own.
    Users,
    /// The owner of the thing in the path, and administrators where the route says so.
    Owners,
    /// Sellers and administrators.
    Sellers,
    /// Administrators.
    Admins,
    /// Other services of the shop.
    Services,
}

use May::{Admins, Anybody, Owners, Sellers, Services, Users};

/// Who, method, path (below the base path unless it begins with `//`, which stands for the root).
pub const ROUTES: &[(May, &str, &str)] = &[
    // catalogue and stock
    (Anybody, "GET", "/products"),
    (Anybody, "GET", "/products/{id}"),
    (Anybody, "GET", "/products/popular"),
    (Anybody, "GET", "/products/{id}/with-reviews"),
    (Anybody, "GET", "/categories"),
    (Anybody, "GET", "/categories/tree"),
    (Anybody, "GET", "/categories/{id}"),
    (Anybody, "POST", "/products/verify"),
    (Services, "POST", "/internal/variants/by-ids"),
    (Sellers, "POST", "/products"),
    (Sellers, "PUT", "/products/{id}"),
    (Sellers, "DELETE", "/products/{id}"),
    (Sellers, "POST", "/products/{id}/variants"),
    (Sellers, "PUT", "/products/{id}/variants/{variantId}"),
    (Sellers, "DELETE", "/products/{id}/variants/{variantId}"),
    (Sellers, "POST", "/products/{id}/images"),
    (Sellers, "PUT", "/products/{id}/images"),
    (Anybody, "GET", "/inventory/{productId}"),
    (Anybody, "POST", "/inventory/batch"),
    (Anybody, "GET", "/inventory/stream"),
    // buying
    (Users, "GET", "/cart"),
    (Users, "POST", "/cart/items"),
    (Users, "PUT", "/cart/items/{itemId}"),
    (Users, "DELETE", "/cart/items/{itemId}"),
    (Users, "DELETE", "/cart"),
    (Users, "POST", "/cart/checkout"),
    (Users, "POST", "/orders/quote"),
    (Users, "POST", "/orders"),
    (Users, "GET", "/orders"),
    (Owners, "GET", "/orders/{n}"),
    (Owners, "PUT", "/orders/{n}/cancel"),
    (Owners, "POST", "/orders/{n}/cancel"),
    (Owners, "GET", "/orders/{n}/stream"),
    (Users, "GET", "/orders/stream"),
    (Users, "POST", "/orders/confirm"),
    (Users, "POST", "/payments"),
    (Owners, "GET", "/payments/{paymentNumber}"),
    (Owners, "GET", "/payments/order/{orderNumber}"),
    (Owners, "POST", "/payments/{n}/cancel"),
    (Anybody, "POST", "/payments/webhooks/toss"),
    (Owners, "GET", "/deliveries/{trackingNumber}"),
    (Owners, "GET", "/deliveries/order/{orderNumber}"),
    // administration
    (Sellers, "GET", "/admin/products"),
    (Sellers, "POST", "/admin/products"),
    (Sellers, "PUT", "/admin/products/{id}"),
    (Sellers, "DELETE", "/admin/products/{id}"),
    (Sellers, "GET", "/admin/products/{id}"),
    (Sellers, "GET", "/admin/products/{id}/variants"),
    (Sellers, "POST", "/admin/products/{id}/variants"),
    (Sellers, "PUT", "/admin/products/{id}/variants/{variantId}"),
    (Sellers, "DELETE", "/admin/products/{id}/variants/{variantId}"),
    (Sellers, "GET", "/admin/products/{id}/images"),
    (Sellers, "POST", "/admin/products/{id}/images"),
    (Sellers, "PUT", "/admin/products/{id}/images"),
    (Admins, "GET", "/admin/categories"),
    (Admins, "POST", "/admin/categories"),
    (Admins, "GET", "/admin/categories/{id}"),
    (Admins, "PUT", "/admin/categories/{id}"),
    (Admins, "DELETE", "/admin/categories/{id}"),
    (Sellers, "PATCH", "/admin/products/{id}/stock"),
    (Sellers, "PATCH", "/admin/products/{id}/publish"),
    (Sellers, "PATCH", "/admin/products/{id}/close"),
    (Sellers, "POST", "/admin/products/import"),
    (Sellers, "POST", "/inventory/{productId}"),
    (Sellers, "PUT", "/inventory/{productId}/add"),
    (Sellers, "PUT", "/inventory/{productId}/adjust"),
    (Sellers, "GET", "/inventory/{productId}/movements"),
    (Admins, "POST", "/admin/inventory/rebuild"),
    (Admins, "GET", "/admin/orders"),
    (Admins, "GET", "/admin/orders/{n}"),
    (Admins, "PUT", "/admin/orders/{n}/status"),
    (Admins, "GET", "/admin/orders/{n}/explain"),
    (Admins, "POST", "/payments/{n}/refund"),
    (Admins, "PUT", "/deliveries/{trackingNumber}/status"),
    (Admins, "GET", "/admin/sagas"),
    (Admins, "POST", "/admin/sagas/{sagaId}/retry"),
    (Admins, "POST", "/admin/sagas/{sagaId}/resolve"),
    (Admins, "GET", "/admin/events"),
    (Admins, "POST", "/admin/events/{id}/redeliver"),
    (Admins, "GET", "/admin/audit"),
    (Admins, "POST", "/admin/audit"),
    // accounts and operations
    (Anybody, "POST", "//api/v1/users/signup"),
    (Anybody, "POST", "//api/v1/auth/login"),
    (Anybody, "POST", "//api/v1/auth/refresh"),
    (Anybody, "POST", "//api/v1/auth/logout"),
    (Users, "GET", "//api/v1/users/me"),
    (Users, "PUT", "//api/v1/users/me"),
    (Users, "PUT", "//api/v1/users/me/password"),
    (Users, "GET", "//api/v1/users/me/addresses"),
    (Users, "POST", "//api/v1/users/me/addresses"),
    (Users, "PUT", "//api/v1/users/me/addresses/{id}"),
    (Users, "DELETE", "//api/v1/users/me/addresses/{id}"),
    (Users, "POST", "//api/v1/auth/stream-token"),
    (Anybody, "GET", "//healthz"),
    (Anybody, "GET", "//readyz"),
    (Anybody, "GET", "//metrics"),
];

/// The full path of a route in [`ROUTES`], with every parameter as `{}`.
pub fn normal(path: &str) -> String {
    let full = path.strip_prefix("//").map_or_else(|| format!("{}{path}", web::BASE), |rest| format!("/{rest}"));
    let mut out = String::new();
    let mut inside = false;
    for c in full.chars() {
        match c {
            '{' => {
                inside = true;
                out.push('{');
            }
            '}' => {
                inside = false;
                out.push('}');
            }
            _ if inside => {}
            c => out.push(c),
        }
    }
    out
}
