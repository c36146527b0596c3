//! `/deliveries`, for buyers and administrators.

use crate::{
    parcel::{self, Report},
    request::ParcelRequest,
};
use axum::{extract::State, response::Response};
use delivery::{Carrier, CarrierResponse, Delivery, DeliveryResponse, Kind, Waybill, ops};
use kernel::{Code, OrderNumber, Result, TrackingNumber};
use serde::Deserialize;
use store::Tx;
use utoipa::ToSchema;
use utoipa_axum::routes;
use web::{
    Admin, ApiResult, App, Checked, Failure, Idempotent, Json, Path, Routes, User, created, ok, once,
    response::Success,
    route::{ADMIN, OWNER, PUBLIC},
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
                Code::OutdatedVersion,
            ]),
            routes!(set_delivery_status),
        )
        .add(PUBLIC, routes!(list_carriers))
        .add(OWNER.refusing(&[Code::DeliveryNotFound, Code::OrderUserMismatch]), routes!(parcels_of_order))
        .add(
            ADMIN.refusing(&[Code::DeliveryNotFound, Code::InvalidDeliveryStatus, Code::OutdatedVersion]),
            routes!(set_carrier),
        )
        .add(
            ADMIN.refusing(&[
                Code::OrderNotFound,
                Code::InvalidOrderStatus,
                Code::DeliveryNotFound,
                Code::DeliveryAlreadyShipped,
                Code::Conflict,
            ]),
            routes!(split_parcel),
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
    /// SHIPPED, IN_TRANSIT, DELIVERED or RETURNED. CANCELLED comes with cancelling the order, and stops a replacement that has not left.
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

/// The carriers that parcels can be given to.
#[utoipa::path(get, path = "/deliveries/carriers", tag = "delivery",
    responses((status = 200, body = Success<Vec<CarrierResponse>>)))]
async fn list_carriers() -> ApiResult<Vec<CarrierResponse>> {
    Ok(ok(Carrier::ALL.iter().copied().map(CarrierResponse::from).collect()))
}

/// Every parcel of an order, in their order: those with its goods, and the replacements of its exchanges. S501 until the order is paid.
#[utoipa::path(get, path = "/deliveries/order/{orderNumber}/parcels", tag = "delivery",
    params(("orderNumber" = String, Path)), responses((status = 200, body = Success<Vec<DeliveryResponse>>)))]
async fn parcels_of_order(
    State(app): State<App>,
    user: User,
    Path(order): Path<OrderNumber>,
) -> ApiResult<Vec<DeliveryResponse>> {
    let find = move |tx: &mut Tx<'_>| {
        let parcels = ops::all_of_order(tx, &order)?;
        if parcels.is_empty() {
            return Err(Code::DeliveryNotFound.error());
        }
        parcels.into_iter().map(|parcel| shown_to(&user, parcel)).collect::<Result<Vec<_>>>()
    };
    let parcels = app.db.read("checkout.parcels-of-order", find).await?;
    Ok(ok(parcels.into_iter().map(|parcel| DeliveryResponse::of(parcel, &app.shop.zone)).collect()))
}

/// Who carries a parcel.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CarrierRequest {
    /// One of the names of `GET /deliveries/carriers`.
    carrier: Carrier,
    /// The carrier's own number; hyphens and spaces do not count.
    carrier_number: String,
}

impl Checked for CarrierRequest {
    fn check(&self) -> Result<()> {
        Waybill::checked(self.carrier, &self.carrier_number).map(drop)
    }
}

/// Set who carries a parcel, and the carrier's own number of it; of one that has arrived, to correct it. The number must be one of this
/// carrier's. S506 once it came back or was cancelled.
#[utoipa::path(put, path = "/deliveries/{trackingNumber}/carrier", tag = "delivery", request_body = CarrierRequest,
    params(("trackingNumber" = String, Path)), responses((status = 200, body = Success<DeliveryResponse>)))]
async fn set_carrier(
    State(app): State<App>,
    _admin: Admin,
    Path(tracking): Path<TrackingNumber>,
    Json(new): Json<CarrierRequest>,
) -> ApiResult<DeliveryResponse> {
    let waybill = Waybill::checked(new.carrier, &new.carrier_number)?;
    let set = move |tx: &mut Tx<'_>| ops::set_waybill(tx, &tracking, waybill.clone());
    let delivery = app.db.write("checkout.set-carrier", set).await?;
    Ok(ok(DeliveryResponse::of(delivery, &app.shop.zone)))
}

/// Send some units of an order in a parcel of their own, while they are in its first one and that is still here. The order is DELIVERED when
/// all of its parcels have arrived.
#[utoipa::path(post, path = "/deliveries/order/{orderNumber}/parcels", tag = "delivery", request_body = ParcelRequest,
    params(("orderNumber" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = Success<DeliveryResponse>)))]
async fn split_parcel(
    State(app): State<App>,
    _admin: Admin,
    Path(order): Path<OrderNumber>,
    Idempotent { body, key }: Idempotent<ParcelRequest>,
) -> Result<Response, Failure> {
    body.check()?;
    let zone = app.shop.zone.clone();
    let split = move |tx: &mut Tx<'_>| {
        let parcel = parcel::split(tx, &order, &body.lines)?;
        Ok(created(format!("/deliveries/{}", parcel.tracking), DeliveryResponse::of(parcel, &zone)))
    };
    once(&app, key, "checkout.split-parcel", split).await
}
