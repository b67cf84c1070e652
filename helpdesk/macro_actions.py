"""What a macro can do: the actions by name, what each takes, and how it is said in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from helpdesk import outgoing
from helpdesk.refusals import Refused
from helpdesk.spans import parse_span
from helpdesk.tags import LONGEST_NAME as LONGEST_TAG
from helpdesk.tickets import LONGEST_SUBJECT, PRIORITIES

MOST_ACTIONS: Final = 20
LONGEST_TEXT: Final = 100_000
LONGEST_TITLE: Final = 255
LONGEST_DESCRIPTION: Final = 2000
LONGEST_ADDRESS: Final = outgoing.LONGEST_ADDRESS
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")

#: Stands for whoever applies the macro.
WHOEVER_APPLIES: Final = "{{current_user.id}}"

#: Headers that open doors. A macro is read by everybody and stands in the log, so it can't hold any.
_SECRET_WORDS: Final = (
    "auth", "cookie", "token", "secret", "password", "api-key", "apikey", "access-key", "signature", "credential",
)  # fmt: skip

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Names:
    """What the things are called that actions name by number."""

    users: Mapping[int, str] = field(default_factory=dict)
    teams: Mapping[int, str] = field(default_factory=dict)
    macros: Mapping[int, str] = field(default_factory=dict)
    integrations: Mapping[int, str] = field(default_factory=dict)
    fields: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """One kind of action."""

    name: str
    label: str  #: what somebody chooses in the editor
    check: Callable[[Arguments], Arguments]  #: the arguments in order; raises Refused
    words: Callable[[Arguments, Names], str]


def checked(actions: Any) -> list[dict[str, Any]]:
    """The actions as they are kept; raises Refused, naming the action that can't be."""
    if not isinstance(actions, list) or not all(isinstance(action, dict) for action in actions):
        raise Refused("The actions of a macro are a list of objects.")
    if len(actions) > MOST_ACTIONS:
        raise Refused(f"A macro does {MOST_ACTIONS} things at most; this one would do {len(actions)}.")
    kept = [_checked(action, place) for place, action in enumerate(actions, 1)]
    if sum(action["name"] == "setResponseText" for action in kept) > 1:
        raise Refused("A macro writes one reply. Put the texts together.")
    return kept


def in_words(action: Mapping[str, Any], names: Names) -> str:
    """What an action does, in a few words: "add the tags late, refund"."""
    kind = KINDS.get(str(action.get("name")))
    return kind.words(action.get("arguments") or {}, names) if kind else f"do {action.get('name')}"


def _checked(action: Mapping[str, Any], place: int) -> dict[str, Any]:
    kind = KINDS.get(str(action.get("name")))
    if kind is None:
        raise Refused(
            f"Action {place}: a macro can't do {str(action.get('name'))[:60]!r}. It knows {', '.join(KINDS)}."
        )
    arguments, title = action.get("arguments") or {}, action.get("title") or kind.label
    description = action.get("description")
    try:
        if not isinstance(arguments, dict):
            raise Refused("its arguments are no object.")
        if not isinstance(title, str) or len(title) > LONGEST_TITLE:
            raise Refused(f"a title has at most {LONGEST_TITLE} characters.")
        if description and (not isinstance(description, str) or len(description) > LONGEST_DESCRIPTION):
            raise Refused(f"a description has at most {LONGEST_DESCRIPTION} characters.")
        kept = kind.check(arguments)
        if unknown := sorted(arguments.keys() - kept.keys() - _EMPTY_ALLOWED.get(kind.name, set())):
            raise Refused(f"{kind.name} takes no {unknown[0][:60]!r}.")
    except Refused as refusal:
        raise Refused(f"Action {place}, {kind.label.lower()}: {refusal}") from None
    told = {"description": description} if description else {}
    return {"name": kind.name, "title": title, "type": "user", **told, "arguments": kept}


def text_of(arguments: Arguments, name: str, longest: int = LONGEST_TEXT, what: str = "text") -> str:
    """An argument that is a text and not empty; raises Refused."""
    value = arguments.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"it needs a {what}.")
    if len(value) > longest:
        raise Refused(f"the {what} has at most {longest:,} characters; this one has {len(value):,}.")
    return value.replace("\r\n", "\n").strip()


# ---- The kinds


def _check_reply(arguments: Arguments) -> Arguments:
    kept: Arguments = {"body_text": text_of(arguments, "body_text")}
    if arguments.get("body_html"):
        kept["body_html"] = text_of(arguments, "body_html")
    if arguments.get("markdown"):
        kept["markdown"] = True
    return kept


def _check_tags(arguments: Arguments) -> Arguments:
    given = arguments.get("tags")
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise Refused("it needs the names of tags, with commas between them.")
    names = list(dict.fromkeys(" ".join(part.split()) for part in parts if part.strip()))
    if not names:
        raise Refused("it needs the name of at least one tag.")
    if max(map(len, names)) > LONGEST_TAG:
        raise Refused(f"a tag's name has at most {LONGEST_TAG} characters.")
    return {"tags": ",".join(names)}


def _check_status(arguments: Arguments) -> Arguments:
    if arguments.get("status") not in ("open", "closed"):
        raise Refused("a status is open or closed.")
    return {"status": arguments["status"]}


def _check_snooze(arguments: Arguments) -> Arguments:
    if isinstance(until := arguments.get("until"), str):
        try:
            if datetime.fromisoformat(until).tzinfo is None:
                raise ValueError(until)
        except ValueError:
            raise Refused(f"{until[:40]!r} is no date and time with an offset.") from None
        return {"until": until}
    span = text_of(arguments, "for", 60, "span of time, such as 3h or 2d")
    if not parse_span(span):
        raise Refused("a ticket can't sleep for no time at all.")
    return {"for": span}


