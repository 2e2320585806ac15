//! Reporting a video or a comment on it to the moderators.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use db::{Comment, Video};
use federation::activity::flag::{self, About, Report};
use federation::protocol::Reason;
use serde::Deserialize;

use super::comments::account;
use super::error::PageError;
use super::frame::{Frame, Visit};
use super::show;
use crate::app::App;
use crate::http::api::abuses::REASON_CHARS;
use crate::http::api::comments as api;
use crate::http::extract;

#[derive(Debug)]
struct Choice {
    number: i64,
    key: String,
}

#[derive(Debug, Template)]
#[template(path = "report.html")]
struct ReportPage {
    frame: Frame,
    action: String,
    back: String,
    title: String,
    /// The comment it is about: its number and who wrote it.
    comment: Option<(i64, String)>,
    /// Whose moderators hear of it as well.
    elsewhere: Option<String>,
    choices: Vec<Choice>,
    max_chars: usize,
    thanks: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReportQuery {
    /// The number of a comment; without it, it is about the video.
    comment: String,
}

/// `GET /w/{id}/report`
pub(crate) async fn page(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Query(query): Query<ReportQuery>,
) -> Result<Response, PageError> {
    visit.user().ok_or(PageError::SignInFirst)?;
    let video = extract::visible_video(&app, &visit.viewer, &id).await?;
    let comment = comment(&app, &video, &query.comment).await?;
    Ok(draw(&app, &visit, &video, comment.as_ref(), false))
}

/// A reason a box was ticked for comes as `reason-N=on`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ReportForm {
    comment: String,
    text: String,
    #[serde(rename = "reason-1")]
    violent: String,
    #[serde(rename = "reason-2")]
    hateful: String,
    #[serde(rename = "reason-3")]
    spam: String,
    #[serde(rename = "reason-4")]
    privacy: String,
    #[serde(rename = "reason-5")]
    rights: String,
    #[serde(rename = "reason-6")]
    rules: String,
    #[serde(rename = "reason-7")]
    picture: String,
    #[serde(rename = "reason-8")]
    captions: String,
}

impl ReportForm {
    fn reasons(&self) -> Vec<Reason> {
        let boxes = [
            (&self.violent, Reason::ViolentOrRepulsive),
            (&self.hateful, Reason::HatefulOrAbusive),
            (&self.spam, Reason::SpamOrMisleading),
            (&self.privacy, Reason::Privacy),
            (&self.rights, Reason::Rights),
            (&self.rules, Reason::ServerRules),
            (&self.picture, Reason::Thumbnails),
            (&self.captions, Reason::Captions),
        ];
        let ticked = boxes.into_iter().filter(|(ticked, _)| !ticked.is_empty());
        ticked.map(|(_, reason)| reason).collect()
    }
}

/// `POST /w/{id}/report`
pub(crate) async fn send(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<ReportForm>,
) -> Result<Response, PageError> {
    let reporter = account(&app, &visit).await?;
    let video = extract::visible_video(&app, &visit.viewer, &id).await?;
    let comment = comment(&app, &video, &form.comment).await?;
    let text = form.text.trim();
    if !REASON_CHARS.contains(&text.chars().count()) {
        return Err(PageError::Invalid);
    }
    let report = Report {
        reporter: &reporter,
        about: comment.as_ref().map_or(About::Video(&video), About::Comment),
        text,
        reasons: &form.reasons(),
        start_s: None,
        end_s: None,
    };
    flag::report(&app.federation, &report).await?;
    Ok(draw(&app, &visit, &video, comment.as_ref(), true))
}

async fn comment(app: &App, video: &Video, id: &str) -> Result<Option<Comment>, PageError> {
    if id.is_empty() {
        return Ok(None);
    }
    Ok(Some(api::find(app, video, id).await?))
}

fn draw(app: &App, visit: &Visit, video: &Video, comment: Option<&Comment>, thanks: bool) -> Response {
    let author = comment.and_then(|comment| comment.account.as_ref());
    let about = author.unwrap_or(&video.channel.account);
    let watch = format!("/w/{}", video.uuid.short());
    show(&ReportPage {
        frame: Frame::bare(app, visit),
        action: format!("{watch}/report"),
        back: match comment {
            Some(comment) => format!("{watch}#comment-{}", comment.id),
            None => watch,
        },
        title: video.name.clone(),
        comment: comment.map(|comment| {
            let name = author.map(|account| account.actor.display_name.clone());
            (comment.id, name.unwrap_or_default())
        }),
        elsewhere: about.actor.host.clone(),
        choices: Reason::ALL
            .into_iter()
            .map(|reason| Choice {
                number: reason.number(),
                key: format!("report-reason-{}", reason.number()),
            })
            .collect(),
        max_chars: *REASON_CHARS.end(),
        thanks,
    })
}
