//! Products, their variants and images, and the tree of categories. The README lists what this domain owns and
//! promises.

pub mod admin;
pub mod category;
pub mod choice;
pub mod filter;
pub mod http;
pub mod ops;
pub mod product;
pub mod store;
pub mod text;
pub mod variant;

use ::store::Stay;

/// This domain's tables.
pub const MIGRATIONS: &[::store::Migration] = &[
    ::store::Migration { name: "catalog/0001_catalog", sql: include_str!("../migrations/0001_catalog.sql") },
    ::store::Migration { name: "catalog/0002_keys", sql: include_str!("../migrations/0002_keys.sql") },
    ::store::Migration { name: "catalog/0003_names", sql: include_str!("../migrations/0003_names.sql") },
    ::store::Migration { name: "catalog/0004_tax_free", sql: include_str!("../migrations/0004_tax_free.sql") },
    ::store::Migration { name: "catalog/0005_image_texts", sql: include_str!("../migrations/0005_image_texts.sql") },
];

/// What the catalogue contributes to the program.
pub const MODULE: web::Module = web::Module {
    migrations: MIGRATIONS,
    tables: &[
        ("categories", Stay::Records),
        ("products", Stay::Records),
        ("product_variants", Stay::Records),
        ("product_images", Stay::Records),
    ],
    backfills: store::keys::BACKFILLS,
    statements: &[
        store::STATEMENTS,
        store::variants::STATEMENTS,
        store::categories::STATEMENTS,
        store::keys::STATEMENTS,
    ],
    routes: http::routes,
    invalidates: http::invalidates,
    checks: store::AUDIT,
    audit: store::audit,
    ..web::Module::named("catalog")
};

#[cfg(test)]
mod tests;
