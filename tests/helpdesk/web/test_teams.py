"""The teams' pages: who is in which, saved in one event, dissolved with what follows told before."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from helpdesk import teams, tickets
from helpdesk.models import Role, Team
from tests.desks import Desk, open_desk
from tests.helpdesk.web.browsers import Browser, hire, statements

HOSTILE = "<script>alert(1)</script>{{7*7}} '); DROP TABLE team;-- \u202egnp مرحبا 🎉"


def give(desk: Desk, number: int) -> None:
    """Tickets of the team Returns, the last one closed."""
    for index in range(number):
        ticket = desk.a_ticket().id
        with desk.acting():
            tickets.assign_team(desk.ticket(ticket), desk.team, by=desk.by_ana)
            if index == number - 1:
                tickets.close(desk.ticket(ticket), by=desk.by_ana)


def test_the_list_shows_members_and_open_tickets(desk: Desk, client: Browser) -> None:
    give(desk, 3)
    with desk.acting():
        teams.create(desk.account, "Empty", by=desk.by_admin)
    page = client.get("/settings/teams").get_data(as_text=True)
    rows = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)[1:]
    text = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]
    assert text == ["· Empty Nobody yet –", "📦 Returns Ana Lopez, Ben Okafor 2"]


def test_no_teams_teach(desk: Desk, client: Browser) -> None:
    client.post(f"/settings/teams/{desk.team_id}/delete")
    page = client.get("/settings/teams").get_data(as_text=True)
    assert "everybody in it sees whose it is" in page
    assert "Team Returns deleted" in page


def test_a_team_is_made_with_its_members(desk: Desk, client: Browser) -> None:
    form = {"name": "Wholesale", "emoji": "🏬", "description": "Shops", "member": [desk.ben_id, desk.admin_id]}
    with desk.watched() as trail:
        response = client.post("/settings/teams/new", **form)
    assert trail.lines == [("team-created", "Olive Owner")]
    page = client.get(response.location).get_data(as_text=True)
    assert "Team created" in page
    assert "Ada Admin, Ben Okafor" in page


def test_name_sign_and_members_are_saved_in_one_event(desk: Desk, client: Browser) -> None:
    address = f"/settings/teams/{desk.team_id}"
    form = {"name": "Returns desk", "emoji": "↩️", "description": HOSTILE, "member": [desk.ana_id, desk.admin_id]}
    with desk.watched() as trail:
        response = client.post(address, **form)
    assert trail.lines == [("team-updated", "Olive Owner")]
    page = client.get(response.location).get_data(as_text=True)
    assert "Team saved" in page
    assert "1 event" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert re.findall(r'name="member" value="(\d+)" checked', page) == [str(desk.admin_id), str(desk.ana_id)]
    with desk.watched() as again:
        client.post(address, **form)
    assert again.types == []
    with desk.watched() as alone:
        client.post(address, **{**form, "member": []})
    assert alone.lines == [("team-updated", "Olive Owner")]


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"name": ""}, 422, "Write the team&#39;s name."),
        ({"name": "x" * 121}, 422, "at most 120 characters"),
        ({"emoji": "VIP"}, 409, "An emoji is one sign"),
        ({"emoji": "x" * 10_000}, 422, "One sign is enough."),
        ({"name": "Wholesale"}, 409, "There is a team &#39;Wholesale&#39; already"),
        ({"member": ["999999"]}, 409, "Choose members of this account"),
        ({"member": ["x", "-1", "9" * 40]}, 409, "Choose members of this account"),
    ],
)
def test_what_is_refused_keeps_what_was_typed(
    desk: Desk, client: Browser, form: dict[str, str], status: int, said: str
) -> None:
    with desk.acting():
        teams.create(desk.account, "Wholesale", by=desk.by_admin)
    typed = {"name": "Renamed", "emoji": "↩️", "description": "as typed", "member": [desk.admin_id], **form}
    for address in ("/settings/teams/new", f"/settings/teams/{desk.team_id}"):
        with desk.watched() as trail:
            response = client.post(address, **typed)
        assert trail.types == []
        assert response.status_code == status
        page = response.get_data(as_text=True)
        assert said in page
        assert "as typed" in page
        if "member" not in form:
            assert re.findall(r'name="member" value="(\d+)" checked', page) == [str(desk.admin_id)]


def test_who_was_late_learns_who_was_first(desk: Desk, client: Browser, enter: Callable[[str], Browser]) -> None:
    address = f"/settings/teams/{desk.team_id}"
    seen = re.search(r'name="seen" value="(\d+)"', client.get(address).get_data(as_text=True))
    assert seen is not None
    enter("admin@demo.example").post(address, name="Returns", member=[desk.ana_id])
    with desk.watched() as trail:
        late = client.post(address, name="Mine", member=[desk.ben_id], seen=seen[1])
    assert trail.types == []
    assert late.status_code == 409
    assert b"Ada Admin changed this team just now" in late.data
    assert re.findall(r'name="member" value="(\d+)" checked', late.get_data(as_text=True)) == [str(desk.ben_id)]


def test_deleting_names_the_consequences(desk: Desk, client: Browser) -> None:
    give(desk, 2)
    sheet = client.fragment(f"/settings/teams/{desk.team_id}/delete").get_data(as_text=True)
    assert "2 tickets will have no team" in sheet
    assert "2 members stay" in sheet
    with desk.watched() as trail:
        response = client.post(f"/settings/teams/{desk.team_id}/delete")
    assert response.status_code == 303
    assert trail.actors == [
        *[("ticket-updated", "system"), ("ticket-team-unassigned", "system")] * 2,
        ("team-deleted", "user"),
    ]
    assert len(trail.contexts) == 1


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.LEAD, Role.ADMIN])
def test_only_admins_manage_teams(desk: Desk, enter: Callable[[str], Browser], role: Role) -> None:
    browser, is_admin, address = enter(hire(desk, role)), role is Role.ADMIN, f"/settings/teams/{desk.team_id}"
    assert ("/settings/teams/new" in browser.get("/settings/teams").get_data(as_text=True)) is is_admin
    page = browser.get(address).get_data(as_text=True)
    assert "Ana Lopez" in page
    for sign in ("<textarea", f"{address}/delete"):
        assert (sign in page) is is_admin
    if is_admin:
        return
    with desk.watched() as trail:
        for path in ("/settings/teams/new", f"{address}/delete"):
            assert browser.get(path).status_code == 403
            assert browser.post(path, name="X").status_code == 403
        assert browser.post(address, name="X").status_code == 403
    assert trail.types == []


def test_teams_and_people_of_another_account_are_not_there(desk: Desk, client: Browser) -> None:
    other = open_desk(desk.session, "other")
    for path in ("", "/delete"):
        assert client.get(f"/settings/teams/{other.team_id}{path}").status_code == 404
        assert client.post(f"/settings/teams/{other.team_id}{path}", name="X").status_code == 404
    with desk.watched() as trail:
        response = client.post(f"/settings/teams/{desk.team_id}", name="Returns", member=[other.ana_id])
    assert trail.types == []
    assert response.status_code == 409
    page = client.get("/settings/teams").get_data(as_text=True)
    assert page.count("Returns") == 1
    with other.acting():
        assert other.session.get_one(Team, other.team_id).name == "Returns"


def test_pages_are_cheap_and_the_log_leads_to_them(app: Flask, desk: Desk, client: Browser) -> None:
    give(desk, 3)
    with desk.acting():
        for index in range(12):
            teams.create(desk.account, f"Team {index}", members=[desk.ana, desk.ben], by=desk.by_admin)
    address = f"/settings/teams/{desk.team_id}"
    for each in ("/settings/teams", "/settings/teams/new", address, f"{address}/delete"):
        with statements(app) as sent:
            assert client.get(each).status_code == 200
        assert len(sent) <= 12, (each, sent)
    assert f'href="{address}"' in client.get("/settings/audit?event=team-created").get_data(as_text=True)
