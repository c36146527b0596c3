//! One day in the shop, over HTTP. It checks every claim.

use super::{claims::Claims, discounts, elsewhere, figures, finding, rushes, sent_back, wallet};
use crate::client::{Answer, Caller};
use crate::commands::say;
use crate::rush::people::Person;
use kernel::UserId;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Buyers who want the last unit.
const RACERS: usize = 50;
/// The product with one unit.
const LAST: &str = "HF-LAST-001";
/// Longest wait for an event in the background.
const PATIENCE: Duration = Duration::from_secs(12);
/// Time between two checks.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The people of the day.
pub struct People {
    /// The administrator.
    pub admin: Caller,
    /// Buys a mug, and cancels an order.
    pub minji: Caller,
    /// Has a card that is declined, and forgets to pay.
    pub joon: Caller,
    /// The buyers who want the last unit.
    pub racers: Vec<Caller>,
    /// The people of the rushes.
    pub crowd: Vec<Person>,
    /// Where the shop serves.
    pub base: String,
    /// The user ids of the admin and Minji.
    pub ids: [UserId; 2],
}

/// What the next part of the day needs; `None` ends the day.
pub(super) type Step<T = ()> = Option<T>;

pub(super) fn address(name: &str) -> Value {
    json!({"receiverName": name, "receiverPhone": "010-0000-0000", "zipCode": "04524",
        "address1": "서울특별시 중구 세종대로 110", "address2": "1층"})
}

/// Plays the day. `products` is how many were imported; unpaid orders expire after `pay_within`.
pub async fn play(claims: &mut Claims, people: &People, products: i64, pay_within: Duration) {
    let goods = browse(claims, people, products).await;
    let Some(goods) = goods else { return };
    finding::play(claims, people).await;
    let arrived = buy(claims, people, &goods[0]).await;
    let forgotten = forget_to_pay(claims, people, &goods[1]).await;
    decline(claims, people, &goods[2]).await;
    race(claims, people).await;
    rushes::for_coupons(claims, people).await;
    rushes::for_deal(claims, people).await;
    discounts::play(claims, people, &goods[2]).await;
    let paid = wallet::play(claims, people, &goods[2]).await;
    cancel(claims, people, &goods[3]).await;
    elsewhere::play(claims, people, &goods[3]).await;
    if let Some((order, before)) = forgotten {
        expire(claims, people, &order, &goods[1], before, pay_within).await;
    }
    if let Some(order) = paid {
        figures::play(claims, people, &order, &goods[2]).await;
    }
    if let Some(order) = arrived {
        sent_back::play(claims, people, &order, &goods[0]).await;
    }
    audit(claims, people).await;
}

/// A product as the demo needs it.
pub(super) struct Good {
    pub(super) id: i64,
    pub(super) sku: String,
    pub(super) name: String,
    pub(super) price: i64,
}

async fn browse(claims: &mut Claims, people: &People, products: i64) -> Step<Vec<Good>> {
    claims.act("Minji looks around");
    let page = people.minji.get("/products?size=100&inStock=true&sort=price,asc").await;
    let all = people.minji.get("/products?size=1").await;
    let counted = all.number("/totalElements");
    claims.claim(counted == products, format!("the shop shows {products} products"), all.brief());
    let tree = people.minji.get("/categories/tree").await;
    let roots = tree.at("").as_array().map_or(0, Vec::len);
    claims.claim(roots > 1, format!("in {roots} main categories, in Korean and English"), tree.brief());
    let content = page.at("/content").as_array().cloned().unwrap_or_default();
    let plenty = |product: &&Value| product["stock"].as_i64().unwrap_or(0) >= 20 && product["variantCount"] == 1;
    let goods: Vec<Good> = content.iter().filter(plenty).filter_map(good).take(4).collect();
    if !claims.claim(goods.len() == 4, "and enough of many of them", page.brief()) {
        return None;
    }
    let detail = people.minji.get(&format!("/products/{}", goods[0].id)).await;
    let shown = detail.text("/name").to_owned();
    claims.claim(shown == goods[0].name, format!("one of them is {shown}"), detail.brief());
    Some(goods)
}

