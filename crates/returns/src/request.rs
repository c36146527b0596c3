//! What callers send about returns.

use crate::returns::{NewLine, Payer, Reason, Resolution};
use kernel::{Money, Quantity, Result, Together, VariantId, text};
use serde::Deserialize;
use utoipa::ToSchema;
use web::Checked;

/// Most lines of a return, as of an order.
const LINES_MAX: usize = 200;

/// What a buyer sends back.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReturnRequest {
    /// RETURN for the money, EXCHANGE for other units.
    pub kind: Resolution,
    pub reason: Reason,
    /// In your words, at most 500 characters.
    #[serde(default)]
    pub description: Option<String>,
    /// At least one; each line of the order once.
    pub lines: Vec<ReturnLineRequest>,
}

/// A line of the order, and how much of it is sent back.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReturnLineRequest {
    /// The line's `id` in the order.
    pub id: i64,
    /// How many units of it.
    pub quantity: Quantity,
    /// Of an exchange: the variant of the same product to send instead; without it the same one.
    #[serde(default)]
    pub exchange_for: Option<VariantId>,
}

impl ReturnRequest {
    /// The description; C002 naming everything that is wrong without reading the order.
    pub fn checked(&self) -> Result<Option<String>> {
        let lines = if self.lines.is_empty() || self.lines.len() > LINES_MAX {
            Err(text::wrong("lines", format!("must be 1 to {LINES_MAX} lines")))
        } else {
            self.lines.iter().enumerate().map(|(n, line)| self.line(n, line)).collect::<Vec<_>>().together().map(drop)
        };
        let description = text::paragraph("description", self.description.as_deref(), text::REASON_MAX);
        let (description, ()) = (description, lines).together()?;
        Ok(description)
    }

    fn line(&self, n: usize, line: &ReturnLineRequest) -> Result<()> {
        if self.lines[..n].iter().any(|earlier| earlier.id == line.id) {
            return Err(text::wrong(&format!("lines[{n}].id"), "may be named once"));
        }
        if line.exchange_for.is_some() && self.kind == Resolution::Return {
            return Err(text::wrong(&format!("lines[{n}].exchangeFor"), "is for an exchange only"));
        }
        Ok(())
    }

    /// What an exchange of this line sends: the variant that is named, or `same`.
    pub fn replacement(&self, line: &ReturnLineRequest, same: VariantId) -> Option<VariantId> {
        match self.kind {
            Resolution::Return => None,
            Resolution::Exchange => Some(line.exchange_for.unwrap_or(same)),
        }
    }
}

impl Checked for ReturnRequest {
    fn check(&self) -> Result<()> {
        self.checked().map(drop)
    }
}

/// What the shop decides about a return.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproveReturn {
    /// Who pays the way back; without it who pays it for this reason.
    #[serde(default)]
    pub payer: Option<Payer>,
    /// What is taken off what goes back; without it what the settings say for who pays.
    #[serde(default)]
    pub fee: Option<Money>,
}

impl Checked for ApproveReturn {
    fn check(&self) -> Result<()> {
        self.fee.map_or(Ok(()), |fee| fee.not_negative("fee"))
    }
}

/// Who collects what is sent back.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CollectReturn {
    /// The carrier and its number, in words; at most 100 characters.
    #[serde(default)]
    pub carrier: Option<String>,
}

impl Checked for CollectReturn {
    fn check(&self) -> Result<()> {
        text::optional("carrier", self.carrier.as_deref(), crate::ops::CARRIER_NOTE_MAX).map(drop)
    }
}

/// What the shop found in what was sent back.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReceiveReturn {
    /// Lines of which not everything can be sold again. Of the others all units are in stock again.
    #[serde(default)]
    pub lines: Vec<ReceivedLine>,
}

/// A line that was received.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReceivedLine {
    /// The line's `id` in the order.
    pub id: i64,
    /// Units that can be sold again; the rest is written off.
    pub restocked: i64,
}

impl Checked for ReceiveReturn {}

/// The money for what was sent back.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefundReturn {
    /// Without it what was paid for the units less the fee. 0 ends the return without money, such as after a refund by hand.
    #[serde(default)]
    pub amount: Option<Money>,
}

impl Checked for RefundReturn {
    fn check(&self) -> Result<()> {
        self.amount.map_or(Ok(()), |amount| amount.not_negative("amount"))
    }
}

/// Lines of a return that `bought` knows, as they are stored; C002 for a line that the order does not have.
pub fn lines(request: &ReturnRequest, bought: impl Fn(i64) -> Option<NewLine>) -> Result<Vec<NewLine>> {
    let line = |(n, wanted): (usize, &ReturnLineRequest)| {
        let found =
            bought(wanted.id).ok_or_else(|| text::wrong(&format!("lines[{n}].id"), "is no line of this order"))?;
        let replacement = request.replacement(wanted, found.variant);
        Ok(NewLine { units: wanted.quantity.as_i64(), replacement, ..found })
    };
    request.lines.iter().enumerate().map(line).collect()
}
