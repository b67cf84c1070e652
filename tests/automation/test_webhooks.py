"""Webhooks: what is written is told, once per reason, signed, tried again, never by two; too many failures end it."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine, select

from audit.action import begin, enter
from audit.actors import Actor
from audit.ledger import seal
from automation import calls, deliveries, webhooks
from automation import listening as listening_command
from automation.calls import MOST_FAILURES, PAUSES
from automation.deliveries import LEASE
from helpdesk import calling, integrations, messages, outbox, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Delivery, Integration, Notice, Ticket
from tests.desks import Desk, open_session
from tests.listening import Ear, listening


@pytest.fixture
def ear() -> Iterator[Ear]:
    """The other system."""
    with listening() as ear:
        yield ear


def connect(desk: Desk, ear: Ear, *triggers: str, **more: Any) -> int:
    """Ada connects it; answers the integration's number."""
    http = {"url": f"{ear.url}/hook", "triggers": dict.fromkeys(triggers or ("ticket-created",), True)}
    http |= more.pop("http", {})
    with desk.acting():
        return integrations.create(desk.account, "http", "Order system", http=http, by=desk.by_admin, **more).id


def follow(desk: Desk) -> int:
    """One look at the log."""
    desk.session.rollback()
    return webhooks.follow(desk.session, desk.account_id)


def send(engine: Engine) -> int:
    """One tick of the calls."""
    return calls.send_due(lambda: open_session(engine))


def all_calls(desk: Desk) -> list[Delivery]:
    """What there is to send, as it stands."""
    desk.session.rollback()
    enter(desk.session, desk.account_id)
    found = select(Delivery).where(Delivery.kind == "webhook").order_by(Delivery.id)
    return list(desk.session.scalars(found.execution_options(populate_existing=True)))


def let_time_pass(desk: Desk, span: timedelta) -> None:
    """Wall time goes by for all that waits."""
    begin(desk.session, None, source="automation")
    for delivery in desk.session.scalars(select(Delivery).where(Delivery.next_attempt_datetime.is_not(None))):
        assert delivery.next_attempt_datetime is not None
        delivery.next_attempt_datetime -= span
    desk.session.commit()


def test_an_event_is_told_with_what_it_is_about(desk: Desk, engine: Engine, ear: Ear) -> None:
    connect(desk, ear)
    with desk.watched() as trail:
        number = desk.a_ticket("Where is it?").id
    assert (follow(desk), follow(desk)) == (1, 0)
    assert (send(engine), send(engine)) == (1, 0)
    (asked,) = ear.asked
    assert (asked.method, asked.path) == ("POST", "/hook")
    assert asked.json["trigger"] == "ticket-created"
    assert asked.json["event"]["id"] == trail["ticket-created"].id
    assert asked.json["ticket"]["id"] == number
    assert asked.json["ticket"]["customer"]["email"] == "carol@mail.example"
    (delivery,) = all_calls(desk)
    assert asked.headers["X-Desk-Delivery-Id"] == asked.headers["Idempotency-Key"] == delivery.stable_id
    assert asked.headers["X-Desk-Trigger"] == "ticket-created"
    assert "X-Desk-Signature" not in asked.headers
    assert (delivery.status, delivery.attempts, delivery.ticket_id) == ("sent", 1, number)
    assert (delivery.payload["answer"], json.loads(delivery.payload["body"])) == ("200 OK", asked.json)
    (tried,) = delivery.payload["tries"]
    assert (tried["said"], tried["done"], tried["ms"] >= 0) == ("200 OK", True, True)
    assert tried["headers"]["X-Desk-Delivery-Id"] == delivery.stable_id


