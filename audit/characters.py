"""Characters that nobody types, no page can show and no database likes: pages and programs meet one rule for them.

Each is replaced by one that can be read: so a text is as long as it was sent, and what was in it is not hidden.
"""

import re
from typing import Final

#: Controls but tab and line ends, halves of pairs, and what Unicode says is no character.
_NOBODY_TYPES: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ENDS_OF_LINES: Final = frozenset("\x0b\x0c\x85")  # word processors leave them


def readable(text: str) -> str:
    """The text with a line end or � where such a character was."""
    return _NOBODY_TYPES.sub(_instead, text)


def is_readable(text: str) -> bool:
    """Whether there is none in it."""
    return _NOBODY_TYPES.search(text) is None


def _instead(found: re.Match[str]) -> str:
    return "\n" if found[0] in _ENDS_OF_LINES else "\ufffd"
