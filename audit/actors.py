"""Who did it: the team member whose name a row carries, or what really acted behind "No user"."""

from dataclasses import dataclass
from typing import Literal, Protocol

ActorKind = Literal["user", "customer", "rule", "macro", "integration", "schedule", "system"]

ACTOR_KINDS: tuple[ActorKind, ...] = (
    "user",
    "customer",
    "rule",
    "macro",
    "integration",
    "schedule",
    "system",
)


class Named(Protocol):
    """Anything with a number and a name."""

    @property
    def id(self) -> int: ...

    @property
    def name(self) -> str: ...


class Versioned(Named, Protocol):
    """A rule or macro, whose wording changes over time."""

    @property
    def version(self) -> int: ...


@dataclass(frozen=True)
class Actor:
    """Who acts in a verb; the name and version are snapshots, so that history reads as it was."""

    kind: ActorKind
    id: int | None
    name: str
    version: int | None = None
    #: The team member who set it off through a macro.
    initiator_id: int | None = None

    @property
    def user_id(self) -> int | None:
        """The team member the log names; None is shown as "No user"."""
        return self.id if self.kind == "user" else None

    @classmethod
    def user(cls, user: Named) -> "Actor":
        """A team member, by hand or with their API key."""
        return cls("user", user.id, user.name)

    @classmethod
    def customer(cls, customer: Named) -> "Actor":
        """A customer, who writes in."""
        return cls("customer", customer.id, customer.name)

    @classmethod
    def rule(cls, rule: Versioned) -> "Actor":
        """A rule, in the wording it had when it ran."""
        return cls("rule", rule.id, rule.name, rule.version)

    @classmethod
    def macro(cls, macro: Versioned, by: "Actor") -> "Actor":
        """A macro, applied by somebody, in the wording it had then."""
        return cls(
            "macro",
            macro.id,
            macro.name,
            macro.version,
            by.user_id if by.kind == "user" else by.initiator_id,
        )

    @classmethod
    def integration(cls, integration: Named) -> "Actor":
        """A connected system that reports something."""
        return cls("integration", integration.id, integration.name)

    @classmethod
    def schedule(cls, name: str) -> "Actor":
        """A timer, such as "snooze timer"."""
        return cls("schedule", None, name)

    @classmethod
    def system(cls, name: str) -> "Actor":
        """The desk itself: cascades, suggestions, sign-up, the command line."""
        return cls("system", None, name)
