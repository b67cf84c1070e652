"""The laws of the log hold whatever is done: random verbs by random people on random tickets, with a moving clock."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import count, groupby
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import Engine, func, select
from sqlalchemy.engine import Row

from audit.actors import Actor
from audit.columns import audited_models, logged_columns
from audit.ledger import WrongActor
from audit.log import event_table
from audit.texts import digest_key, encode
from audit.types import Nature, registry
from helpdesk import channels, customers, merging, messages, people, surveys, tags, teams, tickets
from helpdesk import settings as account_settings
from helpdesk.drafts import Draft, File
from helpdesk.models import Customer, CustomerChannel, Role, Tag, Team, Ticket, User
from helpdesk.refusals import Refused
from helpdesk.ways import WAYS
from tests.desks import Desk, open_desk, open_session

#: Per row ("Ticket:4213") and column, the value as the log would hold it.
Snapshot = dict[tuple[str, str], Any]

#: What a verb is given: the desk, the ticket, who acts, and a number to choose by.
Verb = Callable[[Desk, Ticket, Actor, int], object]

WORDS = ("refund", "VIP", "late parcel", "ümlaut", "x" * 256)
PRIORITIES = (*tickets.PRIORITIES, "odd")
TEXTS = ("Short.", "Where is it? " * 500, "ünïcödé 🎁", "\n\n tidy me \t")


def _from_ana(desk: Desk, n: int, **more: Any) -> Draft:
    files = (File("a.txt", "text/plain", b"a" * n),) if n % 3 == 0 else ()
    return Draft(sender=desk.ana, body_text=TEXTS[n % 4], files=files, **more)


def _some(n: int) -> list[str]:
    return [word for position, word in enumerate(WORDS) if n >> position & 1]


def _message(ticket: Ticket, n: int) -> Any:
    if not ticket.messages:
        raise Refused("There is no message.")
    return ticket.messages[n % len(ticket.messages)]


def _other(desk: Desk, model: type[Any], n: int) -> Any:
    rows = desk.session.scalars(select(model).order_by(model.id)).all()
    return rows[n % len(rows)]


def _leaver(desk: Desk, model: type[Any], n: int, staying: tuple[int, ...] = ()) -> Any:
    """Somebody or something that may go; the desk's own people, team and customer are needed."""
    rows = desk.session.scalars(select(model).where(model.id.not_in(staying)).order_by(model.id)).all()
    if not rows:
        raise Refused("There is none.")
    return rows[n % len(rows)]


def _agent(desk: Desk, n: int) -> User:
    agent: User = _leaver(desk, User, n, (desk.owner_id, desk.admin_id, desk.ana_id, desk.ben_id))
    return agent


def _hire(desk: Desk, by: Actor, n: int) -> None:
    email = f"agent{n}@{desk.account.domain}.example"
    agent = people.create(desk.account, email=email, name=f"Agent {n}", role=Role.BASIC, by=by)
    teams.create(desk.account, f"Team of agent {n}", members=[agent, desk.ana], by=by)


