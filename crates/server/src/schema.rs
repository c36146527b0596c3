//! Whether the database has the schema that this program was made for.

use crate::assembly;
use crate::config::Fault;
use store::Db;

/// Most differences that are told at once; they rarely come in such numbers unless the database is another program's.
const TOLD_MAX: usize = 20;

/// A fault that tells every difference between what the migrations declare and what the database has.
pub(crate) async fn must_agree(db: &Db) -> Result<(), Fault> {
    let what = "the database's schema is not what this program declares";
    let remedy = "undo what was changed by hand or restore a backup; what other programs need belongs into a database \
                  of their own";
    match store::schema::compare(db, assembly::migrations()).await {
        Ok(differences) if differences.is_empty() => Ok(()),
        Ok(differences) => Err(Fault::new(what, told(&differences), remedy)),
        Err(error) => Err(Fault::new("the database's schema cannot be compared", format!("{error:?}"), "report this")),
    }
}

/// A few sentences as one.
pub(crate) fn told(sentences: &[String]) -> String {
    let told = sentences[..sentences.len().min(TOLD_MAX)].join("; ");
    match sentences.len().saturating_sub(TOLD_MAX) {
        0 => told,
        more => format!("{told}; and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::{Dialect, schema::Schema};

    #[test]
    fn every_migration_is_understood_on_every_database() {
        for dialect in Dialect::ALL {
            let schema = Schema::declared(dialect, &assembly::migrations()).unwrap();
            assert!(schema.tables.len() > 20 && schema.tables["orders"].column("payable").is_some());
        }
    }

    #[test]
    fn endless_differences_are_cut() {
        let sentences: Vec<String> = (0..25).map(|n| format!("table t{n} is missing")).collect();
        assert!(told(&sentences).ends_with("table t19 is missing; and 5 more"));
        assert_eq!(told(&sentences[..1]), "table t0 is missing");
    }
}
