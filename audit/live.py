"""New events for a page that is open: by a stream that filters here, and that no cut makes lose or repeat anything."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

from flask import Response, abort, g, make_response, render_template, request, stream_with_context

from audit import counting, queries
from audit.action import enter
from audit.asking import Asked, number
from audit.db import db
from audit.directory import directory
from audit.drawing import drawn
from audit.filters import Ground, Query, matches, read_query
from audit.pages import asked_and, blueprint, ground_now
from audit.queries import Total
from audit.results import NEWER, Results, newer_for
from audit.sentences import sentence
from audit.tail import Fresh, Full, Window, tail

#: So often a page hears that it still follows; and so long may a reader be gone before its thread is free.
HEARTBEAT: Final = 5.0
#: Whoever has missed more events of its filter than this loads the list anew.
FURTHEST: Final = 5_000
#: After so many seconds a total is counted afresh: until then, what comes is added to it.
COUNT_AGAIN: Final = 30.0
#: Events about these may end somebody's right to look, and such an end is an event of this very log.
_RIGHTS: Final = frozenset({"User", "Account"})
_LINE_END: Final = re.compile(r"\r\n|\r|\n")


@blueprint.get("/live")
def live() -> Response:
    """Rows as they happen, for as long as the page is seen and its reader may read the log."""
    if "text/event-stream" not in request.headers.get("Accept", ""):
        abort(406, "This address is the stream behind the audit log. Open the audit log itself.")
    asked, word = asked_and("after")
    word = request.headers.get("Last-Event-ID", word)
    after, session, ground = number(word), db.session(), ground_now()
    reading = read_query(asked, ground)
    if reading.complaints:
        abort(422, " ".join(reading.complaints))
    if word not in ("0", str(after)) or not (after == 0 or queries.event(session, after)):
        abort(422, "The newest event shown is not in this desk's log, so nothing can follow it. Load the page again.")
    held = ExitStack()
    try:
        window = held.enter_context(tail().following(session.info["account_id"], queries.newest_id(session)))
    except Full:
        abort(503, "Very many pages follow the log at the moment, so this one looks by itself every few seconds.")
    page = _Page(session.info["account_id"], window, asked, reading.query, ground, after)
    response = Response(stream_with_context(page.messages()), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"  # a proxy would wait for more
    response.call_on_close(held.close)
    return response


@blueprint.get("/newer")
def newer() -> Response:
    """The same for once, where a stream can't be had: what happened after the newest event shown."""
    asked, word = asked_and("after")
    after, session = number(word), db.session()
    if word not in ("0", str(after)):
        abort(422, "The newest event shown is missing from the address, so nothing was added. Load the page again.")
    if queries.newest_id(session) == after:
        return make_response("", 204)
    results = newer_for(session, directory(), ground_now(), asked, after)
    if results.complaints:
        abort(422, " ".join(results.complaints))
    return make_response(_found(results, results.sentence))


@dataclass
class _Page:
    """A page that follows: what it asks for, and how far it has come."""

    account_id: int
    window: Window
    asked: Asked
    query: Query
    ground: Ground
    after: int
    total: Total | None = None
    counted: float = 0.0

    def messages(self) -> Iterator[str]:
        """What the page is sent; every message carries the number after which it would go on."""
        missed, seen, text = 0, time.monotonic(), _message(self.after)
        while not self.window.is_closed:
            # Nobody holds a connection while waiting: neither for events, nor for a page that reads slowly.
            db.session.remove()
            yield text
            found = self.window.later(self.after, HEARTBEAT)
            enter(db.session(), self.account_id)
            if _may_have_ended(found) or time.monotonic() - seen > HEARTBEAT:
                if not self._is_welcome():
                    yield _ended()
                    return
                seen = time.monotonic()
            if found is None:
                missed += NEWER
                if missed > FURTHEST:
                    yield "event: anew\ndata:\n\n"
                    return
                text = self._caught_up()
            else:
                missed = 0
                text = self._news(found) if found else _message(self.after)

    def _caught_up(self) -> str:
        """The first events that are no longer in memory; more of them follow with the next message."""
        results = newer_for(db.session(), directory(), self.ground, self.asked, self.after)
        self.after = max(self.after, results.newest or 0)
        said = sentence(self.query, self.ground, self._counted(len(results.rows)))
        return _message(self.after, _found(results, said))

    def _news(self, found: list[Fresh]) -> str:
        self.after = found[-1].row.id
        fits = matches(self.query, self.ground)
        fitting = [fresh for fresh in found if fits(fresh.row)]
        if not fitting:
            return _message(self.after)
        drawn = self._rows(fitting)
        said = sentence(self.query, self.ground, self._counted(len(fitting)))
        return _message(self.after, _piece(drawn, said, self.after))

    def _counted(self, more: int) -> Total:
        if self.total is None or time.monotonic() - self.counted > COUNT_AGAIN:
            self.total, self.counted = counting.total(db.session(), self.query, self.ground), time.monotonic()
        else:
            self.total = replace(self.total, count=self.total.count + more)
        return self.total

    def _rows(self, fitting: list[Fresh]) -> str:
        """The rows, newest first; each is drawn once for all pages that see it alike."""
        viewer = directory().viewer(g.reads_of)
        key = (self.ground.zone.key, viewer.user_id if viewer else 0)
        self._let_go()  # who draws needs a connection: those who wait for them must not hold them all
        with self.window.drawing:
            missing = [fresh for fresh in fitting if key not in fresh.drawn]
            if missing:
                lines = drawn(db.session(), directory(), self.ground, [fresh.row for fresh in missing])
                for fresh, line in zip(missing, lines, strict=True):
                    fresh.drawn[key] = line
        return "".join(fresh.drawn[key] for fresh in reversed(fitting))

    def _let_go(self) -> None:
        db.session.remove()
        enter(db.session(), self.account_id)

    def _is_welcome(self) -> bool:
        viewer = directory().viewer_again(g.reads_of)
        if viewer is None or not viewer.may_read_log:
            return False
        enter(db.session(), self.account_id)
        self.ground = ground_now()
        return True


def _may_have_ended(found: list[Fresh] | None) -> bool:
    return found is None or any(fresh.row.object_type in _RIGHTS for fresh in found)


def _found(results: Results, said: str) -> str:
    return _piece("".join(results.rows), said, results.newest or 0)


def _piece(drawn: str, said: str, after: int) -> str:
    return render_template("audit/_newer.html", drawn=drawn, said=said, newest=after)


def _ended() -> str:
    page = request.headers.get("HX-Current-URL", "")
    door = f"/login?{urlencode({'next': page[page.find('/settings') :]})}" if "/settings" in page else "/login"
    return f"{_message(None, render_template('audit/_ended.html', door=door))}event: ended\ndata:\n\n"


def _message(after: int | None, piece: str = "") -> str:
    lines = [f"data: {line}" for line in _LINE_END.split(piece)] if piece else []
    return "\n".join([*([f"id: {after}"] if after is not None else []), *lines, "", ""])
