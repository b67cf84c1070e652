"""The log's own commands: fold it and compare, look after its guards."""

import sys
import time
from typing import Any, Final

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import OperationalError

from audit.db import db
from audit.directory import directory
from audit.log import LogUnguarded
from audit.log import check_guards as check_log_guards
from audit.replay import MOST, Report
from audit.replay import replay as replay_log


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
