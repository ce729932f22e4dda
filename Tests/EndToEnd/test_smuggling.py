"""Requests that nginx and what stands before or behind it could read differently, sent byte by byte.

The rule behind all of them: one connection, one order of requests and answers; what one party takes for a body no other
takes for a request; no header becomes a FastCGI parameter that the product's own configuration sets.
"""

import json
import re
import socket
import time
import urllib.parse

import pytest

import rawhttp
from client import new_team
from polling import eventually

HIDDEN = b"GET /api/users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"


def answers(port, data, timeout=10):
    """The status lines of every answer that the bytes bring, in order, until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionResetError:
            pass
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", received)], received


def post(*headers, body=b"", path=b"/api/auth/login", close=False):
    lines = [b"POST " + path + b" HTTP/1.1", b"Host: x", b"Content-Type: application/json", *headers]
    return b"\r\n".join(lines + ([b"Connection: close"] if close else [])) + b"\r\n\r\n" + body


# One request that two parties would cut differently: it is refused, and what follows is never answered.

AMBIGUOUS = {
    "CL.TE": lambda hidden: post(
        b"Content-Length: %d" % (5 + len(hidden)), b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + hidden),
    "TE.CL": lambda hidden: post(
        b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(hidden), hidden)),
    "two lengths": lambda hidden: post(b"Content-Length: 0", b"Content-Length: %d" % len(hidden), body=hidden),
    "two equal lengths": lambda hidden: post(b"Content-Length: 0", b"Content-Length: 0", body=hidden),
    "length list": lambda hidden: post(b"Content-Length: 0, %d" % len(hidden), body=hidden),
    "signed length": lambda hidden: post(b"Content-Length: +0", body=hidden),
    "hexadecimal length": lambda hidden: post(b"Content-Length: 0x0", body=hidden),
    "length overflow": lambda hidden: post(b"Content-Length: 18446744073709551616", body=hidden),
    "TE twice": lambda hidden: post(
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n" + hidden),
    "TE unknown": lambda hidden: post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + hidden),
    "TE list": lambda hidden: post(b"Transfer-Encoding: identity, chunked", body=b"0\r\n\r\n" + hidden),
    "TE with tab": lambda hidden: post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n" + hidden),
    "blank before colon": lambda hidden: post(b"Content-Length : %d" % len(hidden), b"Content-Length: 0", body=hidden),
    "obs-fold": lambda hidden: post(b"X: a\r\n Transfer-Encoding: chunked", b"Content-Length: 0", body=hidden),
    "bare CR": lambda hidden: post(b"X: a\rContent-Length: %d" % len(hidden), b"Content-Length: 0", body=hidden),
    "NUL in a value": lambda hidden: post(b"X: a\x00b", b"Content-Length: 0", body=hidden),
    "NUL in a name": lambda hidden: post(b"X\x00: a", b"Content-Length: 0", body=hidden),
    "chunk size overflow": lambda hidden: post(
        b"Transfer-Encoding: chunked", body=b"ffffffffffffffff1\r\n" + hidden),
    "chunk size signed": lambda hidden: post(b"Transfer-Encoding: chunked", body=b"-1\r\n" + hidden),
}
# nginx reads these in one way that the standard allows too (a folded line is dropped, an unknown header is dropped, a
# fresh request follows a request without a body), so the second request is the sender's own and is answered as such.
OWN_REQUEST_FOLLOWS = {"obs-fold", "blank before colon"}


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_a_request_of_two_readings_is_not_read_twice(api, person, kind):
    statuses, received = answers(api.port, AMBIGUOUS[kind](HIDDEN % b"no-token"))
    assert statuses, f"no answer: {received!r}"
    if kind in OWN_REQUEST_FOLLOWS:
        # Never a body that becomes a request: either refused, or two requests with nothing between them.
        assert statuses in ([400], [400, 401], [422, 401]), received[:600]
    else:
        assert statuses in ([400], [501], [413], [400, 400]), received[:600]
    assert person.email.encode() not in received


@pytest.mark.parametrize("path", [b"/api/auth/login", b"/api/unknown", b"/api/users/me"])
def test_what_follows_a_body_that_was_refused_early_is_answered_as_its_own_request(api, path):
    """The application answers before it has read the body; the next request on the connection stays the client's."""
    body = b"x" * 300_000
    statuses, _ = answers(api.port, post(b"Content-Length: %d" % len(body), body=body, path=path)
                          + b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert len(statuses) <= 2 and statuses[0] in (400, 401, 404, 405), statuses
    assert statuses[1:] in ([], [200])


def test_fastcgi_records_in_a_body_are_a_body(api, person):
    """A body of whole FastCGI requests, answered before it was read: none of them is carried out."""
    def pairs(**parameters):
        encoded = b""
        for name, value in parameters.items():
            name, value = name.encode(), value.encode()
            lengths = b"".join(bytes([len(part)]) if len(part) < 128 else (len(part) | 1 << 31).to_bytes(4, "big")
                               for part in (name, value))
            encoded += lengths + name + value
        return encoded

    def record(kind, content):
        return bytes([1, kind, 0, 1]) + len(content).to_bytes(2, "big") + b"\0\0" + content

    forged = (record(1, b"\0\1\1\0\0\0\0\0")
              + record(4, pairs(REQUEST_METHOD="PUT", REQUEST_URI="/api/users/me", REMOTE_ADDR="10.0.0.1", REQUEST_ID="forged",
                                HTTP_AUTHORIZATION=f"Bearer {person.api.token}", CONTENT_TYPE="application/json",
                                CONTENT_LENGTH="22"))
              + record(4, b"") + record(5, b'{"first_name":"Forged"}'[:22]) + record(5, b""))
    for path in (b"/api/unknown", b"/api/users/me", b"/health", b"/api/tenants/x/documents"):
        body = forged * 200
        answers(api.port, post(b"Content-Length: %d" % len(body), body=body, path=path, close=True))
    assert person.api.get("/api/users/me").data()["first_name"] != "Forged"


# Headers that look like what only the configuration may set.

FORGED = {
    "Upload_Phase": "denied", "UPLOAD_PHASE": "authorize", "UPLOAD_GRANT": "x", "Upload-Grant": "x",
    "Upload-Denial": "eyJ9", "DOWNLOAD": "1", "Download": "1", "REQUEST_METHOD": "DELETE", "Request-Uri": "/api/users/me",
    "REMOTE_ADDR": "10.9.8.7", "Remote-Addr": "10.9.8.7", "Script-Filename": "/etc/passwd", "Proxy": "http://evil.example",
    "Content_Length": "5", "X-Accel-Redirect": "/internal-objects/x", "X-Original-URL": "/api/users/me",
    "X-Rewrite-URL": "/api/users/me", "X-HTTP-Method-Override": "DELETE", "Request_Id": "forged", "Transfer_Encoding": "x",
}


@pytest.mark.parametrize("name", FORGED)
def test_no_header_becomes_a_parameter_of_the_configuration(api, person, name):
    value = FORGED[name]
    head = (f"GET /api/users/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {person.api.token}\r\n"
            f"{name}: {value}\r\n\r\n").encode()
    answer = rawhttp.send(api.port, head)
    assert answer.data()["id"] == person.id and answer.header("X-Request-Id") != "forged"
    stranger = f"GET /api/users/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{name}: {value}\r\n\r\n".encode()
    rawhttp.send(api.port, stranger).error(401, "TOKEN_MISSING")


def test_a_proxy_header_reaches_no_program(stack):
    """httpoxy: were HTTP_PROXY exported, libcurl would send the store's requests there."""
    stack.api.get("/health/ready", headers={"Proxy": "http://127.0.0.1:9"}).data()
    for name in ("app-0", "app-1", "sidecar"):
        with open(f"/proc/{stack.pid(name)}/environ", "rb") as environment:
            assert b"HTTP_PROXY" not in environment.read().upper()


@pytest.mark.parametrize("name", ["Authorization", "Idempotency-Key"])
def test_a_header_that_decides_may_come_once_only(api, person, name):
    value = {"Authorization": f"Bearer {person.api.token}", "Idempotency-Key": "k"}[name]
    head = f"POST /api/tenants HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n{name}: {value}\r\n{name}: {value}\r\n"
    answer = rawhttp.send(api.port, head.encode() + b"\r\n{}", "POST")
    answer.error(400, "BAD_REQUEST")


# Addresses.

def raw(api, target, method="GET", token=None):
    token = f"Authorization: Bearer {token}\r\n" if token else ""
    return rawhttp.send(api.port, f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{token}\r\n".encode("latin-1"),
                        method)


@pytest.mark.parametrize("target", ["http://evil.example/api/users/me", "http://x/api/users/me", "HTTP://x:1/api/users/me"])
def test_an_absolute_address_is_no_way_around_anything(api, person, target):
    assert raw(api, target).status in (400, 401, 404)
    answer = raw(api, target, token=person.api.token)
    assert answer.status in (200, 400, 404), repr(answer)
    assert b"evil.example" not in answer.body and "evil.example" not in str(answer.headers)


PATHS = ["/api/users/%6de", "/api//users/me", "/api/./users/me", "/api/x/../users/me", "/api/%2e%2e/api/users/me",
         "/api/users/me/", "/api/users%2fme", "/api/users/me%00", "/api/users/me;x=1", "/API/users/me", "/api/users/me%20",
         "/api/users\\me", "/api/users/me/..;/me", "/.%2e/api/users/me", "/api/users/%25%36%64e"]


@pytest.mark.parametrize("path", PATHS)
def test_however_an_address_is_written_it_wants_the_token(api, person, path):
    """Another spelling is the same route with the same checks, or no route."""
    raw(api, path).error((400, 401, 404))
    assert raw(api, path, token=person.api.token).status in (200, 400, 404)


@pytest.mark.parametrize("path", ["{t}/../{t}/documents", "{t}/x/../documents", "{t}//documents", "{t}/%64ocuments",
                                  "{t}/documents/../documents", "{t}/documents%2f", "{t}/./documents"])
def test_an_upload_under_another_spelling_is_checked_like_any(stack, path):
    """nginx chooses the upload location by the tidy path, the application decides by the one that was sent."""
    team, stranger = new_team(stack.api, roles=()), new_team(stack.api, roles=())
    path = "/api/tenants/" + path.replace("{t}", team.id)
    for api in (stack.api, stranger.admin.api):
        assert api.upload(path, b"x").status in (400, 401, 404)
    team.admin.api.upload(path, b"x")
    assert team.total_documents() <= 1 and stranger.total_documents() == 0


@pytest.mark.parametrize("path", ["/.upload", "/.upload-authorize", "/.errors/400", "/internal-objects/x", "/%2eupload",
                                  "/internal-objects/../internal-objects/", "//internal-objects/x"])
def test_internal_locations_do_not_exist_from_outside(api, path):
    for method in ("GET", "POST"):
        raw(api, path, method).error((404, 405, 411, 400))


# What a client writes does not break out of where it is shown.

@pytest.mark.parametrize("name", ['a"; filename="b.exe', "ä ö.txt", "a%0d%0aX-Injected: 1", "'a'.txt",
                                  "=?utf-8?Q?x?=", "a;b=c.txt", "<script>.html"])
def test_a_filename_stays_inside_content_disposition(team, name):
    document = team.upload(b"x", filename="plain.txt", fields={"filename": name})
    assert document["filename"] == name
    location = team.admin.api.get(f"{team.documents}/{document['id']}/download").header("Location")
    target = urllib.parse.urlsplit(location)
    answer = team.admin.api.as_(None).request("GET", f"{target.path}?{target.query}")
    disposition = answer.header("Content-Disposition")
    assert answer.status == 200 and disposition.startswith("attachment")
    assert answer.header("X-Injected") is None and "\r" not in disposition and "\n" not in disposition
    quoted = re.search(r'filename="((?:[^"\\]|\\.)*)"', disposition)
    assert quoted and disposition.isascii()
    rest = disposition.replace(quoted.group(0), "", 1)
    assert re.fullmatch(r"attachment;\s*(;\s*filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]*)?", rest.strip()), disposition
    encoded = re.search(r"filename\*=UTF-8''(\S+)", disposition)
    assert urllib.parse.unquote(encoded.group(1)) == name if encoded else quoted.group(1) == name


@pytest.mark.parametrize("name", ["a\r\nX-Injected: 1", "a\nb", "a\x00b", "a/b", "a\\b", "a\u202egpj.exe", "..", "\x7f"])
def test_a_filename_with_control_characters_is_refused(team, name):
    document = team.upload(b"y")
    assert "filename" in team.admin.api.put(f"{team.documents}/{document['id']}", {"filename": name}).fields()


def test_a_log_line_is_one_json_object_whatever_the_client_says(stack):
    marker = "marker-7f31"
    ugly = f'{marker}"}}\x1b[31m\\x0a{{"level":"error","forged":true'
    path = f"/api/{marker}%0a%0dforged%22,%22x%22:%221"
    stack.api.get(path, headers={"User-Agent": ugly, "X-Request-Id": f"{marker}\" forged"})
    log = stack.state_dir / "log" / "nginx-access.log"
    lines = eventually(lambda: [line for line in log.read_text().splitlines() if marker in line], within=10, what="the line")
    for line in lines:
        entry = json.loads(line)
        assert "forged" not in entry and "\x1b" not in line
    for name in ("app-0", "app-1"):
        for line in (stack.state_dir / "log" / f"{name}.log").read_text().splitlines():
            if line.startswith("{"):
                assert json.loads(line).get("forged") is None


# Clients that take their time.

def test_a_head_that_does_not_end_is_cut(api):
    """`client_header_timeout`: from the first byte on, whatever drips in."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", api.port), timeout=40) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n")
        try:
            received = b""
            while chunk := connection.recv(4096):
                received += chunk
        except ConnectionResetError:
            pass
    assert time.monotonic() - began < 35
    assert received == b"" or b" 408 " in received


def test_a_slow_client_holds_up_nobody(api):
    slow = [socket.create_connection(("127.0.0.1", api.port), timeout=10) for _ in range(60)]
    try:
        for connection in slow:
            connection.sendall(b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                               b"Content-Length: 1000\r\n\r\n{")
        for _ in range(20):
            api.get("/health").data()
    finally:
        for connection in slow:
            connection.close()
