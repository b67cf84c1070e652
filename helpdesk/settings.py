"""An account's settings, one row per type; what nobody has set holds its default."""

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any, Final
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import current, now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import following, schedules
from helpdesk.events import ACCOUNT_SETTING_CREATED, ACCOUNT_SETTING_UPDATED, ACCOUNT_UPDATED
from helpdesk.models import Account, AccountSetting
from helpdesk.refusals import Refused, Taken, blaming
from helpdesk.sessions import session_of

#: What a setting holds as long as nobody has set it.
DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "business-hours": {
        "timezone": "UTC",
        "business_hours": [{"days": "1,2,3,4,5", "from_time": "09:00", "to_time": "17:00"}],
    },
    "audit-log": {"longest_period_days": 7},  # null lifts the limit
    "trash": {"days": 30},
    "satisfaction-surveys": {"enabled": False, "delay_hours": 24},
    "ticket-assignment": {"enabled": False},
    "auto-merge": {"enabled": False, "hours": 24},
    "rule-suggestions": {"enabled": False},
}
#: What programs of the public API set, too: whatever else they keep there is theirs, and stays.
SHARED: Final = frozenset({"business-hours", "satisfaction-surveys", "ticket-assignment", "auto-merge"})
#: Days of the week by number, as `business-hours` has them.
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MOST_HOURS: Final = 30
LONGEST_DATA: Final = 64_000
#: Where an action keeps what it has looked up.
_MEMO: Final = "settings"

#: What is counted in a setting: up to how many, and whether null stands for no limit.
_COUNTED: Final = {
    "days": (3650, False),
    "longest_period_days": (3650, True),
    "delay_hours": (24 * 365, False),
    "hours": (24 * 30, False),
}
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
#: Zones of the machine, which browsers don't know.
_NO_PLACE: Final = frozenset({"Factory", "localtime", "posixrules"})
_CONTINENTS: Final = (
    *("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/"),
    "Pacific/",
)


def read(account: Account, type_: str) -> dict[str, Any]:
    """What a setting holds."""
    row = _find(account, type_)
    return dict(row.data) if row is not None else dict(DEFAULTS.get(type_, {}))


def recall(session: Session, account_id: int, type_: str) -> dict[str, Any]:
    """The same for whoever acts, looked up once a transaction: a thousand tickets may be closed at once."""
    known: dict[str, dict[str, Any]] = current(session).memo.setdefault(_MEMO, {})
    if type_ not in known:
        known[type_] = read(session.get_one(Account, account_id), type_)
    return known[type_]


def change(account: Account, type_: str, data: dict[str, Any], *, by: Actor) -> None:
    """Set a setting; what holds this already, if only by default, stays as it is."""
    row = _find(account, type_)
    if (row.data if row is not None else DEFAULTS.get(type_)) == data:
        return
    _forget(account)
    if row is None:
        session_of(account).add(new(account, type_, data))
        record(ACCOUNT_SETTING_CREATED, account, by=by)
    else:
        row.data = data
        record(ACCOUNT_SETTING_UPDATED, account, by=by)
    record(ACCOUNT_UPDATED, account, by=by)
    _heed(account, type_, data)


def create(account: Account, type_: str, name: str, data: dict[str, Any], *, by: Actor) -> AccountSetting:
    """Set something for the first time: what the desk goes by is checked, what only other programs know is kept."""
    if _find(account, type_, name) is not None:
        raise Taken(f"There is a setting {type_!r}{' of this name' if name else ''} already. Change that one.", "type")
    row = new(account, type_, fitting(type_, data))
    row.name = name
    _forget(account)
    session_of(account).add(row)
    record(ACCOUNT_SETTING_CREATED, account, by=by)
    record(ACCOUNT_UPDATED, account, by=by)
    _heed(account, type_, row.data)
    return row


def replace(setting: AccountSetting, type_: str, name: str, data: dict[str, Any], *, by: Actor) -> None:
    """Set something anew; its type stays."""
    if type_ != setting.type:
        raise Refused(f"This is the setting {setting.type!r}; its type stays.", "type")
    tidy, account = fitting(type_, data), session_of(setting).get_one(Account, setting.account_id)
    if (setting.name, setting.data) == (name, tidy):
        return
    if name != setting.name and _find(account, type_, name) is not None:
        raise Taken(f"There is a setting {type_!r} of this name already.", "name")
    setting.name, setting.data = name, tidy
    _forget(account)
    record(ACCOUNT_SETTING_UPDATED, account, by=by)
    record(ACCOUNT_UPDATED, account, by=by)
    _heed(account, type_, tidy)


