"""Scenes of macros: made, changed, put away, applied by hand, alone and together with a reply."""

import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from helpdesk import macros, messages, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Macro
from seeds.scenes.beginnings import MACRO, USER, after, closed_ticket, open_ticket
from seeds.scenes.kinds import quiet, scenario
from seeds.stage import Stage

APPLIED = ("macro-applied", MACRO)
UPDATED = ("ticket-updated", MACRO)


def action(name: str, **arguments: Any) -> dict[str, Any]:
    """One action of a macro."""
    return {"name": name, "arguments": arguments}


THANKS = [action("setResponseText", body_text="Thank you, {{ticket.customer.firstname}}!")]


@scenario("macro-created", "A macro is made", ("macro-created", USER))
def a_macro_is_made(stage: Stage, _number: int) -> None:
    with stage.acting():
        macros.create(stage.account, "Thanks", THANKS, by=stage.by_admin)


def a_macro(stage: Stage, *actions: dict[str, Any], name: str = "Thanks") -> int:
    """A macro that does this; a kind word where nothing is said."""
    with stage.acting():
        return macros.create(stage.account, name, list(actions) or THANKS, by=stage.by_admin).id


def _thanks(stage: Stage) -> int:
    return a_macro(stage)


def _archived(stage: Stage) -> int:
    number = a_macro(stage)
    with stage.acting():
        macros.archive(stage.session.get_one(Macro, number), by=stage.by_admin)
    return number


@quiet("macro-created", "A macro of that name exists", prepare=_thanks, refusal="There is a macro 'Thanks' already.")
def a_macro_of_that_name_exists(stage: Stage, _number: int) -> None:
    with stage.acting():
        macros.create(stage.account, " Thanks ", THANKS, by=stage.by_admin)


@quiet("macro-created", "A macro that would do what none can", refusal="Action 1: a macro can't do 'launchRocket'.")
def a_macro_that_would_do_what_none_can(stage: Stage, _number: int) -> None:
    with stage.acting():
        macros.create(stage.account, "Lift off", [action("launchRocket")], by=stage.by_admin)


@scenario("macro-updated", "A macro is reworded", ("macro-updated", USER), prepare=_thanks)
def a_macro_is_reworded(stage: Stage, number: int) -> None:
    with stage.acting():
        macros.update(stage.session.get_one(Macro, number), "Many thanks", THANKS, by=stage.by_admin)


@quiet("macro-updated", "The words it has", prepare=_thanks)
def the_words_it_has(stage: Stage, number: int) -> None:
    with stage.acting():
        macros.update(stage.session.get_one(Macro, number), "Thanks", THANKS, by=stage.by_admin)


@scenario("macro-updated", "A macro is put away", ("macro-updated", USER), prepare=_thanks)
@quiet("macro-updated", "A macro that is put away already", prepare=_archived)
def a_macro_is_put_away(stage: Stage, number: int) -> None:
    with stage.acting():
        macros.archive(stage.session.get_one(Macro, number), by=stage.by_admin)


@scenario("macro-updated", "A macro comes back", ("macro-updated", USER), prepare=_archived)
@quiet("macro-updated", "A macro that is there", prepare=_thanks)
def a_macro_comes_back(stage: Stage, number: int) -> None:
    with stage.acting():
        macros.unarchive(stage.session.get_one(Macro, number), by=stage.by_admin)


def _archived_and_another_of_its_name(stage: Stage) -> int:
    number = _archived(stage)
    a_macro(stage)
    return number


@quiet(
    "macro-updated",
    "A macro whose name was taken meanwhile",
    prepare=_archived_and_another_of_its_name,
    refusal="There is a macro 'Thanks' already.",
)
def a_macro_whose_name_was_taken(stage: Stage, number: int) -> None:
    with stage.acting():
        macros.unarchive(stage.session.get_one(Macro, number), by=stage.by_admin)


@scenario("macro-deleted", "A macro is deleted", ("macro-deleted", USER), prepare=_thanks)
def a_macro_is_deleted(stage: Stage, number: int) -> None:
    with stage.acting():
        macros.delete(stage.session.get_one(Macro, number), by=stage.by_admin)


def on_a_ticket(*actions: dict[str, Any], prepare: Callable[[Stage], int] = open_ticket) -> Callable[[Stage], int]:
    """A ticket in some state, and a macro that does this."""

    def prepared(stage: Stage) -> int:
        number = prepare(stage)
        a_macro(stage, *actions)
        return number

    return prepared


