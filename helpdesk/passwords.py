"""Passwords: hashed with argon2id, checked in constant time, cheap only where tests and seeds ask for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: About 140 ms a hash; what a person who logs in never notices, and a thief does.
CAREFUL: Final = PasswordHasher()
#: For tests and seeds, which make many users whose passwords are printed anyway.
CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

_hashers: list[PasswordHasher] = [CAREFUL]
_here: ContextVar[PasswordHasher | None] = ContextVar("hasher of this thread", default=None)


def use(hasher: PasswordHasher) -> PasswordHasher:
    """Hash with this profile from now on; answers the one before."""
    before, _hashers[0] = _hashers[0], hasher
    return before


@contextmanager
def cheaply() -> Iterator[None]:
    """Hash cheaply in this thread: for people of a throw-away desk, whose passwords nobody ever learns."""
    before = _here.set(CHEAP)
    try:
        yield
    finally:
        _here.reset(before)


def hash_of(password: str) -> str:
    """What is stored in place of a password."""
    return (_here.get() or _hashers[0]).hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether this is the password; takes the same time where there is none."""
    try:
        CAREFUL.verify(stored or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _nobody() -> str:
    return CAREFUL.hash("nobody has this password")
