"""What was measured, beside what it should be."""

import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Unit = Literal["×", "s", "ms", "/s", ""]


@dataclass(frozen=True, kw_only=True)
class Result:
    """One row of the table: some rounds of one measurement, and the goal that their median should reach."""

    name: str
    database: str
    rows: str  #: on how much it was measured
    measured: list[float]
    unit: Unit
    goal: float | None = None  #: None: told for comparison
    at_most: bool = False  #: the goal is an upper limit

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return statistics.median(self.measured)

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the goal; None without one."""
        if self.goal is None:
            return None
        return self.median <= self.goal if self.at_most else self.median >= self.goal

    def cells(self) -> list[str]:
        """The row as printed."""
        spread = f" ({self._say(min(self.measured))} to {self._say(max(self.measured))})" if self.measured[1:] else ""
        goal = "" if self.goal is None else f"{'≤' if self.at_most else '≥'} {self._say(self.goal)}"
        met = {True: "yes", False: "NO", None: ""}[self.met]
        return [self.name, self.database, self.rows, self._say(self.median) + spread, goal, met]

    def _say(self, value: float) -> str:
        if self.unit == "/s":
            return f"{value:,.0f}/s"
        if self.unit == "ms":
            return f"{value * 1000:.1f} ms"
        return f"{value:.2f} s" if self.unit == "s" else f"{value:.2f}"


@dataclass
class Wrong:
    """What must never happen and did: events missed, times running backwards, something woken twice."""

    sentences: list[str] = field(default_factory=list)

    def unless(self, right: bool, sentence: str) -> None:
        """Note the sentence unless all is right."""
        if not right:
            self.sentences.append(sentence)


HEADINGS = ["what", "database", "on", "median (least to most)", "goal", "met"]


def table(results: Iterable[Result]) -> Iterator[str]:
    """The lines of the table."""
    lines = [HEADINGS, *(result.cells() for result in results)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEADINGS))]
    for line in lines:
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
