//! `holdfast search`: looks after the search indexes of a running shop, over its API, because each instance has its own.

use super::{bar, runtime, say};
use crate::cli::{SearchIndex, not_in_order};
use crate::client::{Answer, Caller};
use crate::config::{Config, Fault};
use crate::opening;
use crate::rush::{people::Identities, usual_address};
use search::judged::{self, Judged, SUCCESS_AT_3, Tally};
use serde_json::{Value, json};
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

/// How often a rebuild is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Instances that have not begun after so long do not run.
const BEGINS_WITHIN: Duration = Duration::from_secs(3);

pub(crate) fn search(config: &Config, wanted: &SearchIndex) -> Result<ExitCode, Fault> {
    match wanted {
        SearchIndex::Rebuild { url, token } => rebuild(config, url.as_deref(), token.as_deref()),
        SearchIndex::Status { url, token } => status(config, url.as_deref(), token.as_deref()),
        SearchIndex::Judge { list, url } => judge(config, list.as_deref(), url.as_deref()),
        SearchIndex::Synonyms => {
            say(search::built_in_synonyms().trim_end());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn base(config: &Config, url: Option<&str>) -> String {
    url.map_or_else(|| usual_address(&config.settings), str::to_owned)
}

async fn admin(config: &Config, base: &str, token: Option<&str>) -> Result<Caller, Fault> {
    let mut identities = Identities::of(&config.settings, opening::clock().now())?;
    identities.admin(&Caller::anonymous(base), token, base).await
}

fn answered(answer: Answer, status: u16) -> Result<Answer, Fault> {
    match answer.status == status {
        true => Ok(answer),
        false => {
            let remedy = "see the answer; the log of the shop says more";
            Err(Fault::new("the shop did not do it", answer.brief(), remedy).failed())
        }
    }
}

fn status(config: &Config, url: Option<&str>, token: Option<&str>) -> Result<ExitCode, Fault> {
    runtime()?.block_on(async {
        let admin = admin(config, &base(config, url), token).await?;
        show(&answered(admin.get("/admin/search").await, 200)?);
        Ok(ExitCode::SUCCESS)
    })
}

fn show(answer: &Answer) {
    for (name, value) in answer.at("").as_object().into_iter().flatten().filter(|(_, value)| !value.is_array()) {
        say(format_args!("{name:<14} {value}"));
    }
}

fn rebuild(config: &Config, url: Option<&str>, token: Option<&str>) -> Result<ExitCode, Fault> {
    runtime()?.block_on(async {
        let admin = admin(config, &base(config, url), token).await?;
        let asked = answered(admin.post("/admin/search/rebuild", json!({})).await, 202)?;
        let (bar, began) = (bar(), Instant::now());
        let done = loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = answered(admin.get("/admin/search").await, 200)?;
            let instances = instances(&now, asked.at("/rebuildAskedAt"));
            let sum = |of: fn(&Instance) -> i64| instances.iter().map(of).sum::<i64>().max(0).unsigned_abs();
            bar.set_length(sum(|one| one.products));
            bar.set_position(sum(|one| if one.is_finished { one.products } else { one.done }));
            let over = now.at("/running").is_null() && instances.iter().all(|one| one.is_finished || one.is_gone);
            if over && began.elapsed() >= BEGINS_WITHIN {
                break now;
            }
        };
        bar.finish_and_clear();
        let instances = instances(&done, asked.at("/rebuildAskedAt"));
        for one in &instances {
            let how =
                if one.is_finished { "has its new index" } else { "has ended; it compares its index when it starts" };
            say(format_args!("{} {how}", one.name));
        }
        show(&done);
        Ok(if instances.iter().all(|one| one.is_finished) { ExitCode::SUCCESS } else { not_in_order() })
    })
}

/// How far an instance is with a rebuild.
struct Instance {
    name: String,
    done: i64,
    products: i64,
    is_finished: bool,
    is_gone: bool,
}

fn instances(status: &Answer, asked_at: &Value) -> Vec<Instance> {
    let one = |row: &Value| Instance {
        name: row["instance"].as_str().unwrap_or_default().to_owned(),
        done: row["done"].as_i64().unwrap_or(0),
        products: row["products"].as_i64().unwrap_or(0),
        is_finished: !row["finishedAt"].is_null(),
        is_gone: row["isGone"] == true,
    };
    let rows = status.at("/rebuilds").as_array().into_iter().flatten();
    rows.filter(|row| row["askedAt"] == *asked_at).map(one).collect()
}

fn judge(config: &Config, list: Option<&std::path::Path>, url: Option<&str>) -> Result<ExitCode, Fault> {
    let text = match list {
        Some(path) => std::fs::read_to_string(path).map_err(|e| {
            Fault::new(format!("{} cannot be read", path.display()), e.to_string(), "name a file with searches")
        })?,
        None => judged::LIST.to_owned(),
    };
    let list = judged::parse(&text).map_err(|line| {
        let remedy = "write a query, a tab, and what one of the first three must have";
        Fault::new("the list cannot be read", format!("line {line}"), remedy)
    })?;
    runtime()?.block_on(async {
        let shop = Caller::anonymous(&base(config, url));
        let mut tally = Tally::default();
        for judged in &list {
            let found = found(&shop, judged).await?;
            let verdict = judged.verdict(&found);
            if !verdict.at_3 || verdict.at_10 == Some(false) {
                say(format_args!("MISSED {}: {}", judged.query, found.first().map_or("nothing found", String::as_str)));
            }
            tally.add(verdict);
        }
        say(format_args!(
            "{} searches: success@3 {:.3} ({} of {}), most of the first ten {:.3} ({} of {})",
            tally.searches,
            tally.success_at_3(),
            tally.at_3,
            tally.searches,
            tally.success_at_10(),
            tally.at_10,
            tally.asked_at_10
        ));
        Ok(if tally.success_at_3() >= SUCCESS_AT_3 { ExitCode::SUCCESS } else { not_in_order() })
    })
}

/// The texts of the first ten products that a search finds.
async fn found(shop: &Caller, judged: &Judged) -> Result<Vec<String>, Fault> {
    let keyword = url_encoded(&judged.query);
    let path = format!("/search/products?size=10&facets=false&keyword={keyword}");
    let answer = answered(shop.get(&path).await, 200)?;
    let text = |hit: &Value| {
        let fields = ["name", "brand", "category", "description"];
        fields.iter().filter_map(|field| hit[*field].as_str()).collect::<Vec<_>>().join(" ")
    };
    Ok(answer.at("/content").as_array().into_iter().flatten().map(text).collect())
}

fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
