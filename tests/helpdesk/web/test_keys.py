"""The page of API keys: a key is made, shown once, used and revoked."""

import re
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from helpdesk.models import ApiKey
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser


def test_a_key_is_made_shown_once_used_and_revoked(app: Flask, desk: Desk, enter: Callable[[str], Browser]) -> None:
    admin = enter("admin@demo.example")
    assert "No keys yet" in admin.get("/settings/api-keys").text
    with desk.watched() as trail:
        page = admin.post("/settings/api-keys/new", name="Nightly export", user_id=desk.ana_id)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert trail.lines == [("api-key-created", "Ada Admin")]
    (key,) = set(re.findall(r"\b[0-9a-f]{64}\b", page.text))
    assert key not in str(trail.events[0].changes)
    listed = admin.get("/settings/api-keys").text
    assert key not in listed
    assert key[:8] in listed
    assert "Never" in listed
    own = app.test_client().get("/api/users/0", auth=("ana@demo.example", key))
    assert own.json is not None
    assert own.json["id"] == desk.ana_id
    assert "Never" not in admin.get("/settings/api-keys").text
    number = desk.session.scalars(select(ApiKey.id)).one()
    assert "Revoke the key Nightly export?" in admin.get(f"/settings/api-keys/{number}/revoke").text
    with desk.watched() as trail:
        for _ in range(2):
            assert admin.post(f"/settings/api-keys/{number}/revoke").status_code == 303
    assert trail.types == ["api-key-revoked"]
    assert app.test_client().get("/api/users/0", auth=("ana@demo.example", key)).status_code == 401
    assert "Revoked" in admin.get("/settings/api-keys").text


def test_keys_that_cannot_be(desk: Desk, enter: Callable[[str], Browser]) -> None:
    admin = enter("admin@demo.example")
    with desk.watched() as trail:
        assert admin.post("/settings/api-keys/new", name="", user_id=desk.ana_id).status_code == 422
        assert admin.post("/settings/api-keys/new", name="x", user_id="").status_code == 422
        assert admin.post("/settings/api-keys/new", name="x", user_id=999).status_code == 404
        refused = admin.post("/settings/api-keys/new", name="x", user_id=desk.owner_id)
        assert refused.status_code == 409
        assert "Only the owner" in refused.text
    assert trail.types == []
    assert "Olive" not in re.sub("<[^>]*header.*", "", admin.get("/settings/api-keys/new").text.partition("<form")[2])
