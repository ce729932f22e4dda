import re
import secrets
import socket
import subprocess

import pytest

import rawhttp
from client import at_once, md5, new_team, sha256
from content import Form, Pattern, unique_pdf, unique_text
from polling import eventually

MIB = 1024 * 1024
LIMIT = 100 * MIB
MEMORY_KIB = 64 * 1024


@pytest.fixture(scope="module", params=["directory", "s3"])
def both(request):
    """A stack with either store, and a team on it."""
    stack = request.getfixturevalue("stack" if request.param == "directory" else "s3_stack")
    return stack, new_team(stack.api)


def state(stack, team):
    return team.total_documents(), team.total_files(), stack.objects(team.id)


# What an upload gives

def test_a_pdf_comes_back_byte_for_byte(both):
    stack, team = both
    content = unique_pdf("A real page", padding=300_000)
    document = team.upload(content, team.user, filename="Quarterly report.pdf", content_type="application/pdf")
    assert (document["filename"], document["mime_type"]) == ("Quarterly report.pdf", "application/pdf")
    file = document["file"]
    assert (file["file_size"], file["md5_hash"], file["sha256"]) == (len(content), md5(content), sha256(content))
    assert re.fullmatch(rf"tenants/{team.id}/files/\d{{4}}/\d\d/{file['id']}_{md5(content)}", file["s3_path"])
    assert team.download(document["id"]) == content


def test_the_same_bytes_again_are_a_new_document_of_the_same_file(both):
    stack, team = both
    content = unique_pdf()
    before = state(stack, team)
    first = team.upload(content, filename="1.pdf", content_type="application/pdf")
    second = team.upload(content, team.user, filename="2.pdf", content_type="application/pdf")
    assert first["id"] != second["id"] and first["file_id"] == second["file_id"]
    assert (first["filename"], second["filename"]) == ("1.pdf", "2.pdf")
    after = state(stack, team)
    assert (after[0], after[1]) == (before[0] + 2, before[1] + 1)
    assert len(after[2] - before[2]) == 1


def test_other_bytes_of_the_same_length_are_another_file(both):
    _, team = both
    content = unique_text(5000)
    first, second = team.upload(content), team.upload(content[:-1] + b"!")
    assert first["file_id"] != second["file_id"]
    assert team.download(second["id"]) == content[:-1] + b"!"


def test_32_identical_uploads_at_once_are_one_file(both):
    stack, _ = both
    team = new_team(stack.api, roles=())
    content = unique_pdf(padding=100_000)
    documents = at_once(32, lambda n: team.upload(content, filename=f"{n}.pdf", content_type="application/pdf"))
    assert len({document["id"] for document in documents}) == 32
    assert len({document["file_id"] for document in documents}) == 1
    assert team.total_documents() == 32 and team.total_files() == 1
    eventually(lambda: len(stack.objects(team.id)) == 1, what="the removal of the losers' objects")
    assert team.download(documents[7]["id"]) == content


@pytest.mark.parametrize("size", [1, 4095, 4096, 65535, 65536, 65537, 1048576, 9 * MIB + 1])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_sizes_around_the_edges_come_back_whole(both, size, chunked):
    _, team = both
    content = unique_text(size) if size < MIB else b"".join(Pattern(size).pieces())
    if size == 1:
        content = secrets.choice("abcdefghijklmnopqrstuvwxyz").encode()
    document = team.upload(content, filename="edge.bin", content_type="application/octet-stream", chunked=chunked)
    assert document["file"]["file_size"] == size and document["file"]["sha256"] == sha256(content)
    assert team.download(document["id"]) == content


def test_content_that_looks_like_the_frame_comes_back_whole(team):
    content = (b"x--b0undary\r\n--b0undar\r\n-" * 10 + b"\r\n--B0UNDARY\r\n--b0undarx--" + b"\r\n" * 50
               + b"--b0undary--" + b"\0" * 300 + secrets.token_bytes(16) + b"\r\n--b0undar")
    content = content.replace(b"\r\n--b0undary", b"\r--b0undary")
    form = Form(content, "tricky.bin", "application/octet-stream", boundary="b0undary")
    document = team.admin.api.upload(team.documents, form=form).data(201)
    assert team.download(document["id"]) == content


def test_a_form_that_drips_in_byte_by_byte_is_taken(team):
    form = Form(unique_text(600), "drip.txt")
    body = form.bytes()
    document = team.admin.api.upload(team.documents, form=form, pieces=(body[n:n + 1] for n in range(len(body))))
    assert document.data(201)["file"]["sha256"] == sha256(form.content)


