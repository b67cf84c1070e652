"""The session's book: what was witnessed and what was recorded since the action began."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.base import Base
from audit.notes import Changes, Notes, RowKey
from audit.types import EventType


@dataclass(eq=False)
class Entry:
    """An event in the making."""

    type: EventType
    key: RowKey
    root: RowKey
    label: str
    actor: Actor
    data: dict[str, Any] | None
    position: int
    changes: Changes = field(default_factory=dict)


@dataclass
class Ledger:
    """What was witnessed and what was recorded since the action began."""

    notes: Notes = field(default_factory=Notes)
    entries: list[Entry] = field(default_factory=list)
    positions: dict[RowKey, float] = field(default_factory=dict)
    objects: dict[RowKey, Base] = field(default_factory=dict)
    long_texts: dict[str, str] = field(default_factory=dict)
    gathering: dict[tuple[str, RowKey, Actor], Entry] = field(default_factory=dict)
    general: dict[tuple[str, RowKey, Actor], Entry] = field(default_factory=dict)
    summaries: dict[RowKey, Entry] = field(default_factory=dict)
    touched: set[RowKey] = field(default_factory=set)

    def copy(self) -> "Ledger":
        """As it stands, to return to when a savepoint is rolled back."""
        copies = {id(entry): Entry(**{**vars(entry), "changes": deepcopy(entry.changes)}) for entry in self.entries}
        return Ledger(
            self.notes.copy(),
            list(copies.values()),
            dict(self.positions),
            dict(self.objects),
            dict(self.long_texts),
            {key: copies[id(entry)] for key, entry in self.gathering.items()},
            {key: copies[id(entry)] for key, entry in self.general.items()},
            {key: copies[id(entry)] for key, entry in self.summaries.items()},
            set(self.touched),
        )


def ledger_of(session: Session) -> Ledger:
    """The session's ledger; begins with its first use in an action."""
    ledger: Ledger | None = session.info.get("ledger")
    if ledger is None:
        ledger = session.info["ledger"] = Ledger()
    return ledger
