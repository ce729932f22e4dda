-- A fleet of tenant databases: templates and spare databases that the event worker keeps ready, and how far each
-- tenant's schema has come.

-- What new databases are copied from, one for each schema. Never altered and never connected to once it is ready.
-- Written down before the database is made: a database of such a name without a row is nobody's.
CREATE TABLE tenant_templates (
    name           text PRIMARY KEY CHECK (octet_length(name) <= 63),
    schema_version integer NOT NULL,
    -- Of the migrations' texts: the same number may stand for another schema while it is being developed.
    fingerprint    text NOT NULL,
    state          text NOT NULL CHECK (state IN ('making', 'ready', 'removing')),
    made_at        timestamptz NOT NULL DEFAULT now(),
    used_at        timestamptz NOT NULL DEFAULT now()
);

-- Databases that wait for their tenants; nobody can connect to them. Written down before they are made.
CREATE TABLE spare_databases (
    name             text PRIMARY KEY CHECK (octet_length(name) <= 63),
    schema_version   integer NOT NULL,
    fingerprint      text NOT NULL,
    state            text NOT NULL CHECK (state IN ('making', 'ready', 'removing')),
    -- While making: when its maker may be thought dead.
    lease_expires_at timestamptz NOT NULL,
    made_at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX spare_databases_ready ON spare_databases (schema_version, made_at) WHERE state = 'ready';

-- Gives a spare database the tenant's name, as part of the transaction that stores the tenant: its schema's version,
-- or NULL when there is none. A schema below the minimum is not taken.
--
-- With the rights of its owner, who owns the databases: the caller's role needs no CREATEDB.
CREATE FUNCTION claim_spare_database(wanted text, minimum_version integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    spare record;
BEGIN
    IF wanted !~ '^tenant_[a-z0-9_]{1,56}$' THEN
        RAISE EXCEPTION 'not the name of a tenant''s database' USING ERRCODE = 'invalid_name';
    END IF;
    SELECT s.name, s.schema_version INTO spare
    FROM spare_databases s
    -- -2: half dropped, by whoever did it
    JOIN pg_database d ON d.datname = s.name AND d.datconnlimit <> -2
    WHERE s.state = 'ready' AND s.schema_version >= minimum_version
    ORDER BY s.schema_version, s.made_at
    LIMIT 1 FOR UPDATE OF s SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    EXECUTE format('ALTER DATABASE %I RENAME TO %I', spare.name, wanted);
    EXECUTE format('ALTER DATABASE %I WITH ALLOW_CONNECTIONS true', wanted);
    DELETE FROM spare_databases WHERE name = spare.name;
    RETURN spare.schema_version;
END
$$;
REVOKE ALL ON FUNCTION claim_spare_database(text, integer) FROM PUBLIC;

-- What is known of a tenant's schema; the database itself is the truth.
CREATE TABLE tenant_schemas (
    tenant_id  uuid PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
    -- The highest migration applied; NULL when nobody could look.
    version    integer,
    status     text NOT NULL CHECK (status IN ('migrating', 'migrated', 'failed')),
    error      text,
    changed_at timestamptz NOT NULL
);
CREATE INDEX tenant_schemas_status ON tenant_schemas (status, version);
