//! What buyers ask for, as it comes in, and what can be said against it before anything is read.

use catalog::ops::ItemRef;
use coupon::{coupon::CODE_MAX, ops::Named};
use kernel::{
    Address, CartId, Code, CouponId, Detail, Error, Money, OrderNumber, ProductId, Quantity, Result, Together,
    UserCouponId, VariantId, text,
};
use order::order::LINES_MAX;
use payment::{Method, payment::PAYMENT_KEY_MAX};
use ports::gateway::RefundAccount;
use serde::Deserialize;
use std::collections::HashSet;
use utoipa::ToSchema;
use web::Checked;

/// Shares of a split payment: the balance and one method of the gateway.
const SHARES_MAX: usize = 2;

/// What is to be ordered, or quoted. Without `cartId` and `items` it is the caller's cart.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderRequest {
    /// A cart of the caller's.
    #[serde(default)]
    pub cart_id: Option<CartId>,
    /// Things that are in no cart; at most 200 lines. Not together with `cartId`.
    #[serde(default)]
    pub items: Option<Vec<Item>>,
    /// Where it goes. Required for an order; a quote does without.
    #[serde(default)]
    pub shipping_address: Option<Address>,
    /// A note for the carrier, at most 500 characters.
    #[serde(default)]
    pub memo: Option<String>,
    /// A coupon the caller holds; an order uses one at most.
    #[serde(default)]
    pub user_coupon_id: Option<UserCouponId>,
    /// The same by its coupon; instead of `userCouponId`.
    #[serde(default)]
    pub coupon_id: Option<CouponId>,
    /// The same by the coupon's code, in any case; instead of `userCouponId`.
    #[serde(default)]
    pub coupon_code: Option<String>,
    /// How many points to pay with; no more are used than the coupon leaves to pay of the goods.
    #[serde(default)]
    pub points_to_use: Option<Money>,
    /// What the caller was shown as the price of everything; the order is refused when it costs anything else.
    #[serde(default)]
    pub expected_amount: Option<Money>,
    /// Pay in the same call.
    #[serde(default)]
    pub payment: Option<PaymentChoice>,
}

/// One thing to order: a variant, or a product, which means its default variant.
// `merchandising` has the same three fields for its verification: each route owns its request, so that one can grow alone.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OrderItemRequest)]
pub struct Item {
    /// The product.
    #[serde(default)]
    pub product_id: Option<ProductId>,
    /// The variant.
    #[serde(default)]
    pub variant_id: Option<VariantId>,
    /// How many.
    pub quantity: Quantity,
}

/// How an order is paid in the call that places it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaymentChoice {
    /// CREDIT_CARD (or CARD), BANK_TRANSFER, VIRTUAL_ACCOUNT, KAKAO_PAY, NAVER_PAY, TOSS_PAY, MOBILE, or BALANCE, which pays at
    /// once.
    #[schema(value_type = payment::MethodName)]
    pub method: String,
    /// What the gateway gave the buyer's browser. C002 without it when the gateway needs one, as Toss Payments does.
    #[serde(default)]
    pub payment_key: Option<String>,
    /// As [`PaymentRequest::splits`].
    #[serde(default)]
    pub splits: Option<Vec<Split>>,
}

/// A payment of an order.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaymentRequest {
    /// What is paid.
    #[schema(value_type = String)]
    pub order_number: OrderNumber,
    /// As [`PaymentChoice::method`].
    #[schema(value_type = payment::MethodName)]
    pub payment_method: String,
    /// What the gateway gave the buyer's browser. C002 without it when the gateway needs one, as Toss Payments does.
    #[serde(default)]
    pub payment_key: Option<String>,
    /// The shares of a payment from the balance and by one method of the gateway, which `paymentMethod` names; together what the
    /// order costs.
    #[serde(default)]
    pub splits: Option<Vec<Split>>,
}

/// A part of a payment.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = PaymentSplit)]
pub struct Split {
    /// How this part is paid.
    #[schema(value_type = payment::MethodName)]
    pub method: String,
    /// How much of it.
    pub amount: Money,
}

/// What the gateway's page sends the buyer back with (Toss Payments).
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmRequest {
    /// What is paid.
    #[schema(value_type = String)]
    pub order_number: OrderNumber,
    /// The gateway's key of this payment.
    pub payment_key: String,
    /// What the buyer agreed to; must be what the order costs.
    pub amount: Money,
}