def _unite(desk: Desk, by: Actor, n: int) -> None:
    source, into = _leaver(desk, Customer, n, (desk.carol_id,)), _other(desk, Customer, n // 2)
    customers.merge(source, into, values={"name": "Both"} if n % 2 else {}, by=by)


def _merge(desk: Desk, ticket: Ticket, by: Actor, n: int) -> None:
    source, ana = _other(desk, Ticket, n), desk.ana if n % 2 else None
    merging.merge(source, ticket, subject=source.subject, customer=desk.carol, assignee=ana, by=by)


VERBS: dict[str, Verb] = {
    "close": lambda desk, ticket, by, n: tickets.close(ticket, by=by),
    "reopen": lambda desk, ticket, by, n: tickets.reopen(ticket, by=by),
    "snooze": lambda desk, ticket, by, n: tickets.snooze(ticket, desk.now() + timedelta(hours=n - 3), by=by),
    "assign": lambda desk, ticket, by, n: tickets.assign(ticket, _other(desk, User, n), by=by),
    "unassign": lambda desk, ticket, by, n: tickets.unassign(ticket, by=by),
    "assign team": lambda desk, ticket, by, n: tickets.assign_team(ticket, _other(desk, Team, n), by=by),
    "unassign team": lambda desk, ticket, by, n: tickets.unassign_team(ticket, by=by),
    "set subject": lambda desk, ticket, by, n: tickets.set_subject(ticket, (None, *WORDS)[n % 6], by=by),
    "set a subject too long": lambda desk, ticket, by, n: tickets.set_subject(ticket, "x" * (990 + n), by=by),
    "swap customer": lambda desk, ticket, by, n: tickets.swap_customer(ticket, _other(desk, Customer, n), by=by),
    "set priority": lambda desk, ticket, by, n: tickets.set_priority(
        ticket, (*tickets.PRIORITIES, "odd")[n % 5], by=by
    ),
    "set language": lambda desk, ticket, by, n: tickets.set_language(ticket, (None, "de", "en")[n % 3], by=by),
    "put tags on": lambda desk, ticket, by, n: tags.put_on(ticket, _some(n), by=by),
    "take tags off": lambda desk, ticket, by, n: tags.take_off(ticket, _some(n), by=by),
    "set tags": lambda desk, ticket, by, n: tags.set_on(ticket, _some(n), by=by),
    "mark spam": lambda desk, ticket, by, n: tickets.mark_spam(ticket, by=by),
    "unmark spam": lambda desk, ticket, by, n: tickets.unmark_spam(ticket, by=by),
    "trash": lambda desk, ticket, by, n: tickets.trash(ticket, by=by),
    "untrash": lambda desk, ticket, by, n: tickets.untrash(ticket, by=by),
    "delete": lambda desk, ticket, by, n: tickets.delete(ticket, by=by),
    "erase": lambda desk, ticket, by, n: tickets.erase(ticket, by=by),
    "merge": _merge,
    "reply": lambda desk, ticket, by, n: messages.reply(ticket, _from_ana(desk, n), by=by),
    "note": lambda desk, ticket, by, n: messages.note(ticket, _from_ana(desk, n, public=False), by=by),
    "receive": lambda desk, ticket, by, n: messages.receive(
        ticket, Draft(sender=desk.carol, body_text=TEXTS[n % 4]), by=by
    ),
    "correct a message": lambda desk, ticket, by, n: messages.update(_message(ticket, n), TEXTS[(n + 1) % 4], by=by),
    "delete a message": lambda desk, ticket, by, n: messages.delete(_message(ticket, n), by=by),
    "hire": lambda desk, ticket, by, n: _hire(desk, by, n),
    "delete an agent": lambda desk, ticket, by, n: people.delete(_agent(desk, n), by=by),
    "delete a team": lambda desk, ticket, by, n: teams.delete(_leaver(desk, Team, n, (desk.team_id,)), by=by),
    "delete a tag": lambda desk, ticket, by, n: tags.delete(_leaver(desk, Tag, n), by=by),
    "merge tags": lambda desk, ticket, by, n: tags.merge(_leaver(desk, Tag, n), _leaver(desk, Tag, n // 2), by=by),
    "add a customer": lambda desk, ticket, by, n: customers.create(
        desk.account, name=WORDS[n % 5], email=f"customer{n}@mail.example" if n % 3 else None, by=by
    ),
    "edit a customer": lambda desk, ticket, by, n: customers.update(
        _other(desk, Customer, n), {("name", "note", "language")[n % 3]: (None, "de", "en")[n // 3 % 3]}, by=by
    ),
    "give a customer an address": lambda desk, ticket, by, n: channels.add(
        _other(desk, Customer, n), "phone", f"1234{n}", by=by
    ),
    "take a customer's address": lambda desk, ticket, by, n: channels.remove(_leaver(desk, CustomerChannel, n), by=by),
    "edit a tag": lambda desk, ticket, by, n: tags.update(
        _leaver(desk, Tag, n), name=f"word {n % 3}", color=None, description=(None, "x")[n % 2], by=by
    ),
    "delete a customer": lambda desk, ticket, by, n: customers.delete(
        _leaver(desk, Customer, n, (desk.carol_id,)), by=by
    ),
    "merge customers": lambda desk, ticket, by, n: _unite(desk, by, n),
    "sum up": lambda desk, ticket, by, n: messages.summarise(ticket, TEXTS[n % 4], by=by),
}

ACTORS: dict[str, Callable[[Desk], Actor]] = {
    "Ana": lambda desk: desk.by_ana,
    "Ben": lambda desk: desk.by_ben,
    "Carol": lambda desk: desk.by_carol,
    "a macro": lambda desk: Actor("macro", 7, "Bye", version=3, initiator_id=desk.ana_id),
    "a rule": lambda desk: Actor("rule", 9, "Night shift", version=1),
    "the desk": lambda desk: Actor.system("auto-merge"),
}

who = st.sampled_from([*["Ana"] * 8, *["Ben"] * 4, *ACTORS])
step = st.tuples(st.sampled_from(sorted(VERBS)), st.integers(0, 30), st.integers(0, 31), who)

_accounts = count()


class Interrupted(Exception):
    """The power fails in the middle of an action."""


class AnyDay(RuleBasedStateMachine):
    """A desk on which anything may happen; after each step the laws are checked."""

    engine: Engine

    @initialize()
    def open(self) -> None:
        """Open the desk."""
        self.session = open_session(self.engine)
        self.desk = open_desk(self.session, f"desk{next(_accounts)}")
        with self.desk.acting():
            customers.create(self.desk.account, name="Dora", email="dora@mail.example", by=self.desk.by_ana)
            asking = {"enabled": True, "delay_hours": 4}
            account_settings.change(self.desk.account, "satisfaction-surveys", asking, by=self.desk.by_admin)
        for subject in ("Where is my order?", "It came broken"):
            self.desk.a_ticket(subject)
        self.events: list[Row[Any]] = []
        self.rows: Snapshot = {}
        self.look()

    @rule(n=st.integers(0, 31), actor=who, status=st.sampled_from(["open", "closed"]))
    def create(self, n: int, actor: str, status: str) -> None:
        """A ticket is opened, with or without messages, people and tags."""

        def do(by: Actor) -> None:
            desk = self.desk
            opening = tickets.Opening(
                customer=desk.carol,
                subject=WORDS[n % 5],
                status=status,
                messages=tuple(_from_ana(desk, n) for _ in range(n % 3)),
                assignee=desk.ben if n & 1 else None,
                team=desk.team if n & 2 else None,
                tags=tuple(_some(n)) if n & 4 else (),
            )
            tickets.create(desk.account, opening, by=by)

        self.act([(do, actor)])

    @rule(steps=st.lists(step, min_size=1, max_size=4), swallows=st.booleans())
    def work(self, steps: list[tuple[str, int, int, str]], swallows: bool) -> None:
        """One action of one verb or several, on one ticket or several; a refusal may end it or be passed over."""
        self.act([(self.verb(name, ticket, n), actor) for name, ticket, n, actor in steps], swallows)

    @rule(steps=st.lists(step, min_size=1, max_size=3))
    def fail(self, steps: list[tuple[str, int, int, str]]) -> None:
        """An action that never comes to its end."""

        def interrupt(_by: Actor) -> None:
            raise Interrupted

        self.act([*((self.verb(name, ticket, n), actor) for name, ticket, n, actor in steps), (interrupt, "Ana")])

    @rule(hours=st.sampled_from([1, 2, 5, 24, 24 * 31]))
    def wait(self, hours: int) -> None:
        """Time passes, and what falls due is played by whoever acts next."""
        self.desk.move_clock(timedelta(hours=hours))
        self.act([])

    @rule(what=st.sampled_from(["snooze", "trash"]), ticket=st.integers(0, 30), days=st.sampled_from([1, 31]))
    def put_away(self, what: str, ticket: int, days: int) -> None:
        """A ticket is put away, and the timers find it."""
        self.act([(self.verb(what, ticket, 5 + ticket), "Ana")])
        self.wait(24 * days)

    def verb(self, name: str, ticket: int, n: int) -> Callable[[Actor], None]:
        """A verb on some ticket."""

        def do(by: Actor) -> None:
            numbers = self.session.scalars(select(Ticket.id).order_by(Ticket.id)).all()
            if numbers:
                VERBS[name](self.desk, self.desk.ticket(numbers[ticket % len(numbers)]), by, n)

        return do

    def act(self, steps: list[tuple[Callable[[Actor], None], str]], swallows: bool = False) -> None:
        """Do these things in one action, and check the laws."""
        finished, chain = False, None
        with suppress(Refused, WrongActor, Interrupted), self.desk.acting("api") as action:
            chain = action.context
            for do, actor in steps:
                with suppress(*((Refused,) if swallows else ())):
                    do(ACTORS[actor](self.desk))
            finished = True
        before_events, before_rows = self.events, self.rows
        self.look()
        fresh = self.events[len(before_events) :]
        assert self.events[: len(before_events)] == before_events, "what was written stays as it was"
        own = [event for event in fresh if event.context == chain]
        assert finished or not own, "what is refused or interrupted leaves nothing"
        who = [surveys.SURVEYS, *(way.by for way in WAYS.values()), *(ACTORS[actor](self.desk) for _, actor in steps)]
        allowed = {(by.kind, by.id, by.name, by.user_id) for by in who}
        for event in own:
            assert (event.actor_kind, event.actor_id, event.actor_name, event.user_id) in allowed, event
        for event in fresh:
            if event.context != chain:
                assert (event.actor_kind, event.source) == ("schedule", "automation"), event
        check_the_laws(fresh, before_events[-1] if before_events else None)
        assert net(fresh) == difference(before_rows, self.rows), "no change without an event, none without a change"

    def look(self) -> None:
        """Read the log and all rows, with plain statements."""
        self.events = self.desk.events_after()
        self.rows = snapshot(self.desk)

    def teardown(self) -> None:
        """The log alone rebuilds the desk."""
        if hasattr(self, "desk"):
            report = self.desk.replay()
            self.session.close()
            assert report.agrees, report.differences


def rule_for(verb: str) -> Callable[..., None]:
    """A rule of its own for each verb: else some would hardly ever come up."""

    @rule(ticket=st.integers(0, 30), n=st.integers(0, 31), actor=who)
    def one(self: AnyDay, ticket: int, n: int, actor: str) -> None:
        self.act([(self.verb(verb, ticket, n), actor)])

    return one


for verb in VERBS:
    setattr(AnyDay, f"just_{verb.replace(' ', '_')}", rule_for(verb))


def snapshot(desk: Desk) -> Snapshot:
    """All logged values of all rows of the account."""
    found: Snapshot = {}
    key = digest_key(desk.session.connection())
    for model in audited_models():
        table, kinds = model.__table__, logged_columns(model)
        account = model.__mapper__.columns[model.__account_key__]
        for row in desk.session.execute(select(table).where(account == desk.account_id)):
            name = f"{model.__name__}:{row.id}"
            found[name, "id"] = row.id
            for column, kind in kinds.items():
                if (value := row._mapping[column]) is not None:
                    found[name, column] = encode(key, kind, value, {})
    desk.session.rollback()
    return found


def difference(before: Snapshot, after: Snapshot) -> dict[tuple[str, str], list[Any]]:
    """Which values of which rows are others now."""
    return {
        place: [before.get(place), after.get(place)]
        for place in before.keys() | after.keys()
        if before.get(place) != after.get(place)
    }


def net(events: list[Row[Any]]) -> dict[tuple[str, str], list[Any]]:
    """What the events say has changed, all in all; each begins where the one before ended."""
    found: dict[tuple[str, str], list[Any]] = {}
    for event in events:
        for name, columns in (event.changes or {}).items():
            for column, (before, after) in columns.items():
                pair = found.setdefault((name, column), [before, before])
                assert pair[1] == before, f"{event.type}: {name} {column} was {pair[1]!r}, the event says {before!r}"
                pair[1] = after
    return {place: pair for place, pair in found.items() if pair[0] != pair[1]}


def check_the_laws(events: list[Row[Any]], last: Row[Any] | None) -> None:
    """The laws of EVENTS.md, section 2, for the events of a step."""
    for event in events:
        assert last is None or (event.id > last.id and event.created_datetime >= last.created_datetime)
        last = event
        assert (event.user_id is not None) == (event.actor_kind == "user")
        assert event.actor_kind in registry[event.type].actors
        if registry[event.type].nature in (Nature.GATHERING, Nature.SUMMARY):
            assert event.changes
    for _, action in groupby(events, key=lambda event: event.context):
        check_one_action(list(action))
    contexts = [context for context, _ in groupby(events, key=lambda event: event.context)]
    assert len(contexts) == len(set(contexts)), "the events of one action stand together"


def check_one_action(events: list[Row[Any]]) -> None:
    """Law 5: created, message created, one update, then the rest; none for what is gone."""
    assert len({(event.created_datetime, event.source, event.account_id) for event in events}) == 1
    deleted = {event.object_id for event in events if event.type == "ticket-deleted"}
    for place, event in enumerate(events):
        if registry[event.type].is_general:
            since = [each for each in events[:place] if identity(each) == identity(event)]
            between = events[events.index(since[-1]) + 1 : place] if since else []
            told = columns_of(event)
            undone = since and told == columns_of(since[-1])  # there and back, step by step
            assert not since or undone or any(told & columns_of(each) for each in between), "one edit, one event"
    for number, of_ticket in by_ticket(events):
        ranks = [registry[event.type].rank for event in of_ticket]
        assert ranks == sorted(ranks), [event.type for event in of_ticket]
        updates = sum(event.type == "ticket-updated" for event in of_ticket)
        assert updates == (0 if number in deleted else 1), [event.type for event in of_ticket]
        for kind in ("ticket-tags-added", "ticket-tags-removed"):
            actors = [(event.actor_kind, event.actor_id) for event in of_ticket if event.type == kind]
            assert len(actors) == len(set(actors)), "one event for all tags of one actor"


def identity(event: Row[Any]) -> tuple[Any, ...]:
    """What it tells of whom, and who did it."""
    return (event.type, event.object_id, event.actor_kind, event.actor_id, event.actor_name)


def columns_of(event: Row[Any]) -> set[tuple[str, str]]:
    """Which values of which rows it tells of."""
    return {(name, column) for name, columns in (event.changes or {}).items() for column in columns}


def by_ticket(events: list[Row[Any]]) -> Iterator[tuple[int, list[Row[Any]]]]:
    """The events of each ticket, its messages' included, in order."""
    found: dict[int, list[Row[Any]]] = {}
    owner: dict[int, int] = {}
    for event in events:
        for name, columns in (event.changes or {}).items():
            if name.startswith("TicketMessage:") and "ticket_id" in columns:
                before, after = columns["ticket_id"]
                owner.setdefault(int(name.split(":")[1]), after if before is None else before)
    for event in events:
        if event.object_type == "Ticket":
            found.setdefault(event.object_id, []).append(event)
        elif event.object_type == "TicketMessage" and event.object_id in owner:
            found.setdefault(owner[event.object_id], []).append(event)
    yield from found.items()


def play(engine: Engine, chosen: settings) -> None:
    """Let many days pass on this database, each on an account of its own."""
    run_state_machine_as_test(type("AnyDayHere", (AnyDay,), {"engine": engine}), settings=chosen)


IN_THE_GATE = settings(
    max_examples=12,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


def test_the_laws_hold_on_any_day(engine: Engine) -> None:
    play(engine, IN_THE_GATE)


@pytest.mark.long
def test_the_laws_hold_on_very_many_days(engine: Engine) -> None:
    play(engine, settings(IN_THE_GATE, max_examples=120, stateful_step_count=60, derandomize=False))


def test_the_number_of_events_never_shrinks(desk: Desk) -> None:
    counts: list[int] = []
    for _ in range(3):
        number = desk.a_ticket().id
        with desk.acting("api"):
            tickets.erase(desk.ticket(number), by=desk.by_ana)
        counts.append(desk.session.execute(select(func.count()).select_from(event_table)).scalar_one())
        desk.session.rollback()
    assert counts == sorted(set(counts))
