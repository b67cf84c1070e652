"""How much of a question is whose agrees with a slow look, and stops where it must, saying how far it came."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from audit import sweeping
from audit.facets import facets
from audit.filters import NO_USER, Doer, Query, Target, matches
from audit.periods import ANY, Period
from tests.audit.logs import LAST_WEEK, NOW, Made, ground_now, write_log
from tests.audit.test_queries import CHAIN, everything, random_log
from tests.desks import Desk

QUESTIONS = [
    Query(LAST_WEEK),
    Query(LAST_WEEK, types=("ticket-closed", "tag-created")),
    Query(LAST_WEEK, members=(NO_USER, 3)),
    Query(LAST_WEEK, members=(3,), doers=(Doer("user"), Doer("rule", 7))),
    Query(LAST_WEEK, doers=(Doer("macro"),), set_off_by=(3,)),
    Query(LAST_WEEK, sources=("web", "cli"), api_only=True),
    Query(LAST_WEEK, texts=("teapot",), members=(NO_USER,)),
    Query(Period(ANY), target=Target("Tag", 7), doers=(Doer("rule"),)),
    Query(Period(ANY), context=CHAIN, sources=("web",), api_only=True),
]


@pytest.mark.parametrize("query", QUESTIONS)
def test_facets_are_those_of_a_slow_look_as_if_nothing_of_their_kind_were_chosen(victim: Desk, query: Query) -> None:
    write_log(victim.session, victim.account_id, random_log(6, 300))
    ground = ground_now(victim.session, victim.account_id)
    log = everything(victim.session, victim.account_id)

    def without(field: str) -> Iterable[Any]:
        nothing: dict[str, Any] = {field: ()}
        return filter(matches(replace(query, **nothing), ground), log)

    found = facets(victim.session, query, ground, seconds=60)
    assert +found.members.numbers == Counter(row.user_id or NO_USER for row in without("members"))
    assert +found.kinds.numbers == Counter(row.actor_kind for row in without("doers"))
    set_off = Counter(row.initiator_id for row in without("set_off_by") if row.initiator_id)
    assert Counter({one: times for one, times in (+found.set_off_by.numbers).items() if one}) == set_off
    assert +found.sources.numbers == Counter(row.source for row in without("sources"))
    assert all(facet.is_whole for facet in (found.members, found.kinds, found.set_off_by, found.sources))


def test_what_acted_most_is_named(victim: Desk) -> None:
    write_log(victim.session, victim.account_id, random_log(6, 300))
    ground = ground_now(victim.session, victim.account_id)
    log = everything(victim.session, victim.account_id)
    found = facets(victim.session, Query(LAST_WEEK), ground, seconds=60)
    rules = {doer: number for doer, _, number in found.doers}
    fits = matches(Query(LAST_WEEK), ground)
    assert rules[Doer("rule", 7)] == sum((row.actor_kind, row.actor_id) == ("rule", 7) for row in filter(fits, log))
    assert {name for doer, name, _ in found.doers if doer.kind == "rule"} == {"Zebra"}


def test_looking_stops_in_time_and_says_how_far_it_came(victim: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "WINDOW", 20)
    monkeypatch.setattr(sweeping, "LEAST", 20)
    write_log(victim.session, victim.account_id, [Made(NOW) for _ in range(50)])
    ground = ground_now(victim.session, victim.account_id)
    found = facets(victim.session, Query(LAST_WEEK, sources=("web",)), ground, seconds=0)
    assert (found.looked_to, found.members.is_whole) == (NOW, False)
    assert found.members.numbers == {3: 20}
