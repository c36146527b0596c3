//! Sweet Tracker (스마트택배), the service that most shops of Korea ask: `POST /api/v1/trackingInfo` with the shop's key, the carrier's
//! code and the number. Failures come with status 200 and a code of their own. Times have no zone; they are those of Korea.

use super::{Answer, Carriers, Parcel, Scan, Stage};
use crate::breaker::Breaker;
use async_trait::async_trait;
use kernel::{Code, Error, Timestamp, Zone};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{fmt, time::Duration};

/// Failures in a row after which the service is left alone, and for how long.
const FAILURES_MAX: u32 = 5;
const LEFT_ALONE: Duration = Duration::from_secs(60);
/// Largest answer read, in bytes; a parcel has a few dozen scans.
const ANSWER_MAX_BYTES: usize = 256 * 1_024;
/// Scans that are read of an answer.
const SCANS_MAX: usize = 200;
/// Below this a time is in seconds: as milliseconds it would be in 1970.
const SECONDS_BELOW: i64 = 100_000_000_000;

/// The service's word for a number that the carrier does not know, or not yet.
const UNKNOWN_NUMBER: &str = "104";
/// Its words for a shop that it does not serve: a key that is wrong or over, and more questions than were paid for.
const REFUSES_SHOP: [&str; 3] = ["101", "102", "103"];

/// How to reach the service.
#[derive(Clone)]
pub struct Settings {
    /// Without the path, such as `https://info.sweettracker.co.kr`.
    pub url: String,
    /// The shop's key.
    pub key: String,
    /// Longest time for one question.
    pub timeout: Duration,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A client of the service, with a circuit breaker.
pub struct SweetTracker {
    client: reqwest::Client,
    url: reqwest::Url,
    key: String,
    zone: Zone,
    breaker: Breaker,
}

impl fmt::Debug for SweetTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SweetTracker({})", self.url.host_str().unwrap_or_default())
    }
}

impl SweetTracker {
    /// A client of the service. C002 when the address cannot be one.
    pub fn new(settings: &Settings) -> Result<SweetTracker, Error> {
        // fails if the process has chosen its cryptography before; that choice is as good
        let _ = rustls::crypto::ring::default_provider().install_default();
        let base = settings.url.trim_end_matches('/');
        let url = reqwest::Url::parse(&format!("{base}/api/v1/trackingInfo")).map_err(|e| {
            Code::InvalidInput.because("the address of the carriers' service is not a URL").caused_by(e)
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Code::InvalidInput.because("it begins with neither http:// nor https://"));
        }
        let client = reqwest::Client::builder()
            .timeout(settings.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|e| Code::Internal.error().caused_by(e))?;
        let (key, breaker) = (settings.key.clone(), Breaker::new(FAILURES_MAX, LEFT_ALONE));
        Ok(SweetTracker { client, url, key, zone: Zone::named("Asia/Seoul")?, breaker })
    }

    /// The key is in the body, so that no address in a log has it.
    async fn tracking_info(&self, parcel: &Parcel) -> Result<TrackingInfo, String> {
        let body = json!({ "t_key": self.key, "t_code": parcel.carrier, "t_invoice": parcel.number });
        let request = self.client.post(self.url.clone()).json(&body);
        let mut answer = request.send().await.map_err(|e| e.without_url().to_string())?;
        if !answer.status().is_success() {
            return Err(format!("status {}", answer.status()));
        }
        let mut read = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|e| e.without_url().to_string())? {
            if read.len() + part.len() > ANSWER_MAX_BYTES {
                return Err(format!("more than {ANSWER_MAX_BYTES} bytes"));
            }
            read.extend_from_slice(&part);
        }
        serde_json::from_slice(&read).map_err(|e| e.to_string())
    }
}

#[async_trait]
impl Carriers for SweetTracker {
    async fn ask(&self, parcel: &Parcel, now: Timestamp) -> Answer {
        if !self.breaker.admits(now) {
            return Answer::Silence;
        }
        let info = match self.tracking_info(parcel).await {
            Ok(info) => info,
            Err(error) => {
                let opened = self.breaker.failed(now);
                tracing::warn!(%error, opened, "the carriers' service did not answer");
                return Answer::Silence;
            }
        };
        match info.failure() {
            Some(code) if REFUSES_SHOP.contains(&code.as_str()) => {
                // the next question would be refused as well
                let opened = self.breaker.failed(now);
                tracing::error!(code, opened, "the carriers' service does not accept this shop's key");
                Answer::Silence
            }
            Some(code) => {
                self.breaker.succeeded();
                if code == UNKNOWN_NUMBER {
                    return Answer::Unknown;
                }
                tracing::warn!(code, "the carriers' service does not know where a parcel is");
                Answer::Silence
            }
            None => {
                self.breaker.succeeded();
                Answer::Scanned(info.scans(&self.zone))
            }
        }
    }
}

/// What the service answers, as far as it is read. Members may be missing or null.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TrackingInfo {
    /// `false` with a failure.
    status: Option<Value>,
    /// Which failure.
    code: Option<Value>,
    tracking_details: Option<Vec<Detail>>,
    last_detail: Option<Detail>,
    /// Whether the parcel has arrived.
    complete: Option<bool>,
    /// How far the parcel has come, as in its details.
    level: Option<i64>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Detail {
    kind: Option<String>,
    level: Option<i64>,
    time: Option<i64>,
    time_string: Option<String>,
    r#where: Option<String>,
}

/// How far a level is. The service may have further ones; of those nothing is concluded.
fn stage(level: i64) -> Option<Stage> {
    match level {
        1 => Some(Stage::Registered),
        2 => Some(Stage::Collected),
        3 => Some(Stage::Moving),
        4 => Some(Stage::Arrived),
        5 => Some(Stage::OutForDelivery),
        DELIVERED => Some(Stage::Delivered),
        _ => None,
    }
}

