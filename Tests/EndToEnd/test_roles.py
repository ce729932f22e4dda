"""What each database role of the stack may do, tried as that role, and what each process is told."""

import json
import os
import pathlib
import subprocess

import pytest

from client import new_team
from polling import eventually


def psql(stack, role, database, statement):
    secret = {"saas_app": "database-app-password", "saas_worker": "database-worker-password", "saas": "database-password"}
    return subprocess.run(
        ["psql", "-XAtqc", statement, "-v", "ON_ERROR_STOP=1"], capture_output=True, text=True, timeout=30,
        env={"PATH": os.environ["PATH"], "PGHOST": str(stack.state_dir / "run" / "postgres"), "PGUSER": role,
             "PGDATABASE": database, "PGPASSWORD": (stack.state_dir / "secrets" / secret[role]).read_text().strip()})


@pytest.fixture(scope="module")
def databases(stack):
    team = new_team(stack.api, roles=())
    team.upload(b"something to hold")
    return {"main": "saas_main", "tenant": team.tenant["database_name"]}


REFUSED = [
    "CREATE TABLE mine (x int)", "CREATE SCHEMA mine", "CREATE DATABASE mine", "CREATE ROLE mine", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE outbox ADD mine int", "DROP TABLE outbox", "TRUNCATE outbox", "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
    "UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries", "DROP TABLE audit_entries",
    "DELETE FROM audit_entries_default", "SELECT audit_keep(1)", "SELECT grant_application_rights()",
    "UPDATE schema_migrations SET checksum = ''", "DELETE FROM schema_migrations",
    "COPY (SELECT 1) TO PROGRAM 'true'", "SELECT pg_read_file('/etc/passwd')", "SET ROLE saas", "SET ROLE postgres",
    "ALTER ROLE saas_app CREATEDB", "SELECT rolpassword FROM pg_authid", "ALTER SYSTEM SET fsync = off",
]


@pytest.mark.parametrize("place", ["main", "tenant"])
@pytest.mark.parametrize("statement", REFUSED)
def test_the_application_may_not(stack, databases, place, statement):
    done = psql(stack, "saas_app", databases[place], statement)
    assert done.returncode != 0 and ("permission denied" in done.stderr or "must be" in done.stderr), done.stderr


def test_the_application_may_neither_drop_nor_rename_databases(stack, databases):
    for statement in (f"DROP DATABASE {databases['tenant']}", f"ALTER DATABASE {databases['tenant']} RENAME TO tenant_x"):
        assert "must be owner" in psql(stack, "saas_app", "saas_main", statement).stderr


@pytest.mark.parametrize("place", ["main", "tenant"])
def test_the_application_may_do_its_work(stack, databases, place):
    for statement in ("SELECT count(*) FROM audit_entries", "SELECT count(*) FROM outbox",
                      "BEGIN; DELETE FROM outbox; ROLLBACK", "SELECT version FROM schema_migrations"):
        done = psql(stack, "saas_app", databases[place], statement)
        assert done.returncode == 0, done.stderr


def test_later_tables_are_the_applications_too(stack):
    psql(stack, "saas", "saas_main", "CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY, x int)")
    try:
        assert psql(stack, "saas_app", "saas_main", "INSERT INTO later (x) VALUES (1)").returncode == 0
    finally:
        psql(stack, "saas", "saas_main", "DROP TABLE later")


@pytest.mark.parametrize("role", ["saas_app", "saas_worker", "saas"])
def test_no_role_of_the_programs_is_the_servers(stack, role):
    for statement in ("CREATE ROLE mine", "COPY (SELECT 1) TO PROGRAM 'true'", "SELECT pg_read_file('/etc/passwd')",
                      "ALTER SYSTEM SET fsync = off", "SET ROLE postgres", "SELECT rolpassword FROM pg_authid"):
        done = psql(stack, role, "saas_main", statement)
        assert done.returncode != 0 and ("permission denied" in done.stderr or "must be" in done.stderr), done.stderr


