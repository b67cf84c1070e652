"""How a rule does each of its actions to a ticket: by the verbs that people use, too."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import select

from audit.action import now
from audit.actors import Actor
from helpdesk import calling, chat, fields, lookups, macros, markdown, messages, outbox, tags, tickets, turns
from helpdesk.channels import EMAIL, tidied
from helpdesk.drafts import Draft
from helpdesk.language.statements import Act, Arguments
from helpdesk.mail.htmltext import html_text
from helpdesk.models import Account, CustomField, Integration, Macro, Rule, Team, Ticket, TicketMessage, User
from helpdesk.placeholders import Words
from helpdesk.refusals import Refused
from helpdesk.sessions import session_of
from helpdesk.spans import parse_span

#: A customer gets one automatic reply in this time, whatever rules there are.
PAUSE: Final = timedelta(minutes=5)

Found = TypeVar("Found", User, Team, Macro, Integration, CustomField)

#: Does it, and answers why a part of it was held back, if one was.
Step = Callable[[], object]


@dataclass(frozen=True)
class Run:
    """A rule at work on a ticket; the message is what it looks at."""

    rule: Rule
    ticket: Ticket
    message: TicketMessage | None

    @property
    def actor(self) -> Actor:
        """The rule in its present wording."""
        return Actor.rule(self.rule)


class HeldBack(Refused):
    """Something is not said to a customer, on purpose: no mistake of the rule's."""


def step(run: Run, act: Act) -> Step:
    """What an action will do here, with everything looked up; raises Refused if it can't."""
    return _STEPS[act.name](run, act.arguments)


def is_idle(run: Run, act: Act) -> bool:
    """Whether an action would change nothing, for all that is known before."""
    idle = _IDLE.get(act.name)
    return idle is not None and idle(run.ticket, act.arguments)


def why_silent(run: Run, act: Act, at: datetime, before: Sequence[Act] = ()) -> str | None:
    """Why an action would keep from the customer, or from a machine, what it has to say; the rest of it is done.

    `before` are the actions that come before it: only the first that replies does.
    """
    replies = _replies(run, act)
    if (replies or act.name == "sendEmail") and _is_answering_machine(run):
        return "It would write nothing: a machine wrote this message, and machines are not answered by machines."
    if not replies:
        return None
    name = run.ticket.customer.display_name
    if any(_replies(run, each) for each in before):
        return f"It would not reply: {name} would have got the automatic reply above a moment before."
    last = _last_automatic_reply(run.ticket, at)
    return f"It would not reply: {name} got an automatic reply {_minutes_ago(last, at)}." if last is not None else None


def fill(run: Run, text: str) -> str:
    """A text of a rule's with this ticket's values."""
    return Words.of(run.ticket, None).fill(text).text


# ---- Actions


def _put_tags(run: Run, given: Arguments) -> Step:
    return partial(tags.put_on, run.ticket, _names(given), by=run.actor)


def _take_tags(run: Run, given: Arguments) -> Step:
    return partial(tags.take_off, run.ticket, _names(given), by=run.actor)


def _set_tags(run: Run, given: Arguments) -> Step:
    return partial(tags.set_on, run.ticket, _names(given), by=run.actor)


def _set_status(run: Run, given: Arguments) -> Step:
    return partial(tickets.close if given["status"] == "closed" else tickets.reopen, run.ticket, by=run.actor)


def _set_subject(run: Run, given: Arguments) -> Step:
    return partial(tickets.set_subject, run.ticket, fill(run, given["subject"]), by=run.actor)


def _set_priority(run: Run, given: Arguments) -> Step:
    return partial(tickets.set_priority, run.ticket, given["priority"], by=run.actor)


def _set_field(run: Run, given: Arguments) -> Step:
    field, value = _find(run, CustomField, "custom field", given["id"]), given["value"]
    filled = fill(run, value) if isinstance(value, str) else value
    fields.fitting(field, filled)
    return partial(fields.set_value, run.ticket, field, filled, by=run.actor)


def _assign(run: Run, given: Arguments) -> Step:
    if "round_robin" in given:
        return _pass_round(run, _find(run, Team, "team", given["round_robin"]))
    if given["assignee_user"] is None:
        return partial(tickets.unassign, run.ticket, by=run.actor)
    user = _find(run, User, "team member", given["assignee_user"]["id"])
    return partial(tickets.assign, run.ticket, user, by=run.actor)


