//! What every event has: a topic and a key.

use serde::{Serialize, de::DeserializeOwned};

/// Something that happened and that others may react to. Named in the past tense; its members are the payload.
///
/// The events of the shop are declared in the crate `events`.
pub trait Event: Serialize + DeserializeOwned + 'static {
    /// Topic in Kafka's sense and `type` in CloudEvents' sense, such as `shopping.order.created`.
    const TOPIC: &'static str;

    /// Events with the same key reach every subscriber in the order in which they happened. Everything that belongs to one
    /// order has the order's number. At most 100 bytes.
    fn key(&self) -> String;
}
