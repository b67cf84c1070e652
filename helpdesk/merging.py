"""Merging one ticket into another: messages interleave, tags unite, the old number leads to the new ticket."""

from audit.actors import Actor
from audit.ledger import record
from helpdesk import leaving, thread, tickets
from helpdesk.events import TICKET_MERGED
from helpdesk.models import Customer, Team, Ticket, TicketAlias, TicketFieldValue, TicketTag, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of


def merge(
    source: Ticket,
    into: Ticket,
    *,
    subject: str | None,
    customer: Customer,
    assignee: User | None,
    team: Team | None = None,
    by: Actor,
) -> Ticket:
    """Make two tickets one; the agent picks subject, customer, assignee and team. There is no undo."""
    if source.id == into.id:
        raise Refused("A ticket can't be merged with itself.")
    present = (into.customer_id, into.assignee_user_id, into.assignee_team_id)
    for chosen, number in zip((customer, assignee, team), present, strict=True):
        if chosen is not None and chosen.id != number:
            leaving.refuse_new(chosen)
    for message in list(source.messages):
        message.ticket = into
    _unite_tags(source, into)
    _unite_fields(source, into)
    for alias in source.aliases:
        alias.ticket_id = into.id
    into.aliases.append(TicketAlias(account_id=into.account_id, former_id=source.id))
    into.subject = subject
    into.customer_id = customer.id
    into.assignee_user_id = assignee.id if assignee else None
    into.assignee_team_id = team.id if team else None
    record(TICKET_MERGED, into, by=by)
    for ticket in (into, source):
        session_of(into).expire(ticket, ["messages", "aliases"])
    thread.recount(into)
    tickets.erase(source, by=by)
    return into


def _unite_tags(source: Ticket, into: Ticket) -> None:
    present = {link.tag_id for link in into.tag_links}
    for link in source.tag_links:
        if link.tag_id not in present:
            into.tag_links.append(TicketTag(account_id=into.account_id, tag_id=link.tag_id))


def _unite_fields(source: Ticket, into: Ticket) -> None:
    present = {value.custom_field_id for value in into.field_values}
    for value in source.field_values:
        if value.custom_field_id not in present:
            into.field_values.append(
                TicketFieldValue(account_id=into.account_id, custom_field_id=value.custom_field_id, value=value.value)
            )
