//! Exports: tables that can be imported again without a loss.

use serde_json::{Value, json};
use testkit::{Response, Sender, TestShop};

fn import(who: &Sender, table: &str, query: &str) -> Response {
    let who = who.with("content-type", "text/csv");
    who.send("POST", &format!("/admin/products/import{query}"), Some(table.as_bytes().to_vec()))
}

/// A shop with goods of every kind.
fn goods(shop: &TestShop) {
    let admin = shop.admin();
    let kitchen = admin.post("/admin/categories", json!({"name": "Kitchen"})).must("201").number("/id");
    let cups = json!({"name": "Cups, \"large\"", "parentId": kitchen});
    let cups = admin.post("/admin/categories", cups).must("201").number("/id");
    shop.product("달항아리 머그")
        .with("categoryId", json!(cups))
        .with("brand", json!("=HYPERLINK(1)"))
        .with("taxFree", json!(true))
        .with("description", json!("two lines\nand a \"quote\", with a comma"))
        .with("salePrice", json!(8_000))
        .with("images", json!(["a.jpg", "/a|b.jpg", "https://x.example/a?b=1|2|"]))
        .save();
    shop.product("'=odd").save();
    let sizes = [("S", 0, 3), ("L", 500, 7)].map(|(size, more, stock)| {
        json!({"sku": format!("TEE-{size}"), "options": {"size": size, "colour, of it": "-navy"}, "priceAdjustment": more, "stock": stock})
    });
    let tee = json!({"sku": "TEE", "name": "Tee", "price": 9_000, "status": "ACTIVE", "variants": sizes});
    admin.post("/admin/products", tee).must("201");
    let pen = shop.product("pen").stock(4).save();
    admin.send("DELETE", &format!("/admin/products/{}", pen.id), None).must("200");
    shop.settle();
}

/// A product whose variants were added one by one: the first one has its product's sku, as products without variants have.
fn grown(shop: &TestShop) {
    let admin = shop.admin();
    let jar = shop.product("달항아리, \"큰\" 것").price(9_000).stock(3).with("salePrice", json!(8_000)).save();
    let variants = format!("/admin/products/{}/variants", jar.id);
    let own = json!({"name": "=작은 것", "options": {"크기, \"높이\"": "-1"}});
    admin.put(format!("{variants}/{}", jar.variant), own).must("200");
    for (size, more, stock) in [("+2", 1_500, 7), ("@3", -500, 0)] {
        let new = json!({"sku": format!("JAR{size}"), "name": format!("'{size}"), "options": {"크기, \"높이\"": size},
            "priceAdjustment": more, "stock": stock});
        admin.post(&variants, new).must("201");
    }
}

#[test]
fn variants_that_were_added_one_by_one_are_exported_and_imported_without_a_loss() {
    let shop = TestShop::open();
    goods(&shop);
    grown(&shop);
    let admin = shop.admin();
    let exported = |what: &str| admin.get(format!("/admin/exports/{what}")).must("200").text();
    let (products, stock) = (exported("products"), exported("stock"));
    let before = (seen(&shop), shop.contents());
    for table in [&products, &stock] {
        let again = import(&admin, table, "").must("200");
        assert_eq!((again.number("/refusedRows"), again.number("/updated")), (0, 0), "{table}\n{}", again.text());
        assert_eq!(before.1.differences(&shop.contents()), Vec::<String>::new());
    }
    let other = TestShop::open();
    assert_eq!(import(&other.admin(), &products, "").must("200").number("/created"), 4);
    assert_eq!(seen(&other), before.0);
    let again = import(&other.admin(), &stock, "").must("200");
    assert_eq!((again.number("/refusedRows"), again.number("/updated")), (0, 0), "{}", again.text());

    // what a person changes in the row is changed of that variant only
    let row = stock.lines().find(|line| line.ends_with(",3,3") && !line.starts_with("TEE")).expect("the first one");
    let more = stock.replace(row, &row.replace(",3,3", ",5,3"));
    assert_eq!(import(&admin, &more, "").must("200").number("/updated"), 1);
    let after = exported("stock");
    assert_eq!(after, stock.replace(row, &row.replace(",3,3", ",5,5")));
}

/// What can be seen of all products, apart from ids, numbers of versions and times.
fn seen(shop: &TestShop) -> Vec<Value> {
    let list = shop.admin().get("/admin/products?size=100&sort=name,asc").must("200").data();
    let ids: Vec<i64> =
        list["content"].as_array().expect("products").iter().map(|one| one["id"].as_i64().expect("an id")).collect();
    ids.iter()
        .map(|id| {
            let mut one = shop.anonymous().get(format!("/products/{id}")).must("200").data();
            let product = one.as_object_mut().expect("a product");
            ["id", "createdAt", "updatedAt", "version", "categoryId"]
                .iter()
                .for_each(|name| drop(product.remove(*name)));
            for variant in product["variants"].as_array_mut().expect("variants") {
                let variant = variant.as_object_mut().expect("a variant");
                ["id", "stockVersion", "version"].iter().for_each(|name| drop(variant.remove(*name)));
            }
            product.remove("stockVersion");
            one
        })
        .collect()
}

