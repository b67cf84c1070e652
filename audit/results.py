"""What the page shows for an address: the sentence, the rows, and where the list goes on at both ends."""

from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.orm import Session

from audit import counting, naming, queries, sweeping
from audit.around import Around, around_at_once
from audit.asking import Asked
from audit.db import db
from audit.directory import Directory
from audit.drawing import drawn
from audit.filters import NO_USER, Doer, Ground, Query, read_query, write_query
from audit.known import known
from audit.periods import ANY, Period, moment_words, span_of
from audit.queries import BadCursor, Cursor, Page, Total
from audit.sentences import sentence
from audit.when import by_its_clock

#: Newer events that one look may bring; more follow with the next.
NEWER: Final = 200


@dataclass(frozen=True)
class Results:
    """What stands under the form."""

    query: Query
    address: str  #: the filters, as `read_query` reads them
    complaints: tuple[str, ...] = ()
    sentence: str = ""
    rows: tuple[str, ...] = ()  #: each drawn, as markup
    older: str | None = None  #: the cursor with which the list goes on
    newest: int | None = None  #: the event after which newer ones begin; None where the period is over
    reason: str = ""  #: why a question can find nothing, where it contradicts itself
    any_time: str = ""  #: the filters without a period, where that may be asked and this one held nothing
    around: Around | None = None  #: what is told beside the list, where that did not have to be waited for
    searched_to: str = ""  #: how far back was looked, where looking further takes a click

    @property
    def lines(self) -> str:
        """The rows as one piece of markup."""
        return "".join(self.rows)


def ground_of(session: Session, directory: Directory, account_id: int, times: str = "") -> Ground:
    """What filters must know of an account; `times` names the zone in which times are wanted."""
    all_known, home = known(session, directory), zone_of(directory.time_zone(account_id))
    bare = Ground(
        now=directory.now(account_id),
        zone=home,
        longest=all_known.longest,
        people=all_known.everybody,
        formerly=all_known.people,
        left=all_known.left,
        head=all_known.upto,
        memory=all_known.memory,
        nearby=all_known.nearby if all_known.upto >= all_known.nearby.since else None,
        home=home,
    )
    ground = naming.knowing(bare, db.session)  # that of whoever asks by then: a page that follows asks again and again
    return by_its_clock({"times": [times]}, ground) if times else ground


def results_for(session: Session, directory: Directory, ground: Ground, asked: Asked, cursor: str = "") -> Results:
    """The newest events that an address asks for, or those that a cursor goes on with."""
    reading = read_query(asked, ground)
    query, address = reading.query, write_query(reading.query, ground)
    complaints, before = reading.complaints, None
    if cursor:
        try:
            before = queries.read_cursor(cursor, session.info["account_id"])
        except BadCursor as problem:
            complaints = (*complaints, str(problem))
    if complaints:
        return Results(query, address, complaints)
    page = _page(session, query, ground, before)
    is_live = before is None and span_of(query.period, ground.now, ground.zone).is_open(ground.now)
    is_whole = page.next is None and before is None
    around = around_at_once(session, query, ground) if page.rows and before is None else None
    return Results(
        query,
        address,
        sentence=_said(session, query, ground, around, len(page.rows) if is_whole else None),
        around=around,
        rows=tuple(drawn(session, directory, ground, page.rows)),
        older=_write(page.next, session),
        # The head was read first: what was written since is shown already, and not brought a second time.
        newest=max([ground.head, *(row.id for row in page.rows[:1])]) if is_live else None,
        reason=_reason(query),
        any_time="" if page.rows else _at_any_time(query, ground),
        searched_to=_moment(page, ground),
    )


def older_for(session: Session, directory: Directory, ground: Ground, asked: Asked, cursor: str) -> Results:
    """Only the rows with which the list goes on."""
    reading = read_query(asked, ground)
    address = write_query(reading.query, ground)
    if reading.complaints:
        return Results(reading.query, address, reading.complaints)
    try:
        before = queries.read_cursor(cursor, session.info["account_id"])
    except BadCursor as problem:
        return Results(reading.query, address, (str(problem),))
    page = _page(session, reading.query, ground, before)
    shown = tuple(drawn(session, directory, ground, page.rows))
    older, searched_to = _write(page.next, session), _moment(page, ground)
    return Results(reading.query, address, rows=shown, older=older, searched_to=searched_to)


def newer_for(session: Session, directory: Directory, ground: Ground, asked: Asked, after: int) -> Results:
    """What has happened since, for the top of the list."""
    reading = read_query(asked, ground)
    query, address = reading.query, write_query(reading.query, ground)
    if reading.complaints:
        return Results(query, address, reading.complaints)
    head = queries.newest_id(session)
    try:
        page = queries.newer(session, query, ground, after=after, size=NEWER)
    except BadCursor as problem:
        return Results(query, address, (str(problem),))
    # If there was more than one look may bring, the next look begins where this one ended.
    newest = page.next.id if page.next else max([head, *(row.id for row in page.rows[:1])])
    return Results(
        query,
        address,
        # Counted as beside the list, and only where there are more than were told.
        sentence=sentence(query, ground, counting.total(session, query, ground)) if page.rows else "",
        rows=tuple(drawn(session, directory, ground, page.rows)),
        newest=newest,
    )


def _said(session: Session, query: Query, ground: Ground, around: Around | None, shown: int | None) -> str:
    """The sentence; without a number where it takes long to count: that comes after the list (see `audit.beside`)."""
    if around is not None:
        return around.sentence
    if shown is not None:
        return sentence(query, ground, Total(shown))
    return sentence(query, ground, None if queries.is_swept(query) else queries.total(session, query, ground))


def _reason(query: Query) -> str:
    by_hand = bool(query.members) and NO_USER not in query.members
    if by_hand and (query.set_off_by or (query.doers and Doer("user") not in query.doers)):
        return (
            "What macros, rules, timers and customers do is written as No user, so none of it is by a team member."
            " For what somebody set off with a macro, choose them under “Set off by” alone."
        )
    return ""


def _at_any_time(query: Query, ground: Ground) -> str:
    is_bound = query.is_exempt and query.period.name != ANY
    return write_query(replace(query, period=Period(ANY)), ground) if is_bound else ""


def _page(session: Session, query: Query, ground: Ground, before: Cursor | None) -> Page:
    look = sweeping.sweep if queries.is_swept(query) else queries.page
    return look(session, query, ground, before=before)


def _moment(page: Page, ground: Ground) -> str:
    return moment_words(page.searched_to.astimezone(ground.zone), ground.now) if page.searched_to else ""


def _write(cursor: Cursor | None, session: Session) -> str | None:
    return cursor.write(session.info["account_id"]) if cursor is not None else None


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name, or UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
