-- What local actors sign with; made on first need.
CREATE TABLE actor_keys (
    actor_id INTEGER PRIMARY KEY REFERENCES actors (id) ON DELETE CASCADE,
    private_key TEXT NOT NULL,
    public_pem TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- The actor that stands for the server, of the name that PeerTube expects.
INSERT INTO actors (name, display_name, created_at, updated_at)
SELECT 'peertube', 'peertube', CAST(strftime('%s', 'now') AS INTEGER) * 1000, CAST(strftime('%s', 'now') AS INTEGER) * 1000
WHERE NOT EXISTS (SELECT 1 FROM actors WHERE lower(name) = 'peertube' AND coalesce(instance_id, 0) = 0);
