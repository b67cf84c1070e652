"""What is asked in a macro's editor: its name, and a row for each thing that it does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField
from wtforms.validators import DataRequired, Length

from helpdesk.macro_actions import KINDS, MOST_ACTIONS, WHOEVER_APPLIES, checked
from helpdesk.macros import LONGEST_NAME
from helpdesk.refusals import Refused

ME: Final = "me"
NOBODY: Final = "nobody"

#: The fields of each kind of action as the editor has them, with what stands in them at first.
FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "setResponseText": {"body_text": "", "markdown": ""},
    "addTags": {"tags": ""},
    "setStatus": {"status": "closed"},
    "snoozeTicket": {"for": "2d"},
    "setAssignee": {"who": ME},
    "setTeamAssignee": {"who": ""},
    "setSubject": {"subject": ""},
    "setPriority": {"priority": "high"},
    "addInternalNote": {"body_text": ""},
    "http": {"method": "POST", "url": "https://", "headers": "", "body": ""},
}


class MacroForm(Form):
    """What a macro is called, and what it is for."""

    name = StringField(
        "Name",
        [
            DataRequired("Give the macro a name, such as “Where is my order”."),
            Length(max=LONGEST_NAME, message=f"A name has at most {LONGEST_NAME} characters."),
        ],
    )
    intent = StringField("Answers customers who ask about")
    language = StringField("Written in")


@dataclass
class Row:
    """One action in the editor."""

    key: str
    kind: str
    values: dict[str, str]
    error: str | None = None
    title: str = ""
    description: str = ""  #: what a program says of it

    @property
    def label(self) -> str:
        """What it does, as the editor offers it."""
        return KINDS[self.kind].label

    def action(self) -> dict[str, Any]:
        """The action as a macro keeps it; raises Refused."""
        said = {"title": self.title, "description": self.description}
        named = {"name": self.kind, **said, "arguments": _arguments(self.kind, self.values)}
        (action,) = checked([named])
        return action


@dataclass
class Rows:
    """All actions in the editor, in order."""

    rows: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, actions: Iterable[Mapping[str, Any]]) -> "Rows":
        """The rows of a macro's actions."""
        return cls(
            [
                Row(
                    str(place),
                    action["name"],
                    _values(action["name"], action["arguments"]),
                    title=_own_title(action),
                    description=action.get("description") or "",
                )
                for place, action in enumerate(actions)
                if action["name"] in FIELDS
            ]
        )

    @classmethod
    def sent(cls, form: MultiDict[str, str]) -> "Rows":
        """The rows that a form sends along."""
        rows = []
        for key in form.getlist("row")[: 2 * MOST_ACTIONS]:
            kind = form.get(f"{key}-kind", "")
            if kind in FIELDS and key.isascii() and key.isdigit() and len(key) < 6:
                values = {name: form.get(f"{key}-{name}", "") for name in FIELDS[kind]}
                said = {name: form.get(f"{key}-{name}", "") for name in ("title", "description")}
                rows.append(Row(key, kind, values, **said))
        return cls(rows)

    def rearrange(self, wish: str) -> None:
        """Add, remove or move a row: "add:addTags", "remove:3", "up:3", "down:3"."""
        verb, _, what = wish.partition(":")
        if verb == "add" and what in FIELDS and len(self.rows) < MOST_ACTIONS:
            key = str(max((int(row.key) for row in self.rows), default=-1) + 1)
            self.rows.append(Row(key, what, dict(FIELDS[what])))
            return
        at = next((place for place, row in enumerate(self.rows) if row.key == what), None)
        if at is None:
            return
        row = self.rows.pop(at)
        if verb == "up":
            self.rows.insert(max(at - 1, 0), row)
        elif verb == "down":
            self.rows.insert(at + 1, row)
        elif verb != "remove":
            self.rows.insert(at, row)

    def actions(self) -> list[dict[str, Any]]:
        """The actions; what can't be is noted beside its row and left out."""
        found = []
        for row in self.rows:
            try:
                found.append(row.action())
            except Refused as refusal:
                said = str(refusal).partition(": ")[2]
                row.error = said[:1].upper() + said[1:]
        return found

    @property
    def is_fine(self) -> bool:
        """Whether no row has an error."""
        return not any(row.error for row in self.rows)

    @property
    def addable(self) -> list[tuple[str, str]]:
        """The kinds of action that may be added: a macro writes one reply."""
        has_reply = any(row.kind == "setResponseText" for row in self.rows)
        return [
            (name, kind.label)
            for name, kind in KINDS.items()
            if name in FIELDS and not (has_reply and name == "setResponseText")
        ]


def _own_title(action: Mapping[str, Any]) -> str:
    title = str(action.get("title") or "")
    return "" if title == KINDS[action["name"]].label else title


def _arguments(kind: str, values: Mapping[str, str]) -> dict[str, Any]:
    match kind:
        case "setResponseText":
            return {"body_text": values["body_text"], "markdown": bool(values["markdown"])}
        case "snoozeTicket":
            return {"until" if _is_moment(values["for"]) else "for": values["for"].strip()}
        case "setAssignee":
            return {"assignee_user": {"id": WHOEVER_APPLIES} if values["who"] == ME else _who(values["who"])}
        case "setTeamAssignee":
            return {"assignee_team": _who(values["who"])}
        case "http":
            return {**values, "headers": _headers(values["headers"])}
    return dict(values)


def _values(kind: str, arguments: Mapping[str, Any]) -> dict[str, str]:
    match kind:
        case "setResponseText":
            return {"body_text": arguments["body_text"], "markdown": "y" if arguments.get("markdown") else ""}
        case "snoozeTicket":
            return {"for": arguments.get("for") or arguments.get("until") or ""}
        case "setAssignee":
            who = arguments["assignee_user"]
            return {"who": NOBODY if who is None else ME if who["id"] == WHOEVER_APPLIES else str(who["id"])}
        case "setTeamAssignee":
            return {"who": str(arguments["assignee_team"]["id"]) if arguments["assignee_team"] else NOBODY}
        case "http":
            lines = "\n".join(f"{name}: {value}" for name, value in (arguments.get("headers") or {}).items())
            return {**{name: str(arguments.get(name) or "") for name in FIELDS[kind]}, "headers": lines}
    return {name: str(arguments.get(name) or "") for name in FIELDS[kind]}


def _who(given: str) -> dict[str, Any] | None:
    if given == NOBODY:
        return None
    return {"id": int(given) if given.isascii() and given.isdigit() and len(given) < 19 else given}


def _headers(lines: str) -> dict[str, str]:
    found = {}
    for line in lines.splitlines():
        name, colon, value = line.partition(":")
        if line.strip():
            found[name.strip() if colon else line.strip()] = value.strip()
    return found


def _is_moment(words: str) -> bool:
    try:
        return datetime.fromisoformat(words.strip()).tzinfo is not None
    except ValueError:
        return False
