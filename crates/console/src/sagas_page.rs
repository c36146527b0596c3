//! Sagas: which run, which are stuck and why, and what a person does about it.

use crate::{
    details::Details,
    forms::{Field, Filter, Form, everything},
    page::Page,
    states,
    table::{Cell, List, Paged, Table, encoded},
    visit::Visit,
};
use axum::http::Method;
use kernel::Timestamp;
use pages::{Fields, PageResult, Refused, texts, words::fill};
use serde::Deserialize;
use serde_json::json;

const STUCK: &str = "COMPENSATION_FAILED";
const STATUSES: [&str; 5] = ["STARTED", "COMPLETED", "COMPENSATING", "FAILED", STUCK];

texts! {
    /// The texts of sagas.
    SagaTexts {
        title: "Sagas", "사가";
        count: "{} sagas", "사가 {}건";
        status: "Status", "상태";
        id: "Saga", "사가 번호";
        name: "Flow", "흐름";
        order: "Order", "주문 번호";
        step: "Step", "단계";
        attempts: "Attempts", "시도";
        error: "Last error", "마지막 오류";
        reason: "Reason", "사유";
        resolution: "Resolution", "처리 내용";
        started: "Started", "시작";
        next: "Next attempt", "다음 시도";
        retry: "Try {} again", "{} 다시 시도";
        retry_button: "Try again", "다시 시도";
        resolve: "Resolve {} by hand", "{} 직접 처리 완료";
        resolve_button: "Mark as resolved", "처리 완료로 표시";
        help: "Only after you have dealt with this step outside the shop, such as by a bank transfer. The shop does the rest.",
            "계좌이체 등으로 이 단계를 직접 처리한 뒤에만 완료로 표시하세요. 나머지 단계는 자동으로 처리됩니다.";
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Saga {
    saga_id: String,
    name: String,
    order_number: String,
    status: String,
    step: String,
    attempts: i64,
    last_error: Option<String>,
    reason: Option<String>,
    resolution: Option<String>,
    started_at: Timestamp,
    wake_at: Option<Timestamp>,
}

/// `GET /console/sagas`
pub async fn sagas(visit: Visit) -> PageResult {
    page(&visit, None).await
}

async fn page(visit: &Visit, refused: Option<Refused>) -> PageResult {
    let t = SagaTexts::of(visit.language);
    let list = List::of("/console/sagas", &["status", "page", "sort"], &visit.query);
    let found: Paged<Saga> = visit.read(&list.question("/admin/sagas", &[("status", "status")])).await?;
    let statuses = states::choices(everything(visit), &STATUSES, visit.language);
    let status = Field::select(t.status, "status", visit.query.text("status"), &statuses);
    let page = Page::of(t.title).lead(fill(t.count, visit.show().count(found.total_elements)));
    let page = page.with(&Filter::of(visit, list.path, vec![status]))?;
    let page = page.with(&table(visit, &found.content).sorted_page(&list).paged(&list, &found))?;
    let stuck = found.content.iter().filter(|saga| saga.status == STUCK);
    let forms: Vec<Form> = stuck.flat_map(|saga| forms(visit, saga)).collect();
    let help = (!forms.is_empty()).then(|| Details::of("").row(t.resolve_button, Cell::text(t.help)));
    let page = page.with_some(help)?;
    visit.page_with(forms.iter().try_fold(page, Page::with)?, refused)
}

fn table(visit: &Visit, sagas: &[Saga]) -> Table {
    let (t, show) = (SagaTexts::of(visit.language), visit.show());
    let row = |saga: &Saga| {
        let order = saga.order_number.starts_with("ORD-").then(|| format!("/console/orders/{}", saga.order_number));
        vec![
            Cell::text(&saga.saga_id),
            Cell::text(&saga.name),
            Cell { href: order, ..Cell::text(&saga.order_number) },
            states::cell(&saga.status, visit.language),
            Cell::text(&saga.step),
            Cell::number(saga.attempts.to_string(), saga.attempts),
            Cell::long(saga.last_error.as_deref().unwrap_or_default()),
            Cell::maybe(saga.reason.as_deref()),
            Cell::maybe(saga.resolution.as_deref()),
            Cell::moment(&show, saga.started_at),
            saga.wake_at.map_or_else(Cell::default, |at| Cell::moment(&show, at)),
        ]
    };
    let attempts = format!("#{}", t.attempts);
    let columns =
        [t.id, t.name, t.order, t.status, t.step, &attempts, t.error, t.reason, t.resolution, t.started, t.next];
    Table::of(visit, "", &columns).rows(sagas.iter().map(row))
}

fn forms(visit: &Visit, saga: &Saga) -> [Form; 2] {
    let t = SagaTexts::of(visit.language);
    let form = |act: &str, title: &str, button: &str| {
        let action = format!("/console/sagas/{}/{act}", saga.saga_id);
        Form::of(visit, action, fill(title, &saga.saga_id), button).folded()
    };
    [form("retry", t.retry, t.retry_button), form("resolve", t.resolve, t.resolve_button).reasoned().grave()]
}

/// `POST /console/sagas/{id}/retry`
pub async fn retry(web::Path(id): web::Path<String>, visit: Visit, fields: Fields) -> PageResult {
    let path = format!("/admin/sagas/{}/retry", encoded(&id));
    match visit.send_form(&fields, Method::POST, &path, None).await {
        Ok(_) => visit.done("/console/sagas"),
        Err(refused) => page(&visit, Some(refused)).await,
    }
}

/// `POST /console/sagas/{id}/resolve`
pub async fn resolve(web::Path(id): web::Path<String>, visit: Visit, fields: Fields) -> PageResult {
    if let Err(refused) = visit.sure(&fields) {
        return page(&visit, Some(refused)).await;
    }
    let path = format!("/admin/sagas/{}/resolve", encoded(&id));
    match visit.send_form(&fields, Method::POST, &path, Some(json!({"reason": fields.text("reason")}))).await {
        Ok(_) => visit.done("/console/sagas"),
        Err(refused) => page(&visit, Some(refused)).await,
    }
}
