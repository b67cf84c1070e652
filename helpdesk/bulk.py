"""One verb done to many tickets: one chain, the ordinary events for each, and a word on where it was not done."""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from audit.action import begin, current
from audit.actors import Actor
from audit.ledger import seal, together
from helpdesk import bulk_updates, jobs, leaving, macros, tags, tickets, undoing
from helpdesk.models import Job, Macro, Tag, Team, Ticket, TicketTag, User
from helpdesk.permissions import Action
from helpdesk.refusals import Refused

#: More than these are a job.
AT_ONCE: Final = 100
#: How many tickets one transaction of a job changes: nobody else on the account has to wait for long.
BATCH: Final = 100
JOB: Final = "bulk"
#: All types of jobs that are done here: those of lists, and those that programs ask for by the public API's names.
JOBS: Final = (JOB, "applyMacro", "deleteTicket", "updateTicket")

Chosen = TypeVar("Chosen", User, Team, Macro)

#: A verb with all it needs but the ticket and who acts; answers nothing, or raises Refused before it changes anything.
Verb = Callable[[Ticket, Actor], object]
Maker = Callable[[Session, dict[str, Any]], Verb]


@dataclass(frozen=True)
class Deed:
    """What can be done to many tickets at once."""

    name: str
    title: str  #: "close", as a job is called
    done: str  #: "closed", as in "41 closed"
    already: str  #: "were closed already"
    needs: Action = "update ticket"
    singly: bool = False  #: each ticket is an action of its own in the chain, for it may be refused halfway
    with_tags: bool = False


DEEDS: Final[dict[str, Deed]] = {
    deed.name: deed
    for deed in (
        Deed("close", "close", "closed", "closed already"),
        Deed("reopen", "reopen", "reopened", "open already"),
        Deed("snooze", "snooze", "snoozed", "asleep until then already"),
        Deed("assign", "assign", "assigned", "assigned so already"),
        Deed("unassign", "unassign", "taken from their assignees", "unassigned already"),
        Deed("assign-team", "give to a team", "given to the team", "with the team already"),
        Deed("unassign-team", "take from their teams", "taken from their teams", "without a team already"),
        Deed("tag", "tag", "tagged", "tagged so already", with_tags=True),
        Deed("untag", "untag", "untagged", "without it already", with_tags=True),
        Deed("priority", "set the priority", "given another priority", "of that priority already"),
        Deed("macro", "apply a macro", "changed by the macro", "left as they were by the macro", singly=True),
        Deed("spam", "mark as spam", "marked as spam", "spam already"),
        Deed("not-spam", "take out of spam", "taken out of spam", "no spam anyway"),
        Deed("trash", "move to the trash", "moved to the trash", "in the trash already"),
        Deed("restore", "restore from the trash", "restored from the trash", "not in the trash anyway"),
        Deed("delete", "delete for good", "deleted for good", "", needs="delete", singly=True),
        Deed("undo", "undo", "undone", "as they were already", singly=True),
    )
}
#: What only a job does, for a program that asks for it.
BY_JOB: Final[dict[str, Deed]] = {
    deed.name: deed
    for deed in (
        Deed("macro-close", "apply a macro and close", "changed by the macro and closed", "so already", singly=True),
        Deed("update", "change", "changed", "so already", singly=True),
        Deed("erase", "delete for good", "deleted for good", "", needs="delete", singly=True),  # from any state
    )
}


@dataclass
class Outcome:
    """What came of it, ticket by ticket."""

    done: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)  #: deleted meanwhile, or never there
    refused: list[tuple[int, str]] = field(default_factory=list)
    unsaid: list[int] = field(default_factory=list)  #: to which the macro wrote a reply: to many at once, none is sent

    @property
    def looked_at(self) -> int:
        """How many tickets were meant."""
        return len(self.done) + len(self.unchanged) + len(self.missing) + len(self.refused)


