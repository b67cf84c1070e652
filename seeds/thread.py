"""One ticket of the demo world: who writes, what the texts speak of, whose it is by now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

from audit.actors import Actor
from helpdesk import customers
from helpdesk.chat import Visit
from helpdesk.models import Customer, ShopOrder, Ticket
from seeds import facts
from seeds.cast import Agent
from seeds.crowd import Crowd, Person
from seeds.player import Player
from seeds.plot import Kind, Story, Variant, fitting
from seeds.staff import Staff
from seeds.words import placeholders

#: Where a name is all that the desk learns of whoever writes.
WITHOUT_MAILBOX: Final = frozenset({"phone", "instagram-direct-message", "facebook-messenger", "whatsapp"})


@dataclass
class World:
    """What all threads share."""

    player: Player
    staff: Staff
    crowd: Crowd
    seed: int
    customers: dict[str, Customer] = field(default_factory=dict)  #: by address
    told: set[Kind] = field(default_factory=set)  #: kinds of beats that have happened
    order_numbers: set[str] = field(default_factory=set)  #: that customers have written of


class Thread:
    """A story that has begun, in one of its versions, with people and things of its own."""

    ticket: Ticket  #: once the first beat has been played
    customer: Customer

    def __init__(self, world: World, story: Story, name: str, start: datetime) -> None:
        self.world = world
        self.story = story
        self.start = start
        self.rng = Random(f"{world.seed} {name}")
        self.version = self.rng.choice(story.versions)
        self.person = self._writer()
        self.other = world.crowd.stranger(story.language, self.rng)
        self.is_open = False  #: whether there is a ticket yet
        self.twin: Ticket | None = None
        self.team: str | None = None
        self._holder: Agent | None = None
        self.hand: Agent | None = None  #: who looked at it last, though it is nobody's
        self.wakes: datetime | None = None  #: when it comes back, or came back, from its last snooze
        self.last_mail: str | None = None  #: Message-ID of what was said last in public
        self._colleague: Agent | None = None
        self.order: ShopOrder | None = None  #: what it is about, in the shop's books
        self.visit = Visit(f"{self.rng.getrandbits(128):032x}")  #: the browser they chat in
        self._facts, self.purchase = facts.made_up(
            world.staff.cast, story, self.person, self.other, start, world.order_numbers, self.rng
        )
        self._phrases = facts.phrases(self.person, self.rng)

    @property
    def holder(self) -> Agent | None:
        """Who has the ticket."""
        return None if self.world.staff.has_left(self._holder) else self._holder

    @holder.setter
    def holder(self, agent: Agent | None) -> None:
        self._holder = agent

    @property
    def by_customer(self) -> Actor:
        """The customer as the one who acts."""
        return Actor("customer", self.customer.id, self.customer.display_name)

    @property
    def lead(self) -> Agent:
        """Who leads the ticket's team."""
        return self.world.staff.lead_of(self.team)

    def by(self, agent: Agent) -> Actor:
        """An agent as the one who acts."""
        return self.world.staff.by(agent)

    def agent(self, at: datetime) -> Agent:
        """Whoever has the ticket, else who looked at it last, else one of its team who is in."""
        if self.holder is not None:
            return self.holder
        staff = self.world.staff
        hands = staff.hands(self.team, self.story.language)
        if self.hand is None or self.hand not in hands or not staff.rota.is_in(self.hand, at):
            self.hand = staff.rota.who_is_in(hands, at, self.rng)
        return self.hand

    def colleague(self, at: datetime) -> Agent:
        """Another one, always the same."""
        if self._colleague is None or self.world.staff.has_left(self._colleague):
            mine = self.holder or self.hand
            self._colleague = self.world.staff.another(mine, self.team, self.story.language, at, self.rng)
        return self._colleague

    def words(self, variants: Sequence[Variant], who: Agent, at: datetime) -> str:
        """One of the wordings that suit the story's version, filled in: said by this agent, or to them."""
        template, colleague = self.rng.choice(fitting(variants, self.version)).text, who
        if "colleague" in placeholders(template):
            colleague = self.agent(at) if who is self._colleague else self.colleague(at)
        return facts.spoken(template, self._facts, self._phrases, who, colleague, self.lead)

    def mail_id(self, address: str) -> str:
        """A Message-ID of its own, from the host of this address."""
        return f"{self.rng.getrandbits(80):020x}@{address.rsplit('@', 1)[-1]}"

    def meet(self, person: Person, by: Actor | None = None) -> Customer:
        """The customer who this person is; met if not known yet, or added by whoever acts."""
        known = self.world.customers.get(person.email)
        if known is not None:
            return known
        account, language = self.world.staff.account, person.language.code
        email = None if self.story.channel in WITHOUT_MAILBOX else person.email
        if by is None:
            customer = customers.meet(account, name=person.name, email=email, language=language)
        else:
            customer = customers.create(account, name=person.name, email=email, by=by, language=language)
        self.world.customers[person.email] = customer
        return customer

    def _writer(self) -> Person:
        crowd, language = self.world.crowd, self.story.language
        if self.story.senders:
            return crowd.sender(self.rng.choice(fitting(self.story.senders, self.version)), language, self.rng)
        # Nobody else's ticket waits for somebody who is about to be forgotten.
        if self.story.channel in WITHOUT_MAILBOX or self.story.has(Kind.FORGET):
            return crowd.stranger(language, self.rng)
        return crowd.somebody(language, self.rng)
