"""The demo world: rebuilt by its log, the same for the same seed, whole or not there, and believable."""

import hashlib
import os
import re
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.action import enter
from audit.clock import DeskClock, desk_now
from audit.replay import replay
from automation.simulator.rota import Rota
from helpdesk import passwords, people, rules, tables
from helpdesk.accounts import WELCOME_SUBJECT
from helpdesk.models import (
    Account,
    ApiKey,
    Delivery,
    Integration,
    Job,
    ReadMark,
    Rule,
    SatisfactionSurvey,
    ShopOrder,
    StoredFile,
    Ticket,
    TicketMessage,
    User,
)
from seeds import programs, world
from seeds.attendance import MINUTE
from seeds.casting import load_cast
from seeds.office import DEMO_PASSWORD
from seeds.scenarios import all_scenarios, covered_types
from tests.desks import open_session
from tests.seeds.worlds import FRIDAY, empty_desk, events_of, small_world, what_happened

ROOT = Path(__file__).parents[2]

TOLD_ELSEWHERE = """
import hashlib, pathlib, sys
from tests.seeds.worlds import empty_desk, small_world, what_happened
with empty_desk(pathlib.Path(sys.argv[1])) as session:
    small_world(session)
    print(hashlib.sha256(repr(what_happened(session)).encode()).hexdigest())
"""


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on an empty desk, on both databases."""
    with open_session(engine) as session:
        yield session


def test_the_log_rebuilds_a_small_world_whose_clock_runs_on_and_no_second_one_is_made(session: Session) -> None:
    account_id = small_world(session)
    clock = session.get_one(DeskClock, account_id)
    assert clock.rate == 1
    assert FRIDAY < desk_now(session, account_id) < FRIDAY + timedelta(minutes=10)
    report = replay(session, account_id)
    assert report.agrees, report.differences
    events = events_of(session)
    assert len(events) > 500
    assert events[-1].created_datetime <= FRIDAY
    assert all(before.created_datetime <= after.created_datetime for before, after in pairwise(events))
    with pytest.raises(world.AlreadySeeded, match="There is an account 'demo' already"):
        small_world(session, seed=2)
    assert len(events_of(session)) == len(events)


def test_a_world_that_is_interrupted_leaves_nothing_behind(session: Session) -> None:
    def interrupt(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.seed(session, until=FRIDAY, days=3, tickets=20, progress=interrupt)
    assert events_of(session) == []
    enter(session, None)
    assert session.scalar(select(func.count()).select_from(Account)) == 0


def test_the_same_seed_makes_the_same_world_in_any_process(tmp_path: Path) -> None:
    told = []
    for seed in (1, 2):
        with empty_desk(tmp_path / str(seed)) as session:
            small_world(session, seed)
            told.append(hashlib.sha256(repr(what_happened(session)).encode()).hexdigest())
    elsewhere = subprocess.run(
        [sys.executable, "-c", TOLD_ELSEWHERE, str(tmp_path / "elsewhere")],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert elsewhere.stdout.strip() == told[0]
    assert told[0] != told[1]


# ── The whole world, as `helpdesk seed` makes it ─────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A month with 600 tickets."""
    with empty_desk(tmp_path_factory.mktemp("world")) as session:
        enter(session, world.seed(session, until=FRIDAY).id)
        yield session


@pytest.fixture(scope="module")
def log(demo: Session) -> list[Row[Any]]:
    """Its events."""
    return events_of(demo)


#: What has a scene, but no place in this world, and why.
NOT_IN_THE_DEMO = {
    "schema-migrated": "comes with a new version of the software, and the demo begins with the newest",
    "cascade-started": "takes more than five hundred tickets on one tag, team, customer or person",
}

