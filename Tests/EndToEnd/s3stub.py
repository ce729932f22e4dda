"""An S3 server that misbehaves as it is told: objects in memory, no signatures checked.

Each fault is for the next PUT of an object or of a part, or for the completion of a multipart upload:

- `Status(code)`: answers with it, having read the body; nothing is stored.
- `Reset(at)`: closes the connection with a RST after so many bytes of the body.
- `Hold(read)`: stops after so many bytes of the body, or with all of it stored, says so, and waits for `release`.
- `ErrorInside`: 200 with an `<Error>` document as the body; nothing is stored.
- `Short`: stores one byte less and answers with the digest of that.
- `WrongTag`: stores all and answers with the digest of something else.
"""

import hashlib
import http.server
import re
import secrets
import socket
import struct
import threading
import time
import urllib.parse
from dataclasses import dataclass, field

from stack import free_port

BUCKET = "documents"
ERROR = b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>"


@dataclass
class Status:
    code: int


@dataclass
class Reset:
    at: int


@dataclass
class ErrorInside:
    pass


@dataclass
class Short:
    pass


@dataclass
class WrongTag:
    pass


@dataclass
class Hold:
    """`read`: how much of the body is read before the pause; None is all of it, stored before the pause."""

    read: int = None
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def release(self):
        self.released.set()


class S3Stub:
    def __init__(self):
        self.port = free_port()
        self.stored, self.unfinished, self.faults = {}, {}, []
        self._lock = threading.Lock()
        self._server = None

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self):
        return {"S3_ENDPOINT_URL": self.endpoint, "S3_PUBLIC_ENDPOINT_URL": self.endpoint, "S3_BUCKET": BUCKET,
                # Files of a few parts in tests.
                "S3_MULTIPART_THRESHOLD": str(16 * 1024 * 1024),
                "S3_ACCESS_KEY_ID": "stub-access-key", "S3_SECRET_ACCESS_KEY": "stub-secret-key",
                "S3_REGION": "us-east-1", "S3_USE_SSL": "false"}

    def start(self):
        class Server(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size, stub = True, 64, self

            def handle_error(self, request, client_address):
                pass  # a client that is killed is what the tests are about

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def fail(self, *faults):
        """The faults of the next writes, one each."""
        with self._lock:
            self.faults[:] = faults

    def next_fault(self):
        with self._lock:
            return self.faults.pop(0) if self.faults else None

    def objects(self, tenant_id=None):
        with self._lock:
            return {key for key in self.stored if tenant_id is None or key.startswith(f"tenants/{tenant_id}/")}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def route(self):
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))
        return urllib.parse.unquote(address.path).removeprefix(f"/{BUCKET}").lstrip("/"), query

    def body(self, limit=None):
        length = int(self.headers.get("Content-Length") or 0)
        return self.rfile.read(length if limit is None else min(limit, length))

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def do_PUT(self):
        stub, (key, query) = self.server.stub, self.route()
        if not key:
            return self.answer(200)
        fault = stub.next_fault()
        if isinstance(fault, Reset):
            self.rfile.read(fault.at)
            return self.reset()
        if isinstance(fault, Hold) and fault.read is not None:
            self.rfile.read(fault.read)
            fault.reached.set()
            fault.released.wait(60)
            return self.reset()
        content = self.body()
        if isinstance(fault, Status):
            return self.answer(fault.code, ERROR)
        if isinstance(fault, ErrorInside):
            return self.answer(200, ERROR)
        if isinstance(fault, Short):
            content = content[:-1]
        tag = hashlib.md5(b"another" if isinstance(fault, WrongTag) else content).hexdigest()
        with stub._lock:
            if "uploadId" in query:
                if query["uploadId"] not in stub.unfinished:
                    return self.answer(404, b"<Error><Code>NoSuchUpload</Code></Error>")
                stub.unfinished[query["uploadId"]][1][int(query["partNumber"])] = content
            else:
                stub.stored[key] = content
        if isinstance(fault, Hold):
            fault.reached.set()
            fault.released.wait(60)
        self.answer(200, ETag=f'"{tag}"')

    def do_POST(self):
        stub, (key, query) = self.server.stub, self.route()
        body = self.body()
        if "uploads" in query:
            upload = secrets.token_hex(8)
            with stub._lock:
                stub.unfinished[upload] = (key, {}, time.time())
            return self.answer(200, f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{key}</Key>"
                               f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode())
        fault = stub.next_fault()
        if isinstance(fault, Status):
            return self.answer(fault.code, ERROR)
        if isinstance(fault, ErrorInside):
            return self.answer(200, ERROR)
        with stub._lock:
            if query.get("uploadId") not in stub.unfinished:
                return self.answer(404, b"<Error><Code>NoSuchUpload</Code></Error>")
            _, parts, _ = stub.unfinished.pop(query["uploadId"])
            numbers = [int(number) for number in re.findall(rb"<PartNumber>(\d+)</PartNumber>", body)]
            stub.stored[key] = b"".join(parts[number] for number in numbers)
            digests = b"".join(hashlib.md5(parts[number]).digest() for number in numbers)
        tag = f"{hashlib.md5(digests).hexdigest()}-{len(numbers)}"
        self.answer(200, f"<CompleteMultipartUploadResult><Key>{key}</Key><ETag>&quot;{tag}&quot;</ETag>"
                    "</CompleteMultipartUploadResult>".encode())

    def do_GET(self):
        stub, (key, query) = self.server.stub, self.route()
        with stub._lock:
            content, stored = stub.stored.get(key), dict(stub.stored)
            unfinished = dict(stub.unfinished)
        if key:
            if content is None:
                return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return self.answer(200, content, ETag=f'"{hashlib.md5(content).hexdigest()}"')
        if "uploads" in query:
            items = "".join(f"<Upload><Key>{key}</Key><UploadId>{upload}</UploadId><Initiated>"
                            + time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(begun)) + "</Initiated></Upload>"
                            for upload, (key, _, begun) in unfinished.items())
            return self.answer(200, f"<ListMultipartUploadsResult>{items}</ListMultipartUploadsResult>".encode())
        after, prefix = query.get("start-after", ""), query.get("prefix", "")
        keys = [name for name in sorted(stored) if name > after and name.startswith(prefix)]
        page = keys[:int(query.get("max-keys", "1000"))]
        items = "".join(f"<Contents><Key>{name}</Key><Size>{len(stored[name])}</Size>"
                        "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>" for name in page)
        more = "true" if len(page) < len(keys) else "false"
        self.answer(200, f"<ListBucketResult><IsTruncated>{more}</IsTruncated>{items}</ListBucketResult>".encode())

    def do_HEAD(self):
        stub, (key, _) = self.server.stub, self.route()
        with stub._lock:
            content = stub.stored.get(key)
        if not key:
            return self.answer(200)
        if content is None:
            return self.answer(404)
        self.answer(200, Content_Length=str(len(content)), ETag=f'"{hashlib.md5(content).hexdigest()}"')

    def do_DELETE(self):
        stub, (key, query) = self.server.stub, self.route()
        with stub._lock:
            if "uploadId" in query:
                known = stub.unfinished.pop(query["uploadId"], None)
                return self.answer(204 if known else 404)
            stub.stored.pop(key, None)
        self.answer(204)
