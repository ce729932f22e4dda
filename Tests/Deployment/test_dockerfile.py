"""The Dockerfile and what it copies; scripts/docker-proof.sh carries its instructions out."""

import fnmatch
import os
import pathlib
import re
import subprocess
import sys

import pytest

from places import ROOT, TOOLS

sys.path.insert(0, str(ROOT / "scripts"))
import docker_stages  # noqa: E402

DOCKERFILE = ROOT / "docker" / "Dockerfile"


def test_the_linter_finds_nothing():
    done = subprocess.run([str(TOOLS / "hadolint"), str(DOCKERFILE)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_linter_finds_faults():
    done = subprocess.run([str(TOOLS / "hadolint"), "-"], input="FROM debian\nRUN cd /tmp && sudo apt install x\n",
                          capture_output=True, text=True, timeout=60)
    assert done.returncode != 0


def test_what_is_copied_is_there_and_not_ignored():
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE.read_text(), re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert any(fnmatch.fnmatch(source.split("/")[0], name) for name in allowed), source


def test_the_build_has_every_folder_of_the_package():
    """SwiftPM refuses a package of which one target's folder is missing, whatever is built."""
    paths = re.findall(r'path: "(\w+)', (ROOT / "Package.swift").read_text())
    folders = {name for name in paths if (ROOT / name).is_dir()}
    assert {"Sources", "Tests", "Benchmarks"} <= folders
    build = DOCKERFILE.read_text().split(" AS build\n")[1].split("\nFROM ")[0]
    for folder in folders:
        assert f"COPY {folder} {folder}\n" in build + "\n", folder


def test_the_proof_knows_every_instruction():
    stages = docker_stages.parse(DOCKERFILE.read_text())
    assert list(stages) == re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE.read_text(), re.MULTILINE)
    assert all("$" not in image for image, _ in stages.values())
    used = {instruction for _, instructions in stages.values() for instruction, _ in instructions}
    assert used <= docker_stages.KNOWN
    assert len(stages["runtime"][1]) == 3 and "install -d" in stages["runtime"][1][1][1]


def test_package_lists_have_what_the_sources_link():
    """A library that Package.swift names is in the list of the build, and the stack installs the same."""
    wanted = set(re.findall(r'apt(?:: |\(\[)"([^"]+)"', (ROOT / "Package.swift").read_text()))
    build = set((ROOT / "docker" / "packages" / "build.txt").read_text().split())
    stack = (ROOT / "scripts" / "stack" / "packages.sh").read_text()
    assert wanted <= build
    assert all(name in stack for name in build)


@pytest.mark.parametrize("stage, program", [
    ("app", "FCGIApp"), ("sidecar", "UploadSidecar"), ("worker", "EventWorker"), ("saasctl", "saasctl")])
def test_runtime_lists_have_the_libraries_of_their_program(stage, program):
    binary = pathlib.Path(os.environ["BIN_DIR"]) / program
    packages = set((ROOT / "docker" / "packages" / f"{stage}.txt").read_text().split()) | {"libc6", "libgcc-s1"}
    needed = subprocess.run(["objdump", "-p", str(binary)], capture_output=True, text=True, check=True).stdout
    for library in re.findall(r"NEEDED +(\S+)", needed):
        owner = subprocess.run(["dpkg", "-S", f"*/{library}"], capture_output=True, text=True, check=True).stdout
        assert {line.split(":")[0] for line in owner.splitlines()} & packages, library
