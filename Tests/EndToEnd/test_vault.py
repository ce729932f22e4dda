"""Secrets from HashiCorp Vault: a stack that knows none by itself, Vault's refusals, and the way into Vault."""

import json
import pathlib
import secrets
import stat
import subprocess

import pytest

from client import new_team
from conftest import ended, started
from polling import eventually
from vaultstub import VaultStub

PATH = "secret/saas-platform"


@pytest.fixture
def vault():
    stub = VaultStub().start()
    yield stub
    stub.stop()


@pytest.fixture(scope="module")
def vault_stack(stack):
    """A stack whose token secret and database password are in Vault alone, on the main stack's PostgreSQL."""
    stub = VaultStub(namespace="team-a").start()
    stub.lifetime = 6  # short enough to see tokens renewed
    role, secret_id = stub.new_role()
    password = (stack.state_dir / "secrets" / "database-password").read_text().strip()
    stub.put("kv/documents/production", jwt_secret=secrets.token_hex(32), db_user="saas", db_password=password)
    # The stack's users read what names Vault's role, from a file that the operator gave them.
    place = stack.state_dir / "vault-secret-id"
    place.write_text(secret_id + "\n")
    place.chmod(0o644)
    own = started(
        "vault", VAULT_ADDR=stub.address, VAULT_NAMESPACE="team-a", VAULT_SECRET_PATH="kv/documents/production",
        VAULT_ROLE_ID=role, VAULT_SECRET_ID_FILE=str(place), JWT_SECRET_KEY="x" * 40, DATABASE_MAX_CONNECTIONS="30",
        DATABASE_URL=f"postgresql:///saas_vault?host={stack.state_dir}/run/postgres")
    own.vault, own.password = stub, password
    yield own
    ended(own)
    stub.stop()


def test_a_stack_starts_from_vault_alone(vault_stack):
    team = new_team(vault_stack.api)
    team.upload(b"kept by Vault")
    jwt = vault_stack.vault.latest("kv/documents/production")["jwt_secret"]
    for place in (vault_stack.state_dir / "supervisor" / "env").iterdir():
        text = place.read_text()
        assert jwt not in text and vault_stack.password not in text, place
    for name in ("app-0", "worker", "sidecar"):
        environment = pathlib.Path(f"/proc/{vault_stack.pid(name)}/environ").read_text()
        assert jwt not in environment and vault_stack.password not in environment, name


def test_running_programs_keep_their_tokens_alive(vault_stack):
    stub = vault_stack.vault
    before = len(stub.asked("renew-self"))
    eventually(lambda: len(stub.asked("renew-self")) > before + 3, within=40, what="renewals")
    assert set(stub.asked("renew-self")[before:]) == {200}


def test_a_program_started_anew_logs_in_again(vault_stack):
    before = len(vault_stack.vault.asked("approle/login"))
    vault_stack.kill("worker")
    eventually(lambda: len(vault_stack.vault.asked("approle/login")) > before, within=20, what="a login")
    vault_stack.await_healthy()


def check(stack, **settings):
    """`saasctl config check --offline` with nothing set but this."""
    done = run(stack, "config", "check", "--offline",
               **{"PUBLIC_BASE_URL": "http://localhost", "OBJECT_DIR": "/tmp", "DATABASE_URL": "postgresql:///x",
                  **settings})
    return done.returncode, done.stdout


