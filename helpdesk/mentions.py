"""Where the account's macros, rules and views name something: a tag by its name, a team member or team by number."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.folding import fold
from helpdesk.language import Mistake, parse_filter, parse_rule
from helpdesk.language.trees import Tree, calls, path_of
from helpdesk.models import Integration, Macro, Rule, Tag, Team, User, View
from helpdesk.sessions import session_of

_TAG_ACTIONS: Final = ("addTags", "removeTags", "setTags")


def views_on_tag(tag: Tag) -> list[View]:
    """The views whose filter asks for a tag, those that are switched off left out."""
    session, found = session_of(tag), _views_that_say("tags", tag)
    asked = {view.id: _asked(_read(view)) for view in found}
    meant = _meant(session, tag, set().union(*asked.values()))
    return [view for view in found if asked[view.id] & meant]


def views_on_integration(integration: Integration) -> list[View]:
    """The views whose filter asks for messages by an integration, those that are switched off left out."""
    found = _views_that_say("integrations", integration)
    return [view for view in found if str(integration.id) in _numbers_of(_read(view), "ticket.integrations.id")]


def _views_that_say(word: str, about: Tag | Integration) -> Sequence[View]:
    """People's own views that are on and whose filter holds a word."""
    return (
        session_of(about)
        .scalars(
            select(View)
            .where(
                View.account_id == about.account_id,
                View.deactivated_datetime.is_(None),
                View.category == "user",
                View.filters.contains(word, autoescape=True),
            )
            .order_by(View.id)
        )
        .all()
    )


def macros_with_tag(tag: Tag) -> list[Macro]:
    """The macros that put a tag on tickets or take it off, archived ones, too: they can be brought back."""
    found = session_of(tag).scalars(select(Macro).where(Macro.account_id == tag.account_id).order_by(Macro.name))
    return [macro for macro in found if any(tag.name in _tags_of(action) for action in macro.actions)]


def rules_with_tag(tag: Tag) -> list[Rule]:
    """The rules that ask for a tag, put it on tickets or take it off; what is only proposed holds nothing up."""
    mine = Rule.account_id == tag.account_id, Rule.is_draft.is_(False)
    found = session_of(tag).scalars(select(Rule).where(*mine).order_by(Rule.name))
    return [rule for rule in found if tag.name in _asked(tree := _read(rule)) | _done(tree)]


def rules_that_call(integration: Integration) -> list[Rule]:
    """The rules that call an integration, those that are switched off, too; what is only proposed holds nothing up."""
    mine = Rule.account_id == integration.account_id, Rule.is_draft.is_(False)
    found = session_of(integration).scalars(select(Rule).where(*mine).order_by(Rule.name))
    return [rule for rule in found if str(integration.id) in _called(_read(rule))]


def macros_that_assign(session: Session, holder: User | Team) -> list[Macro]:
    """The macros that give tickets to a team member or team."""
    name = "assignee_user" if isinstance(holder, User) else "assignee_team"
    found = session.scalars(select(Macro).where(Macro.account_id == holder.account_id).order_by(Macro.name))
    return [macro for macro in found if any(_number(action, name) == holder.id for action in macro.actions)]


def _meant(session: Session, tag: Tag, names: set[str]) -> set[str]:
    # A filter looks at names whatever their capitals; it means this tag unless another one is written just so.
    alike = {name for name in names if fold(name) == fold(tag.name)} - {tag.name}
    others = select(Tag.name).where(Tag.account_id == tag.account_id, Tag.name.in_(alike))
    return {tag.name} | (alike - set(session.scalars(others)) if alike else set())


def _read(code: View | Rule) -> Tree | None:
    try:
        return parse_filter(code.filters) if isinstance(code, View) else parse_rule(code.code)
    except Mistake:  # shows and does nothing, whatever it names
        return None


def _asked(tree: Tree | None) -> set[str]:
    """The tags that tests ask for: `containsAny(ticket.tags.name, ['refund', 'vip'])`."""
    found = set()
    for call in calls(tree):
        if any(path_of(argument) in ("ticket.tags", "ticket.tags.name") for argument in call["arguments"]):
            found |= {text for argument in call["arguments"] for text in _texts(argument)}
    return found


def _numbers_of(tree: Tree | None, path: str) -> set[str]:
    """The numbers that a field is compared with: `eq(ticket.integrations.id, 8)`."""
    asked = (call["arguments"] for call in calls(tree) if path_of(call["arguments"][0]) == path)
    given = (each for _, *values in asked for value in values for each in value.get("elements", [value]))
    return {str(each.get("value")) for each in given}


def _done(tree: Tree | None) -> set[str]:
    """The tags that actions put on or take off: `Action('addTags', {tags: 'refund,vip'})`."""
    texts = (
        text
        for call in calls(tree)
        if path_of(call["callee"]) == "Action" and set(_texts(call["arguments"][:1])) & set(_TAG_ACTIONS)
        for text in _texts(call["arguments"][1:])
    )
    return {name for text in texts for name in _names(text)}


def _called(tree: Tree | None) -> set[str]:
    """The integrations that actions call: `Action('httpRequest', {integration_id: 8})`."""
    return {
        str(given["value"].get("value"))
        for call in calls(tree)
        if path_of(call["callee"]) == "Action"
        for argument in call["arguments"][1:]
        for given in argument.get("properties", ())
        if "integration_id" in (given["key"].get("name"), given["key"].get("value"))
    }


def _texts(node: Any) -> Iterator[str]:
    """Every text in a part of a tree."""
    if isinstance(node, list):
        for part in node:
            yield from _texts(part)
    elif isinstance(node, dict):
        if node.get("type") == "Literal" and isinstance(node["value"], str):
            yield node["value"]
        for name in ("elements", "properties", "value"):
            yield from _texts(node.get(name))


def _tags_of(action: dict[str, Any]) -> set[str]:
    if action.get("name") not in _TAG_ACTIONS:
        return set()
    given = (action.get("arguments") or {}).get("tags") or ""
    return set(_names(given)) if isinstance(given, str) else {str(name) for name in given}


def _names(text: str) -> list[str]:
    return [" ".join(name.split()) for name in text.split(",")]


def _number(action: dict[str, Any], name: str) -> int | None:
    who = (action.get("arguments") or {}).get(name)
    return who.get("id") if isinstance(who, dict) else None
