"""What the documents tell people to type works as it stands there."""

import re
import subprocess

from client import new_email, new_person
from stack import ROOT


def fenced(name, heading):
    """The first shell block below a heading."""
    section = (ROOT / name).read_text().split(f"\n## {heading}\n")[1]
    return re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1]


def indented(name):
    """Every indented block of a document, one after the other."""
    return "".join(re.findall(r"(?:^    .*\n)+", (ROOT / name).read_text(), re.MULTILINE))


def run(script, stack, place):
    script = script.replace("http://localhost:4999", f"http://localhost:{stack.port}")
    script = script.replace("ada@example.com", new_email("ada"))
    done = subprocess.run(["bash", "-eu", "-o", "pipefail"], input=script, cwd=place, text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0 and '"success":false' not in done.stdout, done.stdout[-3000:]
    return done.stdout


def test_the_first_session_of_the_readme_works(stack, tmp_path):
    assert run(fenced("README.md", "A first session"), stack, tmp_path).endswith("Note G\n")


def test_the_guide_to_the_api_works(stack, tmp_path):
    (tmp_path / "report.pdf").write_bytes(b"%PDF-1.4 a report")
    script = indented("docs/api.md").replace("grace@example.com", new_person(stack.api).email)
    run(script, stack, tmp_path)
    assert (tmp_path / "downloaded.pdf").read_bytes() == (tmp_path / "report.pdf").read_bytes()
