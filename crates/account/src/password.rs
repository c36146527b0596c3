//! Hashes passwords with argon2id and the library's defaults (19 MiB, two passes; OWASP's recommendation). Hashing
//! runs outside the writer and outside the async threads, a few at a time, and clients take turns.

use crate::strength;
use crate::turns::{Client, Limits, Turns};
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use kernel::{Code, Result, text};
use std::sync::{LazyLock, OnceLock};

/// Each hash takes 19 MiB and one core for about 20 ms. The last one in a full queue waits for about ten seconds, which is
/// less than a request may take.
const LIMITS: Limits = Limits { at_once: 2, waiting_of_client: 100, waiting: 1_000 };

static TURNS: LazyLock<Turns> = LazyLock::new(|| Turns::new(LIMITS));

/// The hash of a new password with `salt`, in PHC form. A012 when the password is easily guessed, `own` being what others
/// know of its owner.
pub async fn hash_new(client: Client, password: String, own: Vec<String>, salt: [u8; 16]) -> Result<String> {
    aside(&TURNS, client, move || {
        strength::must_be_hard_to_guess(&password, &own)?;
        hash(&password, &salt)
    })
    .await
}

fn hash(password: &str, salt: &[u8; 16]) -> Result<String> {
    Argon2::default()
        .hash_password_with_salt(text::password(password).as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|e| Code::Internal.error().caused_by(e.to_string()))
}

/// Whether `password` matches `hash`. Without a hash it takes the same time and returns false, so that the duration
/// does not reveal which e-mails are known. A hash of an older version may be of another spelling of the password.
pub async fn matches(client: Client, password: String, hash: Option<String>) -> Result<bool> {
    aside(&TURNS, client, move || {
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

/// Runs `work` on a thread of its own when it is the client's turn. The turn ends when the work ends, not when the caller
/// disconnects: otherwise clients that disconnect early could start any number of hashes.
async fn aside<T: Send + 'static>(
    turns: &Turns,
    client: Client,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let turn = turns.take(client).await?;
    let kept = move || {
        let outcome = work();
        drop(turn);
        outcome
    };
    tokio::task::spawn_blocking(kept).await.map_err(|e| Code::Internal.error().caused_by(e))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hash = hash("moon jar", &[1; 16]).unwrap();
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(matches(None, "moon jar".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!matches(None, "moon cup".to_owned(), Some(hash)).await.unwrap());
        assert!(!matches(None, "nobody".to_owned(), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_password_matches_in_every_spelling_and_so_do_older_hashes() {
        let (composed, decomposed) =
            ("달빛 Café", "\u{1103}\u{1161}\u{11AF}\u{1107}\u{1175}\u{11BE}\u{3000}Cafe\u{301}");
        let hash = hash(composed, &[1; 16]).unwrap();
        assert!(matches(None, decomposed.to_owned(), Some(hash)).await.unwrap());
        let older: PasswordHash = Argon2::default().hash_password_with_salt(decomposed.as_bytes(), &[1; 16]).unwrap();
        assert!(matches(None, decomposed.to_owned(), Some(older.to_string())).await.unwrap());
        assert!(!matches(None, "달빛 Cafe".to_owned(), Some(older.to_string())).await.unwrap());
    }

    #[tokio::test]
    async fn people_who_hang_up_keep_their_turn_until_their_hash_is_made() {
        let turns = Turns::new(LIMITS);
        let (go_on, waits) = std::sync::mpsc::channel::<()>();
        let of_task = turns.clone();
        let hung_up = tokio::spawn(async move {
            let made = aside(&of_task, None, move || {
                let _ = waits.recv();
                Ok(())
            });
            made.await
        });
        while turns.counts().0 == 0 {
            tokio::task::yield_now().await;
        }
        hung_up.abort();
        assert!(hung_up.await.is_err());
        assert_eq!(turns.counts(), (1, 0));
        drop(go_on);
        while turns.counts().0 > 0 {
            tokio::task::yield_now().await;
        }
    }
}
