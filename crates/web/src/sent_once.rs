//! Headers that a request may have once.

use axum::http::{HeaderMap, HeaderValue, header::AsHeaderName};
use kernel::{Code, Detail, Error, Result};
use std::fmt::Display;

/// The value of a header that decides what a request does; headers that are lists by their nature, such as `Accept`, are read
/// otherwise. C002 when it comes twice: of two values, a proxy and we might each take another one.
pub fn sent_once<N: AsHeaderName + Display + Copy>(headers: &HeaderMap, name: N) -> Result<Option<&HeaderValue>> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() {
        let twice = Detail::field(name.to_string(), "must be given once");
        return Err(Error::of_fields(Code::InvalidInput, vec![twice]));
    }
    Ok(value)
}
