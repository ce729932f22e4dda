import pytest

from client import new_team
from content import unique_text
from polling import eventually


@pytest.fixture
def team(store_stack):
    return new_team(store_stack.api, roles=())


def test_the_last_document_takes_its_file_and_object_with_it(store_stack, team):
    content = unique_text(5000)
    first, second = team.upload(content, filename="1.txt"), team.upload(content, filename="2.txt")
    kept = team.upload(unique_text())
    assert len(store_stack.objects(team.id)) == 2
    for document in (first, second):
        team.admin.api.delete(f"{team.documents}/{document['id']}").data()
    path = f"{team.files}/{first['file_id']}"
    eventually(lambda: team.admin.api.get(path).status == 404, within=15, what="the file row's removal")
    eventually(lambda: len(store_stack.objects(team.id)) == 1, within=15, what="the object's removal")
    assert team.download(kept["id"])
    assert team.total_files() == 1


def test_a_new_upload_of_orphaned_bytes_is_never_lost(store_stack, team):
    """Deleting and uploading the same content in turn, with the clean-up running behind."""
    content = unique_text(5000)
    for _ in range(20):
        document = team.upload(content)
        assert team.download(document["id"]) == content
        team.admin.api.delete(f"{team.documents}/{document['id']}").data()
    last = team.upload(content)
    eventually(lambda: team.total_files() == 1 and len(store_stack.objects(team.id)) == 1, within=15,
               what="the clean-up of the others")
    assert team.download(last["id"]) == content
    assert team.admin.api.get(f"{team.files}/{last['file_id']}").data()["document_count"] == 1
