//! `If-Match`: the version a change was decided on (docs/RULES.md).

use crate::{Checked, Failure, sent_once};
use axum::{extract::FromRequestParts, http::request::Parts};
use kernel::{Result, text};

/// The version in `If-Match`: a number, bare or quoted as an entity tag. `*` and no header are `None`; C002 for the
/// rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl IfMatch {
    /// The one version that header and body name; C002 when they contradict each other.
    pub fn or(self, body: Option<i64>) -> Result<Option<i64>> {
        match (self.0, body) {
            (Some(header), Some(body)) if header != body => Err(text::wrong("version", "contradicts If-Match")),
            (header, body) => Ok(header.or(body)),
        }
    }

    fn read(header: &str) -> Option<Option<i64>> {
        match header.trim() {
            "*" => Some(None),
            // the tag of a response begins with the version of what it shows
            tag => {
                let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
                tag.split_once('-').map_or(tag, |(version, _)| version).parse().ok().map(Some)
            }
        }
    }
}

/// The version in the query of a request without a body: `?version=3`; combine it with [`IfMatch::or`].
#[derive(Debug, Clone, Copy, serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AtVersion {
    /// The version that is changed; or send `If-Match`.
    pub version: Option<i64>,
}

impl Checked for AtVersion {}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Failure;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<IfMatch, Failure> {
        let Some(header) = sent_once(&parts.headers, "If-Match")? else { return Ok(IfMatch(None)) };
        let version = header.to_str().ok().and_then(IfMatch::read);
        Ok(IfMatch(version.ok_or_else(|| text::wrong("If-Match", "must be a version, such as \"3\""))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_a_number_or_a_tag() {
        let read = ["3", "\"3\"", "W/\"3\"", "W/\"3-0f\"", "*", "abc", "\"a\"", "-1"].map(IfMatch::read);
        let three = Some(Some(3));
        assert_eq!(read, [three, three, three, three, Some(None), None, None, None]);
    }

    #[test]
    fn header_and_body_must_agree() {
        assert_eq!(IfMatch(Some(3)).or(Some(3)).unwrap(), Some(3));
        assert_eq!(IfMatch(None).or(Some(2)).unwrap(), Some(2));
        assert!(IfMatch(Some(3)).or(Some(2)).is_err());
    }
}
