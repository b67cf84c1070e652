"""What happens to a customer."""

from audit.types import ALL, EventType, Nature, registry

_WHOLE = {"Customer": ALL, "CustomerChannel": ALL, "CustomerFieldValue": ALL}

CUSTOMER_CREATED = registry.declare(
    EventType(
        name="customer-created",
        label="Customer created",
        object="Customer",
        meaning="The desk knows a new customer: somebody entered them, or a message came from an unknown address.",
        actors=frozenset({"user", "customer", "integration", "system"}),
        by_hand="Go to Customers, press New customer and save the profile.",
        by_api='POST /api/customers {"name": "Dora Ek", "email": "dora-{word}@mail.example"}',
        by_machine="A mail or chat message from an unknown address; a connected system; the welcome ticket of a new"
        " account; the first time a customer is deleted, whose tickets pass to a customer made for that, “Deleted"
        " customer”.",
        claims=_WHOLE,
        look_alikes={
            "user-created": "A team member, who answers; a customer is somebody who asks.",
            "ticket-customer-updated": "A ticket was given to another customer, who was known already.",
        },
    )
)

CUSTOMER_UPDATED = registry.declare(
    EventType(
        name="customer-updated",
        label="Customer updated",
        object="Customer",
        meaning="The customer's profile was edited: name, addresses, note or the like.",
        actors=frozenset({"user", "customer"}),
        by_hand="Open a customer, press Edit, change the profile and save it.",
        by_api='PUT /api/customers/{id} {"note": "Likes blue."}; PUT /api/customers/{id}/data {"data":'
        ' {"loyalty": "gold"}}',
        by_machine="A message that tells the desk a name or address it did not know of this customer.",
        is_general=True,
        claims=_WHOLE,
        look_alikes={
            "ticket-customer-updated": "A ticket passed to another customer; no profile changed.",
            "user-updated": "A team member's profile changed, not a customer's.",
            "customer-merged": "The profile changed because another one was taken into it.",
        },
    )
)

CUSTOMER_MERGED = registry.declare(
    EventType(
        name="customer-merged",
        label="Customer merged",
        object="Customer",
        meaning="This customer took in another profile of the same person, with its addresses and tickets. The other"
        " profile was deleted just before; the row names its number.",
        actors=frozenset({"user"}),
        by_hand="Open the customer to keep, press Merge and choose the other one.",
        by_api="PUT /api/customers/merge?source_id={other_customer_id}&target_id={customer_id} {}",
        # A target that had everything already changes in nothing, and the deletion beside which this stands is of
        # another customer, where `beside` doesn't look. Hence a companion that may claim and names no partner.
        nature=Nature.COMPANION,
        claims={**_WHOLE, "SatisfactionSurvey": frozenset({"customer_id"})},  # recorded along
        companions=("customer-deleted",),
        look_alikes={
            "ticket-merged": "Two tickets became one; here two customers did.",
            "customer-deleted": "Stands on the profile that went; customer-merged on the one that lives on.",
        },
    )
)

CUSTOMER_DELETED = registry.declare(
    EventType(
        name="customer-deleted",
        label="Customer deleted",
        object="Customer",
        meaning="The customer's profile was removed. Their tickets stay and pass to another profile: the one they were"
        " merged into, or the account's “Deleted customer”.",
        actors=frozenset({"user"}),
        by_hand="Open a customer and press Delete.",
        by_api='DELETE /api/customers/{id}; DELETE /api/customers {"ids": [{customer_id}]}',
        claims=_WHOLE,
        side="death",  # addresses that move to another profile are for customer-merged to claim
        look_alikes={
            "customer-merged": "If another customer says this right after, the profile was merged and not lost.",
            "ticket-deleted": "A ticket is gone; a deleted customer's tickets are not.",
        },
    )
)
