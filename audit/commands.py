"""The log's own commands: fold it and compare, take a copy of it, look after its guards."""

import sys
import time
from typing import Any, Final, TextIO

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from audit import queries
from audit.action import enter
from audit.db import db
from audit.directory import directory
from audit.export import FORMATS, chunks, facts
from audit.line import query_of
from audit.log import LogUnguarded
from audit.log import check_guards as check_log_guards
from audit.queries import BadCursor
from audit.replay import MOST, Report
from audit.replay import replay as replay_log
from audit.results import ground_of


@click.group()
def audit() -> None:
    """Look after the event log."""


@audit.command()
@click.option(
    "--account", metavar="DOMAIN_OR_ID", help="The account to replay. By default the first one, which is the demo's."
)
@with_appcontext
def replay(account: str | None) -> None:
    """Fold the log from nothing and compare it with the database, field by field.

    Ends with 0 only if both agree, else with 1, naming the differences.
    """
    check()
    number, domain = chosen(account)
    began = time.perf_counter()
    report = _fold(number)
    seconds = time.perf_counter() - began
    click.echo(f"{domain}: {report.events:,} events, {report.rows:,} rows, {seconds:.1f} s.")
    for difference in report.differences:
        click.echo(f"  {difference}")
    if not report.agrees:
        found = f"{len(report.differences)}{' or more' if len(report.differences) == MOST else ''}"
        click.echo(f"Log and database differ, in {found} places.", err=True)
        sys.exit(1)
    click.echo("Log and database agree.")


@audit.command()
@click.argument("filters", default="", metavar="[FILTERS]")
@click.option("--format", "name", type=click.Choice(list(FORMATS)), default="jsonl", show_default=True)
@click.option("--after", type=click.IntRange(1), help="Go on after this event, the last one of a file that broke off.")
@click.option("--output", type=click.File("w", lazy=True), default="-", help="The file; by default standard output.")
@click.option("--account", metavar="DOMAIN_OR_ID", help="By default the first account, which is the demo's.")
@with_appcontext
def export(filters: str, name: str, after: int | None, output: TextIO, account: str | None) -> None:
    """Write events as lines, oldest first; that this was done goes into the log, too.

    FILTERS is a search line as on the audit page: 'actor:ana type:ticket-* since:7d'.
    """
    check()
    account_id, _ = chosen(account)
    session = db.session()
    enter(session, account_id)
    reading = query_of(filters, ground_of(session, directory(), account_id))
    query, ground = reading.query, reading.ground
    if reading.complaints:
        raise click.ClickException(" ".join(reading.complaints))
    try:
        queries.place_of(session, after or 0)
    except BadCursor as problem:
        raise click.ClickException(str(problem)) from problem
    upto = queries.newest_id(session)
    directory().note_export(account_id, facts(FORMATS[name], query, ground, after or 0))
    for chunk in chunks(db.engine, account_id, query, ground, FORMATS[name], after=after or 0, upto=upto):
        output.write(chunk)


@audit.command("check-guards")
@with_appcontext
def check_guards() -> None:
    """Check that the database itself refuses to change the log."""
    check()
    click.echo("The log is guarded: every trigger stands.")


def _fold(account_id: int) -> Report:
    if not _is_watched():
        return replay_log(db.session(), account_id)
    with click.progressbar(length=0, label="Folding", file=sys.stderr, show_pos=True) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        return replay_log(db.session(), account_id, progress)


def _is_watched() -> bool:
    return sys.stderr.isatty()


def chosen(words: str | None) -> tuple[int, str]:
    """The account that --account names, as number and domain; the first one without."""
    accounts = directory().accounts()
    if not accounts:
        raise click.ClickException("There is no account yet. `helpdesk demo` or `helpdesk seed` makes one.")
    if words is None:
        return accounts[0]
    for number, domain in accounts:
        if words in (domain, str(number)):
            return number, domain
    known = ", ".join(domain for _, domain in accounts[:10])
    raise click.ClickException(f"There is no account {words!r}; there are {known}.")


def check() -> None:
    """See that the database is there and guards the log, or end with a sentence."""
    try:
        check_log_guards(db.session().connection())
    except LogUnguarded as problem:
        raise click.ClickException(str(problem)) from problem
    except OperationalError as problem:
        raise click.ClickException(f"The database can't be reached: {problem.orig}") from problem
    db.session().rollback()


COMMANDS: Final[list[Any]] = [audit]
