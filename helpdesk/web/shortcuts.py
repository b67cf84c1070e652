"""Every key that does something, once: the sheet of keys shows this table, and app.js reads it from the sheet."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Shortcut:
    """A key, or two one after the other, and what is moved, pressed, opened or focused by it."""

    keys: str  #: "j"; "g i" is g, then i
    label: str
    act: str  #: "move", "open", "press", "select", "undo", "go", "focus", "leave" or "help"
    on_ticket: str = ""  #: what is pressed or opened on the ticket that is open, as a CSS selector
    on_list: str = ""  #: the same in the bar for selected tickets
    to: str = ""  #: which way, or to which view


def _verb(name: str) -> str:
    return f"#ticket-page form[action$='/{name}'] button"


def _menu(name: str) -> str:
    return f"#ticket-page details:has(form[action$='/{name}'])"


SHORTCUTS: Final[dict[str, tuple[Shortcut, ...]]] = {
    "In the list": (
        Shortcut("j", "Next ticket", "move", to="down"),
        Shortcut("k", "Previous ticket", "move", to="up"),
        Shortcut("o", "Open the ticket (or Enter)", "open"),
        Shortcut("x", "Select the ticket (with Shift: up to here)", "select"),
        Shortcut("/", "Search", "focus", on_ticket="#search"),
    ),
    "With the ticket, or with all that are selected": (
        Shortcut("e", "Close", "press", _verb("close"), "[data-deed='close']"),
        Shortcut("s", "Snooze …", "press", _menu("snooze"), "[data-deed-menu='snooze']"),
        Shortcut("a", "Assign …", "press", _menu("assign"), "[data-deed-menu='assign']"),
        Shortcut("t", "Tags …", "press", "#add-tag", "[data-deed-menu='tags']"),
        Shortcut("m", "Macro …", "press", "#ticket-page [data-open-picker]", "[data-deed-menu='more']"),
        Shortcut(
            "!",
            "Spam, or not",
            "press",
            f"{_verb('mark-spam')}, {_verb('unmark-spam')}",
            "[data-deed='spam'], [data-deed='not-spam']",
        ),
        Shortcut(
            "#",
            "Trash, or restore",
            "press",
            f"{_verb('trash')}, {_verb('untrash')}",
            "[data-deed='trash'], [data-deed='restore']",
        ),
        Shortcut("u", "Mark as unread", "press", _verb("unread"), "[data-deed='unread']"),
        Shortcut("z", "Undo", "undo"),
    ),
    "Writing": (
        Shortcut("r", "Reply", "press", "#ticket-page [name='mode'][value='reply']"),
        Shortcut("Escape", "Leave the field; the text stays", "leave", "#ticket-page textarea, #add-tag, #search"),
        Shortcut("n", "Internal note", "press", "#ticket-page [name='mode'][value='note']"),
    ),
    "Go to": (
        Shortcut("g i", "Inbox", "go", to="inbox"),
        Shortcut("g u", "Unassigned", "go", to="unassigned"),
        Shortcut("g a", "All", "go", to="all"),
        Shortcut("g s", "Snoozed", "go", to="snoozed"),
        Shortcut("g c", "Closed", "go", to="closed"),
    ),
    "Everywhere": (Shortcut("?", "These keys", "help"),),
}
