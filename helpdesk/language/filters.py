"""Views' filters as SQL: which tickets a text in the language means, on both databases alike."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, exists, false, func, literal, not_, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from audit.base import EPOCH
from audit.clock import desk_now
from audit.folding import fold, folded
from helpdesk.language.conditions import Age, All, AnyOf, Condition, CurrentUser, Not, Test, Value, understand
from helpdesk.language.reading import parse_filter
from helpdesk.language.trees import Tree, expression_of
from helpdesk.language.vocabulary import OF_TICKETS, OWN, Vocabulary, of_views
from helpdesk.language.writing import unparse
from helpdesk.models import Customer, ReadMark, Tag, Team, Ticket, TicketFieldValue, TicketMessage, TicketTag, User


def condition(
    source: str | Tree,
    session: Session,
    viewer: int | None,
    *,
    now: datetime | None = None,
) -> ColumnElement[bool]:
    """Which tickets a filter means for the user with this number; raises Mistake.

    Ages count from `now`, or from the time on the session's desk. The condition is about `Ticket`, needs no join, and
    is never null.
    """
    asked = understood(source if isinstance(source, str) else unparse(source))
    if now is None and has_age(asked):
        now = desk_now(session, session.info["account_id"])
    return _Sql(now or EPOCH, viewer or 0).of(asked)


def holding(asked: Condition, now: datetime) -> ColumnElement[bool]:
    """For which tickets a condition holds that nobody looks at: a rule's, which names no message."""
    return _Sql(now, 0).of(asked)


@lru_cache(maxsize=512)
def understood(text: str) -> Condition:
    """What a filter asks; every page asks for the same ones. Raises Mistake."""
    return understand(expression_of(parse_filter(text)), of_views())


def read(source: str | Tree) -> Tree:
    """A filter as a tree that knows its places; a tree of somebody else's is written and read again."""
    return parse_filter(source if isinstance(source, str) else unparse(source))


def check(source: str | Tree, vocabulary: Vocabulary | None = None) -> Tree:
    """A filter as a tree, if it can be understood; raises Mistake."""
    tree = read(source)
    understand(expression_of(tree), vocabulary or of_views())
    return tree


def having(field_id: int, value: str | float | bool) -> ColumnElement[bool]:
    """Of tickets that hold this value in a custom field."""
    return _on_own(field_id, "is", [value if isinstance(value, str | bool) else float(value)])


def has_age(asked: Condition) -> bool:
    """Whether the answer depends on what time it is."""
    match asked:
        case Test():
            return any(isinstance(value, Age) for value in asked.values)
        case Not():
            return has_age(asked.part)
        case _:
            return any(map(has_age, asked.parts))


# ---- Values of custom fields, which are JSON of any sort


class _FromJson(FunctionElement[Any]):
    """A JSON scalar as SQL has it, null if it is of another sort."""

    inherit_cache = True


class _JsonText(_FromJson):
    type = String()
    inherit_cache = True


class _JsonNumber(_FromJson):
    inherit_cache = True


class _JsonTruth(_FromJson):
    inherit_cache = True


class _Number(_FromJson):
    """A number that travels as a text, so that both databases read the very same one."""

    inherit_cache = True


@compiles(_JsonText)
def _text_on_sqlite(element: _JsonText, compiler: Any, **options: Any) -> str:
    value = compiler.process(element.clauses, **options)
    return f"CASE WHEN json_type({value}) = 'text' THEN json_extract({value}, '$') END"


@compiles(_JsonText, "postgresql")
def _text_on_postgres(element: _JsonText, compiler: Any, **options: Any) -> str:
    value = compiler.process(element.clauses, **options)
    return f"CASE WHEN jsonb_typeof({value}) = 'string' THEN {value} #>> '{{}}' END"


@compiles(_JsonNumber)
def _number_on_sqlite(element: _JsonNumber, compiler: Any, **options: Any) -> str:
    value = compiler.process(element.clauses, **options)
    return f"CASE WHEN json_type({value}) IN ('integer', 'real') THEN CAST(json_extract({value}, '$') AS REAL) END"


@compiles(_JsonNumber, "postgresql")
def _number_on_postgres(element: _JsonNumber, compiler: Any, **options: Any) -> str:
    value = compiler.process(element.clauses, **options)
    return f"CASE WHEN jsonb_typeof({value}) = 'number' THEN ({value} #>> '{{}}')::numeric END"


@compiles(_JsonTruth)
def _truth_on_sqlite(element: _JsonTruth, compiler: Any, **options: Any) -> str:
    return f"CASE json_type({compiler.process(element.clauses, **options)}) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END"


@compiles(_JsonTruth, "postgresql")
def _truth_on_postgres(element: _JsonTruth, compiler: Any, **options: Any) -> str:
    value = compiler.process(element.clauses, **options)
    return f"CASE WHEN jsonb_typeof({value}) = 'boolean' THEN ({value} #>> '{{}}')::boolean::int END"


@compiles(_Number)
def _as_number_on_sqlite(element: _Number, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS REAL)"


@compiles(_Number, "postgresql")
def _as_number_on_postgres(element: _Number, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS NUMERIC)"


# ---- Tests

Column = ColumnElement[Any]

