"""What can be chosen on a ticket's page: people, teams, tags, and the account's own fields; in one statement."""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Select, String, Text, and_, cast, literal, null, select, type_coerce, union_all
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.base import Json
from helpdesk.models import CustomField, Tag, Team, Ticket, TicketFieldValue, User

MOST_TAGS: Final = 500


@dataclass(frozen=True)
class Named:
    """Something that can be chosen."""

    id: int
    name: str
    sign: str = ""  #: a team's emoji
    color: str = ""  #: a tag's


@dataclass(frozen=True)
class FieldLine:
    """A custom field of tickets, with what this one has in it."""

    id: int
    label: str
    description: str
    kind: str  #: "text", "number", "boolean" or "choice"
    choices: list[str]
    value: str  #: as it is written, "" for none


@dataclass(frozen=True)
class Choices:
    """All of it, each in the order in which it is shown."""

    members: list[Named] = field(default_factory=list)
    teams: list[Named] = field(default_factory=list)
    tags: list[Named] = field(default_factory=list)
    fields: list[FieldLine] = field(default_factory=list)

    def labels(self) -> dict[tuple[str, int], str]:
        """What these objects are called, for whoever tells of them."""
        kinds = (("User", self.members), ("Team", self.teams), ("Tag", self.tags))
        return {(kind, each.id): each.name for kind, found in kinds for each in found}


def choices_for(session: Session, ticket: Ticket) -> Choices:
    """What can be chosen on a ticket."""
    found = Choices()
    for row in session.execute(_statement(ticket)):
        if row.kind == "field":
            found.fields.append(_field(row))
        else:
            mine = {"user": found.members, "team": found.teams, "tag": found.tags}[row.kind]
            shown = row.first or {}
            mine.append(Named(row.id, row.name, str(shown.get("emoji") or ""), str(shown.get("color") or "")))
    for named in (found.members, found.teams, found.tags):
        named.sort(key=lambda each: (each.name.casefold(), each.id))
    return found


def _statement(ticket: Ticket) -> Any:
    # Named, for PostgreSQL would take an empty column for text.
    account_id, nothing = ticket.account_id, cast(null(), Json)
    # The first one says which types the columns of all have.
    fields = _part("field", CustomField, CustomField.label, CustomField.definition, TicketFieldValue.value).outerjoin(
        TicketFieldValue,
        and_(TicketFieldValue.custom_field_id == CustomField.id, TicketFieldValue.ticket_id == ticket.id),
    )
    fields = fields.where(
        CustomField.account_id == account_id,
        CustomField.object_type == "Ticket",
        CustomField.deactivated_datetime.is_(None),
    ).order_by(CustomField.priority.desc(), CustomField.id)
    people = _part("user", User, User.name, nothing, nothing).where(User.account_id == account_id, User.active)
    teams = _part("team", Team, Team.name, Team.decoration, nothing).where(Team.account_id == account_id)
    tags = _part("tag", Tag, Tag.name, Tag.decoration, nothing).where(Tag.account_id == account_id)
    parts = (fields, people, teams, tags.order_by(Tag.name).limit(MOST_TAGS))
    return union_all(*(select(part.subquery()) for part in parts))


def _part(kind: str, model: Any, name: Any, first: Any, second: Any) -> Select[Any]:
    note = CustomField.description if kind == "field" else literal(None, Text)
    return select(
        literal(kind, String).label("kind"),
        model.id.label("id"),
        type_coerce(name, Text).label("name"),
        note.label("note"),
        first.label("first"),
        second.label("second"),
    )


def _field(row: Row[Any]) -> FieldLine:
    kind, asked = str(row.first.get("data_type") or "text"), row.first.get("input_settings") or {}
    offered = [str(choice) for choice in asked.get("choices") or ()] if kind == "text" else []
    value = row.second
    written = "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)
    return FieldLine(row.id, row.name, row.note or "", "choice" if offered else kind, offered, written)
