#!/usr/bin/env python3
"""What logins cost others: the time of `GET /api/users/me` alone and beside 200 login attempts a second, and the median
time of a login attempt for a known and for an unknown user.

    Benchmarks/login_bench.py [--port 4999] [--seconds 60] [--rounds 3] [--rate 200] [--probes 200]

The stack must run without throttle and limits by address: LOGIN_ATTEMPTS_PER_ACCOUNT=0 LOGIN_ATTEMPTS_PER_ADDRESS=0
ADDRESS_REQUESTS_PER_SECOND=0 ADDRESS_MAX_CONNECTIONS=0 RATE_LIMIT_PER_HOUR=0, with BCRYPT_COST=12.

The attempts come from a process of their own, at even distances whatever becomes of them: in the reader's process they
would take turns with it at Python's lock, and their bursts would be measured for the product's time.
`--attack-path /health` sends them to another route: what any 200 requests a second cost.
"""

import argparse
import collections
import http.client
import json
import multiprocessing
import random
import secrets
import selectors
import socket
import statistics
import time


def call(port, method, path, body=None, token=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body) if body is not None else None
    started = time.perf_counter()
    connection.request(method, path, body=data, headers=headers)
    response = connection.getresponse()
    answer = response.read()
    took = time.perf_counter() - started
    connection.close()
    return response.status, json.loads(answer), took


def reads(port, token, path, seconds):
    """One reader, 50 times a second; the times in milliseconds."""
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        status, _, took = call(port, "GET", path, token=token)
        assert status == 200, status
        times.append(took * 1000)
        time.sleep(max(0, 0.02 - took))
    return sorted(times)


def attack(port, request, rate, stop, results):
    """Sends the request on new connections, `rate` a second; what became of them goes into the queue."""
    statuses, ready = collections.Counter(), selectors.DefaultSelector()
    next_time, open_connections = time.perf_counter(), 0
    ended = None
    while ended is None or (open_connections and time.perf_counter() < ended + 60):
        if ended is None and stop.is_set():
            ended = time.perf_counter()
        if ended is None and time.perf_counter() >= next_time:
            next_time += 1 / rate
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(request)
            ready.register(connection, selectors.EVENT_READ)
            open_connections += 1
        for key, _ in ready.select(max(0, next_time - time.perf_counter()) if ended is None else 1):
            # The head is small and comes in one piece; the rest of the answer says nothing more.
            head = key.fileobj.recv(65536)
            statuses[int(head.split(b" ", 2)[1]) if head else 0] += 1
            ready.unregister(key.fileobj)
            key.fileobj.close()
            open_connections -= 1
    results.put(statuses)


def p99(times):
    return times[int(len(times) * 0.99)]


def probe(port, email, count):
    """Medians in milliseconds of refused attempts for the known and for unknown users.

    The order is by chance: attempts that take turns would meet the same worker each time.
    """
    order = [True, False] * count
    random.shuffle(order)
    times = {True: [], False: []}
    for known in order:
        who = email if known else f"{secrets.token_hex(8)}@example.com"
        status, _, took = call(port, "POST", "/api/auth/login", {"email": who, "password": "wrong"})
        assert status == 401, status
        times[known].append(took * 1000)
    known, unknown = statistics.median(times[True]), statistics.median(times[False])
    # The standard error of a median, from the spread of the middle half.
    error = sum((1.25 * spread(values) / len(values) ** 0.5) ** 2 for values in times.values()) ** 0.5
    print(f"refused login, median of {count} each: known user {known:.2f} ms, unknown user {unknown:.2f} ms,"
          f" difference {known - unknown:+.2f} ms (standard error {error:.2f} ms)", flush=True)


def spread(values):
    quarters = statistics.quantiles(values, n=4)
    return (quarters[2] - quarters[0]) / 1.349


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=4999)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rounds", type=int, default=1, help="of reading alone and beside the attempts, in turn")
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--probes", type=int, default=200, help="of a known and of an unknown user each")
    parser.add_argument("--path", default="/api/users/me")
    parser.add_argument("--attack-path", default="/api/auth/login")
    options = parser.parse_args()
    email, password = f"{secrets.token_hex(8)}@example.com", secrets.token_hex(8) + "a1"
    call(options.port, "POST", "/api/auth/register",
         {"first_name": "A", "last_name": "B", "email": email, "password": password})
    login = {"email": email, "password": password}
    token = call(options.port, "POST", "/api/auth/login", login)[1]["data"]["access_token"]
    if options.probes:
        probe(options.port, email, options.probes)

    body = json.dumps({"email": email, "password": "wrong"}) if options.attack_path == "/api/auth/login" else ""
    method = "POST" if body else "GET"
    request = (f"{method} {options.attack_path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
               f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()
    idle, busy, statuses = [], [], collections.Counter()
    for _ in range(options.rounds):
        idle.append(reads(options.port, token, options.path, options.seconds))
        stop, results = multiprocessing.Event(), multiprocessing.Queue()
        attacker = multiprocessing.Process(target=attack, args=(options.port, request, options.rate, stop, results))
        attacker.start()
        # The first seconds fill the queue.
        time.sleep(2)
        busy.append(reads(options.port, token, options.path, options.seconds))
        stop.set()
        statuses += results.get(timeout=90)
        attacker.join(10)
        print(f"GET {options.path}: alone median {statistics.median(idle[-1]):.2f} ms, p99 {p99(idle[-1]):.2f} ms;"
              f" beside {options.rate}/s median {statistics.median(busy[-1]):.2f} ms, p99 {p99(busy[-1]):.2f} ms",
              flush=True)
    idle, busy = statistics.median(map(p99, idle)), statistics.median(map(p99, busy))
    print(f"median p99: alone {idle:.2f} ms, beside {busy:.2f} ms, ratio {busy / idle:.2f}")
    print(f"answers to the attempts: {dict(statuses)}")


if __name__ == "__main__":
    main()
