//! Users and the rules for e-mails, nicknames and passwords.

use kernel::{Code, Error, Result, Timestamp, Together, UserId, text};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use web::{Checked, Role, Roles, SecretText};

/// Longest e-mail address, in characters (RFC 5321's path limit).
pub const EMAIL_MAX: usize = 254;
/// Longest e-mail address as it is compared, in characters: folding makes some of those longer that older versions stored.
const EMAIL_KEY_MAX: usize = 600;
/// Longest nickname, in characters.
pub const NICKNAME_MAX: usize = 50;
/// Longest real name, in characters.
pub const REAL_NAME_MAX: usize = 100;
/// Shortest password, in characters (NIST SP 800-63B).
pub const PASSWORD_MIN: usize = 8;
/// Longest password, in characters: enough for any phrase, too short to overload the hashing.
pub const PASSWORD_MAX: usize = 128;
/// A user as the API shows them.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Who.
    pub id: UserId,
    /// In lower case.
    pub email: String,
    /// Shown to other users.
    pub nickname: String,
    /// For parcels and invoices.
    pub real_name: Option<String>,
    /// Whether advertising was agreed to.
    pub marketing_agree: bool,
    /// What they may do.
    #[schema(value_type = Vec<RoleName>)]
    pub roles: Vec<String>,
    /// Whether the account may be used.
    pub status: Status,
    /// Whether the user has shown that the e-mail address is theirs.
    pub email_verified: bool,
    /// Send it back with a change, so that a change by another client is not overwritten.
    pub version: i64,
    /// When they signed up.
    pub created_at: Timestamp,
    /// When they last changed.
    pub updated_at: Timestamp,
}

impl User {
    /// What this user may do.
    pub fn rights(&self) -> Roles {
        self.roles.iter().filter_map(|name| Role::named(name)).fold(Roles::NONE, Roles::with)
    }

    /// What others know of this user, so that no password may be made of it.
    pub fn known(&self) -> Vec<String> {
        [Some(&self.email), Some(&self.nickname), self.real_name.as_ref()].into_iter().flatten().cloned().collect()
    }

    /// Whether this user may sign in; A008 when not.
    pub fn must_be_active(&self) -> Result<()> {
        match self.status {
            Status::Active => Ok(()),
            Status::Disabled => Err(Code::AccountDisabled.error()),
        }
    }
}

/// The names of a user's roles, for the document.
#[derive(ToSchema)]
#[schema(rename_all = "UPPERCASE")]
#[allow(dead_code, reason = "describes texts")]
pub enum RoleName {
    User,
    Seller,
    Admin,
}

::store::text_enum! {
    /// Whether an account may be used.
    pub enum Status {
        Active = "ACTIVE",
        /// An administrator closed it.
        Disabled = "DISABLED",
    }
}

/// The body of a sign-up.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignUp {
    /// At most 254 characters; stored in lower case.
    pub email: String,
    /// 8 to 128 characters, and none that is easily guessed.
    #[schema(value_type = String, format = Password)]
    pub password: SecretText,
    /// At most 50 characters.
    pub nickname: String,
    /// At most 100 characters.
    pub real_name: Option<String>,
    /// Whether the user agrees to advertising; false by default.
    #[serde(default)]
    pub marketing_agree: bool,
}

impl SignUp {
    /// As [`User::known`].
    pub fn known(&self) -> Vec<String> {
        [Some(&self.email), Some(&self.nickname), self.real_name.as_ref()].into_iter().flatten().cloned().collect()
    }

    /// The same without stray blanks; C002 naming the field, or A012.
    pub fn checked(self) -> Result<SignUp> {
        let email = email(&self.email);
        let password =
            password(&self.password.0, email.as_deref().unwrap_or_default()).map_err(|error| naming("password", error));
        let nickname = text::required("nickname", &self.nickname, NICKNAME_MAX);
        let real_name = text::optional("realName", self.real_name.as_deref(), REAL_NAME_MAX);
        let (email, (), nickname, real_name) = (email, password, nickname, real_name).together()?;
        Ok(SignUp { nickname, real_name, email, ..self })
    }
}

impl Checked for SignUp {
    fn check(&self) -> Result<()> {
        self.clone().checked().map(drop)
    }
}

/// The part of the profile that a user may change.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// At most 50 characters.
    pub nickname: String,
    /// At most 100 characters.
    pub real_name: Option<String>,
    /// Whether advertising is agreed to.
    pub marketing_agree: bool,
    /// The version that was read; an outdated one is refused with C016.
    pub version: Option<i64>,
}

