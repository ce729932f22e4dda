-- How many documents and live files there are, and how many bytes these hold: kept by the transactions that make and
-- remove them, so that telling it costs the same with a million rows as with ten.
--
-- A total is the sum of its slots. A transaction changes one slot that no other transaction holds, and makes one more
-- when all are held: nobody waits for anybody, nothing is ever off, and there are as many slots as there once were
-- transactions at a time.
CREATE TABLE IF NOT EXISTS row_counts (
    slot       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    counted    text NOT NULL CHECK (counted IN ('documents', 'files')),
    row_count  bigint NOT NULL,
    byte_count bigint NOT NULL
) WITH (fillfactor = 50);

CREATE OR REPLACE FUNCTION row_counts_add(what text, more_rows bigint, more_bytes bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    free bigint;
BEGIN
    IF more_rows = 0 AND more_bytes = 0 THEN
        RETURN;
    END IF;
    -- Two statements: the second sees the row as it is now that it is locked.
    SELECT slot INTO free FROM row_counts WHERE counted = what ORDER BY slot LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE row_counts SET row_count = row_count + more_rows, byte_count = byte_count + more_bytes
        WHERE slot = free;
    ELSE
        INSERT INTO row_counts (counted, row_count, byte_count) VALUES (what, more_rows, more_bytes);
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION row_counts_document_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM row_counts_add('documents', (SELECT count(*) FROM added), 0);
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION row_counts_document_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM row_counts_add('documents', -(SELECT count(*) FROM removed), 0);
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION row_counts_file_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM row_counts_add('files', count(*), coalesce(sum(size), 0)::bigint) FROM added WHERE state = 'live';
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION row_counts_file_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM row_counts_add('files', -count(*), -coalesce(sum(size), 0)::bigint) FROM removed WHERE state = 'live';
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION row_counts_file_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM row_counts_add('files', sum(change)::bigint, sum(change * size)::bigint)
    FROM (SELECT 1 AS change, size FROM added WHERE state = 'live'
          UNION ALL SELECT -1, size FROM removed WHERE state = 'live') AS changes
    HAVING count(*) > 0;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION row_counts_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM row_counts WHERE counted = TG_TABLE_NAME;
    RETURN NULL;
END
$$;

-- From here to the end of the migration nobody changes either table.
LOCK TABLE documents, files IN SHARE ROW EXCLUSIVE MODE;
DELETE FROM row_counts;
INSERT INTO row_counts (counted, row_count, byte_count)
SELECT 'documents', count(*), 0 FROM documents
UNION ALL SELECT 'files', count(*), coalesce(sum(size), 0) FROM files WHERE state = 'live';

CREATE OR REPLACE TRIGGER row_counts_added AFTER INSERT ON documents REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION row_counts_document_added();
CREATE OR REPLACE TRIGGER row_counts_removed AFTER DELETE ON documents REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION row_counts_document_removed();
CREATE OR REPLACE TRIGGER row_counts_emptied AFTER TRUNCATE ON documents
    FOR EACH STATEMENT EXECUTE FUNCTION row_counts_emptied();
CREATE OR REPLACE TRIGGER row_counts_added AFTER INSERT ON files REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION row_counts_file_added();
CREATE OR REPLACE TRIGGER row_counts_removed AFTER DELETE ON files REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION row_counts_file_removed();
CREATE OR REPLACE TRIGGER row_counts_changed AFTER UPDATE ON files REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION row_counts_file_changed();
CREATE OR REPLACE TRIGGER row_counts_emptied AFTER TRUNCATE ON files
    FOR EACH STATEMENT EXECUTE FUNCTION row_counts_emptied();
