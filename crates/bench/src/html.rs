//! Pages for people beside the JSON of the same content, at the same rate: how soon the first byte comes.

use crate::{
    How, Outcome, client,
    load::{self, Load, Summary},
    process::Process,
    report::{Figure, Measured, Path, Side},
    requests,
    side::Ask,
};
use std::{path::Path as FilePath, sync::Arc, time::Duration};
use web::BASE;

/// The names of the paths here.
pub const PATHS: &[&str] = &["page"];
/// Requests that arrive in a second, where nothing else is asked for.
const ARRIVALS: f64 = 500.0;
/// Products of a row of the home page.
const ROW: i64 = 8;
/// What a browser can read.
const COMPRESSED: (&str, &str) = ("accept-encoding", "gzip, deflate, br, zstd");
const GOAL: &str = "the first byte at most 60 % later than that of the JSON";

/// Measures the product page and the home page, each in turns with its JSON.
pub fn measure(how: &How, folder: &FilePath) -> Outcome<Vec<Path>> {
    let shop = Process::start(&["ours", &format!("sqlite:{}", folder.join("html.db").display())])?;
    shop.ask::<Duration>(Ask::Drain)?;
    let of_all = |base: &str| -> Arc<[Vec<u8>]> {
        shop.hello
            .wares
            .iter()
            .map(|ware| client::page(&format!("{base}/products/{}", ware.product), COMPRESSED))
            .collect()
    };
    let one = |path: &str| -> Arc<[Vec<u8>]> { [client::page(path, COMPRESSED)].into() };
    let newest = one(&format!("{BASE}/products?size={ROW}&sort=createdAt,desc"));
    Ok(vec![
        compared(how, &shop, "page", "first byte of a product's page", [of_all(""), of_all(BASE)])?,
        compared(
            how,
            &shop,
            "page, home",
            "first byte of the home page; JSON: the newest products",
            [one("/"), newest],
        )?,
    ])
}

/// A page and its JSON, in turns.
fn compared(how: &How, shop: &Process, name: &str, unit: &str, [page, json]: [Arc<[Vec<u8>]>; 2]) -> Outcome<Path> {
    let load = Load { rate: Some(how.rate.unwrap_or(ARRIVALS)), first_byte: true, ..how.load() };
    let mut sides = [("page", page), ("JSON", json)]
        .map(|(name, requests)| (Side { name: name.to_owned(), rounds: Vec::new() }, requests));
    for n in 0..how.rounds {
        for (side, requests) in &mut sides {
            eprintln!("{name}, {}: round {} of {}", side.name, n + 1, how.rounds);
            let unit = requests::unit(Arc::clone(requests), 200);
            side.rounds.push(Measured::of(shop, |_| Ok(load::run(load, shop.hello.address, unit)?))?);
        }
    }
    let sides = sides.map(|(side, _)| side);
    let figures = figures(&sides);
    let mut path = Path::new(name, unit, GOAL, sides.into());
    path.figures = figures;
    let arrivals = load.rate.unwrap_or_default();
    path.notes.push(format!(
        "{arrivals} requests arrive in a second, compressed as a browser asks; how much later is of the medians of the rounds"
    ));
    Ok(path)
}

/// How much later the first byte of a page comes.
fn figures([page, json]: &[Side; 2]) -> Vec<Figure> {
    let later = |name: &str, of: fn(&Summary) -> u64| Figure {
        name: format!("later than the JSON, {name}"),
        unit: "%".to_owned(),
        value: (median(page, of) / median(json, of).max(1.0) - 1.0) * 100.0,
    };
    vec![later("p50", |load| load.p50_us), later("p99", |load| load.p99_us)]
}

/// The median of the rounds.
fn median(side: &Side, of: fn(&Summary) -> u64) -> f64 {
    let mut all: Vec<u64> = side.rounds.iter().map(|round| of(&round.load)).collect();
    all.sort_unstable();
    all.get(all.len() / 2).map_or(0.0, |value| *value as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_later_by_the_medians_of_its_rounds() {
        let side = |all: [u64; 3]| Side {
            name: String::new(),
            rounds: all
                .map(|p50_us| Measured {
                    load: Summary { p50_us, p99_us: 10, ..Summary::default() },
                    ..Measured::default()
                })
                .into(),
        };
        let values: Vec<f64> =
            figures(&[side([900, 150, 160]), side([90, 100, 800])]).iter().map(|one| one.value).collect();
        assert_eq!(values.iter().map(|value| value.round()).collect::<Vec<_>>(), [60.0, 0.0]);
    }
}
