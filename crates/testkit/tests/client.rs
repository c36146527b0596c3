//! A web shop is generated from docs/openapi.json and compiled. It needs npm and the packages that `client/package-lock.json`
//! names; without them the test says that it is left out. With HOLDFAST_TEST_CLIENT it fails then.

use std::{
    env, fs,
    path::Path,
    process::{Command, Output},
};

/// What is copied next to the document.
const FILES: &[&str] = &["package.json", "package-lock.json", "tsconfig.json", "use.ts"];

fn npm(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let ran = Command::new("npm").args(arguments).current_dir(folder).output();
    let Output { status, stdout, stderr } = ran.map_err(|error| format!("npm: {error}"))?;
    let said =
        || format!("npm {arguments:?}:\n{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    if status.success() { Ok(()) } else { Err(said()) }
}

#[test]
fn a_typed_client_of_the_document_compiles() {
    if testdb::wanted() != testdb::Kind::Sqlite {
        return testdb::skip("the document is the same on every database");
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder");
    for file in FILES {
        fs::copy(home.join("client").join(file), folder.path().join(file)).expect("a file of the client");
    }
    fs::copy(home.join("../../docs/openapi.json"), folder.path().join("openapi.json")).expect("the document");
    if let Err(why) = npm(folder.path(), &["ci", "--no-audit", "--no-fund"]) {
        assert!(env::var_os("HOLDFAST_TEST_CLIENT").is_none(), "{why}");
        eprintln!("left out, because the generator is not there: {why}");
        return;
    }
    for step in ["generate", "check"] {
        npm(folder.path(), &["run", step]).unwrap_or_else(|why| panic!("{why}"));
    }
}
