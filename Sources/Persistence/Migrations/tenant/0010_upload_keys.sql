-- Idempotency keys of uploads: a retry with the same key and file shows the document that the first try made.
CREATE TABLE upload_keys (
    user_id     uuid NOT NULL,
    key         text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 255),
    upload_id   uuid NOT NULL,
    sha256      text NOT NULL,
    size        bigint NOT NULL,
    filename    text NOT NULL,
    document_id uuid,
    expires_at  timestamptz NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX upload_keys_expiry ON upload_keys (expires_at);
