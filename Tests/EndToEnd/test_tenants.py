import re
import secrets
import uuid

import pytest

from client import RFC3339_UTC, UUID, add_member, at_once, new_person, new_team, walk_pages
from polling import eventually

DATABASE_NAME = re.compile(r"^tenant_([a-z0-9_]*_)?[0-9a-f]{8}$")
TENANT = {"id", "name", "database_name", "is_active", "created_at", "updated_at", "created_by"}


def members(team, person=None):
    data = (person or team.admin).api.get(team.path).data()
    return {member["user_id"]: member["role"] for member in data["members"]}


# Creation

def test_creation_answers_the_tenant_and_makes_its_creator_admin(person):
    tenant = person.api.post("/api/tenants", {"name": "Acme Inc."}).data(201)
    assert set(tenant) >= TENANT
    assert UUID.match(tenant["id"]) and tenant["name"] == "Acme Inc." and tenant["is_active"] is True
    assert tenant["created_by"] == person.id
    assert RFC3339_UTC.match(tenant["created_at"]) and RFC3339_UTC.match(tenant["updated_at"])
    assert tenant["database_name"].startswith("tenant_acme") and DATABASE_NAME.match(tenant["database_name"])
    shown = person.api.get(f"/api/tenants/{tenant['id']}").data()
    assert [(m["user_id"], m["role"]) for m in shown["members"]] == [(person.id, "admin")]


@pytest.mark.parametrize("name", ["x" * 255, "中村商店", "Ünïcödé & Söhne <b>", "../../etc",
                                  "a'; DROP DATABASE main;--", "1", "___"])
def test_any_reasonable_name_gives_a_safe_database_name(person, name):
    tenant = person.api.post("/api/tenants", {"name": name}).data(201)
    assert tenant["name"] == name
    assert len(tenant["database_name"]) <= 63 and DATABASE_NAME.match(tenant["database_name"])
    assert person.api.get(f"/api/tenants/{tenant['id']}/documents").data()["documents"] == []


def test_two_tenants_of_one_name_have_two_databases(person):
    made = at_once(4, lambda _: person.api.post("/api/tenants", {"name": "Twins"}).data(201))
    assert len({tenant["database_name"] for tenant in made}) == 4
    assert len({tenant["id"] for tenant in made}) == 4


@pytest.mark.parametrize("body, field", [
    ({}, "name"), ({"name": ""}, "name"), ({"name": "   "}, "name"), ({"name": "x" * 256}, "name"),
    ({"name": 5}, "name"), ({"name": "a\u0000b"}, "name"),
    ({"name": "Good", "database_name": "postgres"}, "database_name"),
])
def test_an_invalid_tenant_names_its_field_and_is_not_made(person, body, field):
    assert field in person.api.post("/api/tenants", body).fields()
    assert person.api.get("/api/tenants").data()["tenants"] == []


# Reading

def test_the_list_holds_own_tenants_only(api, team, person):
    own = person.api.post("/api/tenants", {"name": "Own"}).data(201)
    assert [t["id"] for t in person.api.get("/api/tenants").data()["tenants"]] == [own["id"]]


def test_the_list_is_paged(person):
    made = {person.api.post("/api/tenants", {"name": f"Page {n}"}).data(201)["id"] for n in range(5)}
    pages = [person.api.get("/api/tenants", page=n, per_page=2).data() for n in (1, 2, 3)]
    assert [len(page["tenants"]) for page in pages] == [2, 2, 1]
    assert {t["id"] for page in pages for t in page["tenants"]} == made
    for number, page in enumerate(pages, 1):
        shown = page["pagination"]
        assert (shown["page"], shown["per_page"], shown["total"], shown["pages"]) == (number, 2, 5, 3)


def test_every_member_sees_tenant_and_members(team):
    expected = {team.admin.id: "admin", team.user.id: "user", team.viewer.id: "viewer"}
    for person in (team.admin, team.user, team.viewer):
        data = person.api.get(team.path).data()
        assert set(data) >= TENANT | {"members"} and data["id"] == team.id
        assert members(team, person) == expected


FOREIGN_REQUESTS = [
    ("GET", "", None), ("PUT", "", {"name": "Stolen"}), ("DELETE", "", None),
    ("POST", "/users", {"user_id": "{id}", "role": "admin"}), ("PUT", "/users/{id}", {"role": "admin"}),
    ("DELETE", "/users/{id}", None), ("GET", "/documents", None), ("GET", "/documents/{id}", None),
    ("PUT", "/documents/{id}", {"filename": "x"}), ("DELETE", "/documents/{id}", None),
    ("GET", "/documents/{id}/download", None), ("GET", "/files", None), ("GET", "/files/{id}", None),
    ("DELETE", "/files/{id}", None), ("DELETE", "/files/orphaned", None),
]


