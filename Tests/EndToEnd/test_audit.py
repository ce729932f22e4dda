"""The audit trail: what is written, by whom, where it can be read, and that nothing can change it."""

import datetime
import re
import uuid

import pytest

import contract
from client import login, new_person, new_team
from content import unique_text
from database import Database
from polling import eventually


@pytest.fixture(scope="module")
def audited(stack):
    """A tenant in which one of everything has been done; its admin's trail when all of it has arrived."""
    team = new_team(stack.api)
    team.document = team.upload(unique_text(), filename="secret plans.txt")
    path = f"{team.documents}/{team.document['id']}"
    team.admin.api.put(path, {"filename": "other secret.txt"}).data()
    team.admin.api.delete(path).data()
    team.admin.api.put(f"/api/tenants/{team.id}/users/{team.viewer.id}", {"role": "user"}).data()
    team.admin.api.put(f"/api/tenants/{team.id}/users/{team.viewer.id}", {"role": "viewer"}).data()
    team.renaming = team.admin.api.put(f"/api/tenants/{team.id}", {"name": "Renamed GmbH"})
    eventually(lambda: len(entries(team, action="tenant.update")) == 1, within=15, what="the event with the entry")
    eventually(lambda: len(entries(team, action="member.change_role")) == 2, within=15, what="the events of members")
    return team


def trail(team):
    return f"/api/tenants/{team.id}/audit"


def entries(team, **query):
    return team.admin.api.get(trail(team), per_page=100, **query).data()["entries"]


def test_every_change_is_in_the_tenants_trail(audited):
    found = entries(audited)
    successes = [entry for entry in found if entry["result"] == "success"]
    assert {entry["action"] for entry in successes} >= {
        "document.upload", "document.update", "document.delete", "member.add", "member.change_role", "tenant.update"}
    assert all(entry["actor_id"] == audited.admin.id for entry in successes)
    assert all(entry["address"] == "127.0.0.1" and entry["request_id"] for entry in found)
    assert [entry["created_at"] for entry in found] == sorted((e["created_at"] for e in found), reverse=True)
    for action in ("document.upload", "document.update", "document.delete"):
        [entry] = entries(audited, action=action)
        assert entry["target_id"] == audited.document["id"]
    first, second = entries(audited, action="member.change_role")
    assert (first["details"], second["details"]) == ({"role": "viewer"}, {"role": "user"})
    assert first["target_id"] == audited.viewer.id


def test_an_entry_carries_the_request_id_of_its_answer(audited):
    [entry] = entries(audited, action="tenant.update")
    assert entry["request_id"] == audited.renaming.header("X-Request-Id")


def test_no_name_and_no_mail_address_is_in_a_trail(stack, audited):
    tenant = Database(stack).tenant(audited.id)
    main = Database(stack)
    for database in (tenant, main):
        text = "\n".join(database.column("SELECT audit_entries::text FROM audit_entries"))
        assert text
        for secret in ("secret", "Renamed", audited.admin.email, "@", audited.admin.password):
            assert secret not in text


def test_refusals_are_in_the_trail(stack, audited):
    path = f"{trail(audited)}"
    audited.viewer.api.get(path).error(403, "FORBIDDEN")
    audited.viewer.api.delete(f"{audited.documents}/{uuid.uuid4()}").error(403, "FORBIDDEN")
    audited.admin.api.delete(f"{audited.documents}/{uuid.uuid4()}").error(404, "DOCUMENT_NOT_FOUND")
    audited.admin.api.get(f"{audited.documents}/{uuid.uuid4()}").error(404, "DOCUMENT_NOT_FOUND")

    def seen():
        refused = entries(audited, action="request.refused", actor=audited.viewer.id)
        return {(entry["details"]["method"], entry["error_code"], entry["result"]) for entry in refused}

    eventually(lambda: seen() == {("GET", "FORBIDDEN", "refused"), ("DELETE", "FORBIDDEN", "refused")}, within=10,
               what="the refusals")
    eventually(lambda: [entry["error_code"] for entry in entries(audited, action="request.failed")]
               == ["DOCUMENT_NOT_FOUND"], within=10, what="the one change that failed; a read that finds nothing is none")


def test_a_foreigners_try_is_in_the_main_trail_and_in_no_tenants(stack, audited):
    stranger = new_person(stack.api)
    before = len(entries(audited))
    stranger.api.get(f"/api/tenants/{audited.id}").error(404, "TENANT_NOT_FOUND")
    main = Database(stack)
    query = f"SELECT tenant_id FROM audit_entries WHERE actor_id = '{stranger.id}' AND action = 'request.refused'"
    eventually(lambda: main.column(query) == [audited.id], within=10, what="the refusal")
    assert len(entries(audited)) == before


def test_logins_are_in_the_main_trail(stack):
    person = new_person(stack.api)
    login(stack.api, person.email, person.password)
    for email in (person.email, "nobody-knows@example.com"):
        stack.api.post("/api/auth/login", {"email": email, "password": "wrong-password-1"}).error(401)
    main = Database(stack)
    query = (f"SELECT result FROM audit_entries WHERE action = 'auth.login' AND actor_id = '{person.id}'"
             " ORDER BY occurred_at")
    eventually(lambda: main.column(query)[-2:] == ["success", "refused"], within=10, what="the failed login")
    eventually(lambda: main.column("SELECT count(*) FROM audit_entries WHERE action = 'auth.login' AND actor_id IS NULL"
                                   " AND error_code = 'INVALID_CREDENTIALS'") != ["0"], within=10, what="the stranger")
    assert main.column(f"SELECT action FROM audit_entries WHERE target_id = '{person.id}'") == ["user.register"]


