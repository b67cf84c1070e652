"""Commands that run the desk, and that move its clock."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from audit.action import enter
from audit.clock import desk_now
from automation import certificates, clockwork, listening, serving, upcoming
from automation.clockwork import Journey
from automation.simulator import commands as simulator_commands
from helpdesk import settings
from helpdesk.commands import chosen_account, command_session, parsed_moment, with_account
from helpdesk.config import instance_folder
from helpdesk.models import Account
from helpdesk.refusals import Refused
from helpdesk.spans import parse_span

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--tls-cert", type=_FILE, help="A certificate, with which pages and API are served by https.")
@click.option("--tls-key", type=_FILE, help="The certificate's private key.")
@with_appcontext
def serve(tls_cert: Path | None, tls_key: Path | None) -> None:
    """Serve the pages; on the embedded database with the timers and the mail server inside.

    On PostgreSQL run `helpdesk worker` beside it, any number of times.
    """
    if (tls_cert is None) is not (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together.")
    tls = (str(tls_cert), str(tls_key)) if tls_cert is not None and tls_key is not None else None
    serving.serve(_app(), tls)


@click.command()
@with_appcontext
def worker() -> None:
    """Run what goes on by itself: timers, mail that comes in, mail that goes out."""
    serving.work(_app())


@click.command("tls-ca")
@click.argument("hosts", nargs=-1, required=True, metavar="HOST...")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Whereto; ./instance/tls by default.")
def tls_ca(hosts: tuple[str, ...], folder: Path | None) -> None:
    """Make an authority of your own and a certificate for hosts such as '*.gorgias.com', for clients that insist on
    https. Only what is told to trust the authority will."""
    made = _or_sentence(certificates.make, folder or instance_folder() / "tls", hosts)
    click.echo(f"Serve with: helpdesk serve --tls-cert {made.certificate} --tls-key {made.key}")
    click.echo(f"Let clients trust {made.authority}: SSL_CERT_FILE={made.authority}, or curl --cacert {made.authority}")
    click.echo("Point the hosts to this machine, for example in /etc/hosts.")


@click.group()
def clock() -> None:
    """Look at a desk's clock, or move it. It only runs forward."""


@clock.command()
@with_account
def show(account: str | None) -> None:
    """Show the desk's time, how fast it runs, and what comes next."""
    with command_session() as session:
        _show(session, chosen_account(session, account))


@clock.command()
@click.argument("span")
@with_account
def advance(span: str, account: str | None) -> None:
    """Move the clock forward by SPAN, such as 4h, 30d or 1w2d.

    What falls due on the way happens at its own time. Ctrl-C stops it where it is.
    """
    with command_session() as session:
        account_id = chosen_account(session, account)
        _move(session, account_id, _or_sentence(parse_span, span))


@clock.command()
@click.argument("moment")
@with_account
def to(moment: str, account: str | None) -> None:
    """Move the clock forward to MOMENT, such as "2026-03-03 09:00".

    It is read in the account's time zone, unless it names another one.
    """
    with command_session() as session:
        account_id = chosen_account(session, account)
        _move(session, account_id, parsed_moment(moment, _zone(session, account_id)))


@clock.command("step")
@with_account
def step_(account: str | None) -> None:
    """Move the clock to the next thing due, and let it happen."""
    with command_session() as session:
        _move(session, chosen_account(session, account), None)


@clock.command()
@click.argument("rate", type=float)
@with_account
def rate(rate: float, account: str | None) -> None:
    """Let the clock run RATE times as fast as real time: 1 is real, 60 an hour a minute, 0 frozen."""
    with command_session() as session:
        account_id = chosen_account(session, account)
        _or_sentence(clockwork.set_rate, session, account_id, rate)
        _show(session, account_id)


@clock.command()
@with_account
def freeze(account: str | None) -> None:
    """Let the clock stand still; `clock rate 1` lets it run again."""
    with command_session() as session:
        account_id = chosen_account(session, account)
        _or_sentence(clockwork.set_rate, session, account_id, 0)
        _show(session, account_id)


@clock.command("stop")
@with_account
def stop(account: str | None) -> None:
    """Stop a clock that is being moved, where it is."""
    with command_session() as session:
        account_id = chosen_account(session, account)
        _or_sentence(clockwork.cancel, session, account_id)
        _show(session, account_id)


@clock.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many at most.")
@with_account
def queue(limit: int, account: str | None) -> None:
    """List what falls due next, and what waits to be sent."""
    with command_session() as session:
        account_id = chosen_account(session, account)
        enter(session, account_id)
        waiting = upcoming.queue(session, account_id, limit)
        zone = _zone(session, account_id)
        for line in waiting.lines:
            click.echo(f"{line.at.astimezone(zone):%a %d %b %Y, %H:%M:%S}  {line.words}")
        for said in waiting.leaving:
            click.echo(said)
        if waiting.more:
            click.echo(f"… and {waiting.more:,} more.")
        if not waiting.lines and not waiting.leaving:
            click.echo("Nothing waits for its time.")


def _app() -> Any:
    return current_app._get_current_object()  # type: ignore[attr-defined]


def _move(session: Session, account_id: int, whither: datetime | timedelta | None) -> None:
    job_id = _or_sentence(clockwork.set_out, session, account_id, whither)
    with click.progressbar(length=100, label="Playing what falls due") as bar:

        def show_progress(journey: Journey) -> None:
            bar.update(journey.percent - bar.pos)

        try:
            clockwork.go_on(session, account_id, job_id, progress=show_progress)
        except KeyboardInterrupt:
            session.rollback()
            clockwork.cancel(session, account_id)
            click.echo("\nStopped on the way; what had happened by then has happened.")
        else:
            bar.update(100 - bar.pos)
    _show(session, account_id)


def _show(session: Session, account_id: int) -> None:
    enter(session, account_id)
    name = session.get_one(Account, account_id).name
    zone, rate = _zone(session, account_id), clockwork.rate_of(session, account_id)
    moment = desk_now(session, account_id).astimezone(zone)
    pace = {0.0: "frozen", 1.0: "running in real time"}.get(rate, f"running {rate:g} times as fast as real time")
    click.echo(f"{name}: {moment:%A, %d %B %Y, %H:%M:%S} ({zone.key}), {pace}.")
    for line in upcoming.queue(session, account_id, 1).lines:
        click.echo(f"Next: {line.words}, {line.at.astimezone(zone):%A, %d %B %Y, %H:%M:%S}.")
    if (journey := clockwork.under_way(session, account_id)) is not None:
        target = journey.target.astimezone(zone)
        click.echo(
            f"On its way to {target:%A, %d %B %Y, %H:%M:%S}, {journey.percent} % done; asked for by {journey.by}."
        )


def _zone(session: Session, account_id: int) -> ZoneInfo:
    enter(session, account_id)
    hours = settings.read(session.get_one(Account, account_id), "business-hours")
    return ZoneInfo(hours.get("timezone", "UTC"))


def _or_sentence(verb: Any, *arguments: Any) -> Any:
    try:
        return verb(*arguments)
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal


COMMANDS: Final = [serve, worker, tls_ca, clock, *listening.COMMANDS, *simulator_commands.COMMANDS]
