-- What is known of other servers and of what was exchanged with them. Rows of remote things have a url, those of local ones none.

ALTER TABLE instances ADD COLUMN redundancy_allowed BIGINT NOT NULL DEFAULT 0;
-- Which HTTP signatures the server took last: 1 draft-cavage, 2 RFC 9421; NULL when none was tried.
ALTER TABLE instances ADD COLUMN signature_scheme BIGINT;
-- Delivery: failures in a row, when to try again, why it failed, when it last went well.
ALTER TABLE instances ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE instances ADD COLUMN retry_at BIGINT;
ALTER TABLE instances ADD COLUMN last_error TEXT;
ALTER TABLE instances ADD COLUMN delivered_at BIGINT;

-- 1 Person, 2 Group, 3 Application, 4 Service, 5 Organization.
ALTER TABLE actors ADD COLUMN kind BIGINT NOT NULL DEFAULT 1;
ALTER TABLE actors ADD COLUMN inbox TEXT;
ALTER TABLE actors ADD COLUMN shared_inbox TEXT;
ALTER TABLE actors ADD COLUMN outbox TEXT;
ALTER TABLE actors ADD COLUMN followers_url TEXT;
ALTER TABLE actors ADD COLUMN public_pem TEXT;
ALTER TABLE actors ADD COLUMN icon_url TEXT;
ALTER TABLE actors ADD COLUMN banner_url TEXT;
-- Counted here for local actors, told by their servers for remote ones.
ALTER TABLE actors ADD COLUMN followers BIGINT NOT NULL DEFAULT 0;
ALTER TABLE actors ADD COLUMN following BIGINT NOT NULL DEFAULT 0;
-- When a remote actor was last fetched.
ALTER TABLE actors ADD COLUMN refreshed_at BIGINT;
CREATE INDEX actors_instance ON actors (instance_id);
UPDATE actors SET kind = 2 WHERE id IN (SELECT actor_id FROM channels);
UPDATE actors SET kind = 3 WHERE lower(name) = 'peertube' AND instance_id IS NULL;

CREATE TABLE follows (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    follower_id BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    target_id BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    -- 1 pending, 2 accepted, 3 rejected.
    state BIGINT NOT NULL,
    url TEXT UNIQUE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (follower_id, target_id)
);
CREATE INDEX follows_target ON follows (target_id, state);

-- Counts follow from the rows, however those go: by an Undo, or with an actor that is deleted. How many follow a remote actor is
-- told by its server; until that is asked again, those of here that come and go are added.
CREATE FUNCTION count_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was BIGINT := 0;
    becomes BIGINT := 0;
    changed follows;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        changed := OLD;
        was := CASE OLD.state WHEN 2 THEN 1 ELSE 0 END;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        changed := NEW;
        becomes := CASE NEW.state WHEN 2 THEN 1 ELSE 0 END;
    END IF;
    IF was <> becomes THEN
        UPDATE actors SET followers = followers + becomes - was WHERE id = changed.target_id;
        UPDATE actors SET following = following + becomes - was
        WHERE id = changed.follower_id AND instance_id IS NULL;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER follows_counted AFTER INSERT OR DELETE OR UPDATE OF state ON follows
FOR EACH ROW EXECUTE FUNCTION count_follow();

