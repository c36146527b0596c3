//! The command line: its output and its exit codes.

use ports::SystemClock;
use std::{
    process::{Command, Output},
    sync::Arc,
};
use store::{Db, Settings, args};
use testdb::Space;
use testkit::Program;

/// Runs `holdfast` on a space, without the settings in the environment of the tests.
fn holdfast(space: &Space, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("HOLDFAST_")) {
        command.env_remove(name);
    }
    command.env("HOLDFAST_DATABASE__URL", space.url());
    command.current_dir(space.folder()).args(["-o", "log.filter=warn"]).args(arguments).output().expect("it runs")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs it and wants this exit code; gives what it said.
fn exits(space: &Space, code: i32, arguments: &[&str]) -> String {
    let output = holdfast(space, arguments);
    let text = said(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?} said: {text}");
    text
}

#[test]
fn configuration_is_shown_checked_and_explained() {
    let space = Space::open();
    let defaults = exits(&space, 0, &["config", "default"]);
    std::fs::write(space.folder().join("holdfast.toml"), defaults).unwrap();
    exits(&space, 0, &["config", "check"]);
    std::fs::write(space.folder().join("holdfast.toml"), "[shop]\npay_withn = \"5m\"\n").unwrap();
    let text = exits(&space, 2, &["config", "check"]);
    for part in ["shop.pay_withn", "holdfast.toml", "why:", "did you mean checkout.pay_within"] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    std::fs::write(space.folder().join("other.toml"), "[checkout]\npay_within = \"5m\"\n").unwrap();
    let text = exits(&space, 0, &["--config", "other.toml", "config", "show"]);
    assert!(text.contains("pay_within = \"5m\"") && text.contains("# other.toml"), "{text}");
    assert!(!text.contains("holdfast-development-secret") && !text.contains(":secret@"), "{text}");
    assert!(exits(&space, 2, &["--config", "none.toml", "config", "check"]).contains("none.toml"));
}

