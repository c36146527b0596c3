//! Where an order was placed, when that was not here: a sales channel, which has a number of its own for it. The number is unique within
//! its channel, so the same order is never placed twice.

use ::store::{
    Check, Row, Tx, args,
    audit::{Changed, Keys},
};
use kernel::{OrderNumber, Result, text};
use serde::Serialize;
use utoipa::ToSchema;

/// Longest name of a channel, in characters.
pub const CHANNEL_MAX: usize = 50;
/// Longest number that a channel gives, in characters.
pub const NUMBER_MAX: usize = 100;
/// Characters of folded names that are compared; folding makes some texts longer.
const CHANNEL_KEY_MAX: usize = 100;
const NUMBER_KEY_MAX: usize = 150;

/// How a channel's order is found: by its channel and its number there, as identities are compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    channel: String,
    number: String,
}

impl Key {
    /// The key of this order.
    pub fn of(channel: &str, number: &str) -> Key {
        let (channel, number) = (text::folded_key(channel, CHANNEL_KEY_MAX), text::folded_key(number, NUMBER_KEY_MAX));
        Key { channel, number }
    }

    /// A text that no other key has.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.channel, self.number)
    }
}

/// Where an order comes from.
// personal data: `Debug` hides it, and no log may contain it
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OrderOrigin)]
pub struct Origin {
    /// The sales channel, or what the shop calls its gifts.
    pub channel: String,
    /// The order's number there.
    pub channel_order_number: String,
    /// Why it is a present; none of one that was paid.
    pub gift_reason: Option<String>,
    /// The buyer, as the channel names them.
    pub buyer_name: Option<String>,
    /// The buyer's e-mail.
    pub buyer_email: Option<String>,
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Origin").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// An order that a channel's order has become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub order: OrderNumber,
    /// What [`add`] was given.
    pub content: String,
}

const FIND: &str = "select order_number, content from channel_orders where channel_key = ? and number_key = ?";
const OF_ORDER: &str = "select channel, number, gift_reason, buyer_name, buyer_email from channel_orders
    where order_number = ?";
/// Guarantees that no order of a channel is placed twice.
const ADD: &str =
    "insert into channel_orders (channel_key, number_key, channel, number, order_number, content, gift_reason,
    buyer_name, buyer_email, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) {on conflict ignore: order_number}";
const WITHOUT_ORDER: &str = "select c.order_number, c.channel, c.number from channel_orders c
    where c.order_number between ? and ? and not exists (select 1 from orders o where o.order_number = c.order_number)
    order by c.order_number limit ?";

/// Every statement of the table.
pub const STATEMENTS: &[&str] = &[FIND, OF_ORDER, ADD];

/// Orders of channels, and those that an event names.
const ORIGINS: Keys = Keys {
    table: "channel_orders",
    column: "order_number",
    changed: Changed::Named { table: "channel_orders", name: "order_number", key: "order_number" },
};

/// What must hold among them.
pub(crate) const TIED: Check = Check {
    rule: "an order of a sales channel is an order of the shop",
    over: Some(ORIGINS),
    sql: WITHOUT_ORDER,
    given: &[],
    subject: "{}",
    found: "{} has it as {}",
};

/// The order that this order of a channel has become.
pub fn find(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Known>> {
    tx.query_first(FIND, args![key.channel, key.number], |row| Ok(Known { order: row.next()?, content: row.next()? }))
}

/// Where an order comes from; `None` when it was placed here.
pub fn of_order(tx: &mut Tx<'_>, order: &OrderNumber) -> Result<Option<Origin>> {
    tx.query_first(OF_ORDER, args![order], origin)
}

fn origin(row: &Row<'_>) -> Result<Origin> {
    Ok(Origin {
        channel: row.next()?,
        channel_order_number: row.next()?,
        gift_reason: row.next()?,
        buyer_name: row.next()?,
        buyer_email: row.next()?,
    })
}

/// Ties an order to the channel's order that it is; `content` says from which rows. `false` when another one is tied to that already.
pub fn add(tx: &mut Tx<'_>, key: &Key, order: &OrderNumber, origin: &Origin, content: &str) -> Result<bool> {
    let now = tx.now();
    let values = args![
        key.channel,
        key.number,
        origin.channel,
        origin.channel_order_number,
        order,
        content,
        origin.gift_reason,
        origin.buyer_name,
        origin.buyer_email,
        now
    ];
    Ok(tx.exec(ADD, values)? == 1)
}
