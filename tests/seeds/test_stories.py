"""The demo world's files hold together: every word fits, every name exists, and every verb of the desk is told of."""

import random
import re
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from seeds.cast import Cast
from seeds.casting import load_cast
from seeds.plot import Beat, Kind, Span, Story, Variant, fitting
from seeds.stories import load_stories
from seeds.words import CONTENT, PHRASES, PLACEHOLDERS, ContentError, fill, placeholders

ROLLS = 120


@pytest.fixture(scope="module")
def cast() -> Cast:
    return load_cast()


@pytest.fixture(scope="module")
def stories() -> tuple[Story, ...]:
    return load_stories()


def wordings(stories: Sequence[Story]) -> Iterator[tuple[str, Variant]]:
    for story in stories:
        for variant in story.subjects:
            yield f"{story.name}, subject", variant
        for number, beat in enumerate(story.beats, 1):
            for variant in beat.subjects + beat.texts:
                yield f"{story.name}, beat {number}", variant


def values(cast: Cast, code: str) -> dict[str, str]:
    """A value for every placeholder, made as the world makes them."""
    language = cast.languages[code]
    plain = {name: f"<{name}>" for name in PLACEHOLDERS if name not in PHRASES}
    plain |= {"amount": language.money(Decimal("24")), "date": language.day(date(2026, 3, 3))}
    return plain | {phrase: fill(language.phrases[phrase][0], plain) for phrase in PHRASES}


# ── The cast ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_log_ins_that_the_demo_promises_exist(cast: Cast) -> None:
    roles = {agent.email: agent.role for agent in cast.agents}
    assert roles["owner@demo.example"] == "owner"
    assert roles["admin@demo.example"] == "admin"
    assert roles["lead@demo.example"] == "lead"
    assert roles["observer@demo.example"] == "observer"
    assert len(roles) == 12
    assert Counter(roles.values())["owner"] == 1
    assert {"basic", "lite"} <= set(roles.values())


def test_everybody_lives_under_the_desks_own_domain(cast: Cast) -> None:
    assert cast.support == "support@demo.example"
    assert all(agent.email.endswith("@demo.example") for agent in cast.agents)


def test_somebody_who_may_reply_is_in_on_every_day(cast: Cast) -> None:
    for weekday in range(7):
        for hour in range(10, 16):
            at_work = [
                agent
                for agent in cast.agents
                if agent.role in ("basic", "lite")
                and weekday in agent.shift.weekdays
                and agent.shift.start <= hour < agent.shift.end
            ]
            assert at_work, (weekday, hour)


def test_every_team_has_a_lead_and_every_language_a_speaker(cast: Cast) -> None:
    for team in cast.teams:
        assert any(agent.role == "lead" and team.name in agent.teams for agent in cast.agents), team
    for code in cast.languages:
        assert any(agent.role in ("basic", "lite") and code in agent.languages for agent in cast.agents), code


def test_days_and_money_are_written_as_people_write_them(cast: Cast) -> None:
    english, german, spanish = (cast.languages[code] for code in ("en", "de", "es"))
    assert (english.money(Decimal("24")), german.money(Decimal("13.5"))) == ("€24.00", "13,50 €")
    assert (english.day(date(2026, 3, 3)), german.day(date(2026, 3, 3))) == ("3 March", "3. März")
    assert spanish.day(date(2026, 3, 3)) == "3 de marzo"


# ── The words ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_wording_fills_and_leaves_no_brace_behind(cast: Cast, stories: tuple[Story, ...]) -> None:
    for story in stories:
        known = values(cast, story.language)
        for place, variant in wordings([story]):
            filled = fill(variant.text, known)
            assert filled.strip(), place
            assert not re.search(r"[{}]", filled), place


def test_every_placeholder_is_known_and_used(cast: Cast, stories: tuple[Story, ...]) -> None:
    used = {name for _, variant in wordings(stories) for name in placeholders(variant.text)}
    for language in cast.languages.values():
        used |= {name for texts in language.phrases.values() for text in texts for name in placeholders(text)}
    assert used == set(PLACEHOLDERS)


