"""Scenes in which one person does something to several tickets at once, or takes it back."""

from audit.log import event_table
from audit.sessions import scoped
from helpdesk import bulk, undoing
from helpdesk.bulk import DEEDS
from seeds.scenes.beginnings import USER, closed_ticket, open_ticket, trashed_ticket
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage

UPDATED = ("ticket-updated", USER)


@scenario(
    "ticket-closed",
    "Two tickets are closed with one press",
    UPDATED,
    ("ticket-closed", USER),
    UPDATED,
    ("ticket-closed", USER),
    prepare=lambda stage: [open_ticket(stage), open_ticket(stage)][1],
)
def two_are_closed(stage: Stage, number: int) -> None:
    _do(stage, "close", [number - 1, number])


@scenario("ticket-reopened", "A close is undone", UPDATED, ("ticket-reopened", USER), prepare=closed_ticket)
def a_close_is_undone(stage: Stage, number: int) -> None:
    event = event_table.c
    with stage.acting():
        closed = scoped(stage.session, event.context, table=event_table).where(event.object_id == number)
        chain = stage.session.scalars(closed.where(event.type == "ticket-closed")).one()
        for step in undoing.steps(stage.session, chain, stage.ana_id):
            undoing.undo(stage.ticket(step.ticket_id), step, by=stage.by_ana)


@scenario(
    "ticket-deleted",
    "Of two selected tickets only the one in the trash is deleted",
    ("ticket-deleted", USER),
    prepare=lambda stage: [open_ticket(stage), trashed_ticket(stage)][1],
)
def only_what_lies_in_the_trash(stage: Stage, number: int) -> None:
    _do(stage, "delete", [number - 1, number])


@quiet("ticket-closed", "Closing several tickets that are closed", prepare=closed_ticket)
def closing_what_is_closed(stage: Stage, number: int) -> None:
    _do(stage, "close", [number])


def _do(stage: Stage, name: str, numbers: list[int]) -> None:
    with stage.acting():
        verb = bulk.verb_for(stage.session, DEEDS[name], {})
        bulk.do(stage.session, DEEDS[name], verb, numbers, by=stage.by_ana)