#: Who does what, where it is not everybody's: the least role, or whoever else acts.
BY_WHOM = {
    "user-created": {"owner", "sign-up"},
    "user-invited": {"owner"},
    "user-deleted": {"admin"},
    "account-deactivated": {"owner"},
    "account-reactivated": {"owner"},
    "account-setting-created": {"owner", "admin"},
    "account-setting-updated": {"admin"},
    "api-key-created": {"owner", "admin"},
    "api-key-revoked": {"admin"},
    "team-created": {"admin"},
    "team-updated": {"admin"},
    "team-deleted": {"admin"},
    "integration-created": {"admin"},
    "integration-updated": {"admin"},
    "integration-deactivated": {"admin"},
    "integration-reactivated": {"admin"},
    "integration-deleted": {"admin"},
    "widget-created": {"admin"},
    "widget-updated": {"admin"},
    "widget-deleted": {"admin"},
    "view-created": {"lead"},
    "view-updated": {"lead", "tag deletion"},
    "view-deleted": {"lead"},
    "macro-created": {"lead", "admin"},
    "macro-updated": {"lead"},
    "macro-deleted": {"lead"},
    "macro-applied": {"macro"},
    "rule-created": {"lead"},
    "rule-deleted": {"lead"},
    "rule-executed": {"rule"},
    "rule-suggestion-suggested": {"suggestions"},
    "tag-merged": {"lead"},
    "tag-deleted": {"lead"},
    "customer-merged": {"lead"},
    "customer-deleted": {"lead"},
    "ticket-merged": {"lead"},
    "order-cancelled": {"integration"},
    "order-refunded": {"integration"},
    "ticket-self-unsnoozed": {"schedule"},
    "satisfaction-survey-created": {"satisfaction surveys"},
    "satisfaction-survey-sent": {"schedule"},
    "satisfaction-survey-responded": {"customer"},
    "user-login-failed": {"log-in"},
}


def test_everything_happens_that_can(log: list[Row[Any]]) -> None:
    assert covered_types() - {event.type for event in log} == set(NOT_IN_THE_DEMO)


def test_there_is_room_for_what_else_the_desk_may_propose(demo: Session) -> None:
    waiting = demo.scalar(select(func.count()).select_from(Rule).where(Rule.is_draft)) or 0
    assert 0 < waiting < rules.MOST_SUGGESTED / 2


def test_it_is_done_by_whom_it_would_be(log: list[Row[Any]]) -> None:
    cast = load_cast()
    roles = {agent.name: agent.role for agent in (*cast.agents, *cast.helpers)}
    for type_, expected in BY_WHOM.items():
        names = {
            (roles[event.actor_name] if event.actor_kind == "user" else event.actor_name)
            if event.actor_kind in ("user", "system")
            else event.actor_kind
            for event in log
            if event.type == type_
        }
        assert names == expected, type_


def test_scenes_and_the_world_agree_on_who_acts(log: list[Row[Any]]) -> None:
    """Nothing is done in the demo by a kind of actor whom no scene shows doing it."""
    shown = {line for scene in all_scenarios() for line in scene.writes}
    new_account = {event.id for event in log if event.context == log[0].context}
    told = {(event.type, event.actor_kind) for event in log if event.id not in new_account}
    covered = covered_types()
    assert {(type_, kind) for type_, kind in told - shown if type_ in covered} == set()


def test_people_come_by_invitation(log: list[Row[Any]]) -> None:
    owner = next(event for event in log if event.type == "user-created")
    first = {kind: first_of(log, kind) for kind in ("user-created", "user-invited", "user-password-changed")}
    logged_in = first_of(log, "user-logged-in")
    for number in first["user-created"].keys() - {owner.object_id}:
        assert first["user-created"][number] < first["user-invited"][number] < first["user-password-changed"][number]
        assert first["user-password-changed"][number] < logged_in[number]
    letters = Counter(event.object_id for event in log if event.type == "user-invited")
    assert sorted(letters.values())[-2:] == [1, 2]


def first_of(log: list[Row[Any]], type_: str) -> dict[int, int]:
    """The number of the first event of this type for each object."""
    found: dict[int, int] = {}
    for event in log:
        if event.type == type_:
            found.setdefault(event.object_id, event.id)
    return found


