"""The filters as controls: the line, what can be chosen, what is chosen, and a chip for each part of the question."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, NamedTuple

from audit import asking
from audit.actors import ACTOR_KINDS
from audit.filters import FILTERS, NO_USER, Ground, Query, bounded, read_query, write_query
from audit.hues import group_hue
from audit.line import address_of, words_of, write_line, write_word
from audit.periods import ANY, OWN, is_span, minutes, offered, own, preset
from audit.question import Doer, Word
from audit.types import registry
from audit.what import type_names
from audit.when import default_period
from audit.who import WAYS

LABELS: Final = {filter_.field: filter_.label for filter_ in FILTERS}

#: What acts, as a person chooses it.
_KINDS: Final = {
    "user": "Team member",
    "customer": "Customer",
    "rule": "Rule",
    "macro": "Macro",
    "integration": "Integration",
    "schedule": "Timer",
    "system": "The desk itself",
}
#: The control to which a chip leads, by the key of its word.
_CONTROLS: Final = {
    "": "text",
    "-type": "not-event-panel",
    "actor": "member-panel",
    "set-off-by": "set-off-by-panel",
    "by": "by-panel",
    "type": "event-panel",
    "api-only": "event-panel",
    "object": "object",
    "source": "source-panel",
    "chain": "audit-line",
    "since": "period",
    "period": "period",
    "from": "from",
    "to": "to",
    "times": "times",
}
#: Filters that stand among those that are folded away.
_FOLDED: Final = ("not_types", "set_off_by", "doers", "target", "sources", "texts")
#: More parts of a question than these are not shown one by one.
_MOST_CHIPS: Final = 30


class Option(NamedTuple):
    """One thing to choose; a tuple, for every page makes hundreds."""

    value: str
    label: str
    is_chosen: bool
    note: str = ""
    is_api_only: bool = False
    has_count: bool = True  #: whether it is told how much of all this is whose (see `audit.beside`)


@dataclass(frozen=True)
class Group:
    """Options under a heading."""

    heading: str
    hue: str
    options: list[Option]

    @property
    def is_api_only(self) -> bool:
        """Whether all of it appears only with the API-only events."""
        return all(option.is_api_only for option in self.options)


@dataclass(frozen=True)
class Choice:
    """A filter whose options open in a panel."""

    name: str  #: its parameter in the address
    label: str
    words: str  #: what is chosen
    nothing: str  #: what it is called when nothing is
    options: list[Option]
    other: str = ""  #: how one is written that is none of the options, where there are such

    @property
    def stem(self) -> str:
        """With what the ids of its parts begin."""
        return self.name.replace("_", "-")


@dataclass(frozen=True)
class Chip:
    """One part of the question: leads to its control, and can be taken off."""

    word: str  #: as the line has it
    key: str
    value: str
    control: str
    address: str  #: the question without it


@dataclass(frozen=True)
class Form:
    """Everything the form shows."""

    labels: dict[str, str]
    line: str
    members: Choice
    events: list[Group]
    events_words: str
    api_only: bool
    more: list[Choice]
    object: str
    texts: list[str]  #: one a field, and an empty one for another
    periods: list[Option]
    is_own: bool
    start: str
    end: str
    times: str
    account_zone: str
    chips: list[Chip]
    further: int  #: how many more there would be
    hidden: list[tuple[str, str]]  #: what the question holds that no control shows
    is_filtered: bool
    is_unfolded: bool


def form_for(query: Query, ground: Ground, account_zone: str) -> Form:
    """The controls of a query."""
    is_own = query.period.name == OWN
    start, end = minutes(query.period if is_own else own(ground.now, ground.zone, ground.longest))
    events, words = _events(query.types), words_of(query, ground)
    chosen = [name.strip("“”") for name in type_names(query.types)]
    return Form(
        labels=LABELS,
        line=write_line(query, ground),
        members=_choice("member", LABELS["members"], "Any", _members(query.members, ground, with_no_user=True)),
        events=events,
        events_words=_words(_all_but(query), chosen),
        api_only=query.api_only,
        more=_more(query, ground),
        object=_object(query),
        texts=[*query.texts, ""][: asking.MOST_TEXTS],
        periods=_periods(query, ground),
        is_own=is_own,
        start=start,
        end=end,
        times=ground.times,
        account_zone=account_zone,
        chips=_chips(words, ground),
        further=max(len(words) - _MOST_CHIPS, 0),
        hidden=_hidden(query),
        is_filtered=bool(write_query(query, ground)),
        is_unfolded=any(getattr(query, name) for name in _FOLDED),
    )


def _members(chosen: tuple[int, ...], ground: Ground, *, with_no_user: bool) -> list[Option]:
    nobody = Option(asking.NO_USER_WORD, "No user", NO_USER in chosen, "rules, macros, timers, customers")
    return [
        *([nobody] if with_no_user else []),
        *(
            Option(str(number), name, number in chosen, "left" if number in ground.left else "")
            for number, name in ground.people.items()
        ),
    ]


@lru_cache(maxsize=64)
def _events(chosen: tuple[str, ...]) -> list[Group]:
    return [
        Group(
            heading,
            group_hue(types[0].object),
            [
                Option(type_.name, type_.label, type_.name in chosen, is_api_only=not type_.in_drop_down)
                for type_ in types
            ],
        )
        for heading, types in registry.drop_down(with_api_only=True).items()
    ]


def _all_but(query: Query) -> str:
    names = [name.strip("“”") for name in type_names(query.not_types)]
    return f"All but {_words('', names)}" if names else "All events"


def _doers(query: Query, ground: Ground) -> list[Option]:
    """Whole kinds, and of those whose number was asked for, each by its name."""
    kinds = [Option(kind, _KINDS[kind], Doer(kind) in query.doers) for kind in ACTOR_KINDS]
    return [*kinds, *(_particular(doer, ground) for doer in query.doers if doer.id)]


def _particular(doer: Doer, ground: Ground) -> Option:
    name = ground.called(doer.kind.capitalize(), doer.id)
    return Option(f"{doer.kind}:{doer.id}", f"{_KINDS[doer.kind]} {doer.id}", True, name, has_count=False)


@lru_cache(maxsize=64)
def _left_out(chosen: tuple[str, ...]) -> list[Option]:
    offered = registry.drop_down(with_api_only=True).values()
    return [Option(type_.name, type_.label, type_.name in chosen) for types in offered for type_ in types]


def _more(query: Query, ground: Ground) -> list[Choice]:
    ways = [Option(name, way[0].upper() + way[1:], name in query.sources) for name, way in WAYS.items()]
    set_off = _members(query.set_off_by, ground, with_no_user=False)
    return [
        _choice("not_event", "Left out", "Nothing", _left_out(query.not_types)),
        replace(_choice("by", LABELS["doers"], "Anything", _doers(query, ground)), other="rule 7"),
        _choice("set_off_by", LABELS["set_off_by"], "Anybody", set_off),
        _choice("source", LABELS["sources"], "Any way", ways),
    ]


def _choice(name: str, label: str, nothing: str, options: list[Option]) -> Choice:
    return Choice(name, label, _words(nothing, [one.label for one in options if one.is_chosen]), nothing, options)


def _object(query: Query) -> str:
    target = query.target
    if target is None:
        return ""
    return f"{asking.noun(target.type)} {target.id}" if target.id is not None else asking.noun(target.type)


def _periods(query: Query, ground: Ground) -> list[Option]:
    names = [(named.name, named.label) for named in offered(ground.longest)]
    asked = preset(query.period.name)
    if asked is not None and is_span(asked.name) and asked.name not in dict(names):
        names.append((asked.name, asked.label))
    if query.is_exempt or ground.longest is None:
        names.append((ANY, "Any time"))
    names.append((OWN, "Own period"))
    usual = default_period(ground, query.is_exempt).name  # has no value: another object may have another
    return [Option("" if name == usual else name, label, name == query.period.name) for name, label in names]


def _chips(words: list[Word], ground: Ground) -> list[Chip]:
    asked = [address_of([word], ground) for word in words]
    return [
        Chip(
            write_word(word),
            f"{'not ' if word.negated else ''}{word.key or 'text'}",
            word.value,
            _CONTROLS[f"-{word.key}" if word.negated else word.key],
            _address(asked[:place] + asked[place + 1 :], ground),
        )
        for place, word in enumerate(words[:_MOST_CHIPS])
    ]


def _address(asked: list[dict[str, list[str]]], ground: Ground) -> str:
    together: dict[str, list[str]] = {}
    for part in asked:
        for name, values in part.items():
            together.setdefault(name, []).extend(values)
    if not together:
        return ""  # of a question that asked for one thing, nothing is left
    rest = read_query(together, ground)
    return write_query(bounded(rest.query, rest.ground), rest.ground)


def _hidden(query: Query) -> list[tuple[str, str]]:
    return [("context", str(query.context))] if query.context else []


def _words(nothing: str, names: list[str]) -> str:
    if not names:
        return nothing
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
