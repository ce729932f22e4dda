"""Many tenants with events: soon delivered, over few connections. TEST_FULL=1 has a thousand of them."""

import os
import queue
import random
import subprocess
import threading
import time
import uuid

import pytest

from conftest import ended, started
from eventstack import Tenant, query
from polling import eventually

FULL = os.environ.get("TEST_FULL") == "1"
TENANTS = 1000 if FULL else 20
RATE = int(os.environ.get("TEST_RATE", 200))
SECONDS = 60 if FULL else 4
WRITERS = 6


class Session:
    """A psql that stays connected to one database, as the application's connections do."""

    def __init__(self, stack, database):
        self._lock = threading.Lock()
        self._psql = subprocess.Popen(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", database], env=stack.psql_environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)

    def run(self, statement):
        with self._lock:
            self._psql.stdin.write(f"{statement}\n\\echo done\n")
            self._psql.stdin.flush()
            assert self._psql.stdout.readline() == "done\n"

    def end(self):
        self._psql.stdin.close()
        assert self._psql.wait(30) == 0


class Writer(threading.Thread):
    """Writes events of many tenants: rings, then commits, as the product does."""

    def __init__(self, stack, work, sessions):
        super().__init__(daemon=True)
        self._work, self._sessions, self.written = work, sessions, 0
        self._main = Session(stack, "saas_main")

    def run(self):
        for tenant, database in iter(self._work.get, None):
            self._main.run(f"INSERT INTO doorbells VALUES ('{tenant}', now()) ON CONFLICT (tenant_id) DO UPDATE"
                           f" SET rung_at = now(); NOTIFY doorbell, '{tenant} one';")
            self._sessions[database].run(
                "INSERT INTO outbox (event_id, event_type, tenant_id, occurred_at, data) VALUES"
                f" ('{uuid.uuid4()}', 'audit.log', '{tenant}', clock_timestamp(),"
                """ '{"action": "member.add", "result": "success"}');""")
            self.written += 1

    def finish(self):
        self.join(120)
        self._main.end()


@pytest.fixture
def wide_stack(request):
    """The one for events; with a thousand tenants a stack of its own, whose server takes as many connections."""
    if not FULL:
        yield request.getfixturevalue("embedded_stack")
        return
    stack = started("wide", DATABASE_MAX_CONNECTIONS=str(TENANTS + 100))
    yield stack
    ended(stack)


def of_each(stack, databases, sql):
    """The lines that the statement answers in all these databases, by one psql that goes from one to the next."""
    done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "saas_main"], env=stack.psql_environment(), text=True,
                          input="".join(f"\\c {database}\n{sql};\n" for database in databases), capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def made_tenants(stack, number):
    """Tenants by copies of one database and rows by SQL: ids and database names."""
    model = Tenant(stack)
    model.await_handled(0)
    connections = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname"
    template = "scale_template"
    # Nobody may be in the model while it is copied; nobody ever goes into the copy that the others are made of.
    query(stack, f"ALTER DATABASE {model.database} ALLOW_CONNECTIONS false")
    query(stack, f"{connections} = '{model.database}'")
    eventually(lambda: query(stack, f"CREATE DATABASE {template} TEMPLATE {model.database}"), within=20,
               what="the template")
    query(stack, f"ALTER DATABASE {model.database} ALLOW_CONNECTIONS true")
    tenants = [(str(uuid.uuid4()), f"tenant_scale_{index:08x}") for index in range(number)]
    subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "saas_main"], env=stack.psql_environment(), text=True, check=True,
                   input="".join(f"CREATE DATABASE {database} TEMPLATE {template};\n" for _, database in tenants))
    names = query(stack, "SELECT quote_ident(column_name) FROM information_schema.columns WHERE table_name = 'tenants'"
                         " AND column_name NOT IN ('id', 'database_name') AND is_generated = 'NEVER'")
    columns, values = ", ".join(names), ", ".join(f"t.{name}" for name in names)
    for start in range(0, number, 200):
        rows = ", ".join(f"('{tenant}'::uuid, '{database}')" for tenant, database in tenants[start:start + 200])
        query(stack, f"INSERT INTO tenants (id, database_name, {columns}) SELECT v.id, v.name, {values} FROM tenants t,"
                     f" (VALUES {rows}) AS v (id, name) WHERE t.id = '{model.team.id}'")
    return tenants


def test_many_tenants_are_served_soon_and_within_the_connection_budget(wide_stack, figure):
    stack = wide_stack
    tenants = made_tenants(stack, TENANTS)
    sessions = {database: Session(stack, database) for _, database in tenants}
    for session in sessions.values():
        session.run("DISCARD PLANS;")
    order = [tenant for _ in range(RATE * SECONDS // len(tenants) + 1) for tenant in random.sample(tenants, len(tenants))]
    del order[RATE * SECONDS:]
    work = queue.Queue()
    writers = [Writer(stack, work, sessions) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    most, begin = 0, time.monotonic()
    for number, tenant in enumerate(order):
        work.put(tenant)
        if number % RATE == 0:
            most = max(most, int(query(stack, "SELECT count(*) FROM pg_stat_activity"
                                              " WHERE application_name = 'saas-events'")[0]))
        time.sleep(max(0, begin + number / RATE - time.monotonic()))
    for _ in writers:
        work.put(None)
    for writer in writers:
        writer.finish()
    for session in sessions.values():
        session.end()
    seconds = time.monotonic() - begin
    assert sum(writer.written for writer in writers) == len(order)
    touched = {database for _, database in order}
    eventually(lambda: set(of_each(stack, touched, "SELECT count(*) FROM outbox")) == {"0"}, within=180, every=2,
               what="delivery to all tenants")
    # The trail has the event's time of writing; the inbox tells when its effect was committed, or just before.
    delays = [float(line) for line in of_each(
        stack, touched, "SELECT extract(epoch FROM i.handled_at - a.occurred_at) FROM inbox i JOIN audit_entries a"
                        " ON a.id = i.event_id")]
    assert len(delays) == len(order)
    assert most <= 20
    delays.sort()
    figure(f"connections of the event worker, {len(tenants)} tenants", most)
    figure("events written a second", round(len(order) / seconds))
    figure("commit to delivery, median and p99",
           f"{delays[len(delays) // 2] * 1000:.0f} ms, {delays[len(delays) * 99 // 100] * 1000:.0f} ms")
