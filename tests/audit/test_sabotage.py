"""Verbs that lie, forget or go behind the ledger's back: each is caught, by name, and leaves nothing behind."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from audit.action import NoAction, begin
from audit.actors import Actor
from audit.base import Base
from audit.guards import UnwitnessedWrite
from audit.ledger import UnrecordedChange, WrongActor, WrongEvent, record
from audit.witness import FixedColumnChanged, OpaqueValue, WrongAccount
from audit.writing import AccountUnknown
from helpdesk import customers, tags, tickets
from helpdesk.events import (
    ACCOUNT_UPDATED,
    TAG_CREATED,
    TAG_RENAMED,
    TICKET_ASSIGNED,
    TICKET_CLOSED,
    TICKET_SUBJECT_UPDATED,
    TICKET_TAGS_ADDED,
    TICKET_TAGS_REMOVED,
    TICKET_UPDATED,
    USER_LOGGED_IN,
)
from helpdesk.models import Delivery, Tag, Ticket, TicketTag
from tests.desks import Desk, open_desk, open_session


@contextmanager
def caught(desk: Desk, what: type[Exception], *words: str) -> Iterator[None]:
    """One action that must fail with this exception, saying these words, and write nothing at all."""
    before = desk.last_event_id()
    with pytest.raises(what) as failure, desk.acting():
        yield
    for word in words:
        assert word in str(failure.value)
    assert desk.last_event_id() == before


def a_tagged_ticket(desk: Desk) -> int:
    """The number of a ticket on which Ana has put the tag "refund"."""
    number = desk.a_ticket().id
    with desk.acting():
        tags.put_on(desk.ticket(number), ["refund"], by=desk.by_ana)
    return number


def test_a_verb_that_forgets_to_record_is_told_row_and_columns(desk: Desk) -> None:
    number = desk.a_ticket().id
    with caught(desk, UnrecordedChange, f"Ticket {number} (", "status", "closed_datetime"):
        ticket = desk.ticket(number)
        ticket.status, ticket.closed_datetime = "closed", desk.now()
    assert desk.ticket(number).status == "open"


def test_a_row_that_nobody_recorded_is_named_too(desk: Desk) -> None:
    with caught(desk, UnrecordedChange, "Tag ", "name", "created_datetime"):
        desk.session.add(Tag(account_id=desk.account_id, name="smuggled", created_datetime=desk.now()))
    assert desk.session.scalars(select(Tag)).all() == []


def test_a_row_that_vanishes_unrecorded_is_named_too(desk: Desk) -> None:
    with desk.acting():
        tag = tags.create(desk.account, "kept", by=desk.by_ana)
        number = tag.id
    with caught(desk, UnrecordedChange, f"Tag {number} (account_id, name, created_datetime, id)"):
        desk.session.delete(desk.session.get_one(Tag, number))


def test_recording_what_did_not_happen_is_a_wrong_event(desk: Desk) -> None:
    number = desk.a_ticket().id
    with caught(desk, WrongEvent, "ticket-closed", f"Ticket {number}"):
        record(TICKET_CLOSED, desk.ticket(number), by=desk.by_ana)


def test_a_wrong_event_can_not_be_swallowed_and_committed(desk: Desk) -> None:
    number = desk.a_ticket().id
    with caught(desk, UnrecordedChange), pytest.raises(WrongEvent):
        record(TICKET_CLOSED, desk.ticket(number), by=desk.by_ana)


def test_an_event_of_the_wrong_kind_does_not_cover_the_change(desk: Desk) -> None:
    number = desk.a_ticket().id
    with caught(desk, WrongEvent, "ticket-subject-updated"):
        ticket = desk.ticket(number)
        ticket.spam = True
        record(TICKET_SUBJECT_UPDATED, ticket, by=desk.by_ana)


def test_a_forgotten_event_can_not_hide_behind_ticket_updated(desk: Desk) -> None:
    number, tomorrow = desk.a_ticket().id, desk.now() + timedelta(days=1)
    with desk.acting():
        dora = customers.create(desk.account, name="Dora", email="dora@mail.example", by=desk.by_ana).id
    for column, value in {
        "status": "closed",
        "snooze_datetime": tomorrow,
        "closed_datetime": tomorrow,
        "subject": "Something else",
        "spam": True,
        "trashed_datetime": tomorrow,
        "assignee_user_id": desk.ana_id,
        "assignee_team_id": desk.team_id,
        "customer_id": dora,
        "summary": "All is well.",
    }.items():
        with caught(desk, UnrecordedChange, f"Ticket {number} ({column})"):
            ticket = desk.ticket(number)
            ticket.priority = "high"
            setattr(ticket, column, value)
            record(TICKET_UPDATED, ticket, by=desk.by_ana)


def test_neither_can_a_tag_nor_a_message(desk: Desk) -> None:
    number = a_tagged_ticket(desk)
    with caught(desk, UnrecordedChange, "TicketTag "):
        ticket = desk.ticket(number)
        ticket.priority = "high"
        ticket.tag_links.clear()
        record(TICKET_UPDATED, ticket, by=desk.by_ana)
    with caught(desk, UnrecordedChange, "TicketMessage ", "body_text"):
        ticket = desk.ticket(number)
        ticket.priority = "high"
        ticket.messages[0].body_text = "I never wrote that."
        record(TICKET_UPDATED, ticket, by=desk.by_ana)


def test_tags_that_were_not_touched_are_a_wrong_event(desk: Desk) -> None:
    number = a_tagged_ticket(desk)
    for type_ in (TICKET_TAGS_ADDED, TICKET_TAGS_REMOVED):
        with caught(desk, WrongEvent, str(type_)):
            record(type_, desk.ticket(number), by=desk.by_ana)


def test_added_is_not_removed(desk: Desk) -> None:
    number = a_tagged_ticket(desk)
    with caught(desk, WrongEvent, "ticket-tags-added"):
        ticket = desk.ticket(number)
        ticket.tag_links.clear()
        record(TICKET_TAGS_ADDED, ticket, by=desk.by_ana)


def test_a_companion_alone_stands_beside_nothing(desk: Desk) -> None:
    number = a_tagged_ticket(desk)
    tag_id = desk.session.scalars(select(Tag.id)).one()
    with caught(desk, WrongEvent, "tag-renamed"):
        record(TAG_RENAMED, desk.session.get_one(Tag, tag_id), by=desk.by_ana)
    with caught(desk, WrongEvent, "ticket-assigned"):
        record(TICKET_ASSIGNED, desk.ticket(number), by=desk.by_ana, data={"assignee_user_id": None})
    with caught(desk, WrongEvent, "account-updated"):
        record(ACCOUNT_UPDATED, desk.account, by=desk.by_ana)


def test_a_companion_of_another_ticket_does_not_count(desk: Desk) -> None:
    one, other = desk.a_ticket().id, desk.a_ticket().id
    with caught(desk, WrongEvent, "ticket-assigned", f"Ticket {one}"):
        tickets.assign_team(desk.ticket(other), desk.team, by=desk.by_ana)
        record(TICKET_ASSIGNED, desk.ticket(one), by=desk.by_ana, data={"assignee_user_id": None})


def test_somebody_who_can_not_cause_an_event_is_a_wrong_actor(desk: Desk) -> None:
    number = desk.a_ticket().id
    with caught(desk, WrongActor, "ticket-closed", "customer", "Carol Diaz"):
        tickets.close(desk.ticket(number), by=desk.by_carol)
    with caught(desk, WrongActor, "ticket-marked-spam", "schedule"):
        tickets.mark_spam(desk.ticket(number), by=Actor.schedule("night shift"))
    with caught(desk, WrongActor, "user-logged-in", "system"):
        record(USER_LOGGED_IN, desk.ana, by=Actor.system("cron"))


def test_a_sql_expression_is_an_opaque_value_in_an_old_row(desk: Desk) -> None:
    number = desk.a_ticket().id
    with caught(desk, OpaqueValue, "Ticket.subject", "SQL expression"):
        ticket = desk.ticket(number)
        ticket.subject = func.upper("quiet")
        record(TICKET_SUBJECT_UPDATED, ticket, by=desk.by_ana)
    with caught(desk, OpaqueValue, "Ticket.messages_count"):
        ticket = desk.ticket(number)
        ticket.messages_count = Ticket.messages_count + 1
        record(TICKET_UPDATED, ticket, by=desk.by_ana)


def test_a_sql_expression_is_an_opaque_value_in_a_new_row(desk: Desk) -> None:
    with caught(desk, OpaqueValue, "Tag.name"):
        tag = Tag(account_id=desk.account_id, name=func.upper("quiet"), created_datetime=desk.now())
        desk.session.add(tag)
        record(TAG_CREATED, tag, by=desk.by_ana)


def test_what_is_set_at_birth_can_not_be_set_again(desk: Desk) -> None:
    number = desk.a_ticket().id
    with caught(desk, FixedColumnChanged, f"Ticket {number}", "created_datetime"):
        ticket = desk.ticket(number)
        ticket.created_datetime = desk.now() - timedelta(days=365)
        record(TICKET_UPDATED, ticket, by=desk.by_ana)


def test_a_row_of_another_account_is_out_of_reach(engine: Engine) -> None:
    session = open_session(engine)
    demo, other = open_desk(session, "demo"), open_desk(session, "other")
    theirs = other.a_ticket().id
    begin(session, None, source="cli")
    ticket = session.get_one(Ticket, theirs)
    begin(session, demo.account_id, source="web")
    with pytest.raises(WrongAccount, match=f"account {other.account_id}, the action is on {demo.account_id}"):
        tickets.set_priority(ticket, "high", by=demo.by_ana)
    session.rollback()
    begin(session, demo.account_id, source="web")
    session.add(Tag(account_id=other.account_id, name="planted", created_datetime=demo.now()))
    with pytest.raises((WrongAccount, ProgrammingError)):  # PostgreSQL itself doesn't let such a row in
        session.commit()
    session.rollback()
    assert demo.replay().agrees
    assert other.replay().agrees
    session.close()


def test_an_action_without_account_can_not_touch_two(engine: Engine) -> None:
    session = open_session(engine)
    desks = [open_desk(session, "demo"), open_desk(session, "other")]
    numbers = [desk.a_ticket().id for desk in desks]
    begin(session, None, source="cli")
    for number in numbers:
        tickets.set_priority(session.get_one(Ticket, number), "high", by=Actor.system("command line"))
    with pytest.raises(AccountUnknown, match="2 accounts"):
        session.commit()
    session.rollback()
    assert all(desk.replay().agrees for desk in desks)
    session.close()


def test_nothing_changes_before_an_action_has_begun(desk: Desk) -> None:
    ticket = desk.a_ticket()
    ticket.spam = True
    with pytest.raises(NoAction):
        desk.session.commit()
    desk.session.rollback()
    desk.session.add(
        Delivery(
            account_id=desk.account_id,
            kind="mail",
            stable_id="x",
            recipient="x",
            payload={},
            created_datetime=desk.now(),
        )
    )
    with pytest.raises(NoAction):
        desk.session.commit()
    desk.session.rollback()


def test_an_unsealed_action_can_not_pass_for_the_next_one(desk: Desk) -> None:
    number = desk.a_ticket().id
    with caught(desk, NoAction, "seal"):
        tickets.close(desk.ticket(number), by=desk.by_ana)
        begin(desk.session, desk.account_id, source="api")


#: Ways to write without the ledger; `{ticket}` stands for a number.
RAW: list[str] = [
    "UPDATE ticket SET status = 'closed' WHERE id = {ticket}",
    "update \"ticket\" set status = 'closed'",
    "UPDATE/* quietly */ticket SET status = 'closed'",
    "UPDATE -- quietly\n ticket SET status = 'closed'",
    "/* SELECT */ UPDATE ticket SET status = 'closed'",
    "WITH old AS (SELECT 1) UPDATE ticket SET status = 'closed'",
    "DELETE FROM ticket_message WHERE ticket_id = {ticket}",
    "INSERT INTO tag (account_id, name, created_datetime) VALUES (1, 'raw', 0)",
    "DROP TABLE ticket_tag",
    "ALTER TABLE ticket ADD COLUMN whatever integer",
    "UPDATE event SET type = 'ticket-closed'",
    "DELETE FROM event",
    "INSERT INTO event SELECT * FROM event",
    "UPDATE event_head SET last_id = last_id + 1",
    "UPDATE log_state SET digest_key = 'mine'",
    "DELETE FROM stored_text",
]
SQLITE_RAW: list[str] = [
    "INSERT OR REPLACE INTO event SELECT * FROM event",
    "REPLACE INTO event SELECT * FROM event",
    "UPDATE OR IGNORE ticket SET status = 'closed'",
    "UPDATE [ticket] SET status = 'closed'",
    "UPDATE `ticket` SET status = 'closed'",
    "UPDATE\"ticket\"SET status = 'closed'",
    "UPDATE main.ticket SET status = 'closed'",
]
POSTGRES_RAW: list[str] = [
    "TRUNCATE event",
    "TRUNCATE TABLE delivery, event",
    "UPDATE ONLY public.ticket SET status = 'closed'",
    "SELECT 1; UPDATE ticket SET status = 'closed'",
    "WITH gone AS (DELETE FROM tag RETURNING id) SELECT id FROM gone",
    "COPY event FROM STDIN",
    "MERGE INTO ticket USING tag ON false WHEN MATCHED THEN DELETE",
]


def statements_for(engine: Engine) -> list[str]:
    """What can be tried on this database."""
    return RAW + (SQLITE_RAW if engine.dialect.name == "sqlite" else POSTGRES_RAW)


def rows_of(desk: Desk) -> list[Any]:
    """The desk's tickets and messages, as they stand."""
    desk.session.rollback()
    return [
        tuple(row)
        for name in ("ticket", "ticket_message")
        for row in desk.session.execute(text(f"SELECT * FROM {name}"))
    ]


