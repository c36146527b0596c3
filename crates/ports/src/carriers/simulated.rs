//! Carriers in the process, whose parcels arrive by themselves. For demonstrations and tests.

use super::{Answer, Carriers, Parcel, Scan, Stage};
use async_trait::async_trait;
use kernel::Timestamp;
use std::time::Duration;

/// Moves every parcel along the same way. What it says depends on the parcel and the time only, so it remembers nothing.
#[derive(Debug, Clone, Copy)]
pub struct SimulatedCarriers {
    /// Time from the shop's label to the receiver.
    takes: Duration,
}

/// How the digits of numbers end that stand for a mishap.
pub mod endings {
    /// No carrier knows the number.
    pub const UNKNOWN: &str = "0000";
    /// The parcel goes out, and is never delivered.
    pub const UNDELIVERED: &str = "1111";
    /// The service does not answer.
    pub const SILENT: &str = "2222";
}

/// The scans of a parcel: after so many thousandths of its way, where, and what happened.
const WAY: [(u64, Stage, Option<&str>, &str); 6] = [
    (0, Stage::Registered, None, "상품 접수"),
    (100, Stage::Collected, Some("서울강남"), "집화처리"),
    (300, Stage::Moving, Some("옥천HUB"), "간선상차"),
    (700, Stage::Arrived, Some("배송지점"), "간선하차"),
    (850, Stage::OutForDelivery, Some("배송지점"), "배송출발"),
    (1_000, Stage::Delivered, Some("배송지점"), "배송완료"),
];

impl SimulatedCarriers {
    /// Carriers whose parcels arrive after this time.
    pub fn new(takes: Duration) -> SimulatedCarriers {
        SimulatedCarriers { takes }
    }

    fn scans(&self, parcel: &Parcel, now: Timestamp, last: Stage) -> Vec<Scan> {
        let whole = u64::try_from(self.takes.as_millis()).unwrap_or(u64::MAX);
        let all = WAY.into_iter().map(|(thousandths, stage, place, what)| Scan {
            at: parcel.since.after(Duration::from_millis(whole / 1_000 * thousandths)),
            stage,
            place: place.map(str::to_owned),
            what: Some(what.to_owned()),
        });
        all.filter(|scan| scan.at <= now && scan.stage <= last).collect()
    }
}

#[async_trait]
impl Carriers for SimulatedCarriers {
    async fn ask(&self, parcel: &Parcel, now: Timestamp) -> Answer {
        let digits: String = parcel.number.chars().filter(char::is_ascii_digit).collect();
        if digits.ends_with(endings::UNKNOWN) {
            Answer::Unknown
        } else if digits.ends_with(endings::SILENT) {
            Answer::Silence
        } else if digits.ends_with(endings::UNDELIVERED) {
            Answer::Scanned(self.scans(parcel, now, Stage::OutForDelivery))
        } else {
            Answer::Scanned(self.scans(parcel, now, Stage::Delivered))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    async fn stages(number: &str, after: Duration) -> Option<Vec<Stage>> {
        let since = Timestamp::from_millis(1_770_336_000_000);
        let parcel = Parcel { carrier: "04".to_owned(), number: number.to_owned(), since };
        match SimulatedCarriers::new(10 * HOUR).ask(&parcel, since.after(after)).await {
            Answer::Scanned(scans) => Some(scans.into_iter().map(|scan| scan.stage).collect()),
            Answer::Unknown | Answer::Silence => None,
        }
    }

    #[tokio::test]
    async fn a_parcel_moves_along_and_arrives() {
        use Stage::{Arrived, Collected, Delivered, Moving, OutForDelivery, Registered};
        assert_eq!(stages("689123456789", Duration::ZERO).await, Some(vec![Registered]));
        assert_eq!(stages("689123456789", HOUR).await, Some(vec![Registered, Collected]));
        assert_eq!(stages("689123456789", 8 * HOUR).await, Some(vec![Registered, Collected, Moving, Arrived]));
        let all = vec![Registered, Collected, Moving, Arrived, OutForDelivery, Delivered];
        assert_eq!(stages("689123456789", 10 * HOUR).await, Some(all));
    }

    #[tokio::test]
    async fn some_numbers_stand_for_mishaps() {
        assert_eq!(stages("689123450000", 99 * HOUR).await, None);
        assert_eq!(stages("689123452222", 99 * HOUR).await, None);
        let last = stages("689123451111", 99 * HOUR).await.and_then(|stages| stages.last().copied());
        assert_eq!(last, Some(Stage::OutForDelivery));
    }
}
