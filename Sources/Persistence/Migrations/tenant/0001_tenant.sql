-- One tenant's database: documents, the files they show, uploads under way, and events.

CREATE TABLE files (
    id           uuid PRIMARY KEY,
    md5          text NOT NULL CHECK (md5 ~ '^[0-9a-f]{32}$'),
    sha256       text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size         bigint NOT NULL CHECK (size > 0),
    object_key   text NOT NULL,
    sniffed_type text NOT NULL,
    state        text NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'deleting')),
    deleting_at  timestamptz,
    created_at   timestamptz NOT NULL,
    CONSTRAINT files_object_key_key UNIQUE (object_key)
);
-- Content is stored once: SHA-256 and size decide, among live files only.
CREATE UNIQUE INDEX files_content ON files (sha256, size) WHERE state = 'live';
CREATE INDEX files_newest ON files (created_at DESC, id DESC) WHERE state = 'live';
CREATE INDEX files_deleting ON files (deleting_at) WHERE state = 'deleting';

CREATE TABLE documents (
    id         uuid PRIMARY KEY,
    filename   text NOT NULL CHECK (char_length(filename) BETWEEN 1 AND 255),
    mime_type  text NOT NULL CHECK (char_length(mime_type) <= 100),
    file_id    uuid NOT NULL REFERENCES files (id),
    user_id    uuid NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX documents_newest ON documents (created_at DESC, id DESC);
CREATE INDEX documents_name ON documents (lower(filename COLLATE "C"), id);
CREATE INDEX documents_file ON documents (file_id, created_at DESC, id DESC);
CREATE INDEX documents_user ON documents (user_id, created_at DESC, id DESC);

-- An upload between resolve and commit. The row outlives the commit, so that a repeated commit finds its document.
CREATE TABLE upload_intents (
    upload_id    uuid PRIMARY KEY,
    state        text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'committed', 'abandoned')),
    user_id      uuid NOT NULL,
    filename     text NOT NULL,
    mime_type    text NOT NULL,
    file_id      uuid NOT NULL,
    md5          text NOT NULL,
    sha256       text NOT NULL,
    size         bigint NOT NULL,
    object_key   text NOT NULL,
    sniffed_type text NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    document_id  uuid,
    CONSTRAINT upload_intents_document CHECK ((state = 'committed') = (document_id IS NOT NULL))
);
CREATE INDEX upload_intents_state ON upload_intents (state, expires_at);

-- Events of changes in this database, delivered by the event worker.
CREATE TABLE outbox (
    event_id        uuid PRIMARY KEY,
    event_type      text NOT NULL,
    tenant_id       uuid NOT NULL,
    user_id         uuid,
    occurred_at     timestamptz NOT NULL,
    data            jsonb NOT NULL,
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    first_failed_at timestamptz,
    last_error      text
);
CREATE INDEX outbox_due ON outbox (next_attempt_at, event_id);

-- Events that no handler could take.
CREATE TABLE dead_letters (
    event_id        uuid PRIMARY KEY,
    event_type      text NOT NULL,
    tenant_id       uuid NOT NULL,
    user_id         uuid,
    occurred_at     timestamptz NOT NULL,
    data            jsonb NOT NULL,
    attempts        integer NOT NULL,
    cause           text NOT NULL,
    first_failed_at timestamptz NOT NULL,
    died_at         timestamptz NOT NULL DEFAULT now()
);
