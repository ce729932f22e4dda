"""Black-box tests: the product is started with scripts/stack.sh and driven through its port alone.

Nothing of the product may be imported here. Each stack is made on first use and shared by the run:

- `stack`: the main one, with the directory store; nothing may break it.
- `fault_stack`: for tests that kill processes or restart the stack.
- `s3_stack`: with an S3 server beside it.
- `embedded_stack`, `kafka_stack`: for tests of events, which kill workers and take Kafka away.
- `upload_stack`: with an S3 server that fails as it is told and a storage quota, for faults of uploads.

The programs are built by scripts/stack.sh, or taken from BIN_DIR when that is set.
E2E_KEEP_STATE=1 keeps the state directories for a look afterwards.
"""

import pathlib
import shutil
import tempfile

import pytest

import client
import contract
from clamd import Clamd
from eventstack import FAST, MockKafka
from s3server import S3Server
from s3stub import S3Stub
from stack import Stack

QUOTA = 40_000_000
ORIGIN = "https://app.example.com"
figures = []
stacks = []


def started(name, **settings):
    stack = Stack(name, CORS_ORIGINS=ORIGIN, **settings)
    stacks.append(stack)
    return stack.up()


def ended(stack):
    try:
        stack.down()
    finally:
        stacks.remove(stack)
        stack.remove()


@pytest.fixture(scope="session")
def stack():
    stack = started("main")
    yield stack
    ended(stack)


@pytest.fixture(scope="session")
def _fault_stack():
    stack = started("fault")
    yield stack
    ended(stack)


@pytest.fixture
def fault_stack(_fault_stack):
    """Healthy at the start of each test, whatever the one before did to it."""
    try:
        _fault_stack.await_healthy(within=30)
    except AssertionError:
        _fault_stack.run("down")
        _fault_stack.up()
    return _fault_stack


@pytest.fixture(scope="session")
def s3_server():
    server = S3Server().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def s3_stack(s3_server):
    stack = started("s3", **s3_server.settings)
    stack.objects = lambda tenant_id=None: s3_server.objects(tenant_id)
    yield stack
    ended(stack)


@pytest.fixture(scope="session")
def _upload_stack():
    stub = S3Stub().start()
    stack = started("upload", **stub.settings, SWEEP_INTERVAL="1", STORAGE_SWEEP_INTERVAL="1", ORPHAN_TTL="2", STORAGE_QUOTA_BYTES=str(QUOTA))
    stack.objects, stack.store = stub.objects, stub
    yield stack
    ended(stack)
    stub.stop()


@pytest.fixture
def upload_stack(_upload_stack):
    """With an S3 server that fails as it is told, a storage quota, and a sweeper that comes every second."""
    _upload_stack.store.fail()
    _upload_stack.await_healthy()
    _upload_stack.await_sidecar()
    return _upload_stack


@pytest.fixture(params=["directory", "s3"])
def store_stack(request):
    """The same test on both object stores."""
    return request.getfixturevalue("stack" if request.param == "directory" else "s3_stack")


@pytest.fixture(scope="session")
def kafka():
    cluster = MockKafka()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def scanner():
    clamd = Clamd().start()
    yield clamd
    clamd.stop()
    clamd.remove()


@pytest.fixture(scope="session")
def thumbnails():
    """Where the command that embedded_stack is told of puts its pictures."""
    place = pathlib.Path(tempfile.mkdtemp(prefix="saas-thumbnails-", dir="/tmp"))
    place.chmod(0o777)
    command = place / "command"
    command.write_text(f'#!/bin/sh\nexec pdftoppm -png -singlefile -scale-to 64 - "{place}/$FILE_ID"\n')
    command.chmod(0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def embedded_stack(scanner, thumbnails):
    """Without Kafka, with few tries of an event, a virus scanner and a command for thumbnails."""
    stack = started("events", **FAST, INSPECTION_CLAMD=scanner.setting,
                    INSPECTION_THUMBNAIL_COMMAND=str(thumbnails / "command"))
    yield stack
    ended(stack)


@pytest.fixture(scope="session")
def kafka_stack(kafka):
    """With Kafka, with few tries of an event."""
    stack = started("kafka", KAFKA_BOOTSTRAP_SERVERS=kafka.servers, **FAST)
    yield stack
    ended(stack)


@pytest.fixture(params=["embedded", "kafka"])
def events_stack(request):
    """The same test on both buses."""
    return request.getfixturevalue(f"{request.param}_stack")


@pytest.fixture
def api(stack):
    """The main stack, as nobody."""
    return stack.api


@pytest.fixture(scope="module")
def team(stack):
    """A tenant with one member of each role, shared by the tests of a file."""
    return client.new_team(stack.api)


@pytest.fixture
def fresh_team(stack):
    """A tenant of this test alone, for exact totals."""
    return client.new_team(stack.api)


@pytest.fixture
def person(stack):
    return client.new_person(stack.api)


@pytest.fixture(scope="session")
def figure():
    """Notes a measured figure for the summary of the run."""
    def note(name, value):
        figures.append((name, value))
    return note


def pytest_collection_modifyitems(items):
    """What judges the whole run comes last."""
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


def pytest_configure(config):
    config.addinivalue_line("markers", "last: runs after everything else")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for stack in stacks:
            report.sections.append((f"logs of stack {stack.name} in {stack.state_dir}", stack.logs()))


def pytest_terminal_summary(terminalreporter):
    if figures:
        terminalreporter.section("figures")
        for name, value in figures:
            terminalreporter.line(f"{name}: {value}")
    documented = len(contract.operations())
    used = {(method, template) for method, template, _ in contract.seen}
    if used:
        terminalreporter.section("contract")
        terminalreporter.line(f"{len(used)} of {documented} documented operations seen,"
                              f" {len(contract.seen)} kinds of answers, {len(contract.mismatches)} mismatches")