#[test]
fn exported_products_and_stock_are_imported_again_without_a_loss() {
    let shop = TestShop::open();
    goods(&shop);
    let admin = shop.admin();
    let products = admin.get("/admin/exports/products").must("200");
    assert_eq!(products.header("content-type"), "text/csv; charset=utf-8");
    let products = products.text();
    assert!(products.contains(",'=HYPERLINK(1),"), "no spreadsheet runs it: {products}");
    let stock = admin.get("/admin/exports/stock").must("200").text();

    let before = (seen(&shop), shop.contents());
    let again = import(&admin, &products, "").must("200");
    assert_eq!(
        (again.number("/created"), again.number("/updated"), again.number("/unchanged")),
        (0, 0, 3),
        "{again:?}"
    );
    let again = import(&admin, &stock, "").must("200");
    assert_eq!((again.number("/refusedRows"), again.number("/updated")), (0, 0), "{again:?}");
    assert_eq!(before.1.differences(&shop.contents()), Vec::<String>::new());

    let other = TestShop::open();
    let tried = import(&other.admin(), &products, "?dryRun=true").must("200");
    assert_eq!((tried.data()["dryRun"].clone(), tried.number("/created")), (json!(true), 3));
    assert_eq!(seen(&other), Vec::<Value>::new(), "a dry run stores nothing");
    import(&other.admin(), &products, "").must("200");
    assert_eq!(seen(&other), before.0);
}

// what a default variant costs more than its product is in no cell of its own
#[test]
fn products_whose_default_variant_has_an_adjustment_are_exported_and_imported_as_they_are() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let makes = |sku: &str, sale: Option<i64>, adjustments: &[i64], default: usize| {
        let one = |(n, more): (usize, &i64)| {
            json!({"sku": format!("{sku}-{n}"), "options": {"size": n.to_string()}, "priceAdjustment": more,
                "isDefault": n == default, "stock": 2})
        };
        let variants: Vec<Value> = adjustments.iter().enumerate().map(one).collect();
        let made = json!({"sku": sku, "name": sku, "price": 1_000, "salePrice": sale, "variants": variants});
        admin.post("/admin/products", made).must("201");
    };
    makes("ONE", None, &[50], 0);
    makes("TWO", Some(800), &[0, 10], 1);
    makes("LESS", Some(900), &[-10, 5, -200], 2);
    makes("FIRST", None, &[300, -300], 0);
    let exported = || admin.get("/admin/exports/products").must("200").text();
    let (table, before) = (exported(), (seen(&shop), shop.contents()));
    let again = import(&admin, &table, "").must("200");
    assert_eq!((again.number("/unchanged"), again.number("/refusedRows")), (4, 0), "{table}\n{}", again.text());
    assert_eq!(before.1.differences(&shop.contents()), Vec::<String>::new());
    // one price that a person changes changes nothing else
    let row = table.lines().find(|line| line.starts_with("TWO,TWO-0,")).expect("a row of each variant");
    assert!(row.contains(",1000,"), "{row}");
    let dearer = table.replace(row, &row.replace(",1000,", ",1100,").replace(",800,", ",900,"));
    assert_eq!(import(&admin, &dearer, "").must("200").number("/updated"), 1);
    assert_eq!(exported(), dearer);
    let list = admin.get("/admin/products?size=100&sort=name,asc").must("200").data();
    let two = list["content"].as_array().and_then(|all| all.iter().find(|one| one["sku"] == "TWO")).expect("TWO");
    assert_eq!((&two["price"], &two["salePrice"], &two["effectivePrice"]), (&json!(1_000), &json!(800), &json!(810)));
}

