"""The verbs of macros: made, reworded, applied."""

from typing import Any

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk.events import MACRO_APPLIED, MACRO_CREATED, MACRO_UPDATED
from helpdesk.models import Account, Macro
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of


def create(account: Account, name: str, actions: list[dict[str, Any]], *, by: Actor) -> Macro:
    """Make a macro."""
    session = session_of(account)
    macro = Macro(account_id=account.id, name=_tidy(name), actions=actions, created_datetime=now(session))
    session.add(macro)
    record(MACRO_CREATED, macro, by=by)
    return macro


def reword(macro: Macro, name: str, actions: list[dict[str, Any]], *, by: Actor) -> None:
    """Change what a macro is called or does; its version goes up, and the log keeps which one acted."""
    tidy = _tidy(name)
    if macro.name == tidy and macro.actions == actions:
        return
    macro.name, macro.actions = tidy, actions
    macro.version += 1
    macro.updated_datetime = now(session_of(macro))
    record(MACRO_UPDATED, macro, by=by)


def tell_applied(macro: Macro, *, by: Actor) -> None:
    """Say that somebody applied a macro; what it did stands in the tickets' own events, by the macro, too."""
    record(MACRO_APPLIED, macro, by=Actor.macro(macro, by))


def _tidy(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy:
        raise Refused("A macro needs a name.")
    return tidy
