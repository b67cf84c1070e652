"""A message before it is part of a ticket."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from helpdesk.models import Customer, User


@dataclass(frozen=True)
class File:
    """A file to be attached."""

    name: str
    content_type: str
    content: bytes
    content_id: str | None = None
    public: bool = True
    extra: dict[str, Any] | str | None = None  #: what a program says of it


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What is to be said, by whom and how; a message has exactly one sender, a team member or a customer."""

    body_text: str | None
    sender: User | Customer | None = None  #: None: a machine wrote it
    public: bool = True
    body_html: str | None = None
    stripped_text: str | None = None
    stripped_html: str | None = None
    stripped_signature: str | None = None
    subject: str | None = None
    channel: str = "email"
    via: str = "helpdesk"
    message_id: str | None = None  #: of the mail, without brackets
    in_reply_to: str | None = None
    source: dict[str, Any] | None = None
    headers: dict[str, Any] | None = None
    is_automatic: bool = False
    files: tuple[File, ...] = field(default=())
    external_id: str | None = None
    integration_id: int | None = None
    rule_id: int | None = None
    macros: list[Any] | None = None
    actions: list[Any] | None = None
    meta: dict[str, Any] | None = None
    mention_ids: list[int] | None = None  #: team members whom a note calls by name
    said_at: datetime | None = None  #: when, if not now
    imported: bool = False  #: said elsewhere; it is not sent again
    fate: dict[str, Any] | None = None  #: what became of it there
    machine: str | None = None  #: the name of what wrote it, if no sender did and it was not whoever acts
    former: str | None = None  #: the address of whoever wrote it elsewhere, if they are no team member here

    @property
    def from_agent(self) -> bool:
        """Whether the desk says it, not the customer."""
        return not isinstance(self.sender, Customer)
