"""What can be asked of the log, and the shape of a filter: how a part of a question is read, written and told."""

import dataclasses
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement

from audit.asking import NAMED, Asked, Complain
from audit.memory import Memory
from audit.nearby import Nearby
from audit.periods import Period

#: Stands for "No user" among the numbers of team members, which begin at 1.
NO_USER: Final = 0


@dataclass(frozen=True)
class Target:
    """An object of the desk, by class name and number; without a number, all objects of the class."""

    type: str
    id: int | None = None


@dataclass(frozen=True, order=True)
class Doer:
    """What really acted: a kind of actor; with a number, one of them: rule 7."""

    kind: str
    id: int = 0


@dataclass(frozen=True)
class Query:
    """What is asked of the log."""

    period: Period
    types: tuple[str, ...] = ()
    not_types: tuple[str, ...] = ()
    api_only: bool = False  #: whether "all events" means those too that only the API offers
    members: tuple[int, ...] = ()
    set_off_by: tuple[int, ...] = ()  #: team members who set it off through a macro
    doers: tuple[Doer, ...] = ()
    sources: tuple[str, ...] = ()
    target: Target | None = None
    texts: tuple[str, ...] = ()  #: all of which stand in what changed, or in the object's name
    context: uuid.UUID | None = None

    @property
    def is_exempt(self) -> bool:
        """One object's trail and one chain may be as long as they are."""
        return self.context is not None or (self.target is not None and self.target.id is not None)


def nameless(_kind: str, _number: int) -> str:
    """What a rule or macro is called where nobody can be asked."""
    return ""


@dataclass(frozen=True)
class Named:
    """The things that have a text in their names, by class and number."""

    things: frozenset[tuple[str, int]] = frozenset()
    is_whole: bool = True  #: whether all names were looked at, and all that fit were taken


def no_actors() -> Sequence[tuple[Doer, str]]:
    """What acted lately where nobody can be asked."""
    return ()


def unnamed(_text: str) -> Named:
    """What has a text in its name where nobody can be asked."""
    return Named()


def unkept(_digest: str) -> str:
    """What a long text says where nobody keeps any."""
    return ""


@dataclass(frozen=True)
class Ground:
    """What filters must know of the account."""

    now: datetime
    zone: ZoneInfo  #: in which times are read and shown
    longest: timedelta | None
    people: Mapping[int, str]  #: everybody whom the log or the team knows
    left: frozenset[int] = frozenset()  #: those of them who are in the team no more
    head: int = 0  #: the newest event by then
    called: Callable[[str, int], str] = nameless  #: what the log last called an object, by class and number
    acted: Callable[[], Sequence[tuple[Doer, str]]] = no_actors  #: rules, macros and integrations of late, by name
    named: Callable[[str], Named] = unnamed  #: what has a text in its name, as the log last had that
    long_text: Callable[[str], str] = unkept  #: what a long text says, by digest
    formerly: Mapping[int, str] = dataclasses.field(default_factory=dict)  #: people by the names that the log last had
    memory: Memory = dataclasses.field(default_factory=Memory, compare=False)  #: what is known of the log by now
    nearby: Nearby | None = dataclasses.field(
        default=None, compare=False
    )  #: what is known of the things that events are about
    times: str = ""  #: the zone's name where somebody chose one
    home: ZoneInfo | None = None  #: the account's zone, which counts where nobody did


@dataclass(frozen=True)
class Phrase:
    """A filter's part in the sentence: before the word "events", after it, or at the very end."""

    before: str = ""
    after: str = ""
    note: str = ""


@dataclass(frozen=True)
class Word:
    """A word of the search line, `actor:ana`; without a key it is text to be found."""

    key: str
    value: str
    negated: bool = False
    place: int = 1  #: of its first sign in the line
    is_bare: bool = dataclasses.field(default=False, compare=False)  #: a text that nobody put in quotation marks


#: An address's parameters and their values, one by one.
Pairs = Iterable[tuple[str, str]]
#: Whether an event fits, asked in Python: anything with the columns of `audit.log`.
Test = Callable[[Any], bool]
#: What a word of the line means in the address.
Hear = Callable[[Word, Ground, Complain], Pairs]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One filter: how it is called, and what it means in the address, the line, SQL, Python and the sentence."""

    field: str
    label: str
    parameters: tuple[str, ...]
    read: Callable[[Asked, Ground, Complain], Mapping[str, Any]]
    write: Callable[[Query, Ground], Pairs]
    condition: Callable[[Query, Ground], Iterable[ColumnElement[bool]]]  #: all must hold
    tests: Callable[[Query, Ground], Iterable[Test]]  #: the same, of one event in hand
    words: Callable[[Query, Ground], Phrase]
    hear: Mapping[str, Hear] = dataclasses.field(
        default_factory=dict
    )  #: by the keys of the line that are this filter's
    say: Callable[[Query, Ground], Iterable[Word]]  #: the words of the line that `hear` understands as this
    bare: Mapping[str, Any] = dataclasses.field(
        default_factory=dict
    )  #: its part of a query that asks for nothing of it


def some(names: list[str], many: str) -> str:
    """A few names joined by "or"; too many are only counted."""
    if len(names) > NAMED:
        return many.format(len(names))
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
