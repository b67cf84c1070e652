"""The ledger: verbs say what they did, the session witnessed what changed, and nothing commits until both agree."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction, object_session
from sqlalchemy.orm.attributes import instance_state

from audit import watching, witness, writing
from audit.action import current, forget_what_was_read
from audit.actors import Actor
from audit.base import Base
from audit.book import Entry, Ledger, ledger_of
from audit.notes import Changes, RowKey
from audit.types import EventType, Nature, registry


class LedgerError(Exception):
    """A verb and what it did don't agree; nothing is committed."""


class WrongEvent(LedgerError):
    """An event was recorded that nothing in the session supports."""


class WrongActor(LedgerError):
    """An event was recorded for somebody who can't cause it."""


class UnrecordedChange(LedgerError):
    """Something changed that no event claims."""


def record(
    type_: EventType, target: Base, *, by: Actor, data: dict[str, Any] | None = None, along: Sequence[Base] = ()
) -> None:
    """Say that this event happened to `target`, by whom; the ledger reads from the session what changed.

    `along` are rows that are no part of the target, and yet went along with it: a survey that waited for its ticket.
    Raises WrongEvent if the session holds no change that the event could be about, WrongActor if `by` can't cause it.
    """
    session = object_session(target)
    if session is None:
        raise WrongEvent(f"{type_}: its object is in no session")
    current(session)
    if by.kind not in type_.actors:
        raise WrongActor(f"{type_} can't be caused by a {by.kind} ({by.name})")
    saying = _Saying(type_, target, by, data, along, target.audit_label())
    waiting: list[_Saying] | None = session.info.get("together")
    if waiting is not None:
        waiting.append(saying)
        return
    _prepare(session, saying)
    session.flush()
    _say(session, saying)


@contextmanager
def together(session: Session) -> Iterator[Sequence[object]]:
    """Do one verb to many objects: all are changed first and flushed at once, and then told one after the other.

    Told singly, each costs a flush of its own. It is for one verb per object that looks at no other object's change:
    of two on the same object, the first would be told with what the second did. What it yields grows with each event.
    """
    waiting: list[_Saying] = []
    session.info["together"] = waiting
    try:
        yield waiting
    finally:
        del session.info["together"]
    for saying in waiting:
        _prepare(session, saying)
    session.flush()
    for saying in waiting:
        _say(session, saying)


@dataclass(frozen=True)
class _Saying:
    """What a verb recorded."""

    type: EventType
    target: Base
    by: Actor
    data: dict[str, Any] | None
    along: Sequence[Base]
    label: str  #: from before the flush: a deleted row can't be asked any more


def _prepare(session: Session, saying: _Saying) -> None:
    if saying.type.nature not in (Nature.GATHERING, Nature.SUMMARY) and not saying.type.silences_own:
        _touch_at_once(session, ledger_of(session), saying.target)


def _say(session: Session, saying: _Saying) -> None:
    ledger, type_, target, by, data = ledger_of(session), saying.type, saying.target, saying.by, saying.data
    label, key = saying.label, witness.key_of(target)
    if type_.nature is Nature.GATHERING:
        _gather(session, ledger, type_, target, key, by, label)
        return
    entry = ledger.summaries.get(key) if type_.nature is Nature.SUMMARY else None
    entry = entry or _enter(session, ledger, type_, target, key, by, data, label)
    _claim(ledger, entry)
    for row in saying.along:
        _take_along(ledger, entry, witness.key_of(row))
    if not entry.changes and type_.nature in (Nature.STATE, Nature.SUMMARY) and not type_.beside:
        ledger.entries.remove(entry)  # or whoever caught the exception would commit it
        raise WrongEvent(f"{type_} on {key[0]} {key[1]}: nothing that it may claim has changed")
    if type_.nature is Nature.SUMMARY:
        ledger.summaries[key] = entry
    if type_.is_general:
        _unite(ledger, entry)


def seal(session: Session, *, ends: bool = False) -> list[int]:
    """End the action: check that every change is claimed, and write its events. Returns their ids, in order.

    Who commits right afterwards says that the transaction `ends`; see `audit.writing`.
    Raises UnrecordedChange, naming row and columns, or WrongEvent for a companion without its event.
    """
    session.flush()
    ledger: Ledger | None = session.info.get("ledger")
    if ledger is None or (not ledger.entries and not ledger.notes):
        session.info.pop("ledger", None)
        return []
    _finish_gathering(ledger)
    _check_companions(ledger)
    _summarise(session, ledger)
    session.flush()
    for entry in ledger.entries:
        if entry.type.nature is Nature.SUMMARY:
            _claim(ledger, entry)
    if ledger.notes:
        raise UnrecordedChange(f"changed, and no event says so: {ledger.notes.describe()}")
    ledger.entries.sort(
        key=lambda entry: (
            ledger.positions[entry.root],
            entry.type.rank,
            entry.position,
        )
    )
    watching.keep(session, current(session).account_id, ledger.entries)
    ids = writing.write(session, ledger, ends=ends)
    session.info.setdefault("sealed", []).extend(zip(ids, (entry.type.name for entry in ledger.entries), strict=True))
    session.info.pop("ledger", None)
    return ids


