"""The actions of a rule as rows of a form: what is asked for each, and how it becomes an action and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from werkzeug.datastructures import MultiDict

from helpdesk.language.statements import MOST_ACTIONS, Act
from helpdesk.refusals import Refused
from helpdesk.rule_actions import KINDS

#: How something is given: typed in a line or an area, or chosen among what there is.
Takes = Literal["line", "text", "status", "priority", "user", "team", "macro", "integration", "field"]

NOBODY: Final = "nobody"
IN_TURN: Final = "team:"


@dataclass(frozen=True)
class Input:
    """Something that is asked for an action."""

    name: str
    label: str
    takes: Takes
    first: str = ""  #: what stands in it at first
    hint: str = ""


@dataclass
class Step:
    """An action in the form."""

    key: str
    kind: str
    values: dict[str, str]
    problem: str = field(default="", compare=False)

    @property
    def label(self) -> str:
        """What it does, as the form offers it."""
        return KINDS[self.kind].label

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What is asked."""
        return INPUTS[self.kind]

    @property
    def says(self) -> tuple[str, dict[str, str]]:
        """What it comes to, whatever its row is called."""
        return self.kind, self.values


_TAGS: Final = "Several with commas between them; a tag that nobody made yet is made"
_FILLED: Final = "Placeholders such as {{ticket.customer.firstname}} are filled in"

INPUTS: Final[Mapping[str, tuple[Input, ...]]] = {
    "addTags": (Input("tags", "Tags", "line", hint=_TAGS),),
    "removeTags": (Input("tags", "Tags", "line", hint="Several with commas between them"),),
    "setTags": (Input("tags", "Tags", "line", hint="All others are taken off; none takes all off"),),
    "setStatus": (Input("status", "Status", "status", "closed"),),
    "setSubject": (Input("subject", "The new subject", "line", hint=_FILLED),),
    "setPriority": (Input("priority", "Priority", "priority", "high"),),
    "setCustomField": (Input("id", "Field", "field"), Input("value", "Value", "line", hint="Empty takes it away")),
    "setAssignee": (Input("who", "To whom", "user"),),
    "setTeamAssignee": (Input("who", "To which team", "team"),),
    "snoozeTicket": (Input("for", "For how long", "line", "2d", "Such as 3h, 2d or 1w"),),
    "replyToTicket": (Input("body_text", "The reply", "text", hint=_FILLED),),
    "addInternalNote": (Input("body_text", "The note, which only the team sees", "text", hint=_FILLED),),
    "sendEmail": (
        Input("to", "To", "line", hint="An address"),
        Input("subject", "Subject", "line", hint=_FILLED),
        Input("body_text", "Text", "text", hint=_FILLED),
    ),
    "applyMacro": (Input("macro_id", "Macro", "macro"),),
    "httpRequest": (Input("integration_id", "Integration", "integration"),),
    "trashTicket": (),
    "excludeFromCSAT": (),
    "excludeFromAutoMerge": (),
}

#: In the order in which they are offered.
ADDABLE: Final = tuple((kind, KINDS[kind].label) for kind in INPUTS)


def sent(form: MultiDict[str, str]) -> list[Step]:
    """The actions that a form sends along."""
    found = []
    for key in form.getlist("step")[:MOST_ACTIONS]:
        kind = form.get(f"{key}-kind", "")
        if kind in INPUTS and key.isascii() and key.isdigit() and len(key) < 6:
            found.append(Step(key, kind, {each.name: form.get(f"{key}-{each.name}", "") for each in INPUTS[kind]}))
    return found


def of_acts(acts: Sequence[Act]) -> list[Step]:
    """The rows of a rule's actions."""
    return [Step(str(place), act.name, _values(act.name, act.arguments)) for place, act in enumerate(acts)]


def rearrange(steps: list[Step], verb: str, what: str) -> None:
    """Add a kind of action, or move or remove the row of this key."""
    if verb == "add":
        if what in INPUTS and len(steps) < MOST_ACTIONS:
            key = str(max((int(step.key) for step in steps), default=-1) + 1)
            steps.append(Step(key, what, {each.name: each.first for each in INPUTS[what]}))
        return
    at = next((place for place, step in enumerate(steps) if step.key == what), None)
    if at is None:
        return
    step = steps.pop(at)
    if verb != "remove":
        steps.insert(max(at - 1, 0) if verb == "up" else at + 1 if verb == "down" else at, step)


def arguments(step: Step, types: Mapping[int, str]) -> dict[str, Any]:
    """What the action is given; raises Refused. `types` are those of custom fields, by number."""
    values = step.values
    match step.kind:
        case "snoozeTicket":
            given: dict[str, Any] = {"until" if _is_moment(values["for"]) else "for": values["for"].strip()}
        case "setAssignee" if values["who"].startswith(IN_TURN):
            given = {"round_robin": _number(values["who"].removeprefix(IN_TURN))}
        case "setAssignee":
            given = {"assignee_user": _who(values["who"])}
        case "setTeamAssignee":
            given = {"assignee_team": _who(values["who"])}
        case "setCustomField":
            number = _number(values["id"])
            given = {"id": number, "value": _typed(values["value"], types.get(number, "text"))}
        case "applyMacro" | "httpRequest":
            given = {name: _number(value) for name, value in values.items()}
        case _:
            given = dict(values)
    return KINDS[step.kind].check(given)


def _values(kind: str, given: Mapping[str, Any]) -> dict[str, str]:
    match kind:
        case "snoozeTicket":
            return {"for": str(given.get("for") or given.get("until") or "")}
        case "setAssignee" if "round_robin" in given:
            return {"who": f"{IN_TURN}{given['round_robin']}"}
        case "setAssignee" | "setTeamAssignee":
            who = next(iter(given.values()))
            return {"who": str(who["id"]) if who else NOBODY}
        case "setCustomField":
            return {"id": str(given["id"]), "value": _plain(given["value"])}
    return {each.name: str(given.get(each.name) or "") for each in INPUTS[kind]}


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _typed(text: str, data_type: str) -> Any:
    tidy = text.strip()
    if not tidy:
        return None
    if data_type == "boolean" and tidy in ("true", "false"):
        return tidy == "true"
    if data_type == "number":
        try:
            number = float(tidy)
        except ValueError:
            raise Refused("This field holds a number.") from None
        return int(number) if number.is_integer() else number
    return tidy


def _who(given: str) -> dict[str, Any] | None:
    return None if given == NOBODY else {"id": _number(given)}


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Refused("Choose one.")
    return int(text)


def _is_moment(words: str) -> bool:
    try:
        return datetime.fromisoformat(words.strip()).tzinfo is not None
    except ValueError:
        return False
