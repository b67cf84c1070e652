"""The chat's own page: who a visitor is, what they may read, and how much they may write."""

import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk import chat
from helpdesk.models import Delivery, StoredFile, Ticket
from tests.desks import Desk
from tests.helpdesk.web.browsers import HTMX, Browser
from tests.helpdesk.web.connected import HOSTILE, key_of, newest, written

Enter = Callable[[str], Browser]


def test_a_visitor_is_known_by_a_signed_cookie(desk: Desk, stranger: Browser) -> None:
    key = key_of(desk, "chat")
    assert "Your name" in stranger.get(f"/chat/{key}").text
    response = written(stranger, key)
    assert response.status_code == 303
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert f"Path=/chat/{key}" in cookie
    page = stranger.get(f"/chat/{key}").text
    assert "Hi &lt;b&gt;" in page
    assert "Your name" not in page
    with desk.watched() as trail:
        said = stranger.press(f"/chat/{key}", text="Are you there?")
    assert "Are you there?" in said.text
    assert [event.type for event in trail.events] == ["ticket-message-created", "ticket-updated"]
    assert {event.source for event in trail.events} == {"chat"}
    assert stranger.post(f"/chat/{key}/leave").status_code == 303
    assert "Your name" in stranger.get(f"/chat/{key}").text


def test_a_visitor_sends_a_photo(app: Flask, desk: Desk, enter: Enter, stranger: Browser) -> None:
    key = key_of(desk, "chat")
    photo = (io.BytesIO(b"\x89PNG broken mug"), "../mug.png", "image/png")
    sent = stranger.client.post(f"/chat/{key}", data={"name": "Dora", "text": "", "files": [photo]})
    assert sent.status_code == 303
    page = stranger.get(f"/chat/{key}").text
    address = re.search(r'href="(/chat/[^"]+/files/[^"]+mug.png)"', page)
    assert address is not None
    assert stranger.get(address[1]).data == b"\x89PNG broken mug"
    assert Browser(app.test_client()).get(address[1]).status_code == 404
    ticket = enter("ana@demo.example").get(f"/tickets/{newest(desk, Ticket).id}").text
    assert "mug.png" in ticket


def test_a_visitor_sends_no_more_than_so_much(desk: Desk, stranger: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "MOST_BYTES", 1000)
    key = key_of(desk, "chat")
    before = newest(desk, StoredFile)
    many = [(io.BytesIO(b"x"), f"{at}.txt") for at in range(6)]
    large = [(io.BytesIO(b"x" * 1001), "film.mov")]
    for files in (many, large):
        refused = stranger.client.post(f"/chat/{key}", data={"name": "Dora", "text": "See", "files": files})
        assert refused.status_code == 409
        assert "up to 5 files, 5 MB together. Nothing was sent" in refused.text
    assert newest(desk, StoredFile) is before


def test_a_forged_cookie_opens_nothing(app: Flask, desk: Desk, stranger: Browser) -> None:
    key = key_of(desk, "chat")
    written(stranger, key)
    eve = Browser(app.test_client())
    eve.client.set_cookie("desk_chat", '["abc", 1]', path=f"/chat/{key}")
    assert "Hi &lt;b&gt;" not in eve.get(f"/chat/{key}").text
    assert eve.fragment(f"/chat/{key}/messages?after=0").status_code == 204
    other = key_of(desk, "chat")
    mine = stranger.client.get_cookie("desk_chat", path=f"/chat/{key}")
    assert mine is not None
    eve.client.set_cookie("desk_chat", mine.value, path=f"/chat/{other}")
    assert "Your name" in eve.get(f"/chat/{other}").text  # signed for another chat


def test_pressed_twice_is_one_ticket(desk: Desk, stranger: Browser, app: Flask) -> None:
    key = key_of(desk, "chat")
    page = stranger.get(f"/chat/{key}").text
    form = {name: re.search(f'name="{name}" value="([^"]+)"', page)[1] for name in ("once", "pending")}  # type: ignore[index]
    before = len(desk.session.scalars(select(Ticket.id)).all())
    written(stranger, key, **form)
    written(Browser(app.test_client()), key, **form)  # the second press left before the first came back
    desk.session.rollback()
    assert len(desk.session.scalars(select(Ticket.id)).all()) == before + 1


def test_an_agent_s_answer_arrives_and_leaves_by_no_mail(desk: Desk, enter: Enter, stranger: Browser) -> None:
    key = key_of(desk, "chat")
    written(stranger, key)
    number = newest(desk, Ticket).id
    enter("ana@demo.example").post(f"/tickets/{number}/reply", body_text="Hello <i>Dora</i>")
    fresh = stranger.fragment(f"/chat/{key}/messages?after=0")
    assert "Hello &lt;i&gt;Dora&lt;/i&gt;" in fresh.text
    newest_id = re.search(r"after=(\d+)", fresh.text)
    assert newest_id is not None
    assert stranger.fragment(f"/chat/{key}/messages?after={newest_id[1]}").status_code == 204
    assert newest(desk, Delivery) is None


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_visitors(desk: Desk, stranger: Browser, text: str) -> None:
    key = key_of(desk, "chat")
    first = written(stranger, key, name=text, text=text, address=text)
    assert first.status_code in (303, 409)
    page = stranger.get(f"/chat/{key}").text
    assert "<script>alert" not in page
    if first.status_code == 303:
        assert stranger.press(f"/chat/{key}", text=text).status_code == 200


def test_a_chat_form_needs_its_token(app: Flask, desk: Desk, stranger: Browser) -> None:
    key, buying = key_of(desk, "chat"), key_of(desk, "shop")
    app.config["WTF_CSRF_ENABLED"] = True
    assert written(stranger, key).status_code == 400
    assert stranger.post(f"/shop/{buying}", **{"harbour-mug": "1", "email": "a@b.example"}).status_code == 400


def test_who_writes_too_much_is_asked_to_wait(desk: Desk, stranger: Browser) -> None:
    key = key_of(desk, "chat")
    from helpdesk.web.auth import limiter

    limiter.reset()
    written(stranger, key)
    answers = [stranger.client.post(f"/chat/{key}", data={"text": "x"}, headers=HTMX).status_code for _ in range(45)]
    limiter.reset()
    assert 429 in answers
