"""Takes a mail apart into its MIME parts, in linear time and within limits, whatever it holds."""

import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from functools import cached_property

from helpdesk.mail.charsets import clean_text, decode, decode_base64, decode_words

# The standard library's parser reads line by line, recurses and can raise (a 25 MB mail of line ends keeps it busy for
# a minute); what comes through a desk's open door is cut by offsets instead. Its reading of parameters is used below.
MOST_PARTS = 100
DEEPEST = 20
_LONGEST_HEAD = 256 * 1024
_LONGEST_VALUE = 32 * 1024
_LONGEST_PARAMETERS = 4 * 1024
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
_BLANK_LINE = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r)")
_FOLDS = re.compile(rb"[\r\n]+(?=[ \t])|[\r\n]+\Z")
_LIKELY_DELIMITER = re.compile(
    rb"(?<![^\r\n])(--[^\s-][!-~]{0,69})[ \t]*[\r\n]{1,2}content-[a-z-]{1,30}:", re.IGNORECASE
)
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")


@dataclass(frozen=True)
class Part:
    """One part of a mail: its headers, and either its children or its body as it was sent."""

    headers: dict[str, tuple[str, ...]]
    content_type: str
    parameters: dict[str, str]
    body: bytes = b""
    children: tuple["Part", ...] = ()

    def header(self, name: str) -> str:
        """The first header of that lower-case name, unfolded and not yet decoded; empty where there is none."""
        return self.headers.get(name, ("",))[0]

    @property
    def disposition(self) -> str:
        """`attachment`, `inline` or nothing, after RFC 2183."""
        return self.header("content-disposition").partition(";")[0].strip().lower()

    @cached_property
    def file_name(self) -> str:
        """The name the sender gave the part, in RFC 2231's or RFC 2047's writing; not yet a safe one."""
        _, given = _parameters("content-disposition", self.header("content-disposition"))
        return decode_words(given.get("filename") or self.parameters.get("name", ""))

    def content(self) -> bytes:
        """The body with its transfer encoding (RFC 2045, 6) undone; as it came where the encoding is unknown."""
        encoding = self.header("content-transfer-encoding").strip().lower()
        if encoding == "base64":
            return decode_base64(self.body)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.body)
        if encoding in {"x-uuencode", "uuencode", "x-uue", "uue"}:
            return _decode_uu(self.body)
        return self.body


