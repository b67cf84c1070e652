"""The desk measured: how fast it writes, keeps order, replays and wakes, beside the goals."""
