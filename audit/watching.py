"""Tells whoever tests the desk what happens in this process: which events were committed, and what was tried out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from audit.actors import ActorKind
from audit.book import Entry


@dataclass(frozen=True)
class Written:
    """An event that was committed."""

    type: str
    actor_kind: ActorKind
    account_id: int | None


@dataclass(frozen=True)
class Tried:
    """Something about a type was tried out, and held."""

    what: str  #: "scenario", "trigger" or "refusal"
    type: str


Watcher = Callable[[Written | Tried], None]

_KEPT: Final = "watched"
_watchers: list[Watcher] = []


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Be told of everything, as long as the block lasts."""
    _watchers.append(watcher)
    try:
        yield
    finally:
        _watchers.remove(watcher)


def tried(what: str, type_name: str) -> None:
    """Say that something was tried out; it costs nothing where nobody watches."""
    for watcher in tuple(_watchers):
        watcher(Tried(what, type_name))


def keep(session: Session, account_id: int | None, entries: Sequence[Entry]) -> None:
    """Remember what was sealed, until it is committed."""
    if _watchers:
        written = [Written(entry.type.name, entry.actor.kind, account_id) for entry in entries]
        session.info.setdefault(_KEPT, []).extend(written)


def tell(session: Session) -> None:
    """It is committed: tell."""
    if session.get_nested_transaction() is None:
        for event in session.info.pop(_KEPT, ()):
            for watcher in tuple(_watchers):
                watcher(event)


def forget(session: Session) -> None:
    """It was not."""
    session.info.pop(_KEPT, None)
