"""What happens to a widget."""

from audit.types import ALL, EventType, registry

WIDGET_CREATED = registry.declare(
    EventType(
        name="widget-created",
        label="Widget created",
        object="Widget",
        meaning="There is a new widget: a card beside the ticket that shows, say, the customer's orders.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Widgets, press New widget, choose what it shows and press Create widget.",
        by_api='POST /api/widgets {"type": "standalone", "context": "ticket", "template": {"type":'
        ' "wrapper", "widgets": [{"type": "text", "path": "customer.email", "title": "Address"}]}}',
        claims={"Widget": ALL},
        look_alikes={
            "integration-created": "The connection from which a card takes its data.",
        },
    )
)

WIDGET_UPDATED = registry.declare(
    EventType(
        name="widget-updated",
        label="Widget updated",
        object="Widget",
        meaning="A widget's content changed, or its place among the cards.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Widgets, open one, change it and save it, or move it up or down: each card that gets"
        " another place has an event of its own.",
        by_api='PUT /api/widgets/{id} {"type": "standalone", "context": "ticket", "template": {"type":'
        ' "wrapper", "widgets": [{"type": "text", "path": "customer.note", "title": "Note"}]}}',
        is_general=True,
        claims={"Widget": ALL},
        look_alikes={
            "customer-updated": "What the card shows of the customer changed; the card is as before.",
        },
    )
)

WIDGET_DELETED = registry.declare(
    EventType(
        name="widget-deleted",
        label="Widget deleted",
        object="Widget",
        meaning="The widget was removed from beside the tickets. The data it showed is where it was.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Widgets, open one and press Delete.",
        by_api="DELETE /api/widgets/{id}",
        claims={"Widget": ALL},
        look_alikes={"integration-deleted": "The connection was removed, and not only a card that shows its data."},
        always="A widget that is there can be deleted; nothing depends on it.",
    )
)
