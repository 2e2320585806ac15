//! What people say about their videos: when they make a live, and when they change something.

use db::{CommentsPolicy, NewVideo, Privacy, VideoUpdate};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::constants;
use super::input::{Check, Given};

/// PeerTube's bounds.
const MAX_TAGS: usize = 5;
const TAG_CHARS: std::ops::RangeInclusive<usize> = 2..=30;
const NAME: &str = "Should have a video name between 3 and 120 characters long";
const DESCRIPTION: &str = "Should have a description between 3 and 10000 characters long";
const SUPPORT: &str = "Should have a support text between 3 and 1000 characters long";
const PRIVACY: &str = "Should have correct video privacy (videos cannot be password protected here)";
const TAGS: &str = "Should have an array of up to 5 tags between 2 and 30 characters each";

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VideoInput {
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 120)]
    name: Given<String>,
    /// The channel it belongs to; one of the user's own.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    channel_id: Given<i64>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    category: Given<i64>,
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    licence: Given<i64>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    language: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    description: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    support: Given<String>,
    /// 1 public, 2 unlisted, 3 private, 4 internal.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    privacy: Given<i64>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    nsfw: Given<bool>,
    /// 1 enabled, 2 disabled, 3 requires approval.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    comments_policy: Given<i64>,
    /// Older clients say this instead of `commentsPolicy`.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    comments_enabled: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    download_enabled: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    wait_transcoding: Given<bool>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    tags: Given<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    originally_published_at: Given<String>,
}

impl VideoInput {
    pub(crate) fn channel_id(&self, check: &mut Check) -> Option<i64> {
        check.value(
            "channelId",
            &self.channel_id,
            "Should have correct video channel id",
            |id| *id > 0,
        )
    }

    /// The fields that are there, as changes.
    pub(crate) fn update(&self, check: &mut Check) -> VideoUpdate {
        VideoUpdate {
            channel_id: self.channel_id(check),
            name: check.text("name", &self.name, 3..=120, NAME),
            description: check.nullable_text("description", &self.description, 3..=10_000, DESCRIPTION),
            support: check.nullable_text("support", &self.support, 3..=1_000, SUPPORT),
            category: check.nullable("category", &self.category, "Should have a valid category", |id| {
                constants::category(*id).is_some()
            }),
            licence: check.nullable("licence", &self.licence, "Should have a valid licence", |id| {
                constants::licence(*id).is_some()
            }),
            language: check.nullable(
                "language",
                &self.language,
                "Should have a valid language",
                |code| constants::language(code).is_some(),
            ),
            privacy: privacy(check, "privacy", &self.privacy),
            nsfw: check.flag("nsfw", &self.nsfw),
            comments_policy: self.comments_policy(check),
            download_enabled: check.flag("downloadEnabled", &self.download_enabled),
            wait_transcoding: check.flag("waitTranscoding", &self.wait_transcoding),
            tags: self.tags(check),
            originally_published_at: self.originally_published_at(check),
        }
    }

    /// A new video with a name; what was not said is PeerTube's default.
    pub(crate) fn new_video(&self, check: &mut Check) -> Option<NewVideo> {
        let said = self.update(check);
        let name = check.required("name", said.name, NAME);
        let channel_id = check.required(
            "channelId",
            said.channel_id,
            "Should have correct video channel id",
        );
        let (name, channel_id) = name.zip(channel_id)?;
        Some(NewVideo {
            channel_id,
            name,
            description: said.description.flatten(),
            support: said.support.flatten(),
            category: said.category.flatten(),
            licence: said.licence.flatten(),
            language: said.language.flatten(),
            privacy: said.privacy.unwrap_or(Privacy::Private),
            nsfw: said.nsfw.unwrap_or(false),
            comments_policy: said.comments_policy.unwrap_or(CommentsPolicy::Enabled),
            download_enabled: said.download_enabled.unwrap_or(true),
            tags: said.tags.unwrap_or_default(),
            originally_published_at: said.originally_published_at.flatten(),
        })
    }

    fn comments_policy(&self, check: &mut Check) -> Option<CommentsPolicy> {
        let policy = check.one_of(
            "commentsPolicy",
            &self.comments_policy,
            "Should have a valid comments policy",
        );
        let enabled = check.flag("commentsEnabled", &self.comments_enabled);
        let legacy = enabled.map(|enabled| {
            if enabled {
                CommentsPolicy::Enabled
            } else {
                CommentsPolicy::Disabled
            }
        });
        policy.or(legacy)
    }

    fn tags(&self, check: &mut Check) -> Option<Vec<String>> {
        if matches!(self.tags, Given::Null) {
            return Some(Vec::new());
        }
        let tags = check.value("tags", &self.tags, TAGS, |tags| {
            tags.len() <= MAX_TAGS
                && tags
                    .iter()
                    .all(|tag| TAG_CHARS.contains(&tag.trim().chars().count()))
        })?;
        let mut unique: Vec<String> = Vec::with_capacity(tags.len());
        for tag in tags.iter().map(|tag| tag.trim()) {
            if !unique.iter().any(|known| known.as_str() == tag) {
                unique.push(tag.to_owned());
            }
        }
        Some(unique)
    }

    fn originally_published_at(&self, check: &mut Check) -> Option<Option<Timestamp>> {
        const DATE: &str = "Should have a valid original publication date";
        match check.nullable_text(
            "originallyPublishedAt",
            &self.originally_published_at,
            1..=40,
            DATE,
        )? {
            None => Some(None),
            Some(text) => match date(&text) {
                Some(at) => Some(Some(at)),
                None => {
                    check.fail("originallyPublishedAt", Some(Value::String(text)), DATE);
                    None
                }
            },
        }
    }
}

/// A moment, or the start of a day.
fn date(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| {
        let day: jiff::civil::Date = text.parse().ok()?;
        Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
    })
}

/// Whom a video is for. Passwords are not here yet.
pub(crate) fn privacy(check: &mut Check, field: &str, given: &Given<i64>) -> Option<Privacy> {
    let privacy: Privacy = check.one_of(field, given, PRIVACY)?;
    if privacy == Privacy::PasswordProtected {
        check.fail(field, Some(privacy.id().into()), PRIVACY);
        return None;
    }
    Some(privacy)
}
