#!/usr/bin/env python3
"""What logins cost others: the time of `GET /api/users/me` alone and beside 200 login attempts a second, and the median
time of a login attempt for a known and for an unknown user.

    Benchmarks/login_bench.py [--port 4999] [--seconds 60] [--rate 200] [--probes 40]

The stack must run without throttle and limits by address: LOGIN_ATTEMPTS_PER_ACCOUNT=0 LOGIN_ATTEMPTS_PER_ADDRESS=0
ADDRESS_REQUESTS_PER_SECOND=0 ADDRESS_MAX_CONNECTIONS=0 RATE_LIMIT_PER_HOUR=0, with BCRYPT_COST=12.
"""

import argparse
import collections
import http.client
import json
import secrets
import statistics
import threading
import time


def call(port, method, path, body=None, token=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    started = time.perf_counter()
    connection.request(method, path, body=json.dumps(body) if body is not None else None, headers=headers)
    response = connection.getresponse()
    data = response.read()
    took = time.perf_counter() - started
    connection.close()
    return response.status, json.loads(data), took


def reads(port, token, seconds):
    """One reader, 50 times a second; the times in milliseconds."""
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        status, _, took = call(port, "GET", "/api/users/me", token=token)
        assert status == 200, status
        times.append(took * 1000)
        time.sleep(max(0, 0.02 - took))
    return sorted(times)


def told(name, times):
    print(f"{name}: median {times[len(times) // 2]:.2f} ms, p99 {times[int(len(times) * 0.99)]:.2f} ms"
          f" ({len(times)} requests)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=4999)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--probes", type=int, default=40)
    options = parser.parse_args()
    email, password = f"{secrets.token_hex(8)}@example.com", secrets.token_hex(8) + "a1"
    call(options.port, "POST", "/api/auth/register",
         {"first_name": "A", "last_name": "B", "email": email, "password": password})
    login = {"email": email, "password": password}
    token = call(options.port, "POST", "/api/auth/login", login)[1]["data"]["access_token"]

    known, unknown = [], []
    for _ in range(options.probes):
        known.append(call(options.port, "POST", "/api/auth/login", {"email": email, "password": "wrong"})[2])
        stranger = f"{secrets.token_hex(8)}@example.com"
        unknown.append(call(options.port, "POST", "/api/auth/login", {"email": stranger, "password": "wrong"})[2])
    known, unknown = statistics.median(known) * 1000, statistics.median(unknown) * 1000
    print(f"refused login, median: known user {known:.2f} ms, unknown user {unknown:.2f} ms,"
          f" difference {abs(known - unknown):.2f} ms")

    told("GET /api/users/me alone", reads(options.port, token, options.seconds))
    statuses, ended, lock = collections.Counter(), threading.Event(), threading.Lock()
    threads = 40

    def attack(number):
        next_time = time.perf_counter() + number / options.rate
        while not ended.is_set():
            time.sleep(max(0, next_time - time.perf_counter()))
            next_time += threads / options.rate
            status = call(options.port, "POST", "/api/auth/login", {"email": email, "password": "wrong"})[0]
            with lock:
                statuses[status] += 1

    attackers = [threading.Thread(target=attack, args=(number,), daemon=True) for number in range(threads)]
    for attacker in attackers:
        attacker.start()
    told(f"GET /api/users/me beside {options.rate} logins/s", reads(options.port, token, options.seconds))
    ended.set()
    for attacker in attackers:
        attacker.join(60)
    print(f"answers to the logins: {dict(statuses)}, {sum(statuses.values()) / options.seconds:.0f}/s")


if __name__ == "__main__":
    main()