/// The buyer's account, to which deposited money goes back.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefundAccountRequest {
    /// The gateway's code of the bank, such as `20`.
    pub bank: String,
    /// 6 to 20 digits; spaces and hyphens between them do not count.
    pub account_number: String,
    /// In whose name it is, at most 60 characters.
    pub holder: String,
}

impl std::fmt::Debug for RefundAccountRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RefundAccountRequest").field("bank", &self.bank).finish_non_exhaustive()
    }
}

impl RefundAccountRequest {
    /// The checked form.
    pub fn account(&self) -> Result<RefundAccount> {
        let (bank, number, holder) = (self.bank.clone(), self.account_number.clone(), self.holder.clone());
        payment::deposit::checked(&RefundAccount { bank, number, holder })
    }
}

impl Checked for RefundAccountRequest {
    fn check(&self) -> Result<()> {
        self.account().map(drop)
    }
}

impl Checked for PaymentRequest {
    fn check(&self) -> Result<()> {
        self.payment_method().map(drop)
    }
}

impl Checked for ConfirmRequest {
    fn check(&self) -> Result<()> {
        (self.payment_method(), self.amount.not_negative("amount")).together().map(drop)
    }
}

/// Where an order goes from now on.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AddressRequest {
    /// At most 100 characters.
    pub receiver_name: String,
    /// At most 20 characters, with a digit among them.
    pub receiver_phone: String,
    /// At most 10 characters. A shop that charges more for far places wants as many digits as their zip codes have.
    pub zip_code: String,
    /// At most 255 characters.
    pub address1: String,
    /// At most 255 characters.
    #[serde(default)]
    pub address2: Option<String>,
    /// A note for the carrier, at most 500 characters. Without it the order keeps its memo; an empty text removes it.
    #[serde(default)]
    pub memo: Option<String>,
    /// What you were shown that the order costs there; another amount is refused. It changes only with the first address of an unpaid order.
    #[serde(default)]
    pub expected_amount: Option<Money>,
}

impl AddressRequest {
    /// The address; S211.
    pub fn address(&self) -> Result<Address> {
        Address {
            receiver_name: self.receiver_name.clone(),
            receiver_phone: self.receiver_phone.clone(),
            zip_code: self.zip_code.clone(),
            address1: self.address1.clone(),
            address2: self.address2.clone(),
        }
        .checked()
    }
}

impl Checked for AddressRequest {
    fn check(&self) -> Result<()> {
        (self.address(), memo(self.memo.as_deref())).together().map(drop)
    }
}

/// The memo of an order; C002 when it is too long.
pub fn memo(text: Option<&str>) -> Result<Option<String>> {
    text::paragraph("memo", text, text::REASON_MAX)
}

/// Why something is cancelled or closed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ReasonRequest)]
pub struct Reason {
    /// At most 500 characters.
    pub reason: String,
}

impl Reason {
    /// The reason; C002.
    pub fn text(&self) -> Result<String> {
        text::required_paragraph("reason", &self.reason, text::REASON_MAX)
    }
}

impl Checked for Reason {
    fn check(&self) -> Result<()> {
        self.text().map(drop)
    }
}

/// Money to give back. Without `amount` and `lines` it is all that is left.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefundRequest {
    /// How much; at most what is left of the named lines. Without lines it reduces what is left in all.
    #[serde(default)]
    pub amount: Option<Money>,
    /// At most 500 characters.
    pub reason: String,
    /// For what; at most 200 lines. What was given back of a line is remembered. Their goods stay where they are.
    #[serde(default)]
    pub lines: Option<Vec<RefundLine>>,
}

/// A line of the order, and how much of it is refunded.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = RefundLineRequest)]
pub struct RefundLine {
    /// The line's `id` in the order.
    pub id: i64,
    /// How many units of it.
    pub quantity: Quantity,
}

impl RefundRequest {
    /// The reason; with C002 for lines that cannot be lines of an order, S306 for an amount that is none.
    pub fn checked_reason(&self) -> Result<String> {
        let lines = self.lines.as_deref().map_or(Ok(()), refund_lines);
        let amount = match self.amount {
            Some(amount) if !amount.is_positive() => {
                Err(Error::of_fields(Code::InvalidPaymentAmount, vec![Detail::field("amount", "must be above 0")]))
            }
            Some(_) | None => Ok(()),
        };
        let reason = text::required_paragraph("reason", &self.reason, text::REASON_MAX);
        let (reason, (), ()) = (reason, lines, amount).together()?;
        Ok(reason)
    }
}

