"""Macros by API: listed, made, changed, put away and brought back, deleted."""

from datetime import datetime
from typing import Any, Final, Literal

from flask import g
from pydantic import Field
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.echoes import Moving
from audit.rest.paging import Order, Page, both_ways, paged
from audit.rest.problems import Problem
from audit.rest.shapes import Body, Id, IdText, Moment, Paged, Shown
from helpdesk import macros
from helpdesk.api.acting import account, acting, found, held, me, named
from helpdesk.models import Macro, Ticket
from helpdesk.refusals import Refused

resource = Resource(
    "macros", "Macros", noun="macro", scope="macros", about="What agents let the desk do and say with one press."
)

_USED: Final = macros.times_applied()
ORDERS: Final = {
    **both_ways("name", Macro.name, str),
    **both_ways("created_datetime", Macro.created_datetime, datetime),
    **both_ways("updated_datetime", func.coalesce(Macro.updated_datetime, Macro.created_datetime), datetime),
    **both_ways("language", func.coalesce(Macro.language, ""), str),
    **both_ways("usage", _USED, int),
}
#: What is in the ticket's language comes before all else.
_FITTING: Final = 10**9


FAILED: Final = "Failed to read macro"


class MacroQuery(Paged):
    """Which macros."""

    order_by: Literal[
        "name:asc", "name:desc", "created_datetime:asc", "created_datetime:desc", "updated_datetime:asc",
        "updated_datetime:desc", "usage:asc", "usage:desc", "relevance:asc", "relevance:desc", "language:asc",
        "language:desc",
    ] = "name:asc"  # fmt: skip
    search: str | None = Field(None, max_length=255, description="A part of the name.")
    languages: list[str] = Field([], max_length=50, description="Any of these; may be repeated.")
    tags: list[str] = Field([], max_length=50, description="Puts all of these on a ticket; may be repeated.")
    ticket_id: IdText | None = Field(None, description="For which ticket; `relevance` needs it.")
    message_id: IdText | None = Field(None, description="For which message; makes no difference here.")
    number_predictions: int = Field(0, ge=0, le=10, description="The desk predicts nothing.")
    archived: bool = Field(False, description="true shows those that were put away.")


class Action(Body):
    """One thing that a macro does."""

    name: str = Field(max_length=64)
    title: str | None = Field(None, max_length=255)
    type: str | None = Field(None, max_length=64)
    description: str | None = Field(None, max_length=2000)
    arguments: dict[str, Any] = {}


class MacroChange(Body):
    """What to change; `actions` are replaced as a whole."""

    name: str = Field("", min_length=1, max_length=macros.LONGEST_NAME)
    actions: list[Action] = Field([], max_length=100)
    intent: str | None = Field(None, max_length=64)
    language: str | None = Field(None, max_length=8)
    external_id: str | None = Field(None, max_length=255)


class NewMacro(MacroChange):
    """A macro to make."""

    name: str = Field(min_length=1, max_length=macros.LONGEST_NAME)


class MacroIds(Body):
    """Which macros."""

    ids: list[Id] = Field(min_length=1, max_length=30)


class MacroShown(Shown):
    """A macro."""

    id: int
    uri: str
    external_id: str | None
    name: str
    intent: str | None
    language: str | None
    usage: Moving[int]
    actions: list[dict[str, Any]]
    created_datetime: Moment
    updated_datetime: Moving[Moment | None]
    archived_datetime: Moment | None


class Outcome(Shown):
    """What became of one macro; `msg` says why it was left as it is."""

    id: int
    status: Literal["archived", "unarchived", "refused", "not-found"]
    msg: str | None


class Outcomes(Shown):
    """What became of each."""

    data: list[Outcome]


@resource.call("GET /macros", needs="read", query=MacroQuery, gives=MacroShown, asking="order_by=name:asc")
def index(asked: MacroQuery) -> Page:
    """List the macros in use, or those put away; relevant are those in the ticket's language, then the most used."""
    put_away = Macro.archived_datetime.is_not(None)
    statement = select(Macro).where(put_away if asked.archived else ~put_away)
    if asked.search:
        statement = statement.where(Macro.name.icontains(asked.search, autoescape=True))
    if asked.languages:
        statement = statement.where(Macro.language.in_(asked.languages))
    if asked.tags:
        statement = statement.where(Macro.id.in_(macros.that_tag(db.session(), g.account.id, asked.tags)))
    page = paged(db.session(), statement, _order(asked), Macro.id, asked)
    return page.map(lambda rows: shown(db.session(), rows))


