"""Saved searches of the log: a list beside the search line, and a page of its own where there are no scripts."""

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from flask import Blueprint, Response, abort, g, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from audit.db import db
from audit.filters import read_query, write_query
from audit.line import write_line
from audit.pages import ground_now
from audit.question import Ground
from audit.when import for_keeps
from helpdesk import searches
from helpdesk.models import Account, AccountSetting, Role
from helpdesk.refusals import Refused
from helpdesk.searches import Search
from helpdesk.web import answers
from helpdesk.web.answers import Press
from helpdesk.web.changing import acting, held_row, me, needs
from helpdesk.web.htmx import go_to, wants_partial

blueprint = Blueprint("searches", __name__, url_prefix="/settings/searches")

_STRANGE: Final = "This search can't be kept, because it can't be looked up: change it first. Nothing was saved."


@dataclass(frozen=True)
class Line:
    """A saved search in the list."""

    search: Search
    address: str
    line: str  #: what it asks for; empty if it makes no sense any more
    owner: str  #: whose it is, where it is somebody else's
    may_delete: bool


@dataclass(frozen=True)
class Place:
    """Where the list goes on: what is open in it, what has the focus, and what was typed and refused."""

    opened: int | None = None
    focus: int | None = None
    name: str = ""
    is_shared: bool = False
    exactly: str | None = None  #: what was to be saved, where that is not what the page shows


@blueprint.get("")
@needs("read audit log")
def index() -> Response:
    """One's own, and those that are shared."""
    return _list()


@blueprint.post("")
@needs("read audit log")
def save() -> Response:
    """Keep what the page shows, under a name."""
    name, is_shared = request.form.get("name", ""), request.form.get("shared") == "y"
    try:
        address = _asked(ground_now())
        with acting() as session:
            account = session.get_one(Account, g.account.id, with_for_update=True)
            row = searches.save(account, name, address, is_shared=is_shared, by=me())
    except Refused as refusal:
        exactly = request.form.get("address", "") if "exactly" in request.form else None
        return _refused(refusal, Place(name=name, is_shared=is_shared, exactly=exactly))
    return _done("Search saved", Place(focus=row.id), Press(url_for("searches.delete", search_id=row.id)))


@blueprint.post("/<number:search_id>/rename")
@needs("read audit log")
def rename(search_id: int) -> Response:
    """Give it another name."""
    name = request.form.get("name", "")
    try:
        with acting() as session:
            row = _own(session, search_id)
            before = row.data["name"]
            searches.rename(row, name, by=me())
    except Refused as refusal:
        return _refused(refusal, Place(opened=search_id, focus=search_id, name=name))
    return _changed("Search renamed", search_id, "rename", name=before)


@blueprint.post("/<number:search_id>/share")
@needs("read audit log")
def share(search_id: int) -> Response:
    """Let others see it, or no more."""
    is_shared = request.form.get("shared") == "y"
    try:
        with acting() as session:
            searches.share(_own(session, search_id), is_shared, by=me())
    except Refused as refusal:
        return _refused(refusal, Place(opened=search_id, focus=search_id))
    said = "Search shared" if is_shared else "Search is private again"
    return _changed(said, search_id, "share", shared="" if is_shared else "y")


@blueprint.post("/<number:search_id>/ask")
@needs("read audit log")
def ask(search_id: int) -> Response:
    """Let it ask what the page shows from now on."""
    try:
        address = _asked(ground_now())
        with acting() as session:
            row = _own(session, search_id)
            before = row.data["address"]
            searches.ask(row, address, by=me())
    except Refused as refusal:
        return _refused(refusal, Place(opened=search_id, focus=search_id))
    return _changed("Search asks something else now", search_id, "ask", address=before, exactly="y")


