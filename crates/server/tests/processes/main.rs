//! Kills real processes. Afterwards every acknowledged response is the same byte for byte, the gateway has captured nothing twice, and
//! every audit passes.

mod alarm;
mod bulk;
mod client;
mod crash;
mod crowd;
mod fleet;
mod gate;
mod images;
mod instances;
mod outage;
mod queues;
mod rush;
mod scenario;
mod toss;
mod twice;
