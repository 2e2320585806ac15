//! Who asks: the client's address, the signed-in user, and which videos they may see.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use db::{Live, Privacy, Tokens, User, Video, VideoRef};
use jiff::Timestamp;

use super::error::{ApiError, InvalidParam};
use crate::app::App;

/// The cookie of people who signed in with a form. It holds an access token like any other.
pub(crate) const SESSION_COOKIE: &str = "tributary_session";
/// Reverse proxies in a row that are believed at most.
const MAX_PROXIES: usize = 8;

/// The address a request comes from, as told by trusted proxies (`server.trusted_proxies`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClientIp(pub IpAddr);

impl FromRequestParts<App> for ClientIp {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
        Ok(Self(client_ip(
            peer,
            &parts.headers,
            &app.config.server.trusted_proxies,
        )))
    }
}

/// Walks back through `X-Forwarded-For` for as long as who wrote it is trusted.
fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut told: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    for _ in 0..MAX_PROXIES {
        if !trusted.iter().any(|proxy| proxy.to_canonical() == client) {
            break;
        }
        match told.pop().and_then(|text| text.parse::<IpAddr>().ok()) {
            Some(address) => client = address.to_canonical(),
            None => break,
        }
    }
    client
}

/// Whoever asks, signed in or not.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    pub signed_in: Option<db::SignedIn>,
}

impl Viewer {
    pub(crate) fn user(&self) -> Option<&User> {
        self.signed_in.as_ref().map(|signed_in| &signed_in.user)
    }

    pub(crate) fn is_moderator(&self) -> bool {
        self.user().is_some_and(User::is_moderator)
    }

    /// Whether this is the owner of the video, or somebody who looks after all of them.
    pub(crate) fn manages(&self, video: &Video) -> bool {
        self.user().is_some_and(|user| manages(user, video))
    }
}

/// Whether this is the owner of the video, or somebody who looks after all of them.
pub(crate) fn manages(user: &User, video: &Video) -> bool {
    user.is_moderator() || video.belongs_to(user.id)
}

impl FromRequestParts<App> for Viewer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        // Several extractors of one request ask; the database is asked once.
        if let Some(known) = parts.extensions.get::<Viewer>() {
            return Ok(known.clone());
        }
        let signed_in = match (bearer(&parts.headers), session_cookie(&parts.headers)) {
            (Some(token), _) => {
                let signed_in = Tokens::verify(&app.db, token, Timestamp::now()).await?;
                Some(signed_in.ok_or_else(|| {
                    ApiError::new(
                        axum::http::StatusCode::UNAUTHORIZED,
                        "Invalid token: access token is invalid",
                    )
                    .code("invalid_token")
                })?)
            }
            // Unlike a header, a cookie is sent by whatever page makes the browser ask.
            (None, Some(token))
                if parts.method.is_safe() || is_same_origin(parts, &app.config.public_url()) =>
            {
                Tokens::verify(&app.db, token, Timestamp::now()).await?
            }
            _ => None,
        };
        let viewer = Self { signed_in };
        parts.extensions.insert(viewer.clone());
        Ok(viewer)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    // RFC 9110 11.1: the scheme is case-insensitive.
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == SESSION_COOKIE && !value.is_empty()).then_some(value))
}

/// Whether a browser says that one of our own pages makes this request. Over plain http it leaves `Sec-Fetch-Site` out, and
/// sends `Origin` with everything that is not safe. The site may be open at another address than the public one (a machine
/// at home by its IP); another site cannot make the browser send a `Host` of its own choice.
pub(crate) fn is_same_origin(parts: &Parts, public_url: &str) -> bool {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => text("origin").is_some_and(|origin| {
            origin == public_url
                || text("host")
                    .is_some_and(|host| origin.split_once("://").is_some_and(|(_, own)| own == host))
        }),
    }
}

/// A request that only somebody signed in can make.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn(pub db::SignedIn);

impl SignedIn {
    pub(crate) fn user(&self) -> &User {
        &self.0.user
    }
}

impl FromRequestParts<App> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let viewer = Viewer::from_request_parts(parts, app).await?;
        viewer.signed_in.map(Self).ok_or_else(ApiError::unauthenticated)
    }
}

