"""The files of settings: .env.example explains every variable once, the others use no unknown one."""

import re

import pytest

from places import ROOT, variables

# What the scripts set by themselves, and what is the tests' own.
INTERNAL = {"WORKER_INDEX", "APP_SOCKET", "INTERNAL_SOCKET", "INTERNAL_SOCKET_DIR", "UPLOAD_SOCKET", "SPOOL_DIR",
            "UPLOAD_GRANT_PRIVATE_KEY_FILE", "UPLOAD_GRANT_PUBLIC_KEY_FILE", "UPLOAD_KEEPER_FD",
            "METRICS_DIR"}
# Of compose and of other people's images; explained where they are set.
COMPOSE = {"POSTGRES_PASSWORD", "S3_PORT", "TAG"}


def test_every_variable_stands_once():
    assert {name: count for name, count in variables(".env.example").items() if count > 1} == {}


def test_every_variable_that_the_programs_read_is_explained():
    text = (ROOT / ".env.example").read_text()
    readers = r'\.(?:string|required|integer|flag|choice|value|duration|boolean|list|secret)\(\s*"([A-Z][A-Z0-9_]{2,})"'
    read = {name for path in (ROOT / "Sources").rglob("*.swift") for name in re.findall(readers, path.read_text())}
    assert len(read) > 40, "the readers were not found"
    missing = {name for name in read - INTERNAL if not re.search(rf"\b{name}\b", text)}
    assert not missing, missing


def test_every_variable_that_is_explained_is_read():
    folders = [path for name in ("Sources", "scripts") for path in (ROOT / name).rglob("*")]
    text = "\n".join(path.read_text() for path in folders if path.suffix in (".swift", ".sh"))
    tunables = variables("nginx/tunables.env")

    def is_read(name):
        # nginx's are read by the names of nginx/tunables.env, what Kafka's brokers ask for by its first word.
        return (re.search(rf"\b{name}\b", text) or (name.startswith("NGINX_") and name.removeprefix("NGINX_") in tunables)
                or re.match("KAFKA_(SASL|SSL)_", name))

    assert [name for name in variables(".env.example") if not is_read(name)] == []


@pytest.mark.parametrize("name", [".env.development", ".env.docker", ".env.production"])
def test_other_files_use_known_variables_once(name):
    found = variables(name)
    assert not {variable for variable, count in found.items() if count > 1}
    assert set(found) <= set(variables(".env.example")) | COMPOSE, set(found) - set(variables(".env.example"))


@pytest.mark.parametrize("name", [".env.example", ".env.development", ".env.docker", ".env.production"])
def test_no_secret_is_committed(name):
    secrets = r"^#?(\w*(?:SECRET|PASSWORD)\w*(?<!_PATH))=(.+)$"
    assert [match for match in re.findall(secrets, (ROOT / name).read_text(), re.MULTILINE)] == []
