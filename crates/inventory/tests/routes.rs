//! The routes of stock through a real router, with real tokens.

use axum::{Router, body::Body, http::Request, middleware::from_fn_with_state, response::Response};
use http_body_util::BodyExt;
use inventory::{Line, MODULE, ops};
use kernel::{ProductId, Quantity, Random, Result, UserId, VariantId};
use ports::{ManualClock, NoReviews, Ports, gateway::simulated::Simulated};
use serde_json::Value;
use std::sync::Arc;
use store::{Db, Settings, Tx, args, outbox};
use testdb::Space;
use tower::ServiceExt;
use web::{App, Auth, Live, Pages, Parts, Role, Roles, auth::AuthSettings, failure::render_failures};

struct Site {
    app: App,
    router: Router,
    _space: Space,
}

impl Site {
    async fn open() -> Site {
        let space = Space::open();
        let settings = Settings::throwaway(space.url().parse().unwrap(), Arc::new(ManualClock::default()));
        let db = Db::open(settings).unwrap();
        db.migrate([store::MIGRATIONS, MODULE.migrations].concat()).await.unwrap();
        let app = App::from(Parts {
            db,
            shop: Arc::default(),
            ports: Arc::new(Ports { gateway: Arc::new(Simulated::approving()), reviews: Arc::new(NoReviews) }),
            auth: Arc::new(
                Auth::from_settings(AuthSettings::single("a secret that is long enough for tests")).unwrap(),
            ),
            pages: Pages::default(),
            live: Live::default(),
            modules: Arc::new([MODULE]),
        });
        let (routes, _) = (MODULE.routes)().split_for_parts();
        let router = routes.layer(from_fn_with_state(app.clone(), render_failures)).with_state(app.clone());
        Site { app, router, _space: space }
    }

    async fn does(&self, work: impl Fn(&mut Tx<'_>) -> Result<()> + Send + 'static) {
        self.app.db.write("test", work).await.unwrap();
        self.hears().await;
    }

    /// What the relay does: every event makes its pages stale.
    async fn hears(&self) {
        self.app.db.write("test", |tx| outbox::place(tx, 1_000)).await.unwrap();
        for fact in self.app.db.read("test", |tx| outbox::after(tx, 0, 1_000)).await.unwrap() {
            for key in (MODULE.stale)(&fact) {
                self.app.pages.forget(&key).await;
            }
        }
    }

    async fn answer(&self, role: Option<Role>, line: &str, body: &str) -> Response {
        let (method, uri) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(uri).header("content-type", "application/json");
        if let Some(role) = role {
            let user = UserId::new(Random::seeded(1).uuid());
            let token = self.app.auth.issue(&user, Roles::of(role), self.app.now()).unwrap().token;
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
    }

    async fn sends(&self, role: Option<Role>, line: &str, body: &str) -> (u16, Value) {
        let answer = self.answer(role, line, body).await;
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }
}

/// The next event of a stream: its id, name and data.
async fn next(stream: &mut Body) -> Option<(String, String, Value)> {
    let bytes = stream.frame().await?.unwrap().into_data().unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    Some((line("id:"), line("event:"), serde_json::from_str(&line("data:")).unwrap()))
}

fn on_site(test: impl AsyncFnOnce(&Site)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let site = Site::open().await;
        site.does(|tx| {
            let ids = |product, variant| (ProductId::new(product), VariantId::new(variant));
            let ((mug, red), (_, blue), (bowl, plain)) = (ids(1, 1), ids(1, 2), ids(2, 3));
            ops::open_many(tx, &[(mug, red, 5), (mug, blue, 7), (bowl, plain, 0)], "SYSTEM")
        })
        .await;
        test(&site).await;
    });
}

fn buy(tx: &mut Tx<'_>, number: &str, units: i64) -> Result<()> {
    let line = Line { product: ProductId::new(1), variant: VariantId::new(1), quantity: Quantity::new(units)? };
    ops::reserve(tx, &number.parse()?, &"3f0e8c3a-0000-4000-8000-000000000001".parse()?, &[line])
}

