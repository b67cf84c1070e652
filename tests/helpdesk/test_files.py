"""Files attached to messages: stored once by digest, never changed, and replay asks whether the bytes still fit."""

import pytest

from helpdesk import messages
from helpdesk.drafts import Draft, File
from tests.desks import Desk
from tests.outside import REFUSED, Run, outside


def a_note_with(desk: Desk, content: bytes) -> None:
    """Ana attaches a file."""
    ticket = desk.a_ticket()
    with desk.acting():
        file = File("label.pdf", "application/pdf", content)
        words = Draft(sender=desk.ana, body_text="See the label.", public=False, files=(file,))
        messages.note(desk.ticket(ticket.id), words, by=desk.by_ana)


@pytest.mark.parametrize("statement", ["UPDATE stored_file SET content = '\\x00'", "DELETE FROM stored_file"])
def test_the_database_itself_refuses_to_change_a_file(desk: Desk, statement: str) -> None:
    a_note_with(desk, b"%PDF")
    with outside(desk.session.get_bind().engine.url) as run, pytest.raises(REFUSED, match="append-only"):
        run(statement)


def test_forged_bytes_are_found_by_replay(desk: Desk) -> None:
    a_note_with(desk, b"%PDF")
    desk.session.rollback()
    with outside(desk.session.get_bind().engine.url) as run:
        take_the_guard_away(run, desk.session.get_bind().dialect.name)
        run("UPDATE stored_file SET content = ?", b"forged")
        (difference,) = desk.replay().differences
        assert "its bytes are not those that were attached" in difference
        run("UPDATE stored_file SET content = ?", b"%PDF")
    assert desk.replay().agrees


def take_the_guard_away(run: Run, database: str) -> None:
    """What only the owner of the database can do."""
    if database == "sqlite":
        run("DROP TRIGGER stored_file_no_update")
    else:
        run("DROP TRIGGER stored_file_no_change ON stored_file")
