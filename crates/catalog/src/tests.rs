//! The verbs against a real database. Every test ends with the audit.

use crate::category::{Choice, DEPTH_MAX};
use crate::ops::{self, ItemRef, categories, images, products, upsert, variants};
use crate::product::{Author, Content, New, Product, Status};
use crate::{MODULE, variant};
use ::store::Tx;
use events::{Change, ProductChanged};
use fixture::{Fixture, user_id};
use kernel::{CategoryId, Code, Event as _, Money, ProductId, Result, VariantId};
use std::{collections::BTreeMap, ops::Deref};

struct Shop(Fixture);

impl Deref for Shop {
    type Target = Fixture;
    fn deref(&self) -> &Fixture {
        &self.0
    }
}

impl Shop {
    fn open() -> Shop {
        Shop(Fixture::of(&[MODULE]))
    }

    fn does<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> T {
        self.tries(work).unwrap()
    }

    fn tries<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        self.write(work)
    }

    fn makes(&self, new: New) -> products::Made {
        self.does(move |tx| products::create(tx, Author::Admin, new.clone()))
    }

    fn changes(&self) -> Vec<(i64, Change)> {
        let events = self.events();
        let products = events.iter().filter(|event| &*event.topic == ProductChanged::TOPIC);
        products
            .map(|event| event.read::<ProductChanged>().unwrap())
            .map(|event| (event.product_id.raw(), event.change))
            .collect()
    }
}

fn mug() -> New {
    let content = Content {
        name: "머그컵".into(),
        description: None,
        price: Money::minor(9_000),
        sale_price: None,
        category_id: None,
        brand: Some("Holdfast".into()),
        image_url: Some("mug.jpg".into()),
        tax_free: false,
    };
    New { sku: Some("MUG".into()), content, images: vec![], status: Status::Active, variants: vec![] }
}

fn tee() -> New {
    let content = Content { name: "Tee".into(), image_url: None, ..mug().content };
    New { sku: Some("TEE".into()), content, variants: vec![size("S", 0), size("L", 1_000)], ..mug() }
}

fn size(size: &str, more: i64) -> variant::New {
    variant::New {
        sku: Some(format!("TEE-{size}")),
        name: Some(size.into()),
        options: variant::Options(BTreeMap::from([("size".into(), size.into())])),
        price_adjustment: Money::minor(more),
        status: variant::Status::Active,
        is_default: false,
    }
}

fn by_product(id: ProductId) -> ItemRef {
    ItemRef { product: Some(id), variant: None }
}

fn by_variant(id: VariantId) -> ItemRef {
    ItemRef { product: None, variant: Some(id) }
}

#[test]
fn a_product_alone_means_its_default_variant() {
    let shop = Shop::open();
    let (mug, tee) = (shop.makes(mug()), shop.makes(tee()));
    let lines =
        [by_variant(tee.variants[1]), by_product(mug.product), by_product(tee.product), by_variant(tee.variants[1])];
    let found = shop.does(move |tx| ops::resolve(tx, &lines));
    let seen: Vec<_> = found.iter().map(|one| (one.sku.as_str(), one.price.as_minor(), one.on_sale)).collect();
    assert_eq!(seen, [("TEE-L", 10_000, true), ("MUG", 9_000, true), ("TEE-S", 9_000, true), ("TEE-L", 10_000, true)]);
    assert_eq!(found[0].variant_name.as_deref(), Some("L"));
    let some = shop.does(move |tx| ops::sellables(tx, &[tee.variants[0], VariantId::new(999)]));
    assert_eq!(some.len(), 1);
}

#[test]
fn what_is_missing_is_named() {
    let shop = Shop::open();
    let (mug, tee) = (shop.makes(mug()), shop.makes(tee()));
    let lines = [
        by_product(mug.product),
        by_product(ProductId::new(77)),
        ItemRef { product: Some(mug.product), variant: Some(tee.variants[0]) },
    ];
    let error = shop.refused(move |tx| ops::resolve(tx, &lines));
    assert_eq!((error.code(), error.details().len()), (Code::ProductNotFound, 2));
    assert_eq!(error.details()[0].values["productId"], 77);
    let error = shop.refused(|tx| ops::resolve(tx, &[ItemRef { product: None, variant: None }]));
    assert_eq!(error.code(), Code::InvalidInput);
}