-- Activities that came in. The digest keeps the same one from being done twice; the body goes when it is done. The id would not
-- do: PeerTube gives a second Follow, Like or View of the same thing the id of the first.
CREATE TABLE inbox_activities (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    actor_id BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    body TEXT,
    attempts BIGINT NOT NULL DEFAULT 0,
    error TEXT,
    run_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX inbox_activities_due ON inbox_activities (run_at, id) WHERE body IS NOT NULL;
CREATE INDEX inbox_activities_actor ON inbox_activities (actor_id, run_at, id) WHERE body IS NOT NULL;
CREATE INDEX inbox_activities_received ON inbox_activities (received_at);

-- Activities of actors here, in the order they happened; and those that are passed on for others, as they came.
CREATE TABLE activities (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Who signs the request.
    actor_id BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    body TEXT NOT NULL,
    -- Whether the body carries its own signature already.
    signed BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

-- One activity for one inbox. Those of an instance go out in order.
CREATE TABLE deliveries (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    activity_id BIGINT NOT NULL REFERENCES activities (id) ON DELETE CASCADE,
    instance_id BIGINT NOT NULL REFERENCES instances (id) ON DELETE CASCADE,
    inbox TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- Given up: kept for the administrator to see.
    error TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (activity_id, inbox)
);
CREATE INDEX deliveries_queue ON deliveries (instance_id, id) WHERE error IS NULL;
CREATE INDEX deliveries_failed ON deliveries (instance_id, created_at) WHERE error IS NOT NULL;

-- Announces of videos.
CREATE TABLE shares (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    actor_id BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    url TEXT UNIQUE,
    created_at BIGINT NOT NULL,
    UNIQUE (actor_id, video_id)
);
CREATE INDEX shares_video ON shares (video_id);

-- Remote videos: when they were last fetched, and what their servers say beyond what local ones have.
ALTER TABLE videos ADD COLUMN refreshed_at BIGINT;
ALTER TABLE videos ADD COLUMN uploaded_at BIGINT;
ALTER TABLE videos ADD COLUMN comments BIGINT NOT NULL DEFAULT 0;
-- JSON: addresses of trackers as [{"kind":"http|websocket","url":…}], and whether others may embed it.
ALTER TABLE videos ADD COLUMN trackers TEXT;
-- Not "url IS NULL": SQLite would look those up in the index of urls, and sort all local videos.
CREATE INDEX videos_local_published ON videos (published_at, id) WHERE listed = 1 AND coalesce(url, '') = '';
CREATE INDEX videos_local_views ON videos (views, id) WHERE listed = 1 AND coalesce(url, '') = '';

CREATE TABLE video_pictures (
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    -- 1 thumbnail, 2 preview.
    kind BIGINT NOT NULL,
    url TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    PRIMARY KEY (video_id, kind)
);

CREATE TABLE captions (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    language TEXT NOT NULL,
    label TEXT NOT NULL,
    automatic BIGINT NOT NULL,
    url TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (video_id, language)
);

CREATE TABLE storyboards (
    video_id BIGINT PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    width BIGINT NOT NULL,
    height BIGINT NOT NULL,
    tile_width BIGINT NOT NULL,
    tile_height BIGINT NOT NULL,
    tile_duration_s BIGINT NOT NULL
);

CREATE TABLE chapters (
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    start_s BIGINT NOT NULL,
    title TEXT NOT NULL,
    PRIMARY KEY (video_id, start_s)
);

-- Of remote lives nobody here has the key.
ALTER TABLE lives ALTER COLUMN stream_key DROP NOT NULL;

-- Remote playlists have addresses; the names of local ones are enough.
ALTER TABLE streaming_playlists ADD COLUMN url TEXT;
ALTER TABLE streaming_playlists ADD COLUMN sha256_url TEXT;
-- JSON: info hashes of its swarms, as told by its server.
ALTER TABLE streaming_playlists ADD COLUMN infohashes TEXT;

-- A file of a playlist, or one that is played as it is (a web video).
ALTER TABLE video_files ADD COLUMN video_id BIGINT REFERENCES videos (id) ON DELETE CASCADE;
UPDATE video_files SET video_id = (SELECT p.video_id FROM streaming_playlists p WHERE p.id = playlist_id);
ALTER TABLE video_files ALTER COLUMN video_id SET NOT NULL;
ALTER TABLE video_files ALTER COLUMN playlist_id DROP NOT NULL;
ALTER TABLE video_files ADD COLUMN url TEXT;
ALTER TABLE video_files ADD COLUMN torrent_url TEXT;
ALTER TABLE video_files ADD COLUMN magnet_uri TEXT;
ALTER TABLE video_files ADD COLUMN metadata_url TEXT;
CREATE INDEX video_files_video ON video_files (video_id);

CREATE TABLE comments (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    -- NULL when the account is gone: the thread stays.
    account_id BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
    url TEXT UNIQUE,
    in_reply_to_id BIGINT REFERENCES comments (id) ON DELETE CASCADE,
    -- The first comment of the thread; NULL for that one.
    thread_id BIGINT REFERENCES comments (id) ON DELETE CASCADE,
    -- As its author wrote it; cleaned when it is shown.
    text TEXT NOT NULL,
    -- How it is written: 1 Markdown, 2 HTML.
    markup BIGINT NOT NULL,
    -- Waits for the owner of the video.
    held BIGINT NOT NULL DEFAULT 0,
    -- The ApproveReply of the server of the video.
    approval_url TEXT,
    deleted_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX comments_video ON comments (video_id, created_at);
CREATE INDEX comments_thread ON comments (thread_id, created_at);
CREATE INDEX comments_account ON comments (account_id);
CREATE INDEX comments_reply ON comments (in_reply_to_id);

-- What is counted of a video follows from the rows, however those go. A comment counts that everyone may read.
CREATE FUNCTION count_comment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was BIGINT := 0;
    becomes BIGINT := 0;
    commented BIGINT;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        commented := OLD.video_id;
        was := CASE WHEN OLD.held = 0 AND OLD.deleted_at IS NULL THEN 1 ELSE 0 END;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        commented := NEW.video_id;
        becomes := CASE WHEN NEW.held = 0 AND NEW.deleted_at IS NULL THEN 1 ELSE 0 END;
    END IF;
    IF was <> becomes THEN
        UPDATE videos SET comments = comments + becomes - was WHERE id = commented;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER comments_counted AFTER INSERT OR DELETE OR UPDATE OF held, deleted_at ON comments
FOR EACH ROW EXECUTE FUNCTION count_comment();
-- What somebody said goes with the account.
CREATE FUNCTION empty_comment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE comments SET text = '', deleted_at = (extract(epoch FROM now()) * 1000)::BIGINT WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER comments_orphaned AFTER UPDATE OF account_id ON comments FOR EACH ROW
WHEN (NEW.account_id IS NULL AND OLD.account_id IS NOT NULL AND NEW.deleted_at IS NULL)
EXECUTE FUNCTION empty_comment();

CREATE TABLE rates (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    -- 1 like, -1 dislike.
    value BIGINT NOT NULL,
    url TEXT UNIQUE,
    created_at BIGINT NOT NULL,
    UNIQUE (account_id, video_id)
);
CREATE INDEX rates_video ON rates (video_id, value);

CREATE FUNCTION count_rate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was BIGINT := 0;
    becomes BIGINT := 0;
    rated BIGINT;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        rated := OLD.video_id;
        was := OLD.value;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        rated := NEW.video_id;
        becomes := NEW.value;
    END IF;
    IF was <> becomes THEN
        UPDATE videos SET
            likes = greatest(likes + (becomes = 1)::INT - (was = 1)::INT, 0),
            dislikes = greatest(dislikes + (becomes = -1)::INT - (was = -1)::INT, 0)
        WHERE id = rated;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER rates_counted AFTER INSERT OR DELETE OR UPDATE OF value ON rates
FOR EACH ROW EXECUTE FUNCTION count_rate();

CREATE TABLE playlists (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    url TEXT UNIQUE,
    account_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    channel_id BIGINT REFERENCES channels (id) ON DELETE SET NULL,
    name TEXT NOT NULL,
    description TEXT,
    -- 1 public, 2 unlisted, 3 private.
    privacy BIGINT NOT NULL,
    -- 1 regular, 2 watch later.
    kind BIGINT NOT NULL,
    picture_url TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX playlists_account ON playlists (account_id);
CREATE INDEX playlists_channel ON playlists (channel_id);

CREATE TABLE playlist_elements (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    playlist_id BIGINT NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
    url TEXT UNIQUE,
    video_id BIGINT REFERENCES videos (id) ON DELETE SET NULL,
    position BIGINT NOT NULL,
    start_s BIGINT,
    stop_s BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX playlist_elements_playlist ON playlist_elements (playlist_id, position);
CREATE INDEX playlist_elements_video ON playlist_elements (video_id);

-- Copies that other servers keep of videos (CacheFile).
CREATE TABLE redundancies (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    actor_id BIGINT NOT NULL REFERENCES actors (id) ON DELETE CASCADE,
    video_id BIGINT NOT NULL REFERENCES videos (id) ON DELETE CASCADE,
    base_url TEXT NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX redundancies_video ON redundancies (video_id);

CREATE TABLE abuses (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url TEXT UNIQUE,
    reporter_id BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
    -- Whom the report is about; with a video or a comment of theirs, or neither.
    account_id BIGINT REFERENCES accounts (id) ON DELETE SET NULL,
    video_id BIGINT REFERENCES videos (id) ON DELETE SET NULL,
    comment_id BIGINT REFERENCES comments (id) ON DELETE SET NULL,
    reason TEXT NOT NULL,
    -- JSON: numbers of PeerTube's reasons.
    predefined TEXT NOT NULL,
    -- 1 pending, 2 rejected, 3 accepted.
    state BIGINT NOT NULL,
    moderation_comment TEXT,
    start_s BIGINT,
    end_s BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX abuses_state ON abuses (state, created_at);

-- Who does not want to hear of whom. Without an account: the whole instance does not.
CREATE TABLE blocked_instances (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BIGINT REFERENCES accounts (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX blocked_instances_once ON blocked_instances (host, coalesce(account_id, 0));

CREATE TABLE blocked_accounts (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id BIGINT REFERENCES accounts (id) ON DELETE CASCADE,
    target_id BIGINT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX blocked_accounts_once ON blocked_accounts (target_id, coalesce(account_id, 0));

CREATE TABLE notifications (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- PeerTube's numbers.
    kind BIGINT NOT NULL,
    read BIGINT NOT NULL DEFAULT 0,
    video_id BIGINT REFERENCES videos (id) ON DELETE CASCADE,
    comment_id BIGINT REFERENCES comments (id) ON DELETE CASCADE,
    abuse_id BIGINT REFERENCES abuses (id) ON DELETE CASCADE,
    follow_id BIGINT REFERENCES follows (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL
);
CREATE INDEX notifications_user ON notifications (user_id, created_at);

-- Opens the feed of one's subscriptions to programs that cannot sign in.
ALTER TABLE users ADD COLUMN feed_token TEXT;
CREATE UNIQUE INDEX users_feed_token ON users (feed_token);

-- What an administrator set while the server runs; wins over the configuration file. JSON by key.
CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
