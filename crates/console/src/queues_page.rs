//! Waiting queues: all of them, and one with its rules, which can be changed while it runs.

use crate::{
    details::Details,
    forms::{Field, Form, local, moment, number},
    page::Page,
    table::{Cell, List, Table, encoded},
    visit::Visit,
};
use axum::http::Method;
use kernel::{Code, Timestamp};
use pages::{Fields, PageResult, Refused, texts, words::fill};
use serde::Deserialize;
use serde_json::{Value, json};

/// After how many seconds the counts of queues are asked for again.
const LIVE_S: u32 = 3;

texts! {
    /// The texts of queues.
    QueueTexts {
        title: "Waiting queues", "대기열";
        one: "Waiting queue: {}", "대기열: {}";
        deal: "Time deal: {}", "타임딜: {}";
        coupon: "Coupon: {}", "쿠폰: {}";
        now: "Now", "현재 상태";
        lead: "A queue is opened on the page of its coupon or deal.", "쿠폰이나 타임딜 화면에서 대기열을 열 수 있습니다.";
        event: "In front of", "대상";
        active: "Runs", "운영 중";
        inactive: "Does not run", "중지";
        none: "There was never a queue here. Start one below.", "아직 대기열이 없습니다. 아래에서 시작할 수 있습니다.";
        state: "State", "상태";
        waiting: "Waiting", "대기";
        entered: "Admitted", "입장";
        capacity: "Admitted at once, at most", "동시 입장 한도";
        batch: "Admitted in one batch", "한 번에 입장";
        interval: "Seconds between batches", "입장 간격(초)";
        admission: "Seconds that an admission is valid", "입장 유효 시간(초)";
        per_address: "Places of one address, if limited", "주소당 최대 인원(선택)";
        opens: "Opens at; until then places are not given", "여는 시각(그 전에는 추첨 대기)";
        last: "Last batch", "마지막 입장";
        rate: "Admitted a minute, at most", "분당 최대 입장";
        rules: "Rules", "운영 규칙";
        start: "Start it", "시작하기";
        save: "Save the rules", "규칙 저장";
        process: "Admit a batch now", "지금 입장시키기";
        process_button: "Admit them", "입장시키기";
        stop: "Stop the queue", "대기열 중지";
        stop_button: "Stop it", "중지하기";
    }
}

/// A queue with its counts of this moment.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Queue {
    event_type: String,
    event_id: i64,
    event_name: Option<String>,
    is_active: bool,
    waiting_count: i64,
    entered_count: i64,
    max_capacity: i64,
    entry_batch_size: i64,
    entry_interval_seconds: i64,
    admission_seconds: i64,
    places_per_address: Option<i64>,
    opens_at: Option<Timestamp>,
    last_admitted_at: Option<Timestamp>,
}

impl Queue {
    /// How many its rules admit in a minute when there is room.
    fn rate(&self) -> i64 {
        self.entry_batch_size.saturating_mul(60) / self.entry_interval_seconds.max(1)
    }
}

/// What is needed of a deal or a coupon.
#[derive(Deserialize)]
struct Named {
    name: String,
}

impl QueueTexts {
    /// What people call that which a queue stands in front of. Types are free names; of two of them the console knows what they are.
    fn subject(&self, kind: &str, id: i64, name: Option<&str>) -> String {
        let sentence = match kind.to_ascii_uppercase().as_str() {
            "TIME_DEAL" | "TIMEDEAL" => self.deal,
            "COUPON" => self.coupon,
            _ => return name.map_or_else(|| format!("{kind} {id}"), str::to_owned),
        };
        name.map_or_else(|| fill(sentence, id), |name| fill(sentence, name))
    }
}

/// The name of a deal or a coupon before which there was never a queue.
async fn name_of(visit: &Visit, kind: &str, id: i64) -> Result<Option<String>, Refused> {
    let path = match kind.to_ascii_uppercase().as_str() {
        "TIME_DEAL" | "TIMEDEAL" => format!("/admin/time-deals/{id}"),
        "COUPON" => format!("/admin/coupons/{id}"),
        _ => return Ok(None),
    };
    match visit.read::<Named>(&path).await {
        Ok(found) => Ok(Some(found.name)),
        Err(refused) if matches!(refused.code(), Code::TimeDealNotFound | Code::CouponNotFound) => Ok(None),
        Err(refused) => Err(refused),
    }
}

