"""Of a reply, only the new words are shown."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.mail.quoting import new_words

HISTORIES = [
    "On Mon, 6 May 2024 at 10:00, Desk <desk@shop.example> wrote:\n> Old\n>\n> words",
    "On Mon, 6 May 2024 at 10:00, The Desk of a Shop With a Long Name\n<desk@shop.example> wrote:\n\n> Old words",
    'On 5/6/24, 10:00, "Desk" <desk@shop.example> wrote:\n\n    Old words, not marked',
    "On Monday Anna wrote:\n> Old words",
    "Desk <desk@shop.example> wrote:\n> Old words",
    "2024-05-06 10:00 GMT+02:00 Desk <desk@shop.example>:\n> Old words",
    "---- On Mon, 06 May 2024 10:00:00 +0200 Desk <desk@shop.example> wrote ----\n\nOld words",
    "Am 06.05.24 um 10:00 schrieb Desk:\n> Alte Worte",
    "Am Mo., 6. Mai 2024 um 10:00 Uhr schrieb Shop Desk <\ndesk@shop.example>:\n\n> Alte Worte",
    "Am 06.05.2024 um 10:00 hat Desk <desk@shop.example> geschrieben:\n\nAlte Worte",
    "Desk schrieb am 6.5.2024 um 10:00:\n> Alte Worte",
    "Le lun. 6 mai 2024 à 10:00, Desk <desk@shop.example> a écrit :\n\n> Anciens mots",
    "Le 06/05/2024 à 10:00, Desk a écrit\u00a0:\n> Anciens mots",
    "-----Original Message-----\nOld words",
    "-------- Original Message --------\nOld words",
    "-----Ursprüngliche Nachricht-----\nAlte Worte",
    "-------- Original-Nachricht --------\nAlte Worte",
    "-----Message d'origine-----\nAnciens mots",
    "-------- Message d’origine --------\nAnciens mots",
    "__________________\nFrom: Desk <desk@shop.example>\nSent: Monday\nTo: Anna\nSubject: Hat\n\nOld words",
    "*From:* Desk\n*Sent:* Monday\n*To:* Anna\n*Subject:* Hat\n\nOld words",
    "Von: Desk\nGesendet: Montag, 6. Mai 2024 10:00\nAn: Anna\nBetreff: Hut\n\nAlte Worte",
    "De : Desk\nEnvoyé : lundi 6 mai 2024 10:00\nÀ : Anna\nObjet : Chapeau\n\nAnciens mots",
    "> Old words\n> without any introduction",
]
SIGNATURES = [
    "",
    "-- \nAnna Berg\nHat Street 1\n\nTel. 123",
    "--\nAnna Berg",
    "Sent from my iPhone",
    "Sent from Outlook for Android (https://aka.example/x)",
    "Get Outlook for iOS<https://aka.example/x>",
    "Von meinem iPhone gesendet",
    "Gesendet mit der GMX Mail App",
    "Gesendet von Outlook für iOS",
    "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon appareil Samsung",
    "Télécharger Outlook pour iOS",
]
LINES = ["", "> a", "x", "-- ", "--", "On x wrote:", "From: a", "Subject: b", "To: c", "---", "Sent from my iPhone"]


@pytest.mark.parametrize("history", HISTORIES)
@pytest.mark.parametrize("signature", SIGNATURES)
def test_history_and_signature_go(history: str, signature: str) -> None:
    assert new_words(f"It came!\n\nThank you.\n\n{signature}\n\n{history}\n", answers=True) == "It came!\n\nThank you."
    assert new_words(f"It came!\n{history}\n", answers=False) == "It came!"


@pytest.mark.parametrize(
    "words",
    [
        "On Monday your colleague wrote:\nplease send the form.\nI did.",
        "Am 3.5. um 10:30 schrieb ich Ihnen folgendes:\nWo ist mein Hut?",
        "On 3 May at 10:30 I wrote:\nwhere is my hat?",
        "From: Berlin\nTo: Paris\nDate: 3 May\nPlease book me a hat.",
        "The shell says\n> rm: no such file\nand stops.",
        "Sent from my warehouse on Monday, the parcel never came",
        "I bought two -- no, three.\n--- and a coat",
        "-- \nAnna",
        "> nothing but this",
        "Sent from my iPhone",
        "-----Original Message-----\nall of it",
        "",
    ],
)
def test_the_authors_own_words_stay(words: str) -> None:
    assert new_words(words, answers=False) == words.strip()


def test_answers_between_the_quotes_are_all_kept() -> None:
    text = "Desk wrote:\n> Did it come?\n\nYes.\n\n> Is it whole?\n>> I hope\n\nNo!\n\n-- \nAnna"
    assert new_words(text, answers=False) == "Yes.\n\nNo!"
    assert new_words("Hi\n> Did it come?\nYes.\n> Is it whole?\nNo!", answers=True) == "Hi\nYes.\nNo!"


def test_the_line_above_an_attribution_is_not_taken_for_its_beginning() -> None:
    assert new_words("Thanks a lot\nAnna wrote:\n> old", answers=True) == "Thanks a lot"


@given(st.lists(st.sampled_from(LINES)))
@settings(max_examples=200, deadline=None)
def test_nothing_is_invented_and_something_always_remains(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    kept = new_words(text, answers=True)
    assert bool(kept) is bool(text.strip())
    assert set(kept.split("\n")) <= {line.strip() for line in text.split("\n")} | set(text.split("\n"))
