"""`Idempotency-Key` on the POSTs of the API: sent again, a request has no second effect and gets the same answer."""

import os
import subprocess
import threading
import uuid

import pytest

from client import at_once, new_person, new_team
from polling import eventually

REPLAYED = "Idempotency-Replayed"


def keyed(key=None):
    return {"Idempotency-Key": key or str(uuid.uuid4())}


def registration():
    return {"first_name": "Ada", "last_name": "Byron", "email": f"{uuid.uuid4().hex}@example.com",
            "password": "correct-horse-7"}


def requests_of(stack):
    """Each POST that takes a key: who asks, the address, and a body of its own."""
    team = new_team(stack.api, roles=())
    return {
        "register": (stack.api, "/api/auth/register", registration()),
        "tenant": (team.admin.api, "/api/tenants", {"name": "Once"}),
        "member": (team.admin.api, f"{team.path}/users", {"user_id": new_person(stack.api).id, "role": "user"}),
        "event": (team.admin.api, "/api/demo/kafka/produce", {"topic": "demo.once", "message": "x"}),
    }


@pytest.mark.parametrize("kind", ["register", "tenant", "member", "event"])
def test_the_same_request_again_gets_the_same_bytes(stack, kind):
    api, path, body = requests_of(stack)[kind]
    key = keyed()
    first = api.post(path, body, headers=key)
    first.data(201)
    again = api.post(path, body, headers=key)
    assert (again.status, again.body) == (first.status, first.body)
    assert (first.header(REPLAYED), again.header(REPLAYED)) == (None, "true")
    assert again.header("Content-Type") == first.header("Content-Type")


@pytest.mark.parametrize("kind", ["register", "tenant", "member", "event"])
def test_twenty_at_once_have_one_effect(stack, kind):
    api, path, body = requests_of(stack)[kind]
    key = keyed()
    answers = at_once(20, lambda _: api.post(path, body, headers=key))
    made = {answer.body for answer in answers if answer.status == 201}
    assert len(made) == 1
    for answer in answers:
        if answer.status != 201:
            answer.error(409, "CONFLICT")
    assert api.post(path, body, headers=key).body in made


def test_one_tenant_comes_of_many_tries(stack):
    person = new_person(stack.api)
    key = keyed()
    at_once(20, lambda _: person.api.post("/api/tenants", {"name": "Once"}, headers=key))
    assert len(person.api.get("/api/tenants").data()["tenants"]) == 1
    person.api.post("/api/tenants", {"name": "Once"}, headers=keyed()).data(201)
    assert len(person.api.get("/api/tenants").data()["tenants"]) == 2


def test_the_key_of_another_request_is_refused(stack):
    person = new_person(stack.api)
    key = keyed()
    person.api.post("/api/tenants", {"name": "One"}, headers=key).data(201)
    answer = person.api.post("/api/tenants", {"name": "Two"}, headers=key)
    assert set(answer.fields()) == {"Idempotency-Key"}
    person.api.post("/api/demo/kafka/produce", {"topic": "demo.x", "message": 1}, headers=key).data(201)


def test_a_key_belongs_to_its_user_and_its_tenant(stack):
    one, two = new_team(stack.api, roles=()), new_team(stack.api, roles=())
    key, body = keyed("1"), {"name": "Mine"}
    ids = {person.api.post("/api/tenants", body, headers=key).data(201)["id"] for person in (one.admin, two.admin)}
    assert len(ids) == 2
    member = {"user_id": new_person(stack.api).id, "role": "user"}
    for team in (one, two):
        assert team.admin.api.post(f"{team.path}/users", member, headers=key).header(REPLAYED) is None
    # Strangers who happen to use one key are no obstacle to each other.
    for _ in range(2):
        assert stack.api.post("/api/auth/register", registration(), headers=key).data(201)


def test_a_request_that_failed_may_be_mended_under_its_key(stack):
    person = new_person(stack.api)
    key = keyed()
    assert "name" in person.api.post("/api/tenants", {"name": ""}, headers=key).fields()
    person.api.post("/api/tenants", {"name": "Better"}, headers=key).data(201)


