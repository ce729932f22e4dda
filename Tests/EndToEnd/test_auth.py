import base64
import json
import secrets

import pytest

from client import (PASSWORD, RFC3339_UTC, UUID, at_once, login, new_email, new_person, new_team, registration)


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


# Registration

def test_registration_answers_the_user_without_the_password(api):
    body = registration(first_name="Grace", last_name="Hopper")
    user = api.post("/api/auth/register", body).data(201)
    assert UUID.match(user["id"])
    assert (user["first_name"], user["last_name"], user["email"]) == ("Grace", "Hopper", body["email"])
    assert user["is_active"] is True
    assert RFC3339_UTC.match(user["created_at"]) and RFC3339_UTC.match(user["updated_at"])
    assert not any("password" in key for key in user)


def test_names_in_any_script_are_kept(api):
    user = api.post("/api/auth/register", registration(first_name="Zoë 🦉", last_name="中村")).data(201)
    assert (user["first_name"], user["last_name"]) == ("Zoë 🦉", "中村")


def test_emails_are_trimmed_and_lower_cased(api):
    email = new_email()
    user = api.post("/api/auth/register", registration(email=f"  {email.upper()} ")).data(201)
    assert user["email"] == email
    assert login(api, email).id == user["id"]
    assert login(api, email.upper()).id == user["id"]


def test_an_email_is_taken_in_any_case(api):
    body = registration()
    api.post("/api/auth/register", body).data(201)
    api.post("/api/auth/register", body).error(409, "EMAIL_TAKEN")
    api.post("/api/auth/register", {**body, "email": body["email"].upper()}).error(409, "EMAIL_TAKEN")


def test_of_many_registrations_at_once_one_wins(api):
    body = registration()
    answers = at_once(8, lambda _: api.post("/api/auth/register", body))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7


def test_every_missing_field_is_listed(api):
    fields = api.post("/api/auth/register", {}).fields()
    assert set(fields) == {"first_name", "last_name", "email", "password"}


@pytest.mark.parametrize("field, value", [
    ("first_name", None), ("first_name", ""), ("first_name", "   "), ("first_name", "x" * 101), ("first_name", 7),
    ("first_name", ["x"]), ("first_name", "a\u0000b"),
    ("last_name", None), ("last_name", ""), ("last_name", "x" * 101), ("last_name", {"x": 1}),
    ("email", None), ("email", ""), ("email", "no-at-sign"), ("email", "@example.com"), ("email", "a@"),
    ("email", "a b@example.com"), ("email", "a@@example.com"), ("email", "x" * 250 + "@example.com"),
    ("email", True), ("email", "a\r\nBcc: b@example.com"),
    ("password", None), ("password", ""), ("password", "short1"), ("password", "onlyletters"),
    ("password", "1234567890"), ("password", 12345678), ("password", "nul\u0000inside1"),
])
def test_an_invalid_field_is_named(api, field, value):
    fields = api.post("/api/auth/register", registration(**{field: value})).fields()
    assert set(fields) == {field}


def test_null_counts_as_missing(api):
    fields = api.post("/api/auth/register", {**registration(), "email": None}).fields()
    assert set(fields) == {"email"}


def test_an_unknown_field_is_refused(api):
    fields = api.post("/api/auth/register", registration(is_admin=True)).fields()
    assert "is_admin" in fields


def test_a_refused_registration_leaves_no_user(api):
    body = registration(password="short")
    api.post("/api/auth/register", body).fields()
    api.post("/api/auth/register", {**body, "password": PASSWORD}).data(201)


@pytest.mark.parametrize("length", [72, 73, 100, 200])
def test_a_long_password_works_in_full_or_is_refused(api, length):
    password = ("p4ss" * 50)[:length]
    answer = api.post("/api/auth/register", registration(password=password))
    if answer.status == 422:
        assert length > 72
        assert set(answer.fields()) == {"password"}
        return
    email = answer.data(201)["email"]
    login(api, email, password)
    for wrong in (password[:-1], password[:-1] + "x", password + "x"):
        api.post("/api/auth/login", {"email": email, "password": wrong}).error(401, "INVALID_CREDENTIALS")


def test_a_long_password_in_many_byte_characters_is_not_cut(api):
    password = "pä55wörd" * 8  # 64 characters, 80 bytes
    answer = api.post("/api/auth/register", registration(password=password))
    if answer.status == 422:
        return
    email = answer.data(201)["email"]
    login(api, email, password)
    api.post("/api/auth/login", {"email": email, "password": password[:-1] + "e"}).error(401, "INVALID_CREDENTIALS")


# Login

def test_login_answers_tokens_user_and_tenants(api):
    team = new_team(api, roles=("user",))
    data = api.post("/api/auth/login", {"email": team.user.email, "password": team.user.password}).data()
    assert data["user"]["id"] == team.user.id
    assert data["access_token"] != data["refresh_token"]
    assert [(t["id"], t["name"], t["role"]) for t in data["tenants"]] == [(team.id, team.tenant["name"], "user")]


def test_the_access_token_carries_the_documented_claims(api):
    person = new_person(api)
    token = claims(person.api.token)
    assert {"sub", "jti", "type", "family", "iat", "exp"} <= set(token)
    assert token["sub"] == person.id and token["exp"] - token["iat"] == 900
    refresh = claims(person.refresh_token)
    assert refresh["exp"] - refresh["iat"] == 604800
    assert refresh["type"] != token["type"] and refresh["family"] == token["family"]


