"""The way out by HTTP: where it never goes, what variables can't do, and what a bad server can't do to the desk."""

import socket
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from helpdesk import config as settings
from helpdesk import outgoing
from helpdesk.outgoing import Call, Place, Unanswered, Unsendable, address, check_address, check_header, is_public, send
from tests.listening import Ear, listening


@pytest.fixture
def ear() -> Iterator[Ear]:
    """A server that the desk may call."""
    with listening() as ear:
        yield ear


def get(url: str, **more: Any) -> outgoing.Answer:
    """Fetch it."""
    return send(Call("GET", url, **more))


def each(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


PRIVATE = each("""
    0.0.0.0 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.8.8.8 168.63.129.16 169.254.169.254
    169.254.1.1 172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1
    198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:a9fe:a9fe 64:ff9b::7f00:1 64:ff9b:1::1 100::1
    2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1 4000::1
""")
PUBLIC = each("1.1.1.1 8.8.8.8 93.184.216.34 172.32.0.1 2606:4700:4700::1111 2a00:1450:4001::200e")


@pytest.mark.parametrize("ip", PRIVATE)
def test_what_is_not_public(ip: str) -> None:
    assert not is_public(ip_address(ip))


@pytest.mark.parametrize("ip", PUBLIC)
def test_what_is_public(ip: str) -> None:
    assert is_public(ip_address(ip))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]",
                                  "[::ffff:127.0.0.1]", "0", "169.254.169.254", "[fe80::1]", "10.1.2.3"])  # fmt: skip
def test_this_machine_and_its_neighbours_are_not_reached(host: str) -> None:
    with listening(allowed=False) as ear:
        with pytest.raises((Unsendable, Unanswered)):
            get(f"http://{host}:{ear.port}/")
        assert ear.asked == []


def test_a_name_that_means_this_machine_is_refused_and_said_so(monkeypatch: pytest.MonkeyPatch, ear: Ear) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", ("127.0.0.1", ear.port))])
    with pytest.raises(Unsendable, match=r"evil\.example is 127\.0\.0\.1, which is not a public address"):
        get(f"http://evil.example:{ear.port}/")
    assert ear.asked == []


def test_one_private_address_among_public_ones_spoils_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    places = [(socket.AF_INET, 1, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: places)
    with pytest.raises(Unsendable, match=r"10\.0\.0\.1"):
        get("http://both.example/")


def test_a_name_is_looked_up_once_and_that_address_is_called(monkeypatch: pytest.MonkeyPatch, ear: Ear) -> None:
    asked: list[str] = []
    connected: list[Any] = []

    def look_up(host: Any, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        first = len(asked) == 1  # public at first, this machine from then on: rebinding
        return [(socket.AF_INET, 1, 6, "", ("93.184.216.34" if first else "127.0.0.1", port))]

    def connect(_self: socket.socket, place: Any) -> None:
        connected.append(place)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(Unanswered):
        get(f"http://rebinding.example:{ear.port}/")
    assert (len(asked), connected) == (1, [("93.184.216.34", ear.port)])


def test_what_is_allowed_is_one_host_and_one_port(ear: Ear) -> None:
    assert get(f"{ear.url}/orders?x=1").status == 200
    assert ear.asked[0].path == "/orders?x=1"
    with listening(allowed=False) as other, pytest.raises(Unsendable):
        get(other.url)
    with pytest.raises(Unsendable):  # the same place by another name
        get(f"http://localhost:{ear.port}/")


def test_of_a_place_with_a_path_only_what_begins_so_is_reached() -> None:
    with listening(allowed=False) as ear:
        outgoing.use([Place("127.0.0.1", ear.port, "/echo/")])
        assert get(f"{ear.url}/echo/abc?status=200").status == 200
        for path in ("", "/", "/echo", "/login", "/echo/../login", "/echo/%2e%2e/login", "//echo/", "/ECHO/x"):
            with pytest.raises(Unsendable, match="not a public address"):
                get(ear.url + path)
        assert [asked.path for asked in ear.asked] == ["/echo/abc?status=200"]


@pytest.mark.parametrize(
    "url",
    [
        "", "shop.example", "//shop.example/", "ftp://shop.example/", "file:///etc/passwd", "gopher://shop.example/",
        "javascript:alert(1)", "http://", "http:///orders", "http://user:pass@shop.example/", "http://user@shop.example/",
        "http://shop.example:0/", "http://shop.example:70000/", "http://shop.example:x/", "http://shop.example/a b",
        "http://shop.example/\r\nX: 1", "http://shop.example/\x00", "http://shop.example\\@evil.example/", "http://[::1/",
        "https://shop.example/" + "x" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(Unsendable):
        get(url)


@pytest.mark.parametrize(
    "template",
    [
        "{{ticket.scheme}}://shop.example/", "https://{{ticket.host}}/", "https://shop.example{{ticket.id}}/",
        "https://shop{{ticket.id}}.example/", "https://shop.example:{{ticket.port}}/", "{{ticket.url}}",
        "https://shop.example/{{ticket.id}", "https://shop.example/{{ ticket.__class__() }}",
        "https://shop.example/{{1+1}}", "https://{x}.example/",
    ],
)  # fmt: skip
def test_where_no_variable_may_stand(template: str) -> None:
    if template.endswith("{{ticket.id}"):
        template += "?{{"
    with pytest.raises(Unsendable):
        check_address(template)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a b/c?d#e&f=g%h", "a%20b%2Fc%3Fd%23e%26f%3Dg%25h"),
        ("ünï 🎁", "%C3%BCn%C3%AF%20%F0%9F%8E%81"),
        ("\r\nHost: evil.example", "%0D%0AHost%3A%20evil.example"),
        ("{{ticket.id}}", "%7B%7Bticket.id%7D%7D"),
        ("<script>", "%3Cscript%3E"),
        (None, ""),
        (4213, "4213"),
    ],
)
def test_a_variable_can_only_be_what_it_is(value: Any, expected: str) -> None:
    values = {"ticket": {"value": value}}
    assert address("https://shop.example/o/{{ticket.value}}?v={{ ticket.value }}", values) == (
        f"https://shop.example/o/{expected}?v={expected}"
    )


@pytest.mark.parametrize("value", ["..", ".", "%2e%2e"])
def test_a_variable_never_climbs_out_of_its_folder(value: str) -> None:
    values = {"ticket": {"value": value}}
    if value == "%2e%2e":  # escaped once more, and so harmless
        assert address("https://shop.example/o/{{ticket.value}}", values).endswith("/o/%252e%252e")
        return
    with pytest.raises(Unsendable, match="another folder"):
        address("https://shop.example/orders/{{ticket.value}}/admin", values)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "x"), ("X Y", "x"), ("X:Y", "x"), ("Host", "evil.example"), ("content-length", "0"), ("X-A\r\nX-B", "x"),
        ("Transfer-Encoding", "chunked"), ("Connection", "x"), ("X-A", "a\r\nX-B: b"), ("X-A", "a\x00"), ("Ünï", "x"),
    ],
)  # fmt: skip
def test_headers_that_are_not_sent(name: str, value: str) -> None:
    with pytest.raises(Unsendable):
        check_header(name, value)


