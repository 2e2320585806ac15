//! Reports.

use db::{Abuse, AbuseState, Comment, Video};
use serde::Serialize;
use utoipa::ToSchema;

use super::actor::AccountShape;
use super::{Labelled, Site, iso};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportedVideo {
    id: i64,
    uuid: String,
    #[serde(rename = "shortUUID")]
    short_uuid: String,
    name: String,
    start_at: Option<i64>,
    end_at: Option<i64>,
    deleted: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportedComment {
    id: i64,
    thread_id: i64,
    text: String,
    deleted: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AbuseShape {
    id: i64,
    reason: String,
    /// As they are called: `spamOrMisleading`.
    predefined_reasons: Vec<&'static str>,
    state: Labelled<i64>,
    moderation_comment: Option<String>,
    reporter_account: Option<AccountShape>,
    flagged_account: Option<AccountShape>,
    video: Option<ReportedVideo>,
    comment: Option<ReportedComment>,
    created_at: String,
    updated_at: String,
}

impl AbuseShape {
    /// `video` and `comment` are those it is about, as far as they are there.
    pub(crate) fn new(abuse: &Abuse, video: Option<&Video>, comment: Option<&Comment>, site: &Site) -> Self {
        let reasons = abuse.predefined.iter();
        Self {
            id: abuse.id,
            reason: abuse.reason.clone(),
            predefined_reasons: reasons
                .filter_map(|number| federation::protocol::Reason::numbered(*number))
                .map(federation::protocol::Reason::name)
                .collect(),
            state: Labelled::new(abuse.state.id(), label(abuse.state)),
            moderation_comment: abuse.moderation_comment.clone(),
            reporter_account: abuse
                .reporter
                .as_ref()
                .map(|account| AccountShape::new(account, site)),
            flagged_account: abuse
                .account
                .as_ref()
                .map(|account| AccountShape::new(account, site)),
            video: video.map(|video| ReportedVideo {
                id: video.id,
                uuid: video.uuid.to_string(),
                short_uuid: video.uuid.short(),
                name: video.name.clone(),
                start_at: abuse.start_s,
                end_at: abuse.end_s,
                deleted: false,
            }),
            comment: comment.map(|comment| ReportedComment {
                id: comment.id,
                thread_id: comment.root_id(),
                text: comment.text.clone(),
                deleted: comment.is_deleted(),
            }),
            created_at: iso(abuse.created_at),
            updated_at: iso(abuse.updated_at),
        }
    }

    /// For who made the report: what moderators note is for them.
    pub(crate) fn keep_among_moderators(&mut self) {
        self.moderation_comment = None;
    }
}

fn label(state: AbuseState) -> &'static str {
    match state {
        AbuseState::Pending => "Pending",
        AbuseState::Rejected => "Rejected",
        AbuseState::Accepted => "Accepted",
    }
}
