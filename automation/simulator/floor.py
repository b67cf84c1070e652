"""The floor of a simulated desk: its time, who is there, what waits for an answer, and what is known of each ticket."""

import uuid
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, TypeVar

import simpy
from sqlalchemy import select

from audit.action import Action
from audit.base import Base
from automation.simulator import talk
from automation.simulator.crowd import Crowd, Person
from automation.simulator.furnishing import Agent, Office
from automation.simulator.player import Player
from automation.simulator.profiles import Profile
from automation.simulator.rota import Rota
from automation.simulator.talk import Topic
from helpdesk.models import Account, Customer, Integration, Macro, Tag, Team, Ticket, User

Row = TypeVar("Row", bound=Base)

#: The model counts time in microseconds, as the desk does.
MICROSECOND: Final = timedelta(microseconds=1)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)

#: How many rows are held on to after the last one used them: who comes back does so soon.
REMEMBERED: Final = 5000

#: Of a desk's own tickets, how many are taken up when a simulation begins.
MOST_TAKEN_UP: Final = 2000


@dataclass
class Case:
    """What is known of a ticket on the floor beside what stands in it."""

    ticket_id: int
    topic: Topic | None = None  #: None: somebody real wrote it, or it is from before
    person: Person | None = None
    order: str = ""
    product: str = ""
    is_spam: bool = False
    first: "Case | None" = None  #: the case of which this is the second ticket
    last_mail: str | None = None
    is_queued: bool = False
    is_over: bool = False  #: nobody writes any more
    was_put_off: bool = False
    holder: int | None = None  #: which agent has it, as far as the floor knows
    answered: simpy.Event | None = None
    rows: tuple[Base, ...] = ()  #: held on to, so that the session does not ask for them anew each time

    def keep(self, ticket: Ticket) -> None:
        """It is about this ticket."""
        self.ticket_id, self.rows = ticket.id, (ticket, ticket.customer)

    @property
    def team(self) -> str:
        """Who knows about such things."""
        return self.topic.team if self.topic else ""

    @property
    def effort(self) -> float:
        """How many minutes it takes."""
        return 0.4 if self.is_spam else self.topic.effort if self.topic else 4