def read_parts(raw: bytes) -> Part:
    """The mail as a tree of at most `MOST_PARTS` parts, `DEEPEST` levels deep. Never raises.

    What lies beyond the limits stays together as one part of unread bytes, so nothing of the mail is lost.
    """
    start = len(raw) - len(raw.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n"))
    return _Reader(raw).read(start, len(raw), "text/plain", 1)


class _Reader:
    """Remembers how many parts were found so far; parts are spans of the raw mail until they are leaves."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.count = 0

    def read(self, start: int, end: int, default_type: str, depth: int) -> Part:
        self.count += 1
        headers, start = _read_headers(self.raw, start, end)
        content_type, parameters = _parameters("content-type", headers.get("content-type", ("",))[0])
        if not _TYPE.fullmatch(content_type):
            content_type = default_type  # RFC 2045, 5.2, and for digests RFC 2046, 5.1.5
        if content_type.startswith("multipart/"):
            children = self._children(start, end, content_type, parameters.get("boundary", ""), depth)
            if children:
                return Part(headers, content_type, parameters, children=children)
            content_type = "text/plain" if depth < DEEPEST else "application/octet-stream"
        return Part(headers, content_type, parameters, self.raw[start:end])

    def _children(self, start: int, end: int, content_type: str, boundary: str, depth: int) -> tuple[Part, ...]:
        if depth >= DEEPEST:
            return ()
        default_type = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
        delimiter = b"--" + boundary.rstrip().encode("utf-8", "replace")
        if not boundary.strip() or self.raw.find(delimiter, start, end) < 0:
            # The wrong boundary, or none: the right one mostly stands at the first headers that look like a part's.
            guess = _LIKELY_DELIMITER.search(self.raw, start, min(end, start + _LONGEST_HEAD))
            if guess is None:
                return ()
            delimiter = guess[1]
        children = []
        for piece_start, piece_end in _pieces(self.raw, start, end, delimiter):
            if self.count >= MOST_PARTS:
                rest = self.raw[piece_start:end]
                children.append(Part({}, "application/octet-stream", {"name": "rest-of-the-mail.txt"}, rest))
                break
            children.append(self.read(piece_start, piece_end, default_type, depth + 1))
        return tuple(children)


def _pieces(raw: bytes, start: int, end: int, delimiter: bytes) -> Iterator[tuple[int, int]]:
    """The spans between the delimiter lines of RFC 2046 (5.1.1); the last one may lack its delimiter."""
    # The literal comes first, and the look behind it after: so the search runs at the speed of memory.
    delimiter = re.escape(delimiter)
    line = re.compile(delimiter + b"(?<![^\r\n]" + delimiter + b")(--)?[ \t]*(?:\r\n|\r|\n|\\Z)")
    piece_start = None
    for found in line.finditer(raw, start, end):
        if piece_start is not None:
            yield piece_start, _before_line_end(raw, piece_start, found.start())
        piece_start = None if found[1] else found.end()
        if found[1]:
            return
    if piece_start is not None:
        yield piece_start, end


def _before_line_end(raw: bytes, start: int, end: int) -> int:
    """The line end before a delimiter belongs to the delimiter."""
    if raw[max(start, end - 2) : end] == b"\r\n":
        return end - 2
    return end - 1 if end > start else end


def _read_headers(raw: bytes, start: int, end: int) -> tuple[dict[str, tuple[str, ...]], int]:
    """The headers by lower-case name, and where the body starts; a line that is no header starts it, too."""
    fields: list[tuple[str, int, int]] = []
    position = start
    while position < end:
        line = _LINE.match(raw, position, end)
        assert line is not None  # the pattern matches everywhere
        field = _FIELD.match(raw, position, line.end())
        if not line[0].strip(b"\r\n"):
            position = line.end()
            break
        if position - start > _LONGEST_HEAD:
            blank = _BLANK_LINE.search(raw, position, end)
            position = blank.end() if blank else position
            break
        if field:
            fields.append((field[1].decode("ascii").lower(), field.end(), line.end()))
        elif fields and line[0][:1] in b" \t":
            fields[-1] = (*fields[-1][:2], line.end())
        elif not (position == start and line[0].startswith((b"From ", b">From "))):  # the envelope line of mbox files
            break
        position = line.end()
    headers: dict[str, list[str]] = {}
    for name, value_start, value_end in fields:
        value = _FOLDS.sub(b"", raw[value_start : min(value_end, value_start + _LONGEST_VALUE)])
        headers.setdefault(name, []).append(clean_text(decode(value)).strip())
    return {name: tuple(values) for name, values in headers.items()}, position


def _parameters(name: str, value: str) -> tuple[str, dict[str, str]]:
    """A header such as `text/plain; charset=utf-8` taken apart, with RFC 2231's continuations and charsets read."""
    carrier = Message()
    carrier[name] = value[:_LONGEST_PARAMETERS].replace("\n", " ")
    # typeshed says str for what RFC 2231 makes (charset, language, text).
    pairs: Sequence[tuple[str, str | tuple[str | None, str | None, str]]]
    try:
        pairs = carrier.get_params(failobj=[], header=name)
    except Exception:  # the library raises many kinds on broken parameters; the bare value is better than none
        pairs = []
    parameters = {key.lower(): given if isinstance(given, str) else _extended(given) for key, given in pairs[1:]}
    return value.partition(";")[0].strip().lower(), parameters


def _extended(given: tuple[str | None, str | None, str]) -> str:
    charset, _, text = given
    try:
        return decode(text.encode("latin-1"), charset or "utf-8")
    except UnicodeEncodeError:  # not percent-encoded at all
        return text


def _decode_uu(body: bytes) -> bytes:
    content = bytearray()
    for line in body.partition(b"begin ")[2].splitlines()[1:]:
        if line.strip() in {b"end", b"`", b""}:
            break
        try:
            content += binascii.a2b_uu(line)
        except binascii.Error:
            break
    return bytes(content) or body
