"""The verbs of a ticket's life: opened, closed, snoozed, assigned, tagged, marked as spam, trashed, deleted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from audit.action import now
from audit.actors import Actor
from audit.ledger import record, touch
from helpdesk import languages, leaving, outbox, surveys, tags, thread
from helpdesk.drafts import Draft
from helpdesk.events import (
    TICKET_ASSIGNED,
    TICKET_CLOSED,
    TICKET_CREATED,
    TICKET_CUSTOMER_UPDATED,
    TICKET_DELETED,
    TICKET_MARKED_SPAM,
    TICKET_MESSAGE_CREATED,
    TICKET_REOPENED,
    TICKET_SELF_UNSNOOZED,
    TICKET_SNOOZED,
    TICKET_SUBJECT_UPDATED,
    TICKET_TEAM_ASSIGNED,
    TICKET_TEAM_UNASSIGNED,
    TICKET_TRASHED,
    TICKET_UNASSIGNED,
    TICKET_UNMARKED_SPAM,
    TICKET_UNTRASHED,
    TICKET_UPDATED,
)
from helpdesk.models import Account, Customer, Team, Ticket, User
from helpdesk.refusals import Refused, blaming
from helpdesk.sessions import session_of

LONGEST_SUBJECT: Final = 998  # a header line of RFC 5322
LONGEST_SNOOZE: Final = timedelta(days=5 * 366)
PRIORITIES: Final = ("critical", "high", "normal", "low")


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a ticket is born with; who and what follows at once (assignee, team, tags) writes its own events."""

    customer: Customer
    channel: str = "email"
    via: str = "helpdesk"
    subject: str | None = None
    status: str = "open"
    priority: str = "normal"
    language: str | None = None
    spam: bool = False
    from_agent: bool = False
    external_id: str | None = None
    meta: dict[str, Any] | None = None
    created_datetime: datetime | None = None  #: in another desk, from where it comes
    opened_datetime: datetime | None = None
    closed_datetime: datetime | None = None
    snooze_datetime: datetime | None = None
    trashed_datetime: datetime | None = None
    messages: tuple[Draft, ...] = ()
    assignee: User | None = None
    team: Team | None = None
    tags: tuple[str, ...] = field(default=())
    tag_colors: Mapping[str, str | None] = field(default_factory=dict)  #: of those that are made by this


def create(account: Account, opening: Opening, *, by: Actor) -> Ticket:
    """Open a ticket, with its first messages."""
    session, at = session_of(account), now(session_of(account))
    ticket = Ticket(
        account_id=account.id,
        customer_id=opening.customer.id,
        customer=opening.customer,  # known already: or it would be read again
        channel=opening.channel,
        via=opening.via,
        subject=_tidy_subject(opening.subject),
        priority=_known_priority(opening.priority),
        language=_known_language(opening.language),
        spam=opening.spam,
        from_agent=opening.from_agent,
        external_id=opening.external_id,
        meta=opening.meta,
        created_datetime=opening.created_datetime or at,
        updated_datetime=at,
        **_life(opening, at),
        messages=[],  # or it would be asked which there are
        tag_links=[],
    )
    session.add(ticket)
    said = [thread.write(ticket, draft, by=by) for draft in opening.messages]
    record(TICKET_CREATED, ticket, by=by)  # with all that is said in it: then one flush is enough for both
    for message in said:
        record(TICKET_MESSAGE_CREATED, message, by=by)
        outbox.queue_reply(message)
    if opening.assignee is not None:
        assign(ticket, opening.assignee, by=by)
    if opening.team is not None:
        assign_team(ticket, opening.team, by=by)
    if opening.tags:
        with blaming("tags"):
            tags.put_on(ticket, opening.tags, colors=opening.tag_colors, by=by)
    return ticket


def close(ticket: Ticket, *, at: datetime | None = None, by: Actor) -> None:
    """Close it for good, also a snoozed one, which then won't come back by itself; `at` is given of one that was
    closed elsewhere, earlier."""
    _refuse_future(at, _now(ticket))
    if not ticket.is_open and not ticket.is_snoozed:
        if at is not None and at != ticket.closed_datetime:
            raise Refused("The ticket is closed already, and when it was closed stays. Open it first to close it anew.")
        return
    ticket.status = "closed"
    ticket.closed_datetime = at or _now(ticket)
    ticket.snooze_datetime = None
    record(TICKET_CLOSED, ticket, by=by)
    surveys.consider(ticket)


