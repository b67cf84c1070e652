"""Coverage: which types an account's log has seen, caused by what, and what a test suite proved of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from typing import Final

from sqlalchemy.orm import Session

from audit import seen
from audit.actors import ACTOR_KINDS, ActorKind
from audit.plays import plays_of
from audit.proofs import PROOFS, Report, is_possible
from audit.seen import Seen
from audit.types import EventType, registry

#: The parts of a report, each with a figure of its own.
PARTS: Final = ("types", "ways", "proofs")


@dataclass(frozen=True)
class Way:
    """A type and a kind of actor: seen, not yet, or impossible."""

    kind: ActorKind
    is_possible: bool
    seen: Seen | None


@dataclass(frozen=True)
class Mark:
    """A type and a proof: there, missing, or impossible."""

    name: str
    label: str
    is_possible: bool
    test: str | None  #: one that saw it


@dataclass(frozen=True)
class Line:
    """A type with all of its cells."""

    type: EventType
    ways: list[Way]
    marks: list[Mark]

    @property
    def seen(self) -> Seen | None:
        """The newest of all its ways, with the count of all."""
        found = [way.seen for way in self.ways if way.seen is not None]
        if not found:
            return None
        newest = max(found, key=lambda one: one.event_id)
        return Seen(sum(one.count for one in found), newest.at, newest.event_id)


@dataclass(frozen=True)
class Figure:
    """How many of how many."""

    full: int
    possible: int

    @property
    def percent(self) -> float:
        """Never 100 unless all is full."""
        return 100.0 if self.full == self.possible else min(99.9, 100 * self.full / self.possible)


@dataclass(frozen=True)
class Gap:
    """Something that is missing, and how to cause it."""

    part: str
    type: EventType
    what: str
    remedy: str


@dataclass(frozen=True)
class Coverage:
    """Everything."""

    lines: list[Line]
    since: datetime | None
    has_proofs: bool

    @property
    def groups(self) -> dict[str, list[Line]]:
        """By heading, as the drop-down has them."""
        by_name = {line.type.name: line for line in self.lines}
        offered = registry.drop_down(with_api_only=True).items()
        found = {
            heading: [by_name[type_.name] for type_ in types if type_.name in by_name] for heading, types in offered
        }
        return {heading: lines for heading, lines in found.items() if lines}

    def figure(self, part: str) -> Figure:
        """The figure of a part."""
        if part == "types":
            return Figure(sum(line.seen is not None for line in self.lines), len(self.lines))
        if part == "ways":
            ways = [way for line in self.lines for way in line.ways if way.is_possible]
            return Figure(sum(way.seen is not None for way in ways), len(ways))
        marks = [mark for line in self.lines for mark in line.marks if mark.is_possible]
        return Figure(sum(mark.test is not None for mark in marks), len(marks))

    def gaps(self, part: str) -> list[Gap]:
        """What a part lacks, and how to cause it."""
        return [gap for line in self.lines for gap in _GAPS[part](line)]


def cover(session: Session, since: datetime | None, report: Report | None, only: Sequence[str] = ("*",)) -> Coverage:
    """The coverage of the account that the session has entered; `only` are globs of types."""
    ways = seen.ways(session, since)
    tests: Mapping[str, Mapping[str, str]] = report.seen if report is not None else {}
    wanted = [type_ for type_ in registry if any(fnmatch(type_.name, glob) for glob in only)]
    return Coverage([_line(type_, ways, tests) for type_ in wanted], since, report is not None)


def remedy(type_: EventType, kind: ActorKind | None = None) -> str:
    """How somebody causes this type: by that kind of actor, or at all."""
    if kind in (None, "user") and type_.by_hand:
        return type_.by_hand
    return type_.by_machine or type_.by_hand or f"Call {type_.by_api}."


def _line(type_: EventType, ways: Mapping[tuple[str, ActorKind], Seen], tests: Mapping[str, Mapping[str, str]]) -> Line:
    return Line(
        type_,
        [Way(kind, kind in type_.actors, ways.get((type_.name, kind))) for kind in ACTOR_KINDS],
        [
            Mark(proof.name, proof.label, is_possible(proof, type_), tests.get(proof.name, {}).get(type_.name))
            for proof in PROOFS
        ],
    )


def _type_gaps(line: Line) -> list[Gap]:
    if line.seen is not None:
        return []
    fire = f" `helpdesk trigger {line.type.name}` shows it." if plays_of(line.type.name) else ""
    return [Gap("types", line.type, "not seen", remedy(line.type) + fire)]


def _way_gaps(line: Line) -> list[Gap]:
    return [
        Gap("ways", line.type, f"not seen by {way.kind}", remedy(line.type, way.kind))
        for way in line.ways
        if way.is_possible and way.seen is None
    ]


def _proof_gaps(line: Line) -> list[Gap]:
    remedies = {proof.name: proof.missing for proof in PROOFS}
    return [
        Gap("proofs", line.type, f"not {mark.label.lower()}", _sentence(remedies[mark.name].format(line.type.name)))
        for mark in line.marks
        if mark.is_possible and mark.test is None
    ]


_GAPS: Final = {"types": _type_gaps, "ways": _way_gaps, "proofs": _proof_gaps}


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
