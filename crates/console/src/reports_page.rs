//! Reports as tables and files, and settlements.

use crate::{
    chart::{Bar, Bars, Columns},
    forms::{Field, Filter},
    page::Page,
    report_list::{Column, DIFFERENCES, Drawing, Kind, REPORTS, Report, SETTLEMENT},
    states,
    table::{Cell, List, Table, address, encoded},
    visit::Visit,
};
use kernel::Code;
use pages::{Language, PageResult, texts, words::fill};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What can be taken out of the shop as a file, and whether sellers may.
const EXPORTS: [(&str, bool); 4] = [("products", true), ("stock", true), ("orders", false), ("customers", false)];

texts! {
    /// The texts of reports.
    ReportTexts {
        title: "Reports", "보고서";
        report: "Report", "보고서";
        what: "What it is", "구분";
        days: "{} until {}", "{}부터 {}까지";
        from: "From", "시작일";
        to: "Until", "종료일";
        sum: "{} in all", "합계 {}";
        csv: "As a file (CSV)", "파일로 받기(CSV)";
        exports: "Everything as a file (CSV)", "전체 데이터 받기(CSV)";
        products: "Products", "상품";
        stock: "Stock", "재고";
        orders: "Orders", "주문";
        customers: "Customers", "고객";
    }
}

/// A report as the API gives it.
#[derive(Debug, Deserialize)]
pub struct Sheet {
    pub from: String,
    pub to: String,
    pub rows: Vec<Map<String, Value>>,
}

impl Report {
    fn title(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Korean => self.korean,
        }
    }
}

/// `GET /console/reports`
pub async fn reports(visit: Visit) -> PageResult {
    visit.seller()?;
    let t = ReportTexts::of(visit.language);
    let shown = |for_sellers: bool| for_sellers || visit.is_admin();
    let row = |report: &Report| {
        let title = report.title(visit.language);
        vec![Cell::link(title, format!("/console/reports/{}", report.name))]
    };
    let rows = REPORTS.iter().filter(|report| shown(report.for_sellers)).map(row);
    let names = [t.products, t.stock, t.orders, t.customers];
    let exports = EXPORTS.iter().zip(names).filter(|((_, for_sellers), _)| shown(*for_sellers));
    let exports = exports.map(|((what, _), name)| vec![Cell::link(name, format!("/console/exports/{what}"))]);
    let list = List::of("/console/reports", &["sort"], &visit.query);
    let page = Page::of(t.title).with(&Table::of(&visit, "", &[t.report]).rows(rows).sorted(&list))?;
    let exports = Table::of(&visit, t.exports, &[t.what]).rows(exports);
    visit.page(page.with(&exports.sorted(&List::part(list.path, "exports", &visit.query).keeping(list.keeps)))?)
}

fn find(name: &str) -> Result<&'static Report, Code> {
    REPORTS.iter().find(|report| report.name == name).ok_or(Code::NotFound)
}

/// The path of a report of the API for the days in the address.
fn question(visit: &Visit, report: &Report) -> String {
    let days = ["from", "to"].into_iter().filter_map(|name| Some((name, visit.query.given(name)?)));
    address(&format!("/admin/reports/{}", report.name), days)
}

/// A value of a report as people read it.
fn cell(visit: &Visit, row: &Map<String, Value>, (name, kind, ..): &Column) -> Cell {
    let value = row.get(*name).unwrap_or(&Value::Null);
    match (kind, value.as_i64()) {
        (Kind::Text, _) => {
            let text = value.as_str().map(|text| states::word(text, visit.language)).unwrap_or_default();
            Cell { href: place(row, name, text), ..Cell::text(text) }
        }
        (Kind::Day, _) => value.as_str().map(|day| Cell::day(&visit.show(), day)).unwrap_or_default(),
        (_, None) => Cell::default(),
        (Kind::Number, Some(number)) => Cell::number(visit.show().count(number), number),
        (Kind::Money, Some(minor)) => Cell::number(visit.money(minor), minor),
        (Kind::Share, Some(points)) => Cell::number(share(points), points),
    }
}

/// The page of what a value names.
fn place(row: &Map<String, Value>, name: &str, text: &str) -> Option<String> {
    match name {
        "productName" => row.get("productId")?.as_i64().map(|id| format!("/console/products/{id}")),
        "timeDealName" => row.get("timeDealId")?.as_i64().map(|id| format!("/console/deals/{id}")),
        "couponCode" => row.get("couponId")?.as_i64().map(|id| format!("/console/coupons/{id}")),
        "reference" => text.starts_with("ORD-").then(|| format!("/console/orders/{}", encoded(text))),
        _ => None,
    }
}

/// Basis points as percents: `12.05 %`.
fn share(points: i64) -> String {
    let sign = if points < 0 { "−" } else { "" };
    let points = points.unsigned_abs();
    format!("{sign}{}.{:02} %", points / 100, points % 100)
}

