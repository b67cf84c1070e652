"""For every event type a scene that really causes it: what must stand, what is done, the exact sequence it writes."""

from seeds.scenes import (
    account,
    bulk,
    configuration,
    connections,
    invitations,
    leaving,
    macros,
    messages,
    people,
    surveys,
    tickets,
    views,
)
from seeds.scenes.kinds import Line, Quiet, Scenario, all_quiet, all_scenarios, covered_types

#: The modules whose scenes are entered; each is a noun of the desk.
CHAPTERS = (
    account,
    bulk,
    configuration,
    connections,
    invitations,
    leaving,
    macros,
    messages,
    people,
    surveys,
    tickets,
    views,
)

__all__ = ["CHAPTERS", "Line", "Quiet", "Scenario", "all_quiet", "all_scenarios", "covered_types"]