def test_a_template_is_filled_and_nothing_in_it_breaks_out(desk: Desk, engine: Engine, ear: Ear) -> None:
    form = {
        "id": "{{ticket.id}}", "subject": "{{ticket.subject}}", "note": "#{{ticket.id}}: {{ticket.subject}}",
        "who": {"mail": ["{{ticket.customer.email}}"]}, "none": "{{ticket.nothing}}", "fixed": 7,
    }  # fmt: skip
    http = {"url": f"{ear.url}/t/{{{{ticket.subject}}}}?c={{{{ticket.customer.email}}}}", "form": form}
    connect(desk, ear, http=http, headers={"X-Key": "sesame", "X-Subject": "{{ticket.subject}}"})
    number = desk.a_ticket('"}],"admin":true,"x":"\\ 🎁').id
    follow(desk)
    assert send(engine) == 1
    (asked,) = ear.asked
    subject = '"}],"admin":true,"x":"\\ 🎁'
    assert asked.json == {
        "id": number, "subject": subject, "note": f"#{number}: {subject}",
        "who": {"mail": ["carol@mail.example"]}, "none": None, "fixed": 7,
    }  # fmt: skip
    assert asked.path.startswith("/t/%22%7D%5D%2C%22admin%22")
    assert asked.path.endswith("?c=carol%40mail.example")
    assert asked.headers["X-Key"] == "sesame"


def test_a_form_is_url_encoded(desk: Desk, engine: Engine, ear: Ear) -> None:
    http = {
        "request_content_type": integrations.FORM_BODY,
        "form": {"id": "{{ticket.id}}", "s": "a={{ticket.subject}}"},
    }
    connect(desk, ear, http=http)
    number = desk.a_ticket("x&admin=1").id
    follow(desk)
    send(engine)
    assert sorted(ear.asked[0].body.split(b"&")) == [f"id={number}".encode(), b"s=a%3Dx%26admin%3D1"]
    assert ear.asked[0].headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_who_knows_the_secret_knows_who_calls(desk: Desk, engine: Engine, ear: Ear) -> None:
    connect(desk, ear, hmac_secret="open sesame")
    desk.a_ticket()
    follow(desk)
    send(engine)
    (asked,) = ear.asked
    signed = f"{asked.headers['X-Desk-Timestamp']}.".encode() + asked.body
    digest = hmac.new(b"open sesame", signed, hashlib.sha256).hexdigest()
    assert asked.headers["X-Desk-Signature"] == f"sha256={digest}"


def test_each_trigger_and_its_events(desk: Desk, engine: Engine, ear: Ear) -> None:
    names = [name for name in integrations.TRIGGERS if name != "ticket-message-failed"]
    connect(desk, ear, *names)
    number = desk.a_ticket().id

    def told_after(act: Any) -> list[str]:
        follow(desk)
        send(engine)
        ear.asked.clear()
        with desk.acting():
            act(desk.ticket(number))
        follow(desk)
        send(engine)
        return sorted(asked.headers["X-Desk-Trigger"] for asked in ear.asked)

    assert told_after(lambda ticket: tickets.close(ticket, by=desk.by_ana)) == [
        "ticket-status-updated", "ticket-updated",
    ]  # fmt: skip
    assert told_after(lambda ticket: tickets.assign_team(ticket, desk.team, by=desk.by_ana)) == [
        "ticket-assignment-updated", "ticket-updated",
    ]  # fmt: skip
    zebra = Actor("rule", 7, "Zebra", 1)
    assert told_after(lambda ticket: tickets.assign(ticket, desk.ben, by=zebra)) == [
        "ticket-assignment-updated", "ticket-handed-over", "ticket-updated",
    ]  # fmt: skip
    note = Draft(sender=desk.ana, body_text="Hm", public=False)
    assert told_after(lambda ticket: messages.note(ticket, note, by=desk.by_ana)) == [
        "ticket-message-created", "ticket-updated",
    ]  # fmt: skip
    assert ear.asked[0].json["ticket"]["id"] == number
    until = desk.now() + timedelta(hours=1)
    told_after(lambda ticket: tickets.snooze(ticket, until, by=desk.by_ana))
    desk.move_clock(timedelta(hours=2))
    assert told_after(lambda ticket: None) == [
        "ticket-self-unsnoozed", "ticket-status-updated", "ticket-updated",
    ]  # fmt: skip


def test_history_is_not_told_to_who_comes_later(desk: Desk, engine: Engine, ear: Ear) -> None:
    desk.a_ticket()
    number = connect(desk, ear)
    assert follow(desk) == 0
    with desk.acting():
        integrations.deactivate(desk.session.get_one(Integration, number), by=desk.by_admin)
    desk.a_ticket()
    assert follow(desk) == 0
    with desk.acting():
        integrations.reactivate(desk.session.get_one(Integration, number), by=desk.by_admin)
    assert follow(desk) == 0
    desk.a_ticket()
    assert follow(desk) == 1


