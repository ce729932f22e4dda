import os
import socket
import stat

from client import lasting, login, new_team
from content import unique_pdf
from stack import PROCESSES, Stack


def test_down_and_up_keep_the_data(fault_stack):
    stack = fault_stack
    team = new_team(stack.api)
    content = unique_pdf(padding=50_000)
    document = team.upload(content, filename="kept.pdf", content_type="application/pdf")
    stack.down()
    stack.up()
    stack.await_healthy()
    # The old token still counts: secrets are made once.
    assert lasting(team.user.api.get(f"{team.documents}/{document['id']}").data()) == lasting(document)
    assert team.download(document["id"], team.viewer) == content
    again = login(stack.api, team.admin.email, team.admin.password)
    second = again.api.upload(team.documents, content, filename="again.pdf").data(201)
    assert second["file_id"] == document["file_id"]


def test_down_ends_every_process_and_frees_the_port(fault_stack):
    stack = fault_stack
    pids = [stack.pid(process) for process in PROCESSES]
    stack.down()
    try:
        for pid in pids:
            assert not os.path.exists(f"/proc/{pid}"), pid
        with socket.socket() as probe:
            probe.settimeout(5)
            assert probe.connect_ex(("127.0.0.1", stack.port)) != 0
        assert stack.run("down").returncode == 0, "a second down is as good"
    finally:
        stack.up()


def test_a_second_up_changes_nothing(fault_stack):
    pids = [fault_stack.pid(process) for process in PROCESSES]
    fault_stack.up()
    assert [fault_stack.pid(process) for process in PROCESSES] == pids


def test_the_status_names_each_process_with_its_pid(fault_stack):
    done = fault_stack.run("status")
    assert done.returncode == 0, done.stdout
    for process in PROCESSES:
        assert process in done.stdout and str(fault_stack.pid(process)) in done.stdout


def test_secrets_are_for_their_owner_only(fault_stack):
    place = fault_stack.state_dir / "secrets"
    assert place.exists()
    for path in [place] if place.is_file() else [p for p in place.rglob("*") if p.is_file()]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, f"{path}: {oct(path.stat().st_mode)}"


def test_a_taken_port_is_said_in_one_clear_line(stack):
    other = Stack("taken", PORT=str(stack.port))
    try:
        done = other.run("up")
        assert done.returncode != 0
        line = done.stdout.strip().splitlines()[-1]
        assert str(stack.port) in line, done.stdout
        stack.api.get("/health").data()
    finally:
        other.run("down")
        other.remove()


def test_two_stacks_run_side_by_side(stack, fault_stack):
    """A token of one says nothing to the other: each has its own secrets and its own data."""
    team = new_team(stack.api, roles=())
    fault_stack.api.as_(team.admin.api.token).get("/api/users/me").error(401, "TOKEN_INVALID")
    team.admin.api.get("/api/users/me").data()