def test_login_does_not_reveal_which_part_is_wrong(api, person):
    unknown = api.post("/api/auth/login", {"email": new_email(), "password": PASSWORD})
    wrong = api.post("/api/auth/login", {"email": person.email, "password": PASSWORD + "x"})
    assert unknown.error(401, "INVALID_CREDENTIALS") == wrong.error(401, "INVALID_CREDENTIALS")


@pytest.mark.parametrize("body, missing", [
    ({}, {"email", "password"}), ({"email": "a@example.com"}, {"password"}), ({"password": PASSWORD}, {"email"}),
    ({"email": 1, "password": PASSWORD}, {"email"}), ({"email": "a@example.com", "password": [1]}, {"password"}),
])
def test_login_without_its_fields_is_a_validation_error(api, body, missing):
    assert set(api.post("/api/auth/login", body).fields()) == missing


def test_login_takes_no_sql(api, person):
    for email in ("' OR '1'='1", f"{person.email}'--"):
        answer = api.post("/api/auth/login", {"email": email, "password": "' OR '1'='1"})
        answer.error((401, 422), "INVALID_CREDENTIALS", "VALIDATION_ERROR")


# Refresh

def test_refresh_in_the_body_gives_a_working_token(api, person):
    data = api.post("/api/auth/refresh", {"refresh_token": person.refresh_token}).data()
    assert api.as_(data["access_token"]).get("/api/users/me").data()["id"] == person.id


def test_refresh_in_the_header_gives_a_working_token(api, person):
    data = api.as_(person.refresh_token).post("/api/auth/refresh").data()
    assert api.as_(data["access_token"]).get("/api/users/me").data()["id"] == person.id


def test_a_rotated_refresh_token_works_in_turn(api, person):
    token = person.refresh_token
    for _ in range(3):
        data = api.post("/api/auth/refresh", {"refresh_token": token}).data()
        token = data.get("refresh_token", token)
    api.as_(data["access_token"]).get("/api/users/me").data()


def test_an_access_token_does_not_refresh(api, person):
    api.post("/api/auth/refresh", {"refresh_token": person.api.token}).error(401, "TOKEN_INVALID")


def test_a_refresh_token_opens_nothing_else(api, person):
    api.as_(person.refresh_token).get("/api/users/me").error(401, "TOKEN_INVALID")


def test_refresh_without_a_token_is_refused(api):
    api.post("/api/auth/refresh").error((401, 422), "TOKEN_MISSING", "VALIDATION_ERROR")


@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "x" * 5000])
def test_refresh_with_nonsense_is_refused(api, token):
    api.post("/api/auth/refresh", {"refresh_token": token}).error(401, "TOKEN_INVALID")


# Logout

def test_logout_revokes_the_token_and_its_refresh_family(api, person):
    rotated = api.post("/api/auth/refresh", {"refresh_token": person.refresh_token}).data()
    fresh = api.as_(rotated["access_token"])
    fresh.post("/api/auth/logout").data()
    fresh.get("/api/users/me").error(401, "TOKEN_REVOKED")
    for token in {person.refresh_token, rotated.get("refresh_token", person.refresh_token)}:
        api.post("/api/auth/refresh", {"refresh_token": token}).error(401, "TOKEN_REVOKED")


def test_logout_leaves_other_sessions_alone(api, person):
    other = login(api, person.email, person.password)
    person.api.post("/api/auth/logout").data()
    other.api.get("/api/users/me").data()


def test_logout_wants_a_token(api):
    api.post("/api/auth/logout").error(401, "TOKEN_MISSING")


# Tokens

@pytest.mark.parametrize("header", [
    "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "bearer", "Token abc", "Bearer a b", "Bearer \x01\x02", "Bearer ...",
    "Bearer " + "x" * 4000, "Bearer " + secrets.token_urlsafe(100),
])
def test_an_odd_authorization_header_is_refused(api, header):
    api.get("/api/users/me", headers={"Authorization": header}).error(
        (400, 401), "TOKEN_MISSING", "TOKEN_INVALID", "BAD_REQUEST")


def forgeries(token):
    header, payload, signature = token.split(".")
    none = encoded({"alg": "none", "typ": "JWT"})
    other = claims(token) | {"sub": "00000000-0000-4000-8000-000000000000"}
    later = claims(token) | {"exp": 4102444800}
    yield "no algorithm, no signature", f"{none}.{payload}."
    yield "no algorithm, old signature", f"{none}.{payload}.{signature}"
    yield "no signature", f"{header}.{payload}."
    yield "two parts", f"{header}.{payload}"
    yield "four parts", f"{token}.{signature}"
    yield "other subject", f"{header}.{encoded(other)}.{signature}"
    yield "later expiry", f"{header}.{encoded(later)}.{signature}"
    yield "first character of the signature", f"{header}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"
    yield "padding", f"{token}="
    yield "RS256", f"{encoded({'alg': 'RS256', 'typ': 'JWT'})}.{payload}.{signature}"
    yield "cut", token[:-5]


def test_a_forged_token_is_refused(api, person):
    person.api.get("/api/users/me").data()
    for what, token in forgeries(person.api.token):
        answer = api.as_(token).get("/api/users/me")
        assert answer.status == 401, f"{what}: {answer!r}"
        answer.error(401, "TOKEN_INVALID")


def test_a_missing_token_and_an_invalid_one_are_told_apart(api):
    api.get("/api/users/me").error(401, "TOKEN_MISSING")
    api.as_("x.y.z").get("/api/users/me").error(401, "TOKEN_INVALID")
