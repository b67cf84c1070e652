"""How much is measured: enough to believe it, or just enough to see that it runs."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The sizes of all measurements."""

    rounds: int
    tickets: int = 1000
    turns: int = 5  #: that each round of the write row is cut into: neighbours share the weather
    verbs: int = 50  #: of each kind, a turn: so many that its first, which waited and is cold, counts for little
    writers: int = 8
    verbs_a_writer: int = 40  #: a round
    closes: int = 1000
    events: int = 150_000
    snoozes: int = 10_000
    scheduled_runs: int = 1440
    demo_days: int = 30
    demo_tickets: int = 600
    simulated_days: int = 3
    visits: int = 60  #: of each page
    pages: int = 200  #: that follow the log
    events_a_second: int = 200
    seconds: float = 20  #: of each half
    log: int = 10_000_000  #: events to be read
    readers: int = 50
    crowd_seconds: float = 5

    @classmethod
    def smoke(cls, rounds: int) -> "Sizes":
        """Tiny: that it runs and tells the truth, not how fast it is."""
        return cls(
            rounds=rounds,
            tickets=40,
            turns=2,
            verbs=10,
            writers=2,
            verbs_a_writer=5,
            closes=40,
            events=1000,
            snoozes=100,
            scheduled_runs=60,
            demo_days=2,
            demo_tickets=20,
            simulated_days=1,
            visits=2,
            pages=12,
            events_a_second=40,
            seconds=2,
            log=20_000,
            readers=5,
            crowd_seconds=1,
        )
