import urllib.parse

import pytest

from client import new_team
from content import Pattern, unique_pdf, unique_text
from polling import eventually


@pytest.fixture(scope="module")
def team(s3_stack):
    return new_team(s3_stack.api, roles=("viewer",))


def test_the_download_goes_to_the_store_itself(s3_server, team):
    content = unique_pdf(padding=10_000)
    document = team.upload(content, filename="Prüfung.pdf", content_type="application/pdf")
    answer = team.viewer.api.get(f"{team.documents}/{document['id']}/download")
    assert answer.status == 302
    url = answer.header("Location")
    assert url.startswith(s3_server.endpoint)
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"] and int(query["X-Amz-Expires"][0]) <= 300
    fetched = team.viewer.api.fetch(url)
    assert fetched.status == 200 and fetched.body == content
    assert fetched.header("Content-Type") == "application/pdf"
    assert fetched.header("Content-Disposition").startswith("attachment")


def test_the_key_is_the_documented_one(s3_server, team):
    document = team.upload(unique_text())
    assert document["file"]["s3_path"] in s3_server.objects(team.id)


def test_a_large_file_arrives_whole_and_leaves_no_parts(s3_server, team):
    content = Pattern(30 * 1024 * 1024 + 17)
    document = team.upload(content, filename="large.bin", content_type="application/octet-stream")
    assert document["file"]["sha256"] == content.sha256()
    assert team.download(document["id"]) == b"".join(content.pieces())
    assert not s3_server.unfinished_uploads()


def test_without_its_store_an_upload_is_refused_and_nothing_kept(s3_stack, s3_server, team):
    known = unique_text()
    team.upload(known)
    before = team.total_documents(), team.total_files()
    s3_server.stop()
    try:
        answer = team.admin.api.upload(team.documents, unique_text())
        answer.error(503, "STORAGE_UNAVAILABLE", "SERVICE_UNAVAILABLE")
        assert answer.header("Retry-After")
        ready = s3_stack.api.get("/health/ready").data(200)
        assert ready["status"] in ("healthy", "degraded")
        assert (team.total_documents(), team.total_files()) == before
    finally:
        s3_server.start()
    eventually(lambda: team.admin.api.upload(team.documents, unique_text()).status == 201, within=20,
               what="the next upload")
    eventually(lambda: not s3_stack.spool_files(), what="an empty spool")
    assert team.total_documents() == before[0] + 1
