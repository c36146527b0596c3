//! CSV, read strictly: an error costs the row in which it is, named by its first line, and no row after it.

use crate::lines::{LINE_MAX, Line, Lines};
use kernel::{Code, Result};
use std::{collections::VecDeque, io::Read};

/// Most lines one row may be spread over by quoted line ends. Beyond it a quote was most likely never closed.
const ROW_LINES_MAX: usize = 100;
/// Most columns; far more than any product has fields.
pub const COLUMNS_MAX: usize = 500;

/// A row: its fields, or why it cannot be one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The line it begins on.
    pub line: u64,
    /// Its fields, or the reason.
    pub fields: Result<Vec<String>, String>,
}

/// A CSV file behind its header.
pub struct Csv<R> {
    lines: Lines<R>,
    /// Lines that were read ahead and must be read again as rows of their own.
    again: VecDeque<Line>,
    delimiter: u8,
    header: Vec<String>,
}

/// Rows behind a header, of a file of text or of a workbook.
pub trait Table {
    /// The names of the columns.
    fn header(&self) -> &[String];
    /// Bytes read so far.
    fn read(&self) -> u64;
    /// The next row that is not blank; `None` at the end.
    fn next_row(&mut self) -> Result<Option<Record>>;
}

impl<R: Read> Table for Csv<R> {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn read(&self) -> u64 {
        self.lines.read()
    }

    fn next_row(&mut self) -> Result<Option<Record>> {
        loop {
            match self.line()? {
                None => return Ok(None),
                Some(line) if is_blank(&line) => {}
                Some(line) => return self.record(line).map(Some),
            }
        }
    }
}

/// The names of the columns that a first row gives; C002 when it is broken or names a column twice.
pub fn header(fields: Result<Vec<String>, String>) -> Result<Vec<String>> {
    let names = fields.map_err(|why| Code::InvalidInput.because(format!("the header cannot be read: {why}")))?;
    let header: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
    let mut seen: Vec<&String> = header.iter().filter(|name| !name.is_empty()).collect();
    seen.sort_unstable();
    if let Some(twice) = seen.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Code::InvalidInput.because(format!("the header names the column {} twice", shown(twice[0]))));
    }
    if seen.is_empty() || header.len() > COLUMNS_MAX {
        return Err(Code::InvalidInput.because(format!("the header needs 1 to {COLUMNS_MAX} columns")));
    }
    Ok(header)
}

impl<R: Read> Csv<R> {
    /// Reads the header. C002 when there is none, or it is broken or names a column twice.
    pub fn open(lines: Lines<R>) -> Result<Csv<R>> {
        let mut csv = Csv { lines, again: VecDeque::new(), delimiter: b',', header: Vec::new() };
        let first = loop {
            match csv.lines.next_line()? {
                None => return Err(Code::InvalidInput.because("the file is empty")),
                Some(line) if is_blank(&line) => {}
                Some(line) => break line,
            }
        };
        csv.delimiter = delimiter(first.bytes.as_deref().unwrap_or_default());
        let record = csv.record(first)?;
        csv.header = header(record.fields)?;
        Ok(csv)
    }

    fn line(&mut self) -> Result<Option<Line>> {
        match self.again.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.lines.next_line(),
        }
    }

    /// The row that begins with `first`. When it cannot be read, the lines after the first are read again as rows of their own.
    fn record(&mut self, first: Line) -> Result<Record> {
        let number = first.number;
        let mut splitter = Splitter::new(self.delimiter);
        let mut ahead = Vec::new();
        let mut next = Some(first);
        let outcome = loop {
            let Some(line) = next.take() else { break Err("a quote is never closed".to_owned()) };
            let outcome = match &line.bytes {
                None => Err(format!("the row is longer than {LINE_MAX} bytes")),
                Some(bytes) => splitter.feed(bytes),
            };
            if line.number != number {
                ahead.push(line);
            }
            match outcome {
                Err(why) => break Err(why),
                Ok(true) => break splitter.finish(),
                Ok(false) if ahead.len() + 1 >= ROW_LINES_MAX => break Err("a quote is never closed".to_owned()),
                Ok(false) => next = self.line()?,
            }
        };
        let spread = !ahead.is_empty();
        let fields = outcome.and_then(|fields| self.right_number(fields)).map_err(|why| match spread {
            true => format!("{why} (a quoted field of this row continues on the next line)"),
            false => why,
        });
        if fields.is_err() {
            ahead.into_iter().rev().for_each(|line| self.again.push_front(line));
        }
        Ok(Record { line: number, fields })
    }

    fn right_number(&self, fields: Vec<String>) -> Result<Vec<String>, String> {
        match (fields.len(), self.header.len()) {
            (_, 0) => Ok(fields),
            (found, wanted) if found == wanted => Ok(fields),
            (found, wanted) => Err(format!("the row has {found} columns, the header has {wanted}")),
        }
    }
}

