"""One tenant's time machine: export, import, restore. Every row and every byte comes back; damage changes nothing."""

import hashlib
import json
import os
import secrets
import signal
import subprocess
import tarfile
import threading
import time

import pytest

from client import new_person, new_team, sha256
from content import Pattern, unique_text
from polling import eventually

FULL = os.environ.get("TEST_FULL") == "1"


def saasctl(stack, *arguments, status=0):
    done = stack.saasctl(*arguments)
    assert done.returncode == status, done.stdout
    return done.stdout


def result(stack, *arguments):
    """The JSON object that a command ends with."""
    return json.loads(saasctl(stack, *arguments, "--json").splitlines()[-1])


def database_of(stack, tenant_id):
    return stack.sql("saas_main", f"SELECT database_name FROM tenants WHERE id = '{tenant_id}'")


def rows(stack, tenant_id, formerly=None):
    """Every row of every table of the tenant's database, its own id taken out, and that of the tenant it was made of:
    the entries of its audit trail keep what they said."""
    database = database_of(stack, tenant_id)
    tables = stack.sql(database, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                                 "AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1").split()
    assert {"documents", "files", "outbox", "audit_entries", "schema_migrations"} <= set(tables)
    content = {}
    for table in tables:
        text = stack.sql(database, f'SELECT to_jsonb(t)::text FROM "{table}" t ORDER BY 1')
        content[table] = sorted(text.replace(tenant_id, "TENANT").replace(formerly or tenant_id, "TENANT").splitlines())
    return content


def objects(stack, tenant_id):
    """The keys of the live files without the tenant; each has its object. A file counts that was live before and
    after the look into the store: the worker may clean up between the two."""
    def live():
        return set(stack.sql(database_of(stack, tenant_id), "SELECT object_key FROM files WHERE state = 'live'").split())

    before, stored = live(), set(stack.objects(tenant_id))
    keys = before & live()
    assert keys <= stored
    return {key.replace(tenant_id, "TENANT") for key in keys}


def everything(stack, team):
    """All that an archive that came to nothing leaves as it was. Without the spare databases, which the worker makes
    when it likes, and the other tenants' objects, of which it may be removing some."""
    databases = {name for name in stack.databases() if not name.startswith("pool_")}
    return (databases, stack.objects(team.id), rows(stack, team.id),
            stack.sql("saas_main", "SELECT count(*), max(updated_at) FROM tenants"))


def settled(stack, team):
    """Until the worker has delivered everything, so that no row changes by itself."""
    database = database_of(stack, team.id)
    eventually(lambda: stack.sql(database, "SELECT count(*) FROM outbox") == "0", within=30, what="quiet")
    eventually(lambda: stack.sql("saas_main", f"SELECT count(*) FROM outbox WHERE tenant_id = '{team.id}'") == "0",
               within=30, what="quiet")


def furnished(stack):
    """A tenant with all kinds of things in it; and what its documents hold."""
    team = new_team(stack.api)
    contents = {}
    twice = unique_text()
    for content in [unique_text(), unique_text(3_000_000), secrets.token_bytes(12_000_000), twice, twice]:
        document = team.upload(content, filename=f"ä {secrets.token_hex(3)}.txt")
        contents[document["id"]] = content
    gone = team.upload(unique_text())
    team.admin.api.delete(f"{team.documents}/{gone['id']}").data()
    team.user.api.upload(team.documents, b"with a key", headers={"Idempotency-Key": "k1"}).data(201)
    settled(stack, team)
    return team, contents


@pytest.fixture
def archive(tmp_path):
    tmp_path.chmod(0o755)
    return tmp_path / "tenant.tar"


def test_a_round_trip_keeps_every_row_and_every_byte(store_stack, archive, figure):
    stack = store_stack
    team, contents = furnished(stack)
    began = time.monotonic()
    report = result(stack, "tenants", "export", team.id, str(archive))
    took = time.monotonic() - began
    assert report["objects"] == team.total_files()
    with tarfile.open(archive) as tar:
        names = tar.getnames()
        assert names[:3] == ["SHA256SUMS", "manifest.json", "database.dump"]
        sums = dict(reversed(line.split("  ")) for line in tar.extractfile("SHA256SUMS").read().decode().splitlines())
        assert set(sums) == set(names[1:])
        for name in names[1:]:
            assert hashlib.sha256(tar.extractfile(name).read()).hexdigest() == sums[name], name

    began = time.monotonic()
    imported = result(stack, "tenants", "import", str(archive), "--as", "The copy")
    figure(f"export / import of {report['object_bytes'] >> 20} MiB in {report['objects']} objects",
           f"{took:.2f} / {time.monotonic() - began:.2f} s with the program's start")
    assert imported["id"] != team.id and imported["missing_members"] == []
    assert rows(stack, imported["id"], formerly=team.id) == rows(stack, team.id)
    assert objects(stack, imported["id"]) == objects(stack, team.id)
    copy = team.admin.api.get(f"/api/tenants/{imported['id']}").data()
    assert copy["name"] == "The copy" and copy["is_active"]
    assert {m["user_id"]: m["role"] for m in copy["members"]} == {
        team.admin.id: "admin", team.user.id: "user", team.viewer.id: "viewer"}
    team.outsider.api.get(f"/api/tenants/{imported['id']}").error(404, "TENANT_NOT_FOUND")
    for tenant in (team.id, imported["id"]):
        for document, content in contents.items():
            answer = team.viewer.api.get(f"/api/tenants/{tenant}/documents/{document}/download")
            assert sha256(team.admin.api.fetch(answer.header("Location")).body) == sha256(content)
    # Both go on, each alone.
    team.admin.api.upload(f"/api/tenants/{imported['id']}/documents", unique_text()).data(201)
    assert team.total_documents() == len(contents) + 1


