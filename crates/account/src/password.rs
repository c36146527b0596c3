//! Hashing passwords: argon2id with the library's defaults (19 MiB, two passes; OWASP's recommendation), outside the writer
//! and outside the async threads, a few at a time.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use kernel::{Code, Error, Result};
use std::sync::OnceLock;
use tokio::sync::Semaphore;

/// Hashes made at once: each takes 19 MiB and a core for some 20 ms.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// Hashes waiting or made; one more is told to come back.
static WAITING: Semaphore = Semaphore::const_new(100);

/// The hash of `password` with `salt`, in PHC form.
pub async fn hash(password: String, salt: [u8; 16]) -> Result<String> {
    aside(move || {
        Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map(|hash| hash.to_string())
            .map_err(|e| Code::Internal.error().caused_by(e.to_string()))
    })
    .await
}

/// Whether `password` is the one behind `hash`. Without a hash it takes as long and is false, so that nobody learns by the
/// time it takes which e-mails are known.
pub async fn matches(password: String, hash: Option<String>) -> Result<bool> {
    aside(move || {
        let known = hash.is_some();
        let hash = hash.as_deref().unwrap_or_else(|| nobodys());
        let parsed = PasswordHash::new(hash).map_err(|e| Code::Internal.error().caused_by(e.to_string()))?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && known)
    })
    .await
}

/// A hash that nobody's password has, with the same cost as a real one.
fn nobodys() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let hash: std::result::Result<PasswordHash, _> = Argon2::default().hash_password_with_salt(b"nobody", &[7; 16]);
        hash.map(|hash| hash.to_string()).unwrap_or_default()
    })
}

async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let _place = WAITING.try_acquire().map_err(|_| busy())?;
    let _turn = AT_ONCE.acquire().await.map_err(|_| busy())?;
    tokio::task::spawn_blocking(work).await.map_err(|e| Code::Internal.error().caused_by(e))?
}

fn busy() -> Error {
    Code::Unavailable.because("too many sign-ins at once").retry_after(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hash = hash("moon jar".to_owned(), [1; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(matches("moon jar".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!matches("moon cup".to_owned(), Some(hash)).await.unwrap());
        assert!(!matches("nobody".to_owned(), None).await.unwrap());
    }
}
