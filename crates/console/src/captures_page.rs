//! Captures that are not what the shop asked for: a person settles each with the gateway and says how.

use crate::{
    forms::Form,
    page::Page,
    table::{Cell, List, Table},
    visit::Visit,
};
use axum::http::Method;
use kernel::{OrderNumber, Timestamp};
use pages::{Fields, PageResult, Refused, texts, words::fill};
use serde::Deserialize;
use serde_json::json;

texts! {
    /// The texts of wrong captures.
    CaptureTexts {
        title: "Wrong captures", "금액이 다른 결제";
        lead: "What the gateway took differs from what the shop asked for, or came after the shop had closed the charge, or the bank took it back.",
            "결제사의 승인이 요청한 금액과 다르거나, 종료된 충전에 승인되었거나, 은행이 입금을 취소한 건입니다.";
        order: "Order or charge", "주문·충전 번호";
        payment: "Payment or charge", "결제·충전 번호";
        transaction: "Transaction", "거래 번호";
        amount: "Taken", "승인 금액";
        expected: "Asked for", "요청 금액";
        found: "Found", "발견 시각";
        resolution: "Resolution", "처리 내용";
        resolve: "Resolve {}", "{} 처리 완료";
        button: "Mark as resolved", "처리 완료로 표시";
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Capture {
    id: i64,
    order_number: String,
    payment_number: String,
    pg_transaction_id: String,
    amount: i64,
    expected: i64,
    found_at: Timestamp,
    resolution: Option<String>,
}

/// `GET /console/settlement/captures`
pub async fn captures(visit: Visit) -> PageResult {
    page(&visit, None).await
}

async fn page(visit: &Visit, refused: Option<Refused>) -> PageResult {
    let (t, show) = (CaptureTexts::of(visit.language), visit.show());
    let found: Vec<Capture> = visit.read("/admin/payments/wrong-captures").await?;
    let row = |capture: &Capture| {
        vec![
            match capture.order_number.parse::<OrderNumber>() {
                Ok(order) => Cell::link(order.as_str(), format!("/console/orders/{order}")),
                Err(_) => Cell::text(&capture.order_number),
            },
            Cell::text(&capture.payment_number),
            Cell::text(&capture.pg_transaction_id),
            Cell::number(visit.money(capture.amount), capture.amount),
            Cell::number(visit.money(capture.expected), capture.expected),
            Cell::moment(&show, capture.found_at),
            Cell::maybe(capture.resolution.as_deref()),
        ]
    };
    let [amount, expected] = [t.amount, t.expected].map(|name| format!("#{name}"));
    let columns = [t.order, t.payment, t.transaction, &amount, &expected, t.found, t.resolution];
    let list = List::of("/console/settlement/captures", &["sort", "page"], &visit.query);
    let table = Table::of(visit, "", &columns).rows(found.iter().map(row)).whole(&list);
    let form = |capture: &Capture| {
        let action = format!("/console/settlement/captures/{}", capture.id);
        Form::of(visit, action, fill(t.resolve, &capture.pg_transaction_id), t.button).folded().reasoned().grave()
    };
    let open = found.iter().filter(|capture| capture.resolution.is_none());
    let forms: Vec<Form> = open.map(form).collect();
    let page = Page::of(t.title).lead(t.lead).with(&table)?;
    visit.page_with(forms.iter().try_fold(page, Page::with)?, refused)
}

/// `POST /console/settlement/captures/{id}`
pub async fn resolve(web::Path(id): web::Path<i64>, visit: Visit, fields: Fields) -> PageResult {
    if let Err(refused) = visit.sure(&fields) {
        return page(&visit, Some(refused)).await;
    }
    let path = format!("/admin/payments/wrong-captures/{id}/resolve");
    match visit.send_form(&fields, Method::POST, &path, Some(json!({"reason": fields.text("reason")}))).await {
        Ok(_) => visit.done("/console/settlement/captures"),
        Err(refused) => page(&visit, Some(refused)).await,
    }
}
