"""The verbs of integrations: connected, changed, switched off and on, removed; and which events they are told of."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any, Final

from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from audit.log import event_table
from audit.sessions import scoped
from helpdesk import lookups, mentions, outgoing, views
from helpdesk.events import (
    INTEGRATION_CREATED,
    INTEGRATION_DEACTIVATED,
    INTEGRATION_DELETED,
    INTEGRATION_REACTIVATED,
    INTEGRATION_UPDATED,
)
from helpdesk.models import Account, Integration, Macro, RuleCursor, ShopOrder, ShopReport, Widget
from helpdesk.refusals import Refused, Taken
from helpdesk.sessions import session_of

HTTP: Final = "http"
SHOP: Final = "shop"
CHAT: Final = "chat"
DELETION: Final = Actor.system("integration deletion")

#: After so many calls in a row that did not work, the desk switches an integration off.
MOST_FAILURES: Final = 500

LONGEST_NAME: Final = 200
LONGEST_DESCRIPTION: Final = 1000
LONGEST_FORM: Final = 20_000  # of the body's template, as JSON
MOST_HEADERS: Final = 20
LONGEST_SECRET: Final = 1000

JSON_BODY: Final = "application/json"
FORM_BODY: Final = "application/x-www-form-urlencoded"
CONTENT_TYPES: Final = (JSON_BODY, FORM_BODY)


@dataclass(frozen=True)
class Trigger:
    """A reason to call: what a person reads, and the event types that are it."""

    label: str
    types: frozenset[str]
    by: frozenset[str] | None = None  #: only if such an actor did it; None: whoever did


TRIGGERS: Final[dict[str, Trigger]] = {
    "ticket-created": Trigger("A ticket is created", frozenset({"ticket-created"})),
    "ticket-updated": Trigger("A ticket is changed in any way", frozenset({"ticket-updated"})),
    "ticket-message-created": Trigger("Something is said in a ticket", frozenset({"ticket-message-created"})),
    "ticket-status-updated": Trigger(
        "A ticket is closed, reopened, snoozed or wakes up",
        frozenset({"ticket-closed", "ticket-reopened", "ticket-snoozed", "ticket-self-unsnoozed"}),
    ),
    "ticket-self-unsnoozed": Trigger("A snoozed ticket wakes up", frozenset({"ticket-self-unsnoozed"})),
    "ticket-assignment-updated": Trigger(
        "A ticket is given to somebody, or taken away",
        frozenset({"ticket-assigned", "ticket-unassigned", "ticket-team-assigned", "ticket-team-unassigned"}),
    ),
    # From whatever acts by itself to people; who passes a ticket on by hand, or by a macro, pulls only the others.
    "ticket-handed-over": Trigger(
        "A machine gives a ticket to somebody",
        frozenset({"ticket-assigned", "ticket-team-assigned"}),
        by=frozenset({"integration", "rule", "schedule", "system"}),
    ),
    # No event: what becomes of a message on its way out stands in its delivery.
    "ticket-message-failed": Trigger("A reply could not be delivered", frozenset()),
}

_CHANGEABLE: Final = frozenset({"name", "description", "http", "headers", "hmac_secret", "business_hours_id"})
#: What the names of the cursors begin with that follow the log for an integration.
CURSOR: Final = "webhooks:"
_PUBLIC_KEY: Final = re.compile(r"([1-9][0-9]{0,17})-([A-Za-z0-9_-]{16,64})", re.ASCII)


def create(
    account: Account,
    type_: str,
    name: str,
    *,
    description: str | None = None,
    http: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    hmac_secret: str | None = None,
    business_hours_id: int | None = None,
    by: Actor,
) -> Integration:
    """Connect another system; a shop or a chat gets an address on the web that nobody can guess."""
    session = session_of(account)
    if type_ not in (HTTP, SHOP, CHAT):
        raise Refused(f"There are no integrations of the type {type_[:40]!r} to make.", "type")
    integration = Integration(
        account_id=account.id,
        type=type_,
        name=_tidy_name(name),
        description=_tidy_description(description),
        http=checked_http(http or {}) if type_ == HTTP else None,
        headers=checked_headers(headers or {}) if type_ == HTTP else None,
        hmac_secret=_tidy_secret(hmac_secret) if type_ == HTTP else _new_secret() if type_ == SHOP else None,
        meta={"key": secrets.token_urlsafe(16)} if type_ != HTTP else None,
        business_hours_id=business_hours_id,
        created_by_user_id=by.user_id,
        created_datetime=now(session),
    )
    session.add(integration)
    record(INTEGRATION_CREATED, integration, by=by)
    _follow(integration)
    return integration


def update(integration: Integration, changes: Mapping[str, Any], *, by: Actor) -> None:
    """Change what is named here, all in one go; what is as it was is no change."""
    unknown = changes.keys() - _CHANGEABLE
    if unknown:
        raise Refused(f"An integration has no {', '.join(sorted(unknown))} to change.")
    if integration.type != HTTP and changes.keys() & {"http", "headers", "hmac_secret"}:
        raise Refused("Only an HTTP integration has an address to call.", "http")
    tidy = {name: _TIDY[name](value) for name, value in changes.items()}
    different = {name: value for name, value in tidy.items() if getattr(integration, name) != value}
    if not different:
        return
    for name, value in different.items():
        setattr(integration, name, value)
    integration.updated_datetime = now(session_of(integration))
    record(INTEGRATION_UPDATED, integration, by=by)
    _follow(integration)


def renew_secret(integration: Integration, *, by: Actor) -> None:
    """Give a shop another secret to sign its reports with; who has the old one is not believed any more."""
    if integration.type != SHOP:
        raise Refused("Only a shop signs its reports to the desk.")
    integration.hmac_secret, integration.updated_datetime = _new_secret(), now(session_of(integration))
    record(INTEGRATION_UPDATED, integration, by=by)


def deactivate(integration: Integration, *, by: Actor) -> None:
    """Switch it off: nothing comes in or goes out through it."""
    if integration.deactivated_datetime is not None:
        return
    integration.deactivated_datetime = integration.updated_datetime = now(session_of(integration))
    record(INTEGRATION_UPDATED, integration, by=by)
    record(INTEGRATION_DEACTIVATED, integration, by=by)
    _follow(integration)


def reactivate(integration: Integration, *, by: Actor) -> None:
    """Switch it on again; what happened meanwhile is not told it."""
    if integration.deactivated_datetime is None:
        return
    integration.deactivated_datetime = None
    integration.updated_datetime = now(session_of(integration))
    integration.failures_in_a_row = 0
    record(INTEGRATION_UPDATED, integration, by=by)
    record(INTEGRATION_REACTIVATED, integration, by=by)
    _follow(integration)


def delete(integration: Integration, *, by: Actor) -> None:
    """Remove it, unless something takes its data from it; a shop takes its orders along, views on it go off."""
    session, users = session_of(integration), used_by(integration)
    if users:
        raise Taken(f"{integration.name} is used by {', '.join(users)}. Change or delete that first.")
    _forget_cursor(integration)
    session.execute(
        sql_delete(ShopOrder).where(
            ShopOrder.account_id == integration.account_id, ShopOrder.integration_id == integration.id
        )
    )
    session.execute(
        sql_delete(ShopReport).where(
            ShopReport.account_id == integration.account_id, ShopReport.integration_id == integration.id
        )
    )
    for view in mentions.views_on_integration(integration):
        views.deactivate(view, by=DELETION)
    session.delete(integration)
    record(INTEGRATION_DELETED, integration, by=by)


def used_by(integration: Integration) -> list[str]:
    """What takes its data from an integration or calls it, in words: such a one can't be deleted."""
    session, number = session_of(integration), integration.id
    widgets = session.scalars(
        select(Widget)
        .where(Widget.account_id == integration.account_id, Widget.integration_id == number)
        .order_by(Widget.order, Widget.id)
    )
    macros = session.execute(select(Macro.name, Macro.actions).where(Macro.account_id == integration.account_id))
    return [
        *(f"the widget “{widget.audit_label()}”" for widget in widgets),
        *(f"the macro “{row.name}”" for row in macros if _names(row.actions, number)),
        *(f"the rule “{rule.name}”" for rule in mentions.rules_that_call(integration)),
    ]


