"""What the ledger writes: which events, in which order, claimed by whom, once per action, and with the true before."""

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import IntegrityError

from audit.action import begin
from audit.actors import Actor
from audit.ledger import UnrecordedChange, record, seal, sealed_since
from audit.log import event_table
from helpdesk import channels, customers, macros, merging, messages, people, settings, tags, tickets
from helpdesk.drafts import Draft, File
from helpdesk.events import TICKET_SATISFACTION_SURVEY_SKIPPED, USER_LOGGED_IN
from helpdesk.models import AccountSetting, Attachment, Role, Tag, Ticket, TicketMessage, User
from helpdesk.refusals import Refused
from tests.desks import Desk, open_desk, open_session


def words(desk: Desk, text: str = "Hello.", **more: Any) -> Draft:
    """Something that Ana says."""
    return Draft(sender=desk.ana, body_text=text, **more)


@contextmanager
def failing(what: type[Exception], inside: AbstractContextManager[object]) -> Iterator[None]:
    """A block that must fail so."""
    with pytest.raises(what), inside:
        yield


def test_a_ticket_is_born_in_the_golden_order(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting("api"):
        opening = tickets.Opening(
            customer=desk.carol,
            subject="Hello",
            messages=(words(desk),),
            assignee=desk.ben,
            team=desk.team,
            tags=("vip",),
        )
        tickets.create(desk.account, opening, by=desk.by_ana)
    assert trail.types == [
        "ticket-created",
        "ticket-message-created",
        "ticket-updated",
        "ticket-assigned",
        "ticket-assigned",
        "ticket-team-assigned",
        "ticket-tags-added",
        "tag-created",
    ]
    assert len(trail.contexts) == 1
    assert len({event.created_datetime for event in trail.events}) == 1
    assert {event.source for event in trail.events} == {"api"}


def test_specific_events_stand_in_the_order_of_asking(desk: Desk) -> None:
    number = desk.a_ticket().id
    for first, second in (("close", "subject"), ("subject", "close")):
        with desk.watched() as trail, desk.acting():
            ticket = desk.ticket(number)
            for what in (first, second):
                if what == "close":
                    tickets.close(ticket, by=desk.by_ana)
                else:
                    tickets.set_subject(ticket, f"Subject {uuid.uuid4()}", by=desk.by_ana)
        names = {"close": "ticket-closed", "subject": "ticket-subject-updated"}
        assert trail.types == ["ticket-updated", names[first], names[second]]
        with desk.acting():
            tickets.reopen(desk.ticket(number), by=desk.by_ana)


def test_the_message_comes_before_the_update_though_it_was_asked_for_later(desk: Desk) -> None:
    number = desk.a_ticket(status="closed").id
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        tickets.set_subject(ticket, "First of all", by=desk.by_ana)
        messages.reply(ticket, words(desk), by=desk.by_ana)
    assert trail.types == [
        "ticket-message-created",
        "ticket-updated",
        "ticket-subject-updated",
        "ticket-assigned",
    ]


def test_several_tickets_in_one_action_stand_one_after_the_other(desk: Desk) -> None:
    numbers = [desk.a_ticket().id for _ in range(3)]
    with desk.watched() as trail, desk.acting():
        held = [desk.ticket(number) for number in numbers]
        for ticket in reversed(held):
            tickets.close(ticket, by=desk.by_ana)
        for ticket in held:
            tickets.set_subject(ticket, "Closed", by=desk.by_ana)
    seen = [(event.object_id, event.type) for event in trail.events]
    kinds = ["ticket-updated", "ticket-closed", "ticket-subject-updated"]
    assert seen == [(number, kind) for number in reversed(numbers) for kind in kinds]


def test_ticket_updated_is_written_once_however_much_is_done(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        tickets.set_priority(ticket, "high", by=desk.by_ana)
        tickets.set_language(ticket, "de", by=desk.by_ana)
        tickets.close(ticket, by=desk.by_ana)
        messages.note(ticket, words(desk, public=False), by=desk.by_ana)
        tickets.set_priority(ticket, "low", by=desk.by_ana)
    assert trail.types == ["ticket-message-created", "ticket-updated", "ticket-closed"]
    told = trail["ticket-updated"].changes[f"Ticket:{number}"]
    assert told["priority"] == ["normal", "low"]
    assert told["language"] == ["en", "de"]
    assert told["messages_count"] == [1, 2]
    assert told["row_version"][1] == told["row_version"][0] + 1


def test_an_edit_is_told_once_however_often_it_is_recorded(desk: Desk) -> None:
    with desk.acting():
        number = tags.create(desk.account, "late", by=desk.by_ana).id
        desk.session.flush()
    with desk.watched() as trail, desk.acting():
        tag, carol = desk.session.get_one(Tag, number), desk.carol
        tags.describe(tag, color="#0f766e", description=None, by=desk.by_ana)
        customers.update(carol, {"note": "Kind"}, by=desk.by_ana)
        tags.rename(tag, "later", by=desk.by_ana)
        channels.add(carol, "phone", "12345", by=desk.by_ana)
        customers.update(carol, {"note": "Very kind"}, by=desk.by_ana)
        tags.describe(tag, color="#0f766e", description="Too late", by=desk.by_ben)
    assert trail.lines == [
        ("tag-updated", "Ana Lopez"), ("tag-renamed", "Ana Lopez"), ("tag-updated", "Ben Okafor"),
        ("customer-updated", "Ana Lopez"),
    ]  # fmt: skip
    first, told = trail.events[0], trail["customer-updated"]
    assert first.changes[f"Tag:{number}"] == {"decoration": [None, {"color": "#0f766e"}], "name": ["late", "later"]}
    assert (first.object_label, told.changes[f"Customer:{desk.carol_id}"]["note"]) == ("later", [None, "Very kind"])
    assert {key.split(":")[0] for key in told.changes} == {"Customer", "CustomerChannel"}


def test_an_edit_there_and_back_is_told_step_by_step(desk: Desk) -> None:
    with desk.acting():
        number = tags.create(desk.account, "late", by=desk.by_ana).id
    with desk.watched() as trail, desk.acting():
        for name in ("later", "late"):
            tags.rename(desk.session.get_one(Tag, number), name, by=desk.by_ana)
    assert trail.types == ["tag-updated", "tag-renamed"] * 2


def test_an_edit_before_a_savepoint_is_what_an_edit_after_its_end_joins(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        customers.update(desk.carol, {"note": "Kind"}, by=desk.by_ana)
        with suppress(Refused), desk.session.begin_nested():
            customers.update(desk.carol, {"note": "Rude"}, by=desk.by_ana)
            raise Refused("That was not so.")
        customers.update(desk.carol, {"language": "es"}, by=desk.by_ana)
    told = trail["customer-updated"].changes[f"Customer:{desk.carol_id}"]
    assert (told["note"], told["language"]) == ([None, "Kind"], [None, "es"])


def test_a_priority_there_and_back_is_an_update_of_nothing_else(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        tickets.set_priority(desk.ticket(number), "high", by=desk.by_ana)
        tickets.set_priority(desk.ticket(number), "normal", by=desk.by_ana)
    assert trail.types == ["ticket-updated"]


def test_the_specific_event_claims_what_is_its_own_and_the_update_the_rest(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
    assert set(trail["ticket-closed"].changes[f"Ticket:{number}"]) == {"status", "closed_datetime"}
    assert set(trail["ticket-updated"].changes[f"Ticket:{number}"]) <= {"row_version", "updated_datetime"}


def test_who_acts_first_names_the_update(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        record(TICKET_SATISFACTION_SURVEY_SKIPPED, ticket, by=Actor.system("surveys"), data={"reasons": ["none"]})
        tickets.close(ticket, by=desk.by_ana)
        tickets.set_subject(ticket, "Two of us", by=desk.by_ben)
    assert trail.lines == [
        ("ticket-updated", None),
        ("ticket-satisfaction-survey-skipped", None),
        ("ticket-closed", "Ana Lopez"),
        ("ticket-subject-updated", "Ben Okafor"),
    ]


def test_only_a_team_member_is_named_as_user(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        macro = macros.create(desk.account, "Bye", [], by=desk.by_admin)
        macros.update(macro, "Goodbye", [], by=desk.by_admin)
        macro_id = macro.id
    with desk.watched() as trail, desk.acting():
        by = Actor("macro", macro_id, "Goodbye", version=2, initiator_id=desk.ana_id)
        tickets.close(desk.ticket(number), by=by)
    event = trail["ticket-closed"]
    assert (event.user_id, event.actor_kind, event.actor_id, event.actor_name) == (None, "macro", macro_id, "Goodbye")
    assert (event.actor_version, event.initiator_id) == (2, desk.ana_id)
    with desk.watched() as trail, desk.acting("email"):
        messages.receive(desk.ticket(number), Draft(sender=desk.carol, body_text="Wait"), by=desk.by_carol)
    assert {(event.user_id, event.actor_kind) for event in trail.events} == {(None, "customer")}


def test_tags_put_on_one_by_one_are_one_event(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        for name in ("one", "two", "three"):
            tags.put_on(desk.ticket(number), [name], by=desk.by_ana)
    names = desk.session.execute(select(Tag.id).order_by(Tag.id)).scalars().all()
    assert trail["ticket-tags-added"].data == {"tags_added": names}
    assert trail.types.count("tag-created") == 3


def test_a_tag_put_on_and_taken_off_in_one_action_comes_to_nothing(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        tags.create(desk.account, "hasty", by=desk.by_ana)
    with desk.watched() as trail, desk.acting():
        tags.put_on(desk.ticket(number), ["hasty"], by=desk.by_ana)
        tags.take_off(desk.ticket(number), ["hasty"], by=desk.by_ana)
    assert trail.types == []


def test_of_two_tags_the_one_that_stays_is_told(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        tags.put_on(desk.ticket(number), ["stays", "goes"], by=desk.by_ana)
        tags.take_off(desk.ticket(number), ["goes"], by=desk.by_ben)
    stays = desk.session.scalar(select(Tag.id).where(Tag.name == "stays"))
    assert trail["ticket-tags-added"].data == {"tags_added": [stays]}
    assert "ticket-tags-removed" not in trail.types


def test_tags_of_two_people_in_one_action_are_two_events(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        tags.put_on(desk.ticket(number), ["a"], by=desk.by_ana)
        tags.put_on(desk.ticket(number), ["b"], by=desk.by_ben)
    assert trail.types.count("ticket-tags-added") == 2
    numbers = {tag.name: tag.id for tag in desk.session.scalars(select(Tag))}
    assert [
        (event.actor_name, event.data["tags_added"]) for event in trail.events if event.type == "ticket-tags-added"
    ] == [("Ana Lopez", [numbers["a"]]), ("Ben Okafor", [numbers["b"]])]


def test_replacing_tags_tells_both_sides(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        tags.put_on(desk.ticket(number), ["old", "kept"], by=desk.by_ana)
    with desk.watched() as trail, desk.acting():
        tags.set_on(desk.ticket(number), ["kept", "new"], by=desk.by_ana)
    assert trail.types == ["ticket-updated", "ticket-tags-removed", "ticket-tags-added", "tag-created"]


def test_there_and_back_within_one_action_is_told_step_by_step(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
        tickets.reopen(desk.ticket(number), by=desk.by_ana)
    assert trail.types == ["ticket-updated", "ticket-closed", "ticket-reopened"]
    key = f"Ticket:{number}"
    assert trail["ticket-closed"].changes[key]["status"] == ["open", "closed"]
    assert trail["ticket-reopened"].changes[key]["status"] == ["closed", "open"]


def test_an_expired_attribute_still_tells_the_true_before(desk: Desk) -> None:
    number = desk.a_ticket("Before").id
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        desk.session.expire(ticket)
        ticket.subject = "Unread"  # no verb has looked at the old one
        desk.session.expire(ticket, ["priority"])
        tickets.set_subject(ticket, "After", by=desk.by_ana)
    assert trail["ticket-subject-updated"].changes[f"Ticket:{number}"] == {"subject": ["Before", "After"]}


def test_setting_an_expired_attribute_to_what_it_was_is_no_change(desk: Desk) -> None:
    number = desk.a_ticket("Same").id
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        desk.session.expire(ticket)
        ticket.subject = "Same"
    assert trail.types == []


def test_json_is_told_before_and_after(desk: Desk) -> None:
    with desk.acting():
        settings.change(desk.account, "trash", {"days": 3}, by=desk.by_admin)
    with desk.watched() as trail, desk.acting():
        settings.change(desk.account, "trash", {"days": None, "why": ["ü", 1.5, True, {}]}, by=desk.by_admin)
    (changes,) = trail["account-setting-updated"].changes.values()
    assert changes == {"data": [{"days": 3}, {"days": None, "why": ["ü", 1.5, True, {}]}]}
    assert trail.types == ["account-setting-updated", "account-updated"]


def test_json_edited_in_place_is_nothing_that_anybody_sees(desk: Desk) -> None:
    with desk.acting():
        settings.change(desk.account, "trash", {"days": 3}, by=desk.by_admin)
    with desk.watched() as trail, desk.acting():
        desk.session.scalars(select(AccountSetting).where(AccountSetting.type == "trash")).one().data["days"] = 4
    assert trail.types == []
    assert settings.read(desk.account, "trash") == {"days": 3}


LONG = "The parcel came, but the box was empty. " * 200  # 8 kB


def test_a_long_text_stands_in_the_log_by_digest_and_once_in_the_store(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        messages.reply(desk.ticket(number), words(desk, LONG), by=desk.by_ana)
        messages.reply(desk.ticket(number), words(desk, LONG), by=desk.by_ana)
    told = [
        changes["body_text"][1]
        for event in trail.events
        if event.type == "ticket-message-created"
        for changes in event.changes.values()
    ]
    assert told[0] == told[1]
    assert list(told[0]) == ["$text"]
    assert desk.session.execute(text("SELECT digest, content FROM stored_text")).all() == [(told[0]["$text"], LONG)]
    log = desk.session.execute(select(event_table.c.changes)).scalars().all()
    assert LONG not in str(log)


def test_what_is_long_is_counted_in_bytes(desk: Desk) -> None:
    number = desk.a_ticket().id
    bodies = ["x" * 4096, "x" * 4097, "ä" * 2048, "ä" * 2049, "€" * 1366, "x" * 1024, "", " "]
    file = File("a.txt", "text/plain", b"a")
    with desk.acting():
        for body in bodies:
            messages.reply(desk.ticket(number), words(desk, body, files=(file,)), by=desk.by_ana)
    stored = desk.session.execute(text("SELECT content FROM stored_text")).scalars().all()
    assert sorted(stored) == sorted(body for body in bodies if len(body.encode()) > 4096)


def test_a_long_text_becomes_short_and_long_again(desk: Desk) -> None:
    number = desk.a_ticket().id
    for body in (LONG, "short", LONG, LONG + "!", "short"):
        with desk.acting():
            message = desk.ticket(number).messages[0]
            messages.update(message, body, by=desk.by_ana)
    assert desk.session.execute(text("SELECT count(*) FROM stored_text")).scalar_one() == 2


def test_long_json_is_stored_by_digest_too(desk: Desk) -> None:
    plan = {"days": 5, "note": ["ß" * 500, 1, None, {"z": 1, "a": 2}] * 5}
    with desk.watched() as trail, desk.acting():
        settings.change(desk.account, "trash", plan, by=desk.by_admin)
    (changes,) = trail["account-setting-created"].changes.values()
    assert list(changes["data"][1]) == ["$text"]


def test_odd_words_are_told_as_they_are(desk: Desk) -> None:
    number = desk.a_ticket().id
    for subject in ("🎁 für «dich»", "a" * 998, "'; DROP TABLE event; --", '{"$text": "no"}', "\\u0000"):
        with desk.watched() as trail, desk.acting():
            tickets.set_subject(desk.ticket(number), subject, by=desk.by_ana)
        assert trail["ticket-subject-updated"].changes[f"Ticket:{number}"]["subject"][1] == subject
        assert trail["ticket-subject-updated"].data["new_subject"] == subject


def test_attachments_are_claimed_by_their_message(desk: Desk) -> None:
    number = desk.a_ticket().id
    files = (File("a.txt", "text/plain", b"one"), File("b.bin", "application/octet-stream", bytes(range(256)) * 40))
    with desk.watched() as trail, desk.acting():
        messages.reply(desk.ticket(number), words(desk, files=files), by=desk.by_ana)
    kinds = [key.split(":")[0] for key in trail["ticket-message-created"].changes]
    assert sorted(kinds) == ["Attachment", "Attachment", "TicketMessage"]


def full_ticket(desk: Desk) -> int:
    """A ticket with everything that a ticket can have."""
    one, other = desk.a_ticket("Full").id, desk.a_ticket("Absorbed").id
    with desk.acting():
        ticket = desk.ticket(one)
        messages.reply(ticket, words(desk, LONG, files=(File("a.txt", "text/plain", b"a"),)), by=desk.by_ana)
        messages.note(ticket, words(desk, "Between us", public=False), by=desk.by_ana)
        tags.put_on(ticket, ["one", "two"], by=desk.by_ana)
    with desk.acting():
        into, source = desk.ticket(one), desk.ticket(other)
        merging.merge(source, into, subject="Full", customer=desk.carol, assignee=desk.ana, by=desk.by_ana)
    return one


def test_deleting_a_ticket_claims_everything_that_vanishes_with_it(desk: Desk) -> None:
    number = full_ticket(desk)
    with desk.watched() as trail, desk.acting("api"):
        tickets.erase(desk.ticket(number), by=desk.by_ana)
    assert trail.types == ["ticket-deleted"]
    kinds = [key.split(":")[0] for key in trail["ticket-deleted"].changes]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "Ticket": 1,
        "TicketMessage": 4,
        "Attachment": 1,
        "TicketTag": 2,
        "TicketAlias": 1,
    }
    for changes in trail["ticket-deleted"].changes.values():
        assert all(after is None for _, after in changes.values())
    for model in (Ticket, TicketMessage, Attachment):
        assert [row for row in desk.session.scalars(select(model)) if getattr(row, "subject", "") == "Full"] == []


def test_a_label_outlives_what_it_names(desk: Desk) -> None:
    number = desk.a_ticket("Where is my order?").id
    with desk.acting():
        tickets.set_subject(desk.ticket(number), "Lost parcel", by=desk.by_ana)
    with desk.acting("api"):
        tickets.erase(desk.ticket(number), by=desk.by_ana)
    labels = [(event.type, event.object_label) for event in desk.events_after() if event.object_id == number]
    tickets_only = [label for label in labels if label[0].startswith("ticket-") and "message" not in label[0]]
    assert tickets_only == [
        ("ticket-created", "Where is my order?"),
        ("ticket-updated", "Where is my order?"),
        ("ticket-updated", "Lost parcel"),
        ("ticket-subject-updated", "Lost parcel"),
        ("ticket-deleted", "Lost parcel"),
    ]


def test_what_changed_just_before_the_end_is_told_by_the_end(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting("api"):
        tickets.set_priority(desk.ticket(number), "high", by=desk.by_ana)
        tickets.close(desk.ticket(number), by=desk.by_ana)
        tickets.erase(desk.ticket(number), by=desk.by_ana)
    assert trail.types == ["ticket-closed", "ticket-deleted"]
    assert trail["ticket-deleted"].changes[f"Ticket:{number}"]["priority"] == ["normal", None]


def test_born_and_deleted_in_one_action_leaves_its_events_and_no_row(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting("api"):
        opening = tickets.Opening(customer=desk.carol, subject="Brief", messages=(words(desk),))
        tickets.erase(tickets.create(desk.account, opening, by=desk.by_ana), by=desk.by_ana)
    assert trail.types == ["ticket-created", "ticket-message-created", "ticket-deleted"]


def test_a_new_account_is_told_in_the_golden_order_without_any_update(engine: Engine) -> None:
    session = open_session(engine)
    desk = open_desk(session)
    first = [event for event in desk.events_after() if event.context == desk.events_after()[0].context]
    assert [event.type for event in first] == [
        "customer-created",
        "ticket-created",
        "ticket-message-created",
        "user-created",
        "account-created",
    ]
    assert {event.user_id for event in first} == {None}
    assert {event.account_id for event in first} == {desk.account_id}
    session.close()


def test_a_fact_changes_nothing_and_is_written_all_the_same(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        people.log_in(desk.ana)
        people.log_in(desk.ana)
    assert trail.types == ["user-logged-in", "user-logged-in"]
    assert trail.events[0].changes is None


def test_an_action_that_does_nothing_writes_nothing(desk: Desk) -> None:
    with desk.watched() as trail:
        with desk.acting():
            pass
        with desk.acting():
            desk.ticket(1)
    assert trail.types == []


def test_a_refused_verb_leaves_nothing(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, failing(Refused, desk.acting()):
        tickets.close(desk.ticket(number), by=desk.by_ana)
        tickets.snooze(desk.ticket(number), desk.now() - timedelta(days=1), by=desk.by_ana)
    assert trail.types == []
    assert desk.ticket(number).status == "open"


# ---- Savepoints


def test_a_savepoint_rolled_back_takes_its_changes_and_events_along(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        tickets.set_priority(ticket, "high", by=desk.by_ana)
        savepoint = desk.session.begin_nested()
        tickets.close(ticket, by=desk.by_ana)
        tags.put_on(ticket, ["gone"], by=desk.by_ana)
        savepoint.rollback()
        tickets.set_subject(ticket, "After all", by=desk.by_ana)
    assert trail.types == ["ticket-updated", "ticket-subject-updated"]
    assert trail["ticket-updated"].changes[f"Ticket:{number}"]["priority"] == ["normal", "high"]
    assert (desk.ticket(number).status, desk.ticket(number).tags) == ("open", [])


def test_a_savepoint_kept_is_told_with_the_rest_and_sealed_once(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        with desk.session.begin_nested():
            tickets.close(ticket, by=desk.by_ana)
            assert "sealed" not in desk.session.info
        with desk.session.begin_nested(), desk.session.begin_nested():
            tickets.set_subject(ticket, "Deep down", by=desk.by_ana)
    assert trail.types == ["ticket-updated", "ticket-closed", "ticket-subject-updated"]


def test_an_inner_savepoint_goes_with_the_outer_one(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        outer = desk.session.begin_nested()
        with desk.session.begin_nested():
            tickets.close(ticket, by=desk.by_ana)
        outer.rollback()
    assert trail.types == []


def test_a_flush_that_fails_in_a_savepoint_costs_only_what_the_savepoint_held(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        tags.create(desk.account, "taken", by=desk.by_ana)
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        tickets.close(ticket, by=desk.by_ana)
        with failing(IntegrityError, desk.session.begin_nested()):
            tickets.set_subject(ticket, "Lost", by=desk.by_ana)
            desk.session.add(Tag(account_id=desk.account_id, name="taken", created_datetime=desk.now()))
            desk.session.flush()
        tickets.set_priority(ticket, "low", by=desk.by_ana)
    assert trail.types == ["ticket-updated", "ticket-closed"]


@pytest.mark.parametrize("end", ["rollback", "close"])
def test_everything_can_be_given_up_from_within_a_savepoint(desk: Desk, end: str) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail:
        begin(desk.session, desk.account_id, source="web")
        tickets.close(desk.ticket(number), by=desk.by_ana)
        desk.session.begin_nested()
        desk.session.begin_nested()
        tickets.reopen(desk.ticket(number), by=desk.by_ana)
        getattr(desk.session, end)()
        with desk.acting():
            tickets.set_subject(desk.ticket(number), "Another day", by=desk.by_ana)
    assert trail.types == ["ticket-updated", "ticket-subject-updated"]


def test_an_unrecorded_change_does_not_slip_through_a_savepoint(desk: Desk) -> None:
    number = desk.a_ticket().id
    with pytest.raises(UnrecordedChange, match="spam"), desk.acting(), desk.session.begin_nested():
        desk.ticket(number).spam = True


def test_what_was_sealed_in_a_savepoint_and_rolled_back_is_not_announced(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, desk.acting():
        savepoint = desk.session.begin_nested()
        tickets.close(desk.ticket(number), by=desk.by_ana)
        assert len(seal(desk.session)) == 2
        savepoint.rollback()
        people.log_in(desk.ana)
    assert trail.types == ["user-logged-in"]
    assert [type_ for _, type_ in sealed_since(desk.session)] == ["user-logged-in"]


# ---- Sealing


def test_two_actions_in_one_transaction_keep_their_own_times_and_chains(desk: Desk) -> None:
    number, start = desk.a_ticket().id, desk.now()
    with desk.watched() as trail:
        begin(desk.session, desk.account_id, source="automation", at=start + timedelta(minutes=1))
        tickets.close(desk.ticket(number), by=desk.by_ana)
        first = seal(desk.session)
        begin(desk.session, desk.account_id, source="web", at=start + timedelta(minutes=5))
        tickets.reopen(desk.ticket(number), by=desk.by_ben)
        second = seal(desk.session)
        desk.session.commit()
    assert [event.id for event in trail.events] == first + second
    assert len(trail.contexts) == 2
    assert [event.created_datetime - start for event in trail.events] == [
        *[timedelta(minutes=1)] * 2,
        *[timedelta(minutes=5)] * 2,
    ]
    assert [event.source for event in trail.events] == ["automation", "automation", "web", "web"]
    assert trail.types.count("ticket-updated") == 2


def test_sealing_nothing_is_nothing(desk: Desk) -> None:
    begin(desk.session, desk.account_id, source="web")
    assert seal(desk.session) == seal(desk.session) == []
    desk.session.rollback()


def test_a_commit_that_fails_leaves_nothing_and_the_next_one_works(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, failing(UnrecordedChange, desk.acting()):
        tickets.close(desk.ticket(number), by=desk.by_ana)
        desk.ticket(number).spam = True
    assert trail.types == []
    with desk.watched() as trail, desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
    assert trail.types == ["ticket-updated", "ticket-closed"]


def test_a_commit_that_the_database_refuses_leaves_nothing(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.watched() as trail, failing(IntegrityError, desk.acting()):
        tickets.close(desk.ticket(number), by=desk.by_ana)
        desk.session.add(
            User(
                account_id=desk.account_id,
                email="ANA@demo.example",
                name="Another Ana",
                role=Role.LITE,
                created_datetime=desk.now(),
                updated_datetime=desk.now(),
            )
        )
    assert trail.types == []
    assert desk.ticket(number).status == "open"


def test_only_this_actions_events_are_announced(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        tickets.snooze(desk.ticket(number), desk.now() + timedelta(hours=1), by=desk.by_ana)
    desk.move_clock(timedelta(hours=2))
    with desk.acting():  # the snooze ends before
        people.log_in(desk.ana)
    assert [type_ for _, type_ in sealed_since(desk.session)] == [str(USER_LOGGED_IN)]
    assert sealed_since(desk.session) == []
