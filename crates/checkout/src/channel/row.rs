//! Rows of tables and objects of JSON as what they say, and rows that follow each other as one order.

use super::{field::Field, order};
use ::order::{order::LINES_MAX, origin::Key};
use files::{
    Position,
    columns::{Columns, Field as _, named_columns, unguarded},
    csv::shown,
    members,
    report::Refusal,
};
use kernel::{Code, Error, Result, text};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The member of a row of JSON that lists the lines of its order.
const LINES: &str = "lines";

/// What a row says: texts without blanks around them.
// personal data: `Debug` hides it, and no log may contain it
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    pub at: Position,
    texts: BTreeMap<Field, Text>,
}

/// A text, and whether JSON had it as a number, whose point is the decimal mark.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    pub is_number: bool,
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Row").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Row {
    /// A row of a table. C002 for a damaged character.
    pub fn of_cells(columns: &Columns<Field>, at: Position, cells: &[String]) -> Result<Row, Refusal> {
        let found = columns.read(|column| cells.get(column).map_or("", |cell| unguarded(cell)));
        let texts = found
            .into_iter()
            .filter_map(|(field, found)| found.value.map(|text| (field, Text { text, is_number: false })));
        let row = Row { at, texts: texts.collect() };
        match cells.iter().position(|cell| cell.contains(char::REPLACEMENT_CHARACTER)) {
            None => Ok(row),
            Some(column) => {
                let name = columns.name_of(column);
                Err(row.refused(text::wrong(name, "has a character that was damaged before (U+FFFD)")))
            }
        }
    }

    /// The rows of an object of JSON: one, or one for each of its `lines`. C002 for what is no such object and for unknown members.
    pub fn of_json(mapping: &Mapping<'_>, at: Position, bytes: &[u8]) -> Result<Vec<Row>, Refusal> {
        let refused = |error| Refusal { at, key: None, error };
        let mut members = members::members(bytes).map_err(refused)?;
        let lines = members.remove(LINES);
        let whole = mapping.row(at, &members)?;
        let Some(lines) = lines else { return Ok(vec![whole]) };
        let wrong = || text::wrong(LINES, "must be a list of objects");
        let Value::Array(lines) = lines else { return Err(whole.refused(wrong())) };
        if lines.is_empty() {
            return Err(whole.refused(text::wrong(LINES, "must not be empty")));
        }
        // before what the order says is copied for each of them
        if lines.len() > LINES_MAX {
            return Err(whole.refused(order::too_many()));
        }
        let of_line = |one: Value| {
            let Value::Object(own) = one else { return Err(whole.refused(wrong())) };
            let own = mapping.row(at, &own)?;
            Ok(Row { at, texts: whole.texts.clone().into_iter().chain(own.texts).collect() })
        };
        lines.into_iter().map(of_line).collect()
    }

    /// What the row says of a field.
    pub fn get(&self, field: Field) -> Option<&Text> {
        self.texts.get(&field)
    }

    /// The text of a field.
    pub fn text(&self, field: Field) -> Option<&str> {
        self.get(field).map(|found| found.text.as_str())
    }

    /// The order that it belongs to, if it names one.
    pub fn key(&self) -> Option<Key> {
        Some(Key::of(self.text(Field::Channel)?, self.text(Field::ChannelOrderNumber)?))
    }

    /// The row, refused.
    pub fn refused(&self, error: Error) -> Refusal {
        Refusal { at: self.at, key: self.text(Field::ChannelOrderNumber).map(str::to_owned), error }
    }
}

/// Where the members of rows of JSON go.
#[derive(Debug)]
pub struct Mapping<'a> {
    map: &'a [(String, String)],
    set: &'a [(String, String)],
}

impl<'a> Mapping<'a> {
    /// C002 for an unknown field, one that is mapped twice, and a broken pattern. Whether the members exist is known row by row.
    pub fn of(map: &'a [(String, String)], set: &'a [(String, String)]) -> Result<Mapping<'a>> {
        let members: Vec<String> = map.iter().flat_map(|(_, from)| named_columns(from)).collect();
        Columns::<Field>::all(&members, map, set).map(|_| Mapping { map, set })
    }

    fn row(&self, at: Position, members: &Map<String, Value>) -> Result<Row, Refusal> {
        let mut names: Vec<String> = members.keys().cloned().collect();
        // members that this row lacks are empty cells, not unknown columns
        let mapped = self.map.iter().flat_map(|(_, from)| named_columns(from));
        names.extend(mapped.filter(|name| !members.contains_key(name)));
        let refused = |error| Refusal { at, key: None, error };
        let columns = Columns::<Field>::all(&names, self.map, self.set).map_err(refused)?;
        let mut cells = Vec::with_capacity(names.len());
        for name in &names {
            cells.push(plain(name, members.get(name)).map_err(refused)?);
        }
        let is_number = |field| {
            let column = columns.column_of(field).and_then(|column| names.get(column));
            column.is_some_and(|name| members.get(name).is_some_and(Value::is_number))
        };
        let mut row = Row::of_cells(&columns, at, &cells)?;
        row.texts.iter_mut().for_each(|(field, text)| text.is_number = is_number(*field));
        if let Some(unknown) = columns.unused([].iter()).into_iter().find(|name| members.contains_key(name)) {
            let known: Vec<&str> = Field::ALL.iter().map(|field| field.name()).chain([LINES]).collect();
            let why = format!("the member {} is not known; the members are {}", shown(&unknown), known.join(", "));
            return Err(row.refused(Code::InvalidInput.because(why)));
        }
        Ok(row)
    }
}

