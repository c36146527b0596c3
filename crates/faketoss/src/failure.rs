//! The errors that Toss Payments documents, with their HTTP status.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    #[serde(skip, default = "bad_request")]
    pub status: u16,
    pub code: String,
    pub message: String,
}

fn bad_request() -> u16 {
    400
}

impl Failure {
    /// The documented error with this code.
    pub fn of(code: &'static str, message: &str) -> Failure {
        Failure { status: status_of(code).unwrap_or(400), code: code.to_owned(), message: message.to_owned() }
    }

    /// The documented error that a test code or a script names.
    pub fn documented(code: &str) -> Option<Failure> {
        let status = status_of(code)?;
        let message = format!("{code} 오류를 재현했습니다.");
        Some(Failure { status, code: code.to_owned(), message })
    }

    /// As it is sent.
    pub fn body(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }
}

fn status_of(code: &str) -> Option<u16> {
    CODES.iter().find(|(_, codes)| codes.split_whitespace().any(|known| known == code)).map(|(status, _)| *status)
}

/// Every documented code by its status.
const CODES: &[(u16, &str)] = &[
    (
        400,
        "ALREADY_PROCESSED_PAYMENT PROVIDER_ERROR EXCEED_MAX_CARD_INSTALLMENT_PLAN INVALID_REQUEST NOT_ALLOWED_POINT_USE
        INVALID_API_KEY INVALID_REJECT_CARD BELOW_MINIMUM_AMOUNT INVALID_CARD_EXPIRATION INVALID_STOPPED_CARD
        EXCEED_MAX_DAILY_PAYMENT_COUNT NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT INVALID_CARD_INSTALLMENT_PLAN
        NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN EXCEED_MAX_PAYMENT_AMOUNT NOT_FOUND_TERMINAL_ID INVALID_AUTHORIZE_AUTH
        INVALID_CARD_LOST_OR_STOLEN RESTRICTED_TRANSFER_ACCOUNT INVALID_CARD_NUMBER INVALID_UNREGISTERED_SUBMALL
        NOT_REGISTERED_BUSINESS EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT
        CARD_PROCESSING_ERROR EXCEED_MAX_AMOUNT INVALID_ACCOUNT_INFO_RE_REGISTER NOT_AVAILABLE_PAYMENT
        UNAPPROVED_ORDER_ID EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT ALREADY_CANCELED_PAYMENT INVALID_REFUND_ACCOUNT_INFO
        EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT INVALID_REFUND_ACCOUNT_NUMBER INVALID_BANK NOT_MATCHES_REFUNDABLE_AMOUNT
        REFUND_REJECTED ALREADY_REFUND_PAYMENT FORBIDDEN_BANK_REFUND_REQUEST DUPLICATED_ORDER_ID INVALID_TEST_CODE
        INVALID_IDEMPOTENCY_KEY INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE EXCEED_MAX_VALID_HOURS EXCEED_MAX_DUE_DATE
        EXCEEDS_TRANSFER_AMOUNT_MAXIMUM INVALID_TRANSACTION_KEY",
    ),
    (401, "UNAUTHORIZED_KEY"),
    (
        403,
        "REJECT_ACCOUNT_PAYMENT REJECT_CARD_PAYMENT REJECT_CARD_COMPANY FORBIDDEN_REQUEST REJECT_TOSSPAY_INVALID_ACCOUNT
        EXCEED_MAX_AUTH_COUNT EXCEED_MAX_ONE_DAY_AMOUNT NOT_AVAILABLE_BANK INVALID_PASSWORD INCORRECT_BASIC_AUTH_FORMAT
        FDS_ERROR NOT_CANCELABLE_AMOUNT FORBIDDEN_CONSECUTIVE_REQUEST NOT_CANCELABLE_PAYMENT EXCEED_MAX_REFUND_DUE
        NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT NOT_ALLOWED_PARTIAL_REFUND NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER
        EXCEED_CANCEL_LIMIT",
    ),
    (404, "NOT_FOUND_PAYMENT NOT_FOUND_PAYMENT_SESSION"),
    (409, "IDEMPOTENT_REQUEST_PROCESSING"),
    (
        500,
        "FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING FAILED_INTERNAL_SYSTEM_PROCESSING UNKNOWN_PAYMENT_ERROR
        FAILED_REFUND_PROCESS FAILED_METHOD_HANDLING_CANCEL FAILED_PARTIAL_REFUND COMMON_ERROR",
    ),
];

/// Every documented code, for the tests of clients.
pub fn documented() -> impl Iterator<Item = &'static str> {
    CODES.iter().flat_map(|(_, codes)| codes.split_whitespace())
}
