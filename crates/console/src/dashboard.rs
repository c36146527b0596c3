//! The dashboard: what needs somebody, what sells, what is low. Each part loads by itself, so that the page waits for none of them.

use crate::{
    chart::{Bar, Columns},
    deals_page::{self, Deal},
    orders_page,
    page::Page,
    queues_page,
    report_list::{REPORTS, Report},
    reports_page::{self, Sheet},
    table::{Cell, Paged, Table},
    visit::Visit,
};
use askama::Template;
use kernel::{Code, Timestamp};
use pages::{Html, PageResult, Refused, texts, words::fill};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::time::Duration;

/// Rows of a part.
const ROWS: usize = 8;
const DAY: Duration = Duration::from_secs(86_400);
const WEEK: Duration = Duration::from_secs(7 * 86_400);
/// Days in the chart of sales; each is compared with the same day of the week before.
const DAYS_SHOWN: u32 = 14;
/// Minutes in the chart of orders.
const MINUTES_SHOWN: u32 = 30;

texts! {
    /// The texts of the dashboard.
    DashboardTexts {
        title: "Dashboard", "대시보드";
        sales: "Sales", "매출";
        today: "Today", "오늘";
        week_ago: "A week ago", "일주일 전";
        orders: "Orders", "주문";
        units: "Units", "수량";
        revenue: "Revenue", "매출액";
        work: "What needs somebody", "처리할 일";
        to_ship: "Paid orders to ship", "발송할 주문";
        to_pay: "Orders that wait for payment", "결제 대기 주문";
        to_decide: "Returns to decide", "승인할 반품";
        stuck: "Stuck sagas", "실패한 사가";
        letters: "Dead letters", "처리 실패 이벤트";
        latest: "Latest orders", "최근 주문";
        low: "Low stock", "재고 부족 상품";
        deals: "Running deals", "진행 중인 타임딜";
        queues: "Running queues", "운영 중인 대기열";
        products: "What sells most", "인기 상품";
        which: "Day", "구분";
        date: "Date", "날짜";
        revenue_days: "Revenue, day by day", "일별 매출액";
        compared: "Today {}. The marks show the same day a week before.", "오늘 {}. 표시선은 일주일 전 같은 요일입니다.";
        minutes: "Orders a minute", "분당 주문";
        last_minute: "{} in the last minute", "최근 1분 동안 {}건";
        more_than: "more than {} in the last minute", "최근 1분 동안 {}건 이상";
        quiet: "No order in the last half hour.", "최근 30분 동안 주문이 없습니다.";
        feed: "Now", "실시간";
        feed_empty: "What happens to orders appears here.", "주문에 일어나는 일이 여기에 나타납니다.";
        placed: "placed", "주문";
        paid: "paid", "결제 완료";
        cancelled: "cancelled", "취소";
        declined: "payment declined", "결제 거절";
        moved: "parcel moved", "배송 변경";
    }
}

/// A part that loads by itself.
struct Part {
    name: &'static str,
    title: &'static str,
    /// After how many seconds a browser asks again.
    every: u32,
    /// Whether it also asks when something happens to an order.
    follows: bool,
}

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Parts {
    parts: Vec<Part>,
    feed: Option<Html>,
}

/// What happens to orders, as it happens. Without scripts nothing of it is there.
#[derive(Template)]
#[template(path = "feed.html")]
struct Feed {
    t: &'static DashboardTexts,
    currency: &'static str,
    digits: u8,
}

#[derive(Template)]
#[template(path = "tiles.html")]
struct Tiles {
    title: &'static str,
    tiles: Vec<(&'static str, &'static str, String)>,
    /// The sentence in place of them when there are none.
    empty: &'static str,
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
    let part = |name, title, every, follows| Part { name, title, every, follows };
    let of_admins = [
        part("work", t.work, 30, true),
        part("minutes", t.minutes, 10, false),
        part("sales", t.sales, 60, false),
        part("orders", t.latest, 60, true),
        part("queues", t.queues, 5, false),
    ];
    let of_sellers =
        [part("products", t.products, 300, false), part("stock", t.low, 120, false), part("deals", t.deals, 30, false)];
    let parts = of_admins.into_iter().filter(|_| visit.is_admin()).chain(of_sellers).collect();
    let currency = visit.console.app.shop.currency;
    let feed = visit.is_admin().then(|| Feed { t, currency: currency.code(), digits: currency.minor_digits() });
    let feed = feed.map(|feed| Html::of(&feed)).transpose()?;
    visit.page(Page::of(t.title).with(&Parts { parts, feed })?)
}

