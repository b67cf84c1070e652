"""The verbs of tags: made, renamed, put on tickets and taken off."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from audit.action import current, now
from audit.actors import Actor
from audit.ledger import record
from helpdesk import firsts, leaving, mentions, ways
from helpdesk.events import TAG_CREATED, TAG_RENAMED, TAG_UPDATED, TICKET_TAGS_ADDED, TICKET_TAGS_REMOVED
from helpdesk.leaving import Going
from helpdesk.mail.charsets import clean_line, clean_text
from helpdesk.models import Account, Job, Macro, Rule, Tag, Ticket, TicketTag
from helpdesk.refusals import Refused, Taken, blaming
from helpdesk.sessions import session_of

LONGEST_NAME: Final = 256
LONGEST_DESCRIPTION: Final = 1024

_COLOR: Final = re.compile(r"#[0-9A-Fa-f]{6}", re.ASCII)

# Asked for every tag that is put on: written once, for making a statement takes longer than answering it.
_NAMED: Final = select(Tag).where(Tag.account_id == bindparam("account"), Tag.name == bindparam("name"))


def create(account: Account, name: str, *, color: str | None = None, description: str | None = None, by: Actor) -> Tag:
    """Make a tag; its name is case-sensitive and stands once in an account."""
    session = session_of(account)
    with blaming("name"):
        tidy = _tidy(name)
    if _known(session, account.id, [tidy])[tidy] is not None:
        raise Taken(f"There is a tag {tidy!r} already.", "name")
    return _make(session, account.id, tidy, by=by, color=color, description=description)


def update(tag: Tag, *, name: str, color: str | None, description: str | None, by: Actor) -> None:
    """Give a tag another name, colour or description, all in one save; the tickets keep it."""
    with blaming("name"):
        tidy = _tidy(name)
    renamed = tag.name != tidy
    if renamed and _named(session_of(tag), tag.account_id, tidy) is not None:
        raise Taken(f"There is a tag {tidy!r} already. Merge the two instead.", "name")
    decoration, words = _decoration(color), _tidy_description(description)
    if (color or "").strip().lower() == (tag.color or "").lower():  # pages write it small
        decoration = tag.decoration
    if not renamed and (tag.decoration, tag.description) == (decoration, words):
        return
    tag.name, tag.decoration, tag.description = tidy, decoration, words
    record(TAG_UPDATED, tag, by=by)
    if renamed:
        record(TAG_RENAMED, tag, by=by)


def rename(tag: Tag, name: str, *, by: Actor) -> None:
    """Give a tag another name; the tickets keep it."""
    update(tag, name=name, color=tag.color, description=tag.description, by=by)


def describe(tag: Tag, *, color: str | None, description: str | None, by: Actor) -> None:
    """Give a tag another colour or description."""
    update(tag, name=tag.name, color=color, description=description, by=by)


def delete(tag: Tag, *, by: Actor) -> Job | None:
    """Remove a tag from the account and from all tickets; views that ask for it are switched off.

    The job, if it is long.
    """
    _refuse_used(tag)
    return leaving.leave(ways.TAG, Going(tag), by=by)


def merge(source: Tag, into: Tag, *, by: Actor) -> Job | None:
    """Let the tickets of one tag bear another instead; the one is gone then. The job, if it is long."""
    if source.id == into.id:
        raise Refused("A tag can't be merged with itself.", "source_tags_ids")
    _refuse_used(source)
    return leaving.leave(ways.TAG_INTO_ANOTHER, Going(source, into), by=by)


def put_on(
    ticket: Ticket, names: Iterable[str], *, colors: Mapping[str, str | None] = MappingProxyType({}), by: Actor
) -> None:
    """Put tags on a ticket by name; unknown ones are made, in these colours. One event names all that are new on it."""
    session = session_of(ticket)
    present = {link.tag.name for link in ticket.tag_links}
    wanted = {_tidy(name): colors.get(name) for name in names}
    fresh = {name: color for name, color in wanted.items() if name not in present}
    if not fresh:
        return
    for tag in _met(session, ticket.account_id, fresh, by=by):
        leaving.refuse_new(tag)
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


def set_on(
    ticket: Ticket, names: Iterable[str], *, colors: Mapping[str, str | None] = MappingProxyType({}), by: Actor
) -> None:
    """Let a ticket have exactly these tags."""
    wanted = {_tidy(name): colors.get(name) for name in names}
    take_off(ticket, [tag.name for tag in ticket.tags if tag.name not in wanted], by=by)
    put_on(ticket, wanted, colors=wanted, by=by)


def why_kept(tag: Tag) -> str | None:
    """Why a tag can't go, if it can't: what uses it would make it anew when it is applied next."""
    used: list[Macro | Rule] = [*mentions.macros_with_tag(tag), *mentions.rules_with_tag(tag)]
    if not used:
        return None
    names = ", ".join(f"the {type(each).__name__.lower()} {each.name!r}" for each in used[:3])
    more = f" and {len(used) - 3} more" if len(used) > 3 else ""
    return f"The tag {tag.name!r} can't go, for it is used by {names}{more}. Change that first."


def _refuse_used(tag: Tag) -> None:
    kept = why_kept(tag)
    if kept is not None:
        raise Taken(kept)


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
        description=_tidy_description(description),
        decoration=_decoration(color),
        created_datetime=now(session),
    )
    session.add(tag)
    record(TAG_CREATED, tag, by=by)
    return tag


def _named(session: Session, account_id: int, name: str) -> Tag | None:
    return session.scalar(_NAMED, {"account": account_id, "name": name})


def _met(session: Session, account_id: int, colors: Mapping[str, str | None], *, by: Actor) -> list[Tag]:
    known = _known(session, account_id, colors)
    return [known[name] or _make(session, account_id, name, color=color, by=by) for name, color in colors.items()]


def _known(session: Session, account_id: int, names: Iterable[str]) -> dict[str, Tag | None]:
    """The tags of these names, for whoever makes those that are unknown: nobody else makes them meanwhile."""
    known = {name: _remembered(session, account_id, name) for name in names}
    unknown = [name for name, tag in known.items() if tag is None]
    if unknown and firsts.wait(session, account_id, "tag", unknown):
        known |= {name: _named(session, account_id, name) for name in unknown}
    return known


def _remembered(session: Session, account_id: int, name: str) -> Tag | None:
    # The same few are put on again and again: one that was found before, and is still called so, is not looked for.
    known: dict[str, int] = current(session).memo.setdefault("tags", {})
    tag: Tag | None = session.get(Tag, known[name]) if name in known else None
    if tag is not None and tag.name == name:
        return tag
    tag = _named(session, account_id, name)
    if tag is not None:
        known[name] = tag.id
    return tag


def _tidy(name: str) -> str:
    tidy = clean_line(name, LONGEST_NAME + 1)
    if not tidy:
        raise Refused("A tag needs a name.")
    if "," in tidy:
        raise Refused("A tag's name holds no comma: commas stand between tags wherever several are written.")
    if len(tidy) > LONGEST_NAME:
        raise Refused(f"A tag's name has at most {LONGEST_NAME} characters; this one has more.")
    return tidy


def _tidy_description(description: str | None) -> str | None:
    tidy = clean_text(description or "").strip()
    if len(tidy) > LONGEST_DESCRIPTION:
        raise Refused(
            f"A description has at most {LONGEST_DESCRIPTION:,} characters; this one has {len(tidy):,}.", "description"
        )
    return tidy or None


def _decoration(color: str | None) -> dict[str, str] | None:
    # Drawn on pages as it stands: whatever is no colour must not get there.
    tidy = (color or "").strip()
    if tidy and not _COLOR.fullmatch(tidy):
        raise Refused(f"{tidy[:40]!r} is no colour. Write it like #0f766e.", "decoration.color")
    return {"color": tidy} if tidy else None
