//! Forms: their fields, the confirmation of what cannot be undone, and what a form sends to the API.

use crate::visit::Visit;
use askama::Template;
use kernel::{Money, Timestamp, Zone};
use pages::{Fields, FormToken, form, origin::own_path, show::Show, texts, typed, words::fill};
use serde_json::{Value, json};

texts! {
    /// The texts of every form.
    FormTexts {
        sure: "Yes, do it", "네, 진행합니다";
        reason: "Reason", "사유";
        apply: "Show", "적용";
        all: "all", "전체";
        stored: "Stored now: {}", "현재 저장된 값: {}";
        nothing: "nothing", "없음";
        yes: "yes", "예";
        no: "no", "아니요";
    }
}

/// One of the values of a field.
#[derive(Debug, Clone)]
pub struct Choice {
    code: String,
    text: String,
    chosen: bool,
}

/// A field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    label: String,
    name: String,
    value: String,
    /// `area`, `select`, `tick`, or the type of an `input`.
    kind: &'static str,
    required: bool,
    /// Whether several files may be chosen.
    several: bool,
    /// The file that shows an image.
    shown: String,
    choices: Vec<Choice>,
    /// What is stored, where something else was typed.
    stored: Option<String>,
}

impl Field {
    fn of(kind: &'static str, label: impl Into<String>, name: impl Into<String>, value: impl Into<String>) -> Field {
        let (label, name, value) = (label.into(), name.into(), value.into());
        Field {
            label,
            name,
            value,
            kind,
            required: false,
            several: false,
            shown: String::new(),
            choices: Vec::new(),
            stored: None,
        }
    }

    /// A text on one line.
    pub fn text(label: impl Into<String>, name: impl Into<String>, value: impl Into<String>) -> Field {
        Field::of("text", label, name, value)
    }

    /// A text on several lines.
    pub fn area(label: impl Into<String>, name: impl Into<String>, value: impl Into<String>) -> Field {
        Field::of("area", label, name, value)
    }

    /// A number.
    pub fn number(label: impl Into<String>, name: impl Into<String>, value: impl Into<String>) -> Field {
        Field::of("number", label, name, value)
    }

    /// A day.
    pub fn day(label: impl Into<String>, name: impl Into<String>, value: impl Into<String>) -> Field {
        Field::of("date", label, name, value)
    }

    /// A time in the shop's zone.
    pub fn time(label: impl Into<String>, name: impl Into<String>, value: impl Into<String>) -> Field {
        Field::of("datetime-local", label, name, value)
    }

    /// A file; `accepts` lists the endings that a browser offers.
    pub fn file(label: impl Into<String>, name: impl Into<String>, accepts: impl Into<String>) -> Field {
        Field::of("file", label, name, accepts)
    }

    /// An image that is there, with the file by which it is shown. One elsewhere is not loaded.
    pub fn image(what: impl Into<String>, name: impl Into<String>, url: impl Into<String>, shown: &str) -> Field {
        Field { shown: shown.to_owned(), ..Field::of("image", what, name, url) }
    }

    /// Its value as people read it.
    fn read(&self, t: &FormTexts) -> String {
        match self.kind {
            "tick" => if self.value.is_empty() { t.no } else { t.yes }.to_owned(),
            "select" => {
                self.choices.iter().find(|choice| choice.chosen).map_or_else(String::new, |one| one.text.clone())
            }
            "datetime-local" => as_sent(&self.value).to_owned(),
            _ => self.value.trim().replace("\r\n", "\n"),
        }
    }

    fn is_own(&self) -> bool {
        own_path(&self.shown) != "/"
    }

    /// The same, and several may be chosen.
    #[must_use]
    pub fn several(self) -> Field {
        Field { several: true, ..self }
    }

    /// A box to tick.
    pub fn tick(label: impl Into<String>, name: impl Into<String>, on: bool) -> Field {
        Field::of("tick", label, name, if on { "1" } else { "" })
    }

    /// One of several values, each with its text.
    pub fn select(label: impl Into<String>, name: impl Into<String>, value: &str, choices: &[(&str, &str)]) -> Field {
        let choice = |(code, text): &(&str, &str)| Choice {
            code: (*code).to_owned(),
            text: (*text).to_owned(),
            chosen: *code == value,
        };
        Field { choices: choices.iter().map(choice).collect(), ..Field::of("select", label, name, value) }
    }

    /// The same, and it cannot be left out.
    #[must_use]
    pub fn required(self) -> Field {
        Field { required: true, ..self }
    }
}

