"""Tells a ticket's story beat by beat: which comes next, whose it is, and when they get to it."""

from datetime import datetime, timedelta
from functools import partial
from typing import Final

from automation.simulator.rota import Rota
from seeds import beats
from seeds.cast import Agent
from seeds.plot import Beat
from seeds.thread import Thread

#: Who would write in the small hours mostly writes after breakfast.
BREAKFAST: Final = 7
SLEEPLESS: Final = 0.12


class Telling:
    """A thread on its way through the beats of its story."""

    def __init__(self, thread: Thread) -> None:
        self._thread = thread
        self._step = 0
        self._happened: set[str] = set()
        self._last = thread.start

    def go_on(self) -> None:
        """Plan the next beat that happens, if there is one."""
        thread = self._thread
        while self._step < len(thread.story.beats):
            beat = thread.story.beats[self._step]
            self._step += 1
            if self._happens(beat):
                earliest = self._earliest(beat)
                who = self._who(beat, earliest)
                thread.world.player.plan(self._when(beat, who, earliest), partial(self._play, beat, who))
                return

    def _play(self, beat: Beat, who: Agent, at: datetime) -> None:
        if self._thread.world.staff.has_left(who):
            heir = self._who(beat, at)
            self._thread.world.player.plan(self._when(beat, heir, at), partial(self._play, beat, heir))
            return
        beats.play(self._thread, beat, who, at)
        self._thread.world.told.add(beat.kind)
        self._last = at
        self.go_on()

    def _happens(self, beat: Beat) -> bool:
        if beat.versions and self._thread.version not in beat.versions:
            return False
        if (beat.needs and beat.needs not in self._happened) or (beat.unless and beat.unless in self._happened):
            return False
        # What has never happened in this world yet does not wait for luck.
        happens = self._thread.rng.random() < beat.chance or beat.kind not in self._thread.world.told
        if happens and beat.name:
            self._happened.add(beat.name)
        return happens

    def _earliest(self, beat: Beat) -> datetime:
        thread, since = self._thread, self._last
        if self._step == 1:
            return since
        if beat.since == "wake" and thread.wakes is not None:
            since = max(since, thread.wakes)
        return since + beat.after.at(thread.rng.random()) + timedelta(microseconds=thread.rng.randrange(10**6))

    def _who(self, beat: Beat, at: datetime) -> Agent:
        """Who does it; with a customer's message, to whom it is said."""
        thread = self._thread
        if beat.by == "lead":
            return thread.lead
        if beat.by == "colleague":
            return thread.colleague(at)
        if beat.by == "observer":
            return thread.world.staff.role("observer")
        return thread.agent(at)

    def _when(self, beat: Beat, who: Agent, earliest: datetime) -> datetime:
        thread = self._thread
        rota: Rota = thread.world.staff.rota
        # The chat is open while somebody is in.
        if beat.working or (thread.story.channel == "chat" and self._step == 1):
            return rota.work_at(who, earliest, thread.rng)
        local = rota.local(earliest)
        if self._step == 1 or local.hour >= BREAKFAST or thread.rng.random() < SLEEPLESS:
            return earliest
        return rota.moment(local.date(), BREAKFAST) + timedelta(hours=2.5) * thread.rng.random()
