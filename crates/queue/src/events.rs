//! What instances do because a queue changed.

use crate::lines::CHANGES;
use ::events::QueueChanged;
use web::Invalidation;

/// An event of a queue wakes the leader, whichever instance it happened in.
pub fn invalidates() -> Vec<Invalidation> {
    vec![Invalidation::on::<QueueChanged>(|_| vec![CHANGES])]
}
