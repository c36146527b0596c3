//! A file as a stream of lines of bounded length.

use kernel::{Code, Error, Result};
use std::io::{self, BufRead, BufReader, Read};

/// Longest line, in bytes of UTF-8: a product with a hundred variants has a tenth of it.
pub const LINE_MAX: usize = 256 << 10;
/// Largest file, in bytes: a million rows. It bounds what one request can cost.
pub const FILE_MAX: u64 = 512 << 20;
/// Bytes read at once.
const BUFFER: usize = 64 << 10;

/// Where a row stands in its file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Its number among the rows, from 1. A header and blank lines are none; an object of JSON is one.
    pub row: u64,
    /// The line on which it begins, from 1. All objects of an array that was written without line ends have the same one.
    pub line: u64,
}

/// One line without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1.
    pub number: u64,
    /// The bytes, or `None` when there were more than [`LINE_MAX`].
    pub bytes: Option<Vec<u8>>,
}

impl Line {
    /// Its bytes. C002 for a line that is too long.
    pub fn whole(self) -> Result<Vec<u8>> {
        let too_long = || Code::InvalidInput.because(format!("the row is longer than {LINE_MAX} bytes"));
        self.bytes.ok_or_else(too_long)
    }
}

/// The lines of a file. A line ends with LF, CR LF, or CR alone, as old programs for the Mac write it.
pub struct Lines<R> {
    source: BufReader<R>,
    number: u64,
    read: u64,
    /// The last line ended with CR; an LF that follows belongs to that end.
    after_cr: bool,
}

/// C002 about a file that cannot be read to its end.
pub fn unreadable(error: io::Error) -> Error {
    Code::InvalidInput.because("the rest of the file could not be read").caused_by(error)
}

/// C010 about a file of more than [`FILE_MAX`] bytes.
pub fn too_large() -> Error {
    Code::PayloadTooLarge.because(format!("a file may have at most {FILE_MAX} bytes"))
}

impl<R: Read> Lines<R> {
    /// The lines of `source`.
    pub fn of(source: R) -> Lines<R> {
        Lines { source: BufReader::with_capacity(BUFFER, source), number: 0, read: 0, after_cr: false }
    }

    /// Bytes read so far.
    pub fn read(&self) -> u64 {
        self.read
    }

    /// The next line; `None` at the end. C002 when reading fails.
    pub fn next_line(&mut self) -> Result<Option<Line>> {
        let mut bytes = Vec::new();
        let (mut length, mut any) = (0, false);
        loop {
            let part = self.source.fill_buf().map_err(unreadable)?;
            if part.is_empty() {
                break;
            }
            if std::mem::take(&mut self.after_cr) && part[0] == b'\n' {
                self.source.consume(1);
                self.read += 1;
                continue;
            }
            any = true;
            let end = part.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let taken = end.map_or(part.len(), |at| at + 1);
            let kept = end.unwrap_or(part.len());
            length += kept;
            if length <= LINE_MAX {
                bytes.extend_from_slice(&part[..kept]);
            } else {
                bytes = Vec::new();
            }
            self.after_cr = end.is_some_and(|at| part[at] == b'\r');
            self.source.consume(taken);
            self.read += taken as u64;
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(Line { number: self.number, bytes: (length <= LINE_MAX).then_some(bytes) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8]) -> Vec<Line> {
        let mut lines = Lines::of(bytes);
        std::iter::from_fn(|| lines.next_line().unwrap()).collect()
    }

    fn texts(bytes: &[u8]) -> Vec<String> {
        all(bytes).into_iter().map(|line| String::from_utf8(line.bytes.unwrap()).unwrap()).collect()
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
    fn every_kind_of_line_end_ends_one_line() {
        for end in ["\n", "\r\n", "\r"] {
            assert_eq!(texts(format!("a{end}{end}b{end}").as_bytes()), ["a", "", "b"], "{end:?}");
        }
        assert_eq!(texts(b"a\rb\nc\r\nd"), ["a", "b", "c", "d"]);
    }

    proptest! {
        #[test]
        fn lines_are_those_of_the_text(text in "[a-z\n]{0,200}") {
            let mut expected: Vec<&str> = text.split('\n').collect();
            if expected.last() == Some(&"") {
                expected.pop();
            }
            prop_assert_eq!(texts(text.as_bytes()), expected);
        }
    }
}
