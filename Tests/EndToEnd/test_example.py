import subprocess
import time

from polling import eventually


def test_the_printed_example_works_as_pasted(stack):
    """A pasted example goes to an interactive shell, line by line: so bash reads it from its standard input."""
    example = stack.state_dir / "example.sh"
    assert example.is_file()
    done = subprocess.run(["bash"], stdin=example.open(), capture_output=True, text=True, timeout=120,
                          cwd=stack.state_dir)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert '"success":false' not in done.stdout.replace(" ", "")


def test_the_example_works_as_a_script_too(stack):
    # Its email address changes with the second.
    started = int(time.time())
    eventually(lambda: int(time.time()) > started, what="the next second")
    done = subprocess.run(["bash", "-eu", "-o", "pipefail", str(stack.state_dir / "example.sh")], capture_output=True,
                          stdin=subprocess.DEVNULL, text=True, timeout=120)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
