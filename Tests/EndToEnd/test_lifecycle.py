"""A tenant's end: the operator's suspension, deletion, purge. Markers planted everywhere are found nowhere after it."""

import base64
import concurrent.futures
import json
import os
import pathlib
import secrets
import signal
import subprocess
import threading
import time

import pytest

from client import new_team
from content import Form, unique_text
from polling import eventually

FULL = os.environ.get("TEST_FULL") == "1"


def saasctl(stack, *arguments, status=0):
    done = stack.saasctl(*arguments)
    assert done.returncode == status, done.stdout
    return done.stdout


def database_of(stack, team):
    return stack.sql("saas_main", f"SELECT database_name FROM tenants WHERE id = '{team.id}'")


@pytest.fixture
def team(stack):
    return new_team(stack.api)


def test_the_operators_suspension_keeps_everyone_out_at_once(stack, team, figure):
    document = team.upload(unique_text())
    link = team.admin.api.get(f"{team.documents}/{document['id']}/download", redirect="false").data()["url"]
    saasctl(stack, "tenants", "suspend", team.id)
    began = time.monotonic()

    def refused():
        for person in (team.admin, team.user, team.viewer):
            for method, path in [("GET", team.path), ("GET", team.documents), ("GET", team.files),
                                 ("GET", f"{team.documents}/{document['id']}"), ("PUT", team.path),
                                 ("DELETE", team.path), ("GET", f"{team.path}/audit")]:
                # What an admin alone may do is refused to others for their role, suspended or not.
                is_admins = method in ("PUT", "DELETE") or path.endswith("/audit")
                code = "FORBIDDEN" if is_admins and person is not team.admin else "TENANT_SUSPENDED"
                person.api.request(method, path, json_body={"is_active": True} if method == "PUT" else None).error(
                    403, code)
            person.api.upload(team.documents, unique_text()).error(403, "TENANT_SUSPENDED")
        assert stack.api.fetch(link).status == 404
        return True

    eventually(refused, within=10, what="the suspension")
    figure("suspension seen after", f"{(time.monotonic() - began) * 1000:.0f} ms, every route of every role asked")
    assert [t["is_active"] for t in team.admin.api.get("/api/tenants").data()["tenants"]] == [False]
    saasctl(stack, "tenants", "resume", team.id)
    eventually(lambda: team.download(document["id"]), within=5, what="the end of the suspension")
    for action in ("tenant.suspend", "tenant.resume"):
        eventually(lambda: team.admin.api.get(f"{team.path}/audit", action=action).data()["entries"], within=15,
                   what=f"{action} in the audit trail")


@pytest.mark.parametrize("verb", ["suspend", "delete"])
def test_an_upload_under_way_fails_at_its_commit(stack, team, verb):
    content = secrets.token_bytes(3_000_000)
    sent_half = threading.Event()
    go_on = threading.Event()
    form = Form(content, "late.bin", "application/octet-stream", None)

    def pieces():
        body = b"".join(form.pieces())
        yield body[:1_000_000]
        sent_half.set()
        assert go_on.wait(60)
        yield body[1_000_000:]

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        upload = pool.submit(team.user.api.upload, team.documents, form=form, pieces=pieces())
        assert sent_half.wait(60)
        saasctl(stack, "tenants", verb, team.id)
        go_on.set()
        upload.result().error((403, 404), "TENANT_SUSPENDED", "TENANT_NOT_FOUND")
    eventually(lambda: not stack.objects(team.id), within=10, what="no object")


def test_a_deletion_is_taken_back(stack, team):
    content = unique_text()
    document = team.upload(content)
    team.admin.api.delete(team.path).data()
    team.admin.api.get(team.path).error(404, "TENANT_NOT_FOUND")
    assert json.loads(saasctl(stack, "tenants", "show", team.id, "--json"))["purge_step"] == "waiting"
    assert "deleted; take that back first" in saasctl(stack, "tenants", "resume", team.id, status=1)
    saasctl(stack, "tenants", "undelete", team.id)
    assert team.download(document["id"]) == content
    assert len(team.user.api.get(team.path).data()["members"]) == 3


