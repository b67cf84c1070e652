"""Messages by API: said, listed, corrected, deleted, summed up; and what each writes."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from audit.actors import Actor
from audit.rest.shapes import write_moment
from helpdesk import messages, rules, summaries, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Delivery
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.shapes import MESSAGE, fits

REPLY: dict[str, Any] = {"channel": "email", "via": "api", "from_agent": True, "body_text": "On its way."}
LONG_AGO = "2020-01-01T00:00:00Z"
BYTES = "application/octet-stream"
HOSTILE = "<p onclick='x()'>On its <b>way</b><script>x</script></p>"


def test_a_message_is_said_and_shown(desk: Desk, program: Callable[[str], Program]) -> None:
    ana, number = program("ana"), desk.a_ticket().id
    path = f"/tickets/{number}/messages"
    with desk.watched() as trail:
        message = ana.post(
            f"{path}/", {**REPLY, "body_html": "<p onclick='x()'>On its <b>way</b><script>x</script></p>"}
        )
    assert trail.types == ["ticket-message-created", "ticket-updated", "ticket-assigned"]
    assert {event.user_id for event in trail.events} == {desk.ana_id}
    assert fits(message, MESSAGE)
    assert (message["sender"]["id"], message["receiver"]["email"]) == (desk.ana_id, "carol@mail.example")
    assert message["body_html"] == "<p>On its <b>way</b></p>"
    assert (message["sent_datetime"], message["failed_datetime"], message["is_retriable"]) == (None, None, False)
    assert ana.get(f"{path}/{message['id']}") == ana.get(f"/messages/{message['id']}") == message
    with desk.watched() as trail:
        note = ana.post(path, {**REPLY, "channel": "internal-note", "mention_ids": [desk.ben_id]})
    assert trail.types == ["ticket-message-created", "ticket-updated"]
    assert (note["public"], note["receiver"], note["sent_datetime"]) == (False, None, note["created_datetime"])
    assert [row["id"] for row in ana.get(path)["data"]][1:] == [message["id"], note["id"]]
    newest = ana.get(f"/messages?ticket_id={number}&limit=1")
    assert [row["id"] for row in newest["data"]] == [note["id"]]
    older = ana.get(f"/messages?ticket_id={number}&limit=1&cursor={newest['meta']['next_cursor']}")
    assert [row["id"] for row in older["data"]] == [message["id"]]


def test_a_customers_message_opens_a_closed_ticket(desk: Desk, api: Program) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
    with desk.watched() as trail:
        api.post(f"/tickets/{number}/messages", {**REPLY, "from_agent": False})
    assert trail.types == ["ticket-message-created", "ticket-updated", "ticket-reopened"]
    assert len(trail.contexts) == 1
    assert {event.user_id for event in trail.events} == {desk.owner_id}  # the key's user, whatever the message says
    yesterday = write_moment(desk.now() - timedelta(days=1))
    imported = api.post(f"/tickets/{number}/messages", {**REPLY, "sent_datetime": yesterday})
    assert (imported["imported"], imported["sent_datetime"]) == (True, yesterday)


def test_a_message_is_corrected_and_deleted(desk: Desk, api: Program) -> None:
    number = desk.a_ticket().id
    message = api.post(f"/tickets/{number}/messages", REPLY)
    path = f"/tickets/{number}/messages/{message['id']}"
    with desk.watched() as trail:
        corrected = api.put(path, {**REPLY, "body_text": "On its way to you."}, 202)
        api.put(f"{path}?action=retry", {**REPLY, "body_text": "On its way to you."}, 202)
        assert corrected["stripped_text"] == "On its way to you."
        api.delete(path)
    assert trail.types == ["ticket-updated", "ticket-message-updated", "ticket-updated", "ticket-message-deleted"]
    first = api.get(f"/tickets/{number}/messages")["data"][0]["id"]
    api.delete(f"/tickets/{number}/messages/{first}")
    row = api.get(f"/tickets?ticket_ids={number}")["data"][0]
    assert (row["messages_count"], row["excerpt"]) == (0, None)


def test_what_became_of_a_message_elsewhere_is_kept_and_shown(desk: Desk, api: Program) -> None:
    number = desk.a_ticket().id
    path, day = f"/tickets/{number}/messages", write_moment(desk.now() - timedelta(days=1))
    hour, minute = (write_moment(desk.now() - timedelta(hours=1, minutes=more)) for more in (0, 1))
    fate = {
        "created_datetime": day, "sent_datetime": hour, "opened_datetime": minute, "deleted_datetime": minute,
        "failed_datetime": hour, "last_sending_error": {"error": "mailbox full", "code": 552},
    }  # fmt: skip
    message = api.post(path, {**REPLY, **fate})
    assert {name: message[name] for name in fate} == fate
    assert (message["imported"], message["is_retriable"]) == (True, False)
    assert desk.session.scalar(select(func.count()).select_from(Delivery)) == 0
    note = api.post(path, {**REPLY, "channel": "internal-note", "created_datetime": day})
    assert (note["created_datetime"], note["imported"]) == (day, True)
    failed = api.post(path, {**REPLY, "failed_datetime": day})
    assert (failed["created_datetime"], failed["sent_datetime"], failed["failed_datetime"]) == (day, None, day)

    own = f"{path}/{message['id']}"
    with desk.watched() as trail:
        back = {**REPLY, **fate, "opened_datetime": hour, "failed_datetime": None, "last_sending_error": None}
        changed = api.put(own, back, 202)
        assert [changed[name] for name in ("opened_datetime", "failed_datetime")] == [hour, None]
        assert changed["last_sending_error"] is None
        api.put(own, {**REPLY, **{name: changed[name] for name in fate}}, 202)
    assert trail.types == ["ticket-updated", "ticket-message-updated"]
    sent = api.post(path, REPLY)  # by the desk: what it says itself comes back, and is nothing new
    with desk.watched() as trail:
        api.put(f"{path}/{sent['id']}", {**REPLY, **{name: sent[name] for name in fate}}, 202)
        for name in ("sent_datetime", "opened_datetime", "created_datetime"):
            wrong = {**REPLY, name: "2199-01-01T00:00:00Z"}
            assert api.fail("POST", path, wrong)[1]["data"].keys() == {name}
    assert trail.types == []


def test_a_message_as_it_was_shown_is_no_correction(desk: Desk, api: Program) -> None:
    path = f"/tickets/{desk.a_ticket().id}/messages"
    message = api.post(path, {**REPLY, "body_html": "<p>On its <b>way</b></p>"})
    with desk.watched() as trail:
        for name, other in (("public", False), ("sender", {"email": "who@x.example"}), ("message_id", "m-1")):
            assert api.fail("PUT", f"{path}/{message['id']}", {**REPLY, name: other})[1]["data"].keys() == {name}
        api.put(f"{path}/{message['id']}", {**REPLY, "sender": {"email": message["sender"]["email"]}}, 202)
        api.put(f"{path}/{message['id']}", {**REPLY, "macros": [], "source": message["source"]}, 202)
    assert trail.types == []
    with desk.watched() as trail:
        corrected = api.put(f"{path}/{message['id']}", {**message, "body_text": "It went out."}, 202)
    assert trail.types == ["ticket-updated", "ticket-message-updated"]
    assert corrected["stripped_text"] == "It went out."


def test_what_an_agent_said_who_has_left_is_theirs_where_it_was_sent_elsewhere(desk: Desk, api: Program) -> None:
    path, gone = f"/tickets/{desk.a_ticket().id}/messages", {"email": "gone@demo.example", "name": "Gus Gone"}
    for sender, name in ((gone, "Gus Gone"), ({"email": gone["email"]}, gone["email"])):
        said = api.post(path, {**REPLY, "sender": sender, "sent_datetime": LONG_AGO})
        assert [said["sender"][part] for part in ("id", "email", "name")] == [None, gone["email"], name]
    assert api.get(f"{path.removesuffix('/messages')}")["assignee_user"] is None
    assert api.post(path, {**REPLY, "sender": said["sender"], "sent_datetime": LONG_AGO})["sender"] == said["sender"]
    assert api.fail("POST", path, {**REPLY, "sender": gone})[1]["data"].keys() == {"sender.email"}


def test_who_has_no_name_has_none_in_messages_either(api: Program) -> None:
    asks = {**REPLY, "from_agent": False, "sender": {"email": "zoe@q.example"}}
    ticket = api.post("/tickets", {"messages": [asks, REPLY]})
    said, answered = ticket["messages"]
    for person in (said["sender"], answered["receiver"], ticket["customer"]):
        assert [person[name] for name in ("name", "firstname", "lastname")] == [None, "", ""]
    assert said["source"]["from"] == {"name": None, "address": "zoe@q.example"}
    assert ticket["customer"]["channels"][0]["user"]["name"] is None


def test_the_envelope_is_whole_and_in_one_order(desk: Desk, api: Program) -> None:
    number = desk.a_ticket().id
    draft = Draft(sender=desk.carol, body_text="Hi", source={"to": [{"name": "Desk"}], "type": "chat", "from": {}})
    with desk.acting():
        messages.receive(desk.ticket(number), draft, by=desk.by_carol)
    for message in api.get(f"/tickets/{number}/messages")["data"]:
        assert list(message["source"]) == ["type", "from", "to", "cc", "bcc", "extra"]
        assert all(mailbox.keys() == {"name", "address"} for mailbox in message["source"]["to"])


def test_what_a_machine_said_is_a_machines_when_it_is_sent_back(desk: Desk, api: Program) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        code = "Action('replyToTicket', {body_text: 'We have it.'})"
        rule = rules.create(desk.account, rules.Shape(name="First word", code=code), by=desk.by_admin).id
    with desk.acting():
        draft = Draft(body_text="We have it.", rule_id=rule)
        messages.reply(desk.ticket(number), draft, by=Actor("rule", rule, "First word", version=1))
    shown = api.get(f"/tickets/{number}/messages")["data"][-1]
    sender = {name: shown["sender"][name] for name in ("id", "email", "name")}
    assert sender == {"id": None, "email": None, "name": "First word"}
    again = api.post(f"/tickets/{number}/messages", {**REPLY, "sender": shown["sender"], "sent_datetime": LONG_AGO})
    assert again["sender"] == shown["sender"]


def test_messages_that_cannot_be(desk: Desk, program: Callable[[str], Program]) -> None:
    api, number, other = program("owner"), desk.a_ticket().id, desk.a_ticket().id
    message = api.post(f"/tickets/{other}/messages", REPLY)["id"]
    with desk.watched() as trail:
        for wrong in (
            {}, {**REPLY, "body_text": " "}, {**REPLY, "from_agent": "yes"},
            {**REPLY, "public": False, "from_agent": False},
            {**REPLY, "sender": {"id": 999}}, {**REPLY, "sender": {"email": "who@x.example"}},
            {**REPLY, "channel": "a b"},
            {**REPLY, "mention_ids": [desk.ben_id, 99999]}, {**REPLY, "macros": [{"id": 99999}]},
            {**REPLY, "macros": [{"name": "Sorry"}]}, {**REPLY, "integration_id": 999},
            {**REPLY, "sent_datetime": "2199-01-01T00:00:00Z"}, {**REPLY, "attachments": [{"url": "/api/x"}]},
        ):  # fmt: skip
            assert api.fail("POST", f"/tickets/{number}/messages", wrong)[0] == 400, wrong
        assert api.fail("POST", f"/tickets/{number}/messages?action=go", REPLY)[0] == 400
        assert api.fail("GET", f"/tickets/{number}/messages/{message}")[0] == 404  # it is another ticket's
        assert api.fail("DELETE", f"/tickets/{number}/messages/{message}")[0] == 404
        for wrong in ({"from_agent": False}, {"mention_ids": [99999]}, {"macros": [{"id": 99999}]}):
            assert api.fail("PUT", f"/tickets/{other}/messages/{message}", {**REPLY, **wrong})[0] == 400
    assert trail.types == []


def test_a_file_is_uploaded_attached_and_fetched(desk: Desk, api: Program) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail:
        answer = api.call("POST", "/upload", data={"file": (io.BytesIO(b"<b>hi</b>"), "../a b.html", "text/html")})
        assert answer.status_code == 201
        (file,) = answer.json or []
        assert file == {"url": file["url"], "name": "a b.html", "content_type": "text/html", "size": 9}
        assert api.call("POST", "/upload", data={"x": "y"}).status_code == 400
        more = {"file": (io.BytesIO(b"hi"), "b.txt", "text/plain")}
        assert api.call("POST", "/upload?type=attachment", data=more).status_code == 201
        message = api.post(f"/tickets/{number}/messages", {**REPLY, "attachments": [file]})
    assert trail.types == ["ticket-message-created", "ticket-updated", "ticket-assigned"]
    assert message["attachments"] == [{**file, "public": True, "extra": None}]
    got = api.call("GET", file["url"].removeprefix("/api"))
    assert (got.data, got.mimetype) == (b"<b>hi</b>", "application/octet-stream")
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert api.fail("GET", f"/attachment/download/{'0' * 64}/x")[0] == 404
    for name, kind in (("a.png", "image/png"), ("a.PDF", "application/pdf"), ("a.svg", BYTES), ("a.csv.gz", BYTES)):
        got = api.call("GET", f"{file['url'].removeprefix('/api').rpartition('/')[0]}/{name}")
        assert (got.mimetype, got.headers["X-Content-Type-Options"]) == (kind, "nosniff")
        assert got.headers["Content-Disposition"].startswith("attachment")


def test_a_ticket_is_summed_up(desk: Desk, api: Program) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail:
        given = api.post(f"/tickets/{number}/messages/summary", {"text": "Carol waits."})
        taken = api.post(f"/tickets/{number}/messages/summary")
        api.post(f"/tickets/{number}/messages/summary", {})
    assert trail.types == ["ticket-updated", "ticket-message-summary-created"] * 2
    assert (given["summary"], taken["summary"]) == ("Carol waits.", "My order 991 has not arrived.")
    assert given["message_id"] == trail.events[1].object_id
    assert api.get(f"/tickets/{number}")["summary"] == taken["summary"]


def test_a_summary_takes_the_sentences_that_say_most() -> None:
    text = (
        "Hello there. My parcel with the blue teapot has not arrived. Thanks! The parcel should have arrived on Monday."
    )
    found = summaries.of_text(f"{text} Bye.")
    assert "blue teapot" in found
    assert "Monday" in found
    assert "Bye" not in found
    assert summaries.of_text("") == ""
    assert len(summaries.of_text("word " * 100_000)) <= summaries.LONGEST
