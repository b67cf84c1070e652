"""What falls due: in due order, at its own time, however late, once."""

from datetime import timedelta
from threading import Barrier, Thread

from sqlalchemy import Engine, event, select

from audit.action import enter
from audit.clock import set_clock
from audit.ledger import record
from automation import timers
from helpdesk import messages, settings, tickets
from helpdesk.desk import acting
from helpdesk.drafts import Draft
from helpdesk.events import SATISFACTION_SURVEY_CREATED
from helpdesk.models import SatisfactionSurvey
from tests.desks import TUESDAY, Desk, Trail, open_session

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def snooze(desk: Desk, number: int, span: timedelta) -> None:
    """Ana hides a ticket for so long."""
    with desk.acting() as action:
        tickets.snooze(desk.ticket(number), action.at + span, by=desk.by_ana)


def trash(desk: Desk, number: int) -> None:
    """Ana throws a ticket away."""
    with desk.acting():
        tickets.trash(desk.ticket(number), by=desk.by_ana)


def ask_customers(desk: Desk, hours: int = 24) -> None:
    """Whoever's ticket is closed is asked how it was, so many hours later."""
    with desk.acting():
        setting = {"enabled": True, "delay_hours": hours}
        settings.change(desk.account, "satisfaction-surveys", setting, by=desk.by_admin)


def close(desk: Desk, number: int) -> None:
    """Ana closes a ticket."""
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)


def story(trail: Trail) -> list[tuple[str, int, timedelta]]:
    """Type, ticket and time after Tuesday of what was watched, without the summaries."""
    return [
        (event.type, event.object_id, event.created_datetime - TUESDAY)
        for event in trail.events
        if event.type != "ticket-updated"
    ]


def test_a_ticket_wakes_at_its_time_however_late(desk: Desk) -> None:
    number = desk.a_ticket().id
    snooze(desk, number, 4 * HOUR)
    desk.move_clock(10 * DAY)  # the scheduler was down all the while
    with desk.watched() as trail:
        assert timers.play_due(desk.session, desk.account_id) == 1
    assert trail.types == ["ticket-updated", "ticket-self-unsnoozed"]
    woken = trail["ticket-self-unsnoozed"]
    assert woken.created_datetime == TUESDAY + 4 * HOUR
    assert (woken.user_id, woken.actor_kind, woken.actor_name) == (None, "schedule", "snooze timer")
    assert woken.source == "automation"
    assert desk.ticket(number).is_open


def test_nothing_is_played_before_its_time_or_twice(desk: Desk) -> None:
    snooze(desk, desk.a_ticket().id, 4 * HOUR)
    desk.move_clock(4 * HOUR - timedelta(microseconds=1))
    assert timers.play_due(desk.session, desk.account_id) == 0
    desk.move_clock(timedelta(microseconds=1))
    assert timers.play_due(desk.session, desk.account_id) == 1
    assert timers.play_due(desk.session, desk.account_id) == 0


def test_waking_and_emptying_the_trash_happen_in_due_order(desk: Desk) -> None:
    late, early, gone = (desk.a_ticket(name).id for name in ("late", "early", "gone"))
    trash(desk, gone)
    snooze(desk, late, 31 * DAY)
    snooze(desk, early, 29 * DAY)
    desk.move_clock(40 * DAY)
    with desk.watched() as trail:
        timers.play_due(desk.session, desk.account_id)
    assert story(trail) == [
        ("ticket-self-unsnoozed", early, 29 * DAY),
        ("ticket-deleted", gone, 30 * DAY),
        ("ticket-self-unsnoozed", late, 31 * DAY),
    ]


def test_a_snoozed_ticket_in_the_trash_wakes_there_and_keeps_its_mark(desk: Desk) -> None:
    number = desk.a_ticket().id
    snooze(desk, number, DAY)
    trash(desk, number)
    desk.move_clock(2 * DAY)
    timers.play_due(desk.session, desk.account_id)
    ticket = desk.ticket(number)
    assert (ticket.is_open, ticket.is_trashed) == (True, True)


def test_a_ticket_deleted_from_the_trash_does_not_wake_afterwards(desk: Desk) -> None:
    number = desk.a_ticket().id
    snooze(desk, number, 31 * DAY)
    trash(desk, number)
    desk.move_clock(40 * DAY)
    with desk.watched() as trail:
        timers.play_due(desk.session, desk.account_id)
    assert story(trail) == [("ticket-deleted", number, 30 * DAY)]


