-- What is known of other servers and of what was exchanged with them. Rows of remote things have a url, those of local ones none.

ALTER TABLE instances ADD COLUMN redundancy_allowed INTEGER NOT NULL DEFAULT 0;
-- Which HTTP signatures the server took last: 1 draft-cavage, 2 RFC 9421; NULL when none was tried.
ALTER TABLE instances ADD COLUMN signature_scheme INTEGER;
-- Delivery: failures in a row, when to try again, why it failed, when it last went well.
ALTER TABLE instances ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN retry_at INTEGER;
ALTER TABLE instances ADD COLUMN last_error TEXT;
ALTER TABLE instances ADD COLUMN delivered_at INTEGER;

-- 1 Person, 2 Group, 3 Application, 4 Service, 5 Organization.
ALTER TABLE actors ADD COLUMN kind INTEGER NOT NULL DEFAULT 1;
ALTER TABLE actors ADD COLUMN inbox TEXT;
ALTER TABLE actors ADD COLUMN shared_inbox TEXT;
ALTER TABLE actors ADD COLUMN outbox TEXT;
ALTER TABLE actors ADD COLUMN followers_url TEXT;
ALTER TABLE actors ADD COLUMN public_pem TEXT;
ALTER TABLE actors ADD COLUMN icon_url TEXT;
ALTER TABLE actors ADD COLUMN banner_url TEXT;
-- Counted here for local actors, told by their servers for remote ones.
ALTER TABLE actors ADD COLUMN followers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE actors ADD COLUMN following INTEGER NOT NULL DEFAULT 0;
-- When a remote actor was last fetched.
ALTER TABLE actors ADD COLUMN refreshed_at INTEGER;
CREATE INDEX actors_instance ON actors (instance_id);
UPDATE actors SET kind = 2 WHERE id IN (SELECT actor_id FROM channels);
UPDATE actors SET kind = 3 WHERE lower(name) = 'peertube' AND instance_id IS NULL;

CREATE TABLE follows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    follower_id INTEGER NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    -- 1 pending, 2 accepted, 3 rejected.
    state INTEGER NOT NULL,
    url TEXT UNIQUE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (follower_id, target_id)
) STRICT;
CREATE INDEX follows_target ON follows (target_id, state);

-- Counts follow from the rows, however those go: by an Undo, or with an actor that is deleted. How many follow a remote actor is
-- told by its server; until that is asked again, those of here that come and go are added.
CREATE TRIGGER follows_inserted AFTER INSERT ON follows WHEN NEW.state = 2 BEGIN
    UPDATE actors SET followers = followers + 1 WHERE id = NEW.target_id;
    UPDATE actors SET following = following + 1 WHERE id = NEW.follower_id AND instance_id IS NULL;
END;
CREATE TRIGGER follows_deleted AFTER DELETE ON follows WHEN OLD.state = 2 BEGIN
    UPDATE actors SET followers = followers - 1 WHERE id = OLD.target_id;
    UPDATE actors SET following = following - 1 WHERE id = OLD.follower_id AND instance_id IS NULL;
END;
CREATE TRIGGER follows_updated AFTER UPDATE OF state ON follows WHEN (OLD.state = 2) <> (NEW.state = 2) BEGIN
    UPDATE actors SET followers = followers + CASE NEW.state WHEN 2 THEN 1 ELSE -1 END WHERE id = NEW.target_id;
    UPDATE actors SET following = following + CASE NEW.state WHEN 2 THEN 1 ELSE -1 END
    WHERE id = NEW.follower_id AND instance_id IS NULL;
END;

-- Activities that came in. The digest keeps the same one from being done twice; the body goes when it is done. The id would not
-- do: PeerTube gives a second Follow, Like or View of the same thing the id of the first.
CREATE TABLE inbox_activities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    actor_id INTEGER NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    body TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    run_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_activities_due ON inbox_activities (run_at, id) WHERE body IS NOT NULL;
CREATE INDEX inbox_activities_actor ON inbox_activities (actor_id, run_at, id) WHERE body IS NOT NULL;
CREATE INDEX inbox_activities_received ON inbox_activities (received_at);