def test_a_restore_brings_the_moment_back_while_the_others_are_served(stack, archive):
    team, contents = furnished(stack)
    other = new_team(stack.api, roles=())
    before = rows(stack, team.id)
    result(stack, "tenants", "export", team.id, str(archive))

    kept, *lost = list(contents)
    for document in lost:
        team.admin.api.delete(f"{team.documents}/{document}").data()
    team.admin.api.put(f"{team.documents}/{kept}", {"filename": "renamed.txt"}).data()
    later = team.upload(unique_text())
    team.admin.api.delete(f"{team.path}/users/{team.viewer.id}").data()
    eventually(lambda: team.total_files() <= 3, within=20, what="the removal of files")
    settled(stack, team)

    over = threading.Event()
    answers = []

    def use(api, path):
        while not over.is_set():
            answers.append((path, api.get(path).status))

    threads = [threading.Thread(target=use, args=(person.api, place.documents))
               for person, place in ((other.admin, other), (team.admin, team))]
    for thread in threads:
        thread.start()
    try:
        report = result(stack, "tenants", "restore", team.id, "--from", str(archive))
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    assert {status for path, status in answers if path == other.documents} == {200}
    assert {status for path, status in answers if path == team.documents} <= {200, 503}
    assert report["objects_put"] >= 1

    after = rows(stack, team.id)
    after["audit_entries"] = [row for row in after["audit_entries"] if '"tenant.restore"' not in row]
    # What the worker does about the restore itself.
    for table in ("inbox", "outbox"):
        after[table] = [row for row in after[table] if row in before[table]]
    assert after == before
    for document, content in contents.items():
        assert sha256(team.download(document)) == sha256(content)
    team.admin.api.get(f"{team.documents}/{later['id']}").error(404, "DOCUMENT_NOT_FOUND")
    # Members are those of now.
    assert team.viewer.id not in {m["user_id"] for m in team.admin.api.get(team.path).data()["members"]}
    assert not [name for name in stack.databases() if name.startswith(("restoring_", "replaced_"))]


