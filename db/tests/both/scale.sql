-- A big instance, in both databases' SQL: a hundred thousand videos, the even half of the first channel here, the odd half of
-- twenty channels elsewhere. This server follows ten of those and the other server itself, which announced half of its videos:
-- 87,500 are in everyone's lists.

INSERT INTO instances (host, created_at) VALUES ('tube.example', 0);

WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT INTO actors (instance_id, url, name, display_name, created_at, updated_at, kind)
SELECT instances.id, 'https://tube.example/accounts/a' || i, 'a' || i, 'Account ' || i, 0, 0, 1
FROM n CROSS JOIN instances WHERE host = 'tube.example';
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT INTO actors (instance_id, url, name, display_name, created_at, updated_at, kind)
SELECT instances.id, 'https://tube.example/video-channels/c' || i, 'c' || i, 'Channel ' || i, 0, 0, 2
FROM n CROSS JOIN instances WHERE host = 'tube.example';
INSERT INTO actors (instance_id, url, name, display_name, created_at, updated_at, kind)
SELECT id, 'https://tube.example/accounts/peertube', 'peertube', 'peertube', 0, 0, 3
FROM instances WHERE host = 'tube.example';

INSERT INTO accounts (actor_id) SELECT id FROM actors WHERE url LIKE 'https://tube.example/accounts/a%';
INSERT INTO channels (actor_id, account_id)
SELECT c.id, o.id FROM actors c
JOIN actors a ON a.url = 'https://tube.example/accounts/a' || substr(c.name, 2)
JOIN accounts o ON o.actor_id = a.id
WHERE c.url LIKE 'https://tube.example/video-channels/%';

WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
INSERT INTO videos (uuid, url, channel_id, name, category, privacy, nsfw, comments_policy, download_enabled,
    wait_transcoding, state, is_live, duration_s, views, created_at, updated_at, published_at)
SELECT '00000000-0000-4000-8000-' || substr(CAST(1000000000000 + i AS TEXT), 2),
    CASE i % 2 WHEN 1 THEN 'https://tube.example/videos/watch/' || i END,
    (SELECT min(id) FROM channels) + CASE i % 2 WHEN 1 THEN 1 + (i / 2) % 20 ELSE 0 END,
    'Video number ' || i, i % 18, 1, 0, 1, 1, 0, 1, 0, i % 7200, (i * 7919) % 100003, i, i, i
FROM n;
INSERT INTO video_tags (video_id, position, tag) SELECT id, 0, 'tag' || (id % 1000) FROM videos;

INSERT INTO follows (follower_id, target_id, state, created_at, updated_at)
SELECT me.id, other.id, 2, 0, 0 FROM actors me CROSS JOIN actors other
WHERE me.kind = 3 AND me.instance_id IS NULL
AND (other.url = 'https://tube.example/accounts/peertube' OR other.url LIKE 'https://tube.example/video-channels/c1_');
INSERT INTO shares (actor_id, video_id, created_at)
SELECT a.id, v.id, 0 FROM videos v CROSS JOIN actors a
WHERE a.url = 'https://tube.example/accounts/peertube' AND v.url IS NOT NULL AND v.id % 4 = 0;
