"""What a rule can do: the actions by name, what each takes, and how it is said in words."""

from collections.abc import Mapping
from typing import Final

from helpdesk import channels, lookups, placeholders
from helpdesk.language.statements import Act, Check
from helpdesk.macro_actions import KINDS as OF_MACROS
from helpdesk.macro_actions import LONGEST_TEXT, Arguments, Kind, Names, text_of, who_of
from helpdesk.refusals import Refused
from helpdesk.tickets import LONGEST_SUBJECT

LONGEST_ADDRESS: Final = 320


def in_words(act: Act, names: Names) -> str:
    """What an action does, in a few words: "add the tags late, refund"."""
    return KINDS[act.name].words(act.arguments, names)


def numbers_in(act: Act) -> dict[str, int]:
    """What an action names by number: "user", "team", "macro", "integration" or "field", with the number."""
    given = act.arguments
    found = {
        "user": (given.get("assignee_user") or {}).get("id"),
        "team": (given.get("assignee_team") or {}).get("id") or given.get("round_robin"),
        "macro": given.get("macro_id"),
        "integration": given.get("integration_id"),
        "field": given.get("id"),
    }
    return {kind: number for kind, number in found.items() if number is not None}


# ---- Arguments


def _check_all_tags(arguments: Arguments) -> Arguments:
    # Setting none takes all off.
    if isinstance(given := arguments.get("tags"), str | list) and not any(map(str.strip, map(str, given))):
        return {"tags": ""}
    return OF_MACROS["addTags"].check(arguments)


def _check_user(arguments: Arguments) -> Arguments:
    if "round_robin" not in arguments:
        return {"assignee_user": who_of(arguments, "assignee_user", "a team member")}
    if "assignee_user" in arguments:
        raise Refused("give it to a team member, or round_robin through a team, not both.")
    return {"round_robin": _number(arguments, "round_robin", "the number of a team")}


def _check_field(arguments: Arguments) -> Arguments:
    number = _number(arguments, "id", "the number of a custom field")
    if "value" not in arguments:
        raise Refused("it needs a value, or null for none.")
    if isinstance(value := arguments["value"], list | dict):
        raise Refused("a value is a text, a number, true, false or null.")
    return {"id": number, "value": value}


def _check_words(arguments: Arguments) -> Arguments:
    return {"body_text": _words(arguments, "body_text")}


def _check_subject(arguments: Arguments) -> Arguments:
    return {"subject": _words(arguments, "subject", LONGEST_SUBJECT, "subject")}


def _check_mail(arguments: Arguments) -> Arguments:
    to = _words(arguments, "to", LONGEST_ADDRESS, "address in to")
    # A placeholder is filled when it is sent, and looked at then.
    kept = to if lookups.paths_in(to) else channels.tidied("email", to)
    return {"to": kept, **_check_subject(arguments), **_check_words(arguments)}


def _check_macro(arguments: Arguments) -> Arguments:
    return {"macro_id": _number(arguments, "macro_id", "the number of a macro")}


def _check_integration(arguments: Arguments) -> Arguments:
    return {"integration_id": _number(arguments, "integration_id", "the number of an HTTP integration")}


def _check_nothing(_arguments: Arguments) -> Arguments:
    return {}


def _words(arguments: Arguments, name: str, longest: int = LONGEST_TEXT, what: str = "text") -> str:
    text = text_of(arguments, name, longest, what)
    # A person would see what was left as it was written; nobody looks at what a rule sends.
    if unknown := placeholders.unknown_in(text):
        raise Refused(f"nobody knows what {unknown[0][:60]} stands for.")
    return text


def _number(arguments: Arguments, name: str, what: str) -> int:
    number = arguments.get(name)
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) < 19:
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 2**63:
        raise Refused(f"{name} is {what}.")
    return number


# ---- Words


def _say_tags(verb: str, arguments: Arguments) -> str:
    names = [name for name in str(arguments.get("tags", "")).split(",") if name]
    return f"{verb} the tag{'s' if len(names) != 1 else ''} {', '.join(names)}"


def _say_all_tags(arguments: Arguments, _names: Names) -> str:
    return _say_tags("leave only", arguments) if arguments.get("tags") else "take all tags off"


def _say_user(arguments: Arguments, names: Names) -> str:
    if "round_robin" in arguments:
        return f"give it to whoever is next in {names.teams.get(arguments['round_robin'], 'a team that is gone')}"
    return OF_MACROS["setAssignee"].words(arguments, names)


def _say_field(arguments: Arguments, names: Names) -> str:
    label, value = names.fields.get(arguments["id"], f"field {arguments['id']}"), arguments["value"]
    return f"empty {label}" if value in (None, "") else f"set {label} to {lookups.plain(value)}"


def _say_macro(arguments: Arguments, names: Names) -> str:
    return f"apply the macro {names.macros.get(arguments['macro_id'], 'that is gone')}"


def _say_call(arguments: Arguments, names: Names) -> str:
    return f"call {names.integrations.get(arguments['integration_id'], 'an integration that is gone')}"


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        OF_MACROS["addTags"],
        Kind(
            "removeTags",
            "Remove tags",
            OF_MACROS["addTags"].check,
            lambda arguments, names: _say_tags("remove", arguments),
        ),
        Kind("setTags", "Set the tags", _check_all_tags, _say_all_tags),
        OF_MACROS["setStatus"],
        Kind("setSubject", OF_MACROS["setSubject"].label, _check_subject, OF_MACROS["setSubject"].words),
        OF_MACROS["setPriority"],
        Kind("setCustomField", "Set a custom field", _check_field, _say_field),
        Kind("setAssignee", "Assign to a person", _check_user, _say_user),
        OF_MACROS["setTeamAssignee"],
        OF_MACROS["snoozeTicket"],
        Kind("replyToTicket", "Reply to the customer", _check_words, lambda arguments, names: "reply to the customer"),
        Kind(
            "addInternalNote",
            OF_MACROS["addInternalNote"].label,
            _check_words,
            OF_MACROS["addInternalNote"].words,
        ),
        Kind(
            "sendEmail", "Send an e-mail", _check_mail, lambda arguments, names: f"send an e-mail to {arguments['to']}"
        ),
        Kind("applyMacro", "Apply a macro", _check_macro, _say_macro),
        Kind("trashTicket", "Move to the trash", _check_nothing, lambda arguments, names: "move it to the trash"),
        Kind(
            "excludeFromAutoMerge",
            "Never merge it by itself",
            _check_nothing,
            lambda arguments, names: "keep it from being merged by itself",
        ),
        Kind(
            "excludeFromCSAT",
            "Send no survey",
            _check_nothing,
            lambda arguments, names: "send no survey about it",
        ),
        Kind("httpRequest", "Call an HTTP integration", _check_integration, _say_call),
    )
}

#: How the arguments of each action are checked.
CHECKS: Final[Mapping[str, Check]] = {name: kind.check for name, kind in KINDS.items()}