@scenario(
    "macro-applied",
    "Ana applies a macro that puts on a tag",
    APPLIED,
    ("tag-created", MACRO),
    UPDATED,
    ("ticket-tags-added", MACRO),
    prepare=on_a_ticket(action("addTags", tags="thanked")),
)
@scenario(
    "macro-applied",
    "A macro that writes a reply and nothing else",
    APPLIED,
    prepare=on_a_ticket(*THANKS),
)
@scenario(
    "ticket-closed",
    "A macro makes it urgent, renames it and closes it",
    APPLIED,
    UPDATED,
    ("ticket-subject-updated", MACRO),
    ("ticket-closed", MACRO),
    prepare=on_a_ticket(
        action("setPriority", priority="high"),
        action("setSubject", subject="For {{ticket.customer.firstname}}"),
        action("setStatus", status="closed"),
    ),
)
@scenario(
    "ticket-reopened",
    "A macro reopens",
    APPLIED,
    UPDATED,
    ("ticket-reopened", MACRO),
    prepare=on_a_ticket(action("setStatus", status="open"), prepare=closed_ticket),
)
@scenario(
    "ticket-snoozed",
    "A macro snoozes for two days",
    APPLIED,
    UPDATED,
    ("ticket-snoozed", MACRO),
    prepare=on_a_ticket(action("snoozeTicket", **{"for": "2d"})),
)
@scenario(
    "ticket-assigned",
    "A macro assigns to whoever applies it",
    APPLIED,
    UPDATED,
    ("ticket-assigned", MACRO),
    prepare=on_a_ticket(action("setAssignee", assignee_user={"id": "{{current_user.id}}"})),
)
@scenario(
    "ticket-unassigned",
    "A macro takes it from its assignee",
    APPLIED,
    UPDATED,
    ("ticket-unassigned", MACRO),
    prepare=on_a_ticket(
        action("setAssignee", assignee_user=None),
        prepare=after(lambda stage, ticket: tickets.assign(ticket, stage.ben, by=stage.by_ana)),
    ),
)
@scenario(
    "ticket-team-unassigned",
    "A macro takes it from its team",
    APPLIED,
    UPDATED,
    ("ticket-team-unassigned", MACRO),
    prepare=on_a_ticket(
        action("setTeamAssignee", assignee_team=None),
        prepare=after(lambda stage, ticket: tickets.assign_team(ticket, stage.team, by=stage.by_ana)),
    ),
)
@scenario(
    "ticket-message-created",
    "A macro writes an internal note",
    APPLIED,
    ("ticket-message-created", MACRO),
    UPDATED,
    prepare=on_a_ticket(action("addInternalNote", body_text="{{current_user.name}} asks for help.")),
)
@scenario(
    "macro-applied",
    "A macro calls another system",
    APPLIED,
    prepare=on_a_ticket(action("http", url="https://hooks.example/{{ticket.id}}", method="POST", body="{}")),
)
@quiet(
    "macro-applied",
    "A macro that assigns to a team that is gone, after it would have closed",
    prepare=on_a_ticket(
        action("setStatus", status="closed"), action("setTeamAssignee", assignee_team={"id": 4_000_000})
    ),
    refusal="The macro 'Thanks' assigns to a team that is not there any more. Nothing was done",
)
def ana_applies_a_macro(stage: Stage, number: int) -> None:
    with stage.acting():
        macros.apply(_the_macro(stage), stage.ticket(number), by=stage.by_ana)


def _a_macro_that_assigns_to_the_team(stage: Stage) -> int:
    return on_a_ticket(action("setTeamAssignee", assignee_team={"id": stage.team_id}))(stage)


@scenario(
    "ticket-team-assigned",
    "A macro gives it to a team",
    APPLIED,
    UPDATED,
    ("ticket-assigned", MACRO),
    ("ticket-team-assigned", MACRO),
    prepare=_a_macro_that_assigns_to_the_team,
)
def ana_applies_a_macro_for_the_team(stage: Stage, number: int) -> None:
    ana_applies_a_macro(stage, number)


@scenario(
    "macro-applied",
    "Ana sends a reply with a macro: two actions in one context, the macro's first",
    APPLIED,
    UPDATED,
    ("ticket-snoozed", MACRO),
    ("ticket-message-created", USER),
    ("ticket-updated", USER),
    ("ticket-assigned", USER),
    prepare=on_a_ticket(*THANKS, action("snoozeTicket", **{"for": "2d"})),
)
def ana_sends_a_reply_with_a_macro(stage: Stage, number: int) -> None:
    chain = uuid.uuid4()
    with stage.acting(context=chain):
        suggested = macros.apply(_the_macro(stage), stage.ticket(number), by=stage.by_ana)
    assert suggested is not None
    with stage.acting(context=chain):
        words = Draft(sender=stage.ana, body_text=suggested.text)
        messages.reply(stage.ticket(number), words, by=stage.by_ana)


def _an_archived_macro_and_a_ticket(stage: Stage) -> int:
    _archived(stage)
    return open_ticket(stage)


@quiet(
    "macro-applied",
    "An archived macro",
    prepare=_an_archived_macro_and_a_ticket,
    refusal="The macro 'Thanks' is archived, so it was not applied.",
)
def an_archived_macro(stage: Stage, number: int) -> None:
    ana_applies_a_macro(stage, number)


def _the_macro(stage: Stage) -> Macro:
    return stage.session.scalars(select(Macro)).one()
