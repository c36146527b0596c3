//! Returns and the rules of their statuses.

use crate::settings::Window;
use kernel::{Code, Error, Money, OrderNumber, ProductId, Result, Timestamp, TrackingNumber, UserId, VariantId, Zone};
use web::Label;

kernel::printed_numbers! {
    /// `RET-XXXXXXXX`.
    ReturnNumber = "RET-", time, 8;
}

::store::text_enum! {
    /// What the buyer wants for what is sent back.
    #[schema(as = ReturnKind)]
    pub enum Resolution: "kind of return" {
        /// The money.
        Return = "RETURN",
        /// Other units of the same product.
        Exchange = "EXCHANGE",
    }
}

::store::text_enum! {
    /// Why something is sent back.
    #[schema(as = ReturnReason)]
    pub enum Reason: "reason of a return" {
        ChangedMind = "CHANGED_MIND",
        /// The buyer ordered the wrong one.
        WrongChoice = "WRONG_CHOICE",
        Defective = "DEFECTIVE",
        /// Broken on the way.
        Damaged = "DAMAGED",
        /// Something else was in the parcel.
        WrongItem = "WRONG_ITEM",
        NotAsDescribed = "NOT_AS_DESCRIBED",
    }
}

impl Reason {
    /// Who pays the way back, unless the shop decides otherwise.
    pub const fn payer(self) -> Payer {
        match self {
            Reason::ChangedMind | Reason::WrongChoice => Payer::Buyer,
            Reason::Defective | Reason::Damaged | Reason::WrongItem | Reason::NotAsDescribed => Payer::Shop,
        }
    }

    /// What people call it.
    pub const fn label(self) -> Label {
        match self {
            Reason::ChangedMind => Label::new("changed my mind", "단순 변심"),
            Reason::WrongChoice => Label::new("ordered the wrong one", "주문 실수"),
            Reason::Defective => Label::new("defective", "상품 불량"),
            Reason::Damaged => Label::new("damaged on the way", "배송 중 파손"),
            Reason::WrongItem => Label::new("the wrong item came", "오배송"),
            Reason::NotAsDescribed => Label::new("not as described", "상품 정보와 다름"),
        }
    }
}

::store::text_enum! {
    /// Who pays the way back.
    #[schema(as = ReturnPayer)]
    pub enum Payer: "payer of a return" {
        Buyer = "BUYER",
        Shop = "SHOP",
    }
}

/// A return to ask for. Its lines are lines of the order, which the caller has compared with it.
#[derive(Debug, Clone)]
pub struct NewReturn {
    pub order: OrderNumber,
    pub user: UserId,
    pub resolution: Resolution,
    pub reason: Reason,
    /// In the buyer's words; at most 500 characters.
    pub description: Option<String>,
    pub payer: Payer,
    pub fee: Money,
    /// At least one, and each line of the order once.
    pub lines: Vec<NewLine>,
}

/// Units of a line to send back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewLine {
    /// The line's number in the order.
    pub number: i64,
    pub product: ProductId,
    pub variant: VariantId,
    pub units: i64,
    /// How many the order bought of it.
    pub bought: i64,
    /// What an exchange sends instead.
    pub replacement: Option<VariantId>,
}

/// A return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    pub id: i64,
    pub number: ReturnNumber,
    pub order: OrderNumber,
    pub user: UserId,
    pub resolution: Resolution,
    pub reason: Reason,
    pub description: Option<String>,
    pub payer: Payer,
    /// Taken off what goes back.
    pub fee: Money,
    pub status: Status,
    pub milestones: Milestones,
    /// Whether units are kept for its replacement.
    pub replacement_held: bool,
    /// Who collects the goods, and under which number, in the shop's words.
    pub carrier_note: Option<String>,
    pub lines: Vec<Line>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
    /// Who asked for the buyer; none when the buyer did.
    pub requested_by: Option<String>,
}

impl Return {
    /// Units of all lines.
    pub fn units(&self) -> i64 {
        self.lines.iter().map(|line| line.units).sum()
    }
}

