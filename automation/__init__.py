"""The machines that act on the desk: timers, the scheduler that ticks them, mail that comes in and goes out."""