-- Activities of actors here, in the order they happened; and those that are passed on for others, as they came.
CREATE TABLE activities (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Who signs the request.
    actor_id INTEGER NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    body TEXT NOT NULL,
    -- Whether the body carries its own signature already.
    signed INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- One activity for one inbox. Those of an instance go out in order.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    activity_id INTEGER NOT NULL REFERENCES activities (id) ON DELETE CASCADE,
    instance_id INTEGER NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    inbox TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Given up: kept for the administrator to see.
    error TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (activity_id, inbox)
) STRICT;
CREATE INDEX deliveries_queue ON deliveries (instance_id, id) WHERE error IS NULL;
CREATE INDEX deliveries_failed ON deliveries (instance_id, created_at) WHERE error IS NOT NULL;

-- Announces of videos.
CREATE TABLE shares (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    actor_id INTEGER NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    url TEXT UNIQUE,
    created_at INTEGER NOT NULL,
    UNIQUE (actor_id, video_id)
) STRICT;
CREATE INDEX shares_video ON shares (video_id);

-- Remote videos: when they were last fetched, and what their servers say beyond what local ones have.
ALTER TABLE videos ADD COLUMN refreshed_at INTEGER;
ALTER TABLE videos ADD COLUMN uploaded_at INTEGER;
ALTER TABLE videos ADD COLUMN comments INTEGER NOT NULL DEFAULT 0;
-- JSON: addresses of trackers as [{"kind":"http|websocket","url":…}], and whether others may embed it.
ALTER TABLE videos ADD COLUMN trackers TEXT;
-- Not "url IS NULL": SQLite would look those up in the index of urls, and sort all local videos.
CREATE INDEX videos_local_published ON videos (published_at, id) WHERE listed = 1 AND coalesce(url, '') = '';
CREATE INDEX videos_local_views ON videos (views, id) WHERE listed = 1 AND coalesce(url, '') = '';

CREATE TABLE video_pictures (
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    -- 1 thumbnail, 2 preview.
    kind INTEGER NOT NULL,
    url TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    PRIMARY KEY (video_id, kind)
) STRICT;

CREATE TABLE captions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    label TEXT NOT NULL,
    automatic INTEGER NOT NULL,
    url TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (video_id, language)
) STRICT;

CREATE TABLE storyboards (
    video_id INTEGER PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    tile_width INTEGER NOT NULL,
    tile_height INTEGER NOT NULL,
    tile_duration_s INTEGER NOT NULL
) STRICT;

CREATE TABLE chapters (
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    start_s INTEGER NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY (video_id, start_s)
) STRICT;

-- Of remote lives nobody here has the key.
CREATE TABLE lives_new (
    video_id INTEGER PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    stream_key TEXT UNIQUE,
    permanent INTEGER NOT NULL,
    save_replay INTEGER NOT NULL,
    replay_privacy INTEGER,
    latency_mode INTEGER NOT NULL,
    grace_s INTEGER,
    dvr_window_s INTEGER
) STRICT;
INSERT INTO lives_new (video_id, stream_key, permanent, save_replay, replay_privacy, latency_mode, grace_s, dvr_window_s)
SELECT video_id, stream_key, permanent, save_replay, replay_privacy, latency_mode, grace_s, dvr_window_s FROM lives;
DROP TABLE lives;
ALTER TABLE lives_new RENAME TO lives;

-- Remote playlists have addresses; the names of local ones are enough.
ALTER TABLE streaming_playlists ADD COLUMN url TEXT;
ALTER TABLE streaming_playlists ADD COLUMN sha256_url TEXT;
-- JSON: info hashes of its swarms, as told by its server.
ALTER TABLE streaming_playlists ADD COLUMN infohashes TEXT;

