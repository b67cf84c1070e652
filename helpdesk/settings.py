"""An account's settings, one row per type; what nobody has set holds its default."""

from typing import Any, Final
from zoneinfo import available_timezones

from sqlalchemy import select

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk.events import ACCOUNT_SETTING_CREATED, ACCOUNT_SETTING_UPDATED, ACCOUNT_UPDATED
from helpdesk.models import Account, AccountSetting
from helpdesk.refusals import Refused
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
}


#: What is counted in a setting: up to how many, and whether null stands for no limit.
_COUNTED: Final = {"days": (3650, False), "longest_period_days": (3650, True), "delay_hours": (24 * 365, False)}


def read(account: Account, type_: str) -> dict[str, Any]:
    """What a setting holds."""
    row = _find(account, type_)
    return dict(row.data) if row is not None else dict(DEFAULTS.get(type_, {}))


def change(account: Account, type_: str, data: dict[str, Any], *, by: Actor) -> None:
    """Set a setting."""
    row = _find(account, type_)
    if row is not None and row.data == data:
        return
    if row is None:
        session_of(account).add(new(account, type_, data))
        record(ACCOUNT_SETTING_CREATED, account, by=by)
    else:
        row.data = data
        record(ACCOUNT_SETTING_UPDATED, account, by=by)
    record(ACCOUNT_UPDATED, account, by=by)


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
    if "timezone" in wanted and wanted["timezone"] not in available_timezones():
        raise Refused(f"{wanted['timezone']!r} is no time zone. Write it like Europe/Dublin.")
    if "enabled" in wanted and not isinstance(wanted["enabled"], bool):
        raise Refused("enabled is true or false.")
    return wanted


def new(account: Account, type_: str, data: dict[str, Any]) -> AccountSetting:
    """A setting that is not there yet; whoever adds it records it."""
    return AccountSetting(account_id=account.id, type=type_, data=data, created_datetime=now(session_of(account)))


def _find(account: Account, type_: str) -> AccountSetting | None:
    return session_of(account).scalar(
        select(AccountSetting).where(AccountSetting.account_id == account.id, AccountSetting.type == type_)
    )
