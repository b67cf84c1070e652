"""What is said in simulated tickets: read from talk.toml, filled in with names and things."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from automation.simulator.sheets import HERE, Sheet


@dataclass(frozen=True)
class Topic:
    """Something customers write about."""

    name: str
    team: str
    tags: tuple[str, ...]
    macro: str
    about_an_order: bool
    deed: str
    urgent: bool
    effort: float  #: minutes of an agent's time
    subjects: tuple[str, ...]
    questions: tuple[str, ...]
    answers: tuple[str, ...]
    again: tuple[str, ...]


@dataclass(frozen=True)
class MacroWords:
    """A macro that the agents of a new desk have."""

    name: str
    text: str
    tags: str


@dataclass(frozen=True)
class Talk:
    """All there is to say."""

    topics: Mapping[str, Topic]
    macros: tuple[MacroWords, ...]
    spammers: tuple[str, ...]
    spam_subjects: tuple[str, ...]
    spam_texts: tuple[str, ...]
    impatient: tuple[str, ...]
    twins: tuple[str, ...]
    thanks: tuple[str, ...]
    notes: tuple[str, ...]
    after_sleep: tuple[str, ...]
    plain: tuple[str, ...]


@cache
def load() -> Talk:
    """The words, as the file has them; raises BadSheet."""
    sheet = Sheet.read(HERE / "talk.toml")
    topics, spam, waiting = sheet.sheet("topics"), sheet.sheet("spam"), sheet.sheet("waiting")
    agents = sheet.sheet("agents")
    talk = Talk(
        topics={name: _topic(name, topics.sheet(name)) for name in topics.names()},
        macros=tuple(_macro(each) for each in sheet.sheets("macros")),
        spammers=spam.texts("names"),
        spam_subjects=spam.texts("subjects"),
        spam_texts=spam.texts("texts"),
        impatient=waiting.texts("impatient"),
        twins=waiting.texts("twins"),
        thanks=waiting.texts("thanks"),
        notes=agents.texts("notes"),
        after_sleep=agents.texts("after_sleep"),
        plain=agents.texts("plain"),
    )
    for each in (sheet, topics, spam, waiting, agents):
        each.finish()
    return talk


def _topic(name: str, sheet: Sheet) -> Topic:
    topic = Topic(
        name=name,
        team=sheet.take("team", str),
        tags=sheet.texts("tags"),
        macro=sheet.take("macro", str),
        about_an_order=sheet.take("about_an_order", bool),
        deed=sheet.take("deed", str, ""),
        urgent=sheet.take("urgent", bool, False),
        effort=sheet.take("effort", float),
        subjects=sheet.texts("subjects"),
        questions=sheet.texts("questions"),
        answers=sheet.texts("answers"),
        again=sheet.texts("again"),
    )
    sheet.finish()
    return topic


def _macro(sheet: Sheet) -> MacroWords:
    words = MacroWords(sheet.take("name", str), sheet.take("text", str), sheet.take("tags", str))
    sheet.finish()
    return words
