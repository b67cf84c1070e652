"""A suite that proves all there is to prove of five types; `test_coverage_fooled` runs it in mutated copies."""

from contextlib import suppress

import pytest

from helpdesk.refusals import Refused
from seeds import firing
from tests.desks import Desk
from tests.helpdesk.web.browsers import Browser
from tests.helpdesk.web.conftest import app, client, database_url, enter, own_instance

__all__ = ["app", "client", "database_url", "enter", "own_instance"]

#: What is taken away from each is told there.
FIVE = ("ticket-untrashed", "ticket-marked-spam", "ticket-unmarked-spam", "ticket-trashed", "ticket-subject-updated")


@pytest.mark.parametrize("name", FIVE)
def test_its_card_explains_it(client: Browser, name: str) -> None:
    assert client.get(f"/settings/audit/events/{name}").status_code == 200


@pytest.mark.parametrize("name", FIVE)
def test_its_scenes_are_fired_as_told(desk: Desk, name: str) -> None:
    told = [firing.fire(desk.session, scene).is_as_told for scene in firing.scenes(name)]
    assert all(told), "each of them was fired"


@pytest.mark.parametrize("name", FIVE)
def test_the_log_offers_and_shows_it(desk: Desk, client: Browser, name: str) -> None:
    for scene in firing.scenes(name):
        with suppress(Refused):
            scene.cause(desk, scene.prepare(desk))
    assert f'data-event="{name}"' in client.get("/settings/audit", query_string={"event": name}).text
