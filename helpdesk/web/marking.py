"""Marks in a text the words that somebody looked for, whatever their case and accents."""

import re
import unicodedata
from typing import Final

from flask import Flask

from helpdesk.search import Asked

#: Characters that are shown before and after the first hit in a long text.
BEFORE: Final = 50
AROUND: Final = 180

_MARK: Final = re.compile("[\u0300-\u036f]")


def install(app: Flask) -> None:
    """Give the templates these words."""
    for word in (pieces, around):
        app.add_template_filter(word)


def pieces(text: str, asked: Asked) -> list[tuple[str, bool]]:
    """The text cut where words that were looked for begin and end; True marks such words."""
    found, end = [], 0
    for start, stop in _hits(text, asked):
        if start > end:
            found.append((text[end:start], False))
        found.append((text[start:stop], True))
        end = stop
    return [*found, (text[end:], False)] if end < len(text) else found


def around(text: str, asked: Asked) -> str:
    """The part of a text in which the first word stands that was looked for."""
    tidy = " ".join(text.split())
    hits = _hits(tidy, asked)
    begin = max(hits[0][0] - BEFORE, 0) if hits else 0
    begin = tidy.find(" ", begin) + 1 if begin else 0  # no half words
    part = tidy[begin : begin + AROUND]
    return f"{'…' if begin else ''}{part}{'…' if begin + AROUND < len(tidy) else ''}"


def _hits(text: str, asked: Asked) -> list[tuple[int, int]]:
    """Where words stand, in order, none of them within another."""
    if not asked.terms:
        return []
    plain, places = _plain(text)
    spans = [
        (places[hit.start()], places[hit.end() - 1] + 1)
        for term in asked.terms
        for hit in re.finditer(
            rf"(?<!\S){' +'.join(map(re.escape, term.words))}" + (r"\S*" if term.goes_on else r"(?!\S)"), plain
        )
    ]
    apart: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        if not apart or start >= apart[-1][1]:
            apart.append((start, stop))
    return apart


def _plain(text: str) -> tuple[str, list[int]]:
    """The text as the indexes have it, and where in the text each of its characters stands."""
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        if character.isascii():
            letters.append(character.lower() if character.isalnum() else " ")
            places.append(place)
            continue
        for letter in _MARK.sub("", unicodedata.normalize("NFKD", character)).lower():
            letters.append(letter if letter.isalnum() else " ")
            places.append(place)
    return "".join(letters), places
