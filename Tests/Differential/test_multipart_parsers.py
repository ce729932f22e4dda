"""What the sidecar's parser makes of a form, against two parsers that others wrote (python-multipart, Werkzeug).

Forms that follow the rules: all three agree on every name and byte. Forms that were changed at random: whatever ours
takes, each of the others takes with the same names and contents or refuses, but for what `reads_otherwise` names. Needs the program
multipart-fuzz (MULTIPART_FUZZ, or where a debug build puts it).
"""

import base64
import json
import os
import pathlib
import random
import re
import subprocess

import pytest
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("MULTIPART_FUZZ", str(ROOT / ".build" / "debug" / "multipart-fuzz"))
BOUNDARY = b"b0undary"


def ours(bodies):
    """For each body, its parts as (name, filename, data), or the name of an error."""
    lines = [json.dumps({"content_type": f"multipart/form-data; boundary={BOUNDARY.decode()}",
                         "body": base64.b64encode(body).decode()}) for body in bodies]
    done = subprocess.run([PROGRAM, "parse"], input="\n".join(lines) + "\n", capture_output=True, text=True,
                          timeout=120, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(bodies)
    return [answer["error"] if "error" in answer else
            [(part["name"], part["filename"], base64.b64decode(part["data"])) for part in answer["parts"]]
            for answer in answers]


def python_multipart(body):
    parts, header, finished = [], [b"", b""], []

    def header_field(data, start, end):
        header[0] += data[start:end]

    def header_value(data, start, end):
        header[1] += data[start:end]

    def header_end():
        if header[0].lower() == b"content-disposition":
            parts[-1][0] = parse_options_header(bytes(header[1]))[1]
        header[:] = [b"", b""]

    def part_data(data, start, end):
        parts[-1][1] += data[start:end]

    parser = MultipartParser(BOUNDARY, {
        "on_part_begin": lambda: parts.append([{}, b""]), "on_part_data": part_data, "on_header_field": header_field,
        "on_header_value": header_value, "on_header_end": header_end, "on_end": lambda: finished.append(True)})
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError:
        return None
    if not finished:
        return None

    def text(value):
        return value if value is None or isinstance(value, str) else value.decode("utf-8", "replace")

    return [(text(options.get(b"name")), text(options.get(b"filename")), data) for options, data in parts]


def werkzeug(body):
    decoder = MultipartDecoder(BOUNDARY)
    parts = []
    try:
        decoder.receive_data(body)
        decoder.receive_data(None)
        while True:
            event = decoder.next_event()
            if isinstance(event, (Field, File)):
                parts.append([event.name, getattr(event, "filename", None), b""])
            elif isinstance(event, Data):
                parts[-1][2] += event.data
            elif isinstance(event, Epilogue):
                return [tuple(part) for part in parts]
            elif isinstance(event, NeedData):
                return None
    except Exception:  # it raises ValueError, RequestEntityTooLarge and, for some headers, others
        return None


def form(parts, preamble=b"", epilogue=b""):
    out = preamble
    for name, filename, data in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
        out += b"--%s\r\nContent-Disposition: %s\r\n" % (BOUNDARY, disposition.encode())
        if filename is not None:
            out += b"Content-Type: application/octet-stream\r\n"
        out += b"\r\n%s\r\n" % data
    return out + b"--%s--\r\n" % BOUNDARY + epilogue


PIECES = [b"\r\n", b"\n", b"\r", b"--", b"-", b"--b0undar", b"\r\n--b0undarx", b"text", b"\0\xff", b"\r\n\r\n", b"  "]
NAMES = ["file", "filename", "mime_type", "a b", "ünïcode", "semi;colon", "equals=sign", "x" * 60]


def data(rng):
    while True:
        out = b"".join(rng.choice(PIECES) for _ in range(rng.randrange(12))) + rng.randbytes(rng.randrange(40))
        if b"\n--b0undary" not in b"\r\n" + out and b"\r--b0undary" not in out:
            return out


def random_form(rng):
    return [(rng.choice(NAMES), rng.choice([None, None, "a.txt", "ü.pdf", "a;b.txt"]), data(rng))
            for _ in range(rng.randrange(1, 5))]


def test_forms_that_follow_the_rules_mean_the_same_to_all():
    rng = random.Random(1)
    forms = [random_form(rng) for _ in range(1500)]
    bodies = [form(parts) for parts in forms]
    for parts, body, mine in zip(forms, bodies, ours(bodies)):
        assert mine == parts, body
        assert python_multipart(body) == parts, body
        assert werkzeug(body) == parts, body


def changed(rng, body):
    at = rng.randrange(len(body))
    length = rng.randrange(min(20, len(body) - at) + 1)
    token = rng.choice(PIECES + [b"--b0undary", b"\r\n--b0undary--", b'"', b";", b":", b"=", b"\t"])
    return rng.choice([
        lambda: body[:at] + token + body[at:], lambda: body[:at] + token + body[at + length:],
        lambda: body[:at] + body[at + length:], lambda: body[:at], lambda: body[:at] + rng.randbytes(1) + body[at + 1:],
        lambda: body[:at] + body[at:at + length] * 2 + body[at + length:],
    ])()


def reads_otherwise(parser, body):
    """Where one of the others goes a way of its own, as it says itself or as RFC 2046 and 7578 do not have it."""
    if parser is werkzeug:
        # A line feed alone before a boundary; backslashes that quote; values that end before a slash.
        return re.search(rb'(?<!\r)\n--b0undary|\\|name=[^"]', body) is not None
    # A boundary line right behind the headers, of an empty part.
    return b"\r\n\r\n--b0undary" in body


def test_what_is_taken_of_changed_forms_has_one_meaning():
    rng = random.Random(2)
    bodies = []
    for _ in range(6000):
        body = form(random_form(rng))
        for _ in range(rng.randrange(1, 3)):
            body = changed(rng, body) or b"x"
        bodies.append(body)
    taken = agreed = 0
    for body, mine in zip(bodies, ours(bodies)):
        # Before the first boundary line they differ: Werkzeug looks for one in the middle of a line, too.
        if isinstance(mine, str) or not body.startswith(b"--" + BOUNDARY):
            continue
        taken += 1
        for parser in (python_multipart, werkzeug):
            other = parser(body)
            if other is None or reads_otherwise(parser, body):
                continue
            assert other == mine, (parser.__name__, body)
            agreed += 1
    # The test means something only while nearly all that is taken is compared with both.
    assert taken > 500 and agreed > taken * 1.7, (taken, agreed)


@pytest.mark.parametrize("body, error", [
    (b"", "noDelimiter"), (b"--b0undary\r\n\r\nx", "dispositionMissing"),
    (form([("a", None, b"x")]).replace(b"\r\n", b"\n"), "bareLineFeed"),
    (form([("a", None, b"x")])[:-4], "unterminated"), (form([("a", None, b"x")]).replace(b"ry--", b"ry-"), "badDelimiterLine"),
    (form([("a", None, b"x")] * 65), "tooManyParts"),
])
def test_faults_have_their_names(body, error):
    assert ours([body]) == [error]
