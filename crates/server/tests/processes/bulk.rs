//! Kills an import of orders again and again: in the end each order of the file is placed once.

use crate::scenario::{API, Scenario};

/// Orders in the file.
const ORDERS: usize = 40;
/// After so many commits of its own the import dies, each time it begins.
const DIES_AFTER: [usize; 3] = [2, 15, 33];

#[test]
fn a_file_of_orders_is_placed_once_however_often_its_import_dies() {
    let scenario = Scenario::new();
    let head = "channel,channelOrderNumber,sku,quantity,unitPrice,receiverName,receiverPhone,zipCode,address1";
    let row =
        |n: usize| format!("Market,M-{n},THING-{},{},{},Kim,010-1234-5678,04524,Street {n}", n % 5, 1 + n % 3, 500 + n);
    let rows: Vec<String> = (0..ORDERS).map(row).collect();
    std::fs::write(scenario.program.folder().join("orders.csv"), format!("{head}\n{}\n", rows.join("\n")))
        .expect("written");
    let import = ["orders", "import", "orders.csv"];
    for point in ["store.before-commit", "store.after-commit"] {
        for passage in DIES_AFTER {
            let (code, said) = scenario.program.run(&import, Some(&format!("{point}:{passage}")));
            assert_ne!(code, Some(2), "{said}");
        }
    }
    let (code, said) = scenario.program.run(&import, None);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = scenario.program.run(&import, None);
    let wanted = format!("{ORDERS} rows: 0 orders placed, {ORDERS} known, 0 rows refused");
    assert!(code == Some(0) && said.contains(&wanted), "{said}");

    let process = scenario.program.start(None).expect("nothing is armed");
    let mut wire = process.connect().expect("it listens");
    let mut sees =
        |path: &str| wire.send("GET", &format!("{API}{path}"), &scenario.people.admin, "", "").expect("an answer");
    assert_eq!(
        sees("/admin/orders?status=PAID").must("200").number("/totalElements"),
        i64::try_from(ORDERS).expect("few")
    );
    for (n, product) in scenario.products.iter().enumerate() {
        let sold: i64 =
            (0..ORDERS).filter(|order| order % 5 == n).map(|order| 1 + i64::try_from(order % 3).expect("few")).sum();
        let stock = sees(&format!("/inventory/{product}")).must("200");
        assert_eq!(stock.number("/availableQuantity"), 1_000_000 - sold);
    }
    process.kill();
    scenario.close();
}
