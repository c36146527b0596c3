//! What operators look at: the settings as they stand, and the health of every part.

use crate::{
    page::Page,
    table::{Cell, List, Table},
    visit::Visit,
};
use kernel::Code;
use pages::{PageResult, texts};
use serde::Deserialize;
use std::collections::BTreeMap;

texts! {
    /// The texts of settings and health.
    OperatorTexts {
        settings: "Settings", "설정";
        lead: "As they stand in this instance. A later source wins: default, file, environment, command line.", "이 인스턴스에 적용된 값입니다. 기본값, 파일, 환경 변수, 명령줄 순으로 뒤의 값이 우선합니다.";
        section: "Section", "구역";
        name: "Setting", "설정";
        value: "Value", "값";
        source: "From", "출처";
        health: "Health", "상태";
        part: "Part", "구성 요소";
        state: "State", "상태";
        ready: "Gets requests", "요청 처리";
        database: "Database", "데이터베이스";
        relay: "Events", "이벤트";
        gate: "Gate", "게이트";
        migrations: "Migrations", "마이그레이션";
        search: "Search index", "검색 색인";
        images: "Store of images", "이미지 저장소";
        images_away: "cannot be reached, the shop sells without images", "연결할 수 없음(이미지 없이 판매)";
        up: "up", "정상";
        alone: "inside this instance", "이 인스턴스에서 처리";
        degraded: "Redis does not answer, the database decides", "Redis 응답 없음(데이터베이스로 처리)";
        applied: "applied", "적용됨";
        yes: "yes", "예";
        no: "no", "아니요";
        indexed: "{} products", "상품 {}개";
        making: "is being made", "만드는 중";
    }
}

/// `GET /console/settings`
pub async fn settings(visit: Visit) -> PageResult {
    visit.admin()?;
    let t = OperatorTexts::of(visit.language);
    let rows = visit.console.setup.settings.iter().map(|setting| {
        let class = if setting.source == "default" { "over" } else { "good" };
        vec![
            Cell::text(&setting.section),
            Cell::text(&setting.name),
            Cell::text(&setting.value),
            Cell::state(&setting.source, class),
        ]
    });
    let list = List::of("/console/settings", &["sort"], &visit.query);
    let table = Table::of(&visit, "", &[t.section, t.name, t.value, t.source]).rows(rows).sorted(&list);
    visit.page(Page::of(t.settings).lead(t.lead).with(&table)?)
}

/// What the probe says; it is no answer of the API, so it has no envelope.
#[derive(Debug, Deserialize)]
struct Readiness {
    ready: bool,
    database: String,
    relay: String,
    gate: String,
    migrations: String,
    /// The other systems by name.
    parts: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Index {
    ready: bool,
    products: i64,
}

impl OperatorTexts {
    /// The words for what the probe says of a part; what it says where there are none, such as how far behind the events are.
    fn said<'a>(&'a self, text: &'a str) -> &'a str {
        match text {
            "up" => self.up,
            "in process" => self.alone,
            "applied" => self.applied,
            text => text,
        }
    }

    /// The row of a system without which the shop sells, with the words for its absence.
    fn row<'a>(&'a self, name: &'a str, said: &'a str, away: &'a str) -> Vec<Cell> {
        let is_away = said.starts_with("degraded");
        let said = if is_away { away } else { self.said(said) };
        vec![Cell::text(name), Cell::state(said, if is_away { "warn" } else { "good" })]
    }
}

/// `GET /console/health`
pub async fn health(visit: Visit) -> PageResult {
    visit.admin()?;
    let t = OperatorTexts::of(visit.language);
    let response = visit.read_as("/readyz", "application/json").await?;
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await;
    let bytes = bytes.map_err(|error| Code::Internal.error().caused_by(error))?;
    let probe: Readiness = serde_json::from_slice(&bytes).map_err(|error| Code::Internal.error().caused_by(error))?;
    let index: Option<Index> = visit.read_if_allowed("/admin/search").await?;
    let is = |text: &str, good: &str| Cell::state(t.said(text), if text == good { "good" } else { "bad" });
    let ready = Cell::state(if probe.ready { t.yes } else { t.no }, if probe.ready { "good" } else { "bad" });
    let mut rows = vec![
        vec![Cell::text(t.ready), ready],
        vec![Cell::text(t.database), is(&probe.database, "up")],
        vec![Cell::text(t.relay), is(&probe.relay, "up")],
        t.row(t.gate, &probe.gate, t.degraded),
        vec![Cell::text(t.migrations), is(&probe.migrations, "applied")],
    ];
    rows.extend(probe.parts.iter().map(|(part, said)| match part.as_str() {
        "images" => t.row(t.images, said, t.images_away),
        other => t.row(other, said, said),
    }));
    rows.extend(index.map(|index| {
        let count = pages::words::fill(t.indexed, visit.show().count(index.products));
        let state = if index.ready { Cell::state(count, "good") } else { Cell::state(t.making, "warn") };
        vec![Cell::text(t.search), state]
    }));
    let list = List::of("/console/health", &["sort"], &visit.query);
    visit.page(Page::of(t.health).with(&Table::of(&visit, "", &[t.part, t.state]).rows(rows).sorted(&list))?)
}
