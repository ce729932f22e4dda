import pathlib
import re
import uuid

import pytest
from openapi_spec_validator import validate

import contract
from client import ERRORS, login, new_person

ROOT = pathlib.Path(__file__).resolve().parents[2]
DUMMY = str(uuid.UUID("00000000-0000-4000-8000-00000000dead"))


def test_swagger_yaml_is_valid():
    validate(contract.document())


def test_every_operation_is_described():
    for method, template in contract.operations():
        operation = contract.document()["paths"][template][method]
        assert operation["summary"] and operation["operationId"] and operation["tags"], (method, template)
        assert any(status.startswith("2") or status == "302" for status in operation["responses"]), (method, template)
    ids = [contract.document()["paths"][t][m]["operationId"] for m, t in contract.operations()]
    assert len(ids) == len(set(ids))


def test_the_error_table_is_the_same_everywhere():
    """In swagger.yaml's text, in its enumeration, in the product's own table, and in this suite."""
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (\d{3}) \|", contract.document()["info"]["description"], re.MULTILINE))
    assert {code: int(status) for code, status in rows.items()} == ERRORS
    schema = contract.document()["components"]["schemas"]["Error"]
    assert set(contract.resolve(schema)["properties"]["error"]["properties"]["code"]["enum"]) == set(ERRORS)
    source = (ROOT / "Sources" / "Contract" / "ErrorCode.swift").read_text()
    assert set(re.findall(r'case \w+ = "([A-Z_]+)"', source)) == set(ERRORS)


@pytest.mark.parametrize("method, template", contract.operations())
def test_the_router_knows_every_documented_operation(stack, method, template):
    person = new_person(stack.api) if "logout" in template else _shared(stack)
    path = re.sub(r"\{\w+\}", DUMMY, template)
    answer = person.api.request(method.upper(), path, json_body={} if method in ("post", "put") else None)
    assert answer.status != 405 and answer.status < 500, repr(answer)
    if answer.status == 404:
        assert answer.json["error"]["code"] != "NOT_FOUND", repr(answer)


people = {}


def _shared(stack):
    if stack.name not in people:
        people[stack.name] = new_person(stack.api)
    return login(stack.api, people[stack.name].email, people[stack.name].password)


@pytest.mark.last
def test_every_answer_of_the_run_was_as_documented():
    lines = [f"{method.upper()} {template} {status}: {complaint} ({count} times)"
             for (method, template, status, complaint), count in sorted(contract.mismatches.items())]
    assert not lines, "\n".join(lines)
