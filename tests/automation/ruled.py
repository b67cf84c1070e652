"""What the tests of rules at work share: rules in a line, and their story read back from the log."""

from automation import rules as runner
from helpdesk import messages, rules
from helpdesk.drafts import Draft
from helpdesk.rules import Shape
from tests.desks import Desk, Trail

OPEN = "eq(ticket.status, 'open')"


def act(name: str, arguments: str = "") -> str:
    """An action as it is written."""
    return f"Action('{name}', {{{arguments}}});"


def tag(name: str) -> str:
    """The action that adds a tag."""
    return act("addTags", f"tags: '{name}'")


def make_rule(
    desk: Desk,
    body: str,
    *on: str,
    when: str = OPEN,
    name: str = "Zebra",
    priority: int = 0,
    schedule: str | None = None,
) -> int:
    """A rule that does something when a condition holds; answers its number."""
    with desk.acting():
        shape = Shape(name=name, code=f"if ({when}) {{ {body} }}", event_types=on, schedule=schedule)
        return rules.create(desk.account, shape, priority=priority, by=desk.by_admin).id


def settle(desk: Desk) -> int:
    """Let rules act; answers how often one did."""
    return runner.settle(desk.session, desk.account_id)


def write(desk: Desk, number: int, text: str = "Any news?", *, is_automatic: bool = False) -> None:
    """Carol writes."""
    with desk.acting("email"):
        draft = Draft(sender=desk.carol, body_text=text, via="email", is_automatic=is_automatic)
        messages.receive(desk.ticket(number), draft, by=desk.by_carol)


def by_rules(trail: Trail) -> list[str]:
    """The types of what rules, and macros that they applied, did."""
    return [event.type for event in trail.events if event.actor_kind in ("rule", "macro")]


def executed(trail: Trail) -> list[str]:
    """The names of the rules that acted, in order."""
    return [event.actor_name for event in trail.events if event.type == "rule-executed"]


def failures(trail: Trail) -> list[str]:
    """Why actions of rules failed."""
    return [
        failed["reason"]
        for event in trail.events
        if event.type == "rule-executed"
        for failed in event.data["failed_actions"]
    ]


def tags_of(desk: Desk, number: int) -> set[str]:
    """The names of a ticket's tags."""
    return {tag.name for tag in desk.ticket(number).tags}