def test_raw_statements_through_the_session_are_refused(desk: Desk, engine: Engine) -> None:
    number = desk.a_ticket().id
    before = rows_of(desk)
    for statement in statements_for(engine):
        with pytest.raises(UnwitnessedWrite, match="raw write to"), desk.acting():
            desk.session.execute(text(statement.replace(":", r"\:").format(ticket=number)))
    assert rows_of(desk) == before


def test_raw_statements_past_the_session_are_refused(desk: Desk, engine: Engine) -> None:
    number = desk.a_ticket().id
    before = rows_of(desk)
    for statement in statements_for(engine):
        with engine.connect() as connection:
            with pytest.raises(UnwitnessedWrite, match="raw write to"):
                connection.execute(text(statement.format(ticket=number)))
            with pytest.raises(UnwitnessedWrite, match="raw write to"):
                connection.exec_driver_sql(statement.format(ticket=number))
    assert rows_of(desk) == before


def test_the_right_to_write_ends_with_the_flush(desk: Desk) -> None:
    number = desk.a_ticket().id
    with caught(desk, UnwitnessedWrite, "ticket"):
        tickets.close(desk.ticket(number), by=desk.by_ana)
        desk.session.connection().exec_driver_sql("UPDATE ticket SET spam = true")


def test_the_right_to_write_ends_with_a_flush_that_failed(desk: Desk, engine: Engine) -> None:
    number = a_tagged_ticket(desk)
    with pytest.raises(IntegrityError), desk.acting():
        desk.session.add(Tag(account_id=desk.account_id, name="refund", created_datetime=desk.now()))
    for _ in range(3):
        with engine.connect() as connection, pytest.raises(UnwitnessedWrite):
            connection.exec_driver_sql(f"UPDATE ticket SET spam = true WHERE id = {number}")


