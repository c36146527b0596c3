//! What a workbook is when it is unpacked, looked at before it is read: a few bytes of a ZIP file can be many when they are unpacked.
//!
//! Who reads a workbook holds single pieces of it in memory, however large they are: a text, a tag with its attributes, the value of a
//! cell. So the limit on a whole part is not enough, and each piece has one of its own.

use crate::lines::unreadable;
use kernel::{Code, Error, Result};
use quick_xml::{Reader, events::Event};
use std::{
    collections::HashSet,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
};

/// Largest part of an unpacked workbook that is held in memory, in bytes: its texts, formats and names.
pub(crate) const PART_MAX: u64 = 64 << 20;
/// Largest unpacked sheet, in bytes. It is read piece by piece.
const SHEET_MAX: u64 = 1 << 30;
/// Most bytes of all parts together: the parts that are not read have to be unpacked, too.
const ALL_MAX: u64 = 2 << 30;
/// Most parts of a workbook. A sheet has a few of them.
const PARTS_MAX: usize = 10_000;
/// Largest piece of a part, in bytes. Excel keeps at most 32,767 characters in a cell.
const PIECE_MAX: usize = 1 << 20;
/// Most elements inside each other, and bytes of their names. Those of Excel are below ten.
const DEPTH_MAX: usize = 100;
const NAME_MAX: usize = 1_000;
/// Bytes in which the count of the shared texts stands.
const HEAD: u64 = 4 << 10;
/// How the directory of a ZIP file marks each of its parts.
const OF_DIRECTORY: &[u8] = b"PK\x01\x02";

pub(crate) fn broken(why: impl std::fmt::Display) -> Error {
    Code::InvalidInput.because(format!("the file is no workbook (.xlsx) that can be imported: {why}"))
}

/// C002 when the unpacked parts of the workbook are larger than what may be read, or a count in the file, which decides how much memory is
/// asked for, is more than the part has.
pub(crate) fn must_fit(file: &mut (impl Read + Seek)) -> Result<()> {
    must_have_few_parts(file)?;
    let wrong = |error: zip::result::ZipError| broken("it is damaged").caused_by(error);
    let mut parts = zip::ZipArchive::new(file).map_err(wrong)?;
    let mut all = 0;
    for n in 0..parts.len() {
        let mut part = parts.by_index(n).map_err(wrong)?;
        let name = part.name().map_err(wrong)?.to_lowercase();
        let is_sheet = name.contains("worksheets/");
        let max = if is_sheet { SHEET_MAX } else { PART_MAX };
        let mut head = Vec::new();
        let read = |error: io::Error| broken("it is damaged").caused_by(error);
        part.by_ref().take(HEAD).read_to_end(&mut head).map_err(read)?;
        let whole = head.chain(part.by_ref().take(max));
        let length = match is_sheet || name.ends_with(".xml") || name.ends_with(".rels") {
            true => in_pieces(whole, &name)?,
            false => io::copy(&mut BufReader::new(whole), &mut io::sink()).map_err(read)?,
        };
        if length > max {
            return Err(broken(format!("its part {name} has more than {max} bytes when it is unpacked")));
        }
        all += length;
        if all > ALL_MAX {
            return Err(broken(format!("it has more than {ALL_MAX} bytes when it is unpacked")));
        }
        if announces_more(&head, length) {
            return Err(broken(format!("its part {name} announces more than it has")));
        }
    }
    Ok(())
}

/// Each part has an entry in the directory, which is read as a whole.
fn must_have_few_parts(file: &mut (impl Read + Seek)) -> Result<()> {
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let (mut count, mut matched) = (0, 0);
    let mut reader = BufReader::with_capacity(64 << 10, &mut *file);
    loop {
        let bytes = reader.fill_buf().map_err(unreadable)?;
        if bytes.is_empty() {
            break;
        }
        for byte in bytes {
            matched = match (*byte == OF_DIRECTORY[matched], *byte == OF_DIRECTORY[0]) {
                (true, _) => matched + 1,
                (false, is_first) => usize::from(is_first),
            };
            if matched == OF_DIRECTORY.len() {
                (count, matched) = (count + 1, 0);
            }
        }
        let length = bytes.len();
        reader.consume(length);
    }
    if count > PARTS_MAX {
        return Err(broken(format!("it has more than {PARTS_MAX} parts")));
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable).map(drop)
}

/// Whether a count at the beginning of a part is more than the part has bytes.
fn announces_more(head: &[u8], length: u64) -> bool {
    let head = String::from_utf8_lossy(head);
    let counts = head.match_indices("ount=\"").filter_map(|(at, sign)| {
        let digits: String = head[at + sign.len()..].chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().ok().or((!digits.is_empty()).then_some(u64::MAX))
    });
    counts.max().is_some_and(|count| count > length)
}

