"""A steady load of reads and uploads that remembers what it was promised."""

import http.client
import threading
import time

from client import sha256
from content import unique_text
from polling import eventually

# What a client may see while a part is down: try again later.
TRANSIENT = {502, 503, 504}


class Load:
    """Readers and uploaders as the team's admin, until `stop`.

    `stored`: document id -> SHA-256 of every upload that was answered with 201.
    `transient`: how many answers said "try again later".
    `violations`: every other answer, and every connection that broke: the front door stays up, so none is due.
    """

    def __init__(self, team, readers=2, uploaders=2):
        self.team = team
        self.stored, self.violations = {}, []
        self.reads = self.transient = 0
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(self._read, n), daemon=True) for n in range(readers)]
        self._threads += [threading.Thread(target=self._run, args=(self._upload, n), daemon=True)
                          for n in range(uploaders)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        self.await_progress()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a request hangs"

    def await_progress(self, uploads=5, reads=5, within=60):
        """Until so many more uploads and reads have succeeded."""
        with self._lock:
            wanted = len(self.stored) + uploads, self.reads + reads
        eventually(lambda: len(self.stored) >= wanted[0] and self.reads >= wanted[1], within=within,
                   what="progress of the load")

    def _run(self, action, number):
        count = 0
        while not self._ended.is_set():
            count += 1
            try:
                answer = action(number, count)
            except (OSError, http.client.HTTPException, AssertionError) as problem:
                self._violation(repr(problem))
                time.sleep(0.05)
                continue
            if answer.status in TRANSIENT:
                with self._lock:
                    self.transient += 1
                time.sleep(0.05)  # as a client that was asked to come back later
            elif answer.status not in (200, 201):
                self._violation(repr(answer))

    def _violation(self, text):
        with self._lock:
            self.violations.append(text)

    def _read(self, number, count):
        paths = ("/api/users/me", self.team.documents, self.team.path, self.team.files)
        answer = self.team.admin.api.get(paths[count % len(paths)])
        if answer.status == 200:
            with self._lock:
                self.reads += 1
        return answer

    def _upload(self, number, count):
        # Every third one repeats, so that the dedup path is under load too.
        content = b"the same again\n" * 1000 if count % 3 == 0 else unique_text(1000 * (1 + count % 200))
        answer = self.team.admin.api.upload(self.team.documents, content, filename=f"{number}-{count}.txt")
        if answer.status == 201:
            document = answer.data(201)
            with self._lock:
                self.stored[document["id"]] = sha256(content)
        return answer

    def verify(self):
        """Every upload that was answered with 201 is there, byte for byte."""
        for document, digest in self.stored.items():
            assert sha256(self.team.download(document)) == digest, document