def reopen(ticket: Ticket, *, by: Actor) -> None:
    """Open it again; ending a snooze by hand is this, too."""
    if ticket.is_open:
        return
    _open(ticket)
    record(TICKET_REOPENED, ticket, by=by)


def snooze(ticket: Ticket, until: datetime, *, by: Actor) -> None:
    """Hide the ticket until then; it comes back by itself."""
    if ticket.snooze_datetime == until:
        return
    if until <= _now(ticket):
        raise Refused("A ticket can only be snoozed until a time that is still to come.")
    if until > _now(ticket) + LONGEST_SNOOZE:
        raise Refused("A ticket can be snoozed for five years at most.")
    ticket.status = "closed"
    ticket.closed_datetime = None
    ticket.snooze_datetime = until
    record(TICKET_SNOOZED, ticket, by=by)


def wake(ticket: Ticket, *, by: Actor) -> None:
    """Bring a snoozed ticket back because its time has come."""
    if not ticket.is_snoozed:
        return
    _open(ticket)
    record(TICKET_SELF_UNSNOOZED, ticket, by=by)


def assign(ticket: Ticket, user: User, *, by: Actor) -> None:
    """Give it to a team member; from one to another is one event."""
    if ticket.assignee_user_id == user.id:
        return
    if not user.active:
        raise Refused(f"{user.name} can't be given tickets: the account of this team member is not active.")
    leaving.refuse_new(user)
    ticket.assignee_user_id = user.id
    record(TICKET_ASSIGNED, ticket, by=by, data={"assignee_user_id": user.id})


def unassign(ticket: Ticket, *, by: Actor) -> None:
    """Take it from whoever has it."""
    if ticket.assignee_user_id is None:
        return
    ticket.assignee_user_id = None
    record(TICKET_UNASSIGNED, ticket, by=by)


def assign_team(ticket: Ticket, team: Team, *, by: Actor) -> None:
    """Give it to a team; `ticket-assigned` stands beside, as in the original."""
    if ticket.assignee_team_id == team.id:
        return
    leaving.refuse_new(team)
    ticket.assignee_team_id = team.id
    record(TICKET_ASSIGNED, ticket, by=by, data={"assignee_user_id": None})
    record(TICKET_TEAM_ASSIGNED, ticket, by=by, data={"assignee_team_id": team.id})


def unassign_team(ticket: Ticket, *, by: Actor) -> None:
    """Take it from its team."""
    if ticket.assignee_team_id is None:
        return
    ticket.assignee_team_id = None
    record(TICKET_TEAM_UNASSIGNED, ticket, by=by)


def set_subject(ticket: Ticket, subject: str | None, *, by: Actor) -> None:
    """Give it another subject, or none."""
    before, after = ticket.subject, _tidy_subject(subject)
    if before == after:
        return
    ticket.subject = after
    record(TICKET_SUBJECT_UPDATED, ticket, by=by, data={"old_subject": before, "new_subject": after})


def swap_customer(ticket: Ticket, customer: Customer, *, by: Actor) -> None:
    """Say that it is somebody else's."""
    if ticket.customer_id == customer.id:
        return
    leaving.refuse_new(customer)
    ticket.customer_id = customer.id
    session_of(ticket).expire(ticket, ["customer"])
    record(TICKET_CUSTOMER_UPDATED, ticket, by=by)


def set_priority(ticket: Ticket, priority: str, *, by: Actor) -> None:
    """Say how urgent it is: critical, high, normal or low."""
    if ticket.priority == _known_priority(priority):
        return
    ticket.priority = priority
    record(TICKET_UPDATED, ticket, by=by)


def set_language(ticket: Ticket, language: str | None, *, by: Actor) -> None:
    """Say in which language (ISO 639-1) the customer writes."""
    known = languages.known(language)
    if ticket.language == known:
        return
    ticket.language = known
    record(TICKET_UPDATED, ticket, by=by)


def exclude_from_surveys(ticket: Ticket, *, by: Actor) -> None:
    """Say that its customer is never asked how it was."""
    if ticket.excluded_from_csat:
        return
    ticket.excluded_from_csat = True
    record(TICKET_UPDATED, ticket, by=by)


def exclude_from_merging(ticket: Ticket, *, by: Actor) -> None:
    """Say that the desk never merges it by itself."""
    if ticket.excluded_from_auto_merge:
        return
    ticket.excluded_from_auto_merge = True
    record(TICKET_UPDATED, ticket, by=by)


