"""A rule and a ticket: what it would do there, which writes nothing; and that it does it, which is told."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.clock import desk_now
from audit.ledger import record
from helpdesk import rule_doing
from helpdesk.events import RULE_EXECUTED
from helpdesk.language import parse_rule
from helpdesk.language.predicates import Facts, FactsOf
from helpdesk.language.statements import Act, Case, Plan, Step, acts_in, fields_in, plan, understand_rule
from helpdesk.language.vocabulary import of_rules
from helpdesk.macro_actions import Names
from helpdesk.models import CustomField, Integration, Macro, Rule, Team, Ticket, TicketMessage, User
from helpdesk.refusals import Refused
from helpdesk.rule_actions import CHECKS, in_words, numbers_in
from helpdesk.rule_doing import HeldBack, Run
from helpdesk.sessions import session_of

#: Arguments in which a rule writes something, and that are shown with their placeholders filled.
_TEXTS: Final = ("to", "subject", "body_text")

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Would:
    """What an action would do to a ticket."""

    act: Act
    words: str  #: "add the tag vip"
    texts: dict[str, str]  #: what it would write, with the ticket's values: "body_text", "subject", "to"
    is_idle: bool = False  #: it would change nothing
    problem: str | None = None  #: why it would fail
    silence: str | None = None  #: why it would keep a reply or a mail to itself, which is no failure


@dataclass(frozen=True)
class Trial:
    """What a rule would do to a ticket."""

    cases: tuple[Case, ...]  #: the cases that hold, outermost first
    acts: tuple[Would, ...]
    overlooked: str | None = None  #: why the rule does not look at this ticket at all


def what_would(rule: Rule, ticket: Ticket, message: TicketMessage | None = None, *, code: str | None = None) -> Trial:
    """What a rule would do to a ticket just now, were it set off; writes nothing. Raises Mistake.

    `code` is tried instead of the rule's own; `message` is what it looks at, by default the ticket's newest.
    """
    session = session_of(ticket)
    message = message or newest_message(ticket)
    steps = understood(code if code is not None else rule.code)
    at = desk_now(session, ticket.account_id)
    planned = plan(steps, facts_of(ticket, lambda: message, at))
    run, names = Run(rule, ticket, message), names_for(session, planned.acts)
    with session.no_autoflush:
        acts = tuple(
            _would(run, act, names, rule_doing.why_silent(run, act, at, planned.acts[:place]))
            for place, act in enumerate(planned.acts)
        )
    return Trial(planned.cases, acts, why_overlooked(steps, ticket))


def carry_out(run: Run, planned: Plan, *, by: Actor, refusal: str | None = None) -> list[dict[str, str]]:
    """Do what was planned, each action by itself: what is refused is noted, and the rest is done.

    `refusal` says why nothing may be done. Answers the actions that failed; what was held back on purpose is none.
    """
    said: list[dict[str, str]] = []
    failed: list[dict[str, str]] = []
    for act in planned.acts:
        why, is_failure = (refusal, True) if refusal else _do(run, act)
        if why is not None:
            said.append({"name": act.name, "reason": why})
            failed += said[-1:] * is_failure
    rule = run.rule
    record(RULE_EXECUTED, rule, by=by, data={"id": rule.id, "name": rule.name, "failed_actions": said})
    return failed


def _do(run: Run, act: Act) -> tuple[str | None, bool]:
    """Do an action, or leave no trace of it: why it was not done, and whether that is a failure."""
    session = session_of(run.ticket)
    try:
        with session.begin_nested():
            held = rule_doing.step(run, act)()
            session.flush()
    except HeldBack as why:
        return str(why), False
    except Refused as refusal:
        return str(refusal), True
    except Exception:
        _log.exception("The action %s of rule %d broke on ticket %d", act.name, run.rule.id, run.ticket.id)
        return "Something went wrong that was not foreseen; the server's own log names it.", True
    return (held, False) if isinstance(held, str) else (None, False)


# ---- What can be asked


@lru_cache(maxsize=512)
def understood(code: str) -> tuple[Step, ...]:
    """What a rule's code says, with custom fields of any number; raises Mistake."""
    return understand_rule(parse_rule(code), of_rules(), CHECKS)


def facts_of(ticket: Ticket, message: Callable[[], TicketMessage | None], at: datetime) -> Facts:
    """All that a rule can ask of a ticket; the message is looked for only if a rule asks for it."""
    return Facts(FactsOf(ticket, message), at)


def newest_message(ticket: Ticket) -> TicketMessage | None:
    """The newest message of a ticket."""
    return session_of(ticket).scalar(
        select(TicketMessage)
        .where(TicketMessage.ticket_id == ticket.id)
        .order_by(TicketMessage.created_datetime.desc(), TicketMessage.id.desc())
        .limit(1)
    )


def first_message(ticket: Ticket) -> TicketMessage | None:
    """The message that a ticket began with."""
    return session_of(ticket).scalar(
        select(TicketMessage)
        .where(TicketMessage.ticket_id == ticket.id)
        .order_by(TicketMessage.created_datetime, TicketMessage.id)
        .limit(1)
    )


def why_overlooked(steps: tuple[Step, ...], ticket: Ticket) -> str | None:
    """Why a rule does not look at a ticket: spam and trash are seen only by rules that ask for them."""
    if not ticket.spam and not ticket.is_trashed:
        return None
    asked = fields_in(steps)
    if ticket.spam and "ticket.spam" not in asked:
        return "The ticket is spam, and the rule does not ask for ticket.spam."
    if ticket.is_trashed and "ticket.trashed_datetime" not in asked:
        return "The ticket is in the trash, and the rule does not ask for ticket.trashed_datetime."
    return None


def names_for(session: Session, acts: Sequence[Act]) -> Names:
    """What the things are called that actions name by number."""
    numbers: dict[str, set[int]] = {}
    for act in acts:
        for kind, number in numbers_in(act).items():
            numbers.setdefault(kind, set()).add(number)

    def named(kind: str, model: Any, column: Any) -> dict[int, str]:
        if kind not in numbers:
            return {}
        mine = model.account_id == session.info["account_id"], model.id.in_(numbers[kind])
        return {row[0]: row[1] for row in session.execute(select(model.id, column).where(*mine))}

    return Names(
        users=named("user", User, User.name),
        teams=named("team", Team, Team.name),
        macros=named("macro", Macro, Macro.name),
        integrations=named("integration", Integration, Integration.name),
        fields=named("field", CustomField, CustomField.label),
    )


def words_of(session: Session, code: str) -> list[str]:
    """Every action of a rule in words, in the order of the text; raises Mistake."""
    acts = list(acts_in(understood(code)))
    names = names_for(session, acts)
    return [in_words(act, names) for act in acts]


def _would(run: Run, act: Act, names: Names, silence: str | None) -> Would:
    texts = {
        name: rule_doing.fill(run, act.arguments[name])
        for name in _TEXTS
        if isinstance(act.arguments.get(name), str) and act.arguments[name]
    }
    words, problem = in_words(act, names), None
    try:
        rule_doing.step(run, act)
    except Refused as refusal:
        problem = str(refusal)
    return Would(act, words, texts, rule_doing.is_idle(run, act), problem, silence)
