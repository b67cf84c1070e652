"""Who may do what: each role may do all that the one before it may, and more."""

from typing import Final, Literal

from helpdesk.models import Role

Action = Literal[
    "read",
    "write note",
    "create ticket",
    "reply",
    "update ticket",
    "act on integration",
    "merge",
    "delete",
    "manage macros",
    "manage rules",
    "manage tags",
    "manage shared views",
    "manage surveys",
    "read outgoing mail",
    "hold classrooms",
    "read audit log",
    "manage settings",
    "manage people",
    "manage integrations",
    "manage api keys",
    "move clock",
    "deactivate account",
]

#: How pages say it, after "may".
WORDS: Final[dict[Action, str]] = {
    "read": "read tickets, customers and lists",
    "write note": "write internal notes",
    "create ticket": "open tickets",
    "reply": "reply to customers",
    "update ticket": "change tickets: status, assignee, tags and the rest",
    "act on integration": "act on orders, such as refund them",
    "merge": "merge tickets and customers",
    "delete": "delete for good",
    "manage macros": "make macros",
    "manage rules": "make rules",
    "manage tags": "tidy up tags",
    "manage shared views": "share views",
    "manage surveys": "see to surveys",
    "read outgoing mail": "read outgoing mail",
    "hold classrooms": "open classrooms, and read their trainees' logs",
    "read audit log": "read the audit log",
    "manage settings": "change the account's settings",
    "manage people": "invite, change and delete users and teams",
    "manage integrations": "connect integrations and arrange widgets",
    "manage api keys": "make API keys",
    "move clock": "move the desk clock",
    "deactivate account": "deactivate the account",
}

#: What each role adds, from least to most.
_ADDED: Final[dict[Role, frozenset[Action]]] = {
    Role.OBSERVER: frozenset({"read", "write note"}),
    Role.LITE: frozenset({"create ticket", "reply", "update ticket"}),
    Role.BASIC: frozenset({"act on integration"}),
    Role.LEAD: frozenset(
        {
            "merge",
            "delete",
            "manage macros",
            "manage rules",
            "manage tags",
            "manage shared views",
            "manage surveys",
            "read outgoing mail",
            "hold classrooms",
        }
    ),
    Role.ADMIN: frozenset(
        {
            "read audit log",
            "manage settings",
            "manage people",
            "manage integrations",
            "manage api keys",
            "move clock",
        }
    ),
    Role.OWNER: frozenset({"deactivate account"}),  # and nobody can delete or demote them
}


def _allowed() -> dict[Role, frozenset[Action]]:
    allowed: dict[Role, frozenset[Action]] = {}
    so_far: frozenset[Action] = frozenset()
    for role, added in _ADDED.items():
        so_far = so_far | added
        allowed[role] = so_far
    return allowed


ALLOWED: Final = _allowed()


def added(role: str) -> list[str]:
    """What this role may do and the one before it may not, in words."""
    return [words for action, words in WORDS.items() if action in _ADDED[Role(role)]]


def allowed(role: str) -> list[str]:
    """All that this role may do, in words."""
    return [words for action, words in WORDS.items() if action in ALLOWED[Role(role)]]


def may(role: str, action: Action) -> bool:
    """Whether somebody in this role may do this."""
    return action in ALLOWED[Role(role)]
