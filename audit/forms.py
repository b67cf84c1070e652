"""The filters as controls: what can be chosen, what is chosen, and the chips of what is not a control."""

from dataclasses import dataclass
from typing import Final

from audit import asking
from audit.filters import FILTERS, NO_USER, Ground, Query, without, write_query
from audit.hues import group_hue
from audit.periods import ANY, OWN, minutes, offered, own
from audit.rows import name_of
from audit.types import registry

LABELS: Final = {filter_.field: filter_.label for filter_ in FILTERS}


@dataclass(frozen=True)
class Option:
    """One thing to choose."""

    value: str
    label: str
    is_chosen: bool
    note: str = ""
    is_api_only: bool = False


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
class Chip:
    """A filter that has no control: it came by a link, and can only be taken off."""

    parameter: str
    value: str
    label: str
    address: str  #: the filters without it


@dataclass(frozen=True)
class Form:
    """Everything the form shows."""

    labels: dict[str, str]
    members: list[Option]
    members_words: str
    events: list[Group]
    events_words: str
    api_only: bool
    periods: list[Option]
    is_own: bool
    start: str
    end: str
    chips: list[Chip]
    is_filtered: bool


def form_for(query: Query, ground: Ground, target_label: str) -> Form:
    """The controls of a query."""
    is_own = query.period.name == OWN
    start, end = minutes(query.period if is_own else own(ground.now, ground.zone, ground.longest))
    members, events = _members(query, ground), _events(query)
    chosen = [option.label for group in events for option in group.options if option.is_chosen]
    return Form(
        labels=LABELS,
        members=members,
        members_words=_choice("Any", [option.label for option in members if option.is_chosen]),
        events=events,
        events_words=_choice("All events", chosen),
        api_only=query.api_only,
        periods=_periods(query, ground),
        is_own=is_own,
        start=start,
        end=end,
        chips=_chips(query, ground, target_label),
        is_filtered=bool(write_query(query, ground)),
    )


def _members(query: Query, ground: Ground) -> list[Option]:
    people = sorted(ground.people.items(), key=lambda person: (person[0] in ground.left, person[1].casefold()))
    return [
        Option(asking.NO_USER_WORD, "No user", NO_USER in query.members, "rules, macros, timers, customers"),
        *(
            Option(str(number), name, number in query.members, "left" if number in ground.left else "")
            for number, name in people
        ),
    ]


def _events(query: Query) -> list[Group]:
    return [
        Group(
            heading,
            group_hue(types[0].object),
            [
                Option(type_.name, type_.label, type_.name in query.types, is_api_only=not type_.in_drop_down)
                for type_ in types
            ],
        )
        for heading, types in registry.drop_down(with_api_only=True).items()
    ]


def _periods(query: Query, ground: Ground) -> list[Option]:
    names = [(preset.name, preset.label) for preset in offered(ground.longest)]
    if query.is_exempt or ground.longest is None:
        names.append((ANY, "Any time"))
    names.append((OWN, "Own period"))
    return [Option(name, label, name == query.period.name) for name, label in names]


def _chips(query: Query, ground: Ground, target_label: str) -> list[Chip]:
    labels = {
        "target": name_of(query.target.type, query.target.id, target_label) if query.target else "",
        "context": f"chain {str(query.context)[:8]}",
    }
    return [
        Chip(parameter, value, labels[filter_.field], write_query(without(query, ground, filter_.field), ground))
        for filter_ in FILTERS
        if filter_.field in labels
        for parameter, value in filter_.write(query, ground)
    ]


def _choice(nothing: str, names: list[str]) -> str:
    if not names:
        return nothing
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
