"""HTTP over a bare socket, for requests that no library would send."""

import http.client
import socket
import struct

from client import Answer


def send(port, data, method="GET", timeout=20, half_close=False):
    """Sends the bytes as they are and reads one answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(data)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return receive(connection, method, data)


def receive(connection, method, request=b""):
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    body = response.read()
    return Answer(method, repr(request[:80]), response.status, response.headers, body)


def head(method, path, **headers):
    """A request head with Host and `Connection: close`; underscores in names become hyphens."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def cut(port, data, reset=False):
    """Sends the bytes and goes away: with a FIN, or with a RST."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    try:
        connection.sendall(data)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except (BrokenPipeError, ConnectionResetError):
        pass  # answered early: the cut is as good
    finally:
        connection.close()
