//! The API: `/v1/payments`, `/v1/virtual-accounts`, `/v1/transactions`.

use crate::{
    Fake,
    failure::Failure,
    idempotency::{Claim, Stored},
    journal::Line,
    payment::{Method, Payment, Transaction},
    records::{Agreed, Cancelling, Confirm, Ended, VALID_HOURS, VALID_HOURS_MAX, scripts},
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use kernel::{Timestamp, Zone};
use serde::Deserialize;
use serde_json::{Value, json};

/// Most movements of one page, and how many there are if the shop does not say.
const LIST_MAX: usize = 10_000;
const LIST_DEFAULT: usize = 100;

/// The routes of the API.
pub fn routes() -> Router<Fake> {
    Router::new()
        .route("/v1/payments/confirm", post(confirm))
        .route("/v1/payments/{key}", get(find))
        .route("/v1/payments/{key}/cancel", post(cancel))
        .route("/v1/payments/orders/{order}", get(find_by_order))
        .route("/v1/virtual-accounts", post(issue))
        .route("/v1/transactions", get(transactions))
}

/// An answer on its way.
fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json;charset=UTF-8")], body.to_string()).into_response()
}

fn failed(failure: &Failure) -> Response {
    answer(failure.status, &failure.body())
}

/// A connection that breaks: the client gets no answer that it can read.
fn broken() -> Response {
    let breaks = futures_util::stream::once(async { Err::<Bytes, _>(std::io::Error::other("the answer is lost")) });
    Response::new(Body::from_stream(breaks))
}

/// The key of the caller, after the checks that come before everything else.
fn caller(fake: &Fake, headers: &HeaderMap) -> Result<String, Failure> {
    if let Some(code) = fake.fails_with() {
        return Err(Failure::of(code, "내부 시스템 처리 작업이 실패했습니다."));
    }
    let unauthorized = || Failure::of("UNAUTHORIZED_KEY", "인증되지 않은 시크릿 키 혹은 클라이언트 키 입니다.");
    let malformed = || Failure::of("INCORRECT_BASIC_AUTH_FORMAT", "잘못된 요청입니다. ':' 를 포함해 인코딩해주세요.");
    let given = headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok()).ok_or_else(unauthorized)?;
    let encoded = given.strip_prefix("Basic ").ok_or_else(unauthorized)?;
    let decoded = STANDARD.decode(encoded).ok().and_then(|decoded| String::from_utf8(decoded).ok());
    let key = decoded.as_deref().and_then(|decoded| decoded.strip_suffix(':')).ok_or_else(malformed)?.to_owned();
    if key.starts_with("test_ck_") || key.starts_with("test_gck_") {
        return Err(Failure::of("INVALID_API_KEY", "잘못된 시크릿키 연동 정보 입니다."));
    }
    let is_known = match &fake.settings.secret {
        Some(secret) => *secret == key,
        None => key.starts_with("test_sk_") || key.starts_with("test_gsk_"),
    };
    if !is_known {
        return Err(unauthorized());
    }
    match headers.get("TossPayments-Test-Code").and_then(|code| code.to_str().ok()) {
        None => Ok(key),
        Some(code) => Err(Failure::documented(code)
            .unwrap_or_else(|| Failure::of("INVALID_TEST_CODE", "존재하지 않는 테스트 코드 입니다."))),
    }
}

