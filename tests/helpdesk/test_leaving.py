"""What follows from deleting and merging people, teams, tags and customers: exact sequences, in one chain."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from audit.ledger import record
from helpdesk import (
    cascades,
    channels,
    customers,
    keys,
    macros,
    people,
    settings,
    tags,
    teams,
    tickets,
    views,
)
from helpdesk.events import CUSTOM_FIELD_CREATED, CUSTOMER_UPDATED, RULE_CREATED
from helpdesk.leaving import Leaver
from helpdesk.models import (
    ApiKey,
    Customer,
    CustomerFieldValue,
    CustomField,
    LoginSession,
    Role,
    Rule,
    SatisfactionSurvey,
    ShopOrder,
    Tag,
    TicketMessage,
    View,
)
from helpdesk.refusals import Refused
from helpdesk.views import Shape
from tests.desks import Desk, open_desk, open_session

HOSTILE = ["x" * 200, "🎁🎁", "مرحبا", "<script>alert(1)</script>", "{{ 7*7 }}", "'; DROP TABLE tag; --", "a\r\nb"]


def given(desk: Desk, **opening: Any) -> int:
    """A ticket of Carol's that Ana opened, given to somebody."""
    with desk.acting():
        birth = tickets.Opening(customer=desk.carol, subject="Where is my order?", **opening)
        return tickets.create(desk.account, birth, by=desk.by_ana).id


def tagged(desk: Desk, *names: str) -> int:
    """A ticket with these tags."""
    number = desk.a_ticket().id
    with desk.acting():
        tags.put_on(desk.ticket(number), names, by=desk.by_ana)
    return number


def tag(desk: Desk, name: str) -> Tag:
    """The tag of that name."""
    return desk.session.scalars(select(Tag).where(Tag.name == name)).one()


def customer(desk: Desk, email: str, **profile: Any) -> Customer:
    """A customer with this address."""
    with desk.acting():
        number = customers.create(desk.account, name=None, email=email, by=desk.by_ana, **profile).id
    return desk.session.get_one(Customer, number)


def a_view(desk: Desk, **shape: Any) -> int:
    """A view of Ana's."""
    with desk.acting():
        return views.create(desk.account, Shape(name="Mine", **shape), by=desk.by_ana).id


# ---- Team members


def test_a_deleted_agents_tickets_teams_and_views_follow(desk: Desk) -> None:
    numbers = [given(desk, assignee=desk.ana) for _ in range(3)]
    bens = given(desk, assignee=desk.ben, team=desk.team)
    own, public = a_view(desk, visibility="private"), a_view(desk)
    shared = a_view(desk, visibility="shared", users=(desk.ana_id, desk.ben_id))
    with desk.watched() as trail, desk.acting():
        assert people.delete(desk.ana, by=desk.by_admin) is None
    expected = [("ticket-updated", "system"), ("ticket-unassigned", "system")] * 3
    expected += [("team-updated", "system"), ("view-deleted", "system"), ("view-updated", "system")]
    assert trail.actors == [*expected, ("user-deleted", "user")]
    assert [event.object_id for event in trail.events[::2]][:3] == numbers
    assert {event.actor_name for event in trail.events[:-1]} == {"user deletion"}
    assert (trail["user-deleted"].object_label, trail["user-deleted"].actor_name) == ("Ana Lopez", "Ada Admin")
    assert len(trail.contexts) == 1
    assert desk.ticket(bens).assignee_user_id == desk.ben_id
    assert [member.user_id for member in desk.team.members] == [desk.ben_id]
    assert desk.session.get(View, own) is None
    assert desk.session.get(View, public) is not None
    assert desk.session.get_one(View, shared).shared_with_users == [desk.ben_id]


def test_their_sessions_and_keys_end_and_their_words_stay(desk: Desk) -> None:
    with desk.acting() as action:
        desk.session.add(
            LoginSession(
                account_id=desk.account_id,
                user_id=desk.ana_id,
                token_hash="x",
                created_datetime=action.at,
                expires_datetime=action.at,
            )
        )
        key, secret = keys.create(desk.ana, name="Script", by=desk.by_ana)
        old, _ = keys.create(desk.ana, name="Old", by=desk.by_ana)
        keys.revoke(old, by=desk.by_ana)
    with desk.watched() as trail, desk.acting():
        people.delete(desk.ana, by=desk.by_admin)
    assert trail.actors[0] == ("api-key-revoked", "system")
    assert trail.types.count("api-key-revoked") == 1
    assert trail["api-key-revoked"].object_id == key.id
    assert keys.find(desk.session, secret) is None
    assert desk.session.scalar(select(func.count()).select_from(LoginSession)) == 0
    assert desk.session.get(ApiKey, key.id) is not None
    with desk.acting():  # the address is free again
        people.create(desk.account, email="ana@demo.example", name="Ana", role=Role.BASIC, by=desk.by_admin)


