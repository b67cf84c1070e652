"""Fills the texts that people wrote for people: {{ticket.customer.firstname | fallback("there")}}.

As in `lookups`, something is looked up and nothing is ever run; but what nobody knows stays as it was written, so
that whoever reads the text sees it, filters may follow each other, and times are told in the account's zone.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select

from helpdesk import settings
from helpdesk.models import Account, AccountSetting, Ticket, User
from helpdesk.sessions import session_of

Value = str | int | datetime | None

#: How a value is written where it is put in.
Escape = Callable[[str], str]

_PLACEHOLDER: Final = re.compile(r"\{\{([^{}\n]{1,300})\}\}")
_PATH: Final = re.compile(r"\s*([a-z_]+(?:\.[a-z_]+)*)\s*")
_FILTER: Final = re.compile(r"\|\s*([a-z_]+)\s*(?:\(\s*(?:\"([^\"]*)\"|'([^']*)'|“([^”]*)”)?\s*\)\s*)?")
_MARKDOWN_SIGNS: Final = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:/@])")


@dataclass(frozen=True)
class Filled:
    """A text with its placeholders filled, and those that nobody knew, as they were written."""

    text: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Words:
    """What placeholders stand for on one ticket, at one moment."""

    values: Mapping[str, Value]
    zone: ZoneInfo

    @classmethod
    def of(cls, ticket: Ticket, user: User | None) -> "Words":
        """The words of a ticket; `user` is who writes."""
        setting = and_(AccountSetting.account_id == Account.id, AccountSetting.type == "business-hours")
        account, hours = (
            session_of(ticket)
            .execute(
                select(Account, AccountSetting.data)
                .outerjoin(AccountSetting, setting)
                .where(Account.id == ticket.account_id)
                .limit(1)
            )
            .one()
        )
        zone = (hours or settings.DEFAULTS["business-hours"]).get("timezone") or "UTC"
        return cls(_values(ticket, account, user), ZoneInfo(str(zone)))

    def fill(self, text: str, escape: Escape | None = None) -> Filled:
        """Put the values in, once; `escape` makes them harmless where the text goes."""
        unknown: dict[str, None] = {}

        def put(found: re.Match[str]) -> str:
            known = self._look_up(found[1])
            if known is None:
                unknown[found[0]] = None
                return found[0]
            return escape(known) if escape else known

        return Filled(_PLACEHOLDER.sub(put, text), tuple(unknown))

    def _look_up(self, inner: str) -> str | None:
        path = _PATH.match(inner)
        if path is None or path[1] not in self.values:
            return None
        value, at = self.values[path[1]], path.end()
        while at < len(inner):
            step = _FILTER.match(inner, at)
            if step is None or step[1] not in _FILTERS:
                return None
            given = next((part for part in step.groups()[1:] if part is not None), "")
            value = _FILTERS[step[1]](value, given, self.zone)
            at = step.end()
        return _plain(value, self.zone)


def unknown_in(text: str) -> tuple[str, ...]:
    """The placeholders of a text that nobody would know where no person writes it, as they are written."""
    known = {name: "" for name in VARIABLES if not name.startswith("current_user.")}
    return Words(known, ZoneInfo("UTC")).fill(text).unknown


def for_markdown(value: str) -> str:
    """A value that Markdown takes for plain words."""
    return _MARKDOWN_SIGNS.sub(r"\\\1", value)


def _values(ticket: Ticket, account: Account, user: User | None) -> dict[str, Value]:
    customer, assignee, team = ticket.customer, ticket.assignee, ticket.team
    return {
        "ticket.id": ticket.id,
        "ticket.subject": ticket.subject,
        "ticket.status": ticket.status,
        "ticket.priority": ticket.priority,
        "ticket.language": ticket.language,
        "ticket.tags": ", ".join(tag.name for tag in ticket.tags),
        "ticket.created_datetime": ticket.created_datetime,
        "ticket.customer.name": customer.name,
        "ticket.customer.firstname": customer.firstname,
        "ticket.customer.lastname": customer.lastname,
        "ticket.customer.email": customer.email,
        "ticket.assignee_user.name": assignee.name if assignee else None,
        "ticket.assignee_user.firstname": assignee.firstname if assignee else None,
        "ticket.assignee_user.email": assignee.email if assignee else None,
        "ticket.assignee_team.name": team.name if team else None,
        "current_user.id": user.id if user else None,
        "current_user.name": user.name if user else None,
        "current_user.firstname": user.firstname if user else None,
        "current_user.lastname": user.lastname if user else None,
        "current_user.email": user.email if user else None,
        "account.name": account.name,
        "account.email": account.mail_address,
    }


#: What each stands for, for the list beside an editor.
VARIABLES: Final[Mapping[str, str]] = {
    "ticket.id": "the ticket's number",
    "ticket.subject": "its subject",
    "ticket.status": "open or closed",
    "ticket.priority": "critical, high, normal or low",
    "ticket.language": "the code of its language",
    "ticket.tags": "its tags",
    "ticket.created_datetime": "when it was opened",
    "ticket.customer.name": "the customer's name",
    "ticket.customer.firstname": "the customer's first name",
    "ticket.customer.lastname": "the customer's last name",
    "ticket.customer.email": "the customer's address",
    "ticket.assignee_user.name": "who has the ticket",
    "ticket.assignee_user.firstname": "their first name",
    "ticket.assignee_user.email": "their address",
    "ticket.assignee_team.name": "the team that has it",
    "current_user.id": "your number",
    "current_user.name": "your name",
    "current_user.firstname": "your first name",
    "current_user.lastname": "your last name",
    "current_user.email": "your address",
    "account.name": "what this desk is called",
    "account.email": "the address that customers write to",
}


def _plain(value: Value, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return f"{_date(value, '', zone)}, {_time(value, '', zone)}"
    return " ".join(str(value).split()) if value is not None else ""


def _fallback(value: Value, given: str, zone: ZoneInfo) -> Value:
    return value if _plain(value, zone) else given


def _capitalize(value: Value, _given: str, zone: ZoneInfo) -> Value:
    words = _plain(value, zone)
    return words[:1].upper() + words[1:]


def _date(value: Value, _given: str, zone: ZoneInfo) -> Value:
    if not isinstance(value, datetime):
        return value
    local = value.astimezone(zone)
    return f"{local.day} {local:%B %Y}"


def _time(value: Value, _given: str, zone: ZoneInfo) -> Value:
    return f"{value.astimezone(zone):%H:%M}" if isinstance(value, datetime) else value


_FILTERS: Final[Mapping[str, Callable[[Value, str, ZoneInfo], Value]]] = {
    "fallback": _fallback,
    "capitalize": _capitalize,
    "upper": lambda value, _given, zone: _plain(value, zone).upper(),
    "lower": lambda value, _given, zone: _plain(value, zone).lower(),
    "date": _date,
    "time": _time,
}

#: What each filter does, for the same list.
FILTERS: Final[Mapping[str, str]] = {
    'fallback("there")': "these words, where there is nothing else",
    "capitalize": "with a capital first letter",
    "upper": "in capital letters",
    "lower": "in small letters",
    "date": "the day alone: 3 March 2026",
    "time": "the time alone: 14:05",
}
