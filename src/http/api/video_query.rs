//! The many ways to ask for a list of videos.

use axum::Json;
use db::{Audience, List, NsfwPolicy, Privacy, Video, VideoFilter, VideoSort};
use serde::Deserialize;
use utoipa::IntoParams;

use super::input::{Check, Given};
use super::paging::{Listed, Paging};
use super::shape::Site;
use super::shape::video::ListedVideo;
use crate::app::App;
use crate::http::error::ApiError;
use crate::http::extract::Viewer;

/// `include` bit: videos that are not published yet as well.
const NOT_PUBLISHED: i64 = 1;
/// Values of one filter; each becomes part of a query.
const MAX_VALUES: usize = 50;
const MAX_SEARCH_CHARS: usize = 200;

/// PeerTube's names of orders. Without a history of views and likes, "trending", "hot" and "best" are the most viewed.
pub(crate) const SORTS: &[(&str, VideoSort)] = &[
    ("publishedAt", VideoSort::PublishedAt),
    ("createdAt", VideoSort::CreatedAt),
    ("originallyPublishedAt", VideoSort::OriginallyPublishedAt),
    ("name", VideoSort::Name),
    ("duration", VideoSort::Duration),
    ("views", VideoSort::Views),
    ("likes", VideoSort::Likes),
    ("trending", VideoSort::Views),
    ("hot", VideoSort::Views),
    ("best", VideoSort::Views),
    ("match", VideoSort::PublishedAt),
];
pub(crate) const DEFAULT_SORT: &str = "-publishedAt";

#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct VideoQuery {
    /// Part of the name, or a tag.
    #[param(value_type = Option<String>)]
    search: Given<String>,
    #[param(value_type = Option<bool>)]
    is_live: Given<bool>,
    #[param(value_type = Option<bool>)]
    is_local: Given<bool>,
    /// `true`, `false` or `both`; as the user wishes if not said.
    #[param(value_type = Option<String>)]
    nsfw: Given<String>,
    #[param(value_type = Option<Vec<i64>>)]
    category_one_of: Given<Vec<i64>>,
    #[param(value_type = Option<Vec<i64>>)]
    licence_one_of: Given<Vec<i64>>,
    /// Codes, or `_unknown` for videos that name none.
    #[param(value_type = Option<Vec<String>>)]
    language_one_of: Given<Vec<String>>,
    #[param(value_type = Option<Vec<String>>)]
    tags_one_of: Given<Vec<String>>,
    #[param(value_type = Option<Vec<String>>)]
    tags_all_of: Given<Vec<String>>,
    /// For moderators.
    #[param(value_type = Option<Vec<i64>>)]
    privacy_one_of: Given<Vec<i64>>,
    /// For moderators: 1 adds videos that are not published.
    #[param(value_type = Option<i64>)]
    include: Given<i64>,
    #[serde(rename = "hasHLSFiles")]
    #[param(value_type = Option<bool>)]
    has_hls_files: Given<bool>,
    #[param(value_type = Option<bool>)]
    has_web_video_files: Given<bool>,
    /// Gone from PeerTube: 400.
    #[param(value_type = Option<String>)]
    filter: Given<String>,
}

impl VideoQuery {
    /// The address of one video, if that is what is searched for.
    pub(crate) fn url(&self) -> Option<&str> {
        match &self.search {
            Given::Is(text) => {
                Some(text.trim()).filter(|text| text.starts_with("https://") || text.starts_with("http://"))
            }
            _ => None,
        }
    }

