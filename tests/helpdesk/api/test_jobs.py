"""Jobs by API: really done by the machine that does all long work, followed, put off, cancelled; who may."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from audit.rest.shapes import write_moment
from automation import jobs as machine
from helpdesk import jobs
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.shapes import JOB, fits

LATE: dict[str, Any] = {"name": "addTags", "arguments": {"tags": "late"}}


def test_jobs_are_done_in_the_background(desk: Desk, api: Program) -> None:
    first, second, third = desk.a_ticket().id, desk.a_ticket().id, desk.a_ticket().id
    updates = {"priority": "high", "assignee_user": {"id": desk.ana_id}, "status": "closed", "tags": [{"name": "vip"}]}
    with desk.watched() as trail:
        params = {"ticket_ids": [second, first, third], "updates": updates}
        job = api.post("/jobs", {"type": "updateTicket", "params": params, "meta": {"why": "sale"}})
    assert trail.types == []
    assert fits(job, JOB)
    assert (job["status"], job["params"], job["meta"]) == ("pending", params, {"why": "sale"})
    api.delete(f"/tickets/{third}")  # before it is its turn
    with desk.watched() as trail:
        machine.run_all(desk.session)
    each = ["ticket-updated", "ticket-assigned", "ticket-closed", "ticket-tags-added"]
    named = [event.type for event in trail.events if (event.object_type, event.object_id) == ("Ticket", second)]
    assert named == each
    assert (len(trail.contexts), {event.source for event in trail.events}) == (1, {"api"})
    done = api.get(f"/jobs/{job['id']}")
    assert fits(done, JOB)
    assert (done["status"], done["info"]["changed"], done["info"]["missing"]) == ("done", 2, 1)
    macro = api.post("/macros", {"name": "Late", "actions": [LATE]})["id"]
    filters = "eq(ticket.status, 'closed')"
    with desk.watched() as trail:
        api.put(f"/tickets/{first}", {"status": "open"})
        closing: dict[str, Any] = {
            "macro_id": macro,
            "apply_and_close": True,
            "view": {"filters": "eq(ticket.status, 'open')"},
        }
        api.post("/jobs", {"type": "applyMacro", "params": closing})
        machine.run_all(desk.session)
        api.post("/jobs", {"type": "deleteTicket", "params": {"view": {"filters": filters}}})
        machine.run_all(desk.session)
    assert trail.types.count("macro-applied") == 2  # and on the ticket of the desk
    at = trail.types.index("macro-applied")
    assert trail.lines[at : at + 6] == [  # the macro's action, then theirs who asked for it
        ("macro-applied", None), ("tag-created", None), ("ticket-updated", None), ("ticket-tags-added", None),
        ("ticket-updated", "Olive Owner"), ("ticket-closed", "Olive Owner"),
    ]  # fmt: skip
    assert trail.types.count("ticket-closed") == 2
    assert trail.types.count("ticket-deleted") == 3
    assert api.get("/tickets")["data"] == []
    assert [row["type"] for row in api.get("/jobs?status=done")["data"]] == [
        "deleteTicket", "applyMacro", "updateTicket",
    ]  # fmt: skip


def test_jobs_are_put_off_and_cancelled(desk: Desk, api: Program, program: Callable[[str], Program]) -> None:
    ticket, ana, ben = desk.a_ticket().id, program("ana"), program("ben")
    given: dict[str, Any] = {
        "type": "updateTicket",
        "params": {"ticket_ids": [ticket], "updates": {"status": "closed"}},
    }
    soon = write_moment(desk.now() + timedelta(minutes=50))
    path = f"/jobs/{ana.post('/jobs', {**given, 'scheduled_datetime': soon})['id']}"
    assert [row["status"] for row in api.get("/jobs?status=scheduled")["data"]] == ["scheduled"]
    with desk.watched() as trail:
        machine.run_all(desk.session)
        assert ben.fail("DELETE", path)[0] == 403
        assert ana.put(path, {"scheduled_datetime": None, "meta": {"a": 1}})["status"] == "pending"
        ana.delete(path)
        ana.delete(path)
        machine.run_all(desk.session)
        gone = ana.get(path)
        assert (gone["status"], gone["info"]["done"]) == ("canceled", 0)
        assert gone["cancelled_datetime"] is not None
        delete = {"type": "deleteTicket", "params": {"ticket_ids": [ticket]}}
        assert ana.fail("POST", "/jobs", delete)[0] == 403
        for wrong in (
            {}, {"type": "exportTicket", "params": {}}, {"type": "updateTicket", "params": {"ticket_ids": [ticket]}},
            {**given, "params": {"updates": {"status": "closed"}}},
            {**given, "params": {**given["params"], "ticket_ids": [ticket, 999]}},
            {**given, "params": {**given["params"], "view": {"filters": ""}}},
            {**given, "params": {"view": {"filters": "fly()"}, "updates": {"status": "closed"}}},
            {**given, "params": {"ticket_ids": [ticket], "updates": {"assignee_user": {"id": 999}}}},
            {**given, "scheduled_datetime": "2199-01-01T00:00:00Z"},
            {"type": "applyMacro", "params": {"ticket_ids": [ticket]}},
            {"type": "applyMacro", "params": {"ticket_ids": [ticket], "macro_id": 999}},
        ):  # fmt: skip
            assert api.fail("POST", "/jobs", wrong)[0] == 400, wrong
    assert trail.types == []
    done = ana.post("/jobs", given)["id"]
    machine.run_all(desk.session)
    assert ana.fail("DELETE", f"/jobs/{done}")[0] == 409


def test_tickets_and_macros_are_written_to_tables_and_macros_read_from_one(
    desk: Desk, api: Program, program: Callable[[str], Program]
) -> None:
    number = desk.a_ticket("=1+1").id
    api.put(f"/tickets/{number}", {"tags": [{"name": "vip"}], "assignee_user": {"id": desk.ana_id}})
    macro = api.post("/macros", {"name": "Late", "actions": [LATE], "language": "en"})

    def done(type_: str, params: dict[str, Any]) -> dict[str, Any]:
        job = api.post("/jobs", {"type": type_, "params": params})["id"]
        machine.run_all(desk.session)
        shown: dict[str, Any] = api.get(f"/jobs/{job}")
        assert shown["status"] == "done", shown
        return shown

    def table(url: str) -> list[dict[str, str]]:
        answer = api.call("GET", url.removeprefix("/api"))
        assert answer.headers["Content-Disposition"].startswith("attachment")
        return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))

    with desk.watched() as trail:
        job = done("exportTicket", {"view": {"filters": "contains(ticket.tags.name, 'vip')"}})
        macros = done("exportMacro", {})["info"]["url"]
    assert trail.types == []
    (row,) = table(job["info"]["url"])
    assert (row["id"], row["subject"], row["tags"]) == (str(number), "'=1+1", "vip")
    assert (row["assignee_user"], row["customer_email"]) == ("ana@demo.example", "carol@mail.example")
    assert [row["name"] for row in table(macros)] == ["Late"]
    actions = json.dumps([LATE]).replace('"', '""')
    lines = f'name,actions,language\r\nLater,"{actions}",en\r\nBad,{{,\r\nLate,[],\r\n'
    (file,) = api.call("POST", "/upload", data={"f": (io.BytesIO(lines.encode()), "macros.csv")}).json or []
    with desk.watched() as trail:
        info = done("importMacro", {"url": file["url"]})["info"]
    assert trail.types == ["macro-created"]
    assert (info["changed"], [line for line, _ in info["refused"]]) == (1, [2, 3])
    later = api.get("/macros?search=later")["data"][0]
    assert (later["actions"], later["language"]) == (macro["actions"], "en")
    for wrong in ({}, {"url": "https://elsewhere.example/macros.csv"}, {"url": job["info"]["url"]}):
        assert api.fail("POST", "/jobs", {"type": "importMacro", "params": wrong})[0] == 400, wrong
    assert program("ana").fail("POST", "/jobs", {"type": "importMacro", "params": {"url": file["url"]}})[0] == 403


def test_the_tickets_behind_a_statistic_are_written_to_a_table(desk: Desk, api: Program) -> None:
    start = write_moment(desk.now())
    desk.move_clock(timedelta(hours=1))
    closed, open_ = desk.a_ticket("closed").id, desk.a_ticket("open").id
    api.put(f"/tickets/{closed}", {"status": "closed", "tags": [{"name": "vip"}]})
    desk.move_clock(timedelta(hours=1))
    late, tag = desk.a_ticket("late").id, api.get("/tags?search=vip")["data"][0]["id"]

    def drilled(type_: str = "exportTicketDrilldown", **params: Any) -> tuple[list[str], list[int]]:
        job = api.post("/jobs", {"type": type_, "params": params})["id"]
        machine.run_all(desk.session)
        done = api.get(f"/jobs/{job}")
        assert (done["status"], done["params"]) == ("done", params)
        answer = api.call("GET", done["info"]["url"].removeprefix("/api"))
        head, *lines = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
        assert done["info"]["done"] == len(lines)
        return head, [int(line[0]) for line in lines]

    end = write_moment(desk.now() - timedelta(minutes=30))
    after = write_moment(desk.now() - timedelta(minutes=90))
    with desk.watched() as trail:
        assert drilled(start_datetime=after)[1] == [closed, open_, late]
        assert drilled(start_datetime=after, end_datetime=end)[1] == [closed, open_]
        assert drilled(context={"scope": "tickets-closed"}, start_datetime=start)[1] == [closed]
        mine = [{"member": "tags", "operator": "one-of", "values": [tag]}]
        assert drilled(context={"scope": "messages-received", "filters": mine, "timezone": "Asia/Kolkata"})[1] == [
            closed
        ]
        assert drilled(ticket_ids=[late, late])[1] == [late]
        assert drilled(view={"filters": "eq(ticket.status, 'closed')"})[1] == [closed]
        head, lines = drilled("exportConvertCampaignSalesDrilldown", context={"campaign": 7}, start_datetime=start)
        assert (head[0], lines) == ("campaign_id", [])
        for params, field in (
            ({"context": {"scope": "weather"}}, "params.context.scope"),
            ({"context": {"colour": 1}}, "params.context.colour"),
            ({"context": {"timezone": "Mars"}}, "params.context.timezone"),
            ({"context": {"filters": [{**mine[0], "member": "x"}]}}, "params.context.filters"),
            ({"context": {}, "ticket_ids": [late]}, "params"),
            ({"start_datetime": "yesterday"}, "params.start_datetime"),
        ):
            status, error = api.fail("POST", "/jobs", {"type": "exportTicketDrilldown", "params": params})
            assert (status, error["data"].keys()) == (400, {field})
        # What would narrow a job down is never passed over.
        narrowed = {"ticket_ids": [late], "start_datetime": start}
        assert api.fail("POST", "/jobs", {"type": "deleteTicket", "params": narrowed})[0] == 400
    assert trail.types == []


def test_only_what_programs_begin_is_listed(desk: Desk, api: Program) -> None:
    ticket = desk.a_ticket().id
    made = api.post("/jobs", {"type": "deleteTicket", "params": {"ticket_ids": [ticket]}})["id"]
    with desk.acting():
        kinds = ("simulation", "bulk")
        ours = [jobs.queue(desk.session, desk.account_id, kind, {}, by=desk.by_ana).id for kind in kinds]
    assert [row["id"] for row in api.get("/jobs")["data"]] == [made]
    for number in ours:
        for method in ("GET", "DELETE"):
            assert api.fail(method, f"/jobs/{number}")[0] == 404
