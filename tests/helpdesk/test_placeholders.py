"""Placeholders in texts for people: what is known is filled in once, and whatever else is written stays as it is."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.placeholders import VARIABLES, Words, for_markdown

WORDS = Words(
    {
        "ticket.id": 4213,
        "ticket.subject": None,
        "ticket.created_datetime": datetime(2026, 3, 3, 13, 5, tzinfo=UTC),
        "ticket.customer.firstname": "carol",
        "ticket.customer.name": "Carol\r\n  Diaz",
        "ticket.customer.lastname": "",
        "current_user.name": "{{ticket.id}} \\1 \\g<0>",
    },
    ZoneInfo("Europe/Dublin"),
)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Hi {{ticket.customer.firstname}},", "Hi carol,"),
        ("{{ ticket.customer.firstname|capitalize }}", "Carol"),
        ("{{ticket.customer.firstname | upper}}{{ticket.id}}", "CAROL4213"),
        ('{{ticket.customer.lastname | fallback("there")}}', "there"),
        ("{{ticket.subject | fallback('your parcel') | capitalize}}", "Your parcel"),
        ("{{ticket.customer.firstname | fallback(“friend”)}}", "carol"),
        ("[{{ticket.subject}}]", "[]"),
        ("{{ticket.customer.name}}", "Carol Diaz"),
        ("{{ticket.created_datetime}}", "3 March 2026, 13:05"),
        ("{{ticket.created_datetime | date}} at {{ticket.created_datetime|time}}", "3 March 2026 at 13:05"),
        ("{{ticket.id | date}}", "4213"),
        ("{{current_user.name}}", "{{ticket.id}} \\1 \\g<0>"),
    ],
)
def test_what_is_known_is_filled_in(text: str, filled: str) -> None:
    assert WORDS.fill(text).text == filled
    assert WORDS.fill(text).unknown == ()


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "{{ticket.__class__}}",
        "{{ticket.customer}}",
        "{{ticket.customer.password_hash}}",
        "{{ticket.id | shout}}",
        '{{ticket.id | fallback("x") nonsense}}',
        "{{ticket.id.real}}",
        "{{config}}",
        "{{}}x{{ }}"[4:],
        "{{self.__init__.__globals__}}",
    ],
)
def test_what_nobody_knows_stays_visible_and_is_named(text: str) -> None:
    found = WORDS.fill(f"a {text} b")
    assert found.text == f"a {text} b"
    assert found.unknown == (text[text.index("{{") :],)


@pytest.mark.parametrize(
    "text", ["{% for x in y %}", "{# no #}", "${7*7}", "#{7*7}", "{ {ticket.id} }", "{{ticket\n.id}}", "{{"]
)
def test_other_languages_are_plain_text(text: str) -> None:
    assert WORDS.fill(text).text == text
    assert WORDS.fill(text).unknown == ()


def test_a_value_is_never_read_for_placeholders_again() -> None:
    words = Words({"ticket.subject": "{{current_user.email}}", "current_user.email": "secret"}, ZoneInfo("UTC"))
    assert words.fill("{{ticket.subject}}{{ticket.subject}}").text == "{{current_user.email}}" * 2


@given(st.text())
def test_any_text_without_what_is_known_stays_as_it_is(text: str) -> None:
    assert Words({}, ZoneInfo("UTC")).fill(text).text == text


@given(st.text(), st.text(alphabet=st.characters(categories=["L", "N", "P", "S"]), min_size=1))
def test_any_value_comes_through_whole(around: str, value: str) -> None:
    words = Words({"ticket.subject": value}, ZoneInfo("UTC"))
    edge = around.replace("{", "").replace("}", "")
    assert words.fill(f"{edge}{{{{ticket.subject}}}}{edge}").text == f"{edge}{value}{edge}"


@given(st.text(alphabet="{}|()\"' .abticket_id", max_size=400))
def test_brackets_in_any_order_break_nothing(text: str) -> None:
    WORDS.fill(text)


def test_a_long_line_of_brackets_takes_no_time() -> None:
    assert WORDS.fill("{{a|" * 50_000).unknown == ()
    assert WORDS.fill("{{ticket.id" + "|upper" * 40 + "}}").text == "4213"


@given(st.text(alphabet=st.characters(categories=["L", "P", "S"]), min_size=1))
def test_a_value_is_no_markdown(value: str) -> None:
    assert for_markdown(value).replace("\\", "") == value.replace("\\", "")


def test_everything_that_is_offered_is_known(desk_words: Words) -> None:
    assert set(VARIABLES) == set(desk_words.values)


@pytest.fixture
def desk_words(desk: object) -> Words:
    """The words of a real ticket."""
    ticket = desk.a_ticket()  # type: ignore[attr-defined]
    return Words.of(ticket, desk.ana)  # type: ignore[attr-defined]
