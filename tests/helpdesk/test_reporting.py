"""Statistics on a small known morning: every scope counts what it says, groups it, dates it, filters it."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from helpdesk import custom_fields, fields, messages, reporting, survey_reports, tags, tickets
from helpdesk.drafts import Draft
from helpdesk.models import CustomField, Tag, User
from helpdesk.reporting import Filter, Question, WrongQuestion
from helpdesk.reporting_scopes import SCOPES, UNANSWERABLE
from tests.desks import Desk
from tests.outside import sqlite_only


def asked(desk: Desk, scope: str, **more: Any) -> list[dict[str, Any]]:
    """The answer."""
    plain: dict[str, Any] = {"dimensions": (), "measures": (), "times": (), "filters": (), "order": ()}
    question = Question(scope=scope, **{**plain, "zone": ZoneInfo("UTC"), **more})
    desk.session.rollback()
    return reporting.answer(desk.session, question)


def of(member: str, *values: Any, operator: str = "one-of") -> Filter:
    """A filter."""
    return Filter(member, operator, values)  # type: ignore[arg-type]


def replied(desk: Desk, number: int, user: User, minutes: int) -> None:
    """So many minutes later somebody answers."""
    desk.move_clock(timedelta(minutes=minutes))
    with desk.acting():
        messages.reply(desk.ticket(number), Draft(body_text="It is on its way.", sender=user), by=desk.by_ana)


@pytest.fixture
def morning(desk: Desk) -> tuple[int, int, int]:
    """Answered once and closed; closed without a word; answered by Ben, asked again, answered again; and spam."""
    desk.move_clock(timedelta(minutes=30))
    first = desk.a_ticket("first").id
    replied(desk, first, desk.ana, 10)
    desk.move_clock(timedelta(minutes=20))
    second = desk.a_ticket("second").id
    with desk.acting():
        tickets.close(desk.ticket(first), by=desk.by_ana)
        tickets.close(desk.ticket(second), by=desk.by_ana)
        tags.put_on(desk.ticket(second), ["late", "vip"], by=desk.by_ana)
        survey = survey_reports.create(desk.ticket(first), desk.carol, by=desk.by_ana)
        survey_reports.create(desk.ticket(second), desk.carol, by=desk.by_ana)
        survey_reports.update(survey, {"score": 4}, by=desk.by_ana)
    third = desk.a_ticket("third").id
    with desk.acting():
        tickets.assign(desk.ticket(third), desk.ben, by=desk.by_ana)
        tags.put_on(desk.ticket(third), ["late"], by=desk.by_ana)
    replied(desk, third, desk.ben, 60)
    desk.move_clock(timedelta(minutes=5))
    with desk.acting("email"):
        messages.receive(desk.ticket(third), Draft(body_text="And now?", sender=desk.carol), by=desk.by_carol)
        boolean = {"data_type": "boolean", "input_settings": {"input_type": "dropdown"}}
        field = custom_fields.create(desk.account, "Ticket", "Urgent", boolean, by=desk.by_admin)
        fields.set_values(desk.ticket(third), [(field, True)], by=desk.by_admin)
    replied(desk, third, desk.ben, 10)
    replied(desk, third, desk.ben, 10)  # nobody asked in between
    spam = desk.a_ticket("spam", spam=True).id
    replied(desk, spam, desk.ana, 1)
    with desk.acting():
        survey_reports.create(desk.ticket(spam), desk.carol, by=desk.by_ana)
    return first, second, third


def test_every_scope_counts_what_it_says(desk: Desk, morning: tuple[int, int, int]) -> None:
    first, second, third = morning
    ours = of("ticketId", *morning)
    totals = {scope: asked(desk, scope, filters=[ours]) for scope in SCOPES}
    assert totals == {
        "tickets-created": [{"ticketCount": 3}],
        "tickets-closed": [{"ticketCount": 2}],
        "tickets-open": [{"ticketCount": 1}],
        "workload-tickets": [{"ticketCount": 1}],
        "tickets-replied": [{"ticketCount": 2}],
        "one-touch-tickets": [{"ticketCount": 1}],
        "zero-touch-tickets": [{"ticketCount": 1}],
        "messages-sent": [{"messagesCount": 4, "ticketCount": 2}],
        "messages-received": [{"messagesCount": 4, "ticketCount": 3}],
        "messages-per-ticket": [{"averageMessagesCount": 1.5, "messagesCount": 3, "ticketCount": 2}],
        "resolution-time": [{"medianResolutionTime": 900, "averageResolutionTime": 900, "ticketCount": 2}],
        "first-response-time": [{"medianFirstResponseTime": 2100, "averageFirstResponseTime": 2100, "ticketCount": 2}],
        "human-first-response-time": [
            {"medianFirstResponseTime": 2100, "averageFirstResponseTime": 2100, "ticketCount": 2}
        ],
        "response-time": [
            {"medianResponseTime": 600, "averageResponseTime": 1600, "messagesCount": 3, "ticketCount": 2}
        ],
        "satisfaction-surveys": [
            {"surveysCount": 2, "scoredSurveysCount": 1, "averageSurveyScore": 4, "responseRate": 0.5}
        ],
        "tags": [{"ticketCount": 2}],
        "ticket-fields": [{"ticketCount": 1}],
    }
    nothing = {scope: asked(desk, scope, filters=[of("ticketId", 9999)]) for scope in SCOPES}
    assert all(set(rows[0].values()) <= {0, None} for rows in nothing.values())
    by_agent = asked(desk, "messages-sent", dimensions=["agentId"], measures=["messagesCount"], filters=[ours])
    assert by_agent == [{"agentId": desk.ana_id, "messagesCount": 1}, {"agentId": desk.ben_id, "messagesCount": 3}]
    urgent = asked(desk, "ticket-fields", dimensions=["customFieldValue"])
    assert urgent == [{"customFieldValue": "true", "ticketCount": 1}]
    scores = asked(desk, "satisfaction-surveys", dimensions=["surveyScore", "ticketId"], measures=["surveysCount"])
    assert scores == [
        {"surveyScore": None, "ticketId": second, "surveysCount": 1},
        {"surveyScore": 4, "ticketId": first, "surveysCount": 1},
    ]
    late, vip = (tag.id for tag in desk.session.scalars(select(Tag).order_by(Tag.name)))

    def tagged(*values: int, operator: str) -> list[int]:
        found = asked(
            desk, "tickets-created", dimensions=["ticketId"], filters=[ours, of("tags", *values, operator=operator)]
        )
        return [row["ticketId"] for row in found]

    assert tagged(late, operator="one-of") == [second, third]
    assert tagged(late, vip, operator="all-of") == [second]
    assert tagged(vip, operator="not-one-of") == [first, third]

    def held(*values: Any, operator: str = "one-of", scope: str = "tickets-created") -> list[int]:
        asks = [ours, of("customFields", *values, operator=operator)]
        return [row["ticketId"] for row in asked(desk, scope, dimensions=["ticketId"], filters=asks)]

    urgent_id, number = desk.session.scalars(select(CustomField.id)).one(), {"data_type": "number"}
    pieces = {**number, "input_settings": {"input_type": "input_number"}}
    reason = {"data_type": "text", "input_settings": {"input_type": "input"}}
    with desk.acting():
        made = [custom_fields.create(desk.account, "Ticket", "Pieces", pieces, by=desk.by_admin)]
        made.append(custom_fields.create(desk.account, "Ticket", "Reason", reason, by=desk.by_admin))
        for ticket_id, values in ((first, (3, "Late")), (second, (3.5, "true"))):
            fields.set_values(desk.ticket(ticket_id), zip(made, values, strict=True), by=desk.by_admin)
        count_id, reason_id = (field.id for field in made)
    assert held(f"{urgent_id}::true") == held({"id": urgent_id, "value": True}) == [third]
    assert held(f"{urgent_id}::false") == held({"id": urgent_id, "value": 1}) == []
    assert held(f"{count_id}::3", f"{count_id}::3.5") == [first, second]
    assert held({"id": count_id, "value": 3}, f"{reason_id}::Late", operator="all-of") == [first]
    assert held({"id": count_id, "value": "3"}) == held(f"{reason_id}::late") == []
    assert held(f"{reason_id}::true") == [second]
    assert held(f"{reason_id}::Late", operator="not-one-of") == [second, third]
    for scope in SCOPES:
        assert set(held(f"{count_id}::3", scope=scope)) <= {first}, scope
    assert (
        held(f"{count_id}::3", scope="satisfaction-surveys") == held(f"{count_id}::3", scope="ticket-fields") == [first]
    )


def test_facts_are_dated_where_the_asker_is(desk: Desk, morning: tuple[int, int, int]) -> None:
    first, second, third = morning

    def by(size: Any, zone: str = "UTC", **more: Any) -> list[tuple[str, int]]:
        times = [("createdDatetime", size)]
        rows = asked(desk, "tickets-created", times=times, zone=ZoneInfo(zone), **more)
        return [(f"{row['createdDatetime']:%d %H:%M}", row["ticketCount"]) for row in rows]

    assert by("hour") == [("03 09:00", 2), ("03 10:00", 2)]  # and the welcome ticket
    assert by("day") == [("03 00:00", 4)]
    assert by("week") == [("02 00:00", 4)]
    assert by("month", "America/New_York") == [("01 05:00", 4)]
    assert by("day", "Asia/Kolkata") == [("02 18:30", 4)]
    from_half_past = [of("periodStart", "2026-03-03T15:00:00", operator="afterDate")]
    assert by("hour", "Asia/Kolkata", filters=from_half_past) == [("03 09:30", 3)]
    until = [of("createdDatetime", "2026-03-03", "2026-03-03T09:59Z", operator="inDateRange")]
    assert by("day", filters=until) == [("03 00:00", 2)]
    newest = asked(desk, "tickets-created", dimensions=["ticketId"], order=[("ticketId", "desc")])
    assert [row["ticketId"] for row in newest][:3] == [third, second, first]
    channels = [of("channel", "MAI", operator="contains"), of("agentId", operator="set")]
    assert asked(desk, "tickets-created", filters=channels) == [{"ticketCount": 2}]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("scope", {"scope": "ticket-sla"}),
        ("scope", {"scope": "weather"}),
        ("dimensions", {"dimensions": ["tagId"]}),
        ("measures", {"measures": ["surveysCount"]}),
        ("time_dimensions", {"times": [("closedDatetime", "day")]}),
        ("order", {"dimensions": ["channel"], "order": [("agentId", "asc")]}),
        ("filters", {"filters": [of("storeId", 1)]}),
        ("filters", {"filters": [of("ticketId", "1")]}),
        ("filters", {"filters": [of("ticketId", 2**63)]}),
        ("filters", {"filters": [of("ticketId", True)]}),
        ("filters", {"filters": [of("ticketId", 1, operator="contains")]}),
        ("filters", {"filters": [of("tags", 1, operator="set")]}),
        ("filters", {"filters": [of("customFields", "x::y")]}),
        ("filters", {"filters": [of("customFields", 1)]}),
        ("filters", {"filters": [of("customFields", {"id": 1, "value": 10**400})]}),
        ("filters", {"filters": [of("customFields", {"id": True, "value": 1})]}),
        ("filters", {"filters": [of("customFields", "1::x", operator="contains")]}),
        ("filters", {"filters": [of("createdDatetime", "yesterday", operator="afterDate")]}),
        ("filters", {"filters": [of("periodStart", "2026-01-01", "2026-02-01")]}),
        ("filters", {"scope": "ticket-fields", "filters": [of("customFieldValue", "x")]}),
    ],
)
@sqlite_only
def test_what_can_not_be_answered_says_so(desk: Desk, field: str, given: dict[str, Any]) -> None:
    with pytest.raises(WrongQuestion) as wrong:
        asked(desk, **{"scope": "tickets-created", **given})
    assert wrong.value.field == field


def test_all_scopes_of_the_public_api_are_known() -> None:
    assert (len(SCOPES), len(UNANSWERABLE), SCOPES.keys() & UNANSWERABLE.keys()) == (17, 10, set())
