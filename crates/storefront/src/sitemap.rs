//! What search engines ask for.

use crate::{site::SITEMAP, visit::Visit};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use catalog::ops::products;
use kernel::{Code, ProductId, Timestamp};
use pages::{PageResult, html::SHARED};
use std::{fmt::Write, time::Duration};
use web::CacheKey;

/// Ids of products in a part of the map. Search engines take 50,000 addresses in one; a part of fewer is made, kept and sent with less.
const PART: i64 = 10_000;
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMES: &str = "http://www.sitemaps.org/schemas/sitemap/0.9";
/// How long the map is kept.
const KEPT: Duration = Duration::from_secs(3_600);
/// Pages for one person, which search engines do not need.
const PRIVATE: [&str; 11] = [
    "/cart",
    "/checkout",
    "/orders",
    "/account",
    "/balance",
    "/points",
    "/search",
    "/sign-in",
    "/sign-up",
    "/queue",
    "/api",
];

fn plain(kind: &'static str, body: Bytes) -> Response {
    let headers = [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, SHARED)];
    (headers, body).into_response()
}

/// `GET /robots.txt`
pub async fn robots(visit: Visit) -> PageResult {
    let mut text = String::from("User-agent: *\n");
    for path in PRIVATE {
        let _ = writeln!(text, "Disallow: {path}");
    }
    let _ = writeln!(text, "Sitemap: {}", visit.address("/sitemap.xml"));
    Ok(plain("text/plain; charset=utf-8", text.into()))
}

/// `GET /sitemap.xml`: the map, or the list of its parts, when the shop has more products than a part. `part` asks for one of them.
pub async fn sitemap(visit: Visit) -> PageResult {
    let app = visit.app();
    let part = match visit.query.given("part") {
        None => None,
        Some(_) => Some(visit.query.number("part").filter(|part| *part > 0).ok_or(Code::NotFound)?),
    };
    let key = CacheKey { id: part.unwrap_or(0), ..SITEMAP };
    let made = || async {
        let found = app.db.read("storefront.sitemap", move |tx| look(tx, part)).await?;
        let address = |path: &str| visit.kept_address(path);
        let text = match found {
            Found::Parts(count) => list_of_parts(count, &address),
            Found::Part { is_first, products } => written(is_first, &products, &address),
        };
        Ok((text.into(), Some(app.now().after(KEPT))))
    };
    let body = Bytes::clone(&*app.cache.bytes_until(key, app.now(), made).await?);
    Ok(plain("application/xml", visit.addressed(body)))
}

/// What there is for search engines.
enum Found {
    /// The map has so many parts.
    Parts(i64),
    /// The products on sale, with the times of their last change.
    Part { is_first: bool, products: Vec<(ProductId, Timestamp)> },
}

/// The whole map when it has one part, else one of its parts, or how many they are; C003 for a part that there is not.
fn look(tx: &mut store::Tx<'_>, part: Option<i64>) -> kernel::Result<Found> {
    let count = parts(products::newest(tx)?);
    let part = match part {
        None if count > 1 => return Ok(Found::Parts(count)),
        None => 1,
        Some(part) if part > count => return Err(Code::NotFound.error()),
        Some(part) => part,
    };
    let products = products::on_sale_between(tx, (part - 1) * PART, part * PART)?;
    Ok(Found::Part { is_first: part == 1, products })
}

/// How many parts the map has. A product stays in its part, whatever becomes of others.
const fn parts(newest: i64) -> i64 {
    if newest <= PART { 1 } else { (newest - 1) / PART + 1 }
}

fn list_of_parts(count: i64, address: &dyn Fn(&str) -> String) -> String {
    let mut list = format!("{HEAD}<sitemapindex xmlns=\"{NAMES}\">\n");
    for part in 1..=count {
        let _ = writeln!(list, "<sitemap><loc>{}</loc></sitemap>", address(&format!("/sitemap.xml?part={part}")));
    }
    list.push_str("</sitemapindex>\n");
    list
}

fn written(is_first: bool, products: &[(ProductId, Timestamp)], address: &dyn Fn(&str) -> String) -> String {
    let mut map = format!("{HEAD}<urlset xmlns=\"{NAMES}\">\n");
    for path in ["/", "/products", "/deals"].iter().filter(|_| is_first) {
        let _ = writeln!(map, "<url><loc>{}</loc></url>", address(path));
    }
    for (id, changed) in products {
        let address = address(&format!("/products/{id}"));
        let _ = writeln!(map, "<url><loc>{address}</loc><lastmod>{changed}</lastmod></url>");
    }
    map.push_str("</urlset>\n");
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_product_is_in_one_part_and_the_list_names_each_part() {
        for (newest, count) in [(0, 1), (1, 1), (PART, 1), (PART + 1, 2), (2 * PART, 2), (2 * PART + 1, 3)] {
            assert_eq!(parts(newest), count, "{newest}");
        }
        let address = |path: &str| format!("https://shop.example{path}");
        let list = list_of_parts(3, &address);
        assert_eq!(list.matches("<sitemap>").count(), 3);
        assert!(list.contains("<loc>https://shop.example/sitemap.xml?part=3</loc>"), "{list}");
        let products = [(ProductId::new(7), Timestamp::from_millis(0))];
        let (first, second) = (written(true, &products, &address), written(false, &products, &address));
        assert_eq!((first.matches("<url>").count(), second.matches("<url>").count()), (4, 1));
    }
}
