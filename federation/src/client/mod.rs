//! What this server asks of others, and tells them.
//!
//! Every address here was chosen by somebody else. So: only public ones, checked after the name was looked up and again at each
//! redirect ([`guard`]); no proxy, no cookies, no referrer; a deadline for the whole exchange, a bound for what is read, and so
//! many requests to one host at a time ([`budget`]).

mod answer;
mod budget;
mod error;
mod guard;
mod resolve;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use db::SignatureScheme;
use http::Method;
use jiff::Timestamp;
use reqwest::dns::Resolve;
use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Response, redirect};
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use self::budget::{Budget, Place};
pub use self::error::{FetchError, is_temporary};
use self::guard::Guard;
use self::resolve::{PublicOnly, System};
use crate::key::PrivateKey;
use crate::{Error, Settings, Site, signature};

/// The largest picture worth showing: PeerTube's bound for thumbnails and avatars.
pub const MAX_PICTURE_BYTES: usize = 4 * 1024 * 1024;
/// PeerTube's bound for documents.
const MAX_JSON_BYTES: usize = 3 * 1024 * 1024;
/// Of an answer to a delivery nothing is needed; read to the end, its connection can be used again.
const MAX_ANSWER_BYTES: usize = 16 * 1024;
/// An object behind a new domain behind a canonical address is two.
const MAX_REDIRECTS: usize = 5;
/// How long a request waits for its turn at a host that is asked much.
const MAX_QUEUE: Duration = Duration::from_secs(30);
/// Connections nobody uses are kept for the next of a burst of requests, and not longer: a thousand servers hear of each live.
const KEEP_IDLE: Duration = Duration::from_secs(5);
const MAX_IDLE_PER_HOST: usize = 2;

/// As PeerTube.
const OBJECT: &str = "application/activity+json, application/ld+json";
const ACTIVITY: &str = "application/activity+json";

/// How long others may take. Tests are less patient.
#[derive(Debug, Clone)]
pub struct Limits {
    pub connect: Duration,
    /// For a document.
    pub document: Duration,
    /// For a picture.
    pub file: Duration,
    /// For taking an activity in.
    pub post: Duration,
    /// Requests to one host at a time.
    pub per_host: usize,
}

impl Default for Limits {
    /// Times are PeerTube's, with three seconds more for deliveries: some work before they answer.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            document: Duration::from_secs(7),
            file: Duration::from_secs(30),
            post: Duration::from_secs(10),
            per_host: 8,
        }
    }
}

/// In whose name something is asked or told.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// The address of the actor, without a fragment, as PeerTube has it.
    pub key_id: &'a str,
    pub key: &'a PrivateKey,
}

/// A document, and where it was in the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    pub url: String,
    pub body: Value,
}

/// What a server said to an activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// The beginning of its words, on one line; empty when all is well.
    pub detail: String,
}

/// Clones share their connections.
#[derive(Clone)]
pub struct Client(Arc<Parts>);

struct Parts {
    http: reqwest::Client,
    guard: Guard,
    budget: Budget,
    limits: Limits,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("guard", &self.0.guard)
            .finish_non_exhaustive()
    }
}

impl Client {
    pub fn new(site: &Site, settings: &Settings) -> Result<Self, Error> {
        Self::with(site, settings, Limits::default(), Arc::new(System::default()))
    }

    /// With other limits, and names looked up elsewhere.
    pub fn with(
        site: &Site,
        settings: &Settings,
        limits: Limits,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, Error> {
        let allow_private = settings.allow_private_addresses;
        let resolver = if allow_private {
            resolver
        } else {
            Arc::new(PublicOnly(resolver))
        };
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::config()?)
            .user_agent(format!("Tributary/{} (+{})", env!("CARGO_PKG_VERSION"), site.url))
            .dns_resolver(resolver)
            .connect_timeout(limits.connect)
            .pool_idle_timeout(KEEP_IDLE)
            .pool_max_idle_per_host(MAX_IDLE_PER_HOST)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .build()
            .map_err(|error| Error::Client(error.to_string()))?;
        Ok(Self(Arc::new(Parts {
            http,
            guard: Guard {
                own_host: site.host.to_ascii_lowercase(),
                allow_private,
            },
            budget: Budget::new(limits.per_host),
            limits,
        })))
    }

    /// An ActivityPub object. Its media type has to be one of ActivityPub's: plain JSON may be a file that somebody uploaded to
    /// that server. Whether the object may say what it says is the caller's matter: compare its `id` with [`Fetched::url`].
    pub async fn get_object(&self, url: &str, signer: Option<Signer<'_>>) -> Result<Fetched, FetchError> {
        let is_object = |kind: &str| matches!(kind, "application/activity+json" | "application/ld+json");
        self.get_document(url, OBJECT, signer, is_object).await
    }

    /// Any other JSON: WebFinger, NodeInfo, hashes of segments.
    pub async fn get_json(&self, url: &str) -> Result<Fetched, FetchError> {
        let is_json = |kind: &str| kind == "application/json" || kind.ends_with("+json");
        self.get_document(url, "application/json, application/jrd+json", None, is_json)
            .await
    }

