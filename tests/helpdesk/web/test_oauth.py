"""OAuth 2 from end to end: an application is registered and allowed, fetches its key, calls, renews, and is revoked."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from helpdesk import keys, oauth
from helpdesk.models import ApiKey
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
BACK = "https://app.example/done?from=desk"


@pytest.fixture
def asking(desk: Desk) -> dict[str, str]:
    """What a registered application asks."""
    with desk.acting():
        made, secret = oauth.register(desk.account, "Tracker", [BACK], by=desk.by_admin)
    return {
        "response_type": "code", "client_id": made.client_id, "redirect_uri": BACK, "state": "s&1", "secret": secret,
        "scope": "tickets:read customers:read offline", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
    }  # fmt: skip


def answered(location: str) -> dict[str, str]:
    """What an application is told in the address to which somebody is sent back."""
    assert location.startswith(BACK)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items() if name != "from"}


def fetched(app: Flask, asking: dict[str, str], **form: str) -> Any:
    """What the application gets, or is refused."""
    given = {"client_id": asking["client_id"], "redirect_uri": BACK, "code_verifier": VERIFIER}
    return app.test_client().post("/oauth/token", data={"grant_type": "authorization_code", **given, **form})


def test_a_program_reads_in_json_that_the_desk_has_another_name(app: Flask) -> None:
    answer = app.test_client().post("/oauth/token", base_url="https://acme.gorgias.com")
    assert (answer.status_code, answer.mimetype) == (400, "application/json")
    assert (answer.get_json()["error"], "TRUSTED_HOSTS" in answer.text) == ("invalid_request", True)


def allowed(browser: Browser, asking: dict[str, str]) -> str:
    """The code, once somebody has allowed it."""
    answer = browser.post("/oauth/authorize", **asking, decision="allow")
    told = answered(answer.headers["Location"])
    assert (answer.status_code, told["state"]) == (303, "s&1")
    return told["code"]


def called(app: Flask, path: str, token: str, method: str = "GET") -> int:
    """How a call ends."""
    headers = {"Authorization": f"Bearer {token}"}
    return (
        app.test_client()
        .open(f"/api{path}", method=method, headers=headers, json={} if method == "PUT" else None)
        .status_code
    )


def search(app: Flask, type_: str, token: str) -> int:
    """How a search ends."""
    headers = {"Authorization": f"Bearer {token}"}
    return app.test_client().post("/api/search", json={"type": type_}, headers=headers).status_code


def test_an_application_is_allowed_to_act_as_somebody(
    app: Flask, desk: Desk, enter: Callable[[str], Browser], asking: dict[str, str]
) -> None:
    ana = enter("ana@demo.example")
    page = ana.get("/oauth/authorize", query_string=asking)
    assert "Allow Tracker to act as you?" in page.text
    assert "form-action 'self' https://app.example;" in page.headers["Content-Security-Policy"]
    code = allowed(ana, asking)
    with desk.watched() as trail:
        got = fetched(app, asking, code=code).json
    assert trail.lines == [("api-key-created", "Ana Lopez")]
    assert (got["token_type"], got["scope"], got["expires_in"]) == ("Bearer", asking["scope"], 86400)
    assert got["access_token"] not in str(trail.events[0].changes)
    paths = ("/tickets", "/customers", "/tags", "/events")
    assert [called(app, path, got["access_token"]) for path in paths] == [200, 200, 403, 403]
    found = {type_: search(app, type_, got["access_token"]) for type_ in ("customer", "agent", "team", "tag")}
    assert found == {"customer": 200, "agent": 403, "team": 403, "tag": 403}
    assert app.test_client().get("/api/tickets", auth=("ana@demo.example", got["access_token"])).status_code == 401
    with desk.watched() as trail:
        renewed = fetched(
            app, asking, grant_type="refresh_token", refresh_token=got["refresh_token"], client_secret=asking["secret"]
        ).json
    assert trail.types == ["api-key-revoked", "api-key-created"]
    assert [called(app, "/tickets", token) for token in (got["access_token"], renewed["access_token"])] == [401, 200]
    again = fetched(app, asking, grant_type="refresh_token", refresh_token=got["refresh_token"])
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert "Application" in enter("admin@demo.example").get("/settings/api-keys").text
    with desk.acting():
        (row,) = desk.session.scalars(select(ApiKey).where(ApiKey.revoked_datetime.is_(None)))
        keys.revoke(row, by=desk.by_admin)
    assert called(app, "/tickets", renewed["access_token"]) == 401


def test_a_code_opens_one_door_once(
    app: Flask, desk: Desk, enter: Callable[[str], Browser], asking: dict[str, str]
) -> None:
    ana = enter("ana@demo.example")
    for wrong in ({"code_verifier": "w" * 64}, {"redirect_uri": "https://app.example/done"}, {"client_id": "x"},
                  {"client_secret": "x"}, {"code": "x"}, {"grant_type": "password"}):  # fmt: skip
        code = allowed(ana, asking)
        with desk.watched() as trail:
            assert fetched(app, asking, **{"code": code, **wrong}).status_code in (400, 401), wrong
        assert trail.types == []
    code = allowed(ana, asking)
    assert fetched(app, asking, code=code).status_code == 200
    with desk.watched() as trail:
        assert fetched(app, asking, code=code).json["error"] == "invalid_grant"
    assert trail.actors == [("api-key-revoked", "system")]  # somebody has stolen it, and nobody knows who


def test_a_code_that_comes_again_shuts_what_was_renewed_meanwhile(
    app: Flask, desk: Desk, enter: Callable[[str], Browser], asking: dict[str, str]
) -> None:
    code = allowed(enter("ana@demo.example"), asking)
    first = fetched(app, asking, code=code).json
    renewed = fetched(app, asking, grant_type="refresh_token", refresh_token=first["refresh_token"]).json
    assert called(app, "/tickets", renewed["access_token"]) == 200
    for _ in range(2):
        assert fetched(app, asking, code=code).json["error"] == "invalid_grant"
    assert called(app, "/tickets", renewed["access_token"]) == 401
    again = fetched(app, asking, grant_type="refresh_token", refresh_token=renewed["refresh_token"])
    assert again.json["error"] == "invalid_grant"


def test_who_may_change_something_may_not_read_it_and_whoever_is_known_is_read(
    app: Flask, desk: Desk, enter: Callable[[str], Browser], asking: dict[str, str]
) -> None:
    ana = enter("ana@demo.example")
    paths = ("/tags", "/users/0", f"/users/{desk.owner_id}", f"/users/{desk.ana_id}")
    for scope, may in (
        ("tags:write", ()), ("tags:read", ("/tags",)), ("openid", ()), ("openid email", ()),
        ("openid email profile", (paths[1], paths[3])), ("users:read", paths[1:]),
    ):  # fmt: skip
        token = fetched(app, asking, code=allowed(ana, {**asking, "scope": scope})).json["access_token"]
        assert {path for path in paths if called(app, path, token) == 200} == set(may), scope
        assert called(app, "/users/0", token, "PUT") == 403, "a profile is read, not changed"


def test_nobody_is_sent_where_nobody_registered(
    desk: Desk, enter: Callable[[str], Browser], asking: dict[str, str]
) -> None:
    ana = enter("ana@demo.example")
    with desk.watched() as trail:
        for wrong in (
            {"redirect_uri": "https://app.example/done"},
            {"redirect_uri": f"{BACK}&x=1"},
            {"client_id": "x"},
        ):
            answer = ana.get("/oauth/authorize", query_string={**asking, **wrong})
            assert answer.status_code in (400, 404), wrong
            assert ana.post("/oauth/authorize", **{**asking, **wrong}, decision="allow").status_code in (400, 404), (
                wrong
            )
        for wrong, word in (
            ({"scope": "everything"}, "invalid_scope"), ({"scope": ""}, "invalid_scope"),
            ({"code_challenge": ""}, "invalid_request"), ({"code_challenge_method": "plain"}, "invalid_request"),
            ({"response_type": "token"}, "unsupported_response_type"),
        ):  # fmt: skip
            answer = ana.get("/oauth/authorize", query_string={**asking, **wrong})
            assert answered(answer.headers["Location"])["error"] == word
        denied = ana.post("/oauth/authorize", **asking, decision="deny")
        assert answered(denied.headers["Location"])["error"] == "access_denied"
    assert trail.types == []


def test_an_application_is_registered(desk: Desk, enter: Callable[[str], Browser]) -> None:
    admin = enter("admin@demo.example")
    with desk.watched() as trail:
        page = admin.post("/settings/api-keys/application", name="Tracker", redirects=f"{BACK}\nhttp://127.0.0.1:9/x")
        assert (page.status_code, "client_secret" in page.text) == (200, True)
        for wrong in ("javascript:alert(1)", "https://", "/done", "https://a b", "https://app.example/#x"):
            assert admin.post("/settings/api-keys/application", name="Other", redirects=wrong).status_code == 409, wrong
        assert admin.post("/settings/api-keys/application", name="Tracker", redirects=BACK).status_code == 409
    assert trail.types == ["account-setting-created", "account-updated"]
    assert "Tracker" in admin.get("/settings/api-keys").text