def _check_user(arguments: Arguments) -> Arguments:
    return {"assignee_user": who_of(arguments, "assignee_user", "a team member", others=(WHOEVER_APPLIES,))}


def _check_team(arguments: Arguments) -> Arguments:
    return {"assignee_team": who_of(arguments, "assignee_team", "a team")}


def who_of(arguments: Arguments, name: str, what: str, others: tuple[str, ...] = ()) -> dict[str, Any] | None:
    """An argument that is an object with a number, or null; raises Refused."""
    if name not in arguments:
        raise Refused(f"choose {what}, or nobody.")
    given = arguments[name]
    if given is None:
        return None
    number = given.get("id") if isinstance(given, dict) else None
    if isinstance(number, str) and "".join(number.split()) in others:
        return {"id": "".join(number.split())}
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**63:
        raise Refused(f"choose {what}, or nobody.")
    return {"id": number}


def _check_subject(arguments: Arguments) -> Arguments:
    return {"subject": text_of(arguments, "subject", LONGEST_SUBJECT, "subject")}


def _check_priority(arguments: Arguments) -> Arguments:
    if arguments.get("priority") not in PRIORITIES:
        raise Refused(f"a priority is one of {', '.join(PRIORITIES)}.")
    return {"priority": arguments["priority"]}


def _check_note(arguments: Arguments) -> Arguments:
    return {"body_text": text_of(arguments, "body_text")}


def _check_call(arguments: Arguments) -> Arguments:
    method = str(arguments.get("method") or "POST").upper()
    if method not in METHODS:
        raise Refused(f"a method is one of {', '.join(METHODS)}.")
    kept: Arguments = {"url": _address(arguments), "method": method, "headers": _headers(arguments)}
    body = arguments.get("body")
    if body and method == "GET":
        raise Refused("a GET has no body.")
    return {**kept, "body": text_of(arguments, "body", what="body")} if body else kept


def _address(arguments: Arguments) -> str:
    address = text_of(arguments, "url", LONGEST_ADDRESS, "address that begins with https:// or http://")
    try:
        outgoing.check_address(address)
    except outgoing.Unsendable as refusal:
        raise Refused(str(refusal)) from refusal
    return address


def _headers(arguments: Arguments) -> dict[str, str]:
    given = arguments.get("headers") or {}
    if not isinstance(given, dict) or len(given) > 20:
        raise Refused("its headers are names with values, twenty at most.")
    kept = {}
    for name, value in given.items():
        if not isinstance(value, str) or len(value) > 1000:
            raise Refused(f"{str(name)[:60]!r} has no value that can be sent.")
        try:
            outgoing.check_header(name, value)
        except outgoing.Unsendable as refusal:
            raise Refused(str(refusal)) from refusal
        if any(word in name.lower() for word in _SECRET_WORDS):
            raise Refused(
                f"the header {name} would hold a secret, but everybody can read a macro, and it stands in the audit"
                " log. Let an HTTP integration make this call: its headers are kept secret."
            )
        kept[name] = value.strip()
    return kept


def _say_snooze(arguments: Arguments, _names: Names) -> str:
    if "until" in arguments:
        return f"snooze it until {arguments['until']}"
    return f"snooze it for {arguments.get('for', '')}"


def _say_user(arguments: Arguments, names: Names) -> str:
    given = arguments.get("assignee_user")
    if given is None:
        return "take it from its assignee"
    if given.get("id") == WHOEVER_APPLIES:
        return "assign it to whoever applies it"
    return f"assign it to {names.users.get(given['id'], 'somebody who is gone')}"


def _say_team(arguments: Arguments, names: Names) -> str:
    given = arguments.get("assignee_team")
    if given is None:
        return "take it from its team"
    return f"give it to {names.teams.get(given['id'], 'a team that is gone')}"


def _say_tags(arguments: Arguments, _names: Names) -> str:
    names = str(arguments.get("tags", "")).split(",")
    return f"add the tag{'s' if len(names) != 1 else ''} {', '.join(names)}"


def _say_call(arguments: Arguments, _names: Names) -> str:
    return f"call {urlsplit(str(arguments.get('url', ''))).hostname or 'another system'}"


#: Several take the empty value of another choice along, as clients send it.
_EMPTY_ALLOWED: Final = {
    "setResponseText": {"body_html", "markdown"},
    "snoozeTicket": {"for", "until"},
    "http": {"body"},
}

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("setResponseText", "Write the reply", _check_reply, lambda arguments, names: "write the reply"),
        Kind("addTags", "Add tags", _check_tags, _say_tags),
        Kind(
            "setStatus",
            "Close or reopen",
            _check_status,
            lambda arguments, names: "close it" if arguments.get("status") == "closed" else "reopen it",
        ),
        Kind("snoozeTicket", "Snooze", _check_snooze, _say_snooze),
        Kind("setAssignee", "Assign to a person", _check_user, _say_user),
        Kind("setTeamAssignee", "Assign to a team", _check_team, _say_team),
        Kind(
            "setSubject",
            "Set the subject",
            _check_subject,
            lambda arguments, names: f"call it “{arguments.get('subject')}”",
        ),
        Kind(
            "setPriority",
            "Set the priority",
            _check_priority,
            lambda arguments, names: f"make it {arguments.get('priority')} priority",
        ),
        Kind(
            "addInternalNote", "Write an internal note", _check_note, lambda arguments, names: "write an internal note"
        ),
        Kind("http", "Call another system", _check_call, _say_call),
    )
}
