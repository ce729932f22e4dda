import math
import uuid

import pytest

from client import RFC3339_UTC, UUID, lasting, new_team
from content import unique_pdf, unique_text

DOCUMENT = {"id", "filename", "mime_type", "file_id", "user_id", "created_at", "updated_at", "created_by"}
FILE = {"id", "md5_hash", "sha256", "s3_path", "file_size", "created_at", "inspection"}


@pytest.fixture(scope="module")
def library(stack):
    """A tenant with 25 documents, oldest first, by two people."""
    team = new_team(stack.api)
    made = []
    for number in range(25):
        person = team.user if number % 5 == 0 else team.admin
        if number % 6 == 1:
            made.append(team.upload(unique_pdf(), person, filename=f"Report {number:02}.PDF",
                                    content_type="application/pdf"))
        else:
            made.append(team.upload(unique_text(), person, filename=f"note-{number:02}.txt"))
    team.made = made
    return team


def listed(team, person=None, **query):
    return (person or team.admin).api.get(team.documents, **query).data()


def ids(documents):
    return [document["id"] for document in documents]


# Lists

def test_a_new_tenant_has_no_documents(fresh_team):
    data = listed(fresh_team)
    assert data["documents"] == []
    assert (data["pagination"]["page"], data["pagination"]["per_page"], data["pagination"]["total"]) == (1, 20, 0)
    assert data["pagination"]["next_cursor"] is None


def test_the_list_comes_newest_first_in_pages_of_twenty(library):
    data = listed(library)
    assert ids(data["documents"]) == ids(library.made[::-1][:20])
    shown = data["pagination"]
    assert (shown["page"], shown["per_page"], shown["total"], shown["pages"]) == (1, 20, 25, 2)
    assert shown["next_cursor"]


@pytest.mark.parametrize("per_page", [1, 7, 24, 25, 26, 100])
def test_pages_hold_everything_once(library, per_page):
    pages = math.ceil(25 / per_page)
    found = []
    for page in range(1, pages + 1):
        data = listed(library, page=page, per_page=per_page)
        assert data["pagination"]["pages"] == pages and data["pagination"]["total"] == 25
        found += ids(data["documents"])
    assert found == ids(library.made[::-1])


def test_a_page_past_the_end_is_empty(library):
    data = listed(library, page=9)
    assert data["documents"] == [] and data["pagination"]["total"] == 25


def test_the_cursor_walks_everything_once(library):
    data = listed(library, per_page=10)
    found = ids(data["documents"])
    while data["pagination"]["next_cursor"]:
        data = listed(library, per_page=10, cursor=data["pagination"]["next_cursor"])
        found += ids(data["documents"])
        assert len(found) <= 25
    assert found == ids(library.made[::-1])


def test_the_cursor_is_not_moved_by_new_documents(fresh_team):
    made = [fresh_team.upload(unique_text()) for _ in range(4)]
    first = listed(fresh_team, per_page=2)
    fresh_team.upload(unique_text())
    second = listed(fresh_team, per_page=2, cursor=first["pagination"]["next_cursor"])
    assert ids(first["documents"]) + ids(second["documents"]) == ids(made[::-1])


@pytest.mark.parametrize("cursor", ["nonsense", "x" * 3000, "%00", "' OR 1=1 --", "eyJhIjoxfQ"])
def test_a_bad_cursor_is_refused(library, cursor):
    library.admin.api.get(library.documents, cursor=cursor).error((400, 422), "VALIDATION_ERROR", "BAD_REQUEST")


@pytest.mark.parametrize("name, value", [
    ("page", "0"), ("page", "-1"), ("page", "x"), ("page", "1.5"), ("page", ""), ("page", "99999999999999999999"),
    ("per_page", "0"), ("per_page", "101"), ("per_page", "-5"), ("per_page", "many"), ("per_page", " "),
])
def test_page_sizes_out_of_range_are_refused(library, name, value):
    assert name in library.admin.api.get(library.documents, **{name: value}).fields()


@pytest.mark.parametrize("name, value", [
    ("user_id", "nonsense"), ("created_from", "yesterday"), ("created_to", "2026-13-45T00:00:00Z"),
    ("sort", "password_hash"), ("sort", "created_at; DROP TABLE documents"),
])
def test_an_invalid_filter_is_named(library, name, value):
    assert name in library.admin.api.get(library.documents, **{name: value}).fields()


def test_every_member_may_list(library):
    for person in (library.admin, library.user, library.viewer):
        assert listed(library, person)["pagination"]["total"] == 25


def test_the_file_is_in_the_list_on_request_only(library):
    assert all("file" not in document for document in listed(library)["documents"])
    for document in listed(library, include="file")["documents"]:
        assert set(document["file"]) >= FILE and document["file"]["id"] == document["file_id"]


# Filters