def verb_for(session: Session, deed: Deed, given: dict[str, Any], numbers: Sequence[int] = ()) -> Verb:
    """The verb with what somebody chose for it; raises Refused if that is not there, or not for them.

    `numbers` are the tickets that it will be done to: what is looked up for each is looked up for these.
    """
    return _VERBS[deed.name](session, {**given, "among": numbers})


def do(session: Session, deed: Deed, verb: Verb, numbers: Sequence[int], *, by: Actor) -> Outcome:
    """Do it to these tickets of the session's account, within the caller's action."""
    outcome = Outcome()
    held = _hold(session, deed, numbers)
    outcome.missing = [number for number in numbers if number not in held]
    if deed.singly:
        for number, ticket in held.items():
            _do_singly(session, verb, number, ticket, outcome, by=by)
        return outcome
    # What is asked in between doesn't hang on the tickets before; but a tag made for the first is found for the next.
    with together(session) as told, nullcontext() if deed.with_tags else session.no_autoflush:
        for number, ticket in held.items():
            so_far = len(told)
            try:
                verb(ticket, by)
            except Refused as refusal:
                outcome.refused.append((number, str(refusal)))
            else:
                (outcome.done if len(told) > so_far else outcome.unchanged).append(number)
    return outcome


def sentence(deed: Deed, outcome: Outcome) -> str:
    """ "41 closed, 3 were closed already, 2 refused: …"; each reason once, with how often it was given."""
    parts = [f"{len(outcome.done):,} {deed.done}"] if outcome.done or outcome.looked_at == 0 else []
    if outcome.unchanged:
        were = "was" if len(outcome.unchanged) == 1 else "were"
        parts.append(f"{len(outcome.unchanged):,} {were} {deed.already}")
    if outcome.missing:
        parts.append(f"{len(outcome.missing):,} not there any more")
    if outcome.refused:
        parts.append(f"{len(outcome.refused):,} refused")
    said = ", ".join(parts)
    return said[:1].upper() + said[1:]


def reasons(outcome: Outcome) -> list[str]:
    """What was held back, and why it was not done, the most frequent reason first."""
    counted = Counter(why for _, why in outcome.refused)
    unsaid = ["The reply that the macro writes was sent to nobody: to many at once, none is."] if outcome.unsaid else []
    return [*unsaid, *(f"{count:,} × {why}" if count > 1 else why for why, count in counted.most_common())]


def step(session: Session, job: Job) -> bool:
    """The next tickets of a bulk that is too large for one request."""
    with jobs.working(session, job) as held:
        deed, numbers = (DEEDS | BY_JOB)[held.params["deed"]], held.params["tickets"]
        place = jobs.progress(held).done
        batch, outcome = numbers[place : place + BATCH], Outcome()
        try:
            verb = verb_for(session, deed, held.params["given"], batch)
        except Refused as refusal:  # what was chosen has gone meanwhile
            batch = numbers[place:]
            outcome.refused = [(number, str(refusal)) for number in batch]
        else:
            outcome = do(session, deed, verb, batch, by=jobs.actor(held))
        counted = {
            name: (held.info or {}).get(name, 0) + len(found)
            for name, found in (
                ("changed", outcome.done),
                ("unchanged", outcome.unchanged),
                ("missing", outcome.missing),
                ("replies_not_sent", outcome.unsaid),
            )
            if found or name != "replies_not_sent"
        }
        jobs.advance(held, len(batch), outcome.refused, **counted)
        return place + len(batch) < len(numbers)


def _hold(session: Session, deed: Deed, numbers: Sequence[int]) -> dict[int, Ticket]:
    wanted = select(Ticket).where(Ticket.id.in_(numbers), Ticket.account_id == session.info["account_id"])
    if deed.with_tags:
        wanted = wanted.options(selectinload(Ticket.tag_links).joinedload(TicketTag.tag))
    # In one order, so that two who do something to many tickets don't wait in a circle.
    found = session.scalars(wanted.order_by(Ticket.id).with_for_update().execution_options(populate_existing=True))
    held = {ticket.id: ticket for ticket in found}
    return {number: held[number] for number in dict.fromkeys(numbers) if number in held}


