"""Reads what an address asks of the log, value by value; whatever makes no sense is answered with a sentence."""

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from audit.periods import ANY, OWN, PRESETS, Period, Span, Wall, read_wall
from audit.types import GROUPS, registry

#: An address's parameters, each with all its values.
Asked = Mapping[str, list[str]]
Complain = Callable[[str], None]

NO_USER_WORD: Final = "none"
#: How many things a sentence names before it only counts them.
NAMED: Final = 3
#: More team members at once would make a query that no index helps.
MOST_MEMBERS: Final = 100

_ID: Final = re.compile(r"[1-9]\d{0,18}", re.ASCII)
_LARGEST: Final = 2**63 - 1
_SEVERAL: Final = frozenset({"member", "event"})


def tidy(asked: Asked, known: frozenset[str], complain: Complain) -> Asked:
    """Only what is known and not empty, once where there can be only one; the rest is complained about."""
    kept: dict[str, list[str]] = {}
    strangers = [name for name in asked if name not in known]
    if strangers:
        complain(f"The address asks for {listed(strangers)}, which this page does not know.")
    for name in known & asked.keys():
        values = [value.strip() for value in asked[name] if value.strip()]
        if len(values) > 1 and name not in _SEVERAL:
            complain(f"The address gives “{name}” {len(values)} times, and there can be only one.")
            values = []
        kept[name] = values
    return kept


def members(values: list[str], people: Mapping[int, str], complain: Complain) -> tuple[int, ...]:
    """Numbers of team members, 0 for "No user"."""
    found = {0 if value == NO_USER_WORD else number(value) for value in values}
    strangers = [value for value in values if value != NO_USER_WORD and number(value) not in people]
    if strangers:
        complain(f"This desk has no team member {listed(strangers)}, and never had one who did anything.")
    if len(found) > MOST_MEMBERS:
        complain(f"Choose at most {MOST_MEMBERS} team members at once.")
        return ()
    return tuple(sorted(one for one in found if one == 0 or one in people))


def types(values: list[str], complain: Complain) -> tuple[str, ...]:
    """Names of event types."""
    strangers = [value for value in values if value not in registry]
    if strangers:
        complain(f"There is no event {listed(strangers)}.")
    return tuple(sorted({value for value in values if value in registry}))


def box(name: str, values: list[str], complain: Complain) -> bool:
    """A check box: 1, or not there."""
    if values not in ([], ["1"]):
        complain(f"“{name}” is either 1 or left out, not {listed(values)}.")
    return values == ["1"]


def target(values: list[str], complain: Complain) -> tuple[str, int] | None:
    """An object, written Ticket:4213."""
    if not values:
        return None
    kind, _, word = values[0].partition(":")
    if kind not in {type_.object for type_ in registry} or not number(word):
        complain(f"{listed(values)} is no object; one is written like “Ticket:4213”.")
        return None
    return kind, number(word)


def context(values: list[str], complain: Complain) -> uuid.UUID | None:
    """The id of a chain."""
    if not values:
        return None
    try:
        return uuid.UUID(values[0])
    except ValueError:
        complain(f"{listed(values)} is no chain; follow “Whole chain” in an event's details.")
        return None


def period(asked: Asked, complain: Complain) -> Period | None:
    """A preset, or one's own; None if nothing was said."""
    names, starts, ends = (asked.get(name, []) for name in ("period", "from", "to"))
    name = names[0] if names else (OWN if starts or ends else "")
    if name not in PRESETS and name not in ("", OWN, ANY):
        complain(f"There is no period {listed([name])}.")
        return None
    if name != OWN:
        if starts or ends:
            complain("Dates count only together with “Own period”: choose it, or leave the dates out.")
        return Period(name) if name else None
    return Period(OWN, _wall("from", starts, complain), _wall("to", ends, complain))


def check_length(length: timedelta | None, longest: timedelta | None, complain: Complain) -> None:
    """Complain about more than the account may see at once."""
    if longest is None:
        return
    if length is None:
        complain(f"Say where the period begins: the log shows at most {_span(longest)} at once.")
    elif length > longest:
        complain(
            f"That is a longer period than this account allows: the log shows at most {_span(longest)} at once."
            " Move the ends closer together, or look at one object's trail, which may be as long as it is."
        )


def check_order(span: Span, now: datetime, complain: Complain) -> None:
    """Complain about a period that ends before it begins, or has not begun."""
    if span.start is not None and span.end is not None and span.end <= span.start:
        complain("The period ends before it begins.")
    elif span.start is not None and span.start > now:
        complain("The period has not begun yet by the desk's clock.")


def number(word: str) -> int:
    """An id, 1 … 2⁶³−1; 0 if it is none."""
    return int(word) if _ID.fullmatch(word) and int(word) <= _LARGEST else 0


def noun(object_type: str) -> str:
    """What a person calls objects of this class."""
    return GROUPS.get(object_type, object_type)


def listed(words: list[str]) -> str:
    """A few of them in quotation marks, cut to what fits into a sentence."""
    named = [f"“{clip(word)}”" for word in words[:NAMED]]
    return ", ".join(named) + (f" and {len(words) - NAMED} more" if len(words) > NAMED else "")


def clip(word: str, most: int = 40) -> str:
    """The word without what can't be printed, and not longer than a sentence bears."""
    shown = "".join(sign if sign.isprintable() else "�" for sign in word[: most + 1])
    return shown if len(shown) <= most else shown[:most] + "…"


def _wall(name: str, values: list[str], complain: Complain) -> Wall | None:
    if not values:
        return None
    wall = read_wall(values[0])
    if wall is None:
        complain(f"{listed(values)} is no time to look “{name}”; write 2026-03-02, or 2026-03-02T14:05.")
    return wall


def _span(span: timedelta) -> str:
    if span == timedelta(days=7):
        return "a week"
    if span.seconds == 0:
        return f"{span.days} days" if span.days != 1 else "a day"
    return f"{round(span.total_seconds() / 3600)} hours"
