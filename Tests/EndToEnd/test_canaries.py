"""What logs may not hold, and what they must: no secret and nothing personal, whatever happens; and one request's id in
every log, event and audit entry that comes of it."""

import http.client
import json
import re
import secrets
import socket

import pytest

import conftest
from client import Api, login, new_team
from content import unique_text
from polling import eventually

# JSON Web Tokens and grants begin so; "Bearer" would be a whole header.
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{20,}|[Bb]earer [A-Za-z0-9]")


@pytest.fixture(scope="module")
def watched():
    """A stack that logs as much as it can."""
    stack = conftest.started("canary", LOG_LEVEL="debug", MAX_UPLOAD_BYTES="200000", TENANT_RATE_LIMIT_PER_HOUR="100000")
    yield stack
    conftest.ended(stack)


def logs(stack):
    return {path.name: path.read_text(errors="replace") for path in sorted((stack.state_dir / "log").glob("*.log"))}


def own_secrets(stack):
    """What the stack made for itself; of keys each line."""
    found = {}
    for path in (stack.state_dir / "secrets").iterdir():
        for number, line in enumerate(path.read_text().splitlines()):
            if len(line) > 20 and "-----" not in line and "public" not in path.name:
                found[f"{path.name}:{number}"] = line
    assert len(found) >= 5
    return found


def leaks(stack, canaries, besides=None):
    """(log, canary, line) for each place where one of them stands, `besides` what that expression finds."""
    found = []
    for name, text in logs(stack).items():
        for line in text.splitlines():
            line = re.sub(besides, "", line) if besides else line
            found += [(name, canary, line[:300]) for canary, value in canaries.items() if value.lower() in line.lower()]
            if TOKEN.search(line):
                found.append((name, "a token", line[:300]))
    return found


class Canaries:
    """One distinct value for each thing that must not be logged."""

    def __init__(self):
        mark = secrets.token_hex(5)
        self.values = {}
        for name in ("password", "wrong_password", "new_password", "first_name", "last_name", "email", "tenant", "filename",
                     "new_filename", "bytes", "key", "field", "filter", "authorization", "basic", "cookie", "query",
                     "json", "member", "message"):
            self.values[name] = f"canary{name.replace('_', '')}{mark}"
        # As it is, not as it stands in the name of the tenant's database, by which logs may call it.
        self.values["tenant"] += " & Co"

    def __getattr__(self, name):
        return self.values[name]

    @property
    def address(self):
        return f"{self.email}@example.com"

    @property
    def secret(self):
        return f"{self.password}-7"


def quietly(action, *arguments, **more):
    """A request whose answer does not matter, or that has none."""
    try:
        return action(*arguments, **more)
    except (OSError, http.client.HTTPException):
        return None


def sign_in(api, c):
    """Registrations and logins that succeed and fail; the signed-in person."""
    person = {"first_name": c.first_name, "last_name": c.last_name, "email": c.address, "password": c.secret}
    api.post("/api/auth/register", person, headers={"Idempotency-Key": c.key}).data(201)
    api.post("/api/auth/register", {**person, "first_name": "Other"}, headers={"Idempotency-Key": c.key}).error((409, 422))
    api.post("/api/auth/register", person).error(409, "EMAIL_TAKEN")
    api.post("/api/auth/register", {**person, "password": c.json, "email": c.email}).error(422)
    api.post("/api/auth/register", {**person, c.field: c.json}).error(422)
    api.post("/api/auth/login", {"email": c.address, "password": c.wrong_password}).error(401)
    api.post("/api/auth/login", {"email": f"{c.email}@nowhere.example", "password": c.secret}).error(401)
    broken = f'{{"email": "{c.address}", "password": "{c.secret}'.encode()
    api.request("POST", "/api/auth/login", body=broken, headers={"Content-Type": "application/json"}).error(400)
    return login(api, c.address, c.secret)


