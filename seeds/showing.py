"""Shows what happened in a sandbox to somebody who is at home elsewhere: as the desk's own pages do, without links."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.orm import Session

from audit import queries, rows, story
from audit.action import enter
from audit.clock import desk_now
from audit.filters import Ground
from audit.log import event_table
from audit.rows import EventRow
from audit.sessions import scoped
from audit.story import Story
from helpdesk import macros
from helpdesk.macro_actions import in_words
from helpdesk.models import Macro, Rule, Ticket
from helpdesk.rules import TRIGGERS, triggers_of
from helpdesk.web.reading import Message, read_ticket, survivor_of, thread_of
from helpdesk.web.trail import Trail, trail_of
from seeds.sandbox import SANDBOX
from seeds.troupe import Troupe

ZONE: Final = ZoneInfo("UTC")

_c: Final = event_table.c


class Nowhere:
    """Nothing in a sandbox has a page on the desk of whoever looks."""

    def links(self, _account_id: int, _objects: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], str]:
        """No addresses."""
        return {}


@dataclass(frozen=True)
class Shown:
    """A ticket of the sandbox as its page shows it, a rule or a macro; or that it is gone."""

    kind: str
    name: str
    number: int
    now: datetime
    ticket: Ticket | None = None
    thread: list[Message] | None = None
    trail: Trail | None = None
    led_to: int | None = None  #: the ticket that its number leads to
    title: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    code: str = ""


def found(session: Session, account_id: int, after: int, upto: int | None = None) -> list[Row[Any]]:
    """The events of a sandbox after one, up to another, in order; that it was put away is not part of the story."""
    enter(session, account_id)
    wanted = scoped(session, table=event_table).where(_c.id > after, _c.actor_name != SANDBOX.name)
    if upto is not None:
        wanted = wanted.where(_c.id <= upto)
    return list(session.execute(wanted.order_by(_c.id)))


def lines(session: Session, account_id: int, events: list[Row[Any]]) -> list[EventRow]:
    """Events as the list of the audit log has them."""
    return rows.rows(session, Nowhere(), _ground(session, account_id), events)


def story_of(session: Session, account_id: int, event_id: int, after: int, upto: int | None = None) -> Story | None:
    """All that the log knows of one event between these two; None if there is no such."""
    enter(session, account_id)
    event = queries.event(session, event_id)
    if event is None or event_id <= after or (upto is not None and event_id > upto):
        return None
    return story.story(session, Nowhere(), _ground(session, account_id), event)


def look(troupe: Troupe, kind: str, name: str) -> Shown:
    """What stands behind a name of the script now."""
    enter(troupe.session, troupe.account_id)
    number, now = troupe.number(kind, name), troupe.now()
    if kind == "ticket":
        return _ticket(troupe.session, name, number, now)
    return (_rule if kind == "rule" else _macro)(troupe.session, name, number, now)


def _ticket(session: Session, name: str, number: int, now: datetime) -> Shown:
    ticket = read_ticket(session, number)
    if ticket is None:
        return Shown("ticket", name, number, now, led_to=survivor_of(session, number))
    facts = (
        ("Customer", ticket.customer.display_name),
        ("Assignee", ticket.assignee.name if ticket.assignee else "nobody"),
        ("Team", ticket.team.name if ticket.team else "none"),
        ("Priority", ticket.priority),
        ("Tags", ", ".join(sorted(link.tag.name for link in ticket.tag_links)) or "none"),
    )
    thread, trail = thread_of(session, number), trail_of(session, number, now)
    return Shown("ticket", name, number, now, ticket, thread, trail, title=ticket.subject or "No subject", facts=facts)


def _rule(session: Session, name: str, number: int, now: datetime) -> Shown:
    rule = session.get(Rule, number)
    if rule is None:
        return Shown("rule", name, number, now)
    when = "; ".join(TRIGGERS[each] for each in triggers_of(rule)) or f"By the clock: {rule.schedule}"
    state = "on" if rule.deactivated_datetime is None else "off"
    facts = (("Version", str(rule.version)), ("When", when), ("State", state))
    return Shown("rule", name, number, now, title=rule.name, facts=facts, code=rule.code)


def _macro(session: Session, name: str, number: int, now: datetime) -> Shown:
    macro = session.get(Macro, number)
    if macro is None:
        return Shown("macro", name, number, now)
    names = macros.names_for(session, macro.account_id, macro.actions)
    does = [in_words(action, names) for action in macro.actions]
    texts = [str(action["arguments"].get("body_text") or "") for action in macro.actions]
    facts = (("Version", str(macro.version)), ("What it does", ", ".join(does)))
    return Shown("macro", name, number, now, title=macro.name, facts=facts, code="\n\n".join(filter(None, texts)))


def _ground(session: Session, account_id: int) -> Ground:
    return Ground(now=desk_now(session, account_id), zone=ZONE, longest=None, people={})
