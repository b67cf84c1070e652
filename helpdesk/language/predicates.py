"""Whether a condition holds of facts: what rules ask while they run, and the slow twin by which SQL is checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from audit.folding import fold
from helpdesk.language.conditions import Age, All, AnyOf, Condition, CurrentUser, Not, Test, Value, understand
from helpdesk.language.trees import Tree, expression_of
from helpdesk.language.vocabulary import OF_TICKETS, OWN, Vocabulary, of_rules
from helpdesk.models import Ticket, TicketMessage


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


def ticket_facts(ticket: Ticket) -> dict[str, Any]:
    """All that can be asked of a ticket."""
    user, team, customer = ticket.assignee, ticket.team, ticket.customer
    return {
        **{f"ticket.{name}": getattr(ticket, name) for name in OF_TICKETS},
        "ticket.assignee_user.id": ticket.assignee_user_id,
        "ticket.assignee_user.email": user.email if user else None,
        "ticket.assignee_team.id": ticket.assignee_team_id,
        "ticket.assignee_team.name": team.name if team else None,
        "ticket.tags.name": [tag.name for tag in ticket.tags],
        "ticket.customer.email": customer.email,
        "ticket.customer.name": customer.name,
        **{f"{OWN}{held.custom_field_id}": held.value for held in ticket.field_values},
    }


def message_facts(message: TicketMessage | None) -> dict[str, Any]:
    """All that can be asked of the message that a rule looks at; nothing where there is none."""
    if message is None:
        return {}
    return {
        "message.body_text": message.stripped_text or message.body_text,
        "message.subject": message.subject,
        "message.channel": message.channel,
        "message.via": message.via,
        "message.from_agent": message.from_agent,
        "message.public": message.public,
        "message.sender.email": message.sender_address,
        "message.sender.name": message.sender_name,
        "message.intents.name": [_name(intent) for intent in message.intents or ()],
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