def keep_the_session(api, person, c):
    """Refreshes in both ways, a reuse, tokens that are none; tokens that were given."""
    first = api.post("/api/auth/refresh", {"refresh_token": person.refresh_token}).data()
    second = api.as_(first["refresh_token"]).post("/api/auth/refresh").data()
    for token in (c.authorization, person.refresh_token + c.authorization, first["refresh_token"]):
        quietly(api.as_(token).get, "/api/users/me")
    api.get("/api/users/me", headers={"Authorization": f"Basic {c.basic}"}).error(401)
    api.get("/api/users/me", headers={"Authorization": c.basic, "Cookie": f"session={c.cookie}"}).error(401)
    again = login(api, c.address, c.secret)
    again.api.put("/api/users/me", {"first_name": c.first_name, "last_name": c.last_name}).data()
    again.api.put("/api/users/me", {"first_name": c.first_name * 20}).error(422)
    wrong = {"current_password": c.wrong_password, "new_password": c.secret}
    again.api.put("/api/users/me/password", wrong).error((401, 422))
    again.api.put("/api/users/me/password", {"current_password": c.secret, "new_password": f"{c.new_password}-8"}).data()
    last = login(api, c.address, f"{c.new_password}-8")
    tokens = [person.api.token, person.refresh_token, *first.values(), *second.values(), again.api.token, last.api.token]
    return last, [token for token in tokens if isinstance(token, str) and token.count(".") == 2]


def work(stack, person, c):
    """A tenant with documents; everything done right and wrong."""
    api = person.api
    tenant = api.post("/api/tenants", {"name": c.tenant}, headers={"Idempotency-Key": c.key}).data(201)
    place = f"/api/tenants/{tenant['id']}"
    documents = f"{place}/documents"
    api.post(f"{place}/users", {"email": f"{c.member}@example.com", "role": "user"}).error(404)
    api.put(place, {"name": c.tenant, c.field: c.json}).error(422)
    content = f"{c.bytes} ".encode() * 20
    document = api.upload(documents, content, filename=f"{c.filename}.txt", headers={"Idempotency-Key": c.key}).data(201)
    api.upload(documents, content, filename=f"{c.filename}-2.txt").data(201)
    api.upload(documents, b"", filename=f"{c.filename}.txt").error(422, "EMPTY_FILE")
    api.upload(documents, content * 1000, filename=f"{c.filename}.txt").error(413)
    api.upload(documents, content, filename=f"{c.filename}/../x").status
    api.upload(documents, content, headers={"Repr-Digest": f"sha-256=:{c.basic}:"}).status
    api.upload(documents, content, fields={"mime_type": c.field, "filename": c.new_filename * 30}).error(422)
    broken = f"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{c.filename}\"\r\n\r\n{c.bytes}".encode()
    api.request("POST", documents, body=broken, headers={"Content-Type": "multipart/form-data; boundary=x"}).error(400)
    stack.api.as_(c.authorization).upload(documents, content, filename=c.filename).error(401)
    one = f"{documents}/{document['id']}"
    api.get(documents, filename=c.filter, sort=c.query).status
    api.get(documents, filename=c.filter).data()
    api.get(documents, cursor=c.query).status
    api.get(f"{documents}/{c.filename}", name=c.query).error(404)
    api.put(one, {"filename": f"{c.new_filename}.txt"}).data()
    api.put(one, {"filename": f"{c.new_filename}/.."}).error(422)
    api.get(f"/api/{c.field}", q=c.query).error(404)
    link = api.get(f"{one}/download").header("Location")
    signature = link.split("?", 1)[1]
    assert api.fetch(link).body == content
    api.fetch(link + "0")
    api.fetch(link, headers={"Range": "bytes=99999999-"})
    api.post("/api/demo/kafka/produce", {"topic": "demo.canary", "message": c.message, "key": c.key}).status
    api.request("DELETE", "/api/tenants", headers={"X-Large": c.cookie * 2000}).status
    api.request("BREW", f"/api/users/me?q={c.query}").status
    with socket.create_connection(("127.0.0.1", stack.port), timeout=20) as half:
        half.sendall(f"POST {documents} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {api.token}\r\nContent-Length: 9000\r\n"
                     f"Content-Type: multipart/form-data; boundary=x\r\n\r\n{broken.decode()}".encode())
    return documents, content, max(re.findall(r"=([^&]+)", signature), key=len)


def break_things(stack, person, documents, c):
    """The same while parts are away: what fails is logged, with what it was about."""
    content = f"{c.bytes} broken".encode()

    def ask():
        quietly(stack.api.post, "/api/auth/login", {"email": c.address, "password": c.wrong_password})
        quietly(person.api.get, documents, filename=c.filter)
        quietly(person.api.upload, documents, content, filename=c.filename, headers={"Idempotency-Key": c.key})
        quietly(person.api.post, "/api/tenants", {"name": c.tenant}, headers={"Idempotency-Key": c.key + "2"})

    for processes in (["app-0", "app-1"], ["sidecar"], ["postgres"], ["worker"]):
        old = [stack.kill(process) for process in processes]
        ask()
        eventually(lambda: all(stack.pid(process) != pid for process, pid in zip(processes, old)), within=60,
                   what=f"other {processes}")
        stack.await_healthy(within=60)
        stack.await_sidecar(within=60)
    place = stack.state_dir / "objects"
    place.chmod(0)
    try:
        ask()
    finally:
        place.chmod(0o750)
    stack.await_healthy(within=60)


