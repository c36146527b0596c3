//! The status of a place as server-sent events. One loop for all streams of this instance refreshes what is known of the
//! queues; the streams of those that changed then look up, each for itself, how their entry stands in memory.

use crate::entry::{Entry, State, Status};
use crate::http::line_of;
use crate::line::{Line, Standing};
use crate::lines::{self, Lines};
use crate::ops;
use crate::queue::Queue;
use crate::response::StatusResponse;
use crate::subject::{SubjectId, SubjectType};
use crate::token::{Sent, Token};
use axum::{extract::State as Shared, response::Response};
use kernel::{Code, Result};
use std::{collections::HashMap, sync::Arc, time::Duration};
use utoipa_axum::routes;
use web::beats::{self, Beat, Kind, Said};
use web::{App, Failure, Language, MaybeStreamUser, Path, Routes, caller::StreamToken, route::PUBLIC};

/// Every stream sends something at least every 3 seconds, and every change within a second (docs/RULES.md).
static STATUS: Kind = Kind {
    event: "queue-status",
    every: Duration::from_millis(400),
    silent_at_most: Duration::from_millis(2_500),
    look: |app| Box::pin(versions(app)),
};

/// The versions of the active queues. When the database cannot be read, queues stay as they were, and the streams still show
/// that they are alive.
async fn versions(app: App) -> HashMap<i64, i64> {
    let lines = Lines::now(&app).await.unwrap_or_else(|_| app.memory::<Lines>());
    lines.versions().into_iter().map(|(id, version)| (id.raw(), version)).collect()
}

/// The handler of the stream.
pub fn routes() -> Routes {
    let codes = &[Code::QueueEntryNotFound, Code::QueueNotFound, Code::QueueTokenExpired, Code::QueueTokenUserMismatch];
    Routes::new().add(PUBLIC.personal().refusing(codes), routes!(subscribe))
}

/// How a place stands, as server-sent events `queue-status`: now, at every change, and at least every 3 seconds.
///
/// The token in the path proves the place, because a browser's `EventSource` sends no headers; a caller who does sign in must
/// be its user. The stream ends after ENTERED, EXPIRED or LEFT, and when the queue is deactivated. A stream that comes back
/// finds the same place.
#[utoipa::path(get, path = "/queue/{eventType}/{eventId}/subscribe/{token}", tag = "queue",
    params(("eventType" = String, Path), ("eventId" = i64, Path), ("token" = String, Path), StreamToken),
    responses((status = 200, content_type = "text/event-stream", body = StatusResponse)))]
async fn subscribe(
    Shared(app): Shared<App>,
    MaybeStreamUser(user): MaybeStreamUser,
    // the token names the queue
    Path((_, _, token)): Path<(SubjectType, SubjectId, String)>,
) -> Result<Response, Failure> {
    let sent = Sent::read(&token)?;
    let (line, queue) = line_of(&app, &sent, user.as_ref().map(|user| &user.id)).await?;
    let (_, standing) = lines::standing(&app, &line, sent.token.user).await?;
    ops::of_visit(Some(standing.entry), &sent.token)?;
    let (lines, language) = (app.memory::<Lines>(), Language::current());
    let mut place = Watched { lines, token: sent.token, entry: standing.entry, shown: None, language };
    let clock = app.clone();
    Ok(beats::stream(&app, &STATUS, queue.id.raw(), move |beat| place.say(&clock, beat)))
}

/// The place that one stream shows.
struct Watched {
    /// Where its queue is looked up at every beat: one that was deactivated and activated again since is another line.
    lines: Arc<Lines>,
    token: Token,
    /// As it was when the stream began.
    entry: Entry,
    /// What the stream sent last.
    shown: Option<(Status, u64)>,
    language: Language,
}

impl Watched {
    /// What the stream sends at this beat: nothing when the entry stands as it did, or the queue is not active.
    fn say(&mut self, app: &App, beat: Beat) -> Option<Said> {
        let line = self.lines.by_id(self.token.queue)?;
        let line = line.read();
        let standing = self.standing(&line, app);
        let shown = Some((standing.entry.state.status(), standing.position));
        if shown == self.shown && !beat.by_all {
            return None;
        }
        let said = said(&line.queue, &standing, self.language);
        drop(line);
        self.shown = shown;
        Some(said)
    }

    fn standing(&self, line: &Line, app: &App) -> Standing {
        let now = app.now();
        let known = line.standing(&self.token.user, now);
        match known.filter(|known| known.entry.visit == self.token.visit) {
            Some(known) => known,
            None if self.entry.state.has_ended() => line.standing_of(self.entry, now),
            // the user left and entered again: the new place has a token of its own
            None => line.standing_of(Entry { state: State::Left, ..self.entry }, now),
        }
    }
}

fn said(queue: &Queue, standing: &Standing, language: Language) -> Said {
    let written = language.during(|| serde_json::to_string(&StatusResponse::of(queue, standing)));
    Said { data: written.unwrap_or_else(|_| "null".to_owned()), last: standing.entry.state != State::Waiting }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MODULE;
    use fixture::{Fixture, user_id};
    use serde_json::{Value, json};

    /// Between two looks of the streams' loop, requests notice both.
    #[test]
    fn a_stream_follows_a_queue_that_was_deactivated_and_activated_again_between_two_beats() {
        const ADMIN: &str = "/admin/queue/TIME_DEAL/7";
        let shop = Fixture::of(&[MODULE]);
        let app = shop.app();
        let activate = || {
            let rules = json!({"maxCapacity": 1, "entryBatchSize": 1, "entryIntervalSeconds": 5});
            shop.admin().post(format!("{ADMIN}/activate"), rules).must("200");
        };
        activate();
        let entered = shop.user(1).post("/queue/TIME_DEAL/7/enter", json!({})).must("200").data();
        let token = Sent::read(entered["entryToken"].as_str().unwrap()).unwrap().token;
        let lines = app.memory::<Lines>();
        let entry = lines.by_id(token.queue).unwrap().read().standing(&user_id(1), app.now()).unwrap().entry;
        let mut place = Watched { lines, token, entry, shown: None, language: Language::English };
        let mut says = |by_all| {
            let said = place.say(&app, Beat { number: 1, by_all })?;
            let data: Value = serde_json::from_str(&said.data).unwrap();
            Some((data["status"].as_str().unwrap().to_owned(), said.last))
        };
        assert_eq!(says(false), Some(("WAITING".to_owned(), false)));
        shop.admin().post(format!("{ADMIN}/deactivate"), json!({})).must("200");
        shop.user(1).get("/queue/TIME_DEAL/7/status").must("404 S801");
        assert_eq!(says(true), None);
        activate();
        shop.run_task("queue.admit").unwrap();
        shop.user(1).get("/queue/TIME_DEAL/7/status").must("200");
        assert_eq!(says(false), Some(("ENTERED".to_owned(), true)));
    }
}
