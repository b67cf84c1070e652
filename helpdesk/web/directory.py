"""What the log learns of the desk: who looks, who is in the team, where things are, what time it is."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from flask import current_app, g, url_for
from sqlalchemy import CompoundSelect, Select, bindparam, cast, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.base import BigId
from audit.clock import desk_now
from audit.db import db
from audit.directory import Member, Viewer
from helpdesk import accounts, classrooms, desk, settings
from helpdesk.classrooms import Trainee
from helpdesk.commands import COMMAND_LINE
from helpdesk.config import Config
from helpdesk.models import (
    Account,
    AccountSetting,
    Customer,
    CustomField,
    Integration,
    Macro,
    Rule,
    SatisfactionSurvey,
    Tag,
    Team,
    Ticket,
    TicketMessage,
    User,
    View,
    Widget,
)
from helpdesk.web import logins

#: What else of the log has a page: its table, the page, and what the page calls its number.
PAGES: Final[dict[str, tuple[Any, str, str]]] = {
    "Customer": (Customer, "customers.show", "customer_id"),
    "Tag": (Tag, "tags.show", "tag_id"),
    "Macro": (Macro, "macros.show", "macro_id"),
    "Rule": (Rule, "rules.show", "rule_id"),
    "Team": (Team, "teams.show", "team_id"),
    "User": (User, "users.show", "user_id"),
    "View": (View, "views.show", "view_id"),
    "Integration": (Integration, "integrations.show", "integration_id"),
    "Widget": (Widget, "widgets.show", "widget_id"),
}

#: Whoever reads tickets reads what happened to them.
OPEN_TRAILS: Final = frozenset({"Ticket", "TicketMessage"})

#: What calls of the API name by number.
_NUMBERED: Final[dict[str, Any]] = {
    "customer": Customer,
    "custom_field": CustomField,
    "integration": Integration,
    "macro": Macro,
    "rule": Rule,
    "satisfaction_survey": SatisfactionSurvey,
    "tag": Tag,
    "team": Team,
    "user": User,
    "view": View,
    "widget": Widget,
}

#: All that can be linked to, and what leads to its ticket, if that is where its page is.
_TABLES: Final[dict[str, tuple[Any, Any]]] = {
    "Ticket": (Ticket, Ticket.id),
    "TicketMessage": (TicketMessage, TicketMessage.ticket_id),
    "SatisfactionSurvey": (SatisfactionSurvey, SatisfactionSurvey.ticket_id),
    # Of a sort: PostgreSQL takes two bare nulls for texts, and no number stands below a text.
    **{kind: (model, cast(null(), BigId)) for kind, (model, _, _) in PAGES.items()},
}


class HelpdeskDirectory:
    """The desk's side of the log's port."""

    def viewer(self, of: int | None = None) -> Viewer | None:
        """Who is looking, at the log of their own account or at that of account `of`; None if nobody is logged in."""
        if g.get("user") is None:
            return None
        if of is not None:
            return _trainer(classrooms.open_to(db.session(), g.user.id, g.user.role, of), of)
        may_read_log = g.user.may("read audit log")
        return Viewer(g.account.id, g.user.id, g.user.name, may_read_log, g.user.email, OPEN_TRAILS)

    def viewer_again(self, of: int | None = None) -> Viewer | None:
        """The same, looked up afresh."""
        logins.recognise_again()
        return self.viewer(of)

    def note_export(self, account_id: int, details: Mapping[str, Any]) -> None:
        """Write into the log that who is looking, or who uses the command line, takes a copy of it."""
        by_hand, session = g.get("user") is not None, db.session()
        with desk.acting(session, account_id, source="web" if by_hand else "cli"):
            by = Actor.user(g.user) if by_hand else COMMAND_LINE
            accounts.export_log(session.get_one(Account, account_id), details, by=by)

    def accounts(self) -> list[tuple[int, str]]:
        """All accounts, archived ones too, as number and domain; the first is the demo's."""
        return [
            (row.id, row.domain) for row in db.session.execute(select(Account.id, Account.domain).order_by(Account.id))
        ]

    def members(self, account_id: int) -> list[Member]:
        """The account's team members of today."""
        found = db.session.execute(
            select(User.id, User.name).where(User.account_id == account_id).order_by(User.name, User.id)
        )
        return [Member(row.id, row.name) for row in found]

    def links(self, account_id: int, objects: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], str]:
        """Addresses of what still exists and has a page; none in another account, whose pages are not the reader's."""
        if g.get("account") is not None and g.account.id != account_id:
            return {}
        wanted: dict[str, list[int]] = {}
        for kind, number in set(objects):
            wanted.setdefault(kind, []).append(number)
        kinds = tuple(sorted(wanted.keys() & _TABLES.keys()))
        numbers: dict[str, Any] = {_numbers_of(kind): sorted(wanted[kind]) for kind in kinds}
        viewer = g.user.id if g.get("user") is not None else None
        asked = {"account": account_id, "viewer": viewer, **numbers}
        found = {}
        pages = {kind: _page(kind) for kind in kinds}
        for kind, number, ticket_id in db.session.execute(_still_there(kinds), asked) if kinds else ():
            address = f"{pages[kind]}{ticket_id or number}"
            found[kind, number] = f"{address}#message-{number}" if kind == "TicketMessage" else address
        if account_id in wanted.get("Account", ()):
            found["Account", account_id] = url_for("account.show")
        return found

    def numbers(self, account_id: int) -> Mapping[str, int]:
        """Numbers of things that the account has, to try a call of the API on: the newest of each kind, and another."""
        return numbers_of(db.session(), account_id)

    def base_url(self) -> str:
        """What addresses of this desk begin with."""
        config: Config = current_app.config["DESK"]
        return config.base_url

    def time_zone(self, account_id: int) -> str:
        """The account's time zone, an IANA name."""
        if g.get("account") is not None and g.account.id == account_id:
            name: str = g.account.time_zone
            return name
        return str(self._setting(account_id, "business-hours").get("timezone") or "UTC")

    def longest_period(self, account_id: int) -> timedelta | None:
        """The longest period that the audit page may cover; None for any."""
        days = self._setting(account_id, "audit-log").get("longest_period_days")
        return timedelta(days=days) if days is not None else None

    def newest_event(self, account_id: int) -> int | None:
        """The account's newest event when it was found out who is looking; None where nobody of the account is."""
        return g.newest_event_id if g.get("account") is not None and g.account.id == account_id else None

    def now(self, account_id: int) -> datetime:
        """The time on the account's desk clock."""
        if g.get("account") is not None and g.account.id == account_id:
            now: datetime = g.desk_clock.now
            return now
        return desk_now(db.session(), account_id)

    def _setting(self, account_id: int, type_: str) -> dict[str, Any]:
        data = db.session.scalar(
            select(AccountSetting.data).where(AccountSetting.account_id == account_id, AccountSetting.type == type_)
        )
        return dict(data) if data is not None else dict(settings.DEFAULTS[type_])


