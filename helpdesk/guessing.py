"""Guesses in which language somebody writes, and says nothing rather than something wrong."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from helpdesk.languages import LANGUAGES

#: So much of a text is read; more would tell no more.
LONGEST_READ: Final = 1000

#: What tells nothing: addresses of all kinds, and what is no character, at which the library stumbles.
_NO_WORDS: Final = re.compile("\\S*(?:://|@)\\S*|[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
#: Codes that are older or finer than those of `LANGUAGES`.
_ALSO: Final[Mapping[str, str]] = {"iw": "he", "nb": "no", "nn": "no"}


def language_of(text: str | None) -> str | None:
    """The code of the language; None where the text is too short, mixed or strange to tell."""
    detect = _detector()
    if detect is None or not text:
        return None
    words = _NO_WORDS.sub(" ", text[:LONGEST_READ])
    is_reliable, _, (best, *_) = detect(words.encode("utf-8", "ignore"))
    code = best[1].partition("-")[0]
    code = _ALSO.get(code, code)
    return code if is_reliable and code in LANGUAGES else None


@cache
def _detector() -> Callable[[bytes], Any] | None:
    # There are no wheels of it for every machine; where there are none, a ticket's language is what somebody sets.
    try:
        from pycld2 import detect
    except ImportError:
        return None
    found: Callable[[bytes], Any] = detect
    return found
