"""The search line: reads `actor:ana type:ticket-* -type:ticket-updated "refund" since:7d`, and writes a question so."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from lark import Lark, Token, UnexpectedCharacters

from audit import asking, when
from audit.asking import Asked
from audit.filters import FILTERS, Reading, judge, read_query
from audit.question import Filter, Ground, Hear, Query, Word

LONGEST: Final = 2_000

_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_BARE: Final = re.compile(r'[^\s"\\]+')

#: The keys of the line, each with the filter whose it is; the empty one is that of a text.
KEYS: Final[dict[str, tuple[Filter, Hear]]] = {key: (one, hear) for one in FILTERS for key, hear in one.hear.items()}
#: What other programs, and the pages, call them.
_OTHERWISE: Final = {
    "until": "to",
    "context": "chain",
    "initiator": "set-off-by",
    "member": "actor",
    "user": "actor",
    "event": "type",
}
#: Marks that phones and text processors put in the place of plain ones.
_CURLY: Final = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
#: The only one that can be turned round with a minus.
_NEGATED: Final = "type"


class Mistake(Exception):
    """A line that can't be read; the message names the place."""


@dataclass(frozen=True)
class LineReading:
    """A line understood as an address, and what in it could not be."""

    asked: Asked
    complaints: tuple[str, ...] = ()


def read_line(line: str, ground: Ground) -> LineReading:
    """Understand a line; complaints name the place."""
    try:
        words = parse(line)
    except Mistake as mistake:
        return LineReading({}, (str(mistake),))
    complaints = [complaint for word in words for complaint in _alone(word, ground)]
    complaints = complaints or _torn_apart(words)
    complaints = complaints or _doubled(words, ground) or _together(words, ground)
    if len(complaints) > asking.NAMED:
        complaints[asking.NAMED :] = [f"{len(complaints) - asking.NAMED} more words make no sense."]
    return LineReading({} if complaints else address_of(words, ground), tuple(complaints))


def query_of(line: str, ground: Ground) -> Reading:
    """The question that a line asks."""
    reading = read_line(line, ground)
    return replace(read_query(reading.asked, ground), complaints=reading.complaints)


def write_line(query: Query, ground: Ground) -> str:
    """The line that is read as this question."""
    return " ".join(write_word(word) for word in words_of(query, ground))


def words_of(query: Query, ground: Ground) -> list[Word]:
    """A question word by word."""
    return [word for filter_ in FILTERS for word in filter_.say(query, ground)]


def write_word(word: Word) -> str:
    """A word as the line holds it."""
    value = word.value
    if not word.key or not _BARE.fullmatch(value):
        value = '"{}"'.format(re.sub(r'(["\\])', r"\\\1", value))
    return f"{'-' if word.negated else ''}{word.key}{':' if word.key else ''}{value}"


def address_of(words: Iterable[Word], ground: Ground) -> dict[str, list[str]]:
    """What words that make sense ask for, as an address does."""
    asked: dict[str, list[str]] = {}
    for word in words:
        for parameter, value in KEYS[word.key][1](word, ground, _unheard):
            asked.setdefault(parameter, []).append(value)
    return asked


def parse(line: str) -> list[Word]:
    """The words of a line, whatever they mean; raises Mistake."""
    if len(line) > LONGEST:
        raise Mistake(f"The line has {len(line):,} characters; {LONGEST:,} are the most.")
    line = " ".join(line.splitlines())
    line = line if '"' in line else line.translate(_CURLY)
    try:
        tree = _grammar().parse(line)
    except UnexpectedCharacters as error:
        raise Mistake(_unreadable(line, error.column - 1)) from None
    return [_word(token) for token in tree.scan_values(lambda one: isinstance(one, Token))]


def _unreadable(line: str, at: int) -> str:
    quote = line.find('"', at)
    if len(re.findall(r'(?<!\\)"', line[at:])) % 2:
        return f"{_at(quote + 1)}: this quotation mark is never closed."
    return f"{_at(quote + 1)}: before and after a text in quotation marks stands a space."


@cache
def _grammar() -> Lark:
    text = Path(__file__).with_name("line.lark").read_text(encoding="utf-8")
    return Lark(text, start="line", parser="lalr", strict=False)


def _word(token: Token) -> Word:
    is_negated = token.startswith("-") and len(token) > 1
    said, place = token[is_negated:], (token.start_pos or 0) + 1
    if token.type in ("KEYED", "HALF"):
        key, _, value = said.partition(":")
        key = key.lower().replace("_", "-")
        return Word(_OTHERWISE.get(key, key), _unquoted(value), is_negated, place)
    return Word("", _unquoted(said), is_negated, place, is_bare=token.type == "WORD")


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value