def test_the_right_to_write_ends_with_a_flush_that_had_nothing_to_do(desk: Desk) -> None:
    number = desk.a_ticket().id
    with caught(desk, UnwitnessedWrite, "ticket"):
        ticket = desk.ticket(number)
        link = TicketTag(account_id=desk.account_id, tag_id=1)
        ticket.tag_links.append(link)
        ticket.tag_links.remove(link)
        desk.session.flush()
        desk.session.connection().exec_driver_sql("UPDATE ticket SET spam = true")


TICKETS: Table = Base.metadata.tables["ticket"]
TAGS: Table = Base.metadata.tables["tag"]


#: The ways in which SQLAlchemy writes many rows past the objects.
BULK: list[Callable[[Any], object]] = [
    lambda session: session.execute(update(Ticket).values(status="closed")),
    lambda session: session.execute(update(TICKETS).values(status="closed")),
    lambda session: session.execute(delete(Ticket)),
    lambda session: session.execute(insert(Tag), [{"account_id": 1, "name": "a"}, {"account_id": 1, "name": "b"}]),
    lambda session: session.execute(insert(TAGS).values(account_id=1, name="a")),
    lambda session: session.query(Ticket).update({"status": "closed"}),
    lambda session: session.query(Ticket).filter(Ticket.spam.is_(False)).delete(),
    lambda session: session.bulk_insert_mappings(Tag, [{"account_id": 1, "name": "a"}]),
    lambda session: session.bulk_update_mappings(Ticket, [{"id": 1, "row_version": 2, "status": "closed"}]),
    lambda session: session.bulk_save_objects([Tag(account_id=1, name="a")]),
]


def test_bulk_statements_are_refused(desk: Desk) -> None:
    desk.a_ticket()
    before = rows_of(desk)
    for bulk in BULK:
        with pytest.raises(UnwitnessedWrite), desk.acting():
            bulk(desk.session)
    assert rows_of(desk) == before


def test_what_is_nobodys_history_may_be_written_in_bulk(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        desk.session.execute(update(Delivery).values(status="sent"))
        desk.session.execute(text("DELETE FROM delivery"))
    assert trail.types == []
