"""What lessons and drills let happen: each deed a word of the files, done with the desk's ordinary verbs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from audit.action import now
from audit.actors import Actor
from helpdesk import customers, macros, merging, messages, people, rules, tags, teams, tickets
from helpdesk.drafts import Draft
from helpdesk.models import Customer, Role
from helpdesk.permissions import Action
from helpdesk.rules import Shape, shape_of
from seeds.troupe import Troupe

Given = Mapping[str, Any]
Act = Callable[[Troupe, str, Given], None]


@dataclass(frozen=True)
class Sort:
    """A kind of deed: how it is done, what its file must and may say of it, and who may do it."""

    act: Act
    needed: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    may: Action | None = None  #: None: no team member does it


def _mail(troupe: Troupe, by: str, given: Given) -> None:
    customer = _customer(troupe, by)
    words = Draft(sender=customer, body_text=given["text"], subject=given["subject"], via="email")
    opening = tickets.Opening(customer=customer, subject=given["subject"], via="email", messages=(words,))
    ticket = tickets.create(troupe.account, opening, by=_as_customer(customer))
    troupe.name("ticket", given["new_ticket"], ticket.id)


def _mail_again(troupe: Troupe, _by: str, given: Given) -> None:
    ticket = troupe.ticket(given["ticket"])
    draft = Draft(sender=ticket.customer, body_text=given["text"], via="email")
    messages.receive(ticket, draft, by=_as_customer(ticket.customer))


def _reply(troupe: Troupe, by: str, given: Given) -> None:
    draft = Draft(sender=troupe.person(by), body_text=given["text"])
    messages.reply(troupe.ticket(given["ticket"]), draft, by=troupe.by(by))


def _note(troupe: Troupe, by: str, given: Given) -> None:
    draft = Draft(sender=troupe.person(by), body_text=given["text"], public=False)
    messages.note(troupe.ticket(given["ticket"]), draft, by=troupe.by(by))


def _snooze(troupe: Troupe, by: str, given: Given) -> None:
    until = now(troupe.session) + given["for"]
    tickets.snooze(troupe.ticket(given["ticket"]), until, by=troupe.by(by))


def _assign(troupe: Troupe, by: str, given: Given) -> None:
    tickets.assign(troupe.ticket(given["ticket"]), troupe.person(given["to"]), by=troupe.by(by))


def _assign_team(troupe: Troupe, by: str, given: Given) -> None:
    tickets.assign_team(troupe.ticket(given["ticket"]), troupe.team(given["team"]), by=troupe.by(by))


def _tag(troupe: Troupe, by: str, given: Given) -> None:
    tags.put_on(troupe.ticket(given["ticket"]), given["tags"], by=troupe.by(by))


def _untag(troupe: Troupe, by: str, given: Given) -> None:
    tags.take_off(troupe.ticket(given["ticket"]), given["tags"], by=troupe.by(by))


def _set_subject(troupe: Troupe, by: str, given: Given) -> None:
    tickets.set_subject(troupe.ticket(given["ticket"]), given["subject"], by=troupe.by(by))


def _set_priority(troupe: Troupe, by: str, given: Given) -> None:
    tickets.set_priority(troupe.ticket(given["ticket"]), given["priority"], by=troupe.by(by))


def _merge(troupe: Troupe, by: str, given: Given) -> None:
    source, into = troupe.ticket(given["ticket"]), troupe.ticket(given["into"])
    customer, assignee = into.customer, into.assignee
    merging.merge(source, into, subject=into.subject, customer=customer, assignee=assignee, by=troupe.by(by))


def _delete_tag(troupe: Troupe, by: str, given: Given) -> None:
    tags.delete(troupe.tag(given["tag"]), by=troupe.by(by))


def _merge_tag(troupe: Troupe, by: str, given: Given) -> None:
    tags.merge(troupe.tag(given["tag"]), troupe.tag(given["into_tag"]), by=troupe.by(by))


def _make_macro(troupe: Troupe, by: str, given: Given) -> None:
    macro = macros.create(troupe.account, given["new_macro"], _actions(given), by=troupe.by(by))
    troupe.name("macro", given["new_macro"], macro.id)


def _edit_macro(troupe: Troupe, by: str, given: Given) -> None:
    macro = troupe.macro(given["macro"])
    macros.update(macro, macro.name, _actions(given), by=troupe.by(by))


def _apply_macro(troupe: Troupe, by: str, given: Given) -> None:
    macros.apply(troupe.macro(given["macro"]), troupe.ticket(given["ticket"]), by=troupe.by(by))


def _make_rule(troupe: Troupe, by: str, given: Given) -> None:
    shape = Shape(
        name=given["new_rule"],
        code=_code(troupe, given["code"]),
        event_types=given.get("on", ()),
        schedule=given.get("schedule"),
    )
    rule = rules.create(troupe.account, shape, by=troupe.by(by))
    troupe.name("rule", given["new_rule"], rule.id)


def _edit_rule(troupe: Troupe, by: str, given: Given) -> None:
    rule = troupe.rule(given["rule"])
    rules.update(rule, replace(shape_of(rule), code=_code(troupe, given["code"])), by=troupe.by(by))


def _make_team(troupe: Troupe, by: str, given: Given) -> None:
    members = [troupe.person(name) for name in given["members"]]
    team = teams.create(troupe.account, given["new_team"], members=members, by=troupe.by(by))
    troupe.name("team", given["new_team"], team.id)


def _dissolve_team(troupe: Troupe, by: str, given: Given) -> None:
    teams.delete(troupe.team(given["team"]), by=troupe.by(by))


def _hire(troupe: Troupe, by: str, given: Given) -> None:
    full, account = given["new_person"], troupe.account
    first = full.split()[0]
    email = f"{first.lower()}@{account.domain}.example"
    user = people.create(account, email=email, name=full, role=Role(given["role"]), by=troupe.by(by))
    troupe.name("person", first, user.id)


def _dismiss(troupe: Troupe, by: str, given: Given) -> None:
    people.delete(troupe.person(given["person"]), by=troupe.by(by))


def _wait(_troupe: Troupe, _by: str, _given: Given) -> None:
    """What falls due meanwhile was played before; nobody does anything."""


def _on_the_ticket(verb: Callable[..., None]) -> Act:
    """A verb that needs no more than the ticket and who does it."""

    def act(troupe: Troupe, by: str, given: Given) -> None:
        verb(troupe.ticket(given["ticket"]), by=troupe.by(by))

    return act


def _on_the_rule(verb: Callable[..., None]) -> Act:
    def act(troupe: Troupe, by: str, given: Given) -> None:
        verb(troupe.rule(given["rule"]), by=troupe.by(by))

    return act


_OF_A_MACRO: Final = ("answer", "tags", "priority", "close", "for")

SORTS: Final[Mapping[str, Sort]] = {
    "mail": Sort(_mail, ("new_ticket", "subject", "text")),
    "mail_again": Sort(_mail_again, ("ticket", "text")),
    "reply": Sort(_reply, ("ticket", "text"), may="reply"),
    "note": Sort(_note, ("ticket", "text"), may="write note"),
    "close": Sort(_on_the_ticket(tickets.close), ("ticket",), may="update ticket"),
    "reopen": Sort(_on_the_ticket(tickets.reopen), ("ticket",), may="update ticket"),
    "snooze": Sort(_snooze, ("ticket", "for"), may="update ticket"),
    "spam": Sort(_on_the_ticket(tickets.mark_spam), ("ticket",), may="update ticket"),
    "unspam": Sort(_on_the_ticket(tickets.unmark_spam), ("ticket",), may="update ticket"),
    "trash": Sort(_on_the_ticket(tickets.trash), ("ticket",), may="update ticket"),
    "untrash": Sort(_on_the_ticket(tickets.untrash), ("ticket",), may="update ticket"),
    "delete": Sort(_on_the_ticket(tickets.delete), ("ticket",), may="delete"),
    "merge": Sort(_merge, ("ticket", "into"), may="merge"),
    "assign": Sort(_assign, ("ticket", "to"), may="update ticket"),
    "unassign": Sort(_on_the_ticket(tickets.unassign), ("ticket",), may="update ticket"),
    "assign_team": Sort(_assign_team, ("ticket", "team"), may="update ticket"),
    "unassign_team": Sort(_on_the_ticket(tickets.unassign_team), ("ticket",), may="update ticket"),
    "tag": Sort(_tag, ("ticket", "tags"), may="update ticket"),
    "untag": Sort(_untag, ("ticket", "tags"), may="update ticket"),
    "set_subject": Sort(_set_subject, ("ticket", "subject"), may="update ticket"),
    "set_priority": Sort(_set_priority, ("ticket", "priority"), may="update ticket"),
    "delete_tag": Sort(_delete_tag, ("tag",), may="manage tags"),
    "merge_tag": Sort(_merge_tag, ("tag", "into_tag"), may="manage tags"),
    "make_macro": Sort(_make_macro, ("new_macro",), _OF_A_MACRO, may="manage macros"),
    "edit_macro": Sort(_edit_macro, ("macro",), _OF_A_MACRO, may="manage macros"),
    "apply_macro": Sort(_apply_macro, ("macro", "ticket"), may="update ticket"),
    "make_rule": Sort(_make_rule, ("new_rule", "code"), ("on", "schedule"), may="manage rules"),
    "edit_rule": Sort(_edit_rule, ("rule", "code"), may="manage rules"),
    "switch_off": Sort(_on_the_rule(rules.deactivate), ("rule",), may="manage rules"),
    "switch_on": Sort(_on_the_rule(rules.reactivate), ("rule",), may="manage rules"),
    "make_team": Sort(_make_team, ("new_team", "members"), may="manage people"),
    "dissolve_team": Sort(_dissolve_team, ("team",), may="manage people"),
    "hire": Sort(_hire, ("new_person", "role"), may="manage people"),
    "dismiss": Sort(_dismiss, ("person",), may="manage people"),
    "wait": Sort(_wait, ("for",)),
}


def _customer(troupe: Troupe, name: str) -> Customer:
    """Whoever writes under this name; somebody new makes an event of their own."""
    email = f"{name.split()[0].lower()}@mail.example"
    return customers.find(troupe.account, email) or customers.meet(troupe.account, name=name, email=email)


def _as_customer(customer: Customer) -> Actor:
    return Actor("customer", customer.id, customer.display_name)


def _actions(given: Given) -> list[dict[str, Any]]:
    told: tuple[tuple[str, str, Callable[[Any], dict[str, Any]]], ...] = (
        ("answer", "setResponseText", lambda text: {"body_text": text}),
        ("tags", "addTags", lambda names: {"tags": ",".join(names)}),
        ("priority", "setPriority", lambda priority: {"priority": priority}),
        ("for", "snoozeTicket", lambda span: {"for": f"{span // timedelta(minutes=1)}m"}),
        ("close", "setStatus", lambda _: {"status": "closed"}),
    )
    return [{"name": name, "arguments": arguments(given[key])} for key, name, arguments in told if given.get(key)]


def _code(troupe: Troupe, code: str) -> str:
    """A rule's code; «Returns» stands for the number of the team of that name."""
    for name, number in troupe.props["team"].items():
        code = code.replace(f"«{name}»", str(number))
    return code