def public_key(integration: Integration) -> str | None:
    """What the address of its public page ends with; None if it has no such page."""
    key = (integration.meta or {}).get("key")
    return f"{integration.id}-{key}" if key else None


def by_public_key(session: Session, given: str, type_: str) -> Integration | None:
    """The shop or chat with this public address, if it is open; asked across all accounts."""
    found = _PUBLIC_KEY.fullmatch(given)
    integration = session.get(Integration, int(found[1])) if found else None
    if found is None or integration is None or integration.type != type_:
        return None
    if not compare_digest(str((integration.meta or {}).get("key", "")), found[2]):
        return None
    account = session.get_one(Account, integration.account_id)
    return integration if integration.deactivated_datetime is None and account.is_active else None


def cursor_name(integration: Integration) -> str:
    """The name of the place in the log up to which an integration was told what happened."""
    return f"{CURSOR}{integration.id}"


def cursors(session: Session, account_id: int) -> dict[int, int]:
    """How far each integration was told what happened: its number, and the last event's."""
    found = session.execute(
        select(RuleCursor.name, RuleCursor.event_id).where(
            RuleCursor.account_id == account_id, RuleCursor.name.startswith(CURSOR)
        )
    )
    return {int(row.name.removeprefix(CURSOR)): row.event_id for row in found}


