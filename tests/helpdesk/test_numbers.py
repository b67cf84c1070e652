"""A number is given once: what is deleted does not come back as something else, in the log nor behind an old link."""

from sqlalchemy import text

from helpdesk import tickets
from tests.desks import Desk


def test_the_number_of_a_deleted_ticket_is_not_given_again(desk: Desk) -> None:
    number = desk.a_ticket().id
    with desk.acting("api"):
        tickets.erase(desk.ticket(number), by=desk.by_ana)
    assert desk.a_ticket().id > number


def test_no_table_of_the_embedded_database_gives_a_number_again(desk: Desk) -> None:
    if desk.session.get_bind().dialect.name != "sqlite":
        return
    tables = desk.session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    numbered = {name: sql for name, sql in tables if "id INTEGER NOT NULL PRIMARY KEY" in sql}
    assert "ticket" in numbered
    assert [name for name, sql in numbered.items() if "AUTOINCREMENT" not in sql] == []
