"""What scenes begin with: a ticket in some state."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from audit.actors import ActorKind
from helpdesk import tags, tickets
from helpdesk.models import Ticket
from seeds.stage import Stage

HOUR: Final = timedelta(hours=1)

USER: Final[ActorKind] = "user"
CUSTOMER: Final[ActorKind] = "customer"
MACRO: Final[ActorKind] = "macro"
SYSTEM: Final[ActorKind] = "system"
SCHEDULE: Final[ActorKind] = "schedule"
RULE: Final[ActorKind] = "rule"


def open_ticket(stage: Stage) -> int:
    """A ticket that Carol wrote."""
    return stage.a_ticket().id


def after(action: Callable[[Stage, Ticket], None]) -> Callable[[Stage], int]:
    """A ticket that Carol wrote, after something was done to it."""

    def prepare(stage: Stage) -> int:
        number = open_ticket(stage)
        with stage.acting():
            action(stage, stage.ticket(number))
        return number

    return prepare


closed_ticket = after(lambda stage, ticket: tickets.close(ticket, by=stage.by_ana))
snoozed_ticket = after(lambda stage, ticket: tickets.snooze(ticket, stage.now() + HOUR, by=stage.by_ana))
spam_ticket = after(lambda stage, ticket: tickets.mark_spam(ticket, by=stage.by_ana))
trashed_ticket = after(lambda stage, ticket: tickets.trash(ticket, by=stage.by_ana))
tagged_ticket = after(lambda stage, ticket: tags.put_on(ticket, ["refund", "vip"], by=stage.by_ana))
anas_ticket = after(lambda stage, ticket: tickets.assign(ticket, stage.ana, by=stage.by_ana))
team_ticket = after(lambda stage, ticket: tickets.assign_team(ticket, stage.team, by=stage.by_ana))
