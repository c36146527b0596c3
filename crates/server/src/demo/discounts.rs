//! A coupon in an order: it lowers the price once, and comes back when the order is cancelled.

use super::claims::Claims;
use super::day::{Good, People, address, pay, until};
use crate::client::Answer;
use crate::opening;
use serde_json::json;
use std::time::Duration;

/// What the coupon takes off.
const OFF: i64 = 1_000;
/// How long it can be used.
const VALID_FOR: Duration = Duration::from_secs(30 * 86_400);

/// Minji buys with a coupon, tries it a second time, and gets it back.
pub(super) async fn play(claims: &mut Claims, people: &People, good: &Good) -> Option<()> {
    claims.act("Minji spends a coupon");
    let (minji, now) = (&people.minji, opening::clock().now());
    let coupon = json!({
        "code": "MINJI-1000", "name": "1,000원 할인", "discountType": "FIXED", "discountValue": OFF,
        "totalQuantity": 1, "startsAt": now.to_string(), "expiresAt": now.after(VALID_FOR).to_string(),
    });
    let made = people.admin.post("/admin/coupons", coupon).await;
    let held = minji.post(&format!("/coupons/{}/issue", made.number("/id")), json!({})).await;
    let id = held.number("/id");
    let is_hers = held.status == 201;
    claims.claim(is_hers, format!("she gets the only coupon of {OFF} won"), held.brief()).then_some(())?;
    let payable = 2 * good.price - OFF;
    let body = json!({"items": [{"productId": good.id, "quantity": 2}], "shippingAddress": address("김민지"),
        "userCouponId": id, "expectedAmount": payable});
    let quote = minji.post("/orders/quote", body.clone()).await;
    let tax = quote.number("/tax");
    let quoted = quote.number("/payable") == payable && tax > 0;
    claims.claim(quoted, format!("a quote: {payable} won, {tax} of it tax"), quote.brief());
    let order = minji.post("/orders", body.clone()).await;
    let number = order.text("/orderNumber").to_owned();
    let ordered = order.status == 201 && order.number("/finalAmount") == payable;
    claims.claim(ordered, format!("order {number} costs the same"), order.brief()).then_some(())?;
    let again = minji.post("/orders", body).await;
    let refused = again.status == 400 && again.code() == "S609";
    claims.claim(refused, "a second order with the same coupon is refused (400 S609)", again.brief());
    pay(claims, minji, &number).await?;
    let mine = minji.get("/coupons/my").await;
    let used = mine.text("/0/status") == "USED" && mine.text("/0/orderNumber") == number;
    claims.claim(used, "the coupon is used in this order", mine.brief());
    let cancelled = minji.put(&format!("/orders/{number}/cancel"), json!({"reason": "다른 색으로 살게요"})).await;
    claims.claim(cancelled.status < 300, "she cancels", cancelled.brief());
    let back = |order: &Answer| order.text("/status") == "REFUNDED";
    let answer = until(minji, &format!("/orders/{number}"), back).await;
    let refunded = answer.number("/refunds/0/amount");
    claims.claim(refunded == payable, format!("what she paid goes back: {refunded} won"), answer.brief());
    let mine = minji.get("/coupons/my").await;
    claims.claim(mine.text("/0/status") == "AVAILABLE", "and so does the coupon", mine.brief());
    Some(())
}
