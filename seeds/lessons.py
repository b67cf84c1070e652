"""Reads the lessons from content/lessons: stories in steps, each to be guessed first, done, and looked at."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from audit.types import registry
from seeds.scripts import Deed, Known, read_deed, read_deeds
from seeds.sheets import Sheet, read_sheet
from seeds.words import CONTENT

#: What may stand beside a step, besides the log.
LOOKS: Final = ("ticket", "rule", "macro")

#: A guess that nothing at all is written.
NOTHING: Final = "nothing"


@dataclass(frozen=True)
class Choice:
    """Something to be ticked, whether it is right, and why."""

    key: str
    words: str
    is_right: bool
    why: str


@dataclass(frozen=True)
class Guess:
    """What the learner says before they see: which lines will be written, or one answer of several."""

    ask: str
    choices: tuple[Choice, ...]
    of_lines: bool  #: whether several may be right, and each is a type of event


@dataclass(frozen=True)
class Step:
    """What is told, guessed and done, and what is told then."""

    title: str
    say: str
    then: str
    look: tuple[str, str] | None  #: what is shown beside it; None: the log
    guess: Guess | None
    deed: Deed | None
    button: str


@dataclass(frozen=True)
class Lesson:
    """A guided story."""

    key: str
    title: str
    teaches: str
    minutes: int
    before: tuple[Deed, ...]
    steps: tuple[Step, ...]

    @property
    def subjects(self) -> dict[str, str]:
        """Under which subject each of its tickets came in, by name."""
        deeds = [*self.before, *(step.deed for step in self.steps if step.deed)]
        return {deed.given["new_ticket"]: deed.given["subject"] for deed in deeds if deed.do == "mail"}


@cache
def load_lessons(folder: Path = CONTENT) -> Mapping[str, Lesson]:
    """Read and check all lessons, in the order of their files; raises ContentError with file, step and fault."""
    files = sorted((folder / "lessons").glob("*.toml"))
    found = [_lesson(read_sheet(folder, f"lessons/{path.name}"), path.stem) for path in files]
    return {lesson.key: lesson for lesson in found}


def _lesson(sheet: Sheet, stem: str) -> Lesson:
    known = Known()
    lesson = Lesson(
        key=re.sub(r"^\d+-", "", stem),
        title=sheet.text("title"),
        teaches=sheet.text("teaches"),
        minutes=sheet.take("minutes", int),
        before=read_deeds(sheet, "before", known),
        steps=tuple(_step(each, known) for each in sheet.sheets("steps", "step")),
    )
    sheet.finish()
    return lesson


def _step(sheet: Sheet, known: Known) -> Step:
    title, say = sheet.text("title"), _words(sheet, "say", known)
    deed = read_deed(sheet.sheet("deed"), known) if sheet.has("deed") else None
    step = Step(
        title=title,
        say=say,
        then=_words(sheet, "then", known) if sheet.has("then") else "",
        look=_look(sheet, known),
        guess=_guess(sheet, known, deed is not None),
        deed=deed,
        button=sheet.text("button", "Go on"),
    )
    if deed is not None and step.button == "Go on":
        raise sheet.fault("'button' is missing: what does it say on the button that does the deed?")
    sheet.finish()
    return step


def _look(sheet: Sheet, known: Known) -> tuple[str, str] | None:
    words = sheet.text("look", "log")
    if words == "log":
        return None
    kind, _, name = words.partition(" ")
    if kind not in LOOKS or name not in known.of(kind):
        raise sheet.fault(f"'look' is {words!r}; write log, or {', '.join(LOOKS)} and a name that was given before")
    return kind, name


def _guess(sheet: Sheet, known: Known, has_deed: bool) -> Guess | None:
    if sheet.has("expect"):
        if not has_deed:
            raise sheet.fault("it is asked which lines will be written, but there is no deed that could write any")
        return _guess_of_lines(sheet.sheet("expect"), known)
    return _guess_of_one(sheet.sheet("question"), known) if sheet.has("question") else None


def _guess_of_lines(sheet: Sheet, known: Known) -> Guess:
    ask = sheet.text("ask", "Which lines will the log show?")
    choices = [
        Choice(name, registry[name].label if name != NOTHING else "Nothing at all", is_right, why)
        for key, is_right in (("written", True), ("not_written", False))
        if sheet.has(key)
        for name, why in _reasons(sheet.sheet(key), known, of_types=True)
    ]
    sheet.finish()
    if not any(choice.is_right for choice in choices):
        raise sheet.fault(f"'written' is missing; where nothing is, give {NOTHING!r} with the reason")
    return Guess(ask, tuple(sorted(choices, key=lambda each: (each.key == NOTHING, each.words))), of_lines=True)


def _guess_of_one(sheet: Sheet, known: Known) -> Guess:
    ask, right, why = sheet.text("ask"), sheet.text("right"), _words(sheet, "why", known)
    wrong = _reasons(sheet.sheet("wrong"), known, of_types=False)
    sheet.finish()
    choices = [Choice(right, right, True, why), *(Choice(words, words, False, reason) for words, reason in wrong)]
    return Guess(ask, tuple(sorted(choices, key=lambda choice: choice.words.casefold())), of_lines=False)


def _reasons(sheet: Sheet, known: Known, *, of_types: bool) -> list[tuple[str, str]]:
    keys = sheet.names()
    if of_types and (unknown := [key for key in keys if key not in registry and key != NOTHING]):
        raise sheet.fault(f"there is no event {unknown[0]!r}")
    return [(key, _words(sheet, key, known)) for key in keys]


def _words(sheet: Sheet, key: str, known: Known) -> str:
    """A text whose braces hold a ticket's, rule's or macro's name, or an event's."""
    text = sheet.text(key)
    names = {name for kind in LOOKS for name in known.of(kind)}
    if unknown := {name for name in placeholders_of(text) if name not in names and name not in registry}:
        raise sheet.fault(f"{key!r}: nobody knows {{{min(unknown)}}} in “{text[:40]}”")
    return text


_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")


def placeholders_of(text: str) -> set[str]:
    """The names that stand in braces."""
    return set(_PLACEHOLDER.findall(text))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values where their names stand in braces; what has none stays as it is."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), text)
