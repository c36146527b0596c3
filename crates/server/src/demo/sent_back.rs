//! What comes back: one unit of a delivered order for its money, the other one in exchange.

use super::claims::Claims;
use super::day::{Good, People, Step, available, until};
use crate::client::Answer;
use serde_json::json;

/// Minji sends back what she bought in `order`: two units of `good`.
pub(super) async fn play(claims: &mut Claims, people: &People, order: &str, good: &Good) -> Step {
    claims.act("Minji sends one back for its money, and exchanges the other");
    let before = available(people, good).await;
    let number = ask(claims, people, order, "RETURN").await?;
    moved(people, &number, ["approve", "receive", "refund"]).await;
    let refunded = |one: &Answer| one.text("/status") == "REFUNDED";
    let answer = until(&people.minji, &format!("/returns/{number}"), refunded).await;
    let (price, back) = (good.price, answer.number("/refunded"));
    claims.claim(refunded(&answer) && back == price, format!("she gets {back} won back for it"), answer.brief());
    let left = available(people, good).await;
    claims.claim(left == before + 1, format!("it can be sold again: {before} → {left} available"), left);
    let number = ask(claims, people, order, "EXCHANGE").await?;
    let answer = moved(people, &number, ["approve", "receive", "exchange"]).await;
    let exchanged = answer.text("/status") == "EXCHANGED";
    let parcel = answer.text("/replacementTrackingNumber").to_owned();
    claims.claim(exchanged, format!("another one leaves in parcel {parcel}"), answer.brief());
    let kept = available(people, good).await;
    claims.claim(kept == left, format!("one came back and one left: still {kept} available"), kept);
    Some(())
}

async fn ask(claims: &mut Claims, people: &People, order: &str, kind: &str) -> Step<String> {
    let body = json!({"kind": kind, "reason": "DEFECTIVE", "lines": [{"id": 1, "quantity": 1}]});
    let asked = people.minji.post(&format!("/orders/{order}/returns"), body).await;
    let number = asked.text("/returnNumber").to_owned();
    let requested = asked.status == 201;
    claims.claim(requested, format!("she asks for it: {number}, {kind}"), asked.brief()).then_some(number)
}

/// What the shop does with a return, step by step; the last answer.
async fn moved(people: &People, number: &str, steps: [&str; 3]) -> Answer {
    let [first, second, last] = steps.map(|step| format!("/admin/returns/{number}/{step}"));
    people.admin.post(&first, json!({})).await;
    people.admin.post(&second, json!({})).await;
    people.admin.post(&last, json!({})).await
}
