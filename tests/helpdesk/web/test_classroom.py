"""A classroom: everybody on their own, read along by their trainer alone, reset without the others noticing."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from sqlalchemy import select

from audit import live
from audit.action import enter as enter_account
from audit.action import write_aside
from audit.actors import Actor
from audit.clock import wall_now
from audit.log import event_table
from audit.replay import replay
from helpdesk import classrooms, customers, people, tickets
from helpdesk import desk as helpdesk_desk
from helpdesk.accounts import Place
from helpdesk.classrooms import Trainee
from helpdesk.models import Account, DrillResult, Role, User
from seeds import classroom
from tests.audit.streams import Stream
from tests.desks import Desk
from tests.helpdesk.api.programs import Program, key_for
from tests.helpdesk.web.browsers import Browser, hire
from tests.helpdesk.web.everywhere import routes

SECRET = "only for tests"
#: What only one of the trainees has.
PLANS = "Secret plans of trainee 2"
#: What the API says of itself.
ABOUT = ("/api/docs", "/api/openapi.json")


@dataclass
class Room:
    """A classroom of two, and browsers in which its trainer and they are logged in."""

    app: Flask
    desk: Desk
    name: str
    trainer: Browser
    one: Browser
    two: Browser

    def seated(self) -> list[Trainee]:
        """Who sits there now."""
        lead = classrooms.trainer_of(self.desk.session, self.name)
        found = classrooms.trainees(self.desk.session, lead or 0, self.name)
        self.desk.session.rollback()
        return found

    def log_in(self, number: int) -> Browser:
        """What a trainee does with the slip."""
        return log_in(self.app, Place(0, self.name, number))

    def newest(self, account_id: int) -> int:
        """The newest event of an account."""
        enter_account(self.desk.session, account_id)
        newest = select(event_table.c.id).where(event_table.c.account_id == account_id)
        found = self.desk.session.scalar(newest.order_by(event_table.c.id.desc()).limit(1)) or 0
        self.desk.session.rollback()
        enter_account(self.desk.session, None)
        return found

    def plan(self, trainee: Trainee) -> tuple[int, int]:
        """Somebody writes to this trainee; answers the ticket and the newest event."""
        session = self.desk.session
        with helpdesk_desk.acting(session, trainee.account_id, source="email"):
            account = session.get_one(Account, trainee.account_id)
            known = customers.find(account, "plans@mail.example")
            who = known or customers.meet(account, name=PLANS, email="plans@mail.example")
            opening = tickets.Opening(customer=who, subject=PLANS)
            number = tickets.create(account, opening, by=Actor("customer", who.id, who.display_name)).id
        enter_account(session, None)
        return number, self.newest(trainee.account_id)

    def program(self, trainee: Trainee) -> Program:
        """A program with a key of this trainee's."""
        desk = replace(self.desk, account_id=trainee.account_id)
        return key_for(self.app, desk, trainee.email)


def log_in(app: Flask, place: Place) -> Browser:
    """With the address and password of the sheet."""
    browser = Browser(app.test_client())
    assert browser.log_in(classrooms.address_of(place), classrooms.password_of(SECRET, place)).status_code == 303
    return browser


@pytest.fixture
def room(app: Flask, desk: Desk, enter: Callable[[str], Browser]) -> Room:
    email = hire(desk, Role.LEAD)
    lead = desk.session.scalars(select(User.id).where(User.email == email)).one()
    name = classroom.seat_trainees(desk.session, lead, 2, SECRET)
    enter_account(desk.session, None)
    one, two = (log_in(app, Place(lead, name, number)) for number in (1, 2))
    return Room(app, desk, name, enter(email), one, two)


