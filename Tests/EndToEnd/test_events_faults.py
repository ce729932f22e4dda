"""What must hold when parts of the event bus die at the worst moment. TEST_FULL=1 runs the full sizes."""

import json
import os
import subprocess
import threading
import time

from content import unique_text
from eventstack import Tenant
from polling import eventually

FULL = os.environ.get("TEST_FULL") == "1"
AWAY_SECONDS = 60 if FULL else 10
MEMBERS = 10 if FULL else 3


class Changes:
    """Uploads and deletions by a few clients at once, until the end of the block."""

    def __init__(self, tenant, clients=2):
        self.tenant, self.slowest, self.failures = tenant, 0, []
        self.uploaded, self.deleted = [], []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(clients)]

    @property
    def events(self):
        return len(self.uploaded) + len(self.deleted)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self):
        while not self._ended.is_set():
            begin = time.monotonic()
            try:
                document = self.tenant.team.upload(unique_text())
                self.uploaded.append(document["id"])
                if len(self.uploaded) % 2:
                    self.tenant.team.admin.api.delete(f"{self.tenant.team.documents}/{document['id']}").data()
                    self.deleted.append(document["id"])
            except (AssertionError, OSError) as problem:
                self.failures.append(repr(problem))
            self.slowest = max(self.slowest, time.monotonic() - begin)
            time.sleep(0.02)


class Consumer:
    """One more event worker, which only reads Kafka."""

    def __init__(self, stack):
        script = (f'source "{stack.state_dir}/supervisor/env/stack.sh"; source "{stack.state_dir}/supervisor/env/worker.sh";'
                  ' export EVENT_WORKER_ROLES=consumer EVENT_MAX_CONNECTIONS=4 LOG_LEVEL=error;'
                  ' exec "$BIN_DIR/EventWorker"')
        self.process = subprocess.Popen(["bash", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)

    def leave(self):
        self.process.terminate()
        assert self.process.wait(40) == 0

    def die(self):
        self.process.kill()
        self.process.wait(20)


def offsets(kafka, topic, key):
    return [body for found, _, body in kafka.consume(topic) if found == key]


def degraded(stack, path):
    report = stack.api.get(path).data()
    return report if report["status"] == "degraded" else None


def test_kafka_away_disturbs_no_request_and_loses_nothing(kafka, kafka_stack, figure):
    tenant = Tenant(kafka_stack)
    tenant.await_handled(tenant.change(4))
    before = tenant.handled()
    kafka.run("down 1")
    try:
        with Changes(tenant) as load:
            for path in ("/health/ready", "/api/demo/kafka/health"):
                report = eventually(lambda: degraded(kafka_stack, path), within=40, what=f"{path} to tell of it")
                assert report["components"]["kafka"] == "unhealthy"
            time.sleep(AWAY_SECONDS)  # the length of the outage, not a wait for anything
    finally:
        kafka.run("up 1")
    back = time.monotonic()
    assert load.failures == []
    assert load.events > 20
    tenant.await_handled(before + load.events, within=60)
    figure(f"seconds until {load.events} events were delivered after Kafka's return", round(time.monotonic() - back, 1))
    figure("slowest upload and deletion while Kafka was away", f"{load.slowest:.2f} s")
    # In the order of the outbox, which is that of the documents' making.
    made = tenant.query("SELECT id FROM documents ORDER BY created_at, id")
    sent = [json.loads(body)["data"]["document_id"]
            for body in offsets(kafka, "document.uploaded", tenant.team.id)]
    first = list(dict.fromkeys(document for document in sent if document in set(made)))
    assert sorted(first) == sorted(made)
    inversions = sum(1 for a, b in zip(first, first[1:]) if made.index(a) > made.index(b) + 1)
    assert inversions == 0, "order of the key"
    kafka_stack.await_healthy()


def test_a_relay_killed_between_sending_and_marking_has_no_second_effect(kafka, kafka_stack):
    tenant = Tenant(kafka_stack)
    tenant.team.upload(unique_text())
    tenant.await_handled(1)
    # SHARE lets the relay take rows and send them, and makes it wait where it removes them.
    event = tenant.plant("document.deleted", {"file_id": "00000000-0000-4000-8000-000000000000"}, rings=False)
    with kafka_stack.holding(tenant.database, "LOCK TABLE outbox IN SHARE MODE"):
        tenant.ring()
        kafka_stack.await_blocked(tenant.database, "DELETE FROM outbox")
        kafka_stack.kill("worker")
    tenant.await_handled(2)
    sent = [body for body in offsets(kafka, "document.deleted", tenant.team.id) if event in body]
    assert len(sent) >= 2, "the message must have been sent twice for this test to mean something"
    assert tenant.query(f"SELECT count(*) FROM inbox WHERE event_id = '{event}'") == ["1"]


def test_a_worker_killed_inside_a_handler_has_one_effect(events_stack):
    tenant = Tenant(events_stack)
    file = tenant.team.upload(unique_text())["file_id"]
    tenant.await_handled(1)
    event = tenant.plant("file.process", {"file_id": file}, rings=False)
    with events_stack.holding(tenant.database, "LOCK TABLE files IN ACCESS EXCLUSIVE MODE"):
        tenant.ring()
        events_stack.await_blocked(tenant.database, "SELECT%files")
        assert tenant.query(f"SELECT count(*) FROM inbox WHERE event_id = '{event}'") == ["0"]
        events_stack.kill("worker")
    tenant.await_handled(2)
    assert tenant.query("SELECT count(*) FROM dead_letters") == ["0"]


def test_consumers_that_come_and_go_lose_and_repeat_nothing(kafka_stack, figure):
    tenants = [Tenant(kafka_stack) for _ in range(4)]
    members, loads = [], [Changes(tenant, clients=1) for tenant in tenants]
    try:
        for load in loads:
            load.__enter__()
        for number in range(MEMBERS):
            members.append(Consumer(kafka_stack))
            if number % 3 == 2:
                members.pop(0).die()
            time.sleep(1)  # the pace of coming and going, not a wait for anything
        for member in members[: len(members) // 2]:
            member.leave()
        members = members[len(members) // 2:]
    finally:
        for load in loads:
            load.__exit__()
    try:
        for tenant, load in zip(tenants, loads):
            assert load.failures == []
            # What the deletions left behind is gone, what is shown is there: each effect once.
            tenant.await_handled(load.events, within=120)
            assert int(tenant.query("SELECT count(*) FROM files")[0]) == len(load.uploaded) - len(load.deleted)
            assert tenant.query("SELECT count(*) FROM dead_letters") == ["0"]
    finally:
        for member in members:
            member.leave()
    figure(f"events delivered once each while {MEMBERS} consumers came and went", sum(load.events for load in loads))
