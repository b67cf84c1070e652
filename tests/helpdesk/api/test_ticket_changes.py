"""What a PUT of a ticket means: whose it becomes, where in its life it is, how its tags and its customer follow."""

from typing import Any

import pytest

from automation.jobs import run_all
from helpdesk import settings
from tests.desks import Desk
from tests.helpdesk.api.programs import Program
from tests.helpdesk.api.test_tickets import ASKS, CAROL, opened

APRIL, MAY = "2026-04-01T09:00:00.000000+00:00", "2026-05-01T09:00:00.000000+00:00"
EARLIER = "2026-03-03T07:00:00.000000+00:00"
LIFE = ("status", "snooze_datetime", "closed_datetime")


def test_who_is_named_gets_the_ticket(desk: Desk, api: Program) -> None:
    """By number, by address, by name; only null is nobody."""
    ben, team = "BEN@demo.example", api.get(f"/teams/{desk.team_id}")["name"]
    ticket = opened(api, assignee_user={"email": "ana@demo.example"}, assignee_team={"name": team})
    assert (ticket["assignee_user_id"], ticket["assignee_team_id"]) == (desk.ana_id, desk.team_id)
    path = f"/tickets/{ticket['id']}"
    with desk.watched() as trail:
        assert api.put(path, {"assignee_user": {"email": ben, "firstname": "Ben"}})["assignee_user_id"] == desk.ben_id
        assert api.put(path, {"assignee_user": {"id": desk.ben_id, "email": ben}})["assignee_user_id"] == desk.ben_id
    assert trail.types == ["ticket-updated", "ticket-assigned"]
    wrongs: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("assignee_user", {}, ""), ("assignee_user", {"name": "Ana Lopez"}, ""),
        ("assignee_user", {"email": "who@x.example"}, ".email"),
        ("assignee_user", {"id": desk.ana_id, "email": ben}, ".email"),
        ("assignee_user", {"id": desk.ben_id, "name": "Ana Lopez"}, ".name"),
        ("assignee_team", {}, ""), ("assignee_team", {"name": "Nowhere"}, ".name"),
        ("assignee_team", {"id": desk.team_id, "name": "Nowhere"}, ".name"),
    )  # fmt: skip
    with desk.watched() as trail:
        for field, wrong, part in wrongs:
            for method, where, body in (
                ("PUT", path, {field: wrong}),
                ("POST", "/tickets", {"customer": CAROL, "messages": [ASKS], field: wrong}),
                ("POST", "/jobs", {"type": "updateTicket", "params": {"ticket_ids": [1], "updates": {field: wrong}}}),
            ):
                status, error = api.fail(method, where, body)
                told = f"params.updates.{field}{part}" if where == "/jobs" else f"{field}{part}"
                assert (status, list(error["data"])) == (400, [told]), (method, where, wrong)
        assert api.fail("PUT", path, {"tags": [{"id": 1, "name": "another"}]})[0] == 400
    assert trail.types == []
    with desk.watched() as trail:
        api.put(path, {"assignee_user": {"id": None}, "assignee_team": None})
    assert trail.types == ["ticket-updated", "ticket-unassigned", "ticket-team-unassigned"]


def test_a_snoozed_ticket_sleeps_on_when_it_comes_back_as_it_was_shown(desk: Desk, api: Program) -> None:
    with desk.acting():
        settings.change(desk.account, "satisfaction-surveys", {"enabled": True, "delay_hours": 1}, by=desk.by_admin)
    path = f"/tickets/{opened(api)['id']}"
    shown = api.put(path, {"snooze_datetime": APRIL})
    assert [shown[name] for name in LIFE] == ["closed", APRIL, None]
    with desk.watched() as trail:
        api.put(path, {"status": "closed", "snooze_datetime": APRIL})
        api.put(path, {"status": "closed"})
    assert trail.types == []
    with desk.watched() as trail:
        renamed = api.put(path, {"subject": "Later", **{name: shown[name] for name in LIFE}})
    assert trail.types == ["ticket-updated", "ticket-subject-updated"]
    assert [renamed[name] for name in LIFE] == ["closed", APRIL, None]


