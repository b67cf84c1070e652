"""Replay: the log alone rebuilds the desk, and whatever was done past it is found and named."""

import hashlib
from datetime import timedelta
from weakref import WeakKeyDictionary

import pytest
from sqlalchemy import Engine

from audit import replay as replaying
from audit.action import enter
from audit.replay import MOST, Report, replay
from helpdesk import keys, merging, messages, settings, tags, tickets
from helpdesk.drafts import Draft, File
from tests.desks import Desk, open_desk, open_session
from tests.outside import Run

LONG = "Where is my parcel? " * 400


def a_busy_day(desk: Desk) -> int:
    """Much of what can happen to a ticket; answers its number."""
    number, other = desk.a_ticket("Busy").id, desk.a_ticket("Absorbed").id
    with desk.acting():
        ticket = desk.ticket(number)
        file = File("a.txt", "text/plain", b"a")
        messages.reply(ticket, Draft(sender=desk.ana, body_text=LONG, files=(file,)), by=desk.by_ana)
        tags.put_on(ticket, ["one", "two"], by=desk.by_ana)
        tickets.assign_team(ticket, desk.team, by=desk.by_ana)
        keys.create(desk.ana, name="robot", by=desk.by_admin)
        settings.change(desk.account, "trash", {"days": 10}, by=desk.by_admin)
    with desk.acting():
        source, into = desk.ticket(other), desk.ticket(number)
        merging.merge(source, into, subject="Both", customer=desk.carol, assignee=desk.ben, by=desk.by_ana)
        tickets.snooze(into, desk.now() + timedelta(hours=1), by=desk.by_ana)
    desk.move_clock(timedelta(hours=2))
    with desk.acting():
        tags.take_off(desk.ticket(number), ["one"], by=desk.by_ana)
    return number


def test_a_busy_day_is_rebuilt_from_the_log_alone(desk: Desk) -> None:
    a_busy_day(desk)
    report = desk.replay()
    assert (report.agrees, report.differences) == (True, [])
    assert report.events == len(desk.events_after())
    assert report.rows > 20


def test_replay_tells_how_far_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    a_busy_day(desk)
    monkeypatch.setattr(replaying, "_CHUNK", 7)
    told: list[tuple[int, int]] = []
    report = replay(desk.session, desk.account_id, lambda done, total: told.append((done, total)))
    assert report.agrees
    assert {total for _, total in told} == {report.events}
    assert list(dict.fromkeys(done for done, _ in told)) == [*range(7, report.events, 7), report.events]


def test_replay_leaves_nothing_behind(desk: Desk) -> None:
    before = desk.last_event_id()
    desk.replay()
    assert not desk.session.in_transaction()
    assert desk.last_event_id() == before


def test_an_account_is_replayed_without_its_neighbours(engine: Engine) -> None:
    session = open_session(engine)
    demo, other = open_desk(session, "demo"), open_desk(session, "other")
    a_busy_day(other)
    for desk in (demo, other):
        report = desk.replay()
        enter(session, desk.account_id)
        assert (report.agrees, report.events) == (True, len(desk.events_after()))
    session.close()


def test_an_empty_log_agrees_with_an_empty_desk(engine: Engine) -> None:
    session = open_session(engine)
    report = replay(session, 4711)
    assert (report.events, report.rows, report.agrees) == (0, 0, True)
    session.close()


# ---- Tampering


def differences(desk: Desk) -> str:
    """What replay says, which must not agree."""
    report = desk.replay()
    assert not report.agrees
    return "\n".join(report.differences)


def test_a_changed_row_is_named_with_both_values(victim: Desk, run: Run) -> None:
    number = a_busy_day(victim)
    run("UPDATE ticket SET subject = 'Neither', priority = 'low' WHERE id = ?", number)
    assert victim.replay().differences == [
        f'Ticket:{number} priority: "normal" by the log, "low" in the database',
        f'Ticket:{number} subject: "Both" by the log, "Neither" in the database',
    ]


def test_a_cleared_and_a_filled_value_are_named(victim: Desk, run: Run) -> None:
    number = a_busy_day(victim)
    run("UPDATE ticket SET assignee_user_id = NULL, external_id = 'x' WHERE id = ?", number)
    assert victim.replay().differences == [
        f"Ticket:{number} assignee_user_id: {victim.ben_id} by the log, nothing in the database",
        f'Ticket:{number} external_id: nothing by the log, "x" in the database',
    ]


def test_a_deleted_row_is_named(victim: Desk, run: Run) -> None:
    a_busy_day(victim)
    ((number,),) = run("SELECT id FROM ticket_tag")
    run("DELETE FROM ticket_tag")
    assert victim.replay().differences == [f"TicketTag:{number}: the log knows it, the database does not"]


