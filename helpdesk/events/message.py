"""What happens to a message of a ticket."""

from audit.changes import quoted
from audit.notes import Changes
from audit.types import ALL, EventType, registry

_WHOLE = {"TicketMessage": ALL, "Attachment": ALL}


def _said(changes: Changes) -> str:
    """internal note “Asked the warehouse.”"""
    columns = next((columns for key, columns in changes.items() if key.startswith("TicketMessage:")), {})
    said = {name: before if after is None else after for name, (before, after) in columns.items()}
    text = quoted(said.get("stripped_text") or said.get("body_text"))
    return text if said.get("public", True) else f"internal note {text}".rstrip()


TICKET_MESSAGE_CREATED = registry.declare(
    EventType(
        name="ticket-message-created",
        label="Ticket message created",
        object="TicketMessage",
        meaning="Something was said in a ticket: by the customer, by an agent in public, or as an internal note.",
        actors=frozenset({"user", "customer", "rule", "macro", "integration", "system"}),
        by_hand="Open the ticket, write a reply and press Send reply, or an internal note and press Add note.",
        by_api='POST /api/tickets/{ticket_id}/messages {"channel": "email", "via": "api", "from_agent":'
        ' true, "body_text": "It left our warehouse this morning."}',
        by_machine="A mail or chat message from a customer; a rule with the action replyToTicket, sendEmail or"
        " addInternalNote; a macro with the action addInternalNote; the welcome ticket of a new account; the ticket"
        " in which the desk suggests a rule.",
        claims=_WHOLE,
        companions=("ticket-updated",),
        look_alikes={
            "ticket-created": "The ticket itself is new; its first message has this event, right after.",
            "ticket-message-updated": "An older message was edited; nothing new was said.",
        },
        in_drop_down=False,
        rank=1,
        tell=_said,
        choice="Our choice: an internal note changes neither the status of the ticket nor its assignee.",
    )
)

TICKET_MESSAGE_UPDATED = registry.declare(
    EventType(
        name="ticket-message-updated",
        label="Ticket message updated",
        object="TicketMessage",
        meaning="A message that was already in the ticket was edited by a program.",
        actors=frozenset({"user"}),
        by_hand="",
        by_api='PUT /api/tickets/{ticket_id}/messages/{id} {"channel": "email", "via": "api", "from_agent":'
        ' true, "body_text": "It leaves tomorrow."}',
        is_general=True,
        claims=_WHOLE,
        companions=("ticket-updated",),
        look_alikes={
            "ticket-message-created": "A new message; this one was there before.",
            "ticket-updated": "Comes with it, on the ticket; the message names what was edited.",
        },
    )
)

TICKET_MESSAGE_DELETED = registry.declare(
    EventType(
        name="ticket-message-deleted",
        label="Ticket message deleted",
        object="TicketMessage",
        meaning="A single message and its files were removed from a ticket by a program. The ticket stays.",
        actors=frozenset({"user"}),
        by_hand="",
        by_api="DELETE /api/tickets/{ticket_id}/messages/{id}",
        claims=_WHOLE,
        companions=("ticket-updated",),
        look_alikes={
            "ticket-deleted": "The whole ticket is gone; its messages then have no events of their own.",
        },
        tell=_said,
        always="A message that is there can be deleted; one that is not there is not found.",
    )
)

TICKET_MESSAGE_SUMMARY_CREATED = registry.declare(
    EventType(
        name="ticket-message-summary-created",
        label="Ticket message summary created",
        object="TicketMessage",
        meaning="A program wrote a short summary of the ticket up to this message. It stands above the conversation.",
        actors=frozenset({"user"}),
        by_hand="",
        by_api='POST /api/tickets/{id}/messages/summary {"text": "Wants her money back."}',
        claims={"Ticket": frozenset({"summary"})},
        companions=("ticket-updated",),
        look_alikes={
            "ticket-message-created": "A message was added; a summary adds none.",
            "ticket-message-updated": "The message's own words were edited; a summary leaves them alone.",
        },
    )
)
