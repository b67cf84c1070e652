"""Draws events as lines of the list, each of them once: an event never changes, so neither does its line.

What may change around an event is part of what a line is kept by: whether its objects still have pages, what they are
called today, how a day of another year is written, and whose page the line stands on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode

from flask import current_app, g, render_template, url_for
from sqlalchemy import Row
from sqlalchemy.orm import Session

from audit import queries
from audit.changes import Teller, mentioned
from audit.directory import Directory
from audit.filters import Ground
from audit.histogram import Bar
from audit.nearby import Nearby
from audit.rows import EventRow, glossary, line_of, named

#: Events whose lines are kept, a few kilobytes each; the one met first goes first.
MOST: Final = 4_000


@dataclass
class _Met:
    """An event that was met: the objects it is about, those it points to, and its lines so far."""

    about: list[tuple[str, int]]
    points: list[tuple[str, int]]
    lines: dict[tuple[Any, ...], str] = field(default_factory=dict)


class Drawings:
    """The lines that were drawn lately."""

    def __init__(self) -> None:
        self._met: dict[int, _Met] = {}
        self._guard = Lock()

    def met(self, row: Row[Any]) -> _Met:
        """What is known of an event."""
        found = self._met.get(row.id)
        if found is None:
            found = _Met(named(row), sorted(mentioned([row])))
            with self._guard:
                self._met[row.id] = found
                if len(self._met) > MOST:
                    del self._met[next(iter(self._met))]
        return found


def drawn(session: Session, directory: Directory, ground: Ground, found: Sequence[Row[Any]]) -> list[str]:
    """Events as lines, drawn now or before: markup that templates take as it is."""
    drawings: Drawings = current_app.extensions.setdefault("audit_drawings", Drawings())
    met = [drawings.met(row) for row in found]
    page = url_for("audit.log")  # a trainer's page of somebody else's log has an address of its own
    about, points = {each for one in met for each in one.about}, {each for one in met for each in one.points}
    nearby = ground.nearby if all(row.id <= ground.head for row in found) else None
    nearby = nearby if nearby is not None else Nearby(ground.head)  # of what is newer, nobody knows yet
    links = nearby.pages((page, g.viewer.user_id), about, partial(directory.links, session.info["account_id"]))
    labels = nearby.names(points, partial(queries.labels, session))
    teller = Teller(labels, ground.now.astimezone(ground.zone))
    lines, stories = [], url_for("audit.event", event_id=1)[:-1]
    times = f"?{urlencode({'times': ground.times})}" if ground.times else ""
    for row, one in zip(found, met, strict=True):
        look = (page, ground.zone.key, times, teller.now.year, *map(links.get, one.about), *map(labels.get, one.points))
        line = one.lines.get(look)
        if line is None:
            line = one.lines[look] = draw(line_of(row, ground, teller, links), f"{stories}{row.id}{times}")
        lines.append(line)
    return lines


def bars_drawn(bars: Sequence[Bar]) -> str:
    """The bars of a histogram, drawn now or before: most of them are over, and look as they did."""
    kept: dict[Bar, str] = current_app.extensions.setdefault("audit_bars", {})
    if len(kept) > MOST:
        kept.clear()
    macro = current_app.jinja_env.get_template("audit/_bar.html").module.drawing  # type: ignore[attr-defined]
    return "".join([kept.get(bar) or kept.setdefault(bar, macro(bar)) for bar in bars])


def meanings() -> str:
    """What each event means, once on the page: as markup, drawn once, for it stays as it is while the desk runs."""
    kept: dict[str, str] = current_app.extensions.setdefault("audit_meanings", {})
    if not kept:
        kept["drawn"] = render_template("audit/_meanings.html", glossary=glossary())
    return kept["drawn"]


def draw(row: EventRow, story: str) -> str:
    """A line of the list, and the address of what it opens."""
    macro = current_app.jinja_env.get_template("audit/_row.html").module.line  # type: ignore[attr-defined]
    line: str = macro(row, story)
    return line