_COLUMNS: Final[dict[str, Any]] = {
    "ticket.assignee_user.id": Ticket.assignee_user_id,
    "ticket.assignee_team.id": Ticket.assignee_team_id,
    "ticket.customer.id": Ticket.customer_id,
    **{f"ticket.{name}": getattr(Ticket, name) for name in OF_TICKETS},
}

#: Columns of other tables: which, and how a ticket names its row there.
_BESIDE: Final[dict[str, tuple[Any, Any]]] = {
    "ticket.assignee_user.email": (User.email, User.id == Ticket.assignee_user_id),
    "ticket.assignee_team.name": (Team.name, Team.id == Ticket.assignee_team_id),
    "ticket.customer.email": (Customer.email, Customer.id == Ticket.customer_id),
    "ticket.customer.name": (Customer.name, Customer.id == Ticket.customer_id),
    "ticket.integrations.id": (TicketMessage.integration_id, TicketMessage.ticket_id == Ticket.id),
}


class _Sql:
    """Makes conditions out of what was asked, for one viewer at one moment."""

    def __init__(self, now: datetime, viewer: int) -> None:
        self.now = now
        self.viewer = viewer

    def of(self, asked: Condition) -> ColumnElement[bool]:
        match asked:
            case Test():
                return self._test(asked)
            case Not():
                return not_(self.of(asked.part))
            case All():
                return and_(true(), *map(self.of, asked.parts))
            case AnyOf():
                return or_(false(), *map(self.of, asked.parts))

    def _test(self, test: Test) -> ColumnElement[bool]:
        path, values = test.field.path, [self._meant(value) for value in test.values]
        if test.field.kind == "list":
            return _on_tags(test.operation, values)
        if test.field.kind == "own":
            return _on_own(int(path.removeprefix(OWN)), test.operation, values)
        if path in _BESIDE:
            column, link = _BESIDE[path]
            return exists().where(link, _holds(column, test, values)).correlate(Ticket)
        return _holds(self._unread() if path == "ticket.is_unread" else _COLUMNS[path], test, values)

    def _unread(self) -> Column:
        """Whether there is something that the viewer has not seen."""
        theirs = ReadMark.ticket_id == Ticket.id, ReadMark.user_id == self.viewer
        seen = select(ReadMark.read_messages).where(*theirs).correlate(Ticket).scalar_subquery()
        return func.coalesce(seen, 0) < Ticket.messages_count

    def _meant(self, value: Value) -> Any:
        if isinstance(value, Age):
            return self.now - value.span
        return self.viewer if isinstance(value, CurrentUser) else value


def _holds(column: Column, test: Test, values: list[Any]) -> ColumnElement[bool]:
    """The test of a column; never null, so that `not` means not."""
    if test.operation == "filled" and test.field.kind not in ("text", "word"):
        return column.is_not(None)
    if test.field.kind == "truth" and test.operation == "is":
        return column.is_(values[0])
    return and_(column.is_not(None), _OPERATIONS[test.operation](column, values))


def _has(column: Column, values: list[Any]) -> ColumnElement[bool]:
    return or_(*(folded(column).contains(fold(value), autoescape=True) for value in values))


_OPERATIONS: Final[dict[str, Callable[[Column, list[Any]], ColumnElement[bool]]]] = {
    "known": lambda _column, _values: true(),
    "filled": lambda column, _values: column != "",
    "is": lambda column, values: column == values[0],
    "among": lambda column, values: column.in_(values),
    "lt": lambda column, values: column < values[0],
    "lte": lambda column, values: column <= values[0],
    "gt": lambda column, values: column > values[0],
    "gte": lambda column, values: column >= values[0],
    "has": _has,
    "starts": lambda column, values: folded(column).startswith(fold(values[0]), autoescape=True),
    "ends": lambda column, values: folded(column).endswith(fold(values[0]), autoescape=True),
}


def _on_tags(operation: str, values: list[Any]) -> ColumnElement[bool]:
    link = exists().where(TicketTag.ticket_id == Ticket.id)
    if operation == "has":
        # Asked once, not once per ticket.
        named = select(Tag.id).where(folded(Tag.name).in_([fold(value) for value in values]))
        link = link.where(TicketTag.tag_id.in_(named))
    return link.correlate(Ticket)


def _on_own(number: int, operation: str, values: list[Any]) -> ColumnElement[bool]:
    stored = TicketFieldValue.value
    link = exists().where(
        TicketFieldValue.ticket_id == Ticket.id,
        TicketFieldValue.custom_field_id == number,
        _on_value(stored, operation, values),
    )
    return link.correlate(Ticket)


def _on_value(stored: Any, operation: str, values: list[Any]) -> ColumnElement[bool]:
    text, number, truth = _JsonText(stored), _JsonNumber(stored), _JsonTruth(stored)
    if operation in ("known", "filled"):
        filled = text != "" if operation == "filled" else text.is_not(None)
        return or_(filled, number.is_not(None), truth.is_not(None))
    if isinstance(values[0], bool):
        return truth == int(values[0])
    if isinstance(values[0], float):
        return _OPERATIONS[operation](number, [_Number(literal(repr(values[0])))])
    return and_(text.is_not(None), _OPERATIONS[operation](text, values))
