"""Compares the answers of the whole run with swagger.yaml.

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
def validator(method, template, status):
    """The validator of one answer; None when its status is not documented."""
    responses = document()["paths"][template][method]["responses"]
    response = responses.get(str(status), responses.get("default"))
    if response is None:
        return None
    schema = resolve(response).get("content", {}).get("application/json", {}).get("schema", {})
    return OAS30Validator(closed(schema))


def observe(answer):
    """Notes what of the answer is not as documented."""
    method = answer.method.lower()
    template = template_of(answer.path)
    if template is None or method not in document()["paths"][template]:
        return
    seen.add((method, template, answer.status))
    check = validator(method, template, answer.status)
    if check is None:
        note(method, template, answer.status, "status is not documented")
        return
    for problem in check.iter_errors(json.loads(answer.body)):
        where = "/".join("#" if isinstance(part, int) else str(part) for part in problem.absolute_path)
        note(method, template, answer.status, f"{where}: {problem.message[:200]}")


def note(*mismatch):
    mismatches[mismatch] = mismatches.get(mismatch, 0) + 1
