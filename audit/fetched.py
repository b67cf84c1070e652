"""Remembers events that were read from the log lately: an event never changes, so it is read once."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Row

#: So many are remembered for one account; then it begins anew.
MOST: Final = 4_000


class Fetched:
    """Events by number, as the database had them."""

    def __init__(self) -> None:
        self._rows: dict[int, Row[Any]] = {}

    def rows(self, numbers: Sequence[int], look: Callable[[list[int]], Iterable[Row[Any]]]) -> list[Row[Any]]:
        """Those of these numbers, in this order; what is not known is looked up."""
        found = {number: self._rows.get(number) for number in numbers}
        unknown = [number for number, row in found.items() if row is None]
        if unknown:
            looked_up = {row.id: row for row in look(unknown)}
            if len(self._rows) + len(looked_up) > MOST:
                self._rows = {}
            self._rows.update(looked_up)
            found.update(looked_up)
        return [row for row in found.values() if row is not None]
