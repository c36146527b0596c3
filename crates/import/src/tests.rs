//! Files against a real database. Every test ends with the audits of both domains.

use crate::plan::Blank;
use crate::report::{Noted, Refused};
use crate::{Options, Report, Watch, run};
use catalog::ops::upsert::{self, SameName};
use files::{
    Format, Progress,
    report::{LISTED_MAX, Outcome as _},
    sample::{HEADER, STRINGS, workbook},
};
use fixture::{Fixture, user_id};
use kernel::{Code, Currency, Money, PageRequest, ProductId, Result};
use merchandising::list::{self, Column, Filter, Question};
use merchandising::page::{self, ProductDetail, Viewer};
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use store::{Db, Tx};
use web::Module;

pub(crate) const MODULES: &[Module] =
    &[catalog::MODULE, inventory::MODULE, order::MODULE, timedeal::MODULE, merchandising::MODULE, crate::MODULE];
pub(crate) const LOW_STOCK_THRESHOLD: i64 = 10;

pub(crate) struct Shop(Fixture);

/// What was seen of an import while it ran.
#[derive(Default)]
struct Seen {
    last: Progress,
    refused: u64,
    noted: u64,
    row: u64,
}

impl Watch for Seen {
    fn progress(&mut self, progress: Progress) {
        self.last = progress;
    }

    fn refused(&mut self, row: &Refused) {
        assert!(row.row > self.row, "refused rows come in the order of the file");
        (self.refused, self.row) = (self.refused + 1, row.row);
    }

    fn noted(&mut self, _: &Noted) {
        self.noted += 1;
    }
}

impl Shop {
    pub(crate) fn open() -> Shop {
        Shop(Fixture::with(MODULES, |settings| settings.writers = 12))
    }

    pub(crate) fn db(&self) -> Db {
        self.0.db()
    }

    fn does<T: Send + 'static>(&self, work: impl Fn(&mut Tx<'_>) -> Result<T> + Send + 'static) -> T {
        self.0.write(work).unwrap()
    }

    fn sees(&self, id: ProductId) -> ProductDetail {
        self.does(move |tx| page::detail(tx, id, Currency::KRW, Viewer::Public))
    }

    /// The product with this sku. A database server may leave out ids, because a job with a refused part runs twice there.
    fn named(&self, sku: &'static str) -> ProductDetail {
        self.sees(self.does(move |tx| Ok(upsert::known(tx, &[sku], &[])?.product(sku).unwrap().id)))
    }

    fn in_stock(&self) -> Vec<String> {
        let question = Question {
            filter: Filter { in_stock: true, ..Filter::default() },
            status: None,
            seller: None,
            keyword: None,
            viewer: Viewer::Public,
            sort: (Column::Name, false),
            request: PageRequest::new(0, 100).unwrap(),
            after: None,
        };
        let page = self.does(move |tx| list::page(tx, &question, Currency::KRW));
        page.content.into_iter().map(|product| product.sku).collect()
    }

    pub(crate) fn imports(&self, file: &[u8], options: &Options) -> Report {
        let mut seen = Seen::default();
        let report = run(&self.db(), Cursor::new(file), options, &mut seen).unwrap();
        assert_eq!((seen.last.rows, seen.last.refused), (report.rows, report.refused_rows));
        assert_eq!((seen.refused, seen.noted), (report.refused_rows, report.noted_rows));
        report
    }
}

/// A file in a shop of won.
fn won(format: Format) -> files::Options {
    files::Options::new(format, Currency::KRW)
}

/// A file in a shop of dollars.
fn dollars(format: Format) -> Options {
    reading(files::Options::new(format, Currency::of_code("USD").unwrap()))
}

fn reading(read: files::Options) -> Options {
    Options::reading(read, LOW_STOCK_THRESHOLD)
}

fn csv(map: &[(&str, &str)], set: &[(&str, &str)]) -> Options {
    let pairs = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    reading(files::Options { map: pairs(map), set: pairs(set), ..won(Format::Csv) })
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
    assert_eq!(shop.in_stock(), ["A", "J"]);
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
    let mine = Options { seller: Some(user_id(1)), ..csv(&[], &[]) };
    let report = shop.imports(b"sku,name,price,category\nA,Apple,1,Food\nB,Bean,1,New\nC,Corn,1,Food\n", &mine);
    assert_eq!((report.created, lines(&report)), (1, vec![(2, Some("A"), "A002"), (3, Some("B"), "C003")]));
    assert_eq!(shop.sees(ProductId::new(2)).product.seller_id, Some(user_id(1)));
}

