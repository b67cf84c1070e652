"""The port through which the log learns of people, settings and links; `wsgi` fills it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from flask import Flask, current_app


@dataclass(frozen=True)
class Viewer:
    """Who is looking at the log."""

    account_id: int
    user_id: int
    name: str
    may_read_log: bool
    email: str = ""
    trails: frozenset[str] = frozenset()  #: classes of objects whose events they may read without the log
    whose: str = ""  #: whose log it is, where it is not that of their own account
    way_back: tuple[str, str] = ("", "")  #: then the page from which they came, and its address


@dataclass(frozen=True)
class Member:
    """A team member as the filter offers them; `left` if they are gone from the team but not from the log."""

    id: int
    name: str
    left: bool = False


class Addresses(Protocol):
    """Where things are."""

    def links(self, account_id: int, objects: Iterable[tuple[str, int]]) -> Mapping[tuple[str, int], str]:
        """Addresses of those objects that still exist and have a page."""


class Directory(Addresses, Protocol):
    """What the log needs to know of the rest of the house."""

    def viewer(self, of: int | None = None) -> Viewer | None:
        """Who is looking, at the log of their own account or at that of account `of`; None if nobody is logged in."""

    def viewer_again(self, of: int | None = None) -> Viewer | None:
        """The same, looked up afresh: an answer that takes hours outlives sessions and rights."""

    def note_export(self, account_id: int, details: Mapping[str, Any]) -> None:
        """Write into the log that who is looking, or who uses the command line, takes a copy of it."""

    def accounts(self) -> list[tuple[int, str]]:
        """All accounts, archived ones too, as number and domain; the first is the demo's."""

    def members(self, account_id: int) -> list[Member]:
        """The account's team members of today."""

    def time_zone(self, account_id: int) -> str:
        """The account's time zone, an IANA name."""

    def longest_period(self, account_id: int) -> timedelta | None:
        """The longest period that the audit page may cover; None for any."""

    def numbers(self, account_id: int) -> Mapping[str, int]:
        """Numbers of things that the account has, by name ("ticket_id", "other_tag_id"), to try calls on."""

    def base_url(self) -> str:
        """What addresses of this desk begin with."""

    def newest_event(self, account_id: int) -> int | None:
        """The account's newest event when it was found out who is looking; None where nobody of the account is."""

    def now(self, account_id: int) -> datetime:
        """The time on the account's desk clock."""


def install(app: Flask, directory: Directory) -> None:
    """Give the log of this application its directory."""
    app.extensions["audit_directory"] = directory


def directory() -> Directory:
    """The directory of the running application."""
    found: Directory = current_app.extensions["audit_directory"]
    return found
