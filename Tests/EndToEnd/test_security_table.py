"""docs/asvs.md names tests: each must exist, or the table promises what nothing shows."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_test_in_the_table_exists():
    table = (ROOT / "docs" / "asvs.md").read_text()
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", table))
    named |= set(re.findall(r"`([a-z][A-Za-z]+(?:Refused|Alone|Counts|Examples|Expiry|Tolerated|Ends|Interchangeable))`", table))
    sources = "\n".join(path.read_text() for folder in ("EndToEnd/*.py", "*Tests/**/*.swift") for path in (ROOT / "Tests").glob(folder))
    defined = set(re.findall(r"(?:def|func) (\w+)", sources))
    assert len(named) > 80 and not sorted(named - defined)
