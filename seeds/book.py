"""Reads office.toml: what the demo's agents set up around the tickets, try out and give up, besides answering."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from seeds.sheets import Sheet, read_sheet
from seeds.words import CONTENT


@dataclass(frozen=True, slots=True)
class ViewSheet:
    """A view, whose it is, and what becomes of it."""

    name: str
    emoji: str
    filters: str
    order: str
    later: str | None
    team: str | None  #: it is shared with
    private: bool
    until: float | None  #: the share of the world's time after which it is deleted


@dataclass(frozen=True, slots=True)
class WidgetSheet:
    """A card beside a ticket."""

    title: str
    lines: tuple[dict[str, str], ...]
    orders: bool
    gone: bool


@dataclass(frozen=True, slots=True)
class HookSheet:
    """A connection by HTTP that is switched off or gone in the end."""

    name: str
    about: str
    url: str
    later: str
    trigger: str
    gone: bool


@dataclass(frozen=True, slots=True)
class PassingTag:
    """A tag that is not there any more in the end."""

    name: str
    other: str  #: the tag it was merged into, or whose tickets bore it, too
    colour: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class PassingTeam:
    """A team that was tried out."""

    name: str
    emoji: str
    description: str
    later: str
    members: tuple[str, ...]
    joins: str
    on: str  #: the tag whose tickets it was given


@dataclass(frozen=True, slots=True)
class PassingMacro:
    """A macro that is put away, or gone, in the end."""

    name: str
    text: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Twins:
    """One company that was entered twice."""

    name: str
    email: str
    other_name: str
    other_email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Junk:
    """A night's junk mail."""

    names: tuple[str, ...]
    subjects: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Book:
    """All of it."""

    notes: tuple[str, ...]
    shop: str
    chat: str
    views: tuple[ViewSheet, ...]
    widgets: tuple[WidgetSheet, ...]
    hooks: tuple[HookSheet, ...]
    merged_tag: PassingTag
    deleted_tag: PassingTag
    team: PassingTeam
    macros: tuple[PassingMacro, ...]
    twins: Twins
    junk: Junk


@cache
def load_book() -> Book:
    """Read it, and refuse what makes no sense."""
    sheet = read_sheet(CONTENT, "office.toml")
    tags = sheet.sheet("tags")
    book = Book(
        notes=sheet.texts("notes"),
        shop=sheet.text("shop"),
        chat=sheet.text("chat"),
        views=tuple(_view(each) for each in sheet.sheets("views", "view")),
        widgets=tuple(_widget(each) for each in sheet.sheets("widgets", "widget")),
        hooks=tuple(_hook(each) for each in sheet.sheets("hooks", "hook")),
        merged_tag=_merged(tags.sheet("merged")),
        deleted_tag=_deleted(tags.sheet("deleted")),
        team=_team(sheet.sheet("team")),
        macros=tuple(_macro(each) for each in sheet.sheets("macros", "macro")),
        twins=_twins(sheet.sheet("twins")),
        junk=_junk(sheet.sheet("junk")),
    )
    tags.finish()
    sheet.finish()
    return book


def _view(sheet: Sheet) -> ViewSheet:
    view = ViewSheet(
        name=sheet.text("name"),
        emoji=sheet.text("emoji"),
        filters=sheet.text("filters"),
        order=sheet.text("order"),
        later=sheet.maybe("later"),
        team=sheet.maybe("shared"),
        private=sheet.take("private", bool, False),
        until=float(sheet.take("until", Decimal)) if sheet.has("until") else None,
    )
    sheet.finish()
    return view


def _widget(sheet: Sheet) -> WidgetSheet:
    lines: list[dict[str, str]] = sheet.take("lines", list, [])
    widget = WidgetSheet(
        sheet.text("title"), tuple(lines), sheet.take("orders", bool, False), sheet.take("gone", bool, False)
    )
    sheet.finish()
    return widget


def _hook(sheet: Sheet) -> HookSheet:
    hook = HookSheet(
        name=sheet.text("name"),
        about=sheet.text("about"),
        url=sheet.text("url"),
        later=sheet.text("later"),
        trigger=sheet.text("trigger"),
        gone=sheet.take("gone", bool),
    )
    sheet.finish()
    return hook


def _merged(sheet: Sheet) -> PassingTag:
    tag = PassingTag(sheet.text("name"), sheet.text("into"))
    sheet.finish()
    return tag


def _deleted(sheet: Sheet) -> PassingTag:
    tag = PassingTag(sheet.text("name"), sheet.text("on"), sheet.text("colour"), sheet.text("description"))
    sheet.finish()
    return tag


def _team(sheet: Sheet) -> PassingTeam:
    team = PassingTeam(
        name=sheet.text("name"),
        emoji=sheet.text("emoji"),
        description=sheet.text("description"),
        later=sheet.text("later"),
        members=sheet.texts("members"),
        joins=sheet.address("joins"),
        on=sheet.text("on"),
    )
    sheet.finish()
    return team


def _macro(sheet: Sheet) -> PassingMacro:
    macro = PassingMacro(sheet.text("name"), sheet.text("text"), sheet.take("gone", bool))
    sheet.finish()
    return macro


def _twins(sheet: Sheet) -> Twins:
    twins = Twins(
        sheet.text("name"),
        sheet.address("email"),
        sheet.text("other_name"),
        sheet.address("other_email"),
        sheet.text("phone"),
    )
    sheet.finish()
    return twins


def _junk(sheet: Sheet) -> Junk:
    junk = Junk(sheet.texts("names"), sheet.texts("subjects"), sheet.texts("texts"))
    sheet.finish()
    return junk


def reply_of(macro: PassingMacro) -> list[dict[str, Any]]:
    """What such a macro does: it suggests a reply."""
    arguments = {"body_text": macro.text, "markdown": True}
    return [{"name": "setResponseText", "title": "Write the reply", "type": "user", "arguments": arguments}]
