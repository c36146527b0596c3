//! The gateway's payment window: the address at which a buyer agrees to a payment, and what the buyer comes back with.

use crate::{navigation::encoded, pay_page::Shares, visit::Visit};
use kernel::{Code, Money, OrderNumber};
use pages::{Fields, FormToken, Refused, show::Show};
use payment::Method as Pays;
use sha2::{Digest, Sha256};

/// The payment window for one order.
pub struct Window<'a> {
    window: &'a str,
    /// The address of the order's page, with the host.
    order: String,
    number: &'a OrderNumber,
}

impl<'a> Window<'a> {
    /// `None` when the shop has no payment window.
    pub fn of(visit: &'a Visit, number: &'a OrderNumber) -> Option<Window<'a>> {
        let window = visit.site.settings.payment_window.as_str();
        (!window.is_empty()).then(|| Window { window, order: visit.address(&format!("/orders/{number}")), number })
    }

    /// Its address for these shares: the gateway's one is paid there.
    pub fn address(&self, shares: &Shares, name: &str, token: &FormToken, show: &Show) -> String {
        let (own, rest) = (show.plain(shares.own), show.plain(shares.rest));
        let proof = proof(token, self.number, shares.method, &own, &rest);
        let success = format!("{}/paid?method={}&own={own}&proof={proof}", self.order, shares.method.name());
        let fail = format!("{}?done=left", self.order);
        let pairs = [
            ("orderId", self.number.to_string()),
            ("amount", rest),
            ("orderName", name.to_owned()),
            ("method", in_window(shares.method).to_owned()),
            ("successUrl", success),
            ("failUrl", fail),
        ];
        let query =
            pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
        format!("{}?{query}", self.window)
    }
}

/// What the window calls a method.
fn in_window(method: Pays) -> &'static str {
    match method {
        Pays::CreditCard | Pays::Balance => "CARD",
        Pays::BankTransfer => "TRANSFER",
        Pays::Mobile => "MOBILE_PHONE",
        Pays::VirtualAccount | Pays::KakaoPay | Pays::NaverPay | Pays::TossPay => method.name(),
    }
}

/// What shows that this browser has asked for exactly this payment. It takes the browser's form token to make it, and
/// the token cannot be found from it.
fn proof(token: &FormToken, number: &OrderNumber, method: Pays, own: &str, rest: &str) -> String {
    let text = format!("payment window|{token}|{number}|{}|{own}|{rest}", method.name());
    kernel::hex(&Sha256::digest(text)[..16])
}

/// A payment to which the buyer has agreed in the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    pub method: Pays,
    /// What comes from the balance beside it.
    pub own: Money,
    /// What the buyer has agreed to.
    pub amount: Money,
    /// The gateway's key of the payment.
    pub payment_key: String,
    proof: String,
}

impl Agreed {
    /// What the window, or the form that repeats it, sends; S306 and S307 for what no window sends.
    pub fn of(fields: &Fields, show: &Show) -> Result<Agreed, Refused> {
        let amount = |name: &str| show.amount(fields.text(name)).ok_or(Code::InvalidPaymentAmount);
        let method: Pays = fields.text("method").parse()?;
        let payment_key = fields.given("paymentKey").ok_or(Code::InvalidPaymentAmount)?.to_owned();
        if method == Pays::Balance {
            return Err(Code::PaymentMethodNotSupported.into());
        }
        let (own, amount) = (amount("own")?, amount("amount")?);
        Ok(Agreed { method, own, amount, payment_key, proof: fields.text("proof").to_owned() })
    }

    /// Whether this browser has asked for it.
    pub fn is_asked_for(&self, token: &FormToken, number: &OrderNumber, show: &Show) -> bool {
        proof(token, number, self.method, &show.plain(self.own), &show.plain(self.amount)) == self.proof
    }

    /// The fields of a form that says the same.
    pub fn fields(&self, show: &Show) -> Vec<(&'static str, String)> {
        vec![
            ("method", self.method.name().to_owned()),
            ("own", show.plain(self.own)),
            ("amount", show.plain(self.amount)),
            ("paymentKey", self.payment_key.clone()),
        ]
    }

    /// The idempotency key of the payment.
    pub fn once(&self) -> String {
        format!("window-{}", kernel::hex(&Sha256::digest(&self.payment_key)[..16]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Currency, Zone};
    use pages::Language;

    #[test]
    fn a_payment_is_asked_for_by_one_browser_for_one_order_and_amount() {
        let show = Show { language: Language::English, currency: Currency::KRW, zone: Zone::utc() };
        let (token, number): (_, OrderNumber) = (FormToken::new(), "ORD-20260206-AAAAAAAA".parse().unwrap());
        let window = Window { window: "http://w", order: "http://localhost/orders/x".to_owned(), number: &number };
        let (own, rest) = (Money::minor(4_000), Money::minor(5_000));
        let address = window.address(&Shares { method: Pays::CreditCard, own, rest }, "머그 & 컵", &token, &show);
        let asked = Fields::parse(address.strip_prefix("http://w?").unwrap().as_bytes());
        assert_eq!(
            (asked.text("amount"), asked.text("orderName"), asked.text("method")),
            ("5000", "머그 & 컵", "CARD")
        );
        let back = |amount: &str| {
            let query = asked.text("successUrl").split_once('?').unwrap().1.to_owned();
            let back = Fields::parse(format!("{query}&paymentKey=k&amount={amount}").as_bytes());
            Agreed::of(&back, &show).unwrap()
        };
        assert!(back("5000").is_asked_for(&token, &number, &show));
        assert!(!back("5001").is_asked_for(&token, &number, &show), "another amount");
        assert!(!back("5000").is_asked_for(&FormToken::new(), &number, &show), "another browser");
        let other: OrderNumber = "ORD-20260206-BBBBBBBB".parse().unwrap();
        assert!(!back("5000").is_asked_for(&token, &other, &show), "another order");
        let cheaper = Agreed { own: Money::minor(3_000), ..back("5000") };
        assert!(!cheaper.is_asked_for(&token, &number, &show), "another share");
    }
}
