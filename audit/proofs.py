"""What a test suite saw of each event type, as it was left in a file: read here, written by the pytest plugin."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from audit.types import EventType, registry

#: Where a suite leaves what it saw, unless told otherwise.
FILE: Final = ".event-coverage.json"
VERSION: Final = 1


@dataclass(frozen=True)
class Proof:
    """A column of the matrix: something that must have been seen of every type."""

    name: str
    label: str
    meaning: str
    missing: str  #: what to do where it is missing; {} is the type


#: In the order of the matrix.
PROOFS: Final = (
    Proof(
        "documented",
        "Documented",
        "its card was shown, with a name, a meaning and a way to cause it",
        "open the card /settings/audit/events/{} in a test, and give the type a label, a meaning and a way",
    ),
    Proof(
        "scenario",
        "Scenario",
        "a scene of it was played, and wrote its exact sequence",
        "write a scene for {} in seeds/scenes, and let tests/seeds/test_scenarios.py play it",
    ),
    Proof(
        "trigger",
        "Trigger",
        "it was fired in a sandbox, as its card does it",
        "run `helpdesk trigger {}`, or press Fire it on its card",
    ),
    Proof("emitted", "Emitted", "a test committed it", "do in a test what the card of {} says"),
    Proof(
        "refusal",
        "Refusal tested",
        "an attempt at it was refused or came to nothing, and nothing was written",
        "write a quiet scene for {} in seeds/scenes",
    ),
    Proof(
        "filterable",
        "Filterable",
        "the audit log offered it in the drop-down, and found it when asked",
        "ask /settings/audit?event={} in a test, on a desk where it happened",
    ),
    Proof(
        "rendered",
        "Rendered",
        "a row of it was shown in the audit log, with its label",
        "show a row of {} in the audit log in a test",
    ),
)


class BadReport(Exception):
    """The file is no report; the message is for a person."""


@dataclass
class Report:
    """What was seen, by column and type, each with a test that saw it; and what acted, by type."""

    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    ways: dict[str, dict[str, str]] = field(default_factory=dict)

    def note(self, what: str, type_name: str, test: str) -> None:
        """Something was seen of a type; the first test that saw it is named."""
        self.seen.setdefault(what, {}).setdefault(type_name, test)

    def note_way(self, type_name: str, kind: str, test: str) -> None:
        """A type was caused by this kind of actor."""
        self.ways.setdefault(type_name, {}).setdefault(kind, test)

    def add(self, other: "Report") -> None:
        """Take in what another process saw."""
        for what, types in other.seen.items():
            for name, test in types.items():
                self.note(what, name, test)
        for name, kinds in other.ways.items():
            for kind, test in kinds.items():
                self.note_way(name, kind, test)

    def as_json(self) -> dict[str, Any]:
        """For the file."""
        return {"version": VERSION, "seen": self.seen, "ways": self.ways}


def is_possible(proof: Proof, type_: EventType) -> bool:
    """Whether a type can have this proof at all."""
    return proof.name != "refusal" or not type_.always


def missing(report: Report) -> list[tuple[EventType, Proof]]:
    """All that was not seen and could have been."""
    return [
        (type_, proof)
        for type_ in registry
        for proof in PROOFS
        if is_possible(proof, type_) and type_.name not in report.seen.get(proof.name, {})
    ]


def report_file(given: str | None = None) -> Path:
    """The file that is asked for, by word, by environment, or by custom."""
    return Path(given or os.environ.get("EVENT_COVERAGE_REPORT") or FILE)


def read(path: Path) -> Report:
    """What a suite left there; raises BadReport."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadReport(
            f"No suite has left a report in {path}: run pytest with --event-coverage, or name another file."
        ) from error
    except ValueError as error:
        raise BadReport(f"{path} is no report of a suite: it is not even JSON.") from error
    return from_json(found, str(path))


def from_json(found: Any, name: str = "This") -> Report:
    """The report that was written so; raises BadReport."""
    if not isinstance(found, Mapping) or found.get("version") != VERSION:
        raise BadReport(f"{name} is no report of a suite that this desk can read.")
    seen, ways = found.get("seen"), found.get("ways")
    if not isinstance(seen, dict) or not isinstance(ways, dict):
        raise BadReport(f"{name} is no report of a suite that this desk can read.")
    return Report(seen, ways)


def write(path: Path, report: Report) -> None:
    """Leave it there, in one step."""
    draft = path.with_name(f"{path.name}.part")
    draft.write_text(json.dumps(report.as_json(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(path)
