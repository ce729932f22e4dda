-- Space that is kept free for uploads whose bodies are on their way, under a storage quota.
CREATE TABLE upload_reservations (
    request_id text PRIMARY KEY,
    bytes      bigint NOT NULL CHECK (bytes >= 0),
    expires_at timestamptz NOT NULL
);
CREATE INDEX upload_reservations_expiry ON upload_reservations (expires_at);
-- The sweeper walks the files in the order of the store's listing.
CREATE INDEX files_object_key_bytes ON files (object_key COLLATE "C");
CREATE INDEX upload_intents_object_key ON upload_intents (object_key);