#[test]
fn a_closed_product_is_found_but_not_on_sale_and_a_deleted_one_is_gone() {
    let shop = Shop::open();
    let mug = shop.makes(mug());
    let (product, variant) = (mug.product, mug.variants[0]);
    shop.does(move |tx| products::close(tx, Author::Admin, product, None));
    assert!(!shop.does(move |tx| ops::resolve(tx, &[by_variant(variant)]))[0].on_sale);
    shop.does(move |tx| products::discontinue(tx, Author::Admin, product, None, false));
    assert_eq!(shop.refused(move |tx| ops::resolve(tx, &[by_variant(variant)])).code(), Code::ProductNotFound);
    assert!(!shop.does(move |tx| ops::sellables(tx, &[variant]))[0].on_sale);
    use Change::{Closed, Created, Discontinued};
    assert_eq!(shop.changes(), [(product.raw(), Created), (product.raw(), Closed), (product.raw(), Discontinued)]);
}

#[test]
fn skus_and_names_are_unique() {
    let shop = Shop::open();
    let made = shop.makes(mug());
    let again = New { content: Content { name: "Other".into(), ..mug().content }, ..mug() };
    assert_eq!(
        shop.refused(move |tx| products::create(tx, Author::Admin, again.clone())).code(),
        Code::ProductAlreadyExists
    );
    let named = New { sku: None, ..mug() };
    let error = shop.refused(move |tx| products::create(tx, Author::Admin, named.clone()));
    assert_eq!(
        (error.code(), error.details()[0].values["sku"].as_str()),
        (Code::ProductNameAlreadyExists, Some("MUG"))
    );
    let mut clash = tee();
    clash.variants[1].sku = Some("MUG".into());
    assert_eq!(
        shop.refused(move |tx| products::create(tx, Author::Admin, clash.clone())).code(),
        Code::ProductAlreadyExists
    );
    // a deleted product gives its name back, never its sku
    shop.does(move |tx| products::discontinue(tx, Author::Admin, made.product, None, false));
    shop.makes(New { sku: None, ..mug() });
    let same_sku = New { content: Content { name: "Third".into(), ..mug().content }, ..mug() };
    assert_eq!(
        shop.refused(move |tx| products::create(tx, Author::Admin, same_sku.clone())).code(),
        Code::ProductAlreadyExists
    );
}

#[test]
fn a_change_of_an_old_version_is_refused_with_the_current_one() {
    let shop = Shop::open();
    let id = shop.makes(mug()).product;
    let content = Content { price: Money::minor(8_000), ..mug().content };
    let first = content.clone();
    let changed = shop.does(move |tx| products::rewrite(tx, Author::Admin, id, first.clone(), None, Some(1)));
    assert_eq!((changed.version, changed.content.price), (2, Money::minor(8_000)));
    let error = shop.refused(move |tx| products::rewrite(tx, Author::Admin, id, mug().content, None, Some(1)));
    assert_eq!((error.code(), error.details()[0].values["currentVersion"].as_i64()), (Code::OutdatedVersion, Some(2)));
    // the same again changes nothing and says nothing
    let same = shop.does(move |tx| products::rewrite(tx, Author::Admin, id, content.clone(), None, None));
    assert_eq!((same.version, shop.changes().len()), (2, 2));
}

#[test]
fn sellers_change_only_what_is_theirs() {
    let shop = Shop::open();
    let (mine, other) = (Author::Seller(user_id(1)), Author::Seller(user_id(2)));
    let id = shop.does(move |tx| products::create(tx, mine, mug())).product;
    assert_eq!(shop.refused(move |tx| products::close(tx, other, id, None)).code(), Code::RoleRequired);
    assert_eq!(shop.refused(move |tx| images::set(tx, other, id, vec![], None)).code(), Code::RoleRequired);
    assert_eq!(shop.refused(move |tx| variants::add(tx, other, id, size("S", 0), None)).code(), Code::RoleRequired);
    assert_eq!(shop.does(move |tx| products::close(tx, mine, id, None)).status, Status::Inactive);
    assert_eq!(shop.does(move |tx| products::publish(tx, Author::Admin, id, None)).seller, mine.seller());
}

