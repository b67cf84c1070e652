"""The verbs of rules: made, changed, put in order, switched off and on, suggested and taken up, deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import following, schedules, settings
from helpdesk.events import (
    RULE_CREATED,
    RULE_DEACTIVATED,
    RULE_DELETED,
    RULE_PRIORITY_UPDATED,
    RULE_REACTIVATED,
    RULE_SUGGESTION_SUGGESTED,
    RULE_UPDATED,
)
from helpdesk.language import Mistake, parse_rule
from helpdesk.language.statements import Step, acts_in, understand_rule
from helpdesk.language.trees import Tree
from helpdesk.language.vocabulary import MESSAGE, TICKET, Vocabulary
from helpdesk.mail.charsets import clean_line, clean_text
from helpdesk.models import Account, CustomField, Integration, Macro, Rule, RuleCursor, RuleRun, Team, Ticket, User
from helpdesk.refusals import Refused, blaming
from helpdesk.rule_actions import CHECKS, KINDS, numbers_in
from helpdesk.sessions import session_of

#: What may set a rule off, in the order in which one action's events are looked at, and what a person reads.
TRIGGERS: Final[Mapping[str, str]] = {
    "ticket-created": "A ticket is created",
    "ticket-message-created": "Something is said in a ticket",
    "ticket-updated": "A ticket is changed in any way",
    "ticket-assigned": "A ticket is given to somebody",
    "ticket-self-unsnoozed": "A snoozed ticket wakes up",
    "satisfaction-survey-responded": "A customer says how it was",
}

LONGEST_NAME: Final = 255
LONGEST_DESCRIPTION: Final = 2000
HIGHEST_PRIORITY: Final = 1_000_000
MOST_RULES: Final = 500
#: While so many suggestions wait for somebody to look at them, there is no other.
MOST_SUGGESTED: Final = 20


@dataclass(frozen=True, kw_only=True)
class Shape:
    """All that a person chooses of a rule."""

    name: str
    code: str
    description: str | None = None
    event_types: tuple[str, ...] = ()
    schedule: str | None = None


def shape_of(rule: Rule) -> Shape:
    """What was chosen of a rule."""
    return Shape(
        name=rule.name,
        code=rule.code,
        description=rule.description,
        event_types=triggers_of(rule),
        schedule=rule.schedule,
    )


def triggers_of(rule: Rule) -> tuple[str, ...]:
    """The types of events that set a rule off."""
    return tuple(rule.event_types.split(",")) if rule.event_types else ()


# ---- Verbs


def create(account: Account, shape: Shape, *, priority: int = 0, by: Actor) -> Rule:
    """Make a rule; it acts on what happens from now on."""
    rule = _new(account, shape, _checked_priority(priority))
    record(RULE_CREATED, rule, by=by)
    _arrange(rule)
    return rule


def suggest(account: Account, shape: Shape, ticket: Ticket, *, by: Actor) -> Rule:
    """Propose a rule in a ticket: a draft, which does nothing until somebody takes it up."""
    rule = _new(account, shape, 0, is_draft=True, suggested_ticket_id=ticket.id)
    record(RULE_SUGGESTION_SUGGESTED, rule, by=by)
    return rule


def update(rule: Rule, shape: Shape, *, by: Actor) -> None:
    """Change what a rule is called or does, all in one save; its version goes up, and the log keeps which one acted."""
    if _reword(rule, shape):
        _say_updated(rule, by=by)


def take_up(rule: Rule, shape: Shape | None = None, *, by: Actor) -> None:
    """Make a suggestion a rule, as it is or reworded: it acts on what happens from now on."""
    if not rule.is_draft:
        raise Refused(f"The rule {rule.name!r} is no suggestion any more: somebody took it up.")
    _reword(rule, shape or shape_of(rule))
    rule.is_draft = False
    _say_updated(rule, by=by)


def deactivate(rule: Rule, *, by: Actor) -> None:
    """Switch a rule off."""
    if rule.deactivated_datetime is not None:
        return
    rule.deactivated_datetime = now(session_of(rule))
    _say_updated(rule, by=by)
    record(RULE_DEACTIVATED, rule, by=by)


def reactivate(rule: Rule, *, by: Actor) -> None:
    """Switch a rule on again; it never sees what happened meanwhile."""
    if rule.deactivated_datetime is None:
        return
    check(session_of(rule), rule.account_id, rule.code)
    rule.deactivated_datetime = None
    rule.failures_in_a_row = 0
    _say_updated(rule, by=by)
    record(RULE_REACTIVATED, rule, by=by)


def set_priorities(account: Account, priorities: Mapping[int, int], *, by: Actor) -> None:
    """Put rules in order, by number: a higher priority runs first."""
    session = session_of(account)
    found = {rule.id: rule for rule in in_order(session, account.id)}
    missing = sorted(priorities.keys() - found.keys())
    if missing:
        raise Refused(f"There is no rule {missing[0]}. Nothing was changed.", "priorities")
    for number, priority in priorities.items():
        rule = found[number]
        if rule.priority != _checked_priority(priority):
            rule.priority = priority
            _say_updated(rule, by=by)
            record(RULE_PRIORITY_UPDATED, rule, by=by)


def delete(rule: Rule, *, by: Actor) -> None:
    """Remove a rule; what it did stays, and the log still names it."""
    session = session_of(rule)
    session.execute(sql_delete(RuleRun).where(RuleRun.account_id == rule.account_id, RuleRun.rule_id == rule.id))
    forget_progress(rule)
    session.delete(rule)
    record(RULE_DELETED, rule, by=by)
    following.look_again(session)


# ---- What can be asked


def in_order(session: Session, account_id: int) -> list[Rule]:
    """The account's rules in the order in which they run, drafts and those that are switched off, too."""
    mine = select(Rule).where(Rule.account_id == account_id).order_by(Rule.priority.desc(), Rule.id)
    return list(session.scalars(mine))


