"""Calls of the API as lines to paste into a terminal, with numbers of the account in them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from audit.types import EventType

_HOLE: Final = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Call:
    """One call."""

    method: str
    path: str
    body: str
    missing: tuple[str, ...]  #: what the account has none of, so that a number must be put in by hand

    def line(self, base_url: str, email: str) -> str:
        """The call for curl, in a form that a shell takes as it stands."""
        parts = [f"curl -X {self.method} -u {_quoted(email + ':YOUR_KEY')} {_quoted(base_url + self.path)}"]
        if self.body:
            parts += ["-H 'Content-Type: application/json'", f"-d {_quoted(self.body)}"]
        return " \\\n  ".join(parts)


def calls(type_: EventType, numbers: Mapping[str, int], now: datetime) -> list[Call]:
    """The calls that cause this type; `numbers` are of things that the account has, by name ("ticket_id")."""
    filled: dict[str, object] = {
        **numbers,
        "now": now.isoformat(timespec="seconds"),
        "tomorrow": (now + timedelta(days=1)).isoformat(timespec="seconds"),
        "word": f"{now:%H%M%S}",
    }
    return [_call(words, filled) for words in type_.by_api.split("; ") if words]


def _call(words: str, filled: Mapping[str, object]) -> Call:
    method, path, *rest = words.split(" ", 2)
    missing: list[str] = []

    def fill(hole: re.Match[str]) -> str:
        name = hole[1] if hole[1] != "id" else _named_before(path, hole.start())
        if name not in filled:
            missing.append(name)
        return str(filled.get(name, f"<{name}>"))

    whole = _HOLE.sub(fill, path)
    body = _HOLE.sub(fill, rest[0]) if rest else ""
    return Call(method, whole, body, tuple(dict.fromkeys(missing)))


def _named_before(path: str, position: int) -> str:
    """`/api/custom-fields/{id}`: the number of a custom field."""
    noun = path[:position].rstrip("/").rpartition("/")[2]
    return noun.rstrip("s").replace("-", "_") + "_id"


def is_json(body: str) -> bool:
    """Whether a body is what it should be."""
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "'\\''") + "'"
