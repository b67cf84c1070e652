"""The witness: sees every row that the session inserts, changes or deletes, and notes it for the ledger."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any, Final

from sqlalchemy import Connection, event, inspect, select
from sqlalchemy.orm import InstanceState, Mapper, Session, UOWTransaction, attributes, object_session
from sqlalchemy.orm.attributes import instance_state
from sqlalchemy.orm.base import LoaderCallableStatus
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql import ClauseElement

from audit.action import NoAction, current
from audit.base import Base
from audit.book import ledger_of
from audit.columns import Kind, derived_columns, is_audited, logged_columns
from audit.notes import RowKey
from audit.texts import digest_key, encode

#: What no expression hides in: asked first, for it is what nearly every column is given.
_PLAIN: Final = frozenset({NoneType, bool, int, float, str, datetime})


class OpaqueValue(Exception):
    """A column was given a SQL expression: its value can't be known before it is written."""


class FixedColumnChanged(Exception):
    """A column that is set at birth was set again."""


class LostRace(StaleDataError):
    """Somebody else changed the row after it was read; what was read is no true *before*."""


class WrongAccount(Exception):
    """A row of one account was touched in an action on another."""


def key_of(row: Base) -> RowKey:
    """Class name and number of a row that has been flushed."""
    return type(row).__name__, row.id  # type: ignore[attr-defined]


def root_of(session: Session, row: Base) -> tuple[RowKey, Base | None]:
    """What the row belongs to in the end (a message: its ticket; a ticket: itself), and that object if still there."""
    owner = row.__owner__
    if owner is None or (number := getattr(row, owner[0])) is None:
        return key_of(row), row
    model = _model_named(owner[1])
    parent = session.get(model, number)
    return root_of(session, parent) if parent is not None else ((owner[1], number), None)


def attach(session_class: type[Session]) -> None:
    """Watch every session of this class."""
    event.listen(session_class, "before_flush", _refuse_flush_without_action)
    event.listen(session_class, "after_flush", _flush_is_over)
    event.listen(
        session_class,
        "after_soft_rollback",
        lambda session, _previous: _forget_connection(session),
    )


def _refuse_flush_without_action(session: Session, _context: UOWTransaction, _instances: Any) -> None:
    if "action" not in session.info and any(
        is_audited(type(row)) for row in (*session.new, *session.dirty, *session.deleted)
    ):
        current(session)
    if not session.info.get("writing"):
        raise NoAction("begin(session, account_id, source=…) comes before any change")
    connection = session.connection()
    connection.info["witnessed"] = True
    session.info["witnessed_connection"] = connection


def _flush_is_over(session: Session, _context: UOWTransaction) -> None:
    _forget_connection(session)


def _forget_connection(session: Session) -> None:
    connection: Connection | None = session.info.pop("witnessed_connection", None)
    if connection is not None and not connection.closed and not connection.invalidated:
        connection.info.pop("witnessed", None)


@event.listens_for(Base, "before_insert", propagate=True)
def _before_birth(mapper: Mapper[Any], _connection: Connection, row: Base) -> None:
    _refuse_expressions(mapper.class_, instance_state(row))


@event.listens_for(Base, "after_insert", propagate=True)
def _saw_birth(mapper: Mapper[Any], connection: Connection, row: Base) -> None:
    model = mapper.class_
    if not is_audited(model):
        return
    session, put = _pen(row, connection)
    ledger_of(session).touched.add(key_of(row))  # it is born with its summary's mark
    put("id", "fixed", None, key_of(row)[1])
    values = instance_state(row).dict
    for name, kind in logged_columns(model).items():
        if (value := values.get(name)) is not None:
            put(name, kind, None, value)
    _note_owner(session, row, (None, values.get(row.__owner__[0]) if row.__owner__ else None))


