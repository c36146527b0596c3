//! What a process knows of a run whose call it makes: the run as it stored it together with the call, and what the steps know. It stores
//! the call's answer without reading either again. The run's version and the guards of the steps find out whether something changed
//! meanwhile; then nothing is written, and both are read.

use super::record::Record;
use std::{any::Any, fmt, sync::Arc};

/// What the steps of a run know, for the process that has read it already.
#[derive(Clone, Default)]
pub struct Known(Option<Arc<dyn Any + Send + Sync>>);

impl Record {
    /// The process knows this of the run: what its flow would load.
    pub fn know<S: Send + Sync + 'static>(&mut self, saga: S) {
        self.known = Known(Some(Arc::new(saga)));
    }

    /// What the process knows of the run; `None` when it has to be read.
    pub fn known<S: 'static>(&self) -> Option<&S> {
        self.known.0.as_deref()?.downcast_ref()
    }
}

/// It is no part of a run.
impl PartialEq for Known {
    fn eq(&self, _: &Known) -> bool {
        true
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "known" } else { "not known" })
    }
}
