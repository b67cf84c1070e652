"""Reads the simulator's files, and says in which one and where something makes no sense."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

HERE: Final = Path(__file__).parent

T = TypeVar("T")


class BadSheet(ValueError):
    """A file of the simulator says something that can't be played; the message names it."""


class Sheet:
    """A table of a file, whose entries are taken one by one; what nobody takes is a mistake."""

    def __init__(self, name: str, content: Mapping[str, Any]) -> None:
        self.name = name
        self._left = dict(content)

    @classmethod
    def read(cls, path: Path) -> "Sheet":
        """A whole file."""
        try:
            with path.open("rb") as file:
                return cls(path.name, tomllib.load(file))
        except tomllib.TOMLDecodeError as error:
            raise BadSheet(f"{path.name} is no TOML: {error}.") from error

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """An entry of a kind; without a default it must be there."""
        value = self._left.pop(key, default)
        if kind is float and isinstance(value, int):
            value = float(value)
        if not isinstance(value, kind):
            raise BadSheet(f"{self.name}: {key} is missing, or no {kind.__name__}.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self.take(key, list)
        if not all(isinstance(text, str) for text in found):
            raise BadSheet(f"{self.name}: {key} is a list of texts.")
        return tuple(found)

    def sheet(self, key: str) -> "Sheet":
        """A table within it."""
        return Sheet(f"{self.name}, {key}", self.take(key, dict))

    def sheets(self, key: str) -> list["Sheet"]:
        """A list of tables within it, which may be missing."""
        return [Sheet(f"{self.name}, {key}", each) for each in self.take(key, list, [])]

    def names(self) -> list[str]:
        """The names of what is left."""
        return list(self._left)

    def finish(self) -> None:
        """Nothing may be left."""
        if self._left:
            raise BadSheet(f"{self.name}: nobody knows {', '.join(sorted(self._left))}.")
