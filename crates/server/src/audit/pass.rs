//! One pass over the shop: part by part, and within a part range by range, each in a short read of its own. The position can be
//! stored after each range, so a pass goes on where it stopped.

use super::Finding;
use futures_util::future::try_join_all;
use kernel::{Code, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};
use store::{
    Check, Integrity, Tx, Violation,
    audit::{self, Key, Keys, Mark, ROWS_AT_ONCE, Range, Since, VIOLATIONS_MAX},
};
use tokio::task::JoinHandle;
use web::{App, Module};

const WHOLE: &str = "the database's own check finds nothing wrong";
/// Whose promise that is.
const STORE: &str = "store";

/// A check, and the module whose promise it is.
type Owned = (&'static str, Check);

/// A part of a pass.
enum Part {
    /// The database's own check, table by table.
    Database,
    /// Checks that look at the same rows.
    Rows(Keys, Arc<[Owned]>),
    /// Checks that an index serves; they run once.
    Once(Arc<[Owned]>),
    /// What a module checks with more than one query.
    Own(Module),
}

/// How far a pass has come, and what it found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// When the pass began.
    pub started_at: Timestamp,
    /// It looks only at what changed since then; `None`: at everything.
    pub since: Option<Mark>,
    /// The database's own check compares every index with its table.
    #[serde(default)]
    pub thorough: bool,
    /// Where the rows ended when it began.
    pub mark: Mark,
    /// Parts that are done, by name.
    pub done: Vec<String>,
    /// The part that is looked at, and how far.
    pub part: String,
    pub after: Option<Key>,
    /// Where the rows of that part ended when it began.
    pub last: Option<Key>,
    /// Broken promises.
    pub found: Vec<Finding>,
    /// What could not be checked, and why.
    pub left_out: Vec<String>,
    /// What the database has no means to check about itself.
    #[serde(default)]
    pub not_checked: Vec<String>,
}

/// A pass that is going on.
pub struct Pass {
    app: App,
    parts: Vec<(String, Part)>,
    /// Rows of one range.
    pub rows_at_once: i64,
    /// Ranges that are read at the same moment. With more than one the database's own check runs beside all other parts.
    pub at_once: usize,
    own_check: Option<JoinHandle<Result<Integrity>>>,
    /// How far it has come.
    pub position: Position,
}

/// What one step did.
struct Step {
    /// Where the next step of the part begins; `None`: the part is done.
    after: Option<Key>,
    found: Vec<Finding>,
}

impl Pass {
    /// A pass over everything, or over what changed since `since`.
    pub async fn begin(app: &App, since: Option<Mark>) -> Result<Pass> {
        let keys: Vec<Keys> = checks(app).filter_map(|(_, check)| check.over).collect();
        let mark = app.db.read("audit.mark", move |tx| Mark::now(tx, keys.iter().copied())).await?;
        let position = Position {
            started_at: app.now(),
            since,
            thorough: false,
            mark,
            done: Vec::new(),
            part: String::new(),
            after: None,
            last: None,
            found: Vec::new(),
            left_out: Vec::new(),
            not_checked: Vec::new(),
        };
        Ok(Pass::at(app, position))
    }

    /// The pass that stopped at `position`.
    pub fn at(app: &App, position: Position) -> Pass {
        let parts = parts(app, position.since.is_none());
        Pass { app: app.clone(), parts, rows_at_once: ROWS_AT_ONCE, at_once: 1, own_check: None, position }
    }

    /// Goes on to its end.
    pub async fn finish(mut self) -> Result<Position> {
        while self.step().await? {}
        Ok(self.position)
    }

