"""Integrations by API: HTTP ones made, changed, switched, removed; shops and chats are listed beside them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import select

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.echoes import Moving
from audit.rest.paging import Page, both_ways, paged
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Flag, Id, Moment, Paged, Shown
from helpdesk import integrations, outgoing
from helpdesk.api.acting import account, acting, found, held, me
from helpdesk.models import Integration

resource = Resource(
    "integrations",
    "Integrations",
    noun="integration",
    scope="integrations",
    about="Connections to other systems. What a header holds is never shown: `null` there keeps what it was. The secret"
    " that signs calls (`hmac_secret`) only goes in.",
)

UPDATING: Final = "Failed to update integration"
ORDERS: Final = both_ways("created_datetime", Integration.created_datetime, datetime)


class IntegrationQuery(Paged):
    """Which integrations."""

    order_by: Literal["created_datetime:desc", "created_datetime:asc"] = "created_datetime:desc"
    type: Literal["http"] | None = Field(None, description="Only those of this type.")


class HttpChange(Body):
    """How an address is called, and of what it is told."""

    url: str = Field(max_length=2000)
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = "POST"
    request_content_type: Literal["application/json", "application/x-www-form-urlencoded"] = "application/json"
    response_content_type: Literal["application/json"] = "application/json"
    form: Any = Field(None, description="The body, with placeholders such as {{ticket.id}}.")
    headers: dict[str, str | None] | None = None
    hmac_secret: str | None = Field(None, max_length=integrations.LONGEST_SECRET)
    triggers: dict[str, Flag] | None = Field(None, examples=[{"ticket-created": True}])


class IntegrationChange(Body):
    """What to change; of `http` what is sent, and its url."""

    name: str = Field(max_length=integrations.LONGEST_NAME)
    description: str | None = Field(None, max_length=integrations.LONGEST_DESCRIPTION)
    http: HttpChange | None = None
    business_hours_id: Id | None = None
    deactivated_datetime: Moment | None = None


class NewIntegration(Body):
    """An integration to make."""

    name: str = Field(max_length=integrations.LONGEST_NAME)
    type: Literal["http"]
    http: HttpChange
    description: str | None = Field(None, max_length=integrations.LONGEST_DESCRIPTION)
    business_hours_id: Id | None = None


class HttpShown(Shown):
    """How an address is called."""

    url: str
    method: str
    request_content_type: str
    response_content_type: str
    form: Any
    headers: dict[str, None] | None
    triggers: dict[str, bool]


class Maker(Shown):
    """Who made it."""

    id: int


class IntegrationShown(Shown):
    """An integration."""

    id: int
    uri: str
    name: str
    type: str
    description: str | None
    http: HttpShown | None
    meta: dict[str, Any] | None
    decoration: dict[str, Any] | None
    application_id: str | None
    business_hours_id: int | None
    managed: bool
    user: Maker | None
    created_datetime: Moment
    updated_datetime: Moving[Moment | None]
    deactivated_datetime: Moment | None
    locked_datetime: Moving[Moment | None]


@resource.call(
    "GET /integrations", needs="manage integrations", query=IntegrationQuery, gives=IntegrationShown,
    asking="type=http",
)  # fmt: skip
def index(asked: IntegrationQuery) -> Page:
    """List what the desk is connected to, the newest first."""
    statement = select(Integration)
    if asked.type is not None:
        statement = statement.where(Integration.type == asked.type)
    page = paged(db.session(), statement, ORDERS[asked.order_by], Integration.id, asked)
    return page.map(lambda rows: [shown(row) for row in rows])


@resource.call(
    "POST /integrations", needs="manage integrations", body=NewIntegration, gives=IntegrationShown,
    writes=("integration-created",),
    sample={
        "name": "Warehouse",
        "type": "http",
        "http": {
            "url": "https://warehouse.example/hook",
            "triggers": {"ticket-created": True},
            "form": {"id": "{{ticket.id}}"},
        },
    },
)  # fmt: skip
def create(body: NewIntegration) -> IntegrationShown:
    """Connect an address on the web: it is told of what its triggers name, from now on."""
    with acting() as session:
        made = integrations.create(
            account(session),
            body.type,
            body.name,
            description=body.description,
            http=_http(body.http, {}),
            headers=_headers(body.http, None),
            hmac_secret=body.http.hmac_secret,
            business_hours_id=body.business_hours_id,
            by=me(),
        )
        number = made.id
    return show(number)


@resource.call("GET /integrations/<number:integration_id>", needs="manage integrations", gives=IntegrationShown)
def show(integration_id: int) -> IntegrationShown:
    """Show one connection."""
    return shown(found(db.session(), Integration, integration_id))


@resource.call(
    "PUT /integrations/<number:integration_id>", needs="manage integrations", body=IntegrationChange,
    gives=IntegrationShown, writes=("integration-updated",), sample={"name": "Warehouse", "description": "In Ghent"},
)  # fmt: skip
def update(integration_id: int, body: IntegrationChange) -> IntegrationShown:
    """Change a connection, or switch it off (`deactivated_datetime`) and on again (null)."""
    with acting() as session:
        integration = held(session, Integration, integration_id)
        changes: dict[str, Any] = {}
        for name, value in body.sent():
            if name == "http":
                changes |= _http_changes(value, integration)
            elif name != "deactivated_datetime":
                changes[name] = value
        integrations.update(integration, changes, by=me())
        if body.was_sent("deactivated_datetime"):
            switch = integrations.reactivate if body.deactivated_datetime is None else integrations.deactivate
            switch(integration, by=me())
    return show(integration_id)


@resource.call(
    "DELETE /integrations/<number:integration_id>", needs="manage integrations", writes=("integration-deleted",)
)
def delete(integration_id: int) -> None:
    """Remove a connection, unless a widget, a macro or a rule needs it."""
    with acting() as session:
        integrations.delete(held(session, Integration, integration_id), by=me())


def shown(row: Integration) -> IntegrationShown:
    """An integration, without what its headers hold."""
    headers = dict.fromkeys(row.headers) if row.headers is not None else None
    return IntegrationShown(
        id=row.id,
        uri=f"/api/integrations/{row.id}/",
        name=row.name,
        type=row.type,
        description=row.description,
        http=HttpShown(**row.http, headers=headers) if row.http is not None else None,
        meta=row.meta,
        decoration=row.decoration,
        application_id=row.application_id,
        business_hours_id=row.business_hours_id,
        managed=row.managed,
        user=Maker(id=row.created_by_user_id) if row.created_by_user_id is not None else None,
        created_datetime=row.created_datetime,
        updated_datetime=row.updated_datetime,
        deactivated_datetime=row.deactivated_datetime,
        locked_datetime=row.locked_datetime,
    )


def _http_changes(http: HttpChange | None, integration: Integration) -> dict[str, Any]:
    if http is None and integration.http is None:
        return {}
    if http is None:
        raise Problem(400, UPDATING, {"http": ["An HTTP integration needs an address to call."]})
    changes: dict[str, Any] = {
        "http": _http(http, integration.http or {}),
        "headers": _headers(http, integration),
    }
    return changes | ({"hmac_secret": http.hmac_secret} if http.was_sent("hmac_secret") else {})


def _http(http: HttpChange, before: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in http.sent() if name not in ("headers", "hmac_secret")}
    return {**before, **given}


def _headers(http: HttpChange, before: Integration | None) -> dict[str, str]:
    # What is kept goes where it went: else whoever can't read a value could have it sent to themselves.
    kept: Mapping[str, str] = (before.headers or {}) if before is not None else {}
    wanted = (http.headers or {}) if http.was_sent("headers") else dict.fromkeys(kept)
    silent = [name for name, value in wanted.items() if value is None]
    if silent and before is not None:
        integrations.checked_http({"url": http.url})
        if outgoing.origin(http.url) != outgoing.origin(str((before.http or {}).get("url"))):
            why = f"The address leads to another host: send the value of {silent[0]} again."
            raise Problem(400, UPDATING, {"http.headers": [why]})
    unknown = [name for name in silent if name not in kept]
    if unknown:
        raise Problem(400, UPDATING, {"http.headers": [f"The header {unknown[0]} has no value yet."]})
    return {name: kept[name] if value is None else value for name, value in wanted.items()}