pub(crate) fn not_enough_rights() -> ApiError {
    ApiError::forbidden("User does not have enough rights")
}

/// The video a client names, if it is there.
pub(crate) async fn video(app: &App, id: &str) -> Result<Video, ApiError> {
    let reference: VideoRef = id.parse().map_err(|_| wrong_id(id))?;
    Video::by_ref(&app.db, reference)
        .await?
        .ok_or_else(|| ApiError::not_found("Video not found"))
}

pub(crate) fn wrong_id(id: &str) -> ApiError {
    let message = "Should have a correct video id: a number, a UUID or a short UUID";
    ApiError::invalid(vec![InvalidParam::new("id", Some(id.into()), message, "params")])
}

/// The video a client names, if it is there and this viewer may watch it.
pub(crate) async fn visible_video(app: &App, viewer: &Viewer, id: &str) -> Result<Video, ApiError> {
    let video = video(app, id).await?;
    let allowed = match video.privacy {
        Privacy::Public => true,
        // Whoever has the link may watch; numbers can be counted through.
        Privacy::Unlisted => !matches!(id.parse(), Ok(VideoRef::Id(_))) || viewer.manages(&video),
        Privacy::Internal => viewer.signed_in.is_some(),
        Privacy::Private | Privacy::PasswordProtected => viewer.manages(&video),
    };
    match (allowed, video.privacy) {
        (true, _) => Ok(video),
        (false, Privacy::PasswordProtected) => Err(ApiError::forbidden(
            "Please provide a password to access this password protected video",
        )
        .code("video_requires_password")),
        (false, _) if viewer.signed_in.is_none() => Err(ApiError::unauthenticated()),
        (false, _) => Err(ApiError::forbidden(
            "Cannot fetch information of private/internal/blocked video",
        )),
    }
}

/// A video of this user's, or any for those who look after all.
pub(crate) async fn managed_video(app: &App, user: &User, id: &str) -> Result<Video, ApiError> {
    let video = video(app, id).await?;
    if !video.is_local() {
        return Err(ApiError::forbidden("Cannot manage a video of another server."));
    }
    if manages(user, &video) {
        Ok(video)
    } else {
        Err(ApiError::forbidden("Cannot manage a video of another user."))
    }
}

/// A live of this user's, or any for those who look after all.
pub(crate) async fn owned_live(app: &App, signed_in: &SignedIn, id: &str) -> Result<Live, ApiError> {
    let video = managed_video(app, signed_in.user(), id).await?;
    Live::by_video(&app.db, video.id)
        .await?
        .ok_or_else(|| ApiError::not_found("Live video not found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn forwarded_addresses_are_believed_as_far_as_trust_goes() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let forged = headers(&[
            ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "2.2.2.2, 10.0.0.2"),
        ]);
        let of = |trusted: &[&str]| {
            let trusted: Vec<IpAddr> = trusted.iter().map(|text| address(text)).collect();
            client_ip(address("::ffff:10.0.0.1"), &forged, &trusted)
        };
        assert_eq!(of(&[]), address("10.0.0.1"));
        assert_eq!(of(&["10.0.0.1"]), address("10.0.0.2"));
        assert_eq!(of(&["10.0.0.1", "10.0.0.2"]), address("2.2.2.2"));
        let nonsense = headers(&[("x-forwarded-for", "unknown")]);
        assert_eq!(
            client_ip(address("10.0.0.1"), &nonsense, &[address("10.0.0.1")]),
            address("10.0.0.1")
        );
    }

    #[test]
    fn tokens_are_found_in_headers_and_cookies() {
        assert_eq!(bearer(&headers(&[("authorization", "bearer abc")])), Some("abc"));
        assert_eq!(bearer(&headers(&[("authorization", "Basic abc")])), None);
        let cookies = headers(&[("cookie", "a=b; tributary_session=xyz"), ("cookie", "c=d")]);
        assert_eq!(session_cookie(&cookies), Some("xyz"));
        assert_eq!(
            session_cookie(&headers(&[("cookie", "tributary_session=")])),
            None
        );
    }
}
