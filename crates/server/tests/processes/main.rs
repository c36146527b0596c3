//! Real processes, really killed. What was acknowledged is found again, byte for byte; the gateway captured nothing twice; every
//! audit is clean.

mod crash;
mod instances;
mod outage;
mod world;
