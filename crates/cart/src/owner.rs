//! Whose a cart is: a user's, or a guest's, who shows an opaque token instead of signing in.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kernel::{Code, Random, Result, UserId};
use sha2::{Digest, Sha256};
use store::{Arg, Column, FromColumn, ToArg};

/// Longest token that is looked up, in bytes; ours have 43.
const TOKEN_MAX: usize = 100;
/// What the key of a guest begins with. No user id begins like this.
const GUEST: &str = "guest-";
/// Bytes of a token's hash that are kept: 120 bits cannot be guessed, and the key fits where a user id does.
const HASHED: usize = 15;

/// Whose a cart is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    User(UserId),
    Guest(Guest),
}

/// A guest, as the database knows it: by the hash of its token, so that a stolen database opens no carts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guest([u8; HASHED]);

impl Guest {
    /// A new guest with its token: 256 random bits, which only the guest keeps.
    pub fn draw(random: &mut Random) -> (Guest, String) {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        let token = BASE64_URL_SAFE_NO_PAD.encode(bytes);
        (Guest::hashed(&token), token)
    }

    /// The guest who shows this token; `None` for a text that cannot be a token.
    pub fn of_token(token: &str) -> Option<Guest> {
        (1..=TOKEN_MAX).contains(&token.len()).then(|| Guest::hashed(token))
    }

    fn hashed(token: &str) -> Guest {
        let mut kept = [0; HASHED];
        kept.copy_from_slice(&Sha256::digest(token)[..HASHED]);
        Guest(kept)
    }

    /// The key under which the database knows the guest.
    pub fn key(&self) -> String {
        format!("{GUEST}{}", kernel::hex(&self.0))
    }

    fn of_key(key: &str) -> Option<Guest> {
        let digits = key.strip_prefix(GUEST).filter(|digits| digits.len() == 2 * HASHED && digits.is_ascii())?;
        let mut kept = [0; HASHED];
        for (byte, at) in kept.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
        }
        Some(Guest(kept))
    }
}

impl From<UserId> for Owner {
    fn from(user: UserId) -> Owner {
        Owner::User(user)
    }
}

impl Owner {
    /// The user, unless it is a guest.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Owner::User(user) => Some(*user),
            Owner::Guest(_) => None,
        }
    }
}

impl ToArg for Owner {
    fn to_arg(&self) -> Arg<'_> {
        match self {
            Owner::User(user) => user.to_arg(),
            Owner::Guest(guest) => Arg::Owned(guest.key()),
        }
    }
}

impl FromColumn for Owner {
    fn from_column(column: Column<'_>) -> Result<Owner> {
        match column {
            Column::Text(key) if key.starts_with(GUEST) => {
                let unknown = || Code::Internal.error().caused_by("a guest's key is damaged");
                Guest::of_key(key).map(Owner::Guest).ok_or_else(unknown)
            }
            other => UserId::from_column(other).map(Owner::User),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_a_guest_does_not_contain_its_token_and_fits_where_a_user_id_does() {
        let (guest, token) = Guest::draw(&mut Random::seeded(7));
        assert_eq!(Guest::of_token(&token), Some(guest));
        assert_ne!(Guest::draw(&mut Random::seeded(8)).0, guest);
        let key = guest.key();
        assert!(!key.contains(&token) && key.len() == 36, "{key}");
        assert_eq!(Owner::from_column(Column::Text(&key)).unwrap(), Owner::Guest(guest));
        assert!(Owner::from_column(Column::Text("guest-7")).is_err());
        assert_eq!(Guest::of_token(""), None);
        assert_eq!(Guest::of_token(&"x".repeat(TOKEN_MAX + 1)), None);
    }
}
