//! Signing in and out with a form, and choosing a language. The session is an access token like any API client's.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::error::PageError;
use super::frame::{Frame, Visit};
use super::locale::{LANGUAGE_COOKIE, Locale};
use super::show;
use crate::app::App;
use crate::auth;
use crate::http::extract::SESSION_COOKIE;

/// A year, and then the browser's wish counts again.
const LANGUAGE_SECONDS: u32 = 365 * 24 * 3600;

#[derive(Debug, Template)]
#[template(path = "login.html")]
struct LoginPage {
    frame: Frame,
    next: String,
    username: String,
    problem: Option<&'static str>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LoginForm {
    username: String,
    password: String,
    next: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LoginQuery {
    next: String,
}

/// The sign-in page that leads to `next` afterwards.
pub(crate) fn address(next: &str) -> String {
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("next", next)
        .finish();
    format!("/login?{query}")
}

/// `GET /login`
pub(crate) async fn page(State(app): State<App>, visit: Visit, Query(query): Query<LoginQuery>) -> Response {
    let next = local(&query.next);
    if visit.user().is_some() {
        return Redirect::to(&next).into_response();
    }
    show(&LoginPage {
        frame: Frame::bare(&app, &visit),
        next,
        username: String::new(),
        problem: None,
    })
}

/// `POST /login`
pub(crate) async fn submit(
    State(app): State<App>,
    visit: Visit,
    Form(form): Form<LoginForm>,
) -> Result<Response, PageError> {
    let next = local(&form.next);
    let problem = match auth::sign_in(&app.db, form.username.trim(), form.password).await {
        Ok((_, tokens)) => {
            let seconds = tokens
                .access_expires_at
                .as_second()
                .saturating_sub(Timestamp::now().as_second());
            let secure = if app.config.is_https() { "; Secure" } else { "" };
            let cookie = format!(
                "{SESSION_COOKIE}={}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}",
                tokens.access_token
            );
            return Ok(with_cookie(Redirect::to(&next), &cookie));
        }
        Err(auth::Error::WrongCredentials) => "login-wrong",
        Err(auth::Error::Blocked) => "login-blocked",
        Err(error) => {
            tracing::error!(%error, "cannot sign in");
            return Err(PageError::Internal);
        }
    };
    let frame = Frame::bare(&app, &visit);
    let page = LoginPage {
        frame,
        next,
        username: form.username,
        problem: Some(problem),
    };
    Ok((StatusCode::FORBIDDEN, show(&page)).into_response())
}

/// `POST /logout`
pub(crate) async fn leave(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    if let Some(signed_in) = &visit.viewer.signed_in {
        let mut tx = app.db.begin().await?;
        db::Tokens::revoke(&mut tx, signed_in.token_id).await?;
        tx.commit().await?;
    }
    let cookie = format!("{SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    Ok(with_cookie(Redirect::to("/"), &cookie))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LanguageForm {
    lang: String,
    back: String,
}

/// `POST /language`
pub(crate) async fn choose_language(Form(form): Form<LanguageForm>) -> Result<Response, PageError> {
    let locale = Locale::from_tag(&form.lang).ok_or(PageError::Invalid)?;
    let cookie = format!(
        "{LANGUAGE_COOKIE}={}; Path=/; Max-Age={LANGUAGE_SECONDS}; SameSite=Lax",
        locale.tag()
    );
    Ok(with_cookie(Redirect::to(&local(&form.back)), &cookie))
}

fn with_cookie(redirect: Redirect, cookie: &str) -> Response {
    let mut response = redirect.into_response();
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// A path of this server, or the home page: a link to the sign-in page must not lead elsewhere. Browsers read `//host` and
/// `/\host` as another host, and drop tabs and line ends before they look.
pub(super) fn local(path: &str) -> String {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains(['\\', '\t', '\n', '\r'])
        && path.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    if plain { path.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        for evil in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "",
            "javascript:x",
        ] {
            assert_eq!(local(evil), "/", "{evil}");
        }
        assert_eq!(local("/studio/live/x?page=2"), "/studio/live/x?page=2");
        assert_eq!(address("/a?b=c&d"), "/login?next=%2Fa%3Fb%3Dc%26d");
    }
}
