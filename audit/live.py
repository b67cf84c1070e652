"""New events for a page that is open: by a stream that filters here, and that no cut makes lose or repeat anything."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, abort, g, make_response, render_template, request, stream_with_context, url_for
from sqlalchemy import Row

from audit import queries
from audit.action import enter
from audit.asking import Asked, number
from audit.db import db
from audit.directory import directory
from audit.feeds import Feed, message, piece
from audit.filters import read_query, write_query
from audit.pages import asked_and, blueprint, ground_now
from audit.results import NEWER, newer_for
from audit.tail import Full, Window, tail

#: So often a page hears that it still follows; and so long may a reader be gone before its thread is free.
HEARTBEAT: Final = 5.0
#: Whoever has missed more events of its filter than this loads the list anew.
FURTHEST: Final = 5_000
#: Events about these may end somebody's right to look, and such an end is an event of this very log.
_RIGHTS: Final = frozenset({"User", "Account"})
#: After these the desk's clock shows another time, and what is listed may have left the period.
_JUMPS: Final = frozenset({"desk-clock-changed"})


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
    alike = (url_for("audit.log"), write_query(reading.query, ground), g.viewer.user_id)
    feed = window.feed(alike, lambda: Feed(session.info["account_id"], reading.query, ground))
    page = _Page(session.info["account_id"], window, asked, feed, after)
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
    return make_response(piece(results.rows, results.sentence, results.newest or 0))


@dataclass
class _Page:
    """A page that follows: what it asks for, and how far it has come."""

    account_id: int
    window: Window
    asked: Asked
    feed: Feed
    after: int

    def messages(self) -> Iterator[bytes]:
        """What the page is sent; every message carries the number after which it would go on."""
        missed, seen, text = 0, time.monotonic(), message(self.after)
        while not self.window.is_closed:
            # Nobody holds a connection while waiting: neither for events, nor for a page that reads slowly.
            db.session.remove()
            yield text
            found = self.window.later(self.after, HEARTBEAT)
            if _may_have_ended(found) or time.monotonic() - seen > HEARTBEAT:
                if not self._is_welcome():
                    yield _ended()
                    return
                db.session.remove()
                seen = time.monotonic()
            if found is None:
                missed += NEWER
                if missed > FURTHEST:
                    yield b"event: anew\ndata:\n\n"
                    return
                text = self._caught_up()
            else:
                missed = 0
                text = self.feed.news(self.after, found) if found else message(self.after)
                self.after = found[-1].id if found else self.after
                if any(row.type in _JUMPS for row in found):
                    text += b"event: jumped\ndata:\n\n"

    def _caught_up(self) -> bytes:
        """The first events that are no longer in memory; more of them follow with the next message."""
        enter(db.session(), self.account_id)
        results = newer_for(db.session(), directory(), self.feed.ground, self.asked, self.after)
        self.after = max(self.after, results.newest or 0)
        return message(self.after, piece(results.rows, results.sentence, self.after))

    def _is_welcome(self) -> bool:
        viewer = directory().viewer_again(g.reads_of)
        if viewer is None or not viewer.may_read_log:
            return False
        enter(db.session(), self.account_id)
        self.feed.ground = ground_now()  # the period goes on, and names may have changed
        return True


def _may_have_ended(found: Sequence[Row[Any]] | None) -> bool:
    return found is None or any(row.object_type in _RIGHTS for row in found)


def _ended() -> bytes:
    page = request.headers.get("HX-Current-URL", "")
    door = f"/login?{urlencode({'next': page[page.find('/settings') :]})}" if "/settings" in page else "/login"
    return message(None, render_template("audit/_ended.html", door=door)) + b"event: ended\ndata:\n\n"
