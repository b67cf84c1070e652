"""Commands that make the demo world, and that start the demo with it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import click
from flask.cli import ScriptInfo
from sqlalchemy.orm import Session

from audit.clock import wall_now
from automation import serving
from helpdesk import config as settings
from helpdesk import embedded
from helpdesk.commands import bring_up_to_date, command_session, has_account, parsed_moment
from helpdesk.config import Config
from seeds.casting import load_cast
from seeds.office import DEMO_PASSWORD
from seeds.words import ContentError

#: Parts of the progress bar.
PARTS: Final = 1000

WELCOME: Final = """
{shop}'s desk is open: {url}

  Log in as                  and see
  admin@demo.example         everything: settings, people, and the audit log of all that happens
  lead@demo.example          the tickets, with the right to merge and to delete them
  observer@demo.example      the tickets, with no right but to write notes
  The password is always     {password}

Click first: log in as admin, open a ticket in the Inbox, close it, and watch the trail beside it grow.
Then read the same in the audit log: {url}/settings/audit

Mail: what is sent to {support} on port {smtp_port} becomes a ticket. Try it:
  swaks --server {smtp_host}:{smtp_port} --from you@home.example --to {support} \\
        --header "Subject: My mug" --body "It has no handle."
{answers}

Ctrl-C stops it; what was done is kept. `make reset` throws it away.
"""
CAUGHT: Final = "What agents answer leaves no machine: it is caught at {url}/mail"
SENT: Final = "What agents answer is sent through {host}:{port}."
WORKERS: Final = "Start `helpdesk worker` beside it: timers and mail don't run in the server on PostgreSQL."


@click.command()
@click.option("--seed", default=1, show_default=True, help="Another number makes another world.")
@click.option(
    "--until", metavar="MOMENT", help='When the world ends, in UTC, such as "2026-03-03 09:00". [default: now]'
)
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 366), help="How long it has gone on.")
@click.option("--tickets", default=600, show_default=True, type=click.IntRange(1, 9999), help="About how many tickets.")
def seed(seed: int, until: str | None, days: int, tickets: int) -> None:
    """Make the demo world: a shop's desk with its people and a month of tickets.

    The same --seed and --until make the same world. In the end its log is replayed, and must agree.
    """
    config = settings.from_environment()
    bring_up_to_date(config)
    settings.keep_secret(config)
    with command_session() as session:
        _seed(session, seed=seed, until=_moment(until), days=days, tickets=tickets)


@click.command()
@click.pass_context
def demo(context: click.Context) -> None:
    """Start the demo: everything is made that is not there yet, and kept when it stops."""
    # Before the application, which does not start without.
    os.environ.setdefault("SECRET_KEY", settings.demo_secret())
    config = settings.from_environment()
    _allow_echo(config)
    serving.check_port(config.host, config.port, "PORT")
    with _alone(config):
        bring_up_to_date(config)
        with command_session() as session:
            if not has_account(session):
                _seed(session, seed=1, until=wall_now(), days=30, tickets=600)
    app = context.ensure_object(ScriptInfo).load_app()
    click.echo(_welcome(config))
    serving.serve(app)


def _allow_echo(config: Config) -> None:
    """Let the demo call its own echo page, and no other of its pages, beside what else it may call."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    others = os.environ.get("OUTGOING_ALLOW", "").strip()
    os.environ["OUTGOING_ALLOW"] = ",".join(filter(None, (others, f"{host}:{config.port}{settings.ECHO}")))


def _seed(session: Session, *, seed: int, until: datetime, days: int, tickets: int) -> None:
    from seeds import world  # what makes up names takes a while to load, and a demo that starts again needs none

    with click.progressbar(length=PARTS, label="Telling what happened at the shop") as bar:
        try:
            account = world.seed(
                session,
                seed=seed,
                until=until,
                days=days,
                tickets=tickets,
                progress=lambda share: bar.update(int(share * PARTS) - bar.pos),
            )
        except (world.AlreadySeeded, world.LogDisagrees, ContentError) as problem:
            raise click.ClickException(str(problem)) from problem
        bar.update(PARTS - bar.pos)
    click.echo(f"{account.name} has a desk, and its log rebuilds it. Everybody's password is {DEMO_PASSWORD}.")


def _moment(words: str | None) -> datetime:
    moment = wall_now() if words is None else parsed_moment(words)
    if moment > wall_now():
        raise click.ClickException("The world can't end in the future.")
    return moment


@contextmanager
def _alone(config: Config) -> Iterator[None]:
    if not config.is_embedded:
        yield
        return
    try:
        with embedded.alone(config):
            yield
    except embedded.InUse as problem:
        raise click.ClickException(str(problem)) from problem


def _welcome(config: Config) -> str:
    cast = load_cast()
    answers = CAUGHT if config.trap else SENT
    words = WELCOME.format(
        shop=cast.name,
        url=config.base_url,
        password=DEMO_PASSWORD,
        support=cast.support,
        smtp_host=config.smtp_host,
        smtp_port=config.smtp_port,
        answers=answers.format(url=config.base_url, host=config.outgoing_host, port=config.outgoing_port),
    )
    return words if config.is_embedded else f"{words}{WORKERS}\n"


COMMANDS: Final = [seed, demo]