#[test]
fn documents_and_completions_are_printed() {
    let space = Space::open();
    assert!(exits(&space, 0, &["errors"]).contains("| S402 | `INSUFFICIENT_STOCK` | 400 |"));
    assert!(exits(&space, 0, &["openapi"]).contains("\"openapi\": \"3.1"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(exits(&space, 0, &["completions", shell]).contains("holdfast"));
    }
    assert!(exits(&space, 2, &["sevre"]).contains("serve"), "clap names the nearest command");
}

#[test]
fn a_token_is_made_for_a_known_role_only() {
    let space = Space::open();
    let user = "0b1f2c3d-0000-4000-8000-000000000001";
    let token = exits(&space, 0, &["token", "--user", user, "--role", "admin", "--expires", "1h"]);
    assert_eq!(token.trim().matches('.').count(), 2, "{token}");
    assert!(exits(&space, 2, &["token", "--user", user, "--role", "king"]).contains("ADMIN"));
    assert!(exits(&space, 2, &["token", "--user", "bob"]).contains("UUID"));
    assert!(exits(&space, 2, &["token", "--user", user, "--expires", "soon"]).contains("soon"));
    assert!(exits(&space, 2, &["token", "--user", user, "--expires", "0s"]).contains("--expires"));
}

#[test]
fn a_file_is_imported_and_its_bad_rows_are_named() {
    let space = Space::open();
    let file = "sku,title,price,stock\nA-1,Mug,9000,5\nA-2,Broken,minus one,5\nA-3,Cup,7000,1\n";
    std::fs::write(space.folder().join("goods.csv"), file).unwrap();
    let import = ["import", "goods.csv", "--map", "name=title"];
    let text = exits(&space, 0, &import);
    assert!(text.contains("3 rows: 2 created") && text.contains("line 3, sku A-2: refused"), "{text}");
    let strict = exits(&space, 1, &["import", "goods.csv", "--map", "name=title", "--strict"]);
    assert!(strict.contains("2 unchanged"), "importing again changes nothing: {strict}");
    assert!(exits(&space, 0, &["audit"]).contains("0 broken promises"));
    assert!(exits(&space, 0, &["inventory", "rebuild", "--dry-run"]).contains("0 differ"));
    assert!(exits(&space, 0, &["migrate"]).contains("up to date"));
    assert!(exits(&space, 3, &["import", "nothing.csv"]).contains("nothing.csv"));
    assert!(exits(&space, 2, &["import", "goods.parquet"]).contains("--format"));
    assert!(exits(&space, 3, &["import", "goods.csv", "--map", "name=headline"]).contains("headline"));
    assert!(exits(&space, 3, &["grant", "nobody@example.com", "--role", "ADMIN"]).contains("sign up"));
}

#[test]
fn an_export_replaces_a_file_only_when_it_is_complete() {
    let space = Space::open();
    let (table, read) = (space.folder().join("table.csv"), |path: &std::path::Path| std::fs::read(path).unwrap());
    std::fs::write(space.folder().join("goods.csv"), "sku,name,price,stock\nA-1,Mug,9000,5\n").unwrap();
    exits(&space, 0, &["import", "goods.csv"]);
    std::fs::write(&table, "yesterday").unwrap();
    for what in ["products", "orders", "customers", "stock"] {
        let export = ["export", what, "--output", "table.csv"];
        for database in ["sqlite:typo.db", "sqlite:goods.csv", "postgres://x@127.0.0.1:1/y"] {
            exits(&space, 3, &[&["-o", &format!("database.url={database}")], &export[..]].concat());
            assert_eq!(read(&table), b"yesterday", "{what}, {database}");
        }
    }
    let url: store::DatabaseUrl = space.url().parse().unwrap();
    if let Some(file) = url.file() {
        let before = read(file);
        let text = exits(&space, 2, &["export", "orders", "--output", &file.display().to_string()]);
        assert!(text.contains("database.url") && read(file) == before, "{text}");
    }
    exits(&space, 0, &["export", "products", "--output", "table.csv"]);
    assert!(String::from_utf8(read(&table)).unwrap().contains("A-1"));
    let entries = std::fs::read_dir(space.folder()).unwrap();
    assert!(!entries.into_iter().any(|entry| entry.unwrap().path().extension().is_some_and(|end| end == "part")));
}

#[test]
fn a_shop_keeps_the_currency_of_its_amounts() {
    let space = Space::open();
    let goods = ("goods.csv", &b"sku,name,price,stock\nUS2,Mug,20,5\n"[..]);
    let dollars = ["-o", "shop.currency=USD"];
    imports(&space, 0, goods, &dollars);
    for command in [
        &["import", "goods.csv"][..],
        &["import", "goods.csv", "--dry-run"],
        &["serve", "--listen", "127.0.0.1:0"],
        &["audit"],
        &["export", "products"],
    ] {
        let text = exits(&space, 2, command);
        assert!(text.contains("stored in USD") && text.contains("KRW"), "{command:?}: {text}");
    }
    assert!(exits(&space, 0, &[&dollars[..], &["export", "products"]].concat()).contains("20.00"));
    // a shop that began before its currency was kept has it in its orders
    let order = "channel,channelOrderNumber,sku,quantity,unitPrice,paidAmount,receiverName,receiverPhone,zipCode,address1\n\
                 Market,Y1,US2,1,20.00,20.00,Kim,010-1234-5678,04524,Seoul\n";
    std::fs::write(space.folder().join("orders.csv"), order).unwrap();
    let text = exits(&space, 0, &[&dollars[..], &["orders", "import", "orders.csv", "--strict"]].concat());
    assert!(text.contains("1 orders placed"), "{text}");
    let db = Db::open(Settings::of(space.url().parse().unwrap(), Arc::new(SystemClock))).unwrap();
    db.write_blocking("by hand", |tx| tx.exec("delete from shop_choices", args![])).unwrap();
    db.close_blocking();
    assert!(exits(&space, 2, &["audit"]).contains("stored in USD"));
    assert!(exits(&space, 2, &["import", "goods.csv"]).contains("stored in USD"));
    assert!(exits(&space, 0, &[&dollars[..], &["audit"]].concat()).contains("0 broken promises"));
}

#[test]
fn roles_of_an_account_whose_e_mail_was_never_verified_come_with_a_warning() {
    let space = Space::open();
    let program = Program::on(env!("CARGO_BIN_EXE_holdfast"), space.folder(), space.url());
    let shop = program.start(None).expect("nothing is armed");
    let kim = r#"{"email": "kim@example.com", "password": "purple-Tiger-4821!", "nickname": "kim"}"#;
    let mut wire = shop.connect().expect("it accepts");
    wire.send("POST", "/api/v1/users/signup", "", "", kim).expect("an answer").must("201");
    let grant = ["grant", "kim@example.com", "--role", "SELLER"];
    let text = exits(&space, 0, &grant);
    assert!(text.contains("WARNING kim@example.com was never verified") && text.contains("granted"), "{text}");
    drop(shop);
    let db = Db::open(Settings::of(space.url().parse().unwrap(), Arc::new(SystemClock))).unwrap();
    db.write_blocking("by hand", |tx| tx.exec("update users set email_verified_at = 1", args![])).unwrap();
    db.close_blocking();
    assert!(!exits(&space, 0, &grant).contains("WARNING"));
    assert!(exits(&space, 2, &["grant", "kim@example.com", "--role", "SERVICE"]).contains("SERVICE is for programs"));
}

/// Writes a file and imports it; wants this exit code and gives what the program said.
fn imports(space: &Space, code: i32, (name, bytes): (&str, &[u8]), flags: &[&str]) -> String {
    std::fs::write(space.folder().join(name), bytes).unwrap();
    exits(space, code, &[&["import", name][..], flags].concat())
}

#[test]
fn files_of_other_programs_are_imported_as_they_are_written() {
    let space = Space::open();
    let table = "sku,name,price\rA,뚝배기,\"9,000\"\rB,달항아리,1000\r";
    let utf16: Vec<u8> = table.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cp949 = b"sku,name,price\r\nA,\xB6\xD2\xB9\xE8\xB1\xE2,9000\r\nB,\xB4\xDE\xC7\xD7\xBE\xC6\xB8\xAE,1000\r\n";
    let text = imports(&space, 0, ("excel.csv", cp949), &[]);
    assert!(text.contains("2 rows: 2 created") && text.contains("EUC-KR"), "{text}");
    for (file, flags) in [
        (("excel.csv", &cp949[..]), &["--encoding", "cp949"][..]),
        (("mac.csv", table.as_bytes()), &[]),
        (("unicode.txt", &utf16), &["--format", "csv"]),
        (("unicode.csv", &utf16), &["--encoding", "utf-16le"]),
        (("goods.json", "[{\"sku\":\"A\",\"price\":9000},{\"sku\":\"b\",\"name\":\"달항아리\"}]".as_bytes()), &[]),
        (("goods.ndjson", b"{\"sku\":\"A\"}\n{\"sku\":\"B\",\"price\":1000}\n"), &[]),
    ] {
        let text = imports(&space, 0, file, flags);
        assert!(text.contains("2 rows") && text.contains("2 unchanged"), "{} {flags:?}: {text}", file.0);
    }
    // amounts, clearing, closing
    let text = imports(&space, 0, ("sale.csv", b"sku;salePrice;brand\nA;8.000;Tree\n"), &["--decimal", "comma"]);
    assert!(text.contains("1 updated"), "{text}");
    let blank = ("blank.csv", &b"sku,salePrice,brand\nA,,\n"[..]);
    assert!(imports(&space, 0, blank, &[]).contains("1 unchanged"));
    assert!(imports(&space, 0, blank, &["--blank", "clear"]).contains("1 updated"));
    assert!(imports(&space, 0, blank, &["--blank", "clear"]).contains("1 unchanged"));
    assert!(imports(&space, 0, ("close.csv", b"sku,status\nA,inactive\n"), &[]).contains("1 updated"));
}

#[test]
fn files_that_store_nothing_are_no_success() {
    let space = Space::open();
    let mixed = [&b"sku,name,price\nA,\xB6\xD2\xB9\xE8,1\n"[..], "B,뚝배기,1\n".as_bytes()].concat();
    for (file, flags, said) in [
        (("empty.csv", &b""[..]), &[][..], "row"),
        (("head.csv", b"sku,name,price\r"), &[], "rows"),
        (("mark.csv", b"\xEF\xBB\xBF"), &[], ""),
        (("mixed.csv", &mixed), &[], "encod"),
        (("fine.csv", b"sku,name,price\nA,a,1\n"), &["--encoding", "utf-16"], "sku"),
        (("nothing.json", b"[]"), &[], "rows"),
        (("no.xlsx", b"sku,name\n"), &[], "workbook"),
    ] {
        let text = imports(&space, 3, file, flags);
        assert!(text.contains(said), "{}: {text}", file.0);
    }
    for price in ["-1", "1e3", "1.999", "$5", "five"] {
        let row = format!("sku;name;price\nA;a;{price}\n");
        let text = imports(&space, 1, ("price.csv", row.as_bytes()), &[]);
        assert!(text.contains("refused"), "{price}: {text}");
    }
    for flags in [["--encoding", "klingon"], ["--decimal", "dot"], ["--blank", "maybe"], ["--format", "parquet"]] {
        imports(&space, 2, ("fine.csv", b"sku,name,price\nA,a,1\n"), &flags);
    }
}

/// Every command that works on what a shop has.
const OF_A_SHOP: [&[&str]; 12] = [
    &["audit"],
    &["audit", "--changed"],
    &["export", "products"],
    &["export", "orders", "--output", "orders.csv"],
    &["inventory", "rebuild"],
    &["inventory", "rebuild", "--dry-run"],
    &["reports", "rebuild"],
    &["reports", "rebuild", "--dry-run"],
    &["grant", "kim@example.com", "--role", "ADMIN"],
    &["orders", "import", "goods.csv"],
    &["orders", "import", "goods.csv", "--dry-run"],
    &["import", "goods.csv", "--dry-run"],
];

#[test]
fn a_command_for_a_shop_makes_none() {
    let space = Space::open();
    std::fs::write(space.folder().join("goods.csv"), "sku,name,price,stock\nA-1,Mug,9000,5\n").unwrap();
    std::fs::write(space.folder().join("empty.db"), "").unwrap();
    let names = || {
        let entries = std::fs::read_dir(space.folder()).unwrap().map(|entry| entry.unwrap().file_name());
        entries.collect::<std::collections::BTreeSet<_>>()
    };
    let before = names();
    for command in OF_A_SHOP {
        for database in [space.url(), "sqlite:empty.db", "sqlite:typo/holdfast.db"] {
            let database = format!("database.url={database}");
            let text = exits(&space, 3, &[&["-o", &database], command].concat());
            assert!(text.contains("there is no shop in") && text.contains("holdfast migrate"), "{command:?}: {text}");
        }
        assert_eq!(names(), before, "{command:?}");
    }
    assert_eq!(std::fs::metadata(space.folder().join("empty.db")).unwrap().len(), 0);
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["import", "goods.csv"]] {
        let text = exits(&space, 3, &[&["-o", "database.migrate=false"], command].concat());
        assert!(text.contains("there is no shop in"), "{command:?}: {text}");
        assert_eq!(names(), before, "{command:?}");
    }
    assert!(exits(&space, 0, &["import", "goods.csv"]).contains("a new shop was made in"));
    assert!(!exits(&space, 0, &["import", "goods.csv"]).contains("a new shop"));
    for command in [&["audit"][..], &["export", "products"], &["reports", "rebuild"]] {
        exits(&space, 0, command);
    }
}