fn is_blank(line: &Line) -> bool {
    line.bytes.as_ref().is_some_and(|bytes| bytes.iter().all(u8::is_ascii_whitespace))
}

/// Text of a file in a message: short, and on one line.
pub fn shown(text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    format!("{short:?}")
}

/// The sign that separates the columns: the most frequent of comma, semicolon and tab outside of quotes.
fn delimiter(header: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in header {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| sign == byte && !quoted) {
            *count += 1;
        }
    }
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(sign, _)| *sign)
}

/// Where in a row the splitter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// At the beginning of a field.
    Start,
    /// In a field without quotes.
    Plain,
    /// In a field with quotes.
    Quoted,
    /// After a quote inside a quoted field: its end, or half of a doubled quote.
    Closed,
}

/// Splits one row, line by line.
struct Splitter {
    delimiter: u8,
    at: At,
    field: Vec<u8>,
    fields: Vec<Vec<u8>>,
    length: usize,
}

impl Splitter {
    fn new(delimiter: u8) -> Splitter {
        Splitter { delimiter, at: At::Start, field: Vec::new(), fields: Vec::new(), length: 0 }
    }

    /// Takes one line; true when the row ends with it.
    fn feed(&mut self, line: &[u8]) -> Result<bool, String> {
        if self.at == At::Quoted {
            self.field.push(b'\n');
        }
        self.length += line.len() + 1;
        if self.length > LINE_MAX {
            return Err(format!("the row is longer than {LINE_MAX} bytes"));
        }
        for &byte in line {
            self.at = match (self.at, byte) {
                (At::Start, b'"') => At::Quoted,
                (At::Quoted, b'"') => At::Closed,
                (At::Closed, b'"') => {
                    self.field.push(b'"');
                    At::Quoted
                }
                (At::Quoted, byte) => {
                    self.field.push(byte);
                    At::Quoted
                }
                (At::Start | At::Plain | At::Closed, byte) if byte == self.delimiter => {
                    self.end_field()?;
                    At::Start
                }
                (At::Closed, _) => return Err(format!("column {} has text after its closing quote", self.column())),
                (At::Plain, b'"') => {
                    return Err(format!("column {} has a quote inside but does not begin with one", self.column()));
                }
                (At::Start | At::Plain, byte) => {
                    self.field.push(byte);
                    At::Plain
                }
            };
        }
        Ok(self.at != At::Quoted)
    }

    fn column(&self) -> usize {
        self.fields.len() + 1
    }

    fn end_field(&mut self) -> Result<(), String> {
        if self.fields.len() >= COLUMNS_MAX {
            return Err(format!("the row has more than {COLUMNS_MAX} columns"));
        }
        self.fields.push(std::mem::take(&mut self.field));
        Ok(())
    }

