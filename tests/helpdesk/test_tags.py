"""Tags: renamed, recoloured and described in one save, and what they can't be called."""

import pytest

from helpdesk import tags
from helpdesk.models import Tag
from helpdesk.refusals import Refused
from tests.desks import Desk


@pytest.fixture
def refund(desk: Desk) -> int:
    """The tag "refund"."""
    with desk.acting():
        return tags.create(desk.account, "refund", color="#C2410C", by=desk.by_admin).id


def save(desk: Desk, number: int, name: str = "refund", color: str = "#c2410c", description: str = "") -> None:
    """Save the tag's form."""
    with desk.acting():
        tag = desk.session.get_one(Tag, number)
        tags.update(tag, name=name, color=color, description=description, by=desk.by_admin)


@pytest.mark.parametrize(
    ("change", "types"),
    [
        ({}, []),
        ({"name": " refund  "}, []),
        ({"color": "#C2410C"}, []),
        ({"color": "#0f766e"}, ["tag-updated"]),
        ({"color": ""}, ["tag-updated"]),
        ({"description": "Money back"}, ["tag-updated"]),
        ({"name": "Refund"}, ["tag-updated", "tag-renamed"]),
        ({"name": "money back", "color": "#0f766e", "description": "All"}, ["tag-updated", "tag-renamed"]),
    ],
)
def test_a_save_writes_what_it_did(desk: Desk, refund: int, change: dict[str, str], types: list[str]) -> None:
    with desk.watched() as trail:
        save(desk, refund, **change)
    assert trail.types == types
    assert len(trail.contexts) == (1 if types else 0)


@pytest.mark.parametrize(
    "color", ["red", "#fff", "#12345g", "url(#x)", '"><script>', "#1234567", "#123456;x", "＃123456"]
)
def test_a_colour_is_six_digits_and_nothing_else(desk: Desk, refund: int, color: str) -> None:
    with desk.watched() as trail:
        with pytest.raises(Refused, match="is no colour"):
            save(desk, refund, color=color)
        with pytest.raises(Refused, match="is no colour"), desk.acting():
            tags.create(desk.account, "new", color=color, by=desk.by_admin)
    assert trail.types == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": "x" * 257}, "at most 256 characters"),
        ({"name": "late, lost"}, "holds no comma"),
        ({"name": " \x00\u202e "}, "needs a name"),
        ({"name": "vip"}, "There is a tag 'vip' already. Merge the two instead."),
        ({"description": "x" * 1025}, "at most 1,024 characters"),
    ],
)
def test_what_a_tag_cant_be(desk: Desk, refund: int, change: dict[str, str], sentence: str) -> None:
    with desk.acting():
        tags.create(desk.account, "vip", by=desk.by_admin)
    with desk.watched() as trail, pytest.raises(Refused, match=sentence):
        save(desk, refund, **change)
    assert trail.types == []


def test_capitals_make_another_tag(desk: Desk, refund: int) -> None:
    with desk.acting():
        assert tags.create(desk.account, "Refund", by=desk.by_admin).id != refund
