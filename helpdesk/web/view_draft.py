"""A view while it is being made: what the form holds, its rows and its code kept in step, whichever was edited last."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from helpdesk.language import Mistake, unparse
from helpdesk.language.conditions import understand
from helpdesk.language.reading import parse_filter
from helpdesk.language.trees import Tree, expression_of
from helpdesk.language.vocabulary import OF_VIEWS, Vocabulary
from helpdesk.models import CustomField, Tag, Team, User
from helpdesk.views import FIELDS, USUAL_FIELDS, VISIBILITIES, Shape
from helpdesk.web import view_builder
from helpdesk.web.orders import ORDERS
from helpdesk.web.view_builder import MOST_ROWS, Asked, Names, Row

MOST_TAGS: Final = 300

#: So much of a line is shown around a mistake.
_SEEN: Final = 40
_WORD: Final = re.compile(r"[\w.$]{1,60}")

#: What can be chosen for a list of tickets; the others are for programs.
COLUMNS: Final = {
    "customer": "Customer",
    "details": "Subject and first words",
    "subject": "Subject",
    "tags": "Tags",
    "status": "Status",
    "priority": "Priority",
    "channel": "Channel",
    "language": "Language",
    "assignee": "Assignee",
    "assignee_team": "Team",
    "created": "Created",
    "updated": "Updated",
    "last_message": "Last message",
    "last_received_message": "Last message of the customer",
    "closed": "Closed",
    "snooze": "Snoozed until",
    "id": "Number",
}

#: In which order the tickets stand: how a form says it, and how a person.
SEQUENCES: Final = {
    f"{order.column}:{'desc' if order.downwards else 'asc'}": order.label for order in ORDERS.values() if order.column
}


@dataclass
class Draft:
    """What stands in the form."""

    shape: Shape
    rows: list[Row] = field(default_factory=list)
    code: str = ""
    settled: str = ""  #: the code that the rows say, or that nobody changed since
    shows_rows: bool = True  #: whether rows can say what the code says
    is_redrawn: bool = False  #: whether the rows are others than those on the page
    mistake: Mistake | None = None
    tree: Tree | None = None  #: what is asked, if it can be understood

    @property
    def where(self) -> tuple[str, str, str]:
        """The line of the mistake: what is before it, the word that is wrong, what comes after it."""
        return around(self.mistake, self.code)

    @property
    def has_gaps(self) -> bool:
        """Whether a row lacks something."""
        return self.shows_rows and any(row.problem for row in self.rows)


def around(mistake: Mistake | None, code: str) -> tuple[str, str, str]:
    """The line of a mistake: what is before it, the word that is wrong, what comes after it."""
    if mistake is None:
        return "", "", ""
    line, start = code.split("\n")[mistake.line - 1], mistake.column - 1
    word = _WORD.match(line, start)
    end = max(word.end() if word else 0, start + 1)
    before = line[max(start - _SEEN, 0) : start]
    return f"…{before}" if start > _SEEN else before, line[start:end] or " ", line[end : end + _SEEN]


@dataclass(frozen=True)
class Desk:
    """What a form of this account can choose from."""

    names: Names
    zone: ZoneInfo

    @property
    def fields(self) -> dict[str, Asked]:
        """All fields of the builder."""
        return view_builder.offered(self.names)

    @property
    def vocabulary(self) -> Vocabulary:
        """All fields of the language."""
        return Vocabulary(OF_VIEWS, {number: label for number, label, _ in self.names.own}, knows_viewer=True)


def read_names(session: Session) -> Names:
    """The account's people, teams, tags and fields, in two statements."""
    account_id = session.info["account_id"]
    tags = (
        select(literal("tag").label("kind"), Tag.id, Tag.name)
        .where(Tag.account_id == account_id)
        .order_by(Tag.name)
        .limit(MOST_TAGS)
        .subquery()
    )
    named = union_all(
        select(literal("user").label("kind"), User.id, User.name).where(User.account_id == account_id, User.active),
        select(literal("team"), Team.id, Team.name).where(Team.account_id == account_id),
        select(tags.c.kind, tags.c.id, tags.c.name),
    )
    found: dict[str, list[tuple[str, str]]] = {"user": [], "team": [], "tag": []}
    for kind, number, name in session.execute(named):
        found[kind].append((str(number), name))
    own = select(CustomField.id, CustomField.label, CustomField.definition).where(
        CustomField.account_id == account_id, CustomField.object_type == "Ticket"
    )
    by_name = {kind: sorted(pairs, key=lambda pair: pair[1].lower()) for kind, pairs in found.items()}
    return Names(
        by_name["user"],
        by_name["team"],
        [name for _, name in by_name["tag"]],
        [(row.id, row.label, row.definition) for row in session.execute(own.order_by(CustomField.id))],
    )