def test_an_agent_without_anything_leaves_alone(desk: Desk) -> None:
    with desk.watched() as trail, desk.acting():
        people.delete(desk.admin, by=desk.by_admin)
    assert trail.actors == [("user-deleted", "user")]


# ---- Teams and tags


def test_a_dissolved_team_leaves_its_people_and_tickets(desk: Desk) -> None:
    number = given(desk, team=desk.team, assignee=desk.ana)
    shared = a_view(desk, visibility="shared", teams=(desk.team_id,))
    with desk.watched() as trail, desk.acting():
        teams.delete(desk.team, by=desk.by_admin)
    assert trail.actors == [
        ("ticket-updated", "system"),
        ("ticket-team-unassigned", "system"),
        ("view-updated", "system"),
        ("team-deleted", "user"),
    ]
    ticket = desk.ticket(number)
    assert (ticket.assignee_team_id, ticket.assignee_user_id) == (None, desk.ana_id)
    assert set(trail["team-deleted"].changes) >= {f"Team:{desk.team_id}"}
    assert len([row for row in trail["team-deleted"].changes if row.startswith("TeamMember:")]) == 2
    assert desk.session.get_one(View, shared).shared_with_teams == []


def test_views_that_ask_for_a_deleted_tag_are_switched_off(desk: Desk) -> None:
    tagged(desk, "refund", "vip")
    asking = [
        a_view(desk, filters="containsAny(ticket.tags.name, ['late', 'refund'])"),
        a_view(desk, filters="eq(ticket.status, 'open') && !contains( ticket . tags . name , \"REFUND\" )"),
    ]
    others = [
        a_view(desk, filters="contains(ticket.tags.name, 'vip')"),
        a_view(desk, filters="eq(ticket.subject, 'refund') && isNotEmpty(ticket.tags.name)"),
    ]
    with desk.watched() as trail, desk.acting():
        tags.delete(tag(desk, "refund"), by=desk.by_admin)
    assert trail.types == ["ticket-updated", "ticket-tags-removed", "view-updated", "view-updated", "tag-deleted"]
    assert trail.actors[2] == ("view-updated", "system")
    assert [event.object_id for event in trail.events if event.type == "view-updated"] == asking
    assert all(desk.session.get_one(View, number).deactivated_datetime for number in asking)
    assert not any(desk.session.get_one(View, number).deactivated_datetime for number in others)


def test_a_view_means_the_tag_that_is_written_just_so(desk: Desk) -> None:
    tagged(desk, "refund", "Refund")
    number = a_view(desk, filters="contains(ticket.tags.name, 'refund')")
    with desk.acting():
        tags.delete(tag(desk, "Refund"), by=desk.by_admin)
    assert desk.session.get_one(View, number).deactivated_datetime is None


def test_a_tag_that_rules_and_macros_use_stays(desk: Desk) -> None:
    tagged(desk, "refund", "vip", "late", "free")
    with desk.acting() as action:
        actions = [{"name": "addTags", "arguments": {"tags": "vip, refund"}}]
        macro = macros.create(desk.account, "Money back", actions, by=desk.by_admin)
        macros.archive(macro, by=desk.by_admin)
        code = "if (contains(ticket.tags.name, 'late')) { Action('addTags', {tags: 'vip,urgent'}) }"
        insert_rule(desk, code, action.at)
    for name, user in (("refund", "macro 'Money back'"), ("late", "rule 'Night shift'"), ("vip", "macro 'Money back'")):
        with pytest.raises(Refused, match=user), desk.acting():
            tags.delete(tag(desk, name), by=desk.by_admin)
        with pytest.raises(Refused, match=user), desk.acting():
            tags.merge(tag(desk, name), tag(desk, "free"), by=desk.by_admin)
    with desk.acting():
        tags.delete(tag(desk, "free"), by=desk.by_admin)


