"""Programs that are asked to stop or reload in the middle of a large upload."""

import os
import signal

from client import new_team
from content import Form, Pattern, unique_text
from polling import eventually

MIB = 1024 * 1024
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


def test_a_running_upload_outlives_the_request_to_stop(fault_stack):
    team = new_team(fault_stack.api, roles=())
    stopped = []

    def stop():
        pid = fault_stack.kill("sidecar", signal.SIGTERM)
        stopped.append(pid)
        # No new upload gets to the process that is stopping.
        eventually(lambda: not (fault_stack.state_dir / "run" / "upload.sock").exists(), what="a closed door")
        answer = team.admin.api.upload(team.documents, unique_text())
        assert answer.status in (502, 503), repr(answer)
        assert os.path.exists(f"/proc/{pid}")

    upload_with(team, stop)
    eventually(lambda: not os.path.exists(f"/proc/{stopped[0]}"), what="the end of the old sidecar")
    eventually(lambda: team.admin.api.upload(team.documents, unique_text()).status == 201, what="a new sidecar")
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
