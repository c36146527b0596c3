//! A workbook of Excel as rows of text.
//!
//! The sheet is copied to a file of rows before its first row is stored: so a broken workbook stores nothing, and the memory
//! holds the shared texts of the workbook but never its cells.

use crate::amount::DecimalMark;
use crate::csv::{COLUMNS_MAX, Record, Table, header};
use crate::lines::{FILE_MAX, LINE_MAX, Lines, too_large, unreadable};
use crate::unpacked::{broken, must_fit};
use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use kernel::{Code, Result};
use parking_lot::Mutex;
use std::io::{Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use tempfile::SpooledTempFile;

/// Digits that Excel shows of a number with a fraction; what follows is the error of its binary form.
const DIGITS: usize = 15;
/// Whole numbers below it are stored exactly: 2^53. Above it several numbers are stored as the same one.
const EXACT_BELOW: f64 = 9_007_199_254_740_992.0;
/// Bytes of rows that stay in memory.
const MEMORY_MAX: usize = 1 << 20;
/// Held while a workbook is copied to its file of rows: its texts are in memory then, and those of several workbooks at once would be too
/// much. The processors are busy with one.
static COPYING: Mutex<()> = Mutex::new(());

/// The rows of one sheet.
pub struct Sheet {
    lines: Lines<SpooledTempFile>,
    header: Vec<String>,
    /// The sheet that is read.
    pub name: String,
    /// Sheets that are not.
    pub others: Vec<String>,
}

impl Sheet {
    /// Reads the sheet of this name, else the first one. `mark` is how numbers are written for the amounts that are read later.
    ///
    /// C002 when the file is no workbook, is too large when unpacked, or has no such sheet.
    pub fn open(file: impl Read + Seek, name: Option<&str>, mark: Option<DecimalMark>) -> Result<Sheet> {
        // the library is well tested, but a file from outside must not be able to stop the import of the whole shop
        let turn = COPYING.lock();
        let copied = catch_unwind(AssertUnwindSafe(|| copy(file, name, mark)));
        let copied = copied.unwrap_or_else(|_| Err(broken("it cannot be read")));
        drop(turn);
        let (mut rows, name, others) = copied?;
        rows.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        let mut sheet = Sheet { lines: Lines::of(rows), header: Vec::new(), name, others };
        let first = sheet.next_row()?.ok_or_else(|| broken("its sheet is empty"))?;
        sheet.header = header(first.fields)?;
        Ok(sheet)
    }
}

impl Table for Sheet {
    fn header(&self) -> &[String] {
        &self.header
    }

    fn read(&self) -> u64 {
        self.lines.read()
    }

    fn next_row(&mut self) -> Result<Option<Record>> {
        let Some(line) = self.lines.next_line()? else { return Ok(None) };
        let bytes = line.bytes.unwrap_or_default();
        let (line, fields): (u64, Result<Vec<String>, String>) =
            serde_json::from_slice(&bytes).map_err(|e| Code::Internal.error().caused_by(e))?;
        let fields = fields.and_then(|mut fields| match (fields.len(), self.header.len()) {
            (_, 0) => Ok(fields),
            (found, wanted) if found > wanted => Err(format!("the row has {found} columns, the header has {wanted}")),
            (_, wanted) => {
                fields.resize(wanted, String::new());
                Ok(fields)
            }
        });
        Ok(Some(Record { line, fields }))
    }
}

type Copied = (SpooledTempFile, String, Vec<String>);

fn copy(mut file: impl Read + Seek, name: Option<&str>, mark: Option<DecimalMark>) -> Result<Copied> {
    must_fit(&mut file)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let mut book = Xlsx::new(file).map_err(|error| broken("it is damaged").caused_by(error))?;
    let mut others = book.sheet_names();
    let known = || others.join(", ");
    let at = match name {
        None if others.is_empty() => return Err(broken("it has no sheets")),
        None => 0,
        Some(name) => others.iter().position(|other| other == name).ok_or_else(|| {
            kernel::text::wrong("sheet", format!("{name:?} does not exist; the sheets are {}", known()))
        })?,
    };
    let name = others.remove(at);
    let mut cells =
        book.worksheet_cells_reader(&name).map_err(|error| broken("its sheet is damaged").caused_by(error))?;
    let mut rows = Rows { file: SpooledTempFile::new(MEMORY_MAX), row: 0, cells: Vec::new(), wrong: None, written: 0 };
    while let Some(cell) = cells.next_cell().map_err(|error| broken("its sheet is damaged").caused_by(error))? {
        let (row, column) = cell.get_position();
        rows.add(row, column as usize, text(cell.get_value(), mark))?;
    }
    rows.end()?;
    Ok((rows.file, name, others))
}

/// Rows on their way into their file: one JSON array `[number, fields or reason]` on each line.
struct Rows {
    file: SpooledTempFile,
    /// The row that is being read, from 0.
    row: u32,
    cells: Vec<String>,
    wrong: Option<String>,
    written: u64,
}

impl Rows {
    fn add(&mut self, row: u32, column: usize, text: Result<String, String>) -> Result<()> {
        if row < self.row {
            return Err(broken("its rows are in no order"));
        }
        if row > self.row {
            self.end()?;
            self.row = row;
        }
        match text {
            Ok(text) if text.is_empty() => {}
            Ok(_) if column >= COLUMNS_MAX => self.wrong = Some(format!("the row has more than {COLUMNS_MAX} columns")),
            Ok(text) => {
                if self.cells.len() <= column {
                    self.cells.resize(column + 1, String::new());
                }
                self.cells[column] = text;
            }
            Err(why) => self.wrong = Some(format!("column {} {why}", column + 1)),
        }
        if self.cells.iter().map(String::len).sum::<usize>() > LINE_MAX / 8 {
            self.too_long();
        }
        Ok(())
    }

    fn too_long(&mut self) {
        self.cells.clear();
        self.wrong = Some(format!("the row is longer than {} bytes", LINE_MAX / 8));
    }

    /// Writes the row that was read, unless it is blank.
    fn end(&mut self) -> Result<()> {
        let (cells, wrong) = (std::mem::take(&mut self.cells), self.wrong.take());
        if wrong.is_none() && cells.iter().all(|cell| cell.trim().is_empty()) {
            return Ok(());
        }
        let fields: Result<Vec<String>, String> = wrong.map_or(Ok(cells), Err);
        let full = |error| Code::Unavailable.error().caused_by(error);
        let mut line =
            serde_json::to_vec(&(u64::from(self.row) + 1, fields)).map_err(|e| Code::Internal.error().caused_by(e))?;
        line.push(b'\n');
        self.written += line.len() as u64;
        if self.written > FILE_MAX {
            return Err(too_large());
        }
        self.file.write_all(&line).map_err(full)
    }
}

/// A cell as a person would write it in a file of text.
fn text(value: &DataRef<'_>, mark: Option<DecimalMark>) -> Result<String, String> {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number, mark)?,
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::DateTime(time) => time_text(time),
        DataRef::Error(error) => return Err(format!("has the error {error} of Excel")),
    })
}