#[test]
fn live_orders_keep_a_product_alive() {
    let shop = Shop::open();
    let id = shop.makes(mug()).product;
    let error = shop.refused(move |tx| products::discontinue(tx, Author::Admin, id, None, true));
    assert_eq!(error.code(), Code::CannotDeleteProductWithOrders);
    assert_eq!(shop.does(move |tx| products::product(tx, id)).status, Status::Active);
}

#[test]
fn prices_that_make_no_sense_are_refused() {
    let shop = Shop::open();
    let tries = |price: i64, sale: Option<i64>, adjustment: i64| {
        let mut new = tee();
        (new.content.price, new.content.sale_price) = (Money::minor(price), sale.map(Money::minor));
        new.variants[1].price_adjustment = Money::minor(adjustment);
        shop.tries(move |tx| products::create(tx, Author::Admin, new.clone())).map_err(|error| error.code())
    };
    assert_eq!(tries(0, None, 0), Err(Code::InvalidProductPrice));
    assert_eq!(tries(1_000, Some(1_001), 0), Err(Code::InvalidPrice));
    assert_eq!(tries(1_000, Some(500), -500), Err(Code::InvalidProductPrice));
    let made = tries(1_000, Some(500), -499).unwrap();
    // a lower price must still leave something of every variant
    let error = shop.refused(move |tx| {
        let content = Content { price: Money::minor(499), ..tee().content };
        products::rewrite(tx, Author::Admin, made.product, content, None, None)
    });
    assert_eq!(error.code(), Code::InvalidProductPrice);
}

#[test]
fn variants_are_added_and_removed_but_the_default_one_stays() {
    let shop = Shop::open();
    let made = shop.makes(tee());
    let (id, small, large) = (made.product, made.variants[0], made.variants[1]);
    let error = shop.refused(move |tx| variants::add(tx, Author::Admin, id, size("L", 0), None));
    assert_eq!(error.code(), Code::Conflict, "the options exist");
    let medium = shop.does(move |tx| variants::add(tx, Author::Admin, id, size("M", 500), Some(1)));
    assert_eq!((medium.price, medium.is_default), (Money::minor(9_500), false));
    assert_eq!(
        shop.refused(move |tx| variants::discontinue(tx, Author::Admin, id, small, None)).code(),
        Code::Conflict
    );
    let content = variant::New { is_default: true, ..size("L", 0) };
    let changed = shop.does(move |tx| variants::change(tx, Author::Admin, id, large, content.clone(), Some(2)));
    assert!(changed.is_default && changed.price == Money::minor(9_000));
    shop.does(move |tx| variants::discontinue(tx, Author::Admin, id, small, None));
    let left = shop.does(move |tx| variants::of_products(tx, &[id]));
    assert_eq!(left.iter().map(|one| one.sku.as_str()).collect::<Vec<_>>(), ["TEE-L", "TEE-M"]);
    let again = shop.refused(move |tx| variants::add(tx, Author::Admin, id, size("S", 0), None));
    assert_eq!(again.code(), Code::ProductAlreadyExists, "a sku is taken for ever");
    let product: Product = shop.does(move |tx| products::product(tx, id));
    assert_eq!(product.version, 4);
}

#[test]
fn the_first_image_is_the_products_image() {
    let shop = Shop::open();
    let id = shop.makes(New { images: vec!["back.jpg".into()], ..mug() }).product;
    assert_eq!(shop.does(move |tx| images::urls(tx, id)), ["mug.jpg", "back.jpg"]);
    let added = shop.does(move |tx| images::add(tx, Author::Admin, id, "top.jpg", None));
    assert_eq!(added, ["mug.jpg", "back.jpg", "top.jpg"]);
    let turned = vec!["back.jpg".to_owned(), "mug.jpg".into(), "back.jpg".into()];
    let set = shop.does(move |tx| images::set(tx, Author::Admin, id, turned.clone(), Some(2)));
    assert_eq!(set, ["back.jpg", "mug.jpg"]);
    assert_eq!(shop.does(move |tx| products::product(tx, id)).content.image_url.as_deref(), Some("back.jpg"));
    let described = |url: &'static str| {
        let gallery = shop.does(move |tx| images::of_product(tx, id));
        gallery.into_iter().find(|image| image.url == url).and_then(|image| image.alternative_text)
    };
    shop.does(move |tx| images::describe(tx, id, "mug.jpg", Some("a mug")));
    shop.does(move |tx| images::add(tx, Author::Admin, id, "side.jpg", None));
    assert_eq!(
        (described("mug.jpg").as_deref(), described("side.jpg")),
        (Some("a mug"), None),
        "it stays with its image"
    );
    let error = shop.refused(move |tx| images::set(tx, Author::Admin, id, vec!["javascript:x".into()], None));
    assert_eq!(error.code(), Code::InvalidInput);
}

