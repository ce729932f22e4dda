-- Imports and restores under way. The one who is at it holds an advisory lock of the row's id; a row that nobody holds
-- was broken off, and the event worker removes what it has left.
CREATE TABLE tenant_restores (
    id            uuid PRIMARY KEY,
    kind          text NOT NULL CHECK (kind IN ('import', 'restore')),
    -- of an import: the tenant that is to be
    tenant_id     uuid NOT NULL,
    -- the database that is filled, and then renamed
    database_name text NOT NULL CHECK (database_name LIKE 'restoring\_%'),
    -- of a restore: what the tenant's present database is called when it has been replaced, until it is dropped
    replaced_name text CHECK (replaced_name LIKE 'replaced\_%'),
    started_at    timestamptz NOT NULL DEFAULT now()
);
