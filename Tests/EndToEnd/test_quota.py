"""STORAGE_QUOTA_BYTES: what a tenant's files may take up together, uploads under way included."""

import pytest

import rawhttp
from client import at_once, new_team
from conftest import QUOTA
from content import Form, Pattern, unique_text
from polling import eventually


@pytest.fixture
def team(upload_stack):
    return new_team(upload_stack.api, roles=())


def stored_bytes(team):
    return team.admin.api.get(team.files, per_page=1).data()["stats"]["total_storage_bytes"]


def reservations(stack, team):
    return int(stack.sql(team.tenant["database_name"], "SELECT count(*) FROM upload_reservations"))


def fill(team, left):
    """Uploads until so many bytes are free."""
    rest = QUOTA - left
    while rest > 0:
        size = min(rest, 15_000_000)
        team.upload(Pattern(size), filename="fill.bin", content_type="application/octet-stream")
        rest -= size


def test_the_last_byte_of_the_quota_can_be_used_and_no_more(upload_stack, team):
    fill(team, left=100_000)
    team.admin.api.upload(team.documents, unique_text(110_000)).error(422, "QUOTA_EXCEEDED")
    # Too close to tell before the body is there: told after it.
    error = team.admin.api.upload(team.documents, unique_text(100_001)).error(422, "QUOTA_EXCEEDED")
    assert error["details"]["quota_bytes"] == QUOTA
    last = team.upload(unique_text(100_000))
    assert stored_bytes(team) == QUOTA
    team.admin.api.upload(team.documents, unique_text(2000)).error(422, "QUOTA_EXCEEDED")
    assert reservations(upload_stack, team) == 0
    team.admin.api.delete(f"{team.documents}/{last['id']}").data()
    eventually(lambda: team.admin.api.upload(team.documents, unique_text(50_000)).status == 201, within=20,
               what="space after a deletion")


def test_what_does_not_fit_is_refused_before_its_body(upload_stack, team):
    head = rawhttp.head("POST", team.documents, Content_Length=QUOTA + 10_000,
                        Content_Type="multipart/form-data; boundary=x",
                        Authorization=f"Bearer {team.admin.api.token}")
    rawhttp.send(upload_stack.port, head, "POST").error(422, "QUOTA_EXCEEDED")
    assert reservations(upload_stack, team) == 0


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_uploads_at_once_do_not_pass_the_quota_together(upload_stack, team, chunked):
    """Of ten with a sixth of what is free each, at most six can be let in; the others are told why."""
    size = 500_000
    fill(team, left=6 * size)
    answers = at_once(10, lambda n: team.admin.api.upload(
        team.documents, Pattern(size), filename="part.bin", content_type="application/octet-stream", chunked=chunked))
    stored = [answer for answer in answers if answer.status == 201]
    for answer in answers:
        if answer.status != 201:
            answer.error(422, "QUOTA_EXCEEDED")
    assert len(stored) <= 6 and stored_bytes(team) <= QUOTA
    if not chunked:
        assert len(stored) == 6
    eventually(lambda: reservations(upload_stack, team) == 0, what="the end of all reservations")
    for _ in range(6 - len(stored)):
        team.upload(Pattern(size), filename="part.bin", content_type="application/octet-stream")
    assert stored_bytes(team) == QUOTA


def test_failed_uploads_leave_no_reservation(upload_stack, team):
    for content, fields, status in ((b"", None, 422), (unique_text(), {"filename": "a/b"}, 422)):
        assert team.admin.api.upload(team.documents, content, fields=fields).status == status
    form = Form(unique_text(100_000), closed=False)
    team.admin.api.upload(team.documents, form=form).error(400, "BAD_REQUEST")
    head = rawhttp.head("POST", team.documents, Content_Type=form.content_type, Content_Length=len(form) + 100,
                        Authorization=f"Bearer {team.admin.api.token}")
    rawhttp.cut(upload_stack.port, head + form.bytes())
    eventually(lambda: reservations(upload_stack, team) == 0, what="the end of all reservations")
    team.upload(unique_text())
