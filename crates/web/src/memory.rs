//! What modules keep in memory: one value of each type for each running shop. It begins empty at every start, so whatever is
//! in it can be rebuilt from the database.

use parking_lot::{Mutex, RwLock};
use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// The values by their types.
#[derive(Default)]
pub struct Memory(RwLock<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl Memory {
    /// The shop's one value of this type; the first call makes it.
    pub fn get<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let found = self.0.read().get(&TypeId::of::<T>()).cloned();
        let kept = found.unwrap_or_else(|| {
            let mut all = self.0.write();
            Arc::clone(all.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default())))
        });
        kept.downcast().unwrap_or_else(|_| unreachable!("a value is kept by its own type"))
    }
}

/// A look at what others may change: when it began, and which generation of it was there.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    generation: u64,
    began: Instant,
}

impl Look {
    /// A look that begins now.
    pub fn at(generation: u64) -> Look {
        Look { generation, began: Instant::now() }
    }
}

/// The last look, by which something in memory is known to be fresh.
#[derive(Debug, Default)]
pub struct LastLook(Mutex<Option<Look>>);

impl LastLook {
    /// Whether the last look saw this generation and is not older than `age`.
    pub fn is_fresh(&self, generation: u64, age: Duration) -> bool {
        self.0.lock().is_some_and(|look| look.generation == generation && look.began.elapsed() < age)
    }

    /// Whether the last look began after `asked`, so that it saw whatever was committed before that.
    pub fn is_later_than(&self, asked: Look) -> bool {
        self.0.lock().is_some_and(|look| look.began >= asked.began)
    }

    /// What was seen is in memory now; `None` when it is of no use.
    pub fn set(&self, look: Option<Look>) {
        *self.0.lock() = look;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn a_type_has_one_value_in_a_shop() {
        let (one, other) = (Memory::default(), Memory::default());
        one.get::<AtomicU64>().store(7, Ordering::Relaxed);
        assert_eq!(one.get::<AtomicU64>().load(Ordering::Relaxed), 7);
        assert_eq!(other.get::<AtomicU64>().load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_look_is_fresh_while_it_is_new_and_nothing_changed() {
        let last = LastLook::default();
        let minute = Duration::from_secs(60);
        assert!(!last.is_fresh(1, minute));
        last.set(Some(Look::at(1)));
        assert!(last.is_fresh(1, minute) && !last.is_fresh(2, minute) && !last.is_fresh(1, Duration::ZERO));
    }

    #[test]
    fn a_look_serves_those_who_asked_before_it_began() {
        let last = LastLook::default();
        let before = Look::at(1);
        assert!(!last.is_later_than(before));
        last.set(Some(Look::at(1)));
        let after = Look { generation: 1, began: before.began + Duration::from_secs(60) };
        assert!(last.is_later_than(before) && !last.is_later_than(after));
    }
}