/// A member as a cell; C002 for a list or an object.
fn plain(name: &str, value: Option<&Value>) -> Result<String> {
    match value {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            Err(text::wrong(name, "must be a text or a number"))
        }
    }
}

/// Rows that follow each other and belong to one order.
#[derive(Debug, Default)]
pub struct Group {
    key: Option<Key>,
    rows: Vec<Row>,
    /// An order that had too many rows, and the last row that was refused for it: the next ones are refused one by one, so that a file
    /// without end fills no memory.
    too_long: Option<(Key, Position)>,
}

/// What adding a row does.
#[derive(Debug)]
pub enum Added {
    /// It is kept; these are the rows of the order before it, if that is complete.
    Kept(Vec<Row>),
    /// Its order has too many rows.
    TooMany(Row),
}

impl Group {
    /// Adds a row.
    pub fn add(&mut self, row: Row) -> Added {
        let key = row.key();
        if let Some((too_long, refused)) = &mut self.too_long
            && key.as_ref() == Some(too_long)
        {
            // an object of JSON is one row, however many lines of its order are left
            return match std::mem::replace(refused, row.at) == row.at {
                true => Added::Kept(Vec::new()),
                false => Added::TooMany(row),
            };
        }
        self.too_long = None;
        let before = if key.is_some() && key == self.key { Vec::new() } else { self.end() };
        self.key = key;
        self.rows.push(row);
        if self.rows.len() > LINES_MAX {
            let last = self.rows.last().map_or(Position::default(), |row| row.at);
            self.too_long = self.key.take().map(|key| (key, last));
            return Added::Kept(std::mem::take(&mut self.rows));
        }
        Added::Kept(before)
    }

    /// The rows so far.
    pub fn end(&mut self) -> Vec<Row> {
        self.key = None;
        std::mem::take(&mut self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    fn read(map: &[(&str, &str)], json: &str) -> Result<Vec<Row>, String> {
        let (map, set) = (pairs(map), pairs(&[("channel", "Market")]));
        let mapping = Mapping::of(&map, &set).unwrap();
        Row::of_json(&mapping, Position::default(), json.as_bytes()).map_err(|refusal| refusal.error.to_string())
    }

    #[test]
    fn an_object_with_lines_is_a_row_for_each_of_them() {
        let rows = read(
            &[("channelOrderNumber", "주문번호"), ("address1", "{시도} {주소}")],
            r#"{"주문번호": 17, "시도": "서울", "주소": "세종로 1", "lines": [{"sku": "A", "quantity": 2}, {"sku": "B", "unitPrice": 9.5}]}"#,
        );
        let rows = rows.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].text(Field::ChannelOrderNumber), Some("17"));
        assert_eq!(
            (rows[1].text(Field::Channel), rows[1].text(Field::Address1)),
            (Some("Market"), Some("서울 세종로 1"))
        );
        assert_eq!((rows[0].text(Field::Sku), rows[1].text(Field::Sku)), (Some("A"), Some("B")));
        assert!(rows[1].get(Field::UnitPrice).unwrap().is_number && rows[0].key() == rows[1].key());
    }

    #[test]
    fn what_is_no_row_is_refused() {
        for (json, why) in [
            (r#"{"sku": "A", "colour": "red"}"#, "\"colour\" is not known"),
            (r#"{"sku": ["A"]}"#, "must be a text or a number"),
            (r#"{"lines": {}}"#, "must be a list of objects"),
            (r#"{"lines": []}"#, "must not be empty"),
            (r#"{"lines": [7]}"#, "must be a list of objects"),
            (r#"{"lines": [{"lines": []}]}"#, "must be a text or a number"),
            (r#"{"lines": [{"lines": "A"}]}"#, "is not known"),
            (r#"{"sku": "A", "sku": "B"}"#, "appears twice"),
        ] {
            let found = read(&[], json).unwrap_err();
            assert!(found.contains(why), "{json}: {found}");
        }
    }

    #[test]
    fn an_object_with_too_many_lines_is_refused_before_they_are_rows() {
        let json = |lines: usize| {
            format!(r#"{{"memo": "{}", "lines": [{}]}}"#, "m".repeat(50_000), vec!["{}"; lines].join(","))
        };
        assert_eq!(read(&[], &json(LINES_MAX)).unwrap().len(), LINES_MAX);
        assert!(read(&[], &json(2_000)).unwrap_err().contains("must be 1 to 200 lines"));
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in "\\PC{0,80}") {
            let map = pairs(&[("memo", "{a} {b}")]);
            let mapping = Mapping::of(&map, &[]).unwrap();
            let _ = Row::of_json(&mapping, Position::default(), line.as_bytes());
        }
    }
}
