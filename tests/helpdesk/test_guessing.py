"""In which language a ticket is: that of the first public words that tell it, and none where nothing tells."""

from threading import Thread

import pytest

from helpdesk import guessing, messages, tickets
from helpdesk.drafts import Draft
from helpdesk.guessing import language_of
from tests.desks import Desk

SAID = {
    "My order 991 has not arrived.": "en",
    "Bonjour, je n'ai toujours pas reçu ma commande.": "fr",
    "Meine Bestellung ist leider noch nicht angekommen.": "de",
    "Hola, todavía no he recibido mi pedido.": "es",
    "Hvor er pakken min?": "no",
    "注文した商品がまだ届いていません。": "ja",
    "我的訂單在哪裡？": "zh",
    "Où est ma commande ? https://shop.example/where/is/my/order support@shop.example": "fr",
}
UNTOLD = (
    None,
    "",
    " \n ",
    "Help",
    "991",
    "😀😀😀",
    "https://shop.example/this-is-my-order",
    "a\x00b \ud800 \ufdd0",
    "x" * 10**6,
)


def test_what_tells_its_language_and_what_does_not() -> None:
    assert {text: language_of(text) for text in SAID} == SAID
    assert [language_of(text) for text in UNTOLD] == [None] * len(UNTOLD)


def test_many_may_ask_at_once() -> None:
    found: list[bool] = []

    def ask() -> None:
        found.append(all(language_of(text) == code for _ in range(50) for text, code in SAID.items()))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4


def test_a_ticket_takes_the_language_of_the_first_words_that_tell_it(desk: Desk) -> None:
    carol = desk.carol
    with desk.watched() as trail:
        with desk.acting():
            opening = tickets.Opening(customer=carol, messages=(Draft(sender=carol, body_text="Hallo?"),))
            ticket = tickets.create(desk.account, opening, by=desk.by_ana)
            number = ticket.id
        with desk.acting():  # a note tells how the team talks
            note = Draft(sender=desk.ana, body_text="I'll answer when she says more.", public=False)
            messages.note(desk.ticket(number), note, by=desk.by_ana)
        assert desk.ticket(number).language is None
        with desk.acting():
            said = Draft(sender=carol, body_text="Meine Bestellung ist noch nicht angekommen.")
            messages.receive(desk.ticket(number), said, by=desk.by_ana)
        with desk.acting():
            said = Draft(sender=carol, body_text="Sorry, I thought that you speak German.")
            messages.receive(desk.ticket(number), said, by=desk.by_ana)
    assert desk.ticket(number).language == "de"
    assert trail.types == ["ticket-created", *["ticket-message-created", "ticket-updated"] * 4]
    told = [event.changes.get(f"Ticket:{number}", {}).get("language") for event in trail.events]
    assert [change for change in told if change is not None and change[1] is not None] == [[None, "de"]]


def test_where_the_library_is_missing_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "_detector", lambda: None)
    assert language_of("My order 991 has not arrived.") is None