#: What `set_facts` may change.
FACTS: Final = frozenset(
    {"channel", "external_id", "meta", "opened_datetime", "last_message_datetime", "last_received_message_datetime"}
    | {"updated_datetime"}
)


def set_facts(ticket: Ticket, facts: Mapping[str, Any], *, by: Actor) -> None:
    """Say what another system knows of it: its number there, its channel, when it was opened."""
    unknown = facts.keys() - FACTS
    if unknown:
        raise Refused(f"A ticket's {', '.join(sorted(unknown))} stays as it is.")
    different = {name: value for name, value in facts.items() if getattr(ticket, name) != value}
    if not different:
        return
    for value in different.values():
        _refuse_future(value, _now(ticket))
    touch(ticket)  # or the mark of this update would take the place of an `updated_datetime` that is given
    for name, value in different.items():
        setattr(ticket, name, value)
    record(TICKET_UPDATED, ticket, by=by)


def mark_spam(ticket: Ticket, *, by: Actor) -> None:
    """Move it to the Spam view; its status stays."""
    if ticket.spam:
        return
    ticket.spam = True
    record(TICKET_MARKED_SPAM, ticket, by=by)


def unmark_spam(ticket: Ticket, *, by: Actor) -> None:
    """Move it back from the Spam view."""
    if not ticket.spam:
        return
    ticket.spam = False
    record(TICKET_UNMARKED_SPAM, ticket, by=by)


def trash(ticket: Ticket, *, by: Actor) -> None:
    """Move it to the Trash view, from where it can come back until the trash is emptied."""
    if ticket.is_trashed:
        return
    ticket.trashed_datetime = _now(ticket)
    record(TICKET_TRASHED, ticket, by=by)


def untrash(ticket: Ticket, *, by: Actor) -> None:
    """Take it out of the trash."""
    if not ticket.is_trashed:
        return
    ticket.trashed_datetime = None
    record(TICKET_UNTRASHED, ticket, by=by)


def delete(ticket: Ticket, *, by: Actor) -> None:
    """Delete it for good, from the trash only: what a person does by hand."""
    if not ticket.is_trashed:
        raise Refused("Only a ticket in the trash can be deleted for good. Move it to the trash first.")
    erase(ticket, by=by)


def erase(ticket: Ticket, *, by: Actor) -> None:
    """Delete it for good from any state: what the API and a merge do."""
    forgotten = surveys.forget(ticket)
    session_of(ticket).delete(ticket)
    record(TICKET_DELETED, ticket, by=by, along=forgotten)


def _life(opening: Opening, at: datetime) -> dict[str, Any]:
    """Where in its life a ticket is born: open, closed, asleep, in the trash."""
    asleep = opening.snooze_datetime
    if asleep is not None and not at < asleep <= at + LONGEST_SNOOZE:
        raise Refused(
            "A ticket can only be snoozed until a time that is still to come, five years ahead at most.",
            "snooze_datetime",
        )
    if opening.created_datetime is not None and opening.created_datetime > at:
        raise Refused("A ticket can't have been created at a time that is still to come.", "created_datetime")
    closed = opening.closed_datetime or (at if opening.status == "closed" else None)
    return {
        "status": "closed" if asleep or closed else "open",
        "opened_datetime": opening.opened_datetime,
        "closed_datetime": None if asleep else closed,
        "snooze_datetime": asleep,
        "trashed_datetime": at if opening.trashed_datetime else None,  # as by PUT: else its days there would be over
    }


def _open(ticket: Ticket) -> None:
    ticket.status = "open"
    ticket.closed_datetime = None
    ticket.snooze_datetime = None


def _refuse_future(at: Any, present: datetime) -> None:
    if isinstance(at, datetime) and at > present:
        raise Refused("What happened to a ticket can't have happened at a time that is still to come.")


def _now(ticket: Ticket) -> datetime:
    return now(session_of(ticket))


def _tidy_subject(subject: str | None) -> str | None:
    tidy = " ".join((subject or "").split())
    if len(tidy) > LONGEST_SUBJECT:
        raise Refused(f"A subject has at most {LONGEST_SUBJECT} characters; this one has {len(tidy)}.")
    return tidy or None


def _known_language(language: str | None) -> str | None:
    with blaming("language"):
        return languages.known(language)


def _known_priority(priority: str) -> str:
    if priority not in PRIORITIES:
        raise Refused(f"There is no priority {priority!r}: it is one of {', '.join(PRIORITIES)}.")
    return priority
