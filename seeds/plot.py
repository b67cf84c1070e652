"""What a story of the demo world is made of: beats, their wordings, and the versions that they suit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from seeds.cast import Product


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


def fitting(items: Iterable[T], version: str) -> tuple[T, ...]:
    """Those of the wordings, senders or beats that belong to this version of their story."""
    return tuple(item for item in items if not item.versions or version in item.versions)
