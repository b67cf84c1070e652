"""Read the demo world's people, shop and stories from the files in content/, and refuse what makes no sense."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from automation.simulator.rota import Shift

CONTENT = Path(__file__).parent / "content"

PLACEHOLDERS: Mapping[str, str] = {
    "firstname": "the customer's first name",
    "lastname": "the customer's last name",
    "name": "the customer's whole name",
    "email": "the customer's address",
    "other_firstname": "first name of the second person in the story: a mother, a colleague",
    "other_name": "that person's whole name",
    "other_email": "that person's address",
    "agent": "first name of the agent who writes",
    "colleague": "first name of another agent",
    "owner": "first name of the owner",
    "admin": "first name of an admin",
    "lead": "first name of the lead of the ticket's team",
    "observer": "first name of an observer",
    "shop": "the shop's name",
    "support": "the desk's address",
    "company": "a company that buys from the shop",
    "order": "the order's number",
    "other_order": "another order's number of the same customer",
    "invoice": "the invoice's number",
    "product": "the product the story is about",
    "other_product": "another product",
    "colour": "the product's glaze or colour",
    "other_colour": "another of the product's colours",
    "quantity": "a small number, from 2 on",
    "price": "the product's price",
    "amount": "what the whole order came to",
    "carrier": "who carries the parcel",
    "tracking": "the carrier's number for it",
    "city": "where the customer lives",
    "street": "street and house number of the customer",
    "other_city": "another city in the same country",
    "other_street": "another street and number",
    "date": "the day of the order, before the story begins",
    "due": "the day on which something was or is to arrive, about when the story begins",
    "soon": "a working day within the week after the story begins",
    "code": "a discount code",
    "hello": "how the customer says hello, with names filled in",
    "bye": "how the customer says goodbye, with names filled in",
    "dear": "how the agent says hello, with names filled in",
    "regards": "how the agent says goodbye, with names filled in",
}
# Every story has at least this version of itself; a text that says nothing of versions suits them all.
ANY = "any"
PHRASES = ("hello", "bye", "dear", "regards")

ROLES = ("owner", "admin", "lead", "basic", "lite", "observer")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHANNELS = (
    "email", "chat", "contact_form", "phone", "instagram-direct-message", "facebook-messenger", "whatsapp",
    "help-center",
)  # fmt: skip
PRIORITIES = ("critical", "high", "normal", "low")
ARRIVALS = ("day", "office", "any")
MACRO_ACTIONS = (
    "setResponseText", "addTags", "removeTags", "setTags", "setStatus", "snoozeTicket", "setAssignee",
    "setTeamAssignee", "setPriority", "setSubject", "addInternalNote",
)  # fmt: skip
MACRO_VARIABLES = (
    "ticket.id", "ticket.subject", "ticket.customer.firstname", "ticket.customer.lastname", "ticket.customer.name",
    "ticket.customer.email", "current_user.id", "current_user.firstname", "current_user.name", "current_user.email",
)  # fmt: skip


class ContentError(ValueError):
    """A content file says something that cannot be played; the message names the file and the place."""


class Kind(StrEnum):
    """What happens in a beat, in the desk's own verbs."""

    CUSTOMER = "customer"
    TWIN = "twin"
    REPLY = "reply"
    NOTE = "note"
    ASSIGN_TEAM = "assign_team"
    ASSIGN = "assign"
    UNASSIGN = "unassign"
    UNASSIGN_TEAM = "unassign_team"
    TAGS = "tags"
    SUBJECT = "subject"
    SNOOZE = "snooze"
    CLOSE = "close"
    REOPEN = "reopen"
    SPAM = "spam"
    UNSPAM = "unspam"
    TRASH = "trash"
    UNTRASH = "untrash"
    DELETE = "delete"
    MERGE = "merge"
    SWAP_CUSTOMER = "swap_customer"
    PRIORITY = "priority"
    SUMMARY = "summary"
    EDIT_MESSAGE = "edit_message"
    DELETE_MESSAGE = "delete_message"
    CANCEL_ORDER = "cancel_order"
    REFUND_ORDER = "refund_order"
    RECOGNISE = "recognise"
    FORGET = "forget"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time somewhere between a shortest and a longest."""

    shortest: timedelta
    longest: timedelta

    def at(self, share: float) -> timedelta:
        """The stretch that lies at this share, from 0 (shortest) to 1 (longest)."""
        return self.shortest + (self.longest - self.shortest) * share


@dataclass(frozen=True, slots=True)
class Agent:
    """A team member, with a role and a shift."""

    name: str
    email: str
    role: str
    title: str
    teams: tuple[str, ...]
    languages: tuple[str, ...]
    shift: Shift


@dataclass(frozen=True, slots=True)
class TeamSheet:
    """A team of agents."""

    name: str
    emoji: str
    description: str


@dataclass(frozen=True, slots=True)
class TagSheet:
    """A tag, with the colour that people chose for it."""

    name: str
    colour: str
    description: str


@dataclass(frozen=True, slots=True)
class MacroAction:
    """One step of a macro; teams stand in its arguments by name."""

    name: str
    title: str
    type: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MacroSheet:
    """A macro: a name and the steps it takes."""

    name: str
    intent: str | None
    actions: tuple[MacroAction, ...]


@dataclass(frozen=True, slots=True)
class Carrier:
    """Who carries parcels, and how their tracking numbers begin."""

    name: str
    tracking: str


@dataclass(frozen=True, slots=True)
class Product:
    """A thing the shop sells; stories choose it by one of its kinds."""

    name: str
    price: Decimal
    kinds: tuple[str, ...]
    colours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """How people of one language greet, live, and write days and money."""

    code: str
    locale: str
    phrases: Mapping[str, tuple[str, ...]]
    cities: tuple[str, ...]
    streets: tuple[str, ...]
    months: tuple[str, ...]
    day_pattern: str
    money_pattern: str
    decimal: str

    def day(self, when: date) -> str:
        """The day as people write it: 3 March, 3. März."""
        return fill(self.day_pattern, {"day": str(when.day), "month": self.months[when.month - 1]})

    def money(self, amount: Decimal) -> str:
        """The sum as people write it: €24.00, 24,00 €."""
        return fill(self.money_pattern, {"amount": f"{amount:.2f}".replace(".", self.decimal)})


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody and everything the stories draw on."""

    name: str
    domain: str
    support: str
    timezone: str
    teams: tuple[TeamSheet, ...]
    agents: tuple[Agent, ...]
    helpers: tuple[Agent, ...]  # who are there for a while only, and are gone in the end
    tags: tuple[TagSheet, ...]
    macros: tuple[MacroSheet, ...]
    products: tuple[Product, ...]
    carriers: tuple[Carrier, ...]
    codes: tuple[str, ...]
    companies: tuple[str, ...]
    languages: Mapping[str, Language]


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording, and the versions of the story it suits (none named: all)."""

    text: str
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """Somebody outside who is no ordinary customer: a newsroom, a spammer."""

    name: str
    email: str
    versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Beat:
    """One thing that happens to a ticket; what does not belong to its kind is empty."""

    kind: Kind
    by: str  # customer, agent (who has the ticket, else somebody of its team), colleague (another), lead, observer
    after: Span  # since the beat before, or since the end of the last snooze if that is later
    since: str  # beat, wake
    working: bool  # waits for the shift of whoever does it
    chance: float
    name: str | None  # what later beats call it
    needs: str | None  # only if the beat of this name happened
    unless: str | None  # only if it did not
    versions: tuple[str, ...] = ()
    texts: tuple[Variant, ...] = ()
    subjects: tuple[Variant, ...] = ()
    attachments: tuple[str, ...] = ()
    macro: str | None = None
    markdown: bool = False  # written with **stars** and lists
    whose: str | None = None  # the newest message of the customer, or of the desk
    team: str | None = None
    to: str | None = None  # agent, colleague, lead
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    lasting: Span | None = None  # how long a snooze is
    priority: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """A kind of ticket, from the first message to the last click, in one version or several."""

    name: str
    topic: str
    about: str
    weight: int
    channel: str
    language: str
    arrives: str
    products: tuple[Product, ...]
    versions: tuple[str, ...]
    senders: tuple[Sender, ...]
    subjects: tuple[Variant, ...]
    beats: tuple[Beat, ...]

    def has(self, *kinds: Kind) -> bool:
        """Whether something of these kinds may happen in it."""
        return any(beat.kind in kinds for beat in self.beats)

    @property
    def is_about_an_order(self) -> bool:
        """Whether the shop's books know what it is about."""
        return self.has(Kind.CANCEL_ORDER, Kind.REFUND_ORDER) or self.speaks_of("{order}")

    def speaks_of(self, placeholder: str) -> bool:
        """Whether any of its words do."""
        said = (variant for beat in self.beats for variant in beat.texts)
        return any(placeholder in variant.text for variant in (*self.subjects, *said))


