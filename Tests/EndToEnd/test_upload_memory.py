"""Many slow uploads at once: the sidecar's memory is bounded, and all of them arrive."""

import socket

import rawhttp
from client import add_member, new_person, new_team
from content import Form, unique_text
from polling import eventually

MIB = 1024 * 1024
UPLOADS = 200
# Of each body, in three portions; more than stays in memory (256 KiB).
SIZE = 400_000


def test_200_slow_uploads_fit_into_128_mib(stack, figure):
    teams = [new_team(stack.api, roles=()) for _ in range(2)]
    people = [(team, person) for team in teams for person in [team.admin] + [new_person(stack.api) for _ in range(1)]]
    for team, person in people:
        if person is not team.admin:
            add_member(team, person, "user")
    stack.forget_peak_memory("sidecar")
    uploads = []
    for number in range(UPLOADS):
        team, person = people[number % len(people)]
        form = Form(unique_text(SIZE))
        body = form.bytes()
        connection = socket.create_connection(("127.0.0.1", stack.port), timeout=60)
        connection.sendall(rawhttp.head("POST", team.documents, Authorization=f"Bearer {person.api.token}",
                                        Content_Type=form.content_type, Content_Length=len(body)) + body[:10_000])
        uploads.append((connection, body))
    for connection, body in uploads:
        connection.sendall(body[10_000:300_000])
    eventually(lambda: len(stack.spool_files()) == UPLOADS, within=60, what="all of them at the sidecar")
    held = stack.peak_memory_kib("sidecar")
    for connection, body in uploads:
        connection.sendall(body[300_000:])
    for connection, _ in uploads:
        assert rawhttp.receive(connection, "POST").status == 201
        connection.close()
    peak = stack.peak_memory_kib("sidecar")
    figure(f"memory of the sidecar with {UPLOADS} slow uploads",
           f"{held / 1024:.0f} MiB while they wait, {peak / 1024:.0f} MiB at most")
    assert peak <= 128 * 1024
    assert [team.total_documents() for team in teams] == [UPLOADS // 2] * 2
    eventually(lambda: not stack.spool_files(), what="an empty spool")
