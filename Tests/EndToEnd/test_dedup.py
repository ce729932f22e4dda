"""Content is stored once a tenant, and only SHA-256 with the size decides what is the same."""

import hashlib
import json
import os

import pytest

from client import add_member, at_once, new_person, new_team
from content import unique_text
from polling import eventually

# Marc Stevens' single-block collision: two messages of 64 bytes with one MD5.
TWINS = [bytes.fromhex("4dc968ff0ee35c209572d4777b721587d36fa7b21bdc56b74a3dc0783e7b9518"
                       "afbfa2" + bit + "a8284bf36e8e4b55b35f427593d849676da0d1" + other + "5d8360fb5f07fea2")
         for bit, other in (("00", "55"), ("02", "d5"))]
# Uploads in the race between deleting and uploading the same content.
UPLOADS = 1000 if os.environ.get("TEST_FULL") else 100


@pytest.fixture(params=["directory", "s3"])
def stack_and_team(request):
    stack = request.getfixturevalue("stack" if request.param == "directory" else "s3_stack")
    return stack, new_team(stack.api, roles=())


def upload(team, content, **more):
    return team.upload(content, filename="twin.bin", content_type="application/octet-stream", **more)


def test_the_twins_are_a_collision():
    first, second = TWINS
    assert len(first) == len(second) == 64
    assert hashlib.md5(first).hexdigest() == hashlib.md5(second).hexdigest() == "008ee33a9d58b51cfeb425b0959121c9"
    assert hashlib.sha256(first).hexdigest() != hashlib.sha256(second).hexdigest()


@pytest.mark.parametrize("order", [TWINS, TWINS[::-1]], ids=["forwards", "backwards"])
def test_files_with_one_md5_are_two_files_and_each_comes_back_as_itself(stack_and_team, order):
    stack, team = stack_and_team
    documents = [upload(team, content) for content in order + order]
    assert len({document["file_id"] for document in documents}) == 2
    assert len({document["file"]["md5_hash"] for document in documents}) == 1
    assert len({document["file"]["s3_path"] for document in documents}) == 2
    for document, content in zip(documents, order + order):
        assert document["file"]["sha256"] == hashlib.sha256(content).hexdigest()
        assert team.download(document["id"]) == content
    assert team.total_files() == 2 and len(stack.objects(team.id)) == 2


def test_files_with_one_md5_may_race(stack_and_team):
    stack, team = stack_and_team
    documents = at_once(16, lambda n: upload(team, TWINS[n % 2]))
    assert len({document["id"] for document in documents}) == 16
    for number in (0, 1):
        assert len({document["file_id"] for document in documents[number::2]}) == 1
    assert documents[0]["file_id"] != documents[1]["file_id"]
    eventually(lambda: len(stack.objects(team.id)) == 2, what="the removal of the losers' objects")
    for number, document in enumerate(documents):
        assert team.download(document["id"]) == TWINS[number % 2]


def test_a_twin_outlives_the_removal_of_the_other(stack_and_team):
    stack, team = stack_and_team
    gone, kept = [upload(team, content) for content in TWINS]
    team.admin.api.delete(f"{team.documents}/{gone['id']}").data()
    eventually(lambda: len(stack.objects(team.id)) == 1, within=30, what="the removal of the deleted twin")
    assert team.download(kept["id"]) == TWINS[1]
    again = upload(team, TWINS[0])
    assert again["file_id"] not in (gone["file_id"], kept["file_id"])
    assert team.download(again["id"]) == TWINS[0]


def test_16_identical_uploads_at_once_are_one_file(stack_and_team):
    stack, team = stack_and_team
    content = unique_text(50_000)
    documents = at_once(16, lambda n: upload(team, content))
    assert len({document["id"] for document in documents}) == 16
    assert len({document["file_id"] for document in documents}) == 1
    eventually(lambda: len(stack.objects(team.id)) == 1, what="the removal of the losers' objects")
    assert all(team.download(document["id"]) == content for document in documents)