def insert_rule(desk: Desk, code: str, at: Any) -> None:
    """A rule, told by the event that says so."""
    rule = Rule(account_id=desk.account_id, name="Night shift", code=code, created_datetime=at)
    desk.session.add(rule)
    record(RULE_CREATED, rule, by=desk.by_admin)


def test_merged_tags_unite_on_every_ticket(desk: Desk) -> None:
    one, both, other = tagged(desk, "refund"), tagged(desk, "refund", "money back"), tagged(desk, "money back")
    source, into = tag(desk, "refund").id, tag(desk, "money back").id
    with desk.watched() as trail, desk.acting():
        tags.merge(tag(desk, "refund"), tag(desk, "money back"), by=desk.by_admin)
    assert [(event.type, event.object_id) for event in trail.events] == [
        ("ticket-updated", one),
        ("ticket-tags-removed", one),
        ("ticket-tags-added", one),
        ("ticket-updated", both),
        ("ticket-tags-removed", both),
        ("tag-merged", source),
    ]
    assert trail["ticket-tags-added"].data == {"tags_added": [into]}
    assert trail["tag-merged"].data is None
    assert trail["tag-merged"].object_label == "refund"
    assert [event.actor_kind for event in trail.events] == ["system"] * 5 + ["user"]
    for number in (one, both, other):
        assert [each.name for each in desk.ticket(number).tags] == ["money back"]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_any_sort_are_only_names(desk: Desk, name: str) -> None:
    tagged(desk, name, "plain")
    a_view(desk, filters="contains(ticket.tags.name, 'plain')")
    kept = desk.session.scalars(select(Tag).where(Tag.name != "plain")).one()
    assert cascades.consequences(desk.session, kept).tickets == 1
    with desk.watched() as trail, desk.acting():
        tags.delete(desk.session.get_one(Tag, kept.id), by=desk.by_admin)
    assert trail["tag-deleted"].object_label == " ".join(name.split())


# ---- Customers


