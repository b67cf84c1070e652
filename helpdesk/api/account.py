"""The account by API, and its settings."""

from typing import Any, Final

from flask import g
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Moment, Query, Shown
from helpdesk import oauth, searches, settings
from helpdesk.api.acting import account, acting, found, held, me
from helpdesk.models import AccountSetting
from helpdesk.refusals import Refused

resource = Resource(
    "account", "Account", noun="account setting", scope="account", about="The desk itself, and how it is set."
)

#: Who is let in is decided where it is asked for: these are settings only in how they are kept.
NO_SETTING: Final = frozenset({oauth.SETTING})
_TYPE: Final[Any] = Field(min_length=1, max_length=64, pattern="^[a-z][a-z0-9-]*$", examples=["business-hours"])


class SettingQuery(Query):
    """Which settings."""

    type: str | None = Field(None, max_length=64)


class SettingGiven(Body):
    """A setting; `data` is replaced as a whole."""

    type: str = _TYPE
    name: str | None = Field(None, max_length=200)
    data: dict[str, Any] = {}


class Setting(Shown):
    """A setting."""

    id: int
    type: str
    data: dict[str, Any]


class Settings(Shown):
    """Settings, all of them."""

    data: list[Setting]


class Subscription(Shown):
    """Nobody pays for a simulator."""

    plan: str
    status: str
    start_datetime: Moment
    trial_start_datetime: Moment | None
    trial_end_datetime: Moment | None


class Status(Shown):
    """Whether it runs."""

    status: str


class AccountShown(Shown):
    """The account; its settings are for admins."""

    created_datetime: Moment
    current_subscription: Subscription
    deactivated_datetime: Moment | None
    domain: str
    meta: dict[str, Any]
    settings: list[Setting]
    status: Status


@resource.call("GET /account", needs="read", gives=AccountShown)
def show() -> AccountShown:
    """Show the account."""
    session = db.session()
    own = account(session)
    return AccountShown(
        created_datetime=own.created_datetime,
        current_subscription=Subscription(
            plan="simulator",
            status="active",
            start_datetime=own.created_datetime,
            trial_start_datetime=None,
            trial_end_datetime=None,
        ),
        deactivated_datetime=own.deactivated_datetime,
        domain=own.domain,
        meta={"analytics_group_id": None, "company_domain": own.mail_address.rpartition("@")[2]},
        settings=_settings(session, None) if g.user.may("manage settings") else [],
        status=Status(status="active"),
    )


@resource.call(
    "GET /account/settings", needs="manage settings", query=SettingQuery, gives=Settings, asking="type=business-hours"
)
def list_settings(asked: SettingQuery) -> Settings:
    """List the settings that somebody has set."""
    return Settings(data=_settings(db.session(), asked.type))


@resource.call(
    "POST /account/settings", needs="manage settings", body=SettingGiven, gives=Setting,
    writes=("account-setting-created", "account-updated"),
    sample={"type": "views-visibility", "data": {"hidden": [7]}},
)  # fmt: skip
def create(body: SettingGiven) -> Setting:
    """Set something for the first time."""
    if body.type in NO_SETTING:
        why = "Applications are registered under Settings → API keys. Nothing was done."
        raise Problem(400, "Failed to create account setting", {"type": [why]})
    searches.check_given(body.type, body.data, g.user.id)
    with acting() as session:
        number = settings.create(account(session), body.type, body.name or "", body.data, by=me()).id
    return _shown(found(db.session(), AccountSetting, number))


@resource.call(
    "PUT /account/settings/<number:setting_id>", needs="manage settings", body=SettingGiven, gives=Setting,
    writes=("account-setting-updated", "account-updated"),
    sample={"type": "trash", "data": {"days": 14}}, as_shown=lambda setting_id: show_setting(setting_id),
)  # fmt: skip
def update(setting_id: int, body: SettingGiven) -> Setting:
    """Set something anew; what it held is replaced as a whole."""
    with acting() as session:
        setting = held(session, AccountSetting, setting_id)
        if setting.type in NO_SETTING:
            raise Problem(404)
        saved = searches.read(setting)
        if saved is not None and not searches.may_see(saved, g.user.id):
            raise Problem(404)
        name = (body.name or "") if body.was_sent("name") else setting.name
        data = body.data if body.was_sent("data") else setting.data
        if (body.type, name, data) != (setting.type, setting.name, setting.data):
            _check_own(saved)
            searches.check_given(setting.type, data, g.user.id)
            settings.replace(setting, body.type, name, data, by=me())
    return _shown(found(db.session(), AccountSetting, setting_id))


def _check_own(saved: searches.Search | None) -> None:
    if saved is None:
        return
    try:
        searches.check_own(saved, g.user.id)
    except Refused as refusal:
        raise Problem(403, str(refusal)) from refusal


def show_setting(setting_id: int) -> Setting:
    """Show one setting, if whoever calls may see it."""
    setting = found(db.session(), AccountSetting, setting_id)
    saved = searches.read(setting)
    if setting.type in NO_SETTING or (saved is not None and not searches.may_see(saved, g.user.id)):
        raise Problem(404)
    return _shown(setting)


def _settings(session: Session, type_: str | None) -> list[Setting]:
    statement = select(AccountSetting).where(AccountSetting.type.not_in(NO_SETTING)).order_by(AccountSetting.id)
    if type_ is not None:
        statement = statement.where(AccountSetting.type == type_)
    rows = session.scalars(statement)
    return [_shown(row) for row in rows if (saved := searches.read(row)) is None or searches.may_see(saved, g.user.id)]


def _shown(row: AccountSetting) -> Setting:
    return Setting(id=row.id, type=row.type, data=row.data)