def test_a_header_is_one_line_whatever_is_looked_up(ear: Ear) -> None:
    values = {"ticket": {"subject": "Hi\r\nX-Evil: 1\u2028ünï"}}
    filled = outgoing.headers({"X-Subject": "{{ticket.subject}}"}, values)
    send(Call("POST", ear.url, filled, b"{}"))
    assert ear.asked[0].headers["X-Subject"].encode("latin-1").decode() == "Hi X-Evil: 1 ünï"
    assert "X-Evil" not in ear.asked[0].headers


def test_a_redirect_is_an_answer(ear: Ear) -> None:
    with listening() as target:
        ear.status, ear.headers = 302, {"Location": target.url}
        answer = get(ear.url)
        assert (answer.status, answer.is_fine, target.asked) == (302, False, [])


def test_a_long_answer_is_cut(ear: Ear) -> None:
    ear.body = b"x" * 500_000
    answer = get(ear.url)
    assert (len(answer.body), answer.is_cut) == (outgoing.LARGEST_ANSWER, True)


@pytest.mark.parametrize("trait", ["waits", "drips"])
def test_who_is_too_slow_is_cut_off(ear: Ear, trait: str) -> None:
    setattr(ear, trait, 0.25 if trait == "drips" else 3)
    ear.body = b"x" * 40
    with pytest.raises(Unanswered, match="longer than"):
        send(Call("GET", ear.url), seconds=0.8)


def test_nobody_there(ear: Ear) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        outgoing.use({Place("127.0.0.1", port)})
        with pytest.raises(Unanswered, match=f"Nobody answers at 127.0.0.1:{port}"):
            get(f"http://127.0.0.1:{port}/")
    with pytest.raises(Unanswered, match="There is no host"):
        get("http://no-such-host.invalid/")


def test_nonsense_is_no_answer() -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        before, port = set(outgoing._allowed), door.getsockname()[1]
        outgoing.use({Place("127.0.0.1", port)})
        from threading import Thread

        def babble() -> None:
            peer, _ = door.accept()
            peer.recv(1000)
            peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 3)
            peer.close()

        thread = Thread(target=babble)
        thread.start()
        with pytest.raises(Unanswered, match="broke the conversation off"):
            get(f"http://127.0.0.1:{port}/")
        thread.join()
        outgoing.use(before)


def test_a_certificate_must_be_right(ear: Ear) -> None:
    # The server speaks no TLS at all: nothing is sent to it in the clear.
    with pytest.raises(Unanswered):
        get(ear.url.replace("http:", "https:"))
    assert ear.asked == []
    context = ssl.create_default_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_what_is_sent_is_what_was_asked_for(ear: Ear) -> None:
    answer = send(
        Call("POST", f"{ear.url}/hook", {"Content-Type": "application/json", "X-Key": "k"}, b'{"a": "\xc3\xbc"}')
    )
    (asked,) = ear.asked
    assert (asked.method, asked.path, asked.json) == ("POST", "/hook", {"a": "ü"})
    assert (asked.headers["X-Key"], asked.headers["Host"]) == ("k", f"127.0.0.1:{ear.port}")
    assert "Cookie" not in asked.headers
    assert (answer.line, answer.content_type, answer.text) == ("200 OK", "application/json", '{"ok": true}')


def test_a_server_lists_what_else_may_be_called() -> None:
    config = settings.from_environment({"OUTGOING_ALLOW": "127.0.0.1:9000, Hooks.Local:443,[::1]:8080/hooks/"})
    assert config.outgoing_allow == (
        Place("127.0.0.1", 9000), Place("hooks.local", 443), Place("::1", 8080, "/hooks/"),
    )  # fmt: skip
    for wrong in ("127.0.0.1", ":80", "host:0", "host:x", "host:70000"):
        with pytest.raises(settings.Misconfigured, match="OUTGOING_ALLOW"):
            settings.from_environment({"OUTGOING_ALLOW": wrong})
