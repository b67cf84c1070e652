"""How a body becomes verbs: a ticket's birth, and its changes in the order in which they were sent."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from flask import g
from sqlalchemy.orm import Session

from audit.rest.problems import Problem
from helpdesk import fields, life, marks, tags, tickets
from helpdesk.api import drafting
from helpdesk.api.acting import account, me, named
from helpdesk.api.drafting import draft_of
from helpdesk.api.message_shapes import NewMessage
from helpdesk.api.persons import (
    CustomerRef,
    PersonRef,
    TeamRef,
    UserRef,
    assigned_team,
    assignee,
    customer_of,
    edit_nested,
    introduced,
    meant,
)
from helpdesk.api.ticket_shapes import FieldValue, NewTicket, TagRef, TicketChange
from helpdesk.drafts import Draft
from helpdesk.models import Customer, CustomField, Tag, Ticket
from helpdesk.refusals import blaming

FAILED: Final = "Failed to create ticket"
UPDATING: Final = "Failed to update ticket"

#: What is given at birth as it stands.
_BORN_WITH: Final = (
    "subject", "status", "priority", "external_id", "meta", "language",
    "created_datetime", "opened_datetime", "closed_datetime", "snooze_datetime", "trashed_datetime",
)  # fmt: skip
#: What follows from the messages and from what is done, unless a program that brings it from elsewhere says so.
_LAST: Final = ("updated_datetime", "last_message_datetime", "last_received_message_datetime")


def open_ticket(session: Session, body: NewTicket) -> Ticket:
    """Open a ticket as the key's user."""
    home = account(session)  # held on to, so that it is read once
    customer, first = _whose(session, body), body.messages[0]
    named_tags = _tags(session, body.tags or [], FAILED)
    opening = tickets.Opening(
        **{
            **{name: getattr(body, name) for name in _BORN_WITH},
            "subject": body.subject if body.was_sent("subject") else first.subject,
        },
        customer=customer,
        channel=body.channel if body.was_sent("channel") and body.channel else first.channel,
        via=body.via or "api",
        from_agent=first.from_agent if body.from_agent is None else body.from_agent,
        spam=bool(body.spam),
        messages=_drafts(session, body.messages, customer),
        assignee=assignee(session, body.assignee_user, "assignee_user", FAILED),
        team=assigned_team(session, body.assignee_team, "assignee_team", FAILED),
        tags=tuple(named_tags),
        tag_colors=named_tags,
    )
    ticket = tickets.create(home, opening, by=me())
    for value in body.custom_fields or []:
        set_value(session, ticket, value, FAILED)
    elsewhere = {name: at for name in _LAST if (at := getattr(body, name)) is not None}
    if elsewhere:
        tickets.set_facts(ticket, elsewhere, by=me())
    return ticket


def _drafts(session: Session, said: Sequence[NewMessage], customer: Customer) -> tuple[Draft, ...]:
    drafts = []
    for place, message in enumerate(said):
        try:
            drafts.append(draft_of(session, message, customer, FAILED))
        except Problem as problem:
            found = {f"messages.{place}.{field}": words for field, words in (problem.data or {}).items()}
            raise Problem(problem.status, str(problem), found) from problem
    return tuple(drafts)


def change(session: Session, ticket: Ticket, body: TicketChange) -> None:
    """Do to the ticket what was sent, one after the other."""
    as_shown = ticket.updated_datetime
    said = {name: value for name, value in body.sent() if name in life.WORDS}
    moving = life.first_new(ticket, said)
    for name, value in body.sent():
        if name == moving:
            life.bring(ticket, said, by=me())
        if name not in _CHANGES or (name == "updated_datetime" and value in (None, as_shown)):
            continue
        with blaming(name):
            _CHANGES[name](session, ticket, value)


def set_value(session: Session, thing: Ticket | Customer, value: FieldValue, failed: str) -> None:
    """Give a custom field this value."""
    field = _one(session, CustomField, value.id, "custom_fields", failed)
    with blaming("custom_fields"):
        fields.set_value(thing, field, value.value, by=me())


def replace_values(session: Session, ticket: Ticket, given: Iterable[FieldValue], failed: str) -> None:
    """Let it have these values, and no others."""
    wanted = [(_one(session, CustomField, value.id, "custom_fields", failed), value.value) for value in given]
    fields.set_values(ticket, wanted, by=me())


def _whose(session: Session, body: NewTicket) -> Customer:
    if body.customer is not None and (body.customer.id is not None or body.customer.email):
        known = meant(session, body.customer, "customer", FAILED)
        with blaming("customer"):
            if known is not None:
                edit_nested(session, known, body.customer)
            return known or introduced(session, body.customer)
    for message in body.messages:
        ref = _correspondent(message)
        if ref is not None:
            return customer_of(session, ref, "customer", FAILED)
    if not any(drafting.is_public(message) for message in body.messages):
        with blaming("customer"):  # whom it is about is yet to be said
            return introduced(session, body.customer or CustomerRef.model_validate({}))
    raise Problem(400, FAILED, {"customer": ["Missing data for required field."]})