def test_no_two_bodies_are_alike(stories: tuple[Story, ...]) -> None:
    bodies = Counter(
        " ".join(re.sub(r"\{(hello|bye|dear|regards)\}|[.,!?]", " ", variant.text).lower().split())
        for story in stories
        for beat in story.beats
        for variant in beat.texts
    )
    assert [body for body, times in bodies.items() if times > 1] == []


def test_nothing_is_filler(stories: tuple[Story, ...]) -> None:
    for place, variant in wordings(stories):
        assert not re.search(r"lorem|ipsum|dolor sit|asdf|xxx|foo bar", variant.text, re.IGNORECASE), place


def test_frequent_stories_have_more_to_say(stories: tuple[Story, ...]) -> None:
    for story in stories:
        assert len(story.subjects) >= 3, story.name
        assert len(story.beats[0].texts) >= (5 if story.weight >= 5 else 3), story.name


def test_answers_are_signed_and_letters_greet(stories: tuple[Story, ...]) -> None:
    """An agent who writes a letter greets and signs; in the chat nobody does."""
    for story in stories:
        for beat in story.beats:
            if beat.kind is Kind.REPLY and story.channel in ("email", "contact_form"):
                for variant in beat.texts:
                    assert placeholders(variant.text) & {"regards", "agent"}, (story.name, variant.text)


# ── The stories ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_there_are_many_stories_and_weights_are_positive(stories: tuple[Story, ...]) -> None:
    assert len(stories) >= 45
    assert all(story.weight > 0 for story in stories)
    assert {story.language for story in stories} == {"en", "de", "fr", "es"}
    assert {"email", "chat", "contact_form", "phone"} <= {story.channel for story in stories}


def test_every_team_tag_and_macro_is_used(cast: Cast, stories: tuple[Story, ...]) -> None:
    beats = [beat for story in stories for beat in story.beats]
    assert {beat.team for beat in beats} - {None} == {team.name for team in cast.teams}
    assert {tag for beat in beats for tag in beat.add + beat.remove} == {tag.name for tag in cast.tags}
    assert {beat.macro for beat in beats} - {None} == {macro.name for macro in cast.macros}


def test_every_attachment_is_there_and_used(stories: tuple[Story, ...]) -> None:
    used = {name for story in stories for beat in story.beats for name in beat.attachments}
    assert used == {path.name for path in (CONTENT / "files").iterdir()}


def test_every_verb_surely_happens_in_some_story(stories: tuple[Story, ...]) -> None:
    certain = {
        beat.kind
        for story in stories
        for beat in story.beats
        if beat.chance == 1 and not (beat.needs or beat.unless or beat.versions)
    }
    assert set(Kind) - certain == set()


def test_some_snooze_surely_ends_by_itself(stories: tuple[Story, ...]) -> None:
    assert any(
        before.kind is Kind.SNOOZE and after.since == "wake" and before.chance == after.chance == 1
        for story in stories
        for before, after in zip(story.beats, story.beats[1:], strict=False)
    )


def test_no_telling_asks_for_the_impossible(stories: tuple[Story, ...]) -> None:
    """However the dice fall, no verb is refused, and no beat is always in vain."""
    for story in stories:
        fruitful: set[int] = set()
        for roll in range(ROLLS):
            chance = random.Random(f"{story.name} {roll}")
            for number, beat, changed in told(story, story.versions[roll % len(story.versions)], chance):
                assert changed is not None, f"{story.name}, beat {number} ({beat.kind}), roll {roll}"
                fruitful |= {number} if changed else set()
        assert fruitful == set(range(1, len(story.beats) + 1)), story.name


#: What changes something, but nothing that this small desk knows.
ELSEWHERE = (Kind.SWAP_CUSTOMER, Kind.CANCEL_ORDER, Kind.REFUND_ORDER, Kind.RECOGNISE, Kind.FORGET)


