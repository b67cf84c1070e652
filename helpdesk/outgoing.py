"""The one way out by HTTP: public addresses only, looked up once and connected to just that, no redirects.

Whatever the desk fetches or sends because somebody typed an address goes through `send`: webhooks, macros, cards.
"""

import http.client
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Timer
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from helpdesk import lookups

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
LONGEST_ADDRESS: Final = 2000
MOST_TRIED: Final = 3  # of a name's addresses
SECONDS_TO_CONNECT: Final = 5.0
SECONDS_IN_ALL: Final = 10.0
LARGEST_ANSWER: Final = 256 * 1024
AGENT: Final = "helpdesk"

# Not for the world at large, although Python's list of special addresses does not say so: clouds' own services, relays.
_KEPT_OUT: Final = tuple(ip_network(net) for net in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24"))
# Of IPv6 only what is handed out to the public, and none of it that carries an IPv4 address inside.
_HANDED_OUT: Final = ip_network("2000::/3")
_WRAPPERS: Final = tuple(ip_network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))

#: Headers that the client sets, or that would make one message look like two.
_NOT_YOURS: Final = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te"}
    | {"trailer", "transfer-encoding", "upgrade"}
)
_TOKEN: Final = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Place(NamedTuple):
    """Somewhere that may be called although it is not public: all of a port, or what begins with a path."""

    host: str
    port: int
    path: str = "/"

    def holds(self, parts: SplitResult) -> bool:
        """Whether an address lies there."""
        path = parts.path or "/"
        here = (parts.hostname or "").lower(), _port(parts)
        return here == (self.host.lower(), self.port) and path.startswith(self.path) and not _climbs(path)


_allowed: Final[set[Place]] = set()


class Unsendable(Exception):
    """It will never go like this; the message is a sentence that a person reads."""


class Unanswered(Exception):
    """Nobody answered, or not in time; the message is a sentence that a person reads."""


@dataclass(frozen=True)
class Call:
    """What is to be sent."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What came back, as far as it was read."""

    status: int
    reason: str
    content_type: str
    body: bytes
    is_cut: bool = False  #: there was more than is read

    @property
    def is_fine(self) -> bool:
        """Whether the other side did what it was asked."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")

    @property
    def line(self) -> str:
        """ "404 Not Found"."""
        return f"{self.status} {self.reason}".strip()


def use(allowed: Iterable[Place]) -> None:
    """Let these places be reached wherever they are; `wsgi` says it, from the configuration."""
    _allowed.clear()
    _allowed.update(allowed)


def check_address(template: str) -> None:
    """Raise Unsendable unless this is an address to send to; variables may stand behind the host only."""
    before, _rest = _halves(template.strip())
    _parts(before + "/")
    strange = lookups.strange_in(template)
    if strange is not None:
        raise Unsendable(f"{strange!r} is no placeholder. Write it like {{{{ticket.id}}}}.")


def check_header(name: str, value: str) -> None:
    """Raise Unsendable unless this header may be sent."""
    if not name or not set(name) <= _TOKEN:
        raise Unsendable(f"{name[:60]!r} is no name of a header: letters, digits and hyphens, such as X-Api-Key.")
    if name.lower() in _NOT_YOURS:
        raise Unsendable(f"The header {name} is set by the desk itself.")
    if any(ord(char) < 32 or ord(char) == 127 for char in value):
        raise Unsendable(f"The value of {name} must be one line.")


def origin(template: str) -> str:
    """Scheme, host and port of an address."""
    parts = _parts(_halves(template.strip())[0] + "/")
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{_port(parts)}"


def address(template: str, values: Mapping[str, Any]) -> str:
    """The address with its variables filled in, which can change neither its host nor climb out of its path."""
    check_address(template)
    before, rest = _halves(template.strip())
    filled = lookups.fill(rest, values, lookups.in_address)
    if _climbs(filled) and not _climbs(lookups.fill(rest, {}, lookups.in_address)):
        raise Unsendable("A value in the path would lead to another folder of the address, so nothing was sent.")
    return before + filled


def headers(templates: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """Headers with their variables filled in, each on one line."""
    found = {name: lookups.fill(value, values, lookups.in_header) for name, value in templates.items()}
    for name, value in found.items():
        check_header(name, value)
    return found


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the world at large, and to nothing in or around this machine."""
    if any(ip.version == net.version and ip in net for net in _KEPT_OUT):
        return False
    if isinstance(ip, IPv6Address) and (ip not in _HANDED_OUT or any(ip in net for net in _WRAPPERS)):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_private or ip.is_loopback)


def send(call: Call, *, largest: int = LARGEST_ANSWER, seconds: float = SECONDS_IN_ALL) -> Answer:
    """Send it and read the answer; raises Unsendable or Unanswered. Redirects are answers like any other."""
    parts = _parts(call.url)
    if call.method not in METHODS:
        raise Unsendable(f"{call.method[:20]!r} is no method; it is one of {', '.join(METHODS)}.")
    for name, value in call.headers.items():
        check_header(name, value)
    until = time.monotonic() + seconds
    places = _places(parts)
    return _talk(call, parts, _connected(places, parts, until), until, seconds, largest)


def _halves(address: str) -> tuple[str, str]:
    # Scheme and host, in which no variable may stand, and the rest.
    scheme, mark, rest = address.partition("://")
    end = min((place for place in map(rest.find, "/?#") if place >= 0), default=len(rest))
    before, after = f"{scheme}{mark}{rest[:end]}", rest[end:]
    if "{" in before or "}" in before:
        raise Unsendable("A variable can't stand in the scheme or the host of an address, only behind them.")
    return before, after


