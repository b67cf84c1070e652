"""Filters that ask who: the team member, who set it off by a macro, what really acted, and by which way it came."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_

from audit import asking
from audit.asking import Asked, Complain
from audit.folding import fold
from audit.log import event_table
from audit.question import NO_USER, Doer, Filter, Ground, Hear, Pairs, Phrase, Query, Test, Word, some

_c: Final = event_table.c

#: How a sentence calls whoever acts, and the ways by which actions come in.
_KINDS: Final = {
    "user": "a team member",
    "customer": "a customer",
    "rule": "a rule",
    "macro": "a macro",
    "integration": "an integration",
    "schedule": "a timer",
    "system": "the desk itself",
}
WAYS: Final = {
    "web": "the pages",
    "api": "the API",
    "email": "e-mail",
    "chat": "chat",
    "webhook": "webhook",
    "automation": "automation",
    "simulator": "the simulator",
    "cli": "the command line",
}


# ---- Team members, by number in the address and by name in the line


def _written(numbers: tuple[int, ...], parameter: str) -> Pairs:
    return [(parameter, str(number) if number != NO_USER else asking.NO_USER_WORD) for number in numbers]


def _names(numbers: tuple[int, ...], ground: Ground) -> list[str]:
    return [ground.people[number] if number != NO_USER else "No user" for number in numbers]


def _spoken(numbers: tuple[int, ...], key: str, ground: Ground) -> list[Word]:
    return [Word(key, _called(number, ground)) for number in numbers]


def spoken_members(ground: Ground) -> list[tuple[str, str]]:
    """Everybody as the line calls them, and by name."""
    return [(_called(number, ground), name) for number, name in sorted(ground.people.items(), key=lambda one: one[1])]


def _called(number: int, ground: Ground) -> str:
    """A name that means nobody else; else the number."""
    if number == NO_USER:
        return asking.NO_USER_WORD
    name = " ".join(ground.people[number].split())
    is_plain = name and not name.startswith("#") and fold(name) != asking.NO_USER_WORD
    return name if is_plain and _meant(name, ground) == [number] else f"#{number}"


def _meant(value: str, ground: Ground) -> list[int]:
    """Whom a name can mean: whoever is called so; else whoever has a name that begins so."""
    wanted, called = _heard(value), {number: _heard(name) for number, name in ground.people.items()}
    found = [number for number, name in called.items() if name == wanted]
    found = found or [number for number, name in called.items() if name.startswith(wanted) or f" {wanted}" in name]
    # Rows still say who somebody was when it happened.
    return found or [number for number, name in ground.formerly.items() if _heard(name) == wanted]


@lru_cache(maxsize=4096)
def _heard(name: str) -> str:
    return " ".join(fold(name).split())


def _hear_member(parameter: str) -> Hear:
    def hear(word: Word, ground: Ground, complain: Complain) -> Pairs:
        if word.value.startswith("#"):
            return [(parameter, word.value[1:])]
        if fold(word.value) == asking.NO_USER_WORD:
            return [(parameter, asking.NO_USER_WORD)]
        found = _meant(word.value, ground)
        if not found:
            by_number = f" By number, write #{word.value}." if asking.number(word.value) in ground.people else ""
            complain(f"Nobody here is called {asking.listed([word.value])}.{by_number}")
        elif len(found) > 1:
            names = asking.listed([f"{ground.people[number]} (#{number})" for number in found])
            complain(f"{asking.listed([word.value])} could be {names}: write more of the name, or the number.")
        return [(parameter, str(number)) for number in found[:1]]

    return hear


def _read_members(asked: Asked, ground: Ground, complain: Complain) -> Mapping[str, Any]:
    return {"members": asking.members(asked.get("member", []), ground.people, complain)}


def _members_condition(query: Query, _ground: Ground) -> Iterable[ColumnElement[bool]]:
    # An expression no index knows: the planner is to follow what the query is driven by (see `audit.queries`).
    return [func.coalesce(_c.user_id, NO_USER).in_(query.members)] if query.members else []


def _members_tests(query: Query, _ground: Ground) -> Iterable[Test]:
    chosen = frozenset(query.members)
    return [lambda event: (event.user_id or NO_USER) in chosen] if chosen else []


def _members_words(query: Query, ground: Ground) -> Phrase:
    names = _names(query.members, ground)
    return Phrase(after=f"by {some(names, 'any of {} team members')}" if names else "")


MEMBERS: Final = Filter(
    field="members",
    label="Team member",
    parameters=("member",),
    read=_read_members,
    write=lambda query, _: _written(query.members, "member"),
    condition=_members_condition,
    tests=_members_tests,
    words=_members_words,
    hear={"actor": _hear_member("member")},
    say=lambda query, ground: _spoken(query.members, "actor", ground),
    bare={"members": ()},
)


def _read_set_off_by(asked: Asked, ground: Ground, complain: Complain) -> Mapping[str, Any]:
    found = asking.members(asked.get("set_off_by", []), ground.people, complain)
    if NO_USER in found:
        complain("Macros are set off by team members: leave “No user” out there.")
    return {"set_off_by": tuple(number for number in found if number != NO_USER)}


def _set_off_by_condition(query: Query, _ground: Ground) -> Iterable[ColumnElement[bool]]:
    return [func.coalesce(_c.initiator_id, NO_USER).in_(query.set_off_by)] if query.set_off_by else []


def _set_off_by_tests(query: Query, _ground: Ground) -> Iterable[Test]:
    chosen = frozenset(query.set_off_by)
    return [lambda event: event.initiator_id in chosen] if chosen else []


def _set_off_by_words(query: Query, ground: Ground) -> Phrase:
    names = _names(query.set_off_by, ground)
    return Phrase(after=f"set off by {some(names, 'any of {} team members')}" if names else "")


SET_OFF_BY: Final = Filter(
    field="set_off_by",
    label="Set off by",
    parameters=("set_off_by",),
    read=_read_set_off_by,
    write=lambda query, _: _written(query.set_off_by, "set_off_by"),
    condition=_set_off_by_condition,
    tests=_set_off_by_tests,
    words=_set_off_by_words,
    hear={"set-off-by": _hear_member("set_off_by")},
    say=lambda query, ground: _spoken(query.set_off_by, "set-off-by", ground),
    bare={"set_off_by": ()},
)


# ---- What really acted, and how it came in


def _plainly(parameter: str) -> Callable[[Word, Ground, Complain], Pairs]:
    return lambda word, _ground, _complain: [(parameter, word.value)]


_BY_NAME: Final = re.compile(r"(?:(rule|macro|integration)[\s:#]+)?(.+)", re.IGNORECASE | re.DOTALL)


def _hear_doer(word: Word, ground: Ground, complain: Complain) -> Pairs:
    """A kind, one of a kind by number, or one that acted lately by its name."""
    said = _BY_NAME.fullmatch(word.value)
    if asking.is_doer(word.value) or said is None:
        return [("by", word.value)]
    kind, wanted = (said[1] or "").lower(), _heard(said[2])
    acted = [(doer, name) for doer, name in ground.acted() if kind in ("", doer.kind)]
    called = [*acted, *((doer, ground.called(doer.kind.capitalize(), doer.id)) for doer, _ in acted)]
    found = sorted({doer for doer, name in called if _heard(name) == wanted})
    found = found or sorted({doer for doer, name in called if _heard(name).startswith(wanted)})
    if len(found) > 1:
        several = asking.listed([f"{doer.kind}#{doer.id}" for doer in found])
        complain(f"{asking.listed([word.value])} could be {several}: write more of the name, or one of these.")
    return [("by", f"{found[0].kind}:{found[0].id}" if found else word.value)]


def _read_doers(asked: Asked, _ground: Ground, complain: Complain) -> Mapping[str, Any]:
    found = {Doer(*pair) for pair in asking.doers(asked.get("by", []), complain)}
    # A particular rule beside all rules narrows nothing.
    return {"doers": tuple(sorted(doer for doer in found if not doer.id or Doer(doer.kind) not in found))}


def _doers_condition(query: Query, _ground: Ground) -> Iterable[ColumnElement[bool]]:
    if not query.doers:
        return []
    kind = func.coalesce(_c.actor_kind, "")
    whole = [doer.kind for doer in query.doers if not doer.id and doer.kind != "user"]
    single = [and_(kind == doer.kind, _c.actor_id == doer.id) for doer in query.doers if doer.id]
    # A team member acts where the log names one, and that stands in the indexes.
    hands = [func.coalesce(_c.user_id, NO_USER) != NO_USER] if Doer("user") in query.doers else []
    return [or_(*([kind.in_(whole)] if whole else []), *single, *hands)]


def _doers_tests(query: Query, _ground: Ground) -> Iterable[Test]:
    chosen = frozenset(query.doers)
    if not chosen:
        return []
    return [lambda event: Doer(event.actor_kind) in chosen or Doer(event.actor_kind, event.actor_id or -1) in chosen]


def _doer_words(doer: Doer, ground: Ground) -> str:
    """A rule; or rule 7 “Zebra”."""
    if not doer.id:
        return _KINDS[doer.kind]
    name = ground.called(doer.kind.capitalize(), doer.id)
    return f"{doer.kind} {doer.id} “{asking.clip(name)}”" if name else f"{doer.kind} {doer.id}"


def _doers_words(query: Query, ground: Ground) -> Phrase:
    # More than a few are only counted: nobody needs their names.
    few = len(query.doers) <= asking.NAMED
    names = [_doer_words(doer, ground) if few else "" for doer in query.doers]
    return Phrase(after=f"where {some(names, 'any of {} actors')} acted" if names else "")


DOERS: Final = Filter(
    field="doers",
    label="Acted",
    parameters=("by",),
    read=_read_doers,
    write=lambda query, _: [("by", f"{doer.kind}:{doer.id}" if doer.id else doer.kind) for doer in query.doers],
    condition=_doers_condition,
    tests=_doers_tests,
    words=_doers_words,
    hear={"by": _hear_doer},
    say=lambda query, _: [Word("by", f"{doer.kind}#{doer.id}" if doer.id else doer.kind) for doer in query.doers],
    bare={"doers": ()},
)


def _sources_condition(query: Query, _ground: Ground) -> Iterable[ColumnElement[bool]]:
    return [func.coalesce(_c.source, "").in_(query.sources)] if query.sources else []


def _sources_tests(query: Query, _ground: Ground) -> Iterable[Test]:
    chosen = frozenset(query.sources)
    return [lambda event: event.source in chosen] if chosen else []


def _sources_words(query: Query, _ground: Ground) -> Phrase:
    names = [WAYS[name] for name in query.sources]
    return Phrase(after=f"that came by {some(names, 'any of {} ways')}" if names else "")


SOURCES: Final = Filter(
    field="sources",
    label="Came by",
    parameters=("source",),
    read=lambda asked, _, complain: {"sources": asking.sources(asked.get("source", []), complain)},
    write=lambda query, _: [("source", name) for name in query.sources],
    condition=_sources_condition,
    tests=_sources_tests,
    words=_sources_words,
    hear={"source": _plainly("source")},
    say=lambda query, _: [Word("source", name) for name in query.sources],
    bare={"sources": ()},
)
