"""Reads what an address asks of the log, value by value; whatever makes no sense is answered with a sentence."""

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from typing import Final, get_args
from zoneinfo import available_timezones

from audit.action import Source
from audit.actors import ACTOR_KINDS
from audit.folding import fold
from audit.periods import ANY, OWN, PRESETS, Period, Span, Wall, preset, read_wall
from audit.types import GROUPS, registry

#: An address's parameters, each with all its values.
Asked = Mapping[str, list[str]]
Complain = Callable[[str], None]

NO_USER_WORD: Final = "none"
#: How many things a sentence names before it only counts them.
NAMED: Final = 3
#: More team members at once would make a query that no index helps.
MOST_MEMBERS: Final = 100
#: More of what acts is no question but a list.
MOST_DOERS: Final = 100
#: More, or longer ones, are no search but a text.
MOST_TEXTS: Final = 8
LONGEST_TEXT: Final = 100

SOURCES: Final[tuple[str, ...]] = get_args(Source)
#: Actors of which a particular one can be named by number; timers and the desk itself have none.
NUMBERED_KINDS: Final = ("customer", "rule", "macro", "integration")

_ID: Final = re.compile(r"[1-9]\d{0,18}", re.ASCII)
_LARGEST: Final = 2**63 - 1
#: What an address may ask several times.
SEVERAL: Final = frozenset({"member", "event", "not_event", "set_off_by", "by", "source", "text"})
_OBJECT: Final = re.compile(r"([A-Za-z][A-Za-z _-]*?)(?:(?:\s*[:#]\s*|\s+)(\S+))?")
_BY: Final = re.compile(r"([a-z]+)(?:(?:\s*[:#]\s*|\s+)(\S+))?")


def tidy(asked: Asked, known: frozenset[str], complain: Complain) -> Asked:
    """Only what is known and not empty, once where there can be only one; the rest is complained about."""
    kept: dict[str, list[str]] = {}
    strangers = [name for name in asked if name not in known]
    if strangers:
        complain(f"The address asks for {listed(strangers)}, which this page does not know.")
    for name in known & asked.keys():
        values = [value.strip() for value in asked[name] if value.strip()]
        if len(values) > 1 and name not in SEVERAL:
            complain(f"The address gives “{name}” {len(values)} times, and there can be only one.")
            values = []
        kept[name] = values
    return kept


def members(values: list[str], people: Mapping[int, str], complain: Complain) -> tuple[int, ...]:
    """Numbers of team members, 0 for "No user"."""
    found = {number(value) for value in values if value != NO_USER_WORD}
    strangers = [value for value in values if value != NO_USER_WORD and number(value) not in people]
    if strangers:
        complain(f"This desk has no team member {listed(strangers)}, and never had one who did anything.")
    if len(found) > MOST_MEMBERS:
        complain(f"Choose at most {MOST_MEMBERS} team members at once.")
        return ()
    return tuple(sorted({one for one in found if one in people} | {0 for value in values if value == NO_USER_WORD}))


def types(values: list[str], complain: Complain, *, with_api_only: bool = False) -> tuple[str, ...]:
    """Names of event types; `ticket-*` stands for all that happen to a ticket, `*-deleted` for all that end so."""
    if len(values) > len(registry):
        complain(f"There are {len(registry)} events, and {len(values)} were named: name each once.")
        return ()
    found = {value: _meant(value, with_api_only) for value in values}
    strangers = [value for value, names in found.items() if not names]
    if strangers:
        complain(f"There is no event {listed(strangers)}.{_near(strangers[0])}")
    return tuple(sorted({name for names in found.values() for name in names}))


def shortened(names: tuple[str, ...], *, with_api_only: bool = False) -> list[str]:
    """The same types as `types` reads them, where a whole group is one word."""
    rest, short = set(names), []
    if not rest:
        return []
    for pattern, group in groups().items():
        whole = _group(pattern, with_api_only)
        if len(group) > 1 and whole <= rest:
            short.append(pattern)
            rest -= whole
    return sorted([*short, *rest])


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """What stands for all events of a kind of object, `ticket-*`, and their types."""
    found: dict[str, list[str]] = {}
    for type_ in registry:
        found.setdefault(f"{kebab(type_.object)}-*", []).append(type_.name)
    return {pattern: tuple(names) for pattern, names in found.items()}