impl Checked for RefundRequest {
    fn check(&self) -> Result<()> {
        self.checked_reason().map(drop)
    }
}

/// Units of an order that are sent in a parcel of their own.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParcelRequest {
    /// Units that are in the first parcel now; something must be left in it.
    pub lines: Vec<RefundLine>,
}

impl Checked for ParcelRequest {
    fn check(&self) -> Result<()> {
        refund_lines(&self.lines)
    }
}

/// C002 for no lines, too many, or a line that is named again.
fn refund_lines(lines: &[RefundLine]) -> Result<()> {
    if lines.is_empty() || lines.len() > LINES_MAX {
        return Err(text::wrong("lines", format!("must be 1 to {LINES_MAX} lines")));
    }
    let mut seen = HashSet::new();
    let once = |(n, line): (usize, &RefundLine)| match seen.insert(line.id) {
        true => Ok(()),
        false => Err(text::wrong(&format!("lines[{n}].id"), "may be named once")),
    };
    lines.iter().enumerate().map(once).collect::<Vec<_>>().together().map(drop)
}

/// Where the lines of an order come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A cart: this one, or the caller's.
    Cart(Option<CartId>),
    /// What the request names.
    Items(Vec<Item>),
}

impl OrderRequest {
    /// Where the lines come from. C002 for a cart and items together, for no lines or too many, and for each line that names
    /// nothing.
    pub fn source(&self) -> Result<Source> {
        match (&self.items, self.cart_id) {
            (Some(_), Some(_)) => Err(text::wrong("items", "cannot be combined with cartId")),
            (Some(items), None) if items.is_empty() || items.len() > LINES_MAX => {
                Err(text::wrong("items", format!("must be 1 to {LINES_MAX} lines")))
            }
            (Some(items), None) => {
                let named = items.iter().enumerate().map(|(n, item)| item.item_ref().checked(&format!("items[{n}].")));
                named.collect::<Vec<_>>().together()?;
                Ok(Source::Items(items.clone()))
            }
            (None, cart) => Ok(Source::Cart(cart)),
        }
    }

    /// Where it goes; S211.
    pub fn address(&self) -> Result<Address> {
        let missing =
            || Error::of_fields(Code::InvalidShippingAddress, vec![Detail::field("shippingAddress", "is required")]);
        self.shipping_address.clone().ok_or_else(missing)?.checked().map_err(|error| error.within("shippingAddress"))
    }

    /// The coupon that the caller names. C002 for one that is named twice, or a code that none can have.
    pub fn coupon(&self) -> Result<Option<Named>> {
        match (self.user_coupon_id, self.coupon_id, self.coupon_code.as_deref()) {
            (None, None, None) => Ok(None),
            (Some(id), None, None) => Ok(Some(Named::Held(id))),
            (None, Some(id), None) => Ok(Some(Named::Coupon(id))),
            (None, None, Some(code)) => text::key("couponCode", code, CODE_MAX).map(Named::Code).map(Some),
            (None, Some(_), Some(_)) => Err(text::wrong("couponCode", "cannot be combined with couponId")),
            (Some(_), Some(_), _) => Err(text::wrong("couponId", "cannot be combined with userCouponId")),
            (Some(_), None, Some(_)) => Err(text::wrong("couponCode", "cannot be combined with userCouponId")),
        }
    }

    /// Everything that is wrong with coupon, points and payment, as far as that needs no reading.
    pub fn extras(&self) -> Vec<Error> {
        let mut wrong: Vec<Error> = self.coupon().err().into_iter().collect();
        wrong.extend(self.expected_amount.and_then(|amount| amount.not_negative("expectedAmount").err()));
        wrong.extend(self.points_to_use.and_then(|points| points.not_negative("pointsToUse").err()));
        if let Some(Err(error)) = self.payment.as_ref().map(PaymentChoice::payment_method) {
            wrong.push(error);
        }
        wrong
    }