def sealed_since(session: Session) -> list[tuple[int, str]]:
    """Ids and types of the events written since the last call, for whoever wants to tell the person at the screen."""
    found: list[tuple[int, str]] = session.info.pop("sealed", [])
    return found


def touch(target: Base) -> None:
    """Make the summary's own mark on its object now: what is set afterwards in this action stays as it is set."""
    session = object_session(target)
    if session is not None:
        root, owner = witness.root_of(session, target)
        _touch(session, ledger_of(session), root, owner or target)


def _touch_at_once(session: Session, ledger: Ledger, target: Base) -> None:
    # Else the summary's mark would cost an UPDATE of its own at the end. What may yet come to nothing waits till then.
    root, owner = witness.root_of(session, target)
    if root in ledger.touched or owner is None or owner in session.deleted:
        return
    if instance_state(owner).persistent:
        _touch(session, ledger, root, owner)


def _touch(session: Session, ledger: Ledger, root: RowKey, target: Base) -> None:
    type_ = registry.summary_of(root[0])
    if type_ is not None and type_.touch is not None and root not in ledger.touched:
        type_.touch(target, current(session).at)
        ledger.touched.add(root)


def _enter(
    session: Session,
    ledger: Ledger,
    type_: EventType,
    target: Base,
    key: RowKey,
    by: Actor,
    data: dict[str, Any] | None,
    label: str,
) -> Entry:
    root, root_object = witness.root_of(session, target)
    ledger.positions.setdefault(root, len(ledger.positions))
    if root_object is not None:
        ledger.objects.setdefault(root, root_object)
    entry = Entry(type_, key, root, label, by, data, len(ledger.entries))
    ledger.entries.append(entry)
    return entry


def _gather(
    session: Session,
    ledger: Ledger,
    type_: EventType,
    target: Base,
    key: RowKey,
    by: Actor,
    label: str,
) -> None:
    if not ledger.notes.about(type_.claims, key, type_.side):
        raise WrongEvent(f"{type_} on {key[0]} {key[1]}: nothing that it may claim has changed")
    entry = ledger.gathering.get((type_.name, key, by))
    entry = entry or _enter(session, ledger, type_, target, key, by, None, label)
    ledger.gathering[type_.name, key, by] = entry
    _claim(ledger, entry)


def _unite(ledger: Ledger, entry: Entry) -> None:
    """Let an edit be told with the one before it on the same object, unless something in between stands in its way."""
    name = entry.type.name, entry.key, entry.actor
    first = ledger.general.get(name)
    ledger.general[name] = entry
    if first is None or first.data != entry.data:
        return
    place = next(place for place, each in enumerate(ledger.entries) if each is first)
    if any(_meet(each.changes, entry.changes) for each in ledger.entries[place + 1 :] if each is not entry):
        return  # they tell of the same columns, step by step
    united = _united(first.changes, entry.changes)
    if united:  # there and back is two steps, and no edit at all
        first.changes, first.label = united, entry.label
        ledger.entries.remove(entry)
        ledger.general[name] = first


def _meet(some: Changes, others: Changes) -> bool:
    return any(not columns.keys().isdisjoint(others[row]) for row, columns in some.items() if row in others)


def _united(first: Changes, second: Changes) -> Changes:
    united = {row: {column: list(pair) for column, pair in columns.items()} for row, columns in first.items()}
    for row, columns in second.items():
        told = united.setdefault(row, {})
        for column, (before, after) in columns.items():
            told[column] = [told[column][0] if column in told else before, after]
            if told[column][0] == after and type(told[column][0]) is type(after):
                del told[column]
        if not told:
            del united[row]
    return united


def _finish_gathering(ledger: Ledger) -> None:
    entries = ledger.gathering.values()
    born = {row: entry for entry in entries if entry.type.side == "birth" for row in entry.changes}
    for entry in [entry for entry in entries if entry.type.side == "death"]:
        for row in [row for row in entry.changes if row in born]:
            if _undoes(entry.changes[row], born[row].changes[row]):  # put on and taken off again in the same action
                del entry.changes[row], born[row].changes[row]
    for entry in entries:
        if not entry.changes:
            ledger.entries.remove(entry)
        elif entry.type.gathered is not None:
            entry.data = entry.type.gathered(entry.changes)