/// The table of these queues.
fn table(visit: &Visit, title: &str, queues: &[Queue]) -> Table {
    let (t, show) = (QueueTexts::of(visit.language), visit.show());
    let row = |queue: &Queue| {
        let name = t.subject(&queue.event_type, queue.event_id, queue.event_name.as_deref());
        let href = format!("/console/queues/{}/{}", encoded(&queue.event_type), queue.event_id);
        vec![
            Cell::link(name, href),
            if queue.is_active { Cell::state(t.active, "good") } else { Cell::state(t.inactive, "over") },
            Cell::number(show.count(queue.waiting_count), queue.waiting_count),
            Cell::number(show.count(queue.entered_count), queue.entered_count),
            Cell::number(show.count(queue.max_capacity), queue.max_capacity),
            queue.last_admitted_at.map_or_else(Cell::default, |at| Cell::moment(&show, at)),
        ]
    };
    let [waiting, entered, capacity] = [t.waiting, t.entered, t.capacity].map(|name| format!("#{name}"));
    let columns = [t.event, t.state, &waiting, &entered, &capacity, t.last];
    Table::of(visit, title, &columns).rows(queues.iter().map(row))
}

/// The table of the queues that run.
pub async fn running(visit: &Visit, title: &str) -> Result<Table, Refused> {
    let mut found: Vec<Queue> = visit.read("/admin/queue").await?;
    found.retain(|queue| queue.is_active);
    Ok(table(visit, title, &found))
}

/// `GET /console/queues`
pub async fn queues(visit: Visit) -> PageResult {
    let t = QueueTexts::of(visit.language);
    let found: Vec<Queue> = visit.read("/admin/queue").await?;
    let list = List::of("/console/queues", &["sort", "page"], &visit.query);
    let table = table(&visit, "", &found).whole(&list);
    visit.page(Page::of(t.title).lead(t.lead).with_live(LIVE_S, &table)?)
}

/// `GET /console/queues/{kind}/{id}`
pub async fn queue(web::Path((kind, id)): web::Path<(String, i64)>, visit: Visit) -> PageResult {
    page(&visit, &kind, id, None, None).await
}

/// The queue, if there ever was one.
async fn stored(visit: &Visit, kind: &str, id: i64) -> Result<Option<Queue>, Refused> {
    match visit.read(&format!("/admin/queue/{}/{id}/status", encoded(kind))).await {
        Ok(queue) => Ok(Some(queue)),
        Err(refused) if refused.code() == Code::QueueNotFound => Ok(None),
        Err(refused) => Err(refused),
    }
}

async fn page(visit: &Visit, kind: &str, id: i64, sent: Option<&Fields>, refused: Option<Refused>) -> PageResult {
    let t = QueueTexts::of(visit.language);
    let queue = stored(visit, kind, id).await?;
    let name = match &queue {
        Some(queue) => queue.event_name.clone(),
        None => name_of(visit, kind, id).await?,
    };
    let page = Page::of(fill(t.one, t.subject(kind, id, name.as_deref())));
    let page = match &queue {
        Some(queue) => page.with_live(LIVE_S, &about(visit, queue))?,
        None => page.lead(t.none),
    };
    let act = |act: &str, title: &str, button: &str| {
        Form::of(visit, format!("/console/queues/{}/{id}/{act}", encoded(kind)), title, button)
    };
    let runs = queue.as_ref().is_some_and(|queue| queue.is_active);
    let page = page.with_some(runs.then(|| act("process", t.process, t.process_button)))?;
    let save = || act("rules", t.rules, if runs { t.save } else { t.start });
    let stored = rules(visit, save(), queue.as_ref(), None);
    let form = match sent {
        Some(sent) if queue.is_some() => rules(visit, save(), queue.as_ref(), Some(sent)).beside(&stored),
        Some(sent) => rules(visit, save(), None, Some(sent)),
        None => stored,
    };
    let page = page.with(&form)?;
    visit.page_with(page.with_some(runs.then(|| act("stop", t.stop, t.stop_button).grave()))?, refused)
}

