"""The orders in which tickets are listed, each with the values by which one goes on from a place in the list."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, case, func, or_

from helpdesk.models import Ticket

#: A column, or an expression of columns.
Value = Any


@dataclass(frozen=True)
class Order:
    """A way to list tickets: by which values, all downwards or all upwards, and which time a row then shows."""

    name: str
    label: str
    downwards: bool
    keys: tuple[Value, ...]
    time: Value
    column: str = ""  #: what views call it, `updated_datetime`
    in_menu: bool = True


_said = func.coalesce(Ticket.last_message_datetime, Ticket.created_datetime)
received: Final = func.coalesce(Ticket.last_received_message_datetime, Ticket.created_datetime)
_sleeps = Ticket.snooze_datetime.is_not(None)
_wakes = func.coalesce(Ticket.snooze_datetime, Ticket.created_datetime)
_ended = func.coalesce(Ticket.closed_datetime, Ticket.created_datetime)
_urgency = case({"critical": 4, "high": 3, "normal": 2}, value=Ticket.priority, else_=1)

#: Whether the customer had the last word, and somebody still has to answer.
waits: Final = and_(
    Ticket.status == "open",
    Ticket.last_received_message_datetime.is_not(None),
    or_(
        Ticket.last_message_datetime.is_(None),
        Ticket.last_received_message_datetime >= Ticket.last_message_datetime,
    ),
)


def _both_ways(
    name: str, column: str, down: str, up: str, *keys: Value, in_menu: tuple[bool, bool] = (True, False)
) -> list[Order]:
    """Downwards and upwards; the last key is the time."""
    return [
        Order(name, down, True, keys, keys[-1], column, in_menu[0]),
        Order(f"{name}-up", up, False, keys, keys[-1], column, in_menu[1]),
    ]


ORDERS: Final[dict[str, Order]] = {
    order.name: order
    for order in (
        *_both_ways(
            "updated",
            "updated_datetime",
            "Newest change first",
            "Oldest change first",
            Ticket.updated_datetime,
            in_menu=(True, True),
        ),
        *_both_ways(
            "created",
            "created_datetime",
            "Newest ticket first",
            "Oldest ticket first",
            Ticket.created_datetime,
            in_menu=(True, True),
        ),
        *_both_ways("message", "last_message_datetime", "Newest message first", "Oldest message first", _said),
        Order("waiting", "Waiting longest first", False, (case((waits, 0), else_=1), received), received),
        *_both_ways(
            "priority", "priority", "Most urgent first", "Least urgent first", _urgency, Ticket.updated_datetime
        ),
        # Those that never wake come after all others, whichever way.
        Order("wakes", "Wakes soonest first", False, (case((_sleeps, 0), else_=1), _wakes), _wakes, "snooze_datetime"),
        Order(
            "wakes-down",
            "Wakes latest first",
            True,
            (case((_sleeps, 1), else_=0), _wakes),
            _wakes,
            "snooze_datetime",
            in_menu=False,
        ),
        *_both_ways(
            "received",
            "last_received_message_datetime",
            "Newest question first",
            "Oldest question first",
            received,
            in_menu=(False, False),
        ),
        *_both_ways(
            "closed",
            "closed_datetime",
            "Newest close first",
            "Oldest close first",
            _ended,
            in_menu=(False, False),
        ),
    )
}
USUAL: Final = ORDERS["updated"]


def order_of(column: str, direction: str) -> Order:
    """The order that a view was given."""
    found = (order for order in ORDERS.values() if order.column == column and order.downwards is (direction == "desc"))
    return next(found, USUAL)
