//! The figures of the day, as the shop's people see them in reports.

use super::claims::Claims;
use super::day::{Good, People, everything_received, received};
use serde_json::Value;

/// The day of an order's number as reports name it: `ORD-20260206-…` is of `2026-02-06`.
fn day_of(order: &str) -> Option<String> {
    let day = order.split('-').nth(1).filter(|day| day.len() == 8 && day.is_ascii())?;
    Some(format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]))
}

fn sum(rows: &Value, name: &str) -> i64 {
    rows.as_array().into_iter().flatten().filter_map(|row| row[name].as_i64()).sum()
}

/// The admin reads the reports of the day on which `order` was placed, in which some of `good` were sold.
pub(super) async fn play(claims: &mut Claims, people: &People, order: &str, good: &Good) -> Option<()> {
    claims.act("The figures of the day");
    let events = everything_received(people).await;
    claims.claim(received(&events), "the read models have processed every event", events.brief());
    let day = day_of(order)?;
    let report = async |name: &str| people.admin.get(&format!("/admin/reports/{name}?from={day}&to={day}")).await;
    let sales = report("daily-sales").await;
    let of = |name: &str| sum(sales.at("/rows"), name);
    let (paid, units, revenue) = (of("completedOrders"), of("units"), of("totalRevenue"));
    let adds_up = paid > 0 && revenue == of("grossRevenue") - of("refundedAmount");
    claims.claim(adds_up, format!("{paid} orders were paid, {units} units; {revenue} won stay"), sales.brief());
    let hours = report("hours").await;
    let same = sum(hours.at("/rows"), "completedOrders") == paid;
    claims.claim(same, "the hours of the day add up to the same orders", hours.brief());
    let goods = report("top-products").await;
    let rows = goods.at("/rows").as_array().map_or(&[][..], Vec::as_slice);
    let is_there = rows.iter().any(|row| row["productName"] == good.name.as_str());
    claims.claim(is_there, format!("{} is among what was sold", good.name), goods.brief());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_in_the_number_of_an_order() {
        assert_eq!(day_of("ORD-20260206-AAAAAAAA"), Some("2026-02-06".to_owned()));
        assert_eq!((day_of(""), day_of("ORD-x")), (None, None));
    }
}
