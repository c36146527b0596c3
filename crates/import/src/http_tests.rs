//! The upload through a real router, with real tokens.

use crate::tests::Shop;
use axum::{Router, body::Body, http::Request, middleware::from_fn_with_state};
use http_body_util::BodyExt;
use kernel::{Random, UserId};
use ports::gateway::simulated::Simulated;
use ports::{NoReviews, Ports};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt;
use web::auth::AuthSettings;
use web::{App, Auth, Live, Pages, Parts, Role, Roles, failure::render_failures};

struct Site {
    router: Router,
    seller: String,
    _shop: Shop,
}

impl Site {
    fn open() -> Site {
        let shop = Shop::open();
        let auth = AuthSettings::single("a secret that is long enough for tests");
        let app = App::from(Parts {
            db: shop.db.clone(),
            shop: Arc::default(),
            ports: Arc::new(Ports { gateway: Arc::new(Simulated::approving()), reviews: Arc::new(NoReviews) }),
            auth: Arc::new(Auth::from_settings(auth).unwrap()),
            pages: Pages::default(),
            live: Live::default(),
            modules: Arc::new([crate::MODULE]),
        });
        let (routes, _) = (crate::MODULE.routes)().split_for_parts();
        let router = routes.layer(from_fn_with_state(app.clone(), render_failures)).with_state(app.clone());
        let user = UserId::new(Random::seeded(1).uuid());
        let seller = app.auth.issue(&user, Roles::of(Role::Seller), app.now()).unwrap().token;
        Site { router, seller, _shop: shop }
    }

    async fn uploads(&self, query: &str, kind: &str, body: &str) -> (u16, Value) {
        let request = Request::builder()
            .method("POST")
            .uri(format!("/admin/products/import{query}"))
            .header("content-type", kind)
            .header("authorization", format!("Bearer {}", self.seller));
        let response = self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

#[test]
fn a_catalogue_is_uploaded() {
    let site = Site::open();
    tokio::runtime::Runtime::new().unwrap().block_on(uploads(&site));
}

async fn uploads(site: &Site) {
    let csv = "text/csv; charset=utf-8";
    let query = "?map=sku%3Dno&map=name%3D%7Btitle%7D&set=price%3D100&status=DRAFT";
    let (status, body) = site.uploads(query, csv, "no,title\nA,Apple\nB,\nC,Corn\n").await;
    let report = &body["data"];
    assert_eq!((status, &report["created"], &report["refused"][0]["line"]), (200, &2.into(), &3.into()));
    assert_eq!((&report["refused"][0]["sku"], &report["refused"][0]["code"]), (&"B".into(), &"C002".into()));
    let row = "{\"sku\":\"D\",\"name\":\"Dill\",\"price\":5}";
    let (_, body) = site.uploads("", "application/x-ndjson", row).await;
    assert_eq!(body["data"]["created"], 1);
    assert_eq!(site.uploads("", "application/json", "{}").await.0, 415);
    for query in ["?map=sku", "?colour=red", "?sameNames=maybe", "?map=sku%3Dnothing"] {
        assert_eq!(site.uploads(query, csv, "no,title\n").await.0, 400, "{query}");
    }
}
