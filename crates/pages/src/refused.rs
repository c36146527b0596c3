//! Failures on their way to a page.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kernel::{Code, Error};
use std::sync::Arc;
use web::Failure;

/// What the handler of a page returns.
pub type PageResult = Result<Response, Refused>;

/// A failure, our own or one of the API. The front makes a page of it.
#[derive(Debug, Clone)]
pub struct Refused(pub Arc<Error>);

impl Refused {
    pub fn code(&self) -> Code {
        self.0.code()
    }

    /// The status of a page that shows it.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused(Arc::new(error))
    }
}

impl From<Failure> for Refused {
    fn from(Failure(error): Failure) -> Refused {
        error.into()
    }
}

impl From<Code> for Refused {
    fn from(code: Code) -> Refused {
        code.error().into()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        // the edge renders and logs it, as every failure
        response.extensions_mut().insert(self.0);
        response
    }
}