def suggested_in(ticket: Ticket) -> list[Rule]:
    """The rules that the desk proposes in a ticket, and that nobody has taken up yet."""
    mine = Rule.account_id == ticket.account_id, Rule.suggested_ticket_id == ticket.id, Rule.is_draft
    return list(session_of(ticket).scalars(select(Rule).where(*mine).order_by(Rule.id)))


def check(
    session: Session, account_id: int, code: str, words: Vocabulary | None = None
) -> tuple[Tree, tuple[Step, ...]]:
    """A rule's code as a tree, and what it says; raises Mistake, with line and column.

    `words` is what can be asked, where that was read already.
    """
    tree = parse_rule(code)
    steps = understand_rule(tree, words or vocabulary(session, account_id), CHECKS)
    _refuse_missing(session, account_id, steps)
    return tree, steps


def vocabulary(session: Session, account_id: int) -> Vocabulary:
    """What a rule of this account can ask."""
    own = select(CustomField.id, CustomField.label).where(
        CustomField.account_id == account_id, CustomField.object_type == "Ticket"
    )
    return Vocabulary((*TICKET, *MESSAGE), {row.id: row.label for row in session.execute(own)})


# ---- What is behind them


def _new(account: Account, shape: Shape, priority: int, **further: Any) -> Rule:
    session = session_of(account)
    count = session.scalar(select(func.count()).select_from(Rule).where(Rule.account_id == account.id)) or 0
    if count >= MOST_RULES:
        raise Refused(f"There are {count} rules already. Delete one that nobody needs any more.")
    wording = _checked(session, account.id, shape)
    at = now(session)
    rule = Rule(account_id=account.id, priority=priority, created_datetime=at, **wording, **further)
    session.add(rule)
    return rule