class Markers:
    """Text that stands nowhere else, in every place that a tenant can write to or is written of."""

    def __init__(self):
        self.text = "marker" + secrets.token_hex(12)
        self.needles = [self.text.encode(), base64.b64encode(self.text.encode())[2:-4]]

    def plant(self, stack, team):
        document = team.upload(f"content {self.text}\n".encode(), filename=f"{self.text}.txt")
        team.admin.api.put(f"{team.documents}/{document['id']}", {"filename": f"renamed {self.text}.txt"}).data()
        team.admin.api.upload(team.documents, f"held {self.text}".encode(), filename=f"k {self.text}.txt",
                              headers={"Idempotency-Key": f"key-{self.text}"}).data(201)
        database = database_of(stack, team)
        event = ("gen_random_uuid(), 'document.uploaded', '{0}', NULL, now(), "
                 "jsonb_build_object('x', '{1}')").format(team.id, self.text)
        stack.sql(database, "INSERT INTO outbox (event_id, event_type, tenant_id, user_id, occurred_at, data, "
                            f"next_attempt_at) VALUES ({event}, now() + interval '1 day')")
        for place in (database, "saas_main"):
            stack.sql(place, "INSERT INTO dead_letters (event_id, event_type, tenant_id, user_id, occurred_at, data, "
                             f"attempts, cause, first_failed_at) VALUES ({event}, 1, '{self.text}', now())")
        stack.sql(database, "INSERT INTO audit_entries VALUES (gen_random_uuid(), now(), NULL, NULL, 'document.upload',"
                            f" 'success', NULL, NULL, '', '{self.text}', '{{}}')")
        stack.sql("saas_main", "INSERT INTO outbox (event_id, event_type, tenant_id, user_id, occurred_at, data, "
                               f"next_attempt_at) VALUES ({event}, now() + interval '1 day')")
        stack.sql("saas_main", "INSERT INTO rejected_messages VALUES ('document.uploaded', 0, "
                               f"{secrets.randbelow(10 ** 9)}, 'x', convert_to('{team.id} {self.text}', 'UTF8'), 99, now())")

    def dumps(self, stack, databases):
        def dump(name):
            done = subprocess.run(["pg_dump", "-d", name], env=stack.psql_environment(name), capture_output=True,
                                  timeout=120)
            return name, done.stdout if done.returncode == 0 else b""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return list(pool.map(dump, databases))

    def found(self, stack, databases):
        """Where they are: databases (all, or some), objects, the store's unfinished files."""
        hits = [name for name, text in self.dumps(stack, databases) if any(n in text for n in self.needles)]
        for path in (stack.state_dir / "objects").rglob("*"):
            if any(n.decode() in str(path) for n in self.needles):
                hits.append(str(path))
            elif path.is_file() and any(n in path.read_bytes() for n in self.needles):
                hits.append(str(path))
        return hits


def some_databases(stack, *wanted):
    """All databases in a full run; else those named and the newest of the others."""
    names = stack.sql("saas_main", "SELECT datname FROM pg_database WHERE datallowconn ORDER BY oid DESC").split()
    names = [name for name in names if name != "template0"]
    return names if FULL else list(dict.fromkeys([*wanted, "saas_main", "postgres", "template1", *names[:6]]))


