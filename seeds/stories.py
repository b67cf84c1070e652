"""Read the demo world's stories from the files in content/, and refuse what makes no sense."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from seeds.cast import Cast
from seeds.casting import load_cast
from seeds.plot import Beat, Kind, Sender, Story, Variant, fitting
from seeds.sheets import Sheet, read_sheet
from seeds.words import ANY, CONTENT, ContentError, placeholders

CHANNELS = (
    "email", "chat", "contact_form", "phone", "instagram-direct-message", "facebook-messenger", "whatsapp",
    "help-center",
)  # fmt: skip
PRIORITIES = ("critical", "high", "normal", "low")
ARRIVALS = ("day", "office", "any")

_BY_THEMSELVES = {Kind.CUSTOMER, Kind.TWIN}
# What not everybody who answers may do.
_OF_LEADS = {Kind.MERGE, Kind.DELETE, Kind.CANCEL_ORDER, Kind.REFUND_ORDER, Kind.RECOGNISE, Kind.FORGET}
_NEEDED: Mapping[Kind, tuple[str, ...]] = {
    Kind.CUSTOMER: ("texts",), Kind.TWIN: ("texts", "subjects"), Kind.REPLY: ("texts",), Kind.NOTE: ("texts",),
    Kind.ASSIGN_TEAM: ("team",), Kind.ASSIGN: ("to",), Kind.SUBJECT: ("subjects",), Kind.SNOOZE: ("for",),
    Kind.PRIORITY: ("priority",), Kind.SUMMARY: ("texts",), Kind.EDIT_MESSAGE: ("texts", "whose"),
    Kind.DELETE_MESSAGE: ("whose",),
}  # fmt: skip
_ALLOWED: Mapping[Kind, tuple[str, ...]] = {
    Kind.CUSTOMER: ("attachments",), Kind.TWIN: ("attachments",), Kind.REPLY: ("attachments", "macro", "markdown"),
    Kind.NOTE: ("macro",), Kind.ASSIGN: ("macro",), Kind.TAGS: ("add", "remove"),
}  # fmt: skip
# What must stand earlier in a story for a beat to have anything to act on.
_EARLIER: Mapping[Kind, set[Kind]] = {
    Kind.REOPEN: {Kind.CLOSE, Kind.SNOOZE}, Kind.UNSPAM: {Kind.SPAM}, Kind.UNTRASH: {Kind.TRASH},
    Kind.DELETE: {Kind.TRASH}, Kind.MERGE: {Kind.TWIN}, Kind.UNASSIGN: {Kind.ASSIGN, Kind.REPLY},
    Kind.UNASSIGN_TEAM: {Kind.ASSIGN_TEAM}, Kind.FORGET: {Kind.CLOSE},
}  # fmt: skip


def load_stories(folder: Path = CONTENT) -> tuple[Story, ...]:
    """Read and check all stories, each from the file that bears its name."""
    cast = load_cast(folder)
    return tuple(_story(read_sheet(folder, f"stories/{path.name}"), path.stem, cast, folder) for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    files = sorted((folder / "stories").glob("*.toml"))
    if not files:
        raise ContentError(f"there are no stories in {folder / 'stories'}")
    return files


def _story(sheet: Sheet, name: str, cast: Cast, folder: Path) -> Story:
    kinds = sheet.texts("products", among={k for p in cast.products for k in p.kinds}) if sheet.has("products") else ()
    beats = tuple(_beat(beat, cast, folder) for beat in sheet.sheets("beats", "beat"))
    story = Story(
        name=name,
        topic=sheet.text("topic"),
        about=sheet.text("about"),
        weight=sheet.take("weight", int),
        channel=sheet.choice("channel", CHANNELS, "email"),
        language=sheet.choice("language", cast.languages, "en"),
        arrives=sheet.choice("arrives", ARRIVALS, "day"),
        products=tuple(product for product in cast.products if set(kinds) & set(product.kinds)),
        versions=tuple(dict.fromkeys(name for text in beats[0].texts for name in text.versions)) or (ANY,),
        senders=tuple(_sender(sender) for sender in sheet.sheets("senders", "sender")) if sheet.has("senders") else (),
        subjects=sheet.variants("subjects"),
        beats=beats,
    )
    sheet.finish()
    _fit_beats(sheet, story)
    _fit_versions(sheet, story)
    _fit_products(sheet, story)
    return story


def _sender(sheet: Sheet) -> Sender:
    sender = Sender(sheet.text("name"), sheet.address("email"), sheet.texts("when") if sheet.has("when") else ())
    sheet.finish()
    return sender


def _beat(sheet: Sheet, cast: Cast, folder: Path) -> Beat:
    kind = Kind(sheet.choice("do", Kind))
    sheet.place += f" ({kind})"
    needed = _NEEDED.get(kind, ())
    if missing := [key for key in needed if not sheet.has(key)]:
        raise sheet.fault(f"{missing[0]!r} is missing")
    own = {key: value for key, value in _own(sheet, cast, folder, {*needed, *_ALLOWED.get(kind, ())}).items() if value}
    chance = float(sheet.take("chance", (int, Decimal), 1))
    beat = Beat(
        kind=kind,
        by=sheet.choice("by", _actors(kind), _actors(kind)[0]),
        after=sheet.span("after", "1m..4m"),
        since=sheet.choice("since", ("beat", "wake"), "beat"),
        working=sheet.take("working", bool, kind not in _BY_THEMSELVES),
        chance=chance,
        name=sheet.maybe("name"),
        needs=sheet.maybe("if"),
        unless=sheet.maybe("unless"),
        versions=sheet.texts("when") if sheet.has("when") else (),
        **own,
    )
    if not 0 < chance <= 1:
        raise sheet.fault(f"'chance' is {chance}, not between 0 and 1")
    if kind is Kind.TAGS and not beat.add + beat.remove:
        raise sheet.fault("neither 'add' nor 'remove'")
    sheet.finish()
    return beat


def _own(sheet: Sheet, cast: Cast, folder: Path, keys: set[str]) -> dict[str, Any]:
    """The values that only this kind of beat has; keys of other kinds stay behind and are complained of."""
    tags = [tag.name for tag in cast.tags]
    files = [path.name for path in (folder / "files").glob("*")]
    readers: dict[str, tuple[str, Callable[[], Any]]] = {
        "texts": ("texts", lambda: sheet.variants("texts")),
        "subjects": ("subjects", lambda: sheet.variants("subjects")),
        "attachments": ("attachments", lambda: sheet.texts("attachments", among=files)),
        "macro": ("macro", lambda: sheet.choice("macro", [macro.name for macro in cast.macros])),
        "markdown": ("markdown", lambda: sheet.take("markdown", bool)),
        "whose": ("whose", lambda: sheet.choice("whose", ("customer", "desk"))),
        "team": ("team", lambda: sheet.choice("team", [team.name for team in cast.teams])),
        "to": ("to", lambda: sheet.choice("to", ("agent", "colleague", "lead"))),
        "add": ("add", lambda: sheet.texts("add", among=tags)),
        "remove": ("remove", lambda: sheet.texts("remove", among=tags)),
        "for": ("lasting", lambda: sheet.span("for")),
        "priority": ("priority", lambda: sheet.choice("priority", PRIORITIES)),
    }
    return {name: read() for key, (name, read) in readers.items() if key in keys and sheet.has(key)}


def _actors(kind: Kind) -> tuple[str, ...]:
    """Who may do such a beat; the first is who does it when the file does not say."""
    if kind in _BY_THEMSELVES:
        return ("customer",)
    if kind in _OF_LEADS:
        return ("lead",)
    return ("agent", "colleague", "lead") + (("observer",) if kind is Kind.NOTE else ())


def _fit_beats(sheet: Sheet, story: Story) -> None:
    """No single beat can tell whether something before it gave it anything to act on."""
    if story.weight < 1:
        raise sheet.fault(f"'weight' is {story.weight}, not 1 or more")
    if story.beats[0].kind not in (Kind.CUSTOMER, Kind.REPLY) or story.beats[0].chance < 1 or story.beats[0].versions:
        raise sheet.fault("beat 1 opens the ticket, always: a customer's message or an agent's reply")
    seen: set[Kind] = set()
    names: set[str] = set()
    for place, beat in _places(story):
        if (earlier := _EARLIER.get(beat.kind)) and not earlier & seen:
            raise sheet.fault(f"{place}: nothing before it is a {' or a '.join(sorted(earlier))}")
        if beat.since == "wake" and Kind.SNOOZE not in seen:
            raise sheet.fault(f"{place}: waits for the end of a snooze, but nobody has snoozed")
        for name in {beat.needs, beat.unless} - {None} - names:
            raise sheet.fault(f"{place}: no beat before it is called {name!r}")
        seen.add(beat.kind)
        names |= {beat.name} if beat.name else set()


def _fit_versions(sheet: Sheet, story: Story) -> None:
    """Every version finds words wherever it needs them, and no other version is named than the opening has."""
    spoken: list[tuple[str, str, tuple[Variant, ...], tuple[str, ...]]] = [("", "subject", story.subjects, ())]
    for place, beat in _places(story):
        spoken += [
            (f"{place}: ", word, told, beat.versions)
            for word, told in (("text", beat.texts), ("subject", beat.subjects))
        ]
        if unknown := set(beat.versions) - set(story.versions):
            raise sheet.fault(f"{place}: the opening has no version {min(unknown)!r}")
    for place, word, variants, versions in spoken:
        if unknown := {version for variant in variants for version in variant.versions} - set(story.versions):
            raise sheet.fault(f"{place}a {word} for the version {min(unknown)!r}, which the opening does not have")
        for version in versions or story.versions:
            if variants and not fitting(variants, version):
                raise sheet.fault(f"{place}no {word} for the version {version!r}")
    for version in story.versions:
        if story.senders and not fitting(story.senders, version):
            raise sheet.fault(f"no sender for the version {version!r}")


def _places(story: Story) -> list[tuple[str, Beat]]:
    return [(f"beat {number} ({beat.kind})", beat) for number, beat in enumerate(story.beats, 1)]


def _fit_products(sheet: Sheet, story: Story) -> None:
    variants = story.subjects + tuple(variant for beat in story.beats for variant in beat.texts + beat.subjects)
    used = {name for variant in variants for name in placeholders(variant.text)}
    if used & {"product", "price"} and not story.products:
        raise sheet.fault("the texts speak of a product; say which kinds in 'products'")
    if used & {"colour", "other_colour"} and not all(product.colours for product in story.products):
        raise sheet.fault("the texts speak of a colour, but not every product of these kinds has one")
