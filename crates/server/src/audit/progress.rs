//! Passes that are going on, stored so that they go on after a stop or a restart, and so that everybody can see how far they are.

use super::pass::{Pass, Position};
use kernel::{Code, Result, Timestamp};
use serde::Serialize;
use std::time::{Duration, Instant};
use store::{Tx, args, audit::Mark};
use utoipa::ToSchema;
use web::App;

/// How often the position of a pass is stored.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// A pass that stopped longer ago begins anew: what it has seen says little about the shop of today.
const RESUMED_WITHIN: Duration = Duration::from_secs(6 * 3_600);
/// Passes in a list; each administrator who ever stopped one may have left one behind.
const LISTED_MAX: i64 = 100;

const SAVE: &str = "insert into audit_progress (asked_by, started_at, saved_at, position) values (?, ?, ?, ?)
    {on conflict (asked_by): started_at = new.started_at, saved_at = new.saved_at, position = new.position}";
const FIND: &str = "select position from audit_progress where asked_by = ? and saved_at > ?";
const LIST: &str =
    "select asked_by, saved_at, position from audit_progress where saved_at > ? order by asked_by limit ?";
const DELETE: &str = "delete from audit_progress where asked_by = ? or saved_at <= ?";

/// Every statement of this file.
pub const STATEMENTS: &[&str] = &[SAVE, FIND, LIST, DELETE];

/// An audit that is going on, or was stopped.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditProgress {
    /// Who wanted it: an admin's id, `schedule` or `command line`.
    pub asked_by: String,
    /// Whether it looks at every row, or only at what changed.
    pub full: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// When its position was stored last.
    pub saved_at: Timestamp,
    /// Its parts.
    pub parts: usize,
    /// How many of them are done.
    pub parts_done: usize,
    /// The part that is looked at: the rows of which table, and by which column.
    pub part: Option<String>,
    /// How much of that part is done, where that is known.
    pub part_percent: Option<i64>,
    /// Promises found broken so far.
    pub violation_count: usize,
}

/// A pass whose position is stored.
pub struct Stored {
    app: App,
    asked_by: String,
    /// How far it is.
    pub pass: Pass,
    saved: Instant,
}

impl Stored {
    /// The pass that `asked_by` began and that was stopped, if there is one.
    pub async fn resumed(app: &App, asked_by: &str) -> Result<Option<Stored>> {
        let (who, after) = (asked_by.to_owned(), app.now().before(RESUMED_WITHIN));
        let find = move |tx: &mut Tx<'_>| tx.query_first(FIND, args![who, after], |row| row.get::<String>(0));
        let position = app.db.read_single("audit.resume", find).await?;
        Ok(position.map(|text| read(&text)).transpose()?.map(|position| Stored {
            app: app.clone(),
            asked_by: asked_by.to_owned(),
            pass: Pass::at(app, position),
            saved: Instant::now(),
        }))
    }

    /// A pass over everything, or over what changed since `since`.
    pub async fn begin(app: &App, asked_by: &str, since: Option<Mark>) -> Result<Stored> {
        let pass = Pass::begin(app, since).await?;
        Ok(Stored { app: app.clone(), asked_by: asked_by.to_owned(), pass, saved: Instant::now() })
    }

    /// Looks at the next range. `false` when nothing was left.
    pub async fn step(&mut self) -> Result<bool> {
        let more = self.pass.step().await?;
        if more && self.saved.elapsed() >= SAVE_EVERY {
            self.save().await?;
        }
        Ok(more)
    }

    /// Stores the position.
    pub async fn save(&mut self) -> Result<()> {
        let position = &self.pass.position;
        let text = serde_json::to_string(position).map_err(|e| Code::Internal.error().caused_by(e))?;
        let (who, started_at) = (self.asked_by.clone(), position.started_at);
        let save = move |tx: &mut Tx<'_>| {
            let now = tx.now();
            tx.exec(SAVE, args![who, started_at, now, text])
        };
        self.app.db.write("audit.save", save).await?;
        self.saved = Instant::now();
        Ok(())
    }

    /// Forgets the stored position, because the pass is over or begins anew.
    pub async fn forget(app: &App, asked_by: &str) -> Result<()> {
        let (who, before) = (asked_by.to_owned(), app.now().before(RESUMED_WITHIN));
        app.db.write("audit.done", move |tx| tx.exec(DELETE, args![who, before])).await.map(|_| ())
    }
}

fn read(text: &str) -> Result<Position> {
    serde_json::from_str(text).map_err(|e| Code::Internal.error().caused_by(e))
}

/// The passes that are going on or were stopped lately.
pub async fn list(app: &App) -> Result<Vec<AuditProgress>> {
    let after = app.now().before(RESUMED_WITHIN);
    let rows = move |tx: &mut Tx<'_>| {
        tx.query(LIST, args![after, LISTED_MAX], |row| {
            Ok((row.next::<String>()?, row.next::<Timestamp>()?, row.next::<String>()?))
        })
    };
    let rows = app.db.read("audit.progress", rows).await?;
    rows.into_iter().map(|(asked_by, saved_at, text)| Ok(shown(app, asked_by, saved_at, read(&text)?))).collect()
}

fn shown(app: &App, asked_by: String, saved_at: Timestamp, position: Position) -> AuditProgress {
    let pass = Pass::at(app, position);
    let ((parts, parts_done), part) = (pass.parts(), pass.part());
    AuditProgress {
        asked_by,
        full: pass.position.since.is_none(),
        started_at: pass.position.started_at,
        saved_at,
        parts,
        parts_done,
        part: part.map(|(name, _)| name.to_owned()),
        part_percent: part.and_then(|(_, percent)| percent),
        violation_count: pass.position.found.len(),
    }
}
