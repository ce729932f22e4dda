#!/usr/bin/env python3
"""How a fleet of tenants goes on a running stack: sign-up, round robin over all of them, one tenant beside a flood.

    Benchmarks/fleet_bench.py [--port 4999] [--tenants 1,100,1000] [--seconds 8] [--clients 16] [--only create]

Needs wrk for the load. The clients share the machine with the stack, which should run with RATE_LIMIT_PER_HOUR=0.
"""

import argparse
import concurrent.futures
import json
import re
import secrets
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

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


def call(port, path, body, token=None):
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=40) as answer:
        return json.load(answer)["data"]


def person(port):
    who = {"email": f"bench.{secrets.token_hex(6)}@example.com", "password": "correct-horse-7"}
    call(port, "/api/auth/register", {**who, "first_name": "Bench", "last_name": "Mark"})
    return call(port, "/api/auth/login", who)["access_token"]


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


def make(port, token, count):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return [tenant for tenant, _ in pool.map(lambda _: create(port, token), range(count))]


def load(port, token, tenants, seconds, clients):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as paths, tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        paths.write("".join(f"/api/tenants/{tenant}/documents\n" for tenant in tenants))
        paths.flush()
        lua.write(SCRIPT % (paths.name, token))
        lua.flush()
        done = subprocess.run(["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "-s", lua.name,
                               f"http://127.0.0.1:{port}"], capture_output=True, text=True, timeout=seconds + 60)
    found = re.search(r".*requests/s, p50.*", done.stdout)
    return found[0] if found else done.stdout + done.stderr


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
    parser.add_argument("--only", choices=("create", "robin", "flood"))
    options = parser.parse_args()
    port, seconds = options.port, options.seconds
    token = person(port)
    if options.only in (None, "create"):
        print("sign-up, the pool filled:", measure_creation(port, token, 20, 1.5), flush=True)
        print("sign-up, one after the other:", measure_creation(port, token, 40, 0), flush=True)
    if options.only in (None, "robin"):
        tenants = []
        for count in sorted(int(number) for number in options.tenants.split(",")):
            tenants += make(port, token, count - len(tenants))
            load(port, token, tenants, 2, options.clients)
            print(f"round robin over {count}:", load(port, token, tenants, seconds, options.clients), flush=True)
    if options.only in (None, "flood"):
        (busy, _), other = create(port, token), person(port)
        quiet, _ = create(port, other)
        print("one client alone:", visits(port, other, quiet, seconds), flush=True)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            flood = pool.submit(load, port, token, [busy], seconds + 2, 100)
            time.sleep(1)
            print("beside 100 of another tenant:", visits(port, other, quiet, seconds), flush=True)
            print("the 100:", flood.result(), flush=True)


if __name__ == "__main__":
    main()
