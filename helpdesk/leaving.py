"""How something that tickets point to leaves the desk: at once, or in the background where the tickets are very many.

The tickets come first, each with events of its own, and the deletion last, all in one chain. The object's row is held
meanwhile: the database lets nobody point another ticket to it, so that none is left when it goes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import Session

from audit.action import current
from audit.actors import Actor
from audit.ledger import record
from helpdesk import jobs
from helpdesk.events import CASCADE_STARTED
from helpdesk.models import Account, Customer, Job, Tag, Team, Ticket, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of

#: With more tickets than these it is a job.
MANY: Final = 500
#: How many tickets one transaction of the job changes: nobody else on the account has to wait for long.
BATCH: Final = 100
JOB: Final = "cascade"

Leaver = User | Team | Tag | Customer

#: What a person calls it.
# Asked before a ticket is given to anybody: written once, for making a statement takes longer than answering it.
_UNDER_WAY: Final = select(Job.params).where(
    Job.account_id == bindparam("account"), Job.type == JOB, Job.status.in_(jobs.UNDER_WAY)
)

NOUNS: Final[dict[type[Leaver], str]] = {User: "team member", Team: "team", Tag: "tag", Customer: "customer"}


@dataclass(frozen=True)
class Going:
    """Something that leaves, and where what it had passes to."""

    leaver: Any
    into: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)


class Begin(Protocol):
    """What can't wait for the tickets."""

    def __call__(self, going: Going, *, by: Actor) -> None: ...


class LetGo(Protocol):
    """Takes it off these tickets."""

    def __call__(self, going: Going, tickets: Sequence[Ticket], *, by: Actor) -> None: ...


class End(Protocol):
    """The rest: what goes along by the system, and the deletion itself by who asked for it."""

    def __call__(self, going: Going, *, system: Actor, by: Actor) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way of leaving: which tickets it touches and how, and what happens in the end."""

    name: str
    doing: str  #: what a person reads while it goes on: "Deleting"
    model: type[Leaver]
    by: Actor  #: what acts on the tickets
    tickets: Callable[[Any], ColumnElement[bool]]  #: which tickets point to it
    let_go: LetGo
    end: End
    begin: Begin | None = None


def leave(way: Way, going: Going, *, by: Actor) -> Job | None:
    """Let it leave in the running action; with very many tickets, begin with it and answer the job that goes on."""
    session = session_of(going.leaver)
    for each in _in_order(going):
        _hold(session, each)
        if _key(each) in _involved(session, each.account_id):
            raise Refused(f"{_called(each)} is being deleted or merged already. Wait until that is done.")
    count = count_tickets(session, way.tickets(going.leaver))
    if count > MANY:
        return _queue(session, way, going, count, by=by)
    if way.begin is not None:
        way.begin(going, by=way.by)
    way.let_go(going, _pointing(session, way, going, None) if count else [], by=way.by)
    way.end(going, system=way.by, by=by)
    return None


def go_on(session: Session, job: Job, ways: Mapping[str, Way]) -> bool:
    """The next bit of the job: some tickets, or, once there are no more, the deletion itself."""
    with jobs.working(session, job) as held:
        way = ways[held.params["way"]]
        numbers = sorted(filter(None, (held.params["id"], held.params["into"])))  # as in `_in_order`
        found = {
            number: session.get_one(way.model, number, with_for_update=True, populate_existing=True)
            for number in numbers
        }
        going = Going(found[held.params["id"]], found.get(held.params["into"]), held.params["values"])
        batch = _pointing(session, way, going, BATCH)
        way.let_go(going, batch, by=way.by)
        jobs.advance(held, len(batch))
        if len(batch) == BATCH:
            return True
        way.end(going, system=way.by, by=jobs.actor(held))
        jobs.finish(held)
        return False


def refuse_new(leaver: Leaver) -> None:
    """Refuse what would point another ticket to something that is leaving."""
    if is_leaving(leaver):
        them = "them" if _is_somebody(leaver) else "it"
        raise Refused(f"{_called(leaver)} is just being deleted or merged, so nothing can be given to {them} any more.")


def is_leaving(leaver: Leaver) -> bool:
    """Whether a job is about to delete it; asked once a transaction, for it hardly ever is."""
    session = session_of(leaver)
    memo = current(session).memo
    if "leaving" not in memo:
        memo["leaving"] = {(way_model, number) for way_model, number, _ in _under_way(session, leaver.account_id)}
    return _key(leaver) in memo["leaving"]


def count_tickets(session: Session, condition: ColumnElement[bool]) -> int:
    """How many tickets these are."""
    return session.scalar(select(func.count()).select_from(Ticket).where(condition)) or 0


def _queue(session: Session, way: Way, going: Going, count: int, *, by: Actor) -> Job:
    leaver, into = going.leaver, going.into
    kind, label = type(leaver).__name__, leaver.audit_label()
    data = {"object_type": kind, "object_id": leaver.id, "object_label": label, "tickets": count}
    title = f"{way.doing} the {NOUNS[way.model]} {label}"
    if into is not None:
        data["into_id"] = into.id
        title = f"{title} into {into.audit_label()}"
    record(CASCADE_STARTED, session.get_one(Account, leaver.account_id), by=by, data=data)
    if way.begin is not None:
        way.begin(going, by=way.by)
    params = {
        "title": title,
        "way": way.name,
        "model": kind,
        "id": leaver.id,
        "into": into.id if into is not None else None,
        "values": dict(going.values),
    }
    job = jobs.queue(session, leaver.account_id, JOB, params, by=by, total=count)
    current(session).memo.pop("leaving", None)
    return job


def _pointing(session: Session, way: Way, going: Going, limit: int | None) -> list[Ticket]:
    statement = select(Ticket).where(way.tickets(going.leaver)).order_by(Ticket.id).limit(limit).with_for_update()
    return list(session.scalars(statement.execution_options(populate_existing=True)))


def _hold(session: Session, each: Leaver) -> None:
    # Whoever is just pointing a ticket to it is waited for; whoever comes later waits for us, and finds it gone.
    model = type(each)
    if session.scalar(select(model.id).where(model.id == each.id).with_for_update()) is None:
        raise Refused("It was deleted by somebody else in the meantime.")


def _in_order(going: Going) -> list[Leaver]:
    # By number, so that two merges the other way round don't wait for one another.
    return sorted((each for each in (going.leaver, going.into) if each is not None), key=lambda each: each.id)


def _involved(session: Session, account_id: int) -> set[tuple[str, int]]:
    found = set()
    for model, number, into in _under_way(session, account_id):
        found |= {(model, number), (model, into)}
    return found


def _under_way(session: Session, account_id: int) -> list[tuple[str, int, int]]:
    found = session.scalars(_UNDER_WAY, {"account": account_id})
    return [(params["model"], params["id"], params["into"] or 0) for params in found]


def _key(each: Leaver) -> tuple[str, int]:
    return type(each).__name__, each.id


def _called(each: Leaver) -> str:
    name = each.audit_label()
    return f"The {NOUNS[type(each)]} {name if _is_somebody(each) else repr(name)}"


def _is_somebody(each: Leaver) -> bool:
    return isinstance(each, User | Customer)