def test_form_fields_name_the_document(team):
    document = team.upload(unique_pdf(), filename="part.pdf", content_type="application/pdf",
                           fields={"filename": "field ✓.pdf"})
    assert document["filename"] == "field ✓.pdf"


@pytest.mark.parametrize("disposition, name", [
    ('form-data; name="file"; filename="Übersicht 2026.txt"', "Übersicht 2026.txt"),
    ('form-data; name="file"; filename="日本語.txt"', "日本語.txt"),
    ("form-data; name=\"file\"; filename=\"a;b=c, d.txt\"", "a;b=c, d.txt"),
    ("form-data; name=file; filename=token.txt", "token.txt"),
    ("form-data; filename=\"first.txt\"; name=\"file\"", "first.txt"),
])
def test_names_in_the_part_are_understood(team, disposition, name):
    form = Form(unique_text(), disposition=disposition)
    assert team.admin.api.upload(team.documents, form=form).data(201)["filename"] == name


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\\\Users\\\\x\\\\evil.txt", "/absolute.txt", ".."])
def test_paths_in_a_name_never_arrive(team, name):
    answer = team.admin.api.upload(team.documents, unique_text(), filename=name)
    if answer.status == 201:
        assert not set("/\\") & set(answer.data(201)["filename"])
    else:
        assert "filename" in answer.fields()


@pytest.mark.parametrize("fields", [
    {"filename": "x" * 256}, {"filename": "a/b.txt"}, {"filename": "tab\there.txt"},
])
def test_an_invalid_name_field_is_refused_and_nothing_stored(team, stack, fields):
    before = state(stack, team)
    assert "filename" in team.admin.api.upload(team.documents, unique_text(), fields=fields).fields()
    eventually(lambda: state(stack, team) == before, what="the state before")


def test_the_stored_type_is_what_the_bytes_are(team):
    document = team.upload(unique_pdf(), filename="liar.pdf", content_type="application/octet-stream")
    assert document["mime_type"] == "application/pdf"
    document = team.upload(unique_text(), filename="honest.txt", content_type="text/plain")
    assert document["mime_type"] == "text/plain"


