"""nginx as an installation may set it: tunables in one file, and TLS on a certificate of our own."""

import contextlib
import os
import re
import socket
import ssl
import subprocess
import time

import pytest

from places import ROOT

RENDER = ROOT / "scripts" / "render-nginx.sh"
SNIPPETS = [ROOT / "nginx" / "nginx.conf", *sorted((ROOT / "nginx").glob("*/*.conf"))]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def place(tmp_path):
    for name in ["log", "run", "nginx-temp", "cwd/nginx", "public/console"]:
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "public/console/index.html").write_text("<!doctype html><title>console</title>")
    return tmp_path


def render(place, **settings):
    environment = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "PORT": "49996", "STATE_DIR": str(place),
                   "RUN_DIR": str(place / "run"), "FCGI_WORKERS": "2",
                   # Its workers must reach the test's own directory.
                   "NGINX_USER": "root" if os.getuid() == 0 else "", **settings}
    done = subprocess.run([str(RENDER), str(place / "nginx")], env=environment, capture_output=True, text=True, timeout=30)
    if done.returncode:
        return done.stderr
    test = subprocess.run(["nginx", "-t", "-q", "-c", str(place / "nginx/nginx.conf")], env=environment,
                          capture_output=True, text=True, timeout=30)
    return test.stderr


@contextlib.contextmanager
def running(place, port):
    process = subprocess.Popen(["nginx", "-c", str(place / "nginx/nginx.conf")],
                               env={"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < deadline and process.poll() is None, "nginx did not start"
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def certificate(tmp_path):
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-out", str(paths[0]), "-keyout", str(paths[1])], check=True, capture_output=True)
    return paths


def ask(port, path, context=None, headers=()):
    """The head of an answer, in lower case."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        with (context.wrap_socket(raw, server_hostname="localhost") if context else raw) as wire:
            lines = [f"GET {path} HTTP/1.1", "Host: evil.example", "Connection: close", *headers, "", ""]
            wire.sendall("\r\n".join(lines).encode())
            answer = b""
            while piece := wire.recv(65536):
                answer += piece
    return answer.split(b"\r\n\r\n")[0].decode().lower()


@pytest.mark.parametrize("settings", [
    {}, {"NGINX_KEEPALIVE_TIMEOUT": "5s", "NGINX_WORKER_PROCESSES": "1", "NGINX_APP_TIMEOUT": "2m"},
    {"OBJECT_DIR": "/tmp"}, {"TRUSTED_PROXIES": "10.0.0.0/8"}])
def test_variants_are_valid(place, settings):
    assert render(place, **settings) == ""


def test_a_tunable_of_the_environment_wins(place):
    assert render(place, NGINX_SEND_TIMEOUT="7s") == ""
    assert "send_timeout 7s;" in (place / "nginx/snippets/limits.conf").read_text()
    assert "keepalive_timeout 65s;" in (place / "nginx/snippets/limits.conf").read_text()


@pytest.mark.parametrize("settings, complaint", [
    ({"NGINX_SEND_TIMEOUT": "7s; root /"}, "NGINX_SEND_TIMEOUT"),
    ({"NGINX_SEND_TIMEOUT": "soon"}, "send_timeout"),
    ({"NGINX_TLS_CERTIFICATE": "/nowhere"}, "NGINX_TLS_CERTIFICATE")])
def test_a_value_that_is_none_is_refused(place, settings, complaint):
    assert complaint in render(place, **settings)


def test_tls_needs_an_address_that_is_https(place, certificate):
    assert "PUBLIC_BASE_URL" in render(place, NGINX_TLS_CERTIFICATE=str(certificate[0]),
                                       NGINX_TLS_CERTIFICATE_KEY=str(certificate[1]), PUBLIC_BASE_URL="http://localhost")


def test_tls_serves_redirects_and_insists(place, certificate):
    plain, secure = free_port(), free_port()
    assert render(place, PORT=str(plain), NGINX_TLS_PORT=str(secure), NGINX_TLS_CERTIFICATE=str(certificate[0]),
                  NGINX_TLS_CERTIFICATE_KEY=str(certificate[1]), PUBLIC_BASE_URL=f"https://localhost:{secure}") == ""
    context = ssl.create_default_context(cafile=str(certificate[0]))
    context.set_alpn_protocols(["h2", "http/1.1"])
    with running(place, secure):
        with socket.create_connection(("127.0.0.1", secure), timeout=10) as raw, context.wrap_socket(raw, server_hostname="localhost") as wire:
            assert wire.version() == "TLSv1.3" and wire.selected_alpn_protocol() == "h2"
        context = ssl.create_default_context(cafile=str(certificate[0]))
        # The promise is on every answer, errors of nginx's own and of the application that is away included.
        for path, status in [("/console", 200), ("/objects/x", 502), ("/api/users/me", 502), ("/.upload", 404), ("/%zz", 400)]:
            answer = ask(secure, path, context)
            assert answer.startswith(f"http/1.1 {status}"), answer
            assert answer.count("strict-transport-security: max-age=31536000") == 1, answer

        answer = ask(plain, "/api/users/me?a=b")
        assert answer.startswith("http/1.1 308")
        assert f"location: https://localhost:{secure}/api/users/me?a=b" in answer
        assert "strict-transport-security" not in answer and "evil" not in answer
        assert " 308 " not in ask(plain, "/health/live") and " 308 " not in ask(plain, "/metrics")

        old = ssl.create_default_context(cafile=str(certificate[0]))
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", secure), timeout=10) as raw:
            old.wrap_socket(raw, server_hostname="localhost")


@pytest.mark.parametrize("allowed, status", [("", 502), ("127.0.0.1", 502), ("none", 403), ("10.1.2.3, fd00::/8", 403)])
def test_metrics_are_for_the_addresses_that_are_named(place, allowed, status):
    """Without an application 502 says that the door was open."""
    port = free_port()
    assert render(place, PORT=str(port), METRICS_ALLOW=allowed) == ""
    with running(place, port):
        assert ask(port, "/metrics").startswith(f"http/1.1 {status}")
        assert ask(port, "/metrics", headers=["X-Forwarded-For: 127.0.0.1"]).startswith("http/1.1 403")


def test_a_drained_host_is_not_ready(place):
    port = free_port()
    assert render(place, PORT=str(port)) == ""
    with running(place, port):
        (place / "drain").touch()
        answer = ask(port, "/health/ready")
        assert answer.startswith("http/1.1 503") and "retry-after: 5" in answer
        assert ask(port, "/health/live").startswith("http/1.1 502")
        (place / "drain").unlink()
        assert ask(port, "/health/ready").startswith("http/1.1 502")


def test_every_tunable_is_used_and_every_one_used_is_there():
    there = set(re.findall(r"^([A-Z_]+)=", (ROOT / "nginx/tunables.env").read_text(), re.MULTILINE))
    script = RENDER.read_text()
    used = set(re.findall(r"tunables\[([A-Z_]+)\]", script))
    for path in SNIPPETS:
        used |= set(re.findall(r"@([A-Z_]+)@", path.read_text()))
    assert used == there


@pytest.mark.parametrize("path", [path for path in SNIPPETS if path.parent.name != "nginx"], ids=lambda path: path.name)
def test_directives_are_explained(path):
    """Each snippet says what it is about, and each comment with a reason gives the default and a link."""
    text = path.read_text()
    assert text.startswith("# ")
    for reason in re.findall(r"(?:^ *#.*\n)*^ *# Why:.*\n(?:^ *#.*\n)*", text, re.MULTILINE):
        if path.name not in ("errors.conf",):
            assert "https://nginx.org/en/docs/" in reason, reason
