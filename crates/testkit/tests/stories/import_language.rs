//! What an import says about a file, in the language of its reader.

use crate::workbook::{Cell, workbook};
use encoding_rs::EUC_KR;
use serde_json::Value;
use testkit::{Response, TestShop};

const CSV: &str = "text/csv";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Every sentence that a response to an import has.
fn sentences(response: &Response) -> Vec<String> {
    let mut found = Vec::new();
    // an answer in lines has one object on each
    for line in response.text().lines() {
        collect(&serde_json::from_str(line).unwrap_or_default(), &mut found);
    }
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if ["reason", "note", "stopped", "message"].contains(&name.as_str()) => {
                        found.push(text.clone());
                    }
                    value => collect(value, found),
                }
            }
        }
        Value::Array(entries) => entries.iter().for_each(|entry| collect(entry, found)),
        _ => {}
    }
}

/// Two English words in a row outside of quotes, which no sentence in Korean has.
fn english(text: &str) -> Option<String> {
    let outside: String = text.split('"').step_by(2).collect();
    let words: Vec<&str> = outside.split([' ', ',', ';', ':']).collect();
    let is_word = |word: &&str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.windows(2).find(|pair| pair.iter().all(is_word)).map(|pair| pair.join(" "))
}

const NDJSON: &str = "application/x-ndjson";

/// The type of a file, the query of its request, and what is in it.
type File = (&'static str, &'static str, Vec<u8>);

/// Tables with a row that is wrong in one way each.
fn wrong_tables() -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    for amount in ["--5", "-", "1x", "$20", "19.5", "1,99,999", "1.2,3.4,5", "1.999", "99999999999999999999", "0", "-1"]
    {
        files.push((CSV, "", format!("sku;name;price\nA;Mug;{amount}\n").into()));
    }
    for count in ["5.5", "five", "-1", "99999999999"] {
        files.push((CSV, "", format!("sku,name,price,stock\nA,Mug,100,{count}\n").into()));
    }
    for row in [
        "A",
        "A,B,C,D",
        "A,a\"b\",1",
        "A,\"a\"b,1",
        "A,\"Mug,100",
        "A,\"a\nb,1\nC\"x",
        "A,M\u{FFFD}g,100",
        "B,,5",
        ",M,5",
    ] {
        files.push((CSV, "", format!("sku,name,price\n{row}\n").into()));
    }
    let variants = "productSku,sku,name,price,salePrice,options,isDefault,status,variantStatus";
    for rows in [
        "T,T-1,Tee,9000,,size=L,,,\nT,T-2,Shirt,9000,,size=M,,,",
        "T,T-1,Tee,9000,8000,size=L,,,\nT,T-2,,9000,5000,size=M,,,",
        "T,T-1,Tee,free,,size=L,,,\nT,T-2,,9000,,size=M,,,",
        "T,T-1,Tee,9000,,size=L,,,\nT,T-1,,9000,,size=M,,,",
        "T,T-1,Tee,9000,,L,,,",
        "T,T-1,Tee,9000,,size=L|size=M,,,",
        "T,T-1,Tee,9000,,size=L,maybe,,",
        "T,T-1,Tee,9000,,size=L,,GONE,",
        "T,T-1,Tee,9000,,size=L,,,GONE",
        ",T-1,Tee,9000,,size=L,,,",
    ] {
        files.push((CSV, "", format!("{variants}\n{rows}\n").into()));
    }
    files
}

/// The same in JSON.
fn wrong_rows_of_json() -> Vec<File> {
    let rows = [
        "7",
        "[7]",
        "{\"sku\":\"A\"",
        "{x}",
        "{\"sku\":\"A\",\"sku\":\"B\"}",
        "{\"sku\":\"A\",\"colour\":1}",
        "{\"name\":\"A\"}",
        "{\"sku\":7}",
        "{\"sku\":\"A\",\"name\":null}",
        "{\"sku\":\"A\",\"price\":true}",
        "{\"sku\":\"A\",\"stock\":\"5\"}",
        "{\"sku\":\"A\",\"images\":{}}",
        "{\"sku\":\"A\",\"variants\":[7]}",
        "{\"sku\":\"A\",\"variants\":7}",
        "{\"sku\":\"A\",\"variants\":[{\"sku\":7}]}",
        "{\"sku\":\"A\",\"variants\":[{\"sku\":\"B\",\"options\":[]}]}",
        "{\"sku\":\"A\",\"variants\":[{\"sku\":\"B\",\"isDefault\":1}]}",
        "{\"sku\":\"A\",\"variants\":[{\"name\":\"B\"}]}",
        "{\"sku\":\"A\",\"stock\":1,\"stockChange\":1}",
        "{\"sku\":\"A\",\"expectedStock\":1}",
        "[{\"sku\":\"A\",\"name\":\"A\",\"price\":5}",
        "[{\"sku\":\"A\",\"name\":\"A\",\"price\":5}] x",
    ];
    rows.map(|row| (NDJSON, "", row.into())).into()
}

