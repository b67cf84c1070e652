"""Coverage can't be fooled: in a copy of the tree something is taken away, and the report names what is missing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy.engine import URL

from audit.coverage_commands import coverage
from audit.rows import label_of
from tests.databases import fresh_sqlite
from tests.desks import Desk
from tests.sites import open_site

ROOT = Path(__file__).parents[2]
PARTS = ("audit", "automation", "helpdesk", "seeds", "templates", "tests", "wsgi.py", "pyproject.toml")
TYPE = "ticket-untrashed"
SCENES = "tests/seeds/test_scenarios.py"
#: What proves everything of one type.
WHOLE = (
    SCENES, "tests/seeds/test_every_event.py", "tests/helpdesk/web/test_glossary.py", "tests/helpdesk/test_events.py",
)  # fmt: skip
CHOSEN = (
    "(sqlite and untrashed) or audit_log_offers or has_a_card or (its_label and untrashed) or set_of_types"
    " or refused_somewhere"
)

#: A file, the words that are taken away there, and what stands there instead.
Mutation = tuple[str, str, str]

#: What is taken away: the file, the words, what stands there instead, and the proofs that are lost with it.
MUTATIONS = {
    "record": ("helpdesk/tickets.py", "    record(TICKET_UNTRASHED, ticket, by=by)\n", "", {"scenario", "emitted"}),
    "scenario": ("seeds/scenes/tickets.py", '@scenario("ticket-untrashed"', '@scenario("ticket-updated"', {"scenario"}),
    "refusal": ("seeds/scenes/tickets.py", '@quiet("ticket-untrashed"', '@quiet("ticket-trashed"', {"refusal"}),
    "label": ("helpdesk/events/ticket.py", 'label="Ticket untrashed"', 'label=""', {"rendered", "documented"}),
    "drop-down": (
        "audit/forms.py",
        "                for type_ in types\n",
        '                for type_ in types if type_.name != "ticket-untrashed"\n',
        {"filterable"},
    ),
}


@pytest.fixture
def suite(tmp_path: Path) -> Callable[..., tuple[int, Path]]:
    """Runs tests in a copy of the tree; answers the exit code and the report."""

    def run(mutations: list[Mutation], *tests: str, chosen: str, of: tuple[str, ...] = (TYPE,)) -> tuple[int, Path]:
        copy = tmp_path / "copy"
        for part in PARTS:
            source, target = ROOT / part, copy / part
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                target.parent.mkdir(exist_ok=True)
                shutil.copy(source, target)
        for name, words, instead in mutations:
            text = (copy / name).read_text(encoding="utf-8")
            assert text.count(words) == 1, f"{name} no longer says {words!r} once"
            (copy / name).write_text(text.replace(words, instead), encoding="utf-8")
        report = tmp_path / "report.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:playwright", "-p", "no:cacheprovider", *tests]
        command += ["-k", chosen, "--event-coverage", "--event-coverage-report", str(report)]
        command += [f"--event-coverage-of={name}" for name in of]
        done = subprocess.run(
            command, cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True,
            timeout=500, check=False,
        )  # fmt: skip
        assert report.exists(), done.stdout + done.stderr
        return done.returncode, report

    return run


@pytest.fixture
def database_url() -> URL:
    """Only the report is read."""
    return fresh_sqlite(furnished=True)


@pytest.fixture
def judge(desk: Desk, database_url: URL) -> Callable[..., Result]:
    """`helpdesk audit coverage` on what a suite left."""

    def judge(report: Path, *types: str) -> Result:
        asked = ["--part", "proofs", "--report", str(report), "--fail-under", "100"]
        asked += [word for name in types or (TYPE,) for word in ("--only", name)]
        with open_site(database_url) as app:
            return CliRunner().invoke(coverage, asked, obj=ScriptInfo(create_app=lambda: app))

    return judge


#: The same five, each done to a type of its own, so that one run tells of all: the type, and the proofs that are lost.
AT_ONCE = {
    "record": ("ticket-untrashed", {"scenario", "trigger", "emitted", "filterable", "rendered"}),
    "scenario": ("ticket-marked-spam", {"scenario", "trigger"}),
    "refusal": ("ticket-unmarked-spam", {"refusal tested"}),
    "label": ("ticket-trashed", {"rendered", "documented"}),
    "drop-down": ("ticket-subject-updated", {"filterable"}),
}


def test_of_five_types_exactly_what_was_taken_away_is_named(
    suite: Callable[..., tuple[int, Path]], judge: Callable[..., Result]
) -> None:
    types = tuple(name for name, _ in AT_ONCE.values())
    code, report = suite(
        [mutated(kind, name) for kind, (name, _) in AT_ONCE.items()],
        SCENES, "tests/seeds/five_types.py",
        chosen="five_types or (sqlite and (spam or trashed or subject))", of=types,
    )  # fmt: skip
    assert code == 1
    verdict = judge(report, *types)
    assert verdict.exit_code == 1
    named = {line.split(". ")[0].strip() for line in verdict.stderr.splitlines() if ": not " in line}
    assert named == {f"{name}: not {lost}" for name, losses in AT_ONCE.values() for lost in losses}


def mutated(kind: str, name: str) -> Mutation:
    """One of the mutations, done to another type."""
    file, words, instead, _ = MUTATIONS[kind]
    before, after = (each.replace(TYPE, name).replace(label_of(TYPE), label_of(name)) for each in (words, instead))
    return file, before, after


@pytest.mark.long
def test_what_is_whole_is_green(suite: Callable[..., tuple[int, Path]], judge: Callable[..., Result]) -> None:
    code, report = suite([], *WHOLE, chosen=CHOSEN)
    verdict = judge(report)
    assert (code, verdict.exit_code) == (0, 0), verdict.output


@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_was_taken_away_is_named(
    suite: Callable[..., tuple[int, Path]], judge: Callable[..., Result], mutation: str
) -> None:
    code, report = suite([MUTATIONS[mutation][:3]], *WHOLE, chosen=CHOSEN)
    verdict = judge(report)
    assert (code, verdict.exit_code) == (1, 1)
    for name in MUTATIONS[mutation][3]:
        words = "refusal tested" if name == "refusal" else name
        assert f"{TYPE}: not {words}." in verdict.stderr
