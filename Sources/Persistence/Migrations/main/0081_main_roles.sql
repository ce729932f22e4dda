-- The rights of the application's role, which owns nothing: it reads and writes rows, makes and drops no tables and no
-- databases, and only appends to the audit trail. Its name is fixed: logins of other names are made members of it.
--
-- Run again after the role was made (saasctl roles grant); false while there is no such role, and then everything runs
-- as the owner.
CREATE OR REPLACE FUNCTION grant_application_rights() RETURNS boolean LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    trail regclass;
BEGIN
    IF to_regrole('saas_app') IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO saas_app', current_database());
    GRANT USAGE ON SCHEMA public TO saas_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO saas_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO saas_app;
    -- For what later migrations make; months of the audit trail too, whose triggers refuse changes to everyone.
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO saas_app;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO saas_app;
    FOR trail IN
        SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relname ~ '^audit_entries'
            AND c.relkind IN ('r', 'p')
    LOOP
        EXECUTE format('REVOKE UPDATE, DELETE ON %s FROM saas_app', trail);
    END LOOP;
    REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM saas_app;
    IF to_regprocedure('claim_spare_database(text, integer)') IS NOT NULL THEN
        GRANT EXECUTE ON FUNCTION claim_spare_database(text, integer) TO saas_app;
    END IF;
    RETURN true;
END
$$;
REVOKE ALL ON FUNCTION grant_application_rights() FROM PUBLIC;
-- What only the event worker does, as the owner.
REVOKE ALL ON FUNCTION audit_keep(integer) FROM PUBLIC;

SELECT grant_application_rights();
