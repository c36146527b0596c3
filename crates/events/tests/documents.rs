//! The documents say what the types say, and payloads stay readable.

use std::{collections::BTreeSet, fs, path::PathBuf};

const BEGIN: &str = "<!-- begin: generated from crates/events -->\n";
const END: &str = "<!-- end: generated from crates/events -->";

fn document(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// Compares a document with what it should be; `HOLDFAST_UPDATE=1` rewrites it.
fn compare(name: &str, now: &str) {
    if std::env::var_os("HOLDFAST_UPDATE").is_some() {
        fs::write(document(name), now).expect("the document can be written");
    }
    let kept = fs::read_to_string(document(name)).unwrap_or_default();
    let first = now.lines().zip(kept.lines()).enumerate().find(|(_, (new, old))| new != old);
    assert!(
        now == kept,
        "docs/{name} is out of date; first difference {first:?}. HOLDFAST_UPDATE=1 accepts the new one"
    );
}

#[test]
fn the_tables_of_events_md_are_those_of_the_types() {
    let kept = fs::read_to_string(document("EVENTS.md")).expect("docs/EVENTS.md is there");
    let (before, rest) = kept.split_once(BEGIN).expect("docs/EVENTS.md says where the tables begin");
    let (_, after) = rest.split_once(END).expect("docs/EVENTS.md says where the tables end");
    compare("EVENTS.md", &format!("{before}{BEGIN}\n{}{END}{after}", events::markdown()));
}

#[test]
fn the_schema_is_that_of_the_types() {
    compare("events.schema.json", &events::schema());
}

#[test]
fn no_two_events_share_a_topic_or_a_name() {
    let topics: BTreeSet<_> = events::ALL.iter().map(|topic| topic.name).collect();
    let names: BTreeSet<_> = events::ALL.iter().map(|topic| topic.event).collect();
    assert_eq!((topics.len(), names.len()), (events::ALL.len(), events::ALL.len()));
}

struct Line {
    topic: &'static events::Topic,
    key: String,
    payload: String,
}

fn examples() -> Vec<Line> {
    let lines = events::EXAMPLES.lines().map(|line| {
        let whole: serde_json::Value = serde_json::from_str(line).expect("a line is JSON");
        let topic = events::ALL.iter().find(|topic| whole["topic"] == topic.name);
        let (_, payload) = line.split_once("\"payload\":").expect("a line has a payload");
        Line {
            topic: topic.unwrap_or_else(|| panic!("no such topic: {line}")),
            key: whole["key"].as_str().expect("a line has a key").to_owned(),
            payload: payload.strip_suffix('}').expect("the payload ends the line").to_owned(),
        }
    });
    lines.collect()
}

#[test]
fn every_event_has_an_example_that_is_read_and_written_back_byte_by_byte() {
    let examples = examples();
    for topic in events::ALL {
        // an older line may lack members that have a default, so only the newest is written back as it is
        let last = examples.iter().rfind(|line| line.topic.name == topic.name);
        let last = last.unwrap_or_else(|| panic!("{} has no example", topic.name));
        assert_eq!(topic.rewritten(&last.payload).unwrap(), (last.key.clone(), last.payload.clone()), "{}", topic.name);
    }
    for line in &examples {
        let read = line.topic.rewritten(&line.payload);
        assert_eq!(read.expect("an old payload stays readable").0, line.key);
    }
}

#[test]
fn a_reader_is_not_disturbed_by_members_it_does_not_know() {
    for line in examples() {
        let longer = line.payload.replacen('{', r#"{"addedLater":{"by":["a newer version"]},"#, 1);
        assert_eq!(line.topic.rewritten(&longer).unwrap(), line.topic.rewritten(&line.payload).unwrap());
    }
}
