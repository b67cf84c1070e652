"""Scenes of a ticket's life."""

from datetime import timedelta

from sqlalchemy import select

from helpdesk import customers, merging, tags, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Ticket
from seeds.scenes.beginnings import (
    CUSTOMER,
    HOUR,
    SCHEDULE,
    USER,
    anas_ticket,
    closed_ticket,
    open_ticket,
    snoozed_ticket,
    spam_ticket,
    tagged_ticket,
    team_ticket,
    trashed_ticket,
)
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage

UPDATED = ("ticket-updated", USER)


@scenario(
    "ticket-created",
    "A customer writes",
    ("ticket-created", CUSTOMER),
    ("ticket-message-created", CUSTOMER),
    ("ticket-updated", CUSTOMER),
)
def a_customer_writes(stage: Stage, _number: int) -> None:
    stage.a_ticket("A question about the blue mug")


@scenario(
    "ticket-created",
    "An agent opens a ticket with an assignee, a team and a new tag",
    ("tag-created", USER),
    ("ticket-created", USER),
    ("ticket-message-created", USER),
    UPDATED,
    ("ticket-assigned", USER),
    ("ticket-assigned", USER),
    ("ticket-team-assigned", USER),
    ("ticket-tags-added", USER),
)
def an_agent_opens_a_ticket(stage: Stage, _number: int) -> None:
    with stage.acting():
        tags.create(stage.account, "phone call", by=stage.by_ana)
        words = Draft(sender=stage.ana, body_text="Carol called: the parcel is late.", public=False)
        tickets.create(
            stage.account,
            tickets.Opening(
                customer=stage.carol,
                channel="phone",
                subject="Late parcel",
                from_agent=True,
                messages=(words,),
                assignee=stage.ana,
                team=stage.team,
                tags=("phone call",),
            ),
            by=stage.by_ana,
        )


