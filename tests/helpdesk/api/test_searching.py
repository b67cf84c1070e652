"""Search by API: each type finds its own by a part of a name or address, and nothing of another account."""

from collections.abc import Callable

import pytest

from helpdesk import channels, integrations, tags
from tests.desks import Desk, open_desk
from tests.helpdesk.api.programs import Program


def test_what_is_called_so_is_found(desk: Desk, api: Program) -> None:
    open_desk(desk.session, "other")  # has the same people and the same customer
    with desk.acting():
        channels.add(desk.carol, "phone", "+353 1 234 5678", by=desk.by_ana)
        tags.create(desk.account, "refund_100%", by=desk.by_admin)
        integrations.create(desk.account, "chat", "Shop chat", by=desk.by_admin)
    carol = {"id": desk.carol_id, "name": "Carol Diaz", "email": "carol@mail.example"}
    for type_, query, found in (
        ("customer", "CAROL", [carol]), ("customer_profile", "diaz", [carol]), ("customer", "mail.example", [carol]),
        ("customer_channel", "5678", [carol]), ("customer_channel_email", "carol@", [carol]),
        ("customer_channel_phone", "+3531", [carol]), ("customers_by_phone", "carol", []),
        ("agent", "lopez", [{"id": desk.ana_id, "name": "Ana Lopez", "email": "ana@demo.example"}]),
        ("team", "ret", [{"id": desk.team_id, "name": "Returns", "email": None}]),
        ("tag", "%_", []), ("tag", "_100%", 1),
        ("integration", "shop", 1),
    ):  # fmt: skip
        answer = api.post("/search", {"type": type_, "query": query}, 200)
        assert (answer["object"], answer["uri"], answer["meta"]) == ("list", "", {})
        assert answer["data"] == found if isinstance(found, list) else len(answer["data"]) == found, (type_, query)
    assert len(api.post("/search", {"type": "agent", "size": 2}, 200)["data"]) == 2


@pytest.mark.parametrize("body", [{}, {"type": "dog"}, {"type": "tag", "size": 51}, {"type": "tag", "query": None}])
def test_what_cannot_be_asked_is_refused(api: Program, body: dict[str, object]) -> None:
    assert api.fail("POST", "/search", body)[0] == 400


def test_who_may_not_list_integrations_may_not_look_for_them(program: Callable[[str], Program]) -> None:
    ana = program("ana")
    assert ana.fail("POST", "/search", {"type": "integration"})[0] == 403
    assert ana.post("/search", {"type": "agent"}, 200)["data"]
