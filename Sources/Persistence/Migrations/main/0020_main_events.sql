-- Events: order per aggregate, the inbox that keeps effects from happening twice, dead letters that can be replayed,
-- and what the event worker tells about itself.

ALTER TABLE outbox ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY;
-- Events of one tenant are delivered one after the other.
ALTER TABLE outbox ADD COLUMN aggregate text NOT NULL GENERATED ALWAYS AS (tenant_id::text) STORED;
CREATE UNIQUE INDEX outbox_order ON outbox (seq);
CREATE INDEX outbox_aggregate ON outbox (aggregate, seq);
DROP INDEX outbox_due;

CREATE TABLE inbox (
    event_id   uuid NOT NULL,
    handler    text NOT NULL,
    handled_at timestamptz NOT NULL,
    PRIMARY KEY (event_id, handler)
);
CREATE INDEX inbox_age ON inbox (handled_at);

CREATE INDEX dead_letters_age ON dead_letters (died_at, event_id);

-- Messages of the broker that are no events of ours: not readable, or of no tenant. The payload may be cut.
CREATE TABLE rejected_messages (
    topic         text NOT NULL,
    "partition"   integer NOT NULL,
    "offset"      bigint NOT NULL,
    cause         text NOT NULL,
    payload       bytea NOT NULL,
    payload_bytes bigint NOT NULL,
    rejected_at   timestamptz NOT NULL,
    PRIMARY KEY (topic, "partition", "offset")
);

-- How much waits in each outbox that is not empty, numbers alone; the main database's own under the nil id.
CREATE TABLE event_backlogs (
    tenant_id uuid PRIMARY KEY,
    pending   bigint NOT NULL,
    oldest_at timestamptz,
    dead      bigint NOT NULL,
    seen_at   timestamptz NOT NULL
);

-- One row an event worker, renewed every few seconds.
CREATE TABLE event_workers (
    worker  text PRIMARY KEY,
    seen_at timestamptz NOT NULL,
    -- none where Kafka is not configured, else up or down
    kafka   text NOT NULL CHECK (kafka IN ('none', 'up', 'down')),
    -- messages that wait in the broker; NULL where nobody knows
    lag     bigint,
    -- why delivery has been stopped; NULL while it goes on
    alarm   text
);

-- What an operator asks for; the event worker carries it out.
CREATE TABLE replay_requests (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- NULL: of all tenants and the main database; the nil id: of the main database
    tenant_id    uuid,
    -- NULL: all dead letters
    event_id     uuid,
    requested_at timestamptz NOT NULL,
    finished_at  timestamptz,
    replayed     bigint NOT NULL DEFAULT 0
);
CREATE INDEX replay_requests_open ON replay_requests (id) WHERE finished_at IS NULL;

-- Deleted tenants whose databases are to be purged.
CREATE TABLE tenant_purges (
    tenant_id    uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    requested_at timestamptz NOT NULL
);
