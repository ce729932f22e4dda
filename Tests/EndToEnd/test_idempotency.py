"""`Idempotency-Key` on uploads: sent again, an upload gives the document that the first one made."""

import pytest

from client import add_member, at_once, lasting, new_person, new_team
from content import unique_text


@pytest.fixture
def team(stack):
    return new_team(stack.api, roles=("user",))


def keyed(key):
    return {"Idempotency-Key": key}


def test_the_same_upload_again_gives_the_same_document(team):
    content = unique_text()
    first = team.upload(content, headers=keyed("a key"))
    again = team.upload(content, headers=keyed("a key"))
    assert lasting(again) == lasting(first)
    assert team.total_documents() == 1
    assert team.upload(content)["id"] != first["id"] and team.upload(content, headers=keyed("b"))["id"] != first["id"]


@pytest.mark.parametrize("change", ["content", "filename"])
def test_the_key_of_another_file_is_refused(team, change):
    content = unique_text()
    team.upload(content, headers=keyed("k"), filename="a.txt")
    answer = team.admin.api.upload(
        team.documents, unique_text() if change == "content" else content, headers=keyed("k"),
        filename="a.txt" if change == "content" else "b.txt")
    assert "Idempotency-Key" in answer.fields()
    assert "another file" in answer.json["error"]["message"]
    assert team.total_documents() == 1 and team.total_files() == 1


def test_a_key_belongs_to_its_user_and_its_tenant(stack, team):
    content = unique_text()
    other = new_team(stack.api, roles=())
    add_member(other, team.user, "user")
    first = team.upload(content, headers=keyed("k"))
    second = team.upload(content, team.user, headers=keyed("k"))
    third = other.upload(content, team.user, headers=keyed("k"))
    assert len({document["id"] for document in (first, second, third)}) == 3


def test_uploads_with_one_key_at_once_make_one_document(team):
    """Each is answered with the one document, or told that another with the key took over."""
    content = unique_text(40_000)
    answers = at_once(16, lambda n: team.admin.api.upload(team.documents, content, headers=keyed("race")))
    made = {answer.data(201)["id"] for answer in answers if answer.status == 201}
    for answer in answers:
        if answer.status != 201:
            answer.error(409, "CONFLICT")
    assert len(made) == 1
    assert team.total_documents() == 1 and team.total_files() == 1
    assert team.upload(content, headers=keyed("race"))["id"] in made


def test_the_key_of_a_deleted_document_makes_no_second_one(team):
    content = unique_text()
    document = team.upload(content, headers=keyed("k"))
    team.admin.api.delete(f"{team.documents}/{document['id']}").data()
    team.admin.api.upload(team.documents, content, headers=keyed("k")).error(409, "CONFLICT")
    assert team.total_documents() == 0


@pytest.mark.parametrize("key", ["x" * 256, "käse".encode().decode("latin-1"), "a\tb"])
def test_a_malformed_key_is_refused(team, key):
    answer = team.admin.api.upload(team.documents, unique_text(), headers=keyed(key))
    assert "Idempotency-Key" in answer.fields()


def test_a_retry_needs_the_right_to_upload_still(stack, team):
    content = unique_text()
    person = new_person(stack.api)
    add_member(team, person, "user")
    team.upload(content, person, headers=keyed("k"))
    team.admin.api.put(f"{team.path}/users/{person.id}", {"role": "viewer"}).data()
    person.api.upload(team.documents, content, headers=keyed("k")).error(403, "FORBIDDEN")
