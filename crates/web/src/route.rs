//! Routes and what is declared about each: who may call it, whether it may take long, whether the rate limit counts it,
//! whether its answers are secret.
//! The declaration is written into the route's OpenAPI operation. The server, the document and the authorization tests read
//! it there, so a module says it once.

use crate::{
    App,
    contract::{self, Contract},
    documented,
};
use axum::{http::Method, middleware::from_fn_with_state};
use kernel::Code;
use std::{collections::HashMap, sync::Arc};
use utoipa::openapi::{
    OpenApi,
    path::{Operation, PathItem},
    security::SecurityRequirement,
};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// Names the callers of an operation in the OpenAPI document.
pub const ROLE_EXTENSION: &str = "x-holdfast-role";
const LONG_EXTENSION: &str = "x-holdfast-long";
const UNLIMITED_EXTENSION: &str = "x-holdfast-unlimited";
const SECRET_EXTENSION: &str = "x-holdfast-secret";
const COSTLY_EXTENSION: &str = "x-holdfast-costly";

/// Who may call a route. The handler's extractor enforces it; a test calls every route as everyone and compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    Public,
    /// Signed-in users; they see and change what is theirs.
    User,
    /// The user to whom the thing in the path belongs, and administrators where the handler allows them.
    Owner,
    /// Sellers and administrators.
    Seller,
    Admin,
    /// Other services of the shop.
    Service,
}

impl Access {
    /// Every kind of caller.
    pub const ALL: [Access; 6] =
        [Access::Public, Access::User, Access::Owner, Access::Seller, Access::Admin, Access::Service];

    /// As it is written into the OpenAPI document.
    pub const fn name(self) -> &'static str {
        match self {
            Access::Public => "public",
            Access::User => "user",
            Access::Owner => "owner",
            Access::Seller => "seller",
            Access::Admin => "admin",
            Access::Service => "service",
        }
    }

    /// The reverse of [`Access::name`].
    pub fn named(name: &str) -> Option<Access> {
        Access::ALL.into_iter().find(|access| access.name() == name)
    }
}

/// What a module declares about a route: one of the constants below, and what differs from the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Properties {
    pub access: Access,
    /// Works through a whole file or table, so the usual request timeout does not apply.
    pub long: bool,
    /// Not counted by the rate limit.
    pub unlimited: bool,
    /// Answers with a token or another secret, so no cache may store its responses.
    pub secret: bool,
    /// Costs much for the shop or may be used for guessing, so a stricter limit counts it too.
    pub costly: bool,
    /// Answers each caller with what is theirs although it is public, so no shared cache may store its responses.
    pub personal: bool,
    /// Its own failures, beside those that follow from its callers, its parameters and its body. The first one of status 404
    /// is the failure when the path names nothing.
    pub codes: &'static [Code],
}

/// See [`Access::Public`].
pub const PUBLIC: Properties = Properties::of(Access::Public);
/// See [`Access::User`].
pub const USER: Properties = Properties::of(Access::User);
/// See [`Access::Owner`].
pub const OWNER: Properties = Properties::of(Access::Owner);
/// See [`Access::Seller`].
pub const SELLER: Properties = Properties::of(Access::Seller);
/// See [`Access::Admin`].
pub const ADMIN: Properties = Properties::of(Access::Admin);
/// See [`Access::Service`].
pub const SERVICE: Properties = Properties::of(Access::Service);

impl Properties {
    const fn of(access: Access) -> Properties {
        Properties { access, long: false, unlimited: false, secret: false, costly: false, personal: false, codes: &[] }
    }

    /// For a route that works through a whole file or table.
    pub const fn long(self) -> Properties {
        Properties { long: true, ..self }
    }

    /// For a route that supervisors and monitors ask often from one address.
    pub const fn unlimited(self) -> Properties {
        Properties { unlimited: true, ..self }
    }

    /// For a route that answers with a token or another secret.
    pub const fn secret(self) -> Properties {
        Properties { secret: true, ..self }
    }

    /// For a route that hashes a password or sends a message.
    pub const fn costly(self) -> Properties {
        Properties { costly: true, ..self }
    }

    /// For a public route that knows its caller by something else than a sign-in.
    pub const fn personal(self) -> Properties {
        Properties { personal: true, ..self }
    }

    /// For a route with failures of its own.
    pub const fn refusing(self, codes: &'static [Code]) -> Properties {
        Properties { codes, ..self }
    }

    fn write(self, operation: &mut Operation) {
        documented::write_failures(operation, self);
        let bearer = || SecurityRequirement::new("bearer", Vec::<String>::new());
        operation.security = Some(match self.access {
            // a token is optional: some public routes answer more to a caller they know
            Access::Public => vec![SecurityRequirement::default(), bearer()],
            _ => vec![bearer()],
        });
        let extensions = operation.extensions.get_or_insert_default();
        extensions.insert(ROLE_EXTENSION.to_owned(), self.access.name().into());
        for (name, set) in [
            (LONG_EXTENSION, self.long),
            (UNLIMITED_EXTENSION, self.unlimited),
            (SECRET_EXTENSION, self.secret),
            (COSTLY_EXTENSION, self.costly),
        ] {
            if set {
                extensions.insert(name.to_owned(), true.into());
            }
        }
    }

