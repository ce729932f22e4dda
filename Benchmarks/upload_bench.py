#!/usr/bin/env python3
"""How fast uploads go: MB/s, uploads a second and errors, for a running stack.

    Benchmarks/upload_bench.py [--port 4999] [--seconds 4] [--only 8x100M]

Every upload is new content, sent by processes of their own over kept connections; the clients share the machine with the
stack. The stack should run with RATE_LIMIT_PER_HOUR=0. Standard library only.
"""

import argparse
import json
import multiprocessing
import os
import secrets
import socket
import time
import urllib.request

KIB, MIB = 1024, 1024 * 1024
BLOCK = 256 * KIB
# As long as curl makes it: the search for it goes by its length.
BOUNDARY = "-" * 24 + "d74496d66958873e"
# Name, clients, bytes of each file.
RUNS = [("8x100M", 8, 100 * MIB - 4096), ("1x100M", 1, 100 * MIB - 4096), ("8x1M", 8, MIB), ("16x4K", 16, 4 * KIB)]


def call(port, path, body, token=None):
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"]


def team(port):
    """A token and a new tenant."""
    person = {"email": f"bench.{secrets.token_hex(6)}@example.com", "password": "correct-horse-7"}
    call(port, "/api/auth/register", {**person, "first_name": "Bench", "last_name": "Mark"})
    token = call(port, "/api/auth/login", person)["access_token"]
    return token, call(port, "/api/tenants", {"name": f"Bench {secrets.token_hex(4)}"}, token)["id"]


def answer_status(connection):
    """Reads one answer with a Content-Length; its status."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            raise OSError("closed")
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(rest) < length:
        piece = connection.recv(65536)
        if not piece:
            raise OSError("closed")
        rest += piece
    return int(head.split(b" ")[1])


def client(port, token, tenant, size, seconds, ready, results, fresh=True):
    """Uploads until the time is over; puts (uploads, errors by kind, seconds of each) into `results`.

    A file is one block again and again, as programs send files through a buffer that the processor's cache holds: whole
    bodies of eight clients take the memory's bandwidth from the stack. Unless each is to be new, all are the same.
    """
    mark = (lambda: secrets.token_bytes(16)) if fresh else (lambda: bytes(16))
    rest = size - len(mark())
    block = os.urandom(BLOCK) if fresh else bytes(BLOCK)
    frame = (f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bench.bin\"\r\n\r\n").encode()
    tail = block[:rest % BLOCK] + f"\r\n--{BOUNDARY}--\r\n".encode()
    length = len(frame) + size - rest % BLOCK + len(tail)
    head = (f"POST /api/tenants/{tenant}/documents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n").encode()
    done, errors, times, connection = 0, {}, [], None
    ready.wait()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            if connection is None:
                connection = socket.create_connection(("127.0.0.1", port), timeout=120)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opening = head + frame + mark()
            if rest < BLOCK:
                connection.sendall(opening + tail)
            else:
                connection.sendall(opening)
                for _ in range(rest // BLOCK):
                    connection.sendall(block)
                connection.sendall(tail)
            status = answer_status(connection)
        except OSError as problem:
            status, connection = type(problem).__name__, None
        if status == 201:
            done += 1
            times.append(time.monotonic() - begun)
        else:
            errors[status] = errors.get(status, 0) + 1
    results.put((done, errors, times))


def run(port, name, clients, size, seconds):
    token, tenant = team(port)
    results = multiprocessing.Queue()
    ready = multiprocessing.Barrier(clients + 1)
    processes = [multiprocessing.Process(target=client, args=(port, token, tenant, size, seconds, ready, results))
                 for _ in range(clients)]
    for process in processes:
        process.start()
    ready.wait()
    begun = time.monotonic()
    outcomes = [results.get() for _ in processes]
    for process in processes:
        process.join()
    elapsed = time.monotonic() - begun
    done = sum(count for count, _, _ in outcomes)
    errors = {}
    for _, some, _ in outcomes:
        for status, count in some.items():
            errors[status] = errors.get(status, 0) + count
    print(f"{name:8} {done * size / elapsed / 1e6:9.1f} MB/s {done / elapsed:9.1f} uploads/s"
          f" {done:7} uploads in {elapsed:5.1f} s   errors: {errors or 'none'}", flush=True)
    return not errors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "4999")))
    parser.add_argument("--seconds", type=float, default=4.0, help="of each run")
    parser.add_argument("--only", help="one run: " + ", ".join(name for name, _, _ in RUNS))
    options = parser.parse_args()
    good = [run(options.port, name, clients, size, options.seconds) for name, clients, size in RUNS
            if options.only in (None, name)]
    raise SystemExit(0 if good and all(good) else 1)


if __name__ == "__main__":
    main()
