//! Everything that is wrong with a request at once: with the types of its fields, with their values, and with each of the
//! extractors that read its query.

use crate::{
    Failure,
    reader::{Wrong, is_inside},
};
use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::{Code, Detail, Error, Result, Together};

/// A body or a query, which names everything that is wrong with its values.
pub trait Checked {
    /// What the handler refuses about the values as far as that needs no database, each with its field. The handler checks them
    /// itself; this is for a request of which something cannot even be read, so that the client gets all of it in one response.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// C002 about what could not be read, and about the values of the rest.
pub(crate) fn refusal<T: Checked>(wrong: Wrong<T>) -> Error {
    let Wrong { mut details, rest } = wrong;
    let values = rest.and_then(|rest| rest.check().err());
    let named: Vec<String> = details.iter().filter_map(|detail| detail.field.clone()).collect();
    // what was assumed in place of a wrong field says nothing about that field
    let is_new = |detail: &&Detail| {
        let field = detail.field.as_deref();
        field.is_some_and(|field| !named.iter().any(|wrong| is_inside(field, wrong) || is_inside(wrong, field)))
    };
    details.extend(values.iter().flat_map(|error| error.details().iter().filter(is_new).cloned()));
    Error::of_fields(Code::InvalidInput, details)
}

/// Several extractors of one request, which fail together: `All((Query(wanted), paging))`.
#[derive(Debug, Clone)]
pub struct All<T>(pub T);

/// A list of literals: the tuples.
macro_rules! tuples {
    ($(($($name:ident)+))*) => {
        $(#[allow(non_snake_case)]
        impl<S: Send + Sync, $($name: FromRequestParts<S, Rejection = Failure> + Send),+> FromRequestParts<S> for All<($($name,)+)> {
            type Rejection = Failure;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
                $(let $name = $name::from_request_parts(parts, state).await.map_err(|Failure(error)| error);)+
                Ok(All(($($name,)+).together()?))
            }
        })*
    };
}

tuples! { (A B) (A B C) (A B C D) }
