#!/usr/bin/env python3
"""Shows that `make restart` fails no request: a stack of its own is restarted under load, again and again.

    Benchmarks/restart_bench.py [--rounds 3] [--readers 3] [--uploaders 2] [--large-mib 100]
    Benchmarks/restart_bench.py --port 4999 --command saas-documents-restart      an installation that runs already

Readers and uploaders (a connection for each request, as many clients have it) work all the time. In each round a large
upload is begun before the restart and ended after it. Every upload that was answered with 201 is read back at the end.
Prints how often each status came, and exits 1 when any was not 2xx, a connection broke, or a stored byte is missing.
BIN_DIR takes programs that were built before; FCGI_WORKERS and other settings reach the stack. One that runs already
needs its limits off: RATE_LIMIT_PER_HOUR, ADDRESS_REQUESTS_PER_SECOND and ADDRESS_MAX_CONNECTIONS of 0.
"""

import argparse
import collections
import hashlib
import http.client
import json
import os
import secrets
import subprocess
import threading
import time

from benchstack import ROOT, BenchStack

MIB = 1024 * 1024
PACE = 8 * MIB  # bytes a second of the large upload while it waits for the restart


class Client:
    """Sends requests and keeps count of what came back."""

    def __init__(self, stack, token, tenant):
        self._port, self._token = stack.port, token
        self._documents = f"/api/tenants/{tenant}/documents"
        self._lock = threading.Lock()
        self.answers = {"reads": collections.Counter(), "uploads": collections.Counter(), "large": collections.Counter()}
        self.stored, self.failures = {}, []

    def _note(self, kind, status, text):
        with self._lock:
            self.answers[kind][status] += 1
            if not isinstance(status, int) or not 200 <= status < 300:
                self.failures.append(f"{time.strftime('%H:%M:%S')} {kind}: {status} {text}")

    def _exchange(self, kind, method, path, length=0, pieces=(), content_type=None):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=180)
        try:
            connection.putrequest(method, path)
            connection.putheader("Authorization", f"Bearer {self._token}")
            if length:
                connection.putheader("Content-Type", content_type)
                connection.putheader("Content-Length", str(length))
            connection.endheaders()
            for piece in pieces:
                connection.send(piece)
            response = connection.getresponse()
            body = response.read()
            self._note(kind, response.status, body[:200])
            return json.loads(body)["data"] if response.status in (200, 201) else None
        except (OSError, http.client.HTTPException) as problem:
            self._note(kind, "broken", repr(problem))
        finally:
            connection.close()

    def read(self):
        self._exchange("reads", "GET", self._documents)
        self._exchange("reads", "GET", "/api/users/me")

    def upload(self, kind, size, paced_until=None):
        """One document of random bytes; with `paced_until` slowly, until that event."""
        boundary = secrets.token_hex(16)
        head = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{secrets.token_hex(4)}.bin"\r\n'
                "Content-Type: application/octet-stream\r\n\r\n").encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        digest = hashlib.sha256()

        def pieces():
            yield head
            sent = 0
            while sent < size:
                piece = secrets.token_bytes(min(256 * 1024, size - sent))
                if paced_until:
                    # The second half in drops until the restart is over: a client that falls silent is cut off.
                    paced_until.wait(0.5 if sent > size // 2 else len(piece) / PACE)
                digest.update(piece)
                sent += len(piece)
                yield piece
            yield tail

        document = self._exchange(kind, "POST", self._documents, len(head) + size + len(tail), pieces(),
                                  f"multipart/form-data; boundary={boundary}")
        if document:
            with self._lock:
                self.stored[document["id"]] = digest.hexdigest()

    def verify(self):
        """Reads every document back; those whose bytes are not what was sent."""
        wrong = []
        for document, wanted in self.stored.items():
            answer = self._exchange("reads", "GET", f"{self._documents}/{document}/download?redirect=false")
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=180)
            connection.request("GET", answer["url"].split(f":{self._port}", 1)[1])
            response, digest = connection.getresponse(), hashlib.sha256()
            while piece := response.read(MIB):
                digest.update(piece)
            connection.close()
            if digest.hexdigest() != wanted:
                wrong.append(document)
        return wrong


def until(ended, action, *arguments):
    """Again and again with a short pause: the load of people, not the most that the machine can bear."""
    def run():
        while not ended.wait(0.02):
            action(*arguments)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


class RunningInstallation(BenchStack):
    """Somebody else's, which is there before and after."""

    def __init__(self, port):
        self.port, self.environment = port, dict(os.environ)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def restart(stack, command):
    begun = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=stack.environment, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    print("".join(f"    {line}\n" for line in done.stdout.splitlines() if line.startswith(("Restarted", "Reloaded", "error"))),
          end="")
    if done.returncode:
        raise SystemExit(done.stdout[-3000:])
    return time.monotonic() - begun


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--readers", type=int, default=3)
    parser.add_argument("--uploaders", type=int, default=2)
    parser.add_argument("--large-mib", type=int, default=100)
    parser.add_argument("--port", type=int)
    parser.add_argument("--command", nargs="+", default=[str(ROOT / "scripts/stack.sh"), "restart"])
    options = parser.parse_args()
    limits = {"ADDRESS_REQUESTS_PER_SECOND": "0", "ADDRESS_MAX_CONNECTIONS": "0", "BCRYPT_COST": "4"}
    own = None if options.port else BenchStack(os.environ.get("BIN_DIR"), **limits)
    with own or RunningInstallation(options.port) as stack:
        _, token, _ = stack.person()
        client = Client(stack, token, stack.tenant(token)["id"])
        ended = threading.Event()
        threads = [until(ended, client.read) for _ in range(options.readers)]
        threads += [until(ended, client.upload, "uploads", 200_000) for _ in range(options.uploaders)]
        try:
            for number in range(1, options.rounds + 1):
                over = threading.Event()
                large = threading.Thread(target=client.upload, args=("large", options.large_mib * MIB, over))
                large.start()
                time.sleep(1)
                try:
                    seconds = restart(stack, options.command)
                finally:
                    over.set()
                    large.join()
                print(f"round {number}: everything restarted in {seconds:.0f} s")
        finally:
            ended.set()
            for thread in threads:
                thread.join()
        wrong = client.verify()
    for kind, counts in client.answers.items():
        print(f"{kind:8} " + ", ".join(f"{status}: {count}" for status, count in sorted(counts.items(), key=str)))
    for failure in client.failures[:10]:
        print(f"  {failure}")
    print(f"stored and read back: {len(client.stored) - len(wrong)} of {len(client.stored)}")
    print(f"not 2xx: {len(client.failures)}")
    raise SystemExit(1 if client.failures or wrong else 0)


if __name__ == "__main__":
    main()
