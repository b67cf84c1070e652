"""Scenes of what the desk does by itself, because a setting says so: no rule, no user."""

from collections.abc import Callable

from automation import rules as runner
from helpdesk import settings, tags, tickets
from seeds.scenes.beginnings import CUSTOMER, SYSTEM, USER, open_ticket
from seeds.scenes.kinds import scenario
from seeds.stage import Stage


def _where(type_: str, begin: Callable[[Stage], int]) -> Callable[[Stage], int]:
    """A stage on which the desk does this by itself."""

    def prepare(stage: Stage) -> int:
        number = begin(stage)
        with stage.acting():
            setting = {**settings.DEFAULTS[type_], "enabled": True}
            settings.change(stage.account, type_, setting, by=stage.by_admin)
        return number

    return prepare


@scenario(
    "ticket-assigned",
    "A team's ticket goes to whose turn it is",
    ("ticket-updated", USER),
    ("ticket-assigned", USER),
    ("ticket-team-assigned", USER),
    ("ticket-updated", SYSTEM),
    ("ticket-assigned", SYSTEM),
    prepare=_where("ticket-assignment", open_ticket),
)
def a_teams_ticket_goes_to_whose_turn_it_is(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.assign_team(stage.ticket(number), stage.team, by=stage.by_admin)
    runner.settle(stage.session, stage.account_id)


@scenario(
    "ticket-merged",
    "The desk merges a double",
    ("ticket-created", CUSTOMER),
    ("ticket-message-created", CUSTOMER),
    ("ticket-updated", CUSTOMER),
    ("ticket-updated", SYSTEM),
    ("ticket-merged", SYSTEM),
    ("ticket-deleted", SYSTEM),
    prepare=_where("auto-merge", open_ticket),
)
def the_desk_merges_a_double(stage: Stage, _number: int) -> None:
    stage.a_ticket()
    runner.settle(stage.session, stage.account_id)


def _tagged_twice(stage: Stage) -> int:
    for subject in ("Refund for a mug", "Where is my refund?"):
        number = stage.a_ticket(subject).id
        with stage.acting():
            tags.put_on(stage.ticket(number), ["refund"], by=stage.by_ana)
    return stage.a_ticket("Refund, please").id


@scenario(
    "rule-suggestion-suggested",
    "Agents do the same for the third time",
    ("ticket-updated", USER),
    ("ticket-tags-added", USER),
    ("rule-suggestion-suggested", SYSTEM),
    prepare=_where("rule-suggestions", _tagged_twice),
)
def agents_do_the_same_for_the_third_time(stage: Stage, number: int) -> None:
    with stage.acting():
        tags.put_on(stage.ticket(number), ["refund"], by=stage.by_ana)
    runner.settle(stage.session, stage.account_id)
