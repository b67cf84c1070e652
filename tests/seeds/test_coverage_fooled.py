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

    def run(mutation: str | None, *tests: str, chosen: str) -> tuple[int, Path]:
        copy = tmp_path / "copy"
        for part in PARTS:
            source, target = ROOT / part, copy / part
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                target.parent.mkdir(exist_ok=True)
                shutil.copy(source, target)
        if mutation is not None:
            name, words, instead, _ = MUTATIONS[mutation]
            text = (copy / name).read_text(encoding="utf-8")
            assert text.count(words) == 1, f"{name} no longer says {words!r} once"
            (copy / name).write_text(text.replace(words, instead), encoding="utf-8")
        report = tmp_path / "report.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:playwright", "-p", "no:cacheprovider", *tests]
        command += ["-k", chosen, "--event-coverage", f"--event-coverage-of={TYPE}"]
        command += ["--event-coverage-report", str(report)]
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
def judge(desk: Desk, database_url: URL) -> Callable[[Path], Result]:
    """`helpdesk audit coverage` on what a suite left."""

    def judge(report: Path) -> Result:
        asked = ["--part", "proofs", "--only", TYPE, "--report", str(report), "--fail-under", "100"]
        with open_site(database_url) as app:
            return CliRunner().invoke(coverage, asked, obj=ScriptInfo(create_app=lambda: app))

    return judge


def test_a_record_that_is_missing_turns_the_report_red(
    suite: Callable[..., tuple[int, Path]], judge: Callable[[Path], Result]
) -> None:
    code, report = suite("record", SCENES, chosen="sqlite and untrashed")
    assert code == 1
    verdict = judge(report)
    assert verdict.exit_code == 1
    for name in ("scenario", "emitted"):
        assert f"{TYPE}: not {name}." in verdict.stderr
    assert "not refusal tested" not in verdict.stderr, "what still holds is not complained about"


@pytest.mark.long
def test_what_is_whole_is_green(suite: Callable[..., tuple[int, Path]], judge: Callable[[Path], Result]) -> None:
    code, report = suite(None, *WHOLE, chosen=CHOSEN)
    verdict = judge(report)
    assert (code, verdict.exit_code) == (0, 0), verdict.output


@pytest.mark.long
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_was_taken_away_is_named(
    suite: Callable[..., tuple[int, Path]], judge: Callable[[Path], Result], mutation: str
) -> None:
    code, report = suite(mutation, *WHOLE, chosen=CHOSEN)
    verdict = judge(report)
    assert (code, verdict.exit_code) == (1, 1)
    for name in MUTATIONS[mutation][3]:
        words = "refusal tested" if name == "refusal" else name
        assert f"{TYPE}: not {words}." in verdict.stderr
