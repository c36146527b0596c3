//! The OpenAPI document and its reader.

mod examples;
mod shapes;

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use bytes::Bytes;
use std::sync::{Arc, LazyLock, OnceLock};
use utoipa::openapi::{
    Components, Info, License, OpenApi, RefOr, Server,
    path::Operation,
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};
use utoipa_swagger_ui::Config;

/// Where the document is.
pub const PATH: &str = "/openapi.json";

/// The document of a running shop. It is completed when somebody asks for it, because that takes longer than all the rest of a start.
pub type Document = Arc<LazyLock<OpenApi, Box<dyn FnOnce() -> OpenApi + Send>>>;

/// The document of what the routes said about themselves.
pub fn document(described: impl FnOnce() -> OpenApi + Send + 'static) -> Document {
    Arc::new(LazyLock::new(Box::new(move || complete(described()))))
}

/// Completes what the domains said about themselves: title, how to sign in, and how every failure looks.
pub fn complete(mut api: OpenApi) -> OpenApi {
    let mut info = Info::new("Holdfast", env!("CARGO_PKG_VERSION"));
    info.description = Some(
        "A commerce backend that holds under a rush. Success is `{\"success\": true, \"data\": …}`; failure carries a code \
         that never changes (docs/ERRORS.md). Amounts are integers in the currency's minor unit, times are RFC 3339 in UTC."
            .to_owned(),
    );
    info.license = Some(License::new("MIT OR Apache-2.0"));
    api.info = info;
    api.servers = Some(vec![Server::new("/")]);
    let components = api.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let failure = <web::failure::FailureBody<'static> as utoipa::PartialSchema>::schema();
    components.schemas.insert("Failure".to_owned(), failure);
    components
        .schemas
        .entry("ErrorBody".to_owned())
        .or_insert_with(<web::failure::ErrorBody<'static> as utoipa::PartialSchema>::schema);
    components.schemas.entry("Detail".to_owned()).or_insert_with(<kernel::Detail as utoipa::PartialSchema>::schema);
    // an operation that does not say otherwise may be called with or without a token
    api.security = Some(vec![SecurityRequirement::default(), SecurityRequirement::new("bearer", Vec::<String>::new())]);
    shapes::name(&mut components.schemas);
    for item in api.paths.paths.values_mut() {
        for (_, operation) in web::route::operations_mut(item) {
            add_failure_response(operation);
        }
    }
    examples::add(&mut api);
    api
}

fn add_failure_response(operation: &mut Operation) {
    let response = web::documented::failure(
        "Any other failure: a code of docs/ERRORS.md in the envelope, or as application/problem+json on request.",
    );
    operation.responses.responses.entry("default".to_owned()).or_insert(RefOr::T(response));
}

/// The document as it is served and checked in.
pub fn text(api: &OpenApi) -> String {
    api.to_pretty_json().unwrap_or_default() + "\n"
}

/// `/openapi.json` and the reader at `/docs`, which comes out of the binary and loads nothing from elsewhere.
pub fn routes<S: Clone + Send + Sync + 'static>(api: Document) -> Router<S> {
    let written = Arc::new(OnceLock::new());
    let document = move || {
        let written = written.get_or_init(|| Bytes::from(serde_json::to_vec(&**api).unwrap_or_default()));
        ([(header::CONTENT_TYPE, "application/json")], written.clone())
    };
    let config = Arc::new(Config::from(PATH).try_it_out_enabled(true).persist_authorization(true));
    let page = {
        let config = Arc::clone(&config);
        get(move || async move { reader("index.html", config) })
    };
    Router::new()
        .route(PATH, get(move || async move { document() }))
        .route("/docs", get(|| async { Redirect::to("/docs/") }))
        .route("/docs/", page)
        .route("/docs/{*file}", get(move |Path(file): Path<String>| async move { reader(&file, config) }))
}

fn reader(file: &str, config: Arc<Config<'static>>) -> Response {
    match utoipa_swagger_ui::serve(file, config) {
        Ok(Some(file)) => ([(header::CONTENT_TYPE, file.content_type)], file.bytes.into_owned()).into_response(),
        Ok(None) => web::Failure(kernel::Code::NotFound.error()).into_response(),
        Err(error) => {
            tracing::warn!(%error, "the reader of the documentation failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
