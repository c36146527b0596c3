//! Statements that are made at run time, such as one for each table.

use parking_lot::Mutex;
use std::collections::BTreeSet;

/// The text for as long as the program runs, because connections keep their prepared statements. There is a bounded number of
/// them: one for each table, or for each list of keys that a check names.
pub(crate) fn kept(text: String) -> &'static str {
    static TEXTS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut texts = TEXTS.lock();
    if let Some(known) = texts.get(text.as_str()) {
        return known;
    }
    let new: &'static str = text.leak();
    texts.insert(new);
    new
}
