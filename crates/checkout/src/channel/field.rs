//! What a row of a file of orders can say.

use files::columns;

/// A field of an order of a sales channel, or of one of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Where it was placed.
    Channel,
    /// Its number there. Rows that follow each other with the same number are one order.
    ChannelOrderNumber,
    Sku,
    Quantity,
    /// What one unit cost there; what it costs here when absent.
    UnitPrice,
    /// What sending it cost there; nothing when absent.
    ShippingFee,
    /// What the channel took, to compare with.
    PaidAmount,
    /// Makes it a gift: nothing is paid.
    GiftReason,
    /// Finds the buyer's account.
    BuyerEmail,
    BuyerName,
    ReceiverName,
    ReceiverPhone,
    ZipCode,
    Address1,
    Address2,
    /// A note for the carrier.
    Memo,
}

impl columns::Field for Field {
    const ALL: &'static [Field] = &[
        Field::Channel,
        Field::ChannelOrderNumber,
        Field::Sku,
        Field::Quantity,
        Field::UnitPrice,
        Field::ShippingFee,
        Field::PaidAmount,
        Field::GiftReason,
        Field::BuyerEmail,
        Field::BuyerName,
        Field::ReceiverName,
        Field::ReceiverPhone,
        Field::ZipCode,
        Field::Address1,
        Field::Address2,
        Field::Memo,
    ];

    fn name(self) -> &'static str {
        match self {
            Field::Channel => "channel",
            Field::ChannelOrderNumber => "channelOrderNumber",
            Field::Sku => "sku",
            Field::Quantity => "quantity",
            Field::UnitPrice => "unitPrice",
            Field::ShippingFee => "shippingFee",
            Field::PaidAmount => "paidAmount",
            Field::GiftReason => "giftReason",
            Field::BuyerEmail => "buyerEmail",
            Field::BuyerName => "buyerName",
            Field::ReceiverName => "receiverName",
            Field::ReceiverPhone => "receiverPhone",
            Field::ZipCode => "zipCode",
            Field::Address1 => "address1",
            Field::Address2 => "address2",
            Field::Memo => "memo",
        }
    }

    fn aliases(self) -> &'static [&'static str] {
        match self {
            Field::Channel => &["channel"],
            Field::ChannelOrderNumber => &["channelordernumber", "ordernumber", "orderid"],
            Field::Sku => &["sku"],
            Field::Quantity => &["quantity"],
            Field::UnitPrice => &["unitprice", "price"],
            Field::ShippingFee => &["shippingfee"],
            Field::PaidAmount => &["paidamount"],
            Field::GiftReason => &["giftreason"],
            Field::BuyerEmail => &["buyeremail", "email"],
            Field::BuyerName => &["buyername"],
            Field::ReceiverName => &["receivername"],
            Field::ReceiverPhone => &["receiverphone", "phone"],
            Field::ZipCode => &["zipcode"],
            Field::Address1 => &["address1", "address"],
            Field::Address2 => &["address2"],
            Field::Memo => &["memo"],
        }
    }

    fn may_be_empty(self) -> bool {
        !self.is_needed()
    }
}

impl Field {
    /// Whether no order can be without it.
    pub fn is_needed(self) -> bool {
        match self {
            Field::Channel
            | Field::ChannelOrderNumber
            | Field::Sku
            | Field::Quantity
            | Field::ReceiverName
            | Field::ReceiverPhone
            | Field::ZipCode
            | Field::Address1 => true,
            Field::UnitPrice
            | Field::ShippingFee
            | Field::PaidAmount
            | Field::GiftReason
            | Field::BuyerEmail
            | Field::BuyerName
            | Field::Address2
            | Field::Memo => false,
        }
    }
}