def test_who_may_no_longer_ask_is_not_answered_again(stack):
    team = new_team(stack.api, roles=("user",))
    team.admin.api.put(f"{team.path}/users/{team.user.id}", {"role": "admin"}).data()
    member, key = {"user_id": new_person(stack.api).id, "role": "viewer"}, keyed()
    team.user.api.post(f"{team.path}/users", member, headers=key).data(201)
    team.admin.api.put(f"{team.path}/users/{team.user.id}", {"role": "viewer"}).data()
    team.user.api.post(f"{team.path}/users", member, headers=key).error(403, "FORBIDDEN")


@pytest.mark.parametrize("key", ["x" * 256, "käse".encode().decode("latin-1"), "a\tb"])
def test_a_malformed_key_is_refused(stack, key):
    answer = new_person(stack.api).api.post("/api/tenants", {"name": "x"}, headers=keyed(key))
    assert set(answer.fields()) == {"Idempotency-Key"}


def test_tokens_are_stored_nowhere(stack):
    person = new_person(stack.api)
    body, key = {"email": person.email, "password": person.password}, keyed()
    first = stack.api.post("/api/auth/login", body, headers=key).data()
    again = stack.api.post("/api/auth/login", body, headers=key).data()
    assert first["refresh_token"] != again["refresh_token"]
    for token in (first["access_token"], first["refresh_token"]):
        assert stack.sql("saas_main", f"SELECT count(*) FROM idempotency_keys WHERE body LIKE '%{token}%'") == "0"


# --- processes that die ----------------------------------------------------------------------------------------------

MEMBERSHIPS = "LOCK user_tenant_associations IN SHARE ROW EXCLUSIVE MODE"


class Asking:
    """One request in the background, whose answer may never come."""

    def __init__(self, api, path, body, key):
        self.answer = None
        self._thread = threading.Thread(target=self._run, args=(api, path, body, key), daemon=True)
        self._thread.start()

    def _run(self, api, path, body, key):
        self.answer = api.post(path, body, headers=key)

    def join(self):
        self._thread.join(60)
        assert not self._thread.is_alive(), "the request hangs"
        return self.answer


def new_member(stack):
    team = new_team(stack.api, roles=())
    return team, (team.admin.api, f"{team.path}/users", {"user_id": new_person(stack.api).id, "role": "user"}, keyed())


def members(team):
    return len(team.admin.api.get(team.path).data()["members"])


def unanswered(stack, kind):
    """A request, the lock that stops it just before its commit, the statement that waits for it, and how many effects
    it has had."""
    if kind == "register":
        body = registration()
        count = f"SELECT count(*) FROM users WHERE email = '{body['email']}'"
        return ((stack.api, "/api/auth/register", body, keyed()), "LOCK users IN SHARE ROW EXCLUSIVE MODE",
                "INSERT INTO users", lambda: int(stack.sql("saas_main", count)))
    if kind == "tenant":
        person = new_person(stack.api)
        return ((person.api, "/api/tenants", {"name": "Once"}, keyed()), MEMBERSHIPS, "INSERT INTO user_tenant",
                lambda: len(person.api.get("/api/tenants").data()["tenants"]))
    team, request = new_member(stack)
    return request, MEMBERSHIPS, "INSERT INTO user_tenant", lambda: members(team) - 1


def kill_workers(stack):
    for process in ("app-0", "app-1"):
        stack.kill(process)
    stack.await_healthy()


def test_a_worker_killed_before_the_commit_leaves_nothing(fault_stack):
    stack = fault_stack
    team, (api, path, body, key) = new_member(stack)
    with stack.holding("saas_main", MEMBERSHIPS):
        asking = Asking(api, path, body, key)
        stack.await_blocked("saas_main", "INSERT INTO user_tenant")
        kill_workers(stack)
        assert asking.join().status in (502, 503, 504)
    eventually(lambda: api.post(path, body, headers=key).error(409, "CONFLICT"), within=10, what="the key under way")
    assert members(team) == 1
    stack.sql("saas_main", "UPDATE idempotency_keys SET deadline = now() WHERE status IS NULL")
    api.post(path, body, headers=key).data(201)
    assert members(team) == 2