@pytest.mark.parametrize("method, path, body", FOREIGN_REQUESTS)
def test_foreign_missing_and_malformed_tenants_give_one_answer(team, method, path, body):
    person = team.outsider

    def ask(tenant):
        own = {k: v.replace("{id}", person.id) for k, v in body.items()} if body else None
        answer = person.api.request(method, f"/api/tenants/{tenant}{path.replace('{id}', str(uuid.uuid4()))}",
                                    json_body=own)
        return answer.error(404, "TENANT_NOT_FOUND")

    assert ask(team.id) == ask(uuid.uuid4()) == ask("not-a-uuid")


# Changing

def test_the_admin_renames_the_tenant(fresh_team):
    before = fresh_team.tenant
    after = fresh_team.admin.api.put(fresh_team.path, {"name": "Renamed"}).data()
    assert after["name"] == "Renamed" and after["database_name"] == before["database_name"]
    assert fresh_team.user.api.get(fresh_team.path).data()["name"] == "Renamed"


@pytest.mark.parametrize("body, field", [
    ({"name": ""}, "name"), ({"name": "x" * 256}, "name"), ({"is_active": "yes"}, "is_active"),
    ({"is_active": 1}, "is_active"), ({"database_name": "x"}, "database_name"), ({"created_by": "x"}, "created_by"),
])
def test_an_invalid_change_names_its_field(team, body, field):
    assert field in team.admin.api.put(team.path, body).fields()
    assert team.admin.api.get(team.path).data()["name"] == team.tenant["name"]


ADMIN_REQUESTS = [
    ("PUT", "", {"name": "Taken over"}), ("PUT", "", {"is_active": False}), ("DELETE", "", None),
    ("POST", "/users", {"user_id": "{outsider}", "role": "viewer"}), ("PUT", "/users/{admin}", {"role": "viewer"}),
    ("DELETE", "/users/{admin}", None), ("DELETE", "/files/orphaned", None), ("DELETE", "/files/{any}", None),
]


@pytest.mark.parametrize("method, path, body", ADMIN_REQUESTS)
@pytest.mark.parametrize("role", ["user", "viewer"])
def test_a_member_without_the_right_is_forbidden(team, role, method, path, body):
    places = {"{admin}": team.admin.id, "{outsider}": team.outsider.id, "{any}": str(uuid.uuid4())}
    for place, value in places.items():
        path = path.replace(place, value)
        body = {k: v.replace(place, value) if isinstance(v, str) else v for k, v in body.items()} if body else None
    getattr(team, role).api.request(method, team.path + path, json_body=body).error(403, "FORBIDDEN")
    assert members(team) == {team.admin.id: "admin", team.user.id: "user", team.viewer.id: "viewer"}


def test_a_suspended_tenant_refuses_its_members_until_it_is_resumed(fresh_team):
    team = fresh_team
    document = team.upload(b"kept through the suspension\n")
    assert team.admin.api.put(team.path, {"is_active": False}).data()["is_active"] is False

    def refused():
        for person in (team.user, team.viewer):
            person.api.get(team.documents).error(403, "TENANT_SUSPENDED")
        team.user.api.upload(team.documents, b"during the suspension\n").error(403, "TENANT_SUSPENDED")
        team.user.api.get(f"{team.documents}/{document['id']}/download").error(403, "TENANT_SUSPENDED")
        return True

    eventually(refused, within=5, what="the suspension")
    assert team.admin.api.put(team.path, {"is_active": True}).data()["is_active"] is True
    eventually(lambda: team.user.api.get(team.documents).status == 200, within=5, what="the end of the suspension")
    assert team.total_documents() == 1


def test_a_deleted_tenant_is_gone_for_everyone(fresh_team):
    team = fresh_team
    team.upload(b"to be deleted with the tenant\n")
    team.admin.api.delete(team.path).data()

    def gone():
        for person in (team.admin, team.user, team.viewer):
            person.api.get(team.path).error(404, "TENANT_NOT_FOUND")
            person.api.get(team.documents).error(404, "TENANT_NOT_FOUND")
            assert person.api.get("/api/tenants").data()["tenants"] == []
        team.user.api.upload(team.documents, b"too late\n").error(404, "TENANT_NOT_FOUND")
        return True

    eventually(gone, within=5, what="the deletion")
    team.admin.api.delete(team.path).error(404, "TENANT_NOT_FOUND")
    team.admin.api.put(team.path, {"is_active": True}).error(404, "TENANT_NOT_FOUND")


# Members

def test_members_are_added_by_id_or_by_email(api, fresh_team):
    by_id, by_email = new_person(api), new_person(api)
    added = fresh_team.admin.api.post(f"{fresh_team.path}/users", {"user_id": by_id.id, "role": "user"}).data(201)
    assert (added["user_id"], added["role"]) == (by_id.id, "user")
    added = fresh_team.admin.api.post(
        f"{fresh_team.path}/users", {"email": f" {by_email.email.upper()} ", "role": "viewer"}).data(201)
    assert (added["user_id"], added["role"]) == (by_email.id, "viewer")
    assert members(fresh_team)[by_id.id] == "user" and members(fresh_team)[by_email.id] == "viewer"
    by_id.api.get(fresh_team.documents).data()


