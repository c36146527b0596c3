//! Templates of pages.

use crate::{no_complaints, read, root, shown, walk};

/// The one template that names scripts: the head of every page.
const SHELL: &str = "crates/pages/templates/shell.html";

/// What no template has: what switches escaping off, and what the Content-Security-Policy forbids.
const FORBIDDEN: &[&str] = &["|safe", "| safe", "autoescape", " style=", " onclick="];

#[test]
fn templates_have_no_text_of_their_own_and_switch_no_escaping_off() {
    let mut templates = Vec::new();
    walk(&root().join("crates"), &mut |path| {
        if path.extension().is_some_and(|kind| kind == "html") && shown(path).contains("/templates/") {
            templates.push(path.to_owned());
        }
    });
    assert!(templates.len() > 40, "only {} templates found; the walk is broken", templates.len());
    let mut complaints = Vec::new();
    for path in templates {
        let (name, text) = (shown(&path), read(&path));
        let found = FORBIDDEN.iter().find(|forbidden| text.contains(**forbidden));
        complaints.extend(found.map(|found| format!("{name}: {found}")));
        if text.contains("<script") && name != SHELL {
            complaints.push(format!("{name}: a script"));
        }
        if text.chars().any(|c| ('가'..='힣').contains(&c)) {
            complaints.push(format!("{name}: a text that only one language has"));
        }
    }
    no_complaints(&complaints);
}