T = TypeVar("T", Variant, Sender, Beat)
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def fitting(items: Iterable[T], version: str) -> tuple[T, ...]:
    """Those of the wordings, senders or beats that belong to this version of their story."""
    return tuple(item for item in items if not item.versions or version in item.versions)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values where their names stand in braces; a filled-in value is never looked into again."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            raise ContentError(f"no value for {{{match[1]}}} in “{text[:60]}”")
        return values[match[1]]

    return _PLACEHOLDER.sub(value, text)


def placeholders(text: str) -> set[str]:
    """The names that stand in braces in a text."""
    return set(_PLACEHOLDER.findall(text))


def load_cast(folder: Path = CONTENT) -> Cast:
    """Read and check everybody and everything but the stories."""
    people, shop = read_sheet(folder, "cast.toml"), read_sheet(folder, "shop.toml")
    account = people.sheet("account")
    languages = _languages(read_sheet(folder, "languages.toml"))
    teams = tuple(_team(sheet) for sheet in people.sheets("teams", "team"))
    tags = tuple(_tag(sheet) for sheet in people.sheets("tags", "tag"))
    names = {team.name for team in teams}
    cast = Cast(
        name=account.text("name"),
        domain=account.text("domain"),
        support=account.address("support"),
        timezone=account.text("timezone"),
        teams=teams,
        agents=tuple(_agent(sheet, names, languages) for sheet in people.sheets("agents", "agent")),
        helpers=tuple(_agent(sheet, names, languages) for sheet in people.sheets("helpers", "helper")),
        tags=tags,
        macros=tuple(_macro(s, {tag.name for tag in tags}, names) for s in people.sheets("macros", "macro")),
        products=tuple(_product(sheet) for sheet in shop.sheets("products", "product")),
        carriers=tuple(_carrier(sheet) for sheet in shop.sheets("carriers", "carrier")),
        codes=shop.texts("codes"),
        companies=shop.texts("companies"),
        languages=languages,
    )
    if shop.text("name") != cast.name or not shop.text("about"):
        raise shop.fault(f"the shop and the account have one name, {cast.name!r}")
    for sheet in (account, people, shop):
        sheet.finish()
    _twice(people, [agent.email for agent in (*cast.agents, *cast.helpers)])
    for group in (cast.teams, cast.agents, cast.tags, cast.macros):
        _twice(people, [item.name for item in group])
    return cast


