"""The command that opens a classroom, prints its log-ins, and resets one trainee or all."""

from typing import Final

import click
from sqlalchemy import case, select
from sqlalchemy.orm import Session

from audit.action import enter
from helpdesk import classrooms, people
from helpdesk import config as settings
from helpdesk.classrooms import Trainee
from helpdesk.commands import chosen_account, command_session
from helpdesk.models import Role, User
from helpdesk.permissions import ALLOWED, may
from helpdesk.refusals import Refused
from seeds import classroom as rooms

ALL: Final = "all"


@click.command()
@click.argument("name", required=False)
@click.option("--trainees", type=click.IntRange(1, classrooms.MOST), help="Open accounts for so many.")
@click.option("--trainer", metavar="EMAIL", help="Who may read along. By default the first account's lead.")
@click.option("--reset", metavar="NUMBER|all", multiple=True, help="Give this trainee, or all, a fresh account.")
def classroom(name: str | None, trainees: int | None, trainer: str | None, reset: tuple[str, ...]) -> None:
    """Open a classroom: an account and a log-in for each trainee, and a trainer who may read their logs.

    With the NAME of a classroom, its log-ins are printed; with --trainees as well, so many more come in, and with
    --reset trainees get fresh accounts, while the old ones are put away with their logs.
    """
    if name is None and (trainees is None or reset):
        raise click.UsageError("Say --trainees 20 to open a classroom, or name one that there is.")
    secret = settings.secret_key(settings.from_environment())
    with command_session() as session:
        try:
            holder = _trainer(session, name, trainer)
            if trainees is not None:
                name = _open(session, holder, trainees, secret, name)
            for number in reset:
                _reset(session, holder, str(name), number, secret)
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from refusal
        click.echo(_sheet(classrooms.trainees(session, holder.id, name), holder, secret))


def _trainer(session: Session, room: str | None, email: str | None) -> User:
    """Whose classroom it is, or is to be."""
    held_by = classrooms.trainer_of(session, room) if room is not None else None
    if room is not None and held_by is None:
        raise click.ClickException(f"There is no classroom {room!r}.")
    if held_by is not None:
        enter(session, None)
        found = session.get(User, held_by)
    elif email is not None:
        enter(session, None)
        found = people.by_email(session, email)
    else:
        account_id = chosen_account(session, None)
        fit = [role.value for role in ALLOWED if may(role.value, "hold classrooms")]
        who = select(User).where(User.account_id == account_id, User.role.in_(fit), User.active)
        found = session.scalars(who.order_by(case((User.role == Role.LEAD.value, 0), else_=1), User.id)).first()
    if found is None:
        raise click.ClickException(f"There is no team member {email or 'who could be the trainer'}.")
    if not may(found.role, "hold classrooms"):
        raise click.ClickException(f"{found.name} is {found.role}, and a trainer is at least a lead.")
    session.expunge(found)
    return found


def _open(session: Session, trainer: User, trainees: int, secret: str, room: str | None) -> str:
    with click.progressbar(length=trainees, label="Furnishing the desks") as bar:
        return rooms.seat_trainees(session, trainer.id, trainees, secret, room, lambda _: bar.update(1))


def _reset(session: Session, trainer: User, room: str, which: str, secret: str) -> None:
    if which == ALL:
        rooms.reset_all(session, trainer.id, room, secret, trainer=trainer.name)
        return
    seated = {str(each.place.number): each for each in classrooms.trainees(session, trainer.id, room)}
    if which not in seated:
        raise click.ClickException(f"Nobody in {room} has the number {which}. Write one of theirs, or {ALL}.")
    rooms.reset(session, seated[which].account_id, secret, trainer=trainer.name)


def _sheet(seated: list[Trainee], trainer: User, secret: str) -> str:
    config = settings.from_environment()
    lines = [f"Classroom {seated[0].place.classroom}: {len(seated)} trainees, each with a desk of their own.", ""]
    lines += [f"  {'log in as':<40}  password" if seated else ""]
    for each in seated:
        known = classrooms.knows_password(each, secret)
        word = classrooms.password_of(secret, each.place) if known else "(set by the trainee; --reset gives a new one)"
        lines.append(f"  {each.email:<40}  {word}")
    lines += ["", f"They log in at {config.base_url}/login. {trainer.name} ({trainer.email}) reads along at"]
    return "\n".join([*lines, f"{config.base_url}/classroom"])


COMMANDS: Final = [classroom]
