//! The Video object: recordings, and lives that wait, are on air or have ended.

mod caption;
mod licence;
mod links;
mod pictures;

use db::{ActorKind, CommentsPolicy, LatencyMode, Uuid, VideoState};
use jiff::Timestamp;
use serde_json::Value;

use super::read::{Node, id_of};
use super::{HttpUrl, Invalid, Recipients, Rules};

pub use self::caption::Caption;
pub use self::links::{Hls, Magnet, Tracker, VideoFile};
pub use self::pictures::{Image, Storyboard};

const NAME_CHARS: std::ops::RangeInclusive<usize> = 3..=120;
const MAX_DESCRIPTION_CHARS: usize = 10_000;
const MAX_SUPPORT_CHARS: usize = 1_000;
const TAG_CHARS: std::ops::RangeInclusive<usize> = 2..=30;
/// People may set five.
const MAX_TAGS: usize = 30;
const MAX_SENSITIVE_TAGS: usize = 30;
const MAX_SENSITIVE_TAG_CHARS: usize = 50;
const MAX_SENSITIVE_SUMMARY_CHARS: usize = 250;
const MAX_ATTRIBUTIONS: usize = 10;
const MAX_SCHEDULES: usize = 50;
const MAX_CATEGORY: i64 = 18;

#[derive(Debug, Clone, PartialEq)]
pub struct Video {
    pub id: HttpUrl,
    /// Chosen by its server: that somebody else has a video of this UUID is for the caller to see.
    pub uuid: Uuid,
    pub name: String,
    /// 0 for lives.
    pub duration_s: u32,
    pub published: Timestamp,
    pub updated: Timestamp,
    /// Where it was before it was here.
    pub originally_published: Option<Timestamp>,
    /// When its file was replaced.
    pub uploaded: Option<Timestamp>,
    pub views: i64,
    pub downloads: Option<i64>,
    /// The account and the channel, at least one of them of the video's server.
    pub attributed_to: Vec<Attribution>,
    pub recipients: Recipients,
    /// Markdown; HTML is allowed in it, so it has to be sanitised either way.
    pub description: Option<String>,
    /// Markdown.
    pub support: Option<String>,
    /// 1 to 18.
    pub category: Option<i64>,
    /// 1 to 7.
    pub licence: Option<i64>,
    /// A code such as `en` or `zh-Hans`.
    pub language: Option<String>,
    pub tags: Vec<String>,
    pub sensitive: Option<Sensitive>,
    pub state: VideoState,
    pub wait_transcoding: bool,
    pub download_enabled: bool,
    pub comments_policy: CommentsPolicy,
    /// Set for lives.
    pub live: Option<Live>,
    /// Width by height; 0 if there is no picture.
    pub aspect_ratio: Option<f64>,
    /// For lists.
    pub thumbnail: Image,
    /// For the player.
    pub preview: Image,
    pub storyboard: Option<Storyboard>,
    pub captions: Vec<Caption>,
    /// The page for people.
    pub page: Option<HttpUrl>,
    pub embedding: Embedding,
    /// Plain files, best first.
    pub web_videos: Vec<VideoFile>,
    pub hls: Option<Hls>,
    pub trackers: Vec<Tracker>,
    /// Where the chapters are.
    pub chapters: Option<HttpUrl>,
    pub likes: Option<HttpUrl>,
    pub dislikes: Option<HttpUrl>,
    pub shares: Option<HttpUrl>,
    pub comments: Option<HttpUrl>,
    /// The channel, as Lemmy wants to be told (PeerTube 8).
    pub audience: Option<HttpUrl>,
}

/// PeerTube 6.3 says of what kind each is, 8.x gives ids only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    pub id: HttpUrl,
    pub kind: Option<ActorKind>,
}

/// Why a video is not for everyone; 6.3 gives no reasons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sensitive {
    pub summary: Option<String>,
    pub tags: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    pub permanent: bool,
    pub save_replay: bool,
    pub latency: LatencyMode,
    /// How far back viewers may rewind (PeerTube 8.2).
    pub dvr_window_s: Option<u32>,
    /// When it is planned to be on air (PeerTube 8).
    pub schedules: Vec<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Embedding {
    /// Nothing is said (PeerTube 6): allowed, at the usual address.
    Unsaid,
    At(HttpUrl),
    /// Other sites must not embed it.
    Forbidden,
}

