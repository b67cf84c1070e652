"""What happens to a team."""

from audit.types import ALL, EventType, registry

_WHOLE = {"Team": ALL, "TeamMember": ALL}

TEAM_CREATED = registry.declare(
    EventType(
        name="team-created",
        label="Team created",
        object="Team",
        meaning="There is a new team to which tickets can be given.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Users & teams → Teams, press New team, name it and press Create team.",
        by_api='POST /api/teams {"name": "Wholesale"}',
        claims=_WHOLE,
        look_alikes={"user-created": "A person joined the account; a team is a group of such people."},
    )
)

TEAM_UPDATED = registry.declare(
    EventType(
        name="team-updated",
        label="Team updated",
        object="Team",
        meaning="The team's name or description changed, or somebody joined or left it.",
        actors=frozenset({"user", "system"}),
        by_hand="Go to Settings → Users & teams → Teams, open one, change its name or members and press Save.",
        by_api='PUT /api/teams/{id} {"description": "Orders of fifty and more"}',
        by_machine="The deletion of a team member, for each team they were in.",
        is_general=True,
        claims=_WHOLE,
        look_alikes={
            "ticket-team-assigned": "A ticket was given to the team; the team itself did not change.",
            "user-updated": "A person's name or role changed; who is in which team is the team's matter.",
        },
        choice="Our choice: when a team member is deleted, each of their teams says so itself, by No user, in the"
        " chain of the deletion.",
    )
)

TEAM_DELETED = registry.declare(
    EventType(
        name="team-deleted",
        label="Team deleted",
        object="Team",
        meaning="The team was dissolved. Its members stay, and its tickets have no team now.",
        actors=frozenset({"user"}),
        by_hand="Go to Settings → Users & teams → Teams, open one and press Delete.",
        by_api="DELETE /api/teams/{id}",
        claims=_WHOLE,
        look_alikes={
            "user-deleted": "A person left the account; a dissolved team's people stay.",
            "ticket-team-unassigned": "A ticket lost its team; the team itself may live on.",
        },
        always="A team that is there can be dissolved; its tickets stay.",
    )
)
