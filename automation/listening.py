"""Follows a log from outside and hands on each event as JSON: in order, until it is taken, and from where it was."""

import json
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import click
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.action import enter, write_aside
from audit.export import document
from audit.log import event_table
from audit.sessions import scoped
from audit.types import registry
from helpdesk import outgoing
from helpdesk.commands import chosen_account, command_session, with_account
from helpdesk.models import RuleCursor
from helpdesk.outgoing import Call, Unanswered, Unsendable

#: How many events are read at once, and how long to wait where there is none, in seconds.
BATCH: Final = 100
GLANCE: Final = 0.5
#: How long to wait, in seconds, after the first failure in a row, the second, and so on.
PAUSES: Final = (1, 2, 5, 10, 30)

_event = event_table.c


@click.command()
@click.option("--types", help="Which, separated by commas, such as ticket-closed,ticket-reopened. [default: all]")
@click.option("--forward-to", "url", required=True, metavar="URL", help="Where each event is posted to, as JSON.")
@click.option("--from-start", is_flag=True, help="The whole log, and not only what comes or was left the last time.")
@with_account
def listen(types: str | None, url: str, from_start: bool, account: str | None) -> None:
    """Follow the log, and post each event to URL as it is written; Ctrl-C ends it.

    Nothing is left out and the order is kept: who does not answer is asked again. The next time it goes on from there.
    The address is yours, so it may be on this machine.
    """
    wanted = _known(types)
    _let_reach(url)
    with command_session() as session:
        account_id = chosen_account(session, account)
        place = f"listen:{sha256(f'{url} {types}'.encode()).hexdigest()[:24]}"
        after = begin(session, account_id, place, from_start=from_start)
        click.echo(f"Listening after event {after:,}. Ctrl-C ends it.")
        while True:
            after = follow(session, account_id, place, after, wanted, lambda body: hand_on(url, body, click.echo))
            time.sleep(GLANCE)


def begin(session: Session, account_id: int, place: str, *, from_start: bool) -> int:
    """After which event to go on: where it was left, or the newest there is."""
    enter(session, account_id)
    held = session.scalar(select(RuleCursor).where(RuleCursor.account_id == account_id, RuleCursor.name == place))
    newest = session.scalar(scoped(session, func.max(_event.id), table=event_table)) or 0
    after = 0 if from_start else held.event_id if held is not None else newest
    session.rollback()
    _remember(session, account_id, place, after)
    return after


def follow(
    session: Session,
    account_id: int,
    place: str,
    after: int,
    types: frozenset[str],
    hand_on: Callable[[bytes], None],
) -> int:
    """Hand on what was written since, one after the other; answers after which event to go on."""
    while True:
        enter(session, account_id)
        wanted = scoped(session, table=event_table).where(_event.id > after)
        if types:
            wanted = wanted.where(_event.type.in_(types))
        found = session.execute(wanted.order_by(_event.id).limit(BATCH)).all()
        session.rollback()  # no transaction is open while we talk
        for row in found:
            hand_on(json.dumps(document(row), ensure_ascii=False, default=str).encode())
            after = row.id
            _remember(session, account_id, place, after)
        if len(found) < BATCH:
            return after


def hand_on(url: str, body: bytes, say: Callable[[str], None]) -> None:
    """Post it, until it is taken."""
    failures = 0
    while True:
        try:
            answer = outgoing.send(Call("POST", url, {"Content-Type": "application/json"}, body))
            if answer.is_fine:
                say(f"{json.loads(body)['type']} → {answer.line}")
                return
            problem = f"It answered {answer.line}."
        except Unanswered as silence:
            problem = str(silence)
        except Unsendable as refusal:
            raise click.ClickException(str(refusal)) from refusal
        pause = PAUSES[min(failures, len(PAUSES) - 1)]
        failures += 1
        say(f"{problem} The same again in {pause} s.")
        time.sleep(pause)


def _known(types: str | None) -> frozenset[str]:
    wanted = frozenset(filter(None, (name.strip() for name in (types or "").split(","))))
    strange = wanted - {type_.name for type_ in registry}
    if strange:
        raise click.ClickException(f"There is no event type {', '.join(sorted(strange))}. The glossary has them all.")
    return wanted


def _let_reach(url: str) -> None:
    # Whoever types a command on the server may reach whatever the server can; the guard is for what others type.
    try:
        outgoing.check_address(url)
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except (Unsendable, ValueError) as refusal:
        raise click.ClickException(str(refusal)) from refusal
    outgoing.use([outgoing.Place(parts.hostname or "", port)])


def _remember(session: Session, account_id: int, place: str, after: int) -> None:
    write_aside(session, account_id)
    held = session.scalar(select(RuleCursor).where(RuleCursor.account_id == account_id, RuleCursor.name == place))
    if held is None:
        session.add(RuleCursor(account_id=account_id, name=place, event_id=after))
    else:
        held.event_id = after
    session.commit()


COMMANDS: Final = [listen]
