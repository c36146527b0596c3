//! The records: payments and the list of transactions, and the rules by which requests change them. Every change is written to the
//! journal before it counts.

use crate::{
    failure::Failure,
    idempotency::Answers,
    journal::{Journal, Line},
    payment::{Account, Cancel, Method, Payment, Status, Transaction},
    webhooks::{self, Policy, Webhook},
};
use kernel::{Random, Timestamp, number::ALPHABET};
use std::{collections::HashMap, time::Duration};

/// How long a buyer's consent waits for the confirmation.
const SESSION: Duration = Duration::from_secs(600);
/// Longest reason of a cancellation, in characters.
const REASON_MAX: usize = 200;
/// Hours that an account waits for its deposit, if the shop does not say otherwise, and at most.
pub const VALID_HOURS: u64 = 168;
pub const VALID_HOURS_MAX: u64 = 2_160;
/// The bank of every account: Woori.
const BANK: &str = "20";

/// Scripts: what a payment is made to do. Any documented error code is one too: the confirmation fails with it.
pub mod scripts {
    use crate::failure::Failure;

    pub const APPROVE: &str = "approve";
    /// The money is taken and the answer is lost.
    pub const LOST_ANSWER: &str = "lost-answer";
    /// The request is lost; the next one is approved.
    pub const LOST_REQUEST: &str = "lost-request";
    /// `PROVIDER_ERROR` once.
    pub const PASSING: &str = "passing";
    /// One won less is taken.
    pub const WRONG_AMOUNT: &str = "wrong-amount";
    /// Approved; refunds are refused.
    pub const REFUND_DECLINED: &str = "refund-declined";
    /// Approved; the first refund happens and its answer is lost.
    pub const REFUND_LOST_ANSWER: &str = "refund-lost-answer";
    /// Approved; the first request to refund is lost.
    pub const REFUND_LOST_REQUEST: &str = "refund-lost-request";
    /// Approved; the first request to refund fails with `PROVIDER_ERROR`.
    pub const REFUND_PASSING: &str = "refund-passing";
    /// Followed by a documented error code: the first confirmation fails with it, and the next one is approved.
    pub const ONCE: &str = "once:";
    /// Followed by a documented error code: approved; the first request to refund fails with it.
    pub const REFUND_ONCE: &str = "refund-once:";
    /// Every script that is no error code and has none.
    pub const ALL: [&str; 9] = [
        APPROVE,
        LOST_ANSWER,
        LOST_REQUEST,
        PASSING,
        WRONG_AMOUNT,
        REFUND_DECLINED,
        REFUND_LOST_ANSWER,
        REFUND_LOST_REQUEST,
        REFUND_PASSING,
    ];

    /// Whether a payment can be made to do this.
    pub fn is_known(script: &str) -> bool {
        let code = script.strip_prefix(ONCE).or_else(|| script.strip_prefix(REFUND_ONCE)).unwrap_or(script);
        ALL.contains(&script) || Failure::documented(code).is_some()
    }

    /// The failure whose code follows `prefix`; of a code that is not documented, one that no client can know.
    pub(super) fn failure(script: &str, prefix: &str) -> Failure {
        let code = script.strip_prefix(prefix).unwrap_or(script);
        let unknown = || Failure { status: 500, code: code.to_owned(), message: String::new() };
        Failure::documented(code).unwrap_or_else(unknown)
    }
}

/// How a request ended.
#[derive(Debug)]
pub enum Ended {
    Answer(Payment),
    Failed(Failure),
    /// It happened, and its answer gets lost.
    AnswerLost(Payment),
    /// It never arrived.
    RequestLost,
}

/// What a confirmation asks for.
#[derive(Debug)]
pub struct Confirm<'a> {
    pub payment: &'a str,
    pub order: &'a str,
    pub amount: i64,
    pub key: Option<&'a str>,
}

