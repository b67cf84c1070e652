"""Spans of time as people write them: 4h, 30d, 1w2d."""

import re
from datetime import timedelta
from typing import Final

from helpdesk.refusals import Refused

LONGEST: Final = timedelta(days=3660)

_SECONDS: Final = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SPAN: Final = re.compile(r"(?:[0-9]{1,9}[wdhms]\s*)+")
_PIECE: Final = re.compile(r"([0-9]+)([wdhms])")


def parse_span(words: str) -> timedelta:
    """`1w2d` as a span; raises Refused with a sentence."""
    tidy = words.strip().lower()
    if not _SPAN.fullmatch(tidy):
        raise Refused(
            f"{words[:40]!r} is no span of time. Write a number with w, d, h, m or s, such as 4h, 30d or 1w2d."
        )
    seconds = sum(int(number) * _SECONDS[unit] for number, unit in _PIECE.findall(tidy))
    if seconds > LONGEST.total_seconds():
        raise Refused(f"{words.strip()[:40]} is too long: ten years is the most.")
    return timedelta(seconds=seconds)
