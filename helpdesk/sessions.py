"""The session in which an object lives."""

from sqlalchemy.orm import Session, object_session

from audit.base import Base


def session_of(row: Base) -> Session:
    """The row's session; every row that a verb is given has one."""
    session = object_session(row)
    if session is None:
        raise LookupError(f"{type(row).__name__} is in no session")
    return session
