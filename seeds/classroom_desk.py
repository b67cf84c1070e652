"""Reads classroom.toml and furnishes a trainee's desk with it: a rule, a macro, and tickets that differ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from audit.actors import Actor
from helpdesk import customers, macros, messages, rules, tags, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Ticket, User
from helpdesk.rules import Shape
from seeds.sheets import Sheet, read_sheet
from seeds.stage import Stage
from seeds.words import CONTENT

#: How long an agent takes for a step.
A_STEP: Final = timedelta(minutes=7)


@dataclass(frozen=True, slots=True)
class Step:
    """What an agent did with a ticket."""

    deed: str
    by: str  #: ana or ben
    what: str  #: the text, the tag, or for how many hours


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket: who wrote it how long ago, and what has become of it."""

    ago: timedelta
    name: str
    email: str
    subject: str
    text: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands on every desk."""

    rule: Shape
    macro: str
    actions: list[dict[str, Any]]
    cases: tuple[Case, ...]


@cache
def load_furniture() -> Furniture:
    """What the file says; raises ContentError."""
    sheet = read_sheet(CONTENT, "classroom.toml")
    rule, macro = sheet.sheet("rule"), sheet.sheet("macro")
    found = Furniture(
        Shape(
            name=rule.text("name"),
            description=rule.text("about"),
            code=rule.text("code"),
            event_types=("ticket-message-created",),
        ),
        macro.text("name"),
        [
            {"name": "setResponseText", "arguments": {"body_text": macro.text("text")}},
            {"name": "addTags", "arguments": {"tags": macro.text("tag")}},
        ],
        tuple(_case(each) for each in sheet.sheets("tickets", "ticket")),
    )
    for each in (rule, macro, sheet):
        each.finish()
    return found


def furnish(stage: Stage, now: datetime) -> None:
    """Set up rule and macro, and let happen what has happened by now."""
    furniture = load_furniture()
    with stage.acting():
        macros.create(stage.account, furniture.macro, furniture.actions, by=stage.by_admin)
        rules.create(stage.account, furniture.rule, by=stage.by_admin)
    for case in furniture.cases:
        _tell(stage, case, now - case.ago)


def _tell(stage: Stage, case: Case, at: datetime) -> None:
    with stage.acting("email", at=at):
        who = customers.find(stage.account, case.email) or customers.meet(
            stage.account, name=case.name, email=case.email
        )
        draft = Draft(sender=who, body_text=case.text, subject=case.subject)
        opening = tickets.Opening(customer=who, subject=case.subject, via="email", messages=(draft,))
        number = tickets.create(stage.account, opening, by=Actor("customer", who.id, who.display_name)).id
    for place, step in enumerate(case.steps, 1):
        with stage.acting(at=at + place * A_STEP):
            agent = stage.ana if step.by == "ana" else stage.ben
            _DEEDS[step.deed](stage.ticket(number), agent, step.what)


def _reply(ticket: Ticket, agent: User, text: str) -> None:
    messages.reply(ticket, Draft(sender=agent, body_text=text), by=Actor.user(agent))


def _note(ticket: Ticket, agent: User, text: str) -> None:
    messages.note(ticket, Draft(sender=agent, body_text=text, public=False), by=Actor.user(agent))


def _tag(ticket: Ticket, agent: User, name: str) -> None:
    tags.put_on(ticket, [name], by=Actor.user(agent))


def _take(ticket: Ticket, agent: User, _: str) -> None:
    tickets.assign(ticket, agent, by=Actor.user(agent))


def _close(ticket: Ticket, agent: User, _: str) -> None:
    tickets.close(ticket, by=Actor.user(agent))


def _mark_spam(ticket: Ticket, agent: User, _: str) -> None:
    tickets.mark_spam(ticket, by=Actor.user(agent))


def _snooze(ticket: Ticket, agent: User, hours: str) -> None:
    tickets.snooze(ticket, ticket.updated_datetime + timedelta(hours=int(hours)), by=Actor.user(agent))


_DEEDS: Final[Mapping[str, Callable[[Ticket, User, str], None]]] = {
    "reply": _reply,
    "note": _note,
    "tag": _tag,
    "take": _take,
    "close": _close,
    "spam": _mark_spam,
    "snooze": _snooze,
}


def _case(sheet: Sheet) -> Case:
    steps = tuple(_step(each) for each in sheet.sheets("then", "step")) if sheet.has("then") else ()
    case = Case(
        timedelta(hours=sheet.take("hours", int)),
        sheet.text("name"),
        sheet.address("email"),
        sheet.text("subject"),
        sheet.text("text"),
        steps,
    )
    sheet.finish()
    return case


def _step(sheet: Sheet) -> Step:
    deed, by = sheet.choice("do", _DEEDS), sheet.choice("by", ("ana", "ben"))
    what = {"reply": "text", "note": "text", "tag": "tag", "snooze": "hours"}.get(deed)
    step = Step(deed, by, sheet.text(what) if what else "")
    sheet.finish()
    return step