def told(story: Story, version: str, chance: random.Random) -> Iterator[tuple[int, Beat, bool | None]]:
    """Tell the story once to a desk made of five facts: did the beat change anything (None: it was impossible)?"""
    facts: set[str] = {"open"}
    happened: set[str] = set()
    for number, beat in enumerate(story.beats, 1):
        if beat not in fitting(story.beats, version):
            continue
        if (beat.needs and beat.needs not in happened) or (beat.unless and beat.unless in happened):
            continue
        if chance.random() >= beat.chance:
            continue
        happened |= {beat.name} if beat.name else set()
        if beat.since == "wake" and "snoozed" in facts:
            facts = facts - {"snoozed"} | {"open"}
        before = set(facts)
        if "deleted" in facts or not possible(beat, facts):
            yield number, beat, None
            return
        change(beat, facts)
        speaks = bool(beat.texts) or beat.kind in (Kind.MERGE, *ELSEWHERE, Kind.SNOOZE, Kind.DELETE_MESSAGE)
        yield number, beat, speaks or bool(beat.subjects) or facts != before


def possible(beat: Beat, facts: set[str]) -> bool:
    wanted = {
        Kind.REOPEN: facts & {"snoozed"} or "open" not in facts,
        Kind.UNSPAM: "spam" in facts,
        Kind.UNTRASH: "trash" in facts,
        Kind.DELETE: "trash" in facts,
        Kind.MERGE: "twin" in facts,
        Kind.REPLY: not facts & {"spam", "trash"},
        Kind.FORGET: "open" not in facts,
        Kind.UNASSIGN: any(fact.startswith("user ") for fact in facts),
        Kind.UNASSIGN_TEAM: any(fact.startswith("team ") for fact in facts),
    }
    return bool(wanted.get(beat.kind, True))


def change(beat: Beat, facts: set[str]) -> None:
    def put(kind: str, value: str | None) -> None:
        facts.difference_update({fact for fact in facts if fact.startswith(f"{kind} ")})
        facts.update({f"{kind} {value}"} if value else set())

    match beat.kind:
        case Kind.CUSTOMER:
            facts.discard("snoozed")
            facts.add("open")
        case Kind.REPLY if not any(fact.startswith("user ") for fact in facts):
            put("user", beat.by)
        case Kind.ASSIGN | Kind.UNASSIGN:
            put("user", beat.to)
        case Kind.ASSIGN_TEAM | Kind.UNASSIGN_TEAM:
            put("team", beat.team)
        case Kind.PRIORITY:
            put("priority", beat.priority)
        case Kind.TAGS:
            facts.update(f"tag {tag}" for tag in beat.add)
            facts.difference_update(f"tag {tag}" for tag in beat.remove)
        case Kind.SNOOZE:
            facts.discard("open")
            facts.add("snoozed")
        case Kind.CLOSE:
            facts.difference_update({"open", "snoozed"})
        case Kind.REOPEN:
            facts.add("open")
        case Kind.SPAM | Kind.TRASH | Kind.TWIN:
            facts.add(beat.kind.value)
        case Kind.UNSPAM | Kind.UNTRASH | Kind.MERGE:
            facts.discard({Kind.UNSPAM: "spam", Kind.UNTRASH: "trash"}.get(beat.kind, "twin"))
        case Kind.DELETE:
            facts.add("deleted")
        case _:
            pass


# ── Mistakes, named ──────────────────────────────────────────────────────────────────────────────────────────────────

