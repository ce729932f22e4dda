-- From deletion to purge: each step of the purge is kept here, so that it can be taken up again where it was broken off,
-- and what was removed is recorded for good.

ALTER TABLE tenant_purges
    -- the member who deleted the tenant; NULL: the operator
    ADD COLUMN requested_by     uuid,
    -- whose suspension an undelete returns to
    ADD COLUMN suspended_by     text CHECK (suspended_by IN ('admin', 'operator')),
    -- an operator does not want to wait for the grace time
    ADD COLUMN is_hastened      boolean NOT NULL DEFAULT false,
    -- what is to be done next; after waiting there is no way back
    ADD COLUMN step             text NOT NULL DEFAULT 'waiting' CHECK (step IN (
        'waiting', 'census', 'database', 'manifest', 'objects', 'rows', 'settling')),
    -- while somebody is at it: when they may be thought dead; while settling: when the last look is due
    ADD COLUMN lease_expires_at timestamptz;

INSERT INTO tenant_purges (tenant_id, requested_at)
SELECT id, updated_at FROM tenants WHERE state = 'deleting' ON CONFLICT (tenant_id) DO NOTHING;

-- What a purge has removed, in numbers and digests alone.
CREATE TABLE tenant_deletions (
    tenant_id       uuid PRIMARY KEY,
    -- SHA-256 of the database's name: the name is not kept, and yet never given again
    database_sha256 text NOT NULL CHECK (database_sha256 ~ '^[0-9a-f]{64}$'),
    requested_at    timestamptz NOT NULL,
    requested_by    uuid,
    begun_at        timestamptz NOT NULL,
    -- the process that did most of it
    carried_out_by  text NOT NULL,
    -- rows of each table of the tenant's database, and its size; NULL where there was no database any more
    table_rows      jsonb,
    database_bytes  bigint,
    -- the objects: how many, their bytes, and the SHA-256 over a line "key size" for each, in byte order of the keys
    objects         bigint,
    object_bytes    bigint,
    manifest_sha256 text CHECK (manifest_sha256 ~ '^[0-9a-f]{64}$'),
    -- rows of each table of this database
    main_rows       jsonb,
    -- when neither database nor objects nor rows were there any more
    finished_at     timestamptz,
    -- objects of uploads that were under way and came after; none can come after settled_at
    stragglers      bigint NOT NULL DEFAULT 0,
    settled_at      timestamptz
);
CREATE UNIQUE INDEX tenant_deletions_database ON tenant_deletions (database_sha256);

CREATE FUNCTION tenant_deletions_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.settled_at IS NOT NULL THEN
        RAISE EXCEPTION 'the record of a purge is never changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER tenant_deletions_keep BEFORE UPDATE OR DELETE ON tenant_deletions
    FOR EACH ROW EXECUTE FUNCTION tenant_deletions_keep();

-- Neither the id nor the database's name of a purged tenant comes back.
CREATE FUNCTION tenants_keep_tombstone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a purged tenant stays purged' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER tenants_keep_tombstone BEFORE UPDATE OR DELETE ON tenants
    FOR EACH ROW WHEN (OLD.state = 'purged') EXECUTE FUNCTION tenants_keep_tombstone();

CREATE FUNCTION tenants_refuse_used_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM tenant_deletions
               WHERE database_sha256 = encode(sha256(convert_to(NEW.database_name, 'UTF8')), 'hex')) THEN
        RAISE EXCEPTION 'the name was a purged tenant''s' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER tenants_refuse_used_name BEFORE INSERT OR UPDATE OF database_name ON tenants
    FOR EACH ROW EXECUTE FUNCTION tenants_refuse_used_name();
