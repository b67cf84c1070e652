"""The ban on writes that the witness can't see: bulk statements in the ORM, and raw ones below it."""

import re
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Engine, event
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

_QUESTION = re.compile(r"\s*(?:select|with)\b", re.IGNORECASE)


def watch(engine: Engine) -> None:
    """Look at every statement of this engine before it runs."""
    event.listen(engine, "before_cursor_execute", _refuse_raw)


def refuse_bulk(state: ORMExecuteState) -> None:
    """Raise UnwitnessedWrite for `update(Ticket)`, `delete(Ticket)`, `insert(Ticket)` through a session."""
    if not (state.is_update or state.is_delete or state.is_insert):
        return
    mapper = state.bind_mapper
    if mapper is not None and is_audited(mapper.class_):
        raise UnwitnessedWrite(f"bulk statement on {mapper.class_.__name__}: change rows one by one, in a verb")


def _refuse_raw(
    connection: Connection,
    _cursor: Any,
    statement: str,
    _parameters: Any,
    _context: Any,
    _many: bool,
) -> None:
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
