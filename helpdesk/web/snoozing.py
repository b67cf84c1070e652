"""The times until which people snooze a ticket, in the account's time zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from helpdesk.refusals import Refused
from helpdesk.web.formats import zone


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
        return _moment(local, time_zone)
    except OverflowError:
        raise Refused("That date is too far away. The ticket was not snoozed.") from None


def _moment(local: datetime, time_zone: str) -> datetime:
    """The moment of a time on the wall; of one that comes twice, in the autumn, the first."""
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    moment = local.replace(tzinfo=zone(time_zone), fold=0).astimezone(UTC)
    there = moment.astimezone(zone(time_zone))
    if there.replace(tzinfo=None, fold=0) != local:  # in the spring, the clocks pass over it
        raise Refused(
            f"On {local:%A} {local.day} {local:%B %Y} there is no {local:%H:%M} in {time_zone}: the clocks go forward"
            f" then. Choose another time, such as {there:%H:%M}. The ticket was not snoozed."
        )
    return moment