fn good(product: &Value) -> Option<Good> {
    let price = product["salePrice"].as_i64().or_else(|| product["price"].as_i64())?;
    let text = |name: &str| product[name].as_str().map(str::to_owned);
    Some(Good { id: product["id"].as_i64()?, sku: text("sku")?, name: text("name")?, price })
}

/// The available units. The batch route reads the database, while the page of a product may be a moment behind.
pub(super) async fn available(people: &People, good: &Good) -> i64 {
    people.minji.post("/inventory/batch", json!({"productIds": [good.id]})).await.number("/0/availableQuantity")
}

/// Repeats a request until `wanted` or until the longest wait; returns the last response.
pub(super) async fn until(caller: &Caller, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
    let began = Instant::now();
    loop {
        let answer = caller.get(path).await;
        if wanted(&answer) || began.elapsed() > PATIENCE {
            return answer;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn order_of(claims: &mut Claims, buyer: &Caller, name: &str, good: &Good, quantity: i64) -> Step<String> {
    let body = json!({"items": [{"productId": good.id, "quantity": quantity}], "shippingAddress": address(name)});
    let order = buyer.post("/orders", body).await;
    let number = order.text("/orderNumber").to_owned();
    let confirmed = order.status == 201 && order.text("/status") == "CONFIRMED";
    claims.claim(
        confirmed,
        format!("{name} orders {quantity} × {}: {number}, waiting for payment", good.name),
        order.brief(),
    );
    confirmed.then_some(number)
}

pub(super) async fn pay(claims: &mut Claims, buyer: &Caller, order: &str) -> Step<String> {
    let body = json!({"orderNumber": order, "paymentMethod": "CREDIT_CARD", "paymentKey": "approve"});
    let payment = buyer.post("/payments", body).await;
    let number = payment.text("/paymentNumber").to_owned();
    let paid = payment.status < 300 && payment.text("/status") == "COMPLETED";
    claims.claim(paid, format!("the card is charged: {number}"), payment.brief());
    let order = until(buyer, &format!("/orders/{order}"), |order| order.text("/status") == "PAID").await;
    claims.claim(order.text("/status") == "PAID", "the order is paid", order.brief()).then_some(number)
}

async fn buy(claims: &mut Claims, people: &People, good: &Good) -> Step<String> {
    claims.act("Minji buys something, and it arrives");
    let (minji, before) = (&people.minji, available(people, good).await);
    let cart = minji.post("/cart/items", json!({"productId": good.id, "quantity": 2})).await;
    let total = 2 * good.price;
    claims.claim(cart.number("/totalAmount") == total, format!("two go into the cart: {total} won"), cart.brief());
    let body = json!({"shippingAddress": address("김민지"), "expectedAmount": total});
    let order = minji.post_once("/orders", "demo-minji-1", body.clone()).await;
    let number = order.text("/orderNumber").to_owned();
    let ordered = order.status == 201 && order.text("/status") == "CONFIRMED";
    claims.claim(ordered, format!("the cart becomes order {number}, waiting for payment"), order.brief());
    let again = minji.post_once("/orders", "demo-minji-1", body).await;
    let same = again.replayed && again.body == order.body;
    claims.claim(same, "the same request sent twice gives the same order, not a second one", again.brief());
    let left = available(people, good).await;
    claims.claim(left == before - 2, format!("two are reserved: {before} → {left} available"), left);
    pay(claims, minji, &number).await?;
    deliver(claims, people, &number).await;
    let left = available(people, good).await;
    claims.claim(left == before - 2, format!("the stock stays at {left}: the two are sold"), left);
    Some(number)
}

async fn deliver(claims: &mut Claims, people: &People, order: &str) -> Step {
    let path = format!("/deliveries/order/{order}");
    let delivery = until(&people.minji, &path, |delivery| delivery.status == 200).await;
    let tracking = delivery.text("/trackingNumber").to_owned();
    let preparing = delivery.text("/status") == "PREPARING";
    claims.claim(preparing, format!("parcel {tracking} is being prepared"), delivery.brief()).then_some(())?;
    for (status, location) in [("SHIPPED", "서울 물류센터"), ("IN_TRANSIT", "대전 허브"), ("DELIVERED", "서울 중구")]
    {
        let body = json!({"status": status, "location": location, "description": "demo"});
        let moved = people.admin.put(&format!("/deliveries/{tracking}/status"), body).await;
        claims.claim(moved.text("/status") == status, format!("{status}, {location}"), moved.brief()).then_some(())?;
    }
    let arrived = |order: &Answer| order.text("/status") == "DELIVERED";
    let order = until(&people.minji, &format!("/orders/{order}"), arrived).await;
    claims.claim(arrived(&order), "the order follows: DELIVERED", order.brief()).then_some(())
}

async fn forget_to_pay(claims: &mut Claims, people: &People, good: &Good) -> Step<(String, i64)> {
    claims.act("Joon orders and forgets to pay");
    let before = available(people, good).await;
    let order = order_of(claims, &people.joon, "이준", good, 3).await?;
    let left = available(people, good).await;
    claims.claim(left == before - 3, format!("three are reserved for him: {before} → {left}"), left);
    Some((order, before))
}

async fn decline(claims: &mut Claims, people: &People, good: &Good) -> Step {
    claims.act("Joon tries again with a card that is declined");
    let before = available(people, good).await;
    let order = order_of(claims, &people.joon, "이준", good, 1).await?;
    let body =
        json!({"orderNumber": order, "paymentMethod": "CREDIT_CARD", "paymentKey": "decline-insufficient-funds"});
    let payment = people.joon.post("/payments", body).await;
    let declined = payment.status == 400 && payment.code() == "S304";
    claims.claim(declined, "the card is declined (400 S304)", payment.brief());
    let over = |order: &Answer| order.text("/status") == "CANCELLED";
    let answer = until(&people.joon, &format!("/orders/{order}"), over).await;
    claims.claim(over(&answer), "the order is cancelled", answer.brief());
    let payment = people.joon.get(&format!("/payments/order/{order}")).await;
    let kept = payment.body["data"].to_string();
    let kept = kept.contains("FAILED") && kept.contains("INSUFFICIENT_FUNDS");
    claims.claim(kept, "the failed payment is kept with its reason", payment.brief());
    let left = available(people, good).await;
    claims.claim(left == before, format!("his stock came back: {left} available"), left);
    Some(())
}

async fn find(people: &People, sku: &str) -> Step<Good> {
    for page in 0..20 {
        let answer = people.minji.get(&format!("/products?size=100&page={page}")).await;
        let content = answer.at("/content").as_array()?;
        if let Some(product) = content.iter().find(|product| product["sku"] == sku) {
            return good(product);
        }
        if answer.at("/last") == true {
            return None;
        }
    }
    None
}

async fn race(claims: &mut Claims, people: &People) -> Step {
    claims.act("Fifty buyers want the last unit");
    let Some(last) = find(people, LAST).await else {
        claims.claim(false, format!("there is a product {LAST}"), "no such product");
        return None;
    };
    let before = available(people, &last).await;
    claims.claim(before == 1, format!("there is one left of {}", last.name), before);
    let began = Instant::now();
    let attempts = people.racers.iter().map(|racer| {
        let body = json!({"items": [{"productId": last.id, "quantity": 1}], "shippingAddress": address("구매자")});
        racer.post("/orders", body)
    });
    let answers = futures_util::future::join_all(attempts).await;
    let ms = began.elapsed().as_millis();
    let winners: Vec<usize> = (0..answers.len()).filter(|n| answers[*n].status == 201).collect();
    let losers = answers.iter().filter(|answer| answer.status == 400 && answer.code() == "S402").count();
    let found = format!("{} orders, {losers} refusals, first: {}", winners.len(), answers[0].brief());
    let text = format!("{RACERS} orders at once: exactly one succeeds, {} get S402 ({ms} ms)", RACERS - 1);
    claims.claim(winners.len() == 1 && losers == RACERS - 1, text, found);
    let winner = *winners.first()?;
    pay(claims, &people.racers[winner], answers[winner].text("/orderNumber")).await;
    let left = available(people, &last).await;
    claims.claim(left == 0, "none is left, and none below none", left);
    Some(())
}

async fn cancel(claims: &mut Claims, people: &People, good: &Good) -> Step {
    claims.act("Minji changes her mind after paying");
    let before = available(people, good).await;
    let order = order_of(claims, &people.minji, "김민지", good, 2).await?;
    pay(claims, &people.minji, &order).await?;
    let cancelled = people.minji.put(&format!("/orders/{order}/cancel"), json!({"reason": "마음이 바뀌었어요"})).await;
    claims.claim(cancelled.status < 300, "she cancels", cancelled.brief());
    let back = |order: &Answer| order.text("/status") == "REFUNDED";
    let answer = until(&people.minji, &format!("/orders/{order}"), back).await;
    claims.claim(back(&answer), "the order is refunded", answer.brief());
    let refunded = answer.at("/refunds/0/amount").as_i64().unwrap_or(-1);
    let paid = answer.number("/finalAmount");
    claims.claim(refunded == paid, format!("all of it: {refunded} won"), answer.brief());
    let delivery = people.minji.get(&format!("/deliveries/order/{order}")).await;
    claims.claim(delivery.text("/status") == "CANCELLED", "the parcel is not sent", delivery.brief());
    let left = available(people, good).await;
    claims.claim(left == before, format!("the goods are back: {left} available"), left);
    Some(())
}

async fn expire(
    claims: &mut Claims,
    people: &People,
    order: &str,
    good: &Good,
    before: i64,
    pay_within: Duration,
) -> Step {
    claims.act("Joon's forgotten order expires");
    claims.note(format_args!("unpaid orders wait {} s here (checkout.pay_within)", pay_within.as_secs()));
    let over = |order: &Answer| order.text("/status") == "CANCELLED";
    let answer = until(&people.joon, &format!("/orders/{order}"), over).await;
    let reason = answer.text("/cancelReason").to_owned();
    claims.claim(over(&answer), format!("{order} is cancelled: {reason}"), answer.brief());
    let left = available(people, good).await;
    claims.claim(left == before, format!("what was reserved for it is back: {left} available"), left);
    let pay = json!({"orderNumber": order, "paymentMethod": "CREDIT_CARD", "paymentKey": "approve"});
    let late = people.joon.post("/payments", pay).await;
    claims.claim(late.status == 400, format!("paying now is refused ({})", late.code()), late.brief());
    Some(())
}

/// Whether every reaction has processed the newest event.
pub(super) fn received(events: &Answer) -> bool {
    let newest = events.number("/newestId");
    events.at("/consumers").as_array().is_some_and(|all| all.iter().all(|c| c["position"].as_i64() == Some(newest)))
}

/// Waits until every reaction has processed the newest event.
pub(super) async fn everything_received(people: &People) -> Answer {
    until(&people.admin, "/admin/events?size=1", received).await
}

async fn audit(claims: &mut Claims, people: &People) -> Step {
    claims.act("The audit");
    let events = everything_received(people).await;
    let newest = events.number("/newestId");
    claims.claim(received(&events), format!("every reaction has processed all {newest} events"), events.brief());
    let dead_letters = events.number("/parked/totalElements");
    claims.claim(dead_letters == 0, "no event became a dead letter", events.brief());
    let audit = people.admin.post("/admin/audit", json!({})).await;
    let broken = audit.number("/violationCount");
    claims.claim(audit.status == 200 && broken == 0, "the audit of every promise finds nothing broken", audit.brief());
    if broken > 0 {
        say(format_args!("{}", audit.at("/violations")));
    }
    Some(())
}