    /// Everything that is wrong with the lines, the address where there is one, the memo, coupon, points and payment.
    fn problems(&self) -> Option<Error> {
        let address = self.shipping_address.as_ref().and_then(|_| self.address().err());
        let problems = [self.source().err(), address, memo(self.memo.as_deref()).err()];
        problems.into_iter().flatten().chain(self.extras()).reduce(Error::and)
    }
}

impl Checked for OrderRequest {
    fn check(&self) -> Result<()> {
        self.problems().map_or(Ok(()), Err)
    }
}

impl Item {
    /// As the catalogue looks it up.
    pub(crate) fn item_ref(&self) -> ItemRef {
        ItemRef { product: self.product_id, variant: self.variant_id }
    }
}

/// How something is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentMethod {
    /// The method; of a split payment that of the gateway's share.
    pub method: Method,
    /// The buyer's own word for it.
    pub sent: String,
    /// What the gateway gave the buyer's browser.
    pub key: Option<String>,
    /// The shares of a split payment.
    pub split: Option<Shared>,
}

/// The shares of a split payment as they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shared {
    /// From the balance.
    pub own: Money,
    /// By the gateway.
    pub gateway: Money,
}

impl PaymentMethod {
    /// What another sales channel took. No request can name it.
    pub fn at_channel() -> PaymentMethod {
        PaymentMethod { method: Method::Channel, sent: Method::Channel.name().to_owned(), key: None, split: None }
    }

    /// S307 for a method that does not exist, C002 for a strange key.
    pub fn checked(sent: &str, key: Option<&str>) -> Result<PaymentMethod> {
        PaymentMethod::at("paymentMethod", sent, key)
    }

    /// The same of a request that has the method in `field`.
    fn at(field: &str, sent: &str, key: Option<&str>) -> Result<PaymentMethod> {
        let (method, key) = (method(field, sent), text::optional("paymentKey", key, PAYMENT_KEY_MAX)).together()?;
        Ok(PaymentMethod { method, sent: sent.to_owned(), key, split: None })
    }

    /// The same payment in shares. C002 for more shares than two or two of one kind, S306 for an amount that is none, S307 for
    /// another method of the gateway than the payment's own.
    fn in_shares(self, splits: Option<&[Split]>) -> Result<PaymentMethod> {
        let Some(splits) = splits else { return Ok(self) };
        if splits.is_empty() || splits.len() > SHARES_MAX {
            return Err(text::wrong("splits", "must be one share of the balance and one of the gateway"));
        }
        let share = |(n, split): (usize, &Split)| (self.share_of(split, n), split.amount_at(n)).together();
        let shares = splits.iter().enumerate().map(share);
        let (mut own, mut gateway) = (None, None);
        for (method, amount) in shares.collect::<Vec<_>>().together()? {
            let share = if method == Method::Balance { &mut own } else { &mut gateway };
            if share.replace(amount).is_some() {
                return Err(text::wrong("splits", "must be one share of the balance and one of the gateway"));
            }
        }
        let split = Shared { own: own.unwrap_or_default(), gateway: gateway.unwrap_or_default() };
        Ok(PaymentMethod { split: Some(split), ..self })
    }

    /// How the share number `n` is paid: from the balance, or as the whole payment is. S307.
    fn share_of(&self, split: &Split, n: usize) -> Result<Method> {
        let method = method(&format!("splits[{n}].method"), &split.method)?;
        if method == Method::Balance || method == self.method {
            return Ok(method);
        }
        Err(Code::PaymentMethodNotSupported.because("the gateway's share is paid by paymentMethod"))
    }
}

/// The method that `field` names; S307.
fn method(field: &str, sent: &str) -> Result<Method> {
    sent.parse().map_err(|error: Error| error.with(Detail::field(field, "is not valid")))
}

impl Split {
    /// The amount of the share number `n`; S306.
    fn amount_at(&self, n: usize) -> Result<Money> {
        if self.amount.is_positive() {
            return Ok(self.amount);
        }
        let detail = Detail::field(format!("splits[{n}].amount"), "must be above 0");
        Err(Error::of_fields(Code::InvalidPaymentAmount, vec![detail]))
    }
}

impl PaymentChoice {
    /// The checked form; see [`PaymentMethod::checked`].
    pub fn payment_method(&self) -> Result<PaymentMethod> {
        PaymentMethod::at("method", &self.method, self.payment_key.as_deref())
            .and_then(|method| method.in_shares(self.splits.as_deref()))
            .map_err(|error| error.within("payment"))
    }
}