fn content(name: &str, parent: Option<CategoryId>) -> categories::Content {
    categories::Content { name: name.into(), parent, display_order: 0 }
}

#[test]
fn categories_are_made_moved_and_removed_as_a_tree() {
    let shop = Shop::open();
    let deep = shop.does(|tx| categories::at_path(tx, "A > B > C > D > E", true));
    assert_eq!(shop.does(|tx| categories::at_path(tx, "A>B>C>D>E", false)), deep);
    let placed = shop.does(move |tx| categories::tree(tx)?.with_path(deep));
    assert_eq!((placed.path.as_str(), placed.depth), ("A > B > C > D > E", DEPTH_MAX));
    let too_deep = shop.refused(move |tx| categories::create(tx, content("F", Some(deep))));
    assert_eq!(too_deep.code(), Code::InvalidInput);
    let top = shop.does(|tx| categories::at_path(tx, "A", false));
    let circle = shop.refused(move |tx| categories::change(tx, top, content("A", Some(deep)), None));
    assert_eq!(circle.code(), Code::InvalidInput);
    assert_eq!(shop.refused(|tx| categories::create(tx, content("A", None))).code(), Code::Conflict);
    assert_eq!(shop.refused(move |tx| categories::remove(tx, top, None)).code(), Code::Conflict, "it has children");
    assert_eq!(shop.refused(|tx| categories::at_path(tx, "A > X", false)).code(), Code::NotFound);
    let moved = shop.does(move |tx| categories::change(tx, deep, content("E2", None), Some(1)));
    assert_eq!((moved.path.as_str(), moved.category.version), ("E2", 2));
    let outdated = shop.refused(move |tx| categories::remove(tx, deep, Some(1)));
    assert_eq!(outdated.code(), Code::OutdatedVersion);
    shop.does(move |tx| categories::remove(tx, deep, Some(2)));
    assert_eq!(shop.does(|tx| Ok(categories::tree(tx)?.len())), 4);
}

#[test]
fn a_category_with_products_stays() {
    let shop = Shop::open();
    let cups = shop.does(|tx| categories::at_path(tx, "Kitchen > Cups", true));
    let made = shop.makes(New { content: Content { category_id: Some(cups), ..mug().content }, ..mug() });
    let product = shop.does(move |tx| products::product(tx, made.product));
    assert_eq!(product.category.as_deref(), Some("Kitchen > Cups"));
    assert_eq!(shop.refused(move |tx| categories::remove(tx, cups, None)).code(), Code::Conflict);
    shop.does(move |tx| products::discontinue(tx, Author::Admin, made.product, None, false));
    shop.does(move |tx| categories::remove(tx, cups, None));
    let nowhere = Content { name: "X".into(), category_id: Some(cups), ..mug().content };
    let nowhere = New { sku: None, content: nowhere, ..mug() };
    assert_eq!(shop.refused(move |tx| products::create(tx, Author::Admin, nowhere.clone())).code(), Code::NotFound);
}