const DELIVERED: i64 = 6;

impl TrackingInfo {
    /// The code of the failure, if it is one.
    fn failure(&self) -> Option<String> {
        let failed = self.status == Some(Value::Bool(false));
        let code = self.code.as_ref().and_then(|code| match code {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        });
        if failed { Some(code.unwrap_or_default()) } else { None }
    }

    /// Every detail whose time and level can be read.
    fn scans(&self, zone: &Zone) -> Vec<Scan> {
        let details = self.tracking_details.iter().flatten().chain(&self.last_detail).take(SCANS_MAX);
        let mut scans: Vec<Scan> = details.filter_map(|detail| detail.scan(zone)).collect();
        scans.sort_by_key(|scan| (scan.at, scan.stage));
        // the last detail is one of the others, too
        scans.dedup();
        let has_arrived = self.complete == Some(true) || self.level == Some(DELIVERED);
        // some carriers say so of the parcel only, and not of its last scan
        let says_so = scans.iter().any(|scan| scan.stage == Stage::Delivered);
        if let Some(last) = scans.last_mut().filter(|_| has_arrived && !says_so) {
            last.stage = Stage::Delivered;
        }
        scans
    }
}

impl Detail {
    fn scan(&self, zone: &Zone) -> Option<Scan> {
        let written = self.time_string.as_deref().and_then(|text| Timestamp::parse(text.trim(), zone).ok());
        let counted = self.time.filter(|time| *time > 0);
        let counted = counted.map(|time| if time < SECONDS_BELOW { time.saturating_mul(1_000) } else { time });
        Some(Scan {
            at: written.or(counted.map(Timestamp::from_millis))?,
            stage: stage(self.level?)?,
            place: self.r#where.clone(),
            what: self.kind.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> TrackingInfo {
        serde_json::from_str(answer).unwrap()
    }

    fn scans(answer: &str) -> Vec<(String, Stage)> {
        let found = read(answer).scans(&Zone::named("Asia/Seoul").unwrap());
        found.into_iter().map(|scan| (scan.at.to_string(), scan.stage)).collect()
    }

    fn seen(at: &str, stage: Stage) -> (String, Stage) {
        (at.to_owned(), stage)
    }

    #[test]
    fn times_are_those_of_korea_in_every_form_that_comes() {
        let found = scans(
            r#"{"level": 4, "complete": false, "adUrl": null, "trackingDetails": [
            {"timeString": "2026-10-08 06:40:00", "level": 4, "kind": "간선하차", "where": "곤지암Hub", "manName": ""},
            {"timeString": "  2026-10-07 21:10 ", "level": 3, "kind": "간선상차"},
            {"timeString": "", "time": 1759809600000, "level": 2},
            {"timeString": "?", "time": 1759806000, "level": 1}]}"#,
        );
        let wanted = [
            seen("2025-10-07T03:00:00.000Z", Stage::Registered),
            seen("2025-10-07T04:00:00.000Z", Stage::Collected),
            seen("2026-10-07T12:10:00.000Z", Stage::Moving),
            seen("2026-10-07T21:40:00.000Z", Stage::Arrived),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let found = scans(
            r#"{"trackingDetails": [{"timeString": "soon", "level": 3}, {"time": 0, "level": 3}, {"level": 3},
            {"timeString": "2026-10-08 06:40:00", "level": 9}, {"timeString": "2026-10-08 06:40:00"},
            {"timeString": "2026-10-08 07:40:00", "level": 3}]}"#,
        );
        assert_eq!(found, [seen("2026-10-07T22:40:00.000Z", Stage::Moving)]);
        assert!(scans(r#"{"level": 0, "complete": false, "result": "N"}"#).is_empty());
        assert!(scans(r#"{"level": 6, "complete": true, "trackingDetails": null}"#).is_empty(), "no one knows when");
    }

    #[test]
    fn a_parcel_has_arrived_when_it_is_complete_or_its_last_scan_says_so() {
        let last = r#"{"timeString": "2026-10-08 09:15:00", "level": 5}"#;
        for head in [r#""complete": true"#, r#""level": 6, "complete": false"#] {
            let answer = format!(r#"{{{head}, "trackingDetails": [{last}], "lastDetail": {last}}}"#);
            assert_eq!(scans(&answer), [seen("2026-10-08T00:15:00.000Z", Stage::Delivered)], "{head}");
        }
        let open = format!(r#"{{"level": 5, "complete": false, "lastDetail": {last}}}"#);
        assert_eq!(scans(&open), [seen("2026-10-08T00:15:00.000Z", Stage::OutForDelivery)]);
    }

    #[test]
    fn a_failure_has_its_code() {
        let failure = |answer: &str| read(answer).failure();
        assert_eq!(failure(r#"{"status": false, "msg": "…", "code": "104"}"#).as_deref(), Some(UNKNOWN_NUMBER));
        assert_eq!(failure(r#"{"status": false, "code": 101}"#).as_deref(), Some("101"));
        assert_eq!(failure(r#"{"status": false}"#).as_deref(), Some(""));
        assert_eq!(failure(r#"{"level": 3, "status": true, "code": null}"#), None);
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        let settings = |url: &str| Settings { url: url.to_owned(), key: "k".to_owned(), timeout: LEFT_ALONE };
        assert!(SweetTracker::new(&settings("https://info.sweettracker.co.kr/")).is_ok());
        for url in ["tracker", "ftp://tracker"] {
            assert!(SweetTracker::new(&settings(url)).is_err(), "{url}");
        }
    }
}
