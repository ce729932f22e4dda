import os
import signal
import uuid
from contextlib import contextmanager

import pytest

from client import UUID, new_team
from content import unique_text
from polling import eventually

FILE = {"id", "md5_hash", "sha256", "s3_path", "file_size", "created_at", "inspection"}


@contextmanager
def still_worker(stack):
    """Holds the EventWorker still, so that its clean-up of orphans does not come first."""
    pid = stack.pid("worker")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def orphan(team, content=None):
    """A file whose only document was deleted; its id."""
    document = team.upload(content or unique_text())
    team.admin.api.delete(f"{team.documents}/{document['id']}").data()
    return document["file_id"]


def test_a_new_tenant_has_no_files(fresh_team):
    data = fresh_team.admin.api.get(fresh_team.files).data()
    assert data["files"] == [] and data["pagination"]["total"] == 0
    assert data["stats"]["total_files"] == 0 and data["stats"]["total_storage_bytes"] == 0


def test_the_list_tells_files_and_storage(fresh_team):
    team, contents = fresh_team, [unique_text(size) for size in (100, 2000, 30000)]
    documents = [team.upload(content) for content in contents]
    team.upload(contents[0], filename="again.txt")
    data = team.viewer.api.get(team.files).data()
    assert {file["id"] for file in data["files"]} == {document["file_id"] for document in documents}
    assert all(set(file) >= FILE and UUID.match(file["id"]) for file in data["files"])
    assert data["pagination"]["total"] == 3
    assert data["stats"]["total_files"] == 3 and data["stats"]["total_storage_bytes"] == 32100
    assert abs(data["stats"]["total_storage_mb"] - 32100 / 1048576) < 0.01


def test_the_list_is_paged(fresh_team):
    team = fresh_team
    made = {team.upload(unique_text())["file_id"] for _ in range(5)}
    pages = [team.admin.api.get(team.files, page=n, per_page=2).data() for n in (1, 2, 3)]
    assert [len(page["files"]) for page in pages] == [2, 2, 1]
    assert {file["id"] for page in pages for file in page["files"]} == made
    assert all(page["pagination"]["total"] == 5 and page["pagination"]["pages"] == 3 for page in pages)


@pytest.mark.parametrize("name, value", [("page", "0"), ("per_page", "101"), ("per_page", "x")])
def test_page_sizes_out_of_range_are_refused(team, name, value):
    assert name in team.admin.api.get(team.files, **{name: value}).fields()


def test_statistics_of_each_file_come_on_request(fresh_team, stack):
    team, content = fresh_team, unique_text()
    with still_worker(stack):
        shared = team.upload(content, filename="1.txt")["file_id"]
        team.upload(content, filename="2.txt")
        alone = orphan(team)
        files = {f["id"]: f for f in team.admin.api.get(team.files, include_stats="true").data()["files"]}
        assert (files[shared]["document_count"], files[shared]["is_orphaned"]) == (2, False)
        assert (files[alone]["document_count"], files[alone]["is_orphaned"]) == (0, True)
        assert all("document_count" not in f for f in team.admin.api.get(team.files).data()["files"])


def test_a_file_comes_with_its_documents(fresh_team):
    team, content = fresh_team, unique_text()
    first, second = team.upload(content, filename="1.txt"), team.upload(content, team.user, filename="2.txt")
    file = team.viewer.api.get(f"{team.files}/{first['file_id']}").data()
    assert set(file) >= FILE | {"documents", "document_count", "is_orphaned"}
    assert {d["id"]: d["filename"] for d in file["documents"]} == {first["id"]: "1.txt", second["id"]: "2.txt"}
    assert all(set(d) >= {"id", "filename", "mime_type", "created_at"} for d in file["documents"])
    assert (file["document_count"], file["is_orphaned"]) == (2, False)
    assert {k: file[k] for k in FILE} == {k: first["file"][k] for k in FILE}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_missing_malformed_and_foreign_files_give_one_answer(team, fresh_team, method):
    foreign = fresh_team.upload(unique_text())["file_id"]
    errors = [team.admin.api.request(method, f"{team.files}/{file}").error(404, "FILE_NOT_FOUND")
              for file in (foreign, uuid.uuid4(), "nonsense")]
    assert errors[0] == errors[1] == errors[2]


def test_a_file_in_use_is_not_deleted(team):
    content = unique_text()
    document = team.upload(content)
    team.admin.api.delete(f"{team.files}/{document['file_id']}").error(409, "FILE_IN_USE")
    assert team.download(document["id"]) == content


def test_an_orphan_is_deleted_with_its_object(fresh_team, stack):
    team = fresh_team
    with still_worker(stack):
        file = orphan(team)
        assert len(stack.objects(team.id)) == 1
        team.admin.api.delete(f"{team.files}/{file}").data()
        team.admin.api.get(f"{team.files}/{file}").error(404, "FILE_NOT_FOUND")
        eventually(lambda: not stack.objects(team.id), what="the object's removal")
        assert team.total_files() == 0


def test_all_orphans_are_deleted_at_once(fresh_team, stack):
    team, kept = fresh_team, unique_text()
    document = team.upload(kept)
    with still_worker(stack):
        for _ in range(3):
            orphan(team)
        data = team.admin.api.delete(f"{team.files}/orphaned").data()
        assert (data["deleted"], data["failed"]) == (3, 0) and data["total_checked"] >= 3
        assert [f["id"] for f in team.admin.api.get(team.files).data()["files"]] == [document["file_id"]]
        eventually(lambda: len(stack.objects(team.id)) == 1, what="the objects' removal")
        again = team.admin.api.delete(f"{team.files}/orphaned").data()
        assert (again["deleted"], again["failed"]) == (0, 0)
    assert team.download(document["id"]) == kept


def test_the_same_bytes_after_the_deletion_are_stored_anew(fresh_team, stack):
    team, content = fresh_team, unique_text()
    with still_worker(stack):
        file = orphan(team, content)
        team.admin.api.delete(f"{team.files}/{file}").data()
        document = team.upload(content)
        assert document["file_id"] != file
    assert team.download(document["id"]) == content


def test_the_old_prefix_answers_too(api):
    team = new_team(api, roles=("user", "outsider"))
    document = team.upload(unique_text())
    old = f"/api/files/{team.id}/files"
    assert team.user.api.get(old).data() == team.user.api.get(team.files).data()
    path = f"{old}/{document['file_id']}"
    assert team.user.api.get(path).data() == team.user.api.get(f"{team.files}/{document['file_id']}").data()
    team.user.api.delete(path).error(403, "FORBIDDEN")
    team.admin.api.delete(path).error(409, "FILE_IN_USE")
    assert team.admin.api.delete(f"{old}/orphaned").data()["failed"] == 0
    team.outsider.api.get(old).error(404, "TENANT_NOT_FOUND")
    api.get(old).error(401, "TOKEN_MISSING")
