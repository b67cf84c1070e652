"""Rules by API: listed, made, changed, put in order, switched off and on, deleted."""

from datetime import datetime
from typing import Any, Final, Literal

from flask import g
from pydantic import Field
from sqlalchemy import select

from audit.db import db
from audit.rest.calls import Resource
from audit.rest.echoes import Moving
from audit.rest.paging import Page, both_ways, paged
from audit.rest.shapes import Body, Id, Moment, Paged, Shown
from helpdesk import rules
from helpdesk.api.acting import account, acting, found, held, me
from helpdesk.models import Rule

resource = Resource(
    "rules", "Rules", noun="rule", scope="rules", about="What the desk does by itself. A higher priority runs first."
)

#: What sets a rule off that does not say so: a rule that nothing sets off would be none.
USUAL_TRIGGERS: Final = ("ticket-created", "ticket-updated")
ORDERS: Final = both_ways("created_datetime", Rule.created_datetime, datetime)


class RuleQuery(Paged):
    """Which rules."""

    limit: int = Field(100, ge=1, le=100, description="How many at most.")
    order_by: Literal["created_datetime:desc", "created_datetime:asc"] = "created_datetime:desc"


class RuleChange(Body):
    """What to change. `code_ast` follows from the code, and is only looked at."""

    name: str = Field("", min_length=1, max_length=rules.LONGEST_NAME)
    code: str = Field("", max_length=50_000)
    code_ast: dict[str, Any] | None = None
    description: str | None = Field(None, max_length=rules.LONGEST_DESCRIPTION)
    event_types: str | None = Field(
        None,
        max_length=500,
        description="Comma-separated; of a new rule that does not say so, `ticket-created,ticket-updated`.",
    )
    priority: int = Field(0, ge=-rules.HIGHEST_PRIORITY, le=rules.HIGHEST_PRIORITY, strict=True)
    deactivated_datetime: Moment | None = None


class NewRule(RuleChange):
    """A rule to make."""

    name: str = Field(min_length=1, max_length=rules.LONGEST_NAME)
    code: str = Field(max_length=50_000)


class Priority(Body):
    """A rule's place."""

    id: Id
    priority: int = Field(ge=-rules.HIGHEST_PRIORITY, le=rules.HIGHEST_PRIORITY, strict=True)


class Priorities(Body):
    """The places of some rules."""

    priorities: list[Priority] = Field(min_length=1, max_length=rules.MOST_RULES)


class RuleShown(Shown):
    """A rule."""

    id: int
    uri: str
    name: str
    description: str | None
    code: str
    code_ast: dict[str, Any] | None
    event_types: str | None
    priority: int
    type: str
    created_datetime: Moment
    updated_datetime: Moving[Moment | None]
    deactivated_datetime: Moment | None


@resource.call("GET /rules", needs="read", query=RuleQuery, gives=RuleShown)
def index(asked: RuleQuery) -> Page:
    """List the rules, the newest first."""
    statement = select(Rule).where(Rule.is_draft.is_(False))
    page = paged(db.session(), statement, ORDERS[asked.order_by], Rule.id, asked)
    return page.map(lambda rows: [shown(row) for row in rows])


@resource.call(
    "POST /rules", needs="manage rules", body=NewRule, gives=RuleShown, writes=("rule-created",),
    sample={
        "name": "Late parcels",
        "event_types": "ticket-created",
        "code": "if (containsAny(message.body_text, ['late'])) { Action('addTags', {tags: 'late'}) }",
    },
)  # fmt: skip
def create(body: NewRule) -> RuleShown:
    """Make a rule; it acts on what happens from now on."""
    with acting() as session:
        triggers = _triggers(body.event_types) or USUAL_TRIGGERS
        shape = rules.Shape(name=body.name, code=body.code, description=body.description, event_types=triggers)
        rule = rules.create(account(session), shape, priority=body.priority, by=me())
        if body.deactivated_datetime is not None:
            rules.deactivate(rule, by=me())
        number = rule.id
    return show(number)


@resource.call("GET /rules/<number:rule_id>", needs="read", gives=RuleShown)
def show(rule_id: int) -> RuleShown:
    """Show one rule."""
    return shown(found(db.session(), Rule, rule_id))


@resource.call(
    "PUT /rules/<number:rule_id>", needs="manage rules", body=RuleChange, gives=RuleShown, writes=("rule-updated",),
    sample={"description": "For those who wait"},
)  # fmt: skip
def update(rule_id: int, body: RuleChange) -> RuleShown:
    """Change a rule, or switch it off (`deactivated_datetime`) and on again (null)."""
    with acting() as session:
        rule = held(session, Rule, rule_id)
        before = rules.shape_of(rule)
        shape = rules.Shape(
            name=body.name if body.was_sent("name") else before.name,
            code=body.code if body.was_sent("code") else before.code,
            description=body.description if body.was_sent("description") else before.description,
            event_types=_triggers(body.event_types) if body.was_sent("event_types") else before.event_types,
            schedule=before.schedule,
        )
        rules.update(rule, shape, by=me())
        if body.was_sent("priority"):
            rules.set_priorities(account(session), {rule.id: body.priority}, by=me())
        if body.was_sent("deactivated_datetime"):
            (rules.reactivate if body.deactivated_datetime is None else rules.deactivate)(rule, by=me())
    return show(rule_id)


@resource.call("DELETE /rules/<number:rule_id>", needs="manage rules", writes=("rule-deleted",))
def delete(rule_id: int) -> None:
    """Delete a rule; what it did stays."""
    with acting() as session:
        rules.delete(held(session, Rule, rule_id), by=me())


@resource.call(
    "POST /rules/priorities", needs="manage rules", body=Priorities, gives=list[RuleShown], status=200,
    writes=("rule-updated", "rule-priority-updated"), sample={"priorities": [{"id": "$RULE_ID", "priority": 7}]},
)  # fmt: skip
def set_priorities(body: Priorities) -> list[RuleShown]:
    """Put rules in order; the answer is a bare list of all of them."""
    with acting() as session:
        rules.set_priorities(account(session), {each.id: each.priority for each in body.priorities}, by=me())
    session = db.session()
    return [shown(rule) for rule in rules.in_order(session, g.account.id) if not rule.is_draft]


def shown(row: Rule) -> RuleShown:
    """A rule."""
    return RuleShown(
        id=row.id,
        uri=f"/api/rules/{row.id}/",
        name=row.name,
        description=row.description,
        code=row.code,
        code_ast=row.code_ast,
        event_types=row.event_types,
        priority=row.priority,
        type="user",
        created_datetime=row.created_datetime,
        updated_datetime=row.updated_datetime,
        deactivated_datetime=row.deactivated_datetime,
    )


def _triggers(given: str | None) -> tuple[str, ...]:
    return tuple(filter(None, (word.strip() for word in (given or "").split(","))))