def test_a_try_that_was_replaced_cannot_finish(fault_stack):
    """A request that hangs longer than its deadline: the next one is carried out, and the first finds out."""
    stack = fault_stack
    person = new_person(stack.api)
    key, body = keyed(), {"name": "Slow"}
    with stack.holding("saas_main", "LOCK outbox IN SHARE ROW EXCLUSIVE MODE"):
        asking = Asking(person.api, "/api/demo/kafka/produce", {"topic": "demo.slow", "message": body}, key)
        stack.await_blocked("saas_main", "INSERT INTO outbox")
        # As if another worker had taken the key over.
        stack.sql("saas_main", "UPDATE idempotency_keys SET owner = gen_random_uuid() WHERE status IS NULL")
    asking.join().error(409, "CONFLICT")
    assert stack.sql("saas_main", f"SELECT count(*) FROM outbox WHERE user_id = '{person.id}'") == "0"


@pytest.mark.parametrize("kind", ["register", "tenant", "member"])
def test_a_worker_killed_between_effect_and_answer_has_answered_all_the_same(fault_stack, kind):
    """The commit is on disk, but the worker dies before it hears so: PostgreSQL waits for a replica that is not there."""
    stack = fault_stack
    (api, path, body, key), lock, statement, effects = unanswered(stack, kind)
    try:
        with stack.holding("saas_main", lock):
            asking = Asking(api, path, body, key)
            stack.await_blocked("saas_main", statement)
            superuser(stack, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
            eventually(lambda: commits_wait(stack), within=10, what="commits that wait")
        eventually(lambda: waiting_commits(stack, "saas-app"), within=10, what="a commit on disk that was not answered")
        for process in ("app-0", "app-1"):
            stack.kill(process)
        assert asking.join().status in (502, 503, 504)
    finally:
        superuser(stack, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
    stack.await_healthy()
    again = api.post(path, body, headers=key)
    again.data(201)
    assert again.header(REPLAYED) == "true" and effects() == 1


def waiting_commits(stack, program):
    """How many of a program's transactions are on disk and wait for a replica."""
    return int(superuser(stack, "SELECT count(*) FROM pg_stat_activity"
                                f" WHERE wait_event = 'SyncRep' AND application_name = '{program}'"))


def commits_wait(stack):
    """Whether a commit of ours waits; it goes on waiting until the setting is taken back."""
    probe = psql(stack, "SELECT pg_logical_emit_message(true, 'probe', '')", PGAPPNAME="probe")
    return eventually(lambda: probe.poll() is not None or waiting_commits(stack, "probe"), what="the probe") \
        and probe.poll() is None


def superuser(stack, *statements):
    answer, problem = psql(stack, *statements).communicate(timeout=60)
    assert not problem, problem
    return answer


def psql(stack, *statements, **settings):
    password = (stack.state_dir / "secrets" / "database-superuser-password").read_text().strip()
    return subprocess.Popen(
        ["psql", "-XAtq", *(word for statement in statements for word in ("-c", statement))], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={
            "PATH": os.environ["PATH"], "PGHOST": str(stack.state_dir / "run" / "postgres"), "PGUSER": "postgres",
            "PGDATABASE": "saas_main", "PGPASSWORD": password, **settings})


def test_expired_keys_are_forgotten(stack):
    person = new_person(stack.api)
    key = keyed()
    first = person.api.post("/api/tenants", {"name": "Old"}, headers=key).data(201)
    stack.sql("saas_main", "UPDATE idempotency_keys SET expires_at = now() - interval '1 second'")
    second = person.api.post("/api/tenants", {"name": "Old"}, headers=key).data(201)
    assert first["id"] != second["id"]
