"""The times until which people snooze a ticket, in the account's time zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from helpdesk.refusals import Refused
from helpdesk.web.formats import zone
from helpdesk.web.moments import moment_at


@dataclass(frozen=True)
class Choice:
    """A time that can be chosen with one press."""

    name: str
    label: str
    until: datetime


def choices(now: datetime, time_zone: str) -> list[Choice]:
    """What is offered now."""
    local = now.astimezone(zone(time_zone))
    tomorrow = local.date() + timedelta(days=1)
    monday = local.date() + timedelta(days=7 - local.weekday())
    nine = time(9, 0, tzinfo=zone(time_zone))
    return [
        Choice("3-hours", "In 3 hours", (now + timedelta(hours=3)).replace(second=0, microsecond=0)),
        Choice("tomorrow", "Tomorrow, 9:00", datetime.combine(tomorrow, nine).astimezone(UTC)),
        Choice("monday", "Next Monday, 9:00", datetime.combine(monday, nine).astimezone(UTC)),
    ]


def chosen(name: str, own: str, now: datetime, time_zone: str) -> datetime:
    """The time that was chosen, by name or as a date and time of one's own; raises Refused."""
    for choice in choices(now, time_zone):
        if choice.name == name:
            return choice.until
    try:
        local = datetime.fromisoformat(own)
    except ValueError:
        raise Refused("Choose a date and a time until which the ticket should sleep. It was not snoozed.") from None
    try:
        return moment_at(local, time_zone, "The ticket was not snoozed.")
    except OverflowError:
        raise Refused("That date is too far away. The ticket was not snoozed.") from None
