"""Events through the embedded bus and through Kafka: never lost, one effect each, dead letters that come back."""

import json
import os
import pathlib
import uuid

import pytest

from client import new_person
from content import unique_text
from eventstack import Tenant, query, saasctl
from polling import eventually


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
    eventually(lambda: tenant.handled() == 1 + good, within=30, what="the later events")
    letters = saasctl(events_stack, "events", "dlq", "--tenant", tenant.team.id)
    assert damaged in letters and "the object is missing" in letters
    assert nameless in letters and "names no file" in letters
    pathlib.Path(f"{path}.away").rename(path)
    assert "replayed: 1" in saasctl(events_stack, "events", "replay", "--event", damaged, "--wait")
    eventually(lambda: tenant.handled() == 2 + good, within=20, what="the cured event")
    assert tenant.query("SELECT event_id FROM dead_letters") == [nameless]


def test_messages_that_are_no_events_are_put_aside(kafka, kafka_stack):
    """An outside client produces what must be refused."""
    tenant = Tenant(kafka_stack)
    before = int(query(kafka_stack, "SELECT count(*) FROM rejected_messages")[0])
    kafka.produce("document.deleted", "not json")
    kafka.produce("document.deleted", tenant.message("moon.landed"))
    kafka.produce("document.deleted", tenant.message("document.deleted", tenant_id=str(uuid.uuid4())))
    kafka.produce("document.deleted", tenant.message("tenant.deleted"))
    kafka.produce("document.deleted", tenant.message("document.deleted", data={"x": "x" * 2_000_000}))
    tenant.await_handled(tenant.change(2), within=20)
    eventually(lambda: int(query(kafka_stack, "SELECT count(*) FROM rejected_messages")[0]) == before + 5, within=20,
               what="all five put aside")
    letters = saasctl(kafka_stack, "events", "dlq")
    for cause in ("not a JSON object", "type is not known", "tenant is not known", "topic is another type's",
                  "too large"):
        assert cause in letters, cause
    copies = kafka.consume("document.deleted.dlq")
    assert any("cause=" in headers and body == "not json" for _, headers, body in copies)
    assert query(kafka_stack, f"SELECT state FROM tenants WHERE id = '{tenant.team.id}'") == ["ready"]


def test_a_refused_message_is_judged_anew_on_replay(kafka_stack):
    tenant = Tenant(kafka_stack)
    file = tenant.team.upload(unique_text())["file_id"]
    tenant.await_handled(1)
    # As a version refused it that did not know the type yet; and one that is no event whatever the version.
    for offset, text in ((1, tenant.message("file.process", data={"file_id": file})), (2, "{")):
        query(kafka_stack, "INSERT INTO rejected_messages VALUES ('file.process', 99,"
                           f" {offset}, 'test', convert_to('{text}', 'UTF8'), {len(text)}, now())")
    assert "replayed: 1" in saasctl(kafka_stack, "events", "replay", "--message", "file.process/99/1", "--wait")
    tenant.await_handled(2, within=20)
    assert "replayed: 0" in saasctl(kafka_stack, "events", "replay", "--message", "file.process/99/2", "--wait")
    letters = saasctl(kafka_stack, "events", "dlq")
    assert "file.process/99/2" in letters and "file.process/99/1" not in letters


def test_stored_files_are_verified_when_asked_for(events_stack):
    tenant = Tenant(events_stack)
    whole, damaged = (tenant.team.upload(unique_text())["file_id"] for _ in range(2))
    tenant.await_handled(2)
    key = tenant.query(f"SELECT object_key FROM files WHERE id = '{damaged}'")[0]
    (events_stack.state_dir / "objects" / key).write_bytes(b"rotten")
    assert "requested: 2" in saasctl(events_stack, "files", "process", "--tenant", tenant.team.id)
    eventually(lambda: tenant.query("SELECT data->>'file_id' FROM dead_letters") == [damaged], within=30,
               what="the damaged file's letter")
    assert "damaged" in tenant.query("SELECT cause FROM dead_letters")[0]
    tenant.await_handled(3)
    asked = saasctl(events_stack, "files", "process", "--tenant", tenant.team.id, "--file", whole, "--json")
    assert json.loads(asked.splitlines()[-1]) == {"requested": 1}
    tenant.await_handled(4)


def test_hundreds_of_malformed_events_of_one_tenant_hold_nobody_up(events_stack):
    poisoned, healthy = Tenant(events_stack), Tenant(events_stack)
    poisoned.plant_many("audit.log", 200)
    healthy.await_handled(healthy.change(4), within=40)
    eventually(lambda: poisoned.query("SELECT count(*) FROM dead_letters") == ["200"], within=60, what="200 letters")
    report = json.loads(saasctl(events_stack, "events", "status", "--json").splitlines()[-1])
    assert all(worker["alarm"] is None for worker in report["workers"])


def test_demo_messages_come_back_through_both_buses(events_stack):
    person = new_person(events_stack.api)
    text = f"hello {uuid.uuid4()}"
    body = {"topic": f"demo.{uuid.uuid4().hex[:8]}", "message": text}
    person.api.post("/api/demo/kafka/produce", body).data(201)
    eventually(lambda: [m["message"] for m in person.api.get("/api/demo/kafka/consume").data()["messages"]] == [text],
               within=40, what="the message")


def test_the_bus_tells_how_it_is(events_stack, request):
    report = eventually(lambda: (lambda data: data if data["status"] == "healthy" else None)(
        events_stack.api.get("/api/demo/kafka/health").data()), within=30, what="a healthy bus")
    assert report["components"]["event_worker"] == report["components"]["delivery"] == "healthy"
    assert ("kafka" in report["components"]) == ("kafka" in request.node.name)


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
