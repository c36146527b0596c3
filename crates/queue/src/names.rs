//! What people call that which queues stand in front of. Only the domain of a coupon or a deal knows it, so each domain registers how
//! its things are named ([`web::Module::queued`]).

use crate::queue::Queue;
use crate::subject::{Subject, SubjectType};
use ::store::Tx;
use kernel::Result;
use std::{collections::HashMap, slice};
use web::Queued;

/// A queue with the name of what it stands in front of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub queue: Queue,
    /// None for a type that no domain has registered, and for a number that its domain does not know.
    pub event_name: Option<String>,
}

/// These queues with their names: one statement for each registered type that is among them, however many queues there are.
pub fn all(tx: &mut Tx<'_>, queued: &[Queued], queues: Vec<Queue>) -> Result<Vec<Named>> {
    let mut names = of(tx, queued, &queues)?;
    let named = |queue: Queue| Named { event_name: names.remove(&key(&queue.subject)), queue };
    Ok(queues.into_iter().map(named).collect())
}

/// This queue with its name.
pub fn one(tx: &mut Tx<'_>, queued: &[Queued], queue: Queue) -> Result<Named> {
    let mut names = of(tx, queued, slice::from_ref(&queue))?;
    Ok(Named { event_name: names.remove(&key(&queue.subject)), queue })
}

/// The folded type and the number, which no two queues have in common.
type Key = (String, i64);

fn key(subject: &Subject) -> Key {
    (subject.kind.key.clone(), subject.id.raw())
}

fn of(tx: &mut Tx<'_>, queued: &[Queued], queues: &[Queue]) -> Result<HashMap<Key, String>> {
    let mut names = HashMap::new();
    for one in queued {
        let kind = SubjectType::named(one.event_type)?.key;
        let of_kind = queues.iter().filter(|queue| queue.subject.kind.key == kind);
        let ids: Vec<i64> = of_kind.map(|queue| queue.subject.id.raw()).collect();
        if !ids.is_empty() {
            let found = (one.names)(tx, &ids)?;
            names.extend(found.into_iter().map(|(id, name)| ((kind.clone(), id), name)));
        }
    }
    Ok(names)
}
