"""Files that are not what they say, or several things at once: none ever runs in a browser."""

import base64
import io
import secrets
import zipfile

import pytest

from client import new_team
from conftest import ended, started
from content import unique_pdf, unique_text

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
PAGE = b"<html><script>alert(1)</script></html>"


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", secrets.token_hex(8))
    return buffer.getvalue()


# Content, the name and type that it goes by, and the type that must be stored.
POLYGLOTS = {
    "a picture that is a page too": (lambda: GIF + PAGE + secrets.token_bytes(8), "a.html", "text/html", "image/gif"),
    "a picture that is a script too": (lambda: b"GIF89a/*" + secrets.token_bytes(20) + b"*/=alert(1);", "a.js",
                                      "text/javascript", "image/gif"),
    "a picture that is an archive too": (lambda: GIF + zipped(), "a.jar", "application/java-archive", "image/gif"),
    "a PDF that is a page too": (lambda: unique_pdf() + PAGE, "a.html", "text/html", "application/pdf"),
    "a page that says it is a picture": (lambda: b"<!DOCTYPE html>" + PAGE + secrets.token_hex(8).encode(), "a.png",
                                         "image/png", "text/html"),
}


@pytest.mark.parametrize("make, name, declared, stored", POLYGLOTS.values(), ids=POLYGLOTS.keys())
def test_a_polyglot_is_stored_as_what_it_is_and_never_runs(team, make, name, declared, stored):
    content = make()
    document = team.upload(content, filename=name, content_type=declared)
    assert document["mime_type"] == stored
    location = team.admin.api.get(f"{team.documents}/{document['id']}/download").header("Location")
    fetched = team.admin.api.fetch(location)
    assert fetched.status == 200 and fetched.body == content
    assert fetched.header("Content-Type").split(";")[0] == stored
    assert fetched.header("X-Content-Type-Options") == "nosniff"
    assert fetched.header("Content-Disposition").startswith("attachment")


@pytest.fixture(scope="module")
def strict_team():
    stack = started("strict", UPLOAD_TYPE_POLICY="refuse")
    yield new_team(stack.api, roles=())
    ended(stack)


@pytest.mark.parametrize("content, name, declared", [
    (PNG, "a.pdf", "application/pdf"), (PNG, "a.png", "image/jpeg"), (PNG, "a.docx", None),
    (b"<!DOCTYPE html>" + PAGE, "a.txt", "text/plain"),
])
def test_a_strict_deployment_refuses_a_false_claim(strict_team, content, name, declared):
    answer = strict_team.admin.api.upload(strict_team.documents, content, filename=name, content_type=declared)
    assert answer.error(415, "UNSUPPORTED_MEDIA_TYPE")["details"]["detected"] in ("image/png", "text/html")


def test_a_strict_deployment_takes_honest_files(strict_team):
    for content, name, declared, stored in [
        (PNG, "a.png", "image/png", "image/png"), (unique_pdf(), "a.pdf", "application/octet-stream", "application/pdf"),
        (unique_text(), "a.csv", "text/csv", "text/csv"), (unique_text(), "notes.txt", None, "text/plain"),
    ]:
        assert strict_team.upload(content, filename=name, content_type=declared)["mime_type"] == stored
