"""What is said to requests that the server can't or won't read: a sentence in the shape of the API's errors."""

import json
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from flask import Flask, Response
from gunicorn.http import errors
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser

from audit.rest.problems import WORDS, body_of
from helpdesk.web.errors import sorry

#: What gunicorn says about it, the status it means, and what is said.
_SAYINGS: Final[tuple[tuple[type[Exception], int, str], ...]] = (
    (errors.LimitRequestLine, 414, "The address is longer than 64,000 characters, so it was not read. Ask for less."),
    (errors.LimitRequestHeaders, 431, "The headers are too large, so the request was not read."),
    (errors.ExpectationFailed, 417, "The only thing that can be expected is 100-continue. Nothing was done."),
    (errors.UnsupportedTransferCoding, 501, "A body comes as it is, or chunked. Nothing was done."),
)
_REASONS: Final = {400: "Bad Request", 414: "URI Too Long", 417: "Expectation Failed"} | {
    431: "Request Header Fields Too Large", 501: "Not Implemented",
}  # fmt: skip
#: Characters of an address that are read; gunicorn's own limit is less than a filter of five hundred words takes.
LONGEST_LINE: Final = 64_000
#: Mistakes of ours that gunicorn counts among those of others.
_OURS: Final = (errors.ConfigurationProblem, errors.InvalidResponseHeader, errors.InvalidResponseHeaderName)
#: How much of what still comes is taken in, and for how many seconds: who is cut off while talking hears no answer.
_MOST_HEARD: Final = 64 * 2**20
_PATIENCE: Final = 15.0


class _Request(Request):  # type: ignore[misc]
    """A request whose address may be long: that it asks for too much is then told in a page."""

    def parse(self, unreader: Any) -> Any:
        self.limit_request_line = self._fast_limit_request_line = LONGEST_LINE
        return super().parse(unreader)


def is_garbled(error: Exception) -> bool:
    """Whether it was the request that could not be read."""
    return isinstance(error, errors.ParseException) and not isinstance(error, _OURS)


def answer(line: Any, error: Exception) -> None:
    """Say on a connection that what came could not be read; it can't be used any further."""
    status, sentence = next(
        ((status, said) for kind, status, said in _SAYINGS if isinstance(error, kind)), (400, WORDS[400])
    )
    body = json.dumps(body_of(status, sentence)).encode()
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nRetry-After: 0\r\nX-Content-Type-Options: nosniff\r\n\r\n"
    )
    with suppress(OSError):
        line.settimeout(_PATIENCE)
        line.sendall(head.encode() + body)
        line.shutdown(socket.SHUT_WR)
        _hear_out(line.recv)


def hear_out(response: Any, environ: Mapping[str, Any]) -> None:
    """Take in what was too large to be read, when that has been said."""
    if response is None or response.status_code != 413:
        return
    line = response.sock
    with suppress(OSError, errors.ParseException):
        line.settimeout(_PATIENCE)
        _hear_out(environ["wsgi.input"].read)
    with suppress(OSError):
        line.settimeout(None)


def install(app: Flask) -> None:
    """Let long addresses come through, and a body that breaks off in nonsense be the sender's mistake."""
    RequestParser.mesg_class = _Request
    app.register_error_handler(errors.ParseException, _broken_body)


def _broken_body(error: errors.ParseException) -> Response:
    if not is_garbled(error):
        raise error
    return sorry(400)


def _hear_out(read: Callable[[int], bytes]) -> None:
    heard, until = 0, time.monotonic() + _PATIENCE
    while heard < _MOST_HEARD and time.monotonic() < until:
        part = read(65536)
        if not part:
            return
        heard += len(part)
