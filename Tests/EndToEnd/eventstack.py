"""The event bus as tests see it from outside: a Kafka of their own, tenants' outboxes and inboxes, saasctl."""

import json
import os
import pathlib
import subprocess
import uuid

from client import new_team
from content import unique_text
from polling import eventually
from stack import ROOT

BINARIES = pathlib.Path(os.environ.get("BIN_DIR", ROOT / ".build" / "release"))
FAST = {"EVENT_MAX_ATTEMPTS": "3", "EVENT_RETRY_PAUSE_MS": "200"}


class MockKafka:
    """librdkafka's mock cluster in a process of its own."""

    def __init__(self):
        self.process = subprocess.Popen([BINARIES / "KafkaMock", "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.servers = self.process.stdout.readline().strip()

    def run(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == "ok", command

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)

    def produce(self, topic, text, key="k"):
        """One message by kcat, an outside client; a text without newlines."""
        subprocess.run(["kcat", "-P", "-b", self.servers, "-t", topic, "-k", key, "-X", "message.max.bytes=4000000"],
                       input=text, text=True, check=True, timeout=30)

    def consume(self, topic):
        done = subprocess.run(["kcat", "-C", "-e", "-q", "-b", self.servers, "-t", topic, "-o", "beginning",
                               "-f", "%k\\t%h\\t%s\\n"], capture_output=True, text=True, timeout=30)
        return [line.split("\t") for line in done.stdout.splitlines() if line]


def saasctl(stack, *arguments, check=True):
    done = subprocess.run(["bash", stack.state_dir / "supervisor" / "start-program.sh", "saasctl", *arguments],
                          capture_output=True, text=True, timeout=60)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def query(stack, sql, database="saas_main"):
    done = subprocess.run(["psql", "-XAt", "-v", "ON_ERROR_STOP=1", "-c", sql], env=stack.psql_environment(database),
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


class Tenant:
    def __init__(self, stack):
        self.stack = stack
        self.team = new_team(stack.api, roles=())
        self.database = self.team.tenant["database_name"]

    def query(self, sql):
        return query(self.stack, sql, self.database)

    def change(self, number):
        """Uploads and deletions; how many events they make."""
        for index in range(number):
            document = self.team.upload(unique_text())
            if index % 2:
                self.team.admin.api.delete(f"{self.team.documents}/{document['id']}").data()
        return number + number // 2

    def handled(self):
        return int(self.query("SELECT count(*) FROM inbox")[0])

    def await_handled(self, number, within=60):
        eventually(lambda: self.handled() >= number, within=within, what=f"{number} handled events")
        assert self.handled() == number
        # With Kafka the row may go after the effect.
        eventually(lambda: self.query("SELECT count(*) FROM outbox") == ["0"], what="an empty outbox")

    def plant(self, event_type, data, rings=True):
        """An event that the product itself would not write."""
        event = str(uuid.uuid4())
        self.query(f"INSERT INTO outbox (event_id, event_type, tenant_id, occurred_at, data) VALUES"
                   f" ('{event}', '{event_type}', '{self.team.id}', now(), '{json.dumps(data)}')")
        if rings:
            self.ring()
        return event

    def plant_many(self, event_type, number):
        """So many events without data."""
        self.query("INSERT INTO outbox (event_id, event_type, tenant_id, occurred_at, data) SELECT gen_random_uuid(),"
                   f" '{event_type}', '{self.team.id}', now(), '{{}}' FROM generate_series(1, {number})")
        self.ring()

    def ring(self):
        query(self.stack, f"INSERT INTO doorbells VALUES ('{self.team.id}', now()) ON CONFLICT (tenant_id)"
                          f" DO UPDATE SET rung_at = now(); SELECT pg_notify('doorbell', '{self.team.id}')")

    def message(self, event_type, **changes):
        """A message as our own producer would make it."""
        return json.dumps({"event_id": str(uuid.uuid4()), "event_type": event_type, "tenant_id": self.team.id,
                           "user_id": None, "timestamp": "2026-01-01T00:00:00Z", "data": {}, **changes})