/// What a cancellation asks for.
#[derive(Debug)]
pub struct Cancelling<'a> {
    pub reason: &'a str,
    /// All that is left, if it is left out.
    pub amount: Option<i64>,
    /// What the shop believes to be left.
    pub refundable: Option<i64>,
    pub has_account: bool,
    pub key: Option<&'a str>,
}

/// What the buyer agreed to in the window.
#[derive(Debug, Clone)]
pub struct Agreed {
    pub order: String,
    pub name: String,
    pub amount: i64,
    pub method: Method,
    pub script: String,
    pub valid_hours: u64,
}

/// All records.
#[derive(Debug)]
pub struct Records {
    pub payments: HashMap<String, Payment>,
    /// The newest payment of each order.
    orders: HashMap<String, String>,
    pub transactions: Vec<Transaction>,
    pub answers: Answers,
    pub webhooks: Vec<Webhook>,
    pub policy: Policy,
    journal: Journal,
    random: Random,
}

impl Records {
    pub fn new(journal: Journal, lines: Vec<Line>) -> Records {
        let mut records = Records {
            payments: HashMap::new(),
            orders: HashMap::new(),
            transactions: Vec::new(),
            answers: Answers::default(),
            webhooks: Vec::new(),
            policy: Policy::default(),
            journal,
            random: Random::from_system(),
        };
        lines.into_iter().for_each(|line| records.apply(line));
        records
    }

    fn apply(&mut self, line: Line) {
        match line {
            Line::Payment(payment) => {
                self.orders.insert(payment.order.clone(), payment.key.clone());
                self.payments.insert(payment.key.clone(), *payment);
            }
            Line::Transaction(transaction) => self.transactions.push(transaction),
            Line::Answered(stored) => self.answers.keep(stored),
            Line::Webhook(webhook) => match self.webhooks.iter_mut().find(|known| known.id == webhook.id) {
                Some(known) => *known = webhook,
                None => self.webhooks.push(webhook),
            },
            Line::Delivered(id) => self.webhooks.retain(|webhook| webhook.id != id),
        }
    }

    /// Writes lines and takes them in. A failure to write ends the fake: it must not answer what it does not remember.
    pub fn write(&mut self, lines: Vec<Line>) {
        if let Err(error) = self.journal.append(&lines) {
            tracing::error!(%error, "the records of fake-toss cannot be written");
            std::process::exit(3);
        }
        lines.into_iter().for_each(|line| self.apply(line));
    }

    fn draw(&mut self, prefix: &str, length: usize) -> String {
        let letters = (0..length).map(|_| ALPHABET[self.random.below(ALPHABET.len() as u64) as usize]);
        prefix.chars().chain(letters.map(char::from)).collect()
    }

    /// A payment with its new state, its movement in the list, and the messages about it.
    fn save(&mut self, payment: &Payment, moved: Option<(Status, i64)>, now: Timestamp, is_published: bool) {
        let mut lines = vec![Line::Payment(Box::new(payment.clone()))];
        lines.extend(moved.map(|(status, amount)| {
            Line::Transaction(Transaction {
                transaction: payment.last_transaction.clone().unwrap_or_default(),
                payment: payment.key.clone(),
                order: payment.order.clone(),
                method: payment.method.literal().to_owned(),
                status,
                amount,
                at: now,
            })
        }));
        let messages = if is_published { webhooks::about(payment, now) } else { Vec::new() };
        let due = now.after(Duration::from_millis(self.policy.delay_ms));
        for body in messages {
            for _ in 0..self.policy.copies {
                let id = self.draw("whtrans_", 20);
                lines.push(Line::Webhook(Webhook { id, body: body.clone(), due, sent: 0 }));
            }
        }
        self.write(lines);
    }

    /// The buyer has agreed to a payment. Its key goes to the shop by the browser.
    pub fn agree(&mut self, agreed: Agreed, now: Timestamp) -> Payment {
        let payment = Payment {
            key: self.draw("tfake_", 24),
            order: agreed.order,
            name: agreed.name,
            total: agreed.amount,
            balance: agreed.amount,
            method: agreed.method,
            status: Status::InProgress,
            requested: now,
            approved: None,
            account: None,
            cancels: Vec::new(),
            last_transaction: None,
            failure: None,
            secret: self.draw("ps_", 20),
            script: agreed.script,
            confirmed_with: None,
            valid_hours: agreed.valid_hours,
        };
        self.save(&payment, None, now, false);
        payment
    }