    /// A file whose media type begins with one of `kinds`: `image/`, `text/vtt`.
    pub async fn get_bytes(
        &self,
        url: &str,
        kinds: &[&str],
        max_bytes: usize,
    ) -> Result<(String, Bytes), FetchError> {
        let fits = |kind: &str| kinds.iter().any(|known| kind.starts_with(known));
        let (_, kind, bytes) = self
            .get(url, "*/*", None, fits, max_bytes, self.0.limits.file)
            .await?;
        Ok((kind, bytes))
    }

    /// Tells an inbox, which answers for itself: redirects are not followed.
    pub async fn post(
        &self,
        inbox: &str,
        body: Bytes,
        signer: Signer<'_>,
        scheme: SignatureScheme,
    ) -> Result<Answer, FetchError> {
        let url = self.0.guard.check(inbox)?;
        let exchange = async {
            let mut request = self
                .0
                .http
                .post(url.clone())
                .header(ACCEPT, OBJECT)
                .header(CONTENT_TYPE, ACTIVITY);
            for (name, value) in sign(&Method::POST, &url, Some(&body), signer, scheme)? {
                request = request.header(name, value);
            }
            let response = request.body(body).send().await?;
            let status = response.status();
            let retry_after = answer::retry_after(response.headers(), Timestamp::now());
            // The status is what counts, however the rest of the answer ends.
            let said = answer::body(response, MAX_ANSWER_BYTES).await.unwrap_or_default();
            let detail = if status.is_success() {
                String::new()
            } else {
                answer::detail(&said)
            };
            Ok(Answer {
                status: status.as_u16(),
                retry_after,
                detail,
            })
        };
        within(self.0.limits.post, exchange).await
    }

    async fn get_document(
        &self,
        url: &str,
        accept: &'static str,
        signer: Option<Signer<'_>>,
        fits: impl Fn(&str) -> bool,
    ) -> Result<Fetched, FetchError> {
        let deadline = self.0.limits.document;
        let (url, _, bytes) = self
            .get(url, accept, signer, fits, MAX_JSON_BYTES, deadline)
            .await?;
        let body = serde_json::from_slice(&bytes).map_err(|_| FetchError::Json)?;
        Ok(Fetched {
            url: url.into(),
            body,
        })
    }

    /// Where it was in the end, its media type, and what it is.
    async fn get(
        &self,
        url: &str,
        accept: &'static str,
        signer: Option<Signer<'_>>,
        fits: impl Fn(&str) -> bool,
        max_bytes: usize,
        deadline: Duration,
    ) -> Result<(Url, String, Bytes), FetchError> {
        let url = self.0.guard.check(url)?;
        // Those in front are given their time before ours begins.
        let turn = async { Ok(self.0.budget.enter(&guard::host(&url)).await) };
        let place = within(MAX_QUEUE, turn).await?;
        let exchange = async {
            let (url, response, _place) = self.follow(url, place, accept, signer).await?;
            answer::check_status(&response)?;
            let kind = answer::media_type(response.headers());
            if !fits(&kind) {
                return Err(FetchError::ContentType(kind));
            }
            let bytes = answer::body(response, max_bytes).await?;
            Ok((url, kind, bytes))
        };
        within(deadline, exchange).await
    }

    /// Asks until the answer is no redirect. Each is signed for the host that is asked.
    async fn follow(
        &self,
        mut url: Url,
        mut place: Place,
        accept: &'static str,
        signer: Option<Signer<'_>>,
    ) -> Result<(Url, Response, Place), FetchError> {
        for _ in 0..=MAX_REDIRECTS {
            let mut request = self.0.http.get(url.clone()).header(ACCEPT, accept);
            if let Some(signer) = signer {
                // Whoever asks for signatures reads these.
                for (name, value) in sign(&Method::GET, &url, None, signer, SignatureScheme::Cavage)? {
                    request = request.header(name, value);
                }
            }
            let response = request.send().await?;
            let target = match response.status().as_u16() {
                301 | 302 | 303 | 307 | 308 => response.headers().get(LOCATION),
                _ => None,
            };
            let Some(target) = target else {
                return Ok((url, response, place));
            };
            let target = target.to_str().ok().and_then(|target| url.join(target).ok());
            let target = target.ok_or(FetchError::Refused("it redirects to no address"))?;
            url = self.0.guard.admit(target)?;
            drop(response);
            drop(place);
            place = self.0.budget.enter(&guard::host(&url)).await;
        }
        Err(FetchError::Refused("it redirects too often"))
    }
}

fn sign(
    method: &Method,
    url: &Url,
    body: Option<&[u8]>,
    signer: Signer<'_>,
    scheme: SignatureScheme,
) -> Result<Vec<(&'static str, String)>, FetchError> {
    let (Signer { key_id, key }, now) = (signer, Timestamp::now());
    let signed = match scheme {
        SignatureScheme::Cavage => {
            signature::sign(method, &guard::host(url), url.path(), body, key_id, key, now)
        }
        SignatureScheme::Rfc9421 => signature::sign_rfc9421(method, url.as_str(), body, key_id, key, now),
    };
    signed.map_err(|error| FetchError::Sign(error.to_string()))
}

async fn within<T>(
    time: Duration,
    work: impl Future<Output = Result<T, FetchError>>,
) -> Result<T, FetchError> {
    timeout(time, work)
        .await
        .unwrap_or_else(|_| Err(FetchError::Io(FetchError::LATE.to_owned())))
}
