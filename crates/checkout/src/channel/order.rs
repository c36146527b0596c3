//! An order that was placed and paid at a sales channel, or a gift: what its rows say, checked as far as that needs no reading.

use super::{
    field::Field,
    row::{Row, Text},
};
use catalog::product::SKU_MAX;
use files::{
    Position,
    amount::{Amounts, DecimalMark},
    columns::Field as _,
    report::Refusal,
};
use kernel::{Address, Code, Error, Money, Quantity, Result, Together, text};
use order::{
    order::LINES_MAX,
    origin::{CHANNEL_MAX, Key, NUMBER_MAX, Origin},
};
use serde_json::json;
use sha2::{Digest, Sha256};

/// Longest name of a buyer, in characters.
const NAME_MAX: usize = 100;

/// An order to place.
#[derive(Debug, Clone)]
pub struct ChannelOrder {
    pub key: Key,
    pub origin: Origin,
    pub lines: Vec<Line>,
    pub shipping_fee: Money,
    /// What the channel says it took.
    pub paid_amount: Option<Money>,
    pub address: Address,
    pub memo: Option<String>,
    /// The rows of the file.
    pub rows: Vec<Position>,
    /// Another text when anything of it is different.
    pub content: String,
}

/// A line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub sku: String,
    pub quantity: Quantity,
    /// What one unit cost there; `None` is what it costs here.
    pub unit_price: Option<Money>,
}

impl ChannelOrder {
    /// The order that these rows are. Every row is refused when something is wrong with one.
    pub fn of(rows: &[Row], amounts: Amounts) -> Result<ChannelOrder, Vec<Refusal>> {
        let read = Reading { rows, amounts }.order();
        read.map_err(|error| refused(rows, &error))
    }

    /// What the lines, the fee, `address` and everything else say, so that the same order is known again.
    fn with_content(self, address: &Address) -> ChannelOrder {
        let line = |line: &Line| json!([line.sku, line.quantity.as_i64(), line.unit_price]);
        let lines: Vec<_> = self.lines.iter().map(line).collect();
        let all = json!([self.origin, lines, self.shipping_fee, self.paid_amount, address, self.memo]);
        let content = text::hex(&Sha256::digest(all.to_string()));
        ChannelOrder { content, ..self }
    }
}

/// Every row of an order, refused.
pub fn refused(rows: &[Row], error: &Error) -> Vec<Refusal> {
    each(rows).map(|row| row.refused(error.public_copy())).collect()
}

/// C019: rows of an order whose other rows, from `line` on, are elsewhere in the file.
pub fn split(line: u64) -> Error {
    Code::Conflict.because(format!(
        "the rows from line {line} on have this channelOrderNumber too; put all rows of an order together"
    ))
}

/// The rows of the file that these are: the lines of an object of JSON are one.
fn each(rows: &[Row]) -> impl Iterator<Item = &Row> {
    rows.chunk_by(|one, next| one.at == next.at).filter_map(<[Row]>::first)
}

/// The rows of one order while they are read.
struct Reading<'a> {
    rows: &'a [Row],
    amounts: Amounts,
}