def test_trainees_cant_see_each_other(room: Room) -> None:
    one, two = room.seated()
    stream = Stream(room.one.client, after=room.newest(one.account_id))
    stream.message()
    number, newest = room.plan(two)

    assert PLANS in room.two.get("/tickets").text
    for page in (route.rule for route in routes() if route.method == "GET" and not route.arguments):
        if not page.endswith(("/live", "/events")):  # a stream, and the glossary, which is long
            assert PLANS not in room.one.get(page, follow_redirects=True).text, page
    for page in (
        f"/tickets/{number}",
        f"/settings/audit/events/{newest}",
        f"/settings/audit/of/{two.account_id}",
        f"/settings/audit/of/{two.account_id}/events/{newest}",
        f"/settings/audit/of/{one.account_id}",
        f"/classroom/trainees/{two.account_id}",
        f"/classroom/{room.name}/log-ins",
    ):
        assert room.one.get(page).status_code == 404, page

    theirs, other = room.program(one), room.program(two)
    for rule in room.app.url_map.iter_rules():
        if (
            rule.rule.startswith("/api/")
            and not rule.arguments
            and rule.rule not in ABOUT
            and "GET" in (rule.methods or ())
        ):
            assert PLANS not in theirs.call("GET", rule.rule.removeprefix("/api")).text, rule.rule
    assert PLANS in other.call("GET", "/tickets").text
    assert theirs.call("GET", f"/tickets/{number}").status_code == 404
    assert theirs.call("GET", f"/events/{newest}").status_code == 404

    last = theirs.call("POST", "/tags", {"name": "mine"})
    assert last.status_code == 201
    assert newest not in stream.upto(room.newest(one.account_id))
    assert PLANS not in stream.text
    stream.cut()


def test_the_trainer_reads_along_and_changes_nothing(
    room: Room, enter: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.2)
    one, two = room.seated()
    log = f"/settings/audit/of/{two.account_id}"
    _, newest = room.plan(two)
    before = room.newest(two.account_id)

    created = {"event": "ticket-created", "member": "none", "api_only": "1"}
    assert "/of/" not in room.two.get("/settings/audit", query_string=created).text
    page = room.trainer.get(log, query_string=created)
    assert page.status_code == 200
    assert PLANS in page.text
    assert "change nothing" in page.text
    assert f'href="/settings/audit/of/{two.account_id}/events/' in page.text, "its links stay in this log"
    assert 'href="/settings/audit/events/' not in page.text.split("<table")[-1].split("popover")[0]
    assert "/export" not in page.text
    assert 'href="/settings/audit"' not in page.text, "the lead may not read the log of their own account"
    for part in (f"/events/{newest}", "/around", "/facets", "/complete?line=act", "/coverage", "/newer?after=0"):
        answer = room.trainer.get(f"{log}{part}")
        assert answer.status_code == 200, part
    assert PLANS in room.trainer.get(f"{log}/events/{newest}").text

    for part in ("/export", "/coverage/replay", ""):
        assert room.trainer.post(f"{log}{part}").status_code in (404, 405), part
    assert room.trainer.get("/tickets").text.count(PLANS) == 0
    assert room.trainer.get("/settings/audit").status_code == 403
    assert room.newest(two.account_id) == before, "reading leaves no trace"

    for name, expected in (("admin", 404), ("owner", 404), ("ana", 404)):
        browser = enter(f"{name}@demo.example")
        assert browser.get(log).status_code == expected, name
        assert browser.get(f"{log}/events/{newest}").status_code == expected, name
        assert browser.get(f"/classroom/trainees/{two.account_id}").status_code == (403 if name == "ana" else 404)
        assert browser.post(f"/classroom/trainees/{two.account_id}/reset").status_code in (403, 404)
        assert browser.post(f"/classroom/{room.name}/reset").status_code in (403, 404)
    assert Browser(room.app.test_client()).get(log).status_code == 303
    assert room.two.get(log).status_code == room.one.get(log).status_code == 404
    assert [each.account_id for each in room.seated()] == [one.account_id, two.account_id]

    stream = Stream(room.trainer.client, after=before, of=two.account_id)
    stream.message()
    _, newest = room.plan(two)
    assert newest in stream.upto(newest)
    demote(room)
    while stream.message() is not None:
        pass
    assert "event: ended" in stream.text, "so does the stream of who was trainer until now"
    assert room.trainer.get(log).status_code == 404, "who is no trainer any more reads nothing"


def demote(room: Room) -> None:
    """The lead is one no more."""
    with room.desk.acting():
        lead = room.desk.session.scalars(select(User).where(User.role == "lead")).one()
        people.update(lead, role=Role.BASIC, by=room.desk.by_admin)


