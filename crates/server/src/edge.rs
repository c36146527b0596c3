//! The outermost layers of every request: ids, one log line, measurements, limits, panics.

use crate::measure::Requests;
use crate::serve::limits::PerClient;
use axum::{
    body::{Body, HttpBody},
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use console::Console;
use futures_util::{FutureExt, StreamExt};
use governor::{DefaultKeyedRateLimiter, Quota, clock::Clock as _};
use http_body::{Frame, SizeHint};
use kernel::{Code, Random};
use pages::asked::{Asked, Front};
use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};
use storefront::Site;
use web::{
    Admission, App, Client, ClientAddress, CostlyLimit, Failure,
    contract::{Contract, enforce},
    failure::{TraceId, render_failures},
    route::{Declared, Properties},
};

/// Accepted from the client, echoed, and made when missing.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// W3C trace context.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longest request id taken from a client.
const REQUEST_ID_MAX: usize = 128;
/// Requests after which clients that have been quiet are forgotten by the rate limit.
const FORGET_AFTER: u64 = 50_000;
/// When a client with too many event streams may try again.
const STREAM_RETRY_S: u32 = 5;
/// How long a route may take whose module declares it as long.
const LONG_TIMEOUT: Duration = Duration::from_secs(600);

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

thread_local! {
    static RANDOM: RefCell<Random> = RefCell::new(Random::from_system());
}

/// 32 hexadecimal digits, as a W3C trace id.
fn new_trace_id() -> Arc<str> {
    let mut bytes = [0; 16];
    RANDOM.with_borrow_mut(|random| random.fill(&mut bytes));
    kernel::hex(&bytes).into()
}

/// The trace id of a `traceparent` header: `00-<32 digits>-<16 digits>-<2 digits>`, not all zero.
fn trace_of(headers: &HeaderMap) -> Option<Arc<str>> {
    let text = headers.get(TRACEPARENT)?.to_str().ok()?;
    let mut parts = text.split('-');
    let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length| text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let good =
        hex(version, 2) && version != "ff" && hex(trace, 32) && hex(parent, 16) && trace.bytes().any(|b| b != b'0');
    good.then(|| trace.into())
}

fn request_id_of(headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get(REQUEST_ID)?;
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    let good = (1..=REQUEST_ID_MAX).contains(&value.len()) && value.as_bytes().iter().all(allowed);
    good.then(|| value.clone())
}

/// What surrounds every handler.
pub struct Edge {
    pub app: App,
    pub requests: Arc<Requests>,
    pub limits: Limits,
    /// The contracts of the routes.
    pub declared: Declared,
    /// Longest body read, in bytes.
    pub body_max: DefaultBodyLimit,
    /// What shows pages to people, and failures as pages.
    pub fronts: Fronts,
}

/// The pages for people that this shop serves.
#[derive(Clone, Default)]
pub struct Fronts {
    pub site: Option<Site>,
    pub console: Option<Console>,
}

impl Fronts {
    /// Prepares the request of a page; `None` for the requests of programs.
    fn begin(&self, request: &mut Request) -> Option<Asked<'_>> {
        let console = self.console.as_ref().map(|console| console as &dyn Front);
        let site = self.site.as_ref().map(|site| site as &dyn Front);
        [console, site].into_iter().flatten().find_map(|front| Asked::of(front, request))
    }
}

/// Everything that surrounds a handler, from the outside to the inside. It is one layer, because axum clones and boxes all that is
/// inside of a layer for every request, so that the cost of layers grows with the square of their number.
pub async fn surround(State(edge): State<Arc<Edge>>, mut request: Request, next: Next) -> Response {
    let Edge { app, requests, limits, declared, body_max, fronts } = &*edge;
    let asked = fronts.begin(&mut request);
    let response = observe(requests, request, |request| {
        render_failures(app, request, |mut request| {
            let contract = declared.find(&request).cloned();
            if !request.body().is_end_stream() {
                body_max.apply(&mut request);
            }
            guard(limits, contract, request, next)
        })
    })
    .await;
    match asked {
        Some(asked) => asked.end(response),
        None => response,
    }
}