#[test]
fn a_shared_name_is_noted_or_refused() {
    let shop = Shop::open();
    let file = b"sku,name,price\nA,Ring,1\nB,Ring,2\n";
    let report = shop.imports(file, &csv(&[], &[]));
    assert_eq!((report.created, report.noted_rows), (2, 1));
    assert_eq!(report.noted[0].note, "the product with sku A has the same name");
    let strict = Options { same_name: SameName::Refuse, ..csv(&[], &[]) };
    let report = shop.imports(b"sku,name,price\nC,Ring,1\n", &strict);
    assert_eq!(lines(&report), [(2, Some("C"), "S008")]);
}

#[test]
fn broken_files_are_refused_or_read_as_far_as_they_go() {
    let shop = Shop::open();
    let refused = |file: &[u8], options: Options| {
        run(&shop.db(), Cursor::new(file), &options, &mut ()).map(|_| ()).unwrap_err().code()
    };
    assert_eq!(refused(b"", csv(&[], &[])), Code::InvalidInput);
    assert_eq!(refused(b"name,price\nA,1\n", csv(&[], &[])), Code::InvalidInput);
    assert_eq!(refused(b"sku,name\nA,1\n", csv(&[("name", "unknown")], &[])), Code::InvalidInput);
    assert_eq!(refused(b"sku,name\nA,1\n", csv(&[("colour", "name")], &[])), Code::InvalidInput);
    let half = b"sku,name,price\nA,Apple,100\nB,Bean,1\nC,\"Co";
    let report = shop.imports(half, &csv(&[], &[]));
    assert_eq!((report.created, lines(&report)), (2, vec![(4, None, "C002")]));
    let mut strange = "sku,name,price\nD,머그\u{FFFD},1\nE,".as_bytes().to_vec();
    strange.extend(vec![b'x'; 1 << 20]);
    strange.extend(b",1\nF,nul\0,1\nG,Good,1\n");
    let report = shop.imports(&strange, &csv(&[], &[]));
    assert_eq!(
        (report.created, lines(&report)),
        (1, vec![(2, Some("D"), "C002"), (3, None, "C002"), (4, Some("F"), "C002")])
    );
    let broken = Breaks { file: Cursor::new(b"sku,name,price\nH,Ham,1\nI,Ic"), ends: 0 };
    let report = run(&shop.db(), broken, &csv(&[], &[]), &mut ()).unwrap();
    assert_eq!((report.created, report.stopped.as_deref()), (1, Some("the rest of the file could not be read")));
}

/// A file whose disk breaks when it is read the second time.
struct Breaks {
    file: Cursor<&'static [u8]>,
    ends: u32,
}

impl Read for Breaks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read(buffer)? {
            0 if self.ends == 1 => Err(io::Error::other("cable pulled")),
            0 => {
                self.ends += 1;
                Ok(0)
            }
            some => Ok(some),
        }
    }
}

