//! The page of a video or a live, and the player alone for other people's pages.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::card::{self, Card, audience};
use super::comments::{Comments, Rates};
use super::error::PageError;
use super::format::{self, When};
use super::frame::{Frame, Visit, Who};
use super::locale::Locale;
use super::pager::PagerQuery;
use super::player::{Notice, Player, Sources, Use, live_status};
use super::{CONTENT_SECURITY_POLICY, EMBED_SECURITY_POLICY, language, show};
use crate::app::App;
use crate::http::events::{LiveStatus, state_name, status_elsewhere};
use crate::http::extract;
use crate::live::State as LiveState;
use crate::storage::Picture;

/// Beside the player on wide screens.
const MORE: i64 = 8;

/// A line of what is known about a video.
#[derive(Debug)]
struct Fact {
    name: String,
    value: String,
}

#[derive(Debug, Template)]
#[template(path = "watch.html")]
struct WatchPage {
    frame: Frame,
    player: Player,
    title: String,
    summary: String,
    canonical: String,
    oembed: String,
    embed: String,
    picture: Option<String>,
    hidden_from_search: bool,
    is_live: bool,
    on_air: bool,
    audience: Option<String>,
    when: Option<When>,
    privacy: Option<String>,
    sensitive: bool,
    channel: Who,
    manage: Option<String>,
    last_replay: Option<String>,
    description: Option<String>,
    facts: Vec<Fact>,
    rates: Rates,
    comments: Comments,
    more: Vec<Card>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct WatchQuery {
    /// Where to start, in seconds ("90") or as PeerTube writes it ("1h2m3s").
    #[serde(default)]
    start: String,
    /// Of the comments.
    #[serde(default)]
    page: String,
}

/// `GET /w/{id}` and `GET /videos/watch/{id}`
pub(crate) async fn page(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Query(query): Query<WatchQuery>,
) -> Result<Response, PageError> {
    let video = extract::visible_video(&app, &visit.viewer, &id).await?;
    let (t, now) = (visit.t, Timestamp::now());
    federation::remote::video::refresh_if_old(&app.federation, &video);
    let sources = Sources::of(&app.db, &video).await?;
    let policy = sources.policy(CONTENT_SECURITY_POLICY);
    let player = player(&app, t, &video, sources, Use::Watch, seconds(&query.start)).await?;
    let on_air = video.is_live && status(&app, &video).await?.state == state_name(LiveState::OnAir);
    let started = if on_air {
        "watch-started"
    } else {
        "watch-published"
    };
    let waits = video.is_live && !on_air;
    let urls = Urls::of(&app, &video);
    let more = more(&app, &video).await?;
    let last_replay = match player.notice {
        Some(_) => last_replay(&app, &visit, &video).await?,
        None => None,
    };
    let description = video.description.clone().filter(|text| !text.trim().is_empty());
    let page = WatchPage {
        frame: Frame::bare(&app, &visit),
        player,
        title: video.name.clone(),
        summary: format::summary(
            description
                .as_deref()
                .unwrap_or(&app.settings.instance().short_description),
        ),
        canonical: urls.page,
        oembed: urls.oembed,
        embed: urls.embed,
        picture: urls.picture,
        // Those of other servers are for them to be found.
        hidden_from_search: video.privacy != db::Privacy::Public || !video.is_local(),
        is_live: video.is_live,
        on_air,
        audience: audience(&app, t, &video),
        when: (!waits).then(|| When::sentence(t, started, video.published_at, now)),
        privacy: privacy(t, video.privacy),
        sensitive: video.nsfw,
        channel: Who::channel(&video.channel),
        manage: (video.is_live && video.is_local() && visit.manages(&video))
            .then(|| format!("/studio/live/{}", video.uuid.short())),
        last_replay,
        facts: facts(t, &video),
        rates: Rates::of(&app, &visit, &video).await?,
        comments: Comments::of(&app, &visit, &video, PagerQuery { page: query.page }).await?,
        description,
        more: Card::all(&app, t, &more),
    };
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], show(&page)).into_response())
}

/// Where a live stands, here or elsewhere.
async fn status(app: &App, video: &db::Video) -> Result<LiveStatus, db::Error> {
    if video.is_local() {
        Ok(live_status(app, video))
    } else {
        status_elsewhere(&app.db, video).await
    }
}

/// The newest replay of a live that waits, if this visitor may see it.
async fn last_replay(app: &App, visit: &Visit, live: &db::Video) -> Result<Option<String>, db::Error> {
    /// The last few sessions: those without a replay are passed over.
    const LOOK_BACK: i64 = 100;
    let page = db::Page {
        skip_total: true,
        ..db::Page::first(LOOK_BACK)
    };
    let sessions = db::LiveSession::of_live(&app.db, live.id, page).await?.data;
    let replay = sessions.iter().rev().find_map(|(_, replay)| replay.as_ref());
    Ok(replay
        .filter(|replay| replay.privacy == db::Privacy::Public || visit.manages(replay))
        .map(|replay| format!("/w/{}", replay.uuid.short())))
}

async fn more(app: &App, video: &db::Video) -> Result<Vec<db::Video>, db::Error> {
    let filter = db::VideoFilter {
        channel_id: Some(video.channel.id),
        ..db::VideoFilter::default()
    };
    let page = db::Page {
        skip_total: true,
        ..db::Page::first(MORE + 1)
    };
    let newest = (db::VideoSort::PublishedAt, true);
    let mut videos = db::Video::list(&app.db, &filter, newest, page).await?.data;
    videos.retain(|other| other.id != video.id);
    videos.truncate(usize::try_from(MORE).unwrap_or(usize::MAX));
    Ok(videos)
}

