"""What open pages are sent of new events: put together once for all that ask the same, however many they are."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Final

from flask import render_template
from sqlalchemy import Row

from audit import counting, queries
from audit.action import enter
from audit.db import db
from audit.directory import directory
from audit.drawing import drawn
from audit.filters import Ground, Query, matches
from audit.queries import Total
from audit.sentences import sentence

#: After so many seconds a total is counted afresh: until then, what comes is added to it.
COUNT_AGAIN: Final = 30.0
#: Messages that are kept for pages which read a little later than others.
KEPT: Final = 64
#: While one counts, a busy desk writes; so often it is tried to count without that.
_TRIES: Final = 3
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@dataclass
class Feed:
    """All pages of an account that ask the same, and see it alike."""

    account_id: int
    query: Query
    ground: Ground
    _total: Total | None = None
    _counted_upto: int = 0
    _counted: float = 0.0
    _messages: dict[tuple[int, int], bytes] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    def news(self, after: int, found: Sequence[Row[Any]]) -> bytes:
        """The message of these events, which follow one event without a gap."""
        place = (after, found[-1].id)
        with self._guard:  # whoever waits here holds no connection: who puts it together needs one
            told = self._messages.get(place)
            if told is None:
                told = self._messages[place] = self._put_together(found)
                if len(self._messages) > KEPT:
                    del self._messages[next(iter(self._messages))]
            return told

    def piece(self, lines: Sequence[str], fitting: Sequence[Row[Any]], upto: int) -> str:
        """New lines for a page, newest first, and what is said above them."""
        said = sentence(self.query, self.ground, self._count(fitting))
        return piece(lines, said, upto)

    def _put_together(self, found: Sequence[Row[Any]]) -> bytes:
        fits, upto = matches(self.query, self.ground), found[-1].id
        session = db.session()
        enter(session, self.account_id)
        try:
            fitting = [row for row in found if fits(row)]
            if not fitting:
                return message(upto)
            lines = drawn(session, directory(), self.ground, fitting)
            return message(upto, self.piece(lines[::-1], fitting, upto))
        finally:
            db.session.remove()

    def _count(self, fitting: Sequence[Row[Any]]) -> Total:
        """How many there are, these included; what was counted already is not added once more."""
        if self._total is not None and time.monotonic() - self._counted < COUNT_AGAIN:
            more = sum(row.id > self._counted_upto for row in fitting)
            total = replace(self._total, count=self._total.count + more)
            self._counted_upto = max(self._counted_upto, fitting[-1].id)
        else:
            total, self._counted = self._count_afresh(), time.monotonic()
        self._total = total
        return total

    def _count_afresh(self) -> Total:
        session = db.session()
        for _ in range(_TRIES):
            self._counted_upto = queries.newest_id(session)
            total = counting.total(session, self.query, self.ground)
            if queries.newest_id(session) == self._counted_upto:
                break
        return total


def piece(lines: Sequence[str], said: str, upto: int) -> str:
    """What a page takes in: lines, newest first, what is said above them, and after which event it goes on."""
    return render_template("audit/_newer.html", lines=lines, said=said, newest=upto)


def message(after: int | None, piece: str = "") -> bytes:
    """As a stream of events has it; it carries the number after which a page would go on, if only as a sign of life."""
    lines = [f"data: {line}" for line in _LINE_END.split(piece)] if piece else ["event: alive", "data:"]
    return "\n".join([*([f"id: {after}"] if after is not None else []), *lines, "", ""]).encode()
