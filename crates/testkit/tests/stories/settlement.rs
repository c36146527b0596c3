//! Settlement: the money of each day, with fees, beside the gateway's own records.

use kernel::Money;
use ports::{Gateway, gateway::ChargeRequest};
use serde_json::{Value, json};
use std::time::Duration;
use testkit::TestShop;

#[test]
fn money_counts_for_the_day_on_which_it_moved_and_what_only_one_side_knows_is_named() {
    let shop = TestShop::with(1, &[("report.gateway_fee", "250")]);
    let mug = shop.product("mug").price(9_000).stock(20).save();
    let buyer = shop.buyer();
    let pays = |units| {
        let order = buyer.orders(&mug, units).must("201").word("/orderNumber");
        (buyer.pays(&order, "approve").must("201").word("/paymentNumber"), order)
    };
    let (payment, _) = pays(2);
    pays(1);
    shop.settle();
    // the next day in Seoul
    shop.turn(Duration::from_secs(20 * 3_600));
    let refund = json!({"amount": 4_000, "reason": "chipped"});
    shop.admin().post(format!("/payments/{payment}/refund"), refund).must("200");
    let (_, order) = pays(1);
    shop.settle();

    let admin = shop.admin();
    let rows = |query: &str| {
        let report = admin.get(format!("/admin/reports/settlement{query}")).must("200");
        report.data()["rows"].as_array().expect("rows").clone()
    };
    let found = rows("?from=2026-02-06&to=2026-02-07");
    let brief = |row: &Value| {
        [
            "grossAmount",
            "refundAmount",
            "gatewayFee",
            "platformFee",
            "netAmount",
            "gatewayGrossAmount",
            "gatewayRefundAmount",
        ]
        .map(|name| row[name].as_i64().expect("a number"))
    };
    // 2.5 % of 27,000 is 675; of the 5,000 that the second day kept it is 125
    assert_eq!(brief(&found[0]), [27_000, 0, 675, 270, 26_055, 27_000, 0]);
    assert_eq!(brief(&found[1]), [9_000, 4_000, 125, 50, 4_825, 9_000, 4_000]);
    let differences = |query: &str| {
        let report = admin.get(format!("/admin/reports/settlement/differences{query}")).must("200");
        report.data()["rows"].as_array().expect("rows").clone()
    };
    let days = "?from=2026-02-06&to=2026-02-07";
    assert_eq!(differences(days), Vec::<Value>::new());

    let request = ChargeRequest {
        key: format!("elsewhere/{order}"),
        order: order.parse().expect("a reference"),
        amount: Money::minor(5_000),
        method: "CREDIT_CARD".to_owned(),
        payment_key: Some("approve".to_owned()),
    };
    shop.wait(shop.gateway().charge(&request));
    shop.expect_difference_with_gateway(&order);
    shop.write(|tx| tx.exec("update payments set captured = captured - 1, amount = amount - 1 where id = 1", &[]))
        .expect("a damage");
    let named = differences(days);
    let amounts = |row: &Value| (row["shopAmount"].clone(), row["gatewayAmount"].clone());
    assert_eq!(
        named.iter().map(amounts).collect::<Vec<_>>(),
        [(json!(17_999), json!(18_000)), (Value::Null, json!(5_000))]
    );
    assert_eq!((&named[1]["movement"], &named[1]["reference"]), (&json!("CAPTURED"), &json!(order)));
    shop.write(|tx| tx.exec("update payments set captured = captured + 1, amount = amount + 1 where id = 1", &[]))
        .expect("a repair");
    let table = admin.with("accept", "text/csv").get(format!("/admin/reports/settlement{days}")).must("200").text();
    assert!(table.contains("2026-02-07,GATEWAY,1,9000,0,0,9000,1,4000,125,50,4825,14000,4000"), "{table}");
    admin.get("/admin/reports/settlement?from=2025-01-01&to=2026-02-07").must("400 C002");
}
