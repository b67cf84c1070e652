"""Requests that break the rules of HTTP, sent byte by byte to the real server: each is told so in the API's shape."""

import http.client
import json
import socket
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.engine import URL

from audit.rest.answering import LARGEST_BODY
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.served import served

CHUNKED = "Transfer-Encoding: chunked"
LONG = "a" * 9000

#: Request line, headers, body, and the status that it means.
GARBLED: list[tuple[str, list[str], bytes, int]] = [
    (f"GET /api/tickets?cursor={LONG * 8} HTTP/1.1", [], b"", 414),
    (f"GET /api/tickets?cursor={LONG * 300} HTTP/1.1", [], b"", 414),
    ("GET /api/tickets HTTP/1.1", [f"X-Long: {LONG}"], b"", 431),
    ("GET /api/tickets HTTP/1.1", [f"X-{number}: a" for number in range(200)], b"", 431),
    ("GET /api/tickets HTTP/9.9", [], b"", 400),
    ("get /api/tickets HTTP/1.1", [], b"", 400),
    ("\x16\x03\x01", [], b"", 400),
    ("GET /api/tickets HTTP/1.1", ["X Y: a"], b"", 400),
    ("POST /api/tags HTTP/1.1", ["Content-Length: -1"], b"{}", 400),
    ("POST /api/tags HTTP/1.1", ["Content-Length: 2", CHUNKED], b"2\r\n{}\r\n0\r\n\r\n", 400),
    ("POST /api/tags HTTP/1.1", ["Expect: 200-ok", "Content-Length: 2"], b"{}", 417),
    ("POST /api/tags HTTP/1.1", ["Transfer-Encoding: morse"], b"{}", 501),
    ("POST /api/tags HTTP/1.1", ["Transfer-Encoding: gzip, chunked"], b"2\r\n{}\r\n0\r\n\r\n", 415),
    ("POST /api/tags HTTP/1.1", ["Content-Encoding: gzip", "Content-Length: 2"], b"{}", 415),
    ("POST /api/tags HTTP/1.1", [CHUNKED], b"ZZ\r\n{}\r\n0\r\n\r\n", 400),
    ("POST /api/tags HTTP/1.1", [CHUNKED], b"%x\r\n" % LARGEST_BODY + b" " * LARGEST_BODY + b"\r\n0\r\n\r\n", 413),
    ("GET /api/tickets HTTP/1.1", ["Authorization: Basic \xff\xfe"], b"", 401),
    ("GET /api/tickets HTTP/1.1", ["Authorization: Basic YQ=="], b"", 401),
    ("GET /api/tickets HTTP/1.1", ["Authorization: Bearer"], b"", 401),
    ("TRACE /api/tickets HTTP/1.1", [], b"", 405),
]  # fmt: skip


def told(port: int, line: str, headers: list[str], body: bytes, key: str) -> tuple[int, Any]:
    """Status and JSON of the answer to a request that is sent as it stands."""
    own = [] if any(header.startswith("Authorization") for header in headers) else [f"Authorization: Basic {key}"]
    head = "\r\n".join((line, "Host: acme.gorgias.com", "Content-Type: application/json", *own, *headers))
    with socket.create_connection(("127.0.0.1", port), timeout=30) as wire:
        wire.sendall(head.encode("latin-1") + b"\r\n\r\n" + body)
        answer = http.client.HTTPResponse(wire)
        answer.begin()
        assert answer.getheader("Content-Type") == "application/json", line
        assert answer.getheader("Retry-After") == "0", line
        return answer.status, json.loads(answer.read())


def posted(port: int, key: str, body: Any, **headers: str) -> tuple[int, Any]:
    """The answer that an ordinary client gets."""
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Basic {key}", "Content-Type": "application/json", **headers}
    wire.request("POST", "/api/tags", body, headers)
    answer = wire.getresponse()
    found = answer.status, json.loads(answer.read())
    wire.close()
    return found


def in_pieces() -> Iterator[bytes]:
    """A body of unknown length."""
    yield b'{"name": '
    yield b'"pieces"}'


def test_what_cannot_be_read_is_told_in_the_shape_of_errors(
    app: Flask, desk: Desk, api: Program, database_url: URL, tmp_path: Path
) -> None:
    desk.session.rollback()
    key = b64encode(f"{api.email}:{api.key}".encode()).decode()
    with served(database_url, tmp_path) as address, desk.watched() as trail:
        port = int(address.rpartition(":")[2])
        for line, headers, body, status in GARBLED:
            answer = told(port, line, headers, body, key)
            assert answer[0] == status, (line[:80], headers[:3], answer)
            assert answer[1].keys() == {"error"}
            assert answer[1]["error"]["msg"].endswith(".")
        # A filter of five hundred words is read, so that a page can say that it asks for too much.
        assert told(port, f"GET /api/tickets?cursor={LONG} HTTP/1.1", [], b"", key)[1]["error"]["data"].keys() == {
            "cursor"
        }
        # Who sends far too much over a line that is to be kept hears why, and doesn't just lose the line.
        assert posted(port, key, b" " * (LARGEST_BODY + 1))[0] == 413
        assert posted(port, key, in_pieces())[0] == 201
        assert posted(port, key, '{"name": "waited"}', Expect="100-continue")[0] == 201
    assert trail.types == ["tag-created", "tag-created"]