impl Seek for Breaks {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

const KOREAN: &str = "sku,name,price,stock\r\nA,달항아리 머그컵,18000,5\r\nB,뚝배기,9000,3\r\n";

#[test]
fn files_of_any_encoding_become_the_same_products() {
    let utf16: Vec<u8> = KOREAN.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cp949 = encoding_rs::EUC_KR.encode(KOREAN).0.into_owned();
    for (file, name) in [(KOREAN.as_bytes().to_vec(), "UTF-8"), (cp949, "EUC-KR"), (utf16, "UTF-16LE")] {
        let shop = Shop::open();
        let report = shop.imports(&file, &csv(&[], &[]));
        assert_eq!((report.read.encoding, report.created), (Some(name), 2), "{report}");
        assert_eq!(shop.sees(ProductId::new(1)).product.name, "달항아리 머그컵");
    }
}

#[test]
fn a_file_that_mixes_encodings_stores_nothing() {
    let shop = Shop::open();
    let mixed = [KOREAN.as_bytes(), b"C,", &encoding_rs::EUC_KR.encode("도자기").0, b",1,1\r\n"].concat();
    let refused = run(&shop.db(), Cursor::new(&mixed), &csv(&[], &[]), &mut ()).unwrap_err();
    assert!(refused.detail().unwrap().contains("line 2 is UTF-8, line 4 is not"), "{refused}");
    let given = reading(files::Options { encoding: Some(encoding_rs::UTF_8), ..won(Format::Csv) });
    let refused = run(&shop.db(), Cursor::new(&mixed), &given, &mut ()).unwrap_err();
    assert!(refused.detail().unwrap().contains("not UTF-8 throughout: line 4"), "{refused}");
    assert_eq!(shop.in_stock(), Vec::<String>::new());
}

#[test]
fn line_ends_of_old_macs_end_rows_and_an_empty_file_is_no_success() {
    let shop = Shop::open();
    let report = shop.imports(KOREAN.replace("\r\n", "\r").as_bytes(), &csv(&[], &[]));
    assert_eq!((report.rows, report.created), (2, 2));
    for (file, format) in [("sku,name\n", Format::Csv), ("sku,name\r\r", Format::Csv), ("\n \n", Format::Json)] {
        let options = reading(won(format));
        let refused = run(&shop.db(), Cursor::new(file), &options, &mut ()).unwrap_err();
        assert_eq!(refused.detail(), Some("the file has no rows"), "{file:?}");
    }
}

#[test]
fn rows_that_share_a_product_become_its_variants() {
    let shop = Shop::open();
    let file = "productSku,sku,name,price,stock,option.size,category\n\
        TEE,TEE-S,Tee,9000,5,S,Tops\n\
        TEE,TEE-L,,9500,7,L,\n\
        ,MUG,Mug,5000,3,,Cups\n\
        CAP,CAP-1,Cap,7000,1,S,\n\
        CAP,CAP-2,Cap,x,1,L,\n";
    let report = shop.imports(file.as_bytes(), &csv(&[], &[]));
    assert_eq!((report.rows, report.created), (5, 2), "{report}");
    assert_eq!(lines(&report), [(5, Some("CAP-1"), "C002"), (6, Some("CAP-2"), "C002")]);
    let tee = shop.sees(ProductId::new(1));
    let variants: Vec<_> = tee.variants.iter().map(|one| (one.sku.as_str(), one.price.as_minor())).collect();
    assert_eq!((variants, tee.product.stock), (vec![("TEE-S", 9_000), ("TEE-L", 9_500)], 12));
    let again = shop.imports(file.as_bytes(), &csv(&[], &[]));
    assert_eq!((again.created, again.unchanged), (0, 2), "{again}");
    let more = "productSku,sku,price,stock,option.size\nTEE,TEE-XL,9900,2,XL\nTEE,TEE-S,,4,\n";
    assert_eq!(shop.imports(more.as_bytes(), &csv(&[], &[])).updated, 1);
    let tee = shop.sees(ProductId::new(1));
    assert_eq!((tee.variants.len(), tee.product.stock, tee.product.price.as_minor()), (3, 13, 9_000));
}

#[test]
fn the_stock_of_a_variant_is_set_by_its_own_sku() {
    let shop = Shop::open();
    let first = "productSku,sku,name,price,stock,option.size\nTEE,TEE-S,Tee,9000,10,S\nTEE,TEE-L,,,20,L\n";
    shop.imports(first.as_bytes(), &csv(&[], &[]));
    let report = shop.imports(b"sku,stock\nTEE,50\n", &csv(&[], &[]));
    assert_eq!(lines(&report), [(2, Some("TEE"), "C002")]);
    assert!(report.refused[0].reason.contains("that of each variant"), "{report}");
    let report = shop.imports(b"sku,stock\nTEE-L,50\nTEE-S,0\n", &csv(&[], &[]));
    assert_eq!((report.updated, shop.sees(ProductId::new(1)).product.stock), (2, 50), "{report}");
    let moved = "sku,stockChange,expectedStock\nTEE-L,-5,50\nTEE-S,3,\n";
    assert_eq!(shop.imports(moved.as_bytes(), &csv(&[], &[])).updated, 2);
    let report = shop.imports(moved.as_bytes(), &csv(&[], &[]));
    assert_eq!((report.updated, lines(&report)), (1, vec![(2, Some("TEE-L"), "C016")]), "{report}");
    assert_eq!(shop.sees(ProductId::new(1)).product.stock, 51);
    let wrong = "sku,stock,stockChange,expectedStock\nTEE-L,1,1,\nTEE-S,,,5\n";
    assert_eq!(lines(&shop.imports(wrong.as_bytes(), &csv(&[], &[]))).len(), 2);
    let renamed = shop.imports(b"sku,name\nTEE-L,Large\n", &csv(&[], &[]));
    assert!(renamed.refused[0].reason.contains("the sku of a variant of TEE"), "{renamed}");
}

#[test]
fn an_import_clears_and_closes() {
    let shop = Shop::open();
    let first = "sku,name,price,salePrice,brand,stock\nA,Apple,100,90,Tree,5\nB,Bean,100,90,Bush,5\n";
    shop.imports(first.as_bytes(), &csv(&[], &[]));
    let blank = "sku,salePrice,brand\nA,,\n";
    assert_eq!(shop.imports(blank.as_bytes(), &csv(&[], &[])).unchanged, 1);
    let clear = Options { blank: Blank::Clear, ..csv(&[], &[]) };
    assert_eq!(shop.imports(blank.as_bytes(), &clear).updated, 1);
    let json = reading(won(Format::Json));
    assert_eq!(shop.imports(b"[{\"sku\":\"B\",\"salePrice\":null,\"brand\":null}]", &json).updated, 1);
    for id in [1, 2] {
        let seen = shop.sees(ProductId::new(id)).product;
        assert_eq!((seen.sale_price, seen.brand, seen.stock), (None, None, 5));
    }
    assert_eq!(shop.imports(b"sku,status\nA,INACTIVE\nB,DISCONTINUED\n", &csv(&[], &[])).updated, 2);
    assert_eq!(shop.in_stock(), Vec::<String>::new());
    let report = shop.imports(b"sku,brand\nA,Tree\nB,Bush\n", &csv(&[], &[]));
    assert_eq!((report.updated, lines(&report)), (1, vec![(3, Some("B"), "S002")]));
    let report = shop.imports(b"sku,status\nA,ACTIVE\nB,INACTIVE\n", &csv(&[], &[]));
    assert_eq!((report.updated, shop.in_stock()), (2, vec!["A".to_owned()]), "{report}");
    let report = shop.imports(b"sku,status\nB,ACTIVE\n", &csv(&[], &[("brand", "")]));
    assert_eq!((report.updated, shop.in_stock().len()), (1, 2), "{report}");
    assert_eq!(shop.sees(ProductId::new(1)).product.brand.as_deref(), Some("Tree"));
    assert_eq!(shop.imports(b"sku\nA\n", &csv(&[], &[("brand", "")])).updated, 1);
    assert_eq!(shop.sees(ProductId::new(1)).product.brand, None);
}

#[test]
fn a_workbook_is_imported_as_it_is_seen() {
    let shop = Shop::open();
    let options = dollars(Format::Xlsx);
    let cells: &[&str] = &["><v>1001</v>", " t=\"s\"><v>2</v>", "><v>19.989999999999998</v>"];
    let wrong: &[&str] = &["><v>1002</v>", " t=\"s\"><v>1</v>", " t=\"inlineStr\"><is><t>1.999</t></is>"];
    let file = workbook(&[(1, HEADER), (3, cells), (4, wrong)], STRINGS);
    let report = shop.imports(&file, &options);
    assert_eq!((report.created, report.read.sheet.as_deref()), (1, Some("상품")), "{report}");
    assert_eq!(lines(&report), [(4, Some("1002"), "C002")]);
    let mug = shop.sees(ProductId::new(1)).product;
    assert_eq!((mug.sku.as_str(), mug.name.as_str(), mug.price), ("1001", "머그컵", Money::minor(1_999)));
    let as_text = run(&shop.db(), Cursor::new(&file), &csv(&[], &[]), &mut ()).unwrap_err();
    assert!(as_text.detail().unwrap().contains("import it as xlsx"));
}

#[test]
fn a_report_lists_some_rows_and_counts_all() {
    let shop = Shop::open();
    let rows = (0..2_500).map(|n| format!("R{n},,1\n")).collect::<String>();
    let report = shop.imports(format!("sku,name,price\n{rows}").as_bytes(), &csv(&[], &[]));
    assert_eq!((report.refused_rows, report.refused.len()), (2_500, LISTED_MAX));
    let error = report.nothing_stored().unwrap();
    assert_eq!((error.code(), error.details().len()), (Code::InvalidInput, 100));
    assert_eq!(error.details()[0].field.as_deref(), Some("line 2"));
}

#[test]
fn a_json_array_is_imported_whole() {
    let shop = Shop::open();
    let options = Options::new(Format::Json, Currency::KRW, LOW_STOCK_THRESHOLD);
    let file = "[\n  {\"sku\": \"A\", \"name\": \"Apple\", \"price\": 100},\n  \
        {\n    \"sku\": \"B\",\n    \"name\": \"Bean\", \"price\": 0\n  },\n  \
        {\"sku\": \"C\", \"name\": \"Corn\", \"price\": 300}\n]\n";
    let report = shop.imports(file.as_bytes(), &options);
    assert_eq!((report.rows, report.created, lines(&report)), (3, 2, vec![(3, Some("B"), "S004")]), "{report}");
    let half = "[{\"sku\": \"D\", \"name\": \"Dill\", \"price\": 100},\n{\"sku\": \"E\", ";
    let report = shop.imports(half.as_bytes(), &options);
    assert_eq!((report.created, lines(&report)), (1, vec![(2, None, "C002")]), "{report}");
    assert!(report.stopped.unwrap().contains("ends inside of its array"));
}

#[test]
fn the_rows_of_an_array_on_one_line_are_reported_one_by_one() {
    let shop = Shop::open();
    let options = Options::new(Format::Json, Currency::KRW, LOW_STOCK_THRESHOLD);
    let rows = [
        r#"{"sku": "A", "name": "Apple", "price": 100}"#,
        r#"{"sku": "B", "name": "Bean"}"#,
        r#"{"name": "Corn"}"#,
        r#"{"sku": "D", "name": "Dill", "price": 0}"#,
        r#"{"sku": "E", "name": "Egg", "price": "x"}"#,
    ];
    let array = shop.imports(format!("[{}]", rows.join(",")).as_bytes(), &options);
    let lines = shop.imports(rows.join("\n").as_bytes(), &options);
    let seen = |report: &Report| -> Vec<(u64, Option<String>, &'static str)> {
        report.refused.iter().map(|row| (row.row, row.sku.clone(), row.code)).collect()
    };
    assert_eq!((array.refused_rows, seen(&array)), (lines.refused_rows, seen(&lines)), "{array}");
    assert_eq!(seen(&array).iter().map(|(row, ..)| *row).collect::<Vec<_>>(), [2, 3, 4, 5]);
}

#[test]
fn amounts_of_a_file_are_in_the_main_unit_of_the_currency() {
    let shop = Shop::open();
    let file = "sku,name,price,salePrice\nA,Apple,20,19.99\nB,Bean,\"1,999\",\nC,Corn,1.999,\nD,Dill,€5,\n";
    let report = shop.imports(file.as_bytes(), &dollars(Format::Csv));
    assert_eq!((report.created, lines(&report)), (2, vec![(4, Some("C"), "C002"), (5, Some("D"), "C002")]), "{report}");
    let apple = shop.sees(ProductId::new(1)).product;
    assert_eq!((apple.price, apple.sale_price), (Money::minor(2_000), Some(Money::minor(1_999))));
    assert_eq!(shop.sees(ProductId::new(2)).product.price, Money::minor(199_900));
    let json = dollars(Format::Json);
    let file = "{\"sku\":\"E\",\"name\":\"Egg\",\"price\":20}\n{\"sku\":\"F\",\"name\":\"Fig\",\"price\":\"1,999.50\"}";
    assert_eq!(shop.imports(file.as_bytes(), &json).created, 2);
    assert_eq!(shop.sees(ProductId::new(3)).product.price, Money::minor(2_000));
    assert_eq!(shop.sees(ProductId::new(4)).product.price, Money::minor(199_950));
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
    let options = Options::new(Format::Json, Currency::KRW, LOW_STOCK_THRESHOLD);
    let report = shop.imports(file.as_bytes(), &options);
    assert_eq!((report.rows, report.created), (6, 2), "{report}");
    let refused = [(4, None, "C002"), (5, Some("DUP"), "S002"), (6, None, "C002"), (7, None, "C002")];
    let found: Vec<_> = lines(&report).into_iter().map(|(l, s, c)| (l, s.filter(|s| *s == "DUP"), c)).collect();
    assert_eq!(found, refused);
    let tee = shop.named("TEE");
    assert_eq!((tee.variants.len(), tee.product.stock, tee.product.category.as_deref()), (2, 5, Some("의류 > 상의")));
    let again = shop.imports(file.as_bytes(), &options);
    assert_eq!((again.created, again.unchanged), (0, 2));
    let more = "{\"sku\":\"TEE\",\"variants\":[\
        {\"sku\":\"TEE-L\",\"name\":\"L\",\"options\":{\"size\":\"L\"},\"priceAdjustment\":1000,\"stock\":4},\
        {\"sku\":\"TEE-XL\",\"options\":{\"size\":\"XL\"},\"stock\":2}]}";
    let report = shop.imports(more.as_bytes(), &options);
    assert_eq!((report.updated, shop.named("TEE").product.stock), (1, 11), "{report}");
}