def test_logs_hold_no_secret_and_nothing_personal(watched):
    stack, c = watched, Canaries()
    person, tokens = keep_the_session(stack.api, sign_in(stack.api, c), c)
    documents, content, signature = work(stack, person, c)
    break_things(stack, person, documents, c)
    # What is said of health may be a moment old: from before the database went away.
    api = eventually(lambda: login(stack.api, c.address, f"{c.new_password}-8").api, within=60, what="a login")
    document = api.upload(documents, content, filename=c.filename).data(201)
    api.delete(f"{documents}/{document['id']}").data()
    api.post("/api/auth/logout").data()
    # nginx writes its lines after a second at the latest; the last request of all marks that everything is there.
    last = Api(stack.port).get("/health/live").header("X-Request-Id")
    eventually(lambda: last in logs(stack)["nginx-access.log"], what="the last line of the access log")
    found = leaks(stack, {**c.values, **own_secrets(stack), "signature": signature,
                          **{f"token {number}": token for number, token in enumerate(tokens)}})
    # What a client puts into the path itself is its own doing; the two addresses with canaries in them are such.
    found = [leak for leak in found
             if not (leak[0] == "nginx-access.log" and leak[1] in ("filename", "field") and '"path":"/api/' in leak[2])]
    assert not found, "\n".join(map(str, found[:20]))
    lines = logs(stack)
    assert all(lines[name].count("\n") > 3 for name in ("nginx-access.log", "app-0.log", "sidecar.log", "worker.log"))


def parsed(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_one_request_id_is_found_wherever_the_request_came(watched):
    stack = watched
    stack.await_healthy(within=60)
    team = new_team(stack.api, roles=())
    wanted = f"trace-{secrets.token_hex(8)}"
    answer = team.admin.api.upload(team.documents, unique_text(), headers={"X-Request-Id": wanted})
    assert answer.data(201) and answer.header("X-Request-Id") == wanted

    def lines(name):
        return [line for line in parsed(logs(stack)[name]) if line.get("request.id") == wanted]

    def of_app():
        return [line["http.route"] for name in ("app-0.log", "app-1.log") for line in lines(name)
                if line["message"] == "request"]

    # nginx, the application when it let the upload in and when the sidecar asked it twice, the sidecar, the worker.
    eventually(lambda: lines("nginx-access.log"), what="the line of nginx")
    eventually(lambda: len(of_app()) >= 3, what=f"the application's lines, not {of_app()}")
    assert "/api/tenants/{tenant_id}/documents" in of_app()
    assert len([route for route in of_app() if not route.startswith("/api/")]) >= 2, of_app()
    [line] = lines("sidecar.log")
    assert line["message"] == "upload" and line["upload.outcome"] == "stored"
    [delivered] = eventually(lambda: [line for line in lines("worker.log") if line["message"] == "event delivered"],
                             within=60, what="the worker's line")
    assert delivered["event.type"] == "document.uploaded"
    [entry] = [entry for entry in team.admin.api.get(f"{team.path}/audit", action="document.upload").data()["entries"]]
    assert entry["request_id"] == wanted


@pytest.mark.last
def test_no_log_of_the_run_holds_tokens_addresses_or_secrets():
    """Over all stacks that are still up, with whatever the other tests did to them."""
    if not conftest.stacks:
        pytest.skip("no stack is up")
    # What a client made part of an address, of its own name or of a request's id is its own doing, and schemathesis tries.
    besides = r'"(?:path|agent|request\.id)":"(?:[^"\\]|\\.)*"'
    for stack in conftest.stacks:
        canaries = {"an address": "@example.com", "a password": "correct-horse", **own_secrets(stack)}
        # PostgreSQL logs slow statements, and those of these tests have their values in them, unlike the product's.
        found = [leak for leak in leaks(stack, canaries, besides) if leak[0] != "postgres.log"]
        assert not found, stack.name + "\n" + "\n".join(map(str, found[:20]))
