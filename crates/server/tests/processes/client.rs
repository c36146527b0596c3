//! The TypeScript client in `clients/typescript`: its types are made from docs/openapi.json, it is built and tested, and it buys in a
//! running shop. That needs npm and the packages of its `package-lock.json`; without them the test says that it is left out. With
//! HOLDFAST_TEST_CLIENT it fails then.

use crate::scenario::Scenario;
use std::{
    env, fs, io,
    path::Path,
    process::{Command, Output},
};

/// What is made anew.
const MADE: [&str; 3] = ["node_modules", "dist", "generated"];

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, target) = (entry.file_name(), to.join(entry.file_name()));
        if !entry.file_type()?.is_dir() {
            fs::copy(entry.path(), target)?;
        } else if !MADE.iter().any(|made| name == *made) {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

fn npm(folder: &Path, arguments: &[&str], shop: &[(&str, String)]) -> Result<(), String> {
    let ran = Command::new("npm").args(arguments).current_dir(folder).envs(shop.iter().cloned()).output();
    let Output { status, stdout, stderr } = ran.map_err(|error| format!("npm: {error}"))?;
    let said =
        || format!("npm {arguments:?}:\n{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    if status.success() { Ok(()) } else { Err(said()) }
}

#[test]
fn a_client_is_made_from_the_document_and_buys_in_a_running_shop() {
    if testdb::wanted() != testdb::Kind::Sqlite {
        return testdb::skip("a client does not know the database");
    }
    let (home, copied) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."), tempfile::tempdir().expect("a folder"));
    let folder = copied.path().join("clients/typescript");
    copy(&home.join("clients/typescript"), &folder).expect("the client is copied");
    fs::create_dir(copied.path().join("docs")).expect("a folder");
    fs::copy(home.join("docs/openapi.json"), copied.path().join("docs/openapi.json")).expect("the document");
    if let Err(why) = npm(&folder, &["ci", "--no-audit", "--no-fund"], &[]) {
        assert!(env::var_os("HOLDFAST_TEST_CLIENT").is_none(), "{why}");
        eprintln!("left out, because the client's tools are not there: {why}");
        return;
    }
    for step in ["generate", "build", "check"] {
        npm(&folder, &["run", step], &[]).unwrap_or_else(|why| panic!("{why}"));
    }
    let scenario = Scenario::new();
    let process = scenario.program.start(None).expect("nothing is armed");
    let url = format!("http://{}", process.address);
    let shop = [("HOLDFAST_URL", url), ("HOLDFAST_ADMIN", scenario.people.admin.clone())];
    npm(&folder, &["test"], &shop).unwrap_or_else(|why| panic!("{why}"));
    process.kill();
    scenario.close();
}
