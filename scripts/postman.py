#!/usr/bin/env python3
"""Writes docs/postman_collection.json from swagger.yaml: one folder a tag, one request an operation, with the
document's own examples of requests and answers. Logging in, creating a tenant and uploading fill the variables that the others use.

  scripts/postman.py           writes the collection
  scripts/postman.py --check   fails when it is not what swagger.yaml gives

Needs PyYAML (make venv).
"""

import http
import json
import pathlib
import sys
import uuid

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "postman_collection.json"
METHODS = ("get", "post", "put", "delete")
# What an answer teaches the collection: operation -> variable -> where it stands in `data`.
LEARNS = {
    "login": {"access_token": "access_token", "refresh_token": "refresh_token"},
    "refresh": {"access_token": "access_token", "refresh_token": "refresh_token"},
    "register": {"user_id": "id"},
    "createTenant": {"tenant_id": "id"},
    "uploadDocument": {"document_id": "id", "file_id": "file_id"},
}
BODIES = {
    "refresh": {"refresh_token": "{{refresh_token}}"},
    "changePassword": {"current_password": "correct-horse-7", "new_password": "better-horse-8"},
}


def resolve(document, node):
    while isinstance(node, dict) and "$ref" in node:
        target = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def request(document, path, item, method):
    operation = item[method]
    parameters = [resolve(document, p) for p in item.get("parameters", []) + operation.get("parameters", [])]
    segments = [f":{part[1:-1]}" if part.startswith("{") else part for part in path.strip("/").split("/") if part]
    url = {
        "raw": "{{base_url}}/" + "/".join(segments),
        "host": ["{{base_url}}"],
        "path": segments,
        "variable": [{"key": p["name"], "value": "{{%s}}" % p["name"]} for p in parameters if p["in"] == "path"],
        "query": [{"key": p["name"], "value": str(example(document, p)), "description": p.get("description", ""),
                   "disabled": not p.get("required", False)} for p in parameters if p["in"] == "query"],
    }
    result = {
        "method": method.upper(),
        "header": [{"key": p["name"], "value": "", "description": p.get("description", ""), "disabled": True}
                   for p in parameters if p["in"] == "header"],
        "url": {key: value for key, value in url.items() if value},
        "description": operation.get("description", operation["summary"]).strip(),
    }
    # A refresh token is sent in the body; the access token in the header would be taken for it.
    if operation.get("security") == [] or {} in operation.get("security", []):
        result["auth"] = {"type": "noauth"}
    content = operation.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        properties = resolve(document, content["multipart/form-data"]["schema"])["properties"]
        result["body"] = {"mode": "formdata", "formdata": [
            {"key": name, "type": "file" if name == "file" else "text", "disabled": name != "file",
             "description": resolve(document, schema).get("description", "")} for name, schema in properties.items()]}
    elif "application/json" in content:
        body = BODIES.get(operation["operationId"], content["application/json"].get("example", {}))
        result["header"].append({"key": "Content-Type", "value": "application/json"})
        result["body"] = {"mode": "raw", "raw": json.dumps(body, indent=2), "options": {"raw": {"language": "json"}}}
    return result


def saved_answers(document, operation, made):
    """The document's example of the success, as an answer that Postman shows before anything was sent."""
    for status, answer in operation["responses"].items():
        answer = resolve(document, answer)
        content = answer.get("content", {}).get("application/json", {})
        if status.startswith("2") and "example" in content:
            yield {
                "name": answer["description"],
                "originalRequest": {key: made[key] for key in ("method", "header", "url", "body") if key in made},
                "status": http.HTTPStatus(int(status)).phrase, "code": int(status), "_postman_previewlanguage": "json",
                "header": [{"key": "Content-Type", "value": "application/json; charset=utf-8"}],
                "body": json.dumps(content["example"], indent=2, ensure_ascii=False),
            }


def example(document, parameter):
    schema = resolve(document, parameter["schema"])
    if "example" in parameter:
        return parameter["example"]
    value = schema.get("default", schema.get("example", ""))
    return str(value).lower() if isinstance(value, bool) else value


def script(operation):
    lines = ['pm.test("the answer is a success", () => pm.expect(pm.response.code).to.be.below(400));']
    lines += [f'if (pm.response.code < 300) pm.collectionVariables.set("{name}", pm.response.json().data.{where});'
              for name, where in LEARNS.get(operation, {}).items()]
    return [{"listen": "test", "script": {"type": "text/javascript", "exec": lines}}]


def collection(document):
    folders = {tag["name"]: {"name": tag["name"], "description": tag["description"], "item": []}
               for tag in document["tags"]}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                made = request(document, path, item, method)
                folders[operation["tags"][0]]["item"].append({
                    "name": operation["summary"], "event": script(operation["operationId"]), "request": made,
                    "response": list(saved_answers(document, operation, made))})
    variables = ["access_token", "refresh_token", "tenant_id", "user_id", "document_id", "file_id"]
    return {
        "info": {
            "_postman_id": str(uuid.uuid5(uuid.NAMESPACE_URL, "saas-documents/postman")),
            "name": document["info"]["title"],
            "description": "Made from swagger.yaml by scripts/postman.py. Log in first: the token is kept.",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{access_token}}", "type": "string"}]},
        "variable": [{"key": "base_url", "value": "http://localhost:4999"}, *({"key": name, "value": ""} for name in variables)],
        "item": list(folders.values()),
    }


def main():
    made = json.dumps(collection(yaml.safe_load((ROOT / "swagger.yaml").read_text(encoding="utf-8"))), indent=1,
                      ensure_ascii=False, sort_keys=False) + "\n"
    if "--check" in sys.argv[1:]:
        if not TARGET.is_file() or TARGET.read_text(encoding="utf-8") != made:
            sys.exit("docs/postman_collection.json is not what swagger.yaml gives; run scripts/postman.py")
    else:
        TARGET.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
