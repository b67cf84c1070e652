"""Reads deeds from the files of lessons and drills, and refuses what could not happen, before anything does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from audit.action import Source
from helpdesk.models import Role
from helpdesk.permissions import may
from helpdesk.rules import TRIGGERS
from seeds.deeds import SORTS
from seeds.sheets import Sheet
from seeds.stories import PRIORITIES
from seeds.troupe import PEOPLE, TEAM

#: How much time passes before each deed, unless its file says otherwise.
A_WHILE: Final = timedelta(minutes=4)


@dataclass(frozen=True)
class Deed:
    """Something that somebody does, or that time does."""

    do: str
    by: str
    given: Mapping[str, Any]
    after: timedelta = A_WHILE
    through: Source = "web"
    mark: str = ""  #: by which a drill's answers point at its lines


@dataclass
class Known:
    """The names that a script has given so far; what has gone keeps its name, as in the log."""

    names: dict[str, set[str]] = field(default_factory=lambda: {"person": set(PEOPLE), "team": {TEAM}})
    roles: dict[str, str] = field(default_factory=lambda: {name: role.value for name, role in PEOPLE.items()})
    marks: set[str] = field(default_factory=set)

    def of(self, kind: str) -> set[str]:
        """The names of this kind."""
        return self.names.get(kind, set())

    def add(self, kind: str, name: str) -> None:
        """One more."""
        self.names.setdefault(kind, set()).add(name)


def read_deeds(sheet: Sheet, key: str, known: Known) -> tuple[Deed, ...]:
    """Deeds in their order; each knows what those before it have named."""
    return tuple(read_deed(each, known) for each in sheet.sheets(key, "deed")) if sheet.has(key) else ()


def read_deed(sheet: Sheet, known: Known) -> Deed:
    """One deed with all that its kind needs, and nothing else."""
    do = sheet.choice("do", SORTS)
    sheet.place += f" ({do})"
    sort = SORTS[do]
    by = _by(sheet, do, known)
    if missing := [key for key in sort.needed if not sheet.has(key)]:
        raise sheet.fault(f"{missing[0]!r} is missing")
    given = {key: _READERS[key](sheet, key, known) for key in (*sort.needed, *sort.allowed) if sheet.has(key)}
    mark = sheet.text("mark") if sheet.has("mark") else ""
    deed = Deed(
        do,
        by,
        given,
        after=_after(sheet, do, given),
        through=_through(sheet, do),
        mark=mark,
    )
    if mark in known.marks:
        raise sheet.fault(f"two deeds are marked {mark!r}")
    known.marks |= {mark} - {""}
    if do == "hire":
        known.roles[given["new_person"].split()[0]] = given["role"]
    sheet.finish()
    return deed


def _by(sheet: Sheet, do: str, known: Known) -> str:
    action = SORTS[do].may
    if do == "mail":
        return sheet.text("by", "Carol Diaz")
    if action is None:  # time, or the customer who wrote first
        return ""
    by = sheet.choice("by", known.of("person"))
    if not may(known.roles[by], action):
        raise sheet.fault(f"{by} has the role {known.roles[by]}, which may not do that")
    return by


def _after(sheet: Sheet, do: str, given: Mapping[str, Any]) -> timedelta:
    if do == "wait":
        span: timedelta = given["for"]
        return span
    return sheet.span("after").shortest if sheet.has("after") else A_WHILE


def _through(sheet: Sheet, do: str) -> Source:
    if do in ("mail", "mail_again"):
        return "email"
    if do == "wait":
        return "automation"
    return "api" if sheet.choice("through", ("web", "api"), "web") == "api" else "web"


def _named(kind: str) -> Callable[[Sheet, str, Known], str]:
    def read(sheet: Sheet, key: str, known: Known) -> str:
        return sheet.choice(key, known.of(kind))

    return read


def _new(kind: str) -> Callable[[Sheet, str, Known], str]:
    def read(sheet: Sheet, key: str, known: Known) -> str:
        name = sheet.text(key)
        if name in known.of(kind):
            raise sheet.fault(f"there is a {kind} {name!r} already")
        known.add(kind, name)
        return name

    return read


def _new_person(sheet: Sheet, key: str, known: Known) -> str:
    full = sheet.text(key)
    first = full.split()[0]
    if first in known.of("person"):
        raise sheet.fault(f"there is a {first} already; call this one by another first name")
    known.add("person", first)
    return full


def _tags(sheet: Sheet, key: str, known: Known) -> tuple[str, ...]:
    names = sheet.texts(key)
    for name in names:
        known.add("tag", name)
    return names


def _text(sheet: Sheet, key: str, _known: Known) -> str:
    return sheet.text(key)


_READERS: Final[Mapping[str, Callable[[Sheet, str, Known], Any]]] = {
    "ticket": _named("ticket"),
    "into": _named("ticket"),
    "to": _named("person"),
    "person": _named("person"),
    "team": _named("team"),
    "macro": _named("macro"),
    "rule": _named("rule"),
    "tag": _named("tag"),
    "into_tag": _named("tag"),
    "new_ticket": _new("ticket"),
    "new_team": _new("team"),
    "new_macro": _new("macro"),
    "new_rule": _new("rule"),
    "new_person": _new_person,
    "role": lambda sheet, key, _known: sheet.choice(key, [role.value for role in Role if role is not Role.OWNER]),
    "members": lambda sheet, key, known: sheet.texts(key, among=known.of("person")),
    "tags": _tags,
    "subject": _text,
    "text": _text,
    "answer": _text,
    "code": _text,
    "schedule": _text,
    "close": lambda sheet, key, _known: sheet.take(key, bool),
    "for": lambda sheet, key, _known: sheet.span(key).shortest,
    "on": lambda sheet, key, _known: sheet.texts(key, among=TRIGGERS),
    "priority": lambda sheet, key, _known: sheet.choice(key, PRIORITIES),
}
