//! Checks that the database has the schema of this program.

use crate::assembly;
use crate::config::Fault;
use store::Db;

/// Most differences in one message. There are more only if the database belongs to another program.
const SHOWN_MAX: usize = 20;

/// Fails with the differences between the declared schema and that of the database.
pub(crate) async fn must_agree(db: &Db) -> Result<(), Fault> {
    let what = "the database's schema is not what this program declares";
    let remedy = "undo what was changed by hand or restore a backup; what other programs need belongs into a database \
                  of their own";
    match store::schema::compare(db, assembly::migrations()).await {
        Ok(differences) if differences.is_empty() => Ok(()),
        Ok(differences) => Err(Fault::new(what, joined(&differences), remedy)),
        Err(error) => Err(Fault::new("the database's schema cannot be compared", format!("{error:?}"), "report this")),
    }
}

/// Joins sentences; leaves out those beyond the limit.
pub(crate) fn joined(sentences: &[String]) -> String {
    let text = sentences[..sentences.len().min(SHOWN_MAX)].join("; ");
    match sentences.len().saturating_sub(SHOWN_MAX) {
        0 => text,
        more => format!("{text}; and {more} more"),
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
        assert!(joined(&sentences).ends_with("table t19 is missing; and 5 more"));
        assert_eq!(joined(&sentences[..1]), "table t0 is missing");
    }
}
