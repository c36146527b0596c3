//! The routes of catalogue and merchandising through a real router, with real tokens.

use crate::tests::Shop;
use axum::{Router, body::Body, http::Request, middleware::from_fn_with_state};
use http_body_util::BodyExt;
use kernel::{Random, UserId};
use ports::gateway::simulated::Simulated;
use ports::{NoReviews, Ports};
use serde_json::Value;
use std::sync::Arc;
use store::outbox;
use tower::ServiceExt;
use utoipa::openapi::OpenApi;
use web::auth::AuthSettings;
use web::{App, Auth, Live, Pages, Parts, Role, Roles, failure::render_failures};

struct Site {
    app: App,
    router: Router,
    document: OpenApi,
    shop: Shop,
    heard: i64,
}

struct Got {
    status: u16,
    body: Value,
    location: Option<String>,
    replayed: bool,
}

impl Site {
    fn open() -> Site {
        let shop = Shop::open();
        let app = App::from(Parts {
            db: shop.db.clone(),
            shop: Arc::default(),
            ports: Arc::new(Ports { gateway: Arc::new(Simulated::approving()), reviews: Arc::new(NoReviews) }),
            auth: Arc::new(
                Auth::from_settings(AuthSettings::single("a secret that is long enough for tests")).unwrap(),
            ),
            pages: Pages::default(),
            live: Live::default(),
            modules: Arc::new([catalog::MODULE, crate::MODULE]),
        });
        let (routes, document) = (catalog::MODULE.routes)().merge((crate::MODULE.routes)()).split_for_parts();
        let layer = from_fn_with_state(app.clone(), render_failures);
        Site { router: routes.layer(layer).with_state(app.clone()), app, document, shop, heard: 0 }
    }

    fn token(&self, seed: u64, role: Role) -> String {
        let user = UserId::new(Random::seeded(seed).uuid());
        self.app.auth.issue(&user, Roles::of(role), self.app.now()).unwrap().token
    }

    async fn send(&self, token: Option<&str>, line: &str, headers: &[(&str, &str)], body: &str) -> Got {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(uri);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let text = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (location, replayed) = (text("location"), text("idempotent-replayed").is_some());
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        Got { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null), location, replayed }
    }

    async fn gets(&self, path: &str) -> Got {
        self.send(None, &format!("GET {path}"), &[], "").await
    }

    /// What the relay does: every new event makes its pages stale.
    async fn hears(&mut self) {
        let after = self.heard;
        self.app.db.write("test", |tx| outbox::assign_sequence_numbers(tx, 1_000)).await.unwrap();
        for fact in self.app.db.read("test", move |tx| outbox::after(tx, after, 1_000)).await.unwrap() {
            for module in self.app.modules.iter() {
                for key in (module.stale)(&fact) {
                    self.app.pages.forget(&key).await;
                }
            }
            self.heard = fact.id;
        }
    }
}

fn on_site(test: impl AsyncFnOnce(&mut Site)) {
    let mut site = Site::open();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(test(&mut site));
}

const MUG: &str = r#"{"sku":"MUG","name":"Mug","price":9000,"stock":3,"category":"Kitchen > Cups","imageUrl":"m.jpg"}"#;

