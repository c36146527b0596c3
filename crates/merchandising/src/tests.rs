//! The verbs and the import against a real database. Every test ends with both domains' audits.

use crate::import::{Format, Options, Progress, Report, import};
use crate::list::{self, Column, Filter, Question};
use crate::ops::{self, House, Reason};
use crate::page::{self, ProductDetail, Viewer};
use crate::request::{SaveProduct, SaveVariant, SetStock, VerifyItem};
use catalog::ops::products;
use catalog::ops::upsert::SameName;
use catalog::product::{Author, Status};
use inventory::StockStatus;
use kernel::{Code, Currency, Error, Money, PageRequest, ProductId, Quantity, Result, UserId, VariantId};
use ports::ManualClock;
use std::sync::Arc;
use store::{Db, Settings, Tx, Violation};
use testdb::Space;

const HOUSE: House = House { currency: Currency::KRW, low_stock_threshold: 10 };

pub(crate) struct Shop {
    pub(crate) db: Db,
    _space: Space,
}

impl Shop {
    pub(crate) fn open() -> Shop {
        let space = Space::open();
        let settings = Settings::throwaway(space.url().parse().unwrap(), Arc::new(ManualClock::default()));
        let db = Db::open(settings).unwrap();
        let migrations = [store::MIGRATIONS, catalog::MIGRATIONS, inventory::MIGRATIONS, order::MIGRATIONS].concat();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(db.migrate(migrations)).unwrap();
        runtime.block_on(db.prepare_all(crate::store::STATEMENTS.to_vec())).unwrap();
        Shop { db, _space: space }
    }

    fn tries<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Result<T> {
        self.db.write_blocking("test", work)
    }

    fn does<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> T {
        self.tries(work).unwrap()
    }

    fn refuses<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> Error {
        self.tries(work).map(|_| ()).unwrap_err()
    }

    fn makes(&self, author: Author, body: &str) -> Result<ProductDetail> {
        let sent: SaveProduct = serde_json::from_str(body).unwrap();
        self.tries(move |tx| ops::create(tx, HOUSE, author, "admin", &sent))
    }

    fn sees(&self, id: ProductId) -> ProductDetail {
        self.does(move |tx| page::detail(tx, id, Currency::KRW, Viewer::Public))
    }

    fn lists(&self, filter: Filter, sort: (Column, bool)) -> Vec<String> {
        let question = Question {
            filter,
            status: None,
            seller: None,
            viewer: Viewer::Public,
            sort,
            request: PageRequest::new(0, 100).unwrap(),
        };
        let page = self.does(move |tx| list::page(tx, &question, Currency::KRW));
        assert_eq!(page.total_elements, page.content.len() as i64);
        page.content.into_iter().map(|product| product.sku).collect()
    }

    fn imports(&self, file: &[u8], options: &Options) -> Report {
        let mut last = Progress::default();
        let report = import(&self.db, file, options, &mut |progress| last = progress).unwrap();
        assert_eq!((last.rows, last.refused), (report.rows, report.refused.len() as u64));
        report
    }

    fn count(&self) -> usize {
        let question = Question {
            filter: Filter::default(),
            status: None,
            seller: None,
            viewer: Viewer::Owner,
            sort: list::SORT_DEFAULT,
            request: PageRequest::default(),
        };
        self.does(move |tx| list::page(tx, &question, Currency::KRW)).total_elements as usize
    }
}

fn audit(tx: &mut Tx<'_>) -> Result<Vec<Violation>> {
    let mut broken = catalog::store::audit(tx)?;
    broken.extend(inventory::audit(tx)?);
    Ok(broken)
}

impl Drop for Shop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.does(audit), vec![]);
        }
    }
}

const MUG: &str =
    r#"{"sku":"MUG","name":"머그컵","price":9000,"stock":12,"category":"Kitchen > Cups","brand":"Holdfast"}"#;