def test_a_deleted_customers_tickets_pass_on_and_their_words_stay(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting():
        channels.add(desk.carol, "phone", "+353 1 234 5678", by=desk.by_ana)
    with desk.watched() as trail, desk.acting():
        customers.delete(desk.carol, by=desk.by_admin)
    assert trail.actors == [
        ("customer-created", "system"),
        ("ticket-updated", "system"),
        ("ticket-customer-updated", "system"),
        ("customer-deleted", "user"),
    ]
    stand_in = desk.ticket(number).customer
    assert (stand_in.display_name, stand_in.stands_for_deleted, stand_in.email) == ("Deleted customer", True, None)
    message = desk.session.scalars(select(TicketMessage).where(TicketMessage.ticket_id == number)).one()
    assert (message.sender_name, message.sender_customer_id) == ("Carol Diaz", desk.carol_id)
    rows = set(trail["customer-deleted"].changes)
    assert len([row for row in rows if row.startswith("CustomerChannel:")]) == 2
    with desk.acting():  # whoever writes from there again is somebody new
        assert customers.find(desk.account, "carol@mail.example") is None
        assert customers.meet(desk.account, name="Carol", email="carol@mail.example").id != desk.carol_id
    number, somebody = stand_in.id, customer(desk, "dora@mail.example").id
    with pytest.raises(Refused, match="stands for all who were deleted"), desk.acting():
        customers.delete(desk.session.get_one(Customer, number), by=desk.by_admin)
    for source, into in ((number, somebody), (somebody, number)):
        pair = [desk.session.get_one(Customer, each) for each in (source, into)]
        with pytest.raises(Refused, match="can't be merged with anybody"), desk.acting():
            customers.merge(*pair, values={}, by=desk.by_admin)


def test_a_survey_that_waits_for_a_deleted_customer_is_not_sent(desk: Desk) -> None:
    with desk.acting("cli"):
        settings.change(desk.account, "satisfaction-surveys", {"enabled": True, "delay_hours": 1}, by=desk.by_admin)
    number = desk.a_ticket().id
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
    with desk.acting():
        customers.delete(desk.carol, by=desk.by_admin)
    desk.move_clock(timedelta(hours=2))
    with desk.watched() as trail, desk.acting():
        pass
    assert trail["ticket-satisfaction-survey-skipped"].data == {"reasons": ["no-customer-email"]}


def test_two_profiles_become_one(desk: Desk) -> None:
    moved = desk.a_ticket().id
    other = customer(desk, "carol@work.example", note="Calls on Mondays.", language="de")
    with desk.acting():
        channels.add(desk.carol, "phone", "+353 1 234 5678", by=desk.by_ana)
        field = CustomField(
            account_id=desk.account_id,
            object_type="Customer",
            label="Size",
            definition={},
            created_datetime=desk.now(),
        )
        desk.session.add(field)
        record(CUSTOM_FIELD_CREATED, field, by=desk.by_admin)
        desk.carol.field_values.append(
            CustomerFieldValue(account_id=desk.account_id, custom_field_id=field.id, value="XL")
        )
        record(CUSTOMER_UPDATED, desk.carol, by=desk.by_admin)
        desk.session.add(
            ShopOrder(
                account_id=desk.account_id,
                integration_id=1,
                customer_id=desk.carol_id,
                number="991",
                items=[],
                amount_cents=100,
                created_datetime=desk.now(),
            )
        )
    into = other.id
    with desk.watched() as trail, desk.acting():
        values = {"name": "Carol Diaz", "email": "carol@mail.example"}
        customers.merge(desk.carol, desk.session.get_one(Customer, into), values=values, by=desk.by_admin)
    assert [(event.type, event.object_id) for event in trail.events] == [
        ("ticket-updated", moved),
        ("ticket-customer-updated", moved),
        ("customer-deleted", desk.carol_id),
        ("customer-merged", into),
    ]
    assert trail["customer-merged"].data == {"source_customer_id": desk.carol_id}
    assert len(trail.contexts) == 1
    one = desk.session.get_one(Customer, into)
    assert (one.name, one.firstname, one.lastname) == ("Carol Diaz", "Carol", "Diaz")
    assert (one.email, one.note, one.language) == ("carol@mail.example", "Calls on Mondays.", "de")
    assert {(each.type, each.address, each.preferred) for each in one.channels} == {
        ("email", "carol@work.example", False),
        ("email", "carol@mail.example", True),
        ("phone", "+35312345678", True),
    }
    assert [value.value for value in one.field_values] == ["XL"]
    assert desk.session.scalars(select(ShopOrder.customer_id)).one() == into
    assert desk.ticket(moved).customer_id == into
    assert customers.find(desk.account, "carol@work.example") is one


def test_what_the_one_lacks_comes_from_the_other(desk: Desk) -> None:
    bare = customer(desk, "x@mail.example")
    with desk.acting():
        channels.remove(bare.channels[0], by=desk.by_ana)
    with desk.acting():
        customers.update(desk.carol, {"note": "Likes blue.", "external_id": "c-7"}, by=desk.by_ana)
    with desk.acting():
        customers.merge(desk.carol, desk.session.get_one(Customer, bare.id), values={}, by=desk.by_admin)
    one = desk.session.get_one(Customer, bare.id)
    assert (one.name, one.firstname, one.email) == ("Carol Diaz", "Carol", "carol@mail.example")
    assert (one.note, one.external_id) == ("Likes blue.", "c-7")


def test_a_merge_that_brings_nothing_new_is_told_nevertheless(desk: Desk) -> None:
    with desk.acting():
        twin = customers.create(desk.account, name=None, email=None, by=desk.by_ana).id
    with desk.watched() as trail, desk.acting():
        customers.merge(desk.session.get_one(Customer, twin), desk.carol, values={}, by=desk.by_admin)
    assert trail.types == ["customer-deleted", "customer-merged"]
    assert trail["customer-merged"].changes is None


def test_surveys_go_along_with_a_merge(desk: Desk) -> None:
    with desk.acting("cli"):
        settings.change(desk.account, "satisfaction-surveys", {"enabled": True, "delay_hours": 1}, by=desk.by_admin)
    number = desk.a_ticket().id
    with desk.acting():
        tickets.close(desk.ticket(number), by=desk.by_ana)
    other = customer(desk, "carol@work.example").id
    with desk.watched() as trail, desk.acting():
        customers.merge(desk.carol, desk.session.get_one(Customer, other), values={}, by=desk.by_admin)
    survey = desk.session.scalars(select(SatisfactionSurvey)).one()
    assert survey.customer_id == other
    assert trail["customer-merged"].changes[f"SatisfactionSurvey:{survey.id}"] == {
        "customer_id": [desk.carol_id, other]
    }


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"email": "third@mail.example"}, "the address of neither"),
        ({"email": "no address"}, "is no e-mail address"),
        ({"password": "x"}, "A customer has no password"),
        ({"timezone": "Mars"}, "is no time zone"),
        ({"note": "x" * 10_001}, "at most 10,000"),
    ],
)
def test_what_can_not_be_chosen_in_a_merge(desk: Desk, values: dict[str, str], why: str) -> None:
    other = customer(desk, "carol@work.example")
    with desk.watched() as trail, pytest.raises(Refused, match=why), desk.acting():
        customers.merge(desk.carol, desk.session.get_one(Customer, other.id), values=values, by=desk.by_admin)
    assert trail.types == []


