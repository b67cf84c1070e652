"""The English sentence above the list: how many events, of what, by whom, since when."""

from typing import Final

from audit.filters import FILTERS, Ground, Query
from audit.queries import Total

_NONE: Final = "No"


def sentence(query: Query, ground: Ground, total: Total | None) -> str:
    """1,204 events by No user since Monday 2 March, 14:05 (Europe/Berlin), API-only events left out."""
    phrases = [filter_.words(query, ground) for filter_ in FILTERS]
    noun = "event" if total is not None and total.count == 1 else "events"
    words = [
        number(total) if total is not None else "",
        *(phrase.before for phrase in phrases),
        noun,
        # "events of 14 types by Ana", not "events by Ana of 14 types".
        *(
            phrase.after
            for phrase in sorted(phrases, key=lambda phrase: not phrase.after.startswith(("of ", "other ")))
        ),
    ]
    notes = "".join(f", {phrase.note}" for phrase in phrases if phrase.note)
    said = " ".join(word for word in words if word) + notes + "."
    return said[0].upper() + said[1:]


def number(total: Total) -> str:
    """1,204, or "10,000+", or "No"."""
    if total.is_partial:
        return f"At least {total.count:,}" if total.count else "So far no"
    if total.is_capped:
        return f"{total.most:,}+"
    return f"{total.count:,}" if total.count else _NONE
