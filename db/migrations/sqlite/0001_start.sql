-- The nouns of PeerTube, so that federated data keeps its names. Times are milliseconds since 1970 (UTC), flags are 0 or 1,
-- UUIDs are lower-case text. An actor without an instance is local, and so is a video without a url.

CREATE TABLE instances (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    host TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

-- What accounts and channels share. A name is unique on its host across both, as one handle can mean one actor only.
CREATE TABLE actors (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    instance_id INTEGER REFERENCES instances (id) ON DELETE CASCADE,
    url TEXT UNIQUE,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    description TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX actors_handle ON actors (lower(name), coalesce(instance_id, 0));

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role INTEGER NOT NULL,
    blocked INTEGER NOT NULL DEFAULT 0,
    blocked_reason TEXT,
    video_quota INTEGER NOT NULL,
    video_quota_daily INTEGER NOT NULL,
    settings TEXT NOT NULL,
    last_login_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_username ON users (lower(username));
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_id INTEGER NOT NULL UNIQUE REFERENCES actors (id) ON DELETE CASCADE,
    user_id INTEGER UNIQUE REFERENCES users (id) ON DELETE CASCADE
) STRICT;

CREATE TABLE channels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_id INTEGER NOT NULL UNIQUE REFERENCES actors (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    support TEXT
) STRICT;
CREATE INDEX channels_account ON channels (account_id);

CREATE TABLE oauth_clients (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id TEXT NOT NULL UNIQUE,
    client_secret TEXT NOT NULL
) STRICT;

-- Tokens are kept as SHA-256: a copy of the database signs nobody in.
CREATE TABLE oauth_tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    access_hash TEXT NOT NULL UNIQUE,
    access_expires_at INTEGER NOT NULL,
    refresh_hash TEXT NOT NULL UNIQUE,
    refresh_expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX oauth_tokens_user ON oauth_tokens (user_id);
CREATE INDEX oauth_tokens_expiry ON oauth_tokens (refresh_expires_at);

CREATE TABLE videos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    url TEXT UNIQUE,
    channel_id INTEGER NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT,
    support TEXT,
    category INTEGER,
    licence INTEGER,
    language TEXT,
    privacy INTEGER NOT NULL,
    nsfw INTEGER NOT NULL,
    comments_policy INTEGER NOT NULL,
    download_enabled INTEGER NOT NULL,
    wait_transcoding INTEGER NOT NULL,
    state INTEGER NOT NULL,
    is_live INTEGER NOT NULL,
    duration_s INTEGER NOT NULL,
    aspect_ratio REAL,
    views INTEGER NOT NULL DEFAULT 0,
    likes INTEGER NOT NULL DEFAULT 0,
    dislikes INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    originally_published_at INTEGER,
    -- The privacy of a video that may be in lists, 0 for one that is not ready: published, or watchable while it is transcoded.
    listed INTEGER NOT NULL GENERATED ALWAYS AS
        (CASE WHEN state = 1 OR (state = 2 AND wait_transcoding = 0) THEN privacy ELSE 0 END) STORED
) STRICT;
CREATE INDEX videos_channel ON videos (channel_id, published_at, id);
-- Lists of everyone (privacy 1) and of members (1 and 4) in the orders that pages and clients ask for. The conditions are
-- written as the queries write them: that is what makes the planner take a partial index.
CREATE INDEX videos_public_published ON videos (published_at, id) WHERE listed = 1;
CREATE INDEX videos_public_created ON videos (created_at, id) WHERE listed = 1;
CREATE INDEX videos_public_views ON videos (views, id) WHERE listed = 1;
CREATE INDEX videos_public_likes ON videos (likes, id) WHERE listed = 1;
CREATE INDEX videos_public_name ON videos (name, id) WHERE listed = 1;
CREATE INDEX videos_public_duration ON videos (duration_s, id) WHERE listed = 1;
CREATE INDEX videos_public_originally ON videos (originally_published_at, id) WHERE listed = 1;
CREATE INDEX videos_public_category ON videos (category, published_at) WHERE listed = 1;
CREATE INDEX videos_public_language ON videos (language, published_at) WHERE listed = 1;
CREATE INDEX videos_members_published ON videos (published_at, id) WHERE listed IN (1, 4);
CREATE INDEX videos_members_created ON videos (created_at, id) WHERE listed IN (1, 4);
CREATE INDEX videos_members_views ON videos (views, id) WHERE listed IN (1, 4);
CREATE INDEX videos_live ON videos (published_at, id) WHERE is_live = 1;

CREATE TABLE video_tags (
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (video_id, position)
) STRICT;
CREATE INDEX video_tags_tag ON video_tags (lower(tag), video_id);

CREATE TABLE lives (
    video_id INTEGER PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    stream_key TEXT NOT NULL UNIQUE,
    permanent INTEGER NOT NULL,
    save_replay INTEGER NOT NULL,
    replay_privacy INTEGER,
    latency_mode INTEGER NOT NULL,
    grace_s INTEGER,
    dvr_window_s INTEGER
) STRICT;

-- One time on air. The id is part of the names of media that caches keep for ever: it is never given twice.
CREATE TABLE live_sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    live_video_id INTEGER REFERENCES videos (id) ON DELETE SET NULL,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    error INTEGER,
    save_replay INTEGER NOT NULL,
    replay_privacy INTEGER,
    replay_uuid TEXT,
    replay_video_id INTEGER REFERENCES videos (id) ON DELETE SET NULL,
    ending_processed INTEGER NOT NULL
) STRICT;
CREATE INDEX live_sessions_live ON live_sessions (live_video_id, started_at);
CREATE INDEX live_sessions_replay ON live_sessions (replay_video_id);
CREATE INDEX live_sessions_unprocessed ON live_sessions (started_at) WHERE ending_processed = 0;

CREATE TABLE streaming_playlists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id INTEGER NOT NULL UNIQUE REFERENCES videos (id) ON DELETE CASCADE,
    playlist_file TEXT NOT NULL,
    sha256_file TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE video_files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    playlist_id INTEGER NOT NULL REFERENCES streaming_playlists (id) ON DELETE CASCADE,
    resolution INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    fps INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    has_audio INTEGER NOT NULL,
    has_video INTEGER NOT NULL
) STRICT;
CREATE INDEX video_files_playlist ON video_files (playlist_id);

-- Work written in the transaction of the change that caused it.
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    run_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE state = 1;
