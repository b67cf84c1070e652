"""What happens to the desk as a whole: its clock, its log and its tables."""

from collections.abc import Mapping
from typing import Any

from audit.types import EventType, Nature, registry


def _clock_words(data: Mapping[str, Any]) -> str:
    """ "from 2026-03-03 09:00:00 to 2026-03-04 09:00:00 UTC", "speed ×1 → ×60"."""
    if "rate" in data:
        before, after = (f"×{rate:g}" if rate else "frozen" for rate in data["rate"])
        return f"speed {before} → {after}"
    if "stopped" in data:
        return f"stopped at {_moment(data['stopped'])} on the way to {_moment(data['to'])} UTC"
    return f"from {_moment(data['from'])} to {_moment(data['to'])} UTC"


def _copy_words(data: Mapping[str, Any]) -> str:
    """ "as csv · actor:ana · from 2026-02-24 09:00:00 UTC on"."""
    since, until = (data.get(end) and f"{_moment(data[end])} UTC" for end in ("since", "until"))
    span = f"from {since} to {until}" if since and until else f"from {since} on" if since else until and f"to {until}"
    rest = data.get("after") and f"the rest after event {data['after']}"
    return " · ".join(filter(None, (f"as {data.get('format')}", data.get("filter") or "no filter", span, rest)))


def _moment(written: str) -> str:
    return written[:19].replace("T", " ")


DESK_CLOCK_CHANGED = registry.declare(
    EventType(
        name="desk-clock-changed",
        label="Desk clock changed",
        object="Account",
        meaning="The desk's own clock was set to another speed, frozen, or moved forward. The times in later rows"
        " may lie closer together, or further apart, than on the clock on the wall.",
        actors=frozenset({"user", "system"}),
        by_hand="Press the clock in the top bar and choose another speed or Frozen, or let time pass: an hour, a"
        " day, or a span of your own with Advance.",
        by_machine="The command helpdesk clock.",
        nature=Nature.FACT,
        look_alikes={
            "ticket-self-unsnoozed": "A snooze that ended because time passed has an event of its own, at the very"
            " time when it was due.",
        },
        in_drop_down=False,
        tell_data=_clock_words,
        choice="Our choice: this type is ours, because the desk clock is.",
    )
)

AUDIT_LOG_EXPORTED = registry.declare(
    EventType(
        name="audit-log-exported",
        label="Audit log exported",
        object="Account",
        meaning="Somebody took a copy of the audit log out of the desk.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Users & teams → Audit logs, press Export and choose a kind of file.",
        by_machine="The command helpdesk audit export.",
        nature=Nature.FACT,
        in_drop_down=False,
        tell_data=_copy_words,
        choice="Our choice: this type is ours; whoever copies the log is in the log.",
        always="Whoever may read the log may take a copy of it; the copying itself is what is noted.",
    )
)

SCHEMA_MIGRATED = registry.declare(
    EventType(
        name="schema-migrated",
        label="Schema migrated",
        object="Account",
        meaning="The desk's software was updated, and the tables of its database were changed with it. The account's"
        " own data may read differently from here on.",
        actors=frozenset({"system"}),
        by_hand="",
        by_machine="The command helpdesk migrate.",
        nature=Nature.FACT,
        in_drop_down=False,
        choice="Our choice: this type is ours, so that a change of the tables themselves leaves a trace, too.",
        always="It is written after the tables were changed; where nothing was to change, nobody writes it.",
    )
)

CASCADE_STARTED = registry.declare(
    EventType(
        name="cascade-started",
        label="Cascade started",
        object="Account",
        meaning="Something with more than 500 tickets is being deleted or merged. What follows from that for each"
        " ticket (the cascade) is written bit by bit in the same chain, and the deletion itself comes last.",
        actors=frozenset({"user", "system"}),
        by_hand="Delete a tag, team, team member or customer that has more than 500 tickets, or merge such a tag or"
        " customer into another.",
        by_api="DELETE /api/tags/{id}",
        by_machine="A deletion from the command line.",
        nature=Nature.FACT,
        look_alikes={
            "tag-deleted": "The end of the matter; with few tickets it comes at once, without a cascade-started.",
        },
        in_drop_down=False,
        tell_data=lambda data: (
            f"{data['object_type']} {data['object_id']} “{data['object_label']}”: {data['tickets']:,} tickets"
        ),
        choice="Our choice: this type is ours; it says who asked before the deletion is done.",
    )
)
