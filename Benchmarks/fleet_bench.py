#!/usr/bin/env python3
"""How a fleet of tenants goes on a running stack: sign-up, migrations, round robin over all of them, one tenant beside
a flood.

    Benchmarks/fleet_bench.py [--port 4999] [--state-dir var] [--tenants 1,100,1000] [--seconds 8] [--clients 16]
                              [--only create|rush|robin|migrate|flood] [--fleet FILE]

`--fleet` remembers the tenants of the round robin, for further runs on the same databases with other settings.
Needs wrk for the load. The clients share the machine with the stack, which should run with RATE_LIMIT_PER_HOUR=0.
Beside each time stands the processor time that the stack's own processes took for one operation: the steadier figure
where something else runs on the machine.
"""

import argparse
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import resource
import secrets
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[1]
TICK = os.sysconf("SC_CLK_TCK")
SCRIPT = """
local paths = {}
for line in io.lines("%s") do paths[#paths + 1] = line end
local next = 0
function request()
  next = next %% #paths + 1
  return wrk.format("GET", paths[next], {["Authorization"] = "Bearer %s"})
end
function done(summary, latency)
  io.write(string.format("%%.0f requests/s, p50 %%.1f ms, p99 %%.1f ms, %%d of %%d not 2xx\\n",
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status, summary.requests))
end
"""


class Processor:
    """What the stack's processes have used of the processor, PostgreSQL's backends that have ended included."""

    def __init__(self, state_dir):
        self.state_dir = str(state_dir.resolve())

    def seconds(self):
        ticks = 0
        for process in pathlib.Path("/proc").iterdir():
            try:
                if process.name.isdigit() and os.readlink(process / "cwd").startswith(self.state_dir):
                    # utime, stime, and those of children that were waited for (proc(5))
                    ticks += sum(int(field) for field in (process / "stat").read_text().rpartition(")")[2].split()[11:15])
            except OSError:
                continue
        return ticks / TICK

    @contextlib.contextmanager
    def measured(self):
        """Sets `spent` to the seconds used inside."""
        begun = self.seconds()
        yield
        self.spent = self.seconds() - begun

    def each(self, count):
        return f"{self.spent * 1000 / max(1, count):.1f} ms of processor each"


def call(port, path, body, token=None):
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=40) as answer:
        return json.load(answer)["data"]


def person(port, who=None):
    """The access token of somebody new, or of somebody who is known."""
    if not who:
        who = {"email": f"bench.{secrets.token_hex(6)}@example.com", "password": "correct-horse-7"}
        call(port, "/api/auth/register", {**who, "first_name": "Bench", "last_name": "Mark"})
    return call(port, "/api/auth/login", who)["access_token"]


class Fleet:
    """Tenants of one person, remembered in a file if there is one."""

    def __init__(self, port, file):
        self.port, self.file = port, file
        known = json.loads(file.read_text()) if file and file.exists() else {}
        self.tenants = known.get("tenants", [])
        self.owner = known.get("owner") or {"email": f"bench.{secrets.token_hex(6)}@example.com",
                                            "password": "correct-horse-7"}
        if not known:
            call(port, "/api/auth/register", {**self.owner, "first_name": "Bench", "last_name": "Mark"})

    def of(self, count):
        """So many of them, and a fresh token of their owner."""
        token = person(self.port, self.owner)
        self.tenants += make(self.port, token, max(0, count - len(self.tenants)))
        if self.file:
            self.file.write_text(json.dumps({"owner": self.owner, "tenants": self.tenants}))
        return self.tenants[:count], person(self.port, self.owner)


def create(port, token):
    """A new tenant's id, and the milliseconds it took."""
    begun = time.monotonic()
    tenant = call(port, "/api/tenants", {"name": f"Bench {secrets.token_hex(4)}"}, token)["id"]
    return tenant, (time.monotonic() - begun) * 1000


def spread(times):
    times = sorted(times)
    return (f"p50 {times[len(times) // 2]:.0f} ms, p95 {times[int(len(times) * 0.95)]:.0f} ms,"
            f" max {times[-1]:.0f} ms of {len(times)}")


def measure_creation(port, token, count, pause):
    """Sign-ups with a pause for the pool to be filled, or without one: then most of them are cold."""
    times = []
    for _ in range(count):
        times.append(create(port, token)[1])
        time.sleep(pause)
    return spread(times)


def measure_rush(port, token, count):
    """So many sign-ups at once: how many were made, how many told to come back, and how long the last took."""

    def sign_up(_):
        begun = time.monotonic()
        try:
            create(port, token)
            return 201, time.monotonic() - begun
        except urllib.error.HTTPError as error:
            return error.code if error.headers["Retry-After"] else f"{error.code} without Retry-After", time.monotonic() - begun

    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        answers = list(pool.map(sign_up, range(count)))
    codes = sorted({str(code) for code, _ in answers})
    told = ", ".join(f"{sum(str(c) == code for c, _ in answers)} × {code}" for code in codes)
    return f"{told}; last after {max(seconds for _, seconds in answers):.1f} s"