-- A file of a playlist, or one that is played as it is (a web video).
CREATE TABLE video_files_new (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    playlist_id INTEGER REFERENCES streaming_playlists (id) ON DELETE CASCADE,
    resolution INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    fps INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    file_name TEXT NOT NULL,
    has_audio INTEGER NOT NULL,
    has_video INTEGER NOT NULL,
    url TEXT,
    torrent_url TEXT,
    magnet_uri TEXT,
    metadata_url TEXT
) STRICT;
INSERT INTO video_files_new (id, video_id, playlist_id, resolution, width, height, fps, size_bytes, file_name, has_audio, has_video)
SELECT f.id, p.video_id, f.playlist_id, f.resolution, f.width, f.height, f.fps, f.size_bytes, f.file_name, f.has_audio, f.has_video
FROM video_files f JOIN streaming_playlists p ON p.id = f.playlist_id;
DROP TABLE video_files;
ALTER TABLE video_files_new RENAME TO video_files;
CREATE INDEX video_files_playlist ON video_files (playlist_id);
CREATE INDEX video_files_video ON video_files (video_id);

CREATE TABLE comments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    -- NULL when the account is gone: the thread stays.
    account_id INTEGER REFERENCES accounts (id) ON DELETE SET NULL,
    url TEXT UNIQUE,
    in_reply_to_id INTEGER REFERENCES comments (id) ON DELETE CASCADE,
    -- The first comment of the thread; NULL for that one.
    thread_id INTEGER REFERENCES comments (id) ON DELETE CASCADE,
    -- As its author wrote it; cleaned when it is shown.
    text TEXT NOT NULL,
    -- How it is written: 1 Markdown, 2 HTML.
    markup INTEGER NOT NULL,
    -- Waits for the owner of the video.
    held INTEGER NOT NULL DEFAULT 0,
    -- The ApproveReply of the server of the video.
    approval_url TEXT,
    deleted_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX comments_video ON comments (video_id, created_at);
CREATE INDEX comments_thread ON comments (thread_id, created_at);
CREATE INDEX comments_account ON comments (account_id);
CREATE INDEX comments_reply ON comments (in_reply_to_id);

-- What is counted of a video follows from the rows, however those go. A comment counts that everyone may read.
CREATE TRIGGER comments_inserted AFTER INSERT ON comments WHEN NEW.held = 0 AND NEW.deleted_at IS NULL BEGIN
    UPDATE videos SET comments = comments + 1 WHERE id = NEW.video_id;
END;
CREATE TRIGGER comments_deleted AFTER DELETE ON comments WHEN OLD.held = 0 AND OLD.deleted_at IS NULL BEGIN
    UPDATE videos SET comments = comments - 1 WHERE id = OLD.video_id;
END;
CREATE TRIGGER comments_updated AFTER UPDATE OF held, deleted_at ON comments
WHEN (OLD.held = 0 AND OLD.deleted_at IS NULL) <> (NEW.held = 0 AND NEW.deleted_at IS NULL) BEGIN
    UPDATE videos SET comments = comments + CASE WHEN NEW.held = 0 AND NEW.deleted_at IS NULL THEN 1 ELSE -1 END
    WHERE id = NEW.video_id;
END;
-- What somebody said goes with the account.
CREATE TRIGGER comments_orphaned AFTER UPDATE OF account_id ON comments
WHEN NEW.account_id IS NULL AND OLD.account_id IS NOT NULL AND NEW.deleted_at IS NULL BEGIN
    UPDATE comments SET text = '', deleted_at = unixepoch() * 1000 WHERE id = NEW.id;
END;

CREATE TABLE rates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    -- 1 like, -1 dislike.
    value INTEGER NOT NULL,
    url TEXT UNIQUE,
    created_at INTEGER NOT NULL,
    UNIQUE (account_id, video_id)
) STRICT;
CREATE INDEX rates_video ON rates (video_id, value);

CREATE TRIGGER rates_inserted AFTER INSERT ON rates BEGIN
    UPDATE videos SET likes = likes + (NEW.value = 1), dislikes = dislikes + (NEW.value = -1) WHERE id = NEW.video_id;
