//! Entity tags: a client that has a response already asks with `If-None-Match`, and gets 304 while it is still the same.
//!
//! A tag is weak, because the bytes on the way may be compressed. It is made of the body; the tag of one thing with a version
//! begins with that version, so that `If-Match` takes it as well.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{
    fmt,
    hash::{DefaultHasher, Hasher},
};

/// Largest body with a tag; a larger one is rarely asked for twice.
const TAGGED_MAX: usize = 4 << 20;

/// The tag of this body. `one` says that it may show one thing with a version.
pub fn of(body: &[u8], one: bool) -> HeaderValue {
    let mut hash = DefaultHasher::new();
    hash.write(body);
    let hash = hash.finish();
    let version = if one { serde_json::from_slice::<Shown>(body).ok().and_then(|shown| shown.data.0) } else { None };
    let tag = match version {
        Some(version) => format!("W/\"{version}-{hash:016x}\""),
        None => format!("W/\"h{hash:016x}\""),
    };
    HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("*"))
}

/// The response with its tag, or 304 when the client has it already.
pub(crate) async fn tagged(response: Response, asked: &HeaderMap, public: bool, one: bool) -> Response {
    let json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if response.status() != StatusCode::OK || !json || response.headers().contains_key(header::CACHE_CONTROL) {
        return response;
    }
    // a tag that is there already came from the response cache, which has the same for every caller
    let shared = public && response.headers().contains_key(header::ETAG);
    let mut response = match response.headers().contains_key(header::ETAG) {
        true => response,
        false => {
            let (mut parts, body) = response.into_parts();
            let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
                return Response::from_parts(parts, Body::empty());
            };
            if body.len() <= TAGGED_MAX {
                parts.headers.insert(header::ETAG, of(&body, one));
            }
            Response::from_parts(parts, Body::from(body))
        }
    };
    let Some(tag) = response.headers().get(header::ETAG).cloned() else { return response };
    if is_known(asked, &tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(header::CONTENT_TYPE);
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    // a cache may keep it, and asks each time whether it is still the same
    let control = if shared { "no-cache" } else { "private, no-cache" };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(control));
    response.headers_mut().append(header::VARY, HeaderValue::from_static("authorization, accept-language"));
    response
}

/// Whether the client has the response with this tag.
pub fn is_known(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    if asked.is_empty() {
        return false;
    }
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(tag) = tag.to_str().map(opaque) else { return false };
    let sent = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|value| value.split(',')).any(|sent| sent.trim() == "*" || opaque(sent) == tag)
}

/// Ready bytes with their tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    body: Bytes,
    tag: HeaderValue,
}

impl Tagged {
    pub(crate) fn of(body: Bytes) -> Tagged {
        let tag = of(&body, true);
        Tagged { body, tag }
    }
}

impl std::ops::Deref for Tagged {
    type Target = Bytes;
    fn deref(&self) -> &Bytes {
        &self.body
    }
}

impl axum::response::IntoResponse for Tagged {
    fn into_response(self) -> Response {
        let mut response = crate::response::json_response(StatusCode::OK, None, self.body);
        response.headers_mut().insert(header::ETAG, self.tag);
        response
    }
}

/// As much of a body as its tag needs.
#[derive(serde::Deserialize)]
struct Shown {
    data: Version,
}

/// The member `version` of an object.
struct Version(Option<i64>);

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        deserializer.deserialize_any(Version(None))
    }
}

impl<'de> Visitor<'de> for Version {
    type Value = Version;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("data")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Version, A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "version" => self.0 = members.next_value()?,
                _ => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Version, A::Error> {
        while entries.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_of_one_thing_begins_with_its_version() {
        let text = |body: &str| of(body.as_bytes(), true).to_str().unwrap().to_owned();
        let one = text(r#"{"success":true,"data":{"lines":[{"version":9}],"version":3,"name":"mug"}}"#);
        assert!(one.starts_with("W/\"3-"), "{one}");
        for other in [r#"{"success":true,"data":[{"version":3}]}"#, r#"{"success":true,"data":{"version":null}}"#, "{}"]
        {
            assert!(text(other).starts_with("W/\"h"), "{other}");
        }
        assert_ne!(text(r#"{"data":{"version":3,"a":1}}"#), text(r#"{"data":{"version":3,"a":2}}"#));
    }

    #[test]
    fn a_client_may_know_several_tags() {
        let asked =
            |text: &'static str| HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static(text))]);
        let tag = HeaderValue::from_static("W/\"3-a\"");
        for known in ["W/\"3-a\"", "\"3-a\"", "*", "\"x\", W/\"3-a\""] {
            assert!(is_known(&asked(known), &tag), "{known}");
        }
        assert!(!is_known(&asked("W/\"3-b\""), &tag));
        assert!(!is_known(&HeaderMap::new(), &tag));
    }
}