    /// The filter, or what is wrong with it.
    pub(crate) fn read(&self, check: &mut Check, viewer: &Viewer) -> Result<VideoFilter, ApiError> {
        const LIST: &str = "Should have a correct list of values, 50 at most";
        let few = |count: usize| (1..=MAX_VALUES).contains(&count);
        let numbers = |check: &mut Check, field: &str, given: &Given<Vec<i64>>| {
            check
                .value(field, given, LIST, |list| few(list.len()))
                .unwrap_or_default()
        };
        let texts = |check: &mut Check, field: &str, given: &Given<Vec<String>>| {
            check
                .value(field, given, LIST, |list| few(list.len()))
                .unwrap_or_default()
        };
        if self.filter != Given::Absent {
            check.fail(
                "filter",
                None,
                "`filter` is gone: use `isLocal` and `include` instead",
            );
        }
        let search = check.text(
            "search",
            &self.search,
            0..=MAX_SEARCH_CHARS,
            "Should have a search of 200 characters at most",
        );
        let languages = texts(check, "languageOneOf", &self.language_one_of);
        let privacy_ids = numbers(check, "privacyOneOf", &self.privacy_one_of);
        let privacies: Vec<Privacy> = privacy_ids
            .iter()
            .filter_map(|id| Privacy::try_from(*id).ok())
            .collect();
        if privacies.len() != privacy_ids.len() {
            check.fail("privacyOneOf", None, LIST);
        }
        let include = check.value(
            "include",
            &self.include,
            "Should have a correct include",
            |bits| *bits >= 0,
        );
        let nsfw = check.text("nsfw", &self.nsfw, 0..=5, "Should have `true`, `false` or `both`");
        let nsfw = match nsfw.as_deref() {
            Some("true") => Some(true),
            Some("false") => Some(false),
            Some("both") => None,
            Some(_) => {
                check.fail("nsfw", None, "Should have `true`, `false` or `both`");
                None
            }
            None => viewer
                .user()
                .is_none_or(|user| user.settings.nsfw_policy == NsfwPolicy::DoNotList)
                .then_some(false),
        };
        let unpublished = include.unwrap_or(0) & NOT_PUBLISHED != 0;
        if (include.unwrap_or(0) != 0 || !privacies.is_empty()) && !viewer.is_moderator() {
            return Err(ApiError::new(
                axum::http::StatusCode::UNAUTHORIZED,
                "You are not allowed to see all videos, specify a custom include or a privacy.",
            ));
        }
        let has_hls_files = check.flag("hasHLSFiles", &self.has_hls_files);
        let has_web_video_files = check.flag("hasWebVideoFiles", &self.has_web_video_files);
        Ok(VideoFilter {
            followed_by: None,
            audience: match (unpublished, privacies.is_empty()) {
                (true, _) => Audience::All,
                (false, false) => Audience::Ready,
                (false, true) if viewer.signed_in.is_some() => Audience::Members,
                (false, true) => Audience::Public,
            },
            account_id: None,
            channel_id: None,
            is_live: check.flag("isLive", &self.is_live),
            is_local: check.flag("isLocal", &self.is_local),
            nsfw,
            categories: numbers(check, "categoryOneOf", &self.category_one_of),
            licences: numbers(check, "licenceOneOf", &self.licence_one_of),
            languages: languages
                .into_iter()
                .map(|code| (code != "_unknown").then_some(code))
                .collect(),
            privacies,
            tags_one_of: texts(check, "tagsOneOf", &self.tags_one_of),
            tags_all_of: texts(check, "tagsAllOf", &self.tags_all_of),
            search: search.filter(|search| !search.is_empty()),
            has_hls_files,
            has_web_video_files,
            host: None,
            published_since: None,
        })
    }
}

/// A list of videos as this viewer sees it: what they asked for, within what `narrow` leaves.
pub(crate) async fn respond(
    app: &App,
    viewer: &Viewer,
    paging: &Paging,
    query: &VideoQuery,
    narrow: impl FnOnce(&mut VideoFilter),
) -> Result<Json<Listed<ListedVideo>>, ApiError> {
    let mut check = Check::query();
    let page = paging.page(&mut check);
    let order = paging.order(&mut check, DEFAULT_SORT, SORTS);
    let mut filter = query.read(&mut check, viewer)?;
    let order = check.finish_with(order)?;
    narrow(&mut filter);
    let managed = matches!(filter.audience, Audience::All | Audience::Ready);
    let videos = Video::list(&app.db, &filter, order, page).await?;
    Ok(Json(shape(app, videos, managed)))
}

pub(crate) fn shape(app: &App, videos: List<Video>, managed: bool) -> Listed<ListedVideo> {
    let site = Site::of(&app.config);
    Listed::of(videos, |video| {
        ListedVideo::new(&video, app.viewers.count(video.uuid), managed, &site)
    })
}
