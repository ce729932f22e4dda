"""The contract as a machine reads it: schemathesis makes requests from swagger.yaml, valid ones and others, follows the
links, and judges every answer. What is exempt stands in schemathesis.toml."""

import os
import pathlib
import re
import subprocess
import sys

from contract import PATH

HERE = pathlib.Path(__file__).parent
FULL = os.environ.get("TEST_FULL") == "1"


def test_the_api_keeps_its_contract(stack, figure):
    base = f"http://127.0.0.1:{stack.port}"
    program = pathlib.Path(sys.executable).parent / "schemathesis"
    done = subprocess.run(
        [str(program), "--config-file", str(HERE / "schemathesis.toml"), "--no-color", "run", str(PATH),
         "--url", base, "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--seed", "1", "--no-shrink",
         "--max-examples", "60" if FULL else "4", "--max-time", "600" if FULL else "45", "--continue-on-failure"],
        cwd=stack.state_dir, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=900 if FULL else 200,
        env={**os.environ, "SCHEMATHESIS_BASE": base, "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
             "PYTHONPATH": str(HERE)})
    assert done.returncode == 0, done.stdout[-12000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    cases = re.search(r"(\d+) generated", done.stdout)
    links = re.search(r"API Links:\s+(\d+) covered", done.stdout)
    assert tested and cases and links and int(links[1]) > 0, done.stdout[-4000:]
    figure("schemathesis", f"{tested[1]} operations, {cases[1]} cases, {links[1]} links followed")
