//! Finding products. The README says how.

mod admin;
#[cfg(test)]
mod conformance;
pub mod document;
mod follower;
pub mod highlight;
mod http;
pub mod judged;
pub mod keeper;
pub mod keywords;
pub mod language;
pub mod lexicon;
pub mod local;
pub mod port;
pub mod query;
pub mod reading;
mod rebuilds;
mod request;
mod response;
mod settings;
mod source;
mod store;
mod tasks;

use ::store::{Migration, Stay};

pub use follower::Follower;
pub use keeper::{built_in_synonyms, check_synonyms};
pub use settings::Settings;

/// What searches contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: &[
        Migration { name: "search/0001_search", sql: include_str!("../migrations/0001_search.sql") },
        Migration { name: "search/0002_rebuilds", sql: include_str!("../migrations/0002_rebuilds.sql") },
    ],
    tables: &[
        ("search_keywords", Stay::Until("search.forget-keywords")),
        ("search_recent", Stay::Until("search.forget-recent")),
        ("search_rebuilds", Stay::Until("search.forget-rebuilds")),
    ],
    statements: &[store::STATEMENTS, source::STATEMENTS],
    routes,
    tasks: tasks::tasks,
    settings: Some(web::settings::Section::of::<Settings>()),
    ..web::Module::named("search")
};

fn routes() -> web::Routes {
    http::routes().merge(admin::routes())
}