@scenario("ticket-updated", "The priority is raised", UPDATED, prepare=open_ticket)
def the_priority_is_raised(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.set_priority(stage.ticket(number), "high", by=stage.by_ana)


@scenario("ticket-updated", "Priority and language in one action", UPDATED, prepare=open_ticket)
def priority_and_language(stage: Stage, number: int) -> None:
    with stage.acting("api"):
        tickets.set_priority(stage.ticket(number), "low", by=stage.by_ana)
        tickets.set_language(stage.ticket(number), "de", by=stage.by_ana)


@quiet("ticket-created", "Its subject is too long", refusal="A subject has at most 998 characters; this one has 999.")
def its_subject_is_too_long(stage: Stage, _number: int) -> None:
    with stage.acting():
        words = Draft(sender=stage.ana, body_text="Carol called.")
        opening = tickets.Opening(customer=stage.carol, subject="x" * 999, messages=(words,))
        tickets.create(stage.account, opening, by=stage.by_ana)


@quiet("ticket-updated", "The priority it has", prepare=open_ticket)
def the_priority_it_has(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.set_priority(stage.ticket(number), "normal", by=stage.by_ana)


@quiet("ticket-updated", "A priority that is none", prepare=open_ticket, refusal="There is no priority 'very':")
def a_priority_that_is_none(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.set_priority(stage.ticket(number), "very", by=stage.by_ana)


@scenario("ticket-closed", "An agent closes a ticket", UPDATED, ("ticket-closed", USER), prepare=open_ticket)
def an_agent_closes(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.close(stage.ticket(number), by=stage.by_ana)


@scenario(
    "ticket-closed", "A snoozed ticket is closed for good", UPDATED, ("ticket-closed", USER), prepare=snoozed_ticket
)
def a_snoozed_ticket_is_closed(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.close(stage.ticket(number), by=stage.by_ana)


@quiet("ticket-closed", "Closing a closed ticket", prepare=closed_ticket)
def closing_a_closed_ticket(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.close(stage.ticket(number), by=stage.by_ana)


@scenario("ticket-reopened", "An agent opens it again", UPDATED, ("ticket-reopened", USER), prepare=closed_ticket)
def an_agent_reopens(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.reopen(stage.ticket(number), by=stage.by_ana)


@scenario("ticket-reopened", "A snooze is ended by hand", UPDATED, ("ticket-reopened", USER), prepare=snoozed_ticket)
def a_snooze_is_ended_by_hand(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.reopen(stage.ticket(number), by=stage.by_ana)


@quiet("ticket-reopened", "Reopening an open ticket", prepare=open_ticket)
def reopening_an_open_ticket(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.reopen(stage.ticket(number), by=stage.by_ana)


@scenario("ticket-snoozed", "An agent snoozes it", UPDATED, ("ticket-snoozed", USER), prepare=open_ticket)
def an_agent_snoozes(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.snooze(stage.ticket(number), stage.now() + 3 * HOUR, by=stage.by_ana)


@scenario("ticket-snoozed", "The date is moved", UPDATED, ("ticket-snoozed", USER), prepare=snoozed_ticket)
def the_date_is_moved(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.snooze(stage.ticket(number), stage.now() + 5 * HOUR, by=stage.by_ana)


@quiet(
    "ticket-snoozed",
    "Snoozing into the past",
    prepare=open_ticket,
    refusal="A ticket can only be snoozed until a time that is still to come.",
)
def snoozing_into_the_past(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.snooze(stage.ticket(number), stage.now() - HOUR, by=stage.by_ana)


@quiet(
    "ticket-snoozed",
    "Snoozing for six years",
    prepare=open_ticket,
    refusal="A ticket can be snoozed for five years at most.",
)
def snoozing_for_six_years(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.snooze(stage.ticket(number), stage.now() + timedelta(days=6 * 366), by=stage.by_ana)


@scenario(
    "ticket-self-unsnoozed",
    "The delay ends",
    ("ticket-updated", SCHEDULE),
    ("ticket-self-unsnoozed", SCHEDULE),
    prepare=snoozed_ticket,
)
def the_delay_ends(stage: Stage, _number: int) -> None:
    stage.move_clock(2 * HOUR)
    with stage.acting():
        pass  # whoever acts next plays what is due, even if they do nothing


@quiet("ticket-self-unsnoozed", "The delay has not ended yet", prepare=snoozed_ticket)
def the_delay_has_not_ended(stage: Stage, _number: int) -> None:
    stage.move_clock(HOUR / 2)
    with stage.acting():
        pass


@scenario("ticket-assigned", "Ana takes it", UPDATED, ("ticket-assigned", USER), prepare=open_ticket)
def ana_takes_it(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.assign(stage.ticket(number), stage.ana, by=stage.by_ana)


@scenario("ticket-assigned", "From one agent to another", UPDATED, ("ticket-assigned", USER), prepare=anas_ticket)
def from_one_agent_to_another(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.assign(stage.ticket(number), stage.ben, by=stage.by_ana)


@quiet("ticket-assigned", "Giving it to whoever has it", prepare=anas_ticket)
def giving_it_to_whoever_has_it(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.assign(stage.ticket(number), stage.ana, by=stage.by_ben)


@scenario("ticket-unassigned", "The agent is cleared", UPDATED, ("ticket-unassigned", USER), prepare=anas_ticket)
def the_agent_is_cleared(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.unassign(stage.ticket(number), by=stage.by_ana)


@quiet("ticket-unassigned", "Clearing where nobody is", prepare=open_ticket)
def clearing_where_nobody_is(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.unassign(stage.ticket(number), by=stage.by_ana)


@scenario(
    "ticket-team-assigned",
    "A team is set",
    UPDATED,
    ("ticket-assigned", USER),
    ("ticket-team-assigned", USER),
    prepare=open_ticket,
)
def a_team_is_set(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.assign_team(stage.ticket(number), stage.team, by=stage.by_ana)


@quiet("ticket-team-assigned", "Setting the team it has", prepare=team_ticket)
def setting_the_team_it_has(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.assign_team(stage.ticket(number), stage.team, by=stage.by_ana)


@scenario(
    "ticket-team-unassigned", "The team is cleared", UPDATED, ("ticket-team-unassigned", USER), prepare=team_ticket
)
def the_team_is_cleared(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.unassign_team(stage.ticket(number), by=stage.by_ana)


@quiet("ticket-team-unassigned", "Clearing where no team is", prepare=open_ticket)
def clearing_where_no_team_is(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.unassign_team(stage.ticket(number), by=stage.by_ana)


@scenario(
    "ticket-subject-updated",
    "The subject is made clearer",
    UPDATED,
    ("ticket-subject-updated", USER),
    prepare=open_ticket,
    data={"old_subject": "Where is my order?", "new_subject": "Order 991 is late"},
)
def the_subject_is_made_clearer(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.set_subject(stage.ticket(number), "  Order 991\nis late ", by=stage.by_ana)


@quiet("ticket-subject-updated", "The same subject again", prepare=open_ticket)
def the_same_subject_again(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.set_subject(stage.ticket(number), "Where is my order? ", by=stage.by_ana)


@quiet(
    "ticket-subject-updated",
    "A subject that is too long",
    prepare=open_ticket,
    refusal="A subject has at most 998 characters; this one has 999.",
)
def a_subject_that_is_too_long(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.set_subject(stage.ticket(number), "x" * 999, by=stage.by_ana)


@scenario(
    "ticket-customer-updated",
    "It was her sister's",
    ("customer-created", USER),
    UPDATED,
    ("ticket-customer-updated", USER),
    prepare=open_ticket,
)
def it_was_her_sisters(stage: Stage, number: int) -> None:
    with stage.acting():
        sister = customers.create(stage.account, name="Dora Diaz", email="dora@mail.example", by=stage.by_ana)
        tickets.swap_customer(stage.ticket(number), sister, by=stage.by_ana)


@quiet("ticket-customer-updated", "The customer it has", prepare=open_ticket)
def the_customer_it_has(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.swap_customer(stage.ticket(number), stage.carol, by=stage.by_ana)


@scenario(
    "ticket-tags-added",
    "Two tags, one of them new",
    ("tag-created", USER),
    UPDATED,
    ("ticket-tags-added", USER),
    prepare=tagged_ticket,
)
def two_tags(stage: Stage, number: int) -> None:
    with stage.acting():
        tags.put_on(stage.ticket(number), ["refund", "late parcel"], by=stage.by_ana)


@quiet("ticket-tags-added", "A tag that is on it", prepare=tagged_ticket)
def a_tag_that_is_on_it(stage: Stage, number: int) -> None:
    with stage.acting():
        tags.put_on(stage.ticket(number), ["refund"], by=stage.by_ana)


@scenario("ticket-tags-removed", "A tag is taken off", UPDATED, ("ticket-tags-removed", USER), prepare=tagged_ticket)
def a_tag_is_taken_off(stage: Stage, number: int) -> None:
    with stage.acting():
        tags.take_off(stage.ticket(number), ["refund", "never there"], by=stage.by_ana)


@quiet("ticket-tags-removed", "A tag that is not on it", prepare=tagged_ticket)
def a_tag_that_is_not_on_it(stage: Stage, number: int) -> None:
    with stage.acting():
        tags.take_off(stage.ticket(number), ["never there"], by=stage.by_ana)


@scenario("ticket-marked-spam", "It is spam", UPDATED, ("ticket-marked-spam", USER), prepare=open_ticket)
def it_is_spam(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.mark_spam(stage.ticket(number), by=stage.by_ana)


@quiet("ticket-marked-spam", "It is spam already", prepare=spam_ticket)
def it_is_spam_already(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.mark_spam(stage.ticket(number), by=stage.by_ana)


@scenario("ticket-unmarked-spam", "It was no spam", UPDATED, ("ticket-unmarked-spam", USER), prepare=spam_ticket)
def it_was_no_spam(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.unmark_spam(stage.ticket(number), by=stage.by_ana)


@quiet("ticket-unmarked-spam", "It is not marked", prepare=open_ticket)
def it_is_not_marked(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.unmark_spam(stage.ticket(number), by=stage.by_ana)


@scenario("ticket-trashed", "Into the trash", UPDATED, ("ticket-trashed", USER), prepare=open_ticket)
def into_the_trash(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.trash(stage.ticket(number), by=stage.by_ana)


@quiet("ticket-trashed", "It lies there already", prepare=trashed_ticket)
def it_lies_there_already(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.trash(stage.ticket(number), by=stage.by_ana)


@scenario("ticket-untrashed", "Out of the trash", UPDATED, ("ticket-untrashed", USER), prepare=trashed_ticket)
def out_of_the_trash(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.untrash(stage.ticket(number), by=stage.by_ana)


@quiet("ticket-untrashed", "It does not lie there", prepare=open_ticket)
def it_does_not_lie_there(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.untrash(stage.ticket(number), by=stage.by_ana)


@scenario("ticket-deleted", "Deleted for good from the trash", ("ticket-deleted", USER), prepare=trashed_ticket)
def deleted_for_good(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.delete(stage.ticket(number), by=stage.by_ana)


@scenario("ticket-deleted", "Deleted by API from any state", ("ticket-deleted", USER), prepare=tagged_ticket)
def deleted_by_api(stage: Stage, number: int) -> None:
    with stage.acting("api"):
        tickets.erase(stage.ticket(number), by=stage.by_ana)


@scenario("ticket-deleted", "The trash is emptied", ("ticket-deleted", SCHEDULE), prepare=trashed_ticket)
def the_trash_is_emptied(stage: Stage, _number: int) -> None:
    stage.move_clock(timedelta(days=30))
    with stage.acting():
        pass


@quiet(
    "ticket-deleted",
    "Deleting what is not in the trash",
    prepare=open_ticket,
    refusal="Only a ticket in the trash can be deleted for good. Move it to the trash first.",
)
def deleting_what_is_not_in_the_trash(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.delete(stage.ticket(number), by=stage.by_ana)


def _two_tickets(stage: Stage) -> int:
    stage.a_ticket("My order 991")
    return tagged_ticket(stage)


@scenario(
    "ticket-merged", "Two become one", UPDATED, ("ticket-merged", USER), ("ticket-deleted", USER), prepare=_two_tickets
)
def two_become_one(stage: Stage, number: int) -> None:
    with stage.acting():
        older = select(Ticket.id).where(Ticket.customer_id == stage.carol_id).order_by(Ticket.id).limit(1)
        into, source = stage.ticket(stage.session.execute(older).scalar_one()), stage.ticket(number)
        merging.merge(source, into, subject=source.subject, customer=stage.carol, assignee=stage.ana, by=stage.by_ana)


@quiet(
    "ticket-merged",
    "Merging a ticket with itself",
    prepare=open_ticket,
    refusal="A ticket can't be merged with itself.",
)
def merging_with_itself(stage: Stage, number: int) -> None:
    with stage.acting():
        ticket = stage.ticket(number)
        merging.merge(ticket, ticket, subject="x", customer=stage.carol, assignee=None, by=stage.by_ana)