/// `GET /console/orders/stream`: the API's stream of all orders, opened by the session's cookie.
pub async fn stream(visit: Visit) -> PageResult {
    visit.admin()?;
    visit.read_as("/admin/orders/stream", "text/event-stream").await
}

/// `GET /console/parts/{name}`
pub async fn part(web::Path(name): web::Path<String>, visit: Visit) -> PageResult {
    let t = DashboardTexts::of(visit.language);
    match name.as_str() {
        "work" => visit.page(Page::of(t.work).with(&work(&visit).await?)?),
        "minutes" => minutes(&visit).await,
        "sales" => sales(&visit).await,
        "orders" => visit.page(Page::of(t.latest).with(&orders(&visit).await?)?),
        "queues" => {
            let running = queues_page::running(&visit, t.queues).await?;
            visit.page(Page::of(t.queues).with(&running.part(&visit, &place("queues"), "queues"))?)
        }
        "products" => {
            let sold = report(&visit, "top-products", t.products, "").await?;
            visit.page(Page::of(t.products).with(&sold.part(&visit, &place("products"), "products"))?)
        }
        "stock" => {
            let low = report(&visit, "stock", t.low, "&lowOnly=true").await?;
            visit.page(Page::of(t.low).with(&low.part(&visit, &place("stock"), "stock"))?)
        }
        "deals" => visit.page(Page::of(t.deals).with(&deals(&visit).await?)?),
        _ => Err(Code::NotFound.into()),
    }
}

/// Where a part is a page of its own. There its table is sorted.
fn place(name: &str) -> String {
    format!("/console/parts/{name}")
}

async fn work(visit: &Visit) -> Result<Tiles, Refused> {
    let t = DashboardTexts::of(visit.language);
    let to_ship: Count = visit.read("/admin/orders?status=PAID&size=1").await?;
    let to_pay: Count = visit.read("/admin/orders?status=CONFIRMED&size=1").await?;
    let returns: Count = visit.read("/admin/returns?status=REQUESTED&size=1").await?;
    let stuck: Count = visit.read("/admin/sagas?status=COMPENSATION_FAILED&size=1").await?;
    let letters: Letters = visit.read("/admin/events?size=1").await?;
    let tiles = [
        ("/console/orders?status=PAID", t.to_ship, to_ship.total_elements),
        ("/console/orders?status=CONFIRMED", t.to_pay, to_pay.total_elements),
        ("/console/returns?status=REQUESTED", t.to_decide, returns.total_elements),
        ("/console/sagas?status=COMPENSATION_FAILED", t.stuck, stuck.total_elements),
        ("/console/events", t.letters, letters.letters.total_elements),
    ];
    let show = visit.show();
    let tiles = tiles.map(|(href, name, count)| (href, name, show.count(count))).to_vec();
    Ok(Tiles { title: t.work, tiles, empty: "" })
}

/// Orders of the last minutes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Minute {
    from: Timestamp,
    orders: i64,
    is_exact: bool,
}

async fn minutes(visit: &Visit) -> PageResult {
    let (t, show) = (DashboardTexts::of(visit.language), visit.show());
    let minutes: Vec<Minute> = visit.read(&format!("/admin/orders/minutes?count={MINUTES_SHOWN}")).await?;
    let bar = |minute: &Minute| Bar {
        name: show.moment(minute.from),
        value: minute.orders,
        shown: show.count(minute.orders),
        before: None,
    };
    let bars: Vec<Bar> = minutes.iter().map(bar).collect();
    let last = minutes.last().map_or((0, true), |minute| (minute.orders, minute.is_exact));
    let summary = fill(if last.1 { t.last_minute } else { t.more_than }, show.count(last.0));
    let page = Page::of(t.minutes);
    match Columns::of(t.minutes, summary, &bars) {
        Some(chart) => visit.page(page.with(&chart)?),
        None => visit.page(page.with(&Tiles { title: t.minutes, tiles: Vec::new(), empty: t.quiet })?),
    }
}

