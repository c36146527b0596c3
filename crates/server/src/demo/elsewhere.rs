//! Orders of sales channels: a file of what one has sold, with a gift and a mistake in it, sent twice.

use super::claims::Claims;
use super::day::{Good, People, Step, available};
use crate::client::Answer;

/// What a unit costs less there.
const LESS: i64 = 500;
/// What sending it costs there.
const FEE: i64 = 3_000;

/// An order of two units, a gift of one, and a product that the shop does not have.
fn file(good: &Good) -> String {
    let (sku, price) = (&good.sku, good.price - LESS);
    let paid = 2 * price + FEE;
    format!(
        "channel,channelOrderNumber,sku,quantity,unitPrice,shippingFee,paidAmount,giftReason,receiverName,\
         receiverPhone,zipCode,address1\n\
         Market,M-1001,{sku},2,{price},{FEE},{paid},,이서연,010-0000-0000,04524,세종대로 110\n\
         Market,M-1002,{sku},1,,,,후기 감사 선물,박지호,010-0000-0000,04524,세종대로 110\n\
         Market,M-1003,NO-SUCH-SKU,1,1000,,,,최하은,010-0000-0000,04524,세종대로 110\n"
    )
}

/// The admin sends a file in which `good` was sold.
pub(super) async fn play(claims: &mut Claims, people: &People, good: &Good) -> Step {
    claims.act("Orders from another sales channel come in a file");
    let (admin, before, file) = (&people.admin, available(people, good).await, file(good));
    let sent = async || admin.post_bytes("/admin/orders/bulk", "text/csv", file.clone().into_bytes()).await;
    let counts = |report: &Answer| ["/placed", "/known", "/refusedRows"].map(|name| report.number(name));
    let report = sent().await;
    let placed = counts(&report) == [2, 0, 1];
    claims.claim(placed, "an order and a gift are placed, each by itself", report.brief()).then_some(())?;
    let why = report.text("/refused/0/reason");
    let named = report.number("/refused/0/line") == 4 && report.text("/refused/0/code") == "S001";
    claims.claim(named, format!("line 4 is refused and says why (S001: {why})"), report.brief());
    let number = report.text("/orders/0/orderNumber").to_owned();
    let order = admin.get(&format!("/admin/orders/{number}")).await;
    let cost = order.number("/finalAmount");
    let paid = order.text("/status") == "PAID" && cost == 2 * (good.price - LESS) + FEE;
    claims.claim(paid, format!("order {number} is paid, {cost} won as the channel took them"), order.brief());
    let there = order.text("/origin/channelOrderNumber").to_owned();
    claims.claim(there == "M-1001", format!("and is known as {there} at the channel"), order.brief());
    let again = sent().await;
    let known = counts(&again) == [0, 2, 1] && again.text("/orders/0/orderNumber") == number;
    claims.claim(known, "the same file sent again places nothing twice", again.brief());
    let left = available(people, good).await;
    claims.claim(left == before - 3, format!("three units are sold: {before} → {left} available"), left);
    Some(())
}
