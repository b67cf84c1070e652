"""Events as a test sees them: a list of types, and where two lists part."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import overload


class Events(Sequence[str]):
    """Types of events in the order in which they were written; equal to any list or tuple of the same."""

    @property
    def types(self) -> list[str]:
        """All that was written."""
        raise NotImplementedError

    def clear(self) -> None:
        """Forget what was written so far."""
        raise NotImplementedError

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        return self.types[place]

    def __len__(self) -> int:
        return len(self.types)

    def __iter__(self) -> Iterator[str]:
        return iter(self.types)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, list | tuple):
            return NotImplemented
        return self.types == list(other)

    __hash__ = None  # type: ignore[assignment]  # it grows

    def __repr__(self) -> str:
        return repr(self.types)


def compared(written: list[str], expected: list[str]) -> list[str]:
    """What was expected and what was written, side by side, with a mark where they part."""
    width = max([len("expected"), *map(len, expected)]) + 2
    lines = ["other events were written than expected:", f"  {'expected':<{width}}written"]
    matcher = SequenceMatcher(None, expected, written, autojunk=False)
    for tag, start, end, first, last in matcher.get_opcodes():
        mark = " " if tag == "equal" else "≠"
        for left, right in zip_longest(expected[start:end], written[first:last], fillvalue="–"):
            lines.append(f"{mark} {left:<{width}}{right}")
    return lines
