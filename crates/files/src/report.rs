//! What every report about a file has.

use crate::columns::Mapped;
use crate::encoding::{self, Source};
use crate::lines::Position;
use kernel::{Code, Detail, Error};
use serde::Serialize;
use std::fmt::{self, Write};
use utoipa::ToSchema;
use web::Language;

/// Most refused rows; with more, something is wrong with the file or the mapping and the import stops.
pub const REFUSED_MAX: u64 = 100_000;
/// Most rows that a report lists of each kind; the others are only counted. Who wants them all watches the import.
pub const LISTED_MAX: usize = 1_000;
/// Refused rows that an error lists which says that nothing was stored.
const DETAILS_MAX: usize = 100;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportProgress)]
pub struct Progress {
    /// Bytes read.
    pub bytes: u64,
    /// Rows dealt with.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
}

/// How a file was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImportReadAs)]
pub struct ReadAs {
    /// The encoding in which the whole file was read, by its name in the Encoding Standard: CP949 is `EUC-KR`. None of a workbook.
    #[schema(example = "UTF-8")]
    pub encoding: Option<&'static str>,
    /// By what the encoding is known.
    pub encoding_source: Option<Source>,
    /// The sheet that was read of a workbook.
    pub sheet: Option<String>,
    /// Sheets of the workbook that were not read.
    pub other_sheets: Vec<String>,
    /// Where the fields came from (tables).
    pub mapping: Vec<Mapped>,
    /// Columns nothing was taken from (tables).
    pub unused_columns: Vec<String>,
}

impl fmt::Display for ReadAs {
    /// For people at a terminal: encoding and sheet, a line for each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(encoding), Some(source)) = (self.encoding, self.encoding_source) {
            let how = match source {
                Source::Given => "as you said",
                Source::Mark => "as its mark says",
                Source::Content => "detected",
            };
            writeln!(f, "read as {}, {how}", encoding::shown(encoding))?;
        }
        if let Some(sheet) = &self.sheet {
            let others = if self.other_sheets.is_empty() { "no others" } else { "others are not read" };
            write!(f, "read the sheet {sheet}; {others}")?;
            self.other_sheets.iter().try_for_each(|other| write!(f, " {other}"))?;
            f.write_char('\n')?;
        }
        Ok(())
    }
}

/// What is wrong, without the sentence of the code where there is more to say.
pub fn why(language: Language, error: &Error) -> String {
    language.detail(error).unwrap_or_else(|| language.sentence(error).to_owned())
}

/// Why a row is refused.
pub fn reason(language: Language, error: &Error) -> String {
    match language.detail(error) {
        Some(detail) if error.code() == Code::InvalidInput => detail,
        Some(_) => language.message(error),
        None => {
            let details: Vec<String> = language.details(error).iter().map(about).collect();
            match details.is_empty() {
                true => language.sentence(error).to_owned(),
                false => format!("{}: {}", language.sentence(error), details.join("; ")),
            }
        }
    }
}

/// A detail with what it is about: a field, or the goods that have this sku.
fn about(detail: &Detail) -> String {
    match detail.field.as_deref().or_else(|| detail.values.get("sku").and_then(|sku| sku.as_str())) {
        Some(subject) => format!("{subject} {}", detail.message),
        None => detail.message.clone(),
    }
}

/// A row that cannot be stored.
#[derive(Debug)]
pub struct Refusal {
    pub at: Position,
    /// How the file names what the row is about, such as its sku, when that much could be read.
    pub key: Option<String>,
    pub error: Error,
}

/// A row that was not stored, as a report lists it.
pub trait RefusedRow {
    /// The row with this key, and why, as a code and a sentence.
    fn of(at: Position, key: Option<String>, code: &'static str, reason: String) -> Self;
    /// Where it stands in the file.
    fn position(&self) -> Position;
    /// Why, among the details of an error.
    fn detail(&self) -> Detail;
}

/// The report of an import at its end.
pub trait Outcome: Serialize {
    /// C002 when no row was stored: an import that did nothing is no success.
    fn nothing_stored(&self) -> Option<Error>;
    /// The same without the rows that it lists.
    #[must_use]
    fn counts(self) -> Self;
}

/// C002 about a file of which no row could be stored.
pub fn nothing_stored(rows: u64, refused: &[impl RefusedRow]) -> Error {
    let why = format!("none of the {rows} rows could be stored");
    refused.iter().map(RefusedRow::detail).take(DETAILS_MAX).fold(Code::InvalidInput.because(why), Error::with)
}

/// A refused row among those details.
pub fn refused_row(at: Position, code: &'static str, reason: &str) -> Detail {
    Detail::field(format!("line {}", at.line), reason).with("row", at.row).with("code", code).translated()
}

/// A report for people at a terminal: how the file was read, `counts`, and why the rest was not looked at. A dry run names what it has
/// not done.
pub fn summary(dry_run: Option<&str>, read: &ReadAs, counts: &str, stopped: Option<&str>) -> String {
    let undone = |done| format!("a dry run: nothing was {done}, and this is what would be\n");
    let (dry_run, stopped) = (dry_run.map(undone), stopped.map(|why| format!("stopped: {why}\n")));
    format!("{}{read}{counts}\n{}", dry_run.unwrap_or_default(), stopped.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_what_each_of_its_details_is_about() {
        let short = |sku: Option<&str>, left: &str| match sku {
            Some(sku) => Detail::note(left).with("sku", sku),
            None => Detail::note(left),
        };
        let error = |details: Vec<Detail>| details.into_iter().fold(Code::InsufficientStock.error(), Error::with);
        let of = |details| reason(Language::English, &error(details));
        let two = vec![short(Some("MUG"), "only 475 left"), short(Some("TEE"), "sold out")];
        assert_eq!(of(two.clone()), "not enough stock: MUG only 475 left; TEE sold out");
        assert_eq!(of(vec![short(None, "only 475 left")]), "not enough stock: only 475 left");
        assert_eq!(of(Vec::new()), "not enough stock");
        assert_eq!(
            reason(Language::Korean, &error(two)),
            "재고가 부족합니다: MUG 475개만 남아 있습니다; TEE 품절되었습니다"
        );
    }
}
