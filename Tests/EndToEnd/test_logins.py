"""Passwords and logins: the policy, the throttle over all workers, and what it may not do."""

import secrets
from pathlib import Path

import pytest

from client import PASSWORD, at_once, new_email, new_person, registration
from polling import eventually
from stack import Stack


@pytest.fixture(scope="module")
def throttled():
    """A stack with small limits; clients are told apart by X-Forwarded-For, as behind a proxy."""
    stack = Stack("logins", LOGIN_ATTEMPTS_PER_ACCOUNT="3", LOGIN_ATTEMPTS_PER_ADDRESS="8", TRUSTED_PROXIES="127.0.0.1")
    stack.up()
    yield stack
    stack.down()
    stack.remove()


@pytest.fixture
def email(throttled):
    body = registration()
    throttled.api.post("/api/auth/register", body).data(201)
    return body["email"]


def attempt(stack, email, address, password="wrong"):
    return stack.api.request("POST", "/api/auth/login", json_body={"email": email, "password": password},
                             headers={"X-Forwarded-For": address})


addresses = (f"198.51.{net}.{host}" for net in range(100, 200) for host in range(1, 200))


@pytest.mark.parametrize("password", ["password1", "Passw0rd!", "qwerty123", "Football1", "abc12345"])
def test_a_common_password_is_refused(api, password):
    assert set(api.post("/api/auth/register", registration(password=password)).fields()) == {"password"}


def test_a_password_made_of_the_address_is_refused(api):
    email = new_email()
    body = registration(email=email, password=email.split("@")[0] + "99")
    assert set(api.post("/api/auth/register", body).fields()) == {"password"}


def test_failed_logins_wait_with_retry_after(throttled, email):
    address = next(addresses)
    for _ in range(3):
        attempt(throttled, email, address).error(401, "INVALID_CREDENTIALS")
    answer = attempt(throttled, email, address, PASSWORD)
    error = answer.error(429, "RATE_LIMITED")
    assert answer.header("Retry-After") == str(error["details"]["retry_after"]) == "1"


def test_forty_attempts_at_once_over_all_workers_count_each(throttled, email):
    address = next(addresses)
    statuses = [answer.status for answer in at_once(40, lambda _: attempt(throttled, email, address))]
    assert statuses.count(401) <= 3 and set(statuses) <= {401, 429, 503}
    assert statuses.count(401) >= 1


def test_an_unknown_user_is_throttled_the_same(throttled):
    address, email = next(addresses), new_email()
    statuses = [attempt(throttled, email, address).status for _ in range(4)]
    assert statuses == [401, 401, 401, 429]


def test_strangers_cannot_keep_a_person_out(throttled, email):
    home = next(addresses)
    attempt(throttled, email, home, PASSWORD).data()
    statuses = [attempt(throttled, email, next(addresses)).status for _ in range(15)]
    assert statuses[-1] == 429
    attempt(throttled, email, home, PASSWORD).data()


def test_one_address_cannot_spray_accounts(throttled, email):
    address = next(addresses)
    statuses = [attempt(throttled, new_email(), address).status for _ in range(9)]
    assert statuses == [401] * 8 + [429]
    attempt(throttled, email, next(addresses), PASSWORD).data()


def test_the_forwarded_address_counts_only_behind_a_trusted_proxy(stack):
    """The main stack trusts no proxy: the header changes nothing there."""
    email = new_email()
    for number in range(3):
        attempt(stack, email, f"203.0.113.{number}").error(401, "INVALID_CREDENTIALS")
    rows = stack.sql("saas_main", "SELECT count(*) FROM login_attempts WHERE subject LIKE '%203.0.113.%'")
    assert rows == "0"


@pytest.mark.parametrize("secret", ["short", "a" * 64, "change-me-please-change-me-please-123"])
def test_a_weak_token_secret_is_refused_at_start(throttled, secret):
    done = throttled.saasctl("config", "check", "--offline", JWT_SECRET_KEY=secret)
    assert done.returncode != 0 and "JWT_SECRET_KEY" in done.stdout and secret not in done.stdout


def status_of(task):
    lines = (line.partition(":") for line in (task / "status").read_text().splitlines())
    return {name: value.strip() for name, _, value in lines}


def hashing_threads(stack):
    """Of each worker: the processors that the thread that hashes is kept off, as a mask; and all that the worker has."""
    for name in ("app-0", "app-1"):
        tasks = [(task, status_of(task)) for task in Path(f"/proc/{stack.pid(name)}/task").iterdir()]
        allowed = {int(status["Cpus_allowed"].replace(",", ""), 16) for _, status in tasks if status["Name"] != "bcrypt"}
        assert len(allowed) == 1
        everything = allowed.pop()
        hashing = [(task, status) for task, status in tasks if status["Name"] == "bcrypt"]
        assert hashing
        for task, status in hashing:
            # The niceness, field 19 of proc(5)'s stat; the name, field 2, may hold blanks.
            assert (task / "stat").read_text().rsplit(")", 1)[1].split()[16] == "19"
            yield everything & ~int(status["Cpus_allowed"].replace(",", ""), 16), everything


def test_passwords_leave_one_processor_to_who_has_a_session(throttled):
    """In every worker the same one, or the workers together would use them all."""
    person = new_person(throttled.api)

    def is_left(among_others):
        # Each worker's thread chooses when it hashes; a few requests reach both.
        for _ in range(6):
            if among_others:
                person.api.get("/api/users/me").data()
            address = f"198.18.{secrets.randbelow(250)}.{secrets.randbelow(250)}"
            attempt(throttled, new_email(), address).error(401, "INVALID_CREDENTIALS")
        return all(left == (everything & -everything if among_others and everything.bit_count() > 1 else 0)
                   for left, everything in hashing_threads(throttled))

    eventually(lambda: is_left(True), within=60)
    eventually(lambda: is_left(False), within=60)