#[test]
fn a_table_cuts_a_gallery_to_what_it_names_and_a_first_image_leaves_the_others() {
    let shop = TestShop::open();
    let admin = shop.admin();
    let mug = shop.product("mug").with("images", json!(["/a.jpg", "/b.jpg", "/c.jpg"])).save();
    let shown = || shop.anonymous().get(format!("/products/{}", mug.id)).must("200").data()["images"].clone();
    let tries = |head: &str, cell: &str| {
        let done = import(&admin, &format!("sku,{head}\n{},{cell}\n", mug.sku), "").must("200");
        (shown(), done.number("/updated"))
    };
    assert_eq!(tries("imageUrl", "/a.jpg"), (json!(["/a.jpg", "/b.jpg", "/c.jpg"]), 0));
    assert_eq!(tries("imageUrl", "/c.jpg"), (json!(["/c.jpg", "/a.jpg", "/b.jpg"]), 1));
    assert_eq!(tries("imageUrl", "/d.jpg"), (json!(["/d.jpg", "/a.jpg", "/b.jpg"]), 1));
    assert_eq!(tries("images", "/d.jpg|/b.jpg"), (json!(["/d.jpg", "/b.jpg"]), 1));
    assert_eq!(tries("images", "/d.jpg"), (json!(["/d.jpg"]), 1));
    assert_eq!(tries("images", "/d.jpg"), (json!(["/d.jpg"]), 0));
    assert_eq!(tries("images", "/d\\|e.jpg|/f.jpg"), (json!(["/d|e.jpg", "/f.jpg"]), 1));
    let json = |row: Value| {
        let who = admin.with("content-type", "application/x-ndjson");
        who.send("POST", "/admin/products/import", Some(row.to_string().into_bytes())).must("200");
        shown()
    };
    assert_eq!(json(json!({"sku": mug.sku, "imageUrl": "/f.jpg"})), json!(["/f.jpg", "/d|e.jpg"]));
    assert_eq!(json(json!({"sku": mug.sku, "images": ["/f.jpg"]})), json!(["/f.jpg"]));
}

#[test]
fn a_table_that_was_exported_before_a_sale_puts_no_stock_back() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let admin = shop.admin();
    let exported = |what: &str| admin.get(format!("/admin/exports/{what}")).must("200").text();
    let (products, stock) = (exported("products"), exported("stock"));
    shop.buyer().orders(&mug, 2).must("201");
    assert_eq!(import(&admin, &products.replace(",9000,", ",9500,"), "").must("200").number("/updated"), 1);
    assert_eq!(import(&admin, &stock, "").must("200").number("/unchanged"), 1);
    let found = shop.anonymous().get(format!("/products/{}", mug.id)).must("200");
    assert_eq!((found.number("/price"), shop.stock_of(&mug)), (9_500, (3, 2, 5)));
    // who writes another stock into the table has not seen the sale
    let counted = import(&admin, &stock.replace(",5,5", ",7,5"), "").must("400 C002");
    assert!(counted.text().contains("C016"), "{}", counted.text());
    assert_eq!(import(&admin, &stock.replace(",5,5", ",7,3"), "").must("200").number("/updated"), 1);
    assert_eq!(shop.stock_of(&mug), (7, 2, 9));
}

#[test]
fn prices_and_stock_alone_are_updated_and_products_are_deleted_by_a_table() {
    let shop = TestShop::open();
    let mug = shop.product("mug").price(9_000).stock(5).save();
    let pen = shop.product("pen").price(1_000).stock(5).save();
    let admin = shop.admin();
    import(&admin, &format!("sku,price,stock\n{},\"9,500\",8\n", mug.sku), "").must("200");
    let found = shop.anonymous().get(format!("/products/{}", mug.id)).must("200");
    assert_eq!((found.number("/price"), found.number("/stock"), found.word("/name")), (9_500, 8, "mug".to_owned()));
    let gone = import(&admin, &format!("sku,status\n{},DISCONTINUED\n", pen.sku), "?dryRun=true").must("200");
    assert_eq!(gone.number("/updated"), 1);
    shop.anonymous().get(format!("/products/{}", pen.id)).must("200");
    import(&admin, &format!("sku,status\n{},DISCONTINUED\n", pen.sku), "").must("200");
    shop.anonymous().get(format!("/products/{}", pen.id)).must("404 S001");
}

#[test]
fn sellers_export_their_own_goods_and_administrators_orders_and_customers() {
    let shop = TestShop::open();
    let merchant = shop.seller();
    let mug = shop.product("mug").price(9_000).stock(5).sold_by(&merchant).save();
    shop.product("pen").save();
    let order = shop.buyer().orders(&mug, 2).must("201").word("/orderNumber");
    shop.settle();
    let lines = |who: &Sender, what: &str| {
        let text = who.get(format!("/admin/exports/{what}")).must("200").text();
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(&merchant, "stock"), [format!("{},3,3", mug.sku)]);
    assert_eq!(lines(&merchant, "products").len(), 1);
    assert_eq!(lines(&shop.admin(), "stock").len(), 2);
    let orders = lines(&shop.admin(), "orders");
    assert!(
        orders[0].starts_with(&format!("{order},")) && orders[0].contains(",CONFIRMED,,18000,0,0,18000,0,2,KRW,"),
        "{orders:?}"
    );
    assert_eq!(lines(&shop.admin(), "customers").len(), 1);
    for what in ["orders", "customers"] {
        merchant.get(format!("/admin/exports/{what}")).must("403 A002");
    }
}
