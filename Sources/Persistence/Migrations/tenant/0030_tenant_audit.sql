-- The tenant's audit trail: partitioned by month, appended to and never changed.

CREATE TABLE audit_entries (
    id          uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    tenant_id   uuid,
    actor_id    uuid,
    action      text NOT NULL,
    result      text NOT NULL CHECK (result IN ('success', 'refused', 'failed')),
    error_code  text,
    target_id   uuid,
    address     text NOT NULL,
    request_id  text NOT NULL,
    details     jsonb NOT NULL,
    CONSTRAINT audit_entries_pkey PRIMARY KEY (occurred_at, id)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX audit_entries_actor ON audit_entries (actor_id, occurred_at, id);
CREATE INDEX audit_entries_action ON audit_entries (action, occurred_at, id);

-- An owner has every right to its tables, so rights alone do not protect them from the application: the triggers do.
-- Row triggers of the parent are each partition's too; TRUNCATE needs one on every partition.
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit_entries
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
REVOKE ALL ON audit_entries FROM PUBLIC;

-- Takes what no month takes, so that no write can fail for want of a partition; audit_keep empties it.
CREATE FUNCTION audit_add_default() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TABLE audit_entries_default PARTITION OF audit_entries DEFAULT;
    CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit_entries_default
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change();
END
$$;

-- Makes the partition of the month that begins at this time (UTC), unless it is there.
CREATE FUNCTION audit_add_month(month timestamp) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    partition text := 'audit_entries_' || to_char(month, 'YYYYMM');
BEGIN
    IF to_regclass(quote_ident(partition)) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF audit_entries FOR VALUES FROM (%L) TO (%L)', partition,
                       month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC');
        EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %I '
                       'FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', partition);
    END IF;
END
$$;

-- Makes the partitions of this month and the next, moves what the default partition took to its months, and drops the
-- months that ended before the retention time: how many.
CREATE FUNCTION audit_keep(retention_days integer) RETURNS integer LANGUAGE plpgsql SET lock_timeout = '2s' AS $$
DECLARE
    month timestamp;
    old record;
    dropped integer := 0;
BEGIN
    -- One run at a time; any fixed number would do.
    PERFORM pg_advisory_xact_lock(7023051870163104);
    IF EXISTS (SELECT FROM audit_entries_default) THEN
        ALTER TABLE audit_entries DETACH PARTITION audit_entries_default;
        ALTER TABLE audit_entries_default RENAME TO audit_entries_moving;
        FOR month IN SELECT DISTINCT date_trunc('month', occurred_at AT TIME ZONE 'UTC') FROM audit_entries_moving LOOP
            PERFORM audit_add_month(month);
        END LOOP;
        INSERT INTO audit_entries (id, occurred_at, tenant_id, actor_id, action, result, error_code, target_id,
                                   address, request_id, details)
        SELECT id, occurred_at, tenant_id, actor_id, action, result, error_code, target_id, address, request_id, details
        FROM audit_entries_moving;
        DROP TABLE audit_entries_moving;
        PERFORM audit_add_default();
    END IF;
    FOR ahead IN 0..1 LOOP
        PERFORM audit_add_month(date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead));
    END LOOP;
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'audit_entries'::regclass AND c.relname ~ '^audit_entries_[0-9]{6}$'
          AND to_date(right(c.relname, 6), 'YYYYMM') + interval '1 month'
              <= now() AT TIME ZONE 'UTC' - make_interval(days => retention_days)
    LOOP
        EXECUTE format('DROP TABLE %I', old.relname);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

SELECT audit_add_default();
SELECT audit_keep(400);