/// Gives the request its ids, measures it, and writes its one line.
async fn observe<F: Future<Output = Response>>(
    requests: &Requests,
    mut request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response {
    let started = Instant::now();
    let trace = trace_of(request.headers()).unwrap_or_else(new_trace_id);
    let id = request_id_of(request.headers())
        .unwrap_or_else(|| HeaderValue::from_str(&trace).unwrap_or(HeaderValue::from_static("-")));
    request.extensions_mut().insert(TraceId(Arc::clone(&trace)));
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let line = tracing::enabled!(target: "request", tracing::Level::DEBUG).then(|| request.uri().path().to_owned());
    let running = requests.started();
    let mut response = next(request).await;
    drop(running);
    let taken = started.elapsed();
    requests.finished(&method, route.as_ref().map_or("unmatched", MatchedPath::as_str), response.status(), taken);
    if let Some(path) = line {
        // the path only: a query may hold a token
        tracing::debug!(target: "request", %method, path, status = response.status().as_u16(),
            ms = taken.as_secs_f64() * 1_000.0, request_id = id.to_str().unwrap_or(""), trace_id = &*trace, "answered");
    } else if response.status().is_server_error() && id != *trace {
        // the line of the failure has the id of the trace; the client may show the one that it gave itself
        tracing::warn!(
            request_id = id.to_str().unwrap_or(""),
            trace_id = &*trace,
            "a request with an id of its own failed"
        );
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What one request may take.
pub struct Limits {
    timeout: Duration,
    rate: Option<Rate>,
    costly: Option<Arc<Rate>>,
    /// The same limit for handlers.
    admission: CostlyLimit,
    streams: PerClient,
    address_header: Option<HeaderName>,
}

impl Limits {
    /// The limits of these settings.
    pub fn of(server: &crate::config::sections::Server) -> Limits {
        let rate = Rate::of(server.rate_per_second, server.rate_burst);
        let costly = Rate::of(server.costly_per_second, server.costly_burst).map(Arc::new);
        let admission = CostlyLimit(costly.clone().map(|rate| -> Admission {
            Arc::new(move |client| rate.admit(client).map_err(|Failure(refusal)| refusal))
        }));
        let streams = PerClient::new(server.streams_per_client, server.connections_max);
        let address_header = HeaderName::from_bytes(server.client_address_header.as_bytes()).ok();
        Limits { timeout: server.request_timeout, rate, costly, admission, streams, address_header }
    }

    /// C012 when this client makes too many requests.
    fn admit(&self, client: Option<IpAddr>, route: Option<Properties>) -> Result<(), Failure> {
        let Some(client) = client else { return Ok(()) };
        let costly = self.costly.as_deref().filter(|_| route.is_some_and(|route| route.costly));
        let rate = self.rate.as_ref().filter(|_| !route.is_some_and(|route| route.unlimited));
        costly.into_iter().chain(rate).try_for_each(|rate| rate.admit(client))
    }

    /// Counts an event stream of this client until it ends; C012 when the client has as many as it may.
    fn stream(&self, client: Option<IpAddr>, response: Response) -> Response {
        let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        let Some(client) = client.filter(|_| kind.is_some_and(|kind| kind.starts_with(b"text/event-stream"))) else {
            return response;
        };
        match self.streams.admit(client) {
            Some(counted) => response.map(|body| {
                Body::from_stream(body.into_data_stream().inspect(move |_| {
                    let _held_until_the_stream_ends = &counted;
                }))
            }),
            None => {
                Failure(Code::TooManyRequests.because("close other event streams first").retry_after(STREAM_RETRY_S))
                    .into_response()
            }
        }
    }

    fn client(&self, request: &Request) -> Option<IpAddr> {
        let forwarded = self.address_header.as_ref().and_then(|name| {
            // the proxy that we trust appended the last entry; those before it are whatever the client said
            let text = request.headers().get_all(name).iter().next_back()?.to_str().ok()?;
            address(text.rsplit(',').next()?).map(network)
        });
        forwarded.or_else(|| request.extensions().get::<Peer>().map(|peer| network(peer.0.ip())))
    }
}

/// An address as proxies write it: some add the port, some put brackets around one of IPv6.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let plain = text.parse().or_else(|_| text.parse().map(|with_port: SocketAddr| with_port.ip()));
    plain.ok().or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

/// A limit of requests for each client.
struct Rate {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    counted: AtomicU64,
}

impl Rate {
    /// `None` when there is no limit.
    fn of(per_second: u32, burst: u32) -> Option<Rate> {
        let per_second = NonZeroU32::new(per_second)?;
        let burst = NonZeroU32::new(burst).unwrap_or(per_second);
        let limiter = DefaultKeyedRateLimiter::keyed(Quota::per_second(per_second).allow_burst(burst));
        Some(Rate { limiter, counted: AtomicU64::new(1) })
    }

    fn admit(&self, client: IpAddr) -> Result<(), Failure> {
        if self.counted.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_AFTER) {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&client).map_err(|until| {
            let wait = until.wait_time_from(governor::clock::DefaultClock::default().now());
            let seconds = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(1).max(1);
            Failure(Code::TooManyRequests.error().retry_after(seconds))
        })
    }
}

/// What counts as one client: an IPv4 address, or an IPv6 network of 64 bits, which one household owns as a whole.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(
            || {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            },
            IpAddr::V4,
        ),
    }
}