def test_the_filename_filter_is_a_part_in_any_case(library):
    assert ids(listed(library, filename="REPORT")["documents"]) == ids(
        [d for d in library.made[::-1] if "Report" in d["filename"]])
    assert ids(listed(library, filename="te-1")["documents"]) == ids(
        [d for d in library.made[::-1] if "te-1" in d["filename"]])
    assert listed(library, filename="no such name")["pagination"]["total"] == 0


def test_the_filename_filter_takes_every_character_as_itself(fresh_team):
    names = ["100%_sure.txt", "100 sure.txt", "a_b.txt", "axb.txt", "quote'd.txt", "ÄRGER.txt"]
    for name in names:
        fresh_team.upload(unique_text(), filename=name)
    for part, matches in (("%", names[:1]), ("_", [names[0], names[2]]), ("0%_s", names[:1]), ("'", [names[4]]),
                          ("a_b", [names[2]]), ("%%", []), ("ärger", [names[5]])):
        found = {d["filename"] for d in listed(fresh_team, filename=part)["documents"]}
        assert found == set(matches), part


def test_the_filters_for_person_and_type(library):
    by_user = listed(library, user_id=library.user.id)
    assert by_user["pagination"]["total"] == 5
    assert {d["user_id"] for d in by_user["documents"]} == {library.user.id}
    pdfs = listed(library, mime_type="application/pdf")
    assert pdfs["pagination"]["total"] == 4
    assert {d["mime_type"] for d in pdfs["documents"]} == {"application/pdf"}
    assert listed(library, user_id=str(uuid.uuid4()))["pagination"]["total"] == 0


def test_filters_join(library):
    both = listed(library, user_id=library.user.id, filename="note-1")
    assert ids(both["documents"]) == ids([d for d in library.made[::-1] if "note-1" in d["filename"]
                                          and d["user_id"] == library.user.id])
    assert both["documents"]


def test_the_time_filters_bound_the_list(library):
    times = [document["created_at"] for document in library.made]
    late = ids(listed(library, created_from=times[10], per_page=100)["documents"])
    assert set(ids(library.made[11:])) <= set(late) and not set(ids(library.made[:10])) & set(late)
    early = ids(listed(library, created_to=times[10], per_page=100)["documents"])
    assert set(ids(library.made[:10])) <= set(early) and not set(ids(library.made[11:])) & set(early)
    between = ids(listed(library, created_from=times[5], created_to=times[8], per_page=100)["documents"])
    assert set(ids(library.made[6:8])) <= set(between)
    assert not set(ids(library.made[:5]) + ids(library.made[9:])) & set(between)


def test_filtered_lists_are_paged_too(library):
    data = listed(library, filename="note", per_page=5)
    total = data["pagination"]["total"]
    assert total == sum("note" in d["filename"] for d in library.made)
    found = ids(data["documents"])
    while data["pagination"]["next_cursor"]:
        data = listed(library, filename="note", per_page=5, cursor=data["pagination"]["next_cursor"])
        found += ids(data["documents"])
    assert len(found) == len(set(found)) == total


@pytest.mark.parametrize("sort, key, descending", [
    ("created_at", "created_at", False), ("-created_at", "created_at", True),
    ("filename", "filename", False), ("-filename", "filename", True),
])
def test_the_list_is_sorted_as_asked(library, sort, key, descending):
    data = listed(library, sort=sort, per_page=10)
    found = list(data["documents"])
    while data["pagination"]["next_cursor"]:
        data = listed(library, sort=sort, per_page=10, cursor=data["pagination"]["next_cursor"])
        found += data["documents"]
        assert len(found) <= 25
    assert len(set(ids(found))) == 25
    values = [document[key].lower() for document in found]
    assert values == sorted(values, reverse=descending)


# One document

def test_a_document_comes_with_its_file(team):
    made = team.upload(unique_pdf(), team.user, filename="one.pdf", content_type="application/pdf")
    document = team.viewer.api.get(f"{team.documents}/{made['id']}").data()
    assert lasting(document) == lasting(made)
    assert set(document) >= DOCUMENT | {"file"} and set(document["file"]) >= FILE
    assert UUID.match(document["id"]) and document["user_id"] == document["created_by"] == team.user.id
    assert document["file"]["id"] == document["file_id"]
    assert RFC3339_UTC.match(document["created_at"]) and RFC3339_UTC.match(document["file"]["created_at"])


@pytest.mark.parametrize("method, more", [
    ("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/download"),
])
def test_missing_and_malformed_documents_give_one_answer(team, method, more):
    def ask(document):
        return team.admin.api.request(method, f"{team.documents}/{document}{more}",
                                      json_body={"filename": "x.txt"} if method == "PUT" else None
                                      ).error(404, "DOCUMENT_NOT_FOUND")

    assert ask(uuid.uuid4()) == ask("nonsense") == ask("..%2f..%2fetc")


def test_a_document_of_another_tenant_is_not_found(team, fresh_team):
    foreign = fresh_team.upload(unique_text())
    for method, body in (("GET", None), ("PUT", {"filename": "x.txt"}), ("DELETE", None)):
        team.admin.api.request(method, f"{team.documents}/{foreign['id']}", json_body=body).error(
            404, "DOCUMENT_NOT_FOUND")
    fresh_team.admin.api.get(f"{fresh_team.documents}/{foreign['id']}").data()