/// The bytes of a part, which is read with the settings of who reads it later. C002 for a piece that is too large, and for elements too
/// deep inside each other. What is no XML is only counted: who reads it later stops at the same place.
fn in_pieces(part: impl Read, name: &str) -> Result<u64> {
    let mut xml = Reader::from_reader(Piece { part: BufReader::new(part), left: PIECE_MAX, read: 0 });
    let config = xml.config_mut();
    config.check_end_names = false;
    config.expand_empty_elements = true;
    // the value of a cell is one piece from its first tag to the next last one of the same name, whatever stands between
    let (mut open, mut depth, mut buffer) = (HashSet::new(), 0_usize, Vec::new());
    let too_large = || broken(format!("its part {name} has a piece of more than {PIECE_MAX} bytes"));
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer) {
            Ok(Event::Start(start)) => {
                depth += 1;
                if depth > DEPTH_MAX || start.name().as_ref().len() > NAME_MAX {
                    return Err(broken(format!("its part {name} has more than {DEPTH_MAX} elements in each other")));
                }
                if matches!(start.local_name().as_ref(), "v" | "t" | "is" | "f") {
                    open.insert(start.name().as_ref().to_owned());
                }
            }
            Ok(Event::End(end)) => {
                depth = depth.saturating_sub(1);
                open.remove(end.name().as_ref());
            }
            Ok(Event::Eof) => return Ok(xml.get_ref().read),
            Ok(_) => {}
            Err(_) if xml.get_ref().left == 0 => return Err(too_large()),
            Err(_) => break,
        }
        if open.is_empty() {
            xml.get_mut().left = PIECE_MAX;
        }
    }
    let rest = xml.into_inner();
    let read = rest.read;
    let more = io::copy(&mut { rest.part }, &mut io::sink());
    more.map(|more| read + more).map_err(|error| broken("it is damaged").caused_by(error))
}

/// A part of which no more than a piece is read before somebody allows the next one.
struct Piece<R> {
    part: BufReader<R>,
    left: usize,
    read: u64,
}

impl<R: Read> Read for Piece<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let found = self.fill_buf()?;
        let length = found.len().min(buffer.len());
        buffer[..length].copy_from_slice(&found[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl<R: Read> BufRead for Piece<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let found = self.part.fill_buf()?;
        if self.left == 0 && !found.is_empty() {
            return Err(io::Error::other("the piece is too large"));
        }
        Ok(&found[..found.len().min(self.left)])
    }

    fn consume(&mut self, length: usize) {
        self.left = self.left.saturating_sub(length);
        self.read += length as u64;
        self.part.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{HEADER, STRINGS, workbook};
    use std::io::Cursor;

    fn fits(file: Vec<u8>) -> Result<(), String> {
        must_fit(&mut Cursor::new(file)).map_err(|error| error.detail().unwrap_or_default().to_owned())
    }

    fn of_a_cell(cell: &str) -> Vec<u8> {
        workbook(&[(1, HEADER), (2, &[cell])], STRINGS)
    }

    #[test]
    fn a_piece_that_has_to_be_in_memory_as_a_whole_is_bounded() {
        let much = " ".repeat(PIECE_MAX + 1);
        let some = " ".repeat(PIECE_MAX / 2);
        for cell in [
            format!(" t=\"str\"><v>{much}</v>"),
            format!(" a=\"{much}\"><v>1</v>"),
            format!("><v>1</v>{much}"),
            format!("><!--{much}--><v>1</v>"),
            format!("><v><![CDATA[{much}]]></v>"),
            format!("><?x {much}?><v>1</v>"),
            // a value in parts, of which none is too large
            format!(" t=\"str\"><v>{some}<!-- -->{some}<x/>{some}</v>"),
            format!(" t=\"inlineStr\"><is><t>{some}</t><r><t>{some}</t></r><t>{some}</t></is>"),
            format!(" t=\"inlineStr\"><x:is><t>{some}</t></is><is/><t>{some}</t></v><t>{some}</t></x:is>"),
            format!(" t=\"str\"><v>{}</v>", format!("{}&amp;<!-- -->", " ".repeat(1_000)).repeat(PIECE_MAX / 1_000)),
        ] {
            let file = of_a_cell(&cell);
            assert!(file.len() < 1 << 20, "it is small as long as it is packed");
            let refused = fits(file).expect_err(&cell[..40]);
            assert!(refused.contains("has a piece of more than"), "{}: {refused}", &cell[..40]);
        }
        for cell in ["<a>".repeat(2 * DEPTH_MAX), format!("<{}>", "a".repeat(2 * NAME_MAX))] {
            let refused = fits(of_a_cell(&format!("><v>1</v>{cell}"))).unwrap_err();
            assert!(refused.contains("elements in each other"), "{refused}");
        }
    }

    #[test]
    fn many_small_pieces_fit() {
        let cells: &[&str] = &["><v>1</v>", " t=\"inlineStr\"><is><t>two</t></is>", "/><x>"];
        let rows: Vec<(u32, &[&str])> = (1..4_000).map(|row| (row, cells)).collect();
        let file = workbook(&rows, STRINGS);
        assert_eq!(fits(file), Ok(()));
        let long = format!(" t=\"str\"><v>{}</v>", "&quot;".repeat(32_767));
        assert_eq!(fits(of_a_cell(&long)), Ok(()));
    }

    #[test]
    fn a_workbook_of_very_many_parts_is_refused_before_its_directory_is_read() {
        let directory = |count: usize| [b"PK".as_slice(), &OF_DIRECTORY.repeat(count)].concat();
        assert!(fits(directory(PARTS_MAX + 1)).unwrap_err().contains("parts"));
        assert!(fits(directory(PARTS_MAX)).unwrap_err().contains("it is damaged"));
    }
}