#[test]
fn a_command_leaves_the_schema_to_migrate_where_the_settings_say_so() {
    let space = Space::open();
    exits(&space, 0, &["migrate"]);
    let db = Db::open(Settings::of(space.url().parse().unwrap(), Arc::new(SystemClock))).unwrap();
    for sql in ["delete from schema_migrations where name = 'media/0001_images'", "drop table media_images"] {
        db.write_blocking("by hand", move |tx| tx.exec(sql, args![])).unwrap();
    }
    db.close_blocking();
    for command in OF_A_SHOP.iter().filter(|command| !command.contains(&"import")) {
        let text = exits(&space, 3, &[&["-o", "database.migrate=false"], *command].concat());
        assert!(text.contains("older than this program") && text.contains("holdfast migrate"), "{command:?}: {text}");
    }
    exits(&space, 0, &["audit"]);
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let space = Space::open();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let text = exits(&space, 3, &["serve", "--listen", &address]);
    assert!(text.contains(&address) && text.contains("try:"), "{text}");
    let text = exits(&space, 2, &["serve", "--listen", "0.0.0.0:0"]);
    assert!(text.contains("openssl"), "the development secret is refused beyond this machine: {text}");
    std::fs::write(space.folder().join("notes.db"), "this is no database, it is a letter to my aunt").unwrap();
    let text = exits(&space, 3, &["serve", "--listen", "127.0.0.1:0", "--database", "notes.db"]);
    assert!(text.contains("notes.db"), "{text}");
    let fresh = Space::open();
    let unmigrated = ["serve", "--listen", "127.0.0.1:0", "-o", "database.migrate=false"];
    let text = exits(&fresh, 3, &unmigrated);
    assert!(text.contains("holdfast migrate"), "{text}");
    std::fs::create_dir(space.folder().join("mine")).unwrap();
    std::fs::write(space.folder().join("mine/precious.txt"), "x").unwrap();
    assert!(exits(&space, 2, &["demo", "--once", "--data", "mine"]).contains("no demo made"));
}

