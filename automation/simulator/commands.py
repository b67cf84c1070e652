"""The command that simulates customers and agents on a desk, as long as a year if need be."""

import time
from datetime import datetime
from typing import Final

import click
from sqlalchemy.orm import Session

from audit.action import enter
from audit.clock import desk_now, wall_now
from automation import clockwork
from automation.simulator import simulation
from automation.simulator.opening import COMMAND_LINE, open_desk, owner_of
from automation.simulator.profiles import all_profiles
from automation.simulator.simulation import State, Wish
from helpdesk import config as settings
from helpdesk.commands import bring_up_to_date, chosen_account, command_session, has_account, parsed_moment
from helpdesk.refusals import Refused

#: Parts of the progress bar.
PARTS: Final = 1000


@click.command()
@click.option(
    "--profile", default="quiet-day", show_default=True, help=f"What kind of days: {', '.join(all_profiles())}."
)
@click.option("--days", type=int, help="For how long. [default: as long as such days last]")
@click.option("--agents", default=5, show_default=True, help="How many answer; who is missing is hired.")
@click.option("--seed", default=1, show_default=True, help="Another number makes other people write other things.")
@click.option(
    "--now",
    metavar="MOMENT",
    help='When it begins, in UTC, such as "2026-11-27 00:00"; the desk\'s clock goes there first. [default: desk time]',
)
@click.option("--speed", default=0, show_default=True, help="60, 600 or 3600 times as fast as real; 0: as it goes.")
@click.option("--account", metavar="DOMAIN_OR_ID", help="On which desk. By default the first one.")
@click.option("--open", "domain", metavar="DOMAIN", help="Open a new account with this domain, and simulate there.")
def simulate(
    profile: str,
    days: int | None,
    agents: int,
    seed: int,
    now: str | None,
    speed: int,
    account: str | None,
    domain: str | None,
) -> None:
    """Let simulated customers write and simulated agents answer, and the desk's clock go along.

    Everything falls due on the way, in order. The same --seed and --now on a new account write the same log.
    Where there is no account yet, one is opened.
    """
    wish = Wish(profile=profile, seed=seed, agents=agents, days=days, speed=speed)
    config = settings.from_environment()
    bring_up_to_date(config)
    settings.keep_secret(config)
    with command_session() as session:
        try:
            _simulate(session, wish, parsed_moment(now) if now else None, account, domain)
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from refusal


def _simulate(session: Session, wish: Wish, at: datetime | None, account: str | None, domain: str | None) -> None:
    then = None
    if domain or (account is None and not has_account(session)):
        domain, then = domain or "simulated", 1.0
        account_id, password = open_desk(session, domain, at or wall_now(), wish.seed)
        click.echo(f"A desk was opened. Log in as {owner_of(domain)} with {password}")
    else:
        account_id = chosen_account(session, account)
        if at is not None and at != desk_now(session, account_id):
            clockwork.advance(session, account_id, at)
    session.rollback()
    enter(session, account_id)
    job_id = simulation.set_out(session, account_id, wish, by=COMMAND_LINE, source="cli", is_ours=True, then=then)
    began = time.perf_counter()
    state = _play(session, account_id, job_id)
    seconds = time.perf_counter() - began
    rate = state.written / seconds
    click.echo(f"{state.error or 'Done.'} {state.written:,} events in {seconds:.1f} s: {rate:,.0f} a second.")
    click.echo(f"It is {state.reached:%A, %d %B %Y, %H:%M} (UTC) now. `helpdesk audit replay` proves the log.")


def _play(session: Session, account_id: int, job_id: int) -> State:
    with click.progressbar(length=PARTS, label="Simulating") as bar:

        def show(state: State) -> None:
            share = (state.reached - state.start) / (state.until - state.start)
            bar.update(int(share * PARTS) - bar.pos)

        try:
            state = simulation.play(session, account_id, job_id, show)
        except KeyboardInterrupt:
            session.rollback()
            simulation.cancel(session, account_id, by=COMMAND_LINE, source="cli")
            raise
        bar.update(PARTS - bar.pos)
    return state


COMMANDS: Final = [simulate]