@blueprint.post("/<number:search_id>/delete")
@needs("read audit log")
def delete(search_id: int) -> Response:
    """Forget it; one of somebody else's only the account's owner does, or anybody once they have left."""
    listed = [search.id for search in searches.seen_by(db.session(), g.account.id, g.user.id)]
    try:
        with acting() as session:
            row = _held(session, search_id)
            found = searches.read(row)
            if not _may_delete(found, ground_now()):
                _own(session, search_id)
            searches.delete(row, by=me())
    except Refused as refusal:
        return _refused(refusal, Place(focus=search_id))
    undo_by = None
    if found is not None and found.owner_id == g.user.id:
        again = {"name": found.name, "address": found.address, "shared": "y" if found.is_shared else "", "exactly": "y"}
        undo_by = Press(url_for("searches.save"), again)
    place = listed.index(search_id) if search_id in listed else 0
    beside = [*listed[place + 1 :], *reversed(listed[:place])]
    return _done("Search deleted", Place(focus=beside[0] if beside else None), undo_by)


def _held(session: Session, search_id: int) -> AccountSetting:
    row = held_row(session, AccountSetting, search_id, "saved search")
    found = searches.read(row)
    if found is None or not searches.may_see(found, g.user.id):
        abort(404, f"There is no saved search {search_id} here, so nothing was done: it was deleted, or is not shared.")
    return row


def _own(session: Session, search_id: int) -> AccountSetting:
    row = _held(session, search_id)
    found = searches.read(row)
    if found is not None:
        searches.check_own(found, g.user.id)
    return row


def _may_delete(search: Search | None, ground: Ground) -> bool:
    if search is None or search.owner_id == g.user.id:
        return True
    has_left = search.owner_id in ground.left or search.owner_id not in ground.people
    return search.is_shared and (has_left or g.user.role == Role.OWNER)


def _asked(ground: Ground) -> str:
    """What the page shows that asks, or `exactly` what is given, in the log's own words; raises Refused."""
    shown = _shown() if request.form.get("exactly") != "y" else None
    wanted = request.form.get("address", "") if shown is None else shown
    asked = {name: found for name, found in parse_qs(wanted).items() if name not in ("cursor", "open")}
    reading = read_query(asked, ground)
    if reading.complaints:
        raise Refused(f"{_STRANGE} {reading.complaints[0]}")
    return write_query(reading.query, for_keeps(reading.query, reading.ground))


def _given() -> str:
    """What is to be asked, where no page tells: the list carries it from press to press."""
    return request.args.get("address", "" if "exactly" in request.form else request.form.get("address", ""))[:4_000]


def _shown() -> str | None:
    """What the page asks that somebody looks at, as its address has it; None if it is not the log's."""
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    return page.query if page.path == url_for("audit.log") else None


def _changed(said: str, search_id: int, deed: str, **before: str) -> Response:
    undo_by = Press(url_for(f"searches.{deed}", search_id=search_id), before)
    return _done(said, Place(opened=search_id, focus=search_id), undo_by)


def _done(said: str, place: Place, undo_by: Press | None) -> Response:
    if not wants_partial():
        answers.tell(said, undo_by=undo_by)
        return go_to(url_for("searches.index", address=_given() or None))
    events = answers.written()
    toast = {
        "kind": "done" if events else "info",
        "said": said if events else "Nothing changed, so no event was written.",
        "events": events,
        "undo_by": replace(undo_by, target="#searches") if undo_by and events else None,
    }
    return make_response(render_template("searches/_answer.html", **_context(), place=place, **toast))


def _refused(refusal: Refused, place: Place) -> Response:
    return _list(str(refusal), place, 409)


def _list(problem: str = "", place: Place | None = None, status: int = 200) -> Response:
    template = "searches/_list.html" if wants_partial() else "searches/index.html"
    return make_response(render_template(template, **_context(), problem=problem, place=place), status)


def _context() -> dict[str, Any]:
    ground = ground_now()
    address = _given()
    return {
        "lines": [_line(search, ground) for search in searches.seen_by(db.session(), g.account.id, g.user.id)],
        "address": address,
        "is_asking": bool(address) or _shown() is not None,
    }


def _line(search: Search, ground: Ground) -> Line:
    reading = read_query(parse_qs(search.address), ground)
    page = url_for("audit.log")
    return Line(
        search,
        f"{page}?{search.address}" if search.address else page,
        "" if reading.complaints else write_line(reading.query, reading.ground),
        "" if search.owner_id == g.user.id else ground.people.get(search.owner_id, "somebody who left"),
        _may_delete(search, ground),
    )
