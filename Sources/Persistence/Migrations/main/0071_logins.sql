-- Logins that were tried and have not succeeded, by account, by address, and by both. Accounts are digests of what was
-- typed, which need not be anybody's address.
CREATE TABLE login_attempts (
    subject       text PRIMARY KEY,
    attempts      integer NOT NULL,
    blocked_until timestamptz NOT NULL,
    last_at       timestamptz NOT NULL
);
CREATE INDEX login_attempts_last ON login_attempts (last_at);

-- From where a user has logged in: there, attempts from elsewhere do not keep the user waiting.
CREATE TABLE login_addresses (
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address text NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, address)
);
CREATE INDEX login_addresses_last ON login_addresses (last_at);
