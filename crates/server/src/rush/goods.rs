//! What the people want: coupons, or the units of a time deal. A rush makes its own, and closes it in the end.

use super::counts::Codes;
use super::tally::Outcome;
use crate::client::{Answer, Caller};
use crate::config::Fault;
use kernel::{Random, Timestamp};
use serde_json::{Value, json};
use std::time::Duration;

/// How long what a rush has made can be had, should the rush never end it.
const OPEN_FOR: Duration = Duration::from_secs(3_600);
/// A start in the past: what is made can be had at once, also by a shop whose clock is behind ours.
const LONG_AGO: &str = "2020-01-01T00:00:00Z";

/// What there is only so much of.
#[derive(Debug, Clone, Copy)]
pub struct Goods {
    /// How many there are.
    pub units: u32,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Coupons { id: i64 },
    Deal { id: i64, offer: i64, product: i64, paid: bool },
}

impl Goods {
    /// A coupon that is issued to the first `units` people.
    pub async fn coupons(admin: &Caller, units: u32, now: Timestamp) -> Result<Goods, Fault> {
        let body = json!({
            "code": name("RUSH"), "name": format!("Rush for {units} coupons"),
            "discountType": "FIXED", "discountValue": 1, "totalQuantity": units,
            "startsAt": LONG_AGO, "expiresAt": now.after(OPEN_FOR).to_string(),
        });
        let made = made(admin, "/admin/coupons", body).await?;
        Ok(Goods { units, kind: Kind::Coupons { id: made.number("/id") } })
    }

    /// A new product, of which all `units` are in a time deal, one to a person.
    pub async fn deal(admin: &Caller, units: u32, now: Timestamp) -> Result<Goods, Fault> {
        let sku = name("RUSH");
        let body =
            json!({"sku": sku, "name": format!("Rush {sku}"), "price": 2_000, "stock": units, "status": "ACTIVE"});
        let product = made(admin, "/admin/products", body).await?.number("/id");
        let body = json!({
            "name": format!("Rush for {units} units"), "heldApart": true,
            "startsAt": LONG_AGO, "endsAt": now.after(OPEN_FOR).to_string(),
            "products": [{"productId": product, "dealPrice": 1_000, "dealQuantity": units, "maxPerUser": 1}],
        });
        let deal = made(admin, "/admin/time-deals", body).await?;
        let (id, offer) = (deal.number("/id"), deal.number("/products/0/id"));
        Ok(Goods { units, kind: Kind::Deal { id, offer, product, paid: false } })
    }

    /// The same, and who buys in a deal pays at once; an unpaid order gives its units back in the end.
    pub const fn paid_at_once(self) -> Goods {
        match self.kind {
            Kind::Coupons { .. } => self,
            Kind::Deal { id, offer, product, .. } => {
                Goods { kind: Kind::Deal { id, offer, product, paid: true }, ..self }
            }
        }
    }

    /// What the people want, in words.
    pub const fn name(&self) -> &'static str {
        match self.kind {
            Kind::Coupons { .. } => "coupons",
            Kind::Deal { .. } => "units of a time deal",
        }
    }

    /// What the shop does with one, as a participle.
    pub const fn given(&self) -> &'static str {
        match self.kind {
            Kind::Coupons { .. } => "issued",
            Kind::Deal { .. } => "sold",
        }
    }

    /// Where a waiting queue for it is.
    pub fn event(&self) -> String {
        match self.kind {
            Kind::Coupons { id } => format!("COUPON/{id}"),
            Kind::Deal { id, .. } => format!("TIME_DEAL/{id}"),
        }
    }

    /// The codes of refusals that belong to a rush.
    pub const fn codes(&self) -> Codes {
        match self.kind {
            Kind::Coupons { .. } => Codes { sold_out: "S602", has_one: "S604" },
            Kind::Deal { .. } => Codes { sold_out: "S704", has_one: "S705" },
        }
    }

    /// Asks for one.
    pub async fn ask(&self, person: &Caller) -> Answer {
        match self.kind {
            Kind::Coupons { id } => person.post(&format!("/coupons/{id}/issue"), json!({})).await,
            Kind::Deal { offer, paid, .. } => {
                let bought = person.post("/time-deals/purchase", purchase(offer)).await;
                if !paid || bought.status != 201 {
                    return bought;
                }
                let order = bought.text("/order/orderNumber");
                let body = json!({"orderNumber": order, "paymentMethod": "CREDIT_CARD", "paymentKey": "approve"});
                let payment = person.post("/payments", body).await;
                if payment.status < 300 { bought } else { payment }
            }
        }
    }

    /// What a response to [`Goods::ask`] means.
    pub fn outcome(&self, answer: &Answer) -> Outcome {
        let got = match self.kind {
            Kind::Coupons { .. } => answer.at("/id"),
            Kind::Deal { .. } => answer.at("/purchase/id"),
        };
        match (answer.status, got.as_i64()) {
            (201, Some(id)) => Outcome::Got(id),
            (400..=499, _) if answer.status != 429 && !answer.code().is_empty() => {
                Outcome::Refused(answer.code().to_owned())
            }
            (0, _) => Outcome::Failed(answer.brief()),
            (status, _) => Outcome::Failed(format!("{status} {}", answer.code()).trim_end().to_owned()),
        }
    }

    /// The shop's own count of what it gave away; -1 when it does not say.
    pub async fn counted(&self, admin: &Caller) -> i64 {
        match self.kind {
            Kind::Coupons { id } => admin.get(&format!("/admin/coupons/{id}")).await.number("/issuedQuantity"),
            Kind::Deal { id, .. } => {
                admin.get(&format!("/admin/time-deals/{id}")).await.number("/products/0/soldQuantity")
            }
        }
    }

    /// Asks for everything of its kind that a person holds.
    pub async fn holdings(&self, person: &Caller) -> Answer {
        person
            .get(match self.kind {
                Kind::Coupons { .. } => "/coupons/my",
                Kind::Deal { .. } => "/time-deals/my/purchases",
            })
            .await
    }

    /// The ids of what is ours in a response to [`Goods::holdings`]; `None` when it does not say.
    pub fn held(&self, answer: &Answer) -> Option<Vec<i64>> {
        let ours = |row: &&Value| match self.kind {
            Kind::Coupons { id } => row["couponId"] == id,
            Kind::Deal { offer, .. } => row["timeDealProductId"] == offer && row["returnedAt"].is_null(),
        };
        let rows = answer.at("").as_array().filter(|_| answer.status == 200)?;
        rows.iter().filter(ours).map(|row| row["id"].as_i64()).collect()
    }

    /// Takes it out of the shop; what people got stays theirs. Gives the responses that refused it.
    pub async fn close(&self, admin: &Caller) -> Vec<String> {
        let answers = match self.kind {
            Kind::Coupons { id } => vec![admin.delete(&format!("/admin/coupons/{id}")).await],
            Kind::Deal { id, product, .. } => vec![
                admin.post(&format!("/admin/time-deals/{id}/end"), json!({})).await,
                admin.patch(&format!("/admin/products/{product}/close"), json!({})).await,
            ],
        };
        answers.iter().filter(|answer| answer.status >= 300).map(Answer::brief).collect()
    }
}