    /// Looks at the next range. `false` when nothing was left.
    pub async fn step(&mut self) -> Result<bool> {
        self.begin_own_check();
        let Some(part) = self.open_part() else { return Ok(false) };
        let (name, part) = &self.parts[part];
        if self.position.part != *name {
            // a new part, or another version of the program had other parts
            self.position.part.clone_from(name);
            (self.position.after, self.position.last) = (None, None);
        }
        let looked = match part {
            Part::Database => database(&self.app, self.own_check.take(), &mut self.position).await,
            Part::Rows(keys, checks) => {
                let at_once = (self.rows_at_once, self.at_once);
                rows(&self.app, *keys, at_once, checks, &mut self.position).await
            }
            Part::Once(checks) => once(&self.app, checks).await,
            Part::Own(module) => own(&self.app, *module).await,
        };
        if looked.is_err() && self.at_once > 1 {
            // what the database finds wrong with itself explains why rows cannot be read, so it comes first, and then this part again
            self.at_once = 1;
            return Ok(true);
        }
        let after = match looked {
            Ok(Step { after, found }) => {
                self.position.add(found);
                after
            }
            // the damage is in the report already
            Err(error) if !self.position.found.is_empty() => {
                self.position.left_out.push(format!("{name}: {error}"));
                None
            }
            // a database that cannot check itself is no reason to check nothing else
            Err(error) if matches!(part, Part::Database) => {
                self.position.left_out.push(format!("the database's own check: {error}"));
                None
            }
            Err(error) => return Err(error),
        };
        if after.is_none() {
            self.position.done.push(name.clone());
        }
        self.position.after = after;
        Ok(true)
    }

    /// The part that is looked at next. While the database's own check runs beside the others, its outcome comes last.
    fn open_part(&self) -> Option<usize> {
        let is_open = |at: &usize| !self.position.done.contains(&self.parts[*at].0);
        let mut open = (0..self.parts.len()).filter(is_open);
        let first = open.next()?;
        let is_beside = matches!(self.parts[first].1, Part::Database) && self.at_once > 1;
        open.next().filter(|_| is_beside).or(Some(first))
    }

    fn begin_own_check(&mut self) {
        let is_open =
            |(name, part): &(String, Part)| matches!(part, Part::Database) && !self.position.done.contains(name);
        if self.at_once > 1 && self.own_check.is_none() && self.parts.iter().any(is_open) {
            let (app, thorough) = (self.app.clone(), self.position.thorough);
            self.own_check = Some(tokio::spawn(async move { app.db.integrity(thorough).await }));
        }
    }

    /// Its parts, and how many of them are done.
    pub fn parts(&self) -> (usize, usize) {
        (self.parts.len(), self.position.done.len())
    }

    /// The part that is looked at, such as `orders.id`, and how much of it is done, in percent, where the keys are numbers.
    pub fn part(&self) -> Option<(&str, Option<i64>)> {
        let (name, _) = &self.parts[self.open_part()?];
        let percent = match (&self.position.after, &self.position.last) {
            (Some(Key::Int(after)), Some(Key::Int(last))) if *last > 0 && self.position.since.is_none() => {
                Some((after * 100 / last).clamp(0, 100))
            }
            _ => None,
        };
        Some((name, percent))
    }
}

impl Position {
    /// Adds what a step found: each thing once, and at most so many of each rule.
    fn add(&mut self, found: Vec<Finding>) {
        for one in found {
            let same = self.found.iter().filter(|known| known.violation.rule == one.violation.rule).count();
            if (same as i64) < VIOLATIONS_MAX && !self.found.contains(&one) {
                self.found.push(one);
            }
        }
    }
}

fn checks(app: &App) -> impl Iterator<Item = Owned> {
    app.modules.iter().flat_map(|module| module.checks.iter().map(|check| (module.name, *check)))
}

/// The parts of a pass. Only a full one asks the database to check itself, because that reads every page.
fn parts(app: &App, full: bool) -> Vec<(String, Part)> {
    let mut parts = Vec::new();
    if full {
        parts.push((STORE.to_owned(), Part::Database));
    }
    let mut groups: BTreeMap<Option<Keys>, Vec<Owned>> = BTreeMap::new();
    for (module, check) in checks(app) {
        groups.entry(check.over).or_default().push((module, check));
    }
    parts.extend(groups.into_iter().map(|(keys, checks)| match keys {
        Some(keys) => (keys.name(), Part::Rows(keys, checks.into())),
        None => ("found by an index".to_owned(), Part::Once(checks.into())),
    }));
    parts.extend(app.modules.iter().map(|module| (module.name.to_owned(), Part::Own(*module))));
    parts
}