def test_a_forgotten_password_is_reset_by_mail(log: list[Row[Any]]) -> None:
    (asked,) = [event for event in log if event.type == "user-password-reset"]
    # Meanwhile the work goes on in the browser in which they are still logged in.
    after = [event.type for event in log if event.id > asked.id and event.user_id == asked.object_id]
    assert [type_ for type_ in after if type_.startswith("user-")][:2] == ["user-password-changed", "user-logged-in"]


def test_the_helper_is_gone_and_stands_in_the_log(demo: Session, log: list[Row[Any]]) -> None:
    (helper,) = load_cast().helpers
    assert people.by_email(demo, helper.email) is None
    (left,) = [event for event in log if event.type == "user-deleted"]
    assert left.object_label == helper.name
    assert sum(event.user_id == left.object_id for event in log) > 100
    assert not any(event.user_id == left.object_id for event in log if event.id > left.id)
    chain = Counter(event.type for event in log if event.context == left.context)
    assert chain["ticket-unassigned"] >= 3


def test_tags_teams_and_customers_leave_with_a_cascade(log: list[Row[Any]]) -> None:
    for type_, follows in (
        ("tag-merged", "ticket-tags-removed"),
        ("tag-deleted", "ticket-tags-removed"),
        ("team-deleted", "ticket-team-unassigned"),
        ("customer-deleted", "ticket-customer-updated"),
        ("customer-merged", "ticket-customer-updated"),
    ):
        contexts = {event.context for event in log if event.type == type_}
        assert any(event.type == follows and event.context in contexts for event in log), type_


def test_many_tickets_are_closed_marked_and_trashed_in_one_go(log: list[Row[Any]]) -> None:
    for type_ in ("ticket-closed", "ticket-marked-spam", "ticket-trashed"):
        _, most = Counter(event.context for event in log if event.type == type_).most_common(1)[0]
        assert most >= 8, type_


def test_a_program_took_tickets_out_and_brought_macros_in(demo: Session, log: list[Row[Any]]) -> None:
    brought, taken = demo.scalars(select(Job).where(Job.type.in_(tables.JOBS)).order_by(Job.id))
    assert [(job.type, job.status) for job in (brought, taken)] == [("importMacro", "done"), ("exportTicket", "done")]
    assert brought.info is not None
    assert taken.info is not None
    assert (brought.info["changed"], [line for line, _ in brought.info["refused"]]) == (1, [2])
    assert taken.info["done"] == taken.info["total"] > 100
    digest = taken.info["url"].split("/")[-2]
    assert demo.scalars(select(StoredFile.size).where(StoredFile.digest == digest)).one() > 10_000
    key = demo.scalars(select(ApiKey).where(ApiKey.name == programs.KEY)).one()
    assert key.last_used_datetime == taken.created_datetime > key.created_datetime
    made = [event for event in log if event.type == "macro-created"][-1]
    assert (made.context, made.source) == (uuid.UUID(brought.params["context"]), "api")


def test_a_macro_and_the_reply_are_two_actions_in_one_chain(log: list[Row[Any]]) -> None:
    by_context: dict[Any, list[Row[Any]]] = {}
    for event in log:
        by_context.setdefault(event.context, []).append(event)
    applied = [event for event in log if event.type == "macro-applied"]
    assert all(event.user_id is None and event.initiator_id is not None for event in applied)
    replied = [
        event
        for event in applied
        if any(
            later.type == "ticket-message-created" and later.user_id == event.initiator_id and later.id > event.id
            for later in by_context[event.context]
        )
    ]
    assert len(replied) > 0.6 * len(applied)


def test_customers_are_asked_how_it_was_and_answer(demo: Session) -> None:
    surveys = list(demo.scalars(select(SatisfactionSurvey)))
    answers = [survey for survey in surveys if survey.scored_datetime is not None]
    sent = sum(survey.sent_datetime is not None for survey in surveys)
    assert sent > 200
    assert 0.1 * sent < len(answers) < 0.5 * sent
    assert {survey.score for survey in answers} == {1, 2, 3, 4, 5}
    assert any(survey.body_text and survey.score == 1 for survey in answers)
    assert any(survey.is_waiting for survey in surveys)