/// Units of a line that are sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The row: what keeps the units of its replacement.
    pub id: i64,
    pub number: i64,
    pub product: ProductId,
    pub variant: VariantId,
    pub units: i64,
    pub replacement: Option<VariantId>,
    /// Units that can be sold again, and those that cannot; `None` until they are received.
    pub received: Option<Received>,
    /// What its units were worth beyond what the buyer gets for them, such as the fee; `None` until that is decided, and when it is nothing.
    pub withheld: Option<Money>,
}

/// What was received of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    pub restocked: i64,
    pub written_off: i64,
}

/// Status of a return, with the data that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Requested,
    Approved,
    /// The goods are on their way back.
    Collected,
    /// The shop has the goods.
    Received,
    Refunded {
        at: Timestamp,
        given: Settlement,
    },
    Exchanged {
        at: Timestamp,
        /// The parcel with the replacement.
        parcel: TrackingNumber,
    },
    /// By the shop.
    Rejected {
        at: Timestamp,
        reason: String,
    },
    /// By the buyer.
    Withdrawn {
        at: Timestamp,
    },
}

/// What a buyer got back for a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// Money; none when it had gone back otherwise, or the fee took all of it.
    pub amount: Money,
    /// Points that the order had used for these units.
    pub points: Money,
}

/// When a return was approved, collected and received. No later status takes these times away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Milestones {
    pub approved_at: Option<Timestamp>,
    pub collected_at: Option<Timestamp>,
    pub received_at: Option<Timestamp>,
}

impl Milestones {
    /// The milestones after the return became `status` at `now`.
    pub fn with(self, status: &Status, now: Timestamp) -> Milestones {
        match status {
            Status::Approved => Milestones { approved_at: Some(now), ..self },
            Status::Collected => Milestones { collected_at: Some(now), ..self },
            Status::Received => Milestones { received_at: Some(now), ..self },
            Status::Requested
            | Status::Refunded { .. }
            | Status::Exchanged { .. }
            | Status::Rejected { .. }
            | Status::Withdrawn { .. } => self,
        }
    }
}

/// A change of a return's status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Approved,
    Collected,
    Received,
    Refunded(Settlement),
    Exchanged { parcel: TrackingNumber },
    Rejected { reason: String },
    Withdrawn,
}

impl Change {
    /// What it makes of a return.
    pub const fn kind(&self) -> Kind {
        match self {
            Change::Approved => Kind::Approved,
            Change::Collected => Kind::Collected,
            Change::Received => Kind::Received,
            Change::Refunded(_) => Kind::Refunded,
            Change::Exchanged { .. } => Kind::Exchanged,
            Change::Rejected { .. } => Kind::Rejected,
            Change::Withdrawn => Kind::Withdrawn,
        }
    }
}

impl Status {
    /// The status after `change` at `now`; S1105 when it cannot happen now. Only an exchange sends a replacement.
    pub fn step(&self, resolution: Resolution, change: Change, now: Timestamp) -> Result<Status> {
        use Status::{Approved, Collected, Exchanged, Received, Refunded, Rejected, Requested, Withdrawn};
        match (self, change) {
            (Requested, Change::Approved) => Ok(Approved),
            (Approved, Change::Collected) => Ok(Collected),
            // a buyer may bring the goods
            (Approved | Collected, Change::Received) => Ok(Received),
            (Received, Change::Refunded(given)) => Ok(Refunded { at: now, given }),
            (Received, Change::Exchanged { parcel }) if resolution == Resolution::Exchange => {
                Ok(Exchanged { at: now, parcel })
            }
            (Requested | Approved | Collected, Change::Rejected { reason }) => Ok(Rejected { at: now, reason }),
            (Requested | Approved, Change::Withdrawn) => Ok(Withdrawn { at: now }),

            (
                Requested,
                change @ (Change::Collected | Change::Received | Change::Refunded(_) | Change::Exchanged { .. }),
            ) => Err(self.forbids(&change)),
            (Approved, change @ (Change::Approved | Change::Refunded(_) | Change::Exchanged { .. })) => {
                Err(self.forbids(&change))
            }
            (
                Collected,
                change @ (Change::Approved
                | Change::Collected
                | Change::Refunded(_)
                | Change::Exchanged { .. }
                | Change::Withdrawn),
            ) => Err(self.forbids(&change)),
            (
                Received,
                change @ (Change::Approved
                | Change::Collected
                | Change::Received
                | Change::Exchanged { .. }
                | Change::Rejected { .. }
                | Change::Withdrawn),
            ) => Err(self.forbids(&change)),
            (Refunded { .. } | Exchanged { .. } | Rejected { .. } | Withdrawn { .. }, change) => {
                Err(self.forbids(&change))
            }
        }
    }