def test_the_worker_may_act_as_the_owner_under_a_name_of_its_own(stack):
    assert psql(stack, "saas_worker", "saas_main", "SELECT session_user || ' ' || current_user").stdout.strip() == "saas_worker saas"


def test_the_worker_works_with_the_applications_rights(stack):
    """Its statements in the main database (a heartbeat a second) and in a tenant's (the end of an event), as a trigger
    sees who carries them out."""
    team = new_team(stack.api, roles=())
    tables = {"saas_main": "event_workers", team.tenant["database_name"]: "outbox"}
    try:
        for database, table in tables.items():
            made = psql(stack, "saas", database, f"""
                CREATE TABLE acting (login name, role name);
                CREATE FUNCTION note_acting() RETURNS trigger LANGUAGE plpgsql AS
                    $$BEGIN INSERT INTO acting VALUES (session_user, current_user); RETURN NULL; END$$;
                CREATE TRIGGER note_acting AFTER INSERT OR UPDATE OR DELETE ON {table}
                    FOR EACH STATEMENT EXECUTE FUNCTION note_acting()""")
            assert made.returncode == 0, made.stderr
        team.upload(b"makes an event")
        acting = "SELECT DISTINCT role FROM acting WHERE login = 'saas_worker'"
        for database in tables:
            roles = eventually(lambda: psql(stack, "saas", database, acting).stdout.split(), within=30,
                               what=f"a statement of the worker in {database}")
            assert roles == ["saas_app"]
    finally:
        for database, table in tables.items():
            psql(stack, "saas", database, f"DROP TRIGGER IF EXISTS note_acting ON {table};"
                                          " DROP FUNCTION IF EXISTS note_acting; DROP TABLE IF EXISTS acting")


def test_strangers_to_a_tenants_database_cannot_connect(stack, databases):
    for database in ("postgres", "template1"):
        assert "permission denied" in psql(stack, "saas_app", database, "SELECT 1").stderr
    for database in databases.values():
        answer = psql(stack, "saas", database, "SELECT has_database_privilege('public', current_database(), 'CONNECT')")
        assert answer.stdout.strip() == "f"


def environment(stack, process):
    text = pathlib.Path(f"/proc/{stack.pid(process)}/environ").read_text()
    return dict(entry.split("=", 1) for entry in text.split("\0") if "=" in entry)


def test_each_process_is_told_its_own_secrets_and_no_others(stack):
    secrets = {path.name: path.read_text().strip() for path in (stack.state_dir / "secrets").iterdir()}
    knows = {name: " ".join(environment(stack, name).values()) for name in ("app-0", "worker", "sidecar", "nginx", "postgres")}
    owners = {"jwt-secret": {"app-0"}, "database-app-password": {"app-0"}, "database-worker-password": {"worker"},
              "database-superuser-password": set()}
    for secret, allowed in owners.items():
        assert {name for name, text in knows.items() if secrets[secret] in text} == allowed, secret
    assert not [name for name in environment(stack, "sidecar") if name.startswith(("DATABASE", "JWT", "KAFKA", "VAULT", "REDIS"))]


def test_sockets_and_directories_are_closed(stack):
    run = (stack.state_dir / "run").resolve()
    modes = {path.name: path.stat().st_mode & 0o777 for path in run.rglob("*.sock")}
    assert {"app-0.sock", "upload.sock"} <= set(modes)
    assert set(modes.values()) == {0o660}, modes
    for name in ("internal", "postgres"):
        assert (run / name).stat().st_mode & 0o007 == 0
    for path in (stack.state_dir / "secrets").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    for name in ("supervisor", "spool", "log", "objects", "postgres"):
        assert (stack.state_dir / name).stat().st_mode & 0o007 == 0, name


def test_granting_again_changes_nothing(stack):
    done = stack.saasctl("roles", "grant", "--json")
    assert done.returncode == 0, done.stdout
    report = json.loads(done.stdout)
    assert report["granted"] > 1 and report["failed"] == 0
