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
    "read audit log",
    "manage settings",
    "manage people",
    "manage integrations",
    "manage api keys",
    "move clock",
]

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
    Role.OWNER: frozenset(),  # as admin; what sets an owner apart is that nobody can delete or demote them
}


def _allowed() -> dict[Role, frozenset[Action]]:
    allowed: dict[Role, frozenset[Action]] = {}
    so_far: frozenset[Action] = frozenset()
    for role, added in _ADDED.items():
        so_far = so_far | added
        allowed[role] = so_far
    return allowed


ALLOWED: Final = _allowed()


def may(role: str, action: Action) -> bool:
    """Whether somebody in this role may do this."""
    return action in ALLOWED[Role(role)]
