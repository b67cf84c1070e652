"""What is remembered of an account's log from one request to the next, and stays true whatever is written later."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select

from audit.bars import Bars
from audit.fetched import Fetched

#: So many statements are kept; then it begins anew.
MOST: Final = 500


class Prepared:
    """Statements that were put together lately: SQLAlchemy takes longer for that than the database to answer."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Select[Any]] = {}

    def get(self, shape: Hashable, make: Callable[[], Select[Any]]) -> Select[Any]:
        """The statement of that shape, which differs from others of it in nothing but the values sent with it."""
        made = self._made.get(shape)
        if made is None:
            if len(self._made) >= MOST:
                self._made = {}
            made = self._made[shape] = make()
        return made


@dataclass(frozen=True)
class Memory:
    """Of one account: what was counted of the time that is over, events that were read, statements that were made."""

    bars: Bars = field(default_factory=Bars)
    fetched: Fetched = field(default_factory=Fetched)
    prepared: Prepared = field(default_factory=Prepared)
