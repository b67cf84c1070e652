"""A summary of a ticket by extraction: the sentences whose words are said most often in it, in their own order.

The libraries for this bring scipy or nltk with them, hundreds of megabytes for what stands below.
"""

import re
from collections import Counter
from typing import Final

from helpdesk.models import Ticket
from helpdesk.refusals import Refused

SENTENCES: Final = 3
LONGEST: Final = 600
#: Of a longer thread, its beginning and its end are looked at.
_MOST_TEXT: Final = 50_000
_SHORTEST_WORD: Final = 4  # shorter ones (the, and, it) are in every sentence of most languages

_SENTENCE: Final = re.compile(r"[^.!?\n]{2,600}(?:[.!?]+(?=\s|$)|$|\n)")
_WORD: Final = re.compile(r"[^\W\d_]+")


def of_ticket(ticket: Ticket) -> str:
    """The most telling sentences of what was said in public; raises Refused where nothing was."""
    said = [message.stripped_text or message.body_text or "" for message in ticket.messages if message.public]
    found = of_text("\n".join(said))
    if not found:
        raise Refused("There is nothing to sum up: nobody has said anything in this ticket in public.")
    return found


def of_text(text: str) -> str:
    """The most telling sentences of a text, in their order."""
    if len(text) > _MOST_TEXT:
        text = f"{text[: _MOST_TEXT // 2]}\n{text[-_MOST_TEXT // 2 :]}"
    sentences = list(dict.fromkeys(" ".join(found.group().split()) for found in _SENTENCE.finditer(text)))
    sentences = [sentence for sentence in sentences if _words(sentence)] or sentences
    often = Counter(word for sentence in sentences for word in set(_words(sentence)))
    places = sorted(range(len(sentences)), key=lambda place: (-_weight(sentences[place], often), place))
    chosen = [sentences[place] for place in sorted(places[:SENTENCES]) if sentences[place]]
    return " ".join(chosen)[:LONGEST]


def _words(sentence: str) -> list[str]:
    return [word for word in map(str.lower, _WORD.findall(sentence)) if len(word) >= _SHORTEST_WORD]


def _weight(sentence: str, often: Counter[str]) -> float:
    # A mean would favour two words; the root lets a sentence that says more of it win, without favouring mere length.
    words = set(_words(sentence))
    return float(sum(often[word] for word in words) / (len(words) ** 0.5)) if words else 0.0
