//! Shared secrets: never printed, compared in constant time, and refused when a stranger could guess them.

use kernel::{Code, Result};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// What a shop on a developer's machine uses when nothing is configured. Public, so it protects nothing.
pub const DEVELOPMENT_SECRET: &str = "holdfast-development-secret-for-loopback-only";

/// Fewest bytes of a secret that strangers may try: as many as the hash it keys.
const BYTES_MIN: usize = 32;
/// Fewest distinct bytes in it; less is a repeated word, not a secret.
const DISTINCT_MIN: usize = 10;

/// A secret from the configuration. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// This text as a secret.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text, to send it to another system.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `given` is the same. The time of the comparison does not depend on where they differ, because it compares whole digests of
    /// equal length.
    pub fn matches(&self, given: &[u8]) -> bool {
        let (own, given) = (Sha256::digest(self.bytes()), Sha256::digest(given));
        own.iter().zip(given.iter()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(masked)")
    }
}

/// Why strangers could guess `secret`: it is the development secret, short or monotonous.
pub fn weakness(secret: &str) -> Option<String> {
    if secret == DEVELOPMENT_SECRET {
        Some("is the development default".to_owned())
    } else if secret.len() < BYTES_MIN {
        Some(format!("has fewer than {BYTES_MIN} bytes"))
    } else if secret.bytes().collect::<HashSet<_>>().len() < DISTINCT_MIN {
        Some("repeats too few characters".to_owned())
    } else {
        None
    }
}

/// Checks that `secret` is strong enough for a shop that others can reach, which `reached` explains; C002 with what to do.
pub fn check_secret(reached: &str, secret: &str) -> Result<()> {
    match weakness(secret) {
        None => Ok(()),
        Some(why) => Err(Code::InvalidInput.because(format!(
            "others can reach this shop ({reached}), but a secret {why}; make one with `openssl rand -base64 48`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_secrets_are_refused_where_others_can_try_them() {
        for weak in ["", "secret", DEVELOPMENT_SECRET, "abababababababababababababababababab"] {
            let refusal = check_secret("by a proxy", weak).unwrap_err();
            let said = refusal.detail().unwrap();
            assert!(said.contains("openssl") && said.contains("by a proxy"), "{refusal}");
        }
        assert!(check_secret("by a proxy", "p9Kd0s/7yQx2LmVb4RtZc8WnEa1GhJf6").is_ok());
    }

    #[test]
    fn secrets_match_only_themselves_and_are_not_printed() {
        let secret = Secret::new("open sesame");
        assert!(secret.matches(b"open sesame"));
        for other in ["open sesam", "open sesame ", "", "Open sesame"] {
            assert!(!secret.matches(other.as_bytes()), "{other}");
        }
        assert!(!format!("{secret:?}").contains("sesame"));
    }
}