def test_a_reset_touches_one_alone(room: Room) -> None:
    one, two = room.seated()
    room.plan(two)
    session = room.desk.session
    write_aside(session, two.account_id)
    session.add(a_drill(session.scalars(select(User).where(User.email == two.email)).one()))
    session.commit()
    enter_account(session, None)
    before, page = room.newest(one.account_id), f"/classroom/trainees/{two.account_id}"

    assert "1 of 2 right" in room.trainer.get("/classroom").text
    assert "Because it was closed." in room.trainer.get(page).text
    asked = room.trainer.get(f"{page}/reset").text
    assert "Reset the account of Trainee 2?" in asked
    assert "is put away" in asked
    assert room.trainer.post(f"{page}/reset").status_code == 303

    assert room.newest(one.account_id) == before
    assert room.one.get("/tickets").status_code == 200
    assert room.two.get("/tickets").status_code == 303, "logged out"
    fresh = room.log_in(2).get("/tickets")
    assert PLANS not in fresh.text
    assert "Where is my order?" in fresh.text
    now_one, now_two = room.seated()
    assert now_one.account_id == one.account_id
    assert now_two.account_id != two.account_id
    assert (now_two.drills, now_two.email) == (0, two.email)

    old = session.get_one(Account, two.account_id)
    assert old.archived_datetime is not None
    last = session.execute(
        select(event_table.c.type, event_table.c.user_id, event_table.c.actor_name)
        .where(event_table.c.account_id == two.account_id)
        .order_by(event_table.c.id.desc())
        .limit(2)
    ).all()
    assert last == [(name, None, "trainer Lead More") for name in ("account-updated", "user-updated")]
    assert PLANS in room.trainer.get(f"/settings/audit/of/{two.account_id}").text, "its log can still be read"
    assert two.domain in room.trainer.get(f"/classroom/trainees/{now_two.account_id}").text
    assert room.trainer.post(f"{page}/reset").status_code == 409, "nobody resets the same account twice"
    assert room.seated() == [now_one, now_two]
    session.rollback()
    for account_id in (one.account_id, two.account_id, now_two.account_id):
        assert replay(session, account_id).agrees


def a_drill(user: User) -> DrillResult:
    """An answered drill: one of two questions right."""
    answers = [
        {"asked": f"Who did it, {number}?", "given": "Ana", "right": right, "is_right": right == "Ana",
         "reason": "Because it was closed.", "event_id": None}
        for number, right in enumerate(("Ana", "Ben"))
    ]  # fmt: skip
    return DrillResult(
        account_id=user.account_id, user_id=user.id, drill="night-rule", story="first", seed=1, sandbox_id=1,
        played={}, started_datetime=wall_now(), answered_datetime=wall_now(), score=1, of=2, answers=answers,
    )  # fmt: skip


def test_a_classroom_from_its_page(room: Room) -> None:
    """Opened, grown, its sheet printed, all reset; and what makes no sense is refused."""
    opened = room.trainer.post("/classroom", trainees="1")
    assert opened.status_code == 303
    sheet = room.trainer.get(opened.location)
    other = opened.location.split("/")[-2]
    (only,) = (each for each in classrooms.trainees(room.desk.session, room.seated()[0].place.trainer_id, other))
    assert only.email in sheet.text
    assert classrooms.password_of(SECRET, only.place) in sheet.text
    assert room.trainer.post(f"/classroom/{other}/trainees", trainees="1").status_code == 303
    assert room.trainer.post(f"/classroom/{other}/reset").status_code == 303
    assert "-02-2" not in room.trainer.get(f"/classroom/{room.name}/log-ins").text, "the other classroom is untouched"
    slips = room.trainer.get(f"/classroom/{other}/log-ins").text
    assert classrooms.password_of(SECRET, only.place) in slips, "the printed sheet stays right"
    for count in ("0", "-1", "61", "many", ""):
        assert room.trainer.post("/classroom", trainees=count).status_code == 409, count
    assert room.trainer.get("/classroom/none/log-ins").status_code == 404

    word = classrooms.password_of(SECRET, Place(0, room.name, 1))
    assert word in room.trainer.get(f"/classroom/{room.name}/log-ins").text
    mine = {"old_password": word, "password": "mine alone", "repeated": "mine alone"}
    assert room.one.post("/profile/password", **mine).status_code == 303
    slips = room.trainer.get(f"/classroom/{room.name}/log-ins").text
    assert word not in slips
    assert "Set by the trainee." in slips