def _pass_round(run: Run, team: Team) -> Step:
    members = turns.available(team)
    if any(user.id == run.ticket.assignee_user_id for user in members):
        return lambda: None  # one of them has it: it is not taken away again
    user = turns.next_in(team)

    def give() -> None:
        tickets.assign(run.ticket, user, by=run.actor)
        turns.note(team, user)

    return give


def _assign_team(run: Run, given: Arguments) -> Step:
    if given["assignee_team"] is None:
        return partial(tickets.unassign_team, run.ticket, by=run.actor)
    team = _find(run, Team, "team", given["assignee_team"]["id"])
    return partial(tickets.assign_team, run.ticket, team, by=run.actor)


def _snooze(run: Run, given: Arguments) -> Step:
    def hide() -> None:
        at = now(session_of(run.ticket))
        until = datetime.fromisoformat(given["until"]) if "until" in given else at + parse_span(given["for"])
        tickets.snooze(run.ticket, until, by=run.actor)

    return hide


def _reply(run: Run, given: Arguments) -> Step:
    text = fill(run, given["body_text"])

    def say() -> None:
        _refuse_talking(run)
        messages.reply(run.ticket, _draft(run, text), by=run.actor)

    return say


def _note(run: Run, given: Arguments) -> Step:
    draft = Draft(
        body_text=fill(run, given["body_text"]),
        public=False,
        subject=run.ticket.subject,
        via="rule",
        rule_id=run.rule.id,
    )
    return partial(messages.note, run.ticket, draft, by=run.actor)


def _send_mail(run: Run, given: Arguments) -> Step:
    account = session_of(run.ticket).get_one(Account, run.ticket.account_id)
    address = tidied(EMAIL, fill(run, given["to"]))
    if address.lower() == account.mail_address.lower():
        raise Refused("The desk writes no mail to itself.")
    if address.lower() == (run.ticket.customer.email or "").lower():
        raise Refused("This is the customer's address: let the rule reply to the ticket, so that it can be read there.")
    letter = outbox.Letter(
        purpose="rule",
        to_name="",
        to_address=address,
        subject=fill(run, given["subject"]),
        body_text=fill(run, given["body_text"]),
        ticket_id=run.ticket.id,
    )

    def send() -> None:
        _refuse_answering_machines(run)
        outbox.queue_letter(account, letter)

    return send


def _apply_macro(run: Run, given: Arguments) -> Step:
    macro = _find(run, Macro, "macro", given["macro_id"])
    by = Actor.macro(macro, run.actor)

    def apply() -> str | None:
        reply = macros.apply(macro, run.ticket, by=run.actor)
        if reply is None:
            return None
        try:
            _refuse_talking(run)
        except HeldBack as why:  # the rest of the macro is done all the same
            return str(why)
        used = [{"id": macro.id, "name": macro.name}]
        messages.reply(run.ticket, _draft(run, reply.text, is_markdown=reply.markdown, used=used), by=by)
        return None

    return apply


def _trash(run: Run, _given: Arguments) -> Step:
    return partial(tickets.trash, run.ticket, by=run.actor)


def _exclude_from_merging(run: Run, _given: Arguments) -> Step:
    return partial(tickets.exclude_from_merging, run.ticket, by=run.actor)


def _exclude_from_surveys(run: Run, _given: Arguments) -> Step:
    return partial(tickets.exclude_from_surveys, run.ticket, by=run.actor)


def _call(run: Run, given: Arguments) -> Step:
    integration = _find(run, Integration, "integration", given["integration_id"])
    if integration.deactivated_datetime is not None:
        raise Refused(f"The integration {integration.name} is switched off.")
    values = lookups.of_ticket(run.ticket) | {"rule": {"id": run.rule.id, "name": run.rule.name}}
    return partial(calling.queue, integration, "rule", uuid.uuid4().hex, values, run.ticket.id)


