"""A POST with an `Idempotency-Key`: done once, answered the same again, and never stuck on what did not work."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from audit.clock import wall_now
from helpdesk import tags
from helpdesk.api import repeats, ticket_showing
from helpdesk.models import ApiAnswer
from tests.desks import Desk
from tests.helpdesk.api.programs import Program

ASKS: dict[str, Any] = {
    "customer": {"email": "nia@mail.example"},
    "messages": [{"channel": "email", "via": "api", "from_agent": False, "body_text": "Where is my order?"}],
}


def by(word: str) -> dict[str, Any]:
    """The header, for a call."""
    return {"headers": {"Idempotency-Key": word}}


def test_what_comes_again_is_answered_the_same(desk: Desk, program: Callable[[str], Program]) -> None:
    api, admin = program("owner"), program("admin")
    with desk.watched() as trail:
        first = api.call("POST", "/tickets", ASKS, **by("one"))
        again = api.call("POST", "/tickets/", ASKS, **by(" one "))
        assert (first.status_code, again.status_code, again.data) == (201, 201, first.data)
        assert (first.headers.get("Idempotent-Replayed"), again.headers["Idempotent-Replayed"]) == (None, "true")
        for path, body in (("/tickets", {**ASKS, "subject": "Other"}), ("/tickets?x=1", ASKS), ("/tags", ASKS)):
            status, error = api.fail("POST", path, body, **by("one"))
            assert (status, error["msg"][:45]) == (409, "This Idempotency-Key was used for another call"[:45])
        assert admin.post("/tags", {"name": "admins"}, **by("one"))["name"] == "admins"  # their own word
        api.post("/search", {"type": "tag", "query": ""}, 200, **by("read"))
        api.post("/tags", {"name": "later"}, **by("read"))  # what only reads takes no word
    assert trail.types == [
        "customer-created", "ticket-created", "ticket-message-created", "ticket-updated", "tag-created", "tag-created",
    ]  # fmt: skip
    assert "Idempotency" not in str([event._mapping for event in trail.events])
    rows = list(desk.session.scalars(select(ApiAnswer).order_by(ApiAnswer.id)))
    assert [(row.account_id, row.word, row.status) for row in rows] == [
        (desk.account_id, "one", 201), (desk.account_id, "one", 201), (desk.account_id, "read", 201),
    ]  # fmt: skip
    assert len({row.api_key_id for row in rows}) == 2


def test_another_account_never_meets_the_word(desk: Desk, api: Program, app: Flask) -> None:
    world = api.post("/desk/accounts", {"rate": 0})
    other = Program(app.test_client(use_cookies=False), world["users"][0]["email"], world["users"][0]["api_key"])
    mine = api.post("/tags", {"name": "mine"}, **by("one"))
    theirs = other.post("/tags", {"name": "theirs"}, **by("one"))
    assert (mine["name"], theirs["name"]) == ("mine", "theirs")
    status, error = api.fail("POST", "/desk/accounts", {"rate": 0}, **by("world"))  # its answer would hold keys
    assert status == 400
    assert "takes no Idempotency-Key" in error["msg"]


@pytest.mark.parametrize("word", ["", " ", "x" * 256, "a\x07b"])
def test_a_word_that_is_none(desk: Desk, api: Program, word: str) -> None:
    with desk.watched() as trail:
        status, error = api.fail("POST", "/tags", {"name": "refund"}, **by(word))
    assert (status, error["msg"]) == (
        400, "An Idempotency-Key has 1 to 255 printable characters. Nothing was done.",
    )  # fmt: skip
    assert trail.types == []


def test_what_went_wrong_can_be_sent_again(
    app: Flask, desk: Desk, api: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    with desk.watched() as trail:
        assert api.fail("POST", "/tags", {"name": ""}, **by("one"))[0] == 400
        api.post("/tags", {"name": "refund"}, **by("two"))
        assert api.fail("POST", "/tags", {"name": "refund"}, **by("one"))[0] == 409  # the name is taken
        with monkeypatch.context() as patched:
            patched.setattr(tags, "create", broken)
            assert api.fail("POST", "/tags", {"name": "damaged"}, **by("one"))[0] == 500
        assert api.post("/tags", {"name": "damaged"}, **by("one"))["name"] == "damaged"
        with monkeypatch.context() as patched:  # it was done, and then could not be shown
            patched.setattr(ticket_showing, "newborn", broken)
            assert api.fail("POST", "/tickets", ASKS, **by("three"))[0] == 500
        status, error = api.fail("POST", "/tickets", ASKS, **by("three"))
        assert (status, error["msg"]) == (
            409, "The call with this Idempotency-Key was done, but its answer is not known (yet).",
        )  # fmt: skip
    assert trail.types.count("tag-created") == 2
    assert trail.types.count("ticket-created") == 1


def test_a_word_lives_a_day(desk: Desk, api: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def after(span: timedelta) -> None:
        monkeypatch.setattr(repeats, "wall_now", lambda: wall_now() + span)

    first = api.post("/tags", {"name": "refund"}, **by("one"))
    after(repeats.KEPT - timedelta(minutes=5))
    assert api.post("/tags", {"name": "refund"}, **by("one")) == first
    after(repeats.KEPT + timedelta(minutes=5))
    assert api.post("/tags", {"name": "damaged"}, **by("one"))["name"] == "damaged"
    assert [row.word for row in desk.session.scalars(select(ApiAnswer))] == ["one"]


def test_what_comes_twice_at_once_is_done_once(app: Flask, desk: Desk, api: Program) -> None:
    def ask(_: int) -> int:
        own = Program(app.test_client(use_cookies=False), api.email, api.key)
        return own.call("POST", "/tickets", ASKS, **by("once")).status_code

    with desk.watched() as trail, ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(ask, range(6)))
    assert trail.types.count("ticket-created") == 1
    assert set(found) <= {201, 409}
    assert found[0] == 201


def test_what_is_no_single_action_is_not_repeated_either(desk: Desk, api: Program) -> None:
    api.put("/desk/clock", {"rate": 0})
    first = api.post("/desk/clock/advance", {"by": "4h"}, 200, **by("advance"))
    assert api.post("/desk/clock/advance", {"by": "4h"}, 200, **by("advance")) == first
    assert api.get("/desk/clock")["datetime"] == first["datetime"]

    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhi\r\n--b--\r\n'
    sent = {"data": form, "content_type": "multipart/form-data; boundary=b", **by("file")}
    uploads = [api.call("POST", "/upload", **sent) for _ in range(2)]
    assert [answer.status_code for answer in uploads] == [201, 201]
    assert uploads[0].json == uploads[1].json
    assert uploads[1].headers["Idempotent-Replayed"] == "true"
