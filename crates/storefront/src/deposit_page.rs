//! Accounts that the gateway has opened for a payment: into which one the buyer deposits, how much and until when, and where the money
//! goes if it comes back.

use crate::{
    bank::{self, BANKS},
    order_page::refused_page,
    visit::Visit,
};
use askama::Template;
use axum::http::Method;
use checkout::response::OrderDetail;
use kernel::{OrderNumber, PaymentNumber};
use pages::{Fields, FormToken, Html, PageResult, html::see, show::Show, texts, words::fill};
use payment::{DepositResponse, PaymentResponse};
use serde_json::json;

texts! {
    /// The texts of deposits.
    DepositTexts {
        title: "Deposit into this account", "아래 계좌로 입금해 주세요";
        closed: "The account of this payment", "가상계좌";
        lead: "The order is complete as soon as the money is there. This page changes by itself.", "입금이 확인되면 주문이 완료됩니다. 이 페이지는 자동으로 바뀝니다.";
        bank: "Bank", "은행";
        number: "Account number", "계좌번호";
        holder: "Account holder", "예금주";
        amount: "Amount", "입금 금액";
        due: "Until", "입금 기한";
        left: "Time left", "남은 시간";
        over: "The time for the deposit is over", "입금 기한이 지났습니다";
        days: "{} d", "{}일";
        warning: "Then the order is cancelled. Deposit exactly this amount, once.", "기한이 지나면 주문이 취소됩니다. 위 금액을 정확히 한 번 입금해 주세요.";
        withdraw: "Pay in another way", "다른 수단으로 결제하기";
        refund: "Account for refunds", "환불 계좌";
        refund_help: "Money from a deposit can only go back to an account of yours.", "입금하신 금액은 본인 계좌로만 환불됩니다.";
        refund_to: "Refunds go to the account {}.", "환불 계좌: {}";
        refund_number: "Your account number", "환불 계좌번호";
        refund_holder: "Your name as the bank has it", "예금주(은행에 등록된 이름)";
        save: "Save the account", "환불 계좌 저장";
    }
}

#[derive(Template)]
#[template(path = "deposit.html")]
struct Part {
    t: &'static DepositTexts,
    token: FormToken,
    order: String,
    payment: String,
    waits: bool,
    bank: String,
    number: String,
    holder: String,
    amount: String,
    due: String,
    due_ms: i64,
    now_ms: i64,
    refund_to: Option<String>,
    banks: Vec<(&'static str, &'static str)>,
}

/// The accounts of an order's payments: those that wait for a deposit, and those from which money may have to come back.
pub fn parts(visit: &Visit, detail: &OrderDetail) -> kernel::Result<Vec<Html>> {
    let with_account = detail.payments.iter().filter_map(|payment| Some((payment, payment.deposit.as_ref()?)));
    let shown = with_account.filter(|(payment, deposit)| waits(deposit) || may_come_back(payment));
    shown.map(|(payment, deposit)| Html::of(&part(visit, payment, deposit))).collect()
}

fn waits(deposit: &DepositResponse) -> bool {
    deposit.status == "WAITING_FOR_DEPOSIT"
}

/// A deposit that was taken, or that may still come although its payment was cancelled.
fn may_come_back(payment: &PaymentResponse) -> bool {
    use payment::Kind::{Cancelled, Completed, Failed, PartiallyRefunded, Pending, Processing, Refunded};
    match payment.status {
        Completed | PartiallyRefunded | Cancelled => true,
        Pending | Processing | Failed | Refunded => false,
    }
}

fn part(visit: &Visit, payment: &PaymentResponse, deposit: &DepositResponse) -> Part {
    let (t, show) = (DepositTexts::of(visit.language), visit.show());
    Part {
        t,
        token: visit.token.clone(),
        order: payment.order_number.to_string(),
        payment: payment.payment_number.to_string(),
        waits: waits(deposit),
        bank: bank::name(&deposit.bank, show.language),
        number: deposit.account_number.clone(),
        holder: deposit.holder.clone(),
        amount: show.money(payment.amount),
        due: show.moment(deposit.due_at),
        due_ms: deposit.due_at.as_millis(),
        now_ms: visit.app().now().as_millis(),
        refund_to: deposit.refund_account.as_ref().map(|account| fill(t.refund_to, account)),
        banks: banks(&show),
    }
}

fn banks(show: &Show) -> Vec<(&'static str, &'static str)> {
    BANKS.iter().map(|bank| (bank.code, bank.called(show.language))).collect()
}

/// `POST /orders/{number}/withdraw`: the buyer wants to pay otherwise. The gateway decides whether a deposit was faster.
pub async fn withdraw(web::Path(number): web::Path<OrderNumber>, visit: Visit, fields: Fields) -> PageResult {
    let payment: PaymentNumber = fields.text("payment").parse()?;
    match visit.send(Method::POST, &format!("/payments/{payment}/cancel"), None).await {
        Ok(_) => Ok(see(&format!("/orders/{number}?done=withdrawn"))),
        Err(refused) => refused_page(&visit, &number, refused, &Fields::default()).await,
    }
}

/// `POST /orders/{number}/refund-account`: where a deposit goes if it comes back.
pub async fn refund_account(web::Path(number): web::Path<OrderNumber>, visit: Visit, fields: Fields) -> PageResult {
    let payment: PaymentNumber = fields.text("payment").parse()?;
    let account = json!({"bank": fields.text("bank"), "accountNumber": fields.text("accountNumber"),
        "holder": fields.text("holder")});
    match visit.send(Method::PUT, &format!("/payments/{payment}/refund-account"), Some(account)).await {
        Ok(_) => Ok(see(&format!("/orders/{number}?done=account"))),
        Err(refused) => refused_page(&visit, &number, refused, &Fields::default()).await,
    }
}
