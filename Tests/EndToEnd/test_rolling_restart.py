"""`make restart`: every program is replaced, one after the other, and nobody is refused meanwhile."""

import concurrent.futures
import os
import pathlib

import pytest

from client import new_team
from content import Form, Pattern, unique_text
from load import Load
from polling import eventually
from stack import Stack

MIB = 1024 * 1024
REPLACED = ("app-0", "app-1", "sidecar", "worker")
ROUNDS = 3 if os.environ.get("TEST_FULL") else 1
SIZE = 100 * MIB if os.environ.get("TEST_FULL") else 24 * MIB


def restart(stack, **settings):
    done = stack.run("restart", **settings)
    assert done.returncode == 0, done.stdout[-4000:]
    return [line for line in done.stdout.splitlines() if line.startswith(("Restarted", "Reloaded"))]


def test_a_restart_of_everything_under_load_refuses_nothing(fault_stack, figure):
    team = new_team(fault_stack.api, roles=())
    stays = {name: fault_stack.pid(name) for name in ("postgres", "nginx", "supervisor")}
    said = []

    def upload_across(action):
        """A large upload, with the action in its middle; it goes on in drops meanwhile, as a slow client's does."""
        content = Pattern(SIZE)
        form, sent = Form(content, "large.bin", "application/octet-stream"), 0

        def pieces():
            nonlocal sent, running
            for piece in form.pieces():
                if sent <= SIZE // 2 < sent + len(piece):
                    running = pool.submit(action)
                if running:
                    concurrent.futures.wait([running], timeout=0.5)
                sent += len(piece)
                yield piece

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = None
            document = team.admin.api.upload(team.documents, form=form, pieces=pieces()).data(201)
            running.result()
        assert document["file"]["sha256"] == content.sha256()

    with Load(team, readers=1, uploaders=1) as load:
        for _ in range(ROUNDS):
            before = {name: fault_stack.pid(name) for name in REPLACED}
            upload_across(lambda: said.extend(restart(fault_stack)))
            for name, pid in before.items():
                assert fault_stack.pid(name) != pid, f"{name} is the same"
        load.await_progress()
    # In the order of who calls whom.
    assert [line.split()[1] for line in said] == [*REPLACED, "nginx"] * ROUNDS
    assert stays == {name: fault_stack.pid(name) for name in stays}
    figure(f"{ROUNDS} restarts of everything under load",
           f"{len(load.stored)} uploads and {load.reads} reads, {load.transient + len(load.violations)} not 2xx")
    assert not load.violations, load.violations[:5]
    assert load.transient == 0
    load.verify()
    eventually(lambda: not fault_stack.spool_files(), what="an empty spool")


def test_a_version_that_does_not_start_stops_the_restart(fault_stack, tmp_path):
    """The first process that does not become ready is the last one touched: the others go on."""
    team = new_team(fault_stack.api, roles=())
    before = {name: fault_stack.pid(name) for name in REPLACED}
    programs = fault_stack.state_dir / "bin"
    kept = {}
    for path in programs.iterdir():
        kept[path.name] = tmp_path / path.name
        kept[path.name].write_bytes(path.read_bytes())
        kept[path.name].chmod(0o755)
    broken = tmp_path / "broken"
    broken.mkdir()
    for name, path in kept.items():
        (broken / name).symlink_to(path)
    (broken / "FCGIApp").unlink()
    (broken / "FCGIApp").write_text("#!/bin/sh\necho this version cannot start >&2\nexit 1\n")
    (broken / "FCGIApp").chmod(0o755)
    try:
        done = fault_stack.run("restart", BIN_DIR=str(broken), RESTART_READY_SECONDS="4")
        assert done.returncode != 0
        assert "app-0 is not ready" in done.stdout and "this version cannot start" in done.stdout, done.stdout
        assert {name: fault_stack.pid(name) for name in REPLACED[1:]} == {name: before[name] for name in REPLACED[1:]}
        for _ in range(10):
            team.admin.api.get(team.documents).data()
        assert team.admin.api.upload(team.documents, unique_text()).status == 201
    finally:
        done = fault_stack.run("up", BIN_DIR=str(tmp_path))
    assert done.returncode == 0, done.stdout
    fault_stack.await_healthy()
    # What had not come so far was not touched by the way back either.
    assert fault_stack.pid("sidecar") == before["sidecar"]


@pytest.mark.skipif(not os.environ.get("TEST_FULL"), reason="a full run only: a stack of its own")
def test_the_only_application_process_is_replaced_without_a_gap():
    """A second one stands in for it."""
    stack = Stack("single", FCGI_WORKERS="1")
    try:
        stack.up()
        team = new_team(stack.api, roles=())
        before = stack.pid("app-0")
        with Load(team, readers=1, uploaders=1) as load:
            restart(stack)
            assert stack.pid("app-0") != before
            load.await_progress()
        assert not load.violations, load.violations[:5]
        assert load.transient == 0
        # The stand-in has gone.
        directory = str(stack.state_dir / "cwd" / "stand-in")
        assert not [process for process in pathlib.Path("/proc").glob("[0-9]*") if works_in(process, directory)]
    finally:
        stack.run("down")
        stack.remove()


def works_in(process, directory):
    try:
        return os.readlink(process / "cwd") == directory
    except OSError:
        return False