impl Reading<'_> {
    fn order(&self) -> Result<ChannelOrder> {
        if self.rows.len() > LINES_MAX {
            return Err(too_many());
        }
        let (origin, address, memo, fee, paid_amount, lines) = (
            self.origin(),
            self.address(),
            self.long_text(Field::Memo),
            self.money(Field::ShippingFee),
            self.money(Field::PaidAmount),
            self.rows.iter().map(|row| self.line(row)).collect::<Vec<_>>().together(),
        )
            .together()?;
        let costs = [fee, paid_amount].into_iter().flatten().any(Money::is_positive);
        let lines = match origin.gift_reason {
            None => lines,
            Some(_) if costs || lines.iter().any(|line| line.unit_price.is_some_and(Money::is_positive)) => {
                let why = "cannot be combined with a price, a fee or a paid amount";
                return Err(text::wrong(Field::GiftReason.name(), why));
            }
            Some(_) => lines.into_iter().map(|line| Line { unit_price: Some(Money::ZERO), ..line }).collect(),
        };
        let key = Key::of(&origin.channel, &origin.channel_order_number);
        let order = ChannelOrder {
            key,
            origin,
            lines,
            shipping_fee: fee.unwrap_or_default(),
            paid_amount,
            address,
            memo,
            rows: each(self.rows).map(|row| row.at).collect(),
            content: String::new(),
        };
        let address = self.as_written(&order.address)?;
        Ok(order.with_content(&address))
    }

    fn origin(&self) -> Result<Origin> {
        let (channel, channel_order_number, gift_reason, buyer_name, buyer_email) = (
            text::required(Field::Channel.name(), self.text_of(Field::Channel)?, CHANNEL_MAX),
            text::required(Field::ChannelOrderNumber.name(), self.text_of(Field::ChannelOrderNumber)?, NUMBER_MAX),
            self.long_text(Field::GiftReason),
            text::optional(Field::BuyerName.name(), Some(self.text_of(Field::BuyerName)?), NAME_MAX),
            self.email(),
        )
            .together()?;
        Ok(Origin { channel, channel_order_number, gift_reason, buyer_name, buyer_email })
    }

    fn email(&self) -> Result<Option<String>> {
        let Some(found) = self.value(Field::BuyerEmail)? else { return Ok(None) };
        let email = account::user::email(&found.text);
        email.map(Some).map_err(|_| text::wrong(Field::BuyerEmail.name(), "is not an e-mail address"))
    }

    fn address(&self) -> Result<Address> {
        let of = |field| self.text_of(field).map(str::to_owned);
        let (receiver_name, receiver_phone, zip_code, address1, address2) = (
            of(Field::ReceiverName),
            of(Field::ReceiverPhone),
            of(Field::ZipCode),
            of(Field::Address1),
            of(Field::Address2),
        )
            .together()?;
        Address { receiver_name, receiver_phone, zip_code, address1, address2: Some(address2) }.checked()
    }

    /// The address with zip code and phone as the rows have them. Older versions stored those, and their orders are known again by them.
    fn as_written(&self, address: &Address) -> Result<Address> {
        let of = |field| self.text_of(field).map(text::clean);
        let (receiver_phone, zip_code) = (of(Field::ReceiverPhone), of(Field::ZipCode)).together()?;
        Ok(Address { receiver_phone, zip_code, ..address.clone() })
    }

    fn line(&self, row: &Row) -> Result<Line> {
        let sku = text::key(Field::Sku.name(), row.text(Field::Sku).unwrap_or_default(), SKU_MAX);
        let quantity = match row.text(Field::Quantity) {
            None => Err(text::wrong(Field::Quantity.name(), "must not be blank")),
            Some(written) => self.amounts.count(Field::Quantity.name(), written).and_then(|units| {
                Quantity::new(units).map_err(|_| {
                    text::wrong(Field::Quantity.name(), format!("must be between 1 and {}", Quantity::MAX))
                })
            }),
        };
        let unit_price = row.get(Field::UnitPrice).map(|price| self.amount(Field::UnitPrice, price)).transpose();
        let (sku, quantity, unit_price) = (sku, quantity, unit_price).together()?;
        Ok(Line { sku, quantity, unit_price })
    }

    fn money(&self, field: Field) -> Result<Option<Money>> {
        self.value(field)?.map(|found| self.amount(field, found)).transpose()
    }

    /// An amount in the main unit, 0 or more.
    fn amount(&self, field: Field, found: &Text) -> Result<Money> {
        let decimal = if found.is_number { Some(DecimalMark::Point) } else { self.amounts.decimal };
        let amount = Amounts { decimal, ..self.amounts }.money(field.name(), &found.text)?;
        amount.not_negative(field.name())?;
        Ok(amount)
    }

    fn long_text(&self, field: Field) -> Result<Option<String>> {
        let found = self.value(field)?;
        text::paragraph(field.name(), found.map(|found| found.text.as_str()), text::REASON_MAX)
    }

    /// The text of a field; empty when no row has it.
    fn text_of(&self, field: Field) -> Result<&str> {
        Ok(self.value(field)?.map_or("", |found| found.text.as_str()))
    }

    /// What the rows say of a field of their order. C002 when a later one says something else than one before it.
    fn value(&self, field: Field) -> Result<Option<&Text>> {
        let mut said = self.rows.iter().filter_map(|row| Some((row.at.line, row.get(field)?)));
        let Some((_, first)) = said.next() else { return Ok(None) };
        match said.find(|(_, found)| found.text != first.text) {
            None => Ok(Some(first)),
            Some((line, _)) => Err(disagree(field, line)),
        }
    }
}

