"""Many tenants with events: soon delivered, over few connections. TEST_FULL=1 has a thousand of them."""

import os
import random
import subprocess
import time
import uuid

from eventstack import Tenant, query
from polling import eventually

FULL = os.environ.get("TEST_FULL") == "1"
TENANTS = 1000 if FULL else 20
RATE = 200
SECONDS = 60 if FULL else 10
WRITERS = 6


class Writer:
    """One psql that goes from database to database and writes an event in each, ringing before the commit."""

    def __init__(self, stack):
        state = stack.state_dir
        environment = {"PATH": os.environ["PATH"], "PGHOST": str(state / "run" / "postgres"), "PGUSER": "saas",
                       "PGPASSWORD": (state / "secrets" / "database-password").read_text().strip()}
        self._events = self._start(environment)
        self._rings = self._start(environment)

    @staticmethod
    def _start(environment):
        return subprocess.Popen(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "saas_main"], env=environment, text=True,
                                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, bufsize=1)

    def write(self, tenant, database):
        self._rings.stdin.write(
            f"INSERT INTO doorbells VALUES ('{tenant}', now()) ON CONFLICT (tenant_id) DO UPDATE SET rung_at = now();"
            f" SELECT pg_notify('doorbell', '{tenant}');\n")
        self._events.stdin.write(
            f"\\c {database}\nINSERT INTO outbox (event_id, event_type, tenant_id, occurred_at, data) VALUES"
            f" ('{uuid.uuid4()}', 'audit.log', '{tenant}', clock_timestamp(), '{{\"action\": \"member.add\","
            " \"result\": \"success\"}');\n")

    def finish(self):
        for process in (self._events, self._rings):
            process.stdin.close()
            assert process.wait(120) == 0


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
    for _, database in tenants:
        query(stack, f"CREATE DATABASE {database} TEMPLATE {template} STRATEGY FILE_COPY")
    columns = query(stack, "SELECT string_agg(quote_ident(column_name), ',') FROM information_schema.columns WHERE"
                           " table_name = 'tenants' AND column_name NOT IN ('id', 'database_name')"
                           " AND is_generated = 'NEVER'")[0]
    for start in range(0, number, 200):
        rows = ",".join(f"('{tenant}'::uuid, '{database}')" for tenant, database in tenants[start:start + 200])
        query(stack, f"INSERT INTO tenants (id, database_name, {columns}) SELECT v.id, v.name, {columns} FROM tenants t,"
                     f" (VALUES {rows}) AS v (id, name) WHERE t.id = '{model.team.id}'")
    return tenants


def test_many_tenants_are_served_soon_and_within_the_connection_budget(embedded_stack, figure):
    stack = embedded_stack
    tenants = made_tenants(stack, TENANTS)
    writers = [Writer(stack) for _ in range(WRITERS)]
    order = [tenant for _ in range(RATE * SECONDS // len(tenants) + 1) for tenant in random.sample(tenants, len(tenants))]
    most, begin = 0, time.monotonic()
    for number in range(RATE * SECONDS):
        writers[number % WRITERS].write(*order[number])
        if number % RATE == 0:
            most = max(most, int(query(stack, "SELECT count(*) FROM pg_stat_activity"
                                              " WHERE application_name = 'saas-events'")[0]))
        time.sleep(max(0, begin + number / RATE - time.monotonic()))
    for writer in writers:
        writer.finish()
    seconds = time.monotonic() - begin
    touched = {database for _, database in order[:RATE * SECONDS]}
    delays = []
    for database in touched:
        eventually(lambda: query(stack, "SELECT count(*) FROM outbox", database) == ["0"], within=60,
                   what=f"delivery in {database}")
        # The trail has the event's time of writing; the inbox tells when its effect was committed, or just before.
        delays += [float(line) for line in query(
            stack, "SELECT extract(epoch FROM i.handled_at - a.occurred_at) FROM inbox i JOIN audit_entries a"
                   " ON a.id = i.event_id", database)]
    assert len(delays) == RATE * SECONDS
    assert most <= 20
    delays.sort()
    figure(f"connections of the event worker, {len(tenants)} tenants", most)
    figure("events written a second", round(RATE * SECONDS / seconds))
    figure("commit to delivery, median and p99",
           f"{delays[len(delays) // 2] * 1000:.0f} ms, {delays[len(delays) * 99 // 100] * 1000:.0f} ms")
