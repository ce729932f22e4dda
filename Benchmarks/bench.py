#!/usr/bin/env python3
"""Starts a stack of its own and measures it: requests a second, latency, errors, processor time, memory.

    Benchmarks/bench.py [--seconds 3] [--rounds 3] [--only REGEX] [--save FILE] [--against FILE]

Each case runs in several rounds; the median of the rate is reported with the rest of that round. Uploads go to an S3
stand-in that throws bytes away (bench-sink), so that the store is out of the way; the cases "… to a directory" use the
directory store. Cases "floor: …" send the same to a responder that does nothing (bench-floor), through the same nginx.
BENCH_FULL=1 adds lists of 10^5 and 10^6 documents. BIN_DIR takes programs that were built before. Writes
Benchmarks/results/latest.json and latest.svg. Exits 1 when a request failed. Needs wrk and psql.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import types

import report
import upload_bench
from benchstack import ROOT, BenchStack, await_true, free_port

KIB, MIB = 1024, 1024 * 1024
RESULTS = pathlib.Path(__file__).parent / "results"


class Bench:
    """Runs cases and keeps what they gave."""

    def __init__(self, options):
        self.options, self.results = options, {}
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="saas-bench-"))

    def wants(self, name):
        return re.search(self.options.only, name) is not None

    def case(self, stack, name, run, size=0):
        """`run(seconds)` gives requests, seconds, errors, p50 and p99 in ms."""
        if not self.wants(name):
            return
        rounds = []
        for _ in range(self.options.rounds):
            meter = stack.meter()
            requests, seconds, errors, p50, p99 = run(self.options.seconds)
            cpu, peaks = meter.read()
            rate = requests / seconds
            rounds.append({
                "per_second": rate, "mb_per_second": rate * size / 1e6, "p50_ms": p50, "p99_ms": p99, "errors": errors,
                "requests": requests, "peak_mib": peaks,
                "cpu_ms": {kind: value * 1000 / max(1, requests) for kind, value in cpu.items()}})
        rounds.sort(key=lambda result: result["per_second"])
        result = dict(rounds[len(rounds) // 2])
        result["errors"] = sum(each["errors"] for each in rounds)
        result["all_per_second"] = [each["per_second"] for each in rounds]
        self.results[name] = result
        print(f"{name:32} {result['per_second']:10.1f}/s  p50 {result['p50_ms']:.2f} ms  p99 {result['p99_ms']:.2f} ms"
              f"  errors {result['errors']}", flush=True)

    def wrk(self, stack, path, token=None, method="GET", connections=32, body=None, fresh_at=None, kind=None,
            wanted=None):
        """A run of wrk; `fresh_at` is where in the body bytes change with each request, `wanted` the one status that is
        no error."""
        headers = [f"Authorization: Bearer {token}"] * bool(token) + [f"Content-Type: {kind}"] * bool(kind)
        script = self.folder / "wrk.lua"
        settings = {"wrk.method": method, "wanted": wanted, "fresh_at": fresh_at}
        if body is not None:
            settings["body_file"] = str(self.folder / "body")
            pathlib.Path(settings["body_file"]).write_bytes(body)

        def run(seconds):
            source = pathlib.Path(__file__).with_name("wrk.lua").read_text()
            given = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items() if value is not None)
            script.write_text(given + source)
            done = subprocess.run(
                ["wrk", f"-t{min(2, connections)}", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout",
                 "30s", "-s", script, *(part for header in headers for part in ("-H", header)),
                 f"http://127.0.0.1:{stack.port}{path}"],
                capture_output=True, text=True)
            lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
            if not lines:
                raise SystemExit(f"wrk failed: {done.stdout[-500:]} {done.stderr[-500:]}")
            told = json.loads(lines[-1])
            return told["requests"], told["seconds"], told["errors"], told["p50"], told["p99"]
        return run

    def uploads(self, stack, token, tenant, clients, size, fresh=True):
        """Clients that upload over kept connections, processes of their own."""
        def run(seconds):
            results = multiprocessing.Queue()
            ready = multiprocessing.Barrier(clients + 1)
            arguments = (stack.port, token, tenant, size, seconds, ready, results, fresh)
            processes = [multiprocessing.Process(target=upload_bench.client, args=arguments) for _ in range(clients)]
            for process in processes:
                process.start()
            ready.wait()
            begun = time.monotonic()
            outcomes = [results.get() for _ in processes]
            elapsed = time.monotonic() - begun
            for process in processes:
                process.join()
            times = sorted(value for _, _, values in outcomes for value in values)
            errors = sum(sum(some.values()) for _, some, _ in outcomes)
            return sum(done for done, _, _ in outcomes), elapsed, errors, *percentiles(times)
        return run


def percentiles(times):
    """p50 and p99 in ms of sorted seconds."""
    if not times:
        return 0.0, 0.0
    return statistics.median(times) * 1000, times[min(len(times) - 1, int(len(times) * 0.99))] * 1000


def plant(stack, tenant, user, count):
    """So many documents, each with a file of its own, by SQL."""
    stack.sql(f"""
        BEGIN;
        CREATE TEMP TABLE planted ON COMMIT DROP AS
        SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS file, md5(n::text) AS md5,
               encode(sha256(n::text::bytea), 'hex') AS sha256, now() - n * interval '1 second' AS at
        FROM generate_series(1, {count}) AS n;
        INSERT INTO files (id, md5, sha256, size, object_key, sniffed_type, created_at)
        SELECT file, md5, sha256, 1000 + n, 'tenants/planted/' || file, 'text/plain', at FROM planted;
        INSERT INTO documents (id, filename, mime_type, file_id, user_id, created_by, created_at, updated_at)
        SELECT id, 'report-' || n || '.txt', 'text/plain', file, '{user}', '{user}', at, at FROM planted;
        COMMIT;
        VACUUM ANALYZE files; VACUUM ANALYZE documents;
        """, tenant["database_name"])


def form(content):
    frame = b"--bench\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bench.bin\"\r\n\r\n"
    return frame + content + b"\r\n--bench--\r\n", len(frame)


def requests(bench, stack):
    """The JSON routes."""
    login, token, user = stack.person()
    bench.case(stack, "GET /health", bench.wrk(stack, "/health"))
    bench.case(stack, "GET users/me", bench.wrk(stack, "/api/users/me", token))
    sizes = [50, 1000] + ([100_000, 1_000_000] if os.environ.get("BENCH_FULL") else [])
    for count in sizes:
        name = f"GET documents, 20 of {count}"
        if not bench.wants(name) and not (count == 50 and bench.wants("GET document")):
            continue
        tenant = stack.tenant(token)
        plant(stack, tenant, user, count)
        path = f"/api/tenants/{tenant['id']}/documents"
        bench.case(stack, name, bench.wrk(stack, path, token))
        if count == 50:
            one = stack.call("GET", path, token=token)["documents"][0]["id"]
            bench.case(stack, "GET document", bench.wrk(stack, f"{path}/{one}", token))
    bench.case(stack, "POST login", bench.wrk(
        stack, "/api/auth/login", method="POST", connections=4, body=json.dumps(login).encode(),
        kind="application/json"))
    bench.case(stack, "POST tenants", lambda seconds: tenants(stack, token, seconds))


def tenants(stack, token, seconds, clients=2):
    """New tenants, each with a database."""
    times, errors, end, begun = [], [0], time.monotonic() + seconds, time.monotonic()

    def work():
        connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
        while time.monotonic() < end:
            start = time.monotonic()
            connection.request("POST", "/api/tenants", json.dumps({"name": f"Bench {start}"}), {
                "Authorization": f"Bearer {token}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            times.append(time.monotonic() - start)
            if answer.status != 201:
                errors[0] += 1

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(times), time.monotonic() - begun, errors[0], *percentiles(sorted(times))


def uploads(bench, stack, where=""):
    """Uploads of new content and of content that is there, and their memory."""
    _, token, _ = stack.person()
    tenant = stack.tenant(token)["id"]
    path, kind = f"/api/tenants/{tenant}/documents", "multipart/form-data; boundary=bench"
    body, at = form(os.urandom(4 * KIB))
    for clients in (16, 1):
        bench.case(stack, f"upload 4 KiB × {clients}{where}", bench.wrk(
            stack, path, token, "POST", clients, body, at, kind, wanted="201"), 4 * KIB)
    for name, clients, size in [("1 MiB × 8", 8, MIB), ("100 MiB × 8", 8, 100 * MIB - 4096),
                                ("100 MiB × 1", 1, 100 * MIB - 4096)]:
        bench.case(stack, f"upload {name}{where}", bench.uploads(stack, token, tenant, clients, size), size)
    bench.case(stack, f"upload 4 KiB × 16, duplicate{where}", bench.wrk(
        stack, path, token, "POST", 16, body, None, kind, wanted="201"), 4 * KIB)
    for name, clients, size in [("1 MiB × 8", 8, MIB), ("100 MiB × 8", 8, 100 * MIB - 4096)]:
        bench.case(stack, f"upload {name}, duplicate{where}",
                   bench.uploads(stack, token, tenant, clients, size, False), size)


def downloads(bench, stack):
    """The route that gives the link, and the bytes behind it."""
    _, token, _ = stack.person()
    path = f"/api/tenants/{stack.tenant(token)['id']}/documents"
    body, _ = form(os.urandom(MIB))
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=60)
    connection.request("POST", path, body, {"Authorization": f"Bearer {token}",
                                            "Content-Type": "multipart/form-data; boundary=bench"})
    document = json.loads(connection.getresponse().read())["data"]["id"]
    bench.case(stack, "GET download (the link)", bench.wrk(stack, f"{path}/{document}/download", token))

    def links(seconds):
        # A link holds for minutes, a run for seconds.
        told = stack.call("GET", f"{path}/{document}/download?redirect=false", token=token)["url"]
        return bench.wrk(stack, re.sub(r"^https?://[^/]+", "", told), connections=16)(seconds)
    bench.case(stack, "download 1 MiB × 16", links, MIB)


def floor(bench, stack, bin_dir):
    """What nginx and the machine allow: the same requests to a responder that answers from memory (bench-floor), through
    the nginx of the stack and its settings. Uploads are authorised, received and hashed, and that is all."""
    names = ["GET", "upload 4 KiB × 16", "upload 1 MiB × 8", "upload 100 MiB × 8"]
    if not any(bench.wants(f"floor: {name}") for name in names):
        return
    _, token, _ = stack.person()
    tenant = stack.tenant(token)["id"]
    path, sockets = f"/api/tenants/{tenant}/documents", [stack.state / "run/plain.sock", stack.state / "run/hash.sock"]
    port = free_port()
    server = stack.state / "nginx/conf.d/floor.conf"
    server.write_text(f"""
        upstream plain {{ server unix:{sockets[0]}; keepalive 64; keepalive_requests 10000; }}
        upstream hash {{ server unix:{sockets[1]}; }}
        server {{
          listen 127.0.0.1:{port};
          client_max_body_size 0;
          fastcgi_param UPLOAD_PHASE "";
          include generated/access-log.conf;
          include snippets/headers.conf;
          include snippets/upstream.conf;
          include snippets/fastcgi.conf;
          include snippets/fastcgi-body.conf;
          location / {{ fastcgi_pass plain; }}
          location = {path} {{
            auth_request /.authorize;
            fastcgi_keep_conn off;
            fastcgi_request_buffering off;
            fastcgi_buffering off;
            fastcgi_pass hash;
          }}
          location = /.authorize {{ internal; fastcgi_pass_request_body off; fastcgi_pass plain; }}
        }}
        """)
    process = subprocess.Popen([pathlib.Path(bin_dir) / "bench-floor", *sockets], cwd=stack.state)
    try:
        await_true(sockets[0].exists, 10, "the responder")
        await_true(sockets[1].exists, 10, "the responder")
        os.kill(int((stack.state / "nginx.pid").read_text()), signal.SIGHUP)
        await_true(lambda: accepts(port), 10, "nginx for the responder")
        there = types.SimpleNamespace(port=port)
        bench.case(stack, f"floor: {names[0]}", bench.wrk(there, "/health"))
        for name, clients, size in zip(names[1:], (16, 8, 8), (4 * KIB, MIB, 100 * MIB - 4096)):
            bench.case(stack, f"floor: {name}", bench.uploads(there, token, tenant, clients, size), size)
    finally:
        process.terminate()
        process.wait()
        server.unlink()
        os.kill(int((stack.state / "nginx.pid").read_text()), signal.SIGHUP)


def accepts(port):
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


def events(bench, stack, count=3000):
    """How fast events of one tenant are delivered: of real documents, as their objects are looked at."""
    _, token, user = stack.person()
    tenant = stack.tenant(token)
    database = tenant["database_name"]
    body, at = form(os.urandom(4 * KIB))
    bench.wrk(stack, f"/api/tenants/{tenant['id']}/documents", token, "POST", 8, body, at,
              "multipart/form-data; boundary=bench", wanted="201")(2)

    def is_delivered():
        return stack.sql("SELECT count(*) FROM outbox", database) == "0"

    def run(_):
        await_true(is_delivered, 120, "delivery of what was before")
        stack.sql(f"""
            INSERT INTO outbox (event_id, event_type, tenant_id, user_id, occurred_at, data)
            SELECT gen_random_uuid(), 'document.uploaded', '{tenant["id"]}', '{user}', now(),
                   jsonb_build_object('document_id', d.id, 'file_id', d.file_id, 'mime_type', d.mime_type,
                                      'file_size', f.size, 'sha256', f.sha256)
            FROM generate_series(1, {count}), documents d JOIN files f ON f.id = d.file_id
            ORDER BY random() LIMIT {count};
            """, database)
        begun = time.monotonic()
        stack.sql(f"""
            INSERT INTO doorbells (tenant_id, rung_at) VALUES ('{tenant["id"]}', clock_timestamp())
            ON CONFLICT (tenant_id) DO UPDATE SET rung_at = clock_timestamp();
            SELECT pg_notify('doorbell', '{tenant["id"]}');
            """)
        await_true(is_delivered, 120, "delivery")
        elapsed = time.monotonic() - begun
        dead = int(stack.sql("SELECT count(*) FROM dead_letters", database))
        return count, elapsed, dead, elapsed * 1000, elapsed * 1000
    bench.case(stack, "events of one tenant", run)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="cases whose name this expression matches")
    parser.add_argument("--save", type=pathlib.Path, help="write the results there, to compare with later")
    parser.add_argument("--against", type=pathlib.Path, help="results to compare with")
    options = parser.parse_args()
    for tool in ("wrk", "psql"):
        if not shutil.which(tool):
            raise SystemExit(f"{tool} is missing: apt-get install wrk postgresql-client")
    baseline = json.loads(options.against.read_text())["cases"] if options.against else None
    bin_dir = os.environ.get("BIN_DIR") or build()
    bench = Bench(options)
    port = free_port()
    sink = subprocess.Popen([pathlib.Path(bin_dir) / "bench-sink", str(port)])
    try:
        with BenchStack(bin_dir, S3_BUCKET="bench", S3_ACCESS_KEY_ID="bench", S3_SECRET_ACCESS_KEY="bench-secret",
                        S3_ENDPOINT_URL=f"http://127.0.0.1:{port}") as stack:
            requests(bench, stack)
            uploads(bench, stack)
            floor(bench, stack, bin_dir)
            if bench.wants("events of one tenant"):
                events(bench, stack)
        if any(bench.wants(name) for name in ("download", "to a directory")):
            with BenchStack(bin_dir) as stack:
                downloads(bench, stack)
                uploads(bench, stack, " to a directory")
    finally:
        sink.terminate()
        sink.wait()
        shutil.rmtree(bench.folder, ignore_errors=True)
    micro(bench, pathlib.Path(bin_dir) / "bench-micro")
    print()
    print("\n".join(report.table(bench.results, baseline)))
    RESULTS.mkdir(exist_ok=True)
    told = {"when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "processors": os.cpu_count(),
            "seconds": options.seconds, "rounds": options.rounds, "cases": bench.results}
    for path in [RESULTS / "latest.json", *([options.save] if options.save else [])]:
        path.write_text(json.dumps(told, indent=1) + "\n")
    (RESULTS / "latest.svg").write_text(report.chart(bench.results, baseline))
    failed = [name for name, result in bench.results.items() if result["errors"]]
    if failed:
        raise SystemExit(f"errors in: {', '.join(failed)}")


def build():
    """The programs, built as for a stack; their directory."""
    flags = ["-c", "release", "--static-swift-stdlib", "--package-path", str(ROOT)]
    subprocess.run(["swift", "build", *flags], check=True)
    return subprocess.run(["swift", "build", *flags, "--show-bin-path"], check=True, capture_output=True,
                          text=True).stdout.strip()


def micro(bench, program):
    """What single parts cost, each in a loop of its own process."""
    if not bench.wants("micro"):
        return
    done = subprocess.run([program], check=True, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        told = json.loads(line)
        bench.results[f"micro {told['name']}"] = {
            "per_second": 1e9 / told["nanoseconds"], "mb_per_second": told["bytes"] * 1e3 / told["nanoseconds"],
            "p50_ms": told["nanoseconds"] / 1e6, "p99_ms": 0, "errors": 0, "requests": 0, "cpu_ms": {}, "peak_mib": {}}


if __name__ == "__main__":
    sys.exit(main())