def test_a_purge_leaves_nothing_but_its_record(stack, figure):
    markers = Markers()
    team, other = new_team(stack.api, name=markers.text), new_team(stack.api, name="Neighbour")
    markers.plant(stack, team)
    kept = unique_text()
    kept_document = other.upload(kept)
    database = database_of(stack, team)
    planted = markers.found(stack, some_databases(stack, database))
    assert {"saas_main", database} <= set(planted) and len(planted) >= 4, planted
    before = stack.objects(team.id)

    team.admin.api.delete(team.path).data()
    began = time.monotonic()
    record = json.loads(saasctl(stack, "tenants", "purge", team.id, "--now", "--json"))
    figure("purge of a small tenant", f"{time.monotonic() - began:.2f} s with the program's start")

    assert markers.found(stack, some_databases(stack)) == []
    assert stack.objects(team.id) == set() and database not in stack.databases()
    assert record["requested_by"] == team.admin.id and record["finished_at"] and record["objects"] == len(before)
    assert record["table_rows"]["documents"] == 2 and record["database_bytes"] > 0 and record["object_bytes"] > 0
    assert record["main_rows"]["user_tenant_associations"] == 3 and record["main_rows"]["rejected_messages"] == 1
    tombstone = stack.sql("saas_main", f"SELECT name, state, database_name FROM tenants WHERE id = '{team.id}'")
    assert tombstone == f"purged|purged|purged_{team.id.replace('-', '_')}"
    for person in (team.admin, team.user):
        person.api.get(team.path).error(404, "TENANT_NOT_FOUND")
        assert person.api.get("/api/tenants").data()["tenants"] == []
    assert other.download(kept_document["id"]) == kept


def test_the_worker_purges_when_the_grace_time_is_over(stack, team):
    team.upload(unique_text())
    database = database_of(stack, team)
    team.admin.api.delete(team.path).data()
    stack.sql("saas_main", "UPDATE tenant_purges SET requested_at = now() - interval '31 days' "
                           f"WHERE tenant_id = '{team.id}'")
    eventually(lambda: stack.sql("saas_main", f"SELECT state FROM tenants WHERE id = '{team.id}'") == "purged",
               within=40, every=0.3, what="the purge")
    assert stack.objects(team.id) == set() and database not in stack.databases()


# What a purge waits for, and the statement that waits then: a place to kill it.
PLACES = {
    "before the record": ("LOCK TABLE tenant_deletions IN EXCLUSIVE MODE", "INSERT INTO tenant_deletions"),
    "before the rows": ("LOCK TABLE rejected_messages IN EXCLUSIVE MODE", "DELETE FROM rejected_messages"),
    "before the trail": ("LOCK TABLE audit_entries IN EXCLUSIVE MODE", "INSERT INTO audit_entries"),
}


def test_a_purge_that_is_killed_is_gone_on_with(stack):
    markers = Markers()
    team = new_team(stack.api, name=markers.text)
    markers.plant(stack, team)
    team.admin.api.delete(team.path).data()
    for lock, statement in PLACES.values():
        with stack.holding("saas_main", lock):
            script = f'source "{stack.state_dir}/supervisor/env/saasctl.sh"; exec "{stack.state_dir}/bin/saasctl" "$@"'
            purge = subprocess.Popen(["bash", "-c", script, "saasctl", "tenants", "purge", team.id, "--now"],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            stack.await_blocked("saas_main", statement)
            os.kill(purge.pid, signal.SIGKILL)
            purge.communicate(timeout=30)
        # Nobody takes it over before the lease is over: let that time pass.
        eventually(lambda: stack.sql(
            "saas_main", "UPDATE tenant_purges SET lease_expires_at = now() - interval '1 second' "
            f"WHERE tenant_id = '{team.id}' AND step <> 'settling' RETURNING step"), what="the purge's row")
    # The worker may have been faster.
    eventually(lambda: stack.saasctl("tenants", "purge", team.id, "--now").returncode == 0, within=60, every=1,
               what="the end of the purge")
    assert markers.found(stack, some_databases(stack)) == [] and stack.objects(team.id) == set()


def test_an_s3_store_is_emptied_too(s3_stack):
    team, other = new_team(s3_stack.api), new_team(s3_stack.api)
    for _ in range(3):
        team.upload(unique_text())
    other.upload(unique_text())
    team.admin.api.delete(team.path).data()
    record = json.loads(saasctl(s3_stack, "tenants", "purge", team.id, "--now", "--json"))
    assert record["objects"] == 3
    assert s3_stack.objects(team.id) == set() and len(s3_stack.objects(other.id)) == 1
