//! The owner of a server: the process with which the server must end.

use crate::process;
use std::os::unix::process::parent_id;

/// A process. Its start time distinguishes it from a later process with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) pid: u32,
    /// When it began; 0 if the system does not say.
    pub(crate) born: u64,
}

impl Owner {
    fn of(pid: u32) -> Owner {
        Owner { pid, born: process::born(pid).unwrap_or(0) }
    }

    /// This process.
    pub(crate) fn this_process() -> Owner {
        Owner::of(std::process::id())
    }

    /// The process that runs the tests: cargo or nextest, or the shell if a test binary was started by hand. A process without a parent,
    /// or the first process of a container, owns what it starts.
    pub(crate) fn this_run() -> Owner {
        match parent_id() {
            0 | 1 => Owner::this_process(),
            parent => Owner::of(parent),
        }
    }

    /// Whether it still runs.
    pub(crate) fn runs(self) -> bool {
        process::runs(self.pid) && process::born(self.pid).unwrap_or(0) == self.born
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_used_again_is_another_owner() {
        let owner = Owner::this_process();
        assert!(owner.runs());
        assert!(Owner::this_run().runs());
        assert!(!Owner { born: owner.born + 1, ..owner }.runs());
    }
}
