//! The payment window: a page on which a buyer agrees to a payment or goes back, and the script with which a shop's page opens it.

use crate::{
    Fake, Method,
    control::is_script,
    records::{Agreed, VALID_HOURS, scripts},
};
use axum::{
    Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;
use std::fmt::Write;
use url::Url;

/// The routes of the payment window.
pub fn routes() -> Router<Fake> {
    Router::new()
        .route("/window", get(show))
        .route("/window/pay", get(pay))
        .route("/window/leave", get(leave))
        .route("/v2/standard", get(script))
}

/// What the shop's page asks for.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    order_id: String,
    amount: i64,
    #[serde(default)]
    order_name: String,
    #[serde(default)]
    method: String,
    success_url: String,
    fail_url: String,
    #[serde(default)]
    valid_hours: Option<u64>,
    /// What the buyer chose in the window.
    #[serde(default)]
    script: String,
}

const METHODS: [(&str, &str); 7] = [
    ("CARD", "카드"),
    ("KAKAO_PAY", "카카오페이"),
    ("NAVER_PAY", "네이버페이"),
    ("TOSS_PAY", "토스페이"),
    ("TRANSFER", "계좌이체"),
    ("MOBILE_PHONE", "휴대폰"),
    ("VIRTUAL_ACCOUNT", "가상계좌"),
];

const OUTCOMES: [(&str, &str); 7] = [
    (scripts::APPROVE, "승인 · approved"),
    ("REJECT_CARD_COMPANY", "카드사 거절 · refused"),
    (scripts::LOST_ANSWER, "승인, 응답 유실 · approved, the answer is lost"),
    (scripts::LOST_REQUEST, "요청 유실 · the request is lost"),
    (scripts::PASSING, "일시 오류 · a passing failure"),
    (scripts::WRONG_AMOUNT, "다른 금액 승인 · another amount is taken"),
    (scripts::REFUND_DECLINED, "승인, 환불 거절 · approved, refunds are refused"),
];

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

fn options(all: &[(&str, &str)], chosen: &str) -> String {
    let mut html = String::new();
    for (value, name) in all {
        let selected = if *value == chosen { " selected" } else { "" };
        let _ = write!(html, "<option value=\"{value}\"{selected}>{name}</option>");
    }
    html
}

async fn show(Query(asked): Query<Asked>) -> Response {
    if address(&asked.success_url).is_none() || address(&asked.fail_url).is_none() {
        return (StatusCode::BAD_REQUEST, "successUrl and failUrl must be http addresses").into_response();
    }
    let mut hidden = String::new();
    let (amount, hours) = (asked.amount.to_string(), asked.valid_hours.unwrap_or(VALID_HOURS).to_string());
    for (name, value) in [
        ("orderId", &asked.order_id),
        ("amount", &amount),
        ("orderName", &asked.order_name),
        ("successUrl", &asked.success_url),
        ("failUrl", &asked.fail_url),
        ("validHours", &hours),
    ] {
        let _ = write!(hidden, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value));
    }
    let page = PAGE
        .replace("{name}", &escaped(&asked.order_name))
        .replace("{order}", &escaped(&asked.order_id))
        .replace("{amount}", &amount)
        .replace("{hidden}", &hidden)
        .replace("{methods}", &options(&METHODS, &asked.method))
        .replace("{outcomes}", &options(&OUTCOMES, scripts::APPROVE));
    Html(page).into_response()
}

async fn pay(State(fake): State<Fake>, Query(asked): Query<Asked>) -> Response {
    let (Some(mut success), Some(method)) = (address(&asked.success_url), Method::named(&asked.method)) else {
        return (StatusCode::BAD_REQUEST, "successUrl or method is wrong").into_response();
    };
    if asked.amount <= 0 || !is_script(&asked.script) {
        return (StatusCode::BAD_REQUEST, "amount or script is wrong").into_response();
    }
    let payment = fake.agree(Agreed {
        order: asked.order_id,
        name: asked.order_name,
        amount: asked.amount,
        method,
        script: asked.script,
        valid_hours: asked.valid_hours.unwrap_or(VALID_HOURS),
    });
    success
        .query_pairs_mut()
        .append_pair("paymentType", "NORMAL")
        .append_pair("paymentKey", &payment.key)
        .append_pair("orderId", &payment.order)
        .append_pair("amount", &payment.total.to_string());
    Redirect::to(success.as_str()).into_response()
}

async fn leave(Query(asked): Query<Asked>) -> Response {
    let Some(mut fail) = address(&asked.fail_url) else {
        return (StatusCode::BAD_REQUEST, "failUrl is wrong").into_response();
    };
    fail.query_pairs_mut()
        .append_pair("code", "PAY_PROCESS_CANCELED")
        .append_pair("message", "사용자에 의해 결제가 취소되었습니다.")
        .append_pair("orderId", &asked.order_id);
    Redirect::to(fail.as_str()).into_response()
}

/// An address to which a browser may be sent.
fn address(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// `TossPayments(clientKey).payment({ customerKey }).requestPayment({ … })`, as the SDK has it.
async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript;charset=UTF-8")], SDK)
}

const PAGE: &str = include_str!("window.html");
const SDK: &str = include_str!("sdk.js");
