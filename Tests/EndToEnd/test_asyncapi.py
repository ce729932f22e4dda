"""asyncapi.yaml, the catalogue of events: well-formed, agreeing with the product's table of event types, and true of
the events that the product writes."""

import json
import pathlib
import re
import uuid

import pytest
import yaml
from jsonschema import Draft202012Validator

from client import add_member, new_person, new_team
from content import unique_text
from database import Database
from polling import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
CATALOGUE = yaml.safe_load((ROOT / "asyncapi.yaml").read_text(encoding="utf-8"))
# Whoever writes an event copies it here first; the outbox itself is emptied as soon as events are delivered.
SPY = """
    CREATE TABLE IF NOT EXISTS seen_events (event jsonb NOT NULL);
    CREATE OR REPLACE FUNCTION see_event() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO seen_events VALUES (jsonb_build_object(
            'event_id', NEW.event_id, 'event_type', NEW.event_type, 'tenant_id', NEW.tenant_id,
            'user_id', NEW.user_id, 'data', NEW.data,
            'timestamp', to_char(NEW.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')));
        RETURN NEW;
    END $$;
    DROP TRIGGER IF EXISTS spy ON outbox;
    CREATE TRIGGER spy BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION see_event();
"""


def resolve(reference):
    node = CATALOGUE
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def references(node):
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def messages():
    """Event type -> schema of its message."""
    found = {}
    for channel in CATALOGUE["channels"].values():
        for message in channel["messages"].values():
            message = resolve(message["$ref"])
            found[message["name"]] = message["payload"]
    return found


def validator(event_type):
    return Draft202012Validator({"components": CATALOGUE["components"], **messages()[event_type]})


def swift_event_types():
    source = (ROOT / "Sources" / "Domain" / "Models" / "Event.swift").read_text()
    body = source.split("enum EventType", 1)[1].split("\n}", 1)[0]
    return set(re.findall(r'case \w+ = "([a-z.]+)"', body))


def test_the_catalogue_is_an_asyncapi_3_document():
    assert CATALOGUE["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(CATALOGUE["info"])
    assert set(CATALOGUE) <= {"asyncapi", "info", "servers", "defaultContentType", "channels", "operations", "components"}
    for channel in CATALOGUE["channels"].values():
        assert channel["address"] and channel["description"] and channel["messages"]
        assert set(re.findall(r"\{(\w+)\}", channel["address"])) == set(channel.get("parameters", {}))
    used = set()
    for name, operation in CATALOGUE["operations"].items():
        assert operation["action"] in ("send", "receive") and name.startswith(operation["action"])
        resolve(operation["channel"]["$ref"])
        used.add((operation["action"], operation["channel"]["$ref"]))
    assert used == {(action, f"#/channels/{name}") for name in CATALOGUE["channels"] for action in ("send", "receive")}
    for reference in references(CATALOGUE):
        resolve(reference)
    for event_type in messages():
        Draft202012Validator.check_schema(validator(event_type).schema)


def test_the_catalogue_names_the_products_event_types():
    types = swift_event_types()
    assert types == set(messages())
    addresses = {channel["address"] for channel in CATALOGUE["channels"].values()}
    assert addresses == types - {"demo"} | {"demo.{name}"}


def test_the_catalogue_refuses_what_is_no_event():
    event = {"event_id": str(uuid.uuid4()), "event_type": "document.deleted", "tenant_id": str(uuid.uuid4()),
             "user_id": str(uuid.uuid4()), "timestamp": "2026-11-21T10:00:00Z",
             "data": {"document_id": str(uuid.uuid4()), "file_id": str(uuid.uuid4())}}
    check = validator("document.deleted")
    assert check.is_valid(event)
    for change in ({"event_id": "1"}, {"event_type": "tenant.deleted"}, {"timestamp": "yesterday"}, {"data": {}},
                   {"user_id": None}, {"more": 1}):
        assert not check.is_valid({**event, **change}), change


@pytest.fixture(scope="module")
def seen(fault_stack_of_module):
    """The events of one of everything, by type."""
    stack = fault_stack_of_module
    main = Database(stack)
    main.column(SPY)
    team = new_team(stack.api, roles=())
    tenant = main.tenant(team.id)
    tenant.column(SPY)
    document = team.upload(unique_text())
    asked = stack.saasctl("files", "process", "--tenant", team.id)
    assert "requested: 1" in asked.stdout, asked.stdout
    team.admin.api.delete(f"{team.documents}/{document['id']}").data()
    other = new_person(stack.api)
    add_member(team, other, "user")
    team.admin.api.put(f"{team.path}/users/{other.id}", {"role": "admin"}).data()
    team.admin.api.delete(f"{team.path}/users/{other.id}").data()
    team.admin.api.put(team.path, {"is_active": False}).data()
    team.admin.api.put(team.path, {"name": "Other", "is_active": True}).data()
    team.admin.api.post("/api/demo/kafka/produce", {"topic": "demo.a", "message": {"b": 1}, "key": "k"}).data(201)
    team.admin.api.delete(team.path).data()
    events = [json.loads(line) for database in (main, tenant)
              for line in database.column("SELECT event FROM seen_events")]
    for database in (main, tenant):
        database.column("DROP TRIGGER spy ON outbox; DROP FUNCTION see_event; DROP TABLE seen_events")
    by_type = {}
    for event in events:
        by_type.setdefault(event["event_type"], []).append(event)
    return by_type


@pytest.fixture(scope="module")
def fault_stack_of_module(_fault_stack):
    eventually(_fault_stack.is_healthy, within=30, what="health")
    return _fault_stack


@pytest.mark.parametrize("event_type", sorted(swift_event_types()))
def test_events_are_as_the_catalogue_says(seen, event_type):
    assert seen.get(event_type), f"no {event_type} was written: {sorted(seen)}"
    for event in seen[event_type]:
        problems = [problem.message for problem in validator(event_type).iter_errors(event)]
        assert not problems, (event, problems)
        described = resolve(messages()[event_type]["allOf"][1]["properties"]["data"]["$ref"])
        assert set(event["data"]) <= set(described.get("properties", {})), f"not described: {event['data']}"
