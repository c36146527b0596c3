//! The version on which a change was decided (docs/RULES.md).

use crate::{Code, Detail, Error, Result};

/// C016 with the current version when the caller expected another one.
pub fn same_version(current: i64, expected: Option<i64>) -> Result<()> {
    match expected {
        Some(expected) if expected != current => Err(outdated(current)),
        Some(_) | None => Ok(()),
    }
}

/// C016 with the current version.
pub fn outdated(current: i64) -> Error {
    Code::OutdatedVersion
        .because(format!("the current version is {current}"))
        .with(Detail::field("version", format!("the current version is {current}")).with("currentVersion", current))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outdated_version_is_refused_with_the_current_one() {
        let error = same_version(4, Some(3)).unwrap_err();
        assert_eq!(error.code(), Code::OutdatedVersion);
        assert_eq!(error.details()[0].values["currentVersion"], 4);
        assert!(same_version(4, None).is_ok() && same_version(4, Some(4)).is_ok());
    }
}
