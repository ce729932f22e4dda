"""Whatever breaks during an upload: nothing that was promised is lost, and nothing half stays."""

import http.client
import socket
import threading

import pytest

import rawhttp
from client import new_team
from content import Form, unique_text
from faultproxy import FaultProxy
from polling import eventually
from s3stub import ErrorInside, Hold, Reset, Short, Status, WrongTag

MIB = 1024 * 1024


@pytest.fixture
def team(upload_stack):
    return new_team(upload_stack.api, roles=())


class Background:
    """One upload in a thread of its own; a connection that broke is answer None."""

    def __init__(self, team, content, **more):
        self.answer = None

        def run():
            try:
                self.answer = team.admin.api.upload(team.documents, content, filename="fault.txt", **more)
            except (OSError, http.client.HTTPException):
                pass

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def join(self):
        self._thread.join(60)
        assert not self._thread.is_alive(), "the upload hangs"
        return self.answer


def let_time_pass(stack, team):
    """As if the lifetime of every upload under way were over."""
    stack.sql(team.tenant["database_name"], "UPDATE upload_intents SET expires_at = now() - interval '1 s'"
              " WHERE state = 'pending'; UPDATE upload_reservations SET expires_at = now() - interval '1 s'")


def leftovers(stack, team):
    """Intents that are not settled, and space that is still kept."""
    return stack.sql(team.tenant["database_name"], "SELECT (SELECT count(*) FROM upload_intents WHERE state <>"
                     " 'committed') + (SELECT count(*) FROM upload_reservations)")


def assert_clean(stack, team, documents, files):
    """So many documents and files with their objects, and nothing else, once the sweeper has been there."""
    eventually(lambda: leftovers(stack, team) == "0", within=20, what="the end of what the upload left")
    eventually(lambda: len(stack.objects(team.id)) == files, within=20, what="the end of objects without rows")
    eventually(lambda: not stack.spool_files(), what="an empty spool")
    assert (team.total_documents(), team.total_files()) == (documents, files)


# The sidecar is killed

@pytest.mark.parametrize("moment", ["mid-push", "between store and commit"])
def test_the_sidecar_killed_around_the_push_leaves_nothing(upload_stack, team, moment):
    content = unique_text(300_000)
    hold = Hold(read=100_000 if moment == "mid-push" else None)
    upload_stack.store.fail(hold)
    upload = Background(team, content, headers={"Idempotency-Key": "first"})
    assert hold.reached.wait(30)
    upload_stack.kill("sidecar")
    hold.release()
    answer = upload.join()
    assert answer is None or answer.status in (502, 503, 504), repr(answer)
    upload_stack.await_sidecar()
    assert team.total_documents() == 0
    # The client's retry does not wait for the sweeper.
    document = team.upload(content, filename="fault.txt", headers={"Idempotency-Key": "first"})
    assert team.download(document["id"]) == content
    let_time_pass(upload_stack, team)
    assert_clean(upload_stack, team, documents=1, files=1)
    assert team.download(document["id"]) == content


def test_the_sidecar_killed_between_commit_and_answer_has_made_the_document_once(upload_stack, team):
    content, database = unique_text(20_000), team.tenant["database_name"]
    key = {"Idempotency-Key": "the one"}
    with upload_stack.holding(database, "LOCK TABLE documents IN SHARE MODE"):
        upload = Background(team, content, headers=key)
        upload_stack.await_blocked(database, "INSERT INTO documents")
        upload_stack.kill("sidecar")
        answer = upload.join()
    assert answer is None or answer.status in (502, 503, 504), repr(answer)
    eventually(lambda: team.total_documents() == 1, within=20, what="the commit without its asker")
    (made,) = team.admin.api.get(team.documents).data()["documents"]
    upload_stack.await_sidecar()
    again = team.upload(content, filename="fault.txt", headers=key)
    assert again["id"] == made["id"] and team.download(made["id"]) == content
    assert_clean(upload_stack, team, documents=1, files=1)


@pytest.mark.parametrize("moment", ["receiving", "mid-push", "between store and commit"])
def test_what_a_killed_sidecar_had_under_way_is_given_up_by_the_next(upload_stack, team, moment):
    """Reservation and intent do not wait for their time to be over: the quota is free at once."""
    content = unique_text(300_000)
    if moment == "receiving":
        form = Form(content)
        head = rawhttp.head("POST", team.documents, Content_Type=form.content_type, Content_Length=len(form),
                            Authorization=f"Bearer {team.admin.api.token}")
        connection = socket.create_connection(("127.0.0.1", upload_stack.port), timeout=30)
        connection.sendall(head + form.bytes()[:290_000])
        eventually(upload_stack.spool_files, what="a body in the spool")
    else:
        hold = Hold(read=100_000 if moment == "mid-push" else None)
        upload_stack.store.fail(hold)
        upload = Background(team, content)
        assert hold.reached.wait(30)
    assert int(leftovers(upload_stack, team)) > 0
    upload_stack.kill("sidecar")
    if moment == "receiving":
        connection.close()
    else:
        hold.release()
        upload.join()
    upload_stack.await_sidecar()
    assert_clean(upload_stack, team, documents=0, files=0)