#[test]
fn a_category_is_chosen_by_its_id_path_or_name() {
    let shop = Shop::open();
    let inner = shop.does(|tx| categories::at_path(tx, "Watches > Watches", true));
    let outer = shop.does(|tx| categories::at_path(tx, "Watches", false));
    let year = shop.does(|tx| categories::at_path(tx, "2", true));
    let words = |text: &str| Choice::Words(text.to_owned());
    for (choice, meant) in [
        (words("Watches > Watches"), vec![inner]),
        (Choice::Id(inner), vec![inner]),
        (words("2"), vec![year]),
        (words("3"), vec![]),
        (Choice::Id(CategoryId::new(99)), vec![]),
        (words("Nothing"), vec![]),
    ] {
        let chosen = choice.clone();
        assert_eq!(shop.does(move |tx| categories::chosen(tx, &chosen)), meant, "{choice:?}");
    }
    let mut both = shop.does(|tx| categories::chosen(tx, &Choice::Words("Watches".into())));
    both.sort_unstable();
    assert_eq!(both, [outer, inner]);
}

#[test]
fn an_older_shop_gets_its_keys_when_it_opens() {
    let shop = Shop::open();
    let named = |sku: &str, name: &str| {
        let content = Content { name: name.into(), ..mug().content };
        New { sku: Some(sku.into()), content, ..mug() }
    };
    let older: Vec<ProductId> =
        [named("abc", "Zebra"), named("x", "apple")].into_iter().map(|new| shop.makes(new).product).collect();
    shop.does(|tx| categories::create(tx, content("Mugs", None)));
    let (first, second) = (older[0], older[1]);
    // an older version wrote no keys and took skus that differ in case for two
    for statement in [
        "update products set sku_key = null, name_key = '', sku = case when sku = 'x' then 'ABC' else sku end",
        "update product_variants set sku_key = null, sku = case when sku = 'x' then 'ABC' else sku end",
        "update categories set name_key = null",
    ] {
        shop.does(move |tx| tx.exec(statement, ::store::args![]));
    }
    let filled = || shop.wait(shop.db().backfill(MODULE.backfills.to_vec())).unwrap();
    filled();
    filled();
    let keys = shop.does(|tx| {
        tx.query("select sku, sku_key from products order by name_key", ::store::args![], |row| {
            Ok((row.next::<String>()?, row.next::<Option<String>>()?))
        })
    });
    assert_eq!(keys, [("ABC".to_owned(), None), ("abc".to_owned(), Some("abc".to_owned()))]);
    let taken = shop.refused(move |tx| products::create(tx, Author::Admin, New { sku: Some("Abc".into()), ..mug() }));
    assert_eq!(taken.code(), Code::ProductAlreadyExists);
    assert_eq!(shop.refused(|tx| categories::create(tx, content("MUGS", None))).code(), Code::Conflict);
    // both go on as before
    for id in [first, second] {
        assert_eq!(shop.does(move |tx| products::close(tx, Author::Admin, id, None)).status, Status::Inactive);
    }
}

#[test]
fn names_that_an_older_shop_took_for_two_stay_two_and_the_older_product_owns_them() {
    let shop = Shop::open();
    let named = |sku: &str, name: &str, brand: Option<&str>| {
        let content = Content { name: name.into(), brand: brand.map(str::to_owned), ..mug().content };
        New { sku: Some(sku.into()), content, ..mug() }
    };
    let one = shop.makes(named("a", "Moon Jar", Some("Straße"))).product;
    let other = shop.makes(named("b", "other", None)).product;
    for statement in [
        "update products set held_key = null, brand_key = null",
        "update products set name = 'ＭＯＯＮ jar', held_name = 'ＭＯＯＮ jar' where sku = 'b'",
    ] {
        shop.does(move |tx| tx.exec(statement, ::store::args![]));
    }
    for _ in 0..2 {
        shop.wait(shop.db().backfill(MODULE.backfills.to_vec())).unwrap();
    }
    let keys = shop.does(|tx| {
        tx.query("select held_name, held_key, brand_key from products order by id", ::store::args![], |row| {
            Ok((row.next::<Option<String>>()?, row.next::<Option<String>>()?, row.next::<String>()?))
        })
    });
    let owned = (Some("Moon Jar".to_owned()), Some("moon jar".to_owned()), "strasse".to_owned());
    assert_eq!(keys, [owned, (None, None, String::new())]);
    let taken = shop.refused(move |tx| products::create(tx, Author::Admin, named("c", "moon JAR", None)));
    assert_eq!(taken.code(), Code::ProductNameAlreadyExists);
    // both can be changed, and the name is free once its owner is gone
    for id in [other, one] {
        shop.does(move |tx| products::close(tx, Author::Admin, id, None));
    }
    shop.does(move |tx| products::discontinue(tx, Author::Admin, one, None, false));
    shop.makes(New { sku: Some("c".into()), content: Content { name: "MOON JAR".into(), ..mug().content }, ..mug() });
}