    fn finish(&mut self) -> Result<Vec<String>, String> {
        self.end_field()?;
        let fields = std::mem::take(&mut self.fields);
        let text = |(n, bytes): (usize, Vec<u8>)| {
            String::from_utf8(bytes).map_err(|_| format!("column {} is not UTF-8", n + 1))
        };
        fields.into_iter().enumerate().map(text).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(file: &[u8]) -> Vec<(u64, Result<Vec<String>, String>)> {
        let mut csv = Csv::open(Lines::of(file)).unwrap();
        std::iter::from_fn(|| csv.next_row().unwrap()).map(|record| (record.line, record.fields)).collect()
    }

    fn good(line: u64, fields: &[&str]) -> (u64, Result<Vec<String>, String>) {
        (line, Ok(fields.iter().map(|f| (*f).to_owned()).collect()))
    }

    #[test]
    fn quoted_fields_may_hold_anything() {
        let file = b"sku;name\n1;\"say \"\"hi\"\";\nnow\"\n\n2;\r\n";
        assert_eq!(rows(file), [good(2, &["1", "say \"hi\";\nnow"]), good(5, &["2", ""])]);
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_one_row() {
        let file = b"sku,name\n1,one\n2,\"two\n3,three\n4,\"four\"\n5,five\n";
        let rows = rows(file);
        assert_eq!(rows[0], good(2, &["1", "one"]));
        assert_eq!(rows[1].0, 3);
        assert!(rows[1].1.as_ref().unwrap_err().contains("quote"), "{:?}", rows[1]);
        assert_eq!(rows[2..], [good(4, &["3", "three"]), good(5, &["4", "four"]), good(6, &["5", "five"])]);
        let half = b"sku,name\n1,\"the file ends he";
        assert!(self::rows(half)[0].1.as_ref().unwrap_err().starts_with("a quote is never closed"));
    }

    #[test]
    fn broken_rows_are_named_and_the_next_row_is_read() {
        let mut file = b"sku,name\n1\n2,b,c\n3,a\"b\"\n4,\"a\"b\n5,\xff\n".to_vec();
        file.extend(b"6,");
        file.extend(vec![b'x'; LINE_MAX]);
        file.extend(b"\n7,ok\n");
        let rows = rows(&file);
        let why: Vec<_> =
            rows.iter().map(|(line, row)| (*line, row.as_ref().err().map_or("", String::as_str))).collect();
        assert_eq!(
            why,
            [
                (2, "the row has 1 columns, the header has 2"),
                (3, "the row has 3 columns, the header has 2"),
                (4, "column 2 has a quote inside but does not begin with one"),
                (5, "column 2 has text after its closing quote"),
                (6, "column 2 is not UTF-8"),
                (7, "the row is longer than 262144 bytes"),
                (8, ""),
            ]
        );
    }

    #[test]
    fn a_file_without_a_usable_header_is_refused() {
        for file in [&b""[..], b"\n\n", b"a,a\n1,2\n", b",,\n", b"\"a\n1\n"] {
            assert_eq!(Csv::open(Lines::of(file)).err().map(|e| e.code()), Some(Code::InvalidInput), "{file:?}");
        }
    }

    #[test]
    fn many_open_quotes_do_not_make_it_slow() {
        let mut file = b"sku,name\n".to_vec();
        (0..3_000).for_each(|n| file.extend(format!("{n},a \"b\n").bytes().chain(format!("{n},\"open\n").bytes())));
        assert_eq!(rows(&file).iter().filter(|(_, row)| row.is_err()).count(), 6_000);
    }

    proptest! {
        /// What is written as CSV is read back.
        #[test]
        fn rows_are_read_back(table in prop::collection::vec(prop::collection::vec("[a-c\",;\n é]{0,6}", 3), 1..8)) {
            let mut file = "a,b,c\n".to_owned();
            for row in &table {
                let fields: Vec<String> = row.iter().map(|f| format!("\"{}\"", f.replace('"', "\"\""))).collect();
                file.push_str(&fields.join(","));
                file.push('\n');
            }
            let found: Vec<_> = rows(file.as_bytes()).into_iter().map(|(_, row)| row.unwrap()).collect();
            prop_assert_eq!(found, table);
        }

        /// Reading any bytes ends, and every line belongs to a row.
        #[test]
        fn any_bytes_are_survived(file in prop::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), any::<u8>()], 0..300)) {
            if let Ok(mut csv) = Csv::open(Lines::of(&file[..])) {
                let mut last = 1;
                while let Some(record) = csv.next_row().unwrap() {
                    prop_assert!(record.line >= last);
                    last = record.line + 1;
                }
            }
        }
    }
}
