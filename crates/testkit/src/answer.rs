//! Answers as tests look at them: `201`, or `400 S402`.

use axum::http::HeaderMap;
use bytes::Bytes;
use serde_json::Value;
use std::{collections::BTreeMap, ops::Deref};

/// One answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Bytes,
}

impl Answer {
    /// `201`, or `400 S402` when it failed.
    pub fn summary(&self) -> String {
        let json = self.json();
        match json["error"]["code"].as_str().or(json["code"].as_str()) {
            Some(code) if self.status >= 400 => format!("{} {code}", self.status),
            _ => self.status.to_string(),
        }
    }

    /// The body as JSON; null when it is not.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The payload.
    pub fn data(&self) -> Value {
        self.json()["data"].clone()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text, empty when it is missing.
    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
    }

    /// Text in the payload at a JSON pointer such as `/delivery/trackingNumber`; panics when there is none.
    #[track_caller]
    pub fn word(&self, pointer: &str) -> String {
        let data = self.data();
        let word = data.pointer(pointer).and_then(Value::as_str);
        word.unwrap_or_else(|| panic!("no text at {pointer} in {}", self.text())).to_owned()
    }

    /// A number in the payload at a JSON pointer; panics when there is none.
    #[track_caller]
    pub fn number(&self, pointer: &str) -> i64 {
        let data = self.data();
        data.pointer(pointer)
            .and_then(Value::as_i64)
            .unwrap_or_else(|| panic!("no number at {pointer} in {}", self.text()))
    }

    /// The answer itself if it is `wanted` (`201`, `400 S402`); panics with the whole answer otherwise.
    #[track_caller]
    pub fn must(self, wanted: &str) -> Answer {
        assert_eq!(self.summary(), wanted, "answered {}", self.text());
        self
    }

    /// Whether it succeeded.
    pub fn is_good(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Many answers, usually of a race.
#[derive(Debug, Clone)]
pub struct Answers(pub Vec<Answer>);

impl Answers {
    /// How many were `wanted`, such as `201` or `400 S402`.
    pub fn count(&self, wanted: &str) -> usize {
        self.0.iter().filter(|answer| answer.summary() == wanted).count()
    }

    /// Every summary with how often it came.
    pub fn summary(&self) -> BTreeMap<String, usize> {
        let mut counted = BTreeMap::new();
        for answer in &self.0 {
            *counted.entry(answer.summary()).or_default() += 1;
        }
        counted
    }
}

impl Deref for Answers {
    type Target = [Answer];
    fn deref(&self) -> &[Answer] {
        &self.0
    }
}
