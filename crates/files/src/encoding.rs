//! The encoding of a file, decided for the whole file before its first row is stored.
//!
//! A wrong guess is worse than a refusal: it stores names that no person can read. So the file is read once to decide and, when
//! it is not UTF-8, once more to prove that every byte is text in the encoding that was found.

use crate::lines::{FILE_MAX, Lines, too_large, unreadable};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, EUC_KR, Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, X_USER_DEFINED};
use kernel::{Code, Currency, Error, Result, text};
use serde::Serialize;
use std::io::{self, Read, Seek, SeekFrom};
use utoipa::ToSchema;

/// Bytes read at once.
const BUFFER: usize = 64 << 10;
/// Names that programs of an office write and that the Encoding Standard does not know.
const ALIASES: [(&str, &str); 15] = [
    ("cp949", "euc-kr"),
    ("ms949", "euc-kr"),
    ("uhc", "euc-kr"),
    ("x-windows-949", "euc-kr"),
    ("cp51949", "euc-kr"),
    ("cp932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp950", "big5"),
    ("latin-1", "windows-1252"),
    ("utf-8-sig", "utf-8"),
    ("utf8-bom", "utf-8"),
    ("utf8mb4", "utf-8"),
    ("utf16", "utf-16le"),
    ("utf16le", "utf-16le"),
    ("utf16be", "utf-16be"),
];

/// The encoding with this name, as `--encoding` and `charset=` give it; C002 for an unknown one.
pub fn named(name: &str) -> Result<&'static Encoding> {
    let plain = name.trim().trim_matches('"').to_ascii_lowercase();
    let label = ALIASES.iter().find(|(alias, _)| *alias == plain).map_or(plain.as_str(), |(_, label)| label);
    let found = Encoding::for_label(label.as_bytes()).filter(|one| *one != REPLACEMENT && *one != X_USER_DEFINED);
    found.ok_or_else(|| {
        let name: String = name.chars().take(40).collect();
        text::wrong("encoding", format!("{name:?} is not known; write utf-8, utf-16, euc-kr (CP949), shift_jis …"))
    })
}

/// By what the encoding of a file is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
#[schema(as = ImportEncodingSource)]
pub enum Source {
    /// The caller named it.
    Given,
    /// The file begins with a byte order mark.
    Mark,
    /// The bytes of the whole file.
    Content,
}

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub encoding: &'static Encoding,
    pub source: Source,
    /// Length of the byte order mark.
    mark: usize,
}

impl Found {
    /// As the report names it.
    pub fn name(&self) -> &'static str {
        self.encoding.name()
    }
}

