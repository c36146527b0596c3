//! `/deliveries`, for buyers and administrators.

use crate::parcel::{self, Report};
use axum::extract::State;
use delivery::{Delivery, DeliveryResponse, Kind, ops};
use kernel::{Code, OrderNumber, Result, TrackingNumber};
use serde::Deserialize;
use store::Tx;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::{
    Admin, ApiResult, App, Checked, Json, Path, Routes, User, ok,
    response::Success,
    route::{ADMIN, OWNER},
};

/// The handlers for deliveries.
pub fn routes() -> Routes {
    Routes::new()
        .add(OWNER.refusing(&[Code::DeliveryNotFound, Code::OrderUserMismatch]), routes!(find_delivery))
        .add(OWNER.refusing(&[Code::DeliveryNotFound, Code::OrderUserMismatch]), routes!(find_delivery_of_order))
        .add(
            ADMIN.refusing(&[
                Code::DeliveryNotFound,
                Code::InvalidDeliveryStatus,
                Code::OrderNotPaid,
                Code::Conflict,
                Code::StaleVersion,
            ]),
            routes!(set_delivery_status),
        )
}

/// The delivery, for its buyer and for administrators; S212 for others.
fn shown_to(user: &User, delivery: Delivery) -> Result<Delivery> {
    if delivery.user == user.id || user.is_admin() { Ok(delivery) } else { Err(Code::OrderUserMismatch.error()) }
}

/// A delivery by its tracking number, its history newest first.
#[utoipa::path(get, path = "/deliveries/{trackingNumber}", tag = "delivery",
    params(("trackingNumber" = String, Path)), responses((status = 200, body = Success<DeliveryResponse>)))]
async fn find_delivery(
    State(app): State<App>,
    user: User,
    Path(tracking): Path<TrackingNumber>,
) -> ApiResult<DeliveryResponse> {
    let delivery = app.db.read("checkout.delivery", move |tx| shown_to(&user, ops::find(tx, &tracking)?)).await?;
    Ok(ok(DeliveryResponse::of(delivery, &app.shop.zone)))
}

/// The delivery of an order, its history newest first. S501 until the order is paid.
#[utoipa::path(get, path = "/deliveries/order/{orderNumber}", tag = "delivery",
    params(("orderNumber" = String, Path)), responses((status = 200, body = Success<DeliveryResponse>)))]
async fn find_delivery_of_order(
    State(app): State<App>,
    user: User,
    Path(order): Path<OrderNumber>,
) -> ApiResult<DeliveryResponse> {
    let find = move |tx: &mut Tx<'_>| match ops::of_order(tx, &order)? {
        Some(delivery) => shown_to(&user, delivery),
        None => Err(Code::DeliveryNotFound.error()),
    };
    let delivery = app.db.read("checkout.delivery-of-order", find).await?;
    Ok(ok(DeliveryResponse::of(delivery, &app.shop.zone)))
}

/// The new status of a delivery.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeliveryStatusRequest {
    /// SHIPPED, IN_TRANSIT, DELIVERED or RETURNED; CANCELLED comes with cancelling the order.
    status: Kind,
    /// Where, at most 255 characters.
    #[serde(default)]
    location: Option<String>,
    /// In words, at most 500 characters.
    #[serde(default)]
    description: Option<String>,
}

impl DeliveryStatusRequest {
    fn report(&self) -> Report {
        Report { to: self.status, location: self.location.clone(), description: self.description.clone() }
    }
}

impl Checked for DeliveryStatusRequest {
    fn check(&self) -> Result<()> {
        self.report().check()
    }
}

/// Set the status of a delivery. Its order follows in the same moment: SHIPPED makes it SHIPPING, DELIVERED makes it DELIVERED; the
/// goods of a RETURNED parcel are in stock again. S506 when the order does not let its parcel move, C019 while the order is being
/// cancelled or refunded.
#[utoipa::path(put, path = "/deliveries/{trackingNumber}/status", tag = "delivery",
    request_body = DeliveryStatusRequest,
    params(("trackingNumber" = String, Path)), responses((status = 200, body = Success<DeliveryResponse>)))]
async fn set_delivery_status(
    State(app): State<App>,
    Admin(admin): Admin,
    Path(tracking): Path<TrackingNumber>,
    Json(new): Json<DeliveryStatusRequest>,
) -> ApiResult<DeliveryResponse> {
    let (zone, by) = (app.shop.zone.clone(), admin.id.to_string());
    let report = new.report();
    let update = move |tx: &mut Tx<'_>| parcel::move_parcel(tx, &tracking, &report, &by, &zone);
    let delivery = app.db.write("checkout.move-parcel", update).await?;
    Ok(ok(DeliveryResponse::of(delivery, &app.shop.zone)))
}
