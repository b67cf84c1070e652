"""What happens to a view."""

from audit.types import ALL, EventType, registry

VIEW_CREATED = registry.declare(
    EventType(
        name="view-created",
        label="View created",
        object="View",
        meaning="There is a new view: a saved list of tickets by filter and order, for one person, some, or all.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Views, press New view and save it.",
        by_api='POST /api/views {"name": "Urgent", "slug": "urgent", "type": "ticket-list", "filters":'
        " \"eq(ticket.priority, 'high')\"}",
        claims={"View": ALL},
        look_alikes={
            "account-setting-created": "A saved search of the audit log is a setting of the account, no view.",
            "widget-created": "A card beside a ticket; a view is a list of tickets.",
        },
    )
)

VIEW_UPDATED = registry.declare(
    EventType(
        name="view-updated",
        label="View updated",
        object="View",
        meaning="A view's name, filter, order or columns changed, or who may see it. The tickets in it are as before.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Views, open one, change it and save it; or move one up or down, or switch it off.",
        by_api='PUT /api/views/{id} {"name": "Urgent first"}',
        by_machine="The deletion of a tag or integration that a view's filter names: the view is switched off; the"
        " deletion of a team member or team with whom it was shared.",
        is_general=True,
        claims={"View": ALL},
        look_alikes={
            "ticket-updated": "A ticket changed, and may have moved to another view by that; the view is as before.",
        },
    )
)

VIEW_DELETED = registry.declare(
    EventType(
        name="view-deleted",
        label="View deleted",
        object="View",
        meaning="The view was removed. The tickets that it showed are all still there.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Views, open one of your own and press Delete.",
        by_api="DELETE /api/views/{id}",
        by_machine="The deletion of a team member, for the views that only they saw.",
        claims={"View": ALL},
        look_alikes={"ticket-deleted": "A ticket is gone; deleting a view takes no ticket with it."},
        always="A view that somebody made can be deleted by whoever may; the desk's own views offer no Delete.",
    )
)