    fn forbids(&self, change: &Change) -> Error {
        let why = format!("a return in {} cannot become {}", self.kind(), change.kind());
        Code::InvalidReturnStatus.because(why)
    }

    /// The status without its data.
    pub const fn kind(&self) -> Kind {
        match self {
            Status::Requested => Kind::Requested,
            Status::Approved => Kind::Approved,
            Status::Collected => Kind::Collected,
            Status::Received => Kind::Received,
            Status::Refunded { .. } => Kind::Refunded,
            Status::Exchanged { .. } => Kind::Exchanged,
            Status::Rejected { .. } => Kind::Rejected,
            Status::Withdrawn { .. } => Kind::Withdrawn,
        }
    }

    /// When it ended.
    pub const fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Status::Refunded { at, .. }
            | Status::Exchanged { at, .. }
            | Status::Rejected { at, .. }
            | Status::Withdrawn { at } => Some(*at),
            Status::Requested | Status::Approved | Status::Collected | Status::Received => None,
        }
    }
}

::store::text_enum! {
    /// The names of the statuses, as the API and the database show them.
    #[schema(as = ReturnStatus)]
    pub enum Kind: "return status" {
        Requested = "REQUESTED",
        Approved = "APPROVED",
        Collected = "COLLECTED",
        Received = "RECEIVED",
        Refunded = "REFUNDED",
        Exchanged = "EXCHANGED",
        Rejected = "REJECTED",
        Withdrawn = "WITHDRAWN",
    }
}

impl Kind {
    /// Whether its units cannot be sent back again.
    pub const fn keeps_its_units(self) -> bool {
        match self {
            Kind::Requested | Kind::Approved | Kind::Collected | Kind::Received | Kind::Refunded | Kind::Exchanged => {
                true
            }
            Kind::Rejected | Kind::Withdrawn => false,
        }
    }

    /// What people call it.
    pub const fn label(self) -> Label {
        match self {
            Kind::Requested => Label::new("requested", "신청됨"),
            Kind::Approved => Label::new("approved", "승인됨"),
            Kind::Collected => Label::new("collected", "수거 중"),
            Kind::Received => Label::new("received", "입고됨"),
            Kind::Refunded => Label::new("refunded", "환불 완료"),
            Kind::Exchanged => Label::new("exchanged", "교환 완료"),
            Kind::Rejected => Label::new("rejected", "거절됨"),
            Kind::Withdrawn => Label::new("withdrawn", "철회됨"),
        }
    }
}

/// S1104 unless `units` more of a line can be sent back, of which `before` are sent back already.
pub fn units_left(line: &NewLine, before: i64) -> Result<()> {
    let left = line.bought - before;
    if line.units >= 1 && line.units <= left {
        return Ok(());
    }
    Err(Code::ReturnQuantityExceeded.because(format!("{left} units of line {} can be sent back", line.number)))
}

/// S1103 once the time for this return is over.
pub fn in_time(delivered_at: Timestamp, window: Window, now: Timestamp, zone: &Zone) -> Result<()> {
    if window.is_open(delivered_at, now, zone) { Ok(()) } else { Err(Code::ReturnWindowOver.error()) }
}
