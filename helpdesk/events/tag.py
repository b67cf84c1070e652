"""What happens to a tag."""

from audit.types import ALL, EventType, Nature, registry

TAG_CREATED = registry.declare(
    EventType(
        name="tag-created",
        label="Tag created",
        object="Tag",
        meaning="The account has a new tag: somebody made it, or an unknown word was put on a ticket for the first"
        " time.",
        actors=frozenset({"user", "rule", "macro"}),
        by_hand="Go to Settings → Tags and press New tag; or type a new word into Add a tag on a ticket.",
        by_api='POST /api/tags {"name": "refund-{word}"}; POST /api/tickets/{ticket_id}/tags {"names":'
        ' ["refund-{word}"]}',
        by_machine="A rule or macro with the action addTags or setTags with a word that is no tag yet.",
        claims={"Tag": ALL},
        look_alikes={
            "ticket-tags-added": "A tag was put on a ticket; it may have existed for years.",
        },
    )
)

TAG_UPDATED = registry.declare(
    EventType(
        name="tag-updated",
        label="Tag updated",
        object="Tag",
        meaning="A tag's name, description or colour changed. The tickets that bear it are not touched.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Tags, open one, change it and save it.",
        by_api='PUT /api/tags/{id} {"description": "Money back"}',
        is_general=True,
        claims={"Tag": ALL},
        look_alikes={
            "tag-renamed": "Follows when the change was one of the name.",
            "ticket-tags-added": "A ticket got the tag; the tag itself is as before.",
        },
        in_drop_down=False,
    )
)

TAG_RENAMED = registry.declare(
    EventType(
        name="tag-renamed",
        label="Tag renamed",
        object="Tag",
        meaning="The tag has another name. It shows under the new name on every ticket that bears it.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Tags, open one, change its name and save it.",
        by_api='PUT /api/tags/{id} {"name": "money-back-{word}"}',
        nature=Nature.COMPANION,
        beside=frozenset({"tag-updated"}),
        companions=("tag-updated",),
        look_alikes={
            "tag-merged": "Two tags became one; a renamed tag is still the same one.",
            "tag-updated": "Comes before it, and alone when only description or colour changed.",
        },
        in_drop_down=False,
    )
)

TAG_DELETED = registry.declare(
    EventType(
        name="tag-deleted",
        label="Tag deleted",
        object="Tag",
        meaning="The tag was removed from the account, and so from every ticket that bore it.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Tags, open one and press Delete.",
        by_api='DELETE /api/tags/{id}; DELETE /api/tags {"ids": [{tag_id}]}',
        claims={"Tag": ALL},
        look_alikes={
            "ticket-tags-removed": "The tag was taken off one ticket and still exists, unless a tag-deleted stands in"
            " the same chain.",
            "tag-merged": "The tag is gone, too, but its tickets have the other tag instead.",
        },
    )
)

TAG_MERGED = registry.declare(
    EventType(
        name="tag-merged",
        label="Tag merged",
        object="Tag",
        meaning="This tag was taken into another one and is gone; its tickets bear the other tag now. The row stands on"
        " the tag that went.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Tags, open the tag to keep, press Merge and choose the others.",
        by_api='PUT /api/tags/{tag_id}/merge {"source_tags_ids": [{other_tag_id}]}',
        claims={"Tag": ALL},
        look_alikes={
            "tag-deleted": "Gone without a successor: the tickets simply lose the tag.",
            "customer-merged": "Stands on the customer that lives on; tag-merged on the tag that went.",
        },
    )
)
