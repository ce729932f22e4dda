"""Digests that a client sends with its file: what does not match is not stored."""

import base64
import hashlib

import pytest

from client import sha256
from content import Form, Pattern, unique_text
from polling import eventually

MIB = 1024 * 1024


def b64(digest):
    return base64.b64encode(digest).decode()


def sha(content):
    return hashlib.sha256(content).digest()


def md5(content):
    return hashlib.md5(content).digest()


# How a digest of these bytes is sent: headers of the request, headers of the part, fields before, fields behind.
WAYS = {
    "Content-MD5 of the part": lambda c: ({}, f"Content-MD5: {b64(md5(c))}", None, None),
    "Digest of the part": lambda c: ({}, f"Digest: sha-256={b64(sha(c))},md5={b64(md5(c))}", None, None),
    "Repr-Digest of the part": lambda c: ({}, f"Repr-Digest: sha-256=:{b64(sha(c))}:", None, None),
    "Content-Digest of the part": lambda c: ({}, f"Content-Digest: sha-256=:{b64(sha(c))}:", None, None),
    "Digest of the request": lambda c: ({"Digest": f"SHA-256={b64(sha(c))}"}, "", None, None),
    "Repr-Digest of the request": lambda c: ({"Repr-Digest": f"sha-256=:{b64(sha(c))}:"}, "", None, None),
    "a field before the file": lambda c: ({}, "", sha(c).hex(), None),
    "a field behind the file": lambda c: ({}, "", None, sha(c).hex().upper()),
}


def post(team, content, way):
    headers, part_header, before, behind = way
    field = 'Content-Disposition: form-data; name="sha256"\r\n\r\n%s\r\n'
    disposition = 'form-data; name="file"; filename="digest.txt"'
    form = Form(content, disposition=disposition + (f"\r\n{part_header}" if part_header else ""), content_type=None)
    if before is not None:
        form.head = (f"--{form.boundary}\r\n" + field % before).encode() + form.head
    if behind is not None:
        form.tail = (f"\r\n--{form.boundary}\r\n" + field % behind).encode() + form.tail[2:]
    return team.admin.api.upload(team.documents, form=form, headers=headers)


@pytest.mark.parametrize("way", WAYS)
def test_a_matching_digest_is_taken(team, way):
    content = unique_text(3000)
    document = post(team, content, WAYS[way](content)).data(201)
    assert document["file"]["sha256"] == sha256(content)
    assert document["file"]["md5_hash"] == md5(content).hex()
    assert document["file"]["file_size"] == len(content)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [300, MIB])
def test_another_digest_is_refused_and_nothing_stored(fresh_team, stack, way, size):
    content = unique_text(size)
    post(fresh_team, content, WAYS[way](content[:-1] + b"?")).error(422, "DIGEST_MISMATCH")
    assert (fresh_team.total_documents(), fresh_team.total_files()) == (0, 0)
    assert not stack.objects(fresh_team.id)
    eventually(lambda: not stack.spool_files(), what="an empty spool")


@pytest.mark.parametrize("way, field", [
    (({}, "Content-MD5: nonsense", None, None), "content-md5"),
    (({}, "Digest: sha-256=nonsense", None, None), "digest"),
    (({"Repr-Digest": "sha-256=nonsense"}, "", None, None), "repr-digest"),
    (({}, "", "nonsense", None), "sha256"),
    (({}, "", None, "nonsense"), "sha256"),
])
def test_a_malformed_digest_is_named(fresh_team, way, field):
    assert field in post(fresh_team, unique_text(), way).fields()
    assert fresh_team.total_documents() == 0


def test_a_mismatch_is_no_second_upload_of_known_content(fresh_team):
    """Also where the tenant has the content already."""
    content = unique_text()
    fresh_team.upload(content)
    post(fresh_team, content, WAYS["a field behind the file"](b"other")).error(422, "DIGEST_MISMATCH")
    assert fresh_team.total_documents() == 1


def test_a_large_file_with_its_digest_comes_through(team):
    content = Pattern(20 * MIB)
    form = Form(content, "large.bin", "application/octet-stream", fields={"sha256": content.sha256()})
    assert team.admin.api.upload(team.documents, form=form).data(201)["file"]["sha256"] == content.sha256()