@pytest.mark.parametrize(
    ("before", "sent", "told"),
    [
        ("open", {"status": "closed", "snooze_datetime": APRIL}, "ticket-snoozed"),
        ("open", {"status": "open", "snooze_datetime": APRIL, "closed_datetime": None}, "ticket-snoozed"),
        ("open", {"status": "open", "closed_datetime": EARLIER}, "ticket-closed"),
        ("open", {"status": "closed", "snooze_datetime": None, "closed_datetime": None}, "ticket-closed"),
        ("asleep", {"status": "closed", "snooze_datetime": MAY}, "ticket-snoozed"),
        ("asleep", {"status": "open", "snooze_datetime": APRIL}, "ticket-reopened"),
        ("asleep", {"status": "open", "snooze_datetime": None}, "ticket-reopened"),
        ("asleep", {"status": "closed", "snooze_datetime": None}, "ticket-closed"),
        ("asleep", {"snooze_datetime": None, "closed_datetime": EARLIER}, "ticket-closed"),
        ("closed", {"status": "open", "closed_datetime": EARLIER}, "ticket-reopened"),
        ("closed", {"closed_datetime": None}, "ticket-reopened"),
        ("closed", {"closed_datetime": EARLIER, "snooze_datetime": APRIL}, "ticket-snoozed"),
        ("closed", {"status": "closed", "closed_datetime": None}, ""),
        ("closed", {"status": "open", "snooze_datetime": APRIL}, ""),
        ("open", {"closed_datetime": EARLIER, "snooze_datetime": APRIL}, ""),
        ("asleep", {"status": "open", "closed_datetime": EARLIER}, ""),
    ],
)  # fmt: skip
def test_status_sleep_and_closing_mean_one_thing_in_any_order(
    desk: Desk, api: Program, before: str, sent: dict[str, Any], told: str
) -> None:
    states = {"open": {}, "asleep": {"snooze_datetime": APRIL}, "closed": {"closed_datetime": EARLIER}}
    answers = []
    for names in (list(sent), list(reversed(sent))):
        path = f"/tickets/{opened(api, **states[before])['id']}"
        with desk.watched() as trail:
            body = {"priority": "low", **{name: sent[name] for name in names}, "subject": "After"}
            answer = api.call("PUT", path, body)
        if told:
            assert trail.types == ["ticket-updated", told, "ticket-subject-updated"], names
            answers.append([(answer.json or {})[name] for name in LIFE])
        else:
            assert (answer.status_code, trail.types) == (400, []), names
            answers.append(list((answer.json or {})["error"]["data"]))
    assert answers[0] == answers[1]


def test_a_job_means_the_same_by_the_same_words(desk: Desk, api: Program) -> None:
    asleep, awake = (opened(api, **more)["id"] for more in ({"snooze_datetime": APRIL}, {}))
    for sent in ({"status": "closed", "snooze_datetime": APRIL}, {"snooze_datetime": APRIL, "status": "closed"}):
        with desk.watched() as trail:
            api.post("/jobs", {"type": "updateTicket", "params": {"ticket_ids": [asleep, awake], "updates": sent}})
            run_all(desk.session)
            api.put(f"/tickets/{awake}", {"status": "open"})
        assert trail.types == ["ticket-updated", "ticket-snoozed", "ticket-updated", "ticket-reopened"]
        assert {event.object_id for event in trail.events} == {awake}


def test_a_tag_is_made_at_one_place_whether_it_has_a_colour_or_not(desk: Desk, api: Program) -> None:
    red = {"decoration": {"color": "#F58D86"}}
    for name, more in (("plain", {}), ("red", red)):
        with desk.watched() as trail:
            path = f"/tickets/{opened(api, tags=[{'name': f'{name} 1', **more}])['id']}"
        assert trail.types[-2:] == ["ticket-tags-added", "tag-created"]
        with desk.watched() as trail:
            api.put(path, {"subject": name, "tags": [{"name": f"{name} 2", **more}]})
        assert trail.types == [
            "ticket-updated", "ticket-subject-updated", "ticket-tags-removed", "ticket-tags-added", "tag-created",
        ]  # fmt: skip
    (tag,) = api.get(f"{path}/tags")["data"]
    assert tag["decoration"] == red["decoration"]  # as it was sent
    with desk.watched() as trail:
        assert api.put(f"/tags/{tag['id']}", {"decoration": {"color": "#f58d86"}})["decoration"] == red["decoration"]
    assert trail.types == []


