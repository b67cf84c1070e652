"""What the witness saw: per row and column the first old and the last new value, until some event claims them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

#: Class name and number of a row.
RowKey = tuple[str, int]

#: Per row ("Ticket:4213") and column, before and after.
Changes = dict[str, dict[str, list[Any]]]

#: Which columns of which class an event may claim.
Claims = Mapping[str, frozenset[str]]

#: Whether an event gathers only rows that came into being, or only rows that went.
Side = Literal["birth", "death"]


@dataclass
class Notes:
    """Unclaimed changes, in the order in which rows were first touched."""

    rows: dict[RowKey, dict[str, list[Any]]] = field(default_factory=dict)
    parts: dict[RowKey, dict[RowKey, None]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rows)

    def copy(self) -> "Notes":
        """As they stand."""
        rows = {key: {name: list(pair) for name, pair in changes.items()} for key, changes in self.rows.items()}
        return Notes(rows, {key: dict(parts) for key, parts in self.parts.items()})

    def note(self, key: RowKey, column: str, before: Any, after: Any) -> None:
        """Keep the first old value and the last new one; forget the column if they are the same."""
        changes = self.rows.setdefault(key, {})
        if column in changes:
            before = changes[column][0]
        if before == after and type(before) is type(after):
            changes.pop(column, None)
            if not changes:
                del self.rows[key]
        else:
            changes[column] = [before, after]

    def own(self, key: RowKey, owner: RowKey) -> None:
        """This row is, or was, a part of that one."""
        self.parts.setdefault(owner, {})[key] = None

    def about(self, claims: Claims, target: RowKey, side: Side | None) -> list[RowKey]:
        """The rows of which an event on `target` with these claims could claim something: itself and its parts."""
        return [
            key
            for key in (self._with_parts(target) if target in self.parts else (target,))
            if key[0] in claims
            and (changes := self.rows.get(key))
            and _on_side(changes, side)
            and ("*" in claims[key[0]] or claims[key[0]] & changes.keys())
        ]

    def claim(
        self, claims: Claims, target: RowKey, root: RowKey, side: Side | None, leaves: frozenset[str] = frozenset()
    ) -> Changes:
        """Take out what an event on `target` may claim: of it and its parts, else of the object it is a part of.

        `leaves` are columns which it leaves to another event where it may claim all.
        """
        taken: Changes = {}
        own = self.about(claims, target, side)
        for key in own or [key for key in self.about(claims, root, side) if key == root]:
            changes, columns = self.rows[key], claims[key[0]]
            wanted = changes.keys() - leaves if "*" in columns else columns
            names = list(filter(wanted.__contains__, changes))
            taken[f"{key[0]}:{key[1]}"] = {name: changes.pop(name) for name in names}
            if not changes:
                del self.rows[key]
        return taken

    def describe(self) -> str:
        """Rows and columns, for the person who forgot to record them."""
        return "; ".join(f"{kind} {number} ({', '.join(changes)})" for (kind, number), changes in self.rows.items())

    def _with_parts(self, target: RowKey) -> Iterator[RowKey]:
        yield target
        for part in self.parts.get(target, ()):
            yield from self._with_parts(part)


def _on_side(changes: dict[str, list[Any]], side: Side | None) -> bool:
    if side is None:
        return True
    born_or_dead = changes.get("id")
    if born_or_dead is None:
        return False
    return born_or_dead[0] is None if side == "birth" else born_or_dead[1] is None
