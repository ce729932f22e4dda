"""A TCP proxy between a client and the product that cuts or stalls at a given byte of what the client sends."""

import socket
import struct
import threading

from stack import free_port


class FaultProxy:
    """Passes bytes both ways. At byte `at` of the client's side it does one of:

    - `cut`: goes away with a FIN on both sides; `reset`: with a RST;
    - `half`: closes the sending side towards the product and keeps reading its answer;
    - `stall`: sends nothing more and keeps the connection open until `end`.
    """

    def __init__(self, port, at, fault):
        self.port, self.at, self.fault = free_port(), at, fault
        self.reached = threading.Event()
        self._target = port
        self._ended = threading.Event()
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self._ended.set()
        self._listener.close()
        self._close(*self._open)

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            self._open += [client, server]
            threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
            threading.Thread(target=self._back, args=(server, client), daemon=True).start()

    def _forward(self, client, server):
        left = self.at
        try:
            while left > 0:
                piece = client.recv(min(65536, left))
                if not piece:
                    return
                server.sendall(piece)
                left -= len(piece)
            self.reached.set()
            if self.fault == "half":
                server.shutdown(socket.SHUT_WR)
            elif self.fault == "stall":
                self._ended.wait(60)
                self._close(client, server)
            else:
                if self.fault == "reset":
                    for side in (client, server):
                        side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._close(client, server)
        except OSError:
            self._close(client, server)

    def _back(self, server, client):
        try:
            while piece := server.recv(65536):
                client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    @staticmethod
    def _close(*sides):
        for side in sides:
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            side.close()


class LostAnswers:
    """Passes everything both ways, but loses the answers to the first uploads: the connection ends in their place.

    `meanwhile` is told of what a client sends before that is passed on.
    """

    def __init__(self, port, count=1, meanwhile=lambda piece: None):
        self.port, self.lost, self._meanwhile = free_port(), 0, meanwhile
        self._target, self._count = port, count
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self._target))
            uploads = threading.Event()
            threading.Thread(target=self._forward, args=(client, server, uploads), daemon=True).start()
            threading.Thread(target=self._back, args=(server, client, uploads), daemon=True).start()

    def _forward(self, client, server, uploads):
        try:
            while piece := client.recv(65536):
                if piece.startswith(b"POST /api/tenants/"):
                    uploads.set()
                self._meanwhile(piece)
                server.sendall(piece)
        except OSError:
            pass
        FaultProxy._close(client, server)

    def _back(self, server, client, uploads):
        try:
            while piece := server.recv(65536):
                if uploads.is_set() and self.lost < self._count:
                    self.lost += 1
                    break
                client.sendall(piece)
        except OSError:
            pass
        FaultProxy._close(client, server)
