"""What can stand where the cursor is in the search line."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy.orm import Session

from audit import asking
from audit.actors import ACTOR_KINDS
from audit.folding import fold
from audit.line import KEYS, write_word
from audit.log import event_table
from audit.periods import DAYS, PRESETS, is_span, offered
from audit.question import Ground, Word
from audit.types import registry
from audit.who import WAYS, spoken_members

#: More would be a list to read, not one to choose from.
MOST: Final = 12
#: So many of the last events of a kind are looked at for who acted.
_LOOKED_AT: Final = 2_000

#: A word up to its end, or to the end of the line; a mark that is never closed takes in all that follows.
_WORD: Final = re.compile(r'(?:[^\s"]|"(?:[^"\\]|\\.)*(?:"|\\?$))+')
#: What is left of a quoted value; an opening mark is followed by a letter, so it closes none.
_REST_QUOTED: Final = re.compile(r'(?:[^"\\]|\\.)*"(?=\s|$)')
_REST: Final = re.compile(r"\S*")
_MARK: Final = re.compile(r'\\.|(")')
_c: Final = event_table.c


@dataclass(frozen=True)
class Suggestion:
    """A word that can stand here, and the line with it."""

    word: str
    note: str
    line: str
    at: int  #: where the cursor goes on


def complete(session: Session, ground: Ground, line: str, at: int) -> list[Suggestion]:
    """What can stand at a place of the line, best first."""
    at = max(0, min(at, len(line)))
    current = next((word[0] for word in _WORD.finditer(line[:at]) if word.end() == at), "")
    start, end = at - len(current), at + len(_rest(current, line[at:]))
    made = []
    for word, note in _fitting(session, ground, current):
        space = "" if word.endswith(":") else " "
        rest = line[end:].lstrip()
        made.append(Suggestion(word, note, f"{line[:start]}{word}{space}{rest}", start + len(word) + len(space)))
    return made[:MOST]


def _rest(current: str, after: str) -> str:
    """What belongs to the word behind the cursor."""
    is_quoted = sum(mark[1] is not None for mark in _MARK.finditer(current)) % 2
    found = (is_quoted and _REST_QUOTED.match(after)) or _REST.match(after)
    return found[0] if found else ""


def _fitting(session: Session, ground: Ground, current: str) -> Iterator[tuple[str, str]]:
    bare = current.removeprefix("-")
    negated = len(bare) < len(current)
    key, colon, typed = bare.partition(":")
    key = key.lower()
    if colon:
        if key in KEYS and key and (not negated or key == "type"):
            yield from _ranked(_values(session, ground, key, negated), typed.strip('"'))
        return
    keys = ["type"] if negated else [key for key in KEYS if key]
    for name in keys:
        if name.startswith(bare.lower()):
            yield f"{'-' if negated else ''}{name}:", KEYS[name][0].label
    if len(bare) > 1:
        yield from _ranked(_values(session, ground, "actor", False) if not negated else (), bare)
        yield from _ranked(_values(session, ground, "type", negated), bare)


def _ranked(values: Iterable[tuple[Word, str]], typed: str) -> Iterator[tuple[str, str]]:
    wanted = fold(typed)
    fitting = [(word, note) for word, note in values if wanted in fold(f"{word.value} {note}")]
    fitting.sort(key=lambda pair: not fold(pair[0].value).startswith(wanted))
    for word, note in fitting:
        yield write_word(word), note


def _values(session: Session, ground: Ground, key: str, negated: bool) -> Iterable[tuple[Word, str]]:
    return [(Word(key, value, negated), note) for value, note in _choices(session, ground, key)]


def _choices(session: Session, ground: Ground, key: str) -> Iterable[tuple[str, str]]:
    if key in ("actor", "set-off-by"):
        nobody = [(asking.NO_USER_WORD, "No user")] if key == "actor" else []
        return [*nobody, *spoken_members(ground)]
    if key == "type":
        whole = [(pattern, f"Every {_noun(names[0])} event") for pattern, names in asking.groups().items() if names[1:]]
        return [*whole, *((type_.name, type_.label) for type_ in registry)]
    if key == "by":
        return [
            *((kind, "") for kind in ACTOR_KINDS),
            *((f"{doer.kind}#{doer.id}", name) for doer, name in ground.acted()),
        ]
    if key == "object":
        kinds = dict.fromkeys(type_.object for type_ in registry)
        return [
            (asking.kebab(kind), f"Any {asking.noun(kind).lower()}; one is {asking.kebab(kind)}#7") for kind in kinds
        ]
    if key == "source":
        return list(WAYS.items())
    return _moments(ground, key)


def _noun(type_name: str) -> str:
    noun = asking.noun(registry[type_name].object)
    return f"{noun[0].lower()}{noun[1:]}" if noun[1:2].islower() else noun


def _moments(ground: Ground, key: str) -> Iterable[tuple[str, str]]:
    named = offered(ground.longest)
    if key == "since":
        return [(one.name, one.label) for one in named if is_span(one.name)]
    if key == "period":
        return [(one.name, one.label) for one in named if not is_span(one.name) and one.name in PRESETS]
    if key == "on":
        return [(word.lower(), "") for word in ("Today", "Yesterday", *DAYS)]
    if key in ("from", "to"):
        today = ground.now.astimezone(ground.zone).date()
        return [(f"{today - timedelta(days=days)}", word) for days, word in ((0, "Today"), (1, "Yesterday"))]
    if key == "times":
        home = ground.home or ground.zone
        return list({"UTC": "", home.key: "This account's"}.items())
    return [("yes", "API-only events, too")] if key == "api-only" else []