/// The table of a report.
pub fn table(visit: &Visit, title: &str, report: &Report, sheet: &Sheet) -> Table {
    let name = |(_, kind, english, korean): &Column| {
        let sign = if matches!(kind, Kind::Text | Kind::Day) { "" } else { "#" };
        format!("{sign}{}", if visit.language == Language::Korean { korean } else { english })
    };
    let names: Vec<String> = report.columns.iter().map(name).collect();
    let columns: Vec<&str> = names.iter().map(String::as_str).collect();
    let row =
        |row: &Map<String, Value>| report.columns.iter().map(|column| cell(visit, row, column)).collect::<Vec<Cell>>();
    Table::of(visit, title, &columns).rows(sheet.rows.iter().map(row))
}

/// The values of a report, as a chart draws them.
pub fn bars(visit: &Visit, report: &Report, sheet: &Sheet, name: &str, value: &str) -> Vec<Bar> {
    let column = |wanted: &str| report.columns.iter().find(|(known, ..)| *known == wanted);
    let bar = |row: &Map<String, Value>| {
        let (named, valued) = (column(name)?, column(value)?);
        let name = match named.1 {
            // the hour of a day
            Kind::Number => format!("{:02}:00", row.get(name)?.as_i64()?),
            _ => cell(visit, row, named).text,
        };
        Some(Bar { name, value: row.get(value)?.as_i64()?, shown: cell(visit, row, valued).text, before: None })
    };
    sheet.rows.iter().filter_map(bar).collect()
}

/// The page with the drawing of its report.
fn drawn(visit: &Visit, page: Page, report: &Report, sheet: &Sheet) -> kernel::Result<Page> {
    let title = |value: &str| {
        let column = report.columns.iter().find(|(known, ..)| *known == value);
        column.map(|(_, _, english, korean)| if visit.language == Language::Korean { *korean } else { *english })
    };
    match report.drawing {
        Drawing::Nothing => Ok(page),
        Drawing::Columns(name, value) => {
            let bars = bars(visit, report, sheet, name, value);
            let sum = visit.money(bars.iter().map(|bar| bar.value).sum());
            let summary = fill(ReportTexts::of(visit.language).sum, sum);
            page.with_some(Columns::of(title(value).unwrap_or_default(), summary, &bars))
        }
        Drawing::Bars(name, value) => {
            let bars = bars(visit, report, sheet, name, value);
            page.with_some(Bars::of(title(value).unwrap_or_default(), &bars))
        }
    }
}

/// What the address of a report keeps.
const KEEPS: &[&str] = &["from", "to", "sort"];

async fn page(visit: &Visit, report: &'static Report, path: &str) -> Result<Page, pages::Refused> {
    let t = ReportTexts::of(visit.language);
    let sheet: Sheet = visit.read(&question(visit, report)).await?;
    let days = vec![Field::day(t.from, "from", sheet.from.clone()), Field::day(t.to, "to", sheet.to.clone())];
    let file = format!("{path}/table.csv");
    let file = List::of(&file, &["from", "to"], &visit.query).link(&[]);
    let page = Page::of(report.title(visit.language))
        .lead(fill(&fill(t.days, visit.show().civil_day(&sheet.from)), visit.show().civil_day(&sheet.to)));
    let page = page.action(file, t.csv).with(&Filter::of(visit, path, days))?;
    let page = drawn(visit, page, report, &sheet)?;
    let list = List::of(path, KEEPS, &visit.query);
    // on one page, as the chart above it
    Ok(page.with(&table(visit, "", report, &sheet).sorted(&list))?)
}

/// `GET /console/reports/{name}`
pub async fn report(web::Path(name): web::Path<String>, visit: Visit) -> PageResult {
    let report = find(&name)?;
    let path = format!("/console/reports/{name}");
    visit.page(page(&visit, report, &path).await?)
}

/// `GET /console/reports/{name}/table.csv`
pub async fn report_file(web::Path(name): web::Path<String>, visit: Visit) -> PageResult {
    visit.read_as(&question(&visit, find(&name)?), "text/csv").await
}

/// `GET /console/settlement`
pub async fn settlement(visit: Visit) -> PageResult {
    let page = page(&visit, &SETTLEMENT, "/console/settlement").await?;
    let differences: Sheet = visit.read(&question(&visit, &DIFFERENCES)).await?;
    let title = DIFFERENCES.title(visit.language);
    let list = List::part("/console/settlement", "differences", &visit.query).keeping(KEEPS);
    visit.page(page.with(&table(&visit, title, &DIFFERENCES, &differences).whole(&list))?)
}

/// `GET /console/settlement/table.csv`
pub async fn settlement_file(visit: Visit) -> PageResult {
    visit.read_as(&question(&visit, &SETTLEMENT), "text/csv").await
}

/// `GET /console/exports/{what}`
pub async fn export(web::Path(what): web::Path<String>, visit: Visit) -> PageResult {
    let known = EXPORTS.iter().find(|(known, _)| *known == what).ok_or(Code::NotFound)?;
    visit.read_as(&format!("/admin/exports/{}", known.0), "text/csv").await
}

#[cfg(test)]
mod tests {
    #[test]
    fn shares_are_percents() {
        assert_eq!((super::share(1_205), super::share(-5)), ("12.05 %".into(), "−0.05 %".into()));
    }
}