#[test]
fn everybody_sees_the_stock_of_this_moment() {
    on_site(async |site| {
        let (status, body) = site.sends(None, "GET /inventory/1", "").await;
        let data = &body["data"];
        assert_eq!((status, &data["availableQuantity"], &data["totalQuantity"]), (200, &12.into(), &12.into()));
        assert_eq!((&data["stockStatus"], &data["breakdown"][1]["availableQuantity"]), (&"IN_STOCK".into(), &7.into()));
        assert_eq!(data["breakdown"][0]["locationCode"], "MAIN");
        site.does(|tx| buy(tx, "ORD-20260206-22222222", 4)).await;
        let (_, body) = site.sends(None, "GET /inventory/1", "").await;
        assert_eq!((&body["data"]["availableQuantity"], &body["data"]["reservedQuantity"]), (&8.into(), &4.into()));
        let (status, body) = site.sends(None, "GET /inventory/77", "").await;
        assert_eq!((status, &body["error"]["code"]), (404, &"S401".into()));
    });
}

#[test]
fn many_products_are_asked_for_at_once() {
    on_site(async |site| {
        let (status, body) = site.sends(None, "POST /inventory/batch", r#"{"productIds":[2,77,1,2]}"#).await;
        let ids: Vec<_> = body["data"].as_array().unwrap().iter().map(|stock| &stock["productId"]).collect();
        assert_eq!((status, ids), (200, vec![&1.into(), &2.into()]));
        assert_eq!(body["data"][1]["stockStatus"], "OUT_OF_STOCK");
        for wrong in [r#"{"productIds":[]}"#, r#"{"productIds":[0]}"#, r#"{"productIds":[1],"more":1}"#, "{}"] {
            let (status, body) = site.sends(None, "POST /inventory/batch", wrong).await;
            assert_eq!((status, &body["error"]["code"]), (400, &"C002".into()), "{wrong}");
        }
    });
}

#[test]
fn a_stream_begins_with_the_present_and_tells_every_change() {
    on_site(async |site| {
        let answer = site.answer(None, "GET /inventory/stream?productIds=1,77,2", "").await;
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        let mut stream = answer.into_body();
        let (id, name, data) = next(&mut stream).await.unwrap();
        assert_eq!((id.as_str(), name.as_str()), ("2", "inventory-update"));
        assert_eq!((&data["productId"], &data["available"], &data["reserved"]), (&1.into(), &12.into(), &0.into()));
        assert_eq!(next(&mut stream).await.unwrap().2["productId"], 2);
        site.does(|tx| buy(tx, "ORD-20260206-22222222", 1)).await;
        let (id, _, data) = next(&mut stream).await.unwrap();
        assert_eq!((id.as_str(), &data["available"], &data["reserved"]), ("3", &11.into(), &1.into()));
        assert_eq!(data["timestamp"], "2026-02-06T00:00:00.000Z");
        site.app.live.close();
        assert!(next(&mut stream).await.is_none());
        let (status, _) = site.sends(None, "GET /inventory/stream", "").await;
        assert_eq!(status, 400);
    });
}

#[test]
fn only_administrators_rebuild() {
    on_site(async |site| {
        let line = "POST /admin/inventory/rebuild";
        assert_eq!(site.sends(None, line, "").await.0, 401);
        assert_eq!(site.sends(Some(Role::Seller), line, "").await.0, 403);
        let damage = "update inventory_snapshots set available = 99 where variant_id = 1";
        site.does(move |tx| tx.exec(damage, args![]).map(|_| ())).await;
        let (status, body) = site.sends(Some(Role::Admin), "POST /admin/inventory/rebuild?dryRun=true", "").await;
        let found = &body["data"]["differences"][0];
        assert_eq!((status, &found["kept"]["available"], &found["folded"]["available"]), (200, &99.into(), &5.into()));
        assert_eq!((&body["data"]["dryRun"], &body["data"]["repaired"]), (&true.into(), &0.into()));
        let (_, body) = site.sends(Some(Role::Admin), line, "").await;
        assert_eq!((&body["data"]["different"], &body["data"]["repaired"]), (&1.into(), &1.into()));
        site.hears().await;
        assert_eq!(site.sends(None, "GET /inventory/1", "").await.1["data"]["availableQuantity"], 12);
    });
}
