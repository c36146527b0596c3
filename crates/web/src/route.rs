//! Routes and what is declared about each: who may call it, whether it may take long, whether the rate limit counts it,
//! whether its answers are secret.
//! A module says it once: the server finds it by the route ([`Declared`]), readers and the authorization tests in the OpenAPI
//! document.

use crate::{App, contract::Contract, documented};
use axum::{
    extract::{MatchedPath, Request},
    http::Method,
};
use kernel::Code;
use std::{collections::HashMap, sync::Arc};
use utoipa::openapi::{
    OpenApi,
    path::{Operation, PathItem, PathsMap},
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
}

/// Handlers with their OpenAPI descriptions and properties. `S` is the state they extract.
pub struct Routes<S = App>(Vec<Group<S>>);

/// The handlers of one path, or of several that do the same.
struct Group<S> {
    properties: Properties,
    described: UtoipaMethodRouter<S>,
}

/// Routes put together.
pub struct Built<S> {
    /// The handlers.
    pub router: axum::Router<S>,
    /// Their part of the OpenAPI document.
    pub document: OpenApi,
    /// What binds their requests: [`crate::contract::enforce`].
    pub declared: Declared,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Routes<S> {
        Routes(Vec::new())
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes.
    pub fn new() -> Routes<S> {
        Routes::default()
    }

    /// Adds handlers of one path with the same properties: `.add(ADMIN, routes!(change, remove))`. Handlers of a path with
    /// other properties, such as other failures, are added on their own. Their requests must obey what their operations document.
    pub fn add(mut self, properties: Properties, described: UtoipaMethodRouter<S>) -> Routes<S> {
        self.0.push(Group { properties, described });
        self
    }

    /// Adds the routes of another part of the module.
    pub fn merge(mut self, other: Routes<S>) -> Routes<S> {
        self.0.extend(other.0);
        self
    }

    /// Adds `other` below `path`. Its handlers see the whole path: axum's own nesting would rewrite every request.
    pub fn nest(mut self, path: &str, other: Routes<S>) -> Routes<S> {
        for mut group in other.0 {
            let paths = std::mem::take(&mut group.described.1.paths);
            group.described.1.paths = paths.into_iter().map(|(below, item)| (format!("{path}{below}"), item)).collect();
            self.0.push(group);
        }
        self
    }

    /// Puts the routes together.
    pub fn build(self) -> Built<S> {
        let mut declared = Declared::default();
        let mut routes = OpenApiRouter::new();
        for Group { properties, mut described } in self.0 {
            declared.add(properties, &mut described.1.paths);
            routes = routes.routes(described);
        }
        let (router, document) = routes.split_for_parts();
        Built { router, document, declared }
    }
}

/// What is declared about every route of a finished router, by path template and method.
#[derive(Debug, Default, Clone)]
pub struct Declared(HashMap<String, Vec<Arc<Contract>>>);

impl Declared {
    /// Writes the properties into the operations and keeps their contracts.
    fn add(&mut self, properties: Properties, paths: &mut PathsMap<String, PathItem>) {
        for (path, item) in paths {
            for (method, operation) in operations_mut(item) {
                properties.write(operation);
                let contract = Contract::of(path, method, operation, properties);
                self.0.entry(path.clone()).or_default().push(Arc::new(contract));
            }
        }
    }

    /// Adds what is declared about other routes.
    pub fn merge(mut self, other: Declared) -> Declared {
        for (path, contracts) in other.0 {
            self.0.entry(path).or_default().extend(contracts);
        }
        self
    }

    /// The contract of the request's operation; `None` for a path outside the document and for a method that the path does not
    /// have.
    pub fn find(&self, request: &Request) -> Option<&Arc<Contract>> {
        let path = request.extensions().get::<MatchedPath>()?;
        // axum answers HEAD with the handler of GET
        let method = if request.method() == Method::HEAD { &Method::GET } else { request.method() };
        self.0.get(path.as_str())?.iter().find(|contract| contract.method == method)
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
        let Built { document, declared, .. } = Routes::new().nest("/api", things).build();
        let of = |path: &str, method| {
            let contract = declared.0.get(path)?.iter().find(|contract| contract.method == method);
            contract.map(|contract| contract.properties)
        };
        assert_eq!(of("/api/things/{id}", Method::GET), Some(PUBLIC.unlimited()));
        assert_eq!(of("/api/things/{id}", Method::POST), Some(ADMIN.long()));
        assert_eq!(of("/api/things/{id}", Method::PUT), None);
        assert_eq!(of("/things/{id}", Method::GET), None);
        assert_eq!(document.paths.paths.keys().collect::<Vec<_>>(), ["/api/things/{id}"]);
    }
}