impl Video {
    pub fn parse(value: &Value, rules: Rules) -> Result<Self, Invalid> {
        let node = Node::new(value, rules)?;
        node.expect_kind("Video")?;
        let id = node.id()?;
        let links = links::Links::of(node);
        let (thumbnail, preview) = pictures::thumbnail_and_preview(node)?;
        Ok(Self {
            uuid: uuid(node)?,
            name: node.text("name", NAME_CHARS)?,
            duration_s: node.seconds("duration")?,
            published: node.time("published")?,
            updated: node.time("updated")?,
            originally_published: node.optional_time("originallyPublishedAt"),
            uploaded: node.optional_time("uploadDate"),
            views: node
                .count("views")
                .ok_or(Invalid::new("views", "is not a count"))?,
            downloads: node.count("downloads"),
            attributed_to: attributions(node, &id)?,
            recipients: Recipients::of(node),
            description: node.optional_text("content", MAX_DESCRIPTION_CHARS),
            support: node.optional_text("support", MAX_SUPPORT_CHARS),
            category: identifier(node, "category")
                .and_then(|text| text.parse().ok())
                .filter(|category| (1..=MAX_CATEGORY).contains(category)),
            licence: identifier(node, "licence").and_then(|text| licence::number(&text)),
            language: identifier(node, "language").and_then(caption::language),
            tags: tags(node),
            sensitive: Sensitive::of(node),
            state: node
                .count("state")
                .and_then(|state| VideoState::try_from(state).ok())
                .unwrap_or(VideoState::Published),
            wait_transcoding: node.flag("waitTranscoding").unwrap_or(false),
            download_enabled: node.flag("downloadEnabled").unwrap_or(true),
            comments_policy: comments_policy(node),
            live: Live::of(node),
            aspect_ratio: node
                .get("aspectRatio")
                .and_then(Value::as_f64)
                .filter(|ratio| ratio.is_finite() && *ratio >= 0.0),
            thumbnail,
            preview,
            storyboard: Storyboard::of(node),
            captions: caption::captions(node),
            page: links.page,
            embedding: Embedding::of(node),
            web_videos: links.web_videos,
            hls: links.hls,
            trackers: links.trackers,
            chapters: node.optional_url("hasParts"),
            likes: node.optional_url("likes"),
            dislikes: node.optional_url("dislikes"),
            shares: node.optional_url("shares"),
            comments: node.optional_url("comments"),
            audience: node.optional_url("audience"),
            id,
        })
    }

    /// Only these are shown to others: what is being processed is nobody else's business.
    pub fn is_showable(&self) -> bool {
        matches!(
            self.state,
            VideoState::Published | VideoState::WaitingForLive | VideoState::LiveEnded
        )
    }
}

pub(super) fn uuid(node: Node<'_>) -> Result<Uuid, Invalid> {
    const LONG_FORM: usize = 36;
    node.str("uuid")
        .filter(|text| text.len() == LONG_FORM)
        .and_then(|text| text.parse().ok())
        .ok_or(Invalid::new("uuid", "is not a UUID"))
}

/// PeerTube takes the first Group of the video's server for the channel.
fn attributions(node: Node<'_>, id: &HttpUrl) -> Result<Vec<Attribution>, Invalid> {
    let all: Vec<_> = node
        .each("attributedTo", MAX_ATTRIBUTIONS)
        .filter_map(|value| {
            Some(Attribution {
                id: HttpUrl::parse(id_of(value)?, "attributedTo", node.rules).ok()?,
                kind: Node::find(value, node.rules).and_then(|node| super::actor::kind_of(node.kind())),
            })
        })
        .collect();
    if all.iter().any(|attribution| attribution.id.is_beside(id)) {
        Ok(all)
    } else {
        Err(Invalid::new("attributedTo", "names nobody of the video's server"))
    }
}

/// Of `{identifier, name}`, what counts.
fn identifier(node: Node<'_>, field: &str) -> Option<String> {
    match node.node(field)?.get("identifier")? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn tags(node: Node<'_>) -> Vec<String> {
    node.nodes("tag", MAX_TAGS)
        .filter(|tag| tag.kind() == "Hashtag")
        .filter_map(|tag| {
            let name = tag.optional_text("name", *TAG_CHARS.end() + 2)?;
            let name = name.trim().trim_start_matches('#').to_owned();
            TAG_CHARS.contains(&name.chars().count()).then_some(name)
        })
        .collect()
}

/// PeerTube 5 had `commentsEnabled` only; who says nothing wants none.
fn comments_policy(node: Node<'_>) -> CommentsPolicy {
    let said = node
        .count("commentsPolicy")
        .and_then(|policy| CommentsPolicy::try_from(policy).ok());
    match (said, node.flag("commentsEnabled")) {
        (Some(policy), _) => policy,
        (None, Some(true)) => CommentsPolicy::Enabled,
        _ => CommentsPolicy::Disabled,
    }
}

impl Sensitive {
    fn of(node: Node<'_>) -> Option<Self> {
        node.flag("sensitive").unwrap_or(false).then(|| Self {
            summary: node.optional_text("summary", MAX_SENSITIVE_SUMMARY_CHARS),
            tags: node
                .nodes("tag", MAX_TAGS + MAX_SENSITIVE_TAGS)
                .filter(|tag| tag.kind() == "SensitiveTag")
                .filter_map(|tag| tag.optional_text("name", MAX_SENSITIVE_TAG_CHARS))
                .collect(),
        })
    }
}

impl Live {
    fn of(node: Node<'_>) -> Option<Self> {
        node.flag("isLiveBroadcast").unwrap_or(false).then(|| Self {
            permanent: node.flag("permanentLive").unwrap_or(false),
            save_replay: node.flag("liveSaveReplay").unwrap_or(false),
            latency: node
                .count("latencyMode")
                .and_then(|mode| LatencyMode::try_from(mode).ok())
                .unwrap_or(LatencyMode::Default),
            dvr_window_s: node.seconds("dvrWindow").ok().filter(|&seconds| seconds > 0),
            schedules: node
                .nodes("schedules", MAX_SCHEDULES)
                .filter_map(|schedule| schedule.optional_time("startDate"))
                .collect(),
        })
    }
}

impl Embedding {
    fn of(node: Node<'_>) -> Self {
        match node.optional_url("embedUrl") {
            Some(url) => Self::At(url),
            None if node.has("embedUrl") => Self::Forbidden,
            None => Self::Unsaid,
        }
    }
}
