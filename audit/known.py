"""What the log must know of an account's people for every page, kept from one request to the next.

Nothing changes without an event, and the log only grows: what was read up to one event is still true if no later one
tells otherwise. So a request looks only at what came since, and mostly that is nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any, Final

from flask import current_app
from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from audit import queries
from audit.base import BigId
from audit.directory import Directory
from audit.log import event_table
from audit.memory import Memory
from audit.nearby import Nearby, is_upset_by

#: More events since the last look are not looked through: everything is read anew.
FURTHEST: Final = 500
#: Events on these may change who is in the team, and what the account allows.
_ABOUT: Final = frozenset({"User", "Account"})

_c: Final = event_table.c
#: By number, and not by an index that begins with the account: made once, asked with every page.
_SINCE: Final[Select[Any]] = (
    select(_c.id, _c.type, _c.object_type, _c.user_id, _c.actor_name)
    .where(_c.id > bindparam("upto", type_=BigId), func.coalesce(_c.account_id, 0) == bindparam("account", type_=BigId))
    .order_by(_c.id)
    .limit(FURTHEST)
)


@dataclass(frozen=True)
class Known:
    """An account's people and its longest period, as of one event."""

    upto: int
    people: dict[int, str]  #: everybody who ever did anything, by the name the log last had
    team: dict[int, str]
    longest: timedelta | None
    nearby: Nearby
    memory: Memory

    @cached_property
    def everybody(self) -> dict[int, str]:
        """All who can be asked for, in the order in which they are offered."""
        everybody = {**self.people, **self.team}
        return dict(sorted(everybody.items(), key=lambda one: (one[0] in self.left, one[1].casefold())))

    @cached_property
    def left(self) -> frozenset[int]:
        """Those of them who are in the team no more."""
        return frozenset(self.people.keys() - self.team.keys())


def known(session: Session, directory: Directory) -> Known:
    """All that is known of the session's account, as of its newest event."""
    account_id = session.info["account_id"]
    kept: dict[int, Known] = current_app.extensions.setdefault("audit_known", {})
    before, newest = kept.get(account_id), directory.newest_event(account_id)
    if before is not None and newest is not None and newest <= before.upto:
        # Another request may have seen more by now; this one goes on from what it sees itself.
        return before if newest == before.upto else replace(before, upto=newest)
    since = _since(session, before) if before is not None else None
    if before is None or since is None:
        found = _read(session, directory, before)
    elif since:
        found = _followed(before, since, session, directory)
    else:
        return before
    kept[account_id] = found
    return found


def _since(session: Session, before: Known) -> Sequence[Row[Any]] | None:
    """What happened since; None if it is too much to follow."""
    found = session.execute(_SINCE, {"upto": before.upto, "account": session.info["account_id"]}).all()
    return found if len(found) < FURTHEST else None


def _read(session: Session, directory: Directory, before: Known | None) -> Known:
    account_id = session.info["account_id"]
    upto = queries.newest_id(session)  # first: what comes meanwhile is looked at once more
    people, team = queries.people(session), _team(directory, account_id)
    memory = before.memory if before is not None else Memory()
    return Known(upto, people, team, directory.longest_period(account_id), Nearby(upto), memory)


def _followed(before: Known, since: Sequence[Row[Any]], session: Session, directory: Directory) -> Known:
    account_id = session.info["account_id"]
    names = {row.user_id: row.actor_name for row in since if row.user_id is not None}
    found = replace(before, upto=since[-1].id, people={**before.people, **names})
    if is_upset_by(row.type for row in since):
        found = replace(found, nearby=Nearby(found.upto))
    if _ABOUT.isdisjoint(row.object_type for row in since):
        return found
    return replace(found, team=_team(directory, account_id), longest=directory.longest_period(account_id))


def _team(directory: Directory, account_id: int) -> dict[int, str]:
    return {member.id: member.name for member in directory.members(account_id) if not member.left}
