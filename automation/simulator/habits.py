"""When people write: in the evening, at office hours or at any time, less at weekends, hardly ever at four."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

#: How many messages come in each hour of a day, beside one another; the account's time zone.
HOURS: Final[Mapping[str, Sequence[int]]] = {
    "day": (3, 1, 1, 0, 0, 1, 4, 9, 14, 16, 17, 16, 15, 13, 13, 14, 15, 17, 19, 22, 24, 20, 13, 7),
    "office": (0, 0, 0, 0, 0, 0, 1, 6, 16, 24, 26, 22, 14, 18, 22, 20, 14, 7, 2, 1, 0, 0, 0, 0),
    "any": (7, 6, 6, 6, 6, 6, 7, 8, 9, 10, 10, 10, 10, 10, 10, 10, 10, 10, 9, 9, 9, 9, 8, 7),
}
#: And on each day of the week, from Monday.
WEEKDAYS: Final[Mapping[str, Sequence[int]]] = {
    "day": (24, 20, 19, 18, 16, 11, 13),
    "office": (22, 22, 21, 20, 16, 2, 1),
    "any": (10, 10, 10, 10, 10, 9, 9),
}


def weight(habit: str, local: datetime) -> int:
    """How likely somebody of this habit writes in this hour, beside any other; the account's time zone."""
    return HOURS[habit][local.hour] * WEEKDAYS[habit][local.weekday()]
