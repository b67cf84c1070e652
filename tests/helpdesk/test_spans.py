"""Spans of time as people write them."""

from datetime import timedelta

import pytest

from helpdesk.refusals import Refused
from helpdesk.spans import parse_span


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("4h", timedelta(hours=4)),
        ("30d", timedelta(days=30)),
        ("1w2d", timedelta(days=9)),
        (" 1H 30m ", timedelta(minutes=90)),
        ("90s", timedelta(seconds=90)),
        ("0m", timedelta(0)),
    ],
)
def test_spans_are_read(words: str, span: timedelta) -> None:
    assert parse_span(words) == span


@pytest.mark.parametrize("words", ["", "4", "h", "-4h", "4 hours", "1.5h", "4h!", "٤h" * 20, "10000d", "999999999w"])
def test_nonsense_is_a_sentence(words: str) -> None:
    with pytest.raises(Refused, match=r"\.$"):
        parse_span(words)
