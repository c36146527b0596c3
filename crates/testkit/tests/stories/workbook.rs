//! A workbook of Excel, made for a test.

use std::io::{Cursor, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

/// What stands in a cell.
pub enum Cell<'a> {
    Text(&'a str),
    Number(&'a str),
    /// A day, counted as Excel does.
    Date(&'a str),
    /// A formula, and the text that it gave.
    Formula(&'a str, &'a str),
    /// A formula, and the number that it gave.
    FormulaNumber(&'a str, &'a str),
    Error(&'a str),
}

impl Cell<'_> {
    /// Its attributes and what is in it.
    fn xml(&self) -> String {
        match self {
            Cell::Text(text) => format!(" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is>"),
            Cell::Number(number) => format!("><v>{number}</v>"),
            Cell::Date(days) => format!(" s=\"1\"><v>{days}</v>"),
            Cell::Formula(formula, result) => format!(" t=\"str\"><f>{formula}</f><v>{result}</v>"),
            Cell::FormulaNumber(formula, result) => format!("><f>{formula}</f><v>{result}</v>"),
            Cell::Error(error) => format!(" t=\"e\"><v>{error}</v>"),
        }
    }
}

/// A workbook with one sheet of these rows.
pub fn workbook(rows: &[&[Cell<'_>]]) -> Vec<u8> {
    let mut sheet = String::new();
    for (number, cells) in (1..).zip(rows) {
        let cells: String = ('A'..='Z')
            .zip(*cells)
            .map(|(column, cell)| format!("<c r=\"{column}{number}\"{}</c>", cell.xml()))
            .collect();
        sheet.push_str(&format!("<row r=\"{number}\">{cells}</row>"));
    }
    let main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let related = "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"";
    let relation = |id: u8, kind: &str, target: &str| {
        format!("<Relationship Id=\"r{id}\" Type=\"{office}/{kind}\" Target=\"{target}\"/>")
    };
    let formats = "<cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs>";
    let sheets = format!("<sheets><sheet xmlns:r=\"{office}\" name=\"Goods\" sheetId=\"1\" r:id=\"r1\"/></sheets>");
    let [book, first, styles] =
        [("officeDocument", "xl/workbook.xml"), ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")];
    let parts = [
        ("_rels/.rels", format!("<Relationships {related}>{}</Relationships>", relation(1, book.0, book.1))),
        ("xl/workbook.xml", format!("<workbook {main}>{sheets}</workbook>")),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships {related}>{}{}</Relationships>",
                relation(1, first.0, first.1),
                relation(2, styles.0, styles.1)
            ),
        ),
        ("xl/styles.xml", format!("<styleSheet {main}>{formats}</styleSheet>")),
        ("xl/worksheets/sheet1.xml", format!("<worksheet {main}><sheetData>{sheet}</sheetData></worksheet>")),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}").as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
