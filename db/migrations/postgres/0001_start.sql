-- The nouns of PeerTube, so that federated data keeps its names. Times are milliseconds since 1970 (UTC), flags are 0 or 1,
-- UUIDs are lower-case text. An actor without an instance is local, and so is a video without a url.

CREATE TABLE instances (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    host TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

-- What accounts and channels share. A name is unique on its host across both, as one handle can mean one actor only.
CREATE TABLE actors (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    instance_id BIGINT REFERENCES instances (id) ON DELETE CASCADE,
    url TEXT UNIQUE,
    name TEXT NOT NULL,
    display_name TEXT NOT NULL,
    description TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX actors_handle ON actors (lower(name), coalesce(instance_id, 0));

CREATE TABLE users (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username TEXT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role BIGINT NOT NULL,
    blocked BIGINT NOT NULL DEFAULT 0,
    blocked_reason TEXT,
    video_quota BIGINT NOT NULL,
    video_quota_daily BIGINT NOT NULL,
    settings TEXT NOT NULL,
    last_login_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_username ON users (lower(username));
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE accounts (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor_id BIGINT NOT NULL UNIQUE REFERENCES actors (id) ON DELETE CASCADE,
    user_id BIGINT UNIQUE REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE channels (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor_id BIGINT NOT NULL UNIQUE REFERENCES actors (id) ON DELETE CASCADE,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    support TEXT
);
CREATE INDEX channels_account ON channels (account_id);

CREATE TABLE oauth_clients (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id TEXT NOT NULL UNIQUE,
    client_secret TEXT NOT NULL
);

-- Tokens are kept as SHA-256: a copy of the database signs nobody in.
CREATE TABLE oauth_tokens (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    access_hash TEXT NOT NULL UNIQUE,
    access_expires_at BIGINT NOT NULL,
    refresh_hash TEXT NOT NULL UNIQUE,
    refresh_expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX oauth_tokens_user ON oauth_tokens (user_id);
CREATE INDEX oauth_tokens_expiry ON oauth_tokens (refresh_expires_at);

CREATE TABLE videos (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    url TEXT UNIQUE,
    channel_id BIGINT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT,
    support TEXT,
    category BIGINT,
    licence BIGINT,
    language TEXT,
    privacy BIGINT NOT NULL,
    nsfw BIGINT NOT NULL,
    comments_policy BIGINT NOT NULL,
    download_enabled BIGINT NOT NULL,
    wait_transcoding BIGINT NOT NULL,
    state BIGINT NOT NULL,
    is_live BIGINT NOT NULL,
    duration_s BIGINT NOT NULL,
    aspect_ratio DOUBLE PRECISION,
    views BIGINT NOT NULL DEFAULT 0,
    likes BIGINT NOT NULL DEFAULT 0,
    dislikes BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    originally_published_at BIGINT,
    -- The privacy of a video that may be in lists, 0 for one that is not ready: published, or watchable while it is transcoded.
    listed BIGINT NOT NULL GENERATED ALWAYS AS
        (CASE WHEN state = 1 OR (state = 2 AND wait_transcoding = 0) THEN privacy ELSE 0 END) STORED
);
CREATE INDEX videos_channel ON videos (channel_id, published_at, id);
-- Lists of everyone (privacy 1) and of members (1 and 4) in the orders that pages and clients ask for. The conditions are
-- written as the queries write them: that is what makes the planner take a partial index.
CREATE INDEX videos_public_published ON videos (published_at, id) WHERE listed = 1;
CREATE INDEX videos_public_created ON videos (created_at, id) WHERE listed = 1;
CREATE INDEX videos_public_views ON videos (views, id) WHERE listed = 1;
CREATE INDEX videos_public_likes ON videos (likes, id) WHERE listed = 1;
CREATE INDEX videos_public_name ON videos (name, id) WHERE listed = 1;
CREATE INDEX videos_public_duration ON videos (duration_s, id) WHERE listed = 1;
CREATE INDEX videos_public_originally ON videos (originally_published_at NULLS FIRST, id) WHERE listed = 1;
CREATE INDEX videos_public_category ON videos (category, published_at) WHERE listed = 1;
CREATE INDEX videos_public_language ON videos (language, published_at) WHERE listed = 1;
CREATE INDEX videos_members_published ON videos (published_at, id) WHERE listed IN (1, 4);
CREATE INDEX videos_members_created ON videos (created_at, id) WHERE listed IN (1, 4);
CREATE INDEX videos_members_views ON videos (views, id) WHERE listed IN (1, 4);
CREATE INDEX videos_live ON videos (published_at, id) WHERE is_live = 1;

CREATE TABLE video_tags (
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (video_id, position)
);
CREATE INDEX video_tags_tag ON video_tags (lower(tag), video_id);

CREATE TABLE lives (
    video_id BIGINT PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    stream_key TEXT NOT NULL UNIQUE,
    permanent BIGINT NOT NULL,
    save_replay BIGINT NOT NULL,
    replay_privacy BIGINT,
    latency_mode BIGINT NOT NULL,
    grace_s BIGINT,
    dvr_window_s BIGINT
);

-- One time on air. The id is part of the names of media that caches keep for ever: it is never given twice.
CREATE TABLE live_sessions (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    live_video_id BIGINT REFERENCES videos (id) ON DELETE SET NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    error BIGINT,
    save_replay BIGINT NOT NULL,
    replay_privacy BIGINT,
    replay_uuid TEXT,
    replay_video_id BIGINT REFERENCES videos (id) ON DELETE SET NULL,
    ending_processed BIGINT NOT NULL
);
CREATE INDEX live_sessions_live ON live_sessions (live_video_id, started_at);
CREATE INDEX live_sessions_replay ON live_sessions (replay_video_id);
CREATE INDEX live_sessions_unprocessed ON live_sessions (started_at) WHERE ending_processed = 0;

CREATE TABLE streaming_playlists (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    video_id BIGINT NOT NULL UNIQUE REFERENCES videos (id) ON DELETE CASCADE,
    playlist_file TEXT NOT NULL,
    sha256_file TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE video_files (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    playlist_id BIGINT NOT NULL REFERENCES streaming_playlists (id) ON DELETE CASCADE,
    resolution BIGINT NOT NULL,
    width BIGINT,
    height BIGINT,
    fps BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    has_audio BIGINT NOT NULL,
    has_video BIGINT NOT NULL
);
CREATE INDEX video_files_playlist ON video_files (playlist_id);

-- Work written in the transaction of the change that caused it.
CREATE TABLE jobs (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    state BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    error TEXT,
    run_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX jobs_due ON jobs (run_at, id) WHERE state = 1;