async fn player(
    app: &App,
    t: Locale,
    video: &db::Video,
    sources: Sources,
    used: Use,
    start_at: u32,
) -> Result<Player, db::Error> {
    if video.is_live {
        return Ok(Player::live(app, t, video, status(app, video).await?, used));
    }
    Ok(Player::recording(app, t, video, sources, used, start_at))
}

fn privacy(t: Locale, privacy: db::Privacy) -> Option<String> {
    match privacy {
        db::Privacy::Public => None,
        db::Privacy::Unlisted => Some(t.say("watch-privacy-unlisted")),
        db::Privacy::Private => Some(t.say("watch-privacy-private")),
        db::Privacy::Internal => Some(t.say("watch-privacy-internal")),
        db::Privacy::PasswordProtected => Some(t.say("watch-privacy-password")),
    }
}

fn facts(t: Locale, video: &db::Video) -> Vec<Fact> {
    let facts = [
        (
            "watch-category",
            video.category.map(|id| t.say(&format!("category-{id}"))),
        ),
        (
            "watch-licence",
            video.licence.map(|id| t.say(&format!("licence-{id}"))),
        ),
        (
            "watch-language",
            video
                .language
                .as_deref()
                .map(|code| language::name(code).to_owned()),
        ),
    ];
    facts
        .into_iter()
        .filter_map(|(name, value)| {
            Some(Fact {
                name: t.say(name),
                value: value?,
            })
        })
        .collect()
}

/// The addresses of a video, whole, for other sites.
pub(crate) struct Urls {
    pub page: String,
    pub embed: String,
    pub oembed: String,
    /// The large picture, if there is one.
    pub picture: Option<String>,
}

impl Urls {
    pub(crate) fn of(app: &App, video: &db::Video) -> Self {
        let base = app.config.public_url();
        let page = format!("{base}/w/{}", video.uuid.short());
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("url", &page)
            .finish();
        Self {
            embed: format!("{base}/videos/embed/{}", video.uuid),
            oembed: format!("{base}/services/oembed?{query}"),
            picture: card::picture(app, video, Picture::Preview).map(|path| format!("{base}{path}")),
            page: video.url.clone().unwrap_or(page),
        }
    }
}

/// Seconds of "90", "90s" or "1h2m3s"; 0 for what is none of them.
fn seconds(text: &str) -> u32 {
    let (mut total, mut number) = (0_u32, 0_u32);
    for c in text.chars() {
        match (c.to_digit(10), c) {
            (Some(digit), _) => number = number.saturating_mul(10).saturating_add(digit),
            (None, 'h') => total = total.saturating_add(std::mem::take(&mut number).saturating_mul(3600)),
            (None, 'm') => total = total.saturating_add(std::mem::take(&mut number).saturating_mul(60)),
            (None, 's') => total = total.saturating_add(std::mem::take(&mut number)),
            _ => return 0,
        }
    }
    total.saturating_add(number)
}

#[derive(Debug, Template)]
#[template(path = "embed.html")]
struct EmbedPage {
    frame: Frame,
    player: Player,
    title: String,
    canonical: String,
    picture: Option<String>,
}

/// PeerTube's names.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct EmbedQuery {
    #[serde(default)]
    autoplay: String,
    #[serde(default)]
    muted: String,
    #[serde(default)]
    start: String,
}

/// `GET /videos/embed/{id}`
pub(crate) async fn embed(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Query(query): Query<EmbedQuery>,
) -> Result<Response, PageError> {
    let video = match extract::visible_video(&app, &visit.viewer, &id).await {
        Ok(video) => video,
        // The frame of another site is no place to sign in.
        Err(error) => {
            let error = match PageError::from(error) {
                PageError::SignInFirst => PageError::Forbidden,
                error => error,
            };
            let policy = [(header::CONTENT_SECURITY_POLICY, EMBED_SECURITY_POLICY)];
            return Ok((policy, error).into_response());
        }
    };
    let on = |text: &str| matches!(text, "1" | "true");
    let used = Use::Embed {
        autoplay: on(&query.autoplay),
        muted: on(&query.muted),
    };
    let sources = Sources::of(&app.db, &video).await?;
    let policy = [(
        header::CONTENT_SECURITY_POLICY,
        sources.policy(EMBED_SECURITY_POLICY),
    )];
    let mut player = player(&app, visit.t, &video, sources, used, seconds(&query.start)).await?;
    if !video.is_live && player.playlist().is_empty() {
        player.notice = Some(Notice {
            title: visit.t.say("player-ended-title"),
            text: visit.t.say("player-ended-text"),
        });
    }
    let urls = Urls::of(&app, &video);
    let page = EmbedPage {
        frame: Frame::bare(&app, &visit),
        player,
        title: video.name.clone(),
        canonical: urls.page,
        picture: urls.picture,
    };
    Ok((policy, show(&page)).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_read_as_people_write_them() {
        assert_eq!(seconds("90"), 90);
        assert_eq!(seconds("1h2m3s"), 3723);
        assert_eq!(seconds("2m"), 120);
        assert_eq!(seconds("-5"), 0);
        assert_eq!(seconds("x"), 0);
        assert_eq!(seconds("99999999999h"), u32::MAX);
    }
}