/// A form that changes something.
#[derive(Clone, Template)]
#[template(path = "form.html")]
pub struct Form {
    t: &'static FormTexts,
    /// By what fields elsewhere on the page name this form.
    id: Option<&'static str>,
    title: String,
    action: String,
    button: String,
    token: FormToken,
    /// With it a form that is sent twice has its effect once.
    once: String,
    hidden: Vec<(&'static str, String)>,
    fields: Vec<Field>,
    /// Shown only after a click on its title.
    folded: bool,
    /// Asks for a reason.
    reasoned: bool,
    /// Asks whether the person is sure.
    grave: bool,
}

impl Form {
    #[cfg(test)]
    fn empty() -> Form {
        Form {
            t: FormTexts::of(pages::Language::English),
            id: None,
            title: String::new(),
            action: String::new(),
            button: String::new(),
            token: FormToken::new(),
            once: String::new(),
            hidden: Vec::new(),
            fields: Vec::new(),
            folded: false,
            reasoned: false,
            grave: false,
        }
    }

    /// A form that leads to `action`.
    pub fn of(visit: &Visit, action: impl Into<String>, title: impl Into<String>, button: impl Into<String>) -> Form {
        Form {
            t: FormTexts::of(visit.language),
            id: None,
            title: title.into(),
            action: action.into(),
            button: button.into(),
            token: visit.token.clone(),
            once: form::draw(),
            hidden: Vec::new(),
            fields: Vec::new(),
            folded: false,
            reasoned: false,
            grave: false,
        }
    }

    /// The same with one more field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Form {
        self.fields.push(field);
        self
    }

    /// The same after a refusal: where `stored`, the form with what is stored, has another value than was typed, both are shown. So a
    /// change that somebody else overtook loses neither.
    #[must_use]
    pub fn beside(mut self, stored: &Form) -> Form {
        for field in &mut self.fields {
            let Some(other) = stored.fields.iter().find(|other| other.name == field.name) else { continue };
            let text = other.read(self.t);
            if text != field.read(self.t) {
                let text = if text.is_empty() { self.t.nothing } else { &text };
                field.stored = Some(fill(self.t.stored, text));
            }
        }
        self
    }

    fn has_files(&self) -> bool {
        self.fields.iter().any(|field| field.kind == "file")
    }

    /// The same with a value that no person sees.
    #[must_use]
    pub fn hidden(mut self, name: &'static str, value: impl Into<String>) -> Form {
        self.hidden.push((name, value.into()));
        self
    }

    /// The same with an id, so that fields elsewhere on the page can belong to it.
    #[must_use]
    pub fn named(self, id: &'static str) -> Form {
        Form { id: Some(id), ..self }
    }

    #[must_use]
    pub fn folded(self) -> Form {
        Form { folded: true, ..self }
    }

    #[must_use]
    pub fn reasoned(self) -> Form {
        Form { reasoned: true, ..self }
    }

    /// The same for something that cannot be undone.
    #[must_use]
    pub fn grave(self) -> Form {
        Form { grave: true, ..self }
    }
}

/// The form above a list that says what of it is shown.
#[derive(Clone, Template)]
#[template(path = "filter.html")]
pub struct Filter {
    t: &'static FormTexts,
    action: String,
    fields: Vec<Field>,
}

impl Filter {
    /// The filter of the list at `action`.
    pub fn of(visit: &Visit, action: impl Into<String>, fields: Vec<Field>) -> Filter {
        Filter { t: FormTexts::of(visit.language), action: action.into(), fields }
    }
}

/// The text of the choice that filters nothing.
pub fn everything(visit: &Visit) -> &'static str {
    FormTexts::of(visit.language).all
}

/// The number of a field as the API gets it. What is no number goes there as it is, so that the API names the field that is wrong.
pub fn number(fields: &Fields, name: &str) -> Value {
    fields.number_to_send(name)
}

/// The same for an amount in the main unit of the currency, also a negative one, which the API gets in minor units.
pub fn amount(visit: &Visit, fields: &Fields, name: &str) -> Value {
    let Some(text) = fields.given(name) else { return Value::Null };
    minor(&visit.show(), text).map_or_else(|| json!(text), |minor| json!(minor))
}

fn minor(show: &Show, text: &str) -> Option<i64> {
    let (sign, amount) = text.strip_prefix(['-', '－']).map_or((1, text), |rest| (-1, rest));
    Some(sign * show.amount(amount)?.as_minor())
}

/// An amount as the field of a form shows it.
pub fn plain(visit: &Visit, minor: i64) -> String {
    visit.console.app.shop.currency.plain(Money::minor(minor))
}

