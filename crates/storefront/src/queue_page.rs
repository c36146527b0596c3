//! The waiting room before a deal or a coupon. Loading it again keeps the place; who is let in is sent on.

use crate::{site::BRIEFLY, visit::Visit};
use askama::Template;
use axum::http::Method;
use kernel::{Code, CouponId, TimeDealId};
use pages::{Fields, FormToken, PageResult, Refused, html, html::see, shell::About, texts, words::fill};
use serde::Deserialize;
use store::Tx;
use web::CacheKey;

/// Seconds after which a browser without scripts asks again.
const AGAIN_S: u32 = 5;

texts! {
    /// The texts of the waiting room.
    QueueTexts {
        title: "Waiting room", "대기실";
        title_of: "Waiting room: {}", "대기실: {}";
        position: "Your place", "내 순서";
        lobby: "The queue is not open yet. When it opens, the places are drawn by lottery.", "아직 대기열이 열리지 않았습니다. 열릴 때 추첨으로 순서가 정해집니다.";
        wait: "About {}", "약 {}";
        waiting: "People waiting: {}", "{}명이 기다리고 있습니다";
        keep: "You keep your place when you load this page again or come back later. You are sent on when it is your turn.", "새로 고치거나 다시 들어와도 순서가 유지됩니다. 차례가 되면 자동으로 이동합니다.";
        enter: "Many people want this right now, so we let everyone in one after another.", "지금 많은 분이 몰려 순서대로 입장합니다.";
        join: "Join the queue", "대기열 참여";
        leave: "Leave the queue", "대기열 나가기";
        expired: "Your turn has expired. You can join the queue again.", "입장 시간이 지났습니다. 다시 대기열에 참여해 주세요.";
        over: "There is no queue any more. You can go on.", "지금은 대기열이 없습니다. 바로 진행할 수 있습니다.";
        on: "Go on", "계속하기";
    }
}

#[derive(Template)]
#[template(path = "queue.html")]
struct Page {
    t: &'static QueueTexts,
    /// What people wait for, if it has a name that everybody may know.
    name: Option<String>,
    token: FormToken,
    path: String,
    onward: String,
    state: State,
    stream: String,
}

enum State {
    Waiting { position: String, in_lobby: bool, wait: String, people: String },
    Outside { expired: bool },
    Open,
}

/// The status of the buyer's entry, as the API says it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryStatus {
    entry_token: String,
    status: String,
    position: i64,
    estimated_wait_seconds: u64,
    total_waiting: i64,
}

/// What people wait for.
#[derive(Debug, Clone, Copy)]
enum WaitedFor {
    Deal(TimeDealId),
    Coupon(CouponId),
}

impl WaitedFor {
    /// C003 for what has no waiting room.
    fn of(kind: &str, id: i64) -> Result<WaitedFor, Refused> {
        match kind {
            timedeal::QUEUE => Ok(WaitedFor::Deal(TimeDealId::new(id))),
            coupon::QUEUE => Ok(WaitedFor::Coupon(CouponId::new(id))),
            _ => Err(Code::NotFound.into()),
        }
    }

    /// Where the way leads from the waiting room.
    fn onward(self) -> String {
        match self {
            WaitedFor::Deal(id) => format!("/deals/{id}"),
            WaitedFor::Coupon(_) => "/coupons".to_owned(),
        }
    }

    fn key(self) -> CacheKey {
        match self {
            WaitedFor::Deal(id) => CacheKey::new("deal that people wait for", id.raw()),
            WaitedFor::Coupon(id) => CacheKey::new("coupon that people wait for", id.raw()),
        }
    }

    fn read(self, tx: &mut Tx<'_>) -> kernel::Result<String> {
        match self {
            WaitedFor::Deal(id) => Ok(timedeal::ops::find(tx, id)?.name),
            // the name of one that is not listed is for those who have its code
            WaitedFor::Coupon(id) => Ok(coupon::ops::listed(tx, id)?.content.name),
        }
    }