def checked(type_: str, data: object) -> dict[str, Any]:
    """What a person wants a setting to hold, if it can hold that; raises Refused."""
    if type_ not in DEFAULTS:
        raise Refused(f"There is no setting {type_!r}. There are {', '.join(sorted(DEFAULTS))}.")
    if not isinstance(data, dict) or not data.keys() <= DEFAULTS[type_].keys():
        raise Refused(f"The setting {type_!r} holds {', '.join(DEFAULTS[type_])}, and nothing else.")
    wanted = {**DEFAULTS[type_], **data}
    for name, (most, is_optional) in _COUNTED.items():
        value = wanted.get(name, 1)
        if not (value is None and is_optional) and not (type(value) is int and 1 <= value <= most):
            raise Refused(
                f"{name} is a whole number from 1 to {most}{', or null for no limit' if is_optional else ''}."
            )
    if "timezone" in wanted:
        wanted["timezone"] = _known_zone(wanted["timezone"])
    if "business_hours" in wanted:
        wanted["business_hours"] = _checked_hours(wanted["business_hours"])
    if "enabled" in wanted and not isinstance(wanted["enabled"], bool):
        raise Refused("enabled is true or false.")
    return wanted


def fitting(type_: str, data: dict[str, Any]) -> dict[str, Any]:
    """What a program wants a setting to hold: what the desk goes by is checked, the rest is kept; raises Refused."""
    with blaming("data"):
        if len(json.dumps(data)) > LONGEST_DATA:
            raise Refused(f"A setting holds at most {LONGEST_DATA // 1000} kB.")
        if type_ not in DEFAULTS:
            return data
        rest = foreign(type_, data)
        return checked(type_, {name: value for name, value in data.items() if name not in rest}) | rest


def foreign(type_: str, data: dict[str, Any]) -> dict[str, Any]:
    """What of a setting only other programs know."""
    return {name: value for name, value in data.items() if name not in DEFAULTS[type_]} if type_ in SHARED else {}


def checked_row(row: object) -> dict[str, str]:
    """A row of the business hours, if it can be one; raises Refused."""
    if not isinstance(row, dict) or row.keys() != {"days", "from_time", "to_time"}:
        raise Refused("A row of business_hours holds days, from_time and to_time, and nothing else.")
    days, start, end = (row[name] for name in ("days", "from_time", "to_time"))
    numbers = [word.strip() for word in days.split(",")] if isinstance(days, str) else []
    if not numbers or any(number not in {"1", "2", "3", "4", "5", "6", "7"} for number in numbers):
        raise Refused("Choose at least one day, from Monday (1) to Sunday (7).")
    if not all(isinstance(time, str) and _TIME.fullmatch(time) for time in (start, end)):
        raise Refused("Times are hours and minutes, written like 09:00, from 00:00 to 23:59.")
    if start >= end:
        raise Refused(f"Hours begin before they end: {start} to {end} do not. A night is two rows, on two days.")
    return {"days": ",".join(sorted(set(numbers))), "from_time": start, "to_time": end}


def new(account: Account, type_: str, data: dict[str, Any]) -> AccountSetting:
    """A setting that is not there yet; whoever adds it records it."""
    return AccountSetting(account_id=account.id, type=type_, data=data, created_datetime=now(session_of(account)))


@cache
def time_zones() -> tuple[str, ...]:
    """The time zones that are offered: those that are named after a place, and UTC."""
    return ("UTC", *sorted(name for name in available_timezones() if name.startswith(_CONTINENTS)))


def _find(account: Account, type_: str, name: str | None = None) -> AccountSetting | None:
    wanted = select(AccountSetting).where(AccountSetting.account_id == account.id, AccountSetting.type == type_)
    return session_of(account).scalar(wanted if name is None else wanted.where(AccountSetting.name == name))


def _heed(account: Account, type_: str, data: dict[str, Any]) -> None:
    """What goes by a setting goes by it from now on."""
    session = session_of(account)
    if type_ == "business-hours":
        schedules.arrange_all(session, account.id, data["timezone"], now(session))
    elif type_ in following.HABITS:
        following.arrange(session, account.id)


def _forget(account: Account) -> None:
    current(session_of(account)).memo.pop(_MEMO, None)


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() - _NO_PLACE}


def _known_zone(name: object) -> str:
    """Its name as the world writes it, whatever the capitals."""
    found = _zones().get(name.strip().lower().replace(" ", "_")) if isinstance(name, str) else None
    if found is None:
        shown = repr(name if len(str(name)) <= 80 else f"{str(name)[:79]}…")
        raise Refused(f"{shown} is no time zone. Write it like Europe/Dublin.")
    return found


def _checked_hours(rows: object) -> list[dict[str, str]]:
    """Spans of opening, each on some days of the week: in order, and none over another."""
    if not isinstance(rows, list) or len(rows) > MOST_HOURS:
        raise Refused(f"business_hours is a list of at most {MOST_HOURS} rows.")
    tidy = sorted((checked_row(row) for row in rows), key=lambda row: (row["days"], row["from_time"]))
    for number, day in enumerate(DAYS, 1):
        spans = sorted(span for row in tidy for span in _spans_on(row, str(number)))
        for before, after in pairwise(spans):
            if after[0] < before[1]:
                raise Refused(
                    f"On {day}, {before[0]} to {before[1]} and {after[0]} to {after[1]} overlap. Make them one row, or"
                    " let one end where the other begins."
                )
    return tidy


def _spans_on(row: dict[str, str], day: str) -> Iterator[tuple[str, str]]:
    if day in row["days"].split(","):
        yield row["from_time"], row["to_time"]
