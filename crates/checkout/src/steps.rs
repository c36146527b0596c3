//! The steps of the shop's sagas, one file each. A step composes domains; it decides nothing that a domain can decide.

mod charge_balance;
mod close_order;
mod close_return;
mod confirm_order;
mod create_delivery;
mod deduct_inventory;
mod late_capture;
mod place_order;
mod process_payment;
mod refund_payment;
mod reserve_inventory;
mod use_coupon;
mod use_points;

pub use charge_balance::{ABANDONED_AFTER, BookCharge, ChargeGateway, GatewayCharge, OpenCharge};
pub use close_order::CloseOrder;
pub use close_return::CloseReturn;
pub use confirm_order::ConfirmOrder;
pub use create_delivery::CreateDelivery;
pub use deduct_inventory::DeductInventory;
pub use late_capture::CaptureLate;
pub use place_order::{PlaceOrder, PricedOrder};
pub use process_payment::{Captured, Charge, Charging, ProcessPayment};
pub use refund_payment::{GatewayRefund, RefundPayment, Refunding};
pub use reserve_inventory::ReserveInventory;
pub use use_coupon::UseCoupon;
pub use use_points::UsePoints;

/// The reason in the ledgers of the domains when an order is compensated.
const ORDER_CANCELLED: &str = "the order was cancelled";
