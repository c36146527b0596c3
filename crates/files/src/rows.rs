//! A file of any kind as rows.

use crate::csv::{Csv, Table};
use crate::encoding::{self, Decoded};
use crate::json_rows::JsonRows;
use crate::lines::Lines;
use crate::workbook::Sheet;
use crate::{Format, Options, ReadAs};
use kernel::Result;
use std::io::{Read, Seek};

/// The rows of a file: of a table behind its header, or objects of JSON.
pub enum Rows<'a> {
    Table(Box<dyn Table + 'a>),
    Json(JsonRows<Box<dyn Read + 'a>>),
}

/// Opens the whole of `file`; the report says how it is read. C002 when it is not in one encoding or has no header, C010 when it is
/// too large.
pub fn open<'a>(mut file: impl Read + Seek + 'a, options: &Options) -> Result<(Rows<'a>, ReadAs)> {
    if options.format == Format::Xlsx {
        let sheet = Sheet::open(file, options.sheet.as_deref(), options.decimal)?;
        let read = ReadAs { sheet: Some(sheet.name.clone()), other_sheets: sheet.others.clone(), ..ReadAs::default() };
        return Ok((Rows::Table(Box::new(sheet)), read));
    }
    let found = encoding::of_file(&mut file, options.encoding, options.currency)?;
    let read = ReadAs { encoding: Some(found.name()), encoding_source: Some(found.source), ..ReadAs::default() };
    let text = Decoded::of(file, found)?;
    let rows = match options.format {
        Format::Json => Rows::Json(JsonRows::open(Box::new(text) as Box<dyn Read + 'a>)?),
        Format::Csv | Format::Xlsx => Rows::Table(Box::new(Csv::open(Lines::of(text))?)),
    };
    Ok((rows, read))
}
