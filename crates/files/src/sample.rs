//! Workbooks made by hand, for tests.

use std::io::{Cursor, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

/// A workbook with one sheet; a cell is the XML between `<c r="A1"` and `</c>`.
pub fn workbook(rows: &[(u32, &[&str])], strings: &str) -> Vec<u8> {
    let mut sheet = String::new();
    for (number, cells) in rows {
        sheet.push_str(&format!("<row r=\"{number}\">"));
        for (column, cell) in ('A'..='Z').zip(*cells) {
            sheet.push_str(&format!("<c r=\"{column}{number}\"{cell}</c>"));
        }
        sheet.push_str("</row>");
    }
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations = "http://schemas.openxmlformats.org/package/2006/relationships";
    let relation = |id: &str, kind: &str, target: &str| {
        format!("<Relationship Id=\"{id}\" Type=\"{office}/{kind}\" Target=\"{target}\"/>")
    };
    let parts = [
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{relations}\">{}</Relationships>",
                relation("r1", "officeDocument", "xl/workbook.xml")
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"상품\" sheetId=\"1\" \
                 r:id=\"r1\"/><sheet name=\"Notes\" sheetId=\"2\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{relations}\">{}{}</Relationships>",
                relation("r1", "worksheet", "worksheets/sheet1.xml"),
                relation("r2", "sharedStrings", "sharedStrings.xml")
            ),
        ),
        ("xl/worksheets/sheet1.xml", format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet}</sheetData></worksheet>")),
        ("xl/sharedStrings.xml", format!("<sst xmlns=\"{main}\" {strings}</sst>")),
    ];
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{text}").as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Shared texts: `sku`, `name`, and a name.
pub const STRINGS: &str = "count=\"3\" uniqueCount=\"3\"><si><t>sku</t></si><si><t>name</t></si><si><t>머그컵</t></si>";
/// The cells `sku`, `name`, `price`.
pub const HEADER: &[&str] = &[" t=\"s\"><v>0</v>", " t=\"s\"><v>1</v>", " t=\"inlineStr\"><is><t>price</t></is>"];