#[test]
fn a_rush_of_one_command_ends_with_exact_counts() {
    let space = Space::open();
    let program = Program::on(env!("CARGO_BIN_EXE_holdfast"), space.folder(), space.url());
    let shop = program.start(None).expect("nothing is armed");
    let url = format!("http://{}", shop.address);
    let text = exits(&space, 0, &["rush", "--url", &url, "--coupons", "5", "--people", "40", "--connections", "8"]);
    for part in ["40 people rush for 5 coupons", "5 of 5", "issued twice", "(S602: 35)", "every count is exact"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let both =
        ["rush", "--url", &url, "--coupons", "3", "--deal", "4", "--queue", "--people", "20", "--in-flight", "4"];
    let text = exits(&space, 0, &both);
    for part in ["3 of 3", "(S602: 17)", "4 of 4", "(S704: 16)", "20 waited in the lobby", "sold twice"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(exits(&space, 3, &["rush", "--url", &url, "--token", "nonsense"]).contains("--token"));
    assert!(exits(&space, 2, &["rush", "--people", "0"]).contains("--people"));
    drop(shop);
    assert!(exits(&space, 3, &["rush", "--url", &url]).contains("no shop answers"));
    assert!(exits(&space, 0, &["audit"]).contains("0 broken promises"));
}
