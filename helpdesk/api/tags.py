"""Tags by API: made, renamed, merged, deleted."""

from datetime import datetime
from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.echoes import Moving
from audit.rest.paging import Order, Page, both_ways, paged
from audit.rest.shapes import Body, Id, Moment, Paged, Shown
from helpdesk import tags
from helpdesk.api.acting import account, acting, all_held, found, held, me
from helpdesk.models import Tag, TicketTag

resource = Resource("tags", "Tags", noun="tag", scope="tags", about="Words that are put on tickets. Case counts.")

_usage: Final[Any] = (
    select(func.count()).select_from(TicketTag).where(TicketTag.tag_id == Tag.id).correlate(Tag).scalar_subquery()
)
ORDERS: Final = {
    **both_ways("created_datetime", Tag.created_datetime, datetime),
    **both_ways("name", Tag.name, str),
    "usage:asc,name:asc": Order((_usage, Tag.name), (int, str), falling=False),
    "usage:desc,name:desc": Order((_usage, Tag.name), (int, str), falling=True),
}


class TagQuery(Paged):
    """Which tags."""

    search: str | None = Field(None, max_length=256, description="A part of the name, in small or capital letters.")
    order_by: Literal[
        "created_datetime:desc", "created_datetime:asc", "name:asc", "name:desc",
        "usage:asc,name:asc", "usage:desc,name:desc",
    ] = "created_datetime:desc"  # fmt: skip


class Decoration(Body):
    """How it looks."""

    color: str | None = Field(None, max_length=16, examples=["#0f766e"])


class TagChange(Body):
    """What to change."""

    name: str = Field("", min_length=1, max_length=tags.LONGEST_NAME)
    description: str | None = Field(None, max_length=tags.LONGEST_DESCRIPTION)
    decoration: Decoration | None = None


class NewTag(TagChange):
    """A tag to make."""

    name: str = Field(min_length=1, max_length=tags.LONGEST_NAME)


class TagIds(Body):
    """Which tags."""

    ids: list[Id] = Field(min_length=1, max_length=100)


class Sources(Body):
    """Which tags are to become this one."""

    source_tags_ids: list[Id] = Field(min_length=1, max_length=100)


class ColorShown(Shown):
    """How it looks."""

    color: str | None


class TagShown(Shown):
    """A tag."""

    id: int
    uri: str
    name: str
    description: str | None
    decoration: ColorShown | None
    usage: Moving[int]
    created_datetime: Moment
    deleted_datetime: Moment | None


@resource.call("GET /tags", needs="read", query=TagQuery, gives=TagShown, asking="order_by=name:asc&limit=5")
def index(asked: TagQuery) -> Page:
    """List the account's tags, the newest first."""
    statement = select(Tag)
    if asked.search:
        statement = statement.where(Tag.name.icontains(asked.search, autoescape=True))
    page = paged(db.session(), statement, ORDERS[asked.order_by], Tag.id, asked)
    return page.map(lambda rows: shown(db.session(), rows))


@resource.call(
    "POST /tags", needs="manage tags", body=NewTag, gives=TagShown, writes=("tag-created",),
    sample={"name": "warranty", "description": "About the two years", "decoration": {"color": "#0f766e"}},
)  # fmt: skip
def create(body: NewTag) -> TagShown:
    """Make a tag."""
    with acting() as session:
        color = body.decoration.color if body.decoration else None
        made = tags.create(account(session), body.name, color=color, description=body.description, by=me())
        number = made.id
    return show(number)


@resource.call("GET /tags/<number:tag_id>", needs="read", gives=TagShown)
def show(tag_id: int) -> TagShown:
    """Show one tag."""
    session = db.session()
    return shown(session, [found(session, Tag, tag_id)])[0]


@resource.call(
    "PUT /tags/<number:tag_id>", needs="manage tags", body=TagChange, gives=TagShown,
    writes=("tag-updated", "tag-renamed"), sample={"name": "guarantee"},
)  # fmt: skip
def update(tag_id: int, body: TagChange) -> TagShown:
    """Give a tag another name, description or colour; the tickets keep it."""
    with acting() as session:
        tag = held(session, Tag, tag_id)
        words: dict[str, Any] = {"name": tag.name, "description": tag.description, "color": tag.color}
        for name, value in body.sent():
            words |= {"color": value.color if value else None} if name == "decoration" else {name: value}
        tags.update(tag, **words, by=me())
    return show(tag_id)


@resource.call("DELETE /tags/<number:tag_id>", needs="manage tags", writes=("tag-deleted",))
def delete(tag_id: int) -> None:
    """Delete a tag: tickets lose it, each with its own events; views that ask for it are switched off."""
    with acting() as session:
        tags.delete(held(session, Tag, tag_id), by=me())


@resource.call("DELETE /tags", needs="manage tags", body=TagIds, writes=("tag-deleted",), sample={"ids": ["$TAG_ID"]})
def delete_many(body: TagIds) -> None:
    """Delete several tags; one event each."""
    with acting() as session:
        for tag in all_held(session, Tag, body.ids):
            tags.delete(tag, by=me())


@resource.call(
    "PUT /tags/<number:tag_id>/merge", needs="manage tags", body=Sources, gives=TagShown,
    writes=("ticket-updated", "ticket-tags-removed", "ticket-tags-added", "tag-merged"),
    sample={"source_tags_ids": ["$OTHER_TAG_ID"]},
)  # fmt: skip
def merge(tag_id: int, body: Sources) -> TagShown:
    """Let the tickets of other tags bear this one instead; `tag-merged` is about each tag that is gone then."""
    with acting() as session:
        into = held(session, Tag, tag_id)
        for source in all_held(session, Tag, body.source_tags_ids):
            tags.merge(source, into, by=me())
    return show(tag_id)


def shown(session: Session, rows: list[Tag]) -> list[TagShown]:
    """Tags with how many tickets bear them."""
    numbers = [row.id for row in rows]
    counted = select(TicketTag.tag_id, func.count()).where(TicketTag.tag_id.in_(numbers)).group_by(TicketTag.tag_id)
    usage = {row[0]: row[1] for row in session.execute(counted)} if numbers else {}
    return [
        TagShown(
            id=row.id,
            uri=f"/api/tags/{row.id}/",
            name=row.name,
            description=row.description,
            decoration=ColorShown(color=row.color) if row.decoration else None,
            usage=usage.get(row.id, 0),
            created_datetime=row.created_datetime,
            deleted_datetime=None,
        )
        for row in rows
    ]
