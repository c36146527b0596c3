//! What the gateway's error codes mean for the shop. The code decides and never the HTTP status: `PROVIDER_ERROR` is a 400 that may
//! be repeated, `REFUND_REJECTED` a 400 that may not.

/// What follows from an error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Final: no money moved.
    Refused,
    /// The outcome is not known: the payment has to be read back.
    Unknown,
    /// A request with the same idempotency key is being worked on.
    Running,
    /// Nothing happened, and the same may succeed later. The gateway replays such an error under the same idempotency key.
    Passing,
    /// Nothing happened because of this shop's configuration. A person has to look; no buyer is refused for it.
    Ours,
    /// There is no such payment.
    Absent,
}

use Meaning::{Absent, Ours, Passing, Refused, Running, Unknown};

/// Every documented code of confirming, cancelling, asking and listing. A code that is missing here is [`Unknown`].
pub const CODES: &[(&str, Meaning)] = &[
    // confirming: the buyer, the card or the account
    ("EXCEED_MAX_CARD_INSTALLMENT_PLAN", Refused),
    ("INVALID_REQUEST", Refused),
    ("NOT_ALLOWED_POINT_USE", Refused),
    ("INVALID_REJECT_CARD", Refused),
    ("BELOW_MINIMUM_AMOUNT", Refused),
    ("INVALID_CARD_EXPIRATION", Refused),
    ("INVALID_STOPPED_CARD", Refused),
    ("EXCEED_MAX_DAILY_PAYMENT_COUNT", Refused),
    ("NOT_SUPPORTED_INSTALLMENT_PLAN_CARD_OR_MERCHANT", Refused),
    ("INVALID_CARD_INSTALLMENT_PLAN", Refused),
    ("NOT_SUPPORTED_MONTHLY_INSTALLMENT_PLAN", Refused),
    ("EXCEED_MAX_PAYMENT_AMOUNT", Refused),
    ("INVALID_AUTHORIZE_AUTH", Refused),
    ("INVALID_CARD_LOST_OR_STOLEN", Refused),
    ("RESTRICTED_TRANSFER_ACCOUNT", Refused),
    ("INVALID_CARD_NUMBER", Refused),
    ("EXCEED_MAX_ONE_DAY_WITHDRAW_AMOUNT", Refused),
    ("EXCEED_MAX_ONE_TIME_WITHDRAW_AMOUNT", Refused),
    ("EXCEED_MAX_AMOUNT", Refused),
    ("INVALID_ACCOUNT_INFO_RE_REGISTER", Refused),
    ("NOT_AVAILABLE_PAYMENT", Refused),
    ("EXCEED_MAX_MONTHLY_PAYMENT_AMOUNT", Refused),
    ("EXCEEDS_TRANSFER_AMOUNT_MAXIMUM", Refused),
    ("DUPLICATED_ORDER_ID", Refused),
    ("REJECT_ACCOUNT_PAYMENT", Refused),
    ("REJECT_CARD_PAYMENT", Refused),
    ("REJECT_CARD_COMPANY", Refused),
    ("REJECT_TOSSPAY_INVALID_ACCOUNT", Refused),
    ("EXCEED_MAX_AUTH_COUNT", Refused),
    ("EXCEED_MAX_ONE_DAY_AMOUNT", Refused),
    ("NOT_AVAILABLE_BANK", Refused),
    ("INVALID_PASSWORD", Refused),
    ("FDS_ERROR", Refused),
    // the ten minutes between the buyer's consent and the confirmation are over
    ("NOT_FOUND_PAYMENT_SESSION", Refused),
    ("INVALID_VALID_HOURS_WITH_DUE_DATE_AND_SINGLE", Refused),
    ("EXCEED_MAX_VALID_HOURS", Refused),
    ("EXCEED_MAX_DUE_DATE", Refused),
    // cancelling
    ("ALREADY_CANCELED_PAYMENT", Refused),
    ("INVALID_REFUND_ACCOUNT_INFO", Refused),
    ("EXCEED_CANCEL_AMOUNT_DISCOUNT_AMOUNT", Refused),
    ("INVALID_REFUND_ACCOUNT_NUMBER", Refused),
    ("INVALID_BANK", Refused),
    ("NOT_MATCHES_REFUNDABLE_AMOUNT", Refused),
    ("REFUND_REJECTED", Refused),
    ("ALREADY_REFUND_PAYMENT", Refused),
    ("FORBIDDEN_BANK_REFUND_REQUEST", Refused),
    ("NOT_CANCELABLE_AMOUNT", Refused),
    ("NOT_CANCELABLE_PAYMENT", Refused),
    ("EXCEED_MAX_REFUND_DUE", Refused),
    ("NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT", Refused),
    ("NOT_ALLOWED_PARTIAL_REFUND", Refused),
    ("NOT_CANCELABLE_PAYMENT_FOR_DORMANT_USER", Refused),
    ("EXCEED_CANCEL_LIMIT", Refused),
    // the outcome has to be read back
    ("ALREADY_PROCESSED_PAYMENT", Unknown),
    ("IDEMPOTENT_REQUEST_PROCESSING", Running),
    ("FAILED_PAYMENT_INTERNAL_SYSTEM_PROCESSING", Unknown),
    ("FAILED_INTERNAL_SYSTEM_PROCESSING", Unknown),
    ("UNKNOWN_PAYMENT_ERROR", Unknown),
    ("CARD_PROCESSING_ERROR", Unknown),
    ("FAILED_REFUND_PROCESS", Unknown),
    ("FAILED_METHOD_HANDLING_CANCEL", Unknown),
    ("FAILED_PARTIAL_REFUND", Unknown),
    ("COMMON_ERROR", Unknown),
    // later
    ("PROVIDER_ERROR", Passing),
    ("FORBIDDEN_CONSECUTIVE_REQUEST", Passing),
    // this shop's keys, contract or program
    ("INVALID_API_KEY", Ours),
    ("UNAUTHORIZED_KEY", Ours),
    ("INCORRECT_BASIC_AUTH_FORMAT", Ours),
    ("FORBIDDEN_REQUEST", Ours),
    ("NOT_FOUND_TERMINAL_ID", Ours),
    ("INVALID_UNREGISTERED_SUBMALL", Ours),
    ("NOT_REGISTERED_BUSINESS", Ours),
    ("UNAPPROVED_ORDER_ID", Ours),
    ("INVALID_IDEMPOTENCY_KEY", Ours),
    ("INVALID_TEST_CODE", Ours),
    ("INVALID_TRANSACTION_KEY", Ours),
    ("NOT_FOUND_PAYMENT", Absent),
    ("NOT_FOUND", Absent),
];

/// What a code means; a word that is not documented leaves the outcome open.
pub fn of(code: &str) -> Meaning {
    CODES.iter().find(|(known, _)| *known == code).map_or(Unknown, |(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_code_is_decided_once_and_an_unknown_one_refuses_no_payment() {
        let codes: HashSet<_> = CODES.iter().map(|(code, _)| code).collect();
        assert_eq!(codes.len(), CODES.len());
        assert_eq!(of("SOMETHING_NEW"), Unknown);
        assert_eq!((of("PROVIDER_ERROR"), of("REFUND_REJECTED")), (Passing, Refused));
    }
}