def checked_http(http: Mapping[str, Any]) -> dict[str, Any]:
    """How an address is called, whole and in order; raises Refused."""
    url, method = str(http.get("url") or "").strip(), str(http.get("method") or "POST").upper()
    kind, triggers = http.get("request_content_type") or JSON_BODY, http.get("triggers") or {}
    if not url:
        raise Refused("An HTTP integration needs an address to call.", "http.url")
    if method not in outgoing.METHODS:
        raise Refused(f"{method[:20]!r} is no method; it is one of {', '.join(outgoing.METHODS)}.", "http.method")
    if kind not in CONTENT_TYPES:
        raise Refused(f"The body is {' or '.join(CONTENT_TYPES)}.", "http.request_content_type")
    if not isinstance(triggers, Mapping) or not triggers.keys() <= TRIGGERS.keys():
        raise Refused(f"The triggers are {', '.join(TRIGGERS)}.", "http.triggers")
    _or_refused("http.url", outgoing.check_address, url)
    return {
        "url": url,
        "method": method,
        "request_content_type": kind,
        "response_content_type": JSON_BODY,
        "form": _checked_form(http.get("form"), kind) if method not in ("GET", "HEAD") else None,
        "triggers": {name: bool(triggers.get(name)) for name in TRIGGERS},
    }


def checked_headers(headers: Mapping[str, str]) -> dict[str, str] | None:
    """Headers that may be sent; raises Refused."""
    if len(headers) > MOST_HEADERS:
        raise Refused(f"At most {MOST_HEADERS} headers can be sent along.", "http.headers")
    for name, value in headers.items():
        _or_refused("http.headers", outgoing.check_header, name, value)
        if len(value) > LONGEST_SECRET:
            raise Refused(f"The value of {name} has more than {LONGEST_SECRET} characters.", "http.headers")
    return dict(headers) or None


def _checked_form(form: Any, kind: str) -> Any:
    if form is None or form == "" or form == {}:
        return None
    if len(str(form)) > LONGEST_FORM:
        raise Refused(f"The body has more than {LONGEST_FORM} characters.", "http.form")
    if kind == FORM_BODY and not (
        isinstance(form, dict) and all(isinstance(value, str | int | float | bool | None) for value in form.values())
    ):
        raise Refused("The body of a form is a JSON object of plain texts and numbers.", "http.form")
    strange = next(filter(None, map(lookups.strange_in, _texts(form))), None)
    if strange is not None:
        raise Refused(f"{strange!r} is no placeholder. Write it like {{{{ticket.id}}}}.", "http.form")
    return form


def _texts(form: Any) -> list[str]:
    if isinstance(form, dict):
        return [text for name, part in form.items() for text in (str(name), *_texts(part))]
    if isinstance(form, list):
        return [text for part in form for text in _texts(part)]
    return [form] if isinstance(form, str) else []


def _follow(integration: Integration) -> None:
    # From here on, and not from the beginning of the log: whoever is connected today is told what happens from today.
    session, http = session_of(integration), integration.http or {}
    wants = integration.deactivated_datetime is None and any((http.get("triggers") or {}).values())
    if not wants:
        _forget_cursor(integration)
        return
    account_id, name = integration.account_id, cursor_name(integration)
    if session.scalar(select(RuleCursor.id).where(RuleCursor.account_id == account_id, RuleCursor.name == name)):
        return
    newest = session.scalar(scoped(session, func.max(event_table.c.id), table=event_table))
    session.add(RuleCursor(account_id=account_id, name=name, event_id=newest or 0))


def _forget_cursor(integration: Integration) -> None:
    session_of(integration).execute(
        sql_delete(RuleCursor).where(
            RuleCursor.account_id == integration.account_id, RuleCursor.name == cursor_name(integration)
        )
    )


def _names(part: Any, number: int) -> bool:
    if isinstance(part, dict):
        return part.get("integration_id") == number or any(_names(each, number) for each in part.values())
    return isinstance(part, list) and any(_names(each, number) for each in part)


def _or_refused(field: str, check: Any, *given: str) -> None:
    try:
        check(*given)
    except outgoing.Unsendable as problem:
        raise Refused(str(problem), field) from problem


def _new_secret() -> str:
    return secrets.token_urlsafe(24)


def _tidy_name(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy:
        raise Refused("An integration needs a name.", "name")
    if len(tidy) > LONGEST_NAME:
        raise Refused(f"A name has at most {LONGEST_NAME} characters; this one has {len(tidy)}.", "name")
    return tidy


def _tidy_description(description: str | None) -> str | None:
    tidy = (description or "").strip()
    if len(tidy) > LONGEST_DESCRIPTION:
        raise Refused(
            f"A description has at most {LONGEST_DESCRIPTION} characters; this one has {len(tidy)}.", "description"
        )
    return tidy or None


def _tidy_secret(secret: str | None) -> str | None:
    if len(secret or "") > LONGEST_SECRET:
        raise Refused(f"A secret has at most {LONGEST_SECRET} characters.", "http.hmac_secret")
    return secret or None


_TIDY: Final[dict[str, Any]] = {
    "name": _tidy_name,
    "description": _tidy_description,
    "http": checked_http,
    "headers": lambda headers: checked_headers(headers or {}),
    "hmac_secret": _tidy_secret,
    "business_hours_id": lambda number: number,
}
