//! Files over HTTP: an upload, and a report that is sent while it is made.

use crate::report::{Outcome, Progress, why};
use crate::{spooled, upload::upload};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use kernel::{Code, Error, Result, UserId};
use serde::Serialize;
use std::convert::Infallible;
use tempfile::SpooledTempFile;
use tokio::sync::mpsc;
use utoipa::ToSchema;
use web::{
    Failure, Language, ok,
    uploads::{Turn, Uploads, paced},
};

/// Files that an instance stores at once; they are on its disk, and they share the database with the buyers.
const FILES_MAX: usize = 8;
/// Of them those of one caller.
const OF_CALLER_MAX: usize = 2;
static FILES: Uploads = Uploads::new(FILES_MAX, OF_CALLER_MAX);
/// The type of a response with one JSON object on each line.
const LINES: &str = "application/x-ndjson";
/// Parts of the response that wait to be sent; then the import waits too, so that a slow reader does not fill the memory.
const PARTS_WAITING: usize = 8;
/// Rows between two lines that say how far the import is.
const PROGRESS_ROWS: u64 = 1_000;

/// The whole upload as a file. C002 when it is cut off or too slow, C010 when it is too large.
async fn received(body: Body) -> Result<SpooledTempFile> {
    let (feed, file) = upload();
    let spooling = tokio::task::spawn_blocking(move || spooled(file));
    feed.body(paced(body)).await;
    spooling.await.map_err(|e| Code::Internal.error().caused_by(e))?
}

/// Runs work that blocks.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Code::Internal.error().caused_by(e))?
}

/// Imports a file that `by` sends, and responds with the report, for those who want that with a line for every row while it is made.
pub async fn imported<R: Outcome + Send + 'static>(
    by: &UserId,
    headers: &HeaderMap,
    body: Body,
    language: Language,
    import: impl FnOnce(SpooledTempFile, &mut LineSender) -> Result<R> + Send + 'static,
) -> Result<Response, Failure> {
    let turn = FILES.turn(Some(by)).await?;
    let file = received(body).await?;
    if wants_lines(headers) {
        return streamed(turn, language, move |lines| lines.end_with(|lines| import(file, lines))).await;
    }
    // an import goes on when its caller is gone, and keeps its turn
    let report = blocking(move || {
        let _turn = turn;
        import(file, &mut LineSender::to(None, language))
    })
    .await?;
    match report.nothing_stored() {
        Some(error) => Err(error.into()),
        None => Ok(ok(report).into_response()),
    }
}

/// Whether the caller wants a line for every row that was not stored.
fn wants_lines(headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.contains(LINES)
}

/// The lines of an import as they are made. What fails before the first line is an ordinary response.
async fn streamed(
    turn: Turn,
    language: Language,
    import: impl FnOnce(LineSender) -> Result<()> + Send + 'static,
) -> Result<Response, Failure> {
    let (sender, mut parts) = mpsc::channel(PARTS_WAITING);
    let running = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        import(LineSender::to(Some(sender), language))
    });
    let Some(first) = parts.recv().await else {
        running.await.map_err(|e| Code::Internal.error().caused_by(e))??;
        return Err(Code::Internal.error().into());
    };
    let rest = stream::unfold(parts, |mut parts| async { parts.recv().await.map(|part| (part, parts)) });
    let all = stream::once(async { first }).chain(rest).map(Ok::<_, Infallible>);
    Ok(([(header::CONTENT_TYPE, LINES)], Body::from_stream(all)).into_response())
}

/// Why an import failed after its first rows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportLineError)]
pub struct LineError {
    /// The code from the one table.
    #[schema(example = "C002")]
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

/// Sends the lines of one report to who wants them.
pub struct LineSender {
    parts: Option<mpsc::Sender<Bytes>>,
    language: Language,
    waiting: Vec<u8>,
    rows: u64,
    /// Whether a line was sent: then a failure is a line too.
    has_begun: bool,
}

#[derive(Serialize)]
struct ProgressLine {
    progress: Progress,
}

/// The last line.
#[derive(Serialize)]
struct LastLine<R> {
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<R>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<LineError>,
}

impl LineSender {
    fn to(parts: Option<mpsc::Sender<Bytes>>, language: Language) -> LineSender {
        LineSender { parts, language, waiting: Vec::new(), rows: 0, has_begun: false }
    }

    /// Adds a line, which is sent with the next progress.
    pub fn add(&mut self, line: &impl Serialize) {
        if self.parts.is_some() && serde_json::to_writer(&mut self.waiting, line).is_ok() {
            self.waiting.push(b'\n');
        }
    }

    /// Sends what waits, and every 1,000 rows how far the import is.
    pub fn progress(&mut self, progress: Progress) {
        let is_first = self.rows == 0 && progress.rows > 0;
        if is_first || progress.rows >= self.rows + PROGRESS_ROWS {
            self.rows = progress.rows;
            self.add(&ProgressLine { progress });
        }
        self.send();
    }

    /// An import goes on when its reader is gone: what was stored would be the same.
    fn send(&mut self) {
        if let Some(parts) = self.parts.as_ref().filter(|_| !self.waiting.is_empty()) {
            let _ = parts.blocking_send(std::mem::take(&mut self.waiting).into());
            self.has_begun = true;
        }
    }

    /// Runs the import and sends its last line. What fails before the first line is returned.
    fn end_with<R: Outcome>(mut self, import: impl FnOnce(&mut LineSender) -> Result<R>) -> Result<()> {
        let (report, error) = match import(&mut self) {
            Err(error) if !self.has_begun && self.waiting.is_empty() => return Err(error),
            Err(error) => (None, Some(error)),
            Ok(report) => {
                let error = report.nothing_stored();
                (Some(report.counts()), error)
            }
        };
        let error = error.map(|error| self.shown(&error));
        self.add(&LastLine { report, error });
        self.send();
        Ok(())
    }

    /// An error as a line has it.
    fn shown(&self, error: &Error) -> LineError {
        let code = error.code();
        let message = match code {
            Code::Internal => self.language.sentence(error).to_owned(),
            _ => why(self.language, error),
        };
        LineError { code: code.code(), message }
    }
}
