//! Hashes passwords with argon2id and the library's defaults (19 MiB, two passes; OWASP's recommendation). Hashing
//! runs outside the writer and outside the async threads, a few at a time.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use kernel::{Code, Error, Result, text};
use std::sync::OnceLock;
use tokio::sync::Semaphore;

/// Hashes computed at the same time: each takes 19 MiB and one core for about 20 ms.
const AT_ONCE: usize = 2;
/// Hashes waiting or being computed; a further request gets C013 with Retry-After.
const WAITING: usize = 100;

static HASHER: Hasher = Hasher::new();

/// Computes hashes, [`AT_ONCE`] at a time.
struct Hasher {
    queue: Semaphore,
    running: Semaphore,
}

/// The hash of `password` with `salt`, in PHC form.
pub async fn hash(password: String, salt: [u8; 16]) -> Result<String> {
    HASHER
        .aside(move || {
            let password = text::password(&password);
            Argon2::default()
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(|e| Code::Internal.error().caused_by(e.to_string()))
        })
        .await
}

/// Whether `password` matches `hash`. Without a hash it takes the same time and returns false, so that the duration
/// does not reveal which e-mails are known. A hash of an older version may be of another spelling of the password.
pub async fn matches(password: String, hash: Option<String>) -> Result<bool> {
    HASHER
        .aside(move || {
            let known = hash.is_some();
            let hash = hash.as_deref().unwrap_or_else(|| dummy_hash());
            let parsed = PasswordHash::new(hash).map_err(|e| Code::Internal.error().caused_by(e.to_string()))?;
            let fits = |form: &String| Argon2::default().verify_password(form.as_bytes(), &parsed).is_ok();
            Ok(text::password_forms(&password).iter().any(fits) && known)
        })
        .await
}

/// A hash that matches no password, with the same cost as a real one.
fn dummy_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let hash: std::result::Result<PasswordHash, _> = Argon2::default().hash_password_with_salt(b"nobody", &[7; 16]);
        hash.map(|hash| hash.to_string()).unwrap_or_default()
    })
}

impl Hasher {
    const fn new() -> Hasher {
        Hasher { queue: Semaphore::const_new(WAITING), running: Semaphore::const_new(AT_ONCE) }
    }

    /// Runs `work` on a thread of its own. The permits are released when the work ends, not when the caller
    /// disconnects: otherwise clients that disconnect early could start any number of hashes.
    async fn aside<T: Send + 'static>(&'static self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let place = self.queue.try_acquire().map_err(|_| busy())?;
        let turn = self.running.acquire().await.map_err(|_| busy())?;
        let kept = move || {
            let outcome = work();
            drop((place, turn));
            outcome
        };
        tokio::task::spawn_blocking(kept).await.map_err(|e| Code::Internal.error().caused_by(e))?
    }
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

    #[tokio::test]
    async fn a_password_matches_in_every_spelling_and_so_do_older_hashes() {
        let (composed, decomposed) =
            ("달빛 Café", "\u{1103}\u{1161}\u{11AF}\u{1107}\u{1175}\u{11BE}\u{3000}Cafe\u{301}");
        let hash = hash(composed.to_owned(), [1; 16]).await.unwrap();
        assert!(matches(decomposed.to_owned(), Some(hash)).await.unwrap());
        let older: PasswordHash = Argon2::default().hash_password_with_salt(decomposed.as_bytes(), &[1; 16]).unwrap();
        assert!(matches(decomposed.to_owned(), Some(older.to_string())).await.unwrap());
        assert!(!matches("달빛 Cafe".to_owned(), Some(older.to_string())).await.unwrap());
    }

    #[tokio::test]
    async fn people_who_hang_up_keep_their_turn_until_their_hash_is_made() {
        static HASHER: Hasher = Hasher::new();
        let (go_on, waits) = std::sync::mpsc::channel::<()>();
        let hung_up = tokio::spawn(HASHER.aside(move || {
            let _ = waits.recv();
            Ok(())
        }));
        while HASHER.running.available_permits() == AT_ONCE {
            tokio::task::yield_now().await;
        }
        hung_up.abort();
        assert!(hung_up.await.is_err());
        assert_eq!(HASHER.running.available_permits(), AT_ONCE - 1);
        drop(go_on);
        while HASHER.running.available_permits() < AT_ONCE {
            tokio::task::yield_now().await;
        }
        assert_eq!(HASHER.queue.available_permits(), WAITING);
    }

    #[tokio::test]
    async fn too_many_at_once_are_refused_with_a_time_to_come_back() {
        static HASHER: Hasher = Hasher::new();
        let (go_on, waits) = std::sync::mpsc::channel::<()>();
        let waits = std::sync::Arc::new(std::sync::Mutex::new(waits));
        for _ in 0..WAITING {
            let waits = std::sync::Arc::clone(&waits);
            tokio::spawn(HASHER.aside(move || {
                let _ = waits.lock().map(|waits| waits.recv());
                Ok(())
            }));
        }
        while HASHER.queue.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = HASHER.aside(|| Ok(())).await.unwrap_err();
        assert_eq!((refused.code(), refused.retry_after_s()), (Code::Unavailable, Some(2)));
        drop(go_on);
    }
}
