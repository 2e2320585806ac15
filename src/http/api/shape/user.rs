//! Users, as they see themselves and as administrators see them.

use db::{Account, Channel, NsfwPolicy, Role, User};
use serde::Serialize;
use utoipa::ToSchema;

use super::actor::{AccountShape, ChannelShape};
use super::{Labelled, Site, iso};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserShape {
    pub id: i64,
    pub username: String,
    pub email: String,
    pub theme: String,
    pub pending_email: Option<String>,
    pub email_public: bool,
    /// `null`: nobody asked.
    pub email_verified: Option<bool>,
    #[schema(value_type = String, example = "do_not_list")]
    pub nsfw_policy: NsfwPolicy,
    pub p2p_enabled: bool,
    pub videos_history_enabled: bool,
    pub auto_play_video: bool,
    pub auto_play_next_video: bool,
    pub auto_play_next_video_playlist: bool,
    pub video_languages: Option<Vec<String>>,
    pub role: Labelled<i64>,
    /// Bytes; -1 means no limit.
    pub video_quota: i64,
    pub video_quota_daily: i64,
    pub no_instance_config_warning_modal: bool,
    pub no_welcome_modal: bool,
    pub no_account_setup_warning_modal: bool,
    pub blocked: bool,
    pub blocked_reason: Option<String>,
    pub account: AccountShape,
    pub notification_settings: NotificationSettings,
    pub video_channels: Vec<ChannelShape>,
    pub created_at: String,
    pub plugin_auth: Option<String>,
    pub last_login_date: Option<String>,
    pub two_factor_enabled: bool,
    pub admin_flags: i64,
    /// For administrators: bytes used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_quota_used: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_quota_used_daily: Option<i64>,
    /// For administrators: the same as `videoQuotaUsed`, as only what counts against the quota is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_video_file_size: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub special_playlists: Option<Vec<SpecialPlaylist>>,
}

/// "Watch later", once there are playlists.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpecialPlaylist {
    pub id: i64,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: i64,
}

/// 0 none, 1 on the web, 2 by mail, 3 both. Nothing is sent yet, so everything is off.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationSettings {
    pub new_comment_on_my_video: i64,
    pub new_video_from_subscription: i64,
    pub abuse_as_moderator: i64,
    pub video_auto_blacklist_as_moderator: i64,
    pub blacklist_on_my_video: i64,
    pub my_video_published: i64,
    pub my_video_import_finished: i64,
    pub new_user_registration: i64,
    pub comment_mention: i64,
    pub new_follow: i64,
    pub new_instance_follower: i64,
    pub auto_instance_following: i64,
    pub abuse_new_message: i64,
    pub abuse_state_change: i64,
    pub new_peer_tube_version: i64,
    pub my_video_studio_edition_finished: i64,
    pub my_video_transcription_generated: i64,
    pub new_plugin_version: i64,
}

impl UserShape {
    pub(crate) fn new(user: &User, account: &Account, channels: &[Channel], site: &Site) -> Self {
        let settings = user.settings.clone();
        Self {
            id: user.id,
            username: user.username.clone(),
            email: user.email.clone(),
            theme: settings.theme,
            pending_email: None,
            email_public: settings.email_public,
            email_verified: None,
            nsfw_policy: settings.nsfw_policy,
            p2p_enabled: settings.p2p_enabled,
            videos_history_enabled: settings.videos_history_enabled,
            auto_play_video: settings.auto_play_video,
            auto_play_next_video: settings.auto_play_next_video,
            auto_play_next_video_playlist: settings.auto_play_next_video_playlist,
            video_languages: settings.video_languages,
            role: role(user.role),
            video_quota: user.video_quota,
            video_quota_daily: user.video_quota_daily,
            no_instance_config_warning_modal: settings.no_instance_config_warning_modal,
            no_welcome_modal: settings.no_welcome_modal,
            no_account_setup_warning_modal: settings.no_account_setup_warning_modal,
            blocked: user.blocked,
            blocked_reason: user.blocked_reason.clone(),
            account: AccountShape::new(account, site),
            notification_settings: NotificationSettings::default(),
            video_channels: channels
                .iter()
                .map(|channel| ChannelShape::alone(channel, site))
                .collect(),
            created_at: iso(user.created_at),
            plugin_auth: None,
            last_login_date: user.last_login_at.map(iso),
            two_factor_enabled: false,
            admin_flags: 0,
            video_quota_used: None,
            video_quota_used_daily: None,
            total_video_file_size: None,
            special_playlists: None,
        }
    }
}

fn role(role: Role) -> Labelled<i64> {
    Labelled::new(role.id(), role.label())
}
