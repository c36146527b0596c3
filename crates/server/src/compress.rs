//! Compressed responses for clients that ask for them. The compressing service wraps every body into a struct of several
//! kilobytes, also one that it leaves as it is, so other requests go past it.

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderValue, header},
    response::Response,
};
use futures_util::future::BoxFuture;
use std::task::{Context, Poll};
use tower::{Layer, Service};
use tower_http::{
    CompressionLevel,
    compression::{
        Compression, CompressionLayer,
        predicate::{And, DefaultPredicate, Predicate, SizeAbove},
    },
};

/// Smallest response that is compressed, in bytes: a smaller one fits into a packet anyway.
const COMPRESSED_FROM: u16 = 1_024;
/// Of gzip, brotli and zstd: beyond it responses become little smaller and much slower.
const COMPRESSION_LEVEL: i32 = 4;

type Worthwhile = And<DefaultPredicate, SizeAbove>;

/// Responses in the encoding that the client prefers of gzip, brotli and zstd. Streams stay as they are, because a compressor
/// would hold their events back.
#[derive(Clone)]
pub struct CompressLayer;

fn worthwhile() -> Worthwhile {
    DefaultPredicate::new().and(SizeAbove::new(COMPRESSED_FROM))
}

impl<S: Clone> Layer<S> for CompressLayer {
    type Service = Compress<S>;

    fn layer(&self, inner: S) -> Compress<S> {
        let level = CompressionLevel::Precise(COMPRESSION_LEVEL);
        let layer = CompressionLayer::new().quality(level).compress_when(worthwhile());
        Compress { compressing: layer.layer(inner.clone()), inner }
    }
}

/// A service that compresses what is asked for in an encoding.
#[derive(Clone)]
pub struct Compress<S> {
    inner: S,
    compressing: Compression<S, Worthwhile>,
}

impl<S> Service<Request> for Compress<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Response, S::Error>>;

    // a route is always ready
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if request.headers().contains_key(header::ACCEPT_ENCODING) {
            let response = self.compressing.call(request);
            return Box::pin(async move { Ok(response.await?.map(Body::new)) });
        }
        let response = self.inner.call(request);
        Box::pin(async move {
            let mut response = response.await?;
            // caches must not give it to clients that ask otherwise
            if worthwhile().should_compress(&response) && !response.headers().contains_key(header::CONTENT_ENCODING) {
                response.headers_mut().append(header::VARY, HeaderValue::from_static("accept-encoding"));
            }
            Ok(response)
        })
    }
}
