//! What a rush needs of our side: coupons, deals, tokens of many users, and a long waiting queue.

use crate::{Outcome, ours::Ours, requests};
use kernel::UserId;
use queue::{Subject, SubjectType};
use serde_json::{Value, json};
use std::{
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering},
};
use store::Tx;
use web::{Role, Roles};

/// The kind of thing that the waiting queue of the bench stands in front of. Pages know waiting rooms of deals and of coupons only.
pub const EVENT: &str = "TIME_DEAL";
/// Numbers what is made, so that two coupons differ in their codes and two deals in their products.
static MADE: AtomicUsize = AtomicUsize::new(0);

impl Ours {
    /// Makes a coupon of which there are `total`; its id.
    pub fn coupon(&self, total: u64) -> Outcome<i64> {
        let code = format!("RUSH-{}", MADE.fetch_add(1, Ordering::Relaxed));
        let body = json!({"code": code, "name": "Rush", "discountType": "FIXED", "discountValue": 1_000, "totalQuantity": total,
            "startsAt": "2020-01-01T00:00:00Z", "expiresAt": "2100-01-01T00:00:00Z"});
        self.made("/admin/coupons", &body, "/data/id")
    }

    /// Makes a deal of one product with so many units, one for each user; the id of the product in it.
    pub fn deal(&self, units: u64) -> Outcome<i64> {
        let wares = &self.hello().wares;
        let product = wares[MADE.fetch_add(1, Ordering::Relaxed) % wares.len()].product;
        let offer = json!({"productId": product, "dealPrice": 7_000, "dealQuantity": units, "maxPerUser": 1});
        let body = json!({"name": "Rush", "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2100-01-01T00:00:00Z",
            "products": [offer]});
        self.made("/admin/time-deals", &body, "/data/products/0/id")
    }

    fn made(&self, path: &str, body: &Value, id: &str) -> Outcome<i64> {
        let made = self.call("POST", path, Some(&self.hello().admin), Some(&body.to_string()))?;
        let made: Value = serde_json::from_slice(&made)?;
        Ok(made.pointer(id).and_then(Value::as_i64).ok_or("it has no id")?)
    }

    /// Tokens of the first users.
    pub fn tokens(&self, users: u64) -> Outcome<Vec<String>> {
        let now = self.app.now();
        let token = |n| {
            let user: UserId = requests::user_id(n).parse()?;
            self.app.auth.issue(&user, Roles::of(Role::User), now).map(|issued| issued.token)
        };
        Ok((0..users).map(token).collect::<kernel::Result<_>>()?)
    }

    /// Puts these users into the waiting queue, all in one job.
    pub fn enter(&self, which: Range<u64>) -> Outcome<()> {
        let subject = Subject { kind: SubjectType::named(EVENT)?, id: kernel::Id::new(1) };
        let users = which.map(|n| requests::user_id(n).parse()).collect::<Result<Vec<UserId>, _>>()?;
        let enter = move |tx: &mut Tx<'_>| users.iter().try_for_each(|user| queue::ops::enter(tx, &subject, user, ""));
        Ok(self.app.db.write_blocking("bench.enter", enter)?)
    }
}