/// The encoding of the whole of `file`: the one that is `given`, else that of its mark, else what its bytes are. `near` is the
/// shop's currency: a few bytes of Hangul may also be Chinese, and a Korean shop has the former.
///
/// C002 when there is no encoding in which every byte is text, and when the file is a workbook or another binary; C010 when it
/// is too large.
pub fn of_file(file: &mut (impl Read + Seek), given: Option<&'static Encoding>, near: Currency) -> Result<Found> {
    let scan = Scan::of(file)?;
    scan.not_binary()?;
    let mark = Encoding::for_bom(&scan.head);
    let found = match (given, mark) {
        (Some(given), Some((marked, length))) if given == marked || is_utf16(given) && is_utf16(marked) => {
            Found { encoding: marked, source: Source::Given, mark: length }
        }
        (Some(given), Some((marked, _))) => {
            let (given, marked) = (given.name(), marked.name());
            return Err(no_text(format!(
                "the file begins with the mark of {marked}, but its encoding is given as {given}"
            )));
        }
        (Some(encoding), None) => Found { encoding, source: Source::Given, mark: 0 },
        (None, Some((encoding, mark))) => Found { encoding, source: Source::Mark, mark },
        (None, None) => Found { encoding: scan.guess(file, near)?, source: Source::Content, mark: 0 },
    };
    if found.encoding != UTF_8 || scan.broken_utf8 {
        proven(file, found)?;
    }
    Ok(found)
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

fn no_text(why: impl Into<String>) -> Error {
    Code::InvalidInput.because(why)
}

fn rewind(file: &mut impl Seek, to: usize) -> Result<()> {
    file.seek(SeekFrom::Start(to as u64)).map(|_| ()).map_err(unreadable)
}

/// Calls `each` with every part of the file from `start` on.
fn parts(file: &mut (impl Read + Seek), start: usize, mut each: impl FnMut(&[u8])) -> Result<()> {
    rewind(file, start)?;
    let mut buffer = vec![0; BUFFER];
    let mut total = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => {
                total += length as u64;
                if total > FILE_MAX {
                    return Err(too_large());
                }
                each(&buffer[..length]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
}

/// What one reading of the bytes shows.
#[derive(Debug, Default)]
struct Scan {
    head: Vec<u8>,
    length: u64,
    /// Bytes of an unfinished UTF-8 character.
    rest: Vec<u8>,
    /// Whether there are bytes that are not UTF-8. A character that the end of the file cuts in half does not count.
    broken_utf8: bool,
    zeros: u64,
    /// Line ends and separators as UTF-16 writes them: the zero byte first, and last.
    signs: [u64; 2],
    last: u8,
}

impl Scan {
    fn of(file: &mut (impl Read + Seek)) -> Result<Scan> {
        let mut scan = Scan::default();
        parts(file, 0, |part| scan.feed(part))?;
        Ok(scan)
    }

    fn feed(&mut self, part: &[u8]) {
        self.head.extend(part.iter().take(8 - self.head.len().min(8)));
        if !self.broken_utf8 {
            self.utf8(part);
        }
        for &byte in part {
            self.zeros += u64::from(byte == 0);
            if self.length % 2 == 1 {
                let pair = (self.last, byte);
                self.signs[0] += u64::from(matches!(pair, (0, b'\n' | b'\r' | b',' | b';' | b'\t' | b'"' | b':')));
                self.signs[1] += u64::from(matches!(pair, (b'\n' | b'\r' | b',' | b';' | b'\t' | b'"' | b':', 0)));
            }
            self.last = byte;
            self.length += 1;
        }
    }

    fn utf8(&mut self, part: &[u8]) {
        let mut joined = std::mem::take(&mut self.rest);
        joined.extend_from_slice(part);
        match std::str::from_utf8(&joined) {
            Ok(_) => {}
            Err(error) if error.error_len().is_none() => self.rest = joined[error.valid_up_to()..].to_vec(),
            Err(_) => self.broken_utf8 = true,
        }
    }

    fn not_binary(&self) -> Result<()> {
        let kind = match self.head.as_slice() {
            [b'P', b'K', 3 | 5, 4 | 6, ..] => "an Excel workbook or another ZIP file; import it as xlsx",
            [0xD0, 0xCF, 0x11, 0xE0, ..] => {
                "an Excel workbook of the old kind, or one with a password; save it as .xlsx"
            }
            [0x1F, 0x8B, ..] => "compressed; unpack it first",
            [b'%', b'P', b'D', b'F', ..] => "a PDF",
            [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => "UTF-32; save it as UTF-8",
            _ => return Ok(()),
        };
        Err(no_text(format!("the file is not a text: it is {kind}")))
    }

    fn guess(&self, file: &mut (impl Read + Seek), near: Currency) -> Result<&'static Encoding> {
        // half of every Latin letter, digit and separator is a zero byte in UTF-16; in another text there is none
        let [big, little] = self.signs;
        if big != little && (self.broken_utf8 || self.zeros * 20 >= self.length) {
            return Ok(if big > little { UTF_16BE } else { UTF_16LE });
        }
        if !self.broken_utf8 {
            return Ok(UTF_8);
        }
        not_mixed(file)?;
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
        parts(file, 0, |part| {
            detector.feed(part, false);
        })?;
        detector.feed(&[], true);
        Ok(detector.guess(country(near), Utf8Detection::Deny))
    }
}

/// The country of a currency, as the detector names it.
fn country(currency: Currency) -> Option<&'static [u8]> {
    match currency.code() {
        "KRW" => Some(b"kr"),
        "JPY" => Some(b"jp"),
        "CNY" => Some(b"cn"),
        "VND" => Some(b"vn"),
        _ => None,
    }
}

/// C002 when some lines are UTF-8 and others are not: a file that was put together from two.
fn not_mixed(file: &mut (impl Read + Seek)) -> Result<()> {
    rewind(file, 0)?;
    let (mut utf8, mut other) = (None, None);
    let mut lines = Lines::of(file);
    while let Some(line) = lines.next_line()? {
        let Some(bytes) = line.bytes.filter(|bytes| !bytes.is_ascii()) else { continue };
        match std::str::from_utf8(&bytes) {
            Ok(text) if is_surely_utf8(text) => utf8 = utf8.or(Some(line.number)),
            Ok(_) => {}
            Err(_) => other = other.or(Some(line.number)),
        }
        if let (Some(utf8), Some(other)) = (utf8, other) {
            return Err(no_text(format!(
                "the file mixes encodings: line {utf8} is UTF-8, line {other} is not. Save it in one encoding, or name the \
                 encoding if it is another"
            )));
        }
    }
    Ok(())
}

/// One short character may be two letters of another encoding that look like it; several, or a long one, hardly ever.
fn is_surely_utf8(line: &str) -> bool {
    line.chars().filter(|c| !c.is_ascii()).count() > 1 || line.chars().any(|c| c.len_utf8() > 2)
}

/// Reads the whole file in its encoding; C002 naming the first line that is no text in it.
fn proven(file: &mut (impl Read + Seek), found: Found) -> Result<()> {
    let mut decoded = Decoded::of(file, found)?;
    let (mut line, mut ended_by_cr) = (1_u64, false);
    // the end of the file may cut a character in half; then its row is refused, not the file
    while let Some(part) = decoded.next_part().map_err(unreadable)? {
        for c in part.text.chars() {
            match c {
                '\n' if ended_by_cr => {}
                '\n' | '\r' => line += 1,
                _ => {}
            }
            ended_by_cr = c == '\r';
            if found.source == Source::Content && found.encoding != UTF_8 && is_binary(c) {
                return Err(no_text(format!(
                    "line {line} has bytes that are no text in any encoding; save the file as UTF-8"
                )));
            }
        }
        if part.is_damaged {
            let (name, hint) = match found.source {
                Source::Given => (found.name(), "leave the encoding out to have it detected"),
                Source::Mark | Source::Content => (found.name(), "save the file in one encoding, such as UTF-8"),
            };
            return Err(no_text(format!("the file is not {name} throughout: line {line} is not; {hint}")));
        }
    }
    Ok(())
}

/// Control characters that no text has.
fn is_binary(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{1A}')
}

/// A file as UTF-8, whatever it is stored in. Bytes that are no character become U+FFFD.
pub struct Decoded<F> {
    file: F,
    decoder: Decoder,
    input: Vec<u8>,
    /// What of `input` is not decoded yet.
    left: std::ops::Range<usize>,
    has_ended: bool,
    is_done: bool,
    text: String,
    /// How much of `text` was read.
    read: usize,
}

struct Part<'a> {
    text: &'a str,
    /// It ends with bytes that are no character, and they are not a character that the end of the file cuts in half.
    is_damaged: bool,
}

impl<F: Read + Seek> Decoded<F> {
    /// The file from behind its mark on.
    pub fn of(mut file: F, found: Found) -> Result<Decoded<F>> {
        rewind(&mut file, found.mark)?;
        Ok(Decoded {
            file,
            decoder: found.encoding.new_decoder_without_bom_handling(),
            input: vec![0; BUFFER],
            left: 0..0,
            has_ended: false,
            is_done: false,
            text: String::with_capacity(BUFFER),
            read: 0,
        })
    }

    fn next_part(&mut self) -> io::Result<Option<Part<'_>>> {
        self.text.clear();
        self.read = 0;
        let mut is_damaged = false;
        while self.text.is_empty() && !self.is_done {
            if self.left.is_empty() && !self.has_ended {
                let length = self.file.read(&mut self.input)?;
                self.left = 0..length;
                self.has_ended = length == 0;
            }
            let input = &self.input[self.left.clone()];
            let (outcome, taken) =
                self.decoder.decode_to_string_without_replacement(input, &mut self.text, self.has_ended);
            self.left.start += taken;
            match outcome {
                DecoderResult::InputEmpty => self.is_done = self.has_ended,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    self.text.push('\u{FFFD}');
                    is_damaged = !(self.has_ended && self.left.is_empty());
                }
            }
        }
        Ok((!self.text.is_empty()).then_some(Part { text: &self.text, is_damaged }))
    }
}

