"""The verbs of macros: made, changed, put away, deleted, and applied to tickets."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from audit.action import now
from audit.actors import Actor
from audit.ledger import record
from audit.log import event_table
from audit.sessions import scoped
from helpdesk import languages, lookups, messages, outbox, outgoing, placeholders, tags, tickets
from helpdesk.drafts import Draft
from helpdesk.events import MACRO_APPLIED, MACRO_CREATED, MACRO_DELETED, MACRO_UPDATED
from helpdesk.macro_actions import WHOEVER_APPLIES, Names, checked
from helpdesk.models import Account, Macro, Rule, Team, Ticket, User
from helpdesk.placeholders import Words
from helpdesk.refusals import Refused, Taken, blaming
from helpdesk.sessions import session_of
from helpdesk.spans import parse_span

LONGEST_NAME: Final = 255

#: What a macro may be about; as the API has it.
INTENTS: Final = (
    "discount/request", "exchange/request", "exchange/status", "feedback",
    "order/cancel", "order/change", "order/damaged", "order/wrong",
    "other/no_reply", "other/question", "other/thanks", "product/question", "product/recommendation",
    "refund/request", "refund/status", "return/request", "return/status",
    "shipping/change", "shipping/delivery-issue", "shipping/policy", "shipping/status",
    "stock/request", "subscription/cancel", "subscription/change",
)  # fmt: skip

Holder = TypeVar("Holder", User, Team)
Step = Callable[[], object]


@dataclass(frozen=True)
class Reply:
    """The reply that a macro writes, with this ticket's values; a person sends it."""

    text: str
    markdown: bool = False
    unknown: tuple[str, ...] = ()  #: placeholders that nobody knew


def create(
    account: Account,
    name: str,
    actions: list[dict[str, Any]],
    *,
    intent: str | None = None,
    language: str | None = None,
    external_id: str | None = None,
    by: Actor,
) -> Macro:
    """Make a macro; its name stands once among those in use."""
    session, tidy = session_of(account), _tidy(name)
    _refuse_taken(session, account.id, tidy)
    macro = Macro(
        account_id=account.id,
        name=tidy,
        actions=_checked(actions),
        intent=_known_intent(intent),
        language=_known_language(language),
        external_id=external_id,
        created_datetime=now(session),
    )
    session.add(macro)
    record(MACRO_CREATED, macro, by=by)
    return macro


def update(
    macro: Macro,
    name: str,
    actions: list[dict[str, Any]],
    *,
    intent: str | None = None,
    language: str | None = None,
    facts: Mapping[str, Any] | None = None,
    by: Actor,
) -> None:
    """Change what a macro is called or does; its version goes up, and the log keeps which one acted."""
    wording = {
        "name": _tidy(name),
        "actions": _checked(actions),
        "intent": _known_intent(intent),
        "language": _known_language(language),
        **(facts or {}),
    }
    if all(getattr(macro, field) == value for field, value in wording.items()):
        return
    if macro.archived_datetime is None and wording["name"] != macro.name:
        _refuse_taken(session_of(macro), macro.account_id, str(wording["name"]))
    for field, value in wording.items():
        setattr(macro, field, value)
    macro.version += 1
    _say_updated(macro, by=by)


def archive(macro: Macro, *, by: Actor) -> None:
    """Put a macro away: nobody is offered it any more, and it can come back."""
    if macro.archived_datetime is not None:
        return
    macro.archived_datetime = now(session_of(macro))
    _say_updated(macro, by=by)


def unarchive(macro: Macro, *, by: Actor) -> None:
    """Bring a macro back."""
    if macro.archived_datetime is None:
        return
    _refuse_taken(session_of(macro), macro.account_id, macro.name)
    macro.archived_datetime = None
    _say_updated(macro, by=by)


def delete(macro: Macro, *, by: Actor) -> None:
    """Remove a macro for good; what it did stays, and so do its events."""
    if used := rules_using(macro):
        rules = ", ".join(f"“{rule.name}”" for rule in used[:3]) + (" and more" if len(used) > 3 else "")
        raise Taken(f"The macro {macro.name!r} can't be deleted: it is applied by the rule {rules}.")
    session_of(macro).delete(macro)
    record(MACRO_DELETED, macro, by=by)