def _parts(url: str) -> SplitResult:
    if len(url) > LONGEST_ADDRESS:
        raise Unsendable(f"The address has {len(url)} characters; {LONGEST_ADDRESS} are possible.")
    if any(ord(char) <= 32 or ord(char) == 127 or char == "\\" for char in url):
        raise Unsendable("An address holds no spaces, line ends or backslashes.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unsendable("This is no address. Write it like https://shop.example/orders.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unsendable("An address begins with https:// or http:// and a host, such as https://shop.example/orders.")
    if parts.username is not None or parts.password is not None:
        raise Unsendable("An address holds no name and password; put them into a header.")
    if port == 0:
        raise Unsendable("There is no port 0.")
    return parts


def _climbs(rest: str) -> bool:
    path = rest.partition("?")[0].partition("#")[0]
    return any(unquote(piece) in (".", "..") for piece in path.replace("\\", "/").split("/"))


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _places(parts: SplitResult) -> list[tuple[int, tuple[Any, ...]]]:
    """Where to connect: what the name means now, looked up this once; one address that is not public spoils it."""
    host, port = parts.hostname or "", _port(parts)
    try:
        found = socket.getaddrinfo(host.encode("idna") if ":" not in host else host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unanswered(f"There is no host {host[:100]}, or nobody knows its address at the moment.") from None
    places: list[tuple[int, tuple[Any, ...]]] = [(family, place) for family, _type, _protocol, _name, place in found]
    if not any(place.holds(parts) for place in _allowed):
        for _family, place in places:
            ip = ip_address(str(place[0]).partition("%")[0])
            if not is_public(ip):
                raise Unsendable(
                    f"{host[:100]} is {ip}, which is not a public address. The desk only sends to public ones;"
                    " whoever runs it can allow more (OUTGOING_ALLOW)."
                )
    return list(dict.fromkeys(places))[:MOST_TRIED]


def _connected(places: list[tuple[int, tuple[Any, ...]]], parts: SplitResult, until: float) -> socket.socket:
    why: Exception | None = None
    for family, place in places:
        left = until - time.monotonic()
        if left <= 0:
            break
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(min(SECONDS_TO_CONNECT, left))
            connection.connect(place)
        except OSError as error:
            why = error
            connection.close()
        else:
            return connection
    raise Unanswered(f"Nobody answers at {parts.hostname}:{_port(parts)}. {_in_words(why)}".strip()) from why


def _talk(call: Call, parts: SplitResult, plain: socket.socket, until: float, seconds: float, largest: int) -> Answer:
    # A server that sends a byte now and then would pass any time limit of the single read: at the end it is cut off.
    clock = Timer(max(until - time.monotonic(), 0.01), _cut_off, [plain])
    clock.daemon = True
    raw = plain
    try:
        plain.settimeout(max(until - time.monotonic(), 0.01))
        clock.start()
        if parts.scheme == "https":
            raw = ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)
            clock.args = [raw]  # the plain one is empty now
        answer = _asked(call, parts, raw, largest)
        if time.monotonic() >= until:  # it was cut off, which looks like its end
            raise TimeoutError
        return answer
    except ssl.SSLCertVerificationError as error:
        raise Unanswered(f"The certificate of {parts.hostname} is not valid: {error.verify_message}.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= until or isinstance(error, TimeoutError):
            raise Unanswered(f"{parts.hostname} took longer than {seconds:g} seconds.") from error
        raise Unanswered(f"{parts.hostname} broke the conversation off. {_in_words(error)}") from error
    finally:
        clock.cancel()
        raw.close()


def _asked(call: Call, parts: SplitResult, raw: socket.socket, largest: int) -> Answer:
    connection = http.client.HTTPConnection(parts.hostname or "", _port(parts))
    connection.sock = raw
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.putrequest(call.method, _ascii(target), skip_host=True, skip_accept_encoding=True)
    for name, value in _sent_headers(call, parts).items():
        connection.putheader(name, value.encode("utf-8"))
    connection.endheaders(call.body or None)
    response = connection.getresponse()
    while response.status in (102, 103):  # not the answer yet
        response = connection.getresponse()
    body = response.read(largest + 1)
    if response.length and len(body) <= largest:
        raise http.client.IncompleteRead(body[:0], response.length)
    kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    return Answer(response.status, response.reason[:100], kind, body[:largest], len(body) > largest)


def _sent_headers(call: Call, parts: SplitResult) -> dict[str, str]:
    host = _ascii_host(parts)
    given = {name.lower() for name in call.headers}
    own = {"Host": host if _port(parts) in (80, 443) else f"{host}:{_port(parts)}", "Connection": "close"}
    for name, value in (("User-Agent", AGENT), ("Accept", "application/json, */*;q=0.5")):
        if name.lower() not in given:
            own[name] = value
    if call.body or call.method in ("POST", "PUT", "PATCH"):
        own["Content-Length"] = str(len(call.body))
    return {**own, **call.headers}


def _ascii_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host.encode("idna").decode("ascii")


def _ascii(target: str) -> str:
    return "".join(char if ord(char) < 128 else "".join(f"%{byte:02X}" for byte in char.encode()) for char in target)


def _cut_off(raw: socket.socket) -> None:
    try:
        # Below TLS: whoever reads gets an end, and no half-closed state of its own.
        socket.socket.shutdown(raw, socket.SHUT_RDWR)
    except OSError:
        return


def _in_words(error: Exception | None) -> str:
    if error is None:
        return ""
    if isinstance(error, TimeoutError):
        return "It took too long."
    words = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return words[:1].upper() + words[1:200].rstrip(".") + "."
