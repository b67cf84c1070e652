"""Commands about the desk itself: its tables, its keys, its data thrown away."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

import click
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from audit.action import enter
from audit.actors import Actor
from audit.ledger import record
from audit.log import LogUnguarded, check_guards
from audit.sessions import AuditedSession, prepare
from helpdesk import config as settings
from helpdesk import embedded, keys, migrations, people
from helpdesk import settings as account_settings
from helpdesk.config import Config
from helpdesk.desk import acting
from helpdesk.events import SCHEMA_MIGRATED
from helpdesk.mail import trap
from helpdesk.models import Account, User
from helpdesk.refusals import Refused

COMMAND_LINE: Final = Actor.system("command line")

#: Put on commands that act on one account.
with_account: Callable[[Any], Any] = click.option(
    "--account", metavar="DOMAIN_OR_ID", help="The account to act on. By default the first one, which is the demo's."
)


@click.command()
def migrate() -> None:
    """Bring the database to the newest shape; a new one is made.

    On PostgreSQL it runs as MIGRATE_DATABASE_URL, the owner of the tables, and lets in the user of DATABASE_URL.
    """
    config = settings.from_environment()
    click.echo("The database was brought up to date." if bring_up_to_date(config) else "The database is up to date.")


@click.command("api-key")
@click.argument("email")
def api_key(email: str) -> None:
    """Make an API key for the team member with this address, and print just the key."""
    with command_session() as session:
        enter(session, None)
        user = people.by_email(session, email)
        if user is None:
            raise click.ClickException(f"There is no team member with the address {email}.")
        account_id, user_id = user.account_id, user.id
        with acting(session, account_id, source="cli"):
            _, key = keys.create(session.get_one(User, user_id), name="Command line", by=COMMAND_LINE)
    click.echo(key)


@click.command()
@click.argument("type_", metavar="TYPE")
@click.argument("data", required=False)
@with_account
def setting(type_: str, data: str | None, account: str | None) -> None:
    """Show an account's setting, or set what DATA (JSON) names of it.

    For instance: setting trash '{"days": 60}', or setting audit-log '{"longest_period_days": null}', which lets the
    audit page show any period at once.
    """
    with command_session() as session:
        account_id = chosen_account(session, account)
        enter(session, account_id)
        try:
            held = account_settings.read(session.get_one(Account, account_id), type_)
            theirs = account_settings.foreign(type_, held)
            own = {name: value for name, value in held.items() if name not in theirs}
            wanted = account_settings.checked(type_, {**own, **json.loads(data)} if data else own) | theirs
            if data:
                with acting(session, account_id, source="cli"):
                    account_settings.change(session.get_one(Account, account_id), type_, wanted, by=COMMAND_LINE)
        except (ValueError, TypeError) as error:
            raise click.ClickException(f"DATA is no JSON object: {data}") from error
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from refusal
    click.echo(json.dumps(wanted))


@click.command()
@click.confirmation_option(prompt="Throw away the embedded database and all caught mail?")
def reset() -> None:
    """Throw away the embedded database and the mail in the trap; the next `helpdesk demo` starts afresh."""
    config = settings.from_environment()
    if not config.is_embedded:
        raise click.ClickException("Only the embedded database can be reset; DATABASE_URL names another one.")
    try:
        with embedded.alone(config):
            found = embedded.remove(config)
            caught = trap.empty()
    except embedded.InUse as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo("The demo's data is gone." if found or caught else "There was nothing to throw away.")


def bring_up_to_date(config: Config) -> bool:
    """Migrate, and tell the log of every account there is; answers whether anything was to do."""
    if config.is_embedded:
        embedded.database_file(config).parent.mkdir(parents=True, exist_ok=True)
    owner, user = make_url(config.migrate_database_url), make_url(config.database_url)
    engine = _engine(config.migrate_database_url)
    try:
        changed = migrations.upgrade(engine, user.username if user.username != owner.username else None)
    except OperationalError as error:
        raise click.ClickException(_unreachable(error)) from error
    finally:
        engine.dispose()
    if changed:
        with command_session() as session:
            enter(session, None)
            for account_id in list(session.scalars(select(Account.id).order_by(Account.id))):
                with acting(session, account_id, source="cli"):
                    tell_of_migration(session.get_one(Account, account_id), by=COMMAND_LINE)
    return changed


def tell_of_migration(account: Account, *, by: Actor) -> None:
    """The tables have another shape now: note it in the account's log."""
    record(SCHEMA_MIGRATED, account, by=by)


@contextmanager
def command_session() -> Iterator[Session]:
    """A session on the configured database for the length of a command."""
    config = settings.from_environment()
    if config.is_embedded and not embedded.database_file(config).exists():
        raise click.ClickException("There is no database yet. `helpdesk demo` or `helpdesk migrate` makes it.")
    engine = _engine(config.database_url)
    try:
        with engine.connect() as connection:
            check_guards(connection)
        with AuditedSession(bind=engine) as session:
            yield session
    except LogUnguarded as problem:
        raise click.ClickException(str(problem)) from problem
    except OperationalError as error:
        raise click.ClickException(_unreachable(error)) from error
    finally:
        engine.dispose()


def chosen_account(session: Session, given: str | None) -> int:
    """The number of the account that --account names, by domain or number."""
    enter(session, None)
    accounts = select(Account.id).order_by(Account.id)
    if given is None:
        found = session.scalar(accounts.limit(1))
        if found is None:
            raise click.ClickException("There is no account yet. `helpdesk demo` or `helpdesk seed` makes one.")
        return found
    wanted = Account.id == int(given) if given.isdigit() and int(given) < 2**63 else Account.domain == given
    found = session.scalar(accounts.where(wanted))
    if found is None:
        raise click.ClickException(f"There is no account {given!r}.")
    return found


def has_account(session: Session) -> bool:
    """Whether there is any account at all."""
    enter(session, None)
    found = session.scalar(select(Account.id).limit(1)) is not None
    session.rollback()
    return found


def parsed_moment(words: str, zone: tzinfo = UTC) -> datetime:
    """A moment as somebody writes it on the command line; read in this zone, unless it names another one."""
    try:
        moment = datetime.fromisoformat(words.strip())
    except ValueError:
        raise click.ClickException(f'{words!r} is no moment. Write it like "2026-03-03 09:00".') from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    prepare(engine)
    return engine


def _unreachable(error: OperationalError) -> str:
    return f"The database does not answer as it should: {str(error.orig).strip()}"


COMMANDS: Final = [migrate, api_key, setting, reset]