def apply(macro: Macro, ticket: Ticket, *, by: Actor) -> Reply | None:
    """Let a macro do its actions on a ticket, in their order; answers the reply that it suggests, which is not sent.

    What any action can't do refuses the whole: whoever commits rolls back then.
    """
    if macro.archived_datetime is not None:
        raise Refused(f"The macro {macro.name!r} is archived, so it was not applied. Bring it back first.")
    actor = Actor.macro(macro, by)
    user = session_of(ticket).get(User, by.user_id) if by.user_id is not None else None
    words = Words.of(ticket, user)
    # All is looked up and filled in first: what a macro writes doesn't depend on what it did a moment before.
    steps = [step for action in macro.actions if (step := _step(action, macro, ticket, words, actor, user))]
    record(MACRO_APPLIED, macro, by=actor)
    for step in steps:
        step()
    return reply_of(macro, words)


def render(text: str, ticket: Ticket, user: User | None) -> str:
    """A text with this ticket's values; what nobody knows stays as it was written."""
    return Words.of(ticket, user).fill(text).text


def reply_of(macro: Macro, words: Words) -> Reply | None:
    """The reply that a macro would write in these words, if it writes one; nothing happens."""
    for action in macro.actions:
        if action["name"] == "setResponseText":
            markdown = bool(action["arguments"].get("markdown"))
            filled = words.fill(action["arguments"]["body_text"], placeholders.for_markdown if markdown else None)
            return Reply(filled.text, markdown, filled.unknown)
    return None


_TAGGING: Final = ("addTags", "setTags")


def times_applied() -> ColumnElement[int]:
    """How often the macro of a row was applied, as the log has it: to sort by."""
    event = event_table.c
    own = event.account_id == Macro.account_id, event.object_type == "Macro", event.object_id == Macro.id
    counted = select(func.count()).select_from(event_table).where(*own, event.type == MACRO_APPLIED.name)
    return counted.correlate(Macro.__table__).scalar_subquery()


def that_tag(session: Session, account_id: int, names: Iterable[str]) -> list[int]:
    """The macros that put all these tags on a ticket."""
    wanted, found = {name.strip() for name in names}, []
    for number, actions in session.execute(select(Macro.id, Macro.actions).where(Macro.account_id == account_id)):
        given = [
            action.get("arguments", {}).get("tags") or ""
            for action in actions
            if action.get("name") in ("addTags", "setTags")
        ]
        if wanted <= {name.strip() for each in given for name in each.split(",")}:
            found.append(number)
    return found


def usage(session: Session, account_id: int, macro_ids: list[int]) -> dict[int, int]:
    """How often macros were applied, as the log has it."""
    event = event_table.c
    found = session.execute(
        scoped(session, event.object_id, func.count(), table=event_table)
        .where(
            event.account_id == account_id,
            event.type == MACRO_APPLIED.name,
            event.object_type == "Macro",
            event.object_id.in_(macro_ids),
        )
        .group_by(event.object_id)
    )
    return {row[0]: row[1] for row in found}


def rules_using(macro: Macro) -> list[Rule]:
    """The rules that apply a macro, those switched off, too: they may be switched on again; no proposals."""
    call = re.compile(rf"applyMacro.{{0,200}}?macro_id['\"]?\s*:\s*['\"]?{macro.id}\b", re.DOTALL)
    found = session_of(macro).scalars(
        select(Rule)
        .where(
            Rule.account_id == macro.account_id,
            Rule.is_draft.is_(False),
            Rule.code.contains("applyMacro", autoescape=True),
        )
        .order_by(Rule.name)
    )
    return [rule for rule in found if call.search(rule.code)]


def names_for(session: Session, account_id: int, actions: list[dict[str, Any]]) -> Names:
    """What the people and teams that actions speak of are called."""
    users, teams = set[int](), set[int]()
    for action in actions:
        arguments = action.get("arguments") or {}
        for field, numbers in (("assignee_user", users), ("assignee_team", teams)):
            number = (arguments.get(field) or {}).get("id")
            if isinstance(number, int):
                numbers.add(number)
    return Names(_named(session, account_id, User, users), _named(session, account_id, Team, teams))


# ---- What an action does


