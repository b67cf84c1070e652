"""Helpers in processes of their own, told by lines what to do and answering by lines."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


class Helper:
    """A running `python -m bench.…`."""

    def __init__(self, module: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )

    def tell(self, line: object) -> None:
        """Send a line."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def answer(self) -> str:
        """Wait for its next line."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        return line.strip()

    def ask(self, line: object) -> str:
        """Send a line and wait for what comes back."""
        self.tell(line)
        return self.answer()

    def stop(self) -> None:
        """Let it end."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def helpers(module: str, arguments: Sequence[Sequence[object]]) -> Iterator[list[Helper]]:
    """One helper for each line of arguments, stopped at the end."""
    running = [Helper(module, *line) for line in arguments]
    try:
        yield running
    finally:
        for helper in running:
            helper.stop()
