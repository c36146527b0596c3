//! What an order costs beside its goods, and that money which goes back for parts of it adds up to the won.

use serde_json::{Value, json};
use testkit::{Product, Sender, TestShop, order_of};

/// 3,000 to send something, nothing from 50,000 on, and 3,000 more to Jeju.
const SHIPPING: &[(&str, &str)] = &[
    ("checkout.shipping_fee", "3000"),
    ("checkout.shipping_free_from", "50000"),
    ("checkout.shipping_surcharges", "63000-63644=3000, 40200-40240=5000"),
];

fn to(mut order: Value, zip_code: &str) -> Value {
    order["shippingAddress"]["zipCode"] = json!(zip_code);
    order
}

fn with(mut body: Value, changes: Value) -> Value {
    changes.as_object().expect("members").iter().for_each(|(name, value)| body[name] = value.clone());
    body
}

#[test]
fn sending_costs_a_fee_that_quote_cart_and_order_agree_about() {
    let shop = TestShop::with(1, SHIPPING);
    let mug = shop.product("mug").price(9_000).save();
    let buyer = shop.buyer();
    let cart = buyer.fills_cart(&mug, 2).must("200");
    let shown = (cart.number("/totalAmount"), cart.number("/shippingFee"), cart.number("/finalAmount"));
    assert_eq!(shown, (18_000, 3_000, 21_000));
    for (zip_code, units, fee) in [("04524", 2, 3_000), ("63000", 2, 6_000), ("04524", 6, 0), ("402-20", 6, 5_000)] {
        let body = to(order_of(&[(&mug, units)]), zip_code);
        let quote = buyer.post("/orders/quote", body.clone()).must("200");
        let payable = units * 9_000 + fee;
        assert_eq!((quote.number("/shippingFee"), quote.number("/payable")), (fee, payable), "{zip_code}");
        buyer.post("/orders", with(body.clone(), json!({"expectedAmount": units * 9_000 - 1}))).must("409 S210");
        let order = buyer.post("/orders", with(body, json!({"expectedAmount": payable}))).must("201");
        assert_eq!((order.number("/shippingFee"), order.number("/finalAmount")), (fee, payable), "{zip_code}");
        assert_eq!(order.number("/tax"), (payable * 2 + 11) / 22, "a tenth of what it costs without tax");
    }
    let nothing = shop.buyer().get("/cart").must("200");
    assert_eq!((nothing.number("/shippingFee"), nothing.number("/finalAmount")), (0, 0));
}

#[test]
fn an_order_does_not_move_to_where_sending_costs_more() {
    let shop = TestShop::with(1, SHIPPING);
    let mug = shop.product("mug").price(9_000).save();
    let buyer = shop.buyer();
    let order = buyer.post("/orders", to(order_of(&[(&mug, 1)]), "63100")).must("201").word("/orderNumber");
    let moves = |zip_code: &str| {
        let address = to(json!({"shippingAddress": testkit::address()}), zip_code)["shippingAddress"].clone();
        buyer.put(format!("/orders/{order}/address"), address)
    };
    moves("40200").must("400 S211");
    moves("63200").must("200");
    moves("04524").must("200");
    moves("63200").must("400 S211");
}

#[test]
fn a_far_place_cannot_be_written_so_that_it_costs_no_more() {
    let shop = TestShop::with(1, SHIPPING);
    let mug = shop.product("mug").price(9_000).stock(500).save();
    let buyer = shop.buyer();
    let body = |zip_code: &str| to(order_of(&[(&mug, 1)]), zip_code);
    for spelled in ["63100", "６３１００", "63１00", "631\u{200B}00", "631 00", "631–00", "　63100　"] {
        let quote = buyer.post("/orders/quote", body(spelled)).must("200");
        assert_eq!(quote.number("/shippingFee"), 6_000, "{spelled}");
        let order = buyer.post("/orders", body(spelled)).must("201");
        assert_eq!(order.number("/shippingFee"), 6_000, "{spelled}");
        let zip_code = order.word("/shippingAddress/zipCode");
        assert!(zip_code.is_ascii(), "{zip_code}");
    }
    let order = buyer.post("/orders", body("04524")).must("201").word("/orderNumber");
    for wrong in ["063100", "63100 1", "6310", "abc", "63100-1234"] {
        let refused = buyer.post("/orders", body(wrong)).must("400 S211");
        assert_eq!(refused.json()["error"]["details"][0]["field"], "shippingAddress.zipCode", "{wrong}");
        let quote = buyer.post("/orders/quote", body(wrong)).must("200");
        assert!(quote.text().contains("S211"), "{}", quote.text());
        let address = body(wrong)["shippingAddress"].clone();
        let moved = buyer.put(format!("/orders/{order}/address"), address).must("400 S211");
        assert_eq!(moved.json()["error"]["details"][0]["field"], "zipCode", "{wrong}");
    }
    let mut spoken = body("04524");
    spoken["shippingAddress"]["receiverPhone"] = json!("abc");
    buyer.post("/orders", spoken.clone()).must("400 S211");
    buyer.put(format!("/orders/{order}/address"), spoken["shippingAddress"].clone()).must("400 S211");

    // a file says what a spreadsheet did
    let head = "channel,channelOrderNumber,sku,quantity,receiverName,receiverPhone,zipCode,address1";
    let row = |number: u32, phone: &str, zip: &str| format!("Market,{number},{},1,Kim,{phone},{zip},Street 1", mug.sku);
    let rows =
        [row(1, "010-1", "4524"), row(2, "abc", "04524"), row(3, "010-1", "６３１００"), row(4, "010-1", "063100")];
    let file = format!("{head}\n{}\n", rows.join("\n"));
    let send = || {
        let by = shop.admin().with("content-type", "text/csv");
        by.send("POST", "/admin/orders/bulk", Some(file.clone().into_bytes())).must("200")
    };
    let report = send();
    assert_eq!((report.number("/placed"), report.number("/refusedRows")), (1, 3), "{}", report.text());
    assert!(report.word("/refused/0/reason").contains("which a spreadsheet drops"), "{}", report.text());
    assert_eq!(send().number("/known"), 1);

    // a shop without surcharges sends anywhere
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(9).save();
    for abroad in ["SW1A 1AA", "K1A 0B1", "10001-1234", "4524"] {
        let order = shop.buyer().post("/orders", to(order_of(&[(&mug, 1)]), abroad)).must("201");
        assert_eq!(order.word("/shippingAddress/zipCode"), abroad);
    }
}