#[test]
fn an_import_finds_the_owner_of_a_name_in_any_spelling() {
    let shop = Shop::open();
    shop.makes(New { sku: Some("a".into()), ..mug() });
    let name = mug().content.name;
    let rows = vec![row("b", &name.to_uppercase(), 5), row("c", &format!("{name}\u{200B}"), 5)];
    for put in puts(&shop, upsert::SameName::Store, rows.clone()) {
        assert_eq!(put.unwrap().shares_name_with, Some(upsert::NameOwner::Sku("a".into())));
    }
    for put in puts(&shop, upsert::SameName::Refuse, vec![row("d", &name.to_uppercase(), 5)]) {
        assert_eq!(put.unwrap_err(), Code::ProductNameAlreadyExists);
    }
    let twice = vec![row("e", "Teller", 5), row("f", "ＴＥＬＬＥＲ", 5)];
    let shares: Vec<_> =
        puts(&shop, upsert::SameName::Store, twice).into_iter().map(|put| put.unwrap().shares_name_with).collect();
    assert_eq!(shares, [None, Some(upsert::NameOwner::Sku("e".into()))]);
}

fn row(sku: &str, name: &str, price: i64) -> upsert::Row {
    upsert::Row { sku: sku.into(), name: Some(name.into()), price: Some(Money::minor(price)), ..upsert::Row::default() }
}

fn of_variant(new: variant::New) -> upsert::VariantRow {
    upsert::VariantRow {
        sku: new.sku.unwrap_or_default(),
        name: new.name.map_or(upsert::Given::Absent, upsert::Given::Value),
        options: upsert::Given::Value(new.options),
        price_adjustment: Some(new.price_adjustment),
        ..upsert::VariantRow::default()
    }
}

#[test]
fn a_row_clears_closes_and_opens_a_product() {
    use upsert::{Given, Outcome};
    let shop = Shop::open();
    let made = shop.makes(New { images: vec!["back.jpg".into()], ..mug() });
    let says = |row: upsert::Row| puts(&shop, upsert::SameName::Store, vec![row]).remove(0);
    let bare = || upsert::Row { sku: "MUG".into(), ..upsert::Row::default() };
    let status = |status| upsert::Row { status: Some(status), ..bare() };
    let sold = || shop.does(move |tx| products::product(tx, made.product));
    let full = upsert::Row {
        sale_price: Given::Value(Money::minor(8_000)),
        brand: Given::Value("Holdfast".into()),
        description: Given::Value("Round".into()),
        ..bare()
    };
    assert_eq!(says(full).unwrap().outcome, Outcome::Updated);
    assert_eq!(says(bare()).unwrap().outcome, Outcome::Unchanged);
    let cleared = upsert::Row {
        sale_price: Given::Cleared,
        brand: Given::Cleared,
        description: Given::Cleared,
        category_id: Given::Cleared,
        images: Given::Cleared,
        ..bare()
    };
    assert_eq!(says(cleared.clone()).unwrap().outcome, Outcome::Updated);
    let content = sold().content;
    assert_eq!((content.sale_price, content.brand, content.description, content.image_url), (None, None, None, None));
    assert_eq!(shop.does(move |tx| images::of_products(tx, &[made.product])), []);
    assert_eq!(says(cleared).unwrap().outcome, Outcome::Unchanged);
    assert_eq!(says(status(Status::Inactive)).unwrap().outcome, Outcome::Updated);
    assert_eq!(sold().status, Status::Inactive);
    assert_eq!(says(status(Status::Inactive)).unwrap().outcome, Outcome::Unchanged);
    assert_eq!(says(status(Status::Draft)).unwrap_err(), Code::InvalidInput);
    assert_eq!(says(status(Status::Active)).unwrap().outcome, Outcome::Updated);
    let ordered = upsert::Row { has_live_orders: true, ..status(Status::Discontinued) };
    assert_eq!(says(ordered).unwrap_err(), Code::CannotDeleteProductWithOrders);
    assert_eq!(says(status(Status::Discontinued)).unwrap().outcome, Outcome::Updated);
    assert_eq!(says(status(Status::Discontinued)).unwrap().outcome, Outcome::Unchanged);
    assert_eq!(says(bare()).unwrap_err(), Code::ProductAlreadyExists);
    let unknown = upsert::Row { sku: "NEW".into(), ..row("NEW", "New", 5) };
    assert_eq!(
        says(upsert::Row { status: Some(Status::Discontinued), ..unknown }).unwrap_err(),
        Code::InvalidInput,
        "what does not exist cannot be deleted"
    );
}

