import json
import uuid

import pytest

import rawhttp
from client import PASSWORD

# (method, path) that nobody serves
UNKNOWN = [("GET", "/api"), ("GET", "/api/unknown"), ("POST", "/api/unknown"), ("GET", "/nothing/here.html"),
           ("GET", "/api/auth/register/more"), ("GET", "/api/users"), ("DELETE", "/unknown"), ("GET", "/.env"),
           ("GET", "/index.html"), ("GET", "/api/auth/%2e%2e/users/me/x")]


@pytest.mark.parametrize("method, path", UNKNOWN)
def test_an_unknown_route_is_not_found_with_or_without_a_token(api, team, method, path):
    for caller in (api, team.admin.api):
        caller.request(method, path).error(404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/nothing", "/api/nothing"])
def test_an_unknown_route_is_not_found_for_head_too(api, path):
    answer = api.head(path)
    assert answer.status == 404 and answer.body == b"" and answer.header("X-Request-Id")


@pytest.mark.parametrize("method, path, allowed", [
    ("DELETE", "/health", {"GET"}), ("POST", "/", {"GET"}), ("GET", "/api/auth/login", {"POST"}),
    ("PUT", "/api/auth/register", {"POST"}), ("POST", "/api/users/me", {"GET", "PUT"}),
    ("PATCH", "/api/users/me", {"GET", "PUT"}), ("DELETE", "/api/tenants", {"GET", "POST"}),
    ("PATCH", "/api/tenants/{id}", {"GET", "PUT", "DELETE"}), ("PUT", "/api/tenants/{id}/documents", {"GET", "POST"}),
    ("POST", "/api/tenants/{id}/documents/{id}", {"GET", "PUT", "DELETE"}),
    ("DELETE", "/api/tenants/{id}/documents/{id}/download", {"GET"}), ("POST", "/api/tenants/{id}/files", {"GET"}),
    ("PUT", "/api/tenants/{id}/files/{id}", {"GET", "DELETE"}), ("TRACE", "/api/users/me", None),
    ("PROPFIND", "/api/users/me", None),
])
def test_a_wrong_method_is_told_the_right_ones(team, method, path, allowed):
    answer = team.admin.api.request(method, path.replace("{id}", str(uuid.uuid4())))
    answer.error(405, "METHOD_NOT_ALLOWED")
    if allowed:
        told = {name.strip() for name in answer.header("Allow").split(",")}
        assert allowed <= told <= allowed | {"HEAD", "OPTIONS"}


# JSON

WRITES = [("POST", "/api/auth/register"), ("POST", "/api/auth/login"), ("PUT", "/api/users/me"),
          ("POST", "/api/tenants"), ("PUT", "{tenant}"), ("POST", "{tenant}/users")]
MALFORMED = [b"{", b"{]", b'{"a": }', b'{"a": 1,}', b"{'a': 1}", b'{"a": 1} x', b"\xff\xfe", b'{"a": "\xff"}', b"nul",
             b'{"a": 01}', b'{"a": "\x01"}', b'{"a": "\\x"}', b"[" * 100_000, b'{"a":' * 50_000, b"{\"a\": NaN}",
             b'\x00', b'{"name": "\\ud800"']


@pytest.mark.parametrize("method, path", WRITES)
def test_malformed_json_is_a_400_on_every_write(team, method, path):
    answer = team.admin.api.request(method, path.replace("{tenant}", team.path), body=b'{"name": "x"',
                                    headers={"Content-Type": "application/json"})
    answer.error(400, "MALFORMED_JSON")


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_json_of_every_kind_is_a_400(api, body):
    api.request("POST", "/api/auth/login", body=body, headers={"Content-Type": "application/json"}).error(
        400, "MALFORMED_JSON")


@pytest.mark.parametrize("body", [b"[]", b"null", b"5", b'"text"', b"true", b"[{}]"])
def test_json_that_is_no_object_is_refused(api, body):
    api.request("POST", "/api/auth/login", body=body, headers={"Content-Type": "application/json"}).error(
        (400, 422), "MALFORMED_JSON", "BAD_REQUEST", "VALIDATION_ERROR")


@pytest.mark.parametrize("method, path", WRITES)
def test_a_write_without_a_body_is_refused(team, method, path):
    answer = team.admin.api.request(method, path.replace("{tenant}", team.path),
                                    headers={"Content-Type": "application/json"})
    answer.error((400, 422), "MALFORMED_JSON", "VALIDATION_ERROR")


@pytest.mark.parametrize("method, path", WRITES)
def test_unknown_fields_are_refused_on_every_write(team, method, path):
    answer = team.admin.api.request(method, path.replace("{tenant}", team.path), json_body={"surprise": 1})
    assert "surprise" in answer.fields()


def test_a_body_in_chunks_is_a_body(api, person):
    body = json.dumps({"email": person.email, "password": person.password}).encode()
    head = rawhttp.head("POST", "/api/auth/login", Content_Type="application/json", Transfer_Encoding="chunked")
    answer = rawhttp.send(api.port, head + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n", "POST")
    if answer.status == 411:
        answer.error(411)
    else:
        assert answer.data()["user"]["id"] == person.id


# Sizes

def test_a_json_body_that_is_too_large_is_refused(api):
    body = b'{"email": "' + b"x" * (16 * 1024 * 1024) + b'"}'
    head = rawhttp.head("POST", "/api/auth/login", Content_Type="application/json", Content_Length=10**10)
    rawhttp.send(api.port, head, "POST").error(413, "PAYLOAD_TOO_LARGE")

    class Whole:
        content_type = "application/json"

        def __len__(self):
            return len(body)

        def pieces(self):
            return (body[n:n + 65536] for n in range(0, len(body), 65536))

    api.upload("/api/auth/login", form=Whole()).error(413, "PAYLOAD_TOO_LARGE")
    api.upload("/api/auth/login", form=Whole(), chunked=True).error(413, "PAYLOAD_TOO_LARGE")


def test_an_address_that_is_too_long_is_refused(api):
    api.get("/api/" + "x" * 40_000).error(414)


def test_headers_that_are_too_large_are_refused(api):
    api.get("/health", headers={"X-Large": "x" * 60_000}).error((400, 431))
    api.get("/health", headers={f"X-Many-{n}": "x" * 1000 for n in range(60)}).error((400, 431))


def test_headers_of_ordinary_size_are_fine(api):
    api.get("/health", headers={"Cookie": "x" * 3000, "X-Many": "y" * 2000}).data()


# What is hardly HTTP

GARBAGE = {
    "noise": b"\x00\x01\x02\xff\xfe garbage\r\n\r\n",
    "a word": b"HELLO\r\n\r\n",
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 100 + b"\r\n\r\n",
    "lower-case method": b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no Host": b"GET /health HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n",
    "bad escape": b"GET /api/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "escaped NUL": b"GET /api/%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "above the root": b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "negative length": b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "length in words": b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\n",
    "two lengths": b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "broken chunks": b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_gets_a_400_in_the_envelope(api, data):
    rawhttp.send(api.port, data).error(400)
    api.get("/health").data()


def test_a_request_hidden_in_a_body_is_not_carried_out(api, person):
    """A body that looks like a second request, or like FastCGI records, stays a body."""
    hidden = (b"GET /api/users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + person.api.token.encode()
              + b"\r\n\r\n")
    record = bytes([1, 1, 0, 1, 0, 8, 0, 0]) + bytes([0, 1, 0, 0, 0, 0, 0, 0])
    for body in (hidden, record * 100, hidden + record * 2000):
        for path, method in (("/api/unknown", "POST"), ("/api/users/me", "PUT"), ("/health", "POST")):
            answer = api.request(method, path, body=body, headers={"Content-Type": "application/json"})
            assert answer.status in (400, 401, 404, 405), repr(answer)
            assert person.email.encode() not in answer.body
    for _ in range(20):
        assert api.get("/api/users/me").status == 401


# Details

def test_an_error_says_nothing_of_the_inside(api, team):
    answers = [api.request("POST", "/api/auth/login", body=b"{", headers={"Content-Type": "application/json"}),
               api.get("/api/unknown"), team.admin.api.get(f"{team.documents}/x"),
               team.admin.api.get(team.documents, cursor="x"), api.post("/api/auth/register", {})]
    for answer in answers:
        text = answer.body.decode().lower()
        for word in ("select ", "postgres", "libpq", "swift", ".sock", "/tmp", "nginx", "fatal", "stack"):
            assert word not in text, f"{word}: {answer!r}"
        assert "nginx/" not in (answer.header("Server") or "")


def test_passwords_are_never_echoed(api):
    for path in ("/api/auth/register", "/api/auth/login"):
        answer = api.post(path, {"email": 5, "password": PASSWORD, "extra": PASSWORD})
        assert PASSWORD.encode() not in answer.body
