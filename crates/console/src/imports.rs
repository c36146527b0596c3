//! The imports that this instance runs or has run, as far as their pages show them.

use crate::import_page::SHOWN_MAX;
use axum::{body::Bytes, http::header, response::Response};
use futures_util::StreamExt;
use kernel::{Code, Timestamp, UserId};
use pages::{Api, Head, Refused};
use parking_lot::Mutex;
use serde::Deserialize;
use std::{collections::VecDeque, sync::Arc};

/// Imports that are remembered; the oldest one is forgotten first.
const KEPT_MAX: usize = 50;
/// Longest line of the API's report, in bytes.
const LINE_MAX: usize = 1 << 20;

/// The imports that are remembered, the newest first.
#[derive(Default)]
pub struct Imports(Mutex<(u64, VecDeque<Arc<Job>>)>);

impl Imports {
    /// A new import of this file.
    pub fn begin(&self, by: UserId, file: &str, now: Timestamp) -> Arc<Job> {
        let mut all = self.0.lock();
        let (last, jobs) = &mut *all;
        *last += 1;
        let job = Arc::new(Job { number: *last, by, file: file.to_owned(), began: now, standing: Mutex::default() });
        jobs.push_front(Arc::clone(&job));
        jobs.truncate(KEPT_MAX);
        job
    }

    /// Those of one person.
    pub fn of(&self, by: UserId) -> Vec<Arc<Job>> {
        self.0.lock().1.iter().filter(|job| job.by == by).cloned().collect()
    }

    /// The one with this number, if it is this person's.
    pub fn find(&self, number: u64, by: UserId) -> Option<Arc<Job>> {
        self.0.lock().1.iter().find(|job| job.number == number && job.by == by).cloned()
    }
}

/// One import.
pub struct Job {
    pub number: u64,
    by: UserId,
    /// What the browser called the file.
    pub file: String,
    pub began: Timestamp,
    standing: Mutex<Standing>,
}

/// How an import stands.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// Rows that were read.
    pub rows: i64,
    pub refused_rows: i64,
    /// The first of them.
    pub refused: Vec<RowRefused>,
    pub end: Option<End>,
}

/// How an import ended.
#[derive(Debug, Clone)]
pub enum End {
    Done(Imported),
    /// The API took nothing of it.
    Refused(Refused),
    /// It broke off, for this reason.
    Stopped(String),
}

/// A row that was not stored.
#[derive(Debug, Clone, Deserialize)]
pub struct RowRefused {
    pub line: i64,
    pub sku: Option<String>,
    pub code: String,
    pub reason: String,
}

/// What an import did.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    pub rows: i64,
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub refused_rows: i64,
    pub dry_run: bool,
    /// Why it did not come to the end of the file.
    pub stopped: Option<String>,
}

/// A line of the API's report.
#[derive(Debug, Default, Deserialize)]
struct Line {
    progress: Option<Progress>,
    refused: Option<RowRefused>,
    report: Option<Imported>,
    error: Option<Broken>,
}

#[derive(Debug, Deserialize)]
struct Progress {
    rows: i64,
    refused: i64,
}

#[derive(Debug, Deserialize)]
struct Broken {
    message: String,
}

impl Job {
    /// How it stands now.
    pub fn standing(&self) -> Standing {
        self.standing.lock().clone()
    }

    /// Hands the file to the API, and follows its report to the end.
    pub async fn run(self: Arc<Job>, api: Api, head: Head, path: String, kind: &'static str, file: Bytes) {
        let head = head.with(header::ACCEPT, "application/x-ndjson");
        let end = match api.upload(&head, &path, kind, file).await {
            Ok(response) => self.follow(response).await,
            Err(refused) => Some(End::Refused(refused)),
        };
        let mut standing = self.standing.lock();
        if standing.end.is_none() {
            standing.end = Some(end.unwrap_or_else(|| End::Refused(Code::Internal.into())));
        }
    }

    /// Reads the report line by line. `None` when it has no last line.
    async fn follow(&self, response: Response) -> Option<End> {
        let (mut parts, mut rest) = (response.into_body().into_data_stream(), Vec::new());
        let mut end = None;
        while let Some(Ok(part)) = parts.next().await {
            rest.extend_from_slice(&part);
            while let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = rest.drain(..=at).collect();
                end = self.note(&line).or(end);
            }
            if rest.len() > LINE_MAX {
                return None;
            }
        }
        self.note(&rest).or(end)
    }

    /// Takes in one line; gives the end when the line is the last one.
    fn note(&self, line: &[u8]) -> Option<End> {
        let line: Line = serde_json::from_slice(line).unwrap_or_default();
        let mut standing = self.standing.lock();
        if let Some(progress) = line.progress {
            (standing.rows, standing.refused_rows) = (progress.rows, progress.refused);
        }
        if let Some(row) = line.refused
            && standing.refused.len() < SHOWN_MAX
        {
            standing.refused.push(row);
        }
        if let Some(broken) = line.error {
            return Some(End::Stopped(broken.message));
        }
        let report = line.report?;
        (standing.rows, standing.refused_rows) = (report.rows, report.refused_rows);
        Some(End::Done(report))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, response::IntoResponse};

    #[tokio::test]
    async fn a_report_is_followed_line_by_line() {
        let imports = Imports::default();
        let by = UserId::new(Default::default());
        let job = imports.begin(by, "goods.csv", Timestamp::from_millis(0));
        let text = "{\"progress\":{\"bytes\":9,\"rows\":2,\"refused\":1}}\n\
            {\"refused\":{\"line\":3,\"code\":\"C002\",\"reason\":\"price: must be a number\"}}\n\
            {\"report\":{\"rows\":3,\"created\":2,\"updated\":0,\"unchanged\":0,\"refusedRows\":1,\"dryRun\":false}}\n";
        let end = job.follow(Body::from(text).into_response()).await;
        assert!(matches!(end, Some(End::Done(Imported { created: 2, .. }))), "{end:?}");
        let standing = job.standing();
        assert_eq!((standing.rows, standing.refused_rows, standing.refused[0].line), (3, 1, 3));
        assert!(job.follow(Body::from("{\"progress\":").into_response()).await.is_none());
        assert_eq!((imports.of(by).len(), imports.find(2, by).is_none()), (1, true));
    }
}
