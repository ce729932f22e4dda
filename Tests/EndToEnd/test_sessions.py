"""What ends a session ends it in every worker at once, and what a token may not be."""

import random
import re
import secrets
import time

import pytest

import forge
from client import PASSWORD, at_once, login, new_person, new_team
from polling import eventually

UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def spelled_anew(path):
    """The same ids in another mixture of cases. nginx chooses the worker of a tenant's request by the id as it is spelled,
    so each spelling may reach another one."""
    return UUID.sub(lambda id: "".join(random.choice((c, c.upper())) for c in id[0]), path)


def answers_of_all_workers(stack, person, path="/api/users/me"):
    """Asks until every worker process has answered; the statuses and codes that came. Each worker logs a refusal under
    the request's id, so it is known who answered: a moment later, as logs have a way of their own."""
    mark, seen = secrets.token_hex(6), set()
    for number in range(40):
        answer = person.api.get(spelled_anew(path), headers={"X-Request-Id": f"{mark}-{number}"})
        seen.add((answer.status, answer.json["error"]["code"] if answer.status >= 400 else None))
    for worker in ("app-0", "app-1"):
        log = stack.state_dir / "log" / f"{worker}.log"
        eventually(lambda: mark in log.read_text(errors="replace"), within=30, what=f"an answer of {worker}")
    return seen


def assert_all_refuse(stack, person, status, code, path="/api/users/me"):
    """From now on no worker lets the person in."""
    started = time.monotonic()
    seen = answers_of_all_workers(stack, person, path)
    assert seen == {(status, code)}, seen
    assert time.monotonic() - started < 60


def test_logout_holds_in_every_worker(stack, person):
    person.api.post("/api/auth/logout").data()
    assert_all_refuse(stack, person, 401, "TOKEN_REVOKED")


def test_deactivation_holds_in_every_worker(stack, person):
    stack.sql("saas_main", f"UPDATE users SET is_active = false WHERE id = '{person.id}'")
    assert_all_refuse(stack, person, 401, "TOKEN_REVOKED")
    stack.api.post("/api/auth/login", {"email": person.email, "password": PASSWORD}).error(401, "INVALID_CREDENTIALS")


def test_password_change_holds_in_every_worker(stack, person):
    other = login(stack.api, person.email)
    new = "another-horse-8"
    person.api.put("/api/users/me/password", {"current_password": PASSWORD, "new_password": new}).data()
    assert_all_refuse(stack, person, 401, "TOKEN_REVOKED")
    assert_all_refuse(stack, other, 401, "TOKEN_REVOKED")
    stack.api.post("/api/auth/refresh", {"refresh_token": other.refresh_token}).error(401, "TOKEN_REVOKED")
    stack.api.post("/api/auth/login", {"email": person.email, "password": PASSWORD}).error(401, "INVALID_CREDENTIALS")
    login(stack.api, person.email, new)


def test_no_login_with_the_old_password_outlives_its_change(stack):
    """Logins that are under way while the password changes: either they are refused, or their sessions end with it. No
    more of both than there are places to hash in one worker, which may get them all."""
    person = new_person(stack.api)

    def act(number):
        if number == 3:
            return person.api.put("/api/users/me/password",
                                  {"current_password": PASSWORD, "new_password": "another-horse-8"})
        return stack.api.post("/api/auth/login", {"email": person.email, "password": PASSWORD})

    answers = at_once(8, act)
    answers.pop(3).data()
    assert {answer.status for answer in answers} <= {200, 401, 503}
    for answer in answers:
        if answer.status == 200:
            stack.api.as_(answer.data()["access_token"]).get("/api/users/me").error(401, "TOKEN_REVOKED")


def test_suspension_and_removal_hold_in_every_worker(stack):
    team = new_team(stack.api)
    team.admin.api.delete(f"{team.path}/users/{team.viewer.id}").data()
    assert_all_refuse(stack, team.viewer, 404, "TENANT_NOT_FOUND", team.documents)
    team.admin.api.put(team.path, {"is_active": False}).data()
    assert_all_refuse(stack, team.user, 403, "TENANT_SUSPENDED", team.documents)


