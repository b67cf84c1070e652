"""What can be pressed on a ticket: its status, its marks, its fields, who has it, its tags."""

from typing import TypeVar

from flask import Response, abort, g, request

from audit.action import now
from audit.actors import Actor
from helpdesk import fields, tags, tickets
from helpdesk.models import Customer, CustomField, Team, Ticket, User
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of
from helpdesk.web.changing import change, needs
from helpdesk.web.security import LARGEST_ID
from helpdesk.web.snoozing import chosen
from helpdesk.web.tickets import blueprint

Choosable = TypeVar("Choosable", User, Team, Customer, CustomField)


@blueprint.post("/tickets/<number:ticket_id>/close")
@needs("update ticket")
def close(ticket_id: int) -> Response:
    """Close it."""
    return change(ticket_id, "Closed", lambda ticket, by: tickets.close(ticket, by=by))


@blueprint.post("/tickets/<number:ticket_id>/reopen")
@needs("update ticket")
def reopen(ticket_id: int) -> Response:
    """Open it again."""
    return change(ticket_id, "Reopened", lambda ticket, by: tickets.reopen(ticket, by=by))


@blueprint.post("/tickets/<number:ticket_id>/snooze")
@needs("update ticket")
def snooze(ticket_id: int) -> Response:
    """Hide it for a while."""

    def sleep(ticket: Ticket, by: Actor) -> None:
        until = chosen(
            request.form.get("choice", ""), request.form.get("until", ""), now(session_of(ticket)), g.account.time_zone
        )
        tickets.snooze(ticket, until, by=by)

    return change(ticket_id, "Snoozed", sleep)


@blueprint.post("/tickets/<number:ticket_id>/assign")
@needs("update ticket")
def assign(ticket_id: int) -> Response:
    """Give it to a team member."""
    return change(
        ticket_id,
        "Assigned",
        lambda ticket, by: tickets.assign(ticket, _chosen(ticket, User, "user_id", "team member"), by=by),
    )


@blueprint.post("/tickets/<number:ticket_id>/unassign")
@needs("update ticket")
def unassign(ticket_id: int) -> Response:
    """Take it from whoever has it."""
    return change(ticket_id, "Unassigned", lambda ticket, by: tickets.unassign(ticket, by=by))


@blueprint.post("/tickets/<number:ticket_id>/assign-team")
@needs("update ticket")
def assign_team(ticket_id: int) -> Response:
    """Give it to a team."""
    return change(
        ticket_id,
        "Assigned to the team",
        lambda ticket, by: tickets.assign_team(ticket, _chosen(ticket, Team, "team_id", "team"), by=by),
    )


@blueprint.post("/tickets/<number:ticket_id>/unassign-team")
@needs("update ticket")
def unassign_team(ticket_id: int) -> Response:
    """Take it from its team."""
    return change(ticket_id, "Taken from the team", lambda ticket, by: tickets.unassign_team(ticket, by=by))


@blueprint.post("/tickets/<number:ticket_id>/set-subject")
@needs("update ticket")
def set_subject(ticket_id: int) -> Response:
    """Give it another subject."""
    subject = request.form["subject"]  # a form without the field is a mistake, not the wish for no subject
    return change(ticket_id, "Subject changed", lambda ticket, by: tickets.set_subject(ticket, subject, by=by))


@blueprint.post("/tickets/<number:ticket_id>/set-priority")
@needs("update ticket")
def set_priority(ticket_id: int) -> Response:
    """Say how urgent it is."""
    priority = request.form.get("priority", "")
    return change(ticket_id, "Priority changed", lambda ticket, by: tickets.set_priority(ticket, priority, by=by))


@blueprint.post("/tickets/<number:ticket_id>/set-language")
@needs("update ticket")
def set_language(ticket_id: int) -> Response:
    """Say in which language the customer writes."""
    language = request.form["language"]
    return change(ticket_id, "Language changed", lambda ticket, by: tickets.set_language(ticket, language, by=by))


@blueprint.post("/tickets/<number:ticket_id>/set-field")
@needs("update ticket")
def set_field(ticket_id: int) -> Response:
    """Give it a value in a field of the account's own."""
    value = request.form["value"]

    def put(ticket: Ticket, by: Actor) -> None:
        fields.set_value(ticket, _chosen(ticket, CustomField, "field_id", "field"), value, by=by)

    return change(ticket_id, "Field changed", put)


@blueprint.post("/tickets/<number:ticket_id>/swap-customer")
@needs("update ticket")
def swap_customer(ticket_id: int) -> Response:
    """Say that it is somebody else's."""
    return change(
        ticket_id,
        "Customer swapped",
        lambda ticket, by: tickets.swap_customer(ticket, _chosen(ticket, Customer, "customer_id", "customer"), by=by),
    )


@blueprint.post("/tickets/<number:ticket_id>/mark-spam")
@needs("update ticket")
def mark_spam(ticket_id: int) -> Response:
    """Move it to the Spam view."""
    return change(ticket_id, "Marked as spam", lambda ticket, by: tickets.mark_spam(ticket, by=by))


@blueprint.post("/tickets/<number:ticket_id>/unmark-spam")
@needs("update ticket")
def unmark_spam(ticket_id: int) -> Response:
    """Move it back from the Spam view."""
    return change(ticket_id, "Taken out of spam", lambda ticket, by: tickets.unmark_spam(ticket, by=by))


@blueprint.post("/tickets/<number:ticket_id>/trash")
@needs("update ticket")
def trash(ticket_id: int) -> Response:
    """Move it to the trash."""
    return change(ticket_id, "Moved to the trash", lambda ticket, by: tickets.trash(ticket, by=by))


@blueprint.post("/tickets/<number:ticket_id>/untrash")
@needs("update ticket")
def untrash(ticket_id: int) -> Response:
    """Take it out of the trash."""
    return change(ticket_id, "Restored from the trash", lambda ticket, by: tickets.untrash(ticket, by=by))


@blueprint.post("/tickets/<number:ticket_id>/add-tags")
@needs("update ticket")
def add_tags(ticket_id: int) -> Response:
    """Put tags on it."""
    names = [name for name in request.form.get("names", "").split(",") if name.strip()]
    if not names:
        abort(422, "Write the name of a tag first. Nothing was added.")
    return change(ticket_id, "Tag added", lambda ticket, by: tags.put_on(ticket, names, by=by), only_if_unchanged=False)


@blueprint.post("/tickets/<number:ticket_id>/remove-tags")
@needs("update ticket")
def remove_tags(ticket_id: int) -> Response:
    """Take a tag off it."""
    names = request.form.getlist("name")
    return change(
        ticket_id, "Tag removed", lambda ticket, by: tags.take_off(ticket, names, by=by), only_if_unchanged=False
    )


def _chosen(ticket: Ticket, model: type[Choosable], field: str, what: str) -> Choosable:
    number = request.form.get(field, 0, type=int)
    found = session_of(ticket).get(model, number) if 0 < number <= LARGEST_ID else None
    if found is None or found.account_id != ticket.account_id:
        raise Refused(f"Choose a {what} of this account. Nothing was changed.")
    return found