#[test]
fn prices_of_variants_become_a_price_and_adjustments() {
    use upsert::Given;
    let shop = Shop::open();
    let variant = |sku: &str, price: i64, sale: Given<i64>| upsert::VariantRow {
        sku: sku.into(),
        price: Some(Money::minor(price)),
        sale_price: match sale {
            Given::Value(sale) => Given::Value(Money::minor(sale)),
            Given::Absent => Given::Absent,
            Given::Cleared => Given::Cleared,
        },
        options: Given::Value(variant::Options(BTreeMap::from([("size".into(), sku.into())]))),
        ..upsert::VariantRow::default()
    };
    let says = |name: Option<&str>, variants: Vec<upsert::VariantRow>| {
        let row = upsert::Row { sku: "TEE".into(), name: name.map(Into::into), variants, ..upsert::Row::default() };
        let put = puts(&shop, upsert::SameName::Store, vec![row]).remove(0).unwrap();
        let content = shop.does(move |tx| products::product(tx, put.product)).content;
        let variants = shop.does(move |tx| variants::of_products(tx, &[put.product]));
        let prices: Vec<i64> = variants.iter().map(|one| one.price.as_minor()).collect();
        (content.price.as_minor(), content.sale_price.map(Money::as_minor), prices)
    };
    let first = vec![variant("S", 9_000, Given::Value(8_000)), variant("L", 9_500, Given::Absent)];
    assert_eq!(says(Some("Tee"), first), (9_000, Some(8_000), vec![8_000, 8_500]));
    let dearer = vec![variant("L", 10_000, Given::Value(9_000))];
    assert_eq!(says(None, dearer), (9_000, Some(8_000), vec![8_000, 9_000]), "the other variant keeps its price");
    let all = vec![variant("L", 12_000, Given::Cleared), variant("S", 11_000, Given::Absent)];
    assert_eq!(says(None, all), (11_000, None, vec![11_000, 12_000]));
}

#[test]
fn a_row_with_the_sku_of_a_variant_changes_that_variant() {
    let shop = Shop::open();
    let made = shop.makes(tee());
    let says = |row: upsert::Row| puts(&shop, upsert::SameName::Store, vec![row]).remove(0);
    let large = || upsert::Row { sku: "TEE-L".into(), ..upsert::Row::default() };
    let put = says(upsert::Row { price: Some(Money::minor(12_500)), ..large() }).unwrap();
    assert_eq!(put.variants, [upsert::Stored { variant: made.variants[1], is_new: false }]);
    let inactive = upsert::Row { status: Some(Status::Inactive), ..large() };
    assert_eq!(says(inactive).unwrap().outcome, upsert::Outcome::Updated);
    let found = shop.does(move |tx| variants::of_products(tx, &[made.product]));
    assert_eq!((found[1].price.as_minor(), found[1].status), (12_500, variant::Status::Inactive));
    assert_eq!(says(row("TEE-L", "Tee", 9_000)).unwrap_err(), Code::ProductAlreadyExists);
    assert!(says(upsert::Row { sku: "TEE".into(), ..upsert::Row::default() }).unwrap().is_of_several);
}

fn puts(shop: &Shop, same_name: upsert::SameName, rows: Vec<upsert::Row>) -> Vec<Result<upsert::Put, Code>> {
    shop.does(move |tx| {
        let skus: Vec<&str> = rows.iter().map(|row| row.sku.as_str()).collect();
        let names: Vec<&str> = rows.iter().filter_map(|row| row.name.as_deref()).collect();
        let mut known = upsert::known(tx, &skus, &names)?;
        let put = |row: &upsert::Row| {
            tx.attempt(|tx| upsert::put(tx, Author::Admin, same_name, &mut known, row.clone())).map_err(|e| e.code())
        };
        Ok(rows.iter().map(put).collect())
    })
}

