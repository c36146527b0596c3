//! How the systems stand that modules need beside the database. The shop sells without them, so none of them makes a probe wait for long.

use kernel::{Result, Timestamp};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};
use web::{
    App, Module,
    module::{Part, Reached},
};

/// How long the outcome of a look is shown. Anybody may ask for `/readyz` as often as they want, and stores of images charge for requests.
const SHOWN_FOR: Duration = Duration::from_secs(10);
/// How long a probe waits for a look. Load balancers often wait one second.
const LOOK_WITHIN: Duration = Duration::from_millis(500);

/// What this instance knows of each part.
#[derive(Clone, Default)]
pub struct KnownParts(Arc<[Known]>);

struct Known {
    part: Part,
    last: Arc<Mutex<Option<Seen>>>,
}

/// The outcome of a look; `None` is a part that is away.
#[derive(Clone, Copy)]
struct Seen {
    at: Timestamp,
    reached: Option<Reached>,
}

impl KnownParts {
    /// The parts of these modules; nothing is known of them yet.
    pub fn of(modules: &[Module]) -> KnownParts {
        let parts = modules.iter().flat_map(|module| module.parts);
        KnownParts(parts.map(|part| Known { part: *part, last: Arc::default() }).collect())
    }

    /// Each part as `/readyz` shows it.
    pub async fn shown(&self, app: &App) -> BTreeMap<&'static str, &'static str> {
        let mut shown = BTreeMap::new();
        for known in &*self.0 {
            let reached = timeout(LOOK_WITHIN, known.reached(app)).await.unwrap_or(None);
            let said = match reached {
                Some(Reached::InProcess) => "in process",
                Some(Reached::Outside) => "up",
                None => known.part.away,
            };
            shown.insert(known.part.name, said);
        }
        shown
    }
}

impl Known {
    /// The outcome of the last look, or of another one if that is too long ago. One look is made at a time.
    async fn reached(&self, app: &App) -> Option<Reached> {
        let mut last = Arc::clone(&self.last).lock_owned().await;
        if let Some(seen) = *last
            && app.now() < seen.at.after(SHOWN_FOR)
        {
            return seen.reached;
        }
        let (part, app) = (self.part, app.clone());
        // a look that takes too long goes on, so that a later probe has its outcome
        let look = tokio::spawn(async move {
            let found = (part.reach)(app.clone()).await;
            let reached = noted(part.name, *last, found);
            *last = Some(Seen { at: app.now(), reached });
            reached
        });
        look.await.unwrap_or(None)
    }
}

/// Logs that a part is away or back, once.
fn noted(part: &str, last: Option<Seen>, found: Result<Reached>) -> Option<Reached> {
    let was_away = last.is_some_and(|seen| seen.reached.is_none());
    match found {
        Ok(reached) => {
            if was_away {
                tracing::info!(part, "a part of the shop can be reached again");
            }
            Some(reached)
        }
        Err(error) => {
            if !was_away {
                tracing::warn!(part, ?error, "a part of the shop cannot be reached");
            }
            None
        }
    }
}
