"""`saasctl upload`: files of a person's machine become documents, and a run that was broken off is taken up again."""

import json
import os
import pathlib
import pty
import re
import subprocess

import pytest

from client import UUID, new_team
from content import Pattern, unique_pdf, unique_text
from faultproxy import LostAnswers

MIB = 1024 * 1024


@pytest.fixture
def team(stack):
    return new_team(stack.api, roles=("viewer",))


def settings_of(person):
    return {"SAASCTL_EMAIL": person.email, "SAASCTL_PASSWORD": person.password}


def upload(stack, team, *words, person=None, **settings):
    """Runs it as the tenant's admin unless told otherwise; streams apart."""
    command = stack.saasctl_command("upload", "--tenant", team.id, *[str(word) for word in words],
                                    **{**settings_of(person or team.admin), **settings})
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def ids(done):
    found = [line.split("  ")[0] for line in done.stdout.splitlines()]
    assert all(UUID.match(word) for word in found), done.stdout
    return found


@pytest.fixture
def files(tmp_path):
    contents = {"notes.txt": unique_text(3000), "Prüfung \"1\".pdf": unique_pdf(), "large.bin": os.urandom(3 * MIB)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return {tmp_path / name: content for name, content in contents.items()}


def test_files_become_documents_byte_for_byte(stack, team, files):
    done = upload(stack, team, *files)
    assert done.returncode == 0, done.stderr
    for document, (path, content) in zip(ids(done), files.items(), strict=True):
        shown = team.admin.api.get(f"{team.documents}/{document}").data()
        assert shown["filename"] == path.name
        assert team.download(document) == content
    assert done.stderr.splitlines()[-1] == "3 uploaded, 0 there already, 0 failed"


def test_a_file_that_shrinks_on_its_way_does_not_stop_the_others(stack, team, tmp_path):
    paths = [tmp_path / name for name in ("first.txt", "second.bin", "third.txt")]
    paths[0].write_bytes(unique_text())
    paths[1].write_bytes(os.urandom(3 * MIB))
    paths[2].write_bytes(unique_text())

    def meanwhile(piece):
        # The question whether it is there already: its digest is known, and nothing was sent of it.
        if piece.startswith(b"GET ") and paths[1].name.encode() in piece:
            os.truncate(paths[1], MIB)

    with LostAnswers(stack.port, count=0, meanwhile=meanwhile) as proxy:
        done = upload(stack, team, *paths, "--url", f"http://127.0.0.1:{proxy.port}")
    assert done.returncode == 1, done.stderr
    assert "second.bin: it changed while it was sent" in done.stderr
    assert done.stderr.splitlines()[-1] == "2 uploaded, 0 there already, 1 failed"


def test_what_the_tenant_has_already_is_skipped(stack, team, files, tmp_path):
    first = upload(stack, team, *files)
    again = upload(stack, team, *files)
    assert again.returncode == 0 and ids(again) == ids(first)
    assert again.stderr.splitlines()[-1] == "0 uploaded, 3 there already, 0 failed"
    assert team.total_documents() == 3
    # The same bytes under another name, and the same name with other bytes, are other documents.
    twin, changed = tmp_path / "twin.txt", tmp_path / "notes.txt"
    twin.write_bytes(files[changed])
    assert upload(stack, team, twin).returncode == 0
    changed.write_bytes(unique_text())
    assert upload(stack, team, changed).returncode == 0
    assert team.total_documents() == 5
    assert upload(stack, team, changed, "--again").returncode == 0
    assert team.total_documents() == 6


def test_a_run_that_was_killed_is_resumed(stack, team, tmp_path):
    paths = [tmp_path / f"{number:02}.txt" for number in range(30)]
    for path in paths:
        path.write_bytes(unique_text(20_000))
    command = stack.saasctl_command("upload", "--tenant", team.id, *map(str, paths), **settings_of(team.admin))
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        for _ in range(3):
            assert run.stdout.readline()
        run.kill()
    done = upload(stack, team, *paths)
    assert done.returncode == 0, done.stderr
    uploaded, there, failed = map(int, re.findall(r"\d+", done.stderr.splitlines()[-1]))
    assert uploaded + there == 30 and there >= 3 and failed == 0
    assert team.total_documents() == 30 and len(set(ids(done))) == 30


def test_an_answer_that_is_lost_makes_no_second_document(stack, team, tmp_path):
    path = tmp_path / "once.txt"
    path.write_bytes(unique_text(50_000))
    # libcurl itself sends again once, when a kept connection ends before the answer; the second loss is for us.
    with LostAnswers(stack.port, count=2) as proxy:
        done = upload(stack, team, path, "--url", f"http://127.0.0.1:{proxy.port}")
        assert proxy.lost == 2
    assert done.returncode == 0, done.stderr
    assert "again in 1 s" in done.stderr
    assert team.total_documents() == 1
    assert team.download(ids(done)[0]) == path.read_bytes()


def test_results_as_json_name_every_file(stack, team, files, tmp_path):
    empty = tmp_path / "empty.txt"
    empty.touch()
    done = upload(stack, team, *files, empty, tmp_path / "missing", "--json")
    assert done.returncode == 1
    results = {result["path"]: result for result in map(json.loads, done.stdout.splitlines())}
    assert len(results) == 5
    for path, content in files.items():
        result = results[str(path)]
        assert result["status"] == "uploaded" and result["error"] is None and result["size"] == len(content)
        assert UUID.match(result["document_id"]) and UUID.match(result["file_id"]) and UUID.match(result["upload_id"])
    assert results[str(empty)]["status"] == "failed" and "EMPTY_FILE" in results[str(empty)]["error"]
    assert results[str(tmp_path / "missing")]["status"] == "failed"
    assert team.total_documents() == 3


def test_directories_are_entered_when_asked(stack, team, tmp_path):
    for name in ("a/one.txt", "a/b/two.txt", "three.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(unique_text())
    (tmp_path / "a" / "link").symlink_to("/etc")
    refused = upload(stack, team, tmp_path)
    assert refused.returncode == 1 and "--recursive" in refused.stderr
    done = upload(stack, team, tmp_path, "--recursive")
    assert done.returncode == 0, done.stderr
    assert [line.rsplit("/", 1)[1] for line in done.stdout.splitlines()] == ["two.txt", "one.txt", "three.txt"]


def test_a_large_file_is_never_held_in_memory(stack, team, tmp_path, figure):
    path = tmp_path / "large.bin"
    with open(path, "wb") as file:
        for piece in Pattern(90 * MIB).pieces():
            file.write(piece)
    command = stack.saasctl_command("upload", "--tenant", team.id, str(path), **settings_of(team.admin))
    peak = 0
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while run.poll() is None:
            status = pathlib.Path(f"/proc/{run.pid}/status").read_text()
            if "\nVmHWM:" in status and status.startswith("Name:\tsaasctl"):
                peak = int(status.split("\nVmHWM:")[1].split()[0])
    figure("memory of saasctl that uploads 90 MiB", f"{peak / 1024:.0f} MiB")
    assert run.returncode == 0
    assert 0 < peak < 60 * 1024
    assert team.total_documents() == 1


def test_the_progress_is_shown_at_a_terminal(stack, team, files):
    person, side = pty.openpty()
    command = stack.saasctl_command("upload", "--tenant", team.id, *map(str, files), **settings_of(team.admin))
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=side) as run:
        os.close(side)
        screen = b""
        try:
            while piece := os.read(person, 65536):
                screen += piece
        except OSError:
            pass  # the program has ended, and its terminal with it
        assert len(run.stdout.read().splitlines()) == 3
    os.close(person)
    assert run.returncode == 0
    assert re.search(rb"large.bin +\[#{20}\] +100% +3\.0 MiB of 3\.0 MiB", screen), screen[-2000:]
    assert b"3 uploaded" in screen


@pytest.mark.parametrize("words, settings, status, sentence", [
    ([], {}, 64, "a file is needed"),
    (["--frobnicate"], {}, 64, "unknown option"),
    (["FILE", "--url", "ftp://x"], {}, 64, "--url must be"),
    (["FILE"], {"SAASCTL_EMAIL": "", "SAASCTL_PASSWORD": ""}, 78, "SAASCTL_TOKEN or SAASCTL_EMAIL"),
    (["FILE"], {"SAASCTL_PASSWORD": ""}, 78, "SAASCTL_PASSWORD"),
    (["FILE"], {"SAASCTL_PASSWORD": "wrong-horse-1"}, 1, "INVALID_CREDENTIALS"),
    (["FILE"], {"SAASCTL_TOKEN": "no-token"}, 1, "TOKEN_INVALID"),
    (["FILE", "--url", "http://127.0.0.1:1"], {}, 1, "no answer"),
])
def test_what_cannot_be_done_is_said(stack, team, files, words, settings, status, sentence):
    words = [str(next(iter(files))) if word == "FILE" else word for word in words]
    done = upload(stack, team, *words, **settings)
    assert done.returncode == status and sentence in done.stderr, done.stderr
    assert done.stdout == "" and team.total_documents() == 0


def test_who_may_not_upload_is_told_so_at_once(stack, team, files):
    done = upload(stack, team, *files, person=team.viewer)
    assert done.returncode == 1 and done.stderr.count("FORBIDDEN") == 1
    stranger = new_team(stack.api, roles=())
    done = upload(stack, team, *files, person=stranger.admin)
    assert done.returncode == 1 and "TENANT_NOT_FOUND" in done.stderr
    assert team.total_documents() == 0


def test_a_token_serves_in_place_of_a_password(stack, team, files, tmp_path):
    first, second, _ = files
    token = tmp_path / "token"
    token.write_text(team.admin.api.token + "\n")
    nobody = {"SAASCTL_EMAIL": "", "SAASCTL_PASSWORD": ""}
    assert upload(stack, team, first, "--token-file", token, **nobody).returncode == 0
    assert upload(stack, team, second, **nobody, SAASCTL_TOKEN=team.admin.api.token).returncode == 0
    assert team.total_documents() == 2