def run(stack, *arguments, **settings):
    return subprocess.run([stack.state_dir / "bin" / "saasctl", *arguments], env=settings, text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


def test_fields_become_settings(stack, vault):
    vault.put(jwt_secret=secrets.token_hex(32), db_user="u", db_password="p")
    assert check(stack, VAULT_ADDR=vault.address, VAULT_TOKEN=vault.new_token())[0] == 0
    assert vault.asked(PATH.replace("/", "/data/")) == [200]


@pytest.mark.parametrize("fault, words", [
    ("sealed", "sealed"), ("denied", "refuses the token"), ("expired", "refuses the token"), ("missing", "no such"),
    ("deleted", "no such"), ("quota", "no more requests"), ("gone", "cannot be reached"), ("loop", "redirects"),
    ("role", "role id or the secret id"), ("namespace", "refuses")])
def test_refusals_are_told_and_nothing_else_is_used_instead(stack, vault, fault, words):
    vault.put(jwt_secret=secrets.token_hex(32))
    settings = {"VAULT_ADDR": vault.address, "VAULT_TOKEN": vault.new_token(), "JWT_SECRET_KEY": "hidden" * 10}
    match fault:
        case "sealed": vault.sealed = True
        case "denied": settings["VAULT_TOKEN"] = "hidden"
        case "expired": settings["VAULT_TOKEN"] = vault.new_token(lifetime=-1)
        case "missing": settings["VAULT_SECRET_PATH"] = "secret/other"
        case "deleted": vault.delete()
        case "quota": vault.faults = [429] * 9
        case "gone": settings["VAULT_ADDR"] = "http://127.0.0.1:1"
        case "loop": vault.redirect_to = vault.address
        case "namespace": settings["VAULT_NAMESPACE"] = "another"
        case "role":
            del settings["VAULT_TOKEN"]
            settings |= {"VAULT_ROLE_ID": vault.new_role()[0], "VAULT_SECRET_ID": "hidden"}
    status, output = check(stack, **settings)
    assert status == 78 and words in output, output
    assert "JWT_SECRET_KEY is not set" in output and "hidden" not in output, output


def test_passing_faults_are_waited_out(stack, vault):
    vault.put(jwt_secret=secrets.token_hex(32))
    vault.faults = [503, 429, 500]
    assert check(stack, VAULT_ADDR=vault.address, VAULT_TOKEN=vault.new_token()) == (0, "configuration: no problems\n")


def test_a_standby_leads_to_the_active_node(stack, vault):
    standby = VaultStub().start()
    standby.redirect_to = vault.address
    vault.put(jwt_secret=secrets.token_hex(32))
    try:
        assert check(stack, VAULT_ADDR=standby.address, VAULT_TOKEN=vault.new_token())[0] == 0
    finally:
        standby.stop()


def test_every_bad_setting_is_told_at_once(stack, vault):
    vault.put(jwt_secret="hidden", s3_access_key="hidden")
    status, output = check(stack, VAULT_ADDR=vault.address, VAULT_TOKEN=vault.new_token(), PORT="0", S3_BUCKET="b",
                           PUBLIC_BASE_URL="hidden", REDIS_URL_FILE="/nonexistent")
    assert status == 78 and "hidden" not in output
    for name in ("PORT", "JWT_SECRET_KEY", "S3_SECRET_ACCESS_KEY", "PUBLIC_BASE_URL", "REDIS_URL_FILE"):
        assert f"configuration: {name} " in output, output


@pytest.fixture
def settings_file(tmp_path):
    path = tmp_path / ".env"
    path.write_text("# mine\nPORT=5000\nJWT_SECRET_KEY=very-hidden\n"
                    "DATABASE_URL=postgresql://app:hidden%21@db/main\n")
    path.chmod(0o640)
    return path


def test_push_moves_secrets_and_keeps_other_fields(stack, vault, settings_file):
    vault.put(s3_secret_key="kept", jwt_secret="old")
    done = run(stack, "vault", "push", "--file", str(settings_file), "--remove", VAULT_ADDR=vault.address,
               VAULT_TOKEN=vault.new_token())
    assert done.returncode == 0 and "hidden" not in done.stdout, done.stdout
    assert vault.latest() == {
        "s3_secret_key": "kept", "jwt_secret": "very-hidden", "db_user": "app", "db_password": "hidden!"}
    assert settings_file.read_text() == "# mine\nPORT=5000\nDATABASE_URL=postgresql://db/main\n"
    assert stat.S_IMODE(settings_file.stat().st_mode) == 0o640


@pytest.mark.parametrize("state", ["none", "deleted"])
def test_push_makes_a_secret_that_is_not_there(stack, vault, settings_file, state):
    if state == "deleted":
        vault.put(jwt_secret="old")
        vault.delete()
    done = run(stack, "vault", "push", "--file", str(settings_file), "--json", VAULT_ADDR=vault.address,
               VAULT_TOKEN=vault.new_token())
    assert done.returncode == 0 and "hidden" not in done.stdout, done.stdout
    report = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    assert report["fields"] == ["db_password", "db_user", "jwt_secret"] and report["version"] >= 1
    assert report["removed_from"] is None
    assert vault.latest()["jwt_secret"] == "very-hidden"
    assert "very-hidden" in settings_file.read_text()


def test_push_does_not_write_over_somebody_else(stack, vault, settings_file):
    vault.put(jwt_secret="old")
    vault.before_write = lambda versions: versions.append({"jwt_secret": "somebody's"})
    done = run(stack, "vault", "push", "--file", str(settings_file), "--remove", VAULT_ADDR=vault.address,
               VAULT_TOKEN=vault.new_token())
    assert done.returncode == 1 and "changed in Vault by someone else" in done.stdout
    assert vault.latest() == {"jwt_secret": "somebody's"}
    assert "very-hidden" in settings_file.read_text()


def test_push_without_vault_writes_nothing(stack, settings_file):
    done = run(stack, "vault", "push", "--file", str(settings_file))
    assert done.returncode == 78 and "VAULT_ADDR is not set" in done.stdout