def _step(
    action: Mapping[str, Any], macro: Macro, ticket: Ticket, words: Words, actor: Actor, user: User | None
) -> Step | None:
    """What an action will do here, with everything looked up; raises Refused if it can't."""
    arguments: Mapping[str, Any] = action["arguments"]
    match action["name"]:
        case "addTags":
            return partial(tags.put_on, ticket, str(arguments["tags"]).split(","), by=actor)
        case "setStatus":
            return partial(tickets.close if arguments["status"] == "closed" else tickets.reopen, ticket, by=actor)
        case "snoozeTicket":
            return partial(tickets.snooze, ticket, _until(arguments, now(session_of(ticket))), by=actor)
        case "setAssignee":
            user = _holder(ticket, User, "team member", macro, arguments["assignee_user"], user)
            return (
                partial(tickets.assign, ticket, user, by=actor) if user else partial(tickets.unassign, ticket, by=actor)
            )
        case "setTeamAssignee":
            team = _holder(ticket, Team, "team", macro, arguments["assignee_team"], user)
            if team is None:
                return partial(tickets.unassign_team, ticket, by=actor)
            return partial(tickets.assign_team, ticket, team, by=actor)
        case "setSubject":
            return partial(tickets.set_subject, ticket, words.fill(arguments["subject"]).text, by=actor)
        case "setPriority":
            return partial(tickets.set_priority, ticket, arguments["priority"], by=actor)
        case "addInternalNote":
            note = Draft(
                body_text=words.fill(arguments["body_text"]).text,
                public=False,
                subject=ticket.subject,
                macros=[{"id": macro.id, "name": macro.name}],
            )
            return partial(messages.note, ticket, note, by=actor)
        case "http":
            return partial(outbox.queue_call, ticket, _call(arguments, ticket, user))
    return None


def _call(arguments: Mapping[str, Any], ticket: Ticket, user: User | None) -> outbox.Call:
    values = lookups.of_ticket(ticket, user)
    body = arguments.get("body")
    is_json = body is not None and body.lstrip()[:1] in ("{", "[")
    try:
        headers = outgoing.headers(arguments.get("headers") or {}, values)
        url = outgoing.address(arguments["url"], values)
    except outgoing.Unsendable as refusal:
        raise Refused(f"{refusal} Nothing was done.") from refusal
    if is_json and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"
    escape = lookups.in_json if is_json else lookups.plain
    filled = lookups.fill(body, values, escape) if body is not None else None
    return outbox.Call(method=arguments["method"], url=url, headers=headers, body=filled)


def _until(arguments: Mapping[str, Any], at: datetime) -> datetime:
    if "until" in arguments:
        return datetime.fromisoformat(arguments["until"])
    return at + parse_span(arguments["for"])


def _holder(
    ticket: Ticket, model: type[Holder], what: str, macro: Macro, given: Mapping[str, Any] | None, user: User | None
) -> Holder | None:
    if given is None:
        return None
    number = (user.id if user else None) if given["id"] == WHOEVER_APPLIES else given["id"]
    if number is None:
        raise Refused(
            f"The macro {macro.name!r} assigns to whoever applies it, and nobody of the team does. Nothing was done."
        )
    found = session_of(ticket).get(model, number)
    if found is None or found.account_id != ticket.account_id:
        raise Refused(
            f"The macro {macro.name!r} assigns to a {what} that is not there any more. Nothing was done; change the"
            " macro first."
        )
    return found


# ---- What is checked


def _say_updated(macro: Macro, *, by: Actor) -> None:
    macro.updated_datetime = now(session_of(macro))
    record(MACRO_UPDATED, macro, by=by)


def _refuse_taken(session: Session, account_id: int, name: str) -> None:
    taken = session.scalar(
        select(Macro.id).where(Macro.account_id == account_id, Macro.name == name, Macro.archived_datetime.is_(None))
    )
    if taken is not None:
        raise Taken(f"There is a macro {name!r} already.", "name")


def _tidy(name: str) -> str:
    tidy = " ".join(name.split())
    if not tidy:
        raise Refused("A macro needs a name.", "name")
    if len(tidy) > LONGEST_NAME:
        raise Refused(f"A macro's name has at most {LONGEST_NAME} characters; this one has {len(tidy):,}.", "name")
    return tidy


def _known_intent(intent: str | None) -> str | None:
    if intent and intent not in INTENTS:
        raise Refused(f"{intent[:60]!r} is nothing that a macro can be about.", "intent")
    return intent or None


def _named(session: Session, account_id: int, model: Any, numbers: set[int]) -> dict[int, str]:
    if not numbers:
        return {}
    found = session.execute(select(model.id, model.name).where(model.account_id == account_id, model.id.in_(numbers)))
    return {row.id: row.name for row in found}


def _known_language(language: str | None) -> str | None:
    with blaming("language"):
        return languages.known(language)


def _checked(actions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    with blaming("actions"):
        return checked(actions)
