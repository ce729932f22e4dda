"""Compares the answers of the whole run with swagger.yaml: status, headers and body.

A mismatch does not fail the test that happened to see it: it is kept, and one test at the end of the run
(test_contract.py) fails with all of them.
"""

import functools
import json
import pathlib

import yaml
from openapi_schema_validator import OAS30Validator

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATH = ROOT / "swagger.yaml"
METHODS = ("get", "put", "post", "delete")
# The headers that are the product's own to explain; the others are HTTP's.
HEADERS = ("X-Request-Id", "X-Upload-Id", "Idempotency-Replayed", "WWW-Authenticate", "Retry-After", "RateLimit-Limit",
           "RateLimit-Remaining", "RateLimit-Reset", "Location")

# (method, template, status, complaint) -> how often
mismatches = {}
# (method, template, status) seen
seen = set()


@functools.cache
def document():
    return yaml.safe_load(PATH.read_text(encoding="utf-8"))


def resolve(node):
    """The same node with every $ref replaced by what it points at (the document has no cycles)."""
    if isinstance(node, dict):
        if "$ref" in node:
            target = document()
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return resolve(target)
        return {key: resolve(value) for key, value in node.items()}
    if isinstance(node, list):
        return [resolve(item) for item in node]
    return node


def operations():
    """(method, template) of every operation."""
    return [(method, template) for template, item in document()["paths"].items()
            for method in METHODS if method in item]


@functools.cache
def template_of(path):
    """The template that a path falls under, static segments first; None when there is none."""
    segments = path.split("?")[0].strip("/").split("/")
    best = None
    for template in document()["paths"]:
        parts = template.strip("/").split("/")
        if len(parts) != len(segments):
            continue
        if all(part.startswith("{") or part == segment for part, segment in zip(parts, segments)):
            rank = [part.startswith("{") for part in parts]
            if best is None or rank < best[0]:
                best = (rank, template)
    return best[1] if best else None


def closed(schema):
    """The same schema with its allOf joined and with no properties but the described ones, to see undocumented ones."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = dict(schema)
    for part in schema.pop("allOf", []):
        part = closed(part)
        properties = {**schema.get("properties", {}), **part.get("properties", {})}
        required = schema.get("required", []) + part.get("required", [])
        schema.update({**part, "properties": properties, "required": required})
    schema = {key: closed(value) if key in ("properties", "items") or isinstance(value, dict) else value
              for key, value in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        schema.setdefault("additionalProperties", False)
    return schema


@functools.cache
def described(method, template, status):
    """What is said of one answer; None when its status is not documented."""
    responses = document()["paths"][template][method]["responses"]
    response = responses.get(str(status), responses.get("default"))
    return None if response is None else resolve(response)


@functools.cache
def validator(method, template, status):
    """The validator of one answer's body."""
    content = described(method, template, status).get("content", {})
    return OAS30Validator(closed(content.get("application/json", {}).get("schema", {})))


def header_problems(headers, answer):
    """What of the answer's headers is not as described."""
    for name in HEADERS:
        value, header = answer.header(name), headers.get(name)
        if header is None:
            if value is not None:
                yield f"{name} is not documented"
        elif value is None:
            if header.get("required"):
                yield f"{name} is missing"
        elif header["schema"].get("type") == "integer" and not value.isdigit():
            yield f"{name} is no number: {value}"
        elif header["schema"].get("type") == "string" and list(OAS30Validator(header["schema"]).iter_errors(value)):
            yield f"{name} is not as documented: {value}"


def observe(answer):
    """Notes what of the answer is not as documented."""
    method = answer.method.lower()
    template = template_of(answer.path)
    if template is None or method not in document()["paths"][template]:
        return
    seen.add((method, template, answer.status))
    response = described(method, template, answer.status)
    if response is None:
        note(method, template, answer.status, "status is not documented")
        return
    for problem in header_problems(response.get("headers", {}), answer):
        note(method, template, answer.status, problem)
    if not answer.is_json:
        return
    for problem in validator(method, template, answer.status).iter_errors(json.loads(answer.body)):
        where = "/".join("#" if isinstance(part, int) else str(part) for part in problem.absolute_path)
        note(method, template, answer.status, f"{where}: {problem.message[:200]}")


def note(*mismatch):
    mismatches[mismatch] = mismatches.get(mismatch, 0) + 1
