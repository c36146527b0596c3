//! A file as a stream of lines of bounded length.

use kernel::{Code, Result};
use std::io::{BufRead, BufReader, Read};

/// Longest line, in bytes: a product with a hundred variants has a tenth of it.
pub const LINE_MAX: usize = 256 << 10;
/// Largest file, in bytes: a million rows. It bounds what one request can cost.
pub const FILE_MAX: u64 = 512 << 20;
/// Bytes read at once.
const BUFFER: usize = 64 << 10;

/// One line without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1.
    pub number: u64,
    /// The bytes, or `None` when there were more than [`LINE_MAX`].
    pub bytes: Option<Vec<u8>>,
}

/// The lines of a file.
pub struct Lines<R> {
    source: BufReader<R>,
    number: u64,
    read: u64,
}

impl<R: Read> Lines<R> {
    /// The lines of `source`.
    pub fn of(source: R) -> Lines<R> {
        Lines { source: BufReader::with_capacity(BUFFER, source), number: 0, read: 0 }
    }

    /// Bytes read so far.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// The next line; `None` at the end. C010 when the file is larger than [`FILE_MAX`], C002 when reading fails.
    pub fn next_line(&mut self) -> Result<Option<Line>> {
        let mut bytes = Vec::new();
        let (mut length, mut any) = (0, false);
        loop {
            let part = self
                .source
                .fill_buf()
                .map_err(|e| Code::InvalidInput.because("the rest of the file could not be read").caused_by(e))?;
            if part.is_empty() {
                break;
            }
            any = true;
            let end = part.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(part.len(), |at| at + 1);
            let kept = end.unwrap_or(part.len());
            length += kept;
            if length <= LINE_MAX {
                bytes.extend_from_slice(&part[..kept]);
            } else {
                bytes = Vec::new();
            }
            self.source.consume(taken);
            self.read += taken as u64;
            if self.read > FILE_MAX {
                return Err(Code::PayloadTooLarge.because(format!("a file may have at most {FILE_MAX} bytes")));
            }
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.number += 1;
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if self.number == 1 {
            without_mark(&mut bytes)?;
        }
        Ok(Some(Line { number: self.number, bytes: (length <= LINE_MAX).then_some(bytes) }))
    }
}

/// Takes the UTF-8 mark from the first line. C002 for UTF-16: otherwise every row would be refused for a reason that is hard
/// to see.
fn without_mark(first: &mut Vec<u8>) -> Result<()> {
    if first.starts_with(b"\xef\xbb\xbf") {
        first.drain(..3);
    }
    if first.starts_with(b"\xff\xfe") || first.starts_with(b"\xfe\xff") {
        return Err(Code::InvalidInput.because("the file is UTF-16; save it as UTF-8"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8]) -> Vec<Line> {
        let mut lines = Lines::of(bytes);
        std::iter::from_fn(|| lines.next_line().unwrap()).collect()
    }

    #[test]
    fn an_endless_line_is_skipped_and_counted() {
        let mut file = b"a\n".to_vec();
        file.extend(vec![b'x'; LINE_MAX + 1]);
        file.extend(b"\nb");
        let lines = all(&file);
        assert_eq!(
            lines.iter().map(|line| (line.number, line.bytes.as_deref())).collect::<Vec<_>>(),
            [(1, Some(&b"a"[..])), (2, None), (3, Some(&b"b"[..])),]
        );
    }

    #[test]
    fn marks_of_other_encodings_are_seen() {
        assert_eq!(all(b"\xef\xbb\xbfsku\r\n")[0].bytes.as_deref(), Some(&b"sku"[..]));
        let utf16 = Lines::of(&b"\xff\xfes\0k\0u\0"[..]).next_line();
        assert_eq!(utf16.unwrap_err().code(), Code::InvalidInput);
    }

    proptest! {
        #[test]
        fn lines_are_those_of_the_text(text in "[a-z\n]{0,200}") {
            let mut expected: Vec<&str> = text.split('\n').collect();
            if expected.last() == Some(&"") {
                expected.pop();
            }
            let found: Vec<String> = all(text.as_bytes()).into_iter().map(|l| String::from_utf8(l.bytes.unwrap()).unwrap()).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