@dataclass
class Floor:
    """What all processes of a simulation share."""

    env: simpy.Environment
    player: Player
    profile: Profile
    office: Office
    crowd: Crowd
    seed: str
    start: datetime
    cases: dict[int, Case] = field(default_factory=dict)
    mailed: set[int] = field(default_factory=set)  #: tickets whose customers are simulated: they read no real mail
    orders: list[int] = field(default_factory=list)  #: the newest orders, of which people write
    known: dict[str, int] = field(default_factory=dict)  #: customers who have written or bought, by address
    present: set[int] = field(default_factory=set)  #: agents who are in
    trouble: Exception | None = None  #: what broke a process
    kept: list[Base] = field(default_factory=list)  #: rows that everybody needs all the time
    recent: deque[Base] = field(default_factory=lambda: deque(maxlen=REMEMBERED))  #: rows that were used lately
    rota: Rota = field(init=False)
    queue: simpy.FilterStore = field(init=False)
    _ours: set[int | None] = field(init=False)

    def __post_init__(self) -> None:
        self.rota = Rota(self.office.timezone)
        self.queue = simpy.FilterStore(self.env)
        self._ours = {None, *(agent.user_id for agent in self.office.agents)}
        self.keep_rows()

    def keep_rows(self) -> None:
        """Hold on to the rows that everybody needs, so that a session does not ask for them again and again."""
        self.kept = []
        for model in (Account, User, Team, Tag, Macro, Integration):
            self.kept += self.player.session.scalars(select(model))

    # ---- Time

    def now(self) -> datetime:
        """Desk time."""
        return self.start + self.env.now * MICROSECOND

    def local(self) -> datetime:
        """Desk time as the clock on the desk's wall shows it."""
        return self.rota.local(self.now())

    def after(self, span: timedelta) -> simpy.Timeout:
        """When so much time has passed."""
        return self.env.timeout(max(int(span / MICROSECOND), 0))

    def at(self, moment: datetime) -> simpy.Timeout:
        """When this moment has come."""
        return self.after(moment - self.now())

    def begin(self, process: Generator[simpy.Event, Any, None]) -> None:
        """Let a process begin."""
        self.env.process(self._watched(process))

    def _watched(self, process: Generator[simpy.Event, Any, None]) -> Generator[simpy.Event, Any, None]:
        # SimPy raises a copy of what went wrong, and not everything can be copied.
        try:
            yield from process
        except Exception as problem:
            self.trouble = problem
            raise

    # ---- Acting

    def acting(
        self, context: uuid.UUID | None = None, remote_addr: str | None = None
    ) -> AbstractContextManager[Action]:
        """One action, now; what fell due before it has happened."""
        self.wake_up()
        return self.player.acting(self.now(), "simulator", context=context, remote_addr=remote_addr)

    def wake_up(self) -> None:
        """Let happen what has fallen due, and put into the queue what came back by it."""
        self.notice(self.player.play_due(self.now()))

    def user(self, agent: Agent) -> User:
        """The agent's row."""
        return self.player.session.get_one(User, agent.user_id)

    def ticket(self, case: Case) -> Ticket | None:
        """A case's ticket, if it is still there and nobody real is at work on it."""
        ticket: Ticket | None = self.player.session.get(Ticket, case.ticket_id)
        if ticket is None or ticket.assignee_user_id not in self._ours:
            return None
        case.keep(ticket)
        return ticket

    def end(self, case: Case) -> None:
        """Its customer writes no more: unless somebody still has to look at it, there is nothing more to do."""
        case.is_over = True
        ticket = self.row(Ticket, case.ticket_id)
        if not case.is_queued and (ticket is None or not (ticket.is_open or ticket.is_snoozed)):
            self.forget(case)

    def forget(self, case: Case) -> None:
        """There is nothing more to do with it."""
        self.cases.pop(case.ticket_id, None)
        self.recent.extend(case.rows)
        case.rows = ()

    def customer(self, person: Person) -> Customer | None:
        """Who this person is on the desk, if they were here before."""
        number = self.known.get(person.email)
        customer = self.row(Customer, number) if number is not None else None
        return customer if customer is not None and customer.email == person.email else None

    def row(self, model: type[Row], number: int) -> Row | None:
        """A row that is held on to for a while: so the session does not ask for it anew."""
        row: Row | None = self.player.session.get(model, number)
        if row is not None:
            self.recent.append(row)
        return row

    # ---- The queue

    def notice(self, numbers: Iterable[int]) -> None:
        """Somebody has to look at these: they are new, came back, or were written to."""
        for number in numbers:
            case = self.cases.setdefault(number, Case(number))
            if not case.is_queued:
                case.is_queued = True
                self.queue.put(case)

    def answer(self, case: Case) -> None:
        """Tell whoever waits for it that the desk has answered."""
        if case.answered is not None and not case.answered.triggered:
            case.answered.succeed()

    def may_take(self, agent: Agent, case: Case) -> bool:
        """Whether it is this agent's to take: theirs, or of one who is not in, or nobody's that they know about."""
        if case.first is not None and not agent.is_lead:
            return not any(each.is_lead for each in self._in())
        if case.holder is not None and case.holder != agent.user_id:
            return case.holder not in self.present
        return not case.team or case.team in agent.teams or not any(case.team in each.teams for each in self._in())

    def take_up(self) -> None:
        """What is open on the desk when the simulation begins is looked at, too."""
        waiting = (
            select(Ticket.id)
            .where(
                Ticket.account_id == self.player.account_id,
                Ticket.status == "open",
                Ticket.spam.is_(False),
                Ticket.trashed_datetime.is_(None),
            )
            .order_by(Ticket.id)
            .limit(MOST_TAKEN_UP)
        )
        self.notice(self.player.session.scalars(waiting).all())

    def _in(self) -> Iterator[Agent]:
        return (agent for agent in self.office.agents if agent.user_id in self.present)

    # ---- Words

    def words(self, template: str, case: Case, agent: Agent | None = None) -> str:
        """A text with names filled in."""
        person = case.person
        values: dict[str, Any] = {
            "firstname": person.firstname if person else "there",
            "name": person.name if person else "",
            "order": case.order,
            "product": case.product,
            "shop": self.office.shop,
            "agent": agent.firstname if agent else "",
        }
        return template.format_map(values)

    def mail_id(self, rng: Random, address: str) -> str:
        """A Message-ID from the seed."""
        return f"{rng.getrandbits(80):020x}@{address.rsplit('@', 1)[-1]}"

    @property
    def talk(self) -> talk.Talk:
        """All there is to say."""
        return talk.load()
