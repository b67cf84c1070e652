"""Follows the log for integrations that want to be told what happens: each event becomes a call, queued once.

The log is the author: a webhook is about something that is written down. The calls and the step of the cursor behind
them are one transaction, so that nothing is left out and nothing is queued twice, whoever is killed when.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from audit.log import event_head, event_table
from audit.sessions import reading_on, scoped
from automation.bits import bit, work_off
from helpdesk import calling, integrations, lookups
from helpdesk.models import Delivery, Integration, RuleCursor, Ticket, TicketMessage

#: How many events are looked at in one transaction.
BATCH: Final = 200

MESSAGE_FAILED: Final = "ticket-message-failed"

_event = event_table.c


def follow(session: Session, account_id: int) -> int:
    """Queue the calls that are due to what was written since the last time; answers how many."""
    return work_off(session, account_id, is_behind, _step)


def is_behind(session: Session, account_id: int) -> bool:
    """Whether something was written that nobody has been told yet."""
    places = integrations.cursors(session, account_id)
    return bool(places) and min(places.values()) < _newest(session)


def tell_failed(session: Session, failed: Delivery) -> None:
    """Queue the calls of those who want to know that a reply never reached its reader, in the same transaction."""
    following = session.scalars(
        select(Integration).where(
            Integration.account_id == failed.account_id,
            Integration.type == integrations.HTTP,
            Integration.deactivated_datetime.is_(None),
        )
    )
    for integration in following:
        if _wants(integration, MESSAGE_FAILED):
            ticket = session.get(Ticket, failed.ticket_id) if failed.ticket_id else None
            message = session.get(TicketMessage, failed.ticket_message_id) if failed.ticket_message_id else None
            extra = {"delivery": {"id": failed.id, "to": failed.recipient, "error": failed.last_error}}
            values = _values(ticket, failed.ticket_id, message) | extra
            calling.queue(integration, MESSAGE_FAILED, f"delivery-{failed.id}", values, failed.ticket_id)


def _newest(session: Session) -> int:
    return session.scalar(scoped(session, event_head.c.last_id, table=event_head)) or 0


def _step(session: Session, account_id: int) -> int:
    with bit(session, account_id):
        held = session.scalars(
            select(RuleCursor)
            .where(RuleCursor.account_id == account_id, RuleCursor.name.startswith(integrations.CURSOR))
            .order_by(RuleCursor.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).all()
        newest = _newest(session)
        return sum(_catch_up(session, cursor, newest) for cursor in held)


def _catch_up(session: Session, cursor: RuleCursor, newest: int) -> int:
    if cursor.event_id >= newest:
        return 0
    integration = session.get(Integration, int(cursor.name.removeprefix(integrations.CURSOR)))
    if integration is None or integration.deactivated_datetime is not None:
        session.delete(cursor)
        return 0
    found = session.execute(
        reading_on(session, event_table)
        .where(_event.id > cursor.event_id, _event.id <= newest, _event.type.in_(_types_for(integration)))
        .limit(BATCH)
    ).all()
    queued = 0
    for trigger, event in _reasons(integration, found):
        queued += 1
        ticket_id, values = _about(session, event)
        calling.queue(integration, trigger, str(event.id), values, ticket_id)
    cursor.event_id = found[-1].id if len(found) == BATCH else newest
    return queued


def _types_for(integration: Integration) -> set[str]:
    wanted = [trigger for name, trigger in integrations.TRIGGERS.items() if _wants(integration, name)]
    return set().union(*(trigger.types for trigger in wanted))


def _reasons(integration: Integration, found: Sequence[Row[Any]]) -> Iterator[tuple[str, Row[Any]]]:
    """Which trigger each event pulls; what one action says twice (an agent and a team) is told once."""
    told: set[tuple[str, int, Any, Any]] = set()
    for event in found:
        for name, trigger in integrations.TRIGGERS.items():
            if event.type not in trigger.types or not _wants(integration, name):
                continue
            if trigger.by is not None and event.actor_kind not in trigger.by:
                continue
            action = (name, event.object_id, event.context, event.created_datetime)
            if action not in told:
                told.add(action)
                yield name, event


def _wants(integration: Integration, trigger: str) -> bool:
    return bool(((integration.http or {}).get("triggers") or {}).get(trigger))


def _about(session: Session, event: Row[Any]) -> tuple[int | None, dict[str, Any]]:
    message = session.get(TicketMessage, event.object_id) if event.object_type == "TicketMessage" else None
    if event.object_type == "Ticket":
        ticket_id: int | None = event.object_id
    else:
        sides = (event.changes or {}).get(f"TicketMessage:{event.object_id}", {}).get("ticket_id")
        ticket_id = message.ticket_id if message is not None else sides[1] if sides else None
    ticket = session.get(Ticket, ticket_id) if ticket_id is not None else None
    told = {
        "id": event.id,
        "type": event.type,
        "created_datetime": event.created_datetime,
        "context": str(event.context),
        "user_id": event.user_id,
        "actor": event.actor_name,
    }
    return ticket_id, {"event": told, **_values(ticket, ticket_id, message)}


def _values(ticket: Ticket | None, ticket_id: int | None, message: TicketMessage | None) -> dict[str, Any]:
    # A ticket that was deleted meanwhile is known by its number only.
    values: dict[str, Any] = lookups.of_ticket(ticket) if ticket is not None else {"ticket": {"id": ticket_id}}
    values.pop("current_user", None)
    if message is not None:
        values["message"] = {
            "id": message.id,
            "from_agent": message.from_agent,
            "public": message.public,
            "channel": message.channel,
            "sender": message.sender_name or message.sender_address,
            "body_text": message.body_text,
            "created_datetime": message.created_datetime,
        }
    return values
