"""The documents: every link leads somewhere, the collection is current, diagrams and names are whole."""

import re
import subprocess
import sys

import pytest

from places import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


def prose(path):
    """The text without its code, which may hold brackets of its own."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(), flags=re.DOTALL)


def anchors(path):
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path):
    for groups in LINK.findall(prose(path)):
        target = next(filter(None, groups))
        if re.match(r"https?://|mailto:", target):
            continue
        file, _, anchor = target.partition("#")
        place = (path.parent / file).resolve() if file else path
        assert place.exists(), f"{path.name}: {target}"
        if anchor and place.suffix == ".md":
            assert anchor in anchors(place), f"{path.name}: {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_are_there(path):
    for name in re.findall(r"`((?:Sources|Tests|scripts|nginx|deploy|docker|web)/[\w./+-]+\.\w+)`", path.read_text()):
        assert (ROOT / name).exists(), f"{path.name}: {name}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_make_targets_that_are_named_are_there(path):
    targets = set(re.findall(r"^([a-z][a-z-]*(?: [a-z][a-z-]*)*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    targets = {name for names in targets for name in names.split()}
    for name in re.findall(r"`make ([a-z][a-z-]*)", path.read_text()):
        assert name in targets, f"{path.name}: make {name}"


def test_the_postman_collection_is_current():
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / "postman.py"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_document_can_be_found_from_another():
    for path in (ROOT / "docs").glob("*.md"):
        others = [other for other in DOCUMENTS if other != path]
        assert any(f"{path.name})" in other.read_text() or f"{path.name}#" in other.read_text() for other in others), path.name


def test_the_badges_are_true():
    readme = (ROOT / "README.md").read_text()
    assert "badge/OpenAPI-3.0.3-" in readme and (ROOT / "swagger.yaml").read_text().startswith("openapi: 3.0.3")
    assert "badge/licence-MIT-" in readme and (ROOT / "LICENSE").read_text().startswith("MIT License")
    assert "badge/Debian-12-" in readme and "debian:bookworm-slim" in (ROOT / "docker" / "Dockerfile").read_text()
    floor = re.search(r"^floor=\$\{COVER_FLOOR:-(\d+)\}", (ROOT / "scripts" / "coverage.sh").read_text(), re.MULTILINE)[1]
    assert f"badge/coverage-%E2%89%A5%20{floor}%20%25-" in readme
    assert "scripts/coverage.sh report" in (ROOT / "scripts" / "ci.sh").read_text()
    assert "badge/Swift-6.3-" in readme and "swift:6.3-bookworm" in (ROOT / "docker" / "Dockerfile").read_text()


def test_tables_that_are_drawn_are_there():
    text = (ROOT / "docs" / "architecture.md").read_text()
    for folder, diagram in zip(["main", "tenant"], re.findall(r"```mermaid\nerDiagram\n(.*?)```", text, re.DOTALL)):
        drawn = set(re.findall(r"^    (\w+) \{", diagram, re.MULTILINE))
        sql = "".join(path.read_text() for path in (ROOT / "Sources/Persistence/Migrations" / folder).glob("*.sql"))
        assert len(drawn) > 8 and drawn <= set(re.findall(r"CREATE TABLE (\w+)", sql)), folder