# The application is killed

@pytest.mark.parametrize("step, table", [("resolve", "upload_intents"), ("commit", "documents")])
def test_the_application_killed_while_it_decides_loses_nothing(upload_stack, team, step, table):
    content, database = unique_text(20_000), team.tenant["database_name"]
    key = {"Idempotency-Key": "decided"}
    with upload_stack.holding(database, f"LOCK TABLE {table} IN SHARE MODE"):
        upload = Background(team, content, headers=key)
        upload_stack.await_blocked(database, f"INSERT INTO {table}")
        for process in ("app-0", "app-1"):
            upload_stack.kill(process)
    answer = upload.join()
    upload_stack.await_healthy()
    assert answer is not None and answer.status in (201, 502, 503, 504), repr(answer)
    assert team.total_documents() <= 1
    document = eventually(lambda: team.upload(content, filename="fault.txt", headers=key), within=20,
                          what="the retry")
    if answer.status == 201:
        assert document["id"] == answer.data(201)["id"]
    assert team.download(document["id"]) == content
    let_time_pass(upload_stack, team)
    assert_clean(upload_stack, team, documents=1, files=1)


# The store misbehaves

MISBEHAVIOUR = {
    "500": Status(500), "403": Status(403), "reset in the middle": Reset(50_000),
    "200 with an error inside, and no tag": ErrorInside(), "a byte is lost": Short(), "a wrong digest": WrongTag(),
}


@pytest.mark.parametrize("fault", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR.keys())
def test_a_store_that_keeps_failing_is_no_success(upload_stack, team, fault):
    content = unique_text(100_000)
    upload_stack.store.fail(*[fault] * 20)
    answer = team.admin.api.upload(team.documents, content)
    upload_stack.store.fail()
    answer.error((502, 503), "STORAGE_UNAVAILABLE")
    assert_clean(upload_stack, team, documents=0, files=0)
    document = team.upload(content)
    assert team.download(document["id"]) == content


@pytest.mark.parametrize("fault", [Status(500), Status(503), Reset(0), Reset(99_999)],
                         ids=["500", "503", "reset at the start", "reset at the end"])
def test_a_store_that_fails_once_is_asked_again(upload_stack, team, fault):
    content = unique_text(100_000)
    upload_stack.store.fail(fault)
    document = team.upload(content)
    assert team.download(document["id"]) == content
    assert_clean(upload_stack, team, documents=1, files=1)


def test_a_store_that_stops_taking_a_body_is_asked_again(upload_stack, team):
    # More than the sockets between the two can hold.
    content = unique_text(16 * MIB)
    stuck = Hold(read=50_000)
    upload_stack.store.fail(stuck)
    try:
        document = team.upload(content)
    finally:
        stuck.released.set()
    assert stuck.reached.is_set()
    assert team.download(document["id"]) == content
    assert_clean(upload_stack, team, documents=1, files=1)


def test_a_completion_that_fails_inside_a_200_is_no_success(upload_stack, team):
    content = unique_text(17 * MIB)
    upload_stack.store.fail(*[ErrorInside()] * 40)
    answer = team.admin.api.upload(team.documents, content)
    upload_stack.store.fail()
    answer.error((502, 503), "STORAGE_UNAVAILABLE")
    assert_clean(upload_stack, team, documents=0, files=0)
    eventually(lambda: not upload_stack.store.unfinished, within=20, what="the end of the parts")


# The client misbehaves

@pytest.mark.parametrize("fault", ["cut", "reset", "half", "stall"])
def test_a_client_gone_at_99_percent_leaves_nothing(upload_stack, team, fault):
    form = Form(unique_text(2_000_000), "gone.txt")
    request = rawhttp.head("POST", team.documents, Content_Type=form.content_type, Content_Length=len(form),
                           Authorization=f"Bearer {team.admin.api.token}") + form.bytes()
    with FaultProxy(upload_stack.port, len(request) * 99 // 100, fault) as proxy:
        def send():
            try:
                return rawhttp.send(proxy.port, request, "POST", timeout=30)
            except (OSError, http.client.HTTPException):
                return None

        answers = []
        thread = threading.Thread(target=lambda: answers.append(send()))
        thread.start()
        assert proxy.reached.wait(30)
        if fault == "stall":
            # While it is stalled the others are served.
            document = team.upload(unique_text())
            proxy.end()
            team.admin.api.delete(f"{team.documents}/{document['id']}").data()
        thread.join(60)
        assert not thread.is_alive()
    assert answers[0] is None or answers[0].status == 400, answers
    assert_clean(upload_stack, team, documents=0, files=0)
    assert team.admin.api.upload(team.documents, form=form).status == 201
