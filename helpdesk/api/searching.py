"""Search by API: people, teams, tags and integrations by a part of what they are called."""

from collections.abc import Callable
from typing import Any, Final, Literal

from flask import Response, after_this_request, g
from pydantic import Field
from sqlalchemy import Select, func, or_, select

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.shapes import Body, Shown
from helpdesk.api import gate
from helpdesk.models import Customer, CustomerChannel, Integration, Tag, Team, User

resource = Resource("search", "Search", noun="search", scope="", about="The first things that are called so.")

#: Who may look for what: what else than customers is guarded as it is where it is listed.
_NEEDS: Final = {
    "agent": ("read", "users:read"), "team": ("read", "users:read"), "tag": ("read", "tags:read"),
    "integration": ("manage integrations", "integrations:read"),
}  # fmt: skip


class SearchBody(Body):
    """What to look for, and where; an empty query finds the first ones."""

    type: Literal[
        "agent", "customer", "customer_profile", "customer_channel", "customer_channel_email",
        "customer_channel_phone", "customers_by_phone", "integration", "team", "tag",
    ]  # fmt: skip
    query: str = Field("", max_length=320)
    size: int = Field(10, ge=1, le=50, strict=True)


class Found(Shown):
    """What was found; what has no address has null."""

    id: int
    name: str | None
    email: str | None


class Results(Shown):
    """What was found, in the envelope of the public API."""

    data: list[Found]
    object: Literal["list"]
    uri: str
    meta: dict[str, Any]


@resource.call(
    "POST /search", needs="read", body=SearchBody, gives=Results, status=200, reads=True,
    sample={"type": "customer", "query": "maria"},
)  # fmt: skip
def search(body: SearchBody) -> Results:
    """Find people, teams, tags or integrations by a part of their name or address."""
    gate.allow(*_NEEDS.get(body.type, ("read", "customers:read")))
    after_this_request(_engine)
    rows = db.session.execute(_WAYS[body.type](body.query.strip()).limit(body.size))
    found = [Found(id=row[0], name=row[1], email=row[2]) for row in rows]
    return Results(data=found, object="list", uri="", meta={})


def _engine(response: Response) -> Response:
    response.headers["X-Gorgias-Search-Engine"] = "ES"
    return response


def _named(model: Any, *, with_email: bool) -> Callable[[str], Select[*tuple[Any, ...]]]:
    def statement(query: str) -> Select[*tuple[Any, ...]]:
        email = model.email if with_email else func.nullif("", "")
        wanted = select(model.id, model.name, email).where(model.account_id == g.account.id)
        if query:
            names = [model.name, model.email] if with_email else [model.name]
            wanted = wanted.where(or_(*(name.icontains(query, autoescape=True) for name in names)))
        return wanted.order_by(model.name, model.id)

    return statement


def _by_address(*types: str) -> Callable[[str], Select[*tuple[Any, ...]]]:
    def statement(query: str) -> Select[*tuple[Any, ...]]:
        live = CustomerChannel.deleted_datetime.is_(None), CustomerChannel.account_id == g.account.id
        wanted = select(Customer.id, Customer.name, Customer.email)
        wanted = wanted.where(Customer.account_id == g.account.id)
        mine = select(CustomerChannel.customer_id).where(*live)
        if types:
            mine = mine.where(CustomerChannel.type.in_(types))
        if query:
            mine = mine.where(CustomerChannel.address.icontains(query, autoescape=True))
        return wanted.where(Customer.id.in_(mine)).order_by(Customer.name, Customer.id)

    return statement


_WAYS: Final[dict[str, Callable[[str], Select[*tuple[Any, ...]]]]] = {
    "agent": _named(User, with_email=True),
    "customer": _named(Customer, with_email=True),
    "customer_profile": _named(Customer, with_email=True),
    "customer_channel": _by_address(),
    "customer_channel_email": _by_address("email"),
    "customer_channel_phone": _by_address("phone"),
    "customers_by_phone": _by_address("phone"),
    "integration": _named(Integration, with_email=False),
    "team": _named(Team, with_email=False),
    "tag": _named(Tag, with_email=False),
}