# Changing

def test_name_and_type_can_be_changed(team):
    made = team.upload(unique_text(), filename="before.txt")
    path = f"{team.documents}/{made['id']}"
    after = team.admin.api.put(path, {"filename": "after ✓.txt"}).data()
    assert after["filename"] == "after ✓.txt" and after["mime_type"] == made["mime_type"]
    assert after["updated_at"] >= made["updated_at"] and after["created_at"] == made["created_at"]
    assert lasting(after)["file"] == lasting(made)["file"]
    after = team.admin.api.put(path, {"mime_type": "Text/CSV"}).data()
    assert (after["filename"], after["mime_type"]) == ("after ✓.txt", "text/csv")
    assert lasting(team.admin.api.get(path).data()) == lasting(after)


@pytest.mark.parametrize("body, field", [
    ({"filename": ""}, "filename"), ({"filename": "x" * 256}, "filename"), ({"filename": "a/b.txt"}, "filename"),
    ({"filename": "a\\b.txt"}, "filename"), ({"filename": "a\nb.txt"}, "filename"),
    ({"filename": "a\u0000b"}, "filename"), ({"filename": 5}, "filename"), ({"filename": "a\u007fb"}, "filename"),
    ({"mime_type": ""}, "mime_type"), ({"mime_type": "nonsense"}, "mime_type"), ({"mime_type": "a/b/c"}, "mime_type"),
    ({"mime_type": "text/" + "x" * 96}, "mime_type"), ({"mime_type": "text/plain\r\nX-Evil: 1"}, "mime_type"),
    ({"mime_type": []}, "mime_type"), ({"file_id": "x"}, "file_id"),
    ({"filename": "ok.txt", "user_id": "x"}, "user_id"),
])
def test_an_invalid_change_names_its_field_and_changes_nothing(team, body, field):
    made = team.upload(unique_text(), filename="steady.txt")
    path = f"{team.documents}/{made['id']}"
    assert field in team.admin.api.put(path, body).fields()
    assert lasting(team.admin.api.get(path).data()) == lasting(made)


def test_a_name_of_255_characters_fits(team):
    made = team.upload(unique_text())
    for name in ("x" * 255, "語" * 255, "🦉" * 255):
        assert team.admin.api.put(f"{team.documents}/{made['id']}", {"filename": name}).data()["filename"] == name


# Roles

def test_the_viewer_only_reads(team):
    made = team.upload(unique_text())
    path = f"{team.documents}/{made['id']}"
    team.viewer.api.get(path).data()
    team.viewer.api.upload(team.documents, unique_text()).error(403, "FORBIDDEN")
    team.viewer.api.put(path, {"filename": "mine.txt"}).error(403, "FORBIDDEN")
    team.viewer.api.delete(path).error(403, "FORBIDDEN")
    assert lasting(team.admin.api.get(path).data()) == lasting(made)


def test_a_user_changes_own_documents_only(team):
    own, other = team.upload(unique_text(), team.user), team.upload(unique_text(), team.admin)
    team.user.api.put(f"{team.documents}/{own['id']}", {"filename": "own.txt"}).data()
    team.user.api.put(f"{team.documents}/{other['id']}", {"filename": "own.txt"}).error(403, "FORBIDDEN")
    team.user.api.delete(f"{team.documents}/{other['id']}").error(403, "FORBIDDEN")
    team.user.api.delete(f"{team.documents}/{own['id']}").data()
    assert lasting(team.admin.api.get(f"{team.documents}/{other['id']}").data()) == lasting(other)


def test_an_admin_changes_every_document(team):
    made = team.upload(unique_text(), team.user)
    path = f"{team.documents}/{made['id']}"
    assert team.admin.api.put(path, {"filename": "by admin.txt"}).data()["filename"] == "by admin.txt"
    team.admin.api.delete(path).data()


# Deletion

def test_a_deleted_document_is_gone(fresh_team):
    team = fresh_team
    kept, made = team.upload(unique_text()), team.upload(unique_text())
    path = f"{team.documents}/{made['id']}"
    team.admin.api.delete(path).data()
    for request in (lambda: team.admin.api.get(path), lambda: team.admin.api.delete(path),
                    lambda: team.admin.api.get(f"{path}/download"),
                    lambda: team.admin.api.put(path, {"filename": "x.txt"})):
        request().error(404, "DOCUMENT_NOT_FOUND")
    assert ids(listed(team)["documents"]) == [kept["id"]]


def test_deleting_one_of_two_documents_keeps_the_file(fresh_team):
    team, content = fresh_team, unique_text()
    first, second = team.upload(content, filename="1.txt"), team.upload(content, filename="2.txt")
    team.admin.api.delete(f"{team.documents}/{first['id']}").data()
    assert team.download(second["id"]) == content
    assert team.total_files() == 1
