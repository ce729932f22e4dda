"""What is found in files after their upload: pages, sizes, viruses; commands that an installation adds."""

import random
import struct
import zlib

import pytest

from clamd import EICAR
from content import unique_text
from eventstack import Tenant, saasctl
from polling import eventually

NOISE = random.Random(4).randbytes(5000)


def pdf(pages):
    kids = " ".join(f"{number + 3} 0 R" for number in range(pages))
    objects = "".join(f"{number + 3} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\n"
                      for number in range(pages))
    return (f"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[{kids}]/Count {pages}>>"
            f"endobj\n{objects}trailer<</Root 1 0 R>>\n%%EOF\n").encode()


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(bytes((width * 3 + 1) * height))) + chunk(b"IEND", b""))


def gif(width, height):
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def jpeg(width, height):
    return (b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0\0\x0b\x08" + struct.pack(">HH", height, width)
            + b"\1\1\x11\0\xff\xda\0\x08\1\1\0\0?\0\0\xff\xd9")


def inspected(tenant, document, within=30):
    """The document's file once somebody has looked at it."""
    def look():
        file = tenant.team.admin.api.get(f"{tenant.team.documents}/{document['id']}").data()["file"]
        return file if file["inspection"] else None

    return eventually(look, within=within, what="an inspection")["inspection"]


@pytest.mark.parametrize("name, content, expected", [
    ("report.pdf", pdf(12), {"page_count": 12, "image_width": None, "image_height": None}),
    ("a.png", png(31, 17), {"page_count": None, "image_width": 31, "image_height": 17}),
    ("a.gif", gif(300, 200), {"page_count": None, "image_width": 300, "image_height": 200}),
    ("a.jpg", jpeg(640, 480), {"page_count": None, "image_width": 640, "image_height": 480}),
])
def test_pages_and_sizes_are_shown(embedded_stack, name, content, expected):
    tenant = Tenant(embedded_stack)
    document = tenant.team.upload(content, filename=name)
    assert document["file"]["inspection"] is None
    found = inspected(tenant, document)
    assert {key: found[key] for key in expected} == expected
    assert (found["scan"], found["threat"]) == ("clean", None)
    files = tenant.team.admin.api.get(tenant.team.files).data()["files"]
    assert [file["inspection"] for file in files] == [found]
    listed = tenant.team.admin.api.get(f"{tenant.team.documents}?include=file").data()["documents"]
    assert listed[0]["file"]["inspection"] == found


def test_hostile_files_hold_nobody_up(embedded_stack):
    tenant = Tenant(embedded_stack)
    hostile = [b"%PDF-1.4\n1 0 obj" + b"[" * 300_000, b"%PDF-1.7\n" + NOISE[:5000],
               pdf(1).replace(b"/Count 1", b"/Count 99999999999999999999"), png(3, 3)[:20],
               b"\x89PNG\r\n\x1a\n" + NOISE[:2000], b"\xff\xd8\xff\xe0" + b"\xff" * 50_000]
    for number, content in enumerate(hostile):
        tenant.team.upload(content, filename=f"hostile-{number}.pdf" if content[:4] == b"%PDF" else f"h{number}.png")
    document = tenant.team.upload(pdf(2), filename="good.pdf")
    tenant.await_handled(len(hostile) + 1, within=90)
    assert inspected(tenant, document)["page_count"] == 2
    assert tenant.query("SELECT count(*) FROM dead_letters") == ["0"]


def test_infected_file_is_kept_but_never_served(embedded_stack, scanner):
    tenant = Tenant(embedded_stack)
    api, documents = tenant.team.admin.api, tenant.team.documents
    scanner.stop()
    try:
        bad, good = (tenant.team.upload(content, filename="notes.txt") for content in (EICAR, unique_text()))
        # Nothing is lost or given up while the scanner is away.
        eventually(lambda: "scanner cannot be reached" in saasctl(embedded_stack, "events", "list", "--tenant",
                                                                  tenant.team.id), within=30, what="the event's cause")
        early = api.get(f"{documents}/{bad['id']}/download?redirect=false").data()["url"]
    finally:
        scanner.start()
    assert inspected(tenant, bad, within=90)["scan"] == "infected"
    assert inspected(tenant, bad)["threat"].startswith("Eicar-Test")
    assert inspected(tenant, good, within=90)["scan"] == "clean"
    again = tenant.team.upload(EICAR, filename="again.txt")
    for document in (bad, again):
        api.get(f"{documents}/{document['id']}/download").error(403, "FILE_INFECTED")
        api.get(f"{documents}/{document['id']}/download?redirect=false").error(403, "FILE_INFECTED")
    # A link that was given before the scan is none any more.
    api.fetch(early).error(403, "FILE_INFECTED")
    assert api.get(f"{documents}/{good['id']}/download").status == 302
    tenant.await_handled(3)
    entries = api.get(f"/api/tenants/{tenant.team.id}/audit?action=file.quarantine").data()["entries"]
    assert [(entry["target_id"], entry["actor_id"]) for entry in entries] == [(bad["file_id"], None)]
    assert entries[0]["details"]["threat"].startswith("Eicar-Test")
    for document in (bad, again):
        api.delete(f"{documents}/{document['id']}").data()
    eventually(lambda: tenant.query("SELECT count(*) FROM file_inspections") == ["1"], within=30, what="the removal")


def test_files_are_inspected_anew_when_asked_for(embedded_stack):
    tenant = Tenant(embedded_stack)
    document = tenant.team.upload(pdf(5), filename="old.pdf")
    first = inspected(tenant, document)
    # As one that was stored before there was a scanner.
    tenant.query("UPDATE file_inspections SET scan = NULL, page_count = NULL")
    saasctl(embedded_stack, "files", "process", "--tenant", tenant.team.id)
    tenant.await_handled(2)
    assert {**inspected(tenant, document), "inspected_at": first["inspected_at"]} == first


def test_configured_command_gets_new_images_and_documents(embedded_stack, thumbnails):
    tenant = Tenant(embedded_stack)
    document = tenant.team.upload(pdf(1), filename="one.pdf")
    tenant.team.upload(unique_text())
    tenant.await_handled(2)
    made = thumbnails / f"{document['file_id']}.png"
    assert made.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
