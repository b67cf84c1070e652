"""Scenes of what is said in a ticket."""

from audit.actors import Actor
from helpdesk import customers, messages, tickets
from helpdesk.drafts import Draft
from seeds.scenes.beginnings import (
    CUSTOMER,
    USER,
    after,
    anas_ticket,
    closed_ticket,
    open_ticket,
    snoozed_ticket,
    spam_ticket,
)
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage

RECEIVED = ("ticket-message-created", CUSTOMER)
SAID = ("ticket-message-created", USER)


@scenario(
    "customer-created",
    "Somebody unknown writes",
    ("customer-created", CUSTOMER),
    ("ticket-created", CUSTOMER),
    RECEIVED,
    ("ticket-updated", CUSTOMER),
)
def somebody_unknown_writes(stage: Stage, _number: int) -> None:
    with stage.acting("email"):
        dan = customers.meet(stage.account, name="Dan Dunne", email="dan@mail.example")
        draft = Draft(sender=dan, body_text="Do you sell lids alone?")
        by = Actor("customer", dan.id, dan.display_name)
        tickets.create(stage.account, tickets.Opening(customer=dan, subject="A lid", messages=(draft,)), by=by)


@scenario(
    "ticket-reopened",
    "Carol writes on a closed ticket",
    RECEIVED,
    ("ticket-updated", CUSTOMER),
    ("ticket-reopened", CUSTOMER),
    prepare=closed_ticket,
)
@scenario(
    "ticket-reopened",
    "Carol writes on a snoozed ticket",
    RECEIVED,
    ("ticket-updated", CUSTOMER),
    ("ticket-reopened", CUSTOMER),
    prepare=snoozed_ticket,
)
@scenario(
    "ticket-message-created",
    "Carol writes on a ticket marked as spam, which stays spam",
    RECEIVED,
    ("ticket-updated", CUSTOMER),
    prepare=spam_ticket,
)
@scenario("ticket-message-created", "Carol writes again", RECEIVED, ("ticket-updated", CUSTOMER), prepare=open_ticket)
def carol_writes(stage: Stage, number: int) -> None:
    with stage.acting("email"):
        words = Draft(sender=stage.carol, body_text="Any news?", via="email")
        messages.receive(stage.ticket(number), words, by=stage.by_carol)


@scenario(
    "ticket-message-created",
    "Ana answers, and the ticket becomes hers",
    SAID,
    ("ticket-updated", USER),
    ("ticket-assigned", USER),
    prepare=open_ticket,
)
@scenario(
    "ticket-message-created",
    "Ana answers her own ticket",
    SAID,
    ("ticket-updated", USER),
    prepare=anas_ticket,
)
def ana_answers(stage: Stage, number: int) -> None:
    with stage.acting():
        words = Draft(sender=stage.ana, body_text="It left our warehouse this morning.")
        messages.reply(stage.ticket(number), words, by=stage.by_ana)


@scenario(
    "ticket-message-created",
    "An internal note, which changes neither status nor assignee",
    SAID,
    ("ticket-updated", USER),
    prepare=closed_ticket,
)
def an_internal_note(stage: Stage, number: int) -> None:
    with stage.acting():
        words = Draft(sender=stage.ana, body_text="Asked the warehouse.", public=False)
        messages.note(stage.ticket(number), words, by=stage.by_ana)


@scenario(
    "ticket-message-created",
    "Ana answers and closes in one go",
    SAID,
    ("ticket-updated", USER),
    ("ticket-assigned", USER),
    ("ticket-closed", USER),
    prepare=open_ticket,
)
def ana_answers_and_closes(stage: Stage, number: int) -> None:
    with stage.acting():
        words = Draft(sender=stage.ana, body_text="It arrives tomorrow.")
        messages.reply(stage.ticket(number), words, by=stage.by_ana)
        tickets.close(stage.ticket(number), by=stage.by_ana)


@quiet(
    "ticket-message-created",
    "An empty answer",
    prepare=open_ticket,
    refusal="The message is empty. Nothing was sent.",
)
def an_empty_answer(stage: Stage, number: int) -> None:
    with stage.acting():
        messages.reply(stage.ticket(number), Draft(sender=stage.ana, body_text=" \n"), by=stage.by_ana)


@scenario(
    "ticket-message-updated",
    "A typing error is corrected by API",
    ("ticket-updated", USER),
    ("ticket-message-updated", USER),
    prepare=open_ticket,
)
def a_typing_error_is_corrected(stage: Stage, number: int) -> None:
    with stage.acting("api"):
        messages.update(stage.ticket(number).messages[0], "My order 992 has not arrived.", by=stage.by_ana)


@quiet("ticket-message-updated", "The same words again", prepare=open_ticket)
def the_same_words_again(stage: Stage, number: int) -> None:
    with stage.acting("api"):
        messages.update(stage.ticket(number).messages[0], "My order 991 has not arrived.", by=stage.by_ana)


@scenario(
    "ticket-message-deleted",
    "The only message is deleted by API",
    ("ticket-updated", USER),
    ("ticket-message-deleted", USER),
    prepare=open_ticket,
)
def the_only_message_is_deleted(stage: Stage, number: int) -> None:
    with stage.acting("api"):
        messages.delete(stage.ticket(number).messages[0], by=stage.by_ana)


@scenario(
    "ticket-message-summary-created",
    "The ticket is summed up",
    ("ticket-updated", USER),
    ("ticket-message-summary-created", USER),
    prepare=open_ticket,
)
def the_ticket_is_summed_up(stage: Stage, number: int) -> None:
    with stage.acting("api"):
        messages.summarise(stage.ticket(number), "Order 991 is missing.", by=stage.by_ana)


@quiet(
    "ticket-message-summary-created",
    "There is nothing to sum up",
    prepare=after(lambda stage, ticket: messages.delete(ticket.messages[0], by=stage.by_ana)),
    refusal="There is nothing to sum up: the ticket has no messages.",
)
def there_is_nothing_to_sum_up(stage: Stage, number: int) -> None:
    with stage.acting("api"):
        messages.summarise(stage.ticket(number), "Nothing.", by=stage.by_ana)
