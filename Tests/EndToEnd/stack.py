"""One running product: started, stopped and looked at through scripts/stack.sh, as an operator does."""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile

from client import Api
from polling import eventually

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "stack.sh"
PROCESSES = ("postgres", "nginx", "app-0", "app-1", "sidecar", "worker")
# Settings of a developer's shell must not reach a stack under test.
FOREIGN = ("AWS_", "S3_", "KAFKA_", "DATABASE_", "JWT_", "CORS_", "VAULT_", "REDIS_", "ADMIN_", "UPLOAD_", "SPOOL_",
           "FCGI_", "PG", "STACK_", "FLASK_", "LOG_", "LOGIN_", "ADDRESS_", "TENANT_", "RATE_", "MAX_", "ORPHAN_",
           "STORAGE_", "TRUSTED_", "PUBLIC_", "METRICS_", "EVENT_", "INSPECTION_", "ENV_FILE", "SAASCTL_", "APP_ENV", "PORT",
           "STATE_DIR",
           "TEST_TENANT_NAME", "BCRYPT_COST")


def free_port():
    """A port that nothing listens on, outside the range from which outgoing connections take theirs."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("0.0.0.0", port))
                return port
            except OSError:
                continue


class Stack:
    """`make up` with its own port and state; `settings` are environment variables of the contract."""

    def __init__(self, name, **settings):
        self.name = name
        self.port = free_port()
        # Short (unix socket paths end at 107 bytes) and reachable for the users of PostgreSQL and nginx.
        self.state_dir = pathlib.Path(tempfile.mkdtemp(prefix=f"saas-{name}-", dir="/tmp"))
        self.state_dir.chmod(0o755)
        self.settings = {
            "PORT": str(self.port), "STATE_DIR": str(self.state_dir), "STACK_SKIP_BUILD": "1", "APP_ENV": "testing",
            "RATE_LIMIT_PER_HOUR": "0", "BCRYPT_COST": "4", "FCGI_WORKERS": "2",
            "LOGIN_ATTEMPTS_PER_ACCOUNT": "0", "LOGIN_ATTEMPTS_PER_ADDRESS": "0", "ADDRESS_REQUESTS_PER_SECOND": "0",
            "ADDRESS_MAX_CONNECTIONS": "0", "POSTGRES_FSYNC": "off", **settings,
        }
        self.api = Api(self.port)

    @property
    def environment(self):
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return {**own, **self.settings}

    def run(self, *arguments, timeout=240, **settings):
        """scripts/stack.sh with these arguments; the output of both streams in `stdout`."""
        # Into a file, not a pipe: a process that the script leaves running may keep its output open.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run([str(SCRIPT), *arguments], cwd=ROOT, env={**self.environment, **settings},
                                  stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=timeout)
            output.seek(0)
            done.stdout = output.read()
        return done

    def saasctl(self, *arguments, **settings):
        """saasctl with the stack's own settings and these on top; both streams in `stdout`."""
        return subprocess.run(self.saasctl_command(*arguments, **settings), stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)

    def saasctl_command(self, *arguments, **settings):
        """The command line that starts saasctl so; the process becomes it."""
        script = (f'source "{self.state_dir}/supervisor/env/saasctl.sh"; '
                  + "".join(f'export {name}="{value}"; ' for name, value in settings.items())
                  + f'exec "{self.state_dir}/bin/saasctl" "$@"')
        return ["bash", "-c", script, "saasctl", *arguments]

    def up(self):
        done = self.run("up")
        assert done.returncode == 0, f"stack {self.name} did not start:\n{done.stdout[-4000:]}\n{self.logs()}"
        return self

    def down(self):
        done = self.run("down")
        assert done.returncode == 0, f"stack {self.name} did not stop:\n{done.stdout[-4000:]}"

    def remove(self):
        if os.environ.get("E2E_KEEP_STATE"):
            print(f"state of {self.name} kept in {self.state_dir}")
        else:
            shutil.rmtree(self.state_dir, ignore_errors=True)

    def pid(self, process):
        done = self.run("pid", process, timeout=30)
        assert done.returncode == 0, f"no pid of {process}: {done.stdout}"
        return int(done.stdout.split()[-1])

    def kill(self, process, number=signal.SIGKILL):
        """Signals one process; returns the pid that it had."""
        pid = self.pid(process)
        os.kill(pid, number)
        return pid

    def crash_postgres(self):
        """Kills all processes of PostgreSQL at the same moment; returns the pid that the first had."""
        pid = self.pid("postgres")
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for process in [pid, *map(int, children)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        return pid

    def is_healthy(self):
        answer = self.api.request("GET", "/health/ready", timeout=5)
        return answer.status == 200 and answer.data()["status"] == "healthy"

    def await_healthy(self, within=30):
        eventually(self.is_healthy, within=within, what=f"health of stack {self.name}")

    def await_sidecar(self, within=30):
        """Until the sidecar takes connections: readiness does not speak of it."""
        def answers():
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self.state_dir / "run" / "upload.sock"))
                return True

        eventually(answers, within=within, what=f"the sidecar of stack {self.name}")

    def objects(self, tenant_id=None):
        """Every file in the object directory, of one tenant or of all; half-written ones too."""
        place = self.state_dir / "objects"
        found = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
        return {path for path in found if tenant_id is None or tenant_id in path}

    def spool_files(self):
        """The bodies that lie in the spool directory."""
        place = self.state_dir / "spool"
        assert place.is_dir()
        return [path for path in place.rglob("*") if path.is_file() and path.name != "journal"]

    def databases(self):
        """The names of all databases of the private cluster."""
        return set(self.sql("saas_main", "SELECT datname FROM pg_database").split())

    def sql(self, database, statement):
        """What psql answers, as the operator: to look where the API cannot, or to let time pass."""
        done = subprocess.run(["psql", "-XAtqc", statement, "-v", "ON_ERROR_STOP=1"],
                              env=self.psql_environment(database), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @contextlib.contextmanager
    def holding(self, database, statement):
        """Keeps a transaction open in which the statement was run, such as a LOCK."""
        session = subprocess.Popen(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1"], env=self.psql_environment(database),
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            session.stdin.write(f"BEGIN; {statement}; SELECT 'held';\n")
            session.stdin.flush()
            assert session.stdout.readline().strip() == "held"
            yield
        finally:
            session.stdin.close()  # psql ends, and its transaction with it
            session.wait(20)
            session.stdout.close()

    def await_blocked(self, database, statement):
        """Until a statement that begins like this waits for a lock in the database."""
        eventually(lambda: self.sql(database, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                    f" AND wait_event_type = 'Lock' AND query ILIKE '{statement}%'") != "0",
                   within=30, what=f"{statement} that waits")

    def psql_environment(self, database="saas_main"):
        """What psql needs to know to be the operator in this database."""
        return {"PATH": os.environ["PATH"], "PGHOST": str(self.state_dir / "run" / "postgres"), "PGUSER": "saas",
                "PGDATABASE": database,
                "PGPASSWORD": (self.state_dir / "secrets" / "database-password").read_text().strip()}

    def forget_peak_memory(self, name):
        """Lets the peak count from now on (proc(5), clear_refs)."""
        pathlib.Path(f"/proc/{self.pid(name)}/clear_refs").write_text("5")

    def peak_memory_kib(self, process):
        """The most memory that the process ever had resident."""
        for line in pathlib.Path(f"/proc/{self.pid(process)}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
        raise AssertionError("no VmHWM")

    def logs(self, lines=40):
        """The tail of each log."""
        parts = []
        for path in sorted((self.state_dir / "log").glob("*")):
            if path.is_file():
                tail = path.read_text(errors="replace").splitlines()[-lines:]
                parts.append(f"--- {path.name} (last {len(tail)} lines)\n" + "\n".join(line[:400] for line in tail))
        return "\n".join(parts)