def test_the_present_password_is_needed_to_change_it(stack, person):
    path = "/api/users/me/password"
    wrong = person.api.put(path, {"current_password": "x", "new_password": "another-horse-8"}).fields()
    assert set(wrong) == {"current_password"}
    weak = person.api.put(path, {"current_password": PASSWORD, "new_password": "password1"}).fields()
    assert set(weak) == {"new_password"}
    own = person.email.split("@")[0] + "1"
    assert set(person.api.put(path, {"current_password": PASSWORD, "new_password": own}).fields()) == {"new_password"}
    person.api.get("/api/users/me").data()


# Rotation

def test_fifty_refreshes_at_once_give_one_successor(stack, person):
    body = {"refresh_token": person.refresh_token}
    pairs = at_once(50, lambda _: stack.api.post("/api/auth/refresh", body).data())
    assert len({pair["refresh_token"] for pair in pairs}) == 1
    assert len({pair["access_token"] for pair in pairs}) == 1
    stack.api.as_(pairs[0]["access_token"]).get("/api/users/me").data()


def test_a_lost_answer_is_given_again_byte_for_byte(stack, person):
    first = stack.api.post("/api/auth/refresh", {"refresh_token": person.refresh_token}).data()
    again = stack.api.post("/api/auth/refresh", {"refresh_token": person.refresh_token}).data()
    assert (again["refresh_token"], again["access_token"]) == (first["refresh_token"], first["access_token"])


@pytest.mark.parametrize("used", ["access_token", "refresh_token"])
def test_reuse_after_the_successor_was_used_ends_the_family(stack, person, used):
    successor = stack.api.post("/api/auth/refresh", {"refresh_token": person.refresh_token}).data()
    if used == "access_token":
        stack.api.as_(successor["access_token"]).get("/api/users/me").data()
        last = successor
    else:
        last = stack.api.post("/api/auth/refresh", {"refresh_token": successor["refresh_token"]}).data()
    stack.api.post("/api/auth/refresh", {"refresh_token": person.refresh_token}).error(401, "TOKEN_REVOKED")
    stack.api.as_(last["access_token"]).get("/api/users/me").error(401, "TOKEN_REVOKED")
    stack.api.post("/api/auth/refresh", {"refresh_token": last["refresh_token"]}).error(401, "TOKEN_REVOKED")


# Tokens that are rightly signed and wrong all the same

def test_the_forge_makes_good_tokens(stack, person):
    stack.api.as_(forge.signed(stack, person.api.token)).get("/api/users/me").data()


@pytest.mark.parametrize("changes", [
    {"sub": None}, {"jti": None}, {"type": None}, {"family": None}, {"iat": None}, {"exp": None}, {"type": "refresh"},
    {"type": "admin"}, {"admin": True}, {"sub": "1"}, {"sub": ["x"]}, {"exp": "4102444800"}, {"exp": 4102444800.5},
    {"exp": 1 << 70}, {"iat": 4102444800}, {"family": ""}, {"jti": "x" * 200}, {"family": "not-a-uuid"},
])
def test_odd_claims_are_one_answer(stack, person, changes):
    token = forge.signed(stack, person.api.token, **changes)
    error = stack.api.as_(token).get("/api/users/me").error(401, "TOKEN_INVALID")
    assert error == {"code": "TOKEN_INVALID", "message": "The token is not valid.", "details": {}}


@pytest.mark.parametrize("header", [
    {"alg": "HS256", "typ": "JWT"}, {"alg": "HS256", "kid": "0" * 16, "typ": "JWT"}, {"alg": "HS512", "typ": "JWT"},
    {"alg": "none", "typ": "JWT"}, {"alg": "HS256", "typ": "JWT", "kid": "x", "jku": "https://example.com"},
])
def test_other_headers_are_refused_though_rightly_signed(stack, person, header):
    stack.api.as_(forge.signed(stack, person.api.token, header=header)).get("/api/users/me").error(401, "TOKEN_INVALID")


def test_a_foreign_family_is_revoked(stack, person):
    """Another user's session cannot be borrowed, even by one who could sign."""
    other = new_person(stack.api)
    family = forge.json.loads(forge.base64.urlsafe_b64decode(other.api.token.split(".")[1] + "=="))["family"]
    stack.api.as_(forge.signed(stack, person.api.token, family=family)).get("/api/users/me").error(401, "TOKEN_REVOKED")


def test_an_expired_token_says_so(stack, person):
    stack.api.as_(forge.expired(stack, person.api.token)).get("/api/users/me").error(401, "TOKEN_EXPIRED")