fn findings(module: &'static str, violations: impl IntoIterator<Item = Violation>) -> Vec<Finding> {
    violations.into_iter().map(|violation| Finding { module: module.into(), violation }).collect()
}

async fn database(app: &App, running: Option<JoinHandle<Result<Integrity>>>, position: &mut Position) -> Result<Step> {
    let checked = match running {
        Some(running) => running.await.map_err(|e| Code::Internal.error().caused_by(e))?,
        None => app.db.integrity(position.thorough).await,
    };
    let Integrity { wrong, not_checked } = checked?;
    position.not_checked = not_checked;
    let damage = wrong.into_iter().map(|found| Violation::new(WHOLE, "the database", found));
    Ok(Step { after: None, found: findings(STORE, damage) })
}

async fn once(app: &App, checks: &Arc<[Owned]>) -> Result<Step> {
    let checks = Arc::clone(checks);
    let found = app.db.read("audit.once", move |tx| look(tx, &checks, None)).await?;
    Ok(Step { after: None, found })
}

async fn own(app: &App, module: Module) -> Result<Step> {
    let violations = app.db.read("audit.own", move |tx| (module.audit)(tx)).await?;
    Ok(Step { after: None, found: findings(module.name, violations) })
}

/// The next ranges of rows, or the next rows that changed. Rows that were added since the part began are for the next audit.
async fn rows(
    app: &App,
    keys: Keys,
    (rows_at_once, ranges_at_once): (i64, usize),
    checks: &Arc<[Owned]>,
    position: &mut Position,
) -> Result<Step> {
    let since = position.since.clone().map(|from| Since { from, to: position.mark.clone() });
    let is_by_range = since.is_none() || !keys.has_changes();
    let (from, end) = (position.after.clone(), position.last.clone());
    let most = if is_by_range { ranges_at_once } else { 1 };
    let of = Arc::clone(checks);
    let read = move |tx: &mut Tx<'_>| {
        let (mut all, mut after, mut end) = (Vec::new(), from.clone(), end.clone());
        for _ in 0..most {
            let (ranges, next) = keys.next(tx, since.as_ref(), after.as_ref(), rows_at_once)?;
            all.push(ranges);
            if is_by_range && end.is_none() && next.is_some() {
                end = keys.last(tx)?;
            }
            after = next.filter(|next| end.as_ref().is_none_or(|end| next < end));
            if after.is_none() {
                break;
            }
        }
        // what is looked at alone needs no read of its own
        let found = if let [ranges] = &all[..] { Some(look_at(tx, &of, ranges)?) } else { None };
        Ok((after, end, all, found))
    };
    let (next, end, ranges, found) = app.db.read("audit.rows", read).await?;
    position.last = end;
    let mut found = match found {
        Some(found) => found,
        None => try_join_all(ranges.iter().map(|ranges| looked(app, checks, ranges.clone()))).await?.concat(),
    };
    if !found.is_empty() {
        // again in a snapshot of its own: only what is still broken is reported
        let again = looked(app, checks, ranges.concat()).await?;
        found.retain(|one| again.iter().any(|other| other.is_about(one)));
    }
    Ok(Step { after: next, found })
}

async fn looked(app: &App, checks: &Arc<[Owned]>, ranges: Vec<Range>) -> Result<Vec<Finding>> {
    let checks = Arc::clone(checks);
    app.db.read("audit.look", move |tx| look_at(tx, &checks, &ranges)).await
}

fn look_at(tx: &mut Tx<'_>, checks: &[Owned], ranges: &[Range]) -> Result<Vec<Finding>> {
    let each = ranges.iter().map(|range| look(tx, checks, Some(range)));
    Ok(each.collect::<Result<Vec<_>>>()?.concat())
}

fn look(tx: &mut Tx<'_>, owned: &[Owned], range: Option<&Range>) -> Result<Vec<Finding>> {
    let checks: Vec<Check> = owned.iter().map(|(_, check)| *check).collect();
    let broken = audit::look(tx, &checks, range)?;
    Ok(owned.iter().zip(broken).flat_map(|((module, _), broken)| findings(module, broken)).collect())
}
