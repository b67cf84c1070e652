"""The mail trap: catches everything, shows each account its own, and opens no other file."""

import smtplib
from pathlib import Path

import pytest

from helpdesk.mail import trap

RAW = b"From: support@demo.example\r\nTo: dora@mail.example\r\nSubject: Hello\r\nMessage-ID: <1@demo.example>\r\n\r\nHi"


@pytest.fixture(autouse=True)
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance folder of the test's own."""
    monkeypatch.setenv("HELPDESK_INSTANCE", str(tmp_path))
    return tmp_path


def test_a_mail_that_is_sent_is_caught() -> None:
    listener = trap.listen()
    try:
        with smtplib.SMTP("127.0.0.1", listener.port, local_hostname="localhost", timeout=20) as client:
            client.sendmail("support@demo.example", ["dora@mail.example", "ed@mail.example"], RAW)
    finally:
        listener.stop()
    (mail,) = trap.caught(None)
    assert mail == trap.read(mail.id, None)
    assert (mail.sender, mail.recipients) == ("support@demo.example", ["dora@mail.example", "ed@mail.example"])
    assert (mail.subject, mail.message_id, mail.in_reply_to) == ("Hello", "1@demo.example", None)
    assert (mail.body_text, mail.raw.strip()) == ("Hi", RAW.decode())
    assert mail.received.tzinfo is not None


def test_each_account_sees_its_own() -> None:
    ours = trap.store("support@demo.example", ["dora@mail.example"], RAW)
    to_us = trap.store("", ["Support@Demo.example"], RAW)
    theirs = trap.store("support@other.example", ["dora@mail.example"], RAW)
    assert [mail.id for mail in trap.caught("support@demo.example")] == [to_us, ours]
    assert trap.read(theirs, "support@demo.example") is None
    assert trap.read(ours, "support@demo.example") is not None
    assert [mail.id for mail in trap.caught(None, limit=2)] == [theirs, to_us]
    assert trap.caught("no address") == []


@pytest.mark.parametrize("wrong", ["", "../secret", "..%2fsecret", "0" * 20, f"{'0' * 20}-{'a' * 12}", "a/b", "\x00"])
def test_no_other_file_is_read(instance: Path, wrong: str) -> None:
    (instance / "secret").write_text("hush")
    trap.store("support@demo.example", ["dora@mail.example"], RAW)
    assert trap.read(wrong, None) is None


def test_an_empty_trap_and_foreign_files_are_no_trouble(instance: Path) -> None:
    assert trap.caught(None) == []
    (instance / "mail").mkdir()
    (instance / "mail" / f"{'0' * 20}-{'a' * 12}.mail").write_bytes(b"not ours")
    (instance / "mail" / "notes.txt").write_text("not ours")
    assert trap.caught(None) == []


def test_old_mails_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trap, "MOST_KEPT", 3)
    kept = [trap.store("a@demo.example", ["b@demo.example"], RAW) for _ in range(5)]
    assert [mail.id for mail in trap.caught(None)] == kept[:1:-1]
    assert trap.empty() == 3
    assert trap.caught(None) == []
