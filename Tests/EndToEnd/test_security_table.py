"""docs/asvs.md lists every item of ASVS 5.0.0 up to level 2 and names tests: all of them must be there, or the table
promises what nothing shows."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs" / "asvs.md").read_text()

# The numbers of the published list, chapter by chapter.
LEVEL_1 = """1.2.1-5 1.3.1-2 1.5.1 2.1.1 2.2.1-2 2.3.1 3.2.1-2 3.3.1 3.4.1-2 3.5.1-3 4.1.1 4.4.1 5.2.1-2 5.3.1-2 6.1.1
    6.2.1-8 6.3.1-2 6.4.1-2 7.2.1-4 7.4.1-2 8.1.1 8.2.1-2 8.3.1 9.1.1-3 9.2.1 10.4.1-5 11.3.1-2 11.4.1 12.1.1 12.2.1-2
    13.4.1 14.2.1 14.3.1 15.1.1 15.2.1 15.3.1"""
# Without chapter 17, WebRTC.
LEVEL_2 = """1.1.1-2 1.2.6-9 1.3.3-11 1.4.1-3 1.5.2 2.1.2-3 2.2.3 2.3.2-4 2.4.1 3.3.2-4 3.4.3-6 3.5.4-5 3.7.1-2 4.1.2-3
    4.2.1 4.3.1-2 4.4.2-4 5.1.1 5.2.3 5.4.1-3 6.1.2-3 6.2.9-12 6.3.3-4 6.4.3-4 6.5.1-5 6.6.1-3 6.8.1-4 7.1.1-3 7.3.1-2
    7.4.3-5 7.5.1-2 7.6.1-2 8.1.2 8.2.3 8.4.1 9.2.2-4 10.1.1-2 10.2.1-2 10.3.1-4 10.4.6-11 10.5.1-5 10.6.1-2 10.7.1-3
    11.1.1-2 11.2.1-3 11.3.3 11.4.2-4 11.5.1 11.6.1 12.1.2-3 12.3.1-4 13.1.1 13.2.1-5 13.3.1-2 13.4.2-5 14.1.1-2
    14.2.2-4 14.3.2-3 15.1.2-3 15.2.2-3 15.3.2-7 16.1.1 16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3"""


def items(text):
    for name in text.split():
        section, first, last = re.fullmatch(r"(\d+\.\d+)\.(\d+)(?:-(\d+))?", name).groups()
        yield from (f"{section}.{number}" for number in range(int(first), int(last or first) + 1))


def listed(heading):
    section = TABLE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [item for cell in re.findall(r"^\| ((?:\d+\.\d+\.\d+(?:, )?)+)", section, re.MULTILINE)
            for item in cell.rstrip(", ").split(", ")]


def test_every_item_is_listed_once():
    level_1, level_2 = list(items(LEVEL_1)), list(items(LEVEL_2))
    assert (len(level_1), len(level_2)) == (70, 176)
    assert sorted(listed("Level 1")) == sorted(level_1)
    assert sorted(listed("Level 2")) == sorted(level_2)
    assert re.findall(r"^\| (API\d+) ", TABLE, re.MULTILINE) == [f"API{number}" for number in range(1, 11)]


def test_every_test_in_the_table_exists():
    named = set(re.findall(r"`(test_[a-z0-9_]+|[a-z]+(?:[A-Z][A-Za-z0-9]*)+|[A-Z]\w+Tests)`", TABLE)) - {"innerHTML"}
    sources = "\n".join(path.read_text() for folder in ("EndToEnd/*.py", "Deployment/*.py", "*Tests/**/*.swift")
                        for path in (ROOT / "Tests").glob(folder))
    defined = set(re.findall(r"(?:def|func|struct|enum|class) (\w+)", sources))
    assert len(named) > 150 and not sorted(named - defined)
