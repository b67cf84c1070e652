"""Saved searches: kept in the log's own words, private or shared, told as settings, and nobody else's business."""

import re
from collections.abc import Callable

from sqlalchemy import select

from helpdesk import settings
from helpdesk.models import AccountSetting, Role
from helpdesk.searches import SAVED
from tests.desks import Desk, open_desk
from tests.helpdesk.web.browsers import Browser, hire
from tests.helpdesk.web.test_ways_back import press_undo

PAGE = "/settings/searches"
HOSTILE = "<script>alert(1)</script>{{7*7}} 🎉"


def saved(desk: Desk) -> list[AccountSetting]:
    """The rows, oldest first."""
    desk.session.rollback()
    return list(
        desk.session.scalars(select(AccountSetting).where(AccountSetting.type == SAVED).order_by(AccountSetting.id))
    )


def names(page: str) -> list[str]:
    """The searches of the list."""
    return re.findall(r'<div class="search-what">\s*<a href="[^"]*">([^<]*)</a>', page)


def test_a_search_is_saved_renamed_shared_and_deleted_and_each_is_told(
    desk: Desk, client: Browser, enter: Callable[[str], Browser]
) -> None:
    said = ["account-setting-created", "account-updated"]
    with desk.watched() as trail:
        answer = client.post(PAGE, name="  What rules  did ", address="by=rule&event=ticket-*&period=24h&from=")
    assert [name for name, _ in trail.lines] == said
    assert trail["account-setting-created"].user_id is not None
    assert answer.status_code == 303
    (row,) = saved(desk)
    assert row.data["name"] == "What rules did"
    assert row.data["address"] == "by=rule&event=ticket-*&period=24h"
    page = client.get(PAGE).get_data(as_text=True)
    assert names(page) == ["What rules did"]
    assert "<code>by:rule type:ticket-* since:24h</code>" in page
    assert client.get("/settings/audit?" + row.data["address"]).status_code == 200
    other = enter(hire(desk, Role.ADMIN))
    assert names(other.get(PAGE).get_data(as_text=True)) == []
    for deed in ("rename", "share", "delete"):
        with desk.watched() as trail:
            assert other.post(f"{PAGE}/{row.id}/{deed}", name="Mine now", shared="y").status_code == 404
        assert not trail.lines
    with desk.watched() as trail:
        client.post(f"{PAGE}/{row.id}/share", shared="y")
    assert [name for name, _ in trail.lines] == ["account-setting-updated", "account-updated"]
    page = other.get(PAGE).get_data(as_text=True)
    assert names(page) == ["What rules did"]
    assert "shared by" in page
    with desk.watched() as trail:
        for deed in ("rename", "share", "delete"):
            answer = other.press(f"{PAGE}/{row.id}/{deed}", name="Mine now")
            assert answer.status_code == 409
            assert "Only who saved this search may change it" in answer.get_data(as_text=True)
    assert not trail.lines
    assert f"{row.id}/delete" not in page
    with desk.watched() as trail:
        client.post(f"{PAGE}/{row.id}/rename", name="What rules do")
        client.post(f"{PAGE}/{row.id}/rename", name="What rules do")
    assert [name for name, _ in trail.lines] == ["account-setting-updated", "account-updated"]
    with desk.watched() as trail:
        assert client.post(f"{PAGE}/{row.id}/delete").status_code == 303
        assert client.post(f"{PAGE}/{row.id}/delete").status_code == 404
    assert [name for name, _ in trail.lines] == ["account-setting-updated", "account-updated"]
    assert saved(desk) == []


def test_each_change_is_one_press_from_being_undone(desk: Desk, client: Browser) -> None:
    client.post(PAGE, name="Rules", address="by=rule&text=%22a+b%22&period=24h", shared="y")
    (row,) = saved(desk)
    before = dict(row.data)
    for deed, fields in (
        ("rename", {"name": "What rules did"}),
        ("share", {}),
        ("ask", {"address": "member=none"}),
        ("delete", {}),
    ):
        page = client.press(f"{PAGE}/{row.id}/{deed}", **fields).get_data(as_text=True)
        assert [each.data for each in saved(desk)] != [before]
        press_undo(client, page)
        (row,) = saved(desk)
        assert row.data == before
    page = client.press(PAGE, name="By mistake", address="").get_data(as_text=True)
    press_undo(client, page)
    assert [each.data for each in saved(desk)] == [before]
    # What changed nothing has nothing to undo.
    page = client.press(f"{PAGE}/{row.id}/ask", address=before["address"]).get_data(as_text=True)
    assert "Nothing changed, so no event was written." in page
    assert "toast-undo" not in page


def test_without_scripts_the_page_remembers_what_is_to_be_asked(desk: Desk, client: Browser) -> None:
    def carried(page: str) -> set[str]:
        return set(re.findall(r'<input type="hidden" name="address" value="([^"]*)">', page))

    page = client.get(f"{PAGE}?address=member%3Dnone").get_data(as_text=True)
    assert carried(page) == {"member=none"}
    answer = client.post(PAGE, name="First", address="member=none")
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert carried(page) == {"member=none"}
    (row,) = saved(desk)
    answer = client.post(f"{PAGE}/{row.id}/rename", name="Second", address="member=none")
    assert carried(client.get(answer.headers["Location"]).get_data(as_text=True)) == {"member=none"}


