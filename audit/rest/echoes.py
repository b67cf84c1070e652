"""What comes back with a change: a program gets a thing, changes a field, and sends the whole of it.

What a thing shows and nobody can write may stand in the body of its PUT as long as it says what is shown at that
moment; something else there is refused. What moves by itself is passed over, whatever it says: nobody is refused
because it moved meanwhile. So is what belongs to another thing than the one that is shown: a ticket's next customer.
"""

import json
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from audit.rest.problems import Problem
from audit.rest.shapes import read_moment

T = TypeVar("T")
Fields = Mapping[str, FieldInfo]
Look = Callable[[], Any]

STAYS: Final = "It can't be changed here: leave it out, or send it as it is shown."
MOVES: Final = "moves by itself"
#: What changes without anybody having said so: times of changes, counts, what others say.
Moving = Annotated[T, MOVES]

_ANOTHER: Final = object()


class Echoes:
    """What of a body is only what is shown of the thing that it changes."""

    def __init__(
        self, body: type[BaseModel], kinds: tuple[type[BaseModel], ...], look: Callable[[], BaseModel]
    ) -> None:
        self._body, self._kinds, self._look = body, fields_of(*kinds), look
        self._wrong: dict[str, list[str]] = {}

    def taken_out(self, sent: Mapping[str, Any], failed: str, before: str = "") -> dict[str, Any]:
        """What is left to read; raises Problem, with what stands before the names of the fields."""
        left = self._left(sent, self._body, self._kinds, lambda: self._shown, before)
        if self._wrong:
            raise Problem(400, failed, self._wrong)
        return left

    @cached_property
    def _shown(self) -> dict[str, Any]:
        return self._look().model_dump(mode="json", by_alias=True)

    def _left(
        self, sent: Mapping[str, Any], body: type[BaseModel], kinds: Fields, look: Look, before: str
    ) -> dict[str, Any]:
        writable, left = fields_of(body), {}
        for name, value in sent.items():
            kind = kinds.get(name)
            if name in writable or kind is None:  # what is neither is refused by the model
                left[name] = self._part(value, writable.get(name), kind, _within(look, name), f"{before}{name}.")
            elif not moves(kind) and not _is_as_shown(value, name, kind, look()):
                self._wrong[f"{before}{name}"] = [STAYS]
        return left

    def _part(self, sent: Any, writable: FieldInfo | None, kind: FieldInfo | None, look: Look, before: str) -> Any:
        body, shown = (model_of(each.annotation) if each is not None else None for each in (writable, kind))
        if body is None or shown is None:
            return sent
        if isinstance(sent, dict):
            return self._left(sent, body, fields_of(shown), partial(_meant, sent, look), before)
        if not isinstance(sent, list):
            return sent
        return [
            self._left(each, body, fields_of(shown), partial(_meant, each, look), f"{before}{place}.")
            if isinstance(each, dict) and "id" in each
            else each
            for place, each in enumerate(sent)
        ]


def fields_of(*kinds: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of models by the names that they have in JSON."""
    return {each.alias or name: each for kind in kinds for name, each in kind.model_fields.items()}


def model_of(kind: Any) -> type[BaseModel] | None:
    """The model in an annotation: of what may be null, too, or of what a list holds; not of what has free names."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    return None if get_origin(kind) is dict else next(filter(None, map(model_of, get_args(kind))), None)


def moves(shown: FieldInfo) -> bool:
    """Whether it changes without anybody having said so."""
    return MOVES in shown.metadata


def _within(look: Look, name: str) -> Look:
    return lambda: shown.get(name) if isinstance(shown := look(), dict) else shown


def _meant(sent: Mapping[str, Any], look: Look) -> Any:
    """The one that was sent, of those that are shown: by number, or by address where people are named by it."""
    shown, key = look(), "email" if sent.get("id") is None and "email" in sent else "id"
    every = [each for each in (shown if isinstance(shown, list) else [shown]) if isinstance(each, dict)]
    return next((each for each in every if sent.get(key, each.get(key)) == each.get(key)), _ANOTHER)


def _is_as_shown(value: Any, name: str, kind: FieldInfo, shown: Any) -> bool:
    return shown is _ANOTHER or (name in shown and _same(value, shown[name], kind.annotation))


def _same(sent: Any, shown: Any, kind: Any) -> bool:
    model = model_of(kind)
    if model is not None and isinstance(sent, dict) and isinstance(shown, dict):
        kinds = fields_of(model)
        return all(
            name in kinds and (moves(kinds[name]) or _same(value, shown.get(name), kinds[name].annotation))
            for name, value in sent.items()
        )
    if model is not None and isinstance(sent, list) and isinstance(shown, list):
        return len(sent) == len(shown) and all(_same(*pair, kind) for pair in zip(sent, shown, strict=True))
    return _written(sent) == _written(shown)


def _written(value: Any) -> str:
    """One text for what is the same: 1 and true are not, a moment with `Z` and with an offset is."""
    try:
        return str(read_moment(value)) if isinstance(value, str) else json.dumps(value, sort_keys=True)
    except ValueError:
        return json.dumps(value)