@resource.call(
    "POST /macros", needs="manage macros", body=NewMacro, gives=MacroShown, writes=("macro-created",),
    sample={"name": "Say sorry", "actions": [{"name": "setResponseText", "arguments": {"body_text": "Sorry!"}}]},
)  # fmt: skip
def create(body: NewMacro) -> MacroShown:
    """Make a macro."""
    with acting() as session:
        made = macros.create(
            account(session),
            body.name,
            _actions(body.actions),
            intent=body.intent,
            language=body.language,
            external_id=body.external_id,
            by=me(),
        )
        number = made.id
    return show(number)


@resource.call("GET /macros/<number:macro_id>", needs="read", gives=MacroShown)
def show(macro_id: int) -> MacroShown:
    """Show one macro."""
    session = db.session()
    return shown(session, [found(session, Macro, macro_id)])[0]


@resource.call(
    "PUT /macros/<number:macro_id>", needs="manage macros", body=MacroChange, gives=MacroShown,
    writes=("macro-updated",), sample={"language": "it"},
)  # fmt: skip
def update(macro_id: int, body: MacroChange) -> MacroShown:
    """Change what a macro is called or does; its version goes up."""
    with acting() as session:
        macro = held(session, Macro, macro_id)
        actions = _actions(body.actions) if body.was_sent("actions") else macro.actions
        macros.update(
            macro,
            body.name if body.was_sent("name") else macro.name,
            actions,
            intent=body.intent if body.was_sent("intent") else macro.intent,
            language=body.language if body.was_sent("language") else macro.language,
            facts={name: value for name, value in body.sent() if name == "external_id"},
            by=me(),
        )
    return show(macro_id)


@resource.call("DELETE /macros/<number:macro_id>", needs="manage macros", writes=("macro-deleted",))
def delete(macro_id: int) -> None:
    """Delete a macro, unless a rule applies it."""
    with acting() as session:
        macros.delete(held(session, Macro, macro_id), by=me())


@resource.call(
    "PUT /macros/archive", needs="manage macros", body=MacroIds, gives=Outcomes, writes=("macro-updated",),
    sample={"ids": ["$MACRO_ID"]},
)  # fmt: skip
def archive(body: MacroIds) -> Outcomes:
    """Put macros away: nobody is offered them any more."""
    return _each(body.ids, macros.archive, "archived")


@resource.call(
    "PUT /macros/unarchive", needs="manage macros", body=MacroIds, gives=Outcomes, writes=("macro-updated",),
    sample={"ids": ["$MACRO_ID"]},
)  # fmt: skip
def unarchive(body: MacroIds) -> Outcomes:
    """Bring macros back."""
    return _each(body.ids, macros.unarchive, "unarchived")


def shown(session: Session, rows: list[Macro]) -> list[MacroShown]:
    """Macros with how often they were applied."""
    usage = macros.usage(session, rows[0].account_id, [row.id for row in rows]) if rows else {}
    return [
        MacroShown(
            id=row.id,
            uri=f"/api/macros/{row.id}/",
            external_id=row.external_id,
            name=row.name,
            intent=row.intent,
            language=row.language,
            usage=usage.get(row.id, 0),
            actions=row.actions,
            created_datetime=row.created_datetime,
            updated_datetime=row.updated_datetime,
            archived_datetime=row.archived_datetime,
        )
        for row in rows
    ]


def _each(numbers: list[int], verb: Any, done: Literal["archived", "unarchived"]) -> Outcomes:
    """Each by itself: what is not there, or refused, holds up none of the others."""
    told: dict[int, Outcome] = {}
    with acting() as session:
        for number in sorted(set(numbers)):
            macro = session.get(Macro, number, with_for_update=True)
            if macro is None or macro.account_id != g.account.id:
                told[number] = Outcome(id=number, status="not-found", msg=f"There is no macro {number}.")
                continue
            try:
                verb(macro, by=me())
                told[number] = Outcome(id=number, status=done, msg=None)
            except Refused as refusal:
                told[number] = Outcome(id=number, status="refused", msg=str(refusal))
    return Outcomes(data=[told[number] for number in numbers])


def _order(asked: MacroQuery) -> Order:
    if asked.ticket_id is not None:
        (ticket,) = named(db.session(), Ticket, [asked.ticket_id], "ticket_id", FAILED)
    if not asked.order_by.startswith("relevance"):
        return ORDERS[asked.order_by]
    if asked.ticket_id is None:
        raise Problem(400, FAILED, {"order_by": ["relevance needs a ticket_id."]})
    fits = case((Macro.language == ticket.language, _FITTING), else_=0)
    return Order((fits + _USED,), (int,), asked.order_by.endswith("desc"))


def _actions(given: list[Action]) -> list[dict[str, Any]]:
    return [dict(action.sent()) for action in given]