def test_filters_and_pages(audited):
    everything = entries(audited)
    half = everything[len(everything) // 2]["created_at"]
    later = entries(audited, **{"from": half})
    assert later == [entry for entry in everything if entry["created_at"] >= half]
    earlier = entries(audited, to=half)
    assert earlier == [entry for entry in everything if entry["created_at"] <= half]
    assert entries(audited, actor=str(uuid.uuid4())) == []

    collected, page = [], audited.admin.api.get(trail(audited), per_page=3).data()
    while True:
        collected += page["entries"]
        assert page["pagination"]["total"] == len(everything)
        if not page["pagination"]["next_cursor"]:
            break
        page = audited.admin.api.get(trail(audited), per_page=3, cursor=page["pagination"]["next_cursor"]).data()
    assert collected == everything
    second = audited.admin.api.get(f"{trail(audited)}?per_page=3&page=2").data()["entries"]
    assert second == everything[3:6]


@pytest.mark.parametrize("query", ["per_page=101", "page=0", "actor=me", "action=read", "from=yesterday", "cursor=x",
                                   "page=200&per_page=100"])
def test_senseless_filters_are_refused(audited, query):
    audited.admin.api.get(f"{trail(audited)}?{query}").fields()


def test_the_actions_are_the_same_everywhere():
    """In the product's table, in swagger.yaml and in docs/audit.md."""
    source = (contract.ROOT / "Sources" / "Domain" / "Models" / "AuditAction.swift").read_text()
    actions = set(re.findall(r'case \w+ = "([a-z._]+)"', source))
    assert set(contract.document()["components"]["schemas"]["AuditAction"]["enum"]) == actions
    described = (contract.ROOT / "docs" / "audit.md").read_text().split("| action |")[1].split("\n\n")[0]
    assert set(re.findall(r"`([a-z]+\.[a-z_]+)`", described)) == actions


def test_only_admins_read_it(stack, audited):
    audited.user.api.get(trail(audited)).error(403, "FORBIDDEN")
    new_person(stack.api).api.get(trail(audited)).error(404, "TENANT_NOT_FOUND")
    stack.api.get(trail(audited)).error(401, "TOKEN_MISSING")


@pytest.mark.parametrize("change", [
    "UPDATE audit_entries SET action = 'nothing'", "DELETE FROM audit_entries", "TRUNCATE audit_entries",
    "DELETE FROM audit_entries_{month}", "TRUNCATE audit_entries_{month}", "TRUNCATE audit_entries_default"])
def test_nothing_changes_an_entry(stack, audited, change):
    database = Database(stack).tenant(audited.id)
    month = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m")
    before = database.column("SELECT count(*) FROM audit_entries")
    assert "audit entries are never changed" in database.failure(change.format(month=month))
    assert database.column("SELECT count(*) FROM audit_entries") == before != ["0"]


def test_months_are_made_ahead_and_forgotten_when_their_time_is_over(fault_stack):
    team = new_team(fault_stack.api, roles=())
    database = Database(fault_stack).tenant(team.id)

    def insert(age):
        database.column("INSERT INTO audit_entries (id, occurred_at, action, result, address, request_id, details)"
                        f" VALUES (gen_random_uuid(), now() - interval '{age}', 'x', 'success', '', '', '{{}}')")

    for age in ("500 days", "300 days", "-90 days"):
        insert(age)
    assert database.column("SELECT count(*) FROM audit_entries_default") == ["3"]
    assert database.column("SELECT audit_keep(400)") == ["1"]
    assert database.column("SELECT count(*) FROM audit_entries_default") == ["0"]
    assert database.column("SELECT count(*) FROM audit_entries WHERE action = 'x'") == ["2"]
    assert database.column("SELECT audit_keep(400)") == ["0"]
    # What came back from the default partition is as protected as before.
    assert "never changed" in database.failure("DELETE FROM audit_entries")
    insert("500 days")
    assert "never changed" in database.failure("TRUNCATE audit_entries_default")


def test_a_tenant_with_an_old_schema_goes_on_working_and_is_mended_by_up(fault_stack):
    team = new_team(fault_stack.api, roles=())
    database = Database(fault_stack).tenant(team.id)
    database.column("DROP TABLE audit_entries; DROP FUNCTION audit_keep, audit_add_month, audit_add_default;"
                    " DROP TABLE file_inspections; DROP FUNCTION audit_refuse_change; DELETE FROM schema_migrations WHERE version >= 30")
    done = fault_stack.run("restart")
    assert done.returncode == 0, done.stdout
    fault_stack.await_healthy()
    assert database.column("SELECT count(*) FROM audit_entries") == ["0"]
    database.column("DROP TABLE audit_entries")
    for name in ("app-0", "app-1"):
        fault_stack.kill(name)
    fault_stack.await_healthy()
    document = team.upload(unique_text())
    team.admin.api.delete(f"{team.documents}/{document['id']}").data()
    assert team.admin.api.get(trail(team)).data()["entries"] == []
