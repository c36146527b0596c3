//! Comparing what is stored with what it follows from: the stock with its ledger, the figures with the records.

use crate::{
    details::Details,
    forms::{Field, Form},
    page::Page,
    table::Cell,
    visit::Visit,
};
use axum::http::Method;
use kernel::Code;
use pages::{Fields, PageResult, Refused, texts};
use serde::Deserialize;

texts! {
    /// The texts of comparing and repairing.
    RebuildTexts {
        title: "Compare and repair", "비교와 복구";
        lead: "Safe while the shop sells.", "판매 중에도 안전합니다.";
        stock: "The stock with its ledger", "재고와 재고 이력";
        figures: "The figures of reports with the records", "보고서 수치와 원본 기록";
        compare: "Compare", "비교하기";
        repair: "Repair what differs, too", "다른 값 복구";
        found: "Differences", "차이";
        repaired: "Were they repaired?", "복구 여부";
        yes: "yes", "예";
        no: "no, only compared", "아니요(비교만)";
    }
}

/// What a comparison found.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    different: i64,
    dry_run: bool,
}

/// `GET /console/rebuild`
pub async fn rebuild(visit: Visit) -> PageResult {
    visit.admin()?;
    page(&visit, None, None)
}

fn page(visit: &Visit, found: Option<(&'static str, Found)>, refused: Option<Refused>) -> PageResult {
    let t = RebuildTexts::of(visit.language);
    let details = found.map(|(title, found)| {
        let class = if found.different == 0 { "good" } else { "bad" };
        let count = Cell::state(visit.show().count(found.different), class);
        let repaired = Cell::text(if found.dry_run { t.no } else { t.yes });
        Details::of(title).row(t.found, count).row(t.repaired, repaired)
    });
    let form = |what: &str, title: &str| {
        let repair = Field::tick(t.repair, "repair", false);
        Form::of(visit, format!("/console/rebuild/{what}"), title, t.compare).field(repair)
    };
    let page = Page::of(t.title).lead(t.lead).with_some(details)?;
    visit.page_with(page.with(&form("stock", t.stock))?.with(&form("figures", t.figures))?, refused)
}

/// `POST /console/rebuild/{what}`
pub async fn run(web::Path(what): web::Path<String>, visit: Visit, fields: Fields) -> PageResult {
    visit.admin()?;
    let t = RebuildTexts::of(visit.language);
    let (title, path) = match what.as_str() {
        "stock" => (t.stock, "/admin/inventory/rebuild"),
        "figures" => (t.figures, "/admin/reports/rebuild"),
        _ => return Err(Code::NotFound.into()),
    };
    let path = format!("{path}?dryRun={}", !fields.is_on("repair"));
    match visit.send_for::<Found>(&fields, Method::POST, &path, None).await {
        Ok(found) => page(&visit, Some((title, found)), None),
        Err(refused) => page(&visit, None, Some(refused)),
    }
}