def test_an_export_under_load_holds_every_object_of_its_moment(stack, archive):
    team = new_team(stack.api)
    for _ in range(5):
        team.upload(Pattern(2_000_000), filename="x.bin")
    over = threading.Event()

    def churn():
        while not over.is_set():
            document = team.user.api.upload(team.documents, unique_text()).data(201)
            team.user.api.delete(f"{team.documents}/{document['id']}").data()

    threads = [threading.Thread(target=churn) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(10 if FULL else 3):
            path = archive.with_suffix(f".{number}.tar")
            result(stack, "tenants", "export", team.id, str(path))
            imported = result(stack, "tenants", "import", str(path), "--as", f"Copy {number}")
            objects(stack, imported["id"])
    finally:
        over.set()
        for thread in threads:
            thread.join(60)


def test_a_damaged_archive_changes_nothing(stack, archive):
    team, _ = furnished(stack)
    result(stack, "tenants", "export", team.id, str(archive))
    good = archive.read_bytes()
    with tarfile.open(archive) as tar:
        members = tar.getmembers()
    places = [members[n].offset_data + members[n].size // 2 for n in (0, 1, 2, 3, -1)] + [members[4].offset + 20]
    damages = [good[:place] + bytes([good[place] ^ 1]) + good[place + 1:] for place in places]
    damages += [good[:len(good) // 2], good[:members[3].offset], good[512:], b"", b"no archive at all" * 100]

    settled(stack, team)
    before, stored = everything(stack, team), stack.objects()
    for number, damaged in enumerate(damages):
        archive.write_bytes(damaged)
        for command in (["tenants", "import", str(archive)], ["tenants", "restore", team.id, "--from", str(archive)]):
            done = stack.saasctl(*command)
            assert done.returncode in (1, 65) if number >= len(places) else done.returncode == 65, (number, done.stdout)
            assert "saasctl: " in done.stdout
    assert everything(stack, team) == before and stack.objects() <= stored


def test_an_archive_of_another_tenant_is_not_restored(stack, archive):
    team, other = new_team(stack.api, roles=()), new_team(stack.api, roles=())
    result(stack, "tenants", "export", team.id, str(archive))
    assert "tenants import" in saasctl(stack, "tenants", "restore", other.id, "--from", str(archive), status=1)
    assert "is there already" in saasctl(stack, "tenants", "export", team.id, str(archive), status=1)


def test_members_are_those_who_have_the_address(stack, archive):
    team = new_team(stack.api)
    result(stack, "tenants", "export", team.id, str(archive))
    saasctl(stack, "users", "deactivate", team.admin.email)
    assert "--owner" in saasctl(stack, "tenants", "import", str(archive), status=1)
    owner = new_person(stack.api)
    report = result(stack, "tenants", "import", str(archive), "--owner", owner.email)
    assert report["missing_members"] == [team.admin.email]
    shown = owner.api.get(f"/api/tenants/{report['id']}").data()
    assert {m["user_id"]: m["role"] for m in shown["members"]} == {
        owner.id: "admin", team.user.id: "user", team.viewer.id: "viewer"}


def test_a_purged_tenant_comes_back_as_a_new_one(stack, archive):
    team, contents = furnished(stack)
    result(stack, "tenants", "export", team.id, str(archive))
    team.admin.api.delete(team.path).data()
    saasctl(stack, "tenants", "purge", team.id, "--now")
    assert "tenants import" in saasctl(stack, "tenants", "restore", team.id, "--from", str(archive), status=1)
    imported = result(stack, "tenants", "import", str(archive))
    assert imported["name"] == team.tenant["name"]
    api = team.admin.api
    assert api.get(f"/api/tenants/{imported['id']}/documents").data()["pagination"]["total"] == len(contents) + 1


@pytest.mark.parametrize("kind", ["import", "restore"])
def test_a_killed_import_or_restore_leaves_nothing(stack, archive, kind):
    team, _ = furnished(stack)
    result(stack, "tenants", "export", team.id, str(archive))
    before, stored = everything(stack, team), stack.objects()
    words = ["import", str(archive)] if kind == "import" else ["restore", team.id, "--from", str(archive)]
    script = f'source "{stack.state_dir}/supervisor/env/saasctl.sh"; exec "{stack.state_dir}/bin/saasctl" "$@"'
    # It ends with an entry of the audit trail: there it waits, its database filled and its objects put.
    with stack.holding("saas_main", "LOCK TABLE audit_entries IN EXCLUSIVE MODE"):
        process = subprocess.Popen(["bash", "-c", script, "saasctl", "tenants", *words], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        stack.await_blocked("saas_main", "INSERT INTO audit_entries")
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
    eventually(lambda: stack.sql("saas_main", "SELECT count(*) FROM tenant_restores") == "0", within=60, every=0.5,
               what="the clean-up")
    assert everything(stack, team) == before and stack.objects() <= stored
    team.upload(unique_text())


def test_a_backup_holds_every_tenant(s3_stack, archive):
    team, _ = furnished(s3_stack)
    report = result(s3_stack, "backup", str(archive.parent))
    assert report["failed"] == 0
    files = {path.name for path in archive.parent.iterdir()}
    assert any(name.startswith(f"{team.id}-") for name in files)
    [main] = [path for path in archive.parent.iterdir() if path.name.startswith("main-")]
    listing = subprocess.run(["pg_restore", "--list", str(main)], capture_output=True, text=True, check=True).stdout
    assert "TABLE DATA public users" in listing
    living = s3_stack.sql("saas_main", "SELECT count(*) FROM tenants WHERE state IN ('ready', 'suspended')")
    assert len(files) == len(report["archives"]) + 1 == int(living) + 1


@pytest.mark.skipif(not FULL, reason="a full run only: half a gigabyte")
def test_how_fast_much_is_moved(store_stack, archive, figure):
    stack = store_stack
    team = new_team(stack.api, roles=())
    for number in range(10):
        team.upload(Pattern(50_000_000), filename=f"{number}.bin")
    for number in range(300):
        team.upload(unique_text())
    settled(stack, team)
    took = {}
    for name, words in {"export": ["export", team.id, str(archive)], "import": ["import", str(archive)],
                        "restore": ["restore", team.id, "--from", str(archive)]}.items():
        began = time.monotonic()
        result(stack, "tenants", *words)
        took[name] = time.monotonic() - began
    team.admin.api.delete(team.path).data()
    began = time.monotonic()
    record = result(stack, "tenants", "purge", team.id, "--now")
    took["purge"] = time.monotonic() - began
    assert record["objects"] == 310
    figure(f"500 MB in 310 objects, {stack.name}",
           ", ".join(f"{name} {seconds:.1f} s ({500 / seconds:.0f} MB/s)" for name, seconds in took.items()))
