"""Migrations over many tenants: one that fails, a run that is killed, what is served meanwhile."""

import json
import os
import shutil
import subprocess

import pytest

from client import Team, new_person
from conftest import ended, started
from content import unique_text
from polling import eventually
from stack import ROOT

# The size of the product's promise with TEST_FULL=1.
FULL = bool(os.environ.get("TEST_FULL"))
TENANTS, BROKEN = (200, 57) if FULL else (20, 7)
RESUMED = 200 if FULL else 6
ADDED = "CREATE TABLE fleet_probe_%d (id integer PRIMARY KEY);\n"


class Fleet:
    """A stack's tenants, and a set of migrations that has one more than the release."""

    def __init__(self, stack, directory, version):
        self.stack, self.directory, self.version_added = stack, directory, version
        self.person = new_person(stack.api)
        shutil.copytree(ROOT / "Sources" / "Persistence" / "Migrations" / "tenant", directory)
        self.add(version, ADDED % version)

    def add(self, version, sql):
        (self.directory / f"{version}_probe.sql").write_text(sql)

    def make_tenants(self, count):
        return [self.person.api.post("/api/tenants", {"name": f"Fleet {number}"}).data(201)
                for number in range(count)]

    def migrate(self, *options):
        return self.stack.saasctl("migrate", "tenants", "--migrations", str(self.directory), *options)

    def start(self, *options):
        """The same, not waited for."""
        script = f'source "{self.stack.state_dir}/supervisor/env/saasctl.sh"; exec "$0" "$@"'
        return subprocess.Popen(
            ["bash", "-c", script, str(self.stack.state_dir / "bin" / "saasctl"), "migrate", "tenants", "--migrations",
             str(self.directory), *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def version(self, tenant):
        return int(self.stack.sql(tenant["database_name"], "SELECT max(version) FROM schema_migrations"))

    def records(self):
        rows = self.stack.sql("saas_main", "SELECT tenant_id, version, status FROM tenant_schemas").splitlines()
        return {row.split("|")[0]: tuple(row.split("|")[1:]) for row in rows}

    def is_served(self, tenant):
        path = f"/api/tenants/{tenant['id']}/documents"
        assert "documents" in self.person.api.get(path).data(200)
        return Team(tenant["id"], tenant, self.person).upload(unique_text())["id"]


@pytest.fixture(scope="module")
def fleet_stack():
    stack = started("fleet")
    yield stack
    ended(stack)


@pytest.fixture
def fleet(fleet_stack, tmp_path, request):
    """Each test has numbers of its own: what it applied, the next one's tenants keep."""
    count = fleet_stack.fleet_tests = getattr(fleet_stack, "fleet_tests", 0) + 1
    return Fleet(fleet_stack, tmp_path / "migrations", 9000 + 100 * count)


def test_tenant_that_fails_is_rolled_back_and_the_others_go_on(fleet, figure):
    added = fleet.version_added
    tenants = fleet.make_tenants(TENANTS)
    broken = tenants[BROKEN - 1]
    before = fleet.version(broken)
    # The migration runs into a table that is there already, after its first statement.
    fleet.add(added, "CREATE TABLE fleet_first (id integer);\n" + ADDED % added)
    fleet.stack.sql(broken["database_name"], f"CREATE TABLE fleet_probe_{added} (kept integer)")

    done = fleet.migrate()
    assert done.returncode == 1, done.stdout
    assert " 1 failed" in done.stdout and f"tenant {broken['id']}: failed: " in done.stdout
    assert fleet.version(broken) == before
    assert fleet.stack.sql(broken["database_name"], "SELECT to_regclass('fleet_first') IS NULL") == "t"
    others = [tenant for tenant in tenants if tenant is not broken]
    assert {fleet.version(tenant) for tenant in others} == {added}
    records = fleet.records()
    assert records[broken["id"]] == (str(before), "failed")
    assert {records[tenant["id"]] for tenant in others} == {(str(added), "migrated")}
    assert fleet.is_served(broken) and fleet.is_served(others[0])

    fleet.stack.sql(broken["database_name"], f"DROP TABLE fleet_probe_{added}")
    again = fleet.migrate("--json")
    assert again.returncode == 0, again.stdout
    report = json.loads(again.stdout)
    assert (report["migrated"], report["current"], report["failed"]) == (1, TENANTS - 1, 0)
    assert fleet.version(broken) == added
    assert fleet.records()[broken["id"]] == (str(added), "migrated")

    fleet.add(added + 1, ADDED % (added + 1))
    report = json.loads(fleet.migrate("--json").stdout)
    assert report["migrated"] == TENANTS
    figure(f"migration of {TENANTS} tenants", f"{report['milliseconds']} ms, {report['milliseconds'] / TENANTS:.1f} each")


def test_killed_run_is_resumed(fleet):
    added = fleet.version_added
    tenants = fleet.make_tenants(RESUMED)
    assert fleet.migrate().returncode == 0
    # The run comes to a table that somebody holds, and dies there: half of the tenants are done, half are not.
    half = RESUMED // 2
    middle = tenants[half]
    fleet.add(added + 1, f"ALTER TABLE fleet_probe_{added} ADD COLUMN more integer;\n")
    with fleet.stack.holding(middle["database_name"], f"LOCK TABLE fleet_probe_{added}"):
        run = fleet.start("--parallel", "1")
        fleet.stack.await_blocked(middle["database_name"], "ALTER TABLE fleet_probe")
        assert "another run" in fleet.migrate().stdout
        run.kill()
        run.wait(20)
        assert {fleet.version(tenant) for tenant in tenants[:half]} == {added + 1}
        assert {fleet.version(tenant) for tenant in tenants[half:]} == {added}
        assert fleet.records()[middle["id"]] == (str(added), "migrating")
        assert fleet.is_served(tenants[0]) and fleet.is_served(middle) and fleet.is_served(tenants[-1])

    def finishes():
        done = fleet.migrate()
        assert done.returncode == 0, done.stdout
        return True

    # The server ends what the dead run held when it notices its death.
    eventually(finishes, within=30, every=0.5, what="a run after the killed one")
    assert {fleet.version(tenant) for tenant in tenants} == {added + 1}
    assert {fleet.records()[tenant["id"]] for tenant in tenants} == {(str(added + 1), "migrated")}


def test_canaries_and_failures_stop_a_run(fleet):
    added = fleet.version_added
    tenants = fleet.make_tenants(3)
    oldest = fleet.stack.sql(
        "saas_main", "SELECT database_name FROM tenants WHERE state IN ('ready', 'suspended') ORDER BY id").split()[0]
    fleet.stack.sql(oldest, f"CREATE TABLE fleet_probe_{added} (id integer)")
    for options in (("--canary", "1"), ("--stop-after", "1", "--parallel", "1")):
        done = fleet.migrate(*options)
        assert done.returncode == 1 and "0 migrated, 0 up to date, 1 failed" in done.stdout, done.stdout
        assert " not tried" in done.stdout
    plan = fleet.migrate("--dry-run", "--tenant-id", tenants[-1]["id"])
    assert plan.returncode == 0 and f"{added}_probe" in plan.stdout
    assert fleet.version(tenants[-1]) < added
    fleet.stack.sql(oldest, f"DROP TABLE fleet_probe_{added}")
    assert fleet.migrate().returncode == 0


def test_tenant_too_far_behind_is_answered_503(fleet):
    [tenant] = fleet.make_tenants(1)
    path = f"/api/tenants/{tenant['id']}/documents"
    database = tenant["database_name"]
    fleet.stack.sql(database, "CREATE TABLE kept AS TABLE schema_migrations;"
                              " DELETE FROM schema_migrations WHERE version > 1")
    fleet.stack.sql("saas_main", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                 f" WHERE datname = '{database}'")
    answer = fleet.person.api.get(path)
    answer.error(503, "SERVICE_UNAVAILABLE")
    assert int(answer.headers["Retry-After"]) > 0
    fleet.stack.sql(database, "INSERT INTO schema_migrations SELECT * FROM kept ON CONFLICT DO NOTHING;"
                              " DROP TABLE kept")
    fleet.person.api.get(path).data(200)
