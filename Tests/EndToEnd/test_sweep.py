"""The sweeper compares the object store with the database: rubbish goes, losses are told."""

import json

import pytest

from client import new_team
from content import unique_text
from polling import eventually


@pytest.fixture
def team(upload_stack):
    return new_team(upload_stack.api, roles=())


def sweep(stack, team, *options, status=0):
    done = stack.saasctl("files", "sweep", "--tenant", team.id, "--json", *options)
    assert done.returncode == status, done.stdout
    return json.loads(done.stdout.splitlines()[-1])


def test_an_object_without_a_row_goes_and_one_with_a_row_stays(stack, fresh_team):
    """With the directory store and the default ORPHAN_TTL: by hand alone."""
    team = fresh_team
    document = team.upload(unique_text())
    (key,) = stack.objects(team.id)
    orphan = stack.state_dir / "objects" / key.replace(document["file_id"], "01a1fd45-0000-7000-8000-000000000000")
    orphan.write_bytes(b"lost")
    assert sweep(stack, team)["orphan_count"] == 0  # too young
    old = stack.saasctl("files", "sweep", "--tenant", team.id, "--json", "--dry-run", ORPHAN_TTL="1")
    eventually(lambda: json.loads(stack.saasctl(
        "files", "sweep", "--tenant", team.id, "--json", "--dry-run", ORPHAN_TTL="1").stdout)["orphan_count"] == 1,
        what="the orphan's age")
    assert old.returncode == 0 and orphan.exists()
    report = json.loads(stack.saasctl("files", "sweep", "--tenant", team.id, "--json", ORPHAN_TTL="1").stdout)
    assert report["removed"] == 1 and report["orphans"][0].split("/")[-1].startswith("01a1fd45-0000")
    assert not orphan.exists() and stack.objects(team.id) == {key}
    assert sweep(stack, team)["missing_count"] == 0


def test_a_row_without_an_object_is_told_and_kept(stack, fresh_team):
    team = fresh_team
    document = team.upload(unique_text())
    (key,) = stack.objects(team.id)
    (stack.state_dir / "objects" / key).unlink()
    report = sweep(stack, team, status=1)
    assert report["missing"] == [document["file_id"]]
    assert team.total_files() == 1


def test_the_worker_sweeps_by_itself(upload_stack, team):
    stub = upload_stack.store
    team.upload(unique_text())
    (key,) = stub.objects(team.id)
    with stub._lock:
        stub.stored[key + "0"] = b"lost"
        stub.unfinished["abandoned"] = (key + "1", {}, 0)
    eventually(lambda: stub.objects(team.id) == {key}, within=20, what="the removal of the orphan")
    eventually(lambda: "abandoned" not in stub.unfinished, within=20, what="the abortion of the old upload")
    assert team.total_files() == 1


def test_an_unknown_tenant_is_an_error(stack):
    done = stack.saasctl("files", "sweep", "--tenant", "01a1fd45-0000-7000-8000-000000000000")
    assert done.returncode == 1 and "no tenant" in done.stdout