#[test]
fn rows_are_stored_by_sku_and_a_shared_name_is_reported() {
    use upsert::Outcome::{Created, Unchanged, Updated};
    let shop = Shop::open();
    let rows = || vec![row("A", "Ring", 100), row("B", "Ring", 200), row("C", "", 1), row("D", "Free", 0)];
    let first = puts(&shop, upsert::SameName::Store, rows());
    let outcome = |put: &Result<upsert::Put, Code>| {
        put.as_ref().map(|put| (put.outcome, put.shares_name_with.clone())).map_err(|e| *e)
    };
    assert_eq!(outcome(&first[0]), Ok((Created, None)));
    assert_eq!(outcome(&first[1]), Ok((Created, Some(upsert::NameOwner::Sku("A".into())))));
    assert_eq!(outcome(&first[2]), Err(Code::InvalidInput));
    assert_eq!(outcome(&first[3]), Err(Code::InvalidProductPrice));
    let second = puts(&shop, upsert::SameName::Store, rows());
    assert_eq!(outcome(&second[1]), Ok((Unchanged, Some(upsert::NameOwner::Sku("A".into())))));
    let renamed = vec![row("A", "Gold ring", 90), row("B", "Ring", 200), row("E", "Ring", 5)];
    let third = puts(&shop, upsert::SameName::Refuse, renamed);
    assert_eq!(outcome(&third[0]), Ok((Updated, None)));
    assert_eq!(outcome(&third[2]), Ok((Created, None)), "no product has the name any more");
    let taken = &puts(&shop, upsert::SameName::Refuse, vec![row("F", "Gold ring", 5)])[0];
    assert_eq!(outcome(taken), Err(Code::ProductNameAlreadyExists));
}

#[test]
fn a_row_changes_only_what_it_says() {
    let shop = Shop::open();
    let made = shop.makes(New { images: vec!["back.jpg".into()], ..mug() });
    let sale = upsert::Given::Value(Money::minor(8_000));
    let change = upsert::Row { name: None, sale_price: sale, price: None, ..row("MUG", "", 0) };
    let put = puts(&shop, upsert::SameName::Store, vec![change]);
    assert_eq!(put[0].as_ref().unwrap().variants, [upsert::Stored { variant: made.variants[0], is_new: false }]);
    let product = shop.does(move |tx| products::product(tx, made.product));
    let wanted = Content { sale_price: Some(Money::minor(8_000)), ..mug().content };
    assert_eq!((product.content, product.version), (wanted, 2));
    let cheaper = upsert::Row { name: None, price: Some(Money::minor(7_000)), ..row("MUG", "", 0) };
    puts(&shop, upsert::SameName::Store, vec![cheaper]);
    assert_eq!(shop.does(move |tx| products::product(tx, made.product)).content.sale_price, None);
    assert_eq!(shop.does(move |tx| images::of_products(tx, &[made.product])).len(), 2);
}

#[test]
fn a_row_adds_and_changes_variants_by_their_sku() {
    let shop = Shop::open();
    let made = shop.makes(tee());
    let mut bigger = upsert::Row { name: None, price: None, ..row("TEE", "", 0) };
    bigger.variants = [size("L", 2_000), size("XL", 3_000)].map(of_variant).to_vec();
    let put = puts(&shop, upsert::SameName::Store, vec![bigger.clone()]).remove(0).unwrap();
    assert_eq!(put.variants[0], upsert::Stored { variant: made.variants[1], is_new: false });
    assert!(put.variants[1].is_new);
    let prices: Vec<_> =
        shop.does(move |tx| variants::of_products(tx, &[made.product])).iter().map(|v| v.price.as_minor()).collect();
    assert_eq!(prices, [9_000, 11_000, 12_000]);
    let again = puts(&shop, upsert::SameName::Store, vec![bigger]);
    assert_eq!(again[0].as_ref().unwrap().outcome, upsert::Outcome::Unchanged);
}