    /// The payment as it is now: a consent that was not confirmed in time has expired.
    pub fn find(&mut self, key: &str, now: Timestamp) -> Option<Payment> {
        let payment = self.payments.get(key)?.clone();
        if payment.status != Status::InProgress || now < payment.requested.after(SESSION) {
            return Some(payment);
        }
        let failure = Failure::of("NOT_FOUND_PAYMENT_SESSION", "결제 시간이 만료되었습니다.");
        let expired = Payment { status: Status::Expired, failure: Some(failure), ..payment };
        self.save(&expired, None, now, true);
        Some(expired)
    }

    /// The newest payment of an order.
    pub fn of_order(&mut self, order: &str, now: Timestamp) -> Option<Payment> {
        let key = self.orders.get(order)?.clone();
        self.find(&key, now)
    }

    /// The shop confirms what a buyer has agreed to.
    pub fn confirm(&mut self, wanted: &Confirm<'_>, now: Timestamp) -> Ended {
        let payment = match self.confirmable(wanted, now) {
            Ok(payment) => payment,
            Err(failure) => return Ended::Failed(failure),
        };
        let confirmed_with = wanted.key.map(str::to_owned);
        let next = |script: &str| Payment {
            script: script.to_owned(),
            confirmed_with: confirmed_with.clone(),
            ..payment.clone()
        };
        match payment.script.as_str() {
            scripts::LOST_REQUEST => {
                self.save(&next(scripts::APPROVE), None, now, false);
                Ended::RequestLost
            }
            scripts::PASSING => {
                self.save(&next(scripts::APPROVE), None, now, false);
                Ended::Failed(Failure::of("PROVIDER_ERROR", "일시적인 오류가 발생했습니다. 잠시 후 다시 시도해주세요."))
            }
            scripts::LOST_ANSWER => Ended::AnswerLost(self.approve(next(scripts::APPROVE), now)),
            scripts::WRONG_AMOUNT => {
                let (total, balance) = (payment.total - 1, payment.balance - 1);
                Ended::Answer(self.approve(Payment { total, balance, ..next(scripts::APPROVE) }, now))
            }
            once if once.starts_with(scripts::ONCE) => {
                self.save(&next(scripts::APPROVE), None, now, false);
                Ended::Failed(scripts::failure(once, scripts::ONCE))
            }
            code => match Failure::documented(code) {
                Some(failure) if failure.status < 500 => {
                    let failed = Payment { status: Status::Aborted, failure: Some(failure.clone()), ..next(code) };
                    self.save(&failed, None, now, true);
                    Ended::Failed(failure)
                }
                Some(failure) => Ended::Failed(failure),
                None => Ended::Answer(self.approve(next(code), now)),
            },
        }
    }

    fn confirmable(&mut self, wanted: &Confirm<'_>, now: Timestamp) -> Result<Payment, Failure> {
        let payment = self.find(wanted.payment, now);
        let payment = payment.ok_or_else(|| Failure::of("NOT_FOUND_PAYMENT", "존재하지 않는 결제 입니다."))?;
        match payment.status {
            Status::InProgress => {}
            Status::Expired | Status::Aborted => {
                let message = "결제 시간이 만료되어 결제 진행 데이터가 존재하지 않습니다.";
                return Err(Failure::of("NOT_FOUND_PAYMENT_SESSION", message));
            }
            Status::WaitingForDeposit | Status::Done | Status::Canceled | Status::PartialCanceled => {
                return Err(Failure::of("ALREADY_PROCESSED_PAYMENT", "이미 처리된 결제 입니다."));
            }
        }
        if payment.order != wanted.order || payment.total != wanted.amount {
            return Err(Failure::of("INVALID_REQUEST", "주문번호 또는 금액이 결제 정보와 다릅니다."));
        }
        if payment.total < payment.method.minimum() {
            return Err(Failure::of("BELOW_MINIMUM_AMOUNT", "결제 최소 금액보다 작습니다."));
        }
        let is_taken =
            |other: &&Payment| other.order == payment.order && other.key != payment.key && other.captured() > 0;
        if self.payments.values().any(|other| is_taken(&other)) {
            return Err(Failure::of("DUPLICATED_ORDER_ID", "이미 승인된 주문번호 입니다."));
        }
        Ok(payment)
    }