def _reword(rule: Rule, shape: Shape) -> bool:
    wording = _checked(session_of(rule), rule.account_id, shape)
    changed = {name: value for name, value in wording.items() if getattr(rule, name) != value}
    for name, value in changed.items():
        setattr(rule, name, value)
    rule.version += bool(changed)
    return bool(changed)


def _say_updated(rule: Rule, *, by: Actor) -> None:
    rule.updated_datetime = now(session_of(rule))
    record(RULE_UPDATED, rule, by=by)
    _arrange(rule)


def _arrange(rule: Rule) -> None:
    """Let a rule that acts see what happens from now on, and know its next time."""
    session = session_of(rule)
    account = session.get_one(Account, rule.account_id)
    forget_progress(rule)
    schedules.arrange([rule], settings.read(account, "business-hours")["timezone"], now(session))
    following.arrange(session, account.id)


def progress_name(rule: Rule) -> str:
    """The name of the place up to which a rule has gone through the tickets, at its present time by the clock."""
    return f"schedule:{rule.id}"


def forget_progress(rule: Rule) -> None:
    """Begin anew with its tickets at the next time."""
    mine = RuleCursor.account_id == rule.account_id, RuleCursor.name == progress_name(rule)
    session_of(rule).execute(sql_delete(RuleCursor).where(*mine))


def _checked(session: Session, account_id: int, shape: Shape) -> dict[str, Any]:
    name = clean_line(shape.name, LONGEST_NAME + 1)
    if not name:
        raise Refused("A rule needs a name.", "name")
    if len(name) > LONGEST_NAME:
        raise Refused(f"A rule's name has at most {LONGEST_NAME} characters; this one has more.", "name")
    description = clean_text(shape.description or "").strip()
    if len(description) > LONGEST_DESCRIPTION:
        raise Refused(
            f"A description has at most {LONGEST_DESCRIPTION:,} characters; this one has more.", "description"
        )
    unknown = [each for each in shape.event_types if each not in TRIGGERS]
    if unknown:
        raise Refused(f"No rule is set off by {unknown[0][:60]!r}. There are {', '.join(TRIGGERS)}.", "event_types")
    code = shape.code.replace("\r\n", "\n").strip()
    with blaming("code"):
        tree, _steps = check(session, account_id, code)
    return {
        "name": name,
        "description": description or None,
        "code": code,
        "code_ast": tree,
        "event_types": ",".join(each for each in TRIGGERS if each in shape.event_types) or None,
        "schedule": schedules.tidy(shape.schedule),
    }


def _checked_priority(priority: int) -> int:
    if abs(priority) > HIGHEST_PRIORITY:
        raise Refused(f"A rule's priority is at most {HIGHEST_PRIORITY:,}.", "priority")
    return priority


_NAMED: Final[Mapping[str, tuple[Any, str]]] = {
    "user": (User, "team member"),
    "team": (Team, "team"),
    "macro": (Macro, "macro"),
    "integration": (Integration, "integration"),
    "field": (CustomField, "custom field"),
}


def _refuse_missing(session: Session, account_id: int, steps: tuple[Step, ...]) -> None:
    for act in acts_in(steps):
        for kind, number in numbers_in(act).items():
            model, noun = _NAMED[kind]
            found = session.get(model, number)
            if found is None or found.account_id != account_id:
                raise Mistake(f"there is no {noun} {number}.", act.line, act.column)
            if problem := _unfit(found):
                raise Mistake(f"{KINDS[act.name].label}: {problem}", act.line, act.column)


def _unfit(found: Any) -> str | None:
    if isinstance(found, CustomField) and found.object_type != "Ticket":
        return f"{found.label} is no field of tickets."
    if isinstance(found, Integration) and found.type != "http":
        return f"{found.name} can't be called: it is no HTTP integration."
    if isinstance(found, Macro) and found.archived_datetime is not None:
        return f"the macro {found.name!r} is archived. Bring it back first."
    return None
