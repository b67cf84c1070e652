"""Statistics by API: rows in parts, times written as everywhere, and what can't be answered said in a sentence."""

from typing import Any

from helpdesk.reporting_scopes import SCOPES, UNANSWERABLE
from tests.desks import Desk
from tests.helpdesk.api.programs import Program

BY_DAY: dict[str, Any] = {
    "scope": "tickets-created",
    "filters": [{"member": "periodStart", "operator": "afterDate", "values": ["2026-03-03T00:00:00Z"]}],
    "timezone": "UTC",
    "dimensions": ["ticketId"],
    "measures": ["ticketCount"],
    "time_dimensions": [{"dimension": "createdDatetime", "granularity": "day"}],
    "order": [["ticketId", "desc"]],
}


def test_statistics(desk: Desk, api: Program) -> None:
    numbers = sorted((desk.a_ticket().id for _ in range(3)), reverse=True)
    with desk.watched() as trail:
        parts, path = [], "/reporting/stats?limit=2"
        part = api.post(path, {"query": BY_DAY}, status=200)
        while True:
            assert part.keys() == {"object", "uri", "data", "meta"}
            parts.append(part)
            if part["meta"]["next_cursor"] is None:
                break
            part = api.post(f"{path}&cursor={part['meta']['next_cursor']}", {"query": BY_DAY}, status=200)
        back = api.post(f"{path}&cursor={part['meta']['prev_cursor']}", {"query": BY_DAY}, status=200)
        assert back["data"] == parts[-2]["data"]
        for scope in SCOPES:
            api.post("/reporting/stats", {"query": {"scope": scope}}, status=200)
        for scope in UNANSWERABLE:
            status, error = api.fail("POST", "/reporting/stats", {"query": {"scope": scope}})
            assert (status, error["data"].keys()) == (400, {"query.scope"})
        for wrong in (
            {"scope": "weather"}, {**BY_DAY, "timezone": "../../etc"}, {**BY_DAY, "timezone": "Europe"},
            {**BY_DAY, "order": [["ticketId", "up"]]}, {**BY_DAY, "dimensions": ["x"]}, {},
            {**BY_DAY, "filters": [{"member": "ticketId", "operator": "one-of", "values": [{}]}]},
        ):  # fmt: skip
            assert api.fail("POST", "/reporting/stats", {"query": wrong})[0] == 400, wrong
        assert api.fail("POST", "/reporting/stats?limit=10001", {"query": BY_DAY})[0] == 400
        assert api.fail("POST", "/reporting/stats?cursor=abc", {"query": BY_DAY})[0] == 400
    assert trail.types == []
    rows = [row for part in parts for row in part["data"]]
    day = "2026-03-03T00:00:00.000000+00:00"
    assert rows[:3] == [{"ticketId": number, "createdDatetime": day, "ticketCount": 1} for number in numbers]