def _correspondent(message: NewMessage) -> PersonRef | None:
    """Whom a message is from or to, if it is no team member."""
    ref = message.receiver if message.from_agent else message.sender
    if ref is not None and (ref.id is not None or ref.email):
        return ref
    source = message.source
    if source is None:
        return None
    for address in source.to if message.from_agent else [source.from_]:
        if address is not None and address.address:
            return PersonRef.model_validate({"email": address.address, "name": address.name})
    return None


def _one(session: Session, model: Any, number: int, field: str, failed: str) -> Any:
    return named(session, model, [number], field, failed)[0]


def _tags(session: Session, refs: Iterable[TagRef], failed: str) -> dict[str, str | None]:
    """The names, each with a colour for a tag that is made by this."""
    found: dict[str, str | None] = {}
    for ref in refs:
        if ref.name is None and ref.id is None:
            raise Problem(400, failed, {"tags": ["A tag needs a name or an id."]})
        name = ref.name or ""
        if ref.id is not None:
            name = _one(session, Tag, ref.id, "tags", failed).name
            if ref.name not in (None, name):
                raise Problem(400, failed, {"tags.name": [f"Tag {ref.id} has another name, which stays as it is."]})
        found[name] = ref.decoration.color if ref.decoration is not None else None
    return found


def _set_tags(session: Session, ticket: Ticket, refs: Iterable[TagRef] | None) -> None:
    wanted = _tags(session, refs or [], UPDATING)
    tags.set_on(ticket, wanted, colors=wanted, by=me())


def _customer(session: Session, ticket: Ticket, ref: PersonRef | None) -> None:
    if ref is None:
        raise Problem(400, UPDATING, {"customer": ["A ticket always has a customer."]})
    known = meant(session, ref, "customer", UPDATING)
    if known is not None:
        edit_nested(session, known, ref)
    tickets.swap_customer(ticket, known or introduced(session, ref), by=me())


def _assign(session: Session, ticket: Ticket, ref: UserRef | None) -> None:
    user = assignee(session, ref, "assignee_user", UPDATING)
    if user is None:
        tickets.unassign(ticket, by=me())
    else:
        tickets.assign(ticket, user, by=me())


def _assign_team(session: Session, ticket: Ticket, ref: TeamRef | None) -> None:
    team = assigned_team(session, ref, "assignee_team", UPDATING)
    if team is None:
        tickets.unassign_team(ticket, by=me())
    else:
        tickets.assign_team(ticket, team, by=me())


def _values(session: Session, ticket: Ticket, given: list[FieldValue] | None) -> None:
    if given is not None:  # so it is shown to whoever did not ask for them
        replace_values(session, ticket, given, UPDATING)


def _spam(_session: Session, ticket: Ticket, spam: bool | None) -> None:
    (tickets.mark_spam if spam else tickets.unmark_spam)(ticket, by=me())


def _trashed(_session: Session, ticket: Ticket, at: Any) -> None:
    (tickets.untrash if at is None else tickets.trash)(ticket, by=me())


def _born(name: str) -> Callable[[Session, Ticket, Any], None]:
    def stays(_session: Session, ticket: Ticket, value: Any) -> None:
        if value is not None and value != getattr(ticket, name):
            raise Problem(
                400,
                UPDATING,
                {name: ["It says how the ticket came, and stays."]},
            )

    return stays


def _fact(name: str) -> Callable[[Session, Ticket, Any], None]:
    return lambda _session, ticket, value: tickets.set_facts(ticket, {name: value}, by=me())


#: What each field of a body means; what is neither here nor of the ticket's life is no history.
_CHANGES: Final[dict[str, Callable[[Session, Ticket, Any], None]]] = {
    "subject": lambda _session, ticket, value: tickets.set_subject(ticket, value, by=me()),
    "priority": lambda _session, ticket, value: tickets.set_priority(ticket, value, by=me()),
    "language": lambda _session, ticket, value: tickets.set_language(ticket, value, by=me()),
    "customer": _customer,
    "assignee_user": _assign,
    "assignee_team": _assign_team,
    "tags": _set_tags,
    "custom_fields": _values,
    "spam": _spam,
    "trashed_datetime": _trashed,
    "via": _born("via"),
    "from_agent": _born("from_agent"),
    "channel": lambda _session, ticket, value: tickets.set_facts(ticket, {"channel": value or ticket.channel}, by=me()),
    **{name: _fact(name) for name in sorted(tickets.FACTS - {"channel"})},
}


def read_or_unread(session: Session, ticket: Ticket, *, is_unread: bool) -> None:
    """Mark it for the key's user; the log never hears of it."""
    if is_unread:
        marks.note_unread(session, g.account.id, g.user.id, [ticket.id])
    else:
        marks.note_read(session, g.account.id, g.user.id, ticket.id, ticket.updated_datetime)