#[test]
fn a_page_comes_from_memory_until_something_changes() {
    on_site(async |site| {
        let admin = site.token(1, Role::Admin);
        let made = site.send(Some(&admin), "POST /admin/products", &[], MUG).await;
        assert_eq!((made.status, made.location.as_deref()), (201, Some("/api/v1/shopping/products/1")));
        let page = site.gets("/products/1").await.body;
        assert_eq!((&page["data"]["stock"], &page["data"]["variants"][0]["sku"]), (&3.into(), &"MUG".into()));
        let set = site.send(Some(&admin), "PATCH /admin/products/1/stock", &[], r#"{"stock":8}"#).await;
        assert_eq!((set.status, &set.body["data"]["stock"]), (200, &8.into()));
        assert_eq!(site.gets("/products/1").await.body["data"]["stock"], 3, "nobody heard of it yet");
        site.hears().await;
        assert_eq!(site.gets("/products/1").await.body["data"]["stock"], 8);
        let closed = site.send(Some(&admin), "PATCH /admin/products/1/close", &[("if-match", "\"1\"")], "").await;
        assert_eq!(closed.body["data"]["status"], "INACTIVE");
        site.hears().await;
        let gone = site.gets("/products/1").await;
        assert_eq!((gone.status, &gone.body["error"]["code"]), (404, &"S001".into()));
        let back = site.send(Some(&admin), "PATCH /admin/products/1/publish", &[("if-match", "\"1\"")], "").await;
        assert_eq!((back.status, &back.body["error"]["details"][0]["currentVersion"]), (409, &2.into()));
        let back = site.send(Some(&admin), "PATCH /admin/products/1/publish", &[], "").await;
        assert_eq!((back.status, &back.body["data"]["version"]), (200, &3.into()));
        let reviews = site.gets("/products/1/with-reviews").await.body;
        assert_eq!((&reviews["data"]["reviewsAvailable"], &reviews["data"]["name"]), (&false.into(), &"Mug".into()));
    });
}

#[test]
fn everybody_may_do_what_is_theirs() {
    on_site(async |site| {
        let (buyer, seller, other) =
            (site.token(1, Role::User), site.token(2, Role::Seller), site.token(3, Role::Seller));
        let (admin, service) = (site.token(4, Role::Admin), site.token(5, Role::Service));
        let plain = r#"{"name":"Mine","price":5}"#;
        for path in ["/products", "/admin/products"] {
            let line = format!("POST {path}");
            assert_eq!(site.send(None, &line, &[], plain).await.status, 401);
            assert_eq!(site.send(Some(&buyer), &line, &[], plain).await.status, 403);
        }
        assert_eq!(site.send(Some(&seller), "POST /products", &[], plain).await.status, 201);
        for (line, body) in [
            ("PUT /products/1", plain),
            ("PUT /admin/products/1", plain),
            ("PATCH /admin/products/1/stock", r#"{"stock":1}"#),
            ("PUT /admin/products/1/images", r#"{"images":[]}"#),
            ("POST /products/1/variants", r#"{"name":"L"}"#),
            ("DELETE /products/1", ""),
            ("GET /admin/products/1", ""),
            ("GET /admin/products/1/variants", ""),
            ("GET /admin/products/1/images", ""),
        ] {
            let refused = site.send(Some(&other), line, &[], body).await;
            assert_eq!((refused.status, &refused.body["error"]["code"]), (403, &"A002".into()), "{line}");
        }
        assert_eq!(site.send(Some(&admin), "PUT /products/1", &[("if-match", "1")], plain).await.status, 200);
        assert_eq!(site.send(Some(&seller), "POST /admin/categories", &[], r#"{"name":"X"}"#).await.status, 403);
        let ids = r#"{"variantIds":[1,9]}"#;
        assert_eq!(site.send(Some(&admin), "POST /internal/variants/by-ids", &[], ids).await.status, 403);
        let bulk = site.send(Some(&service), "POST /internal/variants/by-ids", &[], ids).await;
        assert_eq!((bulk.status, bulk.body["data"].as_array().map(Vec::len)), (200, Some(1)));
        let deleted = site.send(Some(&seller), "DELETE /products/1", &[], "").await;
        assert_eq!((deleted.status, deleted.body.to_string().as_str()), (200, r#"{"success":true}"#));
    });
}

#[test]
fn stock_is_kept_by_its_seller() {
    on_site(async |site| {
        let (seller, other, admin) =
            (site.token(2, Role::Seller), site.token(3, Role::Seller), site.token(4, Role::Admin));
        let made = site.send(Some(&seller), "POST /products", &[], r#"{"name":"Mine","price":5,"stock":3}"#).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let add = r#"{"quantity":4,"reason":"truck"}"#;
        let code = |got: &Got| (got.status, got.body["error"]["code"].as_str().unwrap_or_default().to_owned());
        assert_eq!(site.send(None, "PUT /inventory/1/add", &[], add).await.status, 401);
        assert_eq!(code(&site.send(Some(&other), "PUT /inventory/1/add", &[], add).await), (403, "A002".into()));
        let key = [("idempotency-key", "truck-1")];
        let added = site.send(Some(&seller), "PUT /inventory/1/add", &key, add).await;
        assert_eq!((added.status, &added.body["data"]["availableQuantity"]), (200, &7.into()));
        assert!(site.send(Some(&seller), "PUT /inventory/1/add", &key, add).await.replayed);
        let adjusted =
            site.send(Some(&admin), "PUT /inventory/1/adjust", &[], r#"{"delta":-2,"reason":"broken"}"#).await;
        assert_eq!(adjusted.body["data"]["totalQuantity"], 5);
        let elsewhere = r#"{"quantity":9,"locationCode":"busan"}"#;
        let opened = site.send(Some(&seller), "POST /inventory/1", &[], elsewhere).await;
        assert_eq!((opened.status, opened.location.as_deref()), (201, Some("/api/v1/shopping/inventory/1")));
        assert_eq!(opened.body["data"]["breakdown"][0]["locationCode"], "BUSAN");
        for (line, body, expected) in [
            ("POST /inventory/1", elsewhere, (409, "S407")),
            ("POST /inventory/9", elsewhere, (404, "S001")),
            ("POST /inventory/1", r#"{"quantity":-1,"locationCode":"AIR"}"#, (400, "S406")),
            ("POST /inventory/1", r#"{"quantity":1,"locationCode":"A B"}"#, (400, "C002")),
            ("PUT /inventory/9/add", add, (404, "S401")),
            ("PUT /inventory/1/add", r#"{"quantity":0}"#, (400, "S406")),
            ("PUT /inventory/1/add", r#"{"quantity":1,"variantId":77}"#, (404, "C003")),
            ("PUT /inventory/1/adjust", r#"{"delta":-6,"reason":"lost"}"#, (400, "S406")),
            ("PUT /inventory/1/adjust", r#"{"delta":1,"reason":" "}"#, (400, "C002")),
        ] {
            let got = code(&site.send(Some(&admin), line, &[], body).await);
            assert_eq!(got, (expected.0, expected.1.to_owned()), "{line} {body}");
        }
        let seen = site.send(Some(&seller), "GET /inventory/1/movements?size=3", &[], "").await.body;
        let kinds: Vec<_> = seen["data"]["content"].as_array().unwrap().iter().map(|m| &m["movementType"]).collect();
        assert_eq!(kinds, ["PURCHASE", "ADJUSTMENT", "PURCHASE"]);
        assert_eq!(
            (&seen["data"]["totalElements"], &seen["data"]["content"][1]["quantity"]),
            (&4.into(), &(-2).into())
        );
        let next = format!("GET /inventory/1/movements?cursor={}", seen["data"]["nextCursor"].as_str().unwrap());
        assert_eq!(site.send(Some(&admin), &next, &[], "").await.body["data"]["content"][0]["quantity"], 3);
        assert_eq!(code(&site.send(Some(&other), "GET /inventory/1/movements", &[], "").await), (403, "A002".into()));
    });
}

#[test]
fn a_repeated_key_makes_one_product() {
    on_site(async |site| {
        let admin = site.token(1, Role::Admin);
        let key = [("idempotency-key", "k1")];
        let first = site.send(Some(&admin), "POST /admin/products", &key, MUG).await;
        let again = site.send(Some(&admin), "POST /admin/products", &key, MUG).await;
        assert_eq!((first.status, again.status, again.replayed), (201, 201, true));
        assert_eq!(first.body, again.body);
        assert_eq!(site.gets("/products").await.body["data"]["totalElements"], 1);
        let other = site.send(Some(&admin), "POST /admin/products", &key, r#"{"name":"B","price":1}"#).await;
        assert_eq!(other.status, 422);
    });
}

#[test]
fn lists_and_verification_answer_and_refuse() {
    on_site(async |site| {
        let admin = site.token(1, Role::Admin);
        site.send(Some(&admin), "POST /admin/products", &[], MUG).await;
        let page = site
            .gets("/products?category=Kitchen&minPrice=1&maxPrice=9000&inStock=true&sort=price,desc&size=5")
            .await
            .body;
        assert_eq!(
            (&page["data"]["totalElements"], &page["data"]["content"][0]["currency"]),
            (&1.into(), &"KRW".into())
        );
        assert_eq!(site.gets("/products?brand=Nobody").await.body["data"]["totalElements"], 0);
        for path in ["?sort=colour", "?minPrice=x", "?minPrice=9&maxPrice=1", "?size=101", "?inStock=perhaps"] {
            let refused = site.gets(&format!("/products{path}")).await;
            assert_eq!((refused.status, &refused.body["error"]["code"]), (400, &"C002".into()), "{path}");
        }
        assert_eq!(site.gets("/products/none").await.status, 400);
        assert_eq!(site.gets("/products/99").await.status, 404);
        let verify = |body: &'static str| site.send(None, "POST /products/verify", &[], body);
        let short = verify(r#"{"items":[{"productId":1,"quantity":4}]}"#).await.body;
        assert_eq!(
            (&short["data"]["allAvailable"], &short["data"]["results"][0]["reason"]),
            (&false.into(), &"INSUFFICIENT_STOCK".into())
        );
        for body in [
            r#"{"items":[]}"#,
            r#"{"items":[{"quantity":1}]}"#,
            r#"{"items":[{"productId":1,"quantity":0}]}"#,
            r#"{"item":[]}"#,
            "{",
            "",
        ] {
            assert_eq!(verify(body).await.status, 400, "{body}");
        }
        let unknown =
            site.send(Some(&admin), "POST /admin/products", &[], r#"{"name":"A","price":1,"colour":"red"}"#).await;
        assert_eq!((unknown.status, &unknown.body["error"]["code"]), (400, &"C002".into()));
        for status in ["ACTIVE", "DRAFT"] {
            let listed = site.send(Some(&admin), &format!("GET /admin/products?status={status}"), &[], "").await;
            assert_eq!(listed.body["data"]["totalElements"], i64::from(status == "ACTIVE"));
        }
    });
}

#[test]
fn categories_are_kept_in_memory_until_one_changes() {
    on_site(async |site| {
        let admin = site.token(1, Role::Admin);
        let made = site.send(Some(&admin), "POST /admin/categories", &[], r#"{"name":"Home"}"#).await;
        assert_eq!((made.status, made.location.as_deref()), (201, Some("/api/v1/shopping/categories/1")));
        assert_eq!(site.gets("/categories/tree").await.body["data"][0]["name"], "Home");
        let child = r#"{"name":"Cups","parentId":1}"#;
        assert_eq!(site.send(Some(&admin), "POST /admin/categories", &[], child).await.status, 201);
        site.hears().await;
        assert_eq!(site.gets("/categories/tree").await.body["data"][0]["children"][0]["path"], "Home > Cups");
        assert_eq!(site.gets("/categories").await.body["data"].as_array().map(Vec::len), Some(2));
        assert_eq!(site.gets("/categories/2").await.body["data"]["depth"], 2);
        assert_eq!(site.gets("/categories/3").await.status, 404);
        let stale = site.send(Some(&admin), "PUT /admin/categories/2", &[], r#"{"name":"Mugs","version":7}"#).await;
        assert_eq!(stale.status, 409);
        assert_eq!(site.send(Some(&admin), "DELETE /admin/categories/1", &[], "").await.status, 409);
        assert_eq!(site.send(Some(&admin), "DELETE /admin/categories/2?version=1", &[], "").await.status, 200);
        assert_eq!(
            site.send(Some(&admin), "GET /admin/categories", &[], "").await.body["data"].as_array().map(Vec::len),
            Some(1)
        );
    });
}

#[test]
fn every_route_is_in_the_document_once() {
    let site = Site::open();
    let mut ids: Vec<String> = Vec::new();
    for (path, item) in &site.document.paths.paths {
        for operation in [&item.get, &item.post, &item.put, &item.patch, &item.delete].into_iter().flatten() {
            assert!(operation.summary.as_ref().is_some_and(|words| !words.is_empty()), "{path}");
            ids.extend(operation.operation_id.clone());
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "an operation's id is unique");
    let put = site.document.paths.get_path_item("/products/{id}").and_then(|item| item.put.as_ref());
    assert!(put.is_some(), "writing works under /products too");
    drop(site.shop);
}
