//! An order that is paid with everything: a coupon, points, the balance and a card.

use super::claims::Claims;
use super::day::{Good, People, address, until};
use crate::client::Answer;
use crate::opening;
use serde_json::json;
use std::time::Duration;

/// What Minji pays into her balance.
const CHARGED: i64 = 20_000;
/// What the coupon takes off.
const OFF: i64 = 1_000;
/// How long it can be used.
const VALID_FOR: Duration = Duration::from_secs(30 * 86_400);

/// What she has to pay with.
struct Purse {
    coupon: i64,
    points: i64,
}

/// Minji buys two of `good`. Gives the order's number.
pub(super) async fn play(claims: &mut Claims, people: &People, good: &Good) -> Option<String> {
    claims.act("Minji pays with a coupon, points, her balance and a card");
    let purse = fill(claims, people).await?;
    let (minji, id) = (&people.minji, people.ids[1]);
    let mut body = json!({"items": [{"productId": good.id, "quantity": 2}], "shippingAddress": address("김민지"),
        "userCouponId": purse.coupon, "pointsToUse": purse.points});
    let quote = minji.post("/orders/quote", body.clone()).await;
    let (payable, points) = (quote.number("/payable"), quote.number("/points"));
    let text = format!("{OFF} won off by the coupon, {points} points: {payable} won are left to pay");
    let quoted = points > 0 && points <= purse.points && payable == 2 * good.price - OFF - points;
    claims.claim(quoted, text, quote.brief()).then_some(())?;
    body["expectedAmount"] = json!(payable);
    let order = minji.post("/orders", body).await;
    let number = order.text("/orderNumber").to_owned();
    let own = payable / 2;
    let splits = json!([{"method": "BALANCE", "amount": own}, {"method": "CREDIT_CARD", "amount": payable - own}]);
    let pay = json!({"orderNumber": number, "paymentMethod": "CREDIT_CARD", "paymentKey": "approve", "splits": splits});
    let payment = minji.post("/payments", pay).await;
    claims.claim(payment.status == 201, format!("she pays {own} of them from her balance"), payment.brief());
    let is_paid = |order: &Answer| order.text("/status") == "PAID";
    let order = until(minji, &format!("/orders/{number}"), is_paid).await;
    let shares = order.number("/payments/0/amount") + order.number("/payments/1/amount");
    let paid = is_paid(&order) && shares == payable;
    claims.claim(paid, format!("order {number} is paid in two shares, {payable} won together"), order.brief());
    let balance = minji.get(&format!("/users/{id}/balance")).await.number("/balance");
    claims.claim(balance == CHARGED - own, format!("{balance} won are left in her balance"), balance);
    let left = minji.get(&format!("/users/{id}/points")).await.number("/points");
    claims.claim(left == purse.points - points, format!("and {left} points"), left);
    paid.then_some(number)
}

async fn fill(claims: &mut Claims, people: &People) -> Option<Purse> {
    let (minji, id, now) = (&people.minji, people.ids[1], opening::clock().now());
    let charge = json!({"amount": CHARGED, "paymentMethod": "CREDIT_CARD", "paymentKey": "approve"});
    let path = format!("/users/{id}/balance/charge");
    let charged = minji.post_once(&path, "demo-charge-1", charge.clone()).await;
    let again = minji.post_once(&path, "demo-charge-1", charge).await;
    let balance = minji.get(&format!("/users/{id}/balance")).await.number("/balance");
    let once = charged.status == 200 && again.replayed && balance == CHARGED;
    let text = format!("she charges her balance with {CHARGED} won, and sends the request twice: {balance} won");
    claims.claim(once, text, charged.brief()).then_some(())?;
    let earned = |points: &Answer| points.number("/points") > 0;
    let points = until(minji, &format!("/users/{id}/points"), earned).await;
    let text = format!("the parcel that arrived has earned her {} points", points.number("/points"));
    claims.claim(earned(&points), text, points.brief()).then_some(())?;
    let coupon = json!({
        "code": "MINJI-AGAIN", "name": "1,000원 할인", "discountType": "FIXED", "discountValue": OFF,
        "totalQuantity": 1, "startsAt": now.to_string(), "expiresAt": now.after(VALID_FOR).to_string(),
    });
    let made = people.admin.post("/admin/coupons", coupon).await;
    let held = minji.post(&format!("/coupons/{}/issue", made.number("/id")), json!({})).await;
    let is_hers = held.status == 201;
    claims.claim(is_hers, "and she has a coupon", held.brief()).then_some(())?;
    Some(Purse { coupon: held.number("/id"), points: points.number("/points") })
}
