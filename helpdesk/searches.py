"""The verbs of saved searches of the log: saved, renamed, shared, changed, deleted. Each is a setting."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.ledger import record
from helpdesk import settings
from helpdesk.events import ACCOUNT_SETTING_CREATED, ACCOUNT_SETTING_UPDATED, ACCOUNT_UPDATED
from helpdesk.mail.charsets import clean_line
from helpdesk.models import Account, AccountSetting
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

#: The type of such a setting.
SAVED: Final = "saved-search"
LONGEST_NAME: Final = 80
MOST: Final = 200


@dataclass(frozen=True)
class Search:
    """A saved search as a list shows it."""

    id: int
    name: str
    address: str  #: its filters, as the log's page has them in its address
    is_shared: bool
    owner_id: int


def seen_by(session: Session, account_id: int, user_id: int) -> list[Search]:
    """Those of somebody's own, and those that are shared, by name."""
    rows = session.scalars(
        select(AccountSetting).where(AccountSetting.account_id == account_id, AccountSetting.type == SAVED)
    )
    found = [search for row in rows if (search := read(row)) is not None and may_see(search, user_id)]
    return sorted(found, key=lambda search: (search.name.casefold(), search.id))


def read(row: AccountSetting) -> Search | None:
    """The search that a setting holds; None if it holds none."""
    data, is_one = row.data, row.type == SAVED
    parts = (data.get("name"), data.get("address"), data.get("shared"), data.get("owner_id"))
    name, address, shared, owner_id = parts
    if not is_one or not isinstance(name, str) or not isinstance(address, str) or not isinstance(owner_id, int):
        return None
    return Search(row.id, name, address, shared is True, owner_id)


def may_see(search: Search, user_id: int) -> bool:
    """Whether somebody sees it: it is shared, or their own."""
    return search.is_shared or search.owner_id == user_id


def check_own(search: Search, user_id: int) -> None:
    """Refuse what only whose it is may do to a search."""
    if search.owner_id != user_id:
        raise Refused("Only who saved this search may change it, so nothing was done. Save one of your own instead.")


def check_given(type_: str, data: dict[str, Any], user_id: int) -> None:
    """Refuse a search that a program would give to somebody else."""
    if type_ == SAVED and data.get("owner_id") != user_id:
        raise Refused(f"A saved search belongs to who saves it: its owner_id is your own number, {user_id}.")


def save(account: Account, name: str, address: str, *, is_shared: bool, by: Actor) -> AccountSetting:
    """Keep a search under a name."""
    session = session_of(account)
    if by.user_id is None:
        raise Refused("A saved search belongs to somebody; nobody is here to own it.")
    kept = select(func.count()).where(AccountSetting.account_id == account.id, AccountSetting.type == SAVED)
    if (session.scalar(kept) or 0) >= MOST:
        raise Refused(f"There are {MOST} saved searches already. Delete one that nobody needs any more.")
    tidy = _free(session, account.id, name, by.user_id)
    data = {"name": tidy, "address": address, "shared": is_shared, "owner_id": by.user_id}
    row = settings.new(account, SAVED, data)
    row.name = _key(by.user_id, tidy)
    session.add(row)
    record(ACCOUNT_SETTING_CREATED, account, by=by)
    record(ACCOUNT_UPDATED, account, by=by)
    return row


def rename(setting: AccountSetting, name: str, *, by: Actor) -> None:
    """Give a saved search another name."""
    owner_id = int(setting.data["owner_id"])
    if clean_line(name, LONGEST_NAME + 1) == setting.data["name"]:
        return
    tidy = _free(session_of(setting), setting.account_id, name, owner_id)
    setting.name = _key(owner_id, tidy)
    _change(setting, {"name": tidy}, by=by)


def share(setting: AccountSetting, is_shared: bool, *, by: Actor) -> None:
    """Let everybody see it who may read the log; or only whose it is."""
    if setting.data["shared"] != is_shared:
        _change(setting, {"shared": is_shared}, by=by)


def ask(setting: AccountSetting, address: str, *, by: Actor) -> None:
    """Let a saved search ask something else."""
    if setting.data["address"] != address:
        _change(setting, {"address": address}, by=by)


def delete(setting: AccountSetting, *, by: Actor) -> None:
    """Forget a saved search."""
    session = session_of(setting)
    account = session.get_one(Account, setting.account_id)
    session.delete(setting)
    record(ACCOUNT_SETTING_UPDATED, account, by=by)
    record(ACCOUNT_UPDATED, account, by=by)


def _change(setting: AccountSetting, changes: dict[str, Any], *, by: Actor) -> None:
    account = session_of(setting).get_one(Account, setting.account_id)
    setting.data = {**setting.data, **changes}
    record(ACCOUNT_SETTING_UPDATED, account, by=by)
    record(ACCOUNT_UPDATED, account, by=by)


def _free(session: Session, account_id: int, name: str, owner_id: int) -> str:
    tidy = clean_line(name, LONGEST_NAME + 1)
    if not tidy:
        raise Refused("Write a name under which the search is kept. Nothing was saved.")
    if len(tidy) > LONGEST_NAME:
        raise Refused(f"The name of a search has at most {LONGEST_NAME} characters. Nothing was saved.")
    taken = select(AccountSetting.id).where(
        AccountSetting.account_id == account_id,
        AccountSetting.type == SAVED,
        AccountSetting.name == _key(owner_id, tidy),
    )
    if session.scalar(taken) is not None:
        raise Refused(f"There is a search called “{tidy}” already. Delete that one, or write another name.")
    return tidy


def _key(owner_id: int, name: str) -> str:
    return f"{owner_id}/{name}"
