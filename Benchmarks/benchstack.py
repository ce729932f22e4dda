"""A stack of the bench's own, and what its processes use."""

import json
import os
import pathlib
import random
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Settings of a developer's shell must not reach the stack.
FOREIGN = ("AWS_", "S3_", "KAFKA_", "DATABASE_", "JWT_", "CORS_", "VAULT_", "REDIS_", "ADMIN_", "UPLOAD_", "SPOOL_",
           "PG", "FLASK_", "LOG_", "TENANT_", "RATE_", "MAX_", "ORPHAN_", "STORAGE_", "TRUSTED_", "PUBLIC_", "EVENT_",
           "APP_ENV", "PORT", "STATE_DIR", "BCRYPT_COST", "OBJECT_DIR")
KINDS = {"FCGIApp": "app", "UploadSidecar": "sidecar", "EventWorker": "worker", "nginx": "nginx",
         "postgres": "postgres"}
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class BenchStack:
    """`make up` with production settings, but no rate limit, no throttle of logins and long tokens; gone with everything when it is left."""

    def __init__(self, bin_dir, **settings):
        self.port = free_port()
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="saas-bench-", dir="/tmp"))
        self.state.chmod(0o755)
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        self.environment = {**own, "PORT": str(self.port), "STATE_DIR": str(self.state), "APP_ENV": "testing",
                            "RATE_LIMIT_PER_HOUR": "0", "LOGIN_ATTEMPTS_PER_ACCOUNT": "0",
                            "LOGIN_ATTEMPTS_PER_ADDRESS": "0", "JWT_ACCESS_TOKEN_EXPIRES": "86400", **settings}
        if bin_dir:
            self.environment["BIN_DIR"] = str(bin_dir)

    def __enter__(self):
        self._script("up")
        return self

    def __exit__(self, *_):
        self._script("down")
        shutil.rmtree(self.state, ignore_errors=True)

    def _script(self, command):
        log = self.state / "bench-stack.log"
        with log.open("w") as output:
            done = subprocess.run([ROOT / "scripts/stack.sh", command], cwd=ROOT, env=self.environment,
                                  stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        if done.returncode:
            raise SystemExit(f"stack.sh {command} failed:\n{log.read_text()[-3000:]}")

    def call(self, method, path, body=None, token=None):
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}",
                                         None if body is None else json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def person(self):
        """A new user: (credentials, token, id)."""
        login = {"email": f"bench.{secrets.token_hex(6)}@example.com", "password": "correct-horse-7"}
        self.call("POST", "/api/auth/register", {**login, "first_name": "Bench", "last_name": "Mark"})
        answer = self.call("POST", "/api/auth/login", login)
        return login, answer["access_token"], answer["user"]["id"]

    def tenant(self, token):
        return self.call("POST", "/api/tenants", {"name": f"Bench {secrets.token_hex(4)}"}, token)

    def sql(self, text, database=None):
        """Runs statements in the main or a tenant's database; what they print, without frame."""
        done = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1"], input=text, text=True, capture_output=True, env={
            "PATH": os.environ["PATH"], "PGHOST": str(self.state / "run/postgres"), "PGUSER": "saas",
            "PGDATABASE": database or "saas_main",
            "PGPASSWORD": (self.state / "secrets/database-password").read_text().strip()})
        if done.returncode:
            raise SystemExit(f"SQL failed: {done.stderr[-1000:]}")
        return done.stdout.strip()

    def processes(self):
        """Kind -> process ids."""
        found = {}
        for process in pathlib.Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            try:
                if not os.readlink(process / "cwd").startswith(str(self.state)):
                    continue
                kind = KINDS.get((process / "comm").read_text().strip())
            except OSError:
                continue
            if kind:
                found.setdefault(kind, []).append(int(process.name))
        return found

    def meter(self):
        return Meter(self)


class Meter:
    """Processor time and peak memory of each kind of process between `__init__` and `read`."""

    def __init__(self, stack):
        self._stack = stack
        for pids in stack.processes().values():
            for pid in pids:
                try:
                    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew
                except OSError:
                    pass
        self._begin = self._times()

    def _times(self):
        times = {}
        for kind, pids in self._stack.processes().items():
            for pid in pids:
                try:
                    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                    peak = [line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                            if line.startswith("VmHWM")]
                    times[pid] = kind, (int(fields[11]) + int(fields[12])) / TICK, int(peak[0].split()[1]) if peak else 0
                except OSError:
                    continue
        return times

    def read(self):
        """(kind -> seconds of processor, kind -> largest peak of one process in MiB)."""
        seconds, peaks = {}, {}
        for pid, (kind, time, peak) in self._times().items():
            seconds[kind] = seconds.get(kind, 0) + time - self._begin.get(pid, (kind, 0, 0))[1]
            peaks[kind] = max(peaks.get(kind, 0), round(peak / 1024, 1))
        return seconds, peaks


def await_true(condition, within, what):
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {within} s")
        time.sleep(0.05)
