//! Whose videos a feed holds, and which of them.

use db::{Account, Audience, Channel, Handle, Page, User, Video, VideoFilter, VideoSort};
use serde::Deserialize;

use crate::app::App;
use crate::http::error::ApiError;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct FeedQuery {
    /// Wins over the ending of the address, as in PeerTube.
    pub format: Option<String>,
    account_id: Option<i64>,
    account_name: Option<String>,
    video_channel_id: Option<i64>,
    video_channel_name: Option<String>,
    /// Of a feed that only its owner knows.
    token: Option<String>,
    sort: Option<String>,
    nsfw: Option<String>,
    pub is_local: Option<bool>,
    /// Of comments: those on one video.
    pub video_id: Option<String>,
}

#[derive(Debug)]
pub(super) enum Scope {
    Instance,
    Account(Account),
    Channel(Box<Channel>),
    /// What somebody follows.
    Subscriptions(Account),
}

fn unknown() -> ApiError {
    ApiError::not_found("Nobody here has that name")
}

impl FeedQuery {
    pub(super) async fn scope(&self, app: &App) -> Result<Scope, ApiError> {
        if let Some(channel) = self.channel(app).await? {
            return Ok(Scope::Channel(Box::new(channel)));
        }
        let account = match (self.account_id, &self.account_name) {
            (Some(id), _) => Account::by_id(&app.db, id).await?,
            (None, Some(name)) => Account::by_handle(&app.db, &handle(app, name)).await?,
            (None, None) => return Ok(Scope::Instance),
        };
        account.map(Scope::Account).ok_or_else(unknown)
    }

    /// The channel that is asked for, if one is.
    pub(super) async fn channel(&self, app: &App) -> Result<Option<Channel>, ApiError> {
        let channel = match (self.video_channel_id, &self.video_channel_name) {
            (Some(id), _) => Channel::by_id(&app.db, id).await?,
            (None, Some(name)) => Channel::by_handle(&app.db, &handle(app, name)).await?,
            (None, None) => return Ok(None),
        };
        channel.map(Some).ok_or_else(unknown)
    }

    /// The token is the key to it: whoever knows the address may read.
    pub(super) async fn subscriptions(&self, app: &App) -> Result<Scope, ApiError> {
        let (Some(id), Some(token)) = (self.account_id, &self.token) else {
            return Err(ApiError::forbidden("accountId and token are needed"));
        };
        let account = Account::by_id(&app.db, id).await?;
        let owner = User::by_feed_token(&app.db, token).await?;
        match (account, owner) {
            (Some(account), Some(owner)) if account.user_id == Some(owner.id) => {
                Ok(Scope::Subscriptions(account))
            }
            _ => Err(ApiError::forbidden("The token does not belong to the account")),
        }
    }

    fn order(&self) -> (VideoSort, bool) {
        let sort = self.sort.as_deref().unwrap_or("-publishedAt");
        let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        match name {
            "createdAt" => (VideoSort::CreatedAt, descending),
            "originallyPublishedAt" => (VideoSort::OriginallyPublishedAt, descending),
            "name" => (VideoSort::Name, descending),
            "duration" => (VideoSort::Duration, descending),
            "views" | "trending" | "hot" | "best" => (VideoSort::Views, descending),
            "likes" => (VideoSort::Likes, descending),
            _ => (VideoSort::PublishedAt, descending),
        }
    }
}

fn handle(app: &App, name: &str) -> Handle {
    Handle::parse(name, &app.config.host())
}

impl Scope {
    fn filter(&self) -> VideoFilter {
        let mut filter = VideoFilter {
            audience: Audience::Public,
            ..VideoFilter::default()
        };
        match self {
            Self::Instance => {}
            Self::Account(account) => filter.account_id = Some(account.id),
            Self::Channel(channel) => filter.channel_id = Some(channel.id),
            Self::Subscriptions(account) => filter.followed_by = Some(account.actor.id),
        }
        filter
    }

    pub(super) async fn videos(
        &self,
        app: &App,
        query: &FeedQuery,
        count: i64,
    ) -> Result<Vec<Video>, ApiError> {
        let nsfw = match query.nsfw.as_deref() {
            Some("both") => None,
            Some("true") => Some(true),
            _ => Some(false),
        };
        let filter = VideoFilter {
            nsfw,
            is_local: query.is_local,
            ..self.filter()
        };
        let page = Page {
            skip_total: true,
            ..Page::first(count)
        };
        Ok(Video::list(&app.db, &filter, query.order(), page).await?.data)
    }

    pub(super) fn title(&self, app: &App) -> String {
        match self {
            Self::Instance => app.settings.instance().name.clone(),
            Self::Account(account) => account.actor.display_name.clone(),
            Self::Channel(channel) => channel.actor.display_name.clone(),
            Self::Subscriptions(account) => {
                format!(
                    "{} · {}",
                    account.actor.display_name,
                    app.settings.instance().name
                )
            }
        }
    }

    pub(super) fn description(&self, app: &App) -> String {
        match self {
            Self::Instance | Self::Subscriptions(_) => app.settings.instance().short_description.clone(),
            Self::Account(account) => account.actor.description.clone().unwrap_or_default(),
            Self::Channel(channel) => channel.actor.description.clone().unwrap_or_default(),
        }
    }

    pub(super) fn path(&self) -> String {
        match self {
            Self::Instance => "/".to_owned(),
            Self::Subscriptions(_) => "/subscriptions".to_owned(),
            Self::Account(account) => format!("/a/{}", account.actor.handle()),
            Self::Channel(channel) => format!("/c/{}", channel.actor.handle()),
        }
    }
}