def numbers_of(session: Session, account_id: int) -> dict[str, int]:
    """The newest of everything that has a number, and the one before it, by name ("tag_id", "other_tag_id")."""
    newest = [
        select(literal(name).label("name"), model.id.label("number"))
        .where(model.account_id == account_id)
        .order_by(model.id.desc())
        .limit(2)
        .subquery()
        .select()
        for name, model in _NUMBERED.items()
    ]
    message = (
        select(TicketMessage.id, TicketMessage.ticket_id)
        .where(TicketMessage.account_id == account_id)
        .order_by(TicketMessage.id.desc())
        .limit(1)
        .subquery()
    )
    trash = select(literal("setting"), AccountSetting.id).where(
        AccountSetting.account_id == account_id, AccountSetting.type == "trash"
    )
    of_message = [trash, select(literal("message"), message.c.id), select(literal("ticket"), message.c.ticket_id)]
    found: dict[str, int] = {}
    for name, number in session.execute(union_all(*newest, *of_message)):
        if number is not None:
            found[f"other_{name}_id" if f"{name}_id" in found else f"{name}_id"] = number
    return found


def ticket_address(number: int) -> str:
    """The page of a ticket."""
    return url_for("tickets.show", ticket_id=number)


def _trainer(trainee: Trainee | None, account_id: int) -> Viewer:
    """Who is looking, as somebody who may read the log of this trainee; of none, if it is none of theirs."""
    way_back = ("Classroom", url_for("classroom.show"))
    whose = f"{trainee.name} ({trainee.domain})" if trainee is not None else ""
    return Viewer(account_id, g.user.id, g.user.name, trainee is not None, g.user.email, whose=whose, way_back=way_back)


@cache
def _still_there(kinds: tuple[str, ...]) -> CompoundSelect[Any]:
    """Asks which objects of these kinds still exist; made once, for every page of the log asks it."""
    return union_all(*map(_of_kind, kinds))


def _of_kind(kind: str) -> Select[Any]:
    model, ticket_id = _TABLES[kind]
    numbers = bindparam(_numbers_of(kind), type_=BigId, expanding=True)
    held = select(literal(kind), model.id, ticket_id).where(
        model.account_id == bindparam("account", type_=BigId), model.id.in_(numbers)
    )
    if model is View:  # what somebody keeps for themselves has a page for nobody else
        return held.where(or_(View.visibility != "private", View.owner_user_id == bindparam("viewer", type_=BigId)))
    if model is SatisfactionSurvey:  # an answer outlives its ticket
        return held.join(Ticket, Ticket.id == SatisfactionSurvey.ticket_id)
    return held


def _numbers_of(kind: str) -> str:
    return f"numbers_of_{kind}"


def _page(kind: str) -> str:
    """The address of a page of this kind, up to its number."""
    _, endpoint, argument = PAGES.get(kind, (None, "tickets.show", "ticket_id"))
    named: dict[str, Any] = {argument: 1}
    return url_for(endpoint, **named)[:-1]
