//! The gateway's payment window: the address at which a buyer agrees to a payment, and what the buyer comes back with.

use crate::{pay_page::PayTexts, visit::Visit};
use askama::Template;
use kernel::{Code, Money};
use pages::{Fields, FormToken, PageResult, Refused, html::encoded, show::Show};
use payment::Method as Pays;
use sha2::{Digest, Sha256};

/// A payment to which a buyer shall agree in the window.
pub struct Asked<'a> {
    /// The number of the order or of the charge.
    pub number: &'a str,
    /// What it is called in the window.
    pub name: &'a str,
    pub method: Pays,
    /// What comes from the balance beside it.
    pub own: Money,
    /// What is paid in the window.
    pub amount: Money,
    /// Our paths to which the window sends the buyer: after agreeing, and otherwise.
    pub back: (String, String),
}

impl Asked<'_> {
    /// The address of the window for it.
    fn address(&self, window: &str, base: &str, token: &FormToken, show: &Show) -> String {
        let (own, amount, method) = (show.plain(self.own), show.plain(self.amount), self.method.name());
        let proof = proof(token, self.number, self.method, &own, &amount);
        let (agreed, left) = &self.back;
        let pairs = [
            ("orderId", self.number.to_owned()),
            ("amount", amount),
            ("orderName", self.name.to_owned()),
            ("method", in_window(self.method).to_owned()),
            ("successUrl", format!("{base}{agreed}?method={method}&own={own}&proof={proof}")),
            ("failUrl", format!("{base}{left}")),
        ];
        let query =
            pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&");
        format!("{window}?{query}")
    }
}

/// What the window calls a method.
fn in_window(method: Pays) -> &'static str {
    match method {
        // no window takes what is in a balance or at a sales channel
        Pays::CreditCard | Pays::Balance | Pays::Channel => "CARD",
        Pays::BankTransfer => "TRANSFER",
        Pays::Mobile => "MOBILE_PHONE",
        Pays::VirtualAccount | Pays::KakaoPay | Pays::NaverPay | Pays::TossPay => method.name(),
    }
}

/// What shows that this browser has asked for exactly this payment. It takes the browser's form token to make it, and
/// the token cannot be found from it.
fn proof(token: &FormToken, number: &str, method: Pays, own: &str, amount: &str) -> String {
    let text = format!("payment window|{token}|{number}|{}|{own}|{amount}", method.name());
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
    /// The number that the window had.
    pub number: String,
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
        let (number, proof) = (fields.text("orderId").to_owned(), fields.text("proof").to_owned());
        Ok(Agreed { method, own, amount, payment_key, number, proof })
    }

    /// Whether this browser has asked for it.
    pub fn is_asked_for(&self, token: &FormToken, show: &Show) -> bool {
        proof(token, &self.number, self.method, &show.plain(self.own), &show.plain(self.amount)) == self.proof
    }

    /// The fields of a form that says the same.
    fn fields(&self, show: &Show) -> Vec<(&'static str, String)> {
        vec![
            ("method", self.method.name().to_owned()),
            ("own", show.plain(self.own)),
            ("amount", show.plain(self.amount)),
            ("paymentKey", self.payment_key.clone()),
            ("orderId", self.number.clone()),
        ]
    }

    /// The idempotency key of the payment.
    pub fn once(&self) -> String {
        format!("window-{}", kernel::hex(&Sha256::digest(&self.payment_key)[..16]))
    }
}

/// The page from which a link leads to the payment window, or on which the buyer completes what was agreed to there.
#[derive(Template)]
#[template(path = "window.html")]
struct Page {
    t: &'static PayTexts,
    token: FormToken,
    lead: &'static str,
    sums: Vec<(&'static str, String)>,
    /// Where the window is; `None` when the buyer has been there.
    href: Option<String>,
    action: String,
    agreed: Vec<(&'static str, String)>,
    back: String,
}

fn sums(t: &PayTexts, own: Money, amount: Money, show: &Show) -> Vec<(&'static str, String)> {
    let from_own = own.is_positive().then(|| (t.from_own, show.money(own)));
    from_own.into_iter().chain([(t.from_window, show.money(amount))]).collect()
}

/// The page with the link to the window. A form may not lead to another site, so a link does. C003 in a shop without a window.
pub fn lead_there(visit: &Visit, asked: &Asked<'_>, back: &str) -> PageResult {
    let (t, show, window) = (PayTexts::of(visit.language), visit.show(), &visit.site.settings.payment_window);
    if window.is_empty() {
        return Err(Code::NotFound.into());
    }
    let page = Page {
        t,
        token: visit.token.clone(),
        lead: t.in_window,
        sums: sums(t, asked.own, asked.amount, &show),
        href: Some(asked.address(window, &visit.address(""), &visit.token, &show)),
        action: String::new(),
        agreed: Vec::new(),
        back: back.to_owned(),
    };
    visit.page(t.title, &page)
}

/// The page on which the buyer completes what was agreed to, by a form to `action`.
pub fn ask_to_complete(visit: &Visit, agreed: &Agreed, action: &str, back: &str) -> PageResult {
    let (t, show) = (PayTexts::of(visit.language), visit.show());
    let page = Page {
        t,
        token: visit.token.clone(),
        lead: t.agreed,
        sums: sums(t, agreed.own, agreed.amount, &show),
        href: None,
        action: action.to_owned(),
        agreed: agreed.fields(&show),
        back: back.to_owned(),
    };
    visit.page(t.title, &page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Currency, Zone};
    use pages::Language;

    #[test]
    fn a_payment_is_asked_for_by_one_browser_with_one_number_and_amount() {
        let show = Show { language: Language::English, currency: Currency::KRW, zone: Zone::utc() };
        let token = FormToken::new();
        let asked = Asked {
            number: "ORD-20260206-AAAAAAAA",
            name: "머그 & 컵",
            method: Pays::CreditCard,
            own: Money::minor(4_000),
            amount: Money::minor(5_000),
            back: ("/orders/x/paid".to_owned(), "/orders/x?done=left".to_owned()),
        };
        let address = asked.address("http://w", "http://localhost", &token, &show);
        let sent = Fields::parse(address.strip_prefix("http://w?").unwrap().as_bytes());
        assert_eq!((sent.text("amount"), sent.text("orderName"), sent.text("method")), ("5000", "머그 & 컵", "CARD"));
        assert_eq!(sent.text("failUrl"), "http://localhost/orders/x?done=left");
        let (path, query) = sent.text("successUrl").split_once('?').unwrap();
        assert_eq!(path, "http://localhost/orders/x/paid");
        let back = |amount: &str, number: &str| {
            let back = format!("{query}&paymentKey=k&amount={amount}&orderId={number}");
            Agreed::of(&Fields::parse(back.as_bytes()), &show).unwrap()
        };
        let same = back("5000", asked.number);
        assert!(same.is_asked_for(&token, &show));
        assert!(!same.is_asked_for(&FormToken::new(), &show), "another browser");
        assert!(!back("5001", asked.number).is_asked_for(&token, &show), "another amount");
        assert!(!back("5000", "ORD-20260206-BBBBBBBB").is_asked_for(&token, &show), "another order");
        let cheaper = Agreed { own: Money::minor(3_000), ..same };
        assert!(!cheaper.is_asked_for(&token, &show), "another share");
    }
}
