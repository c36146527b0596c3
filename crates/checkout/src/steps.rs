//! The steps of the shop's sagas, one file each. A step composes domains; it decides nothing that a domain can decide.

mod close_order;
mod confirm_order;
mod create_delivery;
mod deduct_inventory;
mod give_back;
mod look_for;
mod process_payment;
mod refund_payment;
mod reserve_inventory;

pub use close_order::CloseOrder;
pub use confirm_order::ConfirmOrder;
pub use create_delivery::CreateDelivery;
pub use deduct_inventory::DeductInventory;
pub use give_back::GiveBack;
pub use look_for::LookFor;
pub use process_payment::{Captured, Charge, Charging, ProcessPayment};
pub use refund_payment::{MoneyBack, RefundPayment, Refunding};
pub use reserve_inventory::ReserveInventory;

/// What the ledgers of the domains say when an order is undone.
const GIVEN_UP: &str = "the order was given up";
