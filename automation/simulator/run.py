"""One simulation: a model of customers and agents, played on a desk slice by slice, each committed whole."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final

import simpy
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from audit.action import begin, hold
from audit.clock import desk_now, set_clock
from audit.log import event_table
from audit.sessions import keep_what_was_read, scoped
from automation import clockwork
from automation.simulator import agents, customers, shopping
from automation.simulator.crowd import Crowd
from automation.simulator.floor import MICROSECOND, MINUTE, Floor
from automation.simulator.furnishing import furnish, look_around
from automation.simulator.player import Player
from automation.simulator.profiles import all_profiles
from helpdesk import channels
from helpdesk.models import Account, CustomerChannel, Delivery, TicketMessage
from helpdesk.refusals import Refused

#: How many events share one transaction: enough to be fast, few enough that nobody who writes waits long.
BATCH: Final = 250
#: How much desk time may pass in one transaction, however little happens.
LONGEST_SLICE: Final = timedelta(hours=6)
#: How often agents look at what came back by itself.
GLANCE: Final = 5 * MINUTE

#: What others may do so that somebody has to look at a ticket.
_CALLS_FOR_AGENTS: Final = ("ticket-created", "ticket-reopened", "ticket-self-unsnoozed", "ticket-message-created")

_event = event_table.c


#: Notes within the transaction which desk time is reached, and how many events are written.
Mark = Callable[[Session, datetime, int], None]


class Overtaken(Refused):
    """Somebody else has moved the desk's clock, or let it run."""


@dataclass(frozen=True)
class Plan:
    """What is to be simulated: a kind of day, from a seed, with so many agents, from when to when."""

    profile: str
    seed: int
    agents: int
    start: datetime
    until: datetime


class Run:
    """A simulation on its way. It lives in memory: whoever has to begin anew finds the desk as it is, and goes on."""

    def __init__(self, session: Session, account_id: int, plan: Plan, mark: Mark, before: int = 0) -> None:
        self.plan = plan
        self._mark = mark
        self._before = before  #: events that were written before the model had to be made anew
        self._account_id = account_id
        self.floor: Floor
        self._last_event = self._last_delivery = 0
        seed = f"{plan.seed} {plan.profile} {plan.start.isoformat()}"
        self._player = Player(session, Random(f"{seed} chains"), account_id)
        self._furnish(session, seed)

    @property
    def written(self) -> int:
        """How many events so far."""
        return self._before + self._player.written.total()

    @property
    def reached(self) -> datetime:
        """Up to which desk time it has been played."""
        return min(self.floor.now(), self.plan.until)

    @property
    def is_done(self) -> bool:
        """Whether it has arrived."""
        return self.floor.now() >= self.plan.until

    def slice(self, session: Session, until: datetime) -> None:
        """Play some more, as far as this moment at most, and commit it."""
        is_another, self._player.session = session is not self._player.session, session
        try:
            self._take_hold(session)
            if is_another:
                self.floor.keep_rows()
            self._see_others(session)
            self._refuse_overtaken(session)
            self._commit(session, self._play(min(until, self.plan.until)))
        except BaseException:
            session.rollback()
            raise

    def _furnish(self, session: Session, seed: str) -> None:
        plan, player = self.plan, self._player
        try:
            self._take_hold(session)
            crowd = Crowd(seed, _taken(session, self._account_id))
            with player.acting(plan.start, "simulator"):
                furnish(session, self._account_id, plan.agents, crowd, plan.seed)
            office = look_around(session, self._account_id, plan.agents, plan.seed)
            profile = all_profiles()[plan.profile]
            self.floor = floor = Floor(simpy.Environment(), player, profile, office, crowd, seed, plan.start)
            floor.take_up()
            shopping.remember_orders(floor)
            self._commit(session, plan.start)
        except BaseException:
            session.rollback()
            raise
        processes = [customers.arrivals(floor), shopping.buyers(floor), _glances(floor)]
        for process in (*processes, *(agents.working(floor, agent) for agent in office.agents)):
            floor.begin(process)

    def _play(self, until: datetime) -> datetime:
        floor, before = self.floor, self.written
        end = min(until, floor.now() + LONGEST_SLICE)
        limit = (end - floor.start) // MICROSECOND
        while floor.env.peek() <= limit:
            try:
                floor.env.step()
            except Exception:
                raise floor.trouble or LookupError("a process broke, and nobody knows why") from None
            if self.written - before >= BATCH:
                return floor.now()
        if limit > floor.env.now:
            floor.env.run(until=limit)
        floor.wake_up()
        return floor.now()

    def _take_hold(self, session: Session) -> None:
        hold(session, self._account_id)
        begin(session, self._account_id, source="simulator")
        self._player.look_ahead()

    def _refuse_overtaken(self, session: Session) -> None:
        moved = desk_now(session, self._account_id) != self.floor.now()
        if moved or clockwork.rate_of(session, self._account_id) != 0:
            raise Overtaken("Somebody else moved the desk's clock, so the simulation ended where it was.")
        if not session.get_one(Account, self._account_id).is_active:
            raise Overtaken("The account was switched off, so the simulation ended where it was.")

    def _see_others(self, session: Session) -> None:
        """What others did meanwhile stands in the log: rows are read anew, and agents look at what calls for them."""
        others = session.execute(
            scoped(session, _event.type, _event.object_type, _event.object_id, table=event_table)
            .where(_event.id > self._last_event)
            .order_by(_event.id)
        ).all()
        if not others:
            return
        session.expire_all()
        for line in others:
            if line.type not in _CALLS_FOR_AGENTS:
                continue
            if line.object_type == "Ticket":
                self.floor.notice([line.object_id])
            elif (message := session.get(TicketMessage, line.object_id)) is not None and not message.from_agent:
                self.floor.notice([message.ticket_id])

    def _commit(self, session: Session, reached: datetime) -> None:
        """The desk's clock goes along with what was played, in the same transaction."""
        begin(session, self._account_id, source="simulator", at=reached)
        self._player.finish()
        set_clock(session, self._account_id, desk=reached, rate=0)
        self._mark(session, reached, self.written)
        self._read_mail(session)
        self._last_event = session.scalar(scoped(session, func.max(_event.id), table=event_table)) or 0
        # Nobody changes a row without an event, and those are looked for when we go on: no need to ask for all anew.
        keep_what_was_read(session)

    def _read_mail(self, session: Session) -> None:
        # Who is simulated has read what the desk wrote: nobody mails it to anybody.
        queued = session.execute(
            select(Delivery.id, Delivery.ticket_id).where(
                Delivery.account_id == self._account_id, Delivery.kind == "mail", Delivery.id > self._last_delivery
            )
        ).all()
        if not queued:
            return
        self._last_delivery = max(line.id for line in queued)
        read = [line.id for line in queued if line.ticket_id in self.floor.mailed]
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(read), Delivery.status == "queued")
            .values(status="sent", attempts=1, sent_datetime=Delivery.created_datetime, payload={})
            .execution_options(synchronize_session=False)
        )


def _taken(session: Session, account_id: int) -> set[str]:
    """The addresses of all whom the desk knows: nobody who is made up gets one of them."""
    mailboxes = select(CustomerChannel.address).where(
        CustomerChannel.account_id == account_id, CustomerChannel.type == channels.EMAIL
    )
    return set(session.scalars(mailboxes))


def _glances(floor: Floor) -> agents.Process:
    """What falls due while nobody does anything is noticed all the same."""
    while True:
        yield floor.after(GLANCE)
        floor.wake_up()