def _at(*places: int) -> str:
    if len(places) == 1:
        return f"At character {places[0]}"
    if len(places) > asking.NAMED:
        return f"At character {places[0]} and {len(places) - 1} more places"
    return f"At characters {', '.join(map(str, places[:-1]))} and {places[-1]}"


def _unheard(_complaint: str) -> None:
    """What was complained about already."""


def _alone(word: Word, ground: Ground) -> list[str]:
    """What is wrong with one word by itself, with its place."""
    said: list[str] = []
    if word.key not in KEYS:
        keys = ", ".join(key for key in KEYS if key)
        said.append(
            f"there is no filter {asking.listed([word.key])}. There are {keys}; a text stands in quotation marks."
        )
    elif word.negated and word.key != _NEGATED:
        said.append("only events can be left out with a minus, such as -type:ticket-updated.")
    elif not word.value.strip():
        said.append(f"after {word.key}: something is missing, such as {_EXAMPLES[word.key]}." if word.key else _EMPTY)
    elif word.is_bare and (mistake := _mistake(word.value)):
        said.append(f"{mistake} To look for “{asking.clip(word.value)}” as a text, put it in quotation marks.")
    else:
        filter_, hear = KEYS[word.key]
        pairs = list(hear(word, ground, said.append))
        if not said and filter_ is not when.PERIOD:  # the ends of a period are judged together
            filter_.read({name: [value] for name, value in pairs}, ground, said.append)
    return [_told(one, word) for one in said]


def _mistake(text: str) -> str:
    """What somebody probably meant who wrote no text; empty where it is one."""
    if text in ("AND", "OR", "NOT"):
        return (
            f"there is no {text} here: filters side by side all hold, one that is named twice means either, and"
            " -type: leaves out."
        )
    if text.startswith(":"):
        return "between a filter's name and its colon stands no space."
    return "brackets mean nothing here: write the filters side by side." if re.match(r"\([\w-]+:", text) else ""


def _torn_apart(words: list[Word]) -> list[str]:
    """An object whose number stands beside it, as if it were a text."""
    for one, other in pairwise(words):
        found = asking.target([one.value], _unheard) if one.key == "object" else None
        if found and found[1] is None and other.is_bare and asking.number(other.value.removeprefix("#")):
            number = other.value.removeprefix("#")
            return [_told(f"an object and its number are one word: object:{asking.kebab(found[0])}#{number}.", other)]
    return []


def _doubled(words: list[Word], ground: Ground) -> list[str]:
    """Which words say a second time what can be said only once."""
    first: dict[str, Word] = {}
    complaints = []
    for word in words:
        for parameter in address_of([word], ground):
            before = first.setdefault(parameter, word)
            if before is not word and parameter not in asking.SEVERAL:
                said = f"“{_shown(before)}” and “{_shown(word)}” can't both be asked for: leave one of the two out."
                complaints.append(_told(said, before, word))
    return complaints


def _together(words: list[Word], ground: Ground) -> list[str]:
    """What is wrong with words of which each makes sense, with the places of those at fault."""
    asked = address_of(words, ground)
    _, complaints = judge(asked, when.by_its_clock(asked, ground))
    return [
        _told(complaint.said, *(word for word in words if KEYS[word.key][0] in complaint.filters))
        for complaint in complaints
    ]


def _shown(word: Word) -> str:
    return asking.clip(write_word(word))


def _told(said: str, *words: Word) -> str:
    return f"{_at(*(word.place for word in words))}: {said[:1].lower()}{said[1:]}"


_EMPTY: Final = "there is nothing between these quotation marks."
_EXAMPLES: Final = {
    "actor": "actor:ana, or actor:none for No user",
    "set-off-by": "set-off-by:ana",
    "by": "by:rule, or by:rule#7",
    "type": "type:ticket-closed, or type:ticket-*",
    "api-only": "api-only:yes",
    "object": "object:ticket#4213, or object:ticket",
    "source": "source:email",
    "chain": "chain: and the number of a chain",
    "since": "since:7d, or since:2026-03-01",
    "on": "on:tuesday, or on:2026-03-01",
    "period": "period:today",
    "from": "from:2026-03-01, or from:2026-03-01T14:05",
    "to": "to:2026-03-02",
    "times": "times:Europe/Dublin",
}
