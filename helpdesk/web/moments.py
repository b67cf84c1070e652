"""Moments that people choose as a date and a time in the account's time zone."""

from datetime import UTC, datetime

from helpdesk.refusals import Refused
from helpdesk.web.formats import zone


def moment_at(local: datetime, time_zone: str, undone: str) -> datetime:
    """The moment of a time on the wall; of one that comes twice, in the autumn, the first.

    `undone` says what did not happen where there is no such time. Raises Refused, and OverflowError.
    """
    if local.tzinfo is not None:
        return local.astimezone(UTC)
    moment = local.replace(tzinfo=zone(time_zone), fold=0).astimezone(UTC)
    there = moment.astimezone(zone(time_zone))
    if there.replace(tzinfo=None, fold=0) != local:  # in the spring, the clocks pass over it
        raise Refused(
            f"On {local:%A} {local.day} {local:%B %Y} there is no {local:%H:%M} in {time_zone}: the clocks go forward"
            f" then. Choose another time, such as {there:%H:%M}. {undone}"
        )
    return moment