impl PaymentRequest {
    /// The checked form.
    pub fn payment_method(&self) -> Result<PaymentMethod> {
        PaymentMethod::checked(&self.payment_method, self.payment_key.as_deref())?.in_shares(self.splits.as_deref())
    }
}

impl ConfirmRequest {
    /// The checked form.
    pub fn payment_method(&self) -> Result<PaymentMethod> {
        let key = text::required("paymentKey", &self.payment_key, PAYMENT_KEY_MAX)?;
        let sent = Method::TossPay.name().to_owned();
        Ok(PaymentMethod { method: Method::TossPay, sent, key: Some(key), split: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item() -> Item {
        Item { product_id: Some(ProductId::new(1)), variant_id: None, quantity: Quantity::ONE }
    }

    #[test]
    fn a_request_names_a_cart_or_items_but_not_both() {
        let both = OrderRequest { cart_id: Some(CartId::new(1)), items: Some(vec![item()]), ..OrderRequest::default() };
        assert!(both.source().is_err());
        let none = OrderRequest { items: Some(Vec::new()), ..OrderRequest::default() };
        assert!(none.source().is_err());
        let many = OrderRequest { items: Some(vec![item(); LINES_MAX + 1]), ..OrderRequest::default() };
        assert!(many.source().is_err());
        assert!(matches!(OrderRequest::default().source(), Ok(Source::Cart(None))));
    }

    #[test]
    fn a_coupon_is_named_in_one_way() {
        let held = OrderRequest { user_coupon_id: Some(UserCouponId::new(1)), ..OrderRequest::default() };
        assert_eq!(held.coupon().unwrap(), Some(Named::Held(UserCouponId::new(1))));
        let code = OrderRequest { coupon_code: Some(" spring-10 ".to_owned()), ..OrderRequest::default() };
        assert!(matches!(code.coupon().unwrap(), Some(Named::Code(_))));
        let both = OrderRequest { coupon_id: Some(CouponId::new(1)), ..held.clone() };
        let twice = OrderRequest { user_coupon_id: held.user_coupon_id, ..code.clone() };
        let blank = OrderRequest { coupon_code: Some(" ".to_owned()), ..OrderRequest::default() };
        let and = OrderRequest { coupon_id: Some(CouponId::new(1)), ..code };
        for wrong in [both, twice, blank, and] {
            assert_eq!(wrong.coupon().unwrap_err().code(), Code::InvalidInput);
            assert_eq!(wrong.extras().len(), 1);
        }
        assert!(OrderRequest::default().coupon().unwrap().is_none());
    }

    #[test]
    fn a_split_payment_has_a_share_of_the_balance_and_one_of_the_method() {
        let share = |method: &str, amount: i64| Split { method: method.to_owned(), amount: Money::minor(amount) };
        let card = || PaymentMethod::checked("CARD", None).unwrap();
        let split = card().in_shares(Some(&[share("BALANCE", 4), share("CREDIT_CARD", 5)])).unwrap().split.unwrap();
        assert_eq!((split.own, split.gateway), (Money::minor(4), Money::minor(5)));
        for (shares, code) in [
            (vec![], Code::InvalidInput),
            (vec![share("CARD", 4), share("CARD", 5)], Code::InvalidInput),
            (vec![share("BALANCE", 4), share("KAKAO_PAY", 5)], Code::PaymentMethodNotSupported),
            (vec![share("BALANCE", 0), share("CARD", 9)], Code::InvalidPaymentAmount),
        ] {
            assert_eq!(card().in_shares(Some(&shares)).unwrap_err().code(), code);
        }
        let nothing = OrderRequest { points_to_use: Some(Money::ZERO), ..OrderRequest::default() };
        assert!(nothing.extras().is_empty());
        let negative = OrderRequest { points_to_use: Some(Money::minor(-1)), ..OrderRequest::default() };
        assert_eq!(negative.extras().len(), 1);
    }

    #[test]
    fn card_is_another_name_for_credit_card() {
        assert_eq!(PaymentMethod::checked("CARD", None).unwrap().method, Method::CreditCard);
        assert_eq!(PaymentMethod::checked("CASH", None).unwrap_err().code(), Code::PaymentMethodNotSupported);
    }
}
