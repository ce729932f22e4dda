-- Messages of the demo routes that came through the event bus: the last ones of each user.
CREATE TABLE demo_messages (
    event_id    uuid PRIMARY KEY,
    user_id     uuid NOT NULL REFERENCES users (id),
    topic       text NOT NULL CHECK (topic LIKE 'demo.%'),
    key         text,
    message     jsonb NOT NULL,
    produced_at timestamptz NOT NULL,
    consumed_at timestamptz NOT NULL
);
CREATE INDEX demo_messages_last ON demo_messages (user_id, consumed_at DESC, event_id DESC);
