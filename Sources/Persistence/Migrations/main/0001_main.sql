-- The main database: who there is, and which tenant is where. No tenant's data lives here.

CREATE TABLE users (
    id            uuid PRIMARY KEY,
    first_name    text NOT NULL CHECK (char_length(first_name) BETWEEN 1 AND 100),
    last_name     text NOT NULL CHECK (char_length(last_name) BETWEEN 1 AND 100),
    email         text NOT NULL CHECK (char_length(email) <= 255 AND email = lower(email)),
    password_hash text NOT NULL,
    is_active     boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    CONSTRAINT users_email_key UNIQUE (email)
);

CREATE TABLE tenants (
    id               uuid PRIMARY KEY,
    name             text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    database_name    text NOT NULL CHECK (octet_length(database_name) <= 63),
    state            text NOT NULL CHECK (state IN ('creating', 'ready', 'suspended', 'deleting', 'purged')),
    suspended_by     text CHECK (suspended_by IN ('admin', 'operator')),
    -- While creating: when its maker may be thought dead.
    lease_expires_at timestamptz,
    created_by       uuid NOT NULL REFERENCES users (id),
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    CONSTRAINT tenants_database_name_key UNIQUE (database_name),
    CONSTRAINT tenants_suspension CHECK ((state = 'suspended') = (suspended_by IS NOT NULL)),
    CONSTRAINT tenants_lease CHECK ((state = 'creating') = (lease_expires_at IS NOT NULL))
);
CREATE INDEX tenants_unfinished ON tenants (lease_expires_at) WHERE state = 'creating';

CREATE TABLE user_tenant_associations (
    user_id   uuid NOT NULL REFERENCES users (id),
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    role      text NOT NULL CHECK (role IN ('viewer', 'user', 'admin')),
    joined_at timestamptz NOT NULL,
    CONSTRAINT user_tenant_associations_pkey PRIMARY KEY (user_id, tenant_id)
);
CREATE INDEX user_tenant_associations_tenant ON user_tenant_associations (tenant_id, joined_at, user_id);
CREATE INDEX user_tenant_associations_newest ON user_tenant_associations (user_id, joined_at DESC, tenant_id);

-- One row a login. Every token carries its family's id; a revoked family ends all its tokens.
CREATE TABLE token_families (
    id              uuid PRIMARY KEY,
    user_id         uuid NOT NULL REFERENCES users (id),
    created_at      timestamptz NOT NULL,
    revoked_at      timestamptz,
    -- What makes the refresh token that may be used now; never the token itself.
    current_jti     uuid NOT NULL,
    current_issued  timestamptz NOT NULL,
    current_expires timestamptz NOT NULL,
    previous_jti    uuid,
    rotated_at      timestamptz
);
CREATE INDEX token_families_user ON token_families (user_id) WHERE revoked_at IS NULL;
CREATE INDEX token_families_ended ON token_families (least(revoked_at, current_expires));

-- Requests a subject has been granted in the clock hour that begins at window_start.
CREATE TABLE rate_windows (
    subject      uuid NOT NULL,
    window_start timestamptz NOT NULL,
    used         bigint NOT NULL,
    -- How many of them the process that asked last was given.
    last_lease   bigint NOT NULL,
    PRIMARY KEY (subject, window_start)
);
CREATE INDEX rate_windows_start ON rate_windows (window_start);

-- Events of changes in this database (tenants), delivered by the event worker.
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

-- Which tenants' outboxes may hold something: rung before the change commits, kept by the worker until the ring is
-- older than the longest transaction.
CREATE TABLE doorbells (
    tenant_id uuid PRIMARY KEY,
    rung_at   timestamptz NOT NULL
);

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
