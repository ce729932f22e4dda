"""Programs that are asked to stop or reload in the middle of a large upload."""

import os
import signal

from client import new_team
from content import Form, Pattern, unique_text
from load import Load
from polling import eventually

MIB = 1024 * 1024
ROUNDS = 20 if os.environ.get("TEST_FULL") else 3
SIZE = 100 * MIB


def upload_with(team, in_the_middle):
    """Uploads 100 MiB and calls the function once half of it is on its way; the document."""
    content = Pattern(SIZE)
    form = Form(content, "large.bin", "application/octet-stream")

    def pieces():
        sent = 0
        for piece in form.pieces():
            if sent <= SIZE // 2 < sent + len(piece):
                in_the_middle()
            sent += len(piece)
            yield piece

    document = team.admin.api.upload(team.documents, form=form, pieces=pieces()).data(201)
    assert document["file"]["sha256"] == content.sha256()
    assert document["file"]["file_size"] == SIZE
    return document


def test_a_running_upload_outlives_the_restart_of_the_sidecar(fault_stack):
    team = new_team(fault_stack.api, roles=())
    stopped = []

    def restart():
        pid = fault_stack.kill("sidecar", signal.SIGTERM)
        stopped.append(pid)
        # The door stays open: the old process takes uploads until the new one has the socket.
        assert team.admin.api.upload(team.documents, unique_text()).status == 201
        eventually(lambda: fault_stack.pid("sidecar") != pid, what="the next sidecar")
        assert team.admin.api.upload(team.documents, unique_text()).status == 201
        assert os.path.exists(f"/proc/{pid}")

    upload_with(team, restart)
    eventually(lambda: not os.path.exists(f"/proc/{stopped[0]}"), what="the end of the old sidecar")
    assert team.admin.api.upload(team.documents, unique_text()).status == 201
    assert not fault_stack.spool_files()


def test_a_sidecar_whose_keeper_was_killed_finishes_too(fault_stack):
    team = new_team(fault_stack.api, roles=())
    pids = []

    def kill_keeper():
        pids.append(fault_stack.pid("sidecar"))
        with open(f"/proc/{pids[0]}/stat", encoding="ascii") as status:
            os.kill(int(status.read().rsplit(")", 1)[1].split()[1]), signal.SIGKILL)
        eventually(lambda: fault_stack.pid("sidecar") != pids[0], what="the next sidecar")
        eventually(lambda: team.admin.api.upload(team.documents, unique_text()).status == 201, what="an upload")

    upload_with(team, kill_keeper)
    eventually(lambda: not os.path.exists(f"/proc/{pids[0]}"), what="the end of the old sidecar")


def test_restarts_and_reloads_under_load_refuse_nothing(fault_stack, figure):
    """The sidecar is restarted and nginx reloaded again and again: every request is answered with a success."""
    team = new_team(fault_stack.api, roles=())
    master = fault_stack.pid("nginx")
    with Load(team, readers=1, uploaders=3) as load:
        for _ in range(ROUNDS):
            pid = fault_stack.kill("sidecar", signal.SIGTERM)
            eventually(lambda: fault_stack.pid("sidecar") != pid, what="the next sidecar")
            load.await_progress()
            os.kill(master, signal.SIGHUP)
            load.await_progress()
    figure(f"{ROUNDS} restarts of the sidecar and reloads of nginx under load",
           f"{len(load.stored)} uploads and {load.reads} reads, {load.transient} asked to try again")
    assert not load.violations, load.violations[:5]
    assert load.transient == 0
    load.verify()
    assert not fault_stack.spool_files()


def test_nginx_reloads_under_an_upload(fault_stack):
    team = new_team(fault_stack.api, roles=())
    master = fault_stack.pid("nginx")

    def workers():
        with open(f"/proc/{master}/task/{master}/children", encoding="ascii") as children:
            return set(children.read().split())

    def reload():
        before = workers()
        os.kill(master, signal.SIGHUP)
        eventually(lambda: workers() - before, what="new workers of nginx")
        # New workers serve others while an old one still carries the upload.
        eventually(lambda: team.admin.api.upload(team.documents, unique_text()).status == 201, what="another upload")
        assert workers() & before, "the worker of the upload is gone"

    upload_with(team, reload)
    assert fault_stack.pid("nginx") == master
