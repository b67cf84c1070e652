"""Who is here: a random token in a cookie, its digest in the database, and what a page may know of its user."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import Select, String, Table, and_, bindparam, func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.action import enter
from audit.base import Base, UtcDateTime
from audit.clock import DeskClock, reading, wall_now
from audit.db import db
from audit.log import event_head
from helpdesk import jobs, permissions, settings
from helpdesk.config import Config
from helpdesk.models import Account, AccountSetting, ApiKey, Job, LoginSession, Notice, User
from helpdesk.permissions import Action
from helpdesk.web.htmx import wants_partial
from helpdesk.web.security import is_api, local_path

COOKIE: Final = "desk_login"
LASTS: Final = timedelta(days=14)

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Me:
    """The team member who is logged in."""

    id: int
    name: str
    email: str
    role: str

    def may(self, action: Action) -> bool:
        """Whether they may do this."""
        return permissions.may(self.role, action)

    @property
    def initials(self) -> str:
        """For the round sign beside the name."""
        words = self.name.split()
        return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper()


@dataclass(frozen=True)
class Here:
    """The account they are in."""

    id: int
    name: str
    mail_address: str
    time_zone: str


@dataclass(frozen=True)
class Clock:
    """The desk clock as a page shows it; one moment for the whole page."""

    now: datetime
    rate: float
    is_moving: bool = False  #: on its way, by a job that plays all that falls due


def install(app: Flask) -> None:
    """Know on every request who is here, and let nobody else further than the log-in."""

    @app.before_request
    def _identify() -> Response | None:
        g.user = g.account = None
        if request.endpoint == "static" or is_api():
            return None
        recognise_again()
        view = app.view_functions.get(request.endpoint or "")
        if g.user is None and view is not None and not getattr(view, "is_public", False):
            return _to_the_door()
        return None


def public(view: View) -> View:
    """Mark a view that needs no log-in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def open_session(session: Session, user: User) -> str:
    """Begin a session in the action that logs the user in; answers the token, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            account_id=user.account_id,
            user_id=user.id,
            token_hash=_digest(token),
            created_datetime=wall_now(),
            expires_datetime=wall_now() + LASTS,
            remote_addr=request.remote_addr,
        )
    )
    return token


def close_session(session: Session) -> None:
    """End the session of this browser, if it has one."""
    token = request.cookies.get(COOKIE)
    if token:
        row = session.scalar(select(LoginSession).where(LoginSession.token_hash == _digest(token)))
        if row is not None:
            session.delete(row)


def keep(response: Response, token: str) -> Response:
    """Give the token to the browser."""
    config: Config = current_app.config["DESK"]
    response.set_cookie(
        COOKIE,
        token,
        max_age=LASTS,
        httponly=True,
        samesite="Lax",
        secure=config.base_url.startswith("https://"),
    )
    return response


def recognise_again() -> None:
    """Look up afresh who asks; `g.user` is None if they are not logged in any more."""
    g.user = g.account = None
    token = request.cookies.get(COOKIE)
    if token:
        recognise(db.session(), _who_has_logged_in(), {"token_hash": _digest(token), "present": wall_now()})


def recognise(session: Session, question: Select[Any], asked: Mapping[str, Any] | None = None) -> Row[Any] | None:
    """Ask who came in by a door, as `who_came_by` has it: from here on they are here."""
    enter(session, None)
    found = session.execute(question, asked).first()
    if found is None:
        return None
    hours = found.data or settings.DEFAULTS["business-hours"]
    g.user = Me(found.id, found.name, found.email, found.role)
    g.account = Here(found.account_id, found.account_name, found.mail_address, hours.get("timezone") or "UTC")
    g.desk_clock = _clock(found)
    g.newest_event_id, g.unread = found.last_id or 0, found.unread
    enter(session, found.account_id)
    return found


@cache
def _who_has_logged_in() -> Select[Any]:
    """Put together once, for every page asks it."""
    door = _table(LoginSession)
    mine, still = bindparam("token_hash", type_=String), bindparam("present", type_=UtcDateTime)
    return who_came_by(LoginSession).where(door.c.token_hash == mine, door.c.expires_datetime > still)


@cache
def who_came_by(door: type[LoginSession] | type[ApiKey]) -> Select[Any]:
    """All that a page or a call must know of whoever came in by a log-in or a key: one question, of tables alone."""
    way, user, account, clock = map(_table, (door, User, Account, DeskClock))
    setting, job, notice = map(_table, (AccountSetting, Job, Notice))
    hours = and_(setting.c.account_id == account.c.id, setting.c.type == "business-hours")
    return (
        select(
            user.c.id,
            user.c.name,
            user.c.email,
            user.c.role,
            account.c.id.label("account_id"),
            account.c.name.label("account_name"),
            account.c.mail_address,
            setting.c.data,
            clock.c.anchor_wall,
            clock.c.anchor_desk,
            clock.c.rate,
            event_head.c.last_id,
            select(job.c.id)
            .where(job.c.account_id == account.c.id, job.c.type == jobs.CLOCK, job.c.status.in_(jobs.UNDER_WAY))
            .exists()
            .label("is_moving"),
            select(func.count())
            .select_from(notice)
            .where(notice.c.account_id == account.c.id, notice.c.user_id == user.c.id, notice.c.read_datetime.is_(None))
            .scalar_subquery()
            .label("unread"),
        )
        .select_from(way)
        .join(user, and_(user.c.id == way.c.user_id, user.c.account_id == way.c.account_id))
        .join(account, account.c.id == user.c.account_id)
        .outerjoin(setting, hours)
        .outerjoin(clock, clock.c.account_id == account.c.id)
        .outerjoin(event_head, event_head.c.account_id == account.c.id)
        .where(user.c.active, account.c.deactivated_datetime.is_(None), account.c.archived_datetime.is_(None))
    )


def _table(model: type[Base]) -> Table:
    assert isinstance(model.__table__, Table)
    return model.__table__


def _clock(found: Any) -> Clock:
    if found.rate is None:
        return Clock(wall_now(), 1.0, found.is_moving)
    return Clock(reading(found.anchor_wall, found.anchor_desk, found.rate), found.rate, found.is_moving)


def _to_the_door() -> Response:
    if wants_partial():  # the page stays, with whatever was being written on it
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        wanted = local_path(f"{page.path}?{page.query}" if page.query else page.path)
        return make_response(render_template("layout/_ended.html", door=url_for("auth.log_in", next=wanted)), 401)
    wanted = local_path(request.full_path.rstrip("?")) if request.method == "GET" else None
    return make_response(redirect(url_for("auth.log_in", next=wanted), 303))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