def test_a_ticket_that_is_gone_is_told_by_its_number(desk: Desk, engine: Engine, ear: Ear) -> None:
    connect(desk, ear, http={"form": {"id": "{{ticket.id}}", "subject": "{{ticket.subject}}"}})
    number = desk.a_ticket().id
    with desk.acting():
        tickets.erase(desk.ticket(number), by=desk.by_admin)
    follow(desk)
    assert send(engine) == 1
    assert ear.asked[0].json == {"id": number, "subject": None}


def test_whoever_is_killed_between_leaves_nothing_out_and_doubles_nothing(
    desk: Desk, engine: Engine, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(desk, ear)
    for _ in range(3):
        desk.a_ticket()
    queue = calling.queue

    def die(*given: Any) -> None:
        queue(*given)
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(calling, "queue", die)
        with pytest.raises(SystemExit):
            follow(desk)
    assert all_calls(desk) == []
    assert follow(desk) == 3


def test_long_logs_are_followed_in_steps(desk: Desk, ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "BATCH", 2)
    connect(desk, ear)
    for _ in range(5):
        desk.a_ticket()
    assert follow(desk) == 5
    assert len({delivery.stable_id for delivery in all_calls(desk)}) == 5


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_what_may_work_later_is_tried_again(desk: Desk, engine: Engine, ear: Ear, status: int) -> None:
    connect(desk, ear)
    desk.a_ticket()
    follow(desk)
    ear.status, ear.body = status, b"Not now"
    for attempt, pause in enumerate(PAUSES, start=1):
        assert send(engine) == 1
        assert send(engine) == 0
        (delivery,) = all_calls(desk)
        assert (delivery.status, delivery.attempts) == ("queued", attempt)
        assert f"It answered {status}" in (delivery.last_error or "")
        assert delivery.due_datetime == desk.now() + pause
        desk.move_clock(pause)
    assert send(engine) == 1
    (delivery,) = all_calls(desk)
    assert (delivery.status, delivery.next_attempt_datetime) == ("failed", None)
    bodies = {asked.headers["Idempotency-Key"] for asked in ear.asked}
    assert (len(ear.asked), len(bodies)) == (len(PAUSES) + 1, 1)


@pytest.mark.parametrize("status", [400, 401, 404, 410, 301, 302])
def test_no_is_no(desk: Desk, engine: Engine, ear: Ear, status: int) -> None:
    connect(desk, ear)
    desk.a_ticket()
    follow(desk)
    ear.status = status
    send(engine)
    (delivery,) = all_calls(desk)
    assert delivery.status == "failed"
    assert f"It answered {status}" in (delivery.last_error or "")


def test_an_address_that_is_not_public_is_never_called(desk: Desk, engine: Engine) -> None:
    with listening(allowed=False) as ear:
        connect(desk, ear)
        desk.a_ticket()
        follow(desk)
        send(engine)
        (delivery,) = all_calls(desk)
        assert (delivery.status, ear.asked) == ("failed", [])
        assert "not a public address" in (delivery.last_error or "")


def test_too_many_failures_in_a_row_switch_it_off(desk: Desk, engine: Engine, ear: Ear) -> None:
    number = connect(desk, ear)
    begin(desk.session, desk.account_id, source="automation")
    desk.session.get_one(Integration, number).failures_in_a_row = MOST_FAILURES - 2
    desk.session.commit()
    for _ in range(4):
        desk.a_ticket()
    follow(desk)
    ear.status = 500
    assert send(engine) == 1  # who does not answer is left alone until the next tick
    with desk.watched() as trail:
        assert send(engine) == 1
    assert trail.actors == [("integration-updated", "system"), ("integration-deactivated", "system")]
    assert all(event.user_id is None for event in trail.events)
    assert trail["integration-updated"].actor_name == "webhooks"
    waiting = [delivery for delivery in all_calls(desk) if delivery.status == "queued"]
    assert waiting == []
    assert [delivery.last_error for delivery in all_calls(desk)] == [
        calls.NOT_AGAIN, calls.NOT_AGAIN, calls.SWITCHED_OFF, calls.SWITCHED_OFF,
    ]  # fmt: skip
    told = desk.session.scalars(select(Delivery).where(Delivery.kind == "mail")).all()
    assert {each.recipient for each in told} == {"admin@demo.example", "owner@demo.example"}
    assert f"/settings/integrations/{number}" in told[0].payload["body_text"]
    noticed = desk.session.scalars(select(Notice)).all()
    assert {each.user_id for each in noticed} == {desk.owner_id, desk.admin_id}
    assert {each.subject for each in noticed} == {"Order system was switched off"}
    assert "500 calls in a row did not work" in noticed[0].text
    desk.a_ticket()
    assert follow(desk) == 0


def test_one_success_forgets_the_failures(desk: Desk, engine: Engine, ear: Ear) -> None:
    number = connect(desk, ear)
    for status in (404, 404, 200):
        ear.status = status
        desk.a_ticket()
        follow(desk)
        send(engine)
    desk.session.rollback()
    assert desk.session.get_one(Integration, number, populate_existing=True).failures_in_a_row == 0


def test_what_waits_for_one_that_was_switched_off_or_deleted_is_not_sent(desk: Desk, engine: Engine, ear: Ear) -> None:
    numbers = [connect(desk, ear), connect(desk, ear)]
    desk.a_ticket()
    assert follow(desk) == 2
    with desk.acting():
        integrations.deactivate(desk.session.get_one(Integration, numbers[0]), by=desk.by_admin)
    with desk.acting():
        integrations.delete(desk.session.get_one(Integration, numbers[1]), by=desk.by_admin)
    assert send(engine) == 2
    assert ear.asked == []
    assert [delivery.last_error for delivery in all_calls(desk)] == [calls.SWITCHED_OFF, calls.GONE]


def test_a_crash_after_the_call_calls_again_under_the_same_id(
    desk: Desk, engine: Engine, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect(desk, ear)
    desk.a_ticket()
    follow(desk)

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(calls, "_note", die)
        with pytest.raises(SystemExit):
            send(engine)
    assert send(engine) == 0  # the dead one's lease still runs
    let_time_pass(desk, LEASE)
    assert send(engine) == 1
    first, second = ear.asked
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]
    assert [delivery.status for delivery in all_calls(desk)] == ["sent"]


def test_two_workers_never_make_the_same_call(desk: Desk, engine: Engine, ear: Ear) -> None:
    connect(desk, ear)
    for _ in range(20):
        desk.a_ticket()
    follow(desk)
    together = Barrier(3)

    def work() -> None:
        together.wait()
        send(engine)

    workers = [Thread(target=work) for _ in range(3)]
    desk.session.rollback()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len({asked.headers["Idempotency-Key"] for asked in ear.asked}) == len(ear.asked) == 20


def test_two_followers_never_queue_the_same(desk: Desk, engine: Engine, ear: Ear) -> None:
    connect(desk, ear)
    for _ in range(10):
        desk.a_ticket()
    together = Barrier(3)

    def work() -> None:
        together.wait()
        with open_session(engine) as session:
            webhooks.follow(session, desk.account_id)

    workers = [Thread(target=work) for _ in range(3)]
    desk.session.rollback()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert len(all_calls(desk)) == 10


def test_calls_about_one_ticket_go_out_one_after_the_other(desk: Desk, engine: Engine, ear: Ear) -> None:
    connect(desk, ear, "ticket-message-created")
    one, other = desk.a_ticket().id, desk.a_ticket().id
    with desk.acting():
        for number in (one, one, other):
            messages.note(desk.ticket(number), Draft(sender=desk.ana, body_text="Hm", public=False), by=desk.by_ana)
            seal(desk.session)
            begin(desk.session, desk.account_id, source="web")
    follow(desk)
    ear.status = 500
    send(engine)
    ear.asked.clear()
    ear.status = 200
    for expected in ([other], [one, other], [one]):  # its second waits for its first, which waits for the clock
        while send(engine):
            pass
        if expected == [other]:
            assert {asked.json["ticket"]["id"] for asked in ear.asked} == {other}
            desk.move_clock(PAUSES[0])
    order = [asked.json["event"]["id"] for asked in ear.asked if asked.json["ticket"]["id"] == one]
    assert len(order) == 3
    assert order == sorted(order)


def test_a_call_is_sent_again_as_it_was_under_an_id_of_its_own(desk: Desk, engine: Engine, ear: Ear) -> None:
    connect(desk, ear)
    desk.a_ticket()
    follow(desk)
    send(engine)
    (first,) = all_calls(desk)
    with desk.watched() as trail, desk.acting():
        outbox.queue_again(desk.session.get_one(Delivery, first.id))
    assert send(engine) == 1
    before, after = ear.asked
    assert before.body == after.body
    assert after.headers["X-Desk-Redelivery-Of"] == before.headers["X-Desk-Delivery-Id"] == first.stable_id
    assert after.headers["Idempotency-Key"] != before.headers["Idempotency-Key"]
    assert trail.types == []


def test_whoever_listens_gets_each_event_once_and_goes_on_where_it_was_left(desk: Desk, ear: Ear) -> None:
    place = "listen:test"
    after = listening_command.begin(desk.session, desk.account_id, place, from_start=False)
    types = frozenset({"ticket-created", "ticket-closed"})
    numbers = [desk.a_ticket().id for _ in range(3)]

    def go_on(after: int) -> int:
        return listening_command.follow(
            desk.session, desk.account_id, place, after, types,
            lambda body: listening_command.hand_on(f"{ear.url}/in", body, lambda _said: None),
        )  # fmt: skip

    go_on(after)
    with desk.acting():
        tickets.close(desk.ticket(numbers[0]), by=desk.by_ana)
    go_on(listening_command.begin(desk.session, desk.account_id, place, from_start=False))
    assert [asked.json["type"] for asked in ear.asked] == ["ticket-created"] * 3 + ["ticket-closed"]
    assert [asked.json["object_id"] for asked in ear.asked] == [*numbers, numbers[0]]


def test_mail_and_calls_wait_in_lines_of_their_own(desk: Desk, engine: Engine, ear: Ear) -> None:
    connect(desk, ear)
    number = desk.a_ticket().id
    follow(desk)
    with desk.acting():
        messages.reply(desk.ticket(number), Draft(sender=desk.ana, body_text="Soon."), by=desk.by_ana)
    with open_session(engine) as session:
        mail = deliveries.claim_next(session)
        assert mail is not None
        assert deliveries.claim_next(session) is None
        call = deliveries.claim_next(session, "webhook")
        assert call is not None
        assert call.delivery_id != mail.delivery_id


def test_a_reply_that_never_arrives_is_told_to_who_wants_to_know(desk: Desk, engine: Engine, ear: Ear) -> None:
    connect(desk, ear, "ticket-message-failed")
    number = desk.a_ticket().id
    with desk.acting():
        messages.reply(desk.ticket(number), Draft(sender=desk.ana, body_text="Soon."), by=desk.by_ana)
    # carol@mail.example is made up, and this is no trap.
    deliveries.send_due(lambda: open_session(engine), deliveries.Route("127.0.0.1", 9))
    assert send(engine) == 1
    (asked,) = ear.asked
    assert asked.json["trigger"] == "ticket-message-failed"
    assert asked.json["delivery"]["to"] == "carol@mail.example"
    assert "made up" in asked.json["delivery"]["error"]
    assert (asked.json["ticket"]["id"], asked.json["message"]["body_text"]) == (number, "Soon.")


def test_a_macro_s_call_goes_the_same_way(desk: Desk, engine: Engine, ear: Ear) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        call = outbox.Call(method="PUT", url=f"{ear.url}/m", headers={"X-A": "b"}, body=json.dumps({"a": 1}))
        outbox.queue_call(desk.ticket(number), call)
    assert send(engine) == 1
    (asked,) = ear.asked
    assert (asked.method, asked.path, asked.headers["X-A"], asked.json) == ("PUT", "/m", "b", {"a": 1})
    assert asked.headers["Idempotency-Key"].startswith("call.")
    assert [delivery.status for delivery in all_calls(desk)] == ["sent"]


def test_another_account_s_events_are_not_told(desk: Desk, engine: Engine, ear: Ear) -> None:
    from seeds.stage import open_stage

    connect(desk, ear)
    other = open_stage(open_session(engine), "other")
    other.a_ticket()
    other.session.close()
    assert follow(desk) == 0
    assert desk.session.scalars(select(Ticket.id)).all() is not None
