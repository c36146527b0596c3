//! What search engines ask for.

use crate::{site::SITEMAP, visit::Visit};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use kernel::{PageRequest, Timestamp, page::PAGE_SIZE_MAX};
use merchandising::{
    list::{self, Column, Filter, Question},
    page::Viewer,
};
use pages::{PageResult, html::SHARED};
use std::{fmt::Write, time::Duration};

/// Most pages of products in the map: 5,000 products. Search engines find the rest through the lists.
const PAGES_MAX: i64 = 50;
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

/// `GET /sitemap.xml`
pub async fn sitemap(visit: Visit) -> PageResult {
    let app = visit.app();
    let key = visit.key(SITEMAP, ());
    let made = || async {
        let currency = app.shop.currency;
        let products = app.db.read("storefront.sitemap", move |tx| products(tx, currency)).await?;
        Ok((written(&visit, &products).into(), Some(app.now().after(KEPT))))
    };
    let body = Bytes::clone(&*app.cache.bytes_until(key, app.now(), made).await?);
    Ok(plain("application/xml", body))
}

/// The products on sale, with the times of their last change.
fn products(tx: &mut store::Tx<'_>, currency: kernel::Currency) -> kernel::Result<Vec<(i64, Timestamp)>> {
    let mut found = Vec::new();
    for page in 0..PAGES_MAX {
        let question = Question {
            filter: Filter::default(),
            status: None,
            seller: None,
            keyword: None,
            viewer: Viewer::Public,
            sort: (Column::CreatedAt, false),
            request: PageRequest::new(page, PAGE_SIZE_MAX)?,
            after: None,
        };
        let read = list::page(tx, &question, currency)?;
        found.extend(read.content.iter().map(|product| (product.id.raw(), product.updated_at)));
        if read.last {
            break;
        }
    }
    Ok(found)
}

fn written(visit: &Visit, products: &[(i64, Timestamp)]) -> String {
    let mut map = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for path in ["/", "/products", "/deals"] {
        let _ = writeln!(map, "<url><loc>{}</loc></url>", visit.address(path));
    }
    for (id, changed) in products {
        let address = visit.address(&format!("/products/{id}"));
        let _ = writeln!(map, "<url><loc>{address}</loc><lastmod>{changed}</lastmod></url>");
    }
    map.push_str("</urlset>\n");
    map
}
