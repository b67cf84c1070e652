"""Scenes of what is deleted or merged for good, and of what follows from that."""

from typing import Final

from sqlalchemy import select

from automation import jobs
from helpdesk import customers, keys, leaving, macros, people, tags, teams, tickets, views
from helpdesk.models import Customer, Tag
from seeds.scenes.beginnings import SYSTEM, USER, anas_ticket, open_ticket, tagged_ticket, team_ticket
from seeds.scenes.kinds import Line, quiet, scenario
from seeds.stage import Stage

UPDATED: Final[Line] = ("ticket-updated", SYSTEM)
UNASSIGNED: Final[tuple[Line, ...]] = (UPDATED, ("ticket-unassigned", SYSTEM))
TEAM_UNASSIGNED: Final[tuple[Line, ...]] = (UPDATED, ("ticket-team-unassigned", SYSTEM))
TAGS_REMOVED: Final[tuple[Line, ...]] = (UPDATED, ("ticket-tags-removed", SYSTEM))
CUSTOMER_UPDATED: Final[tuple[Line, ...]] = (UPDATED, ("ticket-customer-updated", SYSTEM))


# ---- Team members and teams


@scenario(
    "user-deleted",
    "Ana leaves, and her ticket and her team are without her",
    *UNASSIGNED,
    ("team-updated", SYSTEM),
    ("user-deleted", USER),
    prepare=anas_ticket,
)
def ana_leaves(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.delete(stage.ana, by=stage.by_admin)


def _anas_key_and_ticket(stage: Stage) -> int:
    with stage.acting():
        keys.create(stage.ana, name="My script", by=stage.by_ana)
    return anas_ticket(stage)


@scenario(
    "user-deleted",
    "Ana leaves, and her key opens nothing any more",
    ("api-key-revoked", SYSTEM),
    *UNASSIGNED,
    ("team-updated", SYSTEM),
    ("user-deleted", USER),
    prepare=_anas_key_and_ticket,
)
def anas_key_goes_with_her(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.delete(stage.ana, by=stage.by_admin)


@quiet("user-deleted", "The owner stays", refusal="The owner of an account can't be deleted.")
def the_owner_stays(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.delete(stage.owner, by=stage.by_admin)


@scenario(
    "ticket-unassigned",
    "The agent is deleted",
    *UNASSIGNED,
    ("team-updated", SYSTEM),
    ("user-deleted", USER),
    prepare=anas_ticket,
)
def the_agent_is_deleted(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.delete(stage.ana, by=stage.by_admin)


@scenario("team-deleted", "A team is dissolved", *TEAM_UNASSIGNED, ("team-deleted", USER), prepare=team_ticket)
def a_team_is_dissolved(stage: Stage, _number: int) -> None:
    with stage.acting():
        teams.delete(stage.team, by=stage.by_admin)


@scenario("team-deleted", "A team without tickets is dissolved", ("team-deleted", USER), prepare=open_ticket)
def a_team_without_tickets_is_dissolved(stage: Stage, _number: int) -> None:
    with stage.acting():
        teams.delete(stage.team, by=stage.by_admin)


@scenario(
    "ticket-team-unassigned", "The team is deleted", *TEAM_UNASSIGNED, ("team-deleted", USER), prepare=team_ticket
)
def the_team_is_deleted(stage: Stage, _number: int) -> None:
    with stage.acting():
        teams.delete(stage.team, by=stage.by_admin)


# ---- Tags


def _tag(stage: Stage, name: str) -> Tag:
    return stage.session.scalars(select(Tag).where(Tag.name == name)).one()


@scenario("tag-deleted", "A tag is deleted", *TAGS_REMOVED, ("tag-deleted", USER), prepare=tagged_ticket)
def a_tag_is_deleted(stage: Stage, _number: int) -> None:
    with stage.acting():
        tags.delete(_tag(stage, "refund"), by=stage.by_admin)


@scenario("ticket-tags-removed", "The tag is deleted", *TAGS_REMOVED, ("tag-deleted", USER), prepare=tagged_ticket)
def the_tag_is_deleted(stage: Stage, _number: int) -> None:
    with stage.acting():
        tags.delete(_tag(stage, "vip"), by=stage.by_admin)


def _a_view_of_its_tickets(stage: Stage) -> int:
    number = tagged_ticket(stage)
    with stage.acting():
        wanted = "containsAny(ticket.tags.name, ['refund'])"
        views.create(stage.account, views.Shape(name="Money back", filters=wanted), by=stage.by_admin)
    return number


@scenario(
    "tag-deleted",
    "A view that asks for it is switched off",
    *TAGS_REMOVED,
    ("view-updated", SYSTEM),
    ("tag-deleted", USER),
    prepare=_a_view_of_its_tickets,
)
def a_view_that_asks_for_it_is_switched_off(stage: Stage, _number: int) -> None:
    with stage.acting():
        tags.delete(_tag(stage, "refund"), by=stage.by_admin)


def _tag_of_a_macro(stage: Stage) -> int:
    number = tagged_ticket(stage)
    with stage.acting():
        macros.create(
            stage.account, "Money back", [{"name": "addTags", "arguments": {"tags": "refund"}}], by=stage.by_admin
        )
    return number


@quiet(
    "tag-deleted",
    "A macro puts it on tickets",
    prepare=_tag_of_a_macro,
    refusal="The tag 'refund' can't go, for it is used by the macro 'Money back'.",
)
def a_macro_puts_it_on_tickets(stage: Stage, _number: int) -> None:
    with stage.acting():
        tags.delete(_tag(stage, "refund"), by=stage.by_admin)


def _a_ticket_with_another_tag(stage: Stage) -> int:
    number = tagged_ticket(stage)
    with stage.acting():
        tags.create(stage.account, "money back", by=stage.by_admin)
    return number


@scenario(
    "tag-merged",
    "A tag is merged into another",
    *TAGS_REMOVED,
    ("ticket-tags-added", SYSTEM),
    ("tag-merged", USER),
    prepare=_a_ticket_with_another_tag,
)
def a_tag_is_merged(stage: Stage, _number: int) -> None:
    with stage.acting():
        tags.merge(_tag(stage, "refund"), _tag(stage, "money back"), by=stage.by_admin)


@scenario(
    "tag-merged",
    "The ticket bore both tags",
    *TAGS_REMOVED,
    ("tag-merged", USER),
    prepare=tagged_ticket,
)
def the_ticket_bore_both(stage: Stage, _number: int) -> None:
    with stage.acting():
        tags.merge(_tag(stage, "refund"), _tag(stage, "vip"), by=stage.by_admin)


@quiet("tag-merged", "A tag with itself", prepare=tagged_ticket, refusal="A tag can't be merged with itself.")
def a_tag_with_itself(stage: Stage, _number: int) -> None:
    with stage.acting():
        tags.merge(_tag(stage, "refund"), _tag(stage, "refund"), by=stage.by_admin)


# ---- Customers


@scenario(
    "customer-deleted",
    "Carol's profile is deleted; her ticket passes to “Deleted customer”",
    ("customer-created", SYSTEM),
    *CUSTOMER_UPDATED,
    ("customer-deleted", USER),
    prepare=open_ticket,
)
def carols_profile_is_deleted(stage: Stage, _number: int) -> None:
    with stage.acting():
        customers.delete(stage.carol, by=stage.by_admin)


def _a_customer_was_deleted(stage: Stage) -> int:
    with stage.acting():
        emil = customers.create(stage.account, name="Emil", email="emil@mail.example", by=stage.by_ana)
        number = tickets.create(stage.account, tickets.Opening(customer=emil), by=stage.by_ana).id
    with stage.acting():
        customers.delete(stage.session.get_one(Customer, emil.id), by=stage.by_admin)
    stage.a_ticket()
    return number


@scenario(
    "customer-deleted",
    "“Deleted customer” is there already",
    *CUSTOMER_UPDATED,
    ("customer-deleted", USER),
    prepare=_a_customer_was_deleted,
)
def another_profile_is_deleted(stage: Stage, _number: int) -> None:
    with stage.acting():
        customers.delete(stage.carol, by=stage.by_admin)


@quiet(
    "customer-deleted",
    "“Deleted customer” can't be deleted",
    prepare=_a_customer_was_deleted,
    refusal="This customer stands for all who were deleted and keeps their tickets, so it can't be deleted.",
)
def the_stand_in_stays(stage: Stage, number: int) -> None:
    with stage.acting():
        customers.delete(stage.ticket(number).customer, by=stage.by_admin)


def _carol_wrote_from_two_addresses(stage: Stage) -> int:
    stage.a_ticket()
    with stage.acting():
        email, note = "carol@work.example", "Calls on Mondays."
        return customers.create(stage.account, name="C. Diaz", email=email, note=note, by=stage.by_ana).id


@scenario(
    "customer-merged",
    "Carol's two profiles become one",
    *CUSTOMER_UPDATED,
    ("customer-deleted", USER),
    ("customer-merged", USER),
    prepare=_carol_wrote_from_two_addresses,
)
def two_profiles_become_one(stage: Stage, number: int) -> None:
    with stage.acting():
        into = stage.session.get_one(Customer, number)
        customers.merge(stage.carol, into, values={"name": "Carol Diaz"}, by=stage.by_admin)


@quiet("customer-merged", "Carol with herself", refusal="A customer can't be merged with themselves.")
def carol_with_herself(stage: Stage, _number: int) -> None:
    with stage.acting():
        customers.merge(stage.carol, stage.carol, values={}, by=stage.by_admin)


@scenario(
    "ticket-customer-updated",
    "Its customer is deleted",
    ("customer-created", SYSTEM),
    *CUSTOMER_UPDATED,
    ("customer-deleted", USER),
    prepare=open_ticket,
)
def its_customer_is_deleted(stage: Stage, _number: int) -> None:
    with stage.acting():
        customers.delete(stage.carol, by=stage.by_admin)


# ---- Very many tickets


def very_many_of_anas(stage: Stage) -> int:
    """One ticket more than are unassigned at once."""
    with stage.acting():
        for place in range(leaving.MANY + 1):
            opening = tickets.Opening(customer=stage.carol, subject=f"Order {place}", assignee=stage.ana)
            tickets.create(stage.account, opening, by=stage.by_ana)
    return 0


@scenario("cascade-started", "Ana has very many tickets", ("cascade-started", USER), prepare=very_many_of_anas)
def ana_has_very_many_tickets(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.delete(stage.ana, by=stage.by_admin)


@scenario(
    "cascade-started",
    "The tickets follow bit by bit, and the deletion comes last",
    ("cascade-started", USER),
    *UNASSIGNED * (leaving.MANY + 1),
    ("team-updated", SYSTEM),
    ("user-deleted", USER),
    prepare=very_many_of_anas,
)
def the_deletion_comes_last(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.delete(stage.ana, by=stage.by_admin)
    jobs.run_all(stage.session)


def _ana_is_leaving(stage: Stage) -> int:
    very_many_of_anas(stage)
    ana_has_very_many_tickets(stage, 0)
    return stage.a_ticket().id


@quiet(
    "cascade-started",
    "She is being deleted already",
    prepare=_ana_is_leaving,
    refusal="The team member Ana Lopez is being deleted or merged already. Wait until that is done.",
)
def she_is_being_deleted_already(stage: Stage, _number: int) -> None:
    with stage.acting():
        people.delete(stage.ana, by=stage.by_admin)


@quiet(
    "ticket-assigned",
    "Whoever is just being deleted takes no tickets",
    prepare=_ana_is_leaving,
    refusal="The team member Ana Lopez is just being deleted or merged, so nothing can be given to them any more.",
)
def who_is_leaving_takes_no_tickets(stage: Stage, number: int) -> None:
    with stage.acting():
        tickets.assign(stage.ticket(number), stage.ana, by=stage.by_ben)
