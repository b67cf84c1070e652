"""Teams: name, sign, description and members in one save, and what they can't be."""

from typing import Any

import pytest

from helpdesk import teams
from helpdesk.refusals import Refused
from tests.desks import Desk


def save(desk: Desk, **change: Any) -> None:
    """Save the team's form."""
    with desk.acting():
        form = {"name": "Returns", "emoji": "📦", "description": None, "members": [desk.ana, desk.ben], **change}
        teams.update(desk.team, **form, by=desk.by_admin)


def test_a_save_is_one_event_with_the_people_who_came_and_went(desk: Desk) -> None:
    with desk.watched() as trail:
        save(desk, name="Returns desk", emoji="↩️", description="Goods back", members=[desk.admin, desk.ana])
    event = trail["team-updated"]
    assert trail.lines == [("team-updated", "Ada Admin")]
    assert event.changes[f"Team:{desk.team_id}"].keys() == {"name", "decoration", "description"}
    assert len([key for key in event.changes if key.startswith("TeamMember:")]) == 2
    assert [member.user_id for member in desk.team.members] == [desk.ana_id, desk.admin_id]


def test_a_save_that_changes_nothing_writes_nothing(desk: Desk) -> None:
    with desk.watched() as trail:
        save(desk, name=" Returns ", members=[desk.ben, desk.ana], description=" ")
    assert trail.types == []


@pytest.mark.parametrize("emoji", ["VIP", "a📦", "<b>", "1", "\u202e📦", "📦" * 20, "x" * 10_000])
def test_an_emoji_is_one_sign(desk: Desk, emoji: str) -> None:
    with desk.watched() as trail, pytest.raises(Refused, match="one sign"):
        save(desk, emoji=emoji)
    assert trail.types == []


@pytest.mark.parametrize("emoji", ["👩‍👩‍👧‍👦", "1️⃣", "❤️", "🇮🇪", "👍🏽", "☎"])
def test_signs_of_several_characters_are_one(desk: Desk, emoji: str) -> None:
    save(desk, emoji=emoji)
    assert desk.team.emoji == emoji


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": "x" * 121}, "at most 120 characters"),
        ({"name": "\x00 "}, "needs a name"),
        ({"name": "Wholesale"}, "There is a team 'Wholesale' already"),
        ({"description": "x" * 1025}, "at most 1,024 characters"),
    ],
)
def test_what_a_team_cant_be(desk: Desk, change: dict[str, str], sentence: str) -> None:
    with desk.acting():
        teams.create(desk.account, "Wholesale", by=desk.by_admin)
    with desk.watched() as trail, pytest.raises(Refused, match=sentence):
        save(desk, **change)
    assert trail.types == []
