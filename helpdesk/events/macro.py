"""What happens to a macro."""

from audit.types import ALL, EventType, Nature, registry

MACRO_CREATED = registry.declare(
    EventType(
        name="macro-created",
        label="Macro created",
        object="Macro",
        meaning="There is a new macro: a set of actions, often with a ready answer, that an agent applies with one"
        " click.",
        actors=frozenset({"user"}),
        by_hand="Go to Automation → Macros, press New macro and save it.",
        by_api='POST /api/macros {"name": "Late parcel {word}", "actions": [{"name": "addTags", "title":'
        ' "Add tags", "type": "user", "arguments": {"tags": "late-parcel"}}]}',
        claims={"Macro": ALL},
        look_alikes={
            "rule-created": "A rule acts by itself; a macro waits for somebody to apply it.",
        },
    )
)

MACRO_UPDATED = registry.declare(
    EventType(
        name="macro-updated",
        label="Macro updated",
        object="Macro",
        meaning="A macro's name or actions changed, or it was archived or brought back. Tickets to which it was applied"
        " before stay as they are.",
        actors=frozenset({"user"}),
        by_hand="Go to Automation → Macros, open one, change it and save it, or press Archive.",
        by_api='PUT /api/macros/{id} {"name": "Late parcel {word}"}; PUT /api/macros/archive {"ids":'
        ' [{macro_id}]}; PUT /api/macros/unarchive {"ids": [{macro_id}]}',
        is_general=True,
        claims={"Macro": ALL},
        look_alikes={
            "macro-applied": "The macro was used on a ticket; the macro itself did not change.",
        },
    )
)

MACRO_DELETED = registry.declare(
    EventType(
        name="macro-deleted",
        label="Macro deleted",
        object="Macro",
        meaning="The macro was removed. What it did to tickets stays.",
        actors=frozenset({"user"}),
        by_hand="Go to Automation → Macros, open one and press Delete.",
        by_api="DELETE /api/macros/{id}",
        claims={"Macro": ALL},
        look_alikes={
            "macro-updated": "An archived macro is only put away and can be brought back; that is an update.",
        },
    )
)

MACRO_APPLIED = registry.declare(
    EventType(
        name="macro-applied",
        label="Macro applied",
        object="Macro",
        meaning="A macro did its actions on a ticket. What they changed stands in the ticket's own events, in the same"
        " chain.",
        actors=frozenset({"macro"}),
        by_hand="Open a ticket, type / at the beginning of a line, choose a macro, and send the reply or press Apply"
        " without sending; or choose tickets in the list and apply it to all of them.",
        by_api='POST /api/jobs {"type": "applyMacro", "params": {"macro_id": {macro_id}, "ticket_ids": [{ticket_id}]}}',
        by_machine="A rule with the action applyMacro.",
        nature=Nature.FACT,
        look_alikes={
            "rule-executed": "A rule acted by itself; a macro is applied by an agent or by a rule.",
            "macro-updated": "The macro itself was edited, not used.",
        },
        in_drop_down=False,
        choice="Our choice: what a macro does is done by No user, also when an agent applied it; the row names the"
        " macro and the agent.",
    )
)
