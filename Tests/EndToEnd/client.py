"""A client of the product, as anyone could write it from the contract: it knows port and routes, nothing else.

Every answer is checked on its way: envelope with exactly its keys, X-Request-Id, an error code of the table with its
status; and every answer is compared with swagger.yaml (see contract.py).
"""

import concurrent.futures
import hashlib
import http.client
import json
import re
import secrets
import threading
import urllib.parse
from dataclasses import dataclass, field

import contract
from content import Form

TIMEOUT = 120
PASSWORD = "correct-horse-7"
RFC3339_UTC = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)$")
UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")

# The error table: code -> status.
ERRORS = {
    "MALFORMED_JSON": 400, "BAD_REQUEST": 400,
    "TOKEN_MISSING": 401, "TOKEN_INVALID": 401, "TOKEN_EXPIRED": 401, "TOKEN_REVOKED": 401,
    "INVALID_CREDENTIALS": 401,
    "FORBIDDEN": 403, "TENANT_SUSPENDED": 403, "FILE_INFECTED": 403,
    "NOT_FOUND": 404, "USER_NOT_FOUND": 404, "TENANT_NOT_FOUND": 404, "DOCUMENT_NOT_FOUND": 404,
    "FILE_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "EMAIL_TAKEN": 409, "ALREADY_MEMBER": 409, "LAST_ADMIN": 409, "FILE_IN_USE": 409, "CONFLICT": 409,
    "PAYLOAD_TOO_LARGE": 413, "UNSUPPORTED_MEDIA_TYPE": 415,
    "VALIDATION_ERROR": 422, "DIGEST_MISMATCH": 422, "NO_FILE": 422, "EMPTY_FILE": 422, "QUOTA_EXCEEDED": 422,
    "RATE_LIMITED": 429, "TOO_MANY_UPLOADS": 429,
    "INTERNAL_ERROR": 500, "SERVICE_UNAVAILABLE": 503, "STORAGE_UNAVAILABLE": 503, "TIMEOUT": 504,
    "INSUFFICIENT_STORAGE": 507,
}
# Statuses that nginx itself answers with and that share a code with their nearest neighbour.
SHARED = {"BAD_REQUEST": {411, 414, 416, 431}, "TIMEOUT": {408}, "SERVICE_UNAVAILABLE": {502}}


@dataclass
class Answer:
    method: str
    path: str
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def __repr__(self):
        return f"{self.method} {self.path} -> {self.status} {self.body[:600]!r}"

    def header(self, name):
        """The header's value, None when absent; more than one of it is a failure."""
        values = self.headers.get_all(name) or []
        assert len(values) <= 1, f"{name} is sent {len(values)} times: {values} ({self!r})"
        return values[0] if values else None

    @property
    def is_json(self):
        return (self.header("Content-Type") or "").split(";")[0].strip().lower() == "application/json"

    @property
    def json(self):
        assert self.is_json, f"not JSON: {self.header('Content-Type')} ({self!r})"
        return json.loads(self.body.decode("utf-8"))

    def data(self, status=200):
        """The data of a success with this status."""
        assert self.status == status, f"expected {status}: {self!r}"
        check_envelope(self)
        return self.json["data"]

    def error(self, status, *codes):
        """The error object of a failure with this status (or one of several) and one of these codes."""
        wanted = {status} if isinstance(status, int) else set(status)
        assert self.status in wanted, f"expected {sorted(wanted)}: {self!r}"
        check_envelope(self)
        error = self.json["error"]
        assert not codes or error["code"] in codes, f"expected one of {codes}: {self!r}"
        return error

    def fields(self):
        """The fields that a 422 complains of, each with its sentence."""
        fields = self.error(422, "VALIDATION_ERROR")["details"]["fields"]
        assert isinstance(fields, dict) and fields, repr(self)
        assert all(isinstance(text, str) and text for text in fields.values()), repr(self)
        return fields


