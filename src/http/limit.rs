//! Rate limits per client, with the numbers and the headers of PeerTube (`express-rate-limit`): so many requests in a window
//! that begins with the first of them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::extract::{ClientIp, Viewer};
use crate::app::App;

/// Clients remembered at the same time. When more come, those whose window is over make room; if there are none, the new ones
/// share one window.
const MAX_CLIENTS: usize = 50_000;
/// Where clients beyond [`MAX_CLIENTS`] are counted together.
const EVERYBODY_ELSE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// The limits of this server.
#[derive(Debug)]
pub(crate) struct Limits {
    api: Limiter,
    login: Limiter,
    federation: Limiter,
    feeds: Limiter,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            api: Limiter::new(50, Duration::from_secs(10)),
            login: Limiter::new(15, Duration::from_secs(5 * 60)),
            federation: Limiter::new(500, Duration::from_secs(10)),
            feeds: Limiter::new(50, Duration::from_secs(10)),
        }
    }
}

#[derive(Debug)]
struct Limiter {
    requests: u32,
    window: Duration,
    clients: Mutex<HashMap<IpAddr, Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began: Instant,
    requests: u32,
}

/// What a limiter says to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Verdict {
    allowed: bool,
    limit: u32,
    remaining: u32,
    resets_in: Duration,
}

impl Limiter {
    fn new(requests: u32, window: Duration) -> Self {
        Self {
            requests,
            window,
            clients: Mutex::default(),
        }
    }

    fn check(&self, client: IpAddr, now: Instant) -> Verdict {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |window: &Window| now.saturating_duration_since(window.began) >= self.window;
        let mut client = network(client);
        if clients.len() >= MAX_CLIENTS && !clients.contains_key(&client) {
            clients.retain(|_, window| !is_over(window));
            if clients.len() >= MAX_CLIENTS {
                client = EVERYBODY_ELSE;
            }
        }
        let window = clients.entry(client).or_insert(Window {
            began: now,
            requests: 0,
        });
        if is_over(window) {
            *window = Window {
                began: now,
                requests: 0,
            };
        }
        window.requests = window.requests.saturating_add(1);
        Verdict {
            allowed: window.requests <= self.requests,
            limit: self.requests,
            remaining: self.requests.saturating_sub(window.requests),
            resets_in: self
                .window
                .saturating_sub(now.saturating_duration_since(window.began)),
        }
    }
}

/// One client: an IPv4 address, or the /64 that one IPv6 customer gets at least (RFC 6177).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

/// All of the API: 50 requests in 10 s. Administrators and moderators are not held up.
pub(crate) async fn api(State(app): State<App>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let verdict = match verdict(&app, &app.limits.api, &mut parts).await {
        Some(verdict) if !verdict.allowed => {
            let viewer = Viewer::from_request_parts(&mut parts, &app).await;
            if !viewer.is_ok_and(|viewer| viewer.is_moderator()) {
                return refusal(verdict);
            }
            None
        }
        verdict => verdict,
    };
    let mut response = next.run(Request::from_parts(parts, body)).await;
    if let Some(verdict) = verdict {
        add_headers(&mut response, verdict);
    }
    response
}

/// Signing in, by the API or by a form: 15 tries in 5 minutes.
pub(crate) async fn login(State(app): State<App>, request: Request, next: Next) -> Response {
    quietly(&app, &app.limits.login, request, next).await
}

/// Other servers: 500 requests in 10 s.
pub(crate) async fn federation(State(app): State<App>, request: Request, next: Next) -> Response {
    quietly(&app, &app.limits.federation, request, next).await
}

/// Feeds: 50 requests in 10 s.
pub(crate) async fn feeds(State(app): State<App>, request: Request, next: Next) -> Response {
    quietly(&app, &app.limits.feeds, request, next).await
}

/// Says nothing of the limit before it is reached.
async fn quietly(app: &App, limiter: &Limiter, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Some(verdict) = verdict(app, limiter, &mut parts).await
        && !verdict.allowed
    {
        return refusal(verdict);
    }
    next.run(Request::from_parts(parts, body)).await
}

async fn verdict(app: &App, limiter: &Limiter, parts: &mut axum::http::request::Parts) -> Option<Verdict> {
    if !app.config.limits.rate_limit {
        return None;
    }
    let Ok(ClientIp(client)) = ClientIp::from_request_parts(parts, app).await;
    Some(limiter.check(client, Instant::now()))
}

fn refusal(verdict: Verdict) -> Response {
    let mut response = (
        StatusCode::TOO_MANY_REQUESTS,
        "Too many requests, please try again later.",
    )
        .into_response();
    let seconds = verdict.resets_in.as_secs().saturating_add(1);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    add_headers(&mut response, verdict);
    response
}

fn add_headers(response: &mut Response, verdict: Verdict) {
    let reset = Timestamp::now().as_second()
        + i64::try_from(verdict.resets_in.as_millis().div_ceil(1_000)).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(verdict.limit));
    headers.insert(REMAINING, HeaderValue::from(verdict.remaining));
    headers.insert(RESET, HeaderValue::from(reset));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_begins_with_its_first_request() {
        let limiter = Limiter::new(2, Duration::from_secs(10));
        let start = Instant::now();
        let at = |seconds, client: &str| {
            limiter.check(client.parse().unwrap(), start + Duration::from_secs(seconds))
        };
        assert_eq!(at(0, "10.0.0.1").remaining, 1);
        assert!(at(1, "10.0.0.1").allowed);
        let refused = at(4, "10.0.0.1");
        assert!(!refused.allowed);
        assert_eq!((refused.limit, refused.remaining), (2, 0));
        assert_eq!(refused.resets_in, Duration::from_secs(6));
        assert!(at(4, "10.0.0.2").allowed);
        assert!(!at(4, "::ffff:10.0.0.1").allowed, "the same client");
        assert!(at(10, "10.0.0.1").allowed);
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_client() {
        let limiter = Limiter::new(1, Duration::from_secs(10));
        let now = Instant::now();
        assert!(limiter.check("2001:db8::1".parse().unwrap(), now).allowed);
        assert!(!limiter.check("2001:db8::2".parse().unwrap(), now).allowed);
        assert!(limiter.check("2001:db8:0:1::1".parse().unwrap(), now).allowed);
    }

    #[test]
    fn many_clients_take_bounded_room() {
        let limiter = Limiter::new(3, Duration::from_secs(10));
        let now = Instant::now();
        for index in 0..60_000_u32 {
            limiter.check(IpAddr::V4(Ipv4Addr::from_bits(index + 1)), now);
        }
        assert!(limiter.clients.lock().unwrap().len() <= MAX_CLIENTS + 1);
        assert!(!limiter.check("9.9.9.9".parse().unwrap(), now).allowed);
        assert!(
            limiter
                .check("9.9.9.9".parse().unwrap(), now + Duration::from_secs(10))
                .allowed
        );
    }
}
