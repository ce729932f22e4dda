-- Events: order per aggregate, the inbox that keeps effects from happening twice, dead letters that can be replayed.

-- Order of writing. Changes of one aggregate wait for each other's row locks, so theirs is the order of commits too.
ALTER TABLE outbox ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY;
-- What the event is about: its events are delivered one after the other.
ALTER TABLE outbox ADD COLUMN aggregate text NOT NULL
    GENERATED ALWAYS AS (coalesce(data ->> 'document_id', data ->> 'file_id', event_id::text)) STORED;
CREATE UNIQUE INDEX outbox_order ON outbox (seq);
CREATE INDEX outbox_aggregate ON outbox (aggregate, seq);
DROP INDEX outbox_due;

-- One row an event and handler whose effect is in the database, written in the transaction of the effect.
CREATE TABLE inbox (
    event_id   uuid NOT NULL,
    handler    text NOT NULL,
    handled_at timestamptz NOT NULL,
    PRIMARY KEY (event_id, handler)
);
CREATE INDEX inbox_age ON inbox (handled_at);

CREATE INDEX dead_letters_age ON dead_letters (died_at, event_id);