# before, not after: once the row is written, SQLAlchemy has forgotten the history of a version_id_col.
@event.listens_for(Base, "before_update", propagate=True)
def _saw_change(mapper: Mapper[Any], connection: Connection, row: Base) -> None:
    model = mapper.class_
    if not is_audited(model):
        return
    state = instance_state(row)
    _refuse_expressions(model, state)
    session, put = _pen(row, connection)
    _refuse_stale(mapper, connection, row)
    committed, values, kinds, owner = state.committed_state, state.dict, logged_columns(model), row.__owner__
    for name in filter(committed.__contains__, kinds):
        before, after = committed[name], values.get(name)
        if before is LoaderCallableStatus.NO_VALUE:
            before = None
        if before == after and type(before) is type(after):
            continue
        if kinds[name] == "fixed":
            raise FixedColumnChanged(f"{model.__name__} {key_of(row)[1]}: {name} is set at birth")
        put(name, kinds[name], before, after)
        if owner and owner[0] == name:
            _note_owner(session, row, (before, after))
    if owner:
        _note_owner(session, row, (None, getattr(row, owner[0])))


def _refuse_expressions(model: type[Base], state: InstanceState[Any]) -> None:
    logged, derived, values = logged_columns(model), derived_columns(model), state.dict
    for name in state.committed_state:
        value = values.get(name)
        if type(value) in _PLAIN or (name not in logged and name not in derived):
            continue
        if isinstance(value, ClauseElement) or hasattr(value, "__clause_element__"):
            raise OpaqueValue(f"{model.__name__}.{name} was given a SQL expression; assign the value")


@event.listens_for(Base, "before_delete", propagate=True)
def _saw_death(mapper: Mapper[Any], connection: Connection, row: Base) -> None:
    model = mapper.class_
    if not is_audited(model):
        return
    session, put = _pen(row, connection)
    _refuse_stale(mapper, connection, row)
    for name, kind in logged_columns(model).items():
        put(name, kind, _committed(row, name), None)
    put("id", "fixed", key_of(row)[1], None)
    _note_owner(
        session,
        row,
        (None, _committed(row, row.__owner__[0]) if row.__owner__ else None),
    )


def _refuse_stale(mapper: Mapper[Any], connection: Connection, row: Base) -> None:
    # PostgreSQL lets two who have read the same row both write it. SQLAlchemy checks rows that have a version.
    if connection.dialect.name == "sqlite" or mapper.version_id_col is not None:
        return
    names = [name for name in logged_columns(mapper.class_) if name in inspect(row).dict]
    columns, number = [mapper.columns[name] for name in names], key_of(row)[1]
    stored = connection.execute(select(*columns).where(mapper.columns["id"] == number).with_for_update()).one_or_none()
    if stored is None or any(_committed(row, name) != value for name, value in zip(names, stored, strict=True)):
        raise LostRace(f"{mapper.class_.__name__} {number} was changed by somebody else meanwhile")


def _committed(row: Base, name: str) -> Any:
    history = attributes.get_history(row, name)
    if history.deleted:
        return history.deleted[0]
    return history.unchanged[0] if history.unchanged else (None if history.added else getattr(row, name))


def _pen(row: Base, connection: Connection) -> tuple[Session, Callable[[str, Kind, Any, Any], None]]:
    session = object_session(row)
    assert session is not None
    action = current(session)
    account_id = getattr(row, row.__account_key__)
    if action.account_id is not None and account_id != action.account_id:
        raise WrongAccount(f"{key_of(row)} belongs to account {account_id}, the action is on {action.account_id}")
    ledger, key, secret_key = ledger_of(session), key_of(row), digest_key(connection)
    note, texts = ledger.notes.note, ledger.long_texts

    def put(name: str, kind: Kind, before: Any, after: Any) -> None:
        note(key, name, encode(secret_key, kind, before, texts), encode(secret_key, kind, after, texts))

    return session, put


def _note_owner(session: Session, row: Base, numbers: tuple[Any, Any]) -> None:
    if row.__owner__ is None:
        return
    notes, key = ledger_of(session).notes, key_of(row)
    for number in numbers:
        if number is None:
            continue
        owner = (row.__owner__[1], number)
        notes.own(key, owner)
        # A part of a part (an attachment of a message): its owner may not be noted by itself.
        parent = session.identity_map.get(inspect(_model_named(owner[0])).identity_key_from_primary_key((number,)))
        if parent is not None and parent.__owner__ is not None:
            notes.own(owner, (parent.__owner__[1], getattr(parent, parent.__owner__[0])))


@cache
def _model_named(name: str) -> type[Base]:
    for mapper in Base.registry.mappers:
        if mapper.class_.__name__ == name:
            found: type[Base] = mapper.class_
            return found
    raise LookupError(name)
