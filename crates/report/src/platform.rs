//! Every paid order for a data platform: what was bought, in an event of its own, sent after the commit and in order.

use async_trait::async_trait;
use events::OrderConfirmed;
use kernel::{Code, Event, Money, OrderNumber, PaymentNumber, ProductId, Result, Timestamp, UserId, VariantId};
use ports::collector::{Collected, Collector};
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc};
use store::{Arg, Db, StoredEvent, ToArg, Tx};
use web::outside::{Outside, Rejected};

/// Events of one request.
const BATCH: usize = 100;
/// The type of the events, as CloudEvents calls it.
const TYPE: &str = "holdfast.order.paid";

const LINES: &str =
    "select o.order_number, l.product_id, l.variant_id, l.sku, l.product_name, l.quantity, l.unit_price,
        l.subtotal, o.currency
    from orders o join order_items l on l.order_id = o.id
    where o.order_number in ([?]) order by l.order_id, l.line_number";

pub(crate) const STATEMENTS: &[&str] = &[LINES];

/// A subscriber that sends every paid order to a collector.
pub struct Platform {
    db: Db,
    collector: Arc<dyn Collector>,
    /// Which shop it is, for a platform of several.
    source: String,
}

/// An event in the format of CloudEvents 1.0.
#[derive(Debug, Serialize)]
struct Sent {
    specversion: &'static str,
    /// The sequence number of the event in the shop's stream, and the order's number. Each is sent at least once. The sequence number alone
    /// would not be enough: a shop that was restored from a backup gives the same ones again, to other orders.
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: &'static str,
    subject: String,
    time: Timestamp,
    datacontenttype: &'static str,
    data: PaidOrder,
}

/// What the data platform learns of an order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PaidOrder {
    order_number: OrderNumber,
    user_id: UserId,
    total_amount: Money,
    currency: String,
    payment_number: Option<PaymentNumber>,
    order_status: &'static str,
    order_items: Vec<PaidItem>,
    occurred_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct PaidItem {
    product_id: ProductId,
    variant_id: VariantId,
    sku: String,
    product_name: String,
    quantity: i64,
    unit_price: Money,
    subtotal: Money,
}

/// The lines of an order, and its currency.
type Bought = (Vec<PaidItem>, String);

impl Platform {
    pub fn new(db: Db, collector: Arc<dyn Collector>, source: String) -> Platform {
        Platform { db, collector, source }
    }

    /// Sends the events in one request. `None` when the collector has taken them.
    async fn send(&self, events: &[StoredEvent], bought: &BTreeMap<String, Bought>) -> Result<Option<String>> {
        let sent = events.iter().map(|event| sent(event, &self.source, bought)).collect::<Result<Vec<_>>>()?;
        let body = serde_json::to_vec(&sent).map_err(|e| Code::Internal.error().caused_by(e))?;
        match self.collector.send(&body).await? {
            Collected::Taken => Ok(None),
            Collected::Refused(why) => Ok(Some(why)),
        }
    }

    /// Sends a batch that was refused as a whole event by event: the collector may dislike only one.
    async fn send_alone(
        &self,
        events: &[StoredEvent],
        bought: &BTreeMap<String, Bought>,
        rejected: &mut Vec<Rejected>,
    ) -> Result<()> {
        for event in events {
            if let Some(why) = self.send(std::slice::from_ref(event), bought).await? {
                rejected.push(Rejected { id: event.id, error: Code::InvalidInput.because(why) });
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Outside for Platform {
    fn name(&self) -> &'static str {
        "collector"
    }

    fn wants(&self, topic: &str) -> bool {
        topic == OrderConfirmed::TOPIC
    }

    async fn deliver(&self, batch: &[StoredEvent]) -> Result<Vec<Rejected>> {
        let numbers: Vec<String> = batch.iter().map(|event| event.key.to_string()).collect();
        let bought = self.db.read("report.paid-orders", move |tx| bought(tx, &numbers)).await?;
        let mut rejected = Vec::new();
        for events in batch.chunks(BATCH) {
            match self.send(events, &bought).await? {
                None => {}
                Some(why) if events.len() == 1 => {
                    rejected.push(Rejected { id: events[0].id, error: Code::InvalidInput.because(why) });
                }
                Some(_) => self.send_alone(events, &bought, &mut rejected).await?,
            }
        }
        Ok(rejected)
    }
}

fn bought(tx: &mut Tx<'_>, numbers: &[String]) -> Result<BTreeMap<String, Bought>> {
    let mut orders: BTreeMap<String, Bought> = BTreeMap::new();
    let numbers = Arg::List(numbers.iter().map(ToArg::to_arg).collect());
    let rows = tx.query(LINES, &[numbers], |row| {
        let order: String = row.next()?;
        let item = PaidItem {
            product_id: row.next()?,
            variant_id: row.next()?,
            sku: row.next()?,
            product_name: row.next()?,
            quantity: row.next()?,
            unit_price: row.next()?,
            subtotal: row.next()?,
        };
        Ok((order, item, row.next::<String>()?))
    })?;
    for (order, item, currency) in rows {
        let (items, of) = orders.entry(order).or_default();
        items.push(item);
        *of = currency;
    }
    Ok(orders)
}

fn sent(event: &StoredEvent, source: &str, bought: &BTreeMap<String, Bought>) -> Result<Sent> {
    let confirmed: OrderConfirmed = event.read()?;
    let (order_items, currency) = bought.get(&*event.key).cloned().unwrap_or_default();
    Ok(Sent {
        specversion: "1.0",
        id: format!("{}-{}", event.id, event.key),
        source: source.to_owned(),
        kind: TYPE,
        subject: event.key.to_string(),
        time: event.at,
        datacontenttype: "application/json",
        data: PaidOrder {
            order_number: confirmed.order_number,
            user_id: confirmed.user_id,
            total_amount: confirmed.total_amount,
            currency,
            payment_number: confirmed.payment_number,
            order_status: "PAID",
            order_items,
            occurred_at: confirmed.confirmed_at,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paid(id: i64, order: &str) -> StoredEvent {
        let payload = serde_json::json!({
            "orderNumber": order, "userId": "0b1f2c3d-0000-4000-8000-000000000001", "totalAmount": 1000,
            "paymentNumber": null, "confirmedAt": "2026-02-06T00:00:00.000Z",
        });
        let at = Timestamp::from_millis(1_770_336_000_000);
        let payload = payload.to_string().into();
        StoredEvent { id, topic: OrderConfirmed::TOPIC.into(), key: order.into(), payload, at }
    }

    #[test]
    fn the_same_sequence_number_after_a_restore_is_another_id() {
        let id = |id, order| sent(&paid(id, order), "/shop-a", &BTreeMap::new()).unwrap().id;
        let before = id(88, "ORD-20260206-AAAAAAAA");
        assert_eq!(before, id(88, "ORD-20260206-AAAAAAAA"), "an event that comes again has its id");
        assert_ne!(before, id(88, "ORD-20260206-BBBBBBBB"));
        assert_ne!(before, id(89, "ORD-20260206-AAAAAAAA"));
        assert_eq!(sent(&paid(1, "ORD-20260206-AAAAAAAA"), "/shop-a", &BTreeMap::new()).unwrap().source, "/shop-a");
    }
}
