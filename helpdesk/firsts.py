"""Two who make the same thing at once: the second waits for the first, and finds what they made.

What is known by its name (a tag, whoever writes from an address) is looked for, and made where it is not there. On
PostgreSQL two writers may both look before either has made it, and the later one would fail on the unique key.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from audit.action import current

_WAIT: Final = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, :account))")


def wait(session: Session, account_id: int, kind: str, names: Iterable[str]) -> bool:
    """Keep all others from making what these names stand for until the transaction ends; whether to look again.

    It is called after nothing was found: as long as things are found, nobody waits for anybody.
    """
    if session.get_bind().dialect.name != "postgresql":  # all writers stand in one line anyway
        return False
    held: set[str] = current(session).memo.setdefault("firsts", set())
    wanted = sorted({f"{kind}:{name}" for name in names} - held)  # in one order, or two would wait for one another
    for name in wanted:
        session.execute(_WAIT, {"name": name, "account": account_id})
    held.update(wanted)
    return bool(wanted)
