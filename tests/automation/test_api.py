"""The desk's time by API: a clock that is set and moved, and an answer once all is done."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine

from audit.rest.shapes import write_moment
from automation import api as time_api
from automation import deliveries
from automation.deliveries import Route
from helpdesk import integrations, messages, tickets
from helpdesk.drafts import Draft
from tests.desks import Desk, open_session
from tests.helpdesk.api.conftest import api, app, database_url, own_instance, program  # noqa: F401
from tests.helpdesk.api.programs import Program
from tests.listening import listening


def test_time_passes_and_what_is_due_happens(desk: Desk, api: Program) -> None:  # noqa: F811
    number = desk.a_ticket().id
    with desk.acting():
        until = desk.now() + timedelta(hours=3)
        tickets.snooze(desk.ticket(number), until, by=desk.by_ana)
    clock = api.get("/desk/clock")
    assert clock == {"datetime": write_moment(desk.now()), "rate": 0.0, "next_due_datetime": write_moment(until)}
    with desk.watched() as trail:
        moved = api.post("/desk/clock/advance", {"by": "4h"}, 200)
    assert moved["datetime"] == write_moment(until + timedelta(hours=1))
    assert trail.types == ["desk-clock-changed", "ticket-updated", "ticket-self-unsnoozed"]
    assert trail.events[0].user_id == desk.owner_id
    with desk.watched() as trail:
        assert api.put("/desk/clock", {"rate": 60})["rate"] == 60
        assert api.put("/desk/clock", {"rate": 0})["rate"] == 0
    assert trail.types == ["desk-clock-changed"] * 2
    for wrong in ({"by": "soon"}, {"by": "0h"}, {"by": "1h", "to": "2027-01-01"}, {"to": "2001-01-01"}):
        assert api.fail("POST", "/desk/clock/advance", wrong)[0] == 400, wrong


def test_settling_answers_when_all_that_is_due_is_done(desk: Desk, api: Program) -> None:  # noqa: F811
    number = desk.a_ticket().id
    with desk.acting():
        tickets.snooze(desk.ticket(number), desk.now() + timedelta(hours=1), by=desk.by_ana)
    desk.move_clock(timedelta(hours=2))
    with desk.watched() as trail:
        settled = api.post("/desk/settle", status=200)
    assert trail.types == ["ticket-updated", "ticket-self-unsnoozed"]
    done = {"played": 1, "rules_ran": 0, "calls_made": 0, "last_event_id": desk.last_event_id()}
    assert settled == {"is_settled": True, **done}
    assert api.post("/desk/settle", status=200)["played"] == 0


def test_settling_sends_calls_and_waits_for_whoever_sends_mail(
    desk: Desk,
    api: Program,  # noqa: F811
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with listening() as ear:
        http = {"url": f"{ear.url}/hook", "triggers": {"ticket-message-created": True}}
        with desk.acting():
            integrations.create(desk.account, "http", "Order system", http=http, by=desk.by_admin)
        number = desk.a_ticket().id
        ear.status = 503  # what fails is tried again later, and not waited for
        with desk.acting():
            messages.reply(desk.ticket(number), Draft(body_text="It is on its way."), by=desk.by_ana)
        monkeypatch.setattr(time_api, "PATIENCE", 0.2)
        settled = api.post("/desk/settle", status=200)
        assert (settled["is_settled"], settled["calls_made"], len(ear.asked)) == (False, 1, 1)
        deliveries.send_due(lambda: open_session(engine), Route("127.0.0.1", 1))  # nobody takes it in
        assert api.post("/desk/settle", status=200)["is_settled"] is True


@pytest.mark.usefixtures("app")
def test_a_throw_away_account_is_a_world_of_its_own(app: Flask, desk: Desk, api: Program) -> None:  # noqa: F811
    made = api.post("/desk/accounts", {"at": "2026-05-01T09:00:00Z", "rate": 0})
    assert {person["role"] for person in made["users"]} == {"owner", "admin", "basic"}
    owner, admin = (
        Program(app.test_client(), made["users"][place]["email"], made["users"][place]["api_key"]) for place in (0, 1)
    )
    assert owner.get("/account")["domain"] == made["domain"]
    assert owner.get("/desk/clock")["datetime"] == "2026-05-01T09:00:00.000000+00:00"
    ticket = {
        "customer": {"id": made["customer_id"]},
        "messages": [{"channel": "chat", "via": "api", "from_agent": False}],
    }
    assert owner.fail("GET", f"/tickets/{desk.a_ticket().id}")[0] == 404
    assert owner.post("/tickets", ticket)["customer"]["id"] == made["customer_id"]
    proof = owner.post("/desk/replay", status=200)
    assert (proof["agrees"], proof["differences"]) == (True, [])
    covered = owner.get("/desk/coverage")
    assert covered["total"] == len(owner.get("/desk/event-types")["data"])
    (row,) = [row for row in covered["data"] if row["type"] == "ticket-created"]
    assert row["actors"]["user"]["count"] == 1
    assert row["actors"]["integration"] is None
    assert admin.fail("DELETE", "/desk/accounts")[0] == 403
    owner.delete("/desk/accounts")
    assert owner.fail("GET", "/account")[0] == 401
    assert api.fail("DELETE", "/desk/accounts")[0] == 409


def test_an_event_is_caused_by_name(desk: Desk, api: Program) -> None:  # noqa: F811
    with desk.watched() as trail:
        fired = api.post("/desk/trigger", {"type": "ticket-snoozed"}, 200)
    assert trail.types == []  # here nothing happened
    assert fired["is_as_told"] is True
    assert [line["type"] for line in fired["events"]] == ["ticket-updated", "ticket-snoozed"]
    assert api.fail("POST", "/desk/trigger", {"type": "ticket-flown"})[0] == 400
    assert api.fail("POST", "/desk/trigger", {"type": "ticket-snoozed", "scene": "x"})[0] == 400


def test_days_are_simulated(desk: Desk, api: Program) -> None:  # noqa: F811
    assert api.fail("GET", "/desk/simulate")[0] == 404
    begun = api.post("/desk/simulate", {"days": 1, "seed": 7, "agents": 1})
    assert (begun["status"], begun["percent"], begun["profile"]) == ("pending", 0, "quiet-day")
    assert api.fail("POST", "/desk/simulate", {"days": 1})[0] == 400  # one at a time
    api.delete("/desk/simulate")
    assert api.get("/desk/simulate")["status"] == "canceled"
    assert api.fail("DELETE", "/desk/simulate")[0] == 400
    assert api.fail("POST", "/desk/simulate", {"profile": "doomsday"})[0] == 400
