//! A service that knows where parcels are and behaves as Sweet Tracker does, over a real socket. A test says what it knows.

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use fixture::wait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};

/// The service. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Aggregator {
    known: Arc<Mutex<Known>>,
    url: String,
}

#[derive(Debug, Default)]
struct Known {
    /// By the carrier's code and the number.
    parcels: HashMap<(String, String), Vec<Value>>,
    /// What it answers instead.
    mishap: Option<Mishap>,
    asked: usize,
}

/// What it answers instead of what it knows.
#[derive(Debug, Clone, Copy)]
pub enum Mishap {
    /// A failure with this code and status 200, as all of its failures.
    Failure(&'static str),
    /// A page of a proxy.
    BadGateway,
    Nonsense,
}

impl Aggregator {
    /// The key that it accepts.
    pub const KEY: &str = "story-key";

    /// A service that knows no parcel yet.
    pub fn open() -> Aggregator {
        let known = Arc::<Mutex<Known>>::default();
        let router = Router::new().route("/api/v1/trackingInfo", post(tracking_info)).with_state(Arc::clone(&known));
        let url = wait(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let address = listener.local_addr().expect("it has an address");
            tokio::spawn(async move { axum::serve(listener, router).await });
            format!("http://{address}")
        });
        Aggregator { known, url }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it knows of a parcel from now on: each scan is (level, time in Korea, place, what happened).
    pub fn knows(&self, carrier: &str, number: &str, scans: &[(i64, &str, &str, &str)]) {
        let shown = |&(level, time, place, what): &(i64, &str, &str, &str)| {
            json!({ "level": level, "timeString": time, "where": place, "kind": what, "code": null, "manName": "",
                "telno": "" })
        };
        let scans = scans.iter().map(shown).collect();
        self.known.lock().parcels.insert((carrier.to_owned(), number.to_owned()), scans);
    }

    /// What happens to every question from now on.
    pub fn set_mishap(&self, mishap: Option<Mishap>) {
        self.known.lock().mishap = mishap;
    }

    /// How many questions came.
    pub fn asked(&self) -> usize {
        self.known.lock().asked
    }
}

async fn tracking_info(State(known): State<Arc<Mutex<Known>>>, Json(question): Json<Value>) -> Response {
    let mut known = known.lock();
    known.asked += 1;
    let word = |name: &str| question[name].as_str().unwrap_or_default().to_owned();
    match known.mishap {
        Some(Mishap::BadGateway) => return (StatusCode::BAD_GATEWAY, "<html>Bad Gateway</html>").into_response(),
        Some(Mishap::Nonsense) => return "{\"level\":3,".into_response(),
        Some(Mishap::Failure(code)) => return failure(code),
        None => {}
    }
    if word("t_key") != Aggregator::KEY {
        return failure("101");
    }
    match known.parcels.get(&(word("t_code"), word("t_invoice"))) {
        None => failure("104"),
        Some(scans) => Json(shown(&word("t_invoice"), scans)).into_response(),
    }
}

fn failure(code: &str) -> Response {
    Json(json!({ "status": false, "msg": "…", "code": code })).into_response()
}

fn shown(number: &str, scans: &[Value]) -> Value {
    let level = scans.iter().filter_map(|scan| scan["level"].as_i64()).max().unwrap_or(0);
    let complete = level == 6;
    json!({
        "adUrl": null, "invoiceNo": number, "itemName": "", "receiverName": "김*", "senderName": "", "estimate": null,
        "result": if scans.is_empty() { "N" } else { "Y" }, "level": level, "complete": complete,
        "completeYN": if complete { "Y" } else { "N" }, "trackingDetails": scans, "lastDetail": scans.last(),
    })
}
