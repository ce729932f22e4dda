"""Events through the embedded bus and through Kafka: never lost, one effect each, dead letters that come back."""

import json
import os
import pathlib
import subprocess
import time
import uuid

import pytest

from client import new_team
from conftest import ended, started
from content import unique_text
from polling import eventually
from stack import ROOT

BINARIES = pathlib.Path(os.environ.get("BIN_DIR", ROOT / ".build" / "release"))
FAST = {"EVENT_MAX_ATTEMPTS": "3", "EVENT_RETRY_PAUSE_MS": "200"}
AWAY_SECONDS = int(os.environ.get("KAFKA_AWAY_SECONDS", "10"))


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
    environment = {"PATH": os.environ["PATH"], "PGHOST": str(stack.state_dir / "run" / "postgres"), "PGUSER": "saas",
                   "PGDATABASE": database,
                   "PGPASSWORD": (stack.state_dir / "secrets" / "database-password").read_text().strip()}
    done = subprocess.run(["psql", "-XAt", "-v", "ON_ERROR_STOP=1", "-c", sql], env=environment, capture_output=True,
                          text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


@pytest.fixture(scope="module")
def kafka():
    cluster = MockKafka()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def embedded_stack():
    stack = started("events", **FAST)
    yield stack
    ended(stack)


@pytest.fixture(scope="module")
def kafka_stack(kafka):
    stack = started("kafka", KAFKA_BOOTSTRAP_SERVERS=kafka.servers, **FAST)
    yield stack
    ended(stack)


@pytest.fixture(params=["embedded", "kafka"])
def events_stack(request):
    """The same test on both buses."""
    return request.getfixturevalue(f"{request.param}_stack")


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
        assert self.query("SELECT count(*) FROM outbox") == ["0"]

    def plant(self, event_type, data):
        """An event that the product itself would not write."""
        event = str(uuid.uuid4())
        self.query(f"INSERT INTO outbox (event_id, event_type, tenant_id, occurred_at, data) VALUES"
                   f" ('{event}', '{event_type}', '{self.team.id}', now(), '{json.dumps(data)}')")
        query(self.stack, f"INSERT INTO doorbells VALUES ('{self.team.id}', now()) ON CONFLICT (tenant_id)"
                          f" DO UPDATE SET rung_at = now(); SELECT pg_notify('doorbell', '{self.team.id}')")
        return event


def test_every_change_has_one_effect(events_stack):
    tenant = Tenant(events_stack)
    tenant.await_handled(tenant.change(20))


def test_a_killed_worker_loses_and_repeats_nothing(events_stack):
    tenant = Tenant(events_stack)
    events = 0
    for _ in range(3):
        events += tenant.change(6)
        events_stack.kill("worker")
    tenant.await_handled(events)


def test_poison_is_dead_with_its_cause_and_comes_back_when_cured(events_stack):
    tenant = Tenant(events_stack)
    file = tenant.team.upload(unique_text())["file_id"]
    tenant.await_handled(1)
    key = tenant.query(f"SELECT object_key FROM files WHERE id = '{file}'")[0]
    path = events_stack.state_dir / "objects" / key
    path.rename(f"{path}.away")
    damaged = tenant.plant("file.process", {"file_id": file})
    nameless = tenant.plant("document.deleted", {})
    good = tenant.change(2)
    eventually(lambda: tenant.query("SELECT count(*) FROM dead_letters") == ["2"], within=30, what="two dead letters")
    eventually(lambda: tenant.handled() == 1 + good, within=10, what="the later events")
    letters = saasctl(events_stack, "events", "dlq", "--tenant", tenant.team.id)
    assert damaged in letters and "the object is missing" in letters
    assert nameless in letters and "names no file" in letters
    pathlib.Path(f"{path}.away").rename(path)
    assert "replayed: 1" in saasctl(events_stack, "events", "replay", "--event", damaged, "--wait")
    eventually(lambda: tenant.handled() == 2 + good, within=20, what="the cured event")
    assert tenant.query("SELECT event_id FROM dead_letters") == [nameless]


def test_many_tenants_are_served_within_the_connection_budget(embedded_stack, figure):
    stack = embedded_stack
    tenants = [Tenant(stack) for _ in range(20)]
    events, most, latest = 200, 0, []
    start = time.monotonic()
    for number in range(events):
        tenant = tenants[number % len(tenants)]
        tenant.plant("audit.log", {"action": "document.update", "result": "success", "details": {"n": number}})
        if number % 20 == 0:
            most = max(most, int(query(stack, "SELECT count(*) FROM pg_stat_activity"
                                              " WHERE application_name = 'saas-events'")[0]))
    rate = events / (time.monotonic() - start)
    eventually(lambda: all(t.query("SELECT count(*) FROM outbox") == ["0"] for t in tenants), within=30,
               what="delivery to all tenants")
    assert most <= 20
    figure("connections of the event worker, 20 tenants", most)
    figure("events planted a second", round(rate))


def test_kafka_away_disturbs_no_request_and_loses_nothing(kafka, kafka_stack, figure):
    tenant = Tenant(kafka_stack)
    events = tenant.change(4)
    tenant.await_handled(events)
    kafka.run("down 1")
    try:
        end, slowest = time.monotonic() + AWAY_SECONDS, 0
        while time.monotonic() < end:
            begin = time.monotonic()
            events += tenant.change(2)
            slowest = max(slowest, time.monotonic() - begin)
        eventually(lambda: kafka_stack.api.get("/health/ready").data()["status"] == "degraded", within=30,
                   what="readiness to tell of it")
        assert kafka_stack.api.get("/health/ready").data()["components"]["kafka"] == "unhealthy"
        assert int(tenant.query("SELECT count(*) FROM outbox")[0]) > 0
    finally:
        kafka.run("up 1")
    tenant.await_handled(events)
    kafka_stack.await_healthy()
    figure("slowest three requests while Kafka was away", f"{slowest:.2f} s")


def test_messages_that_are_no_events_are_put_aside(kafka, kafka_stack):
    before = int(query(kafka_stack, "SELECT count(*) FROM rejected_messages")[0])
    kafka.produce("document.deleted", "not json")
    kafka.produce("document.deleted", json.dumps({"event_id": str(uuid.uuid4()), "event_type": "document.deleted",
                                                  "tenant_id": str(uuid.uuid4()), "user_id": None,
                                                  "timestamp": "2026-01-01T00:00:00Z", "data": {}}))
    tenant = Tenant(kafka_stack)
    tenant.await_handled(tenant.change(2), within=20)
    eventually(lambda: int(query(kafka_stack, "SELECT count(*) FROM rejected_messages")[0]) == before + 2, within=20,
               what="both messages put aside")
    letters = kafka.consume("document.deleted.dlq")
    assert any("cause=" in headers and body == "not json" for _, headers, body in letters)


def test_what_is_produced_is_the_contract(kafka, kafka_stack):
    tenant = Tenant(kafka_stack)
    document = tenant.team.upload(unique_text())
    tenant.await_handled(1)
    messages = [json.loads(body) for key, _, body in kafka.consume("document.uploaded") if key == tenant.team.id]
    assert [message["data"]["document_id"] for message in messages] == [document["id"]]
    assert set(messages[0]) == {"event_id", "event_type", "tenant_id", "user_id", "timestamp", "data"}


def test_status_tells_of_the_workers(events_stack):
    eventually(lambda: "kafka" in saasctl(events_stack, "events", "status", check=False), within=15, what="a heartbeat")
    report = json.loads(saasctl(events_stack, "events", "status", "--json").splitlines()[-1])
    assert report["workers"] and report["workers"][0]["alarm"] is None
