"""Where things are, and what all these checks read."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = pathlib.Path(__import__("sys").executable).parent


def variables(path):
    """The variables of a file of settings, commented ones with a value included, with how often each stands there."""
    found = {}
    for name in re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / path).read_text(), re.MULTILINE):
        found[name] = found.get(name, 0) + 1
    return found