/// C002 about an order with more lines than any may have.
pub fn too_many() -> Error {
    text::wrong(Field::ChannelOrderNumber.name(), format!("must be 1 to {LINES_MAX} lines"))
}

fn disagree(field: Field, line: u64) -> Error {
    text::wrong(field.name(), format!("of line {line} is not that of the order's rows before it"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::row::Mapping;
    use kernel::Currency;
    use serde_json::Value;

    const WON: Amounts = Amounts { currency: Currency::KRW, decimal: None };

    fn order(json: Value) -> Result<ChannelOrder, String> {
        let mapping = Mapping::of(&[], &[]).unwrap();
        let rows = Row::of_json(&mapping, Position { row: 1, line: 1 }, json.to_string().as_bytes()).unwrap();
        ChannelOrder::of(&rows, WON).map_err(|refusals| refusals[0].error.to_string())
    }

    fn good() -> Value {
        json!({"channel": "Market", "channelOrderNumber": 17, "sku": "MUG", "quantity": 2, "unitPrice": "8,500",
            "shippingFee": 3000, "paidAmount": 20000, "buyerEmail": "Mina@Example.com", "receiverName": "Kim Mina",
            "receiverPhone": "010-1234-5678", "zipCode": "04524", "address1": "Sejong-daero 110"})
    }

    fn with(members: Value) -> Value {
        let mut all = good();
        all.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        all
    }

    #[test]
    fn a_row_is_an_order_with_what_was_paid_for_it() {
        let found = order(good()).unwrap();
        assert_eq!((found.lines[0].unit_price, found.shipping_fee), (Some(Money::minor(8_500)), Money::minor(3_000)));
        assert_eq!(found.origin.buyer_email.as_deref(), Some("mina@example.com"));
        let same = order(with(json!({"unitPrice": 8500, "memo": " "}))).unwrap();
        assert_eq!((same.key == found.key, same.content == found.content), (true, true));
        let other = order(with(json!({"quantity": 3}))).unwrap();
        assert!(other.key == found.key && other.content != found.content);
        let spelled = order(with(json!({"channel": "MARKET"}))).unwrap();
        assert!(spelled.key == found.key);
    }

    #[test]
    fn a_gift_costs_nothing() {
        let free = json!({"giftReason": "a review", "unitPrice": null, "shippingFee": null, "paidAmount": null});
        let gift = order(with(free.clone())).unwrap();
        assert_eq!(gift.lines[0].unit_price, Some(Money::ZERO));
        for costs in [json!({"unitPrice": 1}), json!({"shippingFee": 1}), json!({"paidAmount": "1"})] {
            let mut row = with(free.clone());
            row.as_object_mut().unwrap().extend(costs.as_object().unwrap().clone());
            assert!(order(row).unwrap_err().contains("cannot be combined with a price"), "{costs}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let wrong = json!({"channel": "", "quantity": 0, "unitPrice": -1, "buyerEmail": "mina", "sku": ""});
        let found = order(with(wrong)).unwrap_err();
        for field in ["channel must not be blank", "sku must not be blank", "quantity must be between", "unitPrice"] {
            assert!(found.contains(field), "{field}: {found}");
        }
        assert!(order(with(json!({"receiverName": null}))).unwrap_err().contains("receiverName"));
        let lines = json!({"lines": [{"sku": "A", "memo": "left"}, {"sku": "B", "memo": "right"}], "sku": null});
        assert!(order(with(lines)).unwrap_err().contains("memo of line 1 is not that"));
    }
}