def test_an_added_row_is_named(victim: Desk, run: Run) -> None:
    a_busy_day(victim)
    columns, account = "(id, account_id, ticket_id, former_id)", victim.account_id
    run(f"INSERT INTO ticket_alias {columns} SELECT 99, {account}, id, 7 FROM ticket LIMIT 1")
    assert victim.replay().differences == ["TicketAlias:99: the database has it, the log does not"]


def test_a_tampered_secret_is_named_and_not_said(victim: Desk, run: Run) -> None:
    a_busy_day(victim)
    run('UPDATE "user" SET password_hash = ? WHERE id = ?', "$argon2id$mine", victim.admin_id)
    run("UPDATE api_key SET key_hash = ?", hashlib.sha256(b"mine").hexdigest())
    told = differences(victim)
    assert f"User:{victim.admin_id} password_hash: " in told
    assert "ApiKey:1 key_hash: " in told
    assert "$argon2id" not in told
    assert hashlib.sha256(b"mine").hexdigest() not in told


def test_a_derived_column_that_does_not_follow_is_named(victim: Desk, run: Run) -> None:
    run("UPDATE customer SET email_key = 'someone@else.example' WHERE id = ?", victim.carol_id)
    assert f"Customer:{victim.carol_id} email_key: " in differences(victim)


def test_a_moved_time_is_named(victim: Desk, run: Run, engine: Engine) -> None:
    number = a_busy_day(victim)
    minute = "60000000" if engine.dialect.name == "sqlite" else "interval '1 minute'"
    run(f"UPDATE ticket SET created_datetime = created_datetime - {minute} WHERE id = ?", number)
    assert f"Ticket:{number} created_datetime: " in differences(victim)


def unguarded(run: Run, engine: Engine, table: str) -> None:
    """Take away what the database itself would say."""
    if engine.dialect.name == "sqlite":
        for (name,) in run("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", table):
            run(f"DROP TRIGGER {name}")
    else:
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")


@pytest.mark.parametrize("statement", ["DELETE FROM stored_text", "UPDATE stored_text SET content = 'never said'"])
def test_a_removed_or_rewritten_long_text_is_named(victim: Desk, run: Run, engine: Engine, statement: str) -> None:
    a_busy_day(victim)
    unguarded(run, engine, "stored_text")
    run(statement)
    told = victim.replay().differences
    assert len(told) == 2  # body and stripped text of the one long message
    assert all(line.startswith("TicketMessage:") and "long text" in line for line in told)


def test_a_removed_event_is_noticed_by_the_next_before(victim: Desk, run: Run, engine: Engine) -> None:
    number = a_busy_day(victim)
    unguarded(run, engine, "event")
    run("DELETE FROM event WHERE type = 'ticket-snoozed'")
    told = differences(victim)
    assert f'Ticket:{number} status was "open" by the log, the event says "closed"' in told


def test_a_rewritten_event_is_noticed(victim: Desk, run: Run, engine: Engine) -> None:
    a_busy_day(victim)
    unguarded(run, engine, "event")
    text = "CAST(changes AS text)"
    back = "" if engine.dialect.name == "sqlite" else "::json"
    run(f"UPDATE event SET changes = replace({text}, 'Busy', 'Idle'){back} WHERE type = 'ticket-created'")
    assert 'was "Idle" by the log, the event says "Busy"' in differences(victim)


def test_a_time_that_runs_backwards_is_noticed(victim: Desk, run: Run, engine: Engine) -> None:
    a_busy_day(victim)
    unguarded(run, engine, "event")
    hour = "3600000000" if engine.dialect.name == "sqlite" else "interval '1 hour'"
    number = victim.last_event_id() - 1
    run(f"UPDATE event SET created_datetime = created_datetime - 5 * {hour} WHERE id = ?", number)
    assert f"event {number}: its time lies before that of the event before it" in differences(victim)


def test_with_another_digest_key_no_secret_fits(victim: Desk, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    a_busy_day(victim)
    run("UPDATE log_state SET digest_key = ?", "00" * 32)
    monkeypatch.setattr("audit.texts._keys", WeakKeyDictionary())  # as a new process starts
    assert f"User:{victim.admin_id} password_hash: " in differences(victim)


def test_a_report_stops_listing_but_never_agrees() -> None:
    report = Report(1)
    for number in range(MOST + 10):
        report.differ(f"row {number}")
    assert len(report.differences) == MOST
    assert not report.agrees
