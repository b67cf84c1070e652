"""The command that fires events in sandboxes and shows what the log then says."""

import sys
import time
from typing import Final

import click

from audit.types import registry
from helpdesk.commands import command_session
from seeds import firing
from seeds.firing import Fired, Scene, Shown
from seeds.scenarios import Quiet, covered_types

AS_TOLD: Final = "exactly as the catalogue says"


@click.command()
@click.argument("types", nargs=-1, metavar="[EVENT]...")
@click.option("--all", "everything", is_flag=True, help="Fire every event there is, by the first scene of its card.")
@click.option("--thoroughly", is_flag=True, help="Not only the first scene: every other one, too, and every refusal.")
def trigger(types: tuple[str, ...], everything: bool, thoroughly: bool) -> None:
    """Really cause events, such as ticket-snoozed, and show what they write to the log.

    Each scene is played by the ordinary verbs in an account of its own, with a clock of its own, which is archived
    right after: your desk is not touched. Ends with 1 if anything else was written than the catalogue says.
    """
    scenes = _scenes(types, everything, thoroughly)
    began, wrong = time.perf_counter(), []
    with command_session() as session:
        for scene in scenes:
            fired = firing.fire(session, scene)
            click.echo(_said(fired))
            if not fired.is_as_told:
                wrong.append(fired)
    missing = [type_.name for type_ in registry if type_.name not in covered_types()] if everything else []
    fired_types = len({scene.type for scene in scenes})
    seconds = time.perf_counter() - began
    click.echo(f"{_counted(fired_types, 'event')} fired in {_counted(len(scenes), 'scene')}, {seconds:.1f} s.")
    if missing:
        click.echo(f"No scene causes {', '.join(missing)}.", err=True)
    if wrong:
        named = ", ".join(f"{fired.scene.type} ({fired.scene.title})" for fired in wrong)
        click.echo(f"Not as the catalogue says: {named}.", err=True)
    if wrong or missing:
        sys.exit(1)


def _scenes(types: tuple[str, ...], everything: bool, thoroughly: bool) -> list[Scene]:
    if bool(types) == everything:
        raise click.UsageError("Name the events to fire, such as ticket-snoozed, or say --all.")
    for name in types:
        if name not in registry:
            raise click.ClickException(f"There is no event {name!r}. `helpdesk trigger --all` fires all there are.")
        if name not in covered_types():
            raise click.ClickException(f"No scene causes {name} yet, so nothing was fired.")
    wanted = [type_.name for type_ in registry] if everything else list(types)
    return [scene for name in wanted for scene in firing.scenes(name)[: None if thoroughly else 1]]


def _said(fired: Fired) -> str:
    lines = [f"{fired.scene.type} · {fired.scene.title}"]
    lines += [f"  {number}  {_line(line)}" for number, line in enumerate(fired.lines, 1)]
    if fired.refusal:
        lines.append(f"  refused: {fired.refusal}")
    if not fired.lines:
        lines.append("  nothing was written, for nothing changed")
    if fired.is_as_told:
        lines.append(f"  {AS_TOLD}")
    else:
        wanted = ", ".join(f"{name} by {kind}" for name, kind in fired.expected) or "nothing"
        lines.append(f"  NOT AS THE CATALOGUE SAYS, which is {wanted}")
        if isinstance(fired.scene, Quiet) and fired.scene.refusal:
            lines.append(f"  and a refusal: {fired.scene.refusal}")
    return "\n".join(lines) + "\n"


def _line(line: Shown) -> str:
    who = line.member or f"No user, {line.acted}"
    return f"{line.at}  {line.type:<34}  {who:<28}  {line.object}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


COMMANDS: Final = [trigger]
