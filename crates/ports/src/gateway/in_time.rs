//! A limit on how long a gateway may take to answer.

use super::{Charge, ChargeRequest, Gateway, Listing, Outcome, Period, RefundRequest};
use async_trait::async_trait;
use kernel::{Currency, Money};
use std::{future::Future, time::Duration};

/// A gateway with a time limit for each call. A call that exceeds it ends as [`Outcome::Unknown`], never as a refusal.
#[derive(Debug)]
pub struct InTime<G> {
    gateway: G,
    limit: Duration,
}

impl<G: Gateway> InTime<G> {
    /// `gateway`, whose calls end after `limit`.
    pub fn new(gateway: G, limit: Duration) -> InTime<G> {
        InTime { gateway, limit }
    }

    async fn within<T>(&self, call: impl Future<Output = T>, otherwise: T) -> T {
        tokio::time::timeout(self.limit, call).await.unwrap_or_else(|_| {
            tracing::warn!(limit_ms = self.limit.as_millis(), "the payment gateway did not answer in time");
            otherwise
        })
    }
}

#[async_trait]
impl<G: Gateway> Gateway for InTime<G> {
    async fn charge(&self, request: &ChargeRequest) -> Outcome {
        self.within(self.gateway.charge(request), Outcome::Unknown).await
    }

    async fn look_up(&self, request: &ChargeRequest) -> Option<Outcome> {
        self.within(self.gateway.look_up(request), Some(Outcome::Unknown)).await
    }

    async fn withdraw(&self, request: &ChargeRequest) -> Option<Outcome> {
        self.within(self.gateway.withdraw(request), Some(Outcome::Unknown)).await
    }

    async fn refund(&self, request: &RefundRequest) -> Outcome {
        self.within(self.gateway.refund(request), Outcome::Unknown).await
    }

    async fn look_up_refund(&self, request: &RefundRequest) -> Option<Outcome> {
        self.within(self.gateway.look_up_refund(request), Some(Outcome::Unknown)).await
    }

    async fn list(&self, period: Period, after: Option<&str>) -> Listing {
        self.within(self.gateway.list(period, after), Listing::Unknown).await
    }

    fn currency(&self) -> Currency {
        self.gateway.currency()
    }

    fn least(&self) -> Money {
        self.gateway.least()
    }

    fn needs_payment_key(&self) -> bool {
        self.gateway.needs_payment_key()
    }

    fn charges(&self) -> Option<Vec<Charge>> {
        self.gateway.charges()
    }
}
