"""Tickets and macros as tables: written to a file by a job, and macros read from one."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from audit import jsons
from audit.base import AccountScoped
from audit.characters import readable
from audit.export import cell, plain
from audit.files import StoredFile
from helpdesk import files, jobs, macros
from helpdesk.models import Account, Job, Macro, Ticket, TicketTag
from helpdesk.refusals import Refused

TICKETS_OUT: Final = "exportTicket"
DRILLED_OUT: Final = "exportTicketDrilldown"
SALES_OUT: Final = "exportConvertCampaignSalesDrilldown"
MACROS_OUT: Final = "exportMacro"
MACROS_IN: Final = "importMacro"
JOBS: Final = (TICKETS_OUT, DRILLED_OUT, SALES_OUT, MACROS_OUT, MACROS_IN)

_BATCH: Final = 50
_BOM: Final = "\ufeff"  # without it spreadsheets take the text for another encoding
#: What is in which file.
_NAMES: Final = {TICKETS_OUT: "tickets", DRILLED_OUT: "drilldown", SALES_OUT: "campaign-sales", MACROS_OUT: "macros"}
#: The desk has no campaigns, so that nothing was ever sold by one.
_SALE: Final = ("campaign_id", "campaign_name", "customer_email", "order_id", "amount", "currency", "created_datetime")
_MACRO: Final = ("name", "actions", "intent", "language", "external_id")
_TICKET: Final = (
    "id", "subject", "status", "priority", "channel", "language", "spam", "created_datetime", "updated_datetime",
    "closed_datetime", "snooze_datetime", "trashed_datetime", "messages_count",
)  # fmt: skip


def step(session: Session, job: Job) -> bool:
    """Write the whole file at once, or make the next macros that stand in one."""
    with jobs.working(session, job) as held:
        if held.type == MACROS_IN:
            return _import(session, held)
        lines = list(_lines(session, held))
        name = f"{_NAMES[held.type]}-{held.id}.csv"
        digest = files.store(session, held.account_id, _written(lines))
        jobs.advance(held, len(lines) - 1, url=files.address(digest, name))
        return False


def read(content: bytes) -> list[dict[str, str]]:
    """The macros in a file, line by line; raises Refused where it is no table of macros."""
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused("The file is no CSV in UTF-8. Nothing was imported.") from error
    if not rows or not {"name", "actions"} <= rows[0].keys():
        raise Refused("The file needs a line of headings with name and actions, and a line for each macro.")
    return [{name: plain(readable(row.get(name) or "")) for name in _MACRO} for row in rows]


def content_of(session: Session, account_id: int, digest: str) -> bytes | None:
    """What was uploaded under this digest."""
    held = select(StoredFile.content).where(StoredFile.account_id == account_id, StoredFile.digest == digest)
    return session.scalar(held)


def _lines(session: Session, held: Job) -> Iterable[list[Any]]:
    if held.type == MACROS_OUT:
        return _macros(session)
    return [[*_SALE]] if held.type == SALES_OUT else _tickets(session, held.params["tickets"])


def _tickets(session: Session, numbers: Sequence[int]) -> Iterator[list[Any]]:
    yield [*_TICKET, "customer_email", "assignee_user", "assignee_team", "tags"]
    wanted = select(Ticket).options(
        joinedload(Ticket.customer), joinedload(Ticket.assignee), joinedload(Ticket.team),
        selectinload(Ticket.tag_links).joinedload(TicketTag.tag),
    )  # fmt: skip
    for start in range(0, len(numbers), 500):
        part = wanted.where(Ticket.id.in_(numbers[start : start + 500])).order_by(Ticket.id)
        for ticket in session.scalars(part):
            yield [
                *_fields(ticket, _TICKET),
                ticket.customer.email,
                ticket.assignee.email if ticket.assignee is not None else None,
                ticket.team.name if ticket.team is not None else None,
                ", ".join(tag.name for tag in ticket.tags),
            ]


def _macros(session: Session) -> Iterator[list[Any]]:
    yield [*_MACRO]
    for macro in session.scalars(select(Macro).where(Macro.archived_datetime.is_(None)).order_by(Macro.id)):
        yield [json.dumps(value) if isinstance(value, list) else value for value in _fields(macro, _MACRO)]


def _fields(row: AccountScoped, names: Iterable[str]) -> list[Any]:
    return [getattr(row, name) for name in names]


def _written(lines: Iterable[list[Any]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([cell(value) for value in line] for line in lines)
    return (_BOM + file.getvalue()).encode()


def _import(session: Session, held: Job) -> bool:
    content = content_of(session, held.account_id, held.params["digest"])
    rows, place = read(content or b""), jobs.progress(held).done
    batch, refused, made = rows[place : place + _BATCH], [], 0
    for number, row in enumerate(batch, place + 1):
        try:
            _make(session, held, row)
            made += 1
        except Refused as refusal:
            refused.append((number, str(refusal)))
    jobs.advance(held, len(batch), refused, changed=(held.info or {}).get("changed", 0) + made)
    return place + len(batch) < len(rows)


def _make(session: Session, held: Job, row: dict[str, str]) -> None:
    try:
        actions = jsons.read(row["actions"] or "[]")
    except ValueError as error:
        raise Refused("The actions are no JSON.") from error
    if not isinstance(actions, list) or not all(isinstance(action, dict) for action in actions):
        raise Refused("The actions are no list of actions.")
    more = {name: row[name] or None for name in ("intent", "language", "external_id")}
    account = session.get_one(Account, held.account_id)
    macros.create(account, row["name"], actions, **more, by=jobs.actor(held))
