"""Finds what is called so: events point to tags, people and teams by number, and a reader knows their names."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Final

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from audit.base import NAMED_BY
from audit.changes import pointing
from audit.folding import fold, says
from audit.log import event_table
from audit.queries import acted_lately, labels, long_texts
from audit.question import Ground, Named
from audit.sessions import scoped
from audit.types import registry

#: So many of the last events of a type that gives names are looked at.
LOOKED_AT: Final = 5_000
#: More things of one name are no name but a letter.
MOST: Final = 300

_c: Final = event_table.c


def named(session: Session, text: str) -> Named:
    """What the log last called so, of all that events point to."""
    stretches = [
        scoped(session, _c.object_type, _c.object_id, _c.object_label, table=event_table)
        .where(_c.type == name)
        .order_by(_c.created_datetime.desc())
        for name in _naming()
    ]
    lately = [select(stretch.limit(LOOKED_AT).subquery()) for stretch in stretches]
    every = union_all(*lately).subquery()
    once = select(every.c.object_type, every.c.object_id).where(says(every.c.object_label, text)).distinct()
    found = [(row.object_type, row.object_id) for row in session.execute(once.limit(MOST + 1))]
    further = [select(stretch.offset(LOOKED_AT).limit(1).subquery()) for stretch in stretches]
    is_whole = len(found) <= MOST and session.execute(union_all(*further).limit(1)).first() is None
    last = labels(session, found[:MOST])
    return Named(frozenset(thing for thing, label in last.items() if text in fold(label)), is_whole)


def knowing(ground: Ground, session: Callable[[], Session]) -> Ground:
    """The ground with all that filters must ask the log about names and long texts, by the session of then."""
    return replace(
        ground,
        called=cache(lambda kind, number: labels(session(), [(kind, number)]).get((kind, number), "")),
        acted=cache(lambda: acted_lately(session())),
        named=cache(lambda text: named(session(), text)),
        long_text=lambda digest: long_texts(session(), [digest]).get(digest, ""),
    )


@cache
def _naming() -> tuple[str, ...]:
    """The types that give names to what events point to."""
    names = {"*", *NAMED_BY}
    kinds = set(pointing().values())
    return tuple(
        type_.name
        for type_ in registry
        if type_.object in kinds and names & type_.claims.get(type_.object, frozenset())
    )
