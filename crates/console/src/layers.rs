//! What surrounds the handlers of the console.

use crate::Console;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

/// The same around pages whose forms have files.
pub async fn private_with_files(State(console): State<Console>, request: Request, next: Next) -> Response {
    console.door_for_files().pass(request, next).await
}

/// Around every page: forms are checked, the session comes along, and no cache may store the response.
pub async fn private(State(console): State<Console>, request: Request, next: Next) -> Response {
    console.door().pass(request, next).await
}
