"""Whether a condition holds of facts: what rules ask while they run, and the slow twin by which SQL is checked."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from audit.folding import fold
from helpdesk.language.conditions import Age, All, AnyOf, Condition, CurrentUser, Not, Test, Value, understand
from helpdesk.language.trees import Tree, expression_of
from helpdesk.language.vocabulary import OF_TICKETS, OWN, Vocabulary, of_rules
from helpdesk.models import Team, Ticket, TicketMessage, User


@dataclass(frozen=True)
class Facts:
    """What is so at one moment: values by path (`ticket.status`); what is missing is null."""

    values: Mapping[str, Any]
    now: datetime
    user_id: int | None = None  #: who looks, if somebody does


def predicate(tree: Tree, facts: Facts, vocabulary: Vocabulary | None = None) -> bool:
    """Whether an expression, or the one of a Program, holds of these facts; raises Mistake."""
    expression = expression_of(tree) if tree["type"] == "Program" else tree
    return holds(understand(expression, vocabulary or of_rules()), facts)


def holds(asked: Condition, facts: Facts) -> bool:
    """Whether what was understood holds of these facts."""
    match asked:
        case Not():
            return not holds(asked.part, facts)
        case All():
            return all(holds(part, facts) for part in asked.parts)
        case AnyOf():
            return any(holds(part, facts) for part in asked.parts)
        case Test():
            return _test(asked, facts)


class FactsOf(Mapping[str, Any]):
    """All that can be asked of a ticket, and of the message that a rule looks at: looked up when it is asked for.

    Most rules are through with most tickets at the first question.
    """

    def __init__(self, ticket: Ticket, message: Callable[[], TicketMessage | None] = lambda: None) -> None:
        self._ticket = ticket
        self._message = message
        self._known: dict[str, Any] = {}

    def __getitem__(self, path: str) -> Any:
        if path not in self._known:
            self._known[path] = self._look_up(path)
        return self._known[path]

    def __iter__(self) -> Iterator[str]:
        yield from _OF_TICKET
        yield from (f"{OWN}{held.custom_field_id}" for held in self._ticket.field_values)
        if self._message() is not None:
            yield from _OF_MESSAGE

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _look_up(self, path: str) -> Any:
        if path in _OF_TICKET:
            return _OF_TICKET[path](self._ticket)
        if path in _OF_MESSAGE:
            message = self._message()
            return _OF_MESSAGE[path](message) if message is not None else None
        own = (held.value for held in self._ticket.field_values if f"{OWN}{held.custom_field_id}" == path)
        return next(own, None)


def _called(named: Team | None) -> str | None:
    return named.name if named else None


def _mailbox(person: User | None) -> str | None:
    return person.email if person else None


_OF_TICKET: Final[Mapping[str, Callable[[Ticket], Any]]] = {
    **{f"ticket.{name}": attrgetter(name) for name in OF_TICKETS},
    "ticket.assignee_user.id": lambda ticket: ticket.assignee_user_id,
    "ticket.assignee_user.email": lambda ticket: _mailbox(ticket.assignee),
    "ticket.assignee_team.id": lambda ticket: ticket.assignee_team_id,
    "ticket.assignee_team.name": lambda ticket: _called(ticket.team),
    "ticket.tags.name": lambda ticket: [tag.name for tag in ticket.tags],
    "ticket.customer.id": lambda ticket: ticket.customer_id,
    "ticket.customer.email": lambda ticket: ticket.customer.email,
    "ticket.customer.name": lambda ticket: ticket.customer.name,
}

_OF_MESSAGE: Final[Mapping[str, Callable[[TicketMessage], Any]]] = {
    "message.body_text": lambda message: message.stripped_text or message.body_text,
    "message.subject": lambda message: message.subject,
    "message.channel": lambda message: message.channel,
    "message.via": lambda message: message.via,
    "message.from_agent": lambda message: message.from_agent,
    "message.public": lambda message: message.public,
    "message.sender.email": lambda message: message.sender_address,
    "message.sender.name": lambda message: message.sender_name or None,
    "message.intents.name": lambda message: [_name(intent) for intent in message.intents or ()],
}


def _name(intent: Any) -> str:
    return str(intent.get("name") if isinstance(intent, dict) else intent)


def _test(test: Test, facts: Facts) -> bool:
    fact = facts.values.get(test.field.path)
    values = [_meant(value, facts) for value in test.values]
    if test.field.kind == "list":
        members = {fold(member) for member in fact or ()}
        return bool(members) if not values else any(fold(value) in members for value in values)
    if fact is None:
        return False
    if test.field.kind == "own" and values and _sort(fact) is not _sort(values[0]):
        return False
    return _OPERATIONS[test.operation](fact, values)


def _meant(value: Value, facts: Facts) -> Any:
    if isinstance(value, Age):
        return facts.now - value.span
    return (facts.user_id or 0) if isinstance(value, CurrentUser) else value


def _sort(value: Any) -> type:
    return float if type(value) is int else type(value)


_OPERATIONS: Final[dict[str, Callable[[Any, list[Any]], bool]]] = {
    "known": lambda _fact, _values: True,
    "filled": lambda fact, _values: fact != "",
    "is": lambda fact, values: fact == values[0],
    "among": lambda fact, values: fact in values,
    "lt": lambda fact, values: fact < values[0],
    "lte": lambda fact, values: fact <= values[0],
    "gt": lambda fact, values: fact > values[0],
    "gte": lambda fact, values: fact >= values[0],
    "has": lambda fact, values: any(fold(value) in fold(fact) for value in values),
    "starts": lambda fact, values: fold(fact).startswith(fold(values[0])),
    "ends": lambda fact, values: fold(fact).endswith(fold(values[0])),
}