def test_the_same_file_in_two_tenants_is_stored_twice(stack_and_team):
    """Nothing in the answer shows that another tenant has the content."""
    stack, team = stack_and_team
    other = new_team(stack.api, roles=())
    content = unique_text(5000)
    first, second = upload(team, content), upload(other, content)
    assert first["file_id"] != second["file_id"]
    for side, document in ((team, first), (other, second)):
        assert side.total_files() == 1
        (key,) = stack.objects(side.id)
        assert document["file_id"] in key
    team.admin.api.delete(f"{team.documents}/{first['id']}").data()
    eventually(lambda: not stack.objects(team.id), within=30, what="the removal of the one")
    assert other.download(second["id"]) == content
    assert set(first) == set(second) and set(first["file"]) == set(second["file"])


def test_what_another_tenant_has_makes_no_difference(stack_and_team):
    """Neither the answer nor the work done for it tells whether another tenant has the content: both are pushed."""
    stack, team = stack_and_team
    other = new_team(stack.api, roles=())
    known, fresh = unique_text(300_000), unique_text(300_000)
    team.upload(known)
    answers = [other.admin.api.upload(other.documents, content) for content in (known, fresh)]
    documents = [answer.data(201) for answer in answers]
    assert [name for name, _ in answers[0].headers.items()] == [name for name, _ in answers[1].headers.items()]
    assert list(documents[0]) == list(documents[1]) and list(documents[0]["file"]) == list(documents[1]["file"])
    assert len(stack.objects(other.id)) == 2
    lines = eventually(lambda: sidecar_lines(stack, [answer.header("X-Upload-Id") for answer in answers]),
                       what="both uploads in the log")
    assert [line["upload.outcome"] for line in lines] == ["stored", "stored"]
    # Asking by the digest shows one's own tenant alone.
    query = {"sha256": hashlib.sha256(known).hexdigest()}
    assert len(team.admin.api.get(team.documents, **query).data()["documents"]) == 1
    stranger = new_team(stack.api, roles=())
    assert stranger.admin.api.get(stranger.documents, **query).data()["documents"] == []
    assert "sha256" in stranger.admin.api.get(stranger.documents, sha256="x").fields()


def sidecar_lines(stack, uploads):
    """The sidecar's log lines about these uploads, in this order; None as long as one is missing."""
    lines = {}
    for line in (stack.state_dir / "log" / "sidecar.log").read_text().splitlines():
        if line.startswith("{"):
            entry = json.loads(line)
            lines[entry.get("upload.id")] = entry
    return [lines[upload] for upload in uploads] if all(upload in lines for upload in uploads) else None


def test_deleting_while_the_same_content_is_uploaded_loses_nothing(stack, figure):
    """Every upload that was answered with 201 can be downloaded until its own document is deleted."""
    team = new_team(stack.api, roles=())
    content = unique_text(3000)
    people = [team.admin] + [new_person(stack.api) for _ in range(2)]
    for person in people[1:]:
        add_member(team, person, "user")
    files = [set() for _ in people]

    def work(number):
        person = people[number]
        for _ in range(UPLOADS // len(people) + 1):
            document = upload(team, content, person=person)
            assert team.download(document["id"], person) == content
            files[number].add(document["file_id"])
            person.api.delete(f"{team.documents}/{document['id']}").data()
            if number == 0:
                # What no document shows goes now, not when the event arrives.
                team.admin.api.delete(f"{team.files}/orphaned").data()

    at_once(len(people), work)
    met = set.union(*files)
    # Otherwise no deletion was ever the last of its file, and nothing was shown.
    assert len(met) > 1
    figure("files that one content was in the race of deletions", len(met))
    document = upload(team, content)
    assert team.download(document["id"]) == content
    eventually(lambda: stack.objects(team.id) == {path for path in stack.objects(team.id)
                                                  if document["file_id"] in path} != set(),
               within=30, what="the removal of all other objects")
    assert team.total_files() == 1 and team.total_documents() == 1
