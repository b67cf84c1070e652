"""Tells in one line what an event changed, with names in place of numbers."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from helpdesk.models import Customer, Tag, Team, User
from helpdesk.web.formats import short_moment

_Changes = dict[str, dict[str, list[Any]]]

#: By the column that mentions them: names that were read already.
Known = Mapping[str, Mapping[int, str]]


@dataclass(frozen=True)
class Names:
    """Names of what `changes` mentions by number, as they are today."""

    users: dict[int, str]
    teams: dict[int, str]
    tags: dict[int, str]
    customers: dict[int, str]
    time_zone: str

    def user(self, number: int | None) -> str:
        """A team member's name, or "nobody"."""
        return "nobody" if number is None else self.users.get(number, f"member {number}")

    def team(self, number: int | None) -> str:
        """A team's name, or "no team"."""
        return "no team" if number is None else self.teams.get(number, f"team {number}")

    def tag(self, number: int | None) -> str:
        """A tag's name."""
        return self.tags.get(number or 0, f"tag {number}")

    def customer(self, number: int | None) -> str:
        """A customer's name."""
        return self.customers.get(number or 0, f"customer {number}")

    def time(self, value: str | None) -> str:
        """A moment as `changes` holds it."""
        return "none" if value is None else short_moment(datetime.fromisoformat(value), self.time_zone)


def names_for(session: Session, all_changes: Iterable[_Changes | None], time_zone: str, known: Known) -> Names:
    """The names that these changes need; a table is asked only for those that nobody knows yet."""
    wanted: dict[str, set[int]] = {column: set() for column in _NAMED}
    for changes in all_changes:
        for columns in (changes or {}).values():
            for column in wanted.keys() & columns.keys():
                wanted[column].update(value for value in columns[column] if isinstance(value, int))
    account_id = session.info["account_id"]
    found = {column: dict(known.get(column, {})) for column in _NAMED}
    for column, (model, name) in _NAMED.items():
        unknown = wanted[column] - found[column].keys()
        if unknown:
            rows = session.execute(select(model.id, name).where(model.account_id == account_id, model.id.in_(unknown)))
            found[column].update((row[0], row[1]) for row in rows)
    return Names(found["assignee_user_id"], found["assignee_team_id"], found["tag_id"], found["customer_id"], time_zone)


def tell(row: Row[Any], names: Names) -> str:
    """What this event changed, in one line; empty if its label says it all."""
    if row.type == "ticket-message-created":
        return _said(row)
    if row.type in _WHOLE:
        return _quote(row.object_label)
    parts = []
    for key, columns in (row.changes or {}).items():
        kind = key.partition(":")[0]
        if kind == "TicketTag":
            before, after = columns.get("tag_id", [None, None])
            parts.append(f"+ {names.tag(after)}" if after is not None else f"− {names.tag(before)}")
        elif kind == "TicketAlias" and "former_id" in columns:
            parts.append(f"#{columns['former_id'][1] or columns['former_id'][0]} leads here now")
        elif kind in ("Ticket", "TicketMessage"):
            parts += [_TOLD[name](before, after, names) for name, (before, after) in columns.items() if name in _TOLD]
    return ", ".join(dict.fromkeys(parts))


def _said(row: Row[Any]) -> str:
    columns = (row.changes or {}).get(f"TicketMessage:{row.object_id}", {})
    text = next((columns[name][1] for name in ("stripped_text", "body_text") if columns.get(name, [0, 0])[1]), None)
    kind = "internal note " if columns.get("public", [None, True])[1] is False else ""
    return f"{kind}{_quote(text or row.object_label)}"


def _quote(text: Any) -> str:
    if isinstance(text, dict):  # kept by digest
        return "a long text"
    shown = " ".join(str(text or "").split())
    return f"“{shown[:80]}{'…' if len(shown) > 80 else ''}”" if shown else ""


def _arrow(label: str) -> Callable[[Any, Any, Names], str]:
    return lambda before, after, _names: _from_to(label, before, after)


def _from_to(label: str, before: Any, after: Any) -> str:
    return f"{label} {_word(before)} → {_word(after)}"


def _word(value: Any) -> str:
    if isinstance(value, dict):  # a digest
        return "changed"
    return "none" if value is None else "yes" if value is True else "no" if value is False else str(value)


#: Events that speak of the whole object: its name says enough.
_WHOLE: Final = frozenset({"ticket-created", "ticket-deleted", "ticket-message-deleted"})

_NAMED: Final[dict[str, tuple[Any, Any]]] = {
    "assignee_user_id": (User, User.name),
    "assignee_team_id": (Team, Team.name),
    "tag_id": (Tag, Tag.name),
    "customer_id": (Customer, func.coalesce(Customer.name, Customer.email, "")),
}

_TOLD: Final[dict[str, Callable[[Any, Any, Names], str]]] = {
    "status": _arrow("status"),
    "snooze_datetime": lambda before, after, names: f"until {names.time(before)} → {names.time(after)}",
    "subject": lambda before, after, names: f"{_quote(before) or 'none'} → {_quote(after) or 'none'}",
    "spam": _arrow("spam"),
    "trashed_datetime": lambda before, after, _: _from_to("in the trash", before is not None, after is not None),
    "assignee_user_id": lambda before, after, names: f"{names.user(before)} → {names.user(after)}",
    "assignee_team_id": lambda before, after, names: f"{names.team(before)} → {names.team(after)}",
    "customer_id": lambda before, after, names: f"{names.customer(before)} → {names.customer(after)}",
    "priority": _arrow("priority"),
    "language": _arrow("language"),
    "channel": _arrow("channel"),
    "messages_count": _arrow("messages"),
    "summary": lambda before, after, names: _quote(after),
    "body_text": lambda before, after, names: _quote(after),
}
