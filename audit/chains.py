"""The chain of an event: one action and all that machines did because of it, as a tree of causes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from audit import queries
from audit.changes import Teller
from audit.hues import hue_of
from audit.log import event_table
from audit.rows import acted_by, label_of, name_of
from audit.sessions import scoped

#: Events of a chain that are drawn; a merge of two long tickets has more.
MOST: Final = 100

_WAYS: Final = {
    "web": "hand in these pages", "api": "a call of the API", "email": "mail", "chat": "chat",
    "webhook": "another system's call", "automation": "the desk's own machines", "simulator": "the simulator",
    "cli": "the command line",
}  # fmt: skip

_c: Final = event_table.c


@dataclass(frozen=True)
class Link:
    """An event of the chain, and the steps that it set off."""

    id: int
    type: str
    label: str
    hue: str
    object: str
    change: str
    is_this: bool
    is_cause: bool
    steps: list["Step"] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """What somebody or something did at once: one action, or one rule's turn."""

    who: str
    address: str | None  #: the page of the rule, macro, person or integration that acted
    links: list[Link]


@dataclass(frozen=True)
class Chain:
    """An action, and all that followed from it."""

    because: str  #: why the event happened, in a sentence
    steps: list[Step]
    count: int
    is_more: bool  #: whether there is more than is drawn


def chain_rows(session: Session, found: Row[Any]) -> list[Row[Any]]:
    """The beginning of an event's chain in order; the event itself and all causes are there, wherever they stand."""
    # Scoped by an expression: an index that begins with the account would be walked from end to end.
    own = func.coalesce(_c.account_id, 0) == session.info["account_id"]
    statement = select(event_table).where(_c.context == found.context, own).order_by(_c.id).limit(MOST)
    rows = list(session.execute(statement))
    wanted = {found.id, *(row.cause_id for row in [*rows, found] if row.cause_id)} - {row.id for row in rows}
    beyond = session.execute(scoped(session, table=event_table).where(_c.id.in_(wanted))) if wanted else ()
    return sorted([*rows, *beyond], key=lambda row: row.id)


def chain_of(
    session: Session,
    found: Row[Any],
    rows: Sequence[Row[Any]],
    teller: Teller,
    addresses: Mapping[tuple[str, int], str],
) -> Chain:
    """The tree of these events; `teller` knows the names that they mention, `addresses` the pages of who acted."""
    is_more = sum(row.context == found.context for row in rows) >= MOST
    return Chain(
        because=_because(found, next((row for row in rows if row.id == found.cause_id), None), teller),
        steps=_tree(rows, found, addresses, teller),
        count=queries.chain_length(session, found) if is_more else sum(row.context == found.context for row in rows),
        is_more=is_more,
    )


def acted_in(rows: Sequence[Row[Any]]) -> set[tuple[str, int]]:
    """Who and what acted in these events, as far as it may have a page."""
    return {actor for row in rows if (actor := _actor(row)) is not None}


def who_did(row: Row[Any], teller: Teller) -> str:
    """Ana Lopez; or, No user, rule Zebra v3."""
    return str(row.actor_name) if row.user_id is not None else f"No user, {teller.actor(row)}"


def _tree(
    rows: Sequence[Row[Any]], found: Row[Any], addresses: Mapping[tuple[str, int], str], teller: Teller
) -> list[Step]:
    links = {row.id: _link(row, found, teller) for row in rows}
    roots: list[Step] = []
    steps: dict[tuple[Any, ...], Step] = {}
    for row in rows:
        key = (row.context, row.cause_id, row.actor_kind, row.actor_id, row.actor_name, row.actor_version)
        if key not in steps:
            steps[key] = Step(who_did(row, teller), _address(row, addresses), [])
            cause = links.get(row.cause_id or 0)
            # What came first caused nothing that came before it, whatever a row may say.
            (cause.steps if cause is not None and cause.id < row.id else roots).append(steps[key])
        steps[key].links.append(links[row.id])
    return roots


def _actor(row: Row[Any]) -> tuple[str, int] | None:
    return ("User", row.user_id) if row.user_id is not None else acted_by(row)


def _address(row: Row[Any], addresses: Mapping[tuple[str, int], str]) -> str | None:
    actor = _actor(row)
    return addresses.get(actor) if actor is not None else None


def _because(found: Row[Any], cause: Row[Any] | None, teller: Teller) -> str:
    who = teller.actor(found)
    said = f"{who[:1].upper()}{who[1:]} did it, by {_WAYS.get(found.source, found.source)}."
    return said if cause is None else f"{said} It was set off by “{label_of(cause.type)}” of {teller.actor(cause)}."


def _link(row: Row[Any], found: Row[Any], teller: Teller) -> Link:
    return Link(
        id=row.id,
        type=row.type,
        label=label_of(row.type),
        hue=hue_of(row.type),
        object=name_of(row.object_type, row.object_id, row.object_label),
        change=teller.line(row),
        is_this=row.id == found.id,
        is_cause=row.id == found.cause_id,
    )
