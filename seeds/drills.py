"""Reads the drills from content/drills: stories that are played in hiding, and what is asked about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

from audit.types import registry
from seeds.lessons import fill, placeholders_of
from seeds.scripts import Deed, Known, read_deeds
from seeds.sheets import Sheet, read_table
from seeds.words import CONTENT

#: With so many draws of who and what is in it, each story is read when the files are checked.
TRIED: Final = 4


@dataclass(frozen=True)
class Question:
    """What is asked, and what can be answered."""

    key: str
    ask: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """The right one, why, and the line of the log that proves it."""

    right: str
    because: str
    mark: str
    type: str


@dataclass(frozen=True)
class Script:
    """A story with its people and things drawn, ready to be played."""

    tells: str
    before: tuple[Deed, ...]
    deeds: tuple[Deed, ...]
    questions: tuple[Question, ...]
    answers: Mapping[str, Answer]


@dataclass(frozen=True)
class Drill:
    """Stories that look alike in the log, and a task that tells whether somebody can tell them apart."""

    key: str
    title: str
    task: str
    alike: tuple[str, ...]  #: the types of events that are easily mistaken for one another
    stories: tuple[str, ...]
    table: Mapping[str, Any]

    def script(self, story: str, seed: int) -> Script:
        """One of its stories, with whoever and whatever this seed draws."""
        drawn = _drawn(self.table["drawn"], Random(f"{self.key} {seed}"))
        table: Mapping[str, Any] = _filled(self.table, drawn)
        told = next(each for each in table["stories"] if each["key"] == story)
        sheet, known = Sheet(f"drills/{self.key}.toml, story {story}", told), Known()
        questions = tuple(_question(each) for each in Sheet(sheet.place, table).sheets("questions", "question"))
        sheet.text("key")
        before, deeds = read_deeds(sheet, "before", known), read_deeds(sheet, "deeds", known)
        script = Script(sheet.text("tells"), before, deeds, questions, _answers(sheet, questions, known))
        sheet.finish()
        return script


@cache
def load_drills(folder: Path = CONTENT) -> Mapping[str, Drill]:
    """Read and check all drills; raises ContentError with file, story and fault."""
    files = sorted((folder / "drills").glob("*.toml"))
    return {drill.key: drill for drill in (_drill(folder, path) for path in files)}


def _drill(folder: Path, path: Path) -> Drill:
    name = f"drills/{path.name}"
    table = read_table(folder, name)
    sheet = Sheet(name, table)
    drill = Drill(
        key=path.stem,
        title=sheet.text("title"),
        task=sheet.text("task"),
        alike=sheet.texts("alike", among=[type_.name for type_ in registry]),
        stories=tuple(each.text("key") for each in sheet.sheets("stories", "story")),
        table=table,
    )
    draws = sheet.sheet("drawn")
    for names in draws.names():
        if len(names.split(",")) > len(draws.texts(names)):
            raise draws.fault(f"{names!r} are more than there is to draw from")
    sheet.sheets("questions", "question")
    sheet.finish()
    for story in drill.stories:
        for seed in range(TRIED):
            drill.script(story, seed)
    return drill


def _question(sheet: Sheet) -> Question:
    # By the alphabet: the file's order would tell of whom and of what it was written.
    question = Question(sheet.text("key"), sheet.text("ask"), tuple(sorted(sheet.texts("choices"), key=str.casefold)))
    if unknown := placeholders_of(f"{question.ask} {' '.join(question.choices)}"):
        raise sheet.fault(f"nobody knows {{{min(unknown)}}}: nothing of that name is drawn")
    sheet.finish()
    return question


def _answers(sheet: Sheet, questions: tuple[Question, ...], known: Known) -> dict[str, Answer]:
    answers = sheet.sheet("answers")
    found = {question.key: _answer(answers.sheet(question.key), question, known) for question in questions}
    answers.finish()
    return found


def _answer(sheet: Sheet, question: Question, known: Known) -> Answer:
    right, because = sheet.text("right"), sheet.text("because")
    if right not in question.choices:
        raise sheet.fault(f"'right' is {right!r}, which is not one of the question's choices")
    mark, _, type_ = sheet.text("line").partition(" ")
    if mark not in known.marks:
        raise sheet.fault(f"'line' begins with {mark!r}, but no deed of the story bears that mark")
    if type_ not in registry:
        raise sheet.fault(f"'line' ends with {type_!r}, which is no event")
    sheet.finish()
    return Answer(right, because, mark, type_)


def _drawn(table: Mapping[str, list[str]], rng: Random) -> dict[str, str]:
    """Who and what is in it: each name gets one of the things in its list, and none gets the same."""
    found: dict[str, str] = {}
    for names, things in table.items():
        wanted = [name.strip() for name in names.split(",")]
        found.update(zip(wanted, rng.sample(things, len(wanted)), strict=True))
    return found


def _filled(value: Any, drawn: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return fill(value, drawn)
    if isinstance(value, dict):
        return {key: _filled(each, drawn) for key, each in value.items()}
    return [_filled(each, drawn) for each in value] if isinstance(value, list) else value
