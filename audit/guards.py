"""The ban on writes that the witness can't see: bulk statements in the ORM, and raw ones below it."""

import re
from collections.abc import Callable
from functools import lru_cache

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExecutionContext
from sqlalchemy.orm import ORMExecuteState

from audit.columns import audited_models, is_audited
from audit.log import LOG_TABLES


class UnwitnessedWrite(Exception):
    """A statement would change audited rows behind the ledger's back."""


_NOISE = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_NAME = r"""(?:["`\[]?\w+["`\]]?\s*\.\s*)?["`\[]?\w+["`\]]?"""
_WRITES = re.compile(
    r"\b(?:insert\s+(?:or\s+\w+\s+)?into|replace\s+into|update(?:\s+or\s+\w+)?|delete\s+from|merge\s+into|copy"
    r"|truncate(?:\s+table)?|(?:alter|drop)\s+table(?:\s+if\s+exists)?)(?:\s+only\b)?"
    rf"""(?:\s+|(?=["`\[]))({_NAME}(?:\s*,\s*(?:only\s+)?{_NAME})*)""",
    re.IGNORECASE,
)

_QUESTION = re.compile(r"\s*(?:select|with|show)\b", re.IGNORECASE)


def watch(engine: Engine) -> None:
    """Look at every statement of this engine before it runs."""
    look_at_statements(engine, _refuse_raw)


def look_at_statements(engine: Engine, look: Callable[[Connection, str], None]) -> None:
    """Show every statement before it runs, with its connection.

    The dialect is listened to: an engine with listeners makes each connection that is taken from it a set of its own,
    which takes longer than looking.
    """

    def execute(_cursor: object, statement: str, _parameters: object, context: ExecutionContext) -> None:
        look(context.root_connection, statement)

    def execute_no_params(_cursor: object, statement: str, context: ExecutionContext) -> None:
        look(context.root_connection, statement)

    event.listen(engine, "do_execute", execute)
    event.listen(engine, "do_executemany", execute)
    event.listen(engine, "do_execute_no_params", execute_no_params)


def refuse_bulk(state: ORMExecuteState) -> None:
    """Raise UnwitnessedWrite for `update(Ticket)`, `delete(Ticket)`, `insert(Ticket)` through a session."""
    if not (state.is_update or state.is_delete or state.is_insert):
        return
    mapper = state.bind_mapper
    if mapper is not None and is_audited(mapper.class_):
        raise UnwitnessedWrite(f"bulk statement on {mapper.class_.__name__}: change rows one by one, in a verb")


def _refuse_raw(connection: Connection, statement: str) -> None:
    targets = written_tables(statement)
    if not targets or connection.info.get("witnessed") or connection.get_execution_options().get("desk_migrates"):
        return
    forbidden = sorted(targets & _guarded_tables())
    if forbidden:
        raise UnwitnessedWrite(
            f"raw write to {', '.join(forbidden)}: only verbs change rows, only the ledger writes events"
        )


@lru_cache(maxsize=4096)
def written_tables(statement: str) -> frozenset[str]:
    """The tables that a SQL statement writes to."""
    head = statement.lstrip()[:6].lower()
    if head == "select" and ";" not in statement and "into" not in statement.lower():
        return frozenset()
    bare = _NOISE.sub(lambda noise: "''" if noise[0].startswith("'") else " ", statement)
    names = [name for names in _WRITES.findall(bare) for name in names.split(",")]
    return frozenset(re.split(r"[.\s]", name.strip())[-1].strip('"`[]').lower() for name in names) - {
        "set",
        "nowait",
        "skip",
        "of",
    }


@lru_cache(maxsize=4096)
def only_reads(statement: str) -> bool:
    """Whether a SQL statement can't have changed anything; of one that is not a plain question, nobody can say."""
    return _QUESTION.match(statement) is not None and not written_tables(statement)


@lru_cache(maxsize=1)
def _guarded_tables() -> frozenset[str]:
    return LOG_TABLES | {model.__tablename__ for model in audited_models()}
