"""Users and the account by API: their shapes, what each call writes, and who may."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk import oauth
from helpdesk.models import AccountSetting
from tests.desks import PASSWORD, Desk
from tests.helpdesk.api.programs import HOST, Program
from tests.helpdesk.api.shapes import ACCOUNT, SETTING, USER, fits


def test_the_team_is_listed_and_user_0_is_oneself(desk: Desk, program: Callable[[str], Program]) -> None:
    ana = program("ana")
    every = ana.get("/users")
    assert [row["name"] for row in every["data"]] == ["Ada Admin", "Ana Lopez", "Ben Okafor", "Olive Owner"]
    assert every["meta"] == {"prev_cursor": None, "next_cursor": None, "total_resources": None}
    own = ana.get("/users/0")
    assert fits(own, USER)
    assert own == ana.get(f"/users/{desk.ana_id}/") == every["data"][1]
    assert (own["uri"], own["role"]) == (f"{HOST}/api/users/{desk.ana_id}/", {"name": "basic-agent"})
    for query, names in (
        ("roles=admin", ["Ada Admin", "Olive Owner"]),
        ("roles=bot&roles=internal-agent", []),
        ("roles=admin&roles=basic-agent&order_by=name:desc&limit=2", ["Olive Owner", "Ben Okafor"]),
        ("email=BEN@demo.example", ["Ben Okafor"]),
        ("search=OPEZ&available_first=true", ["Ana Lopez"]),
        ("external_id=7", []),
    ):
        assert [row["name"] for row in ana.get(f"/users?{query}")["data"]] == names, query


def test_somebody_is_invited_changed_and_deleted(desk: Desk, api: Program) -> None:
    body = {
        "email": "nora@demo.example",
        "name": "Nora Night",
        "role": {"name": "agent"},
        "country": "IE",
        "meta": {"a": 1},
    }
    with desk.watched() as trail:
        nora = api.post("/users", body)
    assert trail.types == ["user-created", "user-invited"]
    assert len(trail.contexts) == 1
    assert fits(nora, USER)
    assert (nora["role"], nora["has_password"], nora["country"], nora["meta"]) == (
        {"name": "agent"},
        False,
        "IE",
        {"a": 1},
    )
    path = f"/users/{nora['id']}"
    with desk.watched() as trail:
        changed = api.put(
            path, {"role": {"name": "lite-agent"}, "lastname": "Day", "external_id": "7", "email": "n@x.example"}
        )
        api.put(path, {"role": {"name": "lite-agent"}, "name": "Nora Day"})
        assert api.put(path, {"active": False})["active"] is False
        api.delete(path)
    assert (changed["name"], changed["role"], changed["external_id"]) == ("Nora Day", {"name": "lite-agent"}, "7")
    assert trail.types == ["user-updated", "user-updated", "user-deleted"]
    with desk.watched() as trail:
        api.post("/users", {**body, "active": False})
    assert trail.types == ["user-created"]


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"firstname": "Cy", "lastname": "Reed"}, "Cy Reed"),
        ({"name": "Maria Anna Rossi", "firstname": "Cy", "lastname": "Rossi"}, "Cy Anna Rossi"),
        ({"name": "Nora Night", "firstname": "Maria", "lastname": "Rossi"}, "Nora Night"),
        ({"name": "Nora Night", "firstname": "Nora", "lastname": "Reed"}, "Nora Reed"),
        ({"firstname": "Nora", "name": "Nora Night"}, "Nora Night"),
        ({"lastname": "Reed"}, "Maria Anna Reed"),
    ],
)
def test_names_are_taken_in_the_order_of_the_body(api: Program, sent: dict[str, str], name: str) -> None:
    """Of all three, those that only come back as they were shown change nothing."""
    born: dict[str, Any] = {"name": "Maria Anna Rossi", "firstname": "Maria Anna", "lastname": "Rossi"}
    customer = api.post("/customers", born)
    user = api.post("/users", {**born, "email": "maria@demo.example", "role": {"name": "agent"}})
    assert customer["name"] == user["name"] == born["name"]
    assert api.put(f"/customers/{customer['id']}", sent)["name"] == name
    assert api.put(f"/users/{user['id']}", sent)["name"] == name


def test_everybody_changes_themselves(desk: Desk, program: Callable[[str], Program]) -> None:
    ana = program("ana")
    with desk.watched() as trail:
        assert ana.put("/users/0", {"bio": "Mornings"})["bio"] == "Mornings"
        assert ana.fail("PUT", "/users/0", {"email": "a@x.example"})[1]["data"].keys() == {"password_confirmation"}
        ana.put("/users/0", {"email": "a@x.example", "password_confirmation": PASSWORD})
        ana.email = "a@x.example"
        assert ana.fail("PUT", "/users/0", {"new_password": "long enough", "old_password": "no"})[0] == 400
        ana.put("/users/0", {"new_password": "long enough", "old_password": PASSWORD})
        assert ana.fail("PUT", f"/users/{desk.ben_id}", {"bio": "x"})[0] == 403
        assert ana.fail("PUT", "/users/0", {"role": {"name": "admin"}})[0] == 400
    assert trail.types == ["user-updated", "user-updated", "user-password-changed"]


def test_users_that_cannot_be(desk: Desk, api: Program) -> None:
    good: dict[str, Any] = {"email": "n@x.example", "name": "N", "role": {"name": "agent"}}
    with desk.watched() as trail:
        assert api.fail("POST", "/users", {**good, "email": "ANA@demo.example"})[0] == 409
        wrongs: tuple[dict[str, Any], ...] = (
            {}, {**good, "role": {"name": "bot"}}, {**good, "roles": []}, {**good, "email": "nobody"},
            {**good, "country": "Ireland"},
        )  # fmt: skip
        for wrong in wrongs:
            assert api.fail("POST", "/users", wrong)[0] == 400, wrong
        nameless = {"firstname": "", "lastname": ""}
        assert api.fail("PUT", f"/users/{desk.ana_id}", nameless)[1]["data"].keys() == {"name"}
        assert api.fail("DELETE", f"/users/{desk.owner_id}")[0] == 400
        assert api.fail("DELETE", "/users/0")[0] == 405
        assert api.fail("GET", "/users/9999")[0] == 404
    assert trail.types == []


@pytest.mark.parametrize(("field", "code"), [("language", "xx"), ("country", "QQ"), ("country", "ie")])
def test_a_language_and_a_country_are_ones_there_are(api: Program, field: str, code: str) -> None:
    status, error = api.fail("PUT", "/users/0", {field: code})
    assert (status, list(error["data"])) == (400, [field])
    assert api.put("/users/0", {"language": "de", "country": "AT"})["country"] == "AT"


def test_the_account_and_its_settings(desk: Desk, program: Callable[[str], Program]) -> None:
    api, ana = program("admin"), program("ana")
    with desk.watched() as trail:
        made = api.post("/account/settings", {"type": "trash", "data": {"days": 14}})
        assert fits(made, SETTING)
        assert api.put(f"/account/settings/{made['id']}", {"type": "trash", "data": {"days": 7}})["data"] == {"days": 7}
        api.put(f"/account/settings/{made['id']}/", {"type": "trash", "data": {"days": 7}})
        api.post("/account/settings", {"type": "views-ordering", "data": {"views": {"7": 1}}})
    assert trail.types == [
        "account-setting-created", "account-updated", "account-setting-updated", "account-updated",
        "account-setting-created", "account-updated",
    ]  # fmt: skip
    assert [row["id"] for row in api.get("/account/settings?type=trash")["data"]] == [made["id"]]
    account = api.get("/account")
    assert fits(account, ACCOUNT)
    assert {row["type"] for row in account["settings"]} >= {"trash", "views-ordering"}
    assert account["status"] == {"status": "active"}
    assert ana.get("/account")["settings"] == []
    assert ana.fail("GET", "/account/settings")[0] == 403
    assert api.fail("POST", "/account/settings", {"type": "trash"})[0] == 409
    live = {"auto_assign_to_teams": True, "assignment_channels": ["email"]}  # of whoever knows more than we do
    kept = api.post("/account/settings", {"type": "ticket-assignment", "data": live})
    assert kept["data"] == {"enabled": False, **live}
    path = f"/account/settings/{kept['id']}"
    assert api.put(path, {**kept, "data": {**kept["data"], "enabled": True}})["data"] == {"enabled": True, **live}
    assert api.fail("PUT", path, {"type": "ticket-assignment", "data": {"enabled": 1}})[0] == 400
    wrongs: tuple[dict[str, Any], ...] = (
        {"type": "trash", "data": {"days": 0}}, {"type": "trash", "data": {"hours": 1}}, {"type": "audit-log"},
        {"type": "A b"}, {"data": {}},
    )  # fmt: skip
    for wrong in wrongs:
        assert api.fail("PUT", f"/account/settings/{made['id']}", wrong)[0] == 400, wrong


def test_a_private_search_is_its_owners_and_a_shared_one_only_they_change(
    desk: Desk, program: Callable[[str], Program]
) -> None:
    owner, admin, path = program("owner"), program("admin"), "/account/settings"
    data = {"name": "Trash", "address": "event=ticket-trashed", "shared": False, "owner_id": desk.admin_id}
    made = admin.post(path, {"type": "saved-search", "name": "mine", "data": data})
    taken = {"type": "saved-search", "data": {**data, "owner_id": desk.owner_id, "shared": True}}
    with desk.watched() as trail:
        assert made["id"] not in [row["id"] for row in owner.get(path)["data"]]
        assert owner.fail("PUT", f"{path}/{made['id']}", taken)[0] == 404
        assert admin.fail("PUT", f"{path}/{made['id']}", taken)[0] == 400
        assert owner.fail("POST", path, {"type": "saved-search", "data": data})[0] == 400
    assert trail.types == []
    admin.put(f"{path}/{made['id']}", {"type": "saved-search", "data": {**data, "shared": True}})
    status, error = owner.fail("PUT", f"{path}/{made['id']}", {"type": "saved-search", "name": "theirs"})
    assert (status, "Only who saved this search" in error["msg"]) == (403, True)
    with desk.watched() as trail:  # who got it may put it back as it is
        (shown,) = (row for row in owner.get(path)["data"] if row["id"] == made["id"])
        assert owner.put(f"{path}/{made['id']}", shown) == shown
    assert trail.types == []


def test_an_application_is_no_setting(desk: Desk, api: Program) -> None:
    with desk.acting():
        made, _ = oauth.register(desk.account, "Tracker", ["https://app.example/done"], by=desk.by_admin)
    number = desk.session.scalars(select(AccountSetting.id).where(AccountSetting.type == oauth.SETTING)).one()
    told = {"redirect_uris": ["https://attacker.example/"], "client_id": made.client_id}
    with desk.watched() as trail:
        for shown in (api.get("/account")["settings"], api.get("/account/settings?type=oauth-application")["data"]):
            assert [row for row in shown if row["id"] == number] == []
        body = {"type": oauth.SETTING, "data": told}
        assert api.fail("PUT", f"/account/settings/{number}", body)[0] == 404
        status, error = api.fail("POST", "/account/settings", {**body, "name": "x"})
        assert (status, list(error["data"])) == (400, ["type"])
    assert trail.types == []
    assert oauth.applications(desk.session, desk.account_id) == [made]
