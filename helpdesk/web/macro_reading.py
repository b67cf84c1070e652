"""Reads macros for their pages: what each does in words, how often it was used, what it would write on a ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import Session

from helpdesk import macros
from helpdesk.macro_actions import Names, in_words
from helpdesk.macros import Reply
from helpdesk.models import Macro, Ticket, User
from helpdesk.placeholders import Filled, Words

#: A desk has dozens of macros; whoever has more finds them by searching.
MOST_SHOWN: Final = 300
MOST_OFFERED: Final = 30


@dataclass(frozen=True)
class Line:
    """A macro in the list."""

    id: int
    name: str
    does: list[str]
    usage: int
    language: str | None
    changed: datetime


@dataclass(frozen=True)
class Offer:
    """A macro that can be chosen on a ticket."""

    id: int
    name: str
    does: list[str]  #: besides the reply
    reply: Reply | None


@dataclass(frozen=True)
class Text:
    """A text that a macro would write on a ticket."""

    label: str
    filled: Filled


_TEXTS: Final = {
    "setResponseText": ("Reply", "body_text"),
    "addInternalNote": ("Internal note", "body_text"),
    "setSubject": ("Subject", "subject"),
}


def lines(session: Session, account_id: int, wanted: str, *, archived: bool) -> list[Line]:
    """The macros in use, or those put away, whose name or texts hold these words."""
    found = [each for each in _all(session, account_id, archived=archived) if _holds(each, wanted)][:MOST_SHOWN]
    names = macros.names_for(session, account_id, [action for each in found for action in each.actions])
    usage = macros.usage(session, account_id, [each.id for each in found]) if found else {}
    return [
        Line(
            id=each.id,
            name=each.name,
            does=[in_words(action, names) for action in each.actions],
            usage=usage.get(each.id, 0),
            language=each.language,
            changed=each.updated_datetime or each.created_datetime,
        )
        for each in found
    ]


def count(session: Session, account_id: int, *, archived: bool) -> int:
    """How many there are."""
    return session.scalar(select(func.count()).select_from(_of(account_id, archived=archived).subquery())) or 0


def offers(session: Session, ticket: Ticket, user: User, wanted: str) -> list[Offer]:
    """The macros that fit these words, those whose name begins with them first, with this ticket's values."""
    found = [each for each in _all(session, ticket.account_id, archived=False) if _holds(each, wanted)]
    found.sort(key=lambda each: (not each.name.casefold().startswith(wanted.casefold()), each.name.casefold()))
    words, chosen = Words.of(ticket, user), found[:MOST_OFFERED]
    names = macros.names_for(session, ticket.account_id, [action for each in chosen for action in each.actions])
    return [Offer(each.id, each.name, others(each.actions, names), macros.reply_of(each, words)) for each in chosen]


def offer(session: Session, ticket: Ticket, user: User, macro_id: int | None) -> Offer | None:
    """One macro, if it can be chosen still."""
    macro = session.get(Macro, macro_id) if macro_id else None
    if macro is None or macro.account_id != ticket.account_id or macro.archived_datetime is not None:
        return None
    names = macros.names_for(session, ticket.account_id, macro.actions)
    return Offer(macro.id, macro.name, others(macro.actions, names), macros.reply_of(macro, Words.of(ticket, user)))


def others(actions: Sequence[dict[str, Any]], names: Names) -> list[str]:
    """What actions do besides writing a reply."""
    return [in_words(action, names) for action in actions if action["name"] != "setResponseText"]


def texts(actions: Sequence[dict[str, Any]], words: Words) -> list[Text]:
    """The texts of actions with a ticket's values."""
    found = []
    for action in actions:
        if action["name"] in _TEXTS:
            label, field = _TEXTS[action["name"]]
            found.append(Text(label, words.fill(str(action["arguments"].get(field, "")))))
    return found


def newest_ticket(account_id: int) -> ScalarSelect[int]:
    """The ticket that changed last: what a preview shows at first."""
    newest = select(Ticket.id).where(Ticket.account_id == account_id)
    return newest.order_by(Ticket.updated_datetime.desc(), Ticket.id.desc()).limit(1).scalar_subquery()


def _of(account_id: int, *, archived: bool) -> Any:
    is_archived = Macro.archived_datetime.is_not(None) if archived else Macro.archived_datetime.is_(None)
    return select(Macro).where(Macro.account_id == account_id, is_archived)


def _all(session: Session, account_id: int, *, archived: bool) -> Sequence[Macro]:
    found: Sequence[Macro] = session.scalars(_of(account_id, archived=archived).order_by(Macro.name, Macro.id)).all()
    return found


def _holds(macro: Macro, wanted: str) -> bool:
    looked_at = [macro.name]
    for action in macro.actions:
        looked_at += [str(value) for value in action["arguments"].values() if isinstance(value, str)]
    return wanted.casefold() in "\n".join(looked_at).casefold()