    /// The money is taken, or an account is opened for it.
    fn approve(&mut self, payment: Payment, now: Timestamp) -> Payment {
        let last_transaction = Some(self.draw("txrd_", 24));
        let approved = match payment.method {
            Method::VirtualAccount => {
                let digits = self.random.below(100_000_000_000_000);
                let due = now.after(Duration::from_secs(payment.valid_hours * 3_600));
                let account = Account {
                    number: format!("X{digits:014}"),
                    bank: BANK.to_owned(),
                    holder: "김토스".to_owned(),
                    due,
                };
                Payment { status: Status::WaitingForDeposit, account: Some(account), last_transaction, ..payment }
            }
            _ => Payment { status: Status::Done, approved: Some(now), last_transaction, ..payment },
        };
        self.save(&approved, Some((approved.status, approved.total)), now, true);
        approved
    }

    /// The buyer deposits what an account waits for. `late`: although its time is over or it was closed, as a bank may do.
    pub fn deposit(&mut self, key: &str, late: bool, now: Timestamp) -> Result<Payment, Failure> {
        let payment = self.find(key, now);
        let payment = payment.ok_or_else(|| Failure::of("NOT_FOUND_PAYMENT", "존재하지 않는 결제 입니다."))?;
        let Some(account) = &payment.account else {
            return Err(Failure::of("INVALID_REQUEST", "가상계좌 결제가 아닙니다."));
        };
        let in_time = payment.status == Status::WaitingForDeposit && now < account.due;
        let possible = in_time || late && matches!(payment.status, Status::WaitingForDeposit | Status::Canceled);
        if !possible || payment.approved.is_some() {
            return Err(Failure::of("INVALID_REQUEST", "입금할 수 없는 계좌입니다."));
        }
        let (last_transaction, balance) = (Some(self.draw("txrd_", 24)), payment.total);
        let status = Status::Done;
        let paid = Payment { status, approved: Some(now), balance, cancels: Vec::new(), last_transaction, ..payment };
        self.save(&paid, Some((status, paid.total)), now, true);
        Ok(paid)
    }

    /// The bank takes a deposit back: the payment waits again.
    pub fn deposit_error(&mut self, key: &str, now: Timestamp) -> Result<Payment, Failure> {
        let payment = self.find(key, now).filter(|payment| payment.account.is_some() && payment.status == Status::Done);
        let payment = payment.ok_or_else(|| Failure::of("INVALID_REQUEST", "입금된 가상계좌가 아닙니다."))?;
        let (status, last_transaction) = (Status::WaitingForDeposit, Some(self.draw("txrd_", 24)));
        let waiting = Payment { status, approved: None, last_transaction, ..payment };
        self.save(&waiting, Some((status, waiting.total)), now, true);
        Ok(waiting)
    }