# ---- Everywhere


def test_all_in_one_action_after_other_verbs(desk: Desk) -> None:
    number = tagged(desk, "vip")
    with desk.watched() as trail, desk.acting():
        ticket = desk.ticket(number)
        tickets.assign(ticket, desk.ben, by=desk.by_ana)
        tags.put_on(ticket, ["fresh"], by=desk.by_ana)
        tags.delete(tag(desk, "fresh"), by=desk.by_admin)
        people.delete(desk.ben, by=desk.by_admin)
        assert [each.name for each in ticket.tags] == ["vip"]
    assert trail.types.count("ticket-updated") == 1
    assert desk.ticket(number).assignee_user_id is None


def test_what_is_deleted_in_one_account_is_untouched_in_another(desk: Desk, engine: Engine) -> None:
    other = open_desk(open_session(engine), "other")
    theirs = given(other, assignee=other.ana, team=other.team, tags=("refund",))
    with other.acting():
        views.create(other.account, Shape(name="R", filters="contains(ticket.tags.name, 'refund')"), by=other.by_admin)
    before = other.events_after()
    given(desk, assignee=desk.ana, team=desk.team, tags=("refund",))
    with desk.acting():
        tags.delete(tag(desk, "refund"), by=desk.by_admin)
        people.delete(desk.ana, by=desk.by_admin)
        teams.delete(desk.team, by=desk.by_admin)
        customers.delete(desk.carol, by=desk.by_admin)
    assert other.events_after() == before
    ticket = other.ticket(theirs)
    assert (ticket.assignee_user_id, ticket.assignee_team_id) == (other.ana_id, other.team_id)
    assert ([each.name for each in ticket.tags], ticket.customer_id) == (["refund"], other.carol_id)
    other.session.rollback()
    assert other.replay().agrees
    other.session.close()


def test_consequences_say_beforehand_what_happens(desk: Desk) -> None:
    for _ in range(2):
        given(desk, assignee=desk.ana, team=desk.team, tags=("refund",))
    a_view(desk, visibility="private", filters="contains(ticket.tags.name, 'refund')")
    with desk.acting():
        keys.create(desk.ana, name="Script", by=desk.by_ana)
        actions = [
            {"name": "setAssignee", "arguments": {"assignee_user": {"id": desk.ana_id}}},
            {"name": "setTeamAssignee", "arguments": {"assignee_team": {"id": desk.team_id}}},
        ]
        macros.create(desk.account, "To Ana", actions, by=desk.by_admin)

    def told(leaver: Leaver) -> cascades.Consequences:
        return cascades.consequences(desk.session, leaver)

    ana = told(desk.ana)
    assert (ana.tickets, ana.teams, ana.views, ana.macros, ana.keys, ana.is_long) == (2, 1, 1, 1, 1, False)
    assert "2 tickets will become unassigned." in ana.sentences
    assert "1 view that only they see will be deleted, too." in ana.sentences
    assert told(desk.admin).sentences[0] == "No ticket is assigned to them."
    team = told(desk.team)
    assert (team.tickets, team.macros) == (2, 1)
    assert "Its 2 members stay in the account." in team.sentences
    refund = told(tag(desk, "refund"))
    assert (refund.tickets, refund.views) == (2, 1)
    assert refund.sentences[-1] == "1 view that asks for it will be switched off: “Mine”."
    assert told(desk.carol).sentences[0].startswith("2 tickets will pass to the profile “Deleted customer”")
