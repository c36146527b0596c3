//! Text (docs/RULES.md): what looks the same is the same, and what cannot be seen is blank.

use serde_json::json;
use testkit::{TestShop, address};

const INVISIBLE: &[&str] =
    &["\u{200B}", "\u{3164}", "\u{FEFF}", "\u{2060}", "\u{AD}", "\u{FFA0}", "\u{202E}", "\u{FE0F}"];

#[test]
fn invisible_names_are_blank() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let mug = shop.product("mug").stock(9).save();
    for one in INVISIBLE {
        admin.post("/admin/products", json!({"name": one, "price": 1000})).must("400 C002");
        admin.post("/admin/categories", json!({"name": one})).must("400 C002");
        let mut to = address();
        to["receiverName"] = json!(one);
        let order = json!({"items": [{"productId": mug.id, "quantity": 1}], "shippingAddress": to});
        shop.buyer().post("/orders", order).must("400 S211");
    }
}

#[test]
fn a_line_end_or_a_tab_in_an_address_is_refused() {
    let shop = TestShop::open();
    let mug = shop.product("mug").stock(9).save();
    for field in ["receiverName", "receiverPhone", "zipCode", "address1", "address2"] {
        for end in ["\n", "\t", "\r", "\u{2028}"] {
            let mut to = address();
            to[field] = json!(format!("1{end}2"));
            let order = json!({"items": [{"productId": mug.id, "quantity": 1}], "shippingAddress": to});
            shop.buyer().post("/orders", order).must("400 S211");
        }
    }
}

#[test]
fn both_spellings_of_a_name_are_one() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let made = admin.post(
        "/admin/products",
        json!({"name": "Cafe\u{301} \u{2615}\u{FE0F}", "price": 1000, "sku": "ＣＵＰ\u{200B}-1"}),
    );
    let made = made.must("201");
    assert_eq!((made.word("/name"), made.word("/sku")), ("Café \u{2615}\u{FE0F}".to_owned(), "CUP-1".to_owned()));
    admin.post("/admin/products", json!({"name": "Café \u{2615}\u{FE0F}", "price": 1000})).must("409 S008");
    admin.post("/admin/products", json!({"name": "other", "price": 1000, "sku": "CUP\u{AD}-1"})).must("409 S002");
    admin.post("/admin/categories", json!({"name": "Mugs"})).must("201");
    admin.post("/admin/categories", json!({"name": "ｍｕｇｓ"})).must("409 C019");
}

#[test]
fn an_account_opens_in_either_spelling_of_its_email_and_password() {
    let shop = TestShop::open();
    let visitor = shop.anonymous();
    let new = json!({"email": "Jose\u{301}@example.com", "password": "Cafe\u{301} battery 7", "nickname": "José"});
    visitor.post("/api/v1/users/signup", new).must("201");
    let other = json!({"email": "josé@example.com", "password": "Café battery 7"});
    visitor.post("/api/v1/auth/login", other).must("200");
    let again = json!({"email": "JOSÉ\u{200B}@example.com", "password": "Café battery 7", "nickname": "José"});
    visitor.post("/api/v1/users/signup", again).must("409 A006");
}