/// Sales of today beside those of the same day a week ago, and of the days before.
async fn sales(visit: &Visit) -> PageResult {
    let (t, show) = (DashboardTexts::of(visit.language), visit.show());
    let (zone, now) = (&visit.console.app.shop.zone, visit.console.app.now());
    let (today, before) = (zone.day(now), zone.day(now.before(WEEK)));
    let from = zone.day(now.before(DAY * (DAYS_SHOWN - 1) + WEEK));
    let found: Sheet = visit.read(&format!("/admin/reports/daily-sales?from={from}&to={today}")).await?;
    let row = |name: &str, day: &str| {
        let sold = found.rows.iter().find(|row| row.get("from").and_then(Value::as_str) == Some(day));
        let number = |member: &str| number(sold, member);
        vec![
            Cell::text(name),
            Cell::day(&show, day),
            Cell::number(show.count(number("totalOrders")), number("totalOrders")),
            Cell::number(show.count(number("units")), number("units")),
            Cell::number(visit.money(number("totalRevenue")), number("totalRevenue")),
        ]
    };
    let [orders, units, revenue] = [t.orders, t.units, t.revenue].map(|name| format!("#{name}"));
    let rows = [row(t.today, &today), row(t.week_ago, &before)];
    let table = Table::of(visit, t.sales, &[t.which, t.date, &orders, &units, &revenue]).rows(rows);
    let table = table.part(visit, &place("sales"), "sales");
    visit.page(Page::of(t.sales).with(&table)?.with_some(days(visit, &found)?)?)
}

/// The revenue of the last days, each beside that of a week before.
fn days(visit: &Visit, found: &Sheet) -> Result<Option<Columns>, Refused> {
    let t = DashboardTexts::of(visit.language);
    let all = reports_page::bars(visit, named("daily-sales")?, found, "from", "totalRevenue");
    let bars = all.iter().zip(all.iter().skip(7)).map(|(before, bar)| {
        let before = Some((before.value, before.shown.clone()));
        Bar { before, ..bar.clone() }
    });
    let bars: Vec<Bar> = bars.collect();
    let today = bars.last().map(|bar| bar.shown.clone()).unwrap_or_default();
    Ok(Columns::of(t.revenue_days, fill(t.compared, today), &bars))
}

fn named(name: &str) -> Result<&'static Report, Refused> {
    REPORTS.iter().find(|report| report.name == name).ok_or_else(|| Code::NotFound.into())
}

/// A number of a row; 0 for a day on which nothing was sold.
fn number(row: Option<&Map<String, Value>>, member: &str) -> i64 {
    row.and_then(|row| row.get(member)).and_then(Value::as_i64).unwrap_or_default()
}

async fn orders(visit: &Visit) -> Result<Table, Refused> {
    let found: Paged<orders_page::Row> = visit.read(&format!("/admin/orders?size={ROWS}")).await?;
    let table = orders_page::table(visit, DashboardTexts::of(visit.language).latest, &found.content);
    Ok(table.part(visit, &place("orders"), "orders"))
}

async fn report(visit: &Visit, name: &str, title: &str, more: &str) -> Result<Table, Refused> {
    let report = named(name)?;
    let found: Sheet = visit.read(&format!("/admin/reports/{name}?limit={ROWS}{more}")).await?;
    Ok(reports_page::table(visit, title, report, &found))
}

async fn deals(visit: &Visit) -> Result<Table, Refused> {
    let found: Paged<Deal> = visit.read(&format!("/admin/time-deals?status=ACTIVE&size={ROWS}")).await?;
    let table = deals_page::table(visit, DashboardTexts::of(visit.language).deals, &found.content);
    Ok(table.part(visit, &place("deals"), "deals"))
}