@pytest.mark.parametrize("size", ["1k", "3M"])
def test_curl_uploads_as_people_use_it(team, tmp_path, size):
    content = unique_text(1024 if size == "1k" else 3 * MIB)
    (tmp_path / "from curl.txt").write_bytes(content)
    done = subprocess.run(
        ["curl", "-sS", "-w", "\n%{http_code}", "-H", f"Authorization: Bearer {team.admin.api.token}",
         "-F", f"file=@{tmp_path}/from curl.txt", f"http://127.0.0.1:{team.admin.api.port}{team.documents}"],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.endswith("\n201"), done
    assert team.admin.api.get(team.documents, filename="from curl").data()["pagination"]["total"] >= 1


# Limits

@pytest.fixture(scope="module")
def large(stack):
    """A tenant for the large uploads."""
    return new_team(stack.api, roles=())


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_100_mib_pass_in_little_memory(large, stack, figure, chunked):
    content = Pattern(LIMIT)
    stack.forget_peak_memory("sidecar")
    document = large.upload(content, filename="large.bin", content_type="application/octet-stream", chunked=chunked)
    assert document["file"]["file_size"] == LIMIT and document["file"]["sha256"] == content.sha256()
    assert sha256(large.download(document["id"])) == content.sha256()
    peak = stack.peak_memory_kib("sidecar")
    figure(f"sidecar peak memory after 100 MiB ({'chunked' if chunked else 'with length'})", f"{peak / 1024:.1f} MiB")
    assert peak < MEMORY_KIB
    large.admin.api.delete(f"{large.documents}/{document['id']}").data()
    eventually(lambda: large.total_files() == 0, what="the removal of the file")


@pytest.mark.parametrize("excess", [1, 2 * MIB], ids=["one byte", "2 MiB"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_file_over_the_limit_is_refused(large, stack, chunked, excess):
    before = large.total_documents(), large.total_files()
    answer = large.admin.api.upload(large.documents, Pattern(LIMIT + excess), filename="larger.bin", chunked=chunked)
    answer.error(413, "PAYLOAD_TOO_LARGE")
    assert (large.total_documents(), large.total_files()) == before
    eventually(lambda: not stack.spool_files(), what="an empty spool")
    assert stack.peak_memory_kib("sidecar") < MEMORY_KIB


def early(stack, path, token, length):
    """Announces a body, sends none of it, and reads the answer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return rawhttp.send(stack.port, rawhttp.head(
        "POST", path, Content_Length=length, Content_Type="multipart/form-data; boundary=x", **headers), "POST")


def test_an_upload_is_refused_before_its_body_is_read(team, stack):
    size = 50 * MIB
    early(stack, team.documents, None, size).error(401, "TOKEN_MISSING")
    early(stack, team.documents, "nonsense", size).error(401, "TOKEN_INVALID")
    early(stack, team.documents, team.viewer.api.token, size).error(403, "FORBIDDEN")
    early(stack, team.documents, team.outsider.api.token, size).error(404, "TENANT_NOT_FOUND")
    early(stack, "/api/tenants/nonsense/documents", team.admin.api.token, size).error(404, "TENANT_NOT_FOUND")
    early(stack, team.documents, team.admin.api.token, 10**12).error(413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("role, status, code", [
    (None, 401, "TOKEN_MISSING"), ("viewer", 403, "FORBIDDEN"), ("outsider", 404, "TENANT_NOT_FOUND"),
])
def test_a_refused_upload_with_its_body_gets_the_answer_too(team, stack, role, status, code):
    api = getattr(team, role).api if role else stack.api
    for size in (1000, 5 * MIB):
        api.upload(team.documents, Pattern(size)).error(status, code)


# Malformed

def frame(*parts, boundary="b", end=True):
    body = b"".join(b"--%s\r\n%s" % (boundary.encode(), part) for part in parts)
    return body + (b"--%s--\r\n" % boundary.encode() if end else b"")


FILE_PART = (b'Content-Disposition: form-data; name="file"; filename="x.txt"\r\n'
             b"Content-Type: text/plain\r\n\r\ncontent\r\n")
MULTIPART = "multipart/form-data; boundary=b"

MALFORMED = {
    "empty file": (MULTIPART, frame(FILE_PART.replace(b"content\r\n", b"\r\n")), 422, ("EMPTY_FILE",)),
    "no part at all": (MULTIPART, b"--b--\r\n", (400, 422), ("NO_FILE", "BAD_REQUEST")),
    "no file part": (MULTIPART, frame(b'Content-Disposition: form-data; name="filename"\r\n\r\nx.txt\r\n'), 422,
                     ("NO_FILE",)),
    "file under another name": (MULTIPART, frame(FILE_PART.replace(b'name="file"', b'name="attachment"')), 422,
                                ("NO_FILE",)),
    "no body": (MULTIPART, b"", (400, 422), ("NO_FILE", "BAD_REQUEST")),
    "JSON": ("application/json", b'{"file": "x"}', (400, 415, 422),
             ("UNSUPPORTED_MEDIA_TYPE", "BAD_REQUEST", "NO_FILE")),
    "plain text": ("text/plain", b"x", (400, 415, 422), ("UNSUPPORTED_MEDIA_TYPE", "BAD_REQUEST", "NO_FILE")),
    "urlencoded form": ("application/x-www-form-urlencoded", b"file=x", (400, 415, 422),
                        ("UNSUPPORTED_MEDIA_TYPE", "BAD_REQUEST", "NO_FILE")),
    "no content type": (None, frame(FILE_PART), (400, 415), ("UNSUPPORTED_MEDIA_TYPE", "BAD_REQUEST")),
    "no boundary": ("multipart/form-data", frame(FILE_PART), (400, 415), ("UNSUPPORTED_MEDIA_TYPE", "BAD_REQUEST")),
    "empty boundary": ("multipart/form-data; boundary=", frame(FILE_PART), (400, 415),
                       ("UNSUPPORTED_MEDIA_TYPE", "BAD_REQUEST")),
    "boundary too long": ("multipart/form-data; boundary=" + "b" * 300, frame(FILE_PART, boundary="b" * 300),
                          (400, 415), ("UNSUPPORTED_MEDIA_TYPE", "BAD_REQUEST")),
    "another boundary than announced": ("multipart/form-data; boundary=c", frame(FILE_PART), (400, 422),
                                        ("BAD_REQUEST", "NO_FILE")),
    "no closing boundary": (MULTIPART, frame(FILE_PART, end=False), 400, ("BAD_REQUEST",)),
    "half a closing boundary": (MULTIPART, frame(FILE_PART, end=False) + b"--b-", 400, ("BAD_REQUEST",)),
    "part without headers": (MULTIPART, frame(b"\r\ncontent\r\n"), (400, 422), ("BAD_REQUEST", "NO_FILE")),
    "part header without end": (MULTIPART, b"--b\r\nContent-Disposition: form-data; name=\"file\"; file", 400,
                                ("BAD_REQUEST",)),
    "part header of 100 KB": (MULTIPART, frame(b"X-Long: " + b"x" * 100_000 + b"\r\n" + FILE_PART), 400,
                              ("BAD_REQUEST",)),
    "thousands of parts": (MULTIPART, frame(*[b'Content-Disposition: form-data; name="a"\r\n\r\nx\r\n'] * 5000,
                                            FILE_PART), (400, 413, 422),
                           ("BAD_REQUEST", "PAYLOAD_TOO_LARGE", "VALIDATION_ERROR")),
    "a name field of 1 MB": (MULTIPART, frame(b'Content-Disposition: form-data; name="filename"\r\n\r\n' + b"x" * MIB
                                              + b"\r\n", FILE_PART), (400, 413, 422),
                             ("BAD_REQUEST", "PAYLOAD_TOO_LARGE", "VALIDATION_ERROR")),
    "noise": (MULTIPART, b"\x00\xff\r\n" * 500, (400, 422), ("BAD_REQUEST", "NO_FILE")),
}


@pytest.mark.parametrize("content_type, body, status, codes", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_upload_is_refused_and_nothing_stored(team, stack, content_type, body, status, codes):
    before = state(stack, team)
    answer = team.admin.api.request("POST", team.documents, body=body, headers={"Content-Type": content_type})
    answer.error(status, *codes)
    eventually(lambda: state(stack, team) == before and not stack.spool_files(), what="the state before")
    team.upload(unique_text())


def test_the_frame_itself_is_taken(team):
    """The malformed ones above fail for their fault alone."""
    answer = team.admin.api.request("POST", team.documents, body=frame(FILE_PART), headers={"Content-Type": MULTIPART})
    assert answer.data(201)["file"]["file_size"] == len(b"content")


# Cut

def cut_points(head, total):
    """Offsets into request head and body: the frame's start densely, then every twentieth."""
    offsets = set(range(0, 300, 7)) | {total * n // 20 for n in range(1, 20)} | {total - n for n in (1, 2, 5, 30)}
    return sorted(head + offset for offset in offsets if offset < total) + [head - 1, head // 2]


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_a_connection_cut_at_any_byte_leaves_nothing(both, chunked):
    stack, _ = both
    team = new_team(stack.api, roles=())
    team.upload(unique_text())
    before, everything = state(stack, team), stack.objects()
    sidecar = stack.pid("sidecar")
    form = Form(unique_pdf(padding=200_000), "cut.pdf", "application/pdf")
    body = form.bytes()
    if chunked:
        body = b"".join(b"%x\r\n%s\r\n" % (len(body[n:n + 8000]), body[n:n + 8000])
                        for n in range(0, len(body), 8000)) + b"0\r\n\r\n"
        framing = {"Transfer_Encoding": "chunked"}
    else:
        framing = {"Content_Length": len(body)}
    head = rawhttp.head("POST", team.documents, Content_Type=form.content_type,
                        Authorization=f"Bearer {team.admin.api.token}", **framing)
    request = head + body
    for number, offset in enumerate(cut_points(len(head), len(body))):
        rawhttp.cut(stack.port, request[:offset], reset=number % 2 == 1)
    eventually(lambda: not stack.spool_files(), what="an empty spool")
    document = team.upload(unique_text())
    eventually(lambda: not stack.spool_files(), what="an empty spool")
    after = state(stack, team)
    assert (after[0], after[1]) == (before[0] + 1, before[1] + 1)
    assert after[2] - before[2] == {path for path in after[2] if document["file_id"] in path}
    assert stack.objects() - everything == after[2] - before[2]
    assert stack.pid("sidecar") == sidecar
    # The same bytes, sent whole, are new to the tenant.
    assert team.admin.api.upload(team.documents, form=form).status == 201
    assert team.total_documents() == before[0] + 2


def test_a_body_shorter_than_its_length_is_not_stored(team, stack):
    """The client closes its sending side after a complete form, short of the length that it announced."""
    before = state(stack, team)
    form = Form(unique_text(5000))
    head = rawhttp.head("POST", team.documents, Content_Type=form.content_type, Content_Length=len(form) + 10,
                        Authorization=f"Bearer {team.admin.api.token}")
    with socket.create_connection(("127.0.0.1", stack.port), timeout=20) as connection:
        connection.sendall(head + form.bytes())
        connection.shutdown(socket.SHUT_WR)
        try:
            answer = rawhttp.receive(connection, "POST", head)
        except OSError:
            answer = None  # closed without an answer: as good
        except Exception as problem:
            assert "RemoteDisconnected" in repr(problem), problem
            answer = None
        assert answer is None or answer.status == 400, repr(answer)
    eventually(lambda: not stack.spool_files(), what="an empty spool")
    team.upload(unique_text())
    assert team.total_documents() == before[0] + 1
