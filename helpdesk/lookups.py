"""Look-ups in texts that go to other systems: `{{ticket.customer.email}}` reads plain data, and never runs anything.

What is looked up is plain data (dicts, lists, texts, numbers, dates); no attribute of any object is ever touched.
A named filter may follow: `{{ticket.customer.firstname|fallback("there")}}`.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import quote

from helpdesk.models import Account, Customer, Ticket, User
from helpdesk.sessions import session_of

#: How a value becomes part of a text: as it reads, or escaped for where the text goes.
Escape = Callable[[Any], str]

_PATH = r"[A-Za-z_][A-Za-z0-9_]*(?:(?:\.[A-Za-z_][A-Za-z0-9_]*)|(?:\.[0-9]{1,4})|(?:\[-?[0-9]{1,4}\]))*"
_PLACEHOLDER: Final = re.compile(
    r"\{\{\s*(?P<path>"
    + _PATH
    + r")\s*(?:\|\s*(?P<filter>[a-z_]+)\s*(?:\(\s*(?P<given>\"[^\"{}]*\"|'[^'{}]*')?\s*\))?\s*)?\}\}"
)
_STEP: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|-?[0-9]+")


def plain(value: Any) -> str:
    """A value as a person reads it; nothing for what there isn't."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def in_address(value: Any) -> str:
    """For a path or a query: nothing in it can begin another part of the address."""
    return quote(plain(value), safe="")


def in_header(value: Any) -> str:
    """For a header: one line, without control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in plain(value)).split())


def in_json(value: Any) -> str:
    """For the inside of a JSON text: whatever would end it is escaped."""
    return json.dumps(plain(value))[1:-1]


def fill(text: str, values: Mapping[str, Any], escape: Escape = plain) -> str:
    """The text with what its placeholders name; what can't be found leaves nothing."""
    return _PLACEHOLDER.sub(lambda found: escape(_value(found, values)), text)


def fill_json(template: Any, values: Mapping[str, Any]) -> Any:
    """A JSON value with its texts filled; a text that is one placeholder and nothing else keeps the value's type."""
    if isinstance(template, dict):
        return {fill(str(name), values): fill_json(part, values) for name, part in template.items()}
    if isinstance(template, list):
        return [fill_json(part, values) for part in template]
    if not isinstance(template, str):
        return template
    whole = _PLACEHOLDER.fullmatch(template.strip())
    return _as_json(_value(whole, values)) if whole else fill(template, values)


def look_up(path: str, values: Any) -> Any:
    """What stands at a path such as `ticket.tags[0].name`; None where it leads nowhere."""
    found = values
    for step in _STEP.findall(path):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and step.lstrip("-").isdigit() and -len(found) <= int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def paths_in(text: str) -> list[str]:
    """The paths that a text names, in order."""
    return [found["path"] for found in _PLACEHOLDER.finditer(text)]


def strange_in(text: str) -> str | None:
    """The first thing between double braces that is no placeholder, so that a person can correct it."""
    left = re.search(r"\{\{.{0,60}", _PLACEHOLDER.sub("", text), re.DOTALL)
    return left[0] if left else None


def of_ticket(ticket: Ticket, user: User | None = None) -> dict[str, Any]:
    """What texts about a ticket may name; `user` is who writes or presses."""
    session = session_of(ticket)
    customer = session.get_one(Customer, ticket.customer_id)
    account = session.get_one(Account, ticket.account_id)
    assignee = session.get(User, ticket.assignee_user_id) if ticket.assignee_user_id else None
    return {
        "ticket": {
            "id": ticket.id,
            "subject": ticket.subject,
            "status": ticket.status,
            "priority": ticket.priority,
            "channel": ticket.channel,
            "via": ticket.via,
            "language": ticket.language,
            "spam": ticket.spam,
            "excerpt": ticket.excerpt,
            "external_id": ticket.external_id,
            "messages_count": ticket.messages_count,
            "created_datetime": ticket.created_datetime,
            "updated_datetime": ticket.updated_datetime,
            "closed_datetime": ticket.closed_datetime,
            "snooze_datetime": ticket.snooze_datetime,
            "tags": [{"id": tag.id, "name": tag.name} for tag in ticket.tags],
            "assignee_user": of_user(assignee),
            "assignee_team_id": ticket.assignee_team_id,
            "customer": of_customer(customer),
        },
        "current_user": of_user(user),
        "account": {"name": account.name, "domain": account.domain, "email": account.mail_address},
    }


def of_customer(customer: Customer) -> dict[str, Any]:
    """What texts may name of a customer."""
    return {
        "id": customer.id,
        "email": customer.email,
        "name": customer.name,
        "firstname": customer.firstname,
        "lastname": customer.lastname,
        "external_id": customer.external_id,
        "language": customer.language,
        "timezone": customer.timezone,
        "note": customer.note,
        "meta": customer.meta,
        "data": customer.data,
        "created_datetime": customer.created_datetime,
    }


def of_user(user: User | None) -> dict[str, Any] | None:
    """What texts may name of a team member."""
    if user is None:
        return None
    words = user.name.split()
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "firstname": words[0] if words else "",
        "lastname": words[-1] if len(words) > 1 else "",
    }


def _value(found: re.Match[str], values: Mapping[str, Any]) -> Any:
    value = look_up(found["path"], values)
    use = FILTERS.get(found["filter"] or "")
    return use(value, (found["given"] or '""')[1:-1]) if use is not None else value


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _date(value: Any, _given: str) -> Any:
    return f"{value.day} {value:%B %Y}" if isinstance(value, date) else value


#: What may follow a path: `{{ticket.customer.firstname|fallback("there")}}`.
FILTERS: Final[dict[str, Callable[[Any, str], Any]]] = {
    "fallback": lambda value, given: given if value is None or value == "" else value,
    "upper": lambda value, _given: plain(value).upper(),
    "lower": lambda value, _given: plain(value).lower(),
    "date": _date,
}
