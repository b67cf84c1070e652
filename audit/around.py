"""What stands around the list: the exact total as a sentence, when it all happened, how many there are of each type."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from audit import counting
from audit.counting import Counts
from audit.drawing import bars_drawn
from audit.facets import Facet
from audit.histogram import Histogram, histogram_of
from audit.question import Ground, Query
from audit.sentences import sentence


@dataclass(frozen=True)
class Around:
    """All that is told beside the list of how much there is."""

    upto: int  #: from before counting: the stream may tell of more meanwhile, and then knows better
    histogram: Histogram | None
    bars: str  #: drawn, as markup
    sentence: str
    types: Facet
    are_others_told: bool  #: where types were chosen, only an index tells how many there are of the others


def around_of(session: Session, query: Query, ground: Ground) -> Around:
    """What was counted by now, or in the time there is."""
    return _around(session, query, ground, counting.count(session, query, ground))


def around_at_once(session: Session, query: Query, ground: Ground) -> Around | None:
    """The same where nearly all of it is remembered, so that it can come with the list; else it comes after it."""
    counts = counting.count_at_once(session, query, ground)
    return _around(session, query, ground, counts) if counts is not None else None


def _around(session: Session, query: Query, ground: Ground, counts: Counts) -> Around:
    histogram = histogram_of(counts, ground)
    return Around(
        upto=ground.head,
        histogram=histogram,
        bars=bars_drawn(histogram.bars) if histogram is not None else "",
        sentence=sentence(query, ground, counting.total_of(session, query, ground, counts)),
        types=Facet(counts.types, is_whole=counts.counted_to is None),
        are_others_told=counting.is_covered(query) or not (query.types or query.not_types),
    )