/// The lines of a field on several lines.
pub fn lines(fields: &Fields, name: &str) -> Vec<String> {
    fields.text(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The numbers of a field, with commas or blanks between them. What is no number goes to the API as it is.
pub fn numbers(fields: &Fields, name: &str) -> Vec<Value> {
    let parts = fields.text(name).split([',', ' ', '\n', '\r']).filter(|part| !part.is_empty());
    parts.map(|part| typed::whole(part).map_or_else(|| json!(part), |number| json!(number))).collect()
}

/// The time of a field as the API gets it. A time that was not changed is the stored one, with what its field does not show of it.
pub fn moment(visit: &Visit, fields: &Fields, name: &str, stored: Option<Timestamp>) -> Value {
    kept(fields.text(name), stored, &visit.console.app.shop.zone)
}

/// What is stored, if its field shows it as this text: the milliseconds are left out there, and which of the two hours it is when the
/// clocks are put back. The text otherwise.
fn kept(text: &str, stored: Option<Timestamp>, zone: &Zone) -> Value {
    match stored.filter(|at| as_sent(text) == as_sent(&local(*at, zone))) {
        Some(at) => json!(at),
        None => json!(text),
    }
}

/// A time as a browser sends it, which leaves out seconds that are 0.
fn as_sent(time: &str) -> &str {
    match time.strip_suffix(":00") {
        Some(minutes) if minutes.len() == "2026-02-06T09:05".len() => minutes,
        _ => time,
    }
}

/// A time as its field shows it: without a zone, in the shop's.
pub fn local(at: Timestamp, zone: &Zone) -> String {
    let seconds = zone.millis_of_day(at) / 1_000;
    format!("{}T{:02}:{:02}:{:02}", zone.day(at), seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Currency;
    use pages::Language;

    #[test]
    fn amounts_are_typed_in_the_main_unit() {
        let zone = Zone::utc();
        let show =
            |code| Show { language: Language::English, currency: Currency::of_code(code).unwrap(), zone: zone.clone() };
        assert_eq!((minor(&show("KRW"), "12,900"), minor(&show("USD"), "-0.05")), (Some(12_900), Some(-5)));
        for wrong in ["", "1.5", "a", "1e3", "--1", ".5", "1 000"] {
            assert_eq!(minor(&show("KRW"), wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_form_that_was_overtaken_shows_both_versions() {
        let form = |name: &str, on: bool, kind: &str, text: &str| Form {
            fields: vec![
                Field::text("Name", "name", name),
                Field::tick("Listed", "listed", on),
                Field::select("Kind", "kind", kind, &[("A", "first"), ("B", "second")]),
                Field::area("Text", "text", text),
            ],
            ..Form::empty()
        };
        let typed = form("Jar", true, "A", "one\r\ntwo").beside(&form("Mug", false, "B", "one\ntwo"));
        let shown = |form: &Form| form.fields.iter().map(|field| field.stored.clone()).collect::<Vec<_>>();
        let said = |text: &str| Some(format!("Stored now: {text}"));
        assert_eq!(shown(&typed), vec![said("Mug"), said("no"), said("second"), None]);
        let time = |value: &str| Form { fields: vec![Field::time("From", "from", value)], ..Form::empty() };
        assert_eq!(shown(&time("2026-02-06T09:05").beside(&time("2026-02-06T09:05:00"))), vec![None]);
        assert_eq!(shown(&form("Jar", true, "A", "").beside(&form("", true, "A", "")))[0], said("nothing"));
    }

    #[test]
    fn what_is_no_number_reaches_the_api_as_it_is() {
        let fields = Fields::parse(b"n=1%2C200&bad=many&ids=3%2C+x%0A5");
        assert_eq!((number(&fields, "n"), number(&fields, "bad")), (json!(1_200), json!("many")));
        assert_eq!(number(&fields, "none"), Value::Null);
        assert_eq!(numbers(&fields, "ids"), vec![json!(3), json!("x"), json!(5)]);
    }

    #[test]
    fn times_are_shown_in_the_shops_zone() {
        let at = Timestamp::parse("2026-02-06T00:05:09Z", &Zone::utc()).unwrap();
        assert_eq!(local(at, &Zone::named("Asia/Seoul").unwrap()), "2026-02-06T09:05:09");
    }

    #[test]
    fn a_time_that_was_not_changed_is_the_one_that_is_stored() {
        let york = Zone::named("America/New_York").unwrap();
        // the second is in the hour that comes twice, and in its second half
        for stored in ["2026-02-06T00:05:00.123Z", "2026-11-01T06:30:09Z", "2026-02-06T00:05:09.999Z"] {
            let stored = Timestamp::parse(stored, &york).unwrap();
            let shown = local(stored, &york);
            for sent in [shown.as_str(), as_sent(&shown)] {
                assert_eq!(kept(sent, Some(stored), &york), json!(stored), "{sent}");
            }
            assert_eq!(kept("2026-02-07T09:05", Some(stored), &york), json!("2026-02-07T09:05"));
            assert_eq!(kept("", Some(stored), &york), json!(""));
            assert_eq!(kept(&shown, None, &york), json!(shown));
        }
    }
}
