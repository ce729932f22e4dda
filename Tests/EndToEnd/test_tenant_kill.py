import http.client
import os
import threading

import pytest

from client import Team, new_person, walk_pages
from content import unique_text
from polling import eventually


# The long run: TEST_FULL=1.
FULL = bool(os.environ.get("TEST_FULL"))
KILLS, CREATIONS = (40, 100) if FULL else (6, 15)


class Creator:
    """Creates tenants in a loop and keeps those that were answered with 201."""

    def __init__(self, person):
        self.person, self.made, self.failed = person, [], 0
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(3)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a request hangs"

    def _run(self, number):
        count = 0
        while not self._ended.is_set():
            count += 1
            try:
                answer = self.person.api.post("/api/tenants", {"name": f"Loop {number} {count}"})
            except (OSError, http.client.HTTPException):
                self.failed += 1
                continue
            if answer.status == 201:
                self.made.append(answer.data(201))
            else:
                answer.error((502, 503, 504))
                self.failed += 1


def test_kills_during_creation_leave_no_half_tenant(fault_stack, figure):
    stack, person = fault_stack, new_person(fault_stack.api)
    with Creator(person) as creator:
        for number in range(KILLS):
            before = len(creator.made)
            eventually(lambda: len(creator.made) > before + 1, within=60, what="tenants made")
            process = ("app-0", "worker", "app-1", "postgres")[number % 4]
            old_pid = stack.crash_postgres() if process == "postgres" else stack.kill(process)
            eventually(lambda: stack.pid(process) != old_pid, within=30, what=f"the return of {process}")
        eventually(lambda: len(creator.made) >= CREATIONS, within=120, what="tenants made")
    stack.await_healthy()
    figure("tenants made under kills", f"{len(creator.made)} answered with 201, {creator.failed} failed")

    listed = {tenant["id"]: tenant for tenant in walk_pages(person.api, "/api/tenants", "tenants")}
    assert {tenant["id"] for tenant in creator.made} <= set(listed)
    for tenant in listed.values():
        team = Team(tenant["id"], tenant, person)
        content = unique_text()
        shown = person.api.get(team.path).data()
        assert [(m["user_id"], m["role"]) for m in shown["members"]] == [(person.id, "admin")]
        assert team.download(team.upload(content)["id"]) == content

    retried = person.api.post("/api/tenants", {"name": "Loop 0 1"}).data(201)
    assert person.api.get(f"/api/tenants/{retried['id']}/documents").data()["documents"] == []

    known = {tenant["database_name"] for tenant in walk_pages(person.api, "/api/tenants", "tenants")}

    def no_strays():
        strays = {name for name in stack.databases() if name.startswith("tenant_")} - known - stack.other_tenants
        assert not strays, strays
        return True

    eventually(no_strays, within=90, every=1, what="the removal of stray databases")

    def pool_is_whole():
        rows = stack.sql("saas_main", "SELECT name || ' ' || state FROM spare_databases").splitlines()
        present = {name for name in stack.databases() if name.startswith("pool_")}
        assert {row.split()[0] for row in rows} == present and len(rows) == 2, (rows, present)
        return all(row.endswith(" ready") for row in rows)

    eventually(pool_is_whole, within=90, every=1, what="a pool of two databases and no others")


@pytest.fixture(autouse=True)
def _others(fault_stack):
    """Databases of tenants that earlier tests made."""
    fault_stack.other_tenants = {name for name in fault_stack.databases() if name.startswith("tenant_")}
