"""What happens to a rule."""

from collections.abc import Mapping
from typing import Any

from audit.types import ALL, EventType, Nature, registry


def _how_it_went(data: Mapping[str, Any]) -> str:
    failed = [f"{each['name']}: {each['reason']}" for each in data.get("failed_actions") or ()]
    return f"Not done: {' '.join(failed)}" if failed else "All its actions were done"


RULE_CREATED = registry.declare(
    EventType(
        name="rule-created",
        label="Rule created",
        object="Rule",
        meaning="There is a new rule: from now on the desk does something by itself when its condition holds.",
        actors=frozenset({"user"}),
        by_hand="Go to Automation → Rules, press New rule and save it.",
        by_api='POST /api/rules {"name": "Tag refunds {word}", "event_types": "ticket-created", "code": "if'
        " (contains(message.body_text, 'refund')) { Action('addTags', {tags: 'refund'}) }\"}",
        claims={"Rule": ALL},
        look_alikes={
            "rule-suggestion-suggested": "The desk only proposes a rule; it does nothing until somebody takes it up.",
            "macro-created": "A macro waits for somebody to apply it; a rule acts by itself.",
        },
    )
)

RULE_UPDATED = registry.declare(
    EventType(
        name="rule-updated",
        label="Rule updated",
        object="Rule",
        meaning="A rule's name, condition, actions or place in the order changed, or a suggested rule was taken up.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Automation → Rules, open one, change it and save it.",
        by_api='PUT /api/rules/{id} {"name": "Tag refunds {word}"}',
        by_machine="The desk itself, together with rule-deactivated, after 10 failures in a row.",
        is_general=True,
        claims={"Rule": ALL},
        look_alikes={
            "rule-executed": "The rule ran; the rule itself did not change.",
            "rule-deactivated": "Follows when the change switched the rule off.",
            "rule-priority-updated": "Follows when the change moved the rule to another place in the order.",
        },
    )
)

RULE_DELETED = registry.declare(
    EventType(
        name="rule-deleted",
        label="Rule deleted",
        object="Rule",
        meaning="The rule was removed. What it did to tickets stays, and their rows still name it.",
        actors=frozenset({"user"}),
        by_hand="Go to Automation → Rules, open one and press Delete.",
        by_api="DELETE /api/rules/{id}",
        claims={"Rule": ALL},
        look_alikes={"rule-deactivated": "Only switched off, and can be switched on again."},
        always="A rule that is there can be deleted; what it did stays.",
    )
)

RULE_SUGGESTION_SUGGESTED = registry.declare(
    EventType(
        name="rule-suggestion-suggested",
        label="Rule suggestion created",
        object="Rule",
        meaning="The desk noticed that agents keep doing the same thing by hand and proposes a rule for it in a ticket."
        " The rule is a draft and does nothing yet.",
        actors=frozenset({"system"}),
        by_hand="",
        by_machine="The desk itself, when several agents do the same to tickets of the same kind.",
        claims={"Rule": ALL},
        look_alikes={
            "rule-created": "Somebody made a rule, and it acts from now on; a suggestion only asks.",
            "rule-updated": "Taking up the suggestion is a change of the draft.",
        },
        always="Nobody asks for it: the desk proposes, or it does not.",
    )
)

RULE_EXECUTED = registry.declare(
    EventType(
        name="rule-executed",
        label="Rule executed",
        object="Rule",
        meaning="A rule looked at a ticket, found its condition true and did its actions; the row names those that"
        " were refused. A rule whose condition did not hold writes nothing.",
        actors=frozenset({"rule"}),
        by_hand="",
        by_machine="An active rule whose event happens or whose time comes, and whose condition holds.",
        nature=Nature.FACT,
        tell_data=_how_it_went,
        look_alikes={
            "rule-updated": "The rule itself was edited, not run.",
            "macro-applied": "An agent, or a rule's action, applied a macro.",
        },
        in_drop_down=False,
    )
)

RULE_DEACTIVATED = registry.declare(
    EventType(
        name="rule-deactivated",
        label="Rule deactivated",
        object="Rule",
        meaning="The rule was switched off: it does nothing until it is switched on again.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Automation → Rules and switch the rule off.",
        by_api='PUT /api/rules/{id} {"deactivated_datetime": "{now}"}',
        by_machine="The desk itself, after 10 failures in a row.",
        nature=Nature.COMPANION,
        beside=frozenset({"rule-updated"}),
        companions=("rule-updated",),
        look_alikes={"rule-deleted": "Removed, and not only switched off."},
        in_drop_down=False,
    )
)

RULE_REACTIVATED = registry.declare(
    EventType(
        name="rule-reactivated",
        label="Rule reactivated",
        object="Rule",
        meaning="A rule that was switched off acts again.",
        actors=frozenset({"user"}),
        by_hand="Go to Automation → Rules and switch the rule on.",
        by_api='PUT /api/rules/{id} {"deactivated_datetime": null}',
        nature=Nature.COMPANION,
        beside=frozenset({"rule-updated"}),
        companions=("rule-updated",),
        look_alikes={"rule-created": "A new rule; this one was there before."},
        in_drop_down=False,
    )
)

RULE_PRIORITY_UPDATED = registry.declare(
    EventType(
        name="rule-priority-updated",
        label="Rule priority updated",
        object="Rule",
        meaning="The rule has another place in the order in which rules run; higher priority runs first.",
        actors=frozenset({"user"}),
        by_hand="Go to Automation → Rules and move the rule up or down.",
        by_api='POST /api/rules/priorities {"priorities": [{"id": {rule_id}, "priority": 90}]}',
        nature=Nature.COMPANION,
        beside=frozenset({"rule-updated"}),
        companions=("rule-updated",),
        look_alikes={
            "ticket-updated": "The priority of a ticket says how urgent it is; that of a rule only when it runs.",
        },
        in_drop_down=False,
    )
)