fn purchase(offer: i64) -> Value {
    let address = json!({"receiverName": "Rush", "receiverPhone": "010-0000-0000", "zipCode": "04524",
        "address1": "서울특별시 중구 세종대로 110"});
    json!({"timeDealProductId": offer, "quantity": 1, "shippingAddress": address})
}

/// A name that no other rush has.
fn name(prefix: &str) -> String {
    let drawn = Random::from_system().uuid().simple().to_string();
    format!("{prefix}-{}", drawn[..8].to_uppercase())
}

async fn made(admin: &Caller, path: &str, body: Value) -> Result<Answer, Fault> {
    let answer = admin.post(path, body).await;
    if answer.status == 201 {
        return Ok(answer);
    }
    let what = format!("the shop does not make what people could rush for (POST {path})");
    Err(Fault::new(what, answer.brief(), "rush with the shop's own settings, or with --token of an administrator")
        .failed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: Value) -> Answer {
        Answer { status, body, replayed: false, retry_after: None }
    }

    fn deal() -> Goods {
        Goods { units: 5, kind: Kind::Deal { id: 1, offer: 7, product: 3, paid: false } }
    }

    #[test]
    fn a_response_says_what_a_person_got_or_why_not() {
        let got = answer(201, json!({"data": {"purchase": {"id": 4}, "order": {}}}));
        assert_eq!(deal().outcome(&got), Outcome::Got(4));
        let refused = |status, code: &str| deal().outcome(&answer(status, json!({"error": {"code": code}})));
        assert_eq!(refused(409, "S704"), Outcome::Refused("S704".to_owned()));
        assert_eq!(refused(503, "C013"), Outcome::Failed("503 C013".to_owned()));
        assert_eq!(refused(429, "C012"), Outcome::Failed("429 C012".to_owned()));
        assert_eq!(deal().outcome(&answer(502, json!("<html>"))), Outcome::Failed("502".to_owned()));
        assert_eq!(deal().outcome(&answer(201, json!({"data": {}}))), Outcome::Failed("201".to_owned()));
        let broken = deal().outcome(&answer(0, json!("connection reset")));
        assert_eq!(broken, Outcome::Failed("no response: connection reset".to_owned()));
    }

    #[test]
    fn what_a_person_holds_is_counted_only_if_it_is_of_this_rush_and_still_theirs() {
        let row = |id: i64, offer: i64, returned: Value| json!({"id": id, "timeDealProductId": offer, "returnedAt": returned});
        let rows =
            json!({"data": [row(1, 7, Value::Null), row(2, 8, Value::Null), row(3, 7, json!("2026-01-01T00:00:00Z"))]});
        assert_eq!(deal().held(&answer(200, rows)), Some(vec![1]));
        assert_eq!(deal().held(&answer(200, json!({"data": []}))), Some(Vec::new()));
        assert_eq!(deal().held(&answer(500, json!({}))), None);
    }
}
