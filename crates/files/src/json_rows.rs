//! The rows of a JSON file: one object on each line, or the elements of one array.

use crate::lines::{LINE_MAX, Line, Lines, unreadable};
use kernel::{Code, Error, Result};
use std::io::{BufRead, BufReader, Read};

/// Bytes read at once.
const BUFFER: usize = 64 << 10;

/// The rows of a JSON file, each as its bytes and the line on which it begins.
pub enum JsonRows<R> {
    /// NDJSON: a broken line costs one row.
    Lines { lines: Lines<BufReader<R>>, before: u64 },
    /// An array; what separates its elements is found by their brackets.
    Array(Array<R>),
}

/// The elements of an array.
pub struct Array<R> {
    source: BufReader<R>,
    line: u64,
    read: u64,
    after_cr: bool,
    /// Whether an element must come next: another comma then stands for a row that is missing.
    after_comma: bool,
    is_done: bool,
}

impl<R: Read> JsonRows<R> {
    /// Finds out which of both it is by the first character.
    pub fn open(source: R) -> Result<JsonRows<R>> {
        let mut array = Array {
            source: BufReader::with_capacity(BUFFER, source),
            line: 1,
            read: 0,
            after_cr: false,
            after_comma: true,
            is_done: false,
        };
        match array.peek_text()? {
            Some(b'[') => {
                array.take();
                Ok(JsonRows::Array(array))
            }
            _ => Ok(JsonRows::Lines { lines: Lines::of(array.source), before: array.line - 1 }),
        }
    }

    /// Bytes read so far.
    pub fn read(&self) -> u64 {
        match self {
            JsonRows::Lines { lines, .. } => lines.read(),
            JsonRows::Array(array) => array.read,
        }
    }

    /// The next row that is not blank; `None` at the end. C002 when the array is cut off, or more text follows it.
    pub fn next_row(&mut self) -> Result<Option<Line>> {
        match self {
            JsonRows::Array(array) => array.next_element(),
            JsonRows::Lines { lines, before } => loop {
                let Some(line) = lines.next_line()? else { return Ok(None) };
                let is_blank = line.bytes.as_ref().is_some_and(|bytes| bytes.iter().all(u8::is_ascii_whitespace));
                if !is_blank {
                    return Ok(Some(Line { number: line.number + *before, ..line }));
                }
            },
        }
    }
}

impl<R: Read> Array<R> {
    fn peek(&mut self) -> Result<Option<u8>> {
        self.source.fill_buf().map(|part| part.first().copied()).map_err(unreadable)
    }

    fn take(&mut self) {
        if let Some(byte) = self.source.buffer().first().copied() {
            match byte {
                b'\n' if self.after_cr => {}
                b'\n' | b'\r' => self.line += 1,
                _ => {}
            }
            self.after_cr = byte == b'\r';
            self.source.consume(1);
            self.read += 1;
        }
    }

    /// The next byte that is no white space.
    fn peek_text(&mut self) -> Result<Option<u8>> {
        while let Some(byte) = self.peek()? {
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.take();
        }
        Ok(None)
    }

    fn next_element(&mut self) -> Result<Option<Line>> {
        if self.is_done {
            return Ok(None);
        }
        loop {
            match self.peek_text()? {
                None => return Err(self.ends_too_early()),
                Some(b',') => {
                    self.take();
                    if std::mem::replace(&mut self.after_comma, true) {
                        return Ok(Some(line(self.line, Vec::new(), 0)));
                    }
                }
                Some(b']') => {
                    self.take();
                    self.is_done = true;
                    return match self.peek_text()? {
                        None => Ok(None),
                        Some(_) => Err(Code::InvalidInput
                            .because(format!("line {}: text follows the end of the array", self.line))),
                    };
                }
                Some(_) => {
                    self.after_comma = false;
                    return self.element().map(Some);
                }
            }
        }
    }

