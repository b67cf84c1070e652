"""Saved searches of the log: a list beside the search line, and a page of its own where there are no scripts."""

from dataclasses import dataclass
from typing import Final
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
            searches.save(account, name, address, is_shared=is_shared, by=me())
    except Refused as refusal:
        return _list(str(refusal), 409)
    return _done("Search saved")


@blueprint.post("/<number:search_id>/rename")
@needs("read audit log")
def rename(search_id: int) -> Response:
    """Give it another name."""
    try:
        with acting() as session:
            searches.rename(_own(session, search_id), request.form.get("name", ""), by=me())
    except Refused as refusal:
        return _list(str(refusal), 409)
    return _done("Search renamed")


@blueprint.post("/<number:search_id>/share")
@needs("read audit log")
def share(search_id: int) -> Response:
    """Let others see it, or no more."""
    try:
        with acting() as session:
            searches.share(_own(session, search_id), request.form.get("shared") == "y", by=me())
    except Refused as refusal:
        return _list(str(refusal), 409)
    return _done("Search shared" if request.form.get("shared") == "y" else "Search is private again")


@blueprint.post("/<number:search_id>/delete")
@needs("read audit log")
def delete(search_id: int) -> Response:
    """Forget it; one of somebody else's only the account's owner does, or anybody once they have left."""
    try:
        with acting() as session:
            row = _held(session, search_id)
            if not _may_delete(searches.read(row), ground_now()):
                _own(session, search_id)
            searches.delete(row, by=me())
    except Refused as refusal:
        return _list(str(refusal), 409)
    return _done("Search deleted")


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
    """What the page shows that asks, in the log's own words; raises Refused."""
    page = urlsplit(request.headers.get("HX-Current-URL", ""))
    wanted = page.query if page.path == url_for("audit.log") else request.form.get("address", "")
    asked = {name: found for name, found in parse_qs(wanted).items() if name not in ("cursor", "open")}
    reading = read_query(asked, ground)
    if reading.complaints:
        raise Refused(f"{_STRANGE} {reading.complaints[0]}")
    return write_query(reading.query, for_keeps(reading.query, reading.ground))


def _done(said: str) -> Response:
    if wants_partial():
        return _list()
    answers.tell(said)
    return go_to(url_for("searches.index"))


def _list(problem: str = "", status: int = 200) -> Response:
    ground = ground_now()
    lines = [_line(search, ground) for search in searches.seen_by(db.session(), g.account.id, g.user.id)]
    template = "searches/_list.html" if wants_partial() else "searches/index.html"
    address = request.args.get("address", request.form.get("address", ""))[:4_000]
    return make_response(render_template(template, lines=lines, problem=problem, address=address), status)


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