    /// What was declared about an operation, except what only its contract needs; `None` when nothing was.
    fn read(operation: &Operation) -> Option<Properties> {
        let extensions = operation.extensions.as_ref()?;
        let access = Access::named(extensions.get(ROLE_EXTENSION)?.as_str()?)?;
        let set = |name| extensions.get(name).and_then(serde_json::Value::as_bool).unwrap_or(false);
        Some(Properties {
            access,
            long: set(LONG_EXTENSION),
            unlimited: set(UNLIMITED_EXTENSION),
            secret: set(SECRET_EXTENSION),
            costly: set(COSTLY_EXTENSION),
            personal: false,
            codes: &[],
        })
    }
}

/// Handlers with their OpenAPI descriptions and properties. `S` is the state they extract.
pub struct Routes<S = App>(OpenApiRouter<S>);

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Routes<S> {
        Routes(OpenApiRouter::new())
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes.
    pub fn new() -> Routes<S> {
        Routes::default()
    }

    /// Adds the handlers of one path, all with the same properties: `.add(ADMIN, routes!(list, create))`. Their requests
    /// must obey what their operations document.
    pub fn add(self, properties: Properties, group: UtoipaMethodRouter<S>) -> Routes<S> {
        let (schemas, mut paths, handlers) = group;
        let mut contracts = Vec::new();
        for (path, item) in &mut paths.paths {
            for (method, operation) in operations_mut(item) {
                properties.write(operation);
                contracts.push(Contract::of(path, method, operation, properties));
            }
        }
        let contracts: Arc<[Arc<Contract>]> = contracts.into();
        let handlers = handlers.route_layer(from_fn_with_state(contracts, contract::enforce));
        Routes(self.0.routes((schemas, paths, handlers)))
    }

    /// Adds the routes of another part of the module.
    pub fn merge(self, other: Routes<S>) -> Routes<S> {
        Routes(self.0.merge(other.0))
    }

    /// Adds `other` below `path`.
    pub fn nest(self, path: &str, other: Routes<S>) -> Routes<S> {
        Routes(self.0.nest(path, other.0))
    }

    /// The router and its part of the OpenAPI document.
    pub fn split_for_parts(self) -> (axum::Router<S>, OpenApi) {
        self.0.split_for_parts()
    }
}

/// What is declared about every route of a finished router, by path template and method.
#[derive(Debug, Default)]
pub struct Declared(HashMap<String, Vec<(Method, Properties)>>);

impl Declared {
    /// Reads the declarations out of the router's document.
    pub fn of(api: &OpenApi) -> Declared {
        let routes = api.paths.paths.iter().map(|(path, item)| {
            let declared =
                operations(item).filter_map(|(method, operation)| Some((method, Properties::read(operation)?)));
            (path.clone(), declared.collect())
        });
        Declared(routes.collect())
    }

    /// The properties of the route with this path template; `None` for a path outside the document.
    pub fn find(&self, path: &str, method: &Method) -> Option<Properties> {
        // axum answers HEAD with the handler of GET
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.0.get(path)?.iter().find(|(known, _)| known == method).map(|(_, properties)| *properties)
    }
}

/// The operations of a path that our routes can have.
pub fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let PathItem { get, post, put, patch, delete, .. } = item;
    let all = [
        (Method::GET, get),
        (Method::POST, post),
        (Method::PUT, put),
        (Method::PATCH, patch),
        (Method::DELETE, delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

/// As [`operations`], to be changed. Rust has no way to write both once.
pub fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let PathItem { get, post, put, patch, delete, .. } = item;
    let all = [
        (Method::GET, get),
        (Method::POST, post),
        (Method::PUT, put),
        (Method::PATCH, patch),
        (Method::DELETE, delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use utoipa_axum::routes;

    #[utoipa::path(get, path = "/things/{id}", responses((status = 200)))]
    async fn thing() {}
    #[utoipa::path(post, path = "/things/{id}", responses((status = 200)))]
    async fn rebuild_thing() {}

    #[test]
    fn a_nested_route_keeps_its_properties() {
        let things =
            Routes::<()>::new().add(PUBLIC.unlimited(), routes!(thing)).add(ADMIN.long(), routes!(rebuild_thing));
        let (_, api) = Routes::new().nest("/api", things).split_for_parts();
        let declared = Declared::of(&api);
        assert_eq!(declared.find("/api/things/{id}", &Method::GET), Some(PUBLIC.unlimited()));
        assert_eq!(declared.find("/api/things/{id}", &Method::HEAD), Some(PUBLIC.unlimited()));
        assert_eq!(declared.find("/api/things/{id}", &Method::POST), Some(ADMIN.long()));
        assert_eq!(declared.find("/things/{id}", &Method::GET), None);
    }
}