fn about(visit: &Visit, queue: &Queue) -> Details {
    let (t, show) = (QueueTexts::of(visit.language), visit.show());
    let state = if queue.is_active { Cell::state(t.active, "good") } else { Cell::state(t.inactive, "over") };
    Details::of(t.now)
        .row(t.state, state)
        .row(t.waiting, Cell::text(show.count(queue.waiting_count)))
        .row(t.entered, Cell::text(format!("{} / {}", queue.entered_count, queue.max_capacity)))
        .row(t.rate, Cell::text(show.count(queue.rate())))
        .row_if(t.last, queue.last_admitted_at.map(|at| show.moment(at)))
}

fn rules(visit: &Visit, form: Form, queue: Option<&Queue>, sent: Option<&Fields>) -> Form {
    let t = QueueTexts::of(visit.language);
    let value = |name: &str, stored: Option<i64>, new: i64| match sent {
        Some(sent) => sent.text(name).to_owned(),
        None => stored.unwrap_or(new).to_string(),
    };
    let per_address = sent.map_or_else(
        || queue.and_then(|queue| queue.places_per_address).map(|places| places.to_string()).unwrap_or_default(),
        |sent| sent.text("perAddress").to_owned(),
    );
    let opens = queue.and_then(|queue| queue.opens_at).map(|at| local(at, &visit.console.app.shop.zone));
    let opens = sent.map_or(opens, |sent| Some(sent.text("opensAt").to_owned()));
    form.field(Field::number(t.capacity, "capacity", value("capacity", queue.map(|queue| queue.max_capacity), 100)))
        .field(Field::number(t.batch, "batch", value("batch", queue.map(|queue| queue.entry_batch_size), 10)))
        .field(Field::number(t.interval, "interval", value("interval", queue.map(|q| q.entry_interval_seconds), 5)))
        .field(Field::number(t.admission, "admission", value("admission", queue.map(|q| q.admission_seconds), 300)))
        .field(Field::number(t.per_address, "perAddress", per_address))
        .field(Field::time(t.opens, "opensAt", opens.unwrap_or_default()))
}

/// `POST /console/queues/{kind}/{id}/rules`
pub async fn change(web::Path((kind, id)): web::Path<(String, i64)>, visit: Visit, fields: Fields) -> PageResult {
    let opens_at = match fields.given("opensAt") {
        Some(_) => {
            moment(&visit, &fields, "opensAt", stored(&visit, &kind, id).await?.and_then(|queue| queue.opens_at))
        }
        None => Value::Null,
    };
    let body = json!({
        "maxCapacity": number(&fields, "capacity"),
        "entryBatchSize": number(&fields, "batch"),
        "entryIntervalSeconds": number(&fields, "interval"),
        "admissionSeconds": number(&fields, "admission"),
        "placesPerAddress": number(&fields, "perAddress"),
        "opensAt": opens_at,
    });
    let path = format!("/admin/queue/{}/{id}/activate", encoded(&kind));
    match visit.send_form(&fields, Method::POST, &path, Some(body)).await {
        Ok(_) => visit.done(&format!("/console/queues/{}/{id}", encoded(&kind))),
        Err(refused) => page(&visit, &kind, id, Some(&fields), Some(refused)).await,
    }
}

async fn act(visit: &Visit, kind: &str, id: i64, fields: &Fields, act: &str) -> PageResult {
    let path = format!("/admin/queue/{}/{id}/{act}", encoded(kind));
    match visit.send_form(fields, Method::POST, &path, None).await {
        Ok(_) => visit.done(&format!("/console/queues/{}/{id}", encoded(kind))),
        Err(refused) => page(visit, kind, id, None, Some(refused)).await,
    }
}

/// `POST /console/queues/{kind}/{id}/process`
pub async fn process(web::Path((kind, id)): web::Path<(String, i64)>, visit: Visit, fields: Fields) -> PageResult {
    act(&visit, &kind, id, &fields, "process").await
}

/// `POST /console/queues/{kind}/{id}/stop`
pub async fn stop(web::Path((kind, id)): web::Path<(String, i64)>, visit: Visit, fields: Fields) -> PageResult {
    match visit.sure(&fields) {
        Ok(()) => act(&visit, &kind, id, &fields, "deactivate").await,
        Err(refused) => page(&visit, &kind, id, None, Some(refused)).await,
    }
}
