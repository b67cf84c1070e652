"""The verbs of tags: made, renamed, put on tickets and taken off."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from helpdesk.events import TAG_CREATED, TAG_RENAMED, TAG_UPDATED, TICKET_TAGS_ADDED, TICKET_TAGS_REMOVED
from helpdesk.models import Account, Tag, Ticket, TicketTag
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

LONGEST_NAME: Final = 256


def create(account: Account, name: str, *, color: str | None = None, description: str | None = None, by: Actor) -> Tag:
    """Make a tag; its name is case-sensitive and stands once in an account."""
    session, tidy = session_of(account), _tidy(name)
    if _named(session, account.id, tidy) is not None:
        raise Refused(f"There is a tag {tidy!r} already.")
    return _make(session, account.id, tidy, by=by, color=color, description=description)


def rename(tag: Tag, name: str, *, by: Actor) -> None:
    """Give a tag another name; the tickets keep it."""
    tidy = _tidy(name)
    if tag.name == tidy:
        return
    if _named(session_of(tag), tag.account_id, tidy) is not None:
        raise Refused(f"There is a tag {tidy!r} already. Merge the two instead.")
    tag.name = tidy
    record(TAG_UPDATED, tag, by=by)
    record(TAG_RENAMED, tag, by=by)


def describe(tag: Tag, *, color: str | None, description: str | None, by: Actor) -> None:
    """Give a tag another colour or description."""
    decoration = {"color": color} if color else None
    if tag.decoration == decoration and tag.description == description:
        return
    tag.decoration, tag.description = decoration, description
    record(TAG_UPDATED, tag, by=by)


def put_on(ticket: Ticket, names: Iterable[str], *, by: Actor) -> None:
    """Put tags on a ticket by name; unknown ones are made. One event names all that are really new."""
    session = session_of(ticket)
    present = {link.tag.name for link in ticket.tag_links}
    fresh = [name for name in dict.fromkeys(map(_tidy, names)) if name not in present]
    if not fresh:
        return
    for name in fresh:
        tag = _named(session, ticket.account_id, name) or _make(session, ticket.account_id, name, by=by)
        ticket.tag_links.append(TicketTag(account_id=ticket.account_id, tag=tag))
    record(TICKET_TAGS_ADDED, ticket, by=by)


def take_off(ticket: Ticket, names: Iterable[str], *, by: Actor) -> None:
    """Take tags off a ticket; one event names all that were really there."""
    unwanted = set(names)
    links = [link for link in ticket.tag_links if link.tag.name in unwanted]
    if not links:
        return
    for link in links:
        ticket.tag_links.remove(link)
    record(TICKET_TAGS_REMOVED, ticket, by=by)


def set_on(ticket: Ticket, names: Iterable[str], *, by: Actor) -> None:
    """Let a ticket have exactly these tags."""
    wanted = list(dict.fromkeys(map(_tidy, names)))
    take_off(ticket, [tag.name for tag in ticket.tags if tag.name not in wanted], by=by)
    put_on(ticket, wanted, by=by)


def _make(
    session: Session,
    account_id: int,
    name: str,
    *,
    by: Actor,
    color: str | None = None,
    description: str | None = None,
) -> Tag:
    tag = Tag(
        account_id=account_id,
        name=name,
        description=description,
        decoration={"color": color} if color else None,
        created_datetime=now(session),
    )
    session.add(tag)
    record(TAG_CREATED, tag, by=by)
    return tag


def _named(session: Session, account_id: int, name: str) -> Tag | None:
    return session.scalar(select(Tag).where(Tag.account_id == account_id, Tag.name == name))


def _tidy(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy:
        raise Refused("A tag needs a name.")
    if len(tidy) > LONGEST_NAME:
        raise Refused(f"A tag's name has at most {LONGEST_NAME} characters; this one has {len(tidy)}.")
    return tidy
