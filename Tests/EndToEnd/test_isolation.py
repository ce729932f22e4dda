import secrets

import pytest

from client import lasting, new_person, new_team, registration
from content import unique_pdf


def guarded(team):
    """Every route that reads or writes, with the ids of another tenant in it."""
    document, file, member = team.document["id"], team.document["file_id"], team.user.id
    gets = ["", "/documents", f"/documents/{document}", f"/documents/{document}/download",
            f"/documents/{document}/download?redirect=false", "/documents?include=file&per_page=100", "/files",
            "/files?include_stats=true", f"/files/{file}", "/documents?filename=" + team.canary[:10]]
    for path in gets:
        yield "GET", team.path + path, None
    yield "GET", f"/api/files/{team.id}/files", None
    yield "GET", f"/api/files/{team.id}/files/{file}", None
    yield "PUT", team.path, {"name": "Stolen"}
    yield "PUT", f"{team.documents}/{document}", {"filename": "stolen.txt"}
    yield "POST", f"{team.path}/users", {"email": "someone@example.com", "role": "admin"}
    yield "PUT", f"{team.path}/users/{member}", {"role": "viewer"}
    yield "DELETE", f"{team.path}/users/{member}", None
    yield "DELETE", f"{team.documents}/{document}", None
    yield "DELETE", f"{team.files}/{file}", None
    yield "DELETE", f"{team.files}/orphaned", None
    yield "DELETE", team.path, None


@pytest.fixture(scope="module")
def victim(stack):
    """A tenant in which every text holds the canary."""
    canary = "canary" + secrets.token_hex(8)
    admin = new_person(stack.api, first_name=canary, last_name=canary, email=f"{canary}@example.com")
    tenant = admin.api.post("/api/tenants", {"name": canary}).data(201)
    team = new_team(stack.api, roles=("user",))
    team.id, team.tenant, team.admin = tenant["id"], tenant, admin
    admin.api.post(f"{team.path}/users", {"user_id": team.user.id, "role": "user"}).data(201)
    team.canary, team.content = canary, unique_pdf(canary)
    team.document = team.upload(team.content, filename=f"{canary}.pdf", content_type="application/pdf")
    return team


def own_ids_in_foreign_places(victim, stranger):
    """The stranger's own tenant with the victim's ids below it."""
    document, file = victim.document["id"], victim.document["file_id"]
    for method in ("GET", "DELETE"):
        yield method, f"{stranger.documents}/{document}", None
        yield method, f"{stranger.files}/{file}", None
    yield "GET", f"{stranger.documents}/{document}/download", None
    yield "GET", f"{stranger.path}/documents?user_id={victim.admin.id}", None
    yield "GET", f"{stranger.documents}?filename={victim.canary}", None
    yield "PUT", f"{stranger.documents}/{document}", {"filename": "x.txt"}
    yield "PUT", f"{stranger.path}/users/{victim.admin.id}", {"role": "viewer"}
    yield "DELETE", f"{stranger.path}/users/{victim.admin.id}", None


def test_nothing_of_a_tenant_reaches_a_stranger(stack, victim):
    stranger = new_team(stack.api, roles=())
    requests = list(guarded(victim)) + list(own_ids_in_foreign_places(victim, stranger)) + [
        ("GET", "/api/users/me", None), ("GET", "/api/users/me/tenants", None), ("GET", "/api/tenants", None),
        ("GET", stranger.path, None), ("GET", stranger.documents, None), ("GET", stranger.files, None)]
    for method, path, body in requests:
        answer = stranger.admin.api.request(method, path, json_body=body)
        visible = f"{answer.headers}{answer.body.decode()}".replace(path, "")
        assert victim.canary not in visible, repr(answer)
        if path.startswith((victim.path, f"/api/files/{victim.id}")):
            answer.error(404, "TENANT_NOT_FOUND")
    # Nothing of it was carried out.
    assert victim.admin.api.get(victim.path).data()["name"] == victim.canary
    document = victim.admin.api.get(f"{victim.documents}/{victim.document['id']}").data()
    assert lasting(document) == lasting(victim.document)
    assert victim.download(victim.document["id"]) == victim.content


def test_an_upload_to_a_foreign_tenant_stores_nothing(stack, victim):
    stranger = new_person(stack.api)
    before = victim.total_documents()
    stranger.api.upload(victim.documents, b"planted\n").error(404, "TENANT_NOT_FOUND")
    assert victim.total_documents() == before


def test_the_same_bytes_in_two_tenants_share_nothing(stack, victim):
    other = new_team(stack.api, roles=())
    document = other.upload(victim.content, filename="same.pdf", content_type="application/pdf")
    assert document["file_id"] != victim.document["file_id"]
    assert document["file"]["s3_path"].startswith(f"tenants/{other.id}/")
    assert len(stack.objects(other.id)) == 1
    other.admin.api.delete(f"{other.documents}/{document['id']}").data()
    assert victim.download(victim.document["id"]) == victim.content


def test_a_member_sees_no_other_tenant_of_the_admin(stack, victim):
    """Someone in one tenant of a person learns nothing of that person's other tenants."""
    second = victim.admin.api.post("/api/tenants", {"name": "Second"}).data(201)
    guest = new_person(stack.api)
    victim.admin.api.post(f"/api/tenants/{second['id']}/users", {"user_id": guest.id, "role": "viewer"}).data(201)
    guest.api.get(f"/api/tenants/{second['id']}/documents").data()
    guest.api.get(victim.documents).error(404, "TENANT_NOT_FOUND")
    tenants = guest.api.get("/api/tenants").data()["tenants"]
    assert [tenant["id"] for tenant in tenants] == [second["id"]]


def test_registration_reveals_an_email_only_as_taken(stack, victim):
    answer = stack.api.post("/api/auth/register", registration(email=victim.admin.email))
    answer.error(409, "EMAIL_TAKEN")
    assert victim.admin.id.encode() not in answer.body
