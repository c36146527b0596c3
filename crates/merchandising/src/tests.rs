//! The verbs against a real database. Every test ends with both domains' audits.

use crate::list::{self, Column, Filter, Question};
use crate::ops::{self, Reason, Settings};
use crate::page::{self, ProductDetail, Viewer};
use crate::request::{SaveProduct, SaveVariant, SetStock, VerifyItem};
use catalog::category::Choice;
use catalog::ops::products;
use catalog::product::{Author, Status};
use fixture::{Fixture, user_id};
use inventory::StockStatus;
use kernel::{Code, Currency, Money, PageRequest, ProductId, Quantity, Result, VariantId};
use std::ops::Deref;
use store::Tx;
use web::{IfMatch, Module, Sorts};

const SETTINGS: Settings =
    Settings { currency: Currency::KRW, inventory: inventory::Settings { low_stock_threshold: 10 } };

/// Modules whose tables and routes the tests use.
pub(crate) const MODULES: &[Module] =
    &[catalog::MODULE, inventory::MODULE, order::MODULE, timedeal::MODULE, crate::MODULE];

struct Shop(Fixture);

impl Deref for Shop {
    type Target = Fixture;
    fn deref(&self) -> &Fixture {
        &self.0
    }
}

impl Shop {
    fn open() -> Shop {
        Shop(Fixture::of(MODULES))
    }

    fn does<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> T {
        self.write(work).unwrap()
    }

    fn makes(&self, author: Author, body: &str) -> Result<ProductDetail> {
        let sent: SaveProduct = serde_json::from_str(body).unwrap();
        self.write(move |tx| ops::create(tx, SETTINGS, author, "admin", &sent))
    }

    fn sees(&self, id: ProductId) -> ProductDetail {
        self.does(move |tx| page::detail(tx, id, Currency::KRW, Viewer::Public))
    }

    fn lists(&self, filter: Filter, sort: (Column, bool)) -> Vec<String> {
        let question = Question {
            filter,
            status: None,
            seller: None,
            keyword: None,
            viewer: Viewer::Public,
            sort,
            request: PageRequest::new(0, 100).unwrap(),
            after: None,
        };
        let page = self.does(move |tx| list::page(tx, &question, Currency::KRW));
        assert_eq!(page.total_elements, page.content.len() as i64);
        page.content.into_iter().map(|product| product.sku).collect()
    }

    fn count(&self) -> usize {
        let question = Question {
            filter: Filter::default(),
            status: None,
            seller: None,
            keyword: None,
            viewer: Viewer::Owner,
            sort: list::Products::DEFAULT,
            request: PageRequest::default(),
            after: None,
        };
        self.does(move |tx| list::page(tx, &question, Currency::KRW)).total_elements as usize
    }
}

const MUG: &str =
    r#"{"sku":"MUG","name":"머그컵","price":9000,"stock":12,"category":"Kitchen > Cups","brand":"Holdfast"}"#;
const TEE: &str = r#"{"sku":"TEE","name":"Tee","price":20000,"salePrice":15000,"category":"Apparel","imageUrl":"t.jpg","variants":[
    {"sku":"TEE-S","options":{"size":"S"},"stock":3},
    {"sku":"TEE-L","options":{"size":"L"},"priceAdjustment":1000,"stock":0}]}"#;

