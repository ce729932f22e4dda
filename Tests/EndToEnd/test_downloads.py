import datetime
import re
import urllib.parse

import pytest

from client import RFC3339_UTC, new_team
from content import unique_pdf, unique_text
from polling import eventually


@pytest.fixture(scope="module")
def document(team):
    team.content = unique_pdf(padding=200_000)
    return team.upload(team.content, filename="Annual report.pdf", content_type="application/pdf")


def path_of(team, document):
    return f"{team.documents}/{document['id']}/download"


def location(team, document, person=None):
    answer = (person or team.viewer).api.get(path_of(team, document))
    assert answer.status == 302, repr(answer)
    return answer.header("Location")


def fetch(team, document, method="GET", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return team.admin.api.fetch(location(team, document), headers, method)


# The way to the bytes

def test_a_download_is_a_redirect_to_the_bytes(team, document):
    answer = team.viewer.api.get(path_of(team, document))
    assert answer.status == 302
    fetched = team.viewer.api.fetch(answer.header("Location"))
    assert fetched.status == 200 and fetched.body == team.content
    assert fetched.header("Content-Type") == "application/pdf"
    assert fetched.header("Content-Length") == str(len(team.content))


def test_the_url_can_be_asked_for_instead(team, document):
    data = team.viewer.api.get(path_of(team, document), redirect="false").data()
    assert RFC3339_UTC.match(data["expires_at"])
    expires = datetime.datetime.fromisoformat(data["expires_at"].replace("Z", "+00:00"))
    left = (expires - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    assert 0 < left <= 305
    assert team.admin.api.fetch(data["url"]).body == team.content


def test_the_url_works_repeatedly_and_ignores_tokens(team, document):
    url = location(team, document)
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {}):
        assert team.admin.api.fetch(url, headers).body == team.content


def test_the_host_header_does_not_steer_the_url(team, document):
    answer = team.admin.api.get(path_of(team, document), headers={"Host": "evil.example"})
    assert answer.status == 302 and "evil" not in answer.header("Location")


def test_a_download_wants_membership(api, team, document):
    api.get(path_of(team, document)).error(401, "TOKEN_MISSING")
    team.outsider.api.get(path_of(team, document)).error(404, "TENANT_NOT_FOUND")


def test_head_tells_what_get_would(team, document):
    answer = team.admin.api.head(path_of(team, document))
    assert answer.status == 302 and answer.header("Location") and answer.body == b""
    fetched = fetch(team, document, "HEAD")
    assert fetched.status == 200 and fetched.body == b""
    assert fetched.header("Content-Length") == str(len(team.content))
    assert fetched.header("Content-Type") == "application/pdf"


# Caching and parts

def test_a_known_etag_saves_the_bytes(team, document):
    etag = fetch(team, document).header("ETag")
    assert etag
    again = fetch(team, document, If_None_Match=etag)
    assert again.status == 304 and again.body == b"" and again.header("ETag") == etag
    assert fetch(team, document, If_None_Match='"other"').status == 200


@pytest.mark.parametrize("value, slice_", [
    ("bytes=0-99", slice(0, 100)), ("bytes=100-100", slice(100, 101)), ("bytes=200000-", slice(200000, None)),
    ("bytes=-500", slice(-500, None)), ("bytes=0-999999999", slice(0, None)),
])
def test_a_range_gives_that_part(team, document, value, slice_):
    answer = fetch(team, document, Range=value)
    assert answer.status == 206 and answer.body == team.content[slice_]
    start, end, _ = slice_.indices(len(team.content))
    assert answer.header("Content-Range") == f"bytes {start}-{end - 1}/{len(team.content)}"
    assert answer.header("Content-Type") == "application/pdf"


def test_a_range_past_the_end_is_refused(team, document):
    answer = fetch(team, document, Range=f"bytes={len(team.content)}-")
    assert answer.status == 416
    answer.error(416)


def test_a_range_of_a_changed_file_gives_the_whole(team, document):
    answer = fetch(team, document, Range="bytes=0-9", If_Range='"other"')
    assert answer.status == 200 and answer.body == team.content
    etag = fetch(team, document).header("ETag")
    assert fetch(team, document, Range="bytes=0-9", If_Range=etag).status == 206


# Headers

def test_what_is_served_never_runs_in_a_browser(team, document):
    answer = fetch(team, document)
    assert answer.header("X-Content-Type-Options") == "nosniff"
    assert answer.header("Content-Disposition").startswith("attachment")
    assert "no-store" in answer.header("Cache-Control")
    assert answer.header("Referrer-Policy") == "no-referrer"
    html = team.upload(b"<html><script>alert(1)</script></html>\n" + unique_text(), filename="page.html",
                       content_type="text/html")
    answer = fetch(team, html)
    assert answer.header("Content-Disposition").startswith("attachment")
    assert answer.header("X-Content-Type-Options") == "nosniff"


def test_the_redirect_is_kept_out_of_caches(team, document):
    answer = team.admin.api.get(path_of(team, document))
    assert "no-store" in (answer.header("Cache-Control") or "")


def disposition_names(value):
    """filename and filename* of a Content-Disposition (RFC 6266, 8187)."""
    assert re.match(r"^attachment(;|$)", value), value
    plain = re.search(r';\s*filename=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))', value)
    extended = re.search(r";\s*filename\*=([^\s;]+)", value, re.IGNORECASE)
    name = None
    if plain:
        name = re.sub(r"\\(.)", r"\1", plain[1]) if plain[1] is not None else plain[2]
    if extended:
        charset, _, encoded = extended[1].split("'", 2)
        assert charset.upper() == "UTF-8"
        assert re.fullmatch(r"(%[0-9A-Fa-f]{2}|[A-Za-z0-9!#$&+\-.^_`|~])*", encoded), value
        extended = urllib.parse.unquote(encoded, errors="strict")
    return name, extended


NAMES = ["plain.pdf", "with space.pdf", "Übersicht №1.pdf", "日本語の文書.pdf", 'say "hello".pdf',
         "a;b=c,d.pdf", "100%.pdf", "%41.pdf", "it's.pdf", "owl🦉.pdf", "-rf.pdf", "x" * 255, "語" * 255]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
@pytest.mark.parametrize("store", ["directory", "s3"])
def test_the_name_arrives_in_every_script(request, store, name):
    stack = request.getfixturevalue("stack" if store == "directory" else "s3_stack")
    team = named_team(stack)
    made = team.upload(unique_text(), filename="first.txt")
    team.admin.api.put(f"{team.documents}/{made['id']}", {"filename": name}).data()
    answer = fetch(team, made)
    assert answer.status == 200
    value = answer.header("Content-Disposition")
    assert value.isascii(), value
    plain, extended = disposition_names(value)
    assert (extended if extended is not None else plain) == name, value
    if not name.isascii():
        assert extended is not None
    if plain is not None:
        assert plain.isascii() and "/" not in plain


teams = {}


def named_team(stack):
    if stack.name not in teams:
        teams[stack.name] = new_team(stack.api, roles=("viewer",))
    return teams[stack.name]


# What the URL does not open

def tampered(url):
    """The URL with each query value, and the path, changed in one character."""
    parts = urllib.parse.urlsplit(url)
    query = urllib.parse.parse_qsl(parts.query, keep_blank_values=True)
    for index, (name, value) in enumerate(query):
        for position in {0, len(value) // 2}:
            if value:
                # The last characters of a base64 text may hold unused bits; the first ones never do.
                other = "1" if value[position] != "1" else "2"
                changed = value[:position] + other + value[position + 1:]
                yield name, parts._replace(query=urllib.parse.urlencode(
                    query[:index] + [(name, changed)] + query[index + 1:])).geturl()
        without = urllib.parse.urlencode(query[:index] + query[index + 1:])
        yield f"without {name}", parts._replace(query=without).geturl()
    yield "no query", parts._replace(query="").geturl()
    yield "path", parts._replace(path=parts.path + "x").geturl()


def test_a_tampered_url_opens_nothing(team, document):
    url = location(team, document)
    assert team.admin.api.fetch(url).status == 200
    count = 0
    for what, changed in tampered(url):
        answer = team.admin.api.fetch(changed)
        assert answer.status in (400, 401, 403, 404), f"{what}: {changed} {answer.status}"
        assert team.content[:100] not in answer.body
        answer.error((400, 401, 403, 404))
        count += 1
    assert count >= 4


def test_the_signature_of_one_document_does_not_open_another(team, document):
    other = team.upload(unique_text(), filename="other.txt")
    first, second = (urllib.parse.urlsplit(location(team, d)) for d in (document, other))
    if first.path == second.path:
        pytest.skip("the path does not name the object; tampering with the query is tested above")
    assert team.admin.api.fetch(second._replace(query=first.query).geturl()).status in (400, 401, 403, 404)


@pytest.mark.parametrize("path", ["/objects/", "/objects/{key}", "/{key}", "/api/objects/{key}",
                                  "/internal/uploads/commit", "/_internal/{key}", "/protected/{key}",
                                  "/..%2f..%2fobjects/{key}", "/download/..%2f..%2fsecrets"])
def test_nothing_inside_is_served_without_a_signature(team, document, path):
    answer = team.admin.api.get(path.replace("{key}", document["file"]["s3_path"]))
    assert answer.status in (400, 401, 403, 404, 405), repr(answer)


def test_the_url_of_a_deleted_document_opens_nothing(team):
    content = unique_text()
    kept, gone = team.upload(content, filename="kept.txt"), team.upload(content, filename="gone.txt")
    url = location(team, gone)
    assert team.admin.api.fetch(url).body == content
    team.admin.api.delete(f"{team.documents}/{gone['id']}").data()
    answer = team.admin.api.fetch(url)
    assert answer.status in (403, 404), repr(answer)
    assert team.download(kept["id"]) == content


def test_the_url_of_a_suspended_tenant_opens_nothing(fresh_team):
    made = fresh_team.upload(unique_text())
    url = location(fresh_team, made)
    fresh_team.admin.api.put(fresh_team.path, {"is_active": False}).data()
    eventually(lambda: fresh_team.admin.api.fetch(url).status in (403, 404), within=5, what="the refusal")


def test_a_renamed_document_is_downloaded_under_its_new_name(team):
    made = team.upload(unique_text(), filename="old.txt")
    team.admin.api.put(f"{team.documents}/{made['id']}", {"filename": "new.txt"}).data()
    assert disposition_names(fetch(team, made).header("Content-Disposition"))[0] == "new.txt"


def test_two_documents_of_one_file_keep_their_own_names(team):
    content = unique_text()
    first, second = team.upload(content, filename="one.txt"), team.upload(content, filename="two.txt")
    names = [disposition_names(fetch(team, d).header("Content-Disposition"))[0] for d in (first, second)]
    assert names == ["one.txt", "two.txt"]
