//! Deliveries: the parcels of orders, their carriers, statuses and histories. See the README.

pub mod carrier;
pub mod delivery;
pub mod events;
pub mod ops;
pub mod response;
pub mod scan;
mod settings;
pub mod store;
#[cfg(test)]
mod tests;

use ::store::Stay;

pub use carrier::{Carrier, Waybill};
pub use delivery::{Delivery, Entry, Kind, NewParcel, Packed, Purpose, Status};
pub use response::{CarrierResponse, DeliveryHistory, DeliveryResponse};
pub use scan::Scan;
pub use settings::Settings;

/// Tables of this domain.
pub const MIGRATIONS: &[::store::Migration] = &[
    ::store::Migration { name: "delivery/0001_deliveries", sql: include_str!("../migrations/0001_deliveries.sql") },
    ::store::Migration {
        name: "delivery/0002_returned_by_hand",
        sql: include_str!("../migrations/0002_returned_by_hand.sql"),
    },
    ::store::Migration { name: "delivery/0003_memo", sql: include_str!("../migrations/0003_memo.sql") },
    ::store::Migration {
        name: "delivery/0004_rows_together",
        sql: include_str!("../migrations/0004_rows_together.sql"),
    },
    ::store::Migration { name: "delivery/0005_parcels", sql: include_str!("../migrations/0005_parcels.sql") },
    ::store::Migration { name: "delivery/0006_carriers", sql: include_str!("../migrations/0006_carriers.sql") },
];

/// What deliveries contribute to the program.
pub const MODULE: web::Module = web::Module {
    migrations: MIGRATIONS,
    tables: &[
        ("deliveries", Stay::Records),
        ("delivery_history", Stay::Records),
        ("delivery_lines", Stay::Records),
        ("delivery_scans", Stay::Records),
        ("carrier_questions", Stay::Few("parcels on their way, until they have ended or for a month")),
    ],
    statements: &[store::STATEMENTS],
    checks: store::AUDIT,
    settings: Some(web::settings::Section::of::<Settings>()),
    ..web::Module::named("delivery")
};