impl Change {
    /// The same without stray blanks; C002 naming the field.
    pub fn checked(self) -> Result<Change> {
        let nickname = text::required("nickname", &self.nickname, NICKNAME_MAX);
        let real_name = text::optional("realName", self.real_name.as_deref(), REAL_NAME_MAX);
        let (nickname, real_name) = (nickname, real_name).together()?;
        Ok(Change { nickname, real_name, ..self })
    }
}

impl Checked for Change {
    fn check(&self) -> Result<()> {
        self.clone().checked().map(drop)
    }
}

/// An e-mail address as addresses are compared.
pub(crate) fn email_key(email: &str) -> String {
    text::folded_key(email, EMAIL_KEY_MAX)
}

/// The address as accounts are identified by it, NFKC with its case folded, if it looks like one: one `@`, a dot after
/// it, no blanks. Stricter checks would refuse real addresses.
pub fn email(text: &str) -> Result<String> {
    // some letters become longer when they are folded, so the limit is checked on the stored form
    let email = text::required("email", &text::folded(text), EMAIL_MAX)?;
    let plausible = email.split_once('@').is_some_and(|(name, domain)| {
        let labels: Vec<_> = domain.split('.').collect();
        !name.is_empty() && !domain.contains('@') && labels.len() > 1 && labels.iter().all(|label| !label.is_empty())
    });
    if plausible && !email.contains(char::is_whitespace) {
        Ok(email)
    } else {
        Err(text::wrong("email", "is not an e-mail address"))
    }
}

/// A012 with the reason unless the owner of `email` may use this password. Whether it is easily guessed is another,
/// slower question: see [`crate::password::hash_new`].
pub fn password(password: &str, email: &str) -> Result<()> {
    let password = text::password(password);
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let why = if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&length) {
        format!("must have {PASSWORD_MIN} to {PASSWORD_MAX} characters")
    } else if text::is_blank(&password) {
        "must have characters that can be seen".to_owned()
    } else if lower == email || email.split('@').next() == Some(lower.as_str()) {
        "must not be the e-mail address".to_owned()
    } else {
        return Ok(());
    };
    Err(Code::PasswordTooWeak.because(why))
}

/// The refusal of a password, with the field in which the password was sent.
pub(crate) fn naming(field: &str, error: Error) -> Error {
    if error.code() == Code::PasswordTooWeak { error.about(field) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_are_plausible_and_lower_case() {
        assert_eq!(email(" Mina@Shop.KR ").unwrap(), "mina@shop.kr");
        for same in ["mina\u{200B}@shop.kr", "ＭＩＮＡ@shop.kr", "\u{FEFF}mina@shop.kr\u{3164}", "mi\u{AD}na@shop.kr"]
        {
            assert_eq!(email(same).unwrap(), "mina@shop.kr", "{}", same.escape_unicode());
        }
        assert_eq!(email("jose\u{301}@shop.kr").unwrap(), email("JOSÉ@shop.kr").unwrap());
        for wrong in [
            "",
            "mina",
            "@shop.kr",
            "mina@",
            "mina@shop",
            "mi na@shop.kr",
            "mi\tna@shop.kr",
            "\u{200B}@shop.kr",
            "a@b@c.d",
            "mina@shop..kr",
        ] {
            assert!(email(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_weak_password_is_named_with_every_other_wrong_field() {
        let sent = serde_json::json!({"email": "abc", "password": "short", "nickname": "a".repeat(60)});
        let error = serde_json::from_value::<SignUp>(sent).unwrap().checked().err().unwrap();
        assert!(error.is_about_fields(), "{error:?}");
        let named = error.details().iter().map(|detail| detail.field.as_deref().unwrap()).collect::<Vec<_>>();
        assert_eq!(named, ["email", "password", "nickname"]);
        for lines in error.details() {
            assert!(kernel::korean::of(&lines.message).is_some(), "{lines:?}");
        }
    }

    #[test]
    fn passwords_that_cannot_be_typed_or_are_the_email_are_refused() {
        let (long, blank) = ("x".repeat(129), "\u{3164} \u{200B}\u{2800}    ");
        for weak in ["short", &long, blank, "mina.kim@shop.kr", "mina.kim"] {
            assert_eq!(password(weak, "mina.kim@shop.kr").unwrap_err().code(), Code::PasswordTooWeak, "{weak}");
        }
        assert!(password("달빛 아래 항아리 하나", "mina@shop.kr").is_ok());
    }
}
