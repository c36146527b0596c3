//! Events: the newest, who receives them, and dead letters, which a person delivers again.

use crate::{
    forms::Form,
    page::Page,
    states,
    table::{Cell, List, Paged, Table},
    visit::Visit,
};
use axum::http::Method;
use kernel::Timestamp;
use pages::{Fields, PageResult, Refused, texts, words::fill};
use serde::Deserialize;
use serde_json::Value;

const PATH: &str = "/console/events";

texts! {
    /// The texts of events.
    EventTexts {
        title: "Events", "이벤트";
        lead: "The newest event has number {}.", "가장 최근 이벤트는 {}번입니다.";
        letters: "Dead letters and events that are tried again", "처리 실패 및 재시도 중인 이벤트";
        subscriber: "Subscriber", "구독자";
        topic: "Topic", "토픽";
        key: "Key", "키";
        status: "Status", "상태";
        attempts: "Attempts", "시도";
        error: "Last error", "마지막 오류";
        since: "Since", "시각";
        redeliver: "Deliver {} again", "{}번 다시 전달";
        redeliver_button: "Deliver again", "다시 전달";
        subscribers: "Subscribers", "구독자";
        position: "Has processed until", "처리한 위치";
        behind: "Behind", "남은 이벤트";
        topics: "Topics", "토픽 목록";
        newest: "Newest events", "최근 이벤트";
        number: "Number", "번호";
        content: "Content", "내용";
        at: "Time", "시각";
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct View {
    newest_id: i64,
    events: Vec<Event>,
    consumers: Vec<Subscriber>,
    // the API has called the member so since its first release
    #[serde(rename = "parked")]
    letters: Paged<Letter>,
}

#[derive(Debug, Deserialize)]
struct Event {
    id: i64,
    at: Timestamp,
    topic: String,
    key: String,
    payload: Value,
}

#[derive(Debug, Deserialize)]
struct Subscriber {
    name: String,
    position: i64,
    topics: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Letter {
    id: i64,
    consumer: String,
    topic: String,
    key: String,
    status: String,
    attempts: i64,
    last_error: Option<String>,
    occurred_at: Timestamp,
}

/// `GET /console/events`
pub async fn events(visit: Visit) -> PageResult {
    page(&visit, None).await
}

async fn page(visit: &Visit, refused: Option<Refused>) -> PageResult {
    let t = EventTexts::of(visit.language);
    let list = List::of(PATH, &["page", "sort"], &visit.query);
    let found: View = visit.read(&list.question("/admin/events", &[])).await?;
    let page = Page::of(t.title).lead(fill(t.lead, found.newest_id));
    let page = page.with(&letters(visit, &found.letters.content).sorted_page(&list).paged(&list, &found.letters))?;
    let dead = found.letters.content.iter().filter(|letter| letter.status == "DEAD");
    let forms: Vec<Form> = dead.map(|letter| redelivery(visit, letter)).collect();
    let page = forms.iter().try_fold(page, Page::with)?.with(&subscribers(visit, &found))?;
    visit.page_with(page.with(&newest(visit, &found.events))?, refused)
}

fn letters(visit: &Visit, letters: &[Letter]) -> Table {
    let (t, show) = (EventTexts::of(visit.language), visit.show());
    let row = |letter: &Letter| {
        vec![
            Cell::text(letter.id.to_string()),
            Cell::text(&letter.consumer),
            Cell::text(&letter.topic),
            Cell::text(&letter.key),
            states::cell(&letter.status, visit.language),
            Cell::number(letter.attempts.to_string(), letter.attempts),
            Cell::long(letter.last_error.as_deref().unwrap_or_default()),
            Cell::moment(&show, letter.occurred_at),
        ]
    };
    let attempts = format!("#{}", t.attempts);
    let columns = [t.number, t.subscriber, t.topic, t.key, t.status, &attempts, t.error, t.since];
    Table::of(visit, t.letters, &columns).rows(letters.iter().map(row))
}

fn redelivery(visit: &Visit, letter: &Letter) -> Form {
    let t = EventTexts::of(visit.language);
    let action = format!("/console/events/{}/redeliver", letter.id);
    Form::of(visit, action, fill(t.redeliver, letter.id), t.redeliver_button).folded()
}

fn subscribers(visit: &Visit, found: &View) -> Table {
    let t = EventTexts::of(visit.language);
    let row = |subscriber: &Subscriber| {
        let behind = (found.newest_id - subscriber.position).max(0);
        vec![
            Cell::text(&subscriber.name),
            Cell::number(subscriber.position.to_string(), subscriber.position),
            Cell::number(behind.to_string(), behind),
            Cell::text(subscriber.topics.join(", ")),
        ]
    };
    let [position, behind] = [t.position, t.behind].map(|name| format!("#{name}"));
    let columns = [t.subscriber, &position, &behind, t.topics];
    Table::of(visit, t.subscribers, &columns).rows(found.consumers.iter().map(row)).part(visit, PATH, "subscribers")
}

fn newest(visit: &Visit, events: &[Event]) -> Table {
    let (t, show) = (EventTexts::of(visit.language), visit.show());
    let row = |event: &Event| {
        vec![
            Cell::text(event.id.to_string()),
            Cell::moment(&show, event.at),
            Cell::text(&event.topic),
            Cell::text(&event.key),
            Cell::long(event.payload.to_string()),
        ]
    };
    let columns = [t.number, t.at, t.topic, t.key, t.content];
    Table::of(visit, t.newest, &columns).rows(events.iter().map(row)).part(visit, PATH, "newest")
}

/// `POST /console/events/{id}/redeliver`
pub async fn redeliver(web::Path(id): web::Path<i64>, visit: Visit, fields: Fields) -> PageResult {
    match visit.send_form(&fields, Method::POST, &format!("/admin/events/{id}/redeliver"), None).await {
        Ok(_) => visit.done(PATH),
        Err(refused) => page(&visit, Some(refused)).await,
    }
}
