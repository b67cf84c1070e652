"""Files that lie elsewhere: fetched before anything is written, by the one way out, or the call is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk import outgoing
from helpdesk.api import fetching, files
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.listening import Ear, listening

PDF = b"%PDF-1.7 an invoice"


def naming(*urls: str, **more: Any) -> dict[str, Any]:
    """A message that names files."""
    files = [{"url": url, "name": "invoice.pdf", "content_type": "application/pdf", **more} for url in urls]
    return {"channel": "email", "via": "api", "from_agent": True, "body_text": "Look.", "attachments": files}


def serve(ear: Ear, **how: Any) -> None:
    """Let the other server answer so."""
    ear.status, ear.headers, ear.body, ear.waits = 200, {"Content-Type": "application/pdf"}, PDF, 0
    for name, value in how.items():
        setattr(ear, name, value)


def test_a_file_elsewhere_is_fetched_once_and_kept_like_an_upload(desk: Desk, api: Program) -> None:
    number = desk.a_ticket().id
    with listening() as ear, desk.watched() as trail:
        serve(ear)
        url = f"{ear.url}/files/17?sig=a%20b"
        message = api.post(f"/tickets/{number}/messages", naming(url, public=False, extra={"order": 7}, size=3))
        ticket = api.post(
            "/tickets", {"customer": {"email": "carol@mail.example"}, "messages": [naming(url), naming(url)]}
        )
    assert [(asked.method, asked.path) for asked in ear.asked] == [("GET", "/files/17?sig=a%20b")] * 3
    assert not {"Authorization", "Cookie"} & ear.asked[0].headers.keys()
    (file,) = message["attachments"]
    assert file == {
        "url": file["url"], "name": "invoice.pdf", "content_type": "application/pdf", "size": len(PDF),
        "public": False, "extra": {"order": 7},
    }  # fmt: skip
    assert api.call("GET", file["url"].removeprefix("/api")).data == PDF
    assert [each["attachments"][0]["url"] for each in ticket["messages"]] == [file["url"]] * 2
    # The server elsewhere is gone: what was fetched stays, and can be named again.
    assert api.post(f"/tickets/{number}/messages", naming(file["url"]))["attachments"][0]["size"] == len(PDF)
    assert trail.types[:3] == ["ticket-message-created", "ticket-updated", "ticket-assigned"]
    assert trail.types[3:] == ["ticket-created", *["ticket-message-created"] * 2, "ticket-updated"]
    told = trail.events[0].changes
    (attached,) = [row for row in told if row.startswith("Attachment:")]
    assert (told[attached]["name"], told[attached]["size"]) == ([None, "invoice.pdf"], [None, len(PDF)])


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"status": 302, "headers": {"Location": "http://127.0.0.1/"}}, "302 Found, and redirects are not followed"),
    ({"status": 404}, "Its address answered 404 Not Found."),
    ({"body": b"x" * 4097}, "MB together"),
    ({"headers": {"Content-Type": "text/html; charset=utf-8"}}, "A page came instead of it"),
    ({"waits": 1.5}, "took longer than 0.3 seconds"),
]


def test_what_cannot_be_fetched_is_refused_and_nothing_is_done(
    desk: Desk, api: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = desk.a_ticket().id
    monkeypatch.setattr(fetching, "MOST_BYTES", 4096)
    with listening() as ear, desk.watched() as trail:
        for how, says in REFUSALS:
            serve(ear, **how)
            monkeypatch.setattr(outgoing, "SECONDS_IN_ALL", 0.3 if ear.waits else 10.0)
            status, error = api.fail("POST", f"/tickets/{number}/messages", naming(ear.url))
            (said,) = error["data"]["attachments.0.url"]
            assert status == 400
            assert says in said
            assert said.startswith("The file was not fetched.")
            assert said.endswith("Nothing was done.")
        monkeypatch.setattr(outgoing, "SECONDS_IN_ALL", 10.0)
        serve(ear, body=b"x" * 3000)  # each would do, together they don't
        given = {"customer": {"email": "new@mail.example"}, "messages": [naming(ear.url, ear.url)]}
        assert api.fail("POST", "/tickets", given)[1]["data"].keys() == {"messages.0.attachments.1.url"}
        asked = len(ear.asked)
        assert api.fail("POST", "/tickets/999999/messages", naming(ear.url))[0] == 404
        many = [{"url": ear.url, "name": "a", "content_type": "a/b"}] * (files.MOST_FILES + 1)
        assert api.fail("POST", f"/tickets/{number}/messages", {**naming(), "attachments": many})[0] == 400
        assert len(ear.asked) == asked  # nobody was asked for nothing
    assert trail.types == []


def test_what_is_not_public_is_not_reached(desk: Desk, program: Callable[[str], Program]) -> None:
    ana, number = program("ana"), desk.a_ticket().id
    with listening(allowed=False) as ear, desk.watched() as trail:
        for url, says in (
            (ear.url, "is not a public address"),
            (f"http://localhost:{ear.port}/", "is not a public address"),
            ("http://169.254.169.254/latest/meta-data/", "is not a public address"),
            (f"{ear.url}/api/attachment/download/{'0' * 64}/x", "is not a public address"),  # no file of ours
            ("ftp://files.example/a.pdf", "begins with https:// or http://"),
            ("data:application/pdf;base64,JVBERg==", "begins with https:// or http://"),
            ("file:///etc/passwd", "begins with https:// or http://"),
            ("http://user:secret@files.example/", "no name and password"),
        ):
            status, error = ana.fail("POST", f"/tickets/{number}/messages", naming(url))
            assert status == 400
            assert says in error["data"]["attachments.0.url"][0], url
        wrong = ana.fail("POST", f"/tickets/{number}/messages", naming("/api/x", content_type="x\r\nBcc: a@b.example"))
        assert wrong[1]["data"].keys() == {"attachments.0.content_type"}
        assert "Upload the file first" in str(ana.fail("POST", f"/tickets/{number}/messages", naming("/etc/passwd")))
    assert (ear.asked, trail.types) == ([], [])
