"""Bytes to upload and the multipart frames around them."""

import hashlib
import os
import secrets

PIECE = 64 * 1024


class Pattern:
    """A large content that is made while it is sent: no two seeds give the same bytes, nothing is kept in memory."""

    def __init__(self, size, seed=None):
        self.size = size
        self.seed = seed or secrets.token_hex(8)
        self._block = (f"pattern {self.seed} ".encode() * (PIECE // 16 + 1))[:PIECE]

    def __len__(self):
        return self.size

    def pieces(self):
        left, number = self.size, 0
        while left > 0:
            piece = (b"%012d\n" % number + self._block)[:PIECE][:left]
            yield piece
            left -= len(piece)
            number += 1

    def sha256(self):
        digest = hashlib.sha256()
        for piece in self.pieces():
            digest.update(piece)
        return digest.hexdigest()


def unique_text(size=200):
    """Plain text that nobody has uploaded before."""
    line = f"line {secrets.token_hex(12)}\n".encode()
    return (line * (size // len(line) + 1))[:size]


def unique_pdf(text="A page", padding=0):
    """A real one-page PDF with a correct cross-reference table; `padding` adds that many random bytes to it."""
    stream = f"BT /F1 24 Tf 72 720 Td ({text} {secrets.token_hex(8)}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    if padding:
        filler = os.urandom(padding)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(filler), filler))
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


class Form:
    """A multipart/form-data body with one file part, sent piece by piece."""

    def __init__(self, content, filename="note.txt", content_type="text/plain", fields=None, boundary=None,
                 part_name="file", disposition=None, closed=True):
        self.boundary = boundary or "----e2e" + secrets.token_hex(12)
        mark = self.boundary.encode()
        head = b""
        for name, value in (fields or {}).items():
            head += b"--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n" % (
                mark, name.encode(), value.encode())
        if content is not None:
            if disposition is None:
                disposition = f'form-data; name="{part_name}"; filename="{filename}"'
            head += b"--%s\r\nContent-Disposition: %s\r\n" % (mark, disposition.encode())
            if content_type:
                head += b"Content-Type: %s\r\n" % content_type.encode()
            head += b"\r\n"
        self.head = head
        self.content = b"" if content is None else content
        self.tail = (b"" if content is None else b"\r\n") + (b"--%s--\r\n" % mark if closed else b"")

    @property
    def content_type(self):
        return f"multipart/form-data; boundary={self.boundary}"

    def __len__(self):
        return len(self.head) + len(self.content) + len(self.tail)

    def pieces(self):
        if self.head:
            yield self.head
        if isinstance(self.content, Pattern):
            yield from self.content.pieces()
        else:
            for start in range(0, len(self.content), PIECE):
                yield self.content[start:start + PIECE]
        if self.tail:
            yield self.tail

    def bytes(self):
        return b"".join(self.pieces())
