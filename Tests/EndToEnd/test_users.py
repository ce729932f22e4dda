import re
import uuid

import pytest

from client import RFC3339_UTC, login, new_person, new_team

USER = {"id", "first_name", "last_name", "email", "is_active", "created_at", "updated_at"}


def test_me_is_the_user_of_the_token(person):
    user = person.api.get("/api/users/me").data()
    assert set(user) >= USER
    assert (user["id"], user["email"]) == (person.id, person.email)


def test_names_can_be_changed_each_alone(person):
    before = person.api.get("/api/users/me").data()
    after = person.api.put("/api/users/me", {"first_name": "Émilie"}).data()
    assert (after["first_name"], after["last_name"]) == ("Émilie", before["last_name"])
    assert after["updated_at"] >= before["updated_at"]
    after = person.api.put("/api/users/me", {"last_name": "du Châtelet"}).data()
    assert (after["first_name"], after["last_name"]) == ("Émilie", "du Châtelet")
    assert person.api.get("/api/users/me").data() == after


@pytest.mark.parametrize("body, field", [
    ({"first_name": ""}, "first_name"), ({"first_name": "x" * 101}, "first_name"), ({"last_name": 5}, "last_name"),
    ({"last_name": "  "}, "last_name"), ({"email": "other@example.com"}, "email"), ({"is_active": False}, "is_active"),
    ({"id": "00000000-0000-4000-8000-000000000000"}, "id"), ({"first_name": "Good", "nonsense": 1}, "nonsense"),
])
def test_an_invalid_change_names_its_field_and_changes_nothing(person, body, field):
    before = person.api.get("/api/users/me").data()
    assert field in person.api.put("/api/users/me", body).fields()
    assert person.api.get("/api/users/me").data() == before


@pytest.mark.parametrize("method, path", [
    ("GET", "/api/users/me"), ("PUT", "/api/users/me"), ("PUT", "/api/users/me/password"),
    ("GET", "/api/users/me/tenants"),
])
def test_a_token_is_wanted(api, method, path):
    api.request(method, path, json_body={} if method == "PUT" else None).error(401, "TOKEN_MISSING")


# Password

def test_a_new_password_replaces_the_old_one(api, person):
    person.api.put("/api/users/me/password",
                   {"current_password": person.password, "new_password": "brand-new-pass-9"}).data()
    api.post("/api/auth/login", {"email": person.email, "password": person.password}).error(401, "INVALID_CREDENTIALS")
    login(api, person.email, "brand-new-pass-9")


def test_a_password_change_revokes_every_refresh_token(api, person):
    other = login(api, person.email, person.password)
    person.api.put("/api/users/me/password",
                   {"current_password": person.password, "new_password": "brand-new-pass-9"}).data()
    for token in (person.refresh_token, other.refresh_token):
        api.post("/api/auth/refresh", {"refresh_token": token}).error(401, "TOKEN_REVOKED")


def test_the_current_password_is_wanted(api, person):
    answer = person.api.put("/api/users/me/password",
                            {"current_password": "wrong-password-1", "new_password": "brand-new-pass-9"})
    answer.error((401, 403, 422))
    login(api, person.email, person.password)


@pytest.mark.parametrize("new", ["", "short1", "onlyletters", "12345678", 5])
def test_a_weak_new_password_is_refused(api, person, new):
    answer = person.api.put("/api/users/me/password", {"current_password": person.password, "new_password": new})
    assert "new_password" in answer.fields()
    login(api, person.email, person.password)


# Tenants of a user

def test_my_tenants_come_with_role_newest_first(api):
    older = new_team(api, roles=())
    newer = new_team(api, roles=())
    person = new_person(api)
    for team, role in ((older, "viewer"), (newer, "user")):
        team.admin.api.post(f"{team.path}/users", {"email": person.email, "role": role}).data(201)
    tenants = person.api.get("/api/users/me/tenants").data()["tenants"]
    assert [(t["id"], t["role"]) for t in tenants] == [(newer.id, "user"), (older.id, "viewer")]
    assert all(RFC3339_UTC.match(t["joined_at"]) for t in tenants)


def test_my_tenants_leave_out_what_is_suspended_or_deleted(api):
    person = new_person(api)
    made = [person.api.post("/api/tenants", {"name": f"Mine {n}"}).data(201)["id"] for n in range(3)]
    person.api.put(f"/api/tenants/{made[0]}", {"is_active": False}).data()
    person.api.delete(f"/api/tenants/{made[1]}").data()
    assert [t["id"] for t in person.api.get("/api/users/me/tenants").data()["tenants"]] == [made[2]]


def test_someone_new_has_no_tenants(person):
    data = person.api.get("/api/users/me/tenants").data()
    assert data["tenants"] == [] and data["pagination"]["total"] == 0


def test_a_password_that_was_made_up_ends_unless_it_is_changed(stack):
    emails = [f"made.{number}.{uuid.uuid4().hex}@example.com" for number in range(2)]
    passwords = {}
    for email in emails:
        done = stack.saasctl("users", "create", email, "--first-name", "Eve", "--last-name", "Adams", "--generate")
        assert done.returncode == 0 and "72 hours" in done.stdout, done.stdout
        passwords[email] = re.search(r"password \(shown this once\): (\S+)", done.stdout)[1]
    _, changed = [login(stack.api, email, passwords[email]) for email in emails]
    changed.api.put("/api/users/me/password",
                    {"current_password": passwords[emails[1]], "new_password": "chosen-by-herself-1"}).data()
    stack.sql("saas_main", "UPDATE users SET password_expires_at = now() - interval '1 s'"
              f" WHERE password_expires_at IS NOT NULL AND email IN ('{emails[0]}', '{emails[1]}')")
    stack.api.post("/api/auth/login", {"email": emails[0], "password": passwords[emails[0]]}) \
        .error(401, "INVALID_CREDENTIALS")
    login(stack.api, emails[1], "chosen-by-herself-1")
