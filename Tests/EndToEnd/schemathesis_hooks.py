"""What schemathesis needs to sign in: a user of its own, with a new login for each case, because some cases log out."""

import json
import os
import secrets
import urllib.request

import schemathesis

BASE = os.environ["SCHEMATHESIS_BASE"]
PASSWORD = "correct-horse-7"
EMAIL = f"schemathesis.{secrets.token_hex(6)}@example.com"


def post(path, body):
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


post("/api/auth/register", {"first_name": "Schema", "last_name": "Thesis", "email": EMAIL, "password": PASSWORD})


@schemathesis.auth(refresh_interval=None)
class Login:
    def get(self, case, context):
        return post("/api/auth/login", {"email": EMAIL, "password": PASSWORD})["access_token"]

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data}"