def test_an_undo_that_is_refused_can_be_had_under_another_name(desk: Desk, client: Browser) -> None:
    client.post(PAGE, name="Quiet", address="by=rule")
    (row,) = saved(desk)
    toast = client.press(f"{PAGE}/{row.id}/delete").get_data(as_text=True)
    client.post(PAGE, name="Quiet", address="member=none")
    refused = press_undo(client, toast).get_data(as_text=True)
    assert "called “Quiet” already" in refused
    form = refused[refused.index("search-save") :].partition("</form>")[0]
    fields = dict(re.findall(r'name="(exactly|address)" value="([^"]*)"', form))
    assert "Save what was deleted as" in form
    client.press(PAGE, **fields, name="Quiet again")
    assert [each.data["address"] for each in saved(desk)] == ["member=none", "by=rule"]


def test_what_was_typed_and_refused_is_still_there(desk: Desk, client: Browser) -> None:
    client.post(PAGE, name="Taken", address="")
    client.post(PAGE, name="Other", address="")
    other = saved(desk)[1]
    page = client.press(PAGE, name="Taken", address="", shared="y").get_data(as_text=True)
    assert re.search(r'<input id="search-name"[^>]* value="Taken" autofocus>', page)
    assert re.search(r'name="shared" value="y" checked', page)
    page = client.press(f"{PAGE}/{other.id}/rename", name="Taken").get_data(as_text=True)
    assert re.search(rf'<input id="search-name-{other.id}"[^>]* value="Taken"[^>]* autofocus>', page)
    assert page.count("autofocus") == 1


def test_what_can_not_be_kept_is_told_and_nothing_is_written(desk: Desk, client: Browser) -> None:
    client.post(PAGE, name="Twice", address="")
    with desk.watched() as trail:
        for form, words in (
            ({"name": "Twice", "address": "member=none"}, "called “Twice” already"),
            ({"name": "   ", "address": ""}, "Write a name"),
            ({"name": "x" * 81, "address": ""}, "at most 80 characters"),
            ({"name": "Odd", "address": "event=ticket-vanished"}, "no event “ticket-vanished”"),
            ({"name": "Odd", "address": "colour=red"}, "does not know"),
        ):
            answer = client.press(PAGE, **form)
            assert answer.status_code == 409
            assert words in answer.get_data(as_text=True)
            assert "<html" not in answer.get_data(as_text=True)
    assert not trail.lines
    assert len(saved(desk)) == 1


def test_the_page_one_looks_at_is_saved_wherever_it_went_meanwhile(desk: Desk, client: Browser) -> None:
    here = {"HX-Request": "true", "HX-Current-URL": "http://localhost/settings/audit?member=none&cursor=x&open=5"}
    form = {"name": HOSTILE, "address": "by=rule", "shared": "y"}
    answer = client.client.post(PAGE, data=form, headers=here)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.get_data(as_text=True)
    (row,) = saved(desk)
    assert (row.data["address"], row.data["shared"]) == ("member=none", True)


def test_the_accounts_owner_may_delete_what_others_share_after_a_question(
    desk: Desk, client: Browser, enter: Callable[[str], Browser]
) -> None:
    other = enter(hire(desk, Role.ADMIN))
    other.post(PAGE, name="Theirs", address="by=rule", shared="y")
    (row,) = saved(desk)
    page = client.get(PAGE).get_data(as_text=True)
    assert "Delete the search of" in page
    assert f"{row.id}/rename" not in page
    assert client.press(f"{PAGE}/{row.id}/share").status_code == 409
    assert client.post(f"{PAGE}/{row.id}/delete").status_code == 303
    assert saved(desk) == []


def test_dates_stay_those_of_the_clock_by_which_they_were_asked_for(desk: Desk, client: Browser) -> None:
    dates = "period=own&from=2026-03-03T00:00&to=2026-03-03T02:00"
    here = {
        "HX-Request": "true",
        "HX-Current-URL": f"http://localhost/settings/audit?{dates}&times=America/Los_Angeles",
    }
    answer = client.client.post(PAGE, data={"name": "That night"}, headers=here)
    client.post(PAGE, name="Here", address=dates)
    assert "from:2026-03-03T00:00 to:2026-03-03T02:00 times:America/Los_Angeles" in answer.get_data(as_text=True)
    night, own = (row.data["address"] for row in saved(desk))
    assert night.endswith("&times=America%2FLos_Angeles")
    assert "(America/Los_Angeles)" in client.get(f"/settings/audit?{night}").get_data(as_text=True)
    assert "times=" in own, "whatever zone the account will have"


def test_searches_are_for_who_reads_the_log_and_of_one_account(desk: Desk, enter: Callable[[str], Browser]) -> None:
    foreign = open_desk(desk.session, "other")
    with foreign.acting():
        data = {"name": "Theirs", "address": "", "shared": True, "owner_id": foreign.owner_id}
        number = settings.create(foreign.account, SAVED, "1/Theirs", data, by=foreign.by_admin).id
    with desk.acting():
        settings.create(desk.account, SAVED, "broken", {"name": 7}, by=desk.by_admin)
    admin = enter("admin@demo.example")
    assert names(admin.get(PAGE).get_data(as_text=True)) == []
    assert admin.post(f"{PAGE}/{number}/delete").status_code == 404
    assert enter("ana@demo.example").get(PAGE).status_code == 403
    assert enter("ana@demo.example").post(PAGE, name="x", address="").status_code == 403
