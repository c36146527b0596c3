//! Users, sign-in, refresh tokens and saved addresses. The README lists what this domain owns and promises.

pub mod address;
pub mod http;
mod keys;
pub mod ops;
pub mod password;
#[cfg(test)]
mod races;
pub mod recovery;
pub mod session;
pub mod settings;
pub mod store;
mod strength;
mod tasks;
#[cfg(test)]
mod tests;
mod turns;
pub mod user;

pub use settings::Settings;

use ::store::Stay;

/// What this domain contributes to the program.
pub const MODULE: web::Module = web::Module {
    migrations: &[
        ::store::Migration { name: "account/0001_accounts", sql: include_str!("../migrations/0001_accounts.sql") },
        ::store::Migration {
            name: "account/0002_refresh_grace",
            sql: include_str!("../migrations/0002_refresh_grace.sql"),
        },
        ::store::Migration {
            name: "account/0003_sign_in_addresses",
            sql: include_str!("../migrations/0003_sign_in_addresses.sql"),
        },
        ::store::Migration { name: "account/0004_sessions", sql: include_str!("../migrations/0004_sessions.sql") },
        ::store::Migration { name: "account/0005_email_keys", sql: include_str!("../migrations/0005_email_keys.sql") },
        ::store::Migration { name: "account/0006_changes", sql: include_str!("../migrations/0006_changes.sql") },
    ],
    tables: &[
        ("users", Stay::Records),
        ("user_addresses", Stay::Records),
        ("refresh_tokens", Stay::Until("account.forget-tokens")),
        ("sessions", Stay::Until("account.forget-sessions")),
        ("one_time_tokens", Stay::Until("account.forget-one-time-tokens")),
        ("sign_in_attempts", Stay::Until("account.forget-attempts")),
        ("sign_in_addresses", Stay::Until("account.forget-addresses")),
    ],
    settings: Some(web::settings::Section::of::<Settings>()),
    statements: &[store::STATEMENTS, keys::STATEMENTS],
    backfills: keys::BACKFILLS,
    root_routes: http::routes,
    tasks: tasks::tasks,
    checks: store::AUDIT,
    ..web::Module::named("account")
};
