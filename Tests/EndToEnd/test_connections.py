"""Few database connections, many tenants: everyone is served, and nobody at another's cost."""

import concurrent.futures
import json
import os
import re
import secrets
import threading
import time

import pytest

from client import Team, new_person, new_team
from conftest import ended, started
from content import unique_text
from database import Database
from polling import eventually

SERVER, BUDGET, TENANTS = 40, 36, 60
# Clients of the busy tenant, and requests of the other; the long run with TEST_FULL=1.
CLIENTS, VISITS = (100, 200) if os.environ.get("TEST_FULL") else (40, 40)


@pytest.fixture(scope="module")
def narrow_stack():
    stack = started("narrow", DATABASE_MAX_CONNECTIONS=str(BUDGET), EVENT_MAX_CONNECTIONS="8", TENANT_WARM_POOL="4")
    yield stack
    ended(stack)


def is_promised(answer):
    """A success, or 503 with the time to come back."""
    assert answer.status in (200, 201) or (answer.status == 503 and int(answer.headers["Retry-After"]) > 0), answer
    return answer.status != 503


def test_one_worker_serves_all_that_a_tenant_asks(stack):
    """Reads by nginx's choice, the steps of an upload by the sidecar's: each worker has connections to its tenants only."""
    mark = secrets.token_hex(6)
    for number in range(10):
        team = new_team(stack.api)
        for step in range(2):
            headers = {"X-Request-Id": f"{mark}-{number}-{step}"}
            team.admin.api.upload(team.documents, unique_text(), headers=headers).data(201)
            team.admin.api.get(team.documents, headers=headers).data()

    def served():
        """Tenant -> the workers that have logged a request of it."""
        found = {}
        for worker in ("app-0", "app-1"):
            log = (stack.state_dir / "log" / f"{worker}.log").read_text(errors="replace")
            for number in re.findall(rf"{mark}-(\d+)-", log):
                found.setdefault(number, set()).add(worker)
        return found

    eventually(lambda: len(served()) == 10, within=30, what="the log of every tenant's requests")
    assert all(len(workers) == 1 for workers in served().values()), served()


def test_sixty_tenants_share_forty_connections(narrow_stack, figure):
    stack = narrow_stack
    assert Database(stack).column("SHOW max_connections") == [str(SERVER)]
    person = new_person(stack.api)
    teams = []
    for number in range(TENANTS):
        answer = person.api.post("/api/tenants", {"name": f"Narrow {number}"})
        tenant = answer.data(201)
        teams.append(Team(tenant["id"], tenant, person))

    served = refused = 0
    lock, ended_event, most = threading.Lock(), threading.Event(), []

    def watch():
        while not ended_event.is_set():
            most.append(int(Database(stack).column(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'saas%'")[0]))
            ended_event.wait(0.1)

    def visit(number):
        nonlocal served, refused
        team = teams[number % TENANTS]
        if number % 5 == 0:
            answer = person.api.upload(team.documents, unique_text())
        else:
            answer = person.api.get(team.documents)
        ok = is_promised(answer)
        with lock:
            served, refused = served + ok, refused + (not ok)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            list(pool.map(visit, range(TENANTS * 10)))
    finally:
        ended_event.set()
        watcher.join()
    figure(f"{TENANTS} tenants on {BUDGET} connections",
           f"{served} served, {refused} told to come back, at most {max(most)} connections")
    assert refused == 0
    assert max(most) <= BUDGET

    pools = json.loads(stack.saasctl("pools", "--json").stdout)
    assert {pool["process"].split(":")[0] for pool in pools} == {"saas-app", "saas-events"}
    assert sum(pool["budget"] for pool in pools) <= BUDGET
    assert "PROCESS" in stack.run("status").stdout


def test_busy_tenant_does_not_starve_another(narrow_stack, figure):
    stack = narrow_stack
    busy, quiet = new_person(stack.api), new_person(stack.api)
    flooded, calm = (Team(tenant["id"], tenant, person) for person in (busy, quiet)
                     for tenant in [person.api.post("/api/tenants", {"name": "Flood"}).data(201)])
    ended_event, floods, refusals, lock = threading.Event(), [0], [0], threading.Lock()

    def flood(_):
        while not ended_event.is_set():
            ok = is_promised(busy.api.get(flooded.documents))
            with lock:
                floods[0] += 1
                refusals[0] += not ok

    def visits(count):
        times = []
        for _ in range(count):
            begun = time.monotonic()
            quiet.api.get(calm.documents).data(200)
            times.append((time.monotonic() - begun) * 1000)
        return sorted(times)

    idle = visits(VISITS)
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        running = [pool.submit(flood, number) for number in range(CLIENTS)]
        try:
            loaded = visits(VISITS)  # every one is served, whatever the other does
            content = unique_text()
            assert calm.download(calm.upload(content)["id"]) == content
        finally:
            ended_event.set()
        for future in running:
            future.result(60)
    middle, last = VISITS // 2, VISITS * 99 // 100 - 1
    figure(f"a tenant beside one with {CLIENTS} clients", f"p50 {idle[middle]:.0f} -> {loaded[middle]:.0f} ms, p99"
           f" {idle[last]:.0f} -> {loaded[last]:.0f} ms; the busy one: {floods[0]} requests, {refusals[0]} told to come back")
    assert floods[0] > refusals[0]