def test_orders_that_tickets_speak_of_stand_in_the_shops_books(demo: Session) -> None:
    bought = {order.number: order for order in demo.scalars(select(ShopOrder))}
    known = 0
    for message in demo.scalars(select(TicketMessage).where(TicketMessage.from_agent.is_(False))):
        for number in re.findall(r"PP-2[4-9]\d{3}", message.body_text or ""):
            known += bought[number].customer_id == message.ticket.customer_id
    assert known > 100
    assert {order.status for order in bought.values()} == {"paid", "fulfilled", "cancelled", "refunded"}
    assert all(order.created_datetime <= FRIDAY for order in bought.values())


def test_the_chat_goes_through_the_window(demo: Session) -> None:
    chats = list(demo.scalars(select(Ticket).where(Ticket.channel == "chat")))
    assert len(chats) >= 10
    assert all((ticket.external_id or "").startswith("chat-") for ticket in chats)


def test_some_answers_are_written_in_markdown(demo: Session) -> None:
    html = [text for text in demo.scalars(select(TicketMessage.body_html)) if text]
    assert any("<ol>" in text for text in html)
    assert any("<strong>" in text for text in html)


def test_nothing_that_the_demo_leaves_behind_calls_another_system(demo: Session) -> None:
    hooks = demo.scalars(select(Integration).where(Integration.type == "http"))
    assert all(hook.deactivated_datetime is not None for hook in hooks)
    assert demo.scalar(select(func.count()).select_from(Delivery).where(Delivery.kind != "mail")) == 0


def test_about_half_of_the_log_is_about_tickets(log: list[Row[Any]]) -> None:
    by_object = Counter(event.object_type for event in log)
    assert 0.45 < by_object["Ticket"] / len(log) < 0.65
    assert 560 <= sum(event.type == "ticket-created" for event in log) <= 680


def test_a_new_account_begins_as_in_the_live_product(log: list[Row[Any]]) -> None:
    beginning = [event for event in log if event.context == log[0].context]
    assert [event.type for event in beginning] == [
        "customer-created", "ticket-created", "ticket-message-created", "user-created", "account-created",
        "user-logged-in",
    ]  # fmt: skip
    assert [event.actor_kind for event in beginning] == ["system"] * 5 + ["user"]


def test_the_desk_is_left_in_the_middle_of_its_work(demo: Session) -> None:
    tickets = list(demo.scalars(select(Ticket)))
    assert sum(each.is_open and not each.spam and not each.is_trashed for each in tickets) >= 10
    assert sum(each.is_open and each.assignee_user_id is None for each in tickets) >= 3
    snoozed = [each.snooze_datetime for each in tickets if each.snooze_datetime is not None]
    assert len(snoozed) >= 5
    assert min(snoozed) > FRIDAY
    assert sum(each.spam for each in tickets) >= 5
    assert sum(each.is_trashed for each in tickets) >= 3
    assert any(each.subject == WELCOME_SUBJECT for each in tickets)
    looked_at = Counter(demo.scalars(select(ReadMark.ticket_id)))
    unread = sum(each.is_open and each.id not in looked_at for each in tickets)
    assert 1 <= unread <= 40, "all but the last hours was read by everybody"
    assert set(looked_at.values()) == {demo.scalar(select(func.count()).select_from(User))}


def test_every_day_of_the_last_week_is_full_up_to_the_end(log: list[Row[Any]]) -> None:
    days = Counter((FRIDAY - event.created_datetime).days for event in log)
    assert all(days[day] > 100 for day in range(7))
    assert sum(event.created_datetime > FRIDAY - timedelta(hours=2) for event in log) >= 10
    assert max(event.created_datetime for event in log) <= FRIDAY


