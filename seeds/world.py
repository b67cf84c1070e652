"""The demo world: a shop's desk with a month of tickets, told from the stories in order of time."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.action import begin, enter
from audit.clock import set_clock, wall_now
from audit.replay import Report, replay
from automation import clockwork
from automation.simulator.rota import Rota
from helpdesk import passwords
from helpdesk.models import Account
from seeds import attendance, beats, chores, office, orders, programs, ratings, reading
from seeds.arrivals import Arrivals
from seeds.cast import Cast
from seeds.casting import load_cast
from seeds.crowd import Crowd
from seeds.player import Player
from seeds.plot import Beat, Kind, Story
from seeds.stories import load_stories
from seeds.telling import Telling
from seeds.thread import Thread, World

#: Told how much of the world is done, from 0 to 1.
Progress = Callable[[float], None]

#: Every story is begun at least once by then, so that it comes to its end.
EARLY: Final = 0.6
#: The last to write do so shortly before the world ends, whatever the hour.
LATE: Final = (timedelta(minutes=95), timedelta(minutes=41), timedelta(minutes=8))


class AlreadySeeded(Exception):
    """There is a demo account; the message says what to do."""


class LogDisagrees(Exception):
    """The log of the world does not rebuild it."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"The log does not rebuild the world: {'; '.join(report.differences[:5])}")
        self.report = report


def seed(
    session: Session,
    *,
    seed: int = 1,
    until: datetime,
    days: int = 30,
    tickets: int = 600,
    progress: Progress | None = None,
) -> Account:
    """Make the demo world, wholly or not at all, and prove by replay that its log rebuilds it.

    The same seed and end make the same world. It ends at `until`; from there its clock runs on in real time.
    """
    started, cast = wall_now(), load_cast()
    enter(session, None)
    if session.scalar(select(Account.id).where(Account.domain == cast.domain)) is not None:
        raise AlreadySeeded(f"There is an account {cast.domain!r} already; nothing was changed.")
    careful = passwords.use(passwords.CHEAP)
    try:
        player = _tell(session, cast, seed, until, timedelta(days=days), tickets, progress or (lambda _share: None))
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        passwords.use(careful)
    account_id = player.account_id
    assert account_id is not None
    programs.work_off(session, account_id)
    _let_run(session, account_id, until, started, player.context())
    reading.read_up(session, account_id, until)
    report = replay(session, account_id)
    if not report.agrees:
        raise LogDisagrees(report)
    enter(session, account_id)
    return session.get_one(Account, account_id)


def _tell(
    session: Session, cast: Cast, seed: int, until: datetime, span: timedelta, count: int, progress: Progress
) -> Player:
    rng, rota, start = Random(f"{seed} world"), Rota(cast.timezone), until - span
    player = Player(session, Random(f"{seed} chains"))
    opened = rota.moment(office.first_day(rota, cast, start), 9, 4)
    staff = office.sign_up(player, cast, rota, opened)
    world = World(player, staff, Crowd(cast, seed), seed)
    stories, arrivals = load_stories(), Arrivals(start, until, rota.zone)
    office.plan_first_day(player, staff, opened, rng)
    _plan_first_junk(world, stories, opened)
    attendance.plan_attendance(player, staff, rota.local(opened).date() + timedelta(days=1), until, rng)
    chores.plan_chores(player, staff, start, until, rng)
    programs.plan_work(player, staff, until)
    orders.plan_orders(world, arrivals, count, rng)
    ratings.plan_answers(player, staff, start, until, Random(f"{seed} ratings"))
    for number, (story, at) in enumerate(_tickets(stories, count, arrivals, until, rng)):
        player.plan(at, partial(_begin, world, story, f"ticket {number}"))
    player.play(until, lambda at: progress((at - opened) / (until - opened)))
    orders.ship_all(world, until)
    player.deliver_all()
    player.finish()
    set_clock(session, staff.account.id, desk=until, rate=0)
    return player


def _tickets(
    stories: Sequence[Story], count: int, arrivals: Arrivals, until: datetime, rng: Random
) -> Iterator[tuple[Story, datetime]]:
    """Which stories are told, and when each begins."""
    weights = [story.weight for story in stories]
    if count >= 2 * len(stories):
        for story in stories:
            yield story, arrivals.draw(story.arrives, rng, EARLY)
        count -= len(stories)
    by_mail = [story for story in stories if story.channel == "email" and story.beats[0].kind is Kind.CUSTOMER]
    for before in LATE:
        yield rng.choice(by_mail), until - before
    for story in rng.choices(stories, weights, k=max(count - len(LATE), 0)):
        yield story, arrivals.draw(story.arrives, rng)


def _begin(world: World, story: Story, name: str, at: datetime) -> None:
    Telling(Thread(world, story, name, at)).go_on()


def _plan_first_junk(world: World, stories: Sequence[Story], opened: datetime) -> None:
    """No address stays unknown for a day. What the admin throws away at once is what the trash loses first."""
    story = next(story for story in stories if story.topic == "spam" and _beats(story, Kind.TRASH))
    admin = world.staff.role("admin")
    thread = Thread(world, story, "first junk", opened)
    for hours, beat in ((3.2, story.beats[0]), (5.4, _beats(story, Kind.TRASH)[0])):
        world.player.plan(opened + timedelta(hours=hours), partial(beats.play, thread, beat, admin))


def _beats(story: Story, kind: Kind) -> list[Beat]:
    return [beat for beat in story.beats if beat.kind is kind]


def _let_run(session: Session, account_id: int, until: datetime, started: datetime, context: UUID) -> None:
    """From its end the world goes on in real time, which has gone on while it was told."""
    clockwork.set_rate(session, account_id, 1, context=context)
    begin(session, account_id, source="cli")
    set_clock(session, account_id, desk=until + (wall_now() - started), rate=1)
    session.commit()