impl<F: Read + Seek> Read for Decoded<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read == self.text.len() {
            self.next_part()?;
        }
        let rest = &self.text.as_bytes()[self.read..];
        let taken = rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&rest[..taken]);
        self.read += taken;
        Ok(taken)
    }
}

/// The name for people: Korean offices know CP949, which is what the Encoding Standard calls EUC-KR.
pub fn shown(name: &str) -> String {
    if name == EUC_KR.name() { format!("{name} (CP949)") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{BIG5, GBK, SHIFT_JIS, WINDOWS_1252};
    use proptest::prelude::*;
    use std::io::Cursor;

    fn found(bytes: &[u8]) -> Result<(&'static str, String), String> {
        read(bytes, None, Currency::KRW)
    }

    fn read(bytes: &[u8], given: Option<&'static Encoding>, near: Currency) -> Result<(&'static str, String), String> {
        let mut file = Cursor::new(bytes);
        let found = of_file(&mut file, given, near).map_err(|e| e.detail().unwrap_or_default().to_owned())?;
        let mut text = String::new();
        Decoded::of(file, found).unwrap().read_to_string(&mut text).unwrap();
        Ok((found.name(), text))
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
        text.encode_utf16().flat_map(unit).collect()
    }

    const KOREAN: &str = "상품코드,상품명,가격\r\nA,달항아리 머그컵,18000\r\nB,뚝배기,9000\r\n";

    #[test]
    fn the_usual_encodings_of_a_korean_file_are_found() {
        let name = |bytes: &[u8]| found(bytes).map(|(name, text)| (name, text == KOREAN));
        assert_eq!(name(KOREAN.as_bytes()), Ok(("UTF-8", true)));
        assert_eq!(name(&EUC_KR.encode(KOREAN).0), Ok(("EUC-KR", true)));
        for (big, mark, expected) in [(false, b"\xff\xfe", "UTF-16LE"), (true, b"\xfe\xff", "UTF-16BE")] {
            let bytes = utf16(KOREAN, big);
            assert_eq!(name(&bytes), Ok((expected, true)));
            assert_eq!(name(&[&mark[..], &bytes].concat()), Ok((expected, true)));
        }
        assert_eq!(name(&["\u{feff}".as_bytes(), KOREAN.as_bytes()].concat()), Ok(("UTF-8", true)));
        // the letters beyond KS X 1001 that only CP949 has
        let wide = "sku,name\nA,뷁똠방각하 햏\n";
        assert_eq!(found(&EUC_KR.encode(wide).0), Ok(("EUC-KR", wide.to_owned())));
        assert_eq!(found(b"sku,name\nA,\xb0\xa1\n"), Ok(("EUC-KR", "sku,name\nA,가\n".to_owned())));
        assert_eq!(found(&utf16("sku,name\nA,Mug\n", false)), Ok(("UTF-16LE", "sku,name\nA,Mug\n".to_owned())));
    }

    #[test]
    fn files_of_other_countries_are_found() {
        let of = |code: &str| Currency::of_code(code).unwrap();
        for (encoding, text, currency) in [
            (SHIFT_JIS, "sku,name\nA,青い茶碗とお皿のセット\nB,湯のみ\n", "JPY"),
            (GBK, "sku,name\nA,蓝色的茶杯和盘子\nB,月亮罐子，手工制作\n", "CNY"),
            (BIG5, "sku,name\nA,藍色的茶杯和盤子\nB,月亮罐子，手工製作，歡迎選購\n", "USD"),
            (WINDOWS_1252, "sku,name\nA,Müller Kaffeebecher für Gäste\nB,Crème brûlée à l’orange – 5 €\n", "EUR"),
        ] {
            assert_eq!(read(&encoding.encode(text).0, None, of(currency)), Ok((encoding.name(), text.to_owned())));
        }
    }

    #[test]
    fn mixed_and_binary_files_are_refused_with_their_line() {
        let mixed =
            [b"sku,name\nA,".as_slice(), "머그컵".as_bytes(), b"\nB,", &EUC_KR.encode("뚝배기").0, b"\n"].concat();
        assert!(found(&mixed).unwrap_err().contains("line 2 is UTF-8, line 3 is not"), "{:?}", found(&mixed));
        assert!(found(b"PK\x03\x04zzzzzz").unwrap_err().contains("import it as xlsx"));
        assert!(found(b"\x89PNG\r\n\x1a\n\x00\x00\xff\x01\x02").unwrap_err().contains("no text"));
        let odd = [utf16(KOREAN, false), vec![b'x']].concat();
        assert!(found(&[b"\xff\xfe", &odd[..]].concat()).is_ok(), "half a character at the end costs its row only");
        let broken = [b"\xff\xfe".as_slice(), &utf16("sku\nA\n", false), &[0x00, 0xD8], &utf16("B\n", false)].concat();
        assert!(found(&broken).unwrap_err().contains("line 3"));
    }

    #[test]
    fn a_given_encoding_is_obeyed_or_refused() {
        let given = |bytes: &[u8], name: &str| read(bytes, Some(named(name).unwrap()), Currency::KRW);
        let korean = EUC_KR.encode(KOREAN).0.into_owned();
        for name in ["cp949", "EUC-KR", "ks_c_5601-1987", "MS949", "\"euc-kr\""] {
            assert_eq!(given(&korean, name), Ok(("EUC-KR", KOREAN.to_owned())), "{name}");
        }
        assert!(given(&korean, "utf-8").unwrap_err().contains("not UTF-8 throughout: line 1"));
        assert_eq!(given(&utf16(KOREAN, true), "utf-16be"), Ok(("UTF-16BE", KOREAN.to_owned())));
        let marked = [b"\xfe\xff".as_slice(), &utf16(KOREAN, true)].concat();
        assert_eq!(given(&marked, "utf-16"), Ok(("UTF-16BE", KOREAN.to_owned())));
        assert!(given(&marked, "utf-8").unwrap_err().contains("mark of UTF-16BE"));
        assert_eq!(given("é".as_bytes(), "latin1").unwrap().1, "Ã©");
        for name in ["", "klingon", "iso-2022-kr", "x-user-defined"] {
            assert!(named(name).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn utf8_is_always_utf8(text in "[a-z,\n]{0,10}[가-힣éß漢]{0,10}[a-z,\n]{0,10}") {
            prop_assert_eq!(found(text.as_bytes()), Ok(("UTF-8", text)));
        }

        #[test]
        fn korean_files_are_read_back(names in prop::collection::vec("[가-힣]{2,8}", 1..8)) {
            let text = format!("sku,name\n{}", names.iter().map(|name| format!("{name},{name}\n")).collect::<String>());
            prop_assert_eq!(read(&EUC_KR.encode(&text).0, Some(EUC_KR), Currency::KRW), Ok(("EUC-KR", text.clone())));
            prop_assert_eq!(found(&utf16(&text, false)), Ok(("UTF-16LE", text)));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = found(&bytes);
        }
    }
}