/// Rate limit, timeout, panics as C001, the contract of the operation, and no caching of secrets.
async fn guard(limits: &Limits, contract: Option<Arc<Contract>>, mut request: Request, next: Next) -> Response {
    let (declared, client) = (contract.as_ref().map(|contract| contract.properties), limits.client(&request));
    let known = Client { address: ClientAddress(client), costly: limits.admission.clone() };
    request.extensions_mut().insert(known);
    if let Err(refused) = limits.admit(client, declared) {
        return refused.into_response();
    }
    let long = declared.is_some_and(|route| route.long);
    let timeout = if long { LONG_TIMEOUT.max(limits.timeout) } else { limits.timeout };
    let (request, arrival) = watched(request);
    let response = run(timeout, &arrival, enforce(contract, request, |request| next.run(request))).await;
    let mut response = limits.stream(client, response);
    if declared.is_some_and(|route| route.secret) {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Whether the whole body of a request has arrived.
struct Arrival(Option<Arc<AtomicBool>>);

impl Arrival {
    fn is_over(&self) -> bool {
        self.0.as_ref().is_none_or(|is_over| is_over.load(Ordering::Relaxed))
    }
}

/// A body that notes its end.
struct Watched {
    body: Body,
    is_over: Arc<AtomicBool>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.is_none() || self.body.is_end_stream() {
            self.is_over.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The request, and whether its body has arrived; nothing to watch when it has none.
fn watched(request: Request) -> (Request, Arrival) {
    if request.body().is_end_stream() {
        return (request, Arrival(None));
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let request = request.map(|body| Body::new(Watched { body, is_over: Arc::clone(&is_over) }));
    (request, Arrival(Some(is_over)))
}

async fn run(timeout: Duration, arrival: &Arrival, work: impl Future<Output = Response>) -> Response {
    let mut work = pin!(AssertUnwindSafe(work).catch_unwind());
    // what is there at once, such as a page from the response cache, needs no timer
    let at_once = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
    let done = match at_once {
        Poll::Ready(done) => Ok(done),
        Poll::Pending => tokio::time::timeout(timeout, work).await,
    };
    match done {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let cause = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let cause = cause.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Failure(Code::Internal.error().caused_by(format!("panic: {cause}"))).into_response()
        }
        // the client has to send faster, and nothing is wrong here
        Err(_) if !arrival.is_over() => {
            Failure(Code::InvalidInput.because("the body could not be read")).into_response()
        }
        Err(_) => Failure(Code::Timeout.error()).into_response(),
    }
}

/// No route has this path.
pub async fn unknown_path() -> Failure {
    Failure(Code::NotFound.because("there is nothing at this path"))
}

/// The path exists, the method does not.
pub async fn unknown_method(method: Method) -> Failure {
    Failure(Code::MethodNotAllowed.because(method.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn trace_ids_are_taken_from_good_headers_only() {
        let good = headers(TRACEPARENT, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assert_eq!(trace_of(&good).as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        for bad in [
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf9-00f067aa0ba902b7-01",
            "",
        ] {
            assert_eq!(trace_of(&headers(TRACEPARENT, bad)), None, "{bad}");
        }
        assert_eq!(new_trace_id().len(), 32);
    }

    #[test]
    fn request_ids_are_short_and_harmless() {
        assert!(request_id_of(&headers(REQUEST_ID, "web-7f:3.a_b")).is_some());
        assert!(request_id_of(&headers(REQUEST_ID, "")).is_none());
        assert!(request_id_of(&headers(REQUEST_ID, "a b")).is_none());
        assert!(request_id_of(&headers(REQUEST_ID, &"a".repeat(129))).is_none());
    }

    #[test]
    fn one_household_is_one_client() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }
}
