//! Acting on rows that were chosen in a table: the form, and what became of each row.

use crate::{
    forms::{Field, Form},
    table::{Cell, Table},
    trouble,
    visit::Visit,
};
use axum::http::Method;
use kernel::text;
use pages::{Fields, Refused, texts, words::fill};
use serde_json::Value;

/// The id of the form to which the boxes of a table belong.
pub const FORM: &str = "chosen";

texts! {
    /// The texts of acting on several rows.
    ChosenTexts {
        act: "With the chosen rows", "선택한 항목";
        go: "Do it", "실행";
        done: "Done: {}", "처리: {}건";
        refused: "Refused: {}", "거절: {}건";
        row: "Row", "항목";
        outcome: "Outcome", "결과";
        good: "done", "완료";
    }
}

/// What became of one row.
pub struct Outcome {
    name: Cell,
    refused: Option<Refused>,
}

/// What is asked of the API for one row.
pub struct Act {
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
}

/// What is done with the chosen rows, and what has to be said for it. It stands above them.
pub fn form(visit: &Visit, action: String, acts: &[(&str, &str)], said: Field) -> Form {
    let t = ChosenTexts::of(visit.language);
    Form::of(visit, action, "", t.go).named(FORM).field(Field::select(t.act, "act", "", acts)).field(said)
}

/// The keys of the chosen rows. C002 when there are none.
pub fn rows(fields: &Fields) -> Result<Vec<String>, Refused> {
    let rows: Vec<String> = fields.all("row").map(str::to_owned).collect();
    if rows.is_empty() { Err(text::wrong("row", "must not be empty").into()) } else { Ok(rows) }
}

/// Sends one request for each row, one after the other. A form that is sent twice has its effect once, for each row.
pub async fn each(
    visit: &Visit,
    fields: &Fields,
    rows: Vec<String>,
    named: impl Fn(&str) -> Cell,
    act: impl Fn(&str) -> Act,
) -> Vec<Outcome> {
    let mut outcomes = Vec::with_capacity(rows.len());
    for row in rows {
        let Act { method, path, body } = act(&row);
        let key = format!("{}-{row}", fields.raw("once"));
        let refused = visit.send_once(&key, method, &path, body).await.err();
        outcomes.push(Outcome { name: named(&row), refused });
    }
    outcomes
}

/// What became of the rows: how many, and each of them with its refusal.
pub fn outcomes(visit: &Visit, outcomes: &[Outcome]) -> Table {
    let t = ChosenTexts::of(visit.language);
    let refused = outcomes.iter().filter(|outcome| outcome.refused.is_some()).count();
    let title = format!("{} · {}", fill(t.done, outcomes.len() - refused), fill(t.refused, refused));
    let row = |outcome: &Outcome| {
        let state = match &outcome.refused {
            None => Cell::state(t.good, "good"),
            Some(refused) => Cell::state(trouble::sentence(refused, &visit.context), "bad"),
        };
        vec![outcome.name.clone(), state]
    };
    Table::of(visit, title, &[t.row, t.outcome]).rows(outcomes.iter().map(row))
}
