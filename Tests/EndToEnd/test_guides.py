"""What the documents tell people to type works as it stands there."""

import json
import re
import subprocess

from client import new_email, new_person
from polling import eventually
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


def test_a_request_is_found_in_the_logs_by_its_id(stack):
    command = re.search(r"^    (jq .*THE-ID.*) var/log/\*\.log$", (ROOT / "docs" / "troubleshooting.md").read_text(), re.MULTILINE)[1]
    wanted = stack.api.get("/api/users/me").header("X-Request-Id")

    def found():
        done = subprocess.run(["bash", "-c", f"{command.replace('THE-ID', wanted)} {stack.state_dir}/log/*.log"],
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return {line.get("component", "nginx") for line in map(json.loads, done.stdout.splitlines())} == {"app", "nginx"}

    eventually(found, what="the lines of nginx and the application")


def test_the_operators_command_line_knows_the_stack(stack, team):
    done = stack.run("saasctl", "tenants", "show", team.id, "--json")
    assert done.returncode == 0 and team.id in done.stdout, done.stdout
