import uuid

import pytest

import contract
from conftest import ORIGIN


def answers(api, team):
    """One answer of each kind."""
    return {
        "health": api.get("/health"),
        "success": team.admin.api.get("/api/users/me"),
        "created": team.admin.api.post("/api/tenants", {"name": "Headers"}),
        "uploaded": team.admin.api.upload(team.documents, b"for the headers\n"),
        "unauthenticated": api.get("/api/users/me"),
        "unknown route": api.get("/api/unknown"),
        "wrong method": api.delete("/health"),
        "validation": api.post("/api/auth/register", {}),
        "upload without a token": api.upload(team.documents, b"x"),
        "upload without a file": team.admin.api.request(
            "POST", team.documents, body=b"--b--\r\n", headers={"Content-Type": "multipart/form-data; boundary=b"}),
        "too long": api.get("/" + "x" * 40_000),
        "bad escape": api.get("/api/%zz"),
    }


@pytest.fixture(scope="module")
def kinds(stack, team):
    return answers(stack.api, team)


KINDS = ["health", "success", "created", "uploaded", "unauthenticated", "unknown route", "wrong method", "validation",
         "upload without a token", "upload without a file", "too long", "bad escape"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_carries_the_security_headers_once(kinds, kind):
    answer = kinds[kind]
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("X-Frame-Options") or "frame-ancestors" in (answer.header("Content-Security-Policy") or "")
    assert answer.header("Referrer-Policy")
    assert answer.header("Content-Type").startswith("application/json")
    assert "/" not in (answer.header("Server") or "")


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_has_a_request_id_of_its_own(kinds, kind):
    ids = [answer.header("X-Request-Id") for answer in kinds.values()]
    assert ids.count(kinds[kind].header("X-Request-Id")) == 1


def test_answers_with_tokens_are_kept_out_of_caches(api, person):
    answer = api.post("/api/auth/login", {"email": person.email, "password": person.password})
    assert "no-store" in (answer.header("Cache-Control") or "")


# X-Request-Id

@pytest.mark.parametrize("method, path", [("GET", "/health"), ("GET", "/api/users/me"), ("GET", "/api/unknown"),
                                          ("DELETE", "/health")])
def test_a_valid_request_id_is_kept(api, method, path):
    mine = str(uuid.uuid4())
    assert api.request(method, path, headers={"X-Request-Id": mine}).header("X-Request-Id") == mine


def test_a_valid_request_id_is_kept_by_an_upload(api, team):
    for caller in (team.admin.api, api):
        mine = str(uuid.uuid4())
        answer = caller.upload(team.documents, b"with a request id\n", headers={"X-Request-Id": mine})
        assert answer.header("X-Request-Id") == mine


@pytest.mark.parametrize("value", ["x" * 500, "two words", "<script>", '"quoted"', "semi;colon", "", "naïve", "a\tb"])
@pytest.mark.parametrize("path", ["/health", "/api/unknown"])
def test_an_invalid_request_id_is_replaced(api, path, value):
    kept = api.get(path, headers={"X-Request-Id": value.encode("utf-8")}).header("X-Request-Id")
    assert kept and kept.encode("latin-1") != value.encode("utf-8")


# HEAD

@pytest.mark.parametrize("path", ["/", "/health/ready", "/api/users/me", "/api/users/me/tenants", "/api/tenants",
                                  "{tenant}", "{tenant}/documents", "{tenant}/documents/{document}", "{tenant}/files"])
def test_head_works_where_get_does(team, path):
    document = team.upload(b"for the heads\n")
    path = path.replace("{tenant}", team.path).replace("{document}", document["id"])
    get, head = team.admin.api.get(path), team.admin.api.head(path)
    assert (head.status, head.body) == (get.status, b"") == (200, b"")
    assert head.header("Content-Type") == get.header("Content-Type")
    assert head.header("X-Content-Type-Options") == "nosniff"


def test_head_wants_a_token_as_get_does(api):
    assert api.head("/api/users/me").status == 401


# CORS

PREFLIGHTS = [("/api/users/me", "PUT"), ("/api/auth/login", "POST"), ("/api/tenants/{id}/documents", "POST"),
              ("/api/tenants/{id}/documents/{id}", "DELETE"), ("/health", "GET")]


@pytest.mark.parametrize("path, method", PREFLIGHTS)
def test_a_preflight_is_answered_before_authentication(api, path, method):
    answer = api.request("OPTIONS", path.replace("{id}", str(uuid.uuid4())), headers={
        "Origin": ORIGIN, "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, content-type"})
    assert answer.status in (200, 204), repr(answer)
    assert answer.header("Access-Control-Allow-Origin") == ORIGIN
    assert method in answer.header("Access-Control-Allow-Methods")
    allowed = answer.header("Access-Control-Allow-Headers").lower()
    assert "authorization" in allowed and "content-type" in allowed
    assert int(answer.header("Access-Control-Max-Age")) > 0


@pytest.mark.parametrize("path", ["/api/users/me", "/api/tenants/{id}/documents"])
@pytest.mark.parametrize("origin", ["https://evil.example", f"{ORIGIN}.evil.example", "null", "http://app.example.com"])
def test_a_foreign_origin_is_not_allowed(api, path, origin):
    for method in ("OPTIONS", "GET"):
        answer = api.request(method, path.replace("{id}", str(uuid.uuid4())), headers={
            "Origin": origin, "Access-Control-Request-Method": "GET"})
        assert answer.header("Access-Control-Allow-Origin") is None


@pytest.fixture(scope="module")
def cross_origin(stack, team):
    def with_origin(api, method, path, **more):
        headers = {"Origin": ORIGIN, **more.pop("headers", {})}
        return api.request(method, path, headers=headers, **more)

    nobody, admin = stack.api, team.admin.api
    return {
        "success": with_origin(admin, "GET", "/api/users/me"),
        "uploaded": admin.upload(team.documents, b"from another origin\n", headers={"Origin": ORIGIN}),
        "unauthenticated": with_origin(nobody, "GET", "/api/users/me"),
        "upload without a token": nobody.upload(team.documents, b"x", headers={"Origin": ORIGIN}),
        "unknown route": with_origin(nobody, "GET", "/api/unknown"),
        "wrong method": with_origin(nobody, "DELETE", "/health"),
        "too large": with_origin(nobody, "POST", "/api/auth/login", headers={"Content-Length": "99999999999"}),
    }


@pytest.mark.parametrize("kind", ["success", "uploaded", "unauthenticated", "upload without a token", "unknown route",
                                  "wrong method", "too large"])
def test_an_allowed_origin_may_read_every_answer(cross_origin, kind):
    answer = cross_origin[kind]
    assert answer.header("Access-Control-Allow-Origin") == ORIGIN, repr(answer)
    assert "origin" in (answer.header("Vary") or "").lower()
    assert "x-request-id" in (answer.header("Access-Control-Expose-Headers") or "").lower()


def test_a_page_of_an_allowed_origin_can_use_every_header_of_the_contract(api):
    def names(text):
        return {name.strip().lower() for name in text.split(",")}

    answer = api.request("OPTIONS", "/api/tenants", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    parameters = [parameter for method, template in contract.operations()
                  for parameter in contract.resolve(contract.document()["paths"][template][method]).get("parameters", [])]
    sent = {parameter["name"].lower() for parameter in parameters if parameter["in"] == "header"}
    assert len(sent) >= 3 and sent <= names(answer.header("Access-Control-Allow-Headers"))
    # A redirect is followed by the browser, which shows its address to nobody.
    read = {name.lower() for name in contract.HEADERS if name != "Location"}
    assert read <= names(answer.header("Access-Control-Expose-Headers"))