    /// Its name. Everybody in the room loads the page again and again, so one read serves all of them for a moment.
    async fn name(self, visit: &Visit) -> Result<Option<String>, Refused> {
        let app = visit.app();
        let read = || async {
            let name = app.db.read("storefront.wanted", move |tx| self.read(tx)).await?;
            Ok((name.into(), Some(app.now().after(BRIEFLY))))
        };
        match app.cache.bytes_until(self.key(), app.now(), read).await {
            Ok(name) => Ok(Some(String::from_utf8_lossy(&name).into_owned())),
            Err(error) if matches!(error.code(), Code::TimeDealNotFound | Code::CouponNotFound) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// `GET /queue/{kind}/{id}`
pub async fn room(web::Path((kind, id)): web::Path<(String, i64)>, visit: Visit) -> PageResult {
    visit.buyer()?;
    let wanted = WaitedFor::of(&kind, id)?;
    let onward = wanted.onward();
    let entry = visit.call::<EntryStatus>(Method::GET, &format!("/queue/{kind}/{id}/status"), None).await;
    let (state, stream) = match entry {
        Ok(entry) if entry.status == "ENTERED" => return Ok(see(&onward)),
        Ok(entry) if entry.status == "WAITING" => {
            let stream = format!("{}/queue/{kind}/{id}/subscribe/{}", web::BASE, entry.entry_token);
            (waiting(&visit, &entry), stream)
        }
        Ok(entry) => (State::Outside { expired: entry.status == "EXPIRED" }, String::new()),
        Err(refused) if refused.code() == Code::QueueEntryNotFound => {
            (State::Outside { expired: false }, String::new())
        }
        Err(refused) if refused.code() == Code::QueueNotFound => (State::Open, String::new()),
        Err(refused) => return Err(refused),
    };
    let t = QueueTexts::of(visit.language);
    let refresh = matches!(state, State::Waiting { .. }).then_some(AGAIN_S);
    let name = wanted.name(&visit).await?;
    let title = name.as_ref().map_or_else(|| t.title.to_owned(), |name| fill(t.title_of, name));
    let about = About { title, refresh, ..About::default() };
    let path = format!("/queue/{kind}/{id}");
    let page = Page { t, name, token: visit.token.clone(), path, onward, state, stream };
    Ok(html::private(axum::http::StatusCode::OK, visit.framed(&about, &page)?))
}

fn waiting(visit: &Visit, entry: &EntryStatus) -> State {
    let (t, show) = (QueueTexts::of(visit.language), visit.show());
    State::Waiting {
        position: show.count(entry.position),
        in_lobby: entry.position == 0,
        wait: fill(t.wait, show.wait(entry.estimated_wait_seconds)),
        people: fill(t.waiting, show.count(entry.total_waiting)),
    }
}

/// `POST /queue/{kind}/{id}`: enters or leaves.
pub async fn change(web::Path((kind, id)): web::Path<(String, i64)>, visit: Visit, fields: Fields) -> PageResult {
    visit.buyer()?;
    let onward = WaitedFor::of(&kind, id)?.onward();
    let path = format!("/queue/{kind}/{id}");
    if fields.is_on("leave") {
        visit.send(Method::DELETE, &format!("{path}/leave"), None).await?;
        return Ok(see(&onward));
    }
    match visit.send(Method::POST, &format!("{path}/enter"), None).await {
        Ok(_) => Ok(see(&path)),
        // the queue is not active any more
        Err(refused) if refused.code() == Code::QueueNotFound => Ok(see(&onward)),
        Err(refused) => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_a_waiting_room_stays_in_the_shop() {
        assert_eq!(WaitedFor::of("TIME_DEAL", 7).unwrap().onward(), "/deals/7");
        assert!(WaitedFor::of("//evil.example", 7).is_err());
    }
}
