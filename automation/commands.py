"""Commands that run the desk, and that move its clock."""

from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from audit.action import enter
from audit.clock import desk_now
from automation import clockwork, serving
from helpdesk import settings
from helpdesk.commands import chosen_account, command_session, with_account
from helpdesk.models import Account
from helpdesk.refusals import Refused
from helpdesk.spans import parse_span


@click.command()
@with_appcontext
def serve() -> None:
    """Serve the pages; on the embedded database with the timers and the mail server inside.

    On PostgreSQL run `helpdesk worker` beside it, any number of times.
    """
    serving.serve(_app())


@click.command()
@with_appcontext
def worker() -> None:
    """Run what goes on by itself: timers, mail that comes in, mail that goes out."""
    serving.work(_app())


@click.group()
def clock() -> None:
    """Look at a desk's clock, or move it. It only runs forward."""


@clock.command()
@with_account
def show(account: str | None) -> None:
    """Show the desk's time, and how fast it runs."""
    with command_session() as session:
        _show(session, chosen_account(session, account))


@clock.command()
@click.argument("span")
@with_account
def advance(span: str, account: str | None) -> None:
    """Move the clock forward by SPAN, such as 4h, 30d or 1w2d.

    What falls due on the way happens at its own time.
    """
    with command_session() as session:
        account_id = chosen_account(session, account)
        length = _or_sentence(parse_span, span)
        _move(session, account_id, desk_now(session, account_id) + length)


@clock.command()
@click.argument("moment")
@with_account
def to(moment: str, account: str | None) -> None:
    """Move the clock forward to MOMENT, such as "2026-03-03 09:00".

    It is read in the account's time zone, unless it names another one.
    """
    with command_session() as session:
        account_id = chosen_account(session, account)
        _move(session, account_id, _moment(session, account_id, moment))


@clock.command("set")
@click.option(
    "--rate", type=float, required=True, help="How many times as fast as real time: 1 is real, 60 an hour a minute."
)
@with_account
def set_(rate: float, account: str | None) -> None:
    """Let the clock run faster or slower, from the present desk time."""
    with command_session() as session:
        account_id = chosen_account(session, account)
        _or_sentence(clockwork.set_rate, session, account_id, rate)
        _show(session, account_id)


@clock.command()
@with_account
def freeze(account: str | None) -> None:
    """Let the clock stand still; `clock set --rate 1` lets it run again."""
    with command_session() as session:
        account_id = chosen_account(session, account)
        clockwork.set_rate(session, account_id, 0)
        _show(session, account_id)


def _app() -> Any:
    return current_app._get_current_object()  # type: ignore[attr-defined]


def _move(session: Session, account_id: int, target: datetime) -> None:
    start = desk_now(session, account_id)
    length = max(int((target - start).total_seconds()), 1)
    with click.progressbar(length=length, label="Playing what falls due") as bar:

        def show_progress(_played: int, reached: datetime) -> None:
            bar.update(max(0, min(int((reached - start).total_seconds()), length) - bar.pos))

        _or_sentence(clockwork.advance_to, session, account_id, target, show_progress)
        bar.update(length - bar.pos)
    _show(session, account_id)


def _show(session: Session, account_id: int) -> None:
    enter(session, account_id)
    name = session.get_one(Account, account_id).name
    zone, rate = _zone(session, account_id), clockwork.rate_of(session, account_id)
    moment = desk_now(session, account_id).astimezone(zone)
    pace = {0.0: "frozen", 1.0: "running in real time"}.get(rate, f"running {rate:g} times as fast as real time")
    click.echo(f"{name}: {moment:%A, %d %B %Y, %H:%M:%S} ({zone.key}), {pace}.")


def _moment(session: Session, account_id: int, words: str) -> datetime:
    try:
        moment = datetime.fromisoformat(words.strip())
    except ValueError:
        raise click.ClickException(f'{words!r} is no moment. Write it like "2026-03-03 09:00".') from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=_zone(session, account_id))
    return moment.astimezone(UTC)


def _zone(session: Session, account_id: int) -> ZoneInfo:
    enter(session, account_id)
    hours = settings.read(session.get_one(Account, account_id), "business-hours")
    return ZoneInfo(hours.get("timezone", "UTC"))


def _or_sentence(verb: Any, *arguments: Any) -> Any:
    try:
        return verb(*arguments)
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal


COMMANDS: Final = [serve, worker, clock]