def measure_migration(state_dir, processor):
    """One more migration for every tenant, a small table, as an operator runs it."""
    with tempfile.TemporaryDirectory() as directory:
        migrations = shutil.copytree(ROOT / "Sources/Persistence/Migrations/tenant", pathlib.Path(directory) / "tenant")
        script = f'source "{state_dir}/supervisor/env/saasctl.sh"; exec "{state_dir}/bin/saasctl" "$@"'

        def saasctl(*words):
            return subprocess.run(["bash", "-c", script, "saasctl", *words], capture_output=True, text=True)

        applied = json.loads(saasctl("migrate", "current", "--json").stdout)["tenants"]
        version = max([9000] + [group["version"] or 0 for group in applied]) + 1
        (migrations / f"{version}_bench.sql").write_text(f"CREATE TABLE bench_{version} (id integer PRIMARY KEY);\n")
        # Those that earlier runs have left in the databases.
        for old in range(9001, version):
            (migrations / f"{old}_bench.sql").write_text(f"CREATE TABLE bench_{old} (id integer PRIMARY KEY);\n")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with processor.measured():
            done = saasctl("migrate", "tenants", "--migrations", str(migrations), "--json")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not done.stdout:
        return done.stderr
    report = json.loads(done.stdout)
    processor.spent += after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    count = max(1, report["migrated"])
    return (f"{report['migrated']} migrated, {report['failed']} failed in {report['milliseconds']} ms,"
            f" {report['milliseconds'] / count:.1f} ms each, {processor.each(count)}")


def make(port, token, count):
    def patient(_):
        while True:
            try:
                return create(port, token)[0]
            except urllib.error.HTTPError as error:
                if error.code != 503:
                    raise
                time.sleep(int(error.headers["Retry-After"]))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return list(pool.map(patient, range(count)))


def load(port, token, tenants, seconds, clients):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as paths, tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        paths.write("".join(f"/api/tenants/{tenant}/documents\n" for tenant in tenants))
        paths.flush()
        lua.write(SCRIPT % (paths.name, token))
        lua.flush()
        done = subprocess.run(["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "-s", lua.name,
                               f"http://127.0.0.1:{port}"], capture_output=True, text=True, timeout=seconds + 60)
    found = re.search(r".*requests/s, p50.* not 2xx|.*requests/s, p50.*", done.stdout)
    count = re.search(r" of (\d+) not 2xx", done.stdout)
    return (found[0] if found else done.stdout + done.stderr), int(count[1]) if count else 0


def visits(port, token, tenant, seconds):
    """One client of one tenant, one request after the other."""
    times, failed = [], 0
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/tenants/{tenant}/documents",
                                     headers={"Authorization": f"Bearer {token}"})
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=40) as answer:
                answer.read()
        except urllib.error.HTTPError:
            failed += 1
        times.append((time.monotonic() - begun) * 1000)
    times.sort()
    return f"p50 {times[len(times) // 2]:.1f} ms, p99 {times[int(len(times) * 0.99)]:.1f} ms, {failed} failed"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=4999)
    parser.add_argument("--tenants", default="1,100")
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--state-dir", type=pathlib.Path, default=ROOT / "var")
    parser.add_argument("--only", choices=("create", "rush", "robin", "migrate", "flood"))
    parser.add_argument("--fleet", type=pathlib.Path)
    options = parser.parse_args()
    port, seconds, processor = options.port, options.seconds, Processor(options.state_dir)
    token = person(port)
    if options.only in (None, "create"):
        for what, count, pause in (("the pool filled", 20, 1.5), ("one after the other", 40, 0)):
            with processor.measured():
                told = measure_creation(port, token, count, pause)
            print(f"sign-up, {what}: {told}, {processor.each(count)}", flush=True)
    if options.only in (None, "rush"):
        for count in (4, 16, 32):
            print(f"{count} sign-ups at once:", measure_rush(port, token, count), flush=True)
    if options.only in (None, "robin"):
        fleet = Fleet(port, options.fleet)
        for count in sorted(int(number) for number in options.tenants.split(",")):
            tenants, token = fleet.of(count)
            load(port, token, tenants, 2, options.clients)
            with processor.measured():
                told, requests = load(port, token, tenants, seconds, options.clients)
            print(f"round robin over {count}: {told}, {processor.each(requests)}", flush=True)
    if options.only in (None, "migrate"):
        print("migration:", measure_migration(options.state_dir, processor), flush=True)
    if options.only in (None, "flood"):
        (busy, _), other = create(port, token), person(port)
        quiet, _ = create(port, other)
        print("one client alone:", visits(port, other, quiet, seconds), flush=True)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            flood = pool.submit(load, port, token, [busy], seconds + 2, 100)
            time.sleep(1)
            print("beside 100 of another tenant:", visits(port, other, quiet, seconds), flush=True)
            print("the 100:", flood.result()[0], flush=True)


if __name__ == "__main__":
    main()
