-- The uploads whose bytes were given back to their user's budget of the hour that begins at window_start: each once.
CREATE TABLE rate_receipts (
    upload_id    uuid PRIMARY KEY,
    window_start timestamptz NOT NULL
);
CREATE INDEX rate_receipts_start ON rate_receipts (window_start);