const TEE: &str = r#"{"sku":"TEE","name":"Tee","price":20000,"salePrice":15000,"category":"Apparel","imageUrl":"t.jpg","variants":[
    {"sku":"TEE-S","options":{"size":"S"},"stock":3},
    {"sku":"TEE-L","options":{"size":"L"},"priceAdjustment":1000,"stock":0}]}"#;

fn user(seed: u64) -> UserId {
    UserId::new(kernel::Random::seeded(seed).uuid())
}

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
        (r#"{"name":"X","price":1,"variants":[{"sku":"X1"},{"sku":"X1"}]}"#, Code::ProductAlreadyExists),
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
    let (me, other) = (Author::Seller(user(1)), Author::Seller(user(2)));
    assert_eq!(shop.makes(me, MUG).unwrap_err().code(), Code::NotFound);
    let mine = shop.makes(me, r#"{"name":"Mine","price":5}"#).unwrap().product;
    assert!(mine.sku.starts_with("SKU-") && mine.seller_id == me.seller());
    let set = SetStock { stock: 5, variant_id: None };
    let (id, sent) = (mine.id, set.clone());
    let error = shop.refuses(move |tx| ops::set_stock(tx, HOUSE, other, "x", id, &sent));
    assert_eq!(error.code(), Code::RoleRequired);
    let done = shop.does(move |tx| ops::set_stock(tx, HOUSE, me, "x", id, &set));
    assert_eq!(done.product.stock, 5);
    assert_eq!(shop.refuses(move |tx| ops::owned(tx, HOUSE, other, id)).code(), Code::RoleRequired);
}

#[test]
fn rewriting_leaves_the_stock_alone_unless_told() {
    let shop = Shop::open();
    let id = shop.makes(Author::Admin, MUG).unwrap().product.id;
    let rewrite = |body: &str, expected| {
        let sent: SaveProduct = serde_json::from_str(body).unwrap();
        shop.tries(move |tx| ops::rewrite(tx, HOUSE, Author::Admin, "admin", id, &sent, expected))
    };
    let changed = rewrite(r#"{"name":"Mug","price":8000}"#, Some(1)).unwrap().product;
    assert_eq!((changed.stock, changed.version, changed.category), (12, 2, None));
    assert_eq!(rewrite(r#"{"name":"Mug","price":8000,"stock":2}"#, None).unwrap().product.stock, 2);
    assert_eq!(rewrite(r#"{"name":"Mug 2","price":8000}"#, Some(1)).unwrap_err().code(), Code::StaleVersion);
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
    let made = shop.does(move |tx| ops::add_variant(tx, HOUSE, Author::Admin, "x", id, &sent, Some(1)));
    assert_eq!((made.stock, made.price), (40, Money::minor(15_000)));
    let off: SaveVariant = serde_json::from_str(r#"{"options":{"size":"M"},"status":"INACTIVE"}"#).unwrap();
    let changed = shop.does(move |tx| ops::change_variant(tx, Author::Admin, id, made.id, &off, None));
    assert_eq!((changed.stock, changed.sku.as_str()), (40, "TEE-M"));
    let page = shop.sees(id);
    assert_eq!((page.product.stock, page.variants.len()), (3, 2), "what is off sale is not shown or counted");
    assert_eq!(shop.does(move |tx| ops::variants(tx, HOUSE, Author::Admin, id)).len(), 3);
}

#[test]
fn the_public_sees_only_what_is_on_sale() {
    let shop = Shop::open();
    let id = shop.makes(Author::Admin, MUG).unwrap().product.id;
    shop.makes(Author::Admin, r#"{"name":"Draft","price":1,"status":"DRAFT"}"#).unwrap();
    assert_eq!(shop.lists(Filter::default(), list::SORT_DEFAULT), ["MUG"]);
    shop.does(move |tx| products::close(tx, Author::Admin, id, None));
    let error = shop.refuses(move |tx| page::detail(tx, id, Currency::KRW, Viewer::Public));
    assert_eq!((error.code(), shop.count()), (Code::ProductNotFound, 2));
    shop.does(move |tx| products::discontinue(tx, Author::Admin, id, None, false));
    let error = shop.refuses(move |tx| page::detail(tx, id, Currency::KRW, Viewer::Owner));
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
        user: user(9),
        lines,
        address,
        coupon_discount: Money::ZERO,
        coupon: None,
        points_used: Money::ZERO,
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
        };
        order::ops::place(tx, new_order(vec![line]))
    });
    let error = shop.refuses(move |tx| ops::delete(tx, Author::Admin, id, None));
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
    let category = |words: &str| Filter { category: Some(words.into()), ..Filter::default() };
    assert_eq!(all(category("Kitchen")), ["BOWL", "MUG"], "with everything below");
    assert_eq!(all(category("Kitchen > Cups")), ["MUG"]);
    assert_eq!(all(category("1")), ["BOWL", "MUG"]);
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
        viewer: Viewer::Public,
        sort: list::SORT_DEFAULT,
        request: PageRequest::default(),
    };
    assert_eq!(shop.refuses(move |tx| list::page(tx, &wrong, Currency::KRW)).code(), Code::InvalidInput);
}

#[test]
fn a_sellers_list_shows_only_theirs() {
    let shop = Shop::open();
    let me = Author::Seller(user(1));
    shop.makes(me, r#"{"sku":"A","name":"A","price":1,"status":"DRAFT"}"#).unwrap();
    shop.makes(Author::Admin, MUG).unwrap();
    let question = |status| Question {
        filter: Filter::default(),
        status,
        seller: me.seller(),
        viewer: Viewer::Owner,
        sort: list::SORT_DEFAULT,
        request: PageRequest::default(),
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
    assert_eq!(shop.refuses(|tx| ops::verify(tx, &[])).code(), Code::InvalidInput);
    let many = vec![line(Some(id), None, 1); 501];
    assert_eq!(shop.refuses(move |tx| ops::verify(tx, &many)).code(), Code::InvalidInput);
    let bulk = shop.does(move |tx| ops::by_ids(tx, &[large, small, VariantId::new(99)]));
    assert_eq!(bulk.iter().map(|v| (v.sku.as_str(), v.stock)).collect::<Vec<_>>(), [("TEE-L", 0), ("TEE-S", 3)]);
    let many: Vec<VariantId> = (1..=101).map(VariantId::new).collect();
    assert_eq!(shop.refuses(move |tx| ops::by_ids(tx, &many)).code(), Code::InvalidInput);
}

fn csv(map: &[(&str, &str)], set: &[(&str, &str)]) -> Options {
    let pairs = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    Options { map: pairs(map), set: pairs(set), ..Options::new(Format::Csv, HOUSE) }
}

fn lines(report: &Report) -> Vec<(u64, Option<&str>, &str)> {
    report.refused.iter().map(|row| (row.line, row.sku.as_deref(), row.code)).collect()
}

#[test]
fn a_refused_row_writes_nothing_and_harms_no_other() {
    let shop = Shop::open();
    let file = "sku,name,price,stock,category\n\
        A,Apple,100,5,Food\n\
        B,,100,5,Never > Made\n\
        C,Cherry,0,5,Food\n\
        D,Date,1x,5,Food\n\
        E,\"Egg,100,5,Food\n\
        F,Fig,100,-1,Food\n\
        G,Grape,100,1,a>b>c>d>e>f\n\
        A,Again,100,5,Food\n\
        ,Nameless,100,5,Food\n\
        H,Honey,100,7,Food,too,many\n\
        I,Ice\n\
        J,Jam,100,9,Food > Sweet\n";
    let report = shop.imports(file.as_bytes(), &csv(&[], &[]));
    assert_eq!((report.rows, report.created), (12, 2));
    let refused = [
        (3, Some("B"), "C002"),
        (4, Some("C"), "S004"),
        (5, Some("D"), "C002"),
        (6, None, "C002"),
        (7, Some("F"), "S007"),
        (8, Some("G"), "C002"),
        (9, Some("A"), "S002"),
        (10, None, "C002"),
        (11, None, "C002"),
        (12, None, "C002"),
    ];
    assert_eq!(lines(&report), refused, "{report}");
    assert!(report.refused.iter().all(|row| !row.reason.is_empty()));
    assert_eq!(shop.lists(Filter { in_stock: true, ..Filter::default() }, (Column::Name, false)), ["A", "J"]);
    let names = shop.does(|tx| Ok(catalog::ops::categories::tree(tx)?.all_with_paths()));
    assert_eq!(names.iter().map(|c| c.path.as_str()).collect::<Vec<_>>(), ["Food", "Food > Sweet"]);
}

#[test]
fn importing_again_updates_by_sku() {
    let shop = Shop::open();
    let first = "sku,name,price,stock\nA,Apple,100,5\nB,Bean,200,6\n";
    assert_eq!(shop.imports(first.as_bytes(), &csv(&[], &[])).created, 2);
    let again = shop.imports(first.as_bytes(), &csv(&[], &[]));
    assert_eq!((again.created, again.updated, again.unchanged), (0, 0, 2));
    let second = "sku,price,stock\nA,90,\nB,200,8\nC,1,1\n";
    let report = shop.imports(second.as_bytes(), &csv(&[], &[]));
    assert_eq!((report.updated, lines(&report)), (2, vec![(4, Some("C"), "C002")]), "{report}");
    let bean = shop.sees(ProductId::new(2)).product;
    assert_eq!((bean.stock, bean.name.as_str(), bean.price), (8, "Bean", Money::minor(200)));
    assert_eq!(shop.sees(ProductId::new(1)).product.stock, 5);
}

#[test]
fn a_seller_imports_only_what_is_theirs() {
    let shop = Shop::open();
    shop.imports(b"sku,name,price,category\nA,Apple,100,Food\n", &csv(&[], &[]));
    let mine = Options { seller: Some(user(1)), ..csv(&[], &[]) };
    let report = shop.imports(b"sku,name,price,category\nA,Apple,1,Food\nB,Bean,1,New\nC,Corn,1,Food\n", &mine);
    assert_eq!((report.created, lines(&report)), (1, vec![(2, Some("A"), "A002"), (3, Some("B"), "C003")]));
    assert_eq!(shop.sees(ProductId::new(2)).product.seller_id, Some(user(1)));
}

#[test]
fn a_shared_name_is_noted_or_refused() {
    let shop = Shop::open();
    let file = b"sku,name,price\nA,Ring,1\nB,Ring,2\n";
    let report = shop.imports(file, &csv(&[], &[]));
    assert_eq!((report.created, report.noted_rows), (2, 1));
    assert_eq!(report.noted[0].note, "it has the same name as sku A");
    let strict = Options { same_name: SameName::Refuse, ..csv(&[], &[]) };
    let report = shop.imports(b"sku,name,price\nC,Ring,1\n", &strict);
    assert_eq!(lines(&report), [(2, Some("C"), "S008")]);
}

#[test]
fn broken_files_are_refused_or_read_as_far_as_they_go() {
    let shop = Shop::open();
    let refused =
        |file: &[u8], options: Options| import(&shop.db, file, &options, &mut |_| {}).map(|_| ()).unwrap_err().code();
    assert_eq!(refused(b"", csv(&[], &[])), Code::InvalidInput);
    assert_eq!(refused(b"\xff\xfes\0k\0u\0", csv(&[], &[])), Code::InvalidInput);
    assert_eq!(refused(b"name,price\nA,1\n", csv(&[], &[])), Code::InvalidInput);
    assert_eq!(refused(b"sku,name\nA,1\n", csv(&[("name", "unknown")], &[])), Code::InvalidInput);
    assert_eq!(refused(b"sku,name\nA,1\n", csv(&[("colour", "name")], &[])), Code::InvalidInput);
    let half = b"sku,name,price\nA,Apple,100\nB,Bean,1\nC,\"Co";
    let report = shop.imports(half, &csv(&[], &[]));
    assert_eq!((report.created, lines(&report)), (2, vec![(4, None, "C002")]));
    let mut strange = b"sku,name,price\nD,\xff\xfe,1\nE,".to_vec();
    strange.extend(vec![b'x'; 1 << 20]);
    strange.extend(b",1\nF,nul\0,1\nG,Good,1\n");
    let report = shop.imports(&strange, &csv(&[], &[]));
    assert_eq!(
        (report.created, lines(&report)),
        (1, vec![(2, None, "C002"), (3, None, "C002"), (4, Some("F"), "C002")])
    );
    struct Breaks<'a>(&'a [u8]);
    impl std::io::Read for Breaks<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(std::io::Error::other("cable pulled")),
                some => Ok(some),
            }
        }
    }
    let report = import(&shop.db, Breaks(b"sku,name,price\nH,Ham,1\nI,Ic"), &csv(&[], &[]), &mut |_| {}).unwrap();
    assert_eq!((report.created, report.stopped.as_deref()), (1, Some("the file could not be read on")));
}

#[test]
fn products_with_variants_come_as_ndjson() {
    let shop = Shop::open();
    let file = "\u{feff}{\"sku\":\"TEE\",\"name\":\"티셔츠\",\"description\":\"Cotton\",\"price\":20000,\"salePrice\":18000,\
        \"category\":\"의류 > 상의\",\"brand\":\"Holdfast\",\"imageUrl\":\"https://img.example/t.jpg\",\"variants\":[\
        {\"sku\":\"TEE-S\",\"name\":\"S\",\"options\":{\"size\":\"S\"},\"priceAdjustment\":0,\"stock\":5},\
        {\"sku\":\"TEE-L\",\"name\":\"L\",\"options\":{\"size\":\"L\"},\"priceAdjustment\":1000,\"stock\":0}]}\n\n\
        {\"sku\":\"MUG\",\"name\":\"Mug\",\"price\":9000,\"stock\":11}\n\
        {\"sku\":\"BAD\",\"name\":\"Bad\",\"price\":9000,\"color\":\"red\"}\n\
        {\"sku\":\"DUP\",\"name\":\"Dup\",\"price\":9000,\"variants\":[{\"sku\":\"TEE-S\"}]}\n\
        not json\n\
        {\"sku\":\"HALF\",\"name\":\"Ha";
    let options = Options::new(Format::Ndjson, HOUSE);
    let report = shop.imports(file.as_bytes(), &options);
    assert_eq!((report.rows, report.created), (6, 2), "{report}");
    let refused = [(4, None, "C002"), (5, Some("DUP"), "S002"), (6, None, "C002"), (7, None, "C002")];
    let found: Vec<_> = lines(&report).into_iter().map(|(l, s, c)| (l, s.filter(|s| *s == "DUP"), c)).collect();
    assert_eq!(found, refused);
    let tee = shop.sees(ProductId::new(1));
    assert_eq!((tee.variants.len(), tee.product.stock, tee.product.category.as_deref()), (2, 5, Some("의류 > 상의")));
    let again = shop.imports(file.as_bytes(), &options);
    assert_eq!((again.created, again.unchanged), (0, 2));
    let more = "{\"sku\":\"TEE\",\"variants\":[\
        {\"sku\":\"TEE-L\",\"name\":\"L\",\"options\":{\"size\":\"L\"},\"priceAdjustment\":1000,\"stock\":4},\
        {\"sku\":\"TEE-XL\",\"options\":{\"size\":\"XL\"},\"stock\":2}]}";
    let report = shop.imports(more.as_bytes(), &options);
    assert_eq!((report.updated, shop.sees(ProductId::new(1)).product.stock), (1, 11), "{report}");
}
