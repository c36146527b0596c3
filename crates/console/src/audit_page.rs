//! The audit of the shop: the last results, what runs now, and running one.

use crate::{
    details::Details,
    forms::{Field, Form},
    page::Page,
    table::{Cell, Table},
    visit::Visit,
};
use axum::http::Method;
use kernel::{Code, Timestamp};
use pages::{Fields, PageResult, Refused, html::see, texts};
use serde::Deserialize;
use std::time::Duration;

const PATH: &str = "/console/audit";
/// How long a page waits for an audit that it has begun. A longer one goes on by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// After how many seconds the progress of an audit is asked for again.
const LIVE_S: u32 = 2;

texts! {
    /// The texts of the audit.
    AuditTexts {
        title: "Audit", "감사";
        last: "Last audit", "최근 감사";
        none: "No audit has run yet.", "아직 감사를 실행하지 않았습니다.";
        finished: "Finished", "종료";
        by: "Asked for by", "요청자";
        found: "Violations", "위반";
        full: "Reads every row", "전체 검사";
        part: "Module", "모듈";
        rule: "Rule", "규칙";
        subject: "What it is about", "대상";
        what: "Found", "내용";
        running: "Running now", "진행 중";
        parts: "Parts done", "완료한 단계";
        started: "Started", "시작";
        run: "Run an audit", "감사 실행";
        button: "Run it now", "지금 실행";
        everything: "Read every row, and not only what changed", "변경분만이 아니라 전체 검사";
        yes: "yes", "예";
        no: "no", "아니요";
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    asked_by: String,
    finished_at: Timestamp,
    full: Option<bool>,
    violation_count: i64,
    violations: Vec<Violation>,
}

#[derive(Debug, Deserialize)]
struct Violation {
    module: String,
    rule: String,
    subject: String,
    found: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    asked_by: String,
    started_at: Timestamp,
    part: Option<String>,
    parts: i64,
    parts_done: i64,
}

/// `GET /console/audit`
pub async fn audit(visit: Visit) -> PageResult {
    page(&visit, None).await
}

async fn page(visit: &Visit, refused: Option<Refused>) -> PageResult {
    let t = AuditTexts::of(visit.language);
    let last: Option<Run> = match visit.read("/admin/audit").await {
        Ok(run) => Some(run),
        Err(refused) if refused.code() == Code::NotFound => None,
        Err(refused) => return Err(refused),
    };
    let running: Vec<Progress> = visit.read("/admin/audit/progress").await?;
    let page = Page::of(t.title);
    let page = match &last {
        Some(run) => page.with(&about(visit, run))?.with_some(violations(visit, run))?,
        None => page.lead(t.none),
    };
    let page = match running.is_empty() {
        true => page,
        false => page.with_live(LIVE_S, &progress(visit, &running))?,
    };
    let everything = Field::tick(t.everything, "full", false);
    visit.page_with(page.with(&Form::of(visit, PATH, t.run, t.button).field(everything))?, refused)
}

fn about(visit: &Visit, run: &Run) -> Details {
    let (t, show) = (AuditTexts::of(visit.language), visit.show());
    let class = if run.violation_count == 0 { "good" } else { "bad" };
    Details::of(t.last)
        .row(t.finished, Cell::moment(&show, run.finished_at))
        .row(t.by, Cell::text(&run.asked_by))
        .row_if(t.full, run.full.map(|full| if full { t.yes } else { t.no }))
        .row(t.found, Cell::state(show.count(run.violation_count), class))
}

fn violations(visit: &Visit, run: &Run) -> Option<Table> {
    let t = AuditTexts::of(visit.language);
    let row = |one: &Violation| [&one.module, &one.rule, &one.subject, &one.found].map(Cell::text).to_vec();
    let table = || Table::of(visit, t.found, &[t.part, t.rule, t.subject, t.what]);
    (!run.violations.is_empty()).then(|| table().rows(run.violations.iter().map(row)).part(visit, PATH, "found"))
}

fn progress(visit: &Visit, running: &[Progress]) -> Table {
    let (t, show) = (AuditTexts::of(visit.language), visit.show());
    let row = |one: &Progress| {
        vec![
            Cell::text(&one.asked_by),
            Cell::moment(&show, one.started_at),
            Cell::text(format!("{} / {}", one.parts_done, one.parts)),
            Cell::maybe(one.part.as_deref()),
        ]
    };
    let columns = [t.by, t.started, t.parts, t.part];
    Table::of(visit, t.running, &columns).rows(running.iter().map(row)).part(visit, PATH, "running")
}

/// `POST /console/audit`: the audit goes on when its page is left or it takes longer than a page waits.
pub async fn run(visit: Visit, fields: Fields) -> PageResult {
    visit.admin()?;
    let (api, head) = (visit.console.api.clone(), visit.head.clone());
    let changed = !fields.is_on("full");
    let path = format!("{}/admin/audit?changed={changed}", web::BASE);
    let work = tokio::spawn(async move { api.send(&head, Method::POST, &path, None).await.map(drop) });
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(Ok(()))) => visit.done(PATH),
        Ok(Ok(Err(refused))) => page(&visit, Some(refused)).await,
        Ok(Err(panic)) => Err(Code::Internal.error().caused_by(panic).into()),
        Err(_) => Ok(see("/console/audit?done=open")),
    }
}
