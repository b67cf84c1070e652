"""Who is here: a random token in a cookie, its digest in the database, and what a page may know of its user."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import Select, and_, func, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.action import enter
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
        mine, still = LoginSession.token_hash == _digest(token), LoginSession.expires_datetime > wall_now()
        recognise(db.session(), LoginSession, mine, still)


def recognise(session: Session, door: type[LoginSession] | type[ApiKey], *conditions: Any) -> Row[Any] | None:
    """Who came in by this door, a log-in or a key: from here on they are here; the row ends with the door's columns."""
    enter(session, None)
    found = session.execute(_who_came_by(door).where(*conditions)).first()
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
def _who_came_by(door: type[LoginSession] | type[ApiKey]) -> Select[Any]:
    """All that a page must know of its reader, in one question; put together once, for every request asks it."""
    setting = and_(AccountSetting.account_id == Account.id, AccountSetting.type == "business-hours")
    return (
        select(
            User.id,
            User.name,
            User.email,
            User.role,
            Account.id.label("account_id"),
            Account.name.label("account_name"),
            Account.mail_address,
            AccountSetting.data,
            DeskClock.anchor_wall,
            DeskClock.anchor_desk,
            DeskClock.rate,
            event_head.c.last_id,
            select(Job.id)
            .where(Job.account_id == Account.id, Job.type == jobs.CLOCK, Job.status.in_(jobs.UNDER_WAY))
            .exists()
            .label("is_moving"),
            select(func.count())
            .select_from(Notice)
            .where(Notice.account_id == Account.id, Notice.user_id == User.id, Notice.read_datetime.is_(None))
            .scalar_subquery()
            .label("unread"),
            door,
        )
        .select_from(door)
        .join(User, and_(User.id == door.user_id, User.account_id == door.account_id))
        .join(Account, Account.id == User.account_id)
        .outerjoin(AccountSetting, setting)
        .outerjoin(DeskClock, DeskClock.account_id == Account.id)
        .outerjoin(event_head, event_head.c.account_id == Account.id)
        .where(User.active, Account.deactivated_datetime.is_(None), Account.archived_datetime.is_(None))
    )


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