/// Files and requests that are refused as a whole.
fn wrong_files() -> Vec<File> {
    let mut files: Vec<File> = Vec::new();
    let table = "sku,name,price\nA,Mug,100\n";
    for query in
        ["?map=nothing", "?map=name%3Dtitle", "?map=colour%3Dname", "?map=name%3D%7Bname", "?set=name%3D", "?x=1"]
    {
        files.push((CSV, query, table.into()));
    }
    for query in ["?decimal=dot", "?blank=no", "?encoding=klingon", "?sameNames=no", "?map=options%3Dname"] {
        files.push((CSV, query, table.into()));
    }
    let head = |first: &[u8]| first.repeat(20);
    for file in [b"PK\x03\x04..", b"\xD0\xCF\x11\xE0..", b"\x1F\x8B....", b"%PDF..", b"\xFF\xFE\0\0..", b"\0\0\0\0\0\0"]
    {
        files.push((CSV, "", head(file)));
    }
    let korean = EUC_KR.encode("sku,name,price\nA,\u{B69D}\u{BC30}\u{AE30},9000\n").0.into_owned();
    files.push((CSV, "", ["A,\u{B69D}\u{BC30}\u{AE30}\n".as_bytes(), &korean].concat()));
    files.push(("text/csv; charset=utf-8", "", korean));
    files.push(("text/csv; charset=cp949", "", [&b"\xFF\xFE"[..], b"s\0k\0u\0\n\0"].concat()));
    for file in ["", "sku,name\n", "sku,sku\n1,2\n", ",\n1,2\n", "name\nA\n", "\"sku\n"] {
        files.push((CSV, "", file.into()));
    }
    let error: &[Cell] = &[Cell::Text("A"), Cell::Text("Mug"), Cell::Error("#REF!")];
    let book = workbook(&[&[Cell::Text("sku"), Cell::Text("name"), Cell::Text("price")], error]);
    files.push((XLSX, "?sheet=Other", book.clone()));
    files.push((XLSX, "", book[..book.len() / 2].to_vec()));
    files.push((XLSX, "", book));
    files.push((XLSX, "", workbook(&[])));
    files.push(("text/html", "", table.into()));
    files
}

#[test]
fn an_import_says_what_is_wrong_in_the_language_of_its_reader() {
    let shop = TestShop::open();
    for (kind, query, file) in [wrong_tables(), wrong_rows_of_json(), wrong_files()].concat() {
        for accept in ["application/json", NDJSON] {
            let sends = |language: &str| {
                let caller = shop.admin().with("content-type", kind).with("accept", accept);
                let path = format!("/admin/products/import{query}");
                caller.with("accept-language", language).send("POST", &path, Some(file.clone()))
            };
            let shown = format!("{kind} {query} {:?}", String::from_utf8_lossy(&file[..file.len().min(120)]));
            let (english_ones, korean_ones) = (sentences(&sends("en")), sentences(&sends("ko")));
            assert!(!english_ones.is_empty() && english_ones.len() == korean_ones.len(), "{shown}: {english_ones:?}");
            for (before, after) in english_ones.iter().zip(&korean_ones) {
                let is_korean = after.chars().any(|c| ('가'..='힣').contains(&c));
                assert!(is_korean && english(after).is_none(), "{shown}: {before:?} is {after:?}");
                // the sentence of the code alone would not say what is wrong
                assert!(!after.ends_with("올바르지 않습니다") && before != after, "{shown}: {before:?} is {after:?}");
            }
        }
    }
}

#[test]
fn what_is_odd_in_a_file_is_noted_in_the_language_of_its_reader() {
    let shop = TestShop::open();
    let file = "sku,name,a,b\nA,Mug,Kitchen,\nB,Mug,Kitchen,Cups\n";
    let path = "/admin/products/import?map=category%3D%7Ba%7D%20%3E%20%7Bb%7D&set=price%3D5";
    for (language, first, second) in [
        ("ko", "b 열이 비어 있어 category을(를) 그 값 없이 만들었습니다", "SKU A인 상품과 이름이 같습니다"),
        ("en", "column b is empty, so category was built without it", "the product with sku A has the same name"),
    ] {
        let caller = shop.admin().with("content-type", CSV).with("accept-language", language);
        let report = caller.send("POST", path, Some(file.into())).must("200");
        assert_eq!((report.word("/noted/0/note"), report.word("/noted/1/note")), (first.to_owned(), second.to_owned()));
    }
}
