-- Requests that carried an Idempotency-Key: under way while status is null, then with the answer that was given.
CREATE TABLE idempotency_keys (
    -- A digest of user, tenant, route and key.
    scope       text PRIMARY KEY,
    -- A digest of address and body: the key of another request is refused.
    fingerprint text        NOT NULL,
    -- The try that works on the request; one that died is replaced after its deadline and can store nothing then.
    owner       uuid        NOT NULL,
    deadline    timestamptz NOT NULL,
    status      integer,
    body        text,
    expires_at  timestamptz NOT NULL,
    CHECK ((status IS NULL) = (body IS NULL))
);

CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
