"""The agents of a simulated desk: they come in, take what waits, do it their own way, make mistakes, and go home."""

import math
from collections.abc import Generator
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import simpy

from automation.simulator import deeds
from automation.simulator.floor import MINUTE, Case, Floor
from automation.simulator.furnishing import Agent
from helpdesk import people

Process = Generator[simpy.Event, Any, None]

#: Of junk that waits, how much one looks at in one go.
JUNK_AT_ONCE: Final = 15
#: How often they do more than answer.
NOTES: Final = 0.12
ASSIGNS_TEAM: Final = 0.35
PASSES_ON: Final = 0.06
RAISES: Final = 0.5
#: When what was left open, and the customer did not write again, is closed.
LEFT_OPEN: Final = timedelta(hours=40)


def working(floor: Floor, agent: Agent) -> Process:
    """An agent's days."""
    rng = Random(f"{floor.seed} days of {agent.user_id}")
    opens = _opening_day(floor)
    while True:
        start, end = _next_shift(floor, agent, opens)
        yield floor.at(start + MINUTE * 8 * rng.random())
        with floor.acting(remote_addr=_desk_of(agent)):
            people.log_in(floor.user(agent))
        floor.present.add(agent.user_id)
        home = floor.at(end)
        while True:
            taking = floor.queue.get(lambda case: floor.may_take(agent, case))
            yield taking | home
            if not taking.triggered:
                taking.cancel()
                break
            taken: Case = taking.value  # type: ignore[assignment]
            yield from _look_at(floor, agent, taken, rng)
            if home.processed:
                break
        floor.present.discard(agent.user_id)
        with floor.acting(remote_addr=_desk_of(agent)):
            people.log_out(floor.user(agent))


def _look_at(floor: Floor, agent: Agent, case: Case, rng: Random) -> Process:
    case.is_queued = False
    yield floor.after(_takes(case.effort * agent.pace, rng))
    ticket = floor.ticket(case)
    if ticket is None or ticket.is_trashed or ticket.spam or not ticket.is_open:
        return
    if rng.random() < floor.profile.slips:
        yield from _slip(floor, agent, case, rng)
    elif case.is_spam:
        deeds.throw_out_junk(floor, agent, [case, *_more_junk(floor, rng)], rng)
    elif case.first is not None:
        deeds.unite(floor, agent, case)
    else:
        yield from _work_on(floor, agent, case, rng)


def _work_on(floor: Floor, agent: Agent, case: Case, rng: Random) -> Process:
    """Sort it, look into it, answer it: each an action of its own, some seconds apart."""
    topic = case.topic
    if rng.random() < agent.tags:
        deeds.tag(floor, agent, case)
        yield floor.after(_seconds(rng))
    if topic is not None and topic.urgent and rng.random() < RAISES:
        deeds.raise_priority(floor, agent, case)
        yield floor.after(_seconds(rng))
    if rng.random() < ASSIGNS_TEAM and deeds.give_to_team(floor, agent, case):
        yield floor.after(_seconds(rng))
    if rng.random() < NOTES:
        deeds.note(floor, agent, case, rng)
        yield floor.after(_seconds(rng))
    if rng.random() < PASSES_ON and deeds.pass_on(floor, agent, case, rng):
        return
    if not case.was_put_off and rng.random() < agent.snoozes:
        deeds.put_off(floor, agent, case, rng)
        return
    if topic is not None and topic.deed and deeds.act_on_order(floor, agent, case):
        yield floor.after(_seconds(rng))
    deeds.reply(floor, agent, case, rng)
    if rng.random() < agent.closes:
        yield floor.after(_seconds(rng))
        deeds.close(floor, agent, case)
    else:
        floor.begin(_close_later(floor, agent, case))


def _slip(floor: Floor, agent: Agent, case: Case, rng: Random) -> Process:
    """The wrong button; a moment later it is noticed and undone, and the ticket waits again."""
    context = deeds.press_the_wrong_button(floor, agent, case, rng)
    yield floor.after(_seconds(rng) * 4)
    deeds.undo(floor, agent, case, context)
    floor.notice([case.ticket_id])


def _close_later(floor: Floor, agent: Agent, case: Case) -> Process:
    yield floor.after(LEFT_OPEN)
    if not case.is_queued:
        yield floor.at(floor.rota.next_in(agent, floor.now()))
        deeds.close_if_quiet(floor, agent, case)


def _more_junk(floor: Floor, rng: Random) -> list[Case]:
    """What looks alike is thrown out together."""
    if floor.profile.spam < 0.3:
        return []
    found = [each for each in floor.queue.items if each.is_spam][: rng.randrange(JUNK_AT_ONCE)]
    for each in found:
        floor.queue.items.remove(each)
        each.is_queued = False
    return found


def _opening_day(floor: Floor) -> datetime:
    return floor.start + timedelta(days=floor.profile.closed_days)


def _next_shift(floor: Floor, agent: Agent, opens: datetime) -> tuple[datetime, datetime]:
    day = floor.rota.local(max(floor.now(), opens)).date()
    while True:
        shift = floor.rota.shift(agent, day)
        if shift is not None and shift[1] - MINUTE * 30 > max(floor.now(), opens):
            return max(shift[0], floor.now()), shift[1]
        day += timedelta(days=1)


def _takes(minutes: float, rng: Random) -> timedelta:
    return MINUTE * min(minutes * math.exp(rng.gauss(0, 0.5)), 45)


def _seconds(rng: Random) -> timedelta:
    return timedelta(seconds=rng.uniform(3, 40))


def _desk_of(agent: Agent) -> str:
    return f"192.0.2.{1 + agent.user_id % 250}"