def test_how_long_the_trash_keeps_is_a_setting(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        settings.change(desk.account, "trash", {"days": 3}, by=desk.by_admin)
    trash(desk, number)
    desk.move_clock(2 * DAY)
    assert timers.play_due(desk.session, desk.account_id) == 0
    desk.move_clock(2 * DAY)
    with desk.watched() as trail:
        timers.play_due(desk.session, desk.account_id)
    assert story(trail) == [("ticket-deleted", number, 3 * DAY)]


def test_an_untrashed_ticket_stays(desk: Desk) -> None:
    number = desk.a_ticket().id
    trash(desk, number)
    desk.move_clock(20 * DAY)
    with desk.acting():
        tickets.untrash(desk.ticket(number), by=desk.by_ana)
    desk.move_clock(20 * DAY)
    assert timers.play_due(desk.session, desk.account_id) == 0


def test_waking_asking_and_emptying_the_trash_happen_in_due_order(desk: Desk) -> None:
    ask_customers(desk, hours=24 * 30)
    early, asked, gone, late = (desk.a_ticket(name).id for name in ("early", "asked", "gone", "late"))
    close(desk, asked)
    desk.move_clock(HOUR)
    trash(desk, gone)
    snooze(desk, early, 29 * DAY)
    snooze(desk, late, 31 * DAY)
    desk.move_clock(40 * DAY)
    with desk.watched() as trail:
        assert timers.play_due(desk.session, desk.account_id) == 4
    survey = trail["satisfaction-survey-sent"].object_id
    assert story(trail) == [
        ("ticket-self-unsnoozed", early, 29 * DAY + HOUR),
        ("satisfaction-survey-sent", survey, 30 * DAY),
        ("ticket-deleted", gone, 30 * DAY + HOUR),
        ("ticket-self-unsnoozed", late, 31 * DAY + HOUR),
    ]
    assert {event.actor_kind for event in trail.events} == {"schedule"}


def test_at_one_moment_a_ticket_wakes_before_its_customer_would_be_asked(desk: Desk) -> None:
    ask_customers(desk)
    number = desk.a_ticket().id
    close(desk, number)
    snooze(desk, number, DAY)
    desk.move_clock(2 * DAY)
    with desk.watched() as trail:
        timers.play_due(desk.session, desk.account_id)
    assert story(trail) == [
        ("ticket-self-unsnoozed", number, DAY),
        ("ticket-satisfaction-survey-skipped", number, DAY),
    ]
    assert trail["ticket-satisfaction-survey-skipped"].data == {"reasons": ["reopened"]}


def test_a_ticket_deleted_from_the_trash_asks_nobody_afterwards(desk: Desk) -> None:
    ask_customers(desk, hours=24 * 31)
    number = desk.a_ticket().id
    close(desk, number)
    trash(desk, number)
    desk.move_clock(40 * DAY)
    with desk.watched() as trail:
        timers.play_due(desk.session, desk.account_id)
    assert story(trail) == [("ticket-deleted", number, 30 * DAY)]


def test_a_survey_whose_ticket_is_gone_waits_for_nothing(desk: Desk) -> None:
    """Older desks have such rows: nobody plays them, and nobody waits for them for ever."""
    ask_customers(desk)
    number = desk.a_ticket().id
    close(desk, number)
    with desk.acting("api"):
        survey = desk.session.scalars(select(SatisfactionSurvey)).one()
        orphan = SatisfactionSurvey(
            account_id=desk.account_id,
            ticket_id=number + 1000,
            customer_id=desk.carol_id,
            created_datetime=survey.created_datetime,
            should_send_datetime=survey.should_send_datetime,
        )
        desk.session.add(orphan)
        record(SATISFACTION_SURVEY_CREATED, orphan, by=desk.by_ana)
    desk.move_clock(2 * DAY)
    assert timers.play_due(desk.session, desk.account_id) == 1
    assert timers.play_due(desk.session, desk.account_id) == 0


def test_whether_something_is_due_is_one_question_of_indexes(desk: Desk, engine: Engine) -> None:
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    desk.session.rollback()
    enter(desk.session, desk.account_id)
    desk.session.connection()
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert not timers.is_due(desk.session, desk.account_id, TUESDAY)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(asked) == 1
    if engine.dialect.name == "sqlite":
        statement, parameters = asked[0]
        plan = desk.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
        steps = [row[3] for row in plan]
        assert any("ix_satisfaction_survey_due" in step for step in steps), steps
        assert not [step for step in steps if step.startswith("SCAN") and step != "SCAN CONSTANT ROW"], steps


def test_whoever_acts_first_plays_what_fell_due_before(desk: Desk) -> None:
    sleeper, other = desk.a_ticket("sleeper").id, desk.a_ticket("other").id
    snooze(desk, sleeper, HOUR)
    desk.move_clock(2 * HOUR)
    with desk.watched() as trail, desk.acting():
        tickets.close(desk.ticket(other), by=desk.by_ben)
    assert story(trail) == [("ticket-self-unsnoozed", sleeper, HOUR), ("ticket-closed", other, 2 * HOUR)]


def test_what_falls_due_while_an_action_begins_is_played_first(desk: Desk) -> None:
    """The time of an action is looked at after it has begun, and not only before."""
    sleeper, other = desk.a_ticket("sleeper").id, desk.a_ticket("other").id
    snooze(desk, sleeper, HOUR)
    with desk.watched() as trail, desk.acting(at=TUESDAY + 2 * HOUR):
        tickets.close(desk.ticket(other), by=desk.by_ben)
    assert story(trail) == [("ticket-self-unsnoozed", sleeper, HOUR), ("ticket-closed", other, 2 * HOUR)]


def test_a_customer_who_writes_after_the_time_finds_the_ticket_awake(desk: Desk) -> None:
    number = desk.a_ticket().id
    snooze(desk, number, HOUR)
    desk.move_clock(2 * HOUR)
    with desk.watched() as trail, desk.acting("email"):
        messages.receive(desk.ticket(number), Draft(sender=desk.carol, body_text="Hello?"), by=desk.by_carol)
    assert trail.types.count("ticket-reopened") == 0
    assert trail.types[:2] == ["ticket-updated", "ticket-self-unsnoozed"]


def test_many_due_things_take_several_transactions_and_keep_their_order(desk: Desk) -> None:
    numbers = [desk.a_ticket(f"ticket {index}").id for index in range(12)]
    with desk.acting() as action:
        for index, number in enumerate(numbers):
            tickets.snooze(desk.ticket(number), action.at + HOUR - timedelta(minutes=index), by=desk.by_ana)
    desk.move_clock(DAY)
    with desk.watched() as trail:
        for _ in range(3):
            assert len(timers.due(desk.session, desk.account_id, desk.now(), limit=5)) >= 2
            play_few(desk)
    assert [number for _, number, _ in story(trail)] == numbers[::-1]


def play_few(desk: Desk) -> None:
    """One small batch."""
    with desk.acting(at=TUESDAY):
        batch = timers.due(desk.session, desk.account_id, TUESDAY + DAY, limit=5)
        timers.play(desk.session, desk.account_id, batch, batch[-1].at)


def test_four_players_play_each_thing_once(desk: Desk, engine: Engine) -> None:
    numbers = [desk.a_ticket(f"ticket {index}").id for index in range(40)]
    with desk.acting() as action:
        for index, number in enumerate(numbers):
            tickets.snooze(desk.ticket(number), action.at + timedelta(minutes=1 + index), by=desk.by_ana)
    desk.move_clock(DAY)
    together = Barrier(4)

    def work() -> None:
        together.wait()
        with open_session(engine) as session:
            timers.play_due(session, desk.account_id)

    with desk.watched() as trail:
        players = [Thread(target=work) for _ in range(4)]
        for player in players:
            player.start()
        for player in players:
            player.join(60)
    assert story(trail) == [
        ("ticket-self-unsnoozed", number, timedelta(minutes=1 + index)) for index, number in enumerate(numbers)
    ]


def test_a_running_clock_is_followed(desk: Desk, engine: Engine) -> None:
    number = desk.a_ticket().id
    snooze(desk, number, HOUR)
    with desk.acting("cli"):
        set_clock(desk.session, desk.account_id, desk=TUESDAY, rate=100_000)
    with open_session(engine) as session:
        while timers.play_due(session, desk.account_id) == 0:
            session.rollback()
    with acting(desk.session, desk.account_id, source="cli") as action:
        set_clock(desk.session, desk.account_id, desk=action.at, rate=0)
    events = [event for event in desk.events_after() if event.type == "ticket-self-unsnoozed"]
    assert [event.created_datetime for event in events] == [TUESDAY + HOUR]