def _do_singly(session: Session, verb: Verb, number: int, ticket: Ticket, outcome: Outcome, *, by: Actor) -> None:
    action = current(session)
    assert action.account_id is not None
    begin(session, action.account_id, source=action.source, at=action.at, context=action.context)
    try:
        with session.begin_nested():
            answer = verb(ticket, by)
            written = seal(session)
    except Refused as refusal:
        outcome.refused.append((number, str(refusal)))
        return
    (outcome.done if written else outcome.unchanged).append(number)
    if isinstance(answer, macros.Reply):
        outcome.unsaid.append(number)


# ---- The verbs, each with what was chosen for it


def _plain(verb: Callable[..., object]) -> Maker:
    return lambda _session, _given: lambda ticket, by: verb(ticket, by=by)


def _snooze(_session: Session, given: dict[str, Any]) -> Verb:
    until = datetime.fromisoformat(given["until"])
    return lambda ticket, by: tickets.snooze(ticket, until, by=by)


def _assign(session: Session, given: dict[str, Any]) -> Verb:
    user = _chosen(session, User, given, "user_id", "team member")
    return lambda ticket, by: tickets.assign(ticket, user, by=by)


def _assign_team(session: Session, given: dict[str, Any]) -> Verb:
    team = _chosen(session, Team, given, "team_id", "team")
    return lambda ticket, by: tickets.assign_team(ticket, team, by=by)


def _tag(session: Session, given: dict[str, Any]) -> Verb:
    names = [str(name) for name in given["names"]]
    for tag in session.scalars(select(Tag).where(Tag.account_id == session.info["account_id"], Tag.name.in_(names))):
        leaving.refuse_new(tag)  # for all tickets or none: of several tags, none is put on alone
    return lambda ticket, by: tags.put_on(ticket, names, by=by)


def _untag(_session: Session, given: dict[str, Any]) -> Verb:
    names = [str(name) for name in given["names"]]
    return lambda ticket, by: tags.take_off(ticket, names, by=by)


def _priority(_session: Session, given: dict[str, Any]) -> Verb:
    return lambda ticket, by: tickets.set_priority(ticket, given["priority"], by=by)


def _macro(session: Session, given: dict[str, Any]) -> Verb:
    macro = _chosen(session, Macro, given, "macro_id", "macro")
    return lambda ticket, by: macros.apply(macro, ticket, by=by)


def _undo(session: Session, given: dict[str, Any]) -> Verb:
    found = undoing.steps(session, uuid.UUID(given["context"]), given["user_id"], given["among"])
    done = {step.ticket_id: step for step in found}
    return lambda ticket, by: undoing.undo(ticket, done[ticket.id], by=by)


_VERBS: Final[dict[str, Maker]] = {
    "close": _plain(tickets.close),
    "reopen": _plain(tickets.reopen),
    "snooze": _snooze,
    "assign": _assign,
    "unassign": _plain(tickets.unassign),
    "assign-team": _assign_team,
    "unassign-team": _plain(tickets.unassign_team),
    "tag": _tag,
    "untag": _untag,
    "priority": _priority,
    "macro": _macro,
    "spam": _plain(tickets.mark_spam),
    "not-spam": _plain(tickets.unmark_spam),
    "trash": _plain(tickets.trash),
    "restore": _plain(tickets.untrash),
    "delete": _plain(tickets.delete),
    "undo": _undo,
    "macro-close": bulk_updates.macro_and_close,
    "update": bulk_updates.all_of,
    "erase": _plain(tickets.erase),
}


def _chosen(session: Session, model: type[Chosen], given: dict[str, Any], name: str, what: str) -> Chosen:
    number = given.get(name)
    found = session.get(model, number) if isinstance(number, int) and 0 < number < 2**63 else None
    if found is None:
        raise Refused(f"Choose a {what} of this account. Nothing was changed.", name)
    return found