#[test]
fn a_product_and_its_stock_are_made_together_or_not_at_all() {
    let shop = Shop::open();
    let mug = shop.makes(Author::Admin, MUG).unwrap();
    assert_eq!((mug.product.stock, mug.product.stock_status), (12, StockStatus::InStock));
    assert_eq!((mug.product.category.as_deref(), mug.product.currency), (Some("Kitchen > Cups"), "KRW"));
    let tee = shop.makes(Author::Admin, TEE).unwrap();
    let seen: Vec<_> =
        tee.variants.iter().map(|v| (v.sku.as_str(), v.price.as_minor(), v.stock, v.stock_status)).collect();
    let wanted = [("TEE-S", 15_000, 3, StockStatus::LowStock), ("TEE-L", 16_000, 0, StockStatus::OutOfStock)];
    assert_eq!((seen, tee.product.stock), (wanted.to_vec(), 3));
    for (body, code) in [
        (r#"{"name":"X","price":1,"stock":-1}"#, Code::InvalidStockQuantityParam),
        (r#"{"name":"X","price":1,"stock":1,"variants":[{"sku":"X1"}]}"#, Code::InvalidInput),
        (
            r#"{"name":"X","price":1,"variants":[{"sku":"X1","name":"a"},{"sku":"X1","name":"b"}]}"#,
            Code::ProductAlreadyExists,
        ),
        (r#"{"name":"X","price":1,"variants":[{"sku":"X1"},{"sku":"X2"}]}"#, Code::Conflict),
        (r#"{"name":"X","price":1,"category":"a>b>c>d>e>f"}"#, Code::InvalidInput),
        (r#"{"name":"X","price":1,"category":"New","categoryId":1}"#, Code::InvalidInput),
        (r#"{"name":"X","price":0,"category":"New"}"#, Code::InvalidProductPrice),
    ] {
        assert_eq!(shop.makes(Author::Admin, body).unwrap_err().code(), code, "{body}");
    }
    assert_eq!(shop.count(), 2);
    assert_eq!(
        shop.does(|tx| Ok(catalog::ops::categories::tree(tx)?.len())),
        3,
        "a refused product leaves no category"
    );
}

#[test]
fn a_seller_cannot_invent_categories_or_touch_other_things() {
    let shop = Shop::open();
    let (me, other) = (Author::Seller(user_id(1)), Author::Seller(user_id(2)));
    assert_eq!(shop.makes(me, MUG).unwrap_err().code(), Code::NotFound);
    let mine = shop.makes(me, r#"{"name":"Mine","price":5}"#).unwrap().product;
    assert!(mine.sku.starts_with("SKU-") && mine.seller_id == me.seller());
    let set = SetStock { stock: Some(5), expected: Some(0), ..SetStock::default() };
    let (id, sent) = (mine.id, set.clone());
    let error = shop.refused(move |tx| ops::set_stock(tx, SETTINGS, other, "x", id, &sent, IfMatch(None)));
    assert_eq!(error.code(), Code::RoleRequired);
    let done = shop.does(move |tx| ops::set_stock(tx, SETTINGS, me, "x", id, &set, IfMatch(None)));
    assert_eq!(done.product.stock, 5);
    assert_eq!(shop.refused(move |tx| ops::owned(tx, SETTINGS, other, id)).code(), Code::RoleRequired);
}

#[test]
fn rewriting_a_product_keeps_its_stock() {
    let shop = Shop::open();
    let id = shop.makes(Author::Admin, MUG).unwrap().product.id;
    let rewrite = |body: &str, expected| {
        let sent: SaveProduct = serde_json::from_str(body).unwrap();
        shop.write(move |tx| ops::rewrite(tx, SETTINGS, Author::Admin, id, &sent, expected))
    };
    let changed = rewrite(r#"{"name":"Mug","price":8000}"#, Some(1)).unwrap().product;
    assert_eq!((changed.stock, changed.version, changed.category), (12, 2, None));
    assert_eq!(rewrite(r#"{"name":"Mug","price":8000,"stock":12}"#, None).unwrap().product.stock, 12);
    let refused = rewrite(r#"{"name":"Cup","price":8000,"stock":2}"#, None).unwrap_err();
    assert_eq!((refused.code(), &refused.details()[0].values["currentStock"]), (Code::OutdatedVersion, &12.into()));
    assert_eq!(shop.sees(id).product.name, "Mug", "a refused request changes nothing");
    assert_eq!(rewrite(r#"{"name":"Mug 2","price":8000}"#, Some(1)).unwrap_err().code(), Code::OutdatedVersion);
    for body in [
        r#"{"name":"M","price":1,"sku":"X"}"#,
        r#"{"name":"M","price":1,"status":"DRAFT"}"#,
        r#"{"name":"M","price":1,"variants":[]}"#,
    ] {
        assert_eq!(rewrite(body, None).unwrap_err().code(), Code::InvalidInput, "{body}");
    }
}

#[test]
fn a_variant_is_added_with_its_stock() {
    let shop = Shop::open();
    let id = shop.makes(Author::Admin, TEE).unwrap().product.id;
    let sent: SaveVariant =
        serde_json::from_str(r#"{"sku":"TEE-M","options":{"size":"M"},"stock":40,"status":"ACTIVE"}"#).unwrap();
    let made = shop.does(move |tx| ops::add_variant(tx, SETTINGS, Author::Admin, "x", id, &sent, Some(1)));
    assert_eq!((made.stock, made.price), (40, Money::minor(15_000)));
    let off: SaveVariant = serde_json::from_str(r#"{"options":{"size":"M"},"status":"INACTIVE"}"#).unwrap();
    let changed = shop.does(move |tx| ops::change_variant(tx, Author::Admin, id, made.id, &off, None));
    assert_eq!((changed.stock, changed.sku.as_str()), (40, "TEE-M"));
    let page = shop.sees(id);
    assert_eq!((page.product.stock, page.variants.len()), (3, 2), "what is off sale is not shown or counted");
    assert_eq!(shop.does(move |tx| ops::variants(tx, SETTINGS, Author::Admin, id)).len(), 3);
}

#[test]
fn the_public_sees_only_what_is_on_sale() {
    let shop = Shop::open();
    let id = shop.makes(Author::Admin, MUG).unwrap().product.id;
    shop.makes(Author::Admin, r#"{"name":"Draft","price":1,"status":"DRAFT"}"#).unwrap();
    assert_eq!(shop.lists(Filter::default(), list::Products::DEFAULT), ["MUG"]);
    shop.does(move |tx| products::close(tx, Author::Admin, id, None));
    let error = shop.refused(move |tx| page::detail(tx, id, Currency::KRW, Viewer::Public));
    assert_eq!((error.code(), shop.count()), (Code::ProductNotFound, 2));
    shop.does(move |tx| products::discontinue(tx, Author::Admin, id, None, false));
    let error = shop.refused(move |tx| page::detail(tx, id, Currency::KRW, Viewer::Owner));
    assert_eq!((error.code(), shop.count()), (Code::ProductNotFound, 1));
}

fn new_order(lines: Vec<order::NewLine>) -> order::NewOrder {
    let address = kernel::Address {
        receiver_name: "Kim".into(),
        receiver_phone: "010".into(),
        zip_code: "04524".into(),
        address1: "Seoul".into(),
        address2: None,
    };
    order::NewOrder {
        user: user_id(9),
        amounts: order::Amounts::of(&lines, Money::ZERO, None).unwrap(),
        lines,
        address: Some(address),
        memo: None,
        coupon: None,
        currency: Currency::KRW,
        pay_within: std::time::Duration::from_secs(600),
        zone: kernel::Zone::utc(),
    }
}

#[test]
fn a_product_with_live_orders_is_not_deleted() {
    let shop = Shop::open();
    let made = shop.makes(Author::Admin, MUG).unwrap();
    let (id, variant) = (made.product.id, made.variants[0].id);
    let placed = shop.does(move |tx| {
        let line = order::NewLine {
            product: id,
            variant,
            sku: "MUG".into(),
            product_name: "Mug".into(),
            variant_name: None,
            unit_price: Money::minor(9_000),
            quantity: Quantity::ONE,
            coupon_discount: Money::ZERO,
            points_used: Money::ZERO,
            tax_free: false,
        };
        order::ops::place(tx, new_order(vec![line]))
    });
    let error = shop.refused(move |tx| ops::delete(tx, Author::Admin, id, None));
    assert_eq!(error.code(), Code::CannotDeleteProductWithOrders);
    let number = placed.number.clone();
    shop.does(move |tx| order::ops::cancelled(tx, &number, "changed my mind", "buyer"));
    shop.does(move |tx| ops::delete(tx, Author::Admin, id, None));
    assert_eq!(shop.count(), 0);
}

#[test]
fn lists_are_filtered_and_sorted() {
    let shop = Shop::open();
    shop.makes(Author::Admin, MUG).unwrap();
    shop.makes(Author::Admin, TEE).unwrap();
    shop.makes(Author::Admin, r#"{"sku":"BOWL","name":"Bowl","price":12000,"category":"Kitchen","stock":0}"#).unwrap();
    let all = |filter: Filter| shop.lists(filter, (Column::Name, false));
    let category = |words: &str| Filter { category: Some(Choice::Words(words.into())), ..Filter::default() };
    assert_eq!(all(category("Kitchen")), ["BOWL", "MUG"], "with everything below");
    assert_eq!(all(category("Kitchen > Cups")), ["MUG"]);
    let by_id = Filter { category: Some(Choice::Id(kernel::CategoryId::new(1))), ..Filter::default() };
    assert_eq!(all(by_id), ["BOWL", "MUG"]);
    assert!(all(category("1")).is_empty(), "a name, not an id");
    assert!(all(category("Nowhere")).is_empty());
    assert_eq!(all(Filter { brand: Some("Holdfast".into()), ..Filter::default() }), ["MUG"]);
    let prices = |min, max| Filter {
        min_price: Some(Money::minor(min)),
        max_price: Some(Money::minor(max)),
        ..Filter::default()
    };
    assert_eq!(all(prices(12_000, 15_000)), ["BOWL", "TEE"], "the sale price counts");
    assert_eq!(all(Filter { in_stock: true, ..Filter::default() }), ["TEE", "MUG"]);
    assert_eq!(all(Filter { in_stock: true, ..category("Kitchen") }), ["MUG"]);
    let sorted = |column, falling| shop.lists(Filter::default(), (column, falling));
    assert_eq!(sorted(Column::Price, false), ["MUG", "BOWL", "TEE"]);
    assert_eq!(sorted(Column::Price, true), ["TEE", "BOWL", "MUG"]);
    assert_eq!(sorted(Column::Name, true), ["MUG", "TEE", "BOWL"]);
    assert_eq!(sorted(Column::CreatedAt, true), ["BOWL", "TEE", "MUG"]);
    let wrong = Question {
        filter: prices(2, 1),
        status: None,
        seller: None,
        keyword: None,
        viewer: Viewer::Public,
        sort: list::Products::DEFAULT,
        request: PageRequest::default(),
        after: None,
    };
    assert_eq!(shop.refused(move |tx| list::page(tx, &wrong, Currency::KRW)).code(), Code::InvalidInput);
}

#[test]
fn a_sellers_list_shows_only_theirs() {
    let shop = Shop::open();
    let me = Author::Seller(user_id(1));
    shop.makes(me, r#"{"sku":"A","name":"A","price":1,"status":"DRAFT"}"#).unwrap();
    shop.makes(Author::Admin, MUG).unwrap();
    let question = |status| Question {
        filter: Filter::default(),
        status,
        seller: me.seller(),
        keyword: None,
        viewer: Viewer::Owner,
        sort: list::Products::DEFAULT,
        request: PageRequest::default(),
        after: None,
    };
    let skus = |question: Question| {
        let page = shop.does(move |tx| list::page(tx, &question, Currency::KRW));
        page.content.into_iter().map(|product| product.sku).collect::<Vec<_>>()
    };
    assert_eq!(skus(question(None)), ["A"]);
    assert!(skus(question(Some(Status::Active))).is_empty());
}

#[test]
fn lines_are_verified_together() {
    let shop = Shop::open();
    let mug = shop.makes(Author::Admin, MUG).unwrap();
    let tee = shop.makes(Author::Admin, TEE).unwrap();
    let line = |product: Option<ProductId>, variant: Option<VariantId>, units| VerifyItem {
        product_id: product,
        variant_id: variant,
        quantity: Quantity::new(units).unwrap(),
    };
    let (small, large) = (tee.variants[0].id, tee.variants[1].id);
    let items = vec![
        line(Some(mug.product.id), None, 12),
        line(None, Some(small), 2),
        line(Some(tee.product.id), None, 2),
        line(None, Some(large), 1),
        line(Some(ProductId::new(99)), None, 1),
    ];
    let found = shop.does(move |tx| ops::verify(tx, &items));
    let reasons: Vec<_> = found.results.iter().map(|line| (line.reason, line.available_stock)).collect();
    use Reason::{InsufficientStock, NotFound};
    let short = Some(InsufficientStock);
    assert_eq!(reasons, [(None, 12), (short, 3), (short, 3), (short, 0), (Some(NotFound), 0)]);
    assert!(!found.all_available);
    let id = mug.product.id;
    shop.does(move |tx| products::close(tx, Author::Admin, id, None));
    let closed = shop.does(move |tx| ops::verify(tx, &[line(Some(id), None, 1)]));
    assert_eq!(closed.results[0].reason, Some(Reason::NotOnSale));
    assert_eq!(shop.refused(|tx| ops::verify(tx, &[])).code(), Code::InvalidInput);
    let many = vec![line(Some(id), None, 1); 501];
    assert_eq!(shop.refused(move |tx| ops::verify(tx, &many)).code(), Code::InvalidInput);
    let bulk = shop.does(move |tx| ops::by_ids(tx, &[large, small, VariantId::new(99)]));
    assert_eq!(bulk.iter().map(|v| (v.sku.as_str(), v.stock)).collect::<Vec<_>>(), [("TEE-L", 0), ("TEE-S", 3)]);
    let many: Vec<VariantId> = (1..=101).map(VariantId::new).collect();
    assert_eq!(shop.refused(move |tx| ops::by_ids(tx, &many)).code(), Code::InvalidInput);
}
