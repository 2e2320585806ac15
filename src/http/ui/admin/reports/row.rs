//! A report as it is listed: what it is about, and what can be done about it.

use db::{Abuse, AbuseState, Account, Blocklist, Comment, Video};
use federation::protocol::Reason;
use jiff::Timestamp;

use crate::app::App;
use crate::http::ui::error::PageError;
use crate::http::ui::format::{self, When};
use crate::http::ui::frame::{Visit, Who};
use crate::http::ui::rich_text;

/// What a report is about, as far as it is still there.
#[derive(Debug)]
pub(super) enum About {
    Video(VideoLink),
    Comment {
        href: String,
        text: String,
        video: String,
    },
    /// Itself, or what they had published and is gone.
    Account(Who),
    Gone,
}

#[derive(Debug)]
pub(super) struct VideoLink {
    pub(super) href: String,
    pub(super) title: String,
    /// From here to there.
    pub(super) moment: Option<String>,
    /// One of another server is theirs to delete.
    pub(super) is_local: bool,
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) state: AbuseState,
    pub(super) when: When,
    pub(super) reporter: Option<Who>,
    /// Whom it is about.
    pub(super) account: Option<Who>,
    pub(super) about: About,
    pub(super) reason: String,
    /// Keys of PeerTube's reasons.
    pub(super) reasons: Vec<String>,
    pub(super) note: String,
    pub(super) account_blocked: bool,
    pub(super) server_blocked: bool,
    /// Of whoever looks at it: nobody blocks themselves.
    pub(super) is_own: bool,
}

impl Row {
    pub(super) async fn load(
        app: &App,
        visit: &Visit,
        abuse: Abuse,
        now: Timestamp,
    ) -> Result<Self, PageError> {
        let about = About::load(app, &abuse).await?;
        let account = abuse.account.as_ref();
        let host = account.and_then(|account| account.actor.host.as_deref());
        Ok(Self {
            id: abuse.id,
            state: abuse.state,
            when: When::ago(visit.t, abuse.created_at, now),
            reporter: abuse.reporter.as_ref().map(Who::account),
            account: account.map(Who::account),
            about,
            reasons: abuse
                .predefined
                .iter()
                .filter_map(|number| Reason::numbered(*number))
                .map(|reason| format!("report-reason-{}", reason.number()))
                .collect(),
            reason: abuse.reason,
            note: abuse.moderation_comment.unwrap_or_default(),
            account_blocked: match account {
                Some(account) => Blocklist::blocks_account(&app.db, None, account.id).await?,
                None => false,
            },
            server_blocked: match host {
                Some(host) => Blocklist::blocks_host(&app.db, None, host).await?,
                None => false,
            },
            is_own: account.is_some_and(|account| is_own(visit, account)),
        })
    }

    /// Who published what it is about.
    pub(super) fn author(&self) -> Option<&Who> {
        self.account
            .as_ref()
            .filter(|_| !matches!(self.about, About::Account(_)))
    }

    pub(super) fn is_pending(&self) -> bool {
        self.state == AbuseState::Pending
    }

    /// What the state is called, and how it looks.
    pub(super) fn badge(&self) -> (&'static str, &'static str) {
        match self.state {
            AbuseState::Pending => ("admin-follow-pending", "badge badge-warn"),
            AbuseState::Rejected => ("admin-follow-rejected", "badge"),
            AbuseState::Accepted => ("admin-follow-accepted", "badge badge-ok"),
        }
    }

    /// The key of the question before what it is about is deleted, and what the button says.
    pub(super) fn deletion(&self) -> Option<(&'static str, &'static str)> {
        match &self.about {
            About::Video(video) if video.is_local => {
                Some(("admin-report-delete-video-sure", "admin-report-delete-video"))
            }
            About::Comment { .. } => Some(("comments-delete-sure", "admin-report-delete-comment")),
            About::Video(_) | About::Account(_) | About::Gone => None,
        }
    }
}

impl About {
    async fn load(app: &App, abuse: &Abuse) -> Result<Self, db::Error> {
        if let Some(id) = abuse.comment_id {
            let said = Comment::by_id(&app.db, id).await?;
            return Ok(match said.filter(|said| !said.is_deleted()) {
                Some(said) => Self::Comment {
                    href: format!("/w/{}#comment-{}", said.video.uuid.short(), said.id),
                    text: rich_text::plain(&said.text, said.markup),
                    video: said.video.name,
                },
                None => Self::Gone,
            });
        }
        let video = match abuse.video_id {
            Some(id) => Video::by_ref(&app.db, id).await?,
            None => None,
        };
        Ok(match (video, &abuse.account) {
            (Some(video), _) => Self::Video(VideoLink::new(&video, abuse)),
            (None, Some(account)) => Self::Account(Who::account(account)),
            (None, None) => Self::Gone,
        })
    }
}

impl VideoLink {
    fn new(video: &Video, abuse: &Abuse) -> Self {
        let watch = format!("/w/{}", video.uuid.short());
        Self {
            href: match abuse.start_s {
                Some(start) => format!("{watch}?start={start}"),
                None => watch,
            },
            title: video.name.clone(),
            moment: abuse.start_s.map(|start| {
                let end = abuse.end_s.map(format::length);
                let end = end.map(|end| format!("–{end}")).unwrap_or_default();
                format::length(start) + &end
            }),
            is_local: video.is_local(),
        }
    }
}

/// Whether it is the account of whoever looks.
pub(super) fn is_own(visit: &Visit, account: &Account) -> bool {
    visit.user().is_some_and(|user| account.user_id == Some(user.id))
}
