"""Every state of a ticket and every verb: what the verb then writes, asked of the verb itself."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any, Final

from audit.action import begin
from audit.ledger import seal, sealed_since
from automation.timers import SNOOZE_TIMER
from helpdesk import merging, messages, tags, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Ticket
from helpdesk.refusals import Refused
from seeds.stage import Stage

#: Where the table is kept.
FILE: Final = files("seeds") / "content" / "ticket_states.json"

STATUSES: Final = ("open", "closed", "snoozed")
PLACES: Final = ("inbox", "spam", "trash", "spam and trash")


@dataclass(frozen=True)
class State:
    """How a ticket stands: its status, and the marks beside it."""

    status: str
    place: str

    def __str__(self) -> str:
        return self.status if self.place == "inbox" else f"{self.status}, in {self.place}"


STATES: Final = tuple(State(status, place) for status in STATUSES for place in PLACES)

#: What a verb does from a state: the events it writes, in order; nothing; or the sentence with which it refuses.
Outcome = tuple[str, ...] | str
Table = Mapping[str, Mapping[str, Outcome]]


LATER: Final = timedelta(hours=5)
FACTS: Final = {"external_id": "A-1"}


def _said(stage: Stage, *, public: bool = True) -> Draft:
    return Draft(sender=stage.ana, body_text="It left our warehouse this morning.", public=public)


def _asked(stage: Stage) -> Draft:
    return Draft(sender=stage.carol, body_text="Any news?")


def _merge(stage: Stage, source: Ticket, into: Ticket) -> None:
    merging.merge(source, into, subject=into.subject, customer=stage.carol, assignee=None, by=stage.by_ana)


def _other(stage: Stage, ticket: Ticket) -> Ticket:
    numbers: list[int] = stage.session.info["tickets"]
    return stage.ticket(next(number for number in numbers if number != ticket.id))


#: What can be done to a ticket: the verb's name, how people say it, and how it is called.
VERBS: Final[Mapping[str, tuple[str, Callable[[Stage, Ticket], object]]]] = {
    "close": ("Close it", lambda s, t: tickets.close(t, by=s.by_ana)),
    "reopen": ("Reopen it", lambda s, t: tickets.reopen(t, by=s.by_ana)),
    "snooze": ("Snooze it, or move its date", lambda s, t: tickets.snooze(t, s.now() + LATER, by=s.by_ana)),
    "wake": ("Its snooze date comes", lambda s, t: tickets.wake(t, by=SNOOZE_TIMER)),
    "receive": ("The customer writes", lambda s, t: messages.receive(t, _asked(s), by=s.by_carol)),
    "reply": ("An agent answers in public", lambda s, t: messages.reply(t, _said(s), by=s.by_ana)),
    "note": ("An agent writes an internal note", lambda s, t: messages.note(t, _said(s, public=False), by=s.by_ana)),
    "mark_spam": ("Mark it as spam", lambda s, t: tickets.mark_spam(t, by=s.by_ana)),
    "unmark_spam": ("Say that it is no spam", lambda s, t: tickets.unmark_spam(t, by=s.by_ana)),
    "trash": ("Move it to the trash", lambda s, t: tickets.trash(t, by=s.by_ana)),
    "untrash": ("Take it back from the trash", lambda s, t: tickets.untrash(t, by=s.by_ana)),
    "delete": ("Delete it for good, by hand", lambda s, t: tickets.delete(t, by=s.by_ana)),
    "erase": ("Delete it for good, by API", lambda s, t: tickets.erase(t, by=s.by_ana)),
    "assign": ("Give it to an agent", lambda s, t: tickets.assign(t, s.ana, by=s.by_ana)),
    "unassign": ("Take it from its agent (it has none)", lambda s, t: tickets.unassign(t, by=s.by_ana)),
    "assign_team": ("Give it to a team", lambda s, t: tickets.assign_team(t, s.team, by=s.by_ana)),
    "unassign_team": ("Take it from its team (it has none)", lambda s, t: tickets.unassign_team(t, by=s.by_ana)),
    "set_subject": ("Change its subject", lambda s, t: tickets.set_subject(t, "Order 991 is late", by=s.by_ana)),
    "set_priority": ("Change its priority", lambda s, t: tickets.set_priority(t, "high", by=s.by_ana)),
    "set_language": ("Change its language", lambda s, t: tickets.set_language(t, "de", by=s.by_ana)),
    "set_facts": ("Give it a number of another system", lambda s, t: tickets.set_facts(t, FACTS, by=s.by_ana)),
    "exclude_from_surveys": ("Exclude it from surveys", lambda s, t: tickets.exclude_from_surveys(t, by=s.by_ana)),
    "exclude_from_merging": ("Exclude it from merging", lambda s, t: tickets.exclude_from_merging(t, by=s.by_ana)),
    "swap_customer": ("Keep the customer it has", lambda s, t: tickets.swap_customer(t, s.carol, by=s.by_ana)),
    "put_on": ("Put a tag on it", lambda s, t: tags.put_on(t, ["refund"], by=s.by_ana)),
    "take_off": ("Take a tag off (it has none)", lambda s, t: tags.take_off(t, ["refund"], by=s.by_ana)),
    "set_on": ("Replace its tags", lambda s, t: tags.set_on(t, ["refund"], by=s.by_ana)),
    "summarise": ("Sum it up", lambda s, t: messages.summarise(t, "Wants her parcel.", by=s.by_ana)),
    "merge_into": ("Take in another ticket", lambda s, t: _merge(s, _other(s, t), t)),
    "merge_away": ("Be absorbed by another ticket", lambda s, t: _merge(s, t, _other(s, t))),
}  # fmt: skip


def ask_the_verbs(stage: Stage) -> Table:
    """Do every verb to a ticket in every state, and undo it: what would have been written."""
    numbers = {state: _ticket(stage, state) for state in STATES}
    stage.session.info["tickets"] = [stage.a_ticket("Another one").id, stage.a_ticket("And another").id]
    with stage.acting():  # so that no verb has to make it first
        tags.create(stage.account, "refund", by=stage.by_ana)
    return {
        name: {str(state): _outcome(stage, act, numbers[state]) for state in STATES} for name, (_, act) in VERBS.items()
    }


def _ticket(stage: Stage, state: State) -> int:
    number = stage.a_ticket().id
    with stage.acting():
        ticket = stage.ticket(number)
        if state.status == "closed":
            tickets.close(ticket, by=stage.by_ana)
        elif state.status == "snoozed":
            tickets.snooze(ticket, stage.now() + timedelta(hours=1), by=stage.by_ana)
        if "spam" in state.place:
            tickets.mark_spam(ticket, by=stage.by_ana)
        if "trash" in state.place:
            tickets.trash(ticket, by=stage.by_ana)
    return number


def _outcome(stage: Stage, act: Callable[[Stage, Ticket], object], number: int) -> Outcome:
    begin(stage.session, stage.account_id, source="web")
    try:
        act(stage, stage.ticket(number))
        seal(stage.session)
        return tuple(name for _, name in sealed_since(stage.session))
    except Refused as refusal:
        return str(refusal)
    finally:
        stage.session.rollback()


@cache
def table() -> Table:
    """The table as it was last written down; a test holds it against the verbs."""
    kept: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        verb: {state: found if isinstance(found, str) else tuple(found) for state, found in row.items()}
        for verb, row in kept.items()
    }


@dataclass(frozen=True)
class Cell:
    """States beside one another in which a verb does the same."""

    span: int
    status: str
    outcome: Outcome

    @property
    def refusal(self) -> str:
        """The sentence, if it is refused."""
        return self.outcome if isinstance(self.outcome, str) else ""


def rows() -> Iterator[tuple[str, list[Cell]]]:
    """The table for people: the verb in words, and what it does, states that don't differ put together."""
    for verb, found in table().items():
        yield VERBS[verb][0], [cell for status in STATUSES for cell in _cells(status, found)]


def _cells(status: str, found: Mapping[str, Outcome]) -> Iterator[Cell]:
    outcomes: Iterable[Outcome] = [found[str(State(status, place))] for place in PLACES]
    for outcome, same in groupby(outcomes):
        yield Cell(len(list(same)), status, outcome)


def as_text(found: Table) -> str:
    """What the file holds."""
    lines = []
    for verb, row in found.items():
        cells = [f"    {json.dumps(state)}: {json.dumps(outcome)}" for state, outcome in row.items()]
        lines.append(f"  {json.dumps(verb)}: {{\n" + ",\n".join(cells) + "\n  }")
    return "{\n" + ",\n".join(lines) + "\n}\n"