_STEPS: Final[Mapping[str, Callable[[Run, Arguments], Step]]] = {
    "addTags": _put_tags,
    "removeTags": _take_tags,
    "setTags": _set_tags,
    "setStatus": _set_status,
    "setSubject": _set_subject,
    "setPriority": _set_priority,
    "setCustomField": _set_field,
    "setAssignee": _assign,
    "setTeamAssignee": _assign_team,
    "snoozeTicket": _snooze,
    "replyToTicket": _reply,
    "addInternalNote": _note,
    "sendEmail": _send_mail,
    "applyMacro": _apply_macro,
    "trashTicket": _trash,
    "excludeFromAutoMerge": _exclude_from_merging,
    "excludeFromCSAT": _exclude_from_surveys,
    "httpRequest": _call,
}


# ---- What is behind them


def _names(given: Arguments) -> list[str]:
    return [name for name in str(given["tags"]).split(",") if name]


def _find(run: Run, model: type[Found], noun: str, number: int) -> Found:
    found = session_of(run.ticket).get(model, number)
    if found is None or found.account_id != run.ticket.account_id:
        raise Refused(f"There is no {noun} {number} any more.")
    return found


def _draft(run: Run, text: str, *, is_markdown: bool = False, used: list[Any] | None = None) -> Draft:
    html = markdown.to_html(text) if is_markdown else None
    return Draft(
        body_text=text,
        body_html=html,
        stripped_text=html_text(html) if html else None,
        subject=run.ticket.subject,
        channel=chat.CHANNEL if run.ticket.channel == chat.CHANNEL else "email",  # answered where it was asked
        via="rule",
        rule_id=run.rule.id,
        is_automatic=True,
        macros=used,
    )


def _refuse_talking(run: Run) -> None:
    _refuse_answering_machines(run)
    if _last_automatic_reply(run.ticket, now(session_of(run.ticket))) is not None:
        raise HeldBack("The customer got an automatic reply in the five minutes before; this one was held back.")


def _last_automatic_reply(ticket: Ticket, at: datetime) -> datetime | None:
    """When the ticket's customer last got one, if it is not long enough ago for another."""
    return session_of(ticket).scalar(
        select(TicketMessage.created_datetime)
        .join(Ticket, Ticket.id == TicketMessage.ticket_id)
        .where(
            TicketMessage.account_id == ticket.account_id,
            TicketMessage.created_datetime > at - PAUSE,
            TicketMessage.is_automatic,
            TicketMessage.from_agent,
            TicketMessage.public,
            Ticket.customer_id == ticket.customer_id,
        )
        .order_by(TicketMessage.created_datetime.desc())
        .limit(1)
    )


def _refuse_answering_machines(run: Run) -> None:
    if _is_answering_machine(run):
        raise HeldBack("A machine wrote this message, and machines are not answered by machines.")


def _is_answering_machine(run: Run) -> bool:
    return run.message is not None and run.message.is_automatic and not run.message.from_agent


def _replies(run: Run, act: Act) -> bool:
    if act.name != "applyMacro":
        return act.name == "replyToTicket"
    macro = session_of(run.ticket).get(Macro, act.arguments["macro_id"])
    return macro is not None and any(action["name"] == "setResponseText" for action in macro.actions)


def _minutes_ago(then: datetime, at: datetime) -> str:
    minutes = int((at - then).total_seconds() // 60)
    return f"{minutes} minute{'s' if minutes != 1 else ''} ago" if minutes else "less than a minute ago"


_IDLE: Final[Mapping[str, Callable[[Ticket, Arguments], bool]]] = {
    "addTags": lambda ticket, given: set(_names(given)) <= {tag.name for tag in ticket.tags},
    "removeTags": lambda ticket, given: not set(_names(given)) & {tag.name for tag in ticket.tags},
    "setTags": lambda ticket, given: set(_names(given)) == {tag.name for tag in ticket.tags},
    "setStatus": lambda ticket, given: ticket.status == given["status"] and not ticket.is_snoozed,
    "setSubject": lambda ticket, given: ticket.subject == given["subject"],
    "setPriority": lambda ticket, given: ticket.priority == given["priority"],
    "setAssignee": lambda ticket, given: (
        "assignee_user" in given and ticket.assignee_user_id == (given["assignee_user"] or {}).get("id")
    ),
    "setTeamAssignee": lambda ticket, given: ticket.assignee_team_id == (given["assignee_team"] or {}).get("id"),
    "trashTicket": lambda ticket, _given: ticket.is_trashed,
    "excludeFromAutoMerge": lambda ticket, _given: ticket.excluded_from_auto_merge,
    "excludeFromCSAT": lambda ticket, _given: ticket.excluded_from_csat,
}