def load_stories(folder: Path = CONTENT) -> tuple[Story, ...]:
    """Read and check all stories, each from the file that bears its name."""
    cast = load_cast(folder)
    return tuple(_story(read_sheet(folder, f"stories/{path.name}"), path.stem, cast, folder) for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    files = sorted((folder / "stories").glob("*.toml"))
    if not files:
        raise ContentError(f"there are no stories in {folder / 'stories'}")
    return files


# ── One table of a file ──────────────────────────────────────────────────────────────────────────────────────────────

_ADDRESS = re.compile(r"[^@\s<>]+@([a-z0-9-]+\.)*example")
_MISSING = object()


class Sheet:
    """A table that knows where it stands, gives each value once, and in the end asks what nobody wanted."""

    def __init__(self, place: str, table: Mapping[str, Any]) -> None:
        self.place = place
        self._left = dict(table)

    def fault(self, sentence: str) -> ContentError:
        return ContentError(f"{self.place}: {sentence}")

    def has(self, key: str) -> bool:
        return key in self._left

    def names(self) -> tuple[str, ...]:
        return tuple(self._left)

    def take(self, key: str, kinds: type | tuple[type, ...], default: Any = _MISSING) -> Any:
        value = self._left.pop(key, default)
        if value is _MISSING:
            raise self.fault(f"{key!r} is missing")
        # True counts as a number in Python, but nobody who edits a file means it so.
        if value is not default and (not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool)):
            raise self.fault(f"{key!r} has a value of the wrong sort: {value!r}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self.take(key, str, _MISSING if default is None else default)
        if not value.strip():
            raise self.fault(f"{key!r} is empty")
        return str(value).strip()

    def maybe(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else None

    def choice(self, key: str, choices: Iterable[str], default: str | None = None) -> str:
        value, known = self.text(key, default), sorted(choices)
        if value not in known:
            raise self.fault(f"{key!r} is {value!r}, not one of {', '.join(known)}")
        return value

    def address(self, key: str) -> str:
        value = self.text(key)
        if not _ADDRESS.fullmatch(value):
            raise self.fault(f"{key!r} is {value!r}, which is no address under .example")
        return value

    def texts(self, key: str, *, among: Iterable[str] | None = None) -> tuple[str, ...]:
        values = self.take(key, list)
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise self.fault(f"{key!r} should be a list of texts, none of them empty")
        _twice(self, values)
        if among is not None and (unknown := set(values) - set(among)):
            raise self.fault(f"{key!r} names {', '.join(map(repr, sorted(unknown)))}, which does not exist")
        return tuple(value.strip() for value in values)

    def templates(self, key: str) -> tuple[str, ...]:
        """Texts whose placeholders are plain names, not phrases."""
        return tuple(self._template(key, text, set(PLACEHOLDERS) - set(PHRASES)) for text in self.texts(key))

    def variants(self, key: str) -> tuple[Variant, ...]:
        """Wordings with placeholders: a list, or a table of lists or texts by the versions they suit."""
        given = self.take(key, (list, dict))
        table = Sheet(f"{self.place}, {key}", given if isinstance(given, dict) else {ANY: given})
        variants = []
        for label in list(table._left):
            versions = () if label == ANY else tuple(name.strip() for name in label.split(","))
            texts = table.texts(label) if isinstance(table._left[label], list) else (table.text(label),)
            variants += [Variant(table._template(label, text, set(PLACEHOLDERS)), versions) for text in texts]
        if not variants:
            raise self.fault(f"{key!r} has no variant")
        _twice(self, [variant.text for variant in variants])
        return tuple(variants)

    def _template(self, key: str, text: str, known: set[str]) -> str:
        if unknown := placeholders(text) - known:
            raise self.fault(f"{key!r}: nobody knows {{{min(unknown)}}} in “{text[:40]}”")
        if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
            raise self.fault(f"{key!r}: a brace that belongs to no placeholder in “{text[:40]}”")
        return text

    def span(self, key: str, default: str | None = None) -> Span:
        value = self.text(key, default)
        shortest, _, longest = value.partition("..")
        try:
            span = Span(_stretch(shortest), _stretch(longest or shortest))
        except KeyError:
            raise self.fault(f"{key!r} is {value!r}; write 20m, 4h, 2d or 20m..4h") from None
        if span.shortest > span.longest:
            raise self.fault(f"{key!r} is {value!r}, which ends before it begins")
        return span

    def sheet(self, key: str) -> "Sheet":
        return Sheet(f"{self.place}, {key}", self.take(key, dict))

    def sheets(self, key: str, word: str) -> list["Sheet"]:
        tables = self.take(key, list)
        if not tables or not all(isinstance(table, dict) for table in tables):
            raise self.fault(f"{key!r} should be one or more tables")
        return [Sheet(f"{self.place}, {word} {number}", table) for number, table in enumerate(tables, 1)]

    def finish(self) -> None:
        if self._left:
            raise self.fault(f"nobody knows what to do with {', '.join(map(repr, sorted(self._left)))}")


def read_sheet(folder: Path, name: str) -> Sheet:
    return Sheet(name, read_table(folder, name))


def read_table(folder: Path, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / name).read_text("utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ContentError(f"{name}: not readable as TOML: {error}") from error
    except FileNotFoundError:
        raise ContentError(f"{name}: there is no such file in {folder}") from None


def _stretch(text: str) -> timedelta:
    match = re.fullmatch(r"(\d+)([smhdw])", text.strip())
    if match is None:
        raise KeyError(text)
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    return timedelta(**{units[match[2]]: int(match[1])})


def _twice(sheet: Sheet, values: Sequence[str]) -> None:
    if again := {value for value in values if values.count(value) > 1}:
        raise sheet.fault(f"{min(again)[:60]!r} stands there twice")


# ── The cast ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _team(sheet: Sheet) -> TeamSheet:
    team = TeamSheet(sheet.text("name"), sheet.text("emoji"), sheet.text("description"))
    sheet.finish()
    return team


def _tag(sheet: Sheet) -> TagSheet:
    tag = TagSheet(sheet.text("name"), sheet.text("colour"), sheet.text("description"))
    if not re.fullmatch(r"#[0-9a-f]{6}", tag.colour):
        raise sheet.fault(f"'colour' is {tag.colour!r}; write it like #1565c0")
    sheet.finish()
    return tag


def _agent(sheet: Sheet, teams: set[str], languages: Mapping[str, Language]) -> Agent:
    agent = Agent(
        name=sheet.text("name"),
        email=sheet.address("email"),
        role=sheet.choice("role", ROLES),
        title=sheet.text("title"),
        teams=sheet.texts("teams", among=teams),
        languages=sheet.texts("languages", among=languages),
        shift=_shift(sheet.sheet("shift")),
    )
    sheet.finish()
    return agent


def _shift(sheet: Sheet) -> Shift:
    days = frozenset(DAYS.index(day) for day in sheet.texts("days", among=DAYS))
    shift = Shift(sheet.take("from", int), sheet.take("to", int), days)
    if not (0 <= shift.start < shift.end <= 24 and days):
        raise sheet.fault("a shift begins before it ends, between 0 and 24, on at least one day")
    sheet.finish()
    return shift


def _macro(sheet: Sheet, tags: set[str], teams: set[str]) -> MacroSheet:
    actions = tuple(_macro_action(action, tags, teams) for action in sheet.sheets("actions", "action"))
    macro = MacroSheet(sheet.text("name"), sheet.maybe("intent"), actions)
    sheet.finish()
    return macro


def _macro_action(sheet: Sheet, tags: set[str], teams: set[str]) -> MacroAction:
    arguments = sheet.take("arguments", dict)
    action = MacroAction(sheet.choice("name", MACRO_ACTIONS), sheet.text("title"), sheet.text("type"), arguments)
    for variable in re.findall(r"\{\{(.*?)\}\}", repr(arguments)):
        if variable.strip() not in MACRO_VARIABLES:
            raise sheet.fault(f"nobody knows the variable {variable.strip()!r}")
    if unknown := set(filter(None, str(arguments.get("tags", "")).split(","))) - tags:
        raise sheet.fault(f"there is no tag {min(unknown)!r}")
    team = arguments.get("assignee_team", {}).get("name")
    if team is not None and team not in teams:
        raise sheet.fault(f"there is no team {team!r}")
    sheet.finish()
    return action


def _product(sheet: Sheet) -> Product:
    price = Decimal(sheet.take("price", (int, Decimal)))
    colours = sheet.texts("colours") if sheet.has("colours") else ()
    product = Product(sheet.text("name"), price, sheet.texts("kinds"), colours)
    if price <= 0 or len(colours) == 1:
        raise sheet.fault("a product has a price above nothing, and no colours or at least two")
    sheet.finish()
    return product


def _carrier(sheet: Sheet) -> Carrier:
    carrier = Carrier(sheet.text("name"), sheet.text("tracking"))
    sheet.finish()
    return carrier


def _languages(sheet: Sheet) -> dict[str, Language]:
    return {code: _language(code, sheet.sheet(code)) for code in list(sheet._left)}


def _language(code: str, sheet: Sheet) -> Language:
    language = Language(
        code=code,
        locale=sheet.text("locale"),
        phrases={phrase: sheet.templates(phrase) for phrase in PHRASES},
        cities=sheet.texts("cities"),
        streets=sheet.texts("streets"),
        months=sheet.texts("months"),
        day_pattern=sheet.text("day"),
        money_pattern=sheet.text("money"),
        decimal=sheet.text("decimal"),
    )
    if len(language.months) != 12 or min(len(language.cities), len(language.streets)) < 2:
        raise sheet.fault("a language has twelve months and at least two cities and streets")
    if placeholders(language.day_pattern) != {"day", "month"} or placeholders(language.money_pattern) != {"amount"}:
        raise sheet.fault("'day' holds {day} and {month}, 'money' holds {amount}")
    sheet.finish()
    return language


# ── The stories ──────────────────────────────────────────────────────────────────────────────────────────────────────

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