def _undoes(death: dict[str, list[Any]], birth: dict[str, list[Any]]) -> bool:
    return {name: pair[0] for name, pair in death.items()} == {name: pair[1] for name, pair in birth.items()}


def _claim(ledger: Ledger, entry: Entry, as_type: EventType | None = None) -> None:
    _claim_of(ledger, entry, as_type or entry.type, entry.key, entry.root)


def _take_along(ledger: Ledger, entry: Entry, key: RowKey) -> None:
    _claim_of(ledger, entry, entry.type, key, key)
    # What this action told of the row before is read before this: made and gone in one action, it was made first.
    if ledger.positions.get(key, -1) > ledger.positions[entry.root]:
        ledger.positions[key] = ledger.positions[entry.root] - 0.5


def _claim_of(ledger: Ledger, entry: Entry, type_: EventType, key: RowKey, root: RowKey) -> None:
    taken = ledger.notes.claim(type_.claims, key, root, type_.side, type_.leaves)
    if not entry.changes:
        entry.changes = taken
        return
    for row, changes in taken.items():
        merged = entry.changes.setdefault(row, {})
        for column, (before, after) in changes.items():
            merged[column] = [merged[column][0] if column in merged else before, after]


def _check_companions(ledger: Ledger) -> None:
    present = {(entry.type.name, entry.root) for entry in ledger.entries}
    for entry in ledger.entries:
        type_ = entry.type
        if entry.changes or not type_.beside or type_.nature not in (Nature.STATE, Nature.COMPANION):
            continue
        if not any((name, entry.root) in present for name in type_.beside):
            raise WrongEvent(f"{type_} on {entry.key[0]} {entry.key[1]}: it changes nothing and stands beside nothing")


def _summarise(session: Session, ledger: Ledger) -> None:
    silenced = {name for entry in ledger.entries for name in entry.type.silences}
    gone = {entry.root: entry for entry in ledger.entries if entry.type.silences_own and entry.key == entry.root}
    first_of: dict[RowKey, Entry] = {}
    for entry in ledger.entries:
        first_of.setdefault(entry.root, entry)
    for root, first in first_of.items():
        type_ = registry.summary_of(root[0])
        if root in gone:
            _take_over(ledger, gone[root], ledger.summaries.pop(root, None))
            continue
        if type_ is None:
            continue
        if type_.name in silenced:  # what it would have claimed belongs to the object's first event
            _claim(ledger, first, type_)
            continue
        target = ledger.objects[root]
        _touch(session, ledger, root, target)
        if root not in ledger.summaries:
            label, position = target.audit_label(), len(ledger.entries)
            ledger.entries.append(Entry(type_, root, root, label, first.actor, None, position))


def _take_over(ledger: Ledger, death: Entry, summary: Entry | None) -> None:
    # What was to be summed up before the object went is told by its end: it was so, and now it is gone.
    if summary is None:
        return
    ledger.entries.remove(summary)
    for row, changes in summary.changes.items():
        told = death.changes.setdefault(row, {})
        for column, (before, after) in changes.items():
            told[column] = [before, told[column][1] if column in told else after]
            if told[column] == [None, None]:
                del told[column]
        if not told:
            del death.changes[row]


def attach(session_class: type[Session]) -> None:
    """Make every session of this class keep a ledger."""
    witness.attach(session_class)
    event.listen(session_class, "before_commit", _seal_at_commit)
    event.listen(session_class, "after_transaction_create", _remember_at_savepoint)
    event.listen(session_class, "after_soft_rollback", _return_to_savepoint)


def _seal_at_commit(session: Session) -> None:
    # before_commit fires for savepoints, too; their changes are sealed with the whole.
    if session.get_nested_transaction() is None:
        seal(session, ends=True)


def _remember_at_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        remembered = session.info.setdefault("savepoints", WeakKeyDictionary())
        remembered[transaction] = (ledger_of(session).copy(), list(session.info.get("sealed", ())))


def _return_to_savepoint(session: Session, transaction: SessionTransaction) -> None:
    # A flush that fails takes the savepoint around it along, and nothing is heard but the flush's own end.
    point: SessionTransaction | None = transaction
    while point is not None and not point.nested:
        point = point.parent
    session.info.pop("ledger", None)
    session.info.pop("sealed", None)
    forget_what_was_read(session)
    if point is not None:
        ledger, sealed = session.info["savepoints"][point]
        session.info["ledger"], session.info["sealed"] = ledger.copy(), list(sealed)
