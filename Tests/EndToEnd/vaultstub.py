"""A stand-in for HashiCorp Vault that speaks the documented HTTP API over plain HTTP.

KV version 2 (read, write with check-and-set, metadata), AppRole login, lookup-self and renew-self of tokens, namespaces;
and the answers that a client must live with: sealed (503), denied (403), none such (404), over quota (429), a standby's
redirect to the active node (307). Everything that was asked is in `requests`.
"""

import http.server
import json
import secrets
import threading
import time
import urllib.parse


class VaultStub:
    def __init__(self, namespace=None):
        self.namespace = namespace
        self.secrets = {}      # "mount/path" → list of versions; None is a deleted one
        self.tokens = {}       # token → [expires, period, renewable]
        self.roles = {}        # role id → secret id
        self.requests = []     # (method, path, status)
        self.faults = []       # statuses for the next requests, in order
        self.sealed = False
        self.redirect_to = None
        self.lifetime = 3600
        self.before_write = None
        self.lock = threading.Lock()

    def start(self):
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                stub._serve(self, {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                stub._serve(self, json.loads(body or b"{}"))

            do_PUT = do_POST

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    # What an administrator of Vault does.

    def put(self, path="secret/saas-platform", **fields):
        with self.lock:
            self.secrets.setdefault(path, []).append(fields)

    def delete(self, path="secret/saas-platform"):
        with self.lock:
            self.secrets[path].append(None)

    def latest(self, path="secret/saas-platform"):
        return self.secrets[path][-1]

    def new_token(self, lifetime=None, renewable=True):
        token = "hvs." + secrets.token_urlsafe(24)
        lifetime = self.lifetime if lifetime is None else lifetime
        self.tokens[token] = [time.monotonic() + lifetime if lifetime else None, lifetime, renewable]
        return token

    def new_role(self):
        role, secret = secrets.token_hex(16), secrets.token_hex(16)
        self.roles[role] = secret
        return role, secret

    def asked(self, ending):
        return [status for _, path, status in self.requests if path.endswith(ending)]

    # What Vault answers.

    def _serve(self, handler, body):
        path = urllib.parse.urlsplit(handler.path).path
        with self.lock:
            status, answer, headers = self._answer(handler, path, body)
            self.requests.append((handler.command, path, status))
        data = json.dumps(answer).encode() if answer is not None else b""
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    def _answer(self, handler, path, body):
        if self.faults:
            status = self.faults.pop(0)
            return status, {"errors": []}, {}
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}, {}
        if self.redirect_to:
            return 307, None, {"Location": self.redirect_to + handler.path}
        if (handler.headers.get("X-Vault-Namespace") or None) != self.namespace:
            return 403, {"errors": ["permission denied"]}, {}
        if path == "/v1/auth/approle/login":
            if self.roles.get(body.get("role_id")) != body.get("secret_id") or not body.get("secret_id"):
                return 400, {"errors": ["invalid role or secret ID"]}, {}
            return 200, self._auth(self.new_token()), {}
        token = handler.headers.get("X-Vault-Token")
        known = self.tokens.get(token)
        if known is None or (known[0] and known[0] < time.monotonic()):
            return 403, {"errors": ["permission denied"]}, {}
        if path == "/v1/auth/token/lookup-self":
            left = int(known[0] - time.monotonic()) if known[0] else 0
            return 200, {"data": {"ttl": left, "renewable": known[2], "policies": ["saas-platform"]}}, {}
        if path == "/v1/auth/token/renew-self":
            if not known[2]:
                return 400, {"errors": ["lease is not renewable"]}, {}
            known[0] = time.monotonic() + known[1]
            return 200, self._auth(token), {}
        parts = path.removeprefix("/v1/").split("/", 2)
        if len(parts) == 3 and parts[1] in ("data", "metadata"):
            return self._secret(handler.command, parts[1], f"{parts[0]}/{parts[2]}", body)
        return 404, {"errors": []}, {}

    def _auth(self, token):
        _, period, renewable = self.tokens[token]
        return {"auth": {"client_token": token, "lease_duration": period, "renewable": renewable}}

    def _secret(self, method, kind, name, body):
        versions = self.secrets.get(name, [])
        if kind == "metadata":
            if not versions:
                return 404, {"errors": []}, {}
            return 200, {"data": {"current_version": len(versions)}}, {}
        if method == "GET":
            if not versions:
                return 404, {"errors": []}, {}
            metadata = {"version": len(versions), "destroyed": False, "deletion_time": ""}
            if versions[-1] is None:
                metadata["deletion_time"] = "2026-01-01T00:00:00Z"
                return 404, {"data": {"data": None, "metadata": metadata}}, {}
            return 200, {"data": {"data": versions[-1], "metadata": metadata}}, {}
        if self.before_write:
            self.before_write, hook = None, self.before_write
            hook(self.secrets.setdefault(name, []))
            versions = self.secrets[name]
        if body.get("options", {}).get("cas", len(versions)) != len(versions):
            return 400, {"errors": ["check-and-set parameter did not match the current version"]}, {}
        self.secrets.setdefault(name, []).append(body["data"])
        return 200, {"data": {"version": len(self.secrets[name])}}, {}
