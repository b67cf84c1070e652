"""JSON from outside: its numbers can be counted with, its texts can be read and kept, and its depth has an end."""

import json
import math
from typing import Any, Final

from audit.characters import readable

_DEEPEST: Final = 50


def read(raw: str | bytes) -> Any:
    """What it says; raises ValueError (where it is no JSON at all, json.JSONDecodeError)."""
    try:
        return _clean(json.loads(raw, parse_constant=_no_number, parse_float=_finite), 0)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _no_number(word: str) -> Any:
    raise ValueError(word)


def _finite(word: str) -> float:
    number = float(word)
    if not math.isfinite(number):
        raise ValueError(word)
    return number


def _clean(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, dict):
        return {readable(name): _clean(part, depth + 1) for name, part in value.items()}
    if isinstance(value, list):
        return [_clean(part, depth + 1) for part in value]
    return value