#[test]
fn tax_is_in_the_price_of_what_is_not_free_of_it() {
    let shop = TestShop::with(1, &[("checkout.tax_rate", "2000")]);
    let book = shop.product("book").price(12_000).with("taxFree", json!(true)).save();
    let mug = shop.product("mug").price(12_000).save();
    let shown = shop.anonymous().get(format!("/products/{}", book.id)).must("200");
    assert_eq!(shown.data()["taxFree"], json!(true));
    let order = shop.buyer().orders_all(&[(&book, 1), (&mug, 2)]).must("201");
    assert_eq!((order.number("/finalAmount"), order.number("/tax")), (36_000, 4_000));
    assert_eq!(
        (&order.data()["items"][0]["taxFree"], &order.data()["items"][1]["taxFree"]),
        (&json!(true), &json!(false))
    );
}

/// An order of 1,000 × 3, 333 × 2 and a gift, less a coupon of 1,000 for the first line, sent for 3,000: its number and payment.
fn mixed(shop: &TestShop, buyer: &Sender, goods: &[Product; 3], coupon: i64) -> (String, String) {
    let mine = buyer.post(format!("/coupons/{coupon}/issue"), json!({})).must("201").number("/id");
    let lines = [(&goods[0], 3), (&goods[1], 2), (&goods[2], 1)];
    let order = buyer.post("/orders", with(order_of(&lines), json!({"userCouponId": mine}))).must("201");
    assert_eq!((order.number("/discountAmount"), order.number("/finalAmount")), (1_000, 5_667));
    let order = order.word("/orderNumber");
    let payment = buyer.pays(&order, "approve").must("201").word("/paymentNumber");
    shop.settle();
    (order, payment)
}

#[test]
fn whatever_goes_back_in_whatever_order_adds_up_to_what_was_paid() {
    let shop = TestShop::with(1, &[("checkout.shipping_fee", "3000")]);
    let goods = [("mug", 1_000), ("pen", 333), ("pin", 1)].map(|(name, price)| shop.product(name).price(price).save());
    let coupon = json!({
        "code": "MUGS", "name": "Mugs", "discountType": "FIXED", "discountValue": 1_000, "totalQuantity": 10,
        "productIds": [goods[0].id], "startsAt": "2020-01-01T00:00:00Z", "expiresAt": "2100-01-01T00:00:00Z",
    });
    let coupon = shop.admin().post("/admin/coupons", coupon).must("201").number("/id");
    let line = |id: i64, quantity: i64| json!({"id": id, "quantity": quantity});
    // by lines, by amount, and mixed; what each gives back
    let ways: [Vec<(Value, i64)>; 4] = [
        vec![
            (json!({"lines": [line(1, 1)]}), 666),
            (json!({"lines": [line(2, 1)]}), 333),
            (json!({"lines": [line(1, 2), line(2, 1)]}), 1_667),
            (json!({"lines": [line(3, 1)]}), 3_001),
        ],
        vec![(json!({"amount": 5_000}), 5_000), (json!({"lines": [line(1, 3), line(2, 2), line(3, 1)]}), 667)],
        vec![
            (json!({"lines": [line(1, 2)]}), 1_333),
            (json!({"amount": 1_000}), 1_000),
            (json!({"lines": [line(2, 2)], "amount": 100}), 100),
            (json!({}), 3_234),
        ],
        vec![(json!({"lines": [line(1, 3), line(2, 2), line(3, 1)]}), 5_667)],
    ];
    for way in ways {
        let buyer = shop.buyer();
        let (order, payment) = mixed(&shop, &buyer, &goods, coupon);
        for (wanted, gives_back) in &way {
            let refund = with(wanted.clone(), json!({"reason": "broken"}));
            shop.admin().post(format!("/payments/{payment}/refund"), refund).must("200");
            assert_eq!(shop.refunds_of(&order).last(), Some(gives_back), "{wanted}");
        }
        assert_eq!(shop.refunds_of(&order).iter().sum::<i64>(), 5_667, "{way:?}");
        shop.settle();
        let seen = buyer.sees(&order).must("200");
        assert_eq!(seen.word("/status"), "REFUNDED");
        let lines = seen.data()["refundedLines"].as_array().expect("lines").clone();
        let units: i64 = lines.iter().map(|line| line["quantity"].as_i64().expect("units")).sum();
        assert_eq!(units, 6, "{lines:?}");
        let refund = json!({"amount": 1, "reason": "more"});
        shop.admin().post(format!("/payments/{payment}/refund"), refund).must("400 S306");
    }
}
