"""Opens classrooms and resets them: each trainee gets an account of their own, with a small desk that is ready."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from audit.actors import Actor
from audit.clock import set_clock, wall_now
from helpdesk import accounts, classrooms, desk, passwords
from helpdesk.accounts import Place
from helpdesk.models import Account
from helpdesk.refusals import Refused
from seeds.classroom_desk import furnish
from seeds.stage import open_stage

#: How long a desk has been open when the class begins: its tickets lie in that time.
HISTORY: Final = timedelta(days=2)


def seat_trainees(
    session: Session,
    trainer_id: int,
    trainees: int,
    secret: str,
    classroom: str | None = None,
    tell: Callable[[int], object] = lambda done: None,
) -> str:
    """Open an account for each trainee, in a new classroom or as more in an old one; answers the classroom's name.

    Told is after each how many there are by then.
    """
    name = classroom or classrooms.new_name(session)
    taken = max((place.number for place in classrooms.places(session, name)), default=0)
    if not 1 <= trainees <= classrooms.MOST - taken:
        raise Refused(f"A classroom has 1 to {classrooms.MOST} trainees, so no account was opened.")
    for done in range(1, trainees + 1):
        _seat(session, Place(trainer_id, name, taken + done), secret)
        tell(done)
    return name


def reset(session: Session, account_id: int, secret: str, *, trainer: str) -> None:
    """Put a trainee's account away and give them another one, with the log-in that stands on the sheet."""
    # In this account the trainer is no team member: the log says No user, and who it was.
    by = Actor.system(f"trainer {trainer}")
    with desk.acting(session, account_id, source="web"):
        place = classrooms.vacate(session.get_one(Account, account_id, with_for_update=True), by=by)
    _seat(session, place, secret)


def reset_all(session: Session, trainer_id: int, classroom: str, secret: str, *, trainer: str) -> int:
    """The same for a whole classroom, also for places that are empty because a reset broke off; answers how many."""
    seated = {each.place: each.account_id for each in classrooms.trainees(session, trainer_id, classroom)}
    found = list(classrooms.places(session, classroom))
    for place in found:
        if place in seated:
            reset(session, seated[place], secret, trainer=trainer)
        else:
            _seat(session, place, secret)
    return len(found)


def _seat(session: Session, place: Place, secret: str) -> None:
    times, now = classrooms.places(session, place.classroom).get(place, 0), wall_now()
    again = f"-{times + 1}" if times else ""
    with passwords.cheaply():  # it is long and random: a slow hash would guard nothing
        stage = open_stage(
            session,
            f"{accounts.CLASSROOM}{place.classroom}-{place.number:02}{again}",
            now - HISTORY,
            classrooms.password_of(secret, place),
            name=f"Desk of trainee {place.number}",
            owner_name=f"Trainee {place.number}",
            owner_email=classrooms.address_of(place),
            place=place,
        )
    furnish(stage, now)
    with stage.acting(at=now):  # rules meet what happened last before the clock runs
        set_clock(session, stage.account_id, desk=now, rate=1)