/// A whole number as it is: the 16 digits of an order's number are not a measure that could be rounded. Another one without the error
/// of its binary form.
fn number_text(number: f64, mark: Option<DecimalMark>) -> Result<String, String> {
    let is_whole = number.fract() == 0.0;
    if is_whole && number.abs() >= EXACT_BELOW {
        return Err("has a number with more digits than a workbook keeps; save this column as text".to_owned());
    }
    let number = if is_whole { number } else { rounded(number) };
    Ok(match mark {
        Some(DecimalMark::Comma) => number.to_string().replace('.', ","),
        Some(DecimalMark::Point) | None => number.to_string(),
    })
}

/// The number without the error of its binary form: 19.99 is stored as 19.989999999999998.
fn rounded(number: f64) -> f64 {
    format!("{number:.*e}", DIGITS - 1).parse().unwrap_or(number)
}

fn time_text(time: &ExcelDateTime) -> String {
    if time.is_duration() {
        return rounded(time.as_f64()).to_string();
    }
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{HEADER, STRINGS, workbook};
    use crate::unpacked::PART_MAX;
    use kernel::Error;
    use std::io::Cursor;

    fn rows(file: &[u8], mark: Option<DecimalMark>) -> Result<Vec<Record>, String> {
        let shown = |error: Error| error.detail().unwrap_or_default().to_owned();
        let mut sheet = Sheet::open(Cursor::new(file), None, mark).map_err(shown)?;
        assert_eq!((sheet.name.as_str(), sheet.others.as_slice()), ("상품", &["Notes".to_owned()][..]));
        Ok(std::iter::from_fn(|| sheet.next_row().unwrap()).collect())
    }

    #[test]
    fn cells_are_read_as_a_person_sees_them() {
        let file = workbook(
            &[
                (1, HEADER),
                (2, &["><v>1001</v>", " t=\"s\"><v>2</v>", "><v>19.989999999999998</v>"]),
                (4, &[" t=\"str\"><v>A</v>", " t=\"e\"><v>#N/A</v>"]),
                (5, &["><v>8801234567890</v>", " t=\"b\"><v>1</v>"]),
            ],
            STRINGS,
        );
        let found = rows(&file, None).unwrap();
        let good = |line, cells: [&str; 3]| Record { line, fields: Ok(cells.map(str::to_owned).to_vec()) };
        assert_eq!(found[0], good(2, ["1001", "머그컵", "19.99"]));
        assert_eq!((found[1].line, found[1].fields.as_ref().unwrap_err().contains("#N/A")), (4, true));
        assert_eq!(found[2], good(5, ["8801234567890", "true", ""]));
        assert_eq!(rows(&file, Some(DecimalMark::Comma)).unwrap()[0], good(2, ["1001", "머그컵", "19,99"]));
    }

    #[test]
    fn whole_numbers_are_read_digit_by_digit() {
        let read = |number: &str| number_text(number.parse().unwrap(), None);
        for same in
            ["2026112812652791", "2026112812652793", "9007199254740991", "-9007199254740991", "8801234567890", "0"]
        {
            assert_eq!(read(same).as_deref(), Ok(same));
        }
        assert_eq!(read("8999.9999999999991").as_deref(), Ok("9000"));
        assert_eq!(read("19.989999999999998").as_deref(), Ok("19.99"));
        // 2^53 + 1 is stored as 2^53: which of both it was, the file does not say
        for more in ["9007199254740992", "9007199254740993", "20261128126527912", "1e300", "-9007199254740993"] {
            assert!(read(more).unwrap_err().contains("save this column as text"), "{more}");
        }
        let cells: &[&str] = &["><v>20261128126527912</v>", " t=\"s\"><v>2</v>", "><v>1</v>"];
        let file = workbook(&[(1, HEADER), (2, cells)], STRINGS);
        let found = rows(&file, None).unwrap();
        assert!(found[0].fields.as_ref().unwrap_err().starts_with("column 1 has a number"), "{:?}", found[0]);
    }

    #[test]
    fn files_that_are_no_sound_workbook_are_refused() {
        assert!(rows(b"sku,name\n", None).unwrap_err().contains("no workbook"));
        let file = workbook(&[(1, HEADER)], STRINGS);
        assert!(rows(&file[..file.len() / 2], None).is_err());
        let bomb = workbook(&[(1, HEADER)], "count=\"3\" uniqueCount=\"99999999999\"><si><t>sku</t></si>");
        assert!(rows(&bomb, None).unwrap_err().contains("announces more than it has"));
        let text = format!("<si><t>{}</t></si>", " ".repeat(1 << 19));
        let large = workbook(&[(1, HEADER)], &format!(">{}", text.repeat(PART_MAX as usize >> 19)));
        assert!(large.len() < 1 << 20, "it is small as long as it is packed");
        assert!(rows(&large, None).unwrap_err().contains("when it is unpacked"));
        assert!(rows(&workbook(&[], STRINGS), None).unwrap_err().contains("is empty"));
        let no_sheet = Sheet::open(Cursor::new(&file), Some("Other"), None).err().unwrap();
        assert!(no_sheet.detail().unwrap().contains("the sheets are 상품, Notes"));
    }
}