def test_adding_a_member_twice_is_a_conflict(team):
    for role in ("user", "admin"):
        team.admin.api.post(f"{team.path}/users", {"user_id": team.user.id, "role": role}).error(409, "ALREADY_MEMBER")
    assert members(team)[team.user.id] == "user"


def test_of_many_additions_at_once_one_wins(fresh_team):
    body = {"user_id": fresh_team.outsider.id, "role": "user"}
    answers = at_once(6, lambda _: fresh_team.admin.api.post(f"{fresh_team.path}/users", body))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 5


def test_nobody_unknown_is_added(team):
    for body in ({"user_id": str(uuid.uuid4())}, {"email": f"{secrets.token_hex(8)}@example.com"}):
        team.admin.api.post(f"{team.path}/users", {**body, "role": "user"}).error(404, "USER_NOT_FOUND")


@pytest.mark.parametrize("body", [
    {}, {"role": "user"}, {"user_id": "{id}"}, {"user_id": "{id}", "role": "owner"}, {"user_id": "{id}", "role": ""},
    {"user_id": "{id}", "role": 1}, {"user_id": "nonsense", "role": "user"}, {"email": "nonsense", "role": "user"},
    {"user_id": "{id}", "role": "user", "joined_at": "now"},
])
def test_an_invalid_membership_is_refused(team, body):
    body = {k: v.replace("{id}", team.outsider.id) if isinstance(v, str) else v for k, v in body.items()}
    team.admin.api.post(f"{team.path}/users", body).fields()
    assert team.outsider.id not in members(team)


def test_a_new_role_counts_at_once(fresh_team):
    team = fresh_team
    changed = team.admin.api.put(f"{team.path}/users/{team.viewer.id}", {"role": "user"}).data()
    assert (changed["user_id"], changed["role"]) == (team.viewer.id, "user")
    eventually(lambda: team.viewer.api.upload(team.documents, b"as a user now\n").status == 201, within=5,
               what="the new role")
    team.admin.api.put(f"{team.path}/users/{team.viewer.id}", {"role": "viewer"}).data()
    eventually(lambda: team.viewer.api.upload(team.documents, b"no more\n").status == 403, within=5,
               what="the old role")


def test_a_removed_member_is_a_stranger(fresh_team):
    team = fresh_team
    team.admin.api.delete(f"{team.path}/users/{team.user.id}").data()
    eventually(lambda: team.user.api.get(team.path).error(404, "TENANT_NOT_FOUND"), within=5, what="the removal")
    assert team.user.api.get("/api/tenants").data()["tenants"] == []
    assert team.user.id not in members(team)
    add_member(team, team.user, "viewer")
    eventually(lambda: team.user.api.get(team.path).status == 200, within=5, what="the return")


@pytest.mark.parametrize("method, body", [("PUT", {"role": "user"}), ("DELETE", None)])
def test_someone_who_is_no_member_is_not_found(team, method, body):
    for user in (team.outsider.id, str(uuid.uuid4()), "nonsense"):
        team.admin.api.request(method, f"{team.path}/users/{user}", json_body=body).error(404, "USER_NOT_FOUND")


@pytest.mark.parametrize("body", [{}, {"role": "owner"}, {"role": None}, {"role": "user", "x": 1}])
def test_an_invalid_role_is_refused(team, body):
    team.admin.api.put(f"{team.path}/users/{team.user.id}", body).fields()
    assert members(team)[team.user.id] == "user"


def test_the_last_admin_stays(fresh_team):
    team = fresh_team
    mine = f"{team.path}/users/{team.admin.id}"
    team.admin.api.put(mine, {"role": "user"}).error(409, "LAST_ADMIN")
    team.admin.api.delete(mine).error(409, "LAST_ADMIN")
    team.admin.api.put(mine, {"role": "admin"}).data()
    team.admin.api.put(f"{team.path}/users/{team.user.id}", {"role": "admin"}).data()
    team.admin.api.put(mine, {"role": "user"}).data()
    assert members(team, team.user)[team.admin.id] == "user"


def test_two_admins_that_demote_each_other_leave_one(api):
    for _ in range(5):
        team = new_team(api, roles=("user",))
        team.admin.api.put(f"{team.path}/users/{team.user.id}", {"role": "admin"}).data()
        pair = [(team.admin, team.user), (team.user, team.admin)]
        answers = at_once(2, lambda n: pair[n][0].api.put(f"{team.path}/users/{pair[n][1].id}", {"role": "viewer"}))
        # The loser is refused either as the last admin's demoter or as no admin any more.
        assert sorted(answer.status for answer in answers) in ([200, 403], [200, 409])
        assert list(members(team).values()).count("admin") == 1


def test_walking_the_pages_of_tenants_ends(person):
    person.api.post("/api/tenants", {"name": "Only"}).data(201)
    assert len(walk_pages(person.api, "/api/tenants", "tenants")) == 1