BROKEN = "stories/broken_mug.toml"


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (BROKEN, "{colour}", "{colur}", r"broken_mug.toml, beat \d+ \(\w+\).*nobody knows \{colur\}"),
        (BROKEN, "{hello}", "{hello", r"broken_mug.toml, beat 1 \(customer\).*a brace that belongs to no placeholder"),
        (BROKEN, 'do = "close"', 'do = "shut"', r"broken_mug.toml, beat 6: 'do' is 'shut', not one of assign, "),
        (BROKEN, 'team = "Care"', 'team = "Cares"', r"beat 2 \(assign_team\): 'team' is 'Cares', not one of Care, "),
        (BROKEN, 'add = ["damaged"', 'add = ["damagd"', r"beat 3 \(tags\): 'add' names 'damagd', which does not exist"),
        (BROKEN, "broken-mug.png", "no-mug.png", r"beat 1 \(customer\): 'attachments' names 'no-mug.png'"),
        (BROKEN, 'macro = "Broken', 'macro = "Brokn', r"beat 4 \(reply\): 'macro' is 'Brokn"),
        (BROKEN, 'after = "2m..40m"', 'after = "40m..2m"', r"beat 2 \(assign_team\): 'after' .* ends before it begins"),
        (BROKEN, 'after = "2m..40m"', 'after = "soon"', r"beat 2 \(assign_team\): 'after' is 'soon'; write 20m"),
        (BROKEN, 'if = "thanks"', 'if = "thnks"', r"no beat before it is called 'thnks'"),
        (BROKEN, "chance = 0.5", "chance = 5", r"beat 5 \(note\): 'chance' is 5"),
        (BROKEN, "chance = 0.5", "chanse = 0.5", r"beat 5 \(note\): nobody knows what to do with 'chanse'"),
        (BROKEN, "weight = 6", "weight = 0", r"broken_mug.toml: 'weight' is 0"),
        (BROKEN, "weight = 6", 'weight = "six"', r"broken_mug.toml: 'weight' has a value of the wrong sort: 'six'"),
        (BROKEN, "weight = 6", "", r"broken_mug.toml: 'weight' is missing"),
        (
            BROKEN,
            "\nhandle = ",
            "\nhandel = ",
            r"broken_mug.toml: .*'handel', which the opening does not have|no text for",
        ),
        (BROKEN, 'products = ["mug"]', "", r"broken_mug.toml: the texts speak of a product"),
        (BROKEN, 'products = ["mug"]', 'products = ["coffee"]', r"broken_mug.toml: the texts speak of a colour"),
        (
            "stories/bounce.toml",
            'do = "trash"',
            'do = "close"',
            r"bounce.toml: beat 3 \(delete\): nothing before it is a",
        ),
        ("stories/bounce.toml", "[[beats]]", "[[beats]", r"bounce.toml: not readable as TOML"),
        ("stories/complaint.toml", 'since = "wake"', 'since = "lunch"', r"'since' is 'lunch', not one of beat, wake"),
        ("cast.toml", "owner@demo.example", "owner@demo.com", r"cast.toml, agent 1: .* no address under .example"),
        ("cast.toml", 'role = "owner"', 'role = "queen"', r"cast.toml, agent 1: 'role' is 'queen', not one of admin"),
        (
            "cast.toml",
            "admin@demo.example",
            "owner@demo.example",
            r"cast.toml: 'owner@demo.example' stands there twice",
        ),
        ("cast.toml", "from = 9, to = 13", "from = 19, to = 13", r"agent 1, shift: a shift begins before it ends"),
        ("cast.toml", '"#c62828"', '"red"', r"cast.toml, tag 1: 'colour' is 'red'"),
        ("cast.toml", "customer.firstname", "customer.nickname", r"macro 1, action 1: nobody knows the variable"),
        ("cast.toml", 'tags = "late"', 'tags = "tardy"', r"macro 2, action 2: there is no tag 'tardy'"),
        ("shop.toml", "price = 24.00", "price = 0", r"shop.toml, product 1: a product has a price above nothing"),
        ("languages.toml", "{day}. {month}", "{day}.", r"languages.toml, de: 'day' holds \{day\} and \{month\}"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_place(
    tmp_path: Path, file: str, old: str, new: str, complaint: str
) -> None:
    shutil.copytree(CONTENT, tmp_path / "content")
    changed = tmp_path / "content" / file
    text = changed.read_text("utf-8")
    assert old in text
    changed.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ContentError, match=complaint):
        load_stories(tmp_path / "content")


def test_filling_asks_for_a_missing_value_and_never_looks_into_a_value() -> None:
    assert fill("{hello}, {name}", {"hello": "Hi {name}", "name": "Ana"}) == "Hi {name}, Ana"
    with pytest.raises(ContentError, match=r"no value for \{product\}"):
        fill("My {product}", {})


def test_a_span_reaches_from_its_shortest_to_its_longest() -> None:
    span = Span(timedelta(minutes=20), timedelta(hours=1))
    assert [span.at(share) for share in (0, 0.5, 1)] == [
        timedelta(minutes=20),
        timedelta(minutes=40),
        timedelta(hours=1),
    ]