/// A request that changes something: once for each idempotency key.
async fn once(
    fake: &Fake,
    headers: &HeaderMap,
    address: &str,
    work: impl FnOnce(&Fake, Option<&str>) -> Ended,
) -> Response {
    let caller = match caller(fake, headers) {
        Ok(caller) => caller,
        Err(failure) => return failed(&failure),
    };
    let key = headers.get("Idempotency-Key").and_then(|key| key.to_str().ok());
    let identity = key.map(|key| format!("{key} {caller} POST {address}"));
    if let (Some(identity), Some(key)) = (&identity, key) {
        let now = fake.now();
        let claim = fake.records().answers.claim(identity, key, now);
        match claim {
            Ok(Claim::New) => {}
            Ok(Claim::Again(status, body)) => return answer(status, &body),
            Err(failure) => return failed(&failure),
        }
    }
    let (status, body, is_lost) = match work(fake, key) {
        Ended::Answer(payment) => (200, payment.shown(), false),
        Ended::Failed(failure) => (failure.status, failure.body(), false),
        Ended::AnswerLost(payment) => (200, payment.shown(), true),
        Ended::RequestLost => {
            identity.iter().for_each(|identity| fake.records().answers.end(identity, None));
            return broken();
        }
    };
    if let Some(identity) = identity {
        let stored = Stored { identity: identity.clone(), at: fake.now(), status, body: body.clone() };
        let mut records = fake.records();
        records.write(vec![Line::Answered(stored)]);
        records.answers.end(&identity, None);
    }
    let is_first = fake.records().policy.before_answer;
    if let Some(url) = fake.settings.webhook_url.clone().filter(|_| is_first) {
        fake.deliver(&reqwest::Client::new(), &url).await;
    }
    if is_lost { broken() } else { answer(status, &body) }
}

