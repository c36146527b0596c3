//! The dashboard: what needs somebody, what sells, what is low. Each part loads by itself, so that the page waits for none of them.

use crate::{
    deals_page::{self, Deal},
    orders_page,
    page::Page,
    report_list::REPORTS,
    reports_page::{self, Sheet},
    table::{Cell, Paged, Table},
    visit::Visit,
};
use askama::Template;
use kernel::Code;
use pages::{PageResult, Refused, texts};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// Rows of a part.
const ROWS: usize = 8;
const WEEK: Duration = Duration::from_secs(7 * 86_400);

texts! {
    /// The texts of the dashboard.
    DashboardTexts {
        title: "Dashboard", "대시보드";
        sales: "Sales", "매출";
        today: "Today", "오늘";
        week_ago: "A week ago", "일주일 전";
        day: "Day", "날짜";
        orders: "Orders", "주문";
        units: "Units", "수량";
        revenue: "Revenue", "매출액";
        work: "What needs somebody", "처리할 일";
        to_ship: "Paid orders to ship", "발송할 주문";
        to_pay: "Orders that wait for payment", "결제 대기 주문";
        stuck: "Stuck sagas", "실패한 사가";
        letters: "Dead letters", "처리 실패 이벤트";
        latest: "Latest orders", "최근 주문";
        low: "Low stock", "재고 부족 상품";
        deals: "Running deals", "진행 중인 타임딜";
        products: "What sells most", "인기 상품";
    }
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Parts {
    parts: Vec<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "tiles.html")]
struct Tiles {
    title: &'static str,
    tiles: Vec<(&'static str, &'static str, String)>,
}

/// Only how many there are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    total_elements: i64,
}

#[derive(Debug, Deserialize)]
struct Letters {
    // the API has called the member so since its first release
    #[serde(rename = "parked")]
    letters: Count,
}

/// `GET /console`
pub async fn dashboard(visit: Visit) -> PageResult {
    visit.seller()?;
    let t = DashboardTexts::of(visit.language);
    let of_admins = [("work", t.work), ("sales", t.sales), ("orders", t.latest)];
    let of_sellers = [("products", t.products), ("stock", t.low), ("deals", t.deals)];
    let parts = of_admins.into_iter().filter(|_| visit.is_admin()).chain(of_sellers).collect();
    visit.page(Page::of(t.title).with(&Parts { parts })?)
}

/// `GET /console/parts/{name}`
pub async fn part(web::Path(name): web::Path<String>, visit: Visit) -> PageResult {
    let t = DashboardTexts::of(visit.language);
    match name.as_str() {
        "work" => visit.page(Page::of(t.work).with(&work(&visit).await?)?),
        "sales" => visit.page(Page::of(t.sales).with(&sales(&visit).await?)?),
        "orders" => visit.page(Page::of(t.latest).with(&orders(&visit).await?)?),
        "products" => visit.page(Page::of(t.products).with(&report(&visit, "top-products", t.products, "").await?)?),
        "stock" => visit.page(Page::of(t.low).with(&report(&visit, "stock", t.low, "&lowOnly=true").await?)?),
        "deals" => visit.page(Page::of(t.deals).with(&deals(&visit).await?)?),
        _ => Err(Code::NotFound.into()),
    }
}

async fn work(visit: &Visit) -> Result<Tiles, Refused> {
    let t = DashboardTexts::of(visit.language);
    let to_ship: Count = visit.read("/admin/orders?status=PAID&size=1").await?;
    let to_pay: Count = visit.read("/admin/orders?status=CONFIRMED&size=1").await?;
    let stuck: Count = visit.read("/admin/sagas?status=COMPENSATION_FAILED&size=1").await?;
    let letters: Letters = visit.read("/admin/events?size=1").await?;
    let tiles = [
        ("/console/orders?status=PAID", t.to_ship, to_ship.total_elements),
        ("/console/orders?status=CONFIRMED", t.to_pay, to_pay.total_elements),
        ("/console/sagas?status=COMPENSATION_FAILED", t.stuck, stuck.total_elements),
        ("/console/events", t.letters, letters.letters.total_elements),
    ];
    let show = visit.show();
    Ok(Tiles { title: t.work, tiles: tiles.map(|(href, name, count)| (href, name, show.count(count))).to_vec() })
}

/// Sales of today beside those of the same day a week ago.
async fn sales(visit: &Visit) -> Result<Table, Refused> {
    let (t, show) = (DashboardTexts::of(visit.language), visit.show());
    let (zone, now) = (&visit.console.app.shop.zone, visit.console.app.now());
    let (today, before) = (zone.day(now), zone.day(now.before(WEEK)));
    let found: Sheet = visit.read(&format!("/admin/reports/daily-sales?from={before}&to={today}")).await?;
    let row = |name: &str, day: &str| {
        let sold = found.rows.iter().find(|row| row.get("from").and_then(Value::as_str) == Some(day));
        let number = |member: &str| number(sold, member);
        vec![
            Cell::text(name),
            Cell::text(show.civil_day(day)),
            Cell::number(show.count(number("totalOrders")), number("totalOrders")),
            Cell::number(show.count(number("units")), number("units")),
            Cell::number(visit.money(number("totalRevenue")), number("totalRevenue")),
        ]
    };
    let [orders, units, revenue] = [t.orders, t.units, t.revenue].map(|name| format!("#{name}"));
    let rows = [row(t.today, &today), row(t.week_ago, &before)];
    Ok(Table::of(visit, t.sales, &["", t.day, &orders, &units, &revenue]).rows(rows))
}

/// A number of a row; 0 for a day on which nothing was sold.
fn number(row: Option<&Map<String, Value>>, member: &str) -> i64 {
    row.and_then(|row| row.get(member)).and_then(Value::as_i64).unwrap_or_default()
}

async fn orders(visit: &Visit) -> Result<Table, Refused> {
    let found: Paged<orders_page::Row> = visit.read(&format!("/admin/orders?size={ROWS}")).await?;
    Ok(orders_page::table(visit, DashboardTexts::of(visit.language).latest, &found.content))
}

async fn report(visit: &Visit, name: &str, title: &str, more: &str) -> Result<Table, Refused> {
    let report = REPORTS.iter().find(|report| report.name == name).ok_or(Code::NotFound)?;
    let found: Sheet = visit.read(&format!("/admin/reports/{name}?limit={ROWS}{more}")).await?;
    Ok(reports_page::table(visit, title, report, &found))
}

async fn deals(visit: &Visit) -> Result<Table, Refused> {
    let found: Paged<Deal> = visit.read(&format!("/admin/time-deals?status=ACTIVE&size={ROWS}")).await?;
    Ok(deals_page::table(visit, DashboardTexts::of(visit.language).deals, &found.content))
}
