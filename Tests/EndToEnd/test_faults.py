import os
import signal
import threading
import time

import pytest

from client import new_team
from content import unique_text
from load import Load
from polling import eventually

# The aim is 10 s; a loaded CI machine gets more.
RECOVERY_LIMIT = 30


@pytest.fixture
def team(fault_stack):
    return new_team(fault_stack.api, roles=())


def recovered(stack, team, process, old_pid):
    """The process is another one, the stack calls itself healthy, and both paths work."""
    if stack.pid(process) == old_pid:
        return False
    if not stack.is_healthy():
        return False
    return (team.admin.api.get(team.documents).status == 200
            and team.admin.api.upload(team.documents, unique_text()).status == 201)


def break_and_recover(stack, team, process, number, figure):
    with Load(team) as load:
        started = time.monotonic()
        old_pid = stack.kill(process, number)
        eventually(lambda: recovered(stack, team, process, old_pid), within=RECOVERY_LIMIT,
                   what=f"recovery from the end of {process}")
        took = time.monotonic() - started
        load.await_progress()
    name = signal.Signals(number).name
    figure(f"recovery after {name} of {process}",
           f"{took:.1f} s, {len(load.stored)} uploads stored, {load.transient} requests asked to try again")
    assert not load.violations, f"{len(load.violations)} of them: {load.violations[:5]}"
    load.verify()
    eventually(lambda: not stack.spool_files(), what="an empty spool")


@pytest.mark.parametrize("process", ["app-0", "app-1", "sidecar", "worker", "postgres"])
def test_nothing_promised_is_lost_when_a_process_is_killed(fault_stack, team, process, figure):
    break_and_recover(fault_stack, team, process, signal.SIGKILL, figure)


@pytest.mark.parametrize("process", ["app-0", "sidecar", "worker"])
def test_nothing_promised_is_lost_when_a_process_is_asked_to_end(fault_stack, team, process, figure):
    break_and_recover(fault_stack, team, process, signal.SIGTERM, figure)


def test_killing_both_workers_in_turn_is_survived(fault_stack, team):
    with Load(team) as load:
        for _ in range(2):
            for process in ("app-0", "app-1"):
                old_pid = fault_stack.kill(process)
                eventually(lambda: fault_stack.pid(process) != old_pid, within=RECOVERY_LIMIT,
                           what=f"the return of {process}")
                load.await_progress()
    assert not load.violations, load.violations[:5]
    load.verify()


def test_uploads_under_way_are_refused_when_the_sidecar_dies(fault_stack, team):
    """A body that is still coming when the sidecar is killed gets an answer, and nothing of it stays."""
    before = team.total_documents(), fault_stack.objects(team.id)

    class Dying:
        content_type = "multipart/form-data; boundary=b"
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\n'
        tail = b"\r\n--b--\r\n"

        def __len__(self):
            return len(self.head) + 4_000_000 + len(self.tail)

        def pieces(self):
            yield self.head
            yield b"x" * 3_000_000
            fault_stack.kill("sidecar")
            yield b"x" * 1_000_000
            yield self.tail

    answer = team.admin.api.upload(team.documents, form=Dying())
    assert answer.status in (502, 503, 504), repr(answer)
    fault_stack.await_healthy()
    eventually(lambda: team.admin.api.upload(team.documents, unique_text()).status == 201, within=RECOVERY_LIMIT,
               what="the next upload")
    eventually(lambda: not fault_stack.spool_files(), what="an empty spool")
    assert team.total_documents() == before[0] + 1
    assert len(fault_stack.objects(team.id) - before[1]) == 1


def test_an_upload_outlives_a_crash_of_the_database_before_its_commit(fault_stack, team):
    """Its intent is on the disk before its object is: a crash makes neither unknown uploads nor orphans."""
    database, content, answers = team.tenant["database_name"], unique_text(), []
    upload = threading.Thread(target=lambda: answers.append(team.admin.api.upload(team.documents, content)), daemon=True)
    # From here on only those commits reach the disk that wait for it, and nobody else commits.
    walwriter = int(fault_stack.sql(database, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'"))
    os.kill(walwriter, signal.SIGSTOP)
    worker = fault_stack.kill("worker", signal.SIGSTOP)
    try:
        with fault_stack.holding(database, "LOCK TABLE documents IN SHARE MODE"):
            upload.start()
            fault_stack.await_blocked(database, "WITH intent")
            crashed = fault_stack.crash_postgres()
    finally:
        os.kill(worker, signal.SIGCONT)
    eventually(lambda: fault_stack.pid("postgres") != crashed, within=RECOVERY_LIMIT, what="the database's return")
    fault_stack.await_healthy()
    upload.join(60)
    assert answers, "the upload hangs"
    assert team.download(answers[0].data(201)["id"]) == content
    assert len(fault_stack.objects(team.id)) == 1


def test_without_the_database_the_stack_says_unavailable_and_not_missing(fault_stack, team):
    """While PostgreSQL is away: 503 in the envelope, not ready, still alive; never 401, 403 or 404."""
    seen = set()
    fault_stack.kill("postgres")
    deadline = time.monotonic() + RECOVERY_LIMIT
    while time.monotonic() < deadline:
        answer = team.admin.api.get(team.documents)
        seen.add(answer.status)
        assert answer.status in (200, 502, 503, 504), repr(answer)
        assert fault_stack.api.get("/health/live").status == 200
        ready = fault_stack.api.get("/health/ready").status
        assert ready in (200, 503)
        if answer.status == ready == 200 and fault_stack.is_healthy():
            return
    raise AssertionError(f"not healthy again; statuses seen: {seen}")
