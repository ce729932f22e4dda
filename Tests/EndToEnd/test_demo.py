"""The demo routes: a message goes through the real bus and comes back to its sender alone."""

import uuid

import pytest

from client import new_person
from conftest import ended, started
from polling import eventually

PRODUCE, CONSUME = "/api/demo/kafka/produce", "/api/demo/kafka/consume"


def messages(person, limit=50):
    return person.api.get(f"{CONSUME}?limit={limit}").data()["messages"]


def test_a_message_comes_back_through_the_bus(person):
    text = f"hello {uuid.uuid4()}"
    event = person.api.post(PRODUCE, {"topic": "demo.greetings", "message": text, "key": "k"}).data(201)
    assert event["topic"] == "demo.greetings" and event["data"]["message"] == text
    eventually(lambda: len(messages(person)) == 1, within=15, what="the message")
    [message] = messages(person)
    assert message["event_id"] == event["event_id"]
    assert (message["topic"], message["key"], message["message"]) == ("demo.greetings", "k", text)
    assert message["consumed_at"] >= message["produced_at"]


def test_a_message_may_be_any_json(person):
    value = {"a": [1, 2.5, None, {"b": "ü"}], "c": True}
    person.api.post(PRODUCE, {"topic": "demo.json", "message": value}).data(201)
    eventually(lambda: [m["message"] for m in messages(person)] == [value], within=15, what="the message")
    assert messages(person)[0]["key"] is None


def test_nobody_sees_the_messages_of_others(stack, person):
    other = new_person(stack.api)
    person.api.post(PRODUCE, {"topic": "demo.private", "message": "mine"}).data(201)
    eventually(lambda: messages(person), within=15, what="the message")
    assert messages(other) == []


def test_the_last_fifty_are_kept(person):
    for number in range(55):
        person.api.post(PRODUCE, {"topic": "demo.many", "message": number}).data(201)
    eventually(lambda: 54 in [m["message"] for m in messages(person)], within=30, what="the last message")
    eventually(lambda: [m["message"] for m in messages(person)] == list(range(54, 4, -1)), within=15,
               what="the last fifty, newest first")
    assert [m["message"] for m in person.api.get(CONSUME).data()["messages"]] == list(range(54, 44, -1))


@pytest.mark.parametrize("topic", ["tenant.deleted", "audit.log", "demo", "demo.", "Demo.x", "demo.x y", "demo.ü",
                                   "demo." + "x" * 96, "demo.x\n", ""])
def test_topics_of_the_product_cannot_be_written(person, topic):
    assert set(person.api.post(PRODUCE, {"topic": topic, "message": "x"}).fields()) == {"topic"}


@pytest.mark.parametrize("body, field", [
    ({"topic": "demo.x"}, "message"), ({"topic": "demo.x", "message": None}, "message"),
    ({"topic": "demo.x", "message": "x" * 10001}, "message"), ({"message": "x"}, "topic"),
    ({"topic": "demo.x", "message": "x", "key": ""}, "key"), ({"topic": "demo.x", "message": "x", "key": 1}, "key"),
    ({"topic": "demo.x", "message": "x", "event_type": "tenant.deleted"}, "event_type"),
    ({"topic": "demo.x", "message": "x", "tenant_id": str(uuid.uuid4())}, "tenant_id")])
def test_the_envelope_is_the_servers(person, body, field):
    assert set(person.api.post(PRODUCE, body).fields()) == {field}


@pytest.mark.parametrize("limit", ["0", "51", "x"])
def test_senseless_limits_are_refused(person, limit):
    assert set(person.api.get(f"{CONSUME}?limit={limit}").fields()) == {"limit"}


def test_strangers_get_nothing(api):
    api.post(PRODUCE, {"topic": "demo.x", "message": "x"}).error(401, "TOKEN_MISSING")
    api.get(CONSUME).error(401, "TOKEN_MISSING")
    api.get("/api/demo/kafka/health").data()


def test_production_has_no_demo_routes():
    stack = started("production", APP_ENV="production", BCRYPT_COST="12")
    try:
        person = new_person(stack.api)
        person.api.post(PRODUCE, {"topic": "demo.x", "message": "x"}).error(404, "NOT_FOUND")
        person.api.get(CONSUME).error(404, "NOT_FOUND")
    finally:
        ended(stack)


@pytest.mark.parametrize("message", ["a\u0000b", {"deep": [{"a\u0000": 1}]}])
def test_a_null_character_is_refused_wherever_it_hides(person, message):
    """PostgreSQL's jsonb cannot hold it."""
    assert "message" in person.api.post(PRODUCE, {"topic": "demo.null", "message": message}).fields()
    assert "key" in person.api.post(PRODUCE, {"topic": "demo.null", "message": 1, "key": "a\u0000"}).fields()
