"""Looking for a text finds what a reader of the rows has read there, and not what only the database reads."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.engine import URL

from audit import naming
from helpdesk import tags, tickets
from helpdesk.models import User
from tests.audit.logs import Made, write_log
from tests.audit.site import LOG, look, words
from tests.databases import fresh_sqlite
from tests.desks import TUESDAY, Desk


@pytest.fixture
def database_url() -> URL:
    """That both databases find the same is told by `test_queries`."""
    return fresh_sqlite(furnished=True)


def found(ada: FlaskClient, text: str, **asked: str) -> list[str]:
    """The types of the events that mention a text, from the top."""
    return re.findall(r'popovertarget="meaning-([a-z-]+)"', look(ada, LOG, text=text, **asked).text)


def test_a_text_is_found_where_a_row_shows_it(ada: FlaskClient, desk: Desk) -> None:
    number = desk.a_ticket("Where is my order?").id
    with desk.acting():
        tags.put_on(desk.ticket(number), ["urgent"], by=desk.by_ana)
        tickets.assign(desk.ticket(number), desk.session.get_one(User, desk.ben_id), by=desk.by_admin)
    assert found(ada, "URGENT") == ["ticket-tags-added", "tag-created"]
    assert found(ada, "okafor", event="ticket-assigned") == ["ticket-assigned"]
    assert found(ada, "127.0.0.1") == ["user-logged-in"]
    for name in ("null", "ticket_id", "customer_id", "assignee_user_id", "_", '":', TUESDAY.strftime("%Y-%m-%dT")):
        assert found(ada, name, api_only="1") == [], name


def test_where_not_all_names_were_looked_at_the_sentence_says_so(
    ada: FlaskClient, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [Made(TUESDAY, type="tag-created", object=("Tag", 900 + n), label=f"urgent {n}") for n in range(3)]
    write_log(desk.session, desk.account_id, many)
    assert "left out." not in words(look(ada, text="urgent", api_only="1"))
    for limit in ("LOOKED_AT", "MOST"):
        with monkeypatch.context() as patch:
            patch.setattr(naming, limit, 2)
            assert ", older names left out." in words(look(ada, text="urgent", api_only="1")), limit
