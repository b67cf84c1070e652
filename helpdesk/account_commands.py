"""Commands that open accounts and switch them off and on, for whoever runs the desk."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click
from sqlalchemy.orm import Session

from helpdesk import accounts, settings
from helpdesk import config as configuration
from helpdesk.commands import COMMAND_LINE, chosen_account, command_session
from helpdesk.desk import acting, opening
from helpdesk.models import Account
from helpdesk.people import time_zones
from helpdesk.refusals import Refused


@click.group()
def account() -> None:
    """Open an account, or switch one off and on."""


@account.command()
@click.argument("domain")
@click.option("--name", prompt="Name of the shop or company", help="What customers know it by.")
@click.option("--owner-name", prompt="The owner's name")
@click.option("--owner-email", prompt="The owner's e-mail address")
@click.option("--timezone", default="UTC", show_default=True, help="Such as Europe/Dublin.")
@click.password_option("--password", help="The owner's; asked for if it is not given.")
def create(domain: str, name: str, owner_name: str, owner_email: str, timezone: str, password: str) -> None:
    """Open an account with this subdomain, its owner and a welcome ticket."""
    mail_domain = configuration.from_environment().mail_domain
    if timezone not in time_zones():
        raise click.ClickException(f"{timezone!r} is no time zone. Write it like Europe/Dublin.")
    with command_session() as session:
        try:
            wanted = accounts.checked_domain(domain)
            hours = {**settings.DEFAULTS["business-hours"], "timezone": timezone}
            planned = accounts.Opening(
                name=name,
                domain=wanted,
                mail_address=f"support@{wanted}.{mail_domain}",
                owner_name=owner_name,
                owner_email=owner_email,
                password=password,
                settings=(("business-hours", hours),),
            )
            with opening(session, source="cli"):
                made, _owner = accounts.open_account(session, planned, by=COMMAND_LINE)
                said = (
                    f"{made.name} has a desk. Mail to {made.mail_address} becomes a ticket; {owner_email} is the owner."
                )
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from refusal
    click.echo(said)


@account.command()
@click.argument("domain_or_id")
def deactivate(domain_or_id: str) -> None:
    """Switch an account off: nobody can log in, its mail is refused, its timers rest; nothing is deleted."""
    with command_session() as session, _held(session, domain_or_id) as held:
        if held.deactivated_datetime is not None:
            click.echo(f"{held.name} is off already.")
            return
        accounts.deactivate(held, by=COMMAND_LINE)
        click.echo(f"{held.name} is off now: nobody can log in. Nothing was deleted.")


@account.command()
@click.argument("domain_or_id")
def reactivate(domain_or_id: str) -> None:
    """Switch an account on again."""
    with command_session() as session, _held(session, domain_or_id) as held:
        if held.is_active:
            click.echo(f"{held.name} is on already.")
            return
        accounts.reactivate(held, by=COMMAND_LINE)
        click.echo(f"{held.name} is on again.")


@contextmanager
def _held(session: Session, domain_or_id: str) -> Iterator[Account]:
    """The account, held for one action; what is refused ends the command with its sentence."""
    account_id = chosen_account(session, domain_or_id)
    try:
        with acting(session, account_id, source="cli"):
            yield session.get_one(Account, account_id, with_for_update=True)
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from refusal


COMMANDS: Final = [account]
