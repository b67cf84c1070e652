"""Watching the desk in this process: the events it commits, and the pages it answers with."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatch
from html import unescape
from typing import Any, Final

from flask import Response, request, request_finished

from audit.proofs import Report
from audit.types import registry
from audit.watching import Tried, Written, watching
from helpdesk.testing.sequence import Events

#: Marks that templates/audit and templates/glossary leave in what they show.
_ROW: Final = re.compile(r'data-event="([a-z-]+)"[^>]*>.*?data-meaning>.*?</span>([^<]*)</button>', re.DOTALL)
_OFFER: Final = re.compile(r'name="event" value="([a-z-]+)"')
_ENTRY: Final = re.compile(
    r'data-entry="([a-z-]+)".*?<h1><span[^>]*></span>([^<]*)</h1>.*?class="entry-meaning">([^<]*)</p>', re.DOTALL
)
#: Stands on a card for each way that there is not: by hand, by itself, by API.
_NO_WAY: Final = "data-no-way"
_WAYS: Final = 3


class LocalEvents(Events):
    """What was committed in this process."""

    def __init__(self) -> None:
        self._written: list[Written] = []

    @classmethod
    @contextmanager
    def listening(cls) -> Iterator["LocalEvents"]:
        """As long as the block lasts."""
        found = cls()
        with watching(found.hear):
            yield found

    def hear(self, told: Written | Tried) -> None:
        """A watcher."""
        if isinstance(told, Written):
            self._written.append(told)

    @property
    def types(self) -> list[str]:
        """All that was written."""
        return [event.type for event in self._written]

    @property
    def actors(self) -> list[tuple[str, str]]:
        """Each with the kind of what really acted."""
        return [(event.type, event.actor_kind) for event in self._written]

    def clear(self) -> None:
        """Forget what was written so far."""
        self._written.clear()


class Suite:
    """What a whole run sees."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.current = "before the first test"  #: which test runs

    def watch(self) -> Callable[[], None]:
        """Begin; answers how to end it."""
        stack = ExitStack()
        stack.enter_context(watching(self.hear))
        stack.enter_context(request_finished.connected_to(self._look))
        return stack.close

    def hear(self, told: Written | Tried) -> None:
        """A watcher."""
        if told.type not in registry:
            return
        if isinstance(told, Written):
            self.report.note("emitted", told.type, self.current)
            self.report.note_way(told.type, told.actor_kind, self.current)
        else:
            self.report.note(told.what, told.type, self.current)

    def note_all(self, types: Iterable[str]) -> None:
        """What a desk elsewhere has written."""
        for name in types:
            self.report.note("emitted", name, self.current)

    def wanted(self, globs: list[str]) -> list[str]:
        """The types that count."""
        return [type_.name for type_ in registry if any(fnmatch(type_.name, glob) for glob in globs)]

    def _look(self, _app: Any, response: Response, **_: Any) -> None:
        if request.path.startswith("/settings/audit") and response.mimetype == "text/html" and not response.is_streamed:
            look_at(self, response.get_data(as_text=True), request.args.getlist("event"))


def look_at(suite: Suite, page: str, asked: list[str]) -> None:
    """Note what a page of the log or of the glossary really shows."""
    rows = [(name, unescape(label).strip()) for name, label in _ROW.findall(page)]
    for name, label in rows:
        if label and name in registry and label == registry[name].label:
            suite.report.note("rendered", name, suite.current)
    if len(asked) == 1 and {name for name, _ in rows} == set(asked) and asked[0] in _OFFER.findall(page):
        suite.report.note("filterable", asked[0], suite.current)
    for name, label, meaning in _ENTRY.findall(page):
        has_way = page.count(_NO_WAY) < _WAYS
        if label.strip() and meaning.strip() and has_way:
            suite.report.note("documented", name, suite.current)