    /// An element, from its first byte to the one that closes it, or to the comma after it. A bracket that is missing takes the
    /// rest of the file into its element, and the end of the file is then inside it.
    fn element(&mut self) -> Result<Line> {
        let number = self.line;
        let (mut bytes, mut length, mut depth) = (Vec::new(), 0_usize, 0_u64);
        let (mut in_text, mut after_escape) = (false, false);
        while let Some(byte) = self.peek()? {
            match byte {
                _ if after_escape => after_escape = false,
                b'\\' if in_text => after_escape = true,
                b'"' => in_text = !in_text,
                _ if in_text => {}
                b'{' | b'[' => depth += 1,
                b',' | b']' if depth == 0 => return Ok(line(number, bytes, length)),
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.take();
            length += 1;
            if length <= LINE_MAX {
                bytes.push(byte);
            } else {
                bytes = Vec::new();
            }
            if depth == 0 && !in_text && matches!(byte, b'}' | b']') {
                return Ok(line(number, bytes, length));
            }
        }
        // what was read is a row that is cut off; the next call says that the array is
        Ok(line(number, bytes, length))
    }

    fn ends_too_early(&mut self) -> Error {
        self.is_done = true;
        Code::InvalidInput.because(format!("line {}: the file ends inside of its array", self.line))
    }
}

fn line(number: u64, bytes: Vec<u8>, length: usize) -> Line {
    Line { number, bytes: (length <= LINE_MAX).then_some(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(file: &str) -> (Vec<(u64, String)>, Option<String>) {
        let mut rows = JsonRows::open(file.as_bytes()).unwrap();
        let mut found = Vec::new();
        loop {
            match rows.next_row() {
                Ok(None) => return (found, None),
                Ok(Some(line)) => {
                    found.push((line.number, String::from_utf8(line.bytes.unwrap_or_default()).unwrap()));
                }
                Err(error) => return (found, error.detail().map(str::to_owned)),
            }
        }
    }

    fn texts(file: &str) -> Vec<String> {
        rows(file).0.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn an_array_and_lines_have_the_same_rows() {
        let (one, other) = (r#"{"sku":"A","name":"]},{["}"#, r#"{"sku":"B","images":["\\","\"}"],"x":{"y":[]}}"#);
        for file in [
            format!("{one}\n\n{other}\n"),
            format!("[{one},{other}]"),
            format!("\n [\n  {one},\n  {other}\n]\n"),
            format!("[{one} , {other},]\r\n"),
        ] {
            assert_eq!(texts(&file), [one, other], "{file}");
        }
        assert_eq!(rows("[\n{\"a\":\n1},\r\n\r\n{}]").0, [(2, "{\"a\":\n1}".to_owned()), (5, "{}".to_owned())]);
        assert_eq!(rows("\n\n{}\n{}").0.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(texts("[]"), Vec::<String>::new());
        assert_eq!(texts("[7, \"a,b\", null]"), ["7", "\"a,b\"", "null"]);
    }

    #[test]
    fn what_is_wrong_with_an_array_is_said() {
        assert_eq!(rows("[{},{}").1.unwrap(), "line 1: the file ends inside of its array");
        let (found, why) = rows("[{},\n{\"a\":[1,\n{}]");
        assert_eq!((found.len(), found[1].0, why.unwrap().contains("ends inside")), (2, 2, true));
        assert_eq!(rows("[{}]\n[{}]").1.unwrap(), "line 2: text follows the end of the array");
        let long = format!("[{{\"a\":\"{}\"}},{{}}]", "x".repeat(LINE_MAX));
        assert_eq!(texts(&long), ["", "{}"]);
    }

    proptest! {
        #[test]
        fn any_text_ends(text in "[\\[\\]{},\"\\\\ a\n]{0,40}") {
            let _ = rows(&text);
        }

        #[test]
        fn elements_are_read_back(texts in prop::collection::vec("\\PC{0,12}", 0..6)) {
            let elements: Vec<String> = texts.iter().map(|text| serde_json::json!({"name": text}).to_string()).collect();
            let (found, why) = rows(&format!("[{}]", elements.join(",\n")));
            prop_assert_eq!(why, None);
            prop_assert_eq!(found.into_iter().map(|(_, text)| text).collect::<Vec<_>>(), elements);
        }
    }
}