fn invalid(message: &str) -> Failure {
    Failure::of("INVALID_REQUEST", message)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfirmBody {
    payment_key: String,
    order_id: String,
    amount: i64,
}

fn is_order_id(text: &str) -> bool {
    let is_sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    (6..=64).contains(&text.len()) && text.bytes().all(is_sign)
}

async fn confirm(State(fake): State<Fake>, headers: HeaderMap, body: Bytes) -> Response {
    let work = |fake: &Fake, key: Option<&str>| {
        let read = serde_json::from_slice::<ConfirmBody>(&body).map_err(|_| invalid("잘못된 요청입니다."));
        match read {
            Ok(body) if is_order_id(&body.order_id) && body.amount > 0 => {
                let (payment, order, amount) = (body.payment_key.as_str(), body.order_id.as_str(), body.amount);
                let now = fake.now();
                fake.records().confirm(&Confirm { payment, order, amount, key }, now)
            }
            Ok(_) => Ended::Failed(invalid("orderId 또는 amount 가 올바르지 않습니다.")),
            Err(failure) => Ended::Failed(failure),
        }
    };
    once(&fake, &headers, "/v1/payments/confirm", work).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CancelBody {
    #[serde(default)]
    cancel_reason: String,
    #[serde(default)]
    cancel_amount: Option<i64>,
    #[serde(default)]
    refundable_amount: Option<i64>,
    #[serde(default)]
    refund_receive_account: Option<Value>,
}

async fn cancel(State(fake): State<Fake>, Path(payment): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let address = format!("/v1/payments/{payment}/cancel");
    let work = |fake: &Fake, key: Option<&str>| match serde_json::from_slice::<CancelBody>(&body) {
        Ok(body) => {
            let has_account = body.refund_receive_account.as_ref().is_some_and(is_account);
            let (reason, amount) = (body.cancel_reason.as_str(), body.cancel_amount);
            let wanted = Cancelling { reason, amount, refundable: body.refundable_amount, has_account, key };
            let now = fake.now();
            fake.records().cancel(&payment, &wanted, now)
        }
        Err(_) => Ended::Failed(invalid("잘못된 요청입니다.")),
    };
    once(&fake, &headers, &address, work).await
}

fn is_account(account: &Value) -> bool {
    let text = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
    let number = text("accountNumber");
    let is_number = (1..=20).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && !text("bank").is_empty() && (1..=60).contains(&text("holderName").chars().count())
}

fn shown(fake: &Fake, headers: &HeaderMap, payment: impl FnOnce() -> Option<Payment>) -> Response {
    fake.count_question();
    match caller(fake, headers) {
        Err(failure) => failed(&failure),
        Ok(_) => match payment() {
            Some(payment) => answer(200, &payment.shown()),
            None => failed(&Failure::of("NOT_FOUND_PAYMENT", "존재하지 않는 결제 정보 입니다.")),
        },
    }
}

async fn find(State(fake): State<Fake>, Path(key): Path<String>, headers: HeaderMap) -> Response {
    let now = fake.now();
    shown(&fake, &headers, || fake.records().find(&key, now))
}

async fn find_by_order(State(fake): State<Fake>, Path(order): Path<String>, headers: HeaderMap) -> Response {
    let now = fake.now();
    shown(&fake, &headers, || fake.records().of_order(&order, now))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IssueBody {
    amount: i64,
    order_id: String,
    order_name: String,
    customer_name: String,
    bank: String,
    #[serde(default)]
    valid_hours: Option<u64>,
    #[serde(default)]
    due_date: Option<String>,
}

async fn issue(State(fake): State<Fake>, headers: HeaderMap, body: Bytes) -> Response {
    let work = |fake: &Fake, key: Option<&str>| {
        let read = serde_json::from_slice::<IssueBody>(&body).map_err(|_| invalid("잘못된 요청입니다."));
        let agreed = match read.and_then(|body| agreed_to(body, fake.now())) {
            Ok(agreed) => agreed,
            Err(failure) => return Ended::Failed(failure),
        };
        let (payment, now) = (fake.agree(agreed), fake.now());
        let wanted = Confirm { payment: &payment.key, order: &payment.order, amount: payment.total, key };
        fake.records().confirm(&wanted, now)
    };
    once(&fake, &headers, "/v1/virtual-accounts", work).await
}

fn agreed_to(body: IssueBody, now: Timestamp) -> Result<Agreed, Failure> {
    if body.valid_hours.is_some() && body.due_date.is_some() {
        let message = "validHours 와 dueDate 는 함께 사용할 수 없습니다.";
        return Err(Failure::of("INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE", message));
    }
    let due = match &body.due_date {
        Some(text) => Some(Timestamp::parse(text, &zone()).map_err(|_| invalid("dueDate 형식이 올바르지 않습니다."))?),
        None => None,
    };
    let valid_hours = due.map(|due| due.since(now).as_secs() / 3_600).or(body.valid_hours).unwrap_or(VALID_HOURS);
    if valid_hours > VALID_HOURS_MAX {
        let code = if due.is_some() { "EXCEED_MAX_DUE_DATE" } else { "EXCEED_MAX_VALID_HOURS" };
        return Err(Failure::of(code, "가상 계좌의 최대 유효시간을 초과했습니다."));
    }
    let name_max = 100;
    let names = [&body.order_name, &body.customer_name];
    if !is_order_id(&body.order_id) || body.amount <= 0 || body.bank.is_empty() {
        return Err(invalid("잘못된 요청입니다."));
    }
    if names.iter().any(|name| name.is_empty() || name.chars().count() > name_max) {
        return Err(invalid("잘못된 요청입니다."));
    }
    let (order, name, amount) = (body.order_id, body.order_name, body.amount);
    Ok(Agreed { order, name, amount, method: Method::VirtualAccount, script: scripts::APPROVE.to_owned(), valid_hours })
}

fn zone() -> Zone {
    Zone::named("Asia/Seoul").unwrap_or_else(|_| Zone::utc())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TransactionsQuery {
    start_date: String,
    end_date: String,
    #[serde(default)]
    starting_after: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}

async fn transactions(
    State(fake): State<Fake>,
    Query(query): Query<TransactionsQuery>,
    headers: HeaderMap,
) -> Response {
    if let Err(failure) = caller(&fake, &headers) {
        return failed(&failure);
    }
    let time = |text: &str| Timestamp::parse(text, &zone());
    let (Ok(from), Ok(to)) = (time(&query.start_date), time(&query.end_date)) else {
        return failed(&invalid("startDate 또는 endDate 가 올바르지 않습니다."));
    };
    let records = fake.records();
    let after = match &query.starting_after {
        None => 0,
        Some(key) => match records.transactions.iter().position(|one| one.transaction == *key) {
            Some(place) => place + 1,
            None => return failed(&Failure::of("INVALID_TRANSACTION_KEY", "잘못된 페이징 키 입니다.")),
        },
    };
    let limit = query.limit.unwrap_or(LIST_DEFAULT).clamp(1, LIST_MAX);
    let in_time = records.transactions[after..].iter().filter(|one| from <= one.at && one.at <= to);
    let page: Vec<Value> = in_time.take(limit).map(Transaction::shown).collect();
    answer(200, &json!(page))
}
