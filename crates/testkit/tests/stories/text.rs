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
fn a_products_name_is_one_in_every_case_and_width() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let made =
        admin.post("/admin/products", json!({"name": "Moon Jar Straße", "price": 1000, "sku": "JAR"})).must("201");
    let (id, named) = (made.number("/id"), |name: &str| json!({"name": name, "price": 1000}));
    for same in ["moon jar strasse", "MOON JAR STRASSE", "Ｍoon Jar Straße", "Moon\u{200B} Jar Straße"] {
        let refused = admin.post("/admin/products", named(same)).must("409 S008");
        assert_eq!(refused.json()["error"]["details"][0]["productId"], id, "{same}");
        let row = format!("sku,name,price\nOTHER,{same},1000\n");
        let csv = admin.with("content-type", "text/csv");
        csv.send("POST", "/admin/products/import?sameNames=refuse", Some(row.into_bytes())).must("400 C002");
    }
    // its own name may be written in another way
    let renamed = json!({"name": "MOON JAR STRASSE", "price": 1000});
    assert_eq!(admin.put(format!("/admin/products/{id}"), renamed).must("200").word("/name"), "MOON JAR STRASSE");
    admin.post("/admin/products", named("Moon Jars")).must("201");
    admin.delete(format!("/admin/products/{id}")).must("200");
    admin.post("/admin/products", named("moon jar straße")).must("201");
}

#[test]
fn a_brand_is_found_in_any_spelling() {
    let shop = TestShop::open();
    let admin = shop.admin();
    for (sku, brand) in [("A", "Café Nº1"), ("B", "CAFE\u{301} Nº1"), ("C", "ｃａｆé no1"), ("D", "Cafe Nº1")] {
        let product = json!({"name": sku, "price": 1000, "sku": sku, "brand": brand, "status": "ACTIVE"});
        admin.post("/admin/products", product).must("201");
    }
    for spelling in ["Caf%C3%A9%20N%C2%BA1", "cafe%CC%81%20no1", "CAF%C3%89%20NO1", "%EF%BD%83af%C3%A9%20n%C2%BA1"] {
        let found = shop.anonymous().get(format!("/products?brand={spelling}")).must("200");
        assert_eq!(found.number("/totalElements"), 3, "{spelling}");
        let found = admin.get(format!("/admin/products?brand={spelling}")).must("200");
        assert_eq!(found.number("/totalElements"), 3, "{spelling}");
    }
    assert_eq!(shop.anonymous().get("/products?brand=Cafe%20no1").must("200").number("/totalElements"), 1);
    assert_eq!(shop.anonymous().get("/products?brand=Caf").must("200").number("/totalElements"), 0);
}

#[test]
fn a_coupons_code_is_one_in_any_spelling() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let coupon = |code: &str| {
        json!({"code": code, "name": "Spring", "discountType": "FIXED", "discountValue": 1000, "totalQuantity": 5,
            "startsAt": "2020-01-01", "expiresAt": "2090-01-01"})
    };
    admin.post("/admin/coupons", coupon("Frühling-1")).must("201");
    for same in ["FRÜHLING-1", "Fru\u{308}hling-1", "ｆrühling-1", "frühling\u{200B}-1"] {
        admin.post("/admin/coupons", coupon(same)).must("409 S607");
    }
}

#[test]
fn the_options_of_variants_are_the_same_in_any_spelling() {
    let shop = TestShop::open();
    let variant = |sku: &str, name: &str, value: &str| json!({"sku": sku, "options": {name: value}});
    for (name, value) in [("size", "grün"), ("ｓize", "GRÜN"), ("Size", "gru\u{308}n"), ("SIZE", "Grün\u{200B}")] {
        let variants = [variant("T-1", "Size", "Grün"), variant("T-2", name, value)];
        let tee = json!({"name": "Tee", "price": 1000, "sku": "TEE", "variants": variants});
        shop.admin().post("/admin/products", tee).must("409 C019");
    }
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

#[test]
fn a_category_is_found_in_any_spelling() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let apparel = admin.post("/admin/categories", json!({"name": "Apparel"})).must("201").number("/id");
    let tops = json!({"name": "Tops é", "parentId": apparel});
    let tops = admin.post("/admin/categories", tops).must("201").number("/id");
    let tee = json!({"name": "Tee", "price": 1000, "sku": "TEE", "status": "ACTIVE", "categoryId": tops});
    admin.post("/admin/products", tee).must("201");
    for spelling in ["Apparel", "apparel", "%EF%BC%A1PPAREL", "APPAREL%20%3E%20tops%20e%CC%81", "tops%20%C3%89"] {
        let found = shop.anonymous().get(format!("/products?category={spelling}")).must("200");
        assert_eq!(found.number("/totalElements"), 1, "{spelling}");
    }
    let found = shop.anonymous().get("/products?category=bottoms").must("200");
    assert_eq!(found.number("/totalElements"), 0);
}

#[test]
fn a_location_has_one_code_in_any_spelling() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let mug = shop.product("mug").stock(5).save();
    let at = |code: &str| {
        let stock = json!({"quantity": 3, "locationCode": code});
        admin.post(format!("/inventory/{}", mug.id), stock)
    };
    at(" busan-2 ").must("201");
    for same in ["BUSAN-2", "Busan-2", "ｂｕｓａｎ-2", "busan\u{200B}-2"] {
        at(same).must("409 S407");
    }
    for wrong in ["부산", "bu\nsan", "\u{3164}"] {
        at(wrong).must("400 C002");
    }
}

#[test]
fn an_import_cleans_text_as_a_request_does() {
    let shop = TestShop::open();
    let admin = shop.admin().with("content-type", "text/csv");
    let sends = |file: &str| admin.send("POST", "/admin/products/import", Some(file.as_bytes().to_vec()));
    let file = "sku,name,price,brand,category\n\
        ＣＵＰ\u{200B}-1,Cafe\u{301}\u{FEFF},1000,\u{3164},Kitchen > Mugs\n\
        CUP-1,Other,1000,,\n\
        B,\u{200B},1000,,\n\
        C,\"two\nlines\",1000,,\n\
        D,Dish,1000,Holdfast,kitchen > ｍｕｇｓ\n";
    let report = sends(file).must("200");
    let refused: Vec<(i64, String)> = (0..3)
        .map(|n| (report.number(&format!("/refused/{n}/line")), report.word(&format!("/refused/{n}/code"))))
        .collect();
    let code = |line, code: &str| (line, code.to_owned());
    assert_eq!(refused, [code(3, "S002"), code(4, "C002"), code(5, "C002")], "{}", report.text());
    let found = shop.anonymous().get("/products?category=kitchen&sort=name,asc").must("200");
    assert_eq!((found.number("/totalElements"), found.word("/content/0/name")), (2, "Café".to_owned()));
    assert_eq!(
        (found.word("/content/0/sku"), &found.data()["content"][0]["brand"]),
        ("CUP-1".to_owned(), &json!(null))
    );
    let tree = shop.anonymous().get("/categories").must("200").data();
    assert_eq!(tree.as_array().map(Vec::len), Some(2), "{tree}");
}