def kebab(object_type: str) -> str:
    """ticket-message, for TicketMessage."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", object_type).lower()


@cache
def _group(pattern: str, with_api_only: bool) -> frozenset[str]:
    return frozenset(_meant(pattern, with_api_only))


def _near(value: str) -> str:
    """A hint at what was probably meant."""
    known = [*groups(), *(type_.name for type_ in registry)]
    found = [f"{value}-*"] if f"{value}-*" in known else get_close_matches(value, known, n=NAMED, cutoff=0.75)
    found = found or [name for name in known if len(value) > NAMED and value in name][:NAMED]
    return f" Did you mean {' or '.join(found)}?" if found else ""


@cache
def _labels() -> dict[str, str]:
    return {type_.label.lower(): type_.name for type_ in registry}


def _meant(value: str, with_api_only: bool) -> tuple[str, ...]:
    if value in registry:
        return (value,)
    if value in _labels():
        return (_labels()[value],)
    if "*" not in value:
        return ()
    named = groups().get(value) or tuple(type_.name for type_ in registry if fnmatchcase(type_.name, value))
    offered = tuple(name for name in named if with_api_only or registry[name].in_drop_down)
    # Whoever asks for a group of which all is API-only means it.
    return offered or named


def doers(values: list[str], complain: Complain) -> tuple[tuple[str, int], ...]:
    """Kinds of actors, or one of a kind: rule, rule:7."""
    found = {value: _doer(value) for value in values}
    strangers = [value for value, doer in found.items() if doer is None]
    if strangers:
        complain(
            f"Nothing that acts is called {listed(strangers)}; there are {', '.join(ACTOR_KINDS)}, and a particular"
            " one is written like “rule#7”."
        )
    if len(found) > MOST_DOERS:
        complain(f"Choose at most {MOST_DOERS} rules, macros and others that act at once.")
        return ()
    return tuple(sorted({doer for doer in found.values() if doer is not None}))


def is_doer(value: str) -> bool:
    """Whether that is how what acts is written in an address."""
    return _doer(value) is not None


def _doer(value: str) -> tuple[str, int] | None:
    read = _BY.fullmatch(value.lower())
    if read is None or read[1] not in ACTOR_KINDS:
        return None
    if read[2] is None:
        return read[1], 0
    return (read[1], number(read[2])) if read[1] in NUMBERED_KINDS and number(read[2]) else None


def sources(values: list[str], complain: Complain) -> tuple[str, ...]:
    """Ways by which actions come in."""
    values = [value.lower().replace("e-mail", "email") for value in values]
    strangers = [value for value in values if value not in SOURCES]
    if strangers:
        complain(f"Nothing comes in by {listed(strangers)}; there are {', '.join(SOURCES)}.")
    return tuple(sorted(set(values) & set(SOURCES)))


def texts(values: list[str], complain: Complain) -> tuple[str, ...]:
    """Texts to be found, all of them."""
    found = sorted({" ".join(fold(value).split()) for value in values})
    if len(found) > MOST_TEXTS:
        complain(f"Look for at most {MOST_TEXTS} texts at once.")
    if any(len(text) > LONGEST_TEXT for text in found):
        complain(f"A text to look for has at most {LONGEST_TEXT} characters.")
    if any(_UNWRITABLE.search(text) for text in found):
        complain("The text to look for holds a character that no text can hold.")
    fine = [text for text in found if text and len(text) <= LONGEST_TEXT and not _UNWRITABLE.search(text)]
    return tuple(fine[:MOST_TEXTS])


#: NUL, which PostgreSQL can't store, and halves of characters, which no encoding has.
_UNWRITABLE: Final = re.compile("[\x00\ud800-\udfff]")


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() - {"Factory", "localtime", "posixrules"}}


def zone(values: list[str], complain: Complain) -> str:
    """The name of a time zone; empty for the account's."""
    name = _zones().get(values[0].lower(), "") if values else ""
    if values and not name:
        complain(f"{listed(values)} is no time zone; one is written like “Europe/Dublin”.")
    return name


def box(name: str, values: list[str], complain: Complain) -> bool:
    """A check box: 1, or not there."""
    if values not in ([], ["1"]):
        complain(f"“{name}” is either 1 or left out, not {listed(values)}.")
    return values == ["1"]


def target(values: list[str], complain: Complain) -> tuple[str, int | None] | None:
    """An object, written Ticket:4213, or ticket 4213; or only its kind."""
    if not values:
        return None
    read = _OBJECT.fullmatch(values[0])
    kind = _kinds().get(re.sub("[ _-]", "", read[1]).lower()) if read else None
    if read is None or kind is None or (read[2] is not None and not number(read[2])):
        complain(f"{listed(values)} is no object; one is written like “ticket#4213”.")
        return None
    return kind, number(read[2]) if read[2] is not None else None


@cache
def _kinds() -> dict[str, str]:
    return {type_.object.lower(): type_.object for type_ in registry}


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
    if preset(name) is None and name not in ("", OWN, ANY):
        complain(f"There is no period {listed([name])}; there are {', '.join(PRESETS)}, and spans such as 45m or 2w.")
        return None
    if name != OWN:
        if starts or ends:
            complain(f"{listed([name])} is a period already, and dates make another one: leave one of the two out.")
        return Period(name) if name else None
    return Period(OWN, wall("from", starts, complain), wall("to", ends, complain))


def wall(name: str, values: list[str], complain: Complain) -> Wall | None:
    """One end of a period of one's own."""
    if not values:
        return None
    found = read_wall(values[0])
    if found is None:
        complain(f"{listed(values)} is no time to look “{name}”; write 2026-03-02, or 2026-03-02T14:05.")
    return found


def check_length(length: timedelta | None, longest: timedelta | None, complain: Complain) -> None:
    """Complain about more than the account may see at once."""
    if longest is None:
        return
    if length is None:
        complain(f"Say where the period begins, with “from”: the log shows at most {_span(longest)} at once.")
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


def _span(span: timedelta) -> str:
    if span == timedelta(days=7):
        return "a week"
    if span.seconds == 0:
        return f"{span.days} days" if span.days != 1 else "a day"
    return f"{round(span.total_seconds() / 3600)} hours"