def of_shape(shape: Shape, desk: Desk) -> Draft:
    """The form of a view as it is."""
    draft = Draft(shape, code=shape.filters, settled=shape.filters)
    _follow_code(draft, desk)
    return draft


def of_form(form: MultiDict[str, str], desk: Desk) -> Draft:
    """What was sent, with rows and code in step: edited code wins, else the rows do."""
    fields = desk.fields
    code, settled = tidied(form.get("code", "")), tidied(form.get("settled", ""))
    deed, _, place = form.get("do", "").partition(":")
    rows, is_redrawn = sent_rows(form, fields)
    draft = Draft(_shape(form), rows, code, settled, form.get("shows", "1") == "1", is_redrawn)
    if deed == "rows":
        draft.code = settled
        _follow_code(draft, desk)
    elif code != settled or not draft.shows_rows:
        _follow_code(draft, desk)
    else:
        if deed == "add" and len(rows) < MOST_ROWS:
            rows.append(Row("ticket.status", "is"))
            draft.is_redrawn = True
        elif deed == "remove" and place.isascii() and place.isdigit() and int(place) < len(rows):
            del rows[int(place)]
            draft.is_redrawn = True
        _follow_rows(draft, desk)
    return draft


def _follow_code(draft: Draft, desk: Desk) -> None:
    try:
        program = parse_filter(draft.code)
        understand(expression_of(program), desk.vocabulary)
    except Mistake as mistake:
        draft.mistake = mistake
        return
    rows = view_builder.rows_of(expression_of(program), desk.fields, desk.zone)
    draft.tree, draft.settled = program, draft.code
    draft.shows_rows, draft.rows, draft.is_redrawn = rows is not None, rows or [], True


def _follow_rows(draft: Draft, desk: Desk) -> None:
    tree, draft.rows = view_builder.tree_of(draft.rows, desk.fields, desk.zone)
    try:
        said = view_builder.rows_of(expression_of(parse_filter(draft.settled)), desk.fields, desk.zone)
        if said is None or not view_builder.are_alike(said, draft.rows, desk.fields):
            draft.code = draft.settled = unparse(tree)
        program = parse_filter(draft.code)
        understand(expression_of(program), desk.vocabulary)
    except Mistake as mistake:
        draft.mistake = mistake
        return
    draft.tree = program


def sent_rows(form: MultiDict[str, str], fields: Mapping[str, Asked]) -> tuple[list[Row], bool]:
    """The rows as they were sent; a field that was just chosen begins anew, and then the page must be redrawn."""
    rows, is_redrawn = [], False
    for place in range(MOST_ROWS):
        path = form.get(f"field-{place}")
        asked = fields.get(path or "")
        if path is None or asked is None:
            continue
        was_path, _, was_operator = form.get(f"was-{place}", "").partition("|")
        operator = asked.operator(form.get(f"operator-{place}", ""))
        values = tuple(value for value in form.getlist(f"value-{place}") if value)
        if was_path and was_path != path:
            operator, values, is_redrawn = asked.operators[0], (), True
        elif was_operator and was_operator != operator.name:
            values = values if _fits(asked.operator(was_operator).takes, operator.takes) else ()
            is_redrawn = True
        rows.append(Row(path, operator.name, values))
    return rows, is_redrawn


def _fits(was: str, now: str) -> bool:
    return was == now or {was, now} in ({"choice", "choices"}, {"words", "commas"})


def _shape(form: MultiDict[str, str]) -> Shape:
    order_by, _, order_dir = form.get("order", "updated_datetime:desc").partition(":")
    return Shape(
        name=form.get("name", ""),
        visibility=form.get("visibility", VISIBILITIES[-1]),
        emoji=form.get("emoji", ""),
        fields=tuple(dict.fromkeys(name for name in form.getlist("column") if name in FIELDS)) or USUAL_FIELDS,
        order_by=order_by,
        order_dir=order_dir,
        teams=_numbers(form.getlist("team")),
        users=_numbers(form.getlist("user")),
    )


def _numbers(given: list[str]) -> tuple[int, ...]:
    return tuple(int(text) for text in given[:200] if text.isascii() and text.isdigit() and len(text) < 19)


def tidied(text: str) -> str:
    """A text as browsers send it, with plain line ends."""
    return text.replace("\r\n", "\n").strip()


def as_context(draft: Draft, desk: Desk) -> dict[str, Any]:
    """What the templates of rows and code need."""
    return {"draft": draft, "fields": desk.fields, "most_rows": MOST_ROWS}
