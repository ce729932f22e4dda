"""What an upload meets when there is no place for it: an answer at once, and nothing left behind."""

import socket
import time

import pytest

import rawhttp
from client import add_member, at_once, new_person, new_team
from conftest import ended, started
from content import Form, Pattern, unique_text
from polling import eventually

MIB = 1024 * 1024
SPOOL = 4 * MIB


@pytest.fixture(scope="module")
def tight():
    """A stack with small limits."""
    stack = started("tight", UPLOAD_MAX_CONCURRENT="4", UPLOAD_MAX_PER_TENANT="3", UPLOAD_MAX_PER_USER="2",
                    UPLOAD_MIN_RATE="20000", UPLOAD_MIN_RATE_GRACE="4", SPOOL_MAX_BYTES=str(SPOOL))
    yield stack
    ended(stack)


class HeldUpload:
    """An upload that has begun and waits in the middle of its body."""

    def __init__(self, stack, person, team):
        self.form = Form(unique_text(400_000))
        body = self.form.bytes()
        self.rest = body[300_000:]
        spooled = len(stack.spool_files())
        self.connection = socket.create_connection(("127.0.0.1", stack.port), timeout=30)
        self.connection.sendall(rawhttp.head(
            "POST", team.documents, Authorization=f"Bearer {person.api.token}", Content_Length=len(body),
            Content_Type=self.form.content_type) + body[:300_000])
        # Too large for memory: its file in the spool shows that it has its place.
        eventually(lambda: len(stack.spool_files()) > spooled, what="a place for the upload")

    def finish(self):
        self.connection.sendall(self.rest)
        answer = rawhttp.receive(self.connection, "POST")
        self.connection.close()
        return answer


def announce(stack, person, team, size=50_000):
    """Sends the head of an upload and none of its body; the answer, or None when the body is waited for."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=20) as connection:
        connection.sendall(rawhttp.head(
            "POST", team.documents, Authorization=f"Bearer {person.api.token}", Content_Length=size,
            Content_Type="multipart/form-data; boundary=b"))
        try:
            return rawhttp.receive(connection, "POST")
        except TimeoutError:
            return None


def refusal(stack, person, team):
    answer = announce(stack, person, team)
    if answer is None or answer.status != 429:
        return None
    return answer.error(429, "TOO_MANY_UPLOADS")["details"]["limit_of"]


def test_one_upload_too_many_is_refused_before_its_body_is_sent(tight):
    team, other = new_team(tight.api, roles=("user",)), new_team(tight.api, roles=())
    third = new_person(tight.api)
    add_member(team, third, "user")
    held = [HeldUpload(tight, team.admin, team) for _ in range(2)]
    assert refusal(tight, team.admin, team) == "user"
    assert team.user.api.upload(team.documents, unique_text()).status == 201
    held.append(HeldUpload(tight, team.user, team))
    assert refusal(tight, third, team) == "tenant"
    assert other.admin.api.upload(other.documents, unique_text()).status == 201
    held.append(HeldUpload(tight, other.admin, other))
    stranger = new_team(tight.api, roles=())
    assert refusal(tight, stranger.admin, stranger) == "server"
    # A refused upload that sends its body all the same hears the answer too.
    stranger.admin.api.upload(stranger.documents, Pattern(3 * MIB)).error(429, "TOO_MANY_UPLOADS")
    # Those that run are not disturbed, and everything else goes on.
    tight.api.get("/health/ready").data()
    assert [upload.finish().status for upload in held] == [201] * 4
    assert stranger.admin.api.upload(stranger.documents, unique_text()).status == 201


def test_a_client_that_goes_away_gives_its_place_back(tight):
    team = new_team(tight.api, roles=())
    held = [HeldUpload(tight, team.admin, team) for _ in range(2)]
    assert refusal(tight, team.admin, team) == "user"
    for upload in held:
        upload.connection.close()
    eventually(lambda: team.admin.api.upload(team.documents, unique_text()).status == 201, what="a free place")


def test_a_slow_client_is_cut(tight):
    team = new_team(tight.api, roles=())
    form = Form(unique_text(100_000))
    body = form.bytes()
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", tight.port), timeout=30) as connection:
        connection.sendall(rawhttp.head(
            "POST", team.documents, Authorization=f"Bearer {team.admin.api.token}", Content_Length=len(body),
            Content_Type=form.content_type))
        connection.settimeout(0.2)
        sent, answer = 0, None
        while answer is None and time.monotonic() - begun < 25:
            try:
                connection.sendall(body[sent:sent + 100])
                sent += 100
                answer = rawhttp.receive(connection, "POST")
            except TimeoutError:
                continue
    assert answer is not None, "never cut"
    answer.error(408, "TIMEOUT")
    assert team.total_documents() == 0
    eventually(lambda: not tight.spool_files(), what="an empty spool")


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_full_spool_is_507_and_the_rest_goes_on(tight, chunked):
    team = new_team(tight.api, roles=())
    answer = team.admin.api.upload(team.documents, Pattern(SPOOL + MIB), filename="big.bin", chunked=chunked)
    answer.error(507, "INSUFFICIENT_STORAGE")
    eventually(lambda: not tight.spool_files(), what="an empty spool")
    tight.api.get("/health/ready").data()
    content = Pattern(SPOOL - MIB)
    assert team.upload(content, filename="fits.bin")["file"]["sha256"] == content.sha256()
    assert team.total_documents() == 1


def test_32_identical_uploads_of_one_user_pass_with_the_default_limits(stack):
    team = new_team(stack.api, roles=())
    content = unique_text(50_000)
    documents = at_once(32, lambda n: team.upload(content, filename=f"{n}.txt"))
    assert len({document["file_id"] for document in documents}) == 1