def test_the_customer_of_a_new_ticket_is_told_anew_and_may_yet_be_nobody(desk: Desk, api: Program) -> None:
    nameless = api.post("/customers", {"email": "known@x.example"})
    with desk.watched() as trail:
        known = {"email": "Known@x.example", "name": "Kay Known", "external_id": "zzz"}
        customer = opened(api, customer=known)["customer"]
        opened(api, customer=known)
    assert trail.types.count("customer-updated") == 1
    assert trail.types[0] == "customer-updated"
    assert [customer[name] for name in ("id", "name", "external_id")] == [nameless["id"], "Kay Known", "zzz"]
    note = {**ASKS, "from_agent": True, "public": False}
    with desk.watched() as trail:
        ticket = api.post("/tickets", {"customer": None, "messages": [note]})
    assert trail.types == ["customer-created", "ticket-created", "ticket-message-created", "ticket-updated"]
    assert api.post("/tickets", {"customer": {"name": "Bo"}, "messages": [note]})["customer"]["name"] == "Bo"
    assert (ticket["customer"]["email"], ticket["customer"]["name"]) == (None, None)
    assert api.fail("POST", "/tickets", {"customer": None, "messages": [{**note, "public": True}]})[0] == 400


def test_a_ticket_of_a_deleted_customer_comes_back_as_it_was_shown(desk: Desk, api: Program) -> None:
    path = f"/tickets/{opened(api)['id']}"
    api.delete(f"/customers/{desk.carol_id}")
    shown = api.get(path)["customer"]
    whole = {name: shown[name] for name in ("id", "name", "email", "firstname", "lastname")}
    with desk.watched() as trail:
        assert api.put(path, {"customer": whole, "priority": "low"})["priority"] == "low"
        assert api.fail("PUT", path, {"customer": {**whole, "name": "Somebody"}})[0] == 400
    assert trail.types == ["ticket-updated"]


@pytest.mark.parametrize("code", ["xx", "xx-nope"])
def test_a_language_is_one_of_iso_639(desk: Desk, api: Program, code: str) -> None:
    path = f"/tickets/{opened(api)['id']}"
    with desk.watched() as trail:
        assert api.fail("PUT", path, {"language": code})[1]["data"].keys() == {"language"}
    assert trail.types == []
    assert api.put(path, {"language": "pt-BR"})["language"] == "pt-BR"
    assert api.put(path, {"language": "sw"})["language"] == "sw"


def test_of_a_ticket_that_comes_back_whole_what_differs_is_changed(desk: Desk, api: Program) -> None:
    """Got, one field changed, put: whatever the field."""
    born = {"tags": [{"name": "vip"}], "assignee_user": {"id": desk.ana_id}, "assignee_team": {"id": desk.team_id}}
    path = f"/tickets/{opened(api, **born)['id']}"
    other = api.post("/customers", {"email": "dora@mail.example", "name": "Dora"})
    steps: tuple[tuple[str, Any, list[str]], ...] = (
        ("status", "closed", ["ticket-closed"]), ("status", "open", ["ticket-reopened"]),
        ("snooze_datetime", APRIL, ["ticket-snoozed"]), ("status", "open", ["ticket-reopened"]),
        ("subject", "Other", ["ticket-subject-updated"]), ("spam", True, ["ticket-marked-spam"]),
        ("trashed_datetime", EARLIER, ["ticket-trashed"]), ("trashed_datetime", None, ["ticket-untrashed"]),
        ("assignee_user", None, ["ticket-unassigned"]), ("assignee_user", {"id": desk.ben_id}, ["ticket-assigned"]),
        ("assignee_team", None, ["ticket-team-unassigned"]),
        ("tags", [], ["ticket-tags-removed"]), ("tags", [{"name": "vip"}], ["ticket-tags-added"]),
        ("customer", {"id": other["id"]}, ["ticket-customer-updated"]), ("language", "fr", []), ("meta", {"a": 1}, []),
    )  # fmt: skip
    for field, value, told in steps:
        with desk.watched() as trail:
            api.put(path, {**api.get(path), field: value})
        assert trail.types == ["ticket-updated", *told], (field, value)
    whose = api.get(path)
    with desk.watched() as trail:
        told_of = {**whose["customer"], "lastname": "Dent"}
        assert api.put(path, {**whose, "customer": told_of})["customer"]["name"] == "Dora Dent"
    assert trail.types == ["customer-updated"]
