"""An upload is authorised when it begins, and what may change meanwhile is looked at again when it ends."""

import base64
import hashlib
import hmac
import json
import time

import pytest

from client import Api, add_member, new_person, new_team
from content import Form, unique_text
from polling import eventually


@pytest.fixture
def team(stack):
    return new_team(stack.api, roles=("user",))


def meanwhile(team, api, action):
    """Uploads a file slowly, and does something when half of it has been sent."""
    form = Form(unique_text(200_000), "slow.txt")
    body = form.bytes()

    def pieces():
        yield body[:100_000]
        action()
        yield body[100_000:]

    return api.upload(team.documents, form=form, pieces=pieces())


def assert_nothing_stored(stack, team, before):
    assert (team.total_documents(), team.total_files()) == before
    eventually(lambda: not stack.objects(team.id), what="no object")
    eventually(lambda: not stack.spool_files(), what="an empty spool")


@pytest.mark.parametrize("change, status, code", [
    ("removed", 404, "TENANT_NOT_FOUND"), ("lowered", 403, "FORBIDDEN"), ("suspended", 403, "TENANT_SUSPENDED"),
    ("logged out", 401, "TOKEN_REVOKED"), ("new password", 401, "TOKEN_REVOKED"),
])
def test_a_right_lost_during_the_upload_is_missed_at_its_end(stack, team, change, status, code):
    member = f"{team.path}/users/{team.user.id}"
    changes = {
        "removed": lambda: team.admin.api.delete(member),
        "lowered": lambda: team.admin.api.put(member, {"role": "viewer"}),
        "suspended": lambda: team.admin.api.put(team.path, {"is_active": False}),
        "logged out": lambda: team.user.api.post("/api/auth/logout"),
        "new password": lambda: team.user.api.put("/api/users/me/password", {
            "current_password": team.user.password, "new_password": "another-horse-8"}),
    }
    answer = meanwhile(team, team.user.api, lambda: changes[change]().data())
    answer.error(status, code)
    if change == "suspended":
        team.admin.api.put(team.path, {"is_active": True}).data()
    assert_nothing_stored(stack, team, (0, 0))


def test_a_raised_role_does_not_matter(team):
    answer = meanwhile(team, team.user.api, lambda: team.admin.api.put(
        f"{team.path}/users/{team.user.id}", {"role": "admin"}).data())
    assert answer.status == 201


def about_to_expire(stack, token, seconds):
    """The same token with another end, signed by the installation's own secret."""
    secret = (stack.state_dir / "secrets" / "jwt-secret").read_text().strip().encode()

    def decode(part):
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head, claims, _ = token.split(".")
    claims = json.loads(decode(claims))
    claims["exp"] = int(time.time()) + seconds
    signed = head + "." + encode(json.dumps(claims, separators=(",", ":"), sort_keys=True).encode())
    return signed + "." + encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest())


def test_a_token_may_expire_during_the_upload(stack, team):
    token = about_to_expire(stack, team.user.api.token, 6)
    api = Api(stack.port, token)
    assert api.get(team.documents).status == 200
    answer = meanwhile(team, api, lambda: eventually(
        lambda: api.get(team.documents).status == 401, within=30, what="the token's end"))
    document = answer.data(201)
    assert team.download(document["id"])
    api.upload(team.documents, unique_text()).error(401, "TOKEN_EXPIRED")


def test_every_upload_has_its_id_in_answer_and_log(stack, team):
    answer = team.admin.api.upload(team.documents, unique_text())
    upload = answer.header("X-Upload-Id")
    assert answer.status == 201 and upload
    again = team.admin.api.upload(team.documents, unique_text())
    assert again.header("X-Upload-Id") not in (None, upload)
    log = stack.state_dir / "log" / "sidecar.log"
    eventually(lambda: upload in log.read_text(), what="the upload in the log")