def check_envelope(answer):
    """One envelope for all JSON: the exact keys, a request id, a code of the table with its status."""
    body = answer.json
    assert answer.header("X-Request-Id"), f"no X-Request-Id: {answer!r}"
    assert isinstance(body, dict), repr(answer)
    if answer.status < 400:
        assert set(body) == {"success", "data", "message"}, repr(answer)
        assert body["success"] is True and isinstance(body["message"], str), repr(answer)
    else:
        assert set(body) == {"success", "error"}, repr(answer)
        assert body["success"] is False, repr(answer)
        error = body["error"]
        assert set(error) == {"code", "message", "details"}, repr(answer)
        assert error["code"] in ERRORS, repr(answer)
        statuses = {ERRORS[error["code"]]} | SHARED.get(error["code"], set())
        assert answer.status in statuses, f"{error['code']} belongs to {statuses}: {answer!r}"
        assert isinstance(error["message"], str) and error["message"], repr(answer)
        assert isinstance(error["details"], dict), repr(answer)
        if answer.status == 429:
            assert answer.header("Retry-After"), repr(answer)


class Api:
    """Requests to one stack, as one person or as nobody. One connection a request, so it is safe from any thread."""

    def __init__(self, port, token=None, host="127.0.0.1"):
        self.port, self.token, self.host = port, token, host

    def as_(self, token):
        return Api(self.port, token, self.host)

    def _headers(self, headers):
        merged = {"Accept": "*/*", "User-Agent": "e2e"}
        if self.token:
            merged["Authorization"] = f"Bearer {self.token}"
        merged.update(headers or {})
        return {name: value for name, value in merged.items() if value is not None}

    def request(self, method, path, body=None, headers=None, json_body=None, timeout=TIMEOUT):
        headers = self._headers(headers)
        if json_body is not None:
            body = json.dumps(json_body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers)
            return self._answer(connection, method, path)
        finally:
            connection.close()

    def _answer(self, connection, method, path):
        response = connection.getresponse()
        answer = Answer(method, path, response.status, response.headers, response.read())
        if method != "HEAD" and (answer.status >= 400 or (answer.is_json and answer.body)):
            check_envelope(answer)
            contract.observe(answer)
        elif method == "GET" and answer.status == 302:
            contract.observe(answer)
        return answer

    def get(self, path, headers=None, **query):
        return self.request("GET", with_query(path, query), headers=headers)

    def head(self, path, headers=None):
        return self.request("HEAD", path, headers=headers)

    def post(self, path, json_body=None, **more):
        return self.request("POST", path, json_body=json_body, **more)

    def put(self, path, json_body=None, **more):
        return self.request("PUT", path, json_body=json_body, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def upload(self, path, content=None, filename="note.txt", content_type="text/plain", fields=None, form=None,
               chunked=False, headers=None, pieces=None):
        """Posts one form, streamed. An answer that comes before the body's end is taken as the answer.

        `form` replaces content, filename, type and fields; `pieces` sends the body in these portions.
        """
        form = form or Form(content, filename, content_type, fields)
        headers = self._headers({"Content-Type": form.content_type, **(headers or {})})
        connection = http.client.HTTPConnection(self.host, self.port, timeout=TIMEOUT)
        try:
            connection.putrequest("POST", path, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            if chunked:
                connection.putheader("Transfer-Encoding", "chunked")
            else:
                connection.putheader("Content-Length", str(len(form)))
            connection.endheaders()
            try:
                for piece in pieces if pieces is not None else form.pieces():
                    connection.send(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                if chunked:
                    connection.send(b"0\r\n\r\n")
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before the body's end; the answer is waiting to be read
            return self._answer(connection, "POST", path)
        finally:
            connection.close()

    def fetch(self, location, headers=None, method="GET"):
        """Follows an address as a browser would: without the token. Not an answer of the API, so not checked."""
        address = urllib.parse.urlsplit(urllib.parse.urljoin(f"http://{self.host}:{self.port}/", location))
        connection = http.client.HTTPConnection(address.hostname, address.port or 80, timeout=TIMEOUT)
        try:
            target = address.path + (f"?{address.query}" if address.query else "")
            connection.request(method, target, headers=headers or {})
            response = connection.getresponse()
            return Answer(method, target, response.status, response.headers, response.read())
        finally:
            connection.close()


def with_query(path, query):
    query = {name: value for name, value in query.items() if value is not None}
    return path + ("?" + urllib.parse.urlencode(query) if query else "")


@dataclass
class Person:
    """Someone who has registered and logged in."""

    id: str
    email: str
    password: str
    api: Api
    refresh_token: str


@dataclass
class Team:
    """A tenant with one member of each role and one person outside."""

    id: str
    tenant: dict
    admin: Person
    user: Person = None
    viewer: Person = None
    outsider: Person = None
    members: dict = field(default_factory=dict)

    @property
    def path(self):
        return f"/api/tenants/{self.id}"

    @property
    def documents(self):
        return f"{self.path}/documents"

    @property
    def files(self):
        return f"{self.path}/files"

    def upload(self, content=None, person=None, status=201, **more):
        """Uploads as the admin unless told otherwise; returns the document."""
        content = more.pop("content", content)
        return (person or self.admin).api.upload(self.documents, content, **more).data(status)

    def download(self, document_id, person=None):
        """The bytes, through the redirect."""
        api = (person or self.admin).api
        answer = api.get(f"{self.documents}/{document_id}/download")
        assert answer.status == 302, repr(answer)
        fetched = api.fetch(answer.header("Location"))
        assert fetched.status == 200, repr(fetched)
        return fetched.body

    def total_documents(self):
        return self.admin.api.get(self.documents, per_page=1).data()["pagination"]["total"]

    def total_files(self):
        return self.admin.api.get(self.files, per_page=1).data()["pagination"]["total"]


def new_email(prefix="person"):
    return f"{prefix}.{secrets.token_hex(6)}@example.com"


def registration(**changes):
    """A valid registration, with changes; None takes a field away."""
    body = {"first_name": "Ada", "last_name": "Byron", "email": new_email(), "password": PASSWORD, **changes}
    return {name: value for name, value in body.items() if value is not None}


def login(api, email, password=PASSWORD):
    data = api.as_(None).post("/api/auth/login", {"email": email, "password": password}).data()
    return Person(data["user"]["id"], email, password, api.as_(data["access_token"]), data["refresh_token"])


def new_person(api, **changes):
    body = registration(**changes)
    api.as_(None).post("/api/auth/register", body).data(201)
    return login(api, body["email"], body["password"])


def new_team(api, name=None, roles=("user", "viewer", "outsider")):
    admin = new_person(api, first_name="Admin")
    tenant = admin.api.post("/api/tenants", {"name": name or f"Team {secrets.token_hex(4)}"}).data(201)
    team = Team(tenant["id"], tenant, admin)
    for role in roles:
        person = new_person(api, first_name=role.capitalize())
        setattr(team, role, person)
        if role != "outsider":
            add_member(team, person, role)
    return team


def add_member(team, person, role):
    return team.admin.api.post(f"{team.path}/users", {"user_id": person.id, "role": role}).data(201)


def walk_pages(api, path, key, **query):
    """Every item of a paged list, by page numbers."""
    items, page = [], 1
    while True:
        data = api.get(path, page=page, per_page=100, **query).data()
        items += data[key]
        if page >= data["pagination"]["pages"]:
            return items
        page += 1


def at_once(count, action):
    """Runs `action(0)` … `action(count - 1)` in threads that start together; returns the results in order."""
    barrier = threading.Barrier(count)

    def run(number):
        barrier.wait(30)
        return action(number)

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def lasting(document):
    """The document without what the event worker finds in its file a moment after the upload."""
    return {**document, "file": {name: value for name, value in document["file"].items() if name != "inspection"}}


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def md5(content):
    return hashlib.md5(content).hexdigest()
