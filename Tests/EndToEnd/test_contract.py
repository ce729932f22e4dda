import pathlib
import re
import uuid

import pytest
from openapi_schema_validator import OAS30Validator, oas30_format_checker
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


def answers():
    """(operation, status, what is said of the answer) of every operation."""
    for method, template in contract.operations():
        for status, answer in contract.document()["paths"][template][method]["responses"].items():
            yield f"{method} {template}", status, contract.resolve(answer)


def complaints(content):
    """What of the example does not fit its schema."""
    judge = OAS30Validator(contract.closed(contract.resolve(content["schema"])), format_checker=oas30_format_checker)
    return [problem.message for problem in judge.iter_errors(content["example"])]


def test_every_answer_has_an_example_that_fits():
    sentences = {code: sentence for code, sentence in re.findall(
        r"^\| `([A-Z_]+)` \| \d{3} \| (.*) \|$", contract.document()["info"]["description"], re.MULTILINE)}
    for operation, status, answer in answers():
        content = answer.get("content", {}).get("application/json")
        if content is None:
            assert status == "302", (operation, status)
            continue
        assert "example" in content, (operation, status)
        assert not complaints(content), (operation, status, complaints(content))
        error = content["example"].get("error")
        assert (error is None) == (status < "4"), (operation, status)
        if error and status.isdigit():
            shared = {408: "TIMEOUT"}
            assert ERRORS[error["code"]] == int(status) or shared.get(int(status)) == error["code"], (operation, status)
            assert error["message"] == sentences[error["code"]] or error["code"] in ("CONFLICT", "TIMEOUT"), (operation, status)


def test_every_json_request_has_an_example_that_fits():
    for method, template in contract.operations():
        content = contract.document()["paths"][template][method].get("requestBody", {}).get("content", {})
        if "application/json" in content:
            assert "example" in content["application/json"], (method, template)
            assert not complaints(content["application/json"]), (method, template)


def test_every_answer_names_its_headers():
    for operation, status, answer in answers():
        needed = {"X-Request-Id"} | {"401": {"WWW-Authenticate"}, "302": {"Location"}, "429": {"Retry-After"},
                                     "503": {"Retry-After"}}.get(status, set())
        required = {name for name, header in answer["headers"].items() if header.get("required")}
        assert needed <= required, (operation, status)
        assert set(answer["headers"]) <= set(contract.HEADERS), (operation, status)


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