    /// Gives money back, or closes an account before its deposit.
    pub fn cancel(&mut self, key: &str, wanted: &Cancelling<'_>, now: Timestamp) -> Ended {
        let payment = match self.cancellable(key, wanted, now) {
            Ok(payment) => payment,
            Err(failure) => return Ended::Failed(failure),
        };
        let is_deposit = payment.status == Status::WaitingForDeposit;
        let next = |script: &str| Payment { script: script.to_owned(), ..payment.clone() };
        match payment.script.as_str() {
            scripts::REFUND_DECLINED if !is_deposit => {
                Ended::Failed(Failure::of("REFUND_REJECTED", "환불이 거절됐습니다. 결제사에 문의 부탁드립니다."))
            }
            scripts::REFUND_LOST_REQUEST if !is_deposit => {
                self.save(&next(scripts::APPROVE), None, now, false);
                Ended::RequestLost
            }
            scripts::REFUND_PASSING if !is_deposit => {
                self.save(&next(scripts::APPROVE), None, now, false);
                Ended::Failed(Failure::of("PROVIDER_ERROR", "일시적인 오류가 발생했습니다. 잠시 후 다시 시도해주세요."))
            }
            once if once.starts_with(scripts::REFUND_ONCE) && !is_deposit => {
                self.save(&next(scripts::APPROVE), None, now, false);
                Ended::Failed(scripts::failure(once, scripts::REFUND_ONCE))
            }
            scripts::REFUND_LOST_ANSWER if !is_deposit => {
                Ended::AnswerLost(self.give_back(next(scripts::APPROVE), wanted, now))
            }
            _ => Ended::Answer(self.give_back(payment, wanted, now)),
        }
    }

    fn cancellable(&mut self, key: &str, wanted: &Cancelling<'_>, now: Timestamp) -> Result<Payment, Failure> {
        let payment = self.find(key, now);
        let payment = payment.ok_or_else(|| Failure::of("NOT_FOUND_PAYMENT", "존재하지 않는 결제 입니다."))?;
        if wanted.reason.is_empty() || wanted.reason.chars().count() > REASON_MAX {
            return Err(Failure::of("INVALID_REQUEST", "취소 사유는 1자 이상 200자 이하여야 합니다."));
        }
        match payment.status {
            Status::Done | Status::PartialCanceled | Status::WaitingForDeposit => {}
            Status::Canceled => return Err(Failure::of("ALREADY_CANCELED_PAYMENT", "이미 취소된 결제 입니다.")),
            Status::InProgress | Status::Aborted | Status::Expired => {
                return Err(Failure::of("NOT_CANCELABLE_PAYMENT", "취소 할 수 없는 결제 입니다."));
            }
        }
        let amount = wanted.amount.unwrap_or(payment.balance);
        if payment.status == Status::WaitingForDeposit && amount != payment.balance {
            let message = "입금 대기중인 결제는 부분 환불이 불가합니다.";
            return Err(Failure::of("NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", message));
        }
        if wanted.refundable.is_some_and(|refundable| refundable != payment.balance) {
            return Err(Failure::of("NOT_MATCHES_REFUNDABLE_AMOUNT", "잔액 결과가 일치하지 않습니다."));
        }
        if amount <= 0 || amount > payment.balance {
            return Err(Failure::of("NOT_CANCELABLE_AMOUNT", "취소 할 수 없는 금액 입니다."));
        }
        if payment.account.is_some() && payment.approved.is_some() && !wanted.has_account {
            return Err(Failure::of("INVALID_REFUND_ACCOUNT_INFO", "환불 계좌번호와 예금주명이 일치하지 않습니다."));
        }
        Ok(payment)
    }

    fn give_back(&mut self, payment: Payment, wanted: &Cancelling<'_>, now: Timestamp) -> Payment {
        let amount = wanted.amount.unwrap_or(payment.balance);
        let (balance, transaction) = (payment.balance - amount, self.draw("txrd_", 24));
        // after a partial cancellation the status stays PARTIAL_CANCELED, also when nothing is left
        let status =
            if balance == 0 && payment.cancels.is_empty() { Status::Canceled } else { Status::PartialCanceled };
        let cancel = Cancel {
            amount,
            reason: wanted.reason.to_owned(),
            left: balance,
            at: now,
            transaction: transaction.clone(),
            key: wanted.key.map(str::to_owned),
        };
        let cancels = payment.cancels.iter().cloned().chain([cancel]).collect();
        let cancelled = Payment { status, balance, cancels, last_transaction: Some(transaction), ..payment };
        self.save(&cancelled, Some((status, amount)), now, true);
        cancelled
    }
}