END;
CREATE TRIGGER rates_deleted AFTER DELETE ON rates BEGIN
    UPDATE videos SET likes = max(likes - (OLD.value = 1), 0), dislikes = max(dislikes - (OLD.value = -1), 0)
    WHERE id = OLD.video_id;
END;
CREATE TRIGGER rates_updated AFTER UPDATE OF value ON rates WHEN OLD.value <> NEW.value BEGIN
    UPDATE videos SET likes = max(likes + (NEW.value = 1) - (OLD.value = 1), 0),
        dislikes = max(dislikes + (NEW.value = -1) - (OLD.value = -1), 0) WHERE id = NEW.video_id;
END;

CREATE TABLE playlists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uuid TEXT NOT NULL UNIQUE,
    url TEXT UNIQUE,
    account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    channel_id INTEGER REFERENCES channels (id) ON DELETE SET NULL,
    name TEXT NOT NULL,
    description TEXT,
    -- 1 public, 2 unlisted, 3 private.
    privacy INTEGER NOT NULL,
    -- 1 regular, 2 watch later.
    kind INTEGER NOT NULL,
    picture_url TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX playlists_account ON playlists (account_id);
CREATE INDEX playlists_channel ON playlists (channel_id);

CREATE TABLE playlist_elements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
    url TEXT UNIQUE,
    video_id INTEGER REFERENCES videos (id) ON DELETE SET NULL,
    position INTEGER NOT NULL,
    start_s INTEGER,
    stop_s INTEGER,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX playlist_elements_playlist ON playlist_elements (playlist_id, position);
CREATE INDEX playlist_elements_video ON playlist_elements (video_id);

-- Copies that other servers keep of videos (CacheFile).
CREATE TABLE redundancies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT NOT NULL UNIQUE,
    actor_id INTEGER NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    base_url TEXT NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX redundancies_video ON redundancies (video_id);

CREATE TABLE abuses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url TEXT UNIQUE,
    reporter_id INTEGER REFERENCES accounts (id) ON DELETE SET NULL,
    -- Whom the report is about; with a video or a comment of theirs, or neither.
    account_id INTEGER REFERENCES accounts (id) ON DELETE SET NULL,
    video_id INTEGER REFERENCES videos (id) ON DELETE SET NULL,
    comment_id INTEGER REFERENCES comments (id) ON DELETE SET NULL,
    reason TEXT NOT NULL,
    -- JSON: numbers of PeerTube's reasons.
    predefined TEXT NOT NULL,
    -- 1 pending, 2 rejected, 3 accepted.
    state INTEGER NOT NULL,
    moderation_comment TEXT,
    start_s INTEGER,
    end_s INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX abuses_state ON abuses (state, created_at);

-- Who does not want to hear of whom. Without an account: the whole instance does not.
CREATE TABLE blocked_instances (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER REFERENCES accounts (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX blocked_instances_once ON blocked_instances (host, coalesce(account_id, 0));

CREATE TABLE blocked_accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER REFERENCES accounts (id) ON DELETE CASCADE,
    target_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX blocked_accounts_once ON blocked_accounts (target_id, coalesce(account_id, 0));

CREATE TABLE notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- PeerTube's numbers.
    kind INTEGER NOT NULL,
    read INTEGER NOT NULL DEFAULT 0,
    video_id INTEGER REFERENCES videos (id) ON DELETE CASCADE,
    comment_id INTEGER REFERENCES comments (id) ON DELETE CASCADE,
    abuse_id INTEGER REFERENCES abuses (id) ON DELETE CASCADE,
    follow_id INTEGER REFERENCES follows (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX notifications_user ON notifications (user_id, created_at);

-- Opens the feed of one's subscriptions to programs that cannot sign in.
ALTER TABLE users ADD COLUMN feed_token TEXT;
CREATE UNIQUE INDEX users_feed_token ON users (feed_token);

-- What an administrator set while the server runs; wins over the configuration file. JSON by key.
CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
