"""Filters that ask what: the event, the object, and the chain."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import Boolean, ColumnElement, false, func, literal_column

from audit import asking
from audit.asking import Asked, Complain
from audit.folding import fold
from audit.log import event_table
from audit.question import Filter, Ground, Pairs, Phrase, Query, Target, Test, Word, some
from audit.types import registry

_c: Final = event_table.c


# ---- Event


def _read_types(asked: Asked, _ground: Ground, complain: Complain) -> Mapping[str, Any]:
    api_only = asking.box("api_only", asked.get("api_only", []), complain)
    types = asking.types(asked.get("event", []), complain, with_api_only=api_only)
    not_types = asking.types(asked.get("not_event", []), complain, with_api_only=api_only)
    if types and set(types) <= set(not_types):
        complain("Every event that you chose is also left out, so nothing remains. Take one of the two back.")
    return {"types": types, "not_types": not_types, "api_only": api_only}


def _write_types(query: Query, _ground: Ground) -> Pairs:
    return [
        *(("event", name) for name in asking.shortened(query.types, with_api_only=query.api_only)),
        *(("not_event", name) for name in asking.shortened(query.not_types, with_api_only=query.api_only)),
        *([("api_only", "1")] if query.api_only else []),
    ]


def chosen_types(query: Query) -> tuple[str, ...] | None:
    """The types that can fit, where the question narrows them; None where it does not."""
    kind = query.target.type if query.target is not None and query.target.id is None else None
    if not (query.types or query.not_types or kind):
        return None
    names = query.types or tuple(type_.name for type_ in registry if query.api_only or type_.in_drop_down)
    if kind and not query.types and not any(registry[name].object == kind for name in names):
        names = tuple(type_.name for type_ in registry)  # of some objects, all events are API-only
    left_out = set(query.not_types)
    return tuple(name for name in names if name not in left_out and kind in (None, registry[name].object))


@cache
def _is_none_of(names: tuple[str, ...]) -> ColumnElement[bool]:
    # As text: nearly every question says it, and so many values bound one by one take longer than many a look.
    return literal_column(f"event.type NOT IN ({', '.join(map(repr, names))})", Boolean)


def _types_condition(query: Query, _ground: Ground) -> Iterable[ColumnElement[bool]]:
    chosen = chosen_types(query)
    if chosen is not None:
        return [func.coalesce(_c.type, "").in_(chosen) if chosen else false()]
    return [] if query.api_only else [_is_none_of(tuple(each.name for each in registry if not each.in_drop_down))]


def _types_tests(query: Query, _ground: Ground) -> Iterable[Test]:
    chosen = chosen_types(query)
    if chosen is not None:
        wanted = frozenset(chosen)
        return [lambda event: event.type in wanted]
    left_out = frozenset() if query.api_only else frozenset(type_.name for type_ in registry if not type_.in_drop_down)
    return [lambda event: event.type not in left_out] if left_out else []


_LEFT_OUT: Final = "API-only events left out"


def _types_words(query: Query, _ground: Ground) -> Phrase:
    other = f"other than {some(type_names(query.not_types), '{} types')}" if query.not_types else ""
    if not query.types:
        return Phrase(after=other, note="API-only events included" if query.api_only else _LEFT_OUT)
    names, note = type_names(query.types), _LEFT_OUT if _is_cut_down(query.types) else ""
    if len(names) > asking.NAMED:
        return Phrase(after=f"of {len(query.types)} types {other}".strip(), note=note)
    return Phrase(before=some(names, ""), after=other, note=note)


def _is_cut_down(chosen: tuple[str, ...]) -> bool:
    """Whether a group is called by its name, though those of its events are missing that only the API offers."""
    wanted = set(chosen)
    return any(
        len(offered) > 1 and offered <= wanted and not whole <= wanted
        for offered, whole in (
            ({each.name for each in types if each.in_drop_down}, {each.name for each in types})
            for types in registry.drop_down(with_api_only=True).values()
        )
    )


def type_names(chosen: tuple[str, ...]) -> list[str]:
    """Types in words, a whole group by its name."""
    rest, names = set(chosen), []
    for group, types in registry.drop_down(with_api_only=True).items():
        offered = {type_.name for type_ in types if type_.in_drop_down}
        if len(offered) > 1 and offered <= rest:
            names.append(group)
            rest -= offered
        names += [f"“{type_.label}”" for type_ in types if type_.name in rest]
    return names


def _hear_type(word: Word, _ground: Ground, _complain: Complain) -> Pairs:
    return [("not_event" if word.negated else "event", word.value.lower())]


def _hear_api_only(word: Word, _ground: Ground, complain: Complain) -> Pairs:
    if fold(word.value) == "yes":
        return [("api_only", "1")]
    complain(f"“api-only” is yes or left out, not {asking.listed([word.value])}.")
    return []


def _say_types(query: Query, _ground: Ground) -> Iterable[Word]:
    api_only = query.api_only
    return [
        *(Word("type", name) for name in asking.shortened(query.types, with_api_only=api_only)),
        *(Word("type", name, negated=True) for name in asking.shortened(query.not_types, with_api_only=api_only)),
        *([Word("api-only", "yes")] if api_only else []),
    ]


TYPES: Final = Filter(
    field="types",
    label="Event",
    parameters=("event", "not_event", "api_only"),
    read=_read_types,
    write=_write_types,
    condition=_types_condition,
    tests=_types_tests,
    words=_types_words,
    hear={"type": _hear_type, "api-only": _hear_api_only},
    say=_say_types,
    bare={"types": (), "not_types": (), "api_only": False},
)


# ---- Object, and chain


def _read_target(asked: Asked, _ground: Ground, complain: Complain) -> Mapping[str, Any]:
    found = asking.target(asked.get("object", []), complain)
    return {"target": Target(*found) if found else None}


def _write_target(query: Query, _ground: Ground) -> Pairs:
    target = query.target
    return [("object", f"{target.type}:{target.id}" if target.id is not None else target.type)] if target else []


def _target_condition(query: Query, _ground: Ground) -> Iterable[ColumnElement[bool]]:
    target = query.target
    if target is None:
        return []
    if target.id is None:
        return [func.coalesce(_c.object_type, "") == target.type]
    return [_c.object_type == target.type, _c.object_id == target.id]


def _target_tests(query: Query, _ground: Ground) -> Iterable[Test]:
    target = query.target
    if target is None:
        return []
    return [lambda event: event.object_type == target.type and target.id in (None, event.object_id)]


def _target_words(query: Query, _ground: Ground) -> Phrase:
    target = query.target
    if target is None:
        return Phrase()
    noun = asking.noun(target.type)
    return Phrase(after=f"on {noun} {target.id}" if target.id is not None else f"on any {noun[0].lower()}{noun[1:]}")


def _say_target(query: Query, _ground: Ground) -> Iterable[Word]:
    target = query.target
    if target is None:
        return []
    kind = asking.kebab(target.type)
    return [Word("object", f"{kind}#{target.id}" if target.id is not None else kind)]


TARGET: Final = Filter(
    field="target",
    label="Object",
    parameters=("object",),
    read=_read_target,
    write=_write_target,
    condition=_target_condition,
    tests=_target_tests,
    words=_target_words,
    hear={"object": lambda word, _ground, _complain: [("object", word.value)]},
    say=_say_target,
    bare={"target": None},
)

CONTEXT: Final = Filter(
    field="context",
    label="Chain",
    parameters=("context",),
    read=lambda asked, _, complain: {"context": asking.context(asked.get("context", []), complain)},
    write=lambda query, _: [("context", str(query.context))] if query.context else [],
    condition=lambda query, _: [_c.context == query.context] if query.context else [],
    tests=lambda query, _: [lambda event: event.context == query.context] if query.context else [],
    words=lambda query, _: Phrase(after="in one chain" if query.context else ""),
    hear={"chain": lambda word, _ground, _complain: [("context", word.value)]},
    say=lambda query, _: [Word("chain", str(query.context))] if query.context else [],
    bare={"context": None},
)