def test_agents_work_in_their_shifts(demo: Session, log: list[Row[Any]]) -> None:
    cast = load_cast()
    rota, agents = Rota(cast.timezone), {agent.email: agent for agent in cast.agents}
    by_number = {number: agents[email] for email, number in people_of(demo)}
    (helper,) = cast.helpers
    by_number[next(event.object_id for event in log if event.type == "user-deleted")] = helper
    for event in log:
        if event.user_id is not None and event.source == "web":
            shift = rota.shift(by_number[event.user_id], rota.local(event.created_datetime).date())
            assert shift is not None, event
            assert shift[0] <= event.created_datetime <= shift[1] + 15 * MINUTE, event


def people_of(session: Session) -> list[tuple[str, int]]:
    """Addresses and numbers of the team members."""
    return [(agent.email, user.id) for agent in load_cast().agents if (user := people.by_email(session, agent.email))]


def test_nobody_acts_before_they_have_logged_in(log: list[Row[Any]]) -> None:
    logged_in: set[int] = set()
    for event in log:
        if event.type == "user-logged-in":
            logged_in.add(event.user_id)
        elif event.type == "user-password-changed":  # with the link of an invitation
            assert event.user_id == event.object_id
        elif event.user_id is not None and event.context != log[0].context:
            assert event.user_id in logged_in, event


def test_customers_write_at_believable_hours(log: list[Row[Any]]) -> None:
    rota = Rota(load_cast().timezone)
    hours = Counter(local(rota, event).hour for event in log if event.type == "ticket-created")
    weekdays = Counter(local(rota, event).weekday() for event in log if event.type == "ticket-created")
    assert sum(hours[hour] for hour in range(1, 6)) < 0.06 * sum(hours.values())
    assert sum(weekdays[day] for day in (5, 6)) < 0.25 * sum(weekdays.values())
    assert min(weekdays.values()) > 20


def local(rota: Rota, event: Row[Any]) -> datetime:
    """When it happened by the clock on the studio's wall."""
    return rota.local(event.created_datetime)


def test_what_people_say_can_be_read(demo: Session) -> None:
    for message in demo.scalars(select(TicketMessage)):
        assert message.body_text
        assert message.body_text.strip()
        assert "{" not in message.body_text
        assert "lorem" not in message.body_text.lower()


def test_nothing_said_in_the_past_is_mailed_today(demo: Session) -> None:
    assert set(demo.scalars(select(Delivery.status))) == {"sent"}
    replies = select(func.count()).where(
        TicketMessage.from_agent, TicketMessage.public, TicketMessage.channel == "email"
    )
    assert (demo.scalar(replies) or 0) > 400
    assert not any(demo.scalars(select(TicketMessage.imported)))


def test_mails_answer_each_other(demo: Session) -> None:
    said = set(demo.scalars(select(TicketMessage.message_id).where(TicketMessage.message_id.is_not(None))))
    answers = list(demo.scalars(select(TicketMessage.in_reply_to).where(TicketMessage.in_reply_to.is_not(None))))
    known = [answer for answer in answers if answer in said]
    assert len(answers) > 400
    assert len(known) > 0.97 * len(answers)  # some answer a message that was deleted


def test_the_trash_loses_what_has_lain_there_for_thirty_days(log: list[Row[Any]]) -> None:
    (emptied,) = [event for event in log if event.type == "ticket-deleted" and event.actor_kind == "schedule"]
    (thrown,) = [event for event in log if event.type == "ticket-trashed" and event.object_id == emptied.object_id]
    assert emptied.created_datetime - thrown.created_datetime == timedelta(days=30)


def test_everybody_has_the_password_that_is_printed(demo: Session) -> None:
    for agent in load_cast().agents:
        user = people.by_email(demo, agent.email)
        assert user is not None
        assert (user.name, user.role) == (agent.name, agent.role)
        assert passwords.matches(user.password_hash, DEMO_PASSWORD)
