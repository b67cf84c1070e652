"""A pytest plugin for whoever tests a desk, or a program that talks to one: what was written is asserted and covered.

Within the desk's own process `events` holds what is committed while a test runs. With --desk-url it works against a
desk that runs elsewhere, over REST; these are the calls beside those of the public API:

    POST /api/desk/accounts {"rate": 0}     with --desk-key, as an admin of any account
        201 {"account_id": 7, "domain": "qa-4f1c…", "users": [{"email": "…", "role": "owner", "api_key": "…"}, …], …}
        A throw-away account with people in the usual roles, a key for each, and a clock of its own.
    DELETE /api/desk/accounts               with the key of its owner
        204. It is archived; its log stays.
    POST /api/desk/settle                   with a key of the account
        200 {"is_settled": true, "last_event_id": 4711, …}
        Answers when all that was due is done and all rules have met all events.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from audit import proofs
from audit.proofs import Report
from audit.types import registry
from helpdesk import events as _catalogue
from helpdesk.testing.remote import RemoteDesk, RemoteEvents
from helpdesk.testing.sequence import Events, compared

if TYPE_CHECKING:  # it needs Flask and SQLAlchemy, for which a test over REST need not wait
    from helpdesk.testing.local import Suite

_SUITE: Final = pytest.StashKey["Suite"]()

#: Proofs that are named when a run lacks them; `helpdesk audit coverage --part proofs` names all.
LISTED: Final = 20

#: Importing it declared every type.
CATALOGUE: Final = _catalogue


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; `pytest --help` lists them."""
    group = parser.getgroup("desk", "events of a desk")
    group.addoption("--event-coverage", action="store_true", help="fail a run that left types of events unseen")
    group.addoption(
        "--event-coverage-of",
        action="append",
        metavar="GLOB",
        help="only these types count, such as 'ticket-*'; may be repeated",
    )
    group.addoption(
        "--event-coverage-report", metavar="FILE", help=f"where to leave what was seen (default: {proofs.FILE})"
    )
    group.addoption("--desk-url", metavar="URL", help="test against the desk that answers there, over REST")
    group.addoption("--desk-key", metavar="EMAIL:KEY", help="an admin's API key there, to open throw-away accounts")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to watch."""
    if config.getoption("event_coverage"):
        from helpdesk.testing.local import Suite

        suite = config.stash[_SUITE] = Suite(Report())
        config.add_cleanup(suite.watch())


def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Whatever is seen from now on was seen by this test."""
    suite = item.config.stash.get(_SUITE, None)
    if suite is not None:
        suite.current = item.nodeid


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over what it saw; the run itself leaves its report, and fails if something was not seen."""
    suite = session.config.stash.get(_SUITE, None)
    if suite is None:
        return
    worker = getattr(session.config, "workeroutput", None)
    if worker is not None:
        worker["event_coverage"] = suite.report.as_json()
        return
    proofs.write(_report_file(session.config), suite.report)
    if session.exitstatus == pytest.ExitCode.OK and _unseen(session.config, suite):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in what a worker of pytest-xdist saw."""
    suite = node.config.stash.get(_SUITE, None)
    told = getattr(node, "workeroutput", {}).get("event_coverage")
    if suite is not None and told is not None:
        suite.report.add(proofs.from_json(told))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what was seen, and how to cause what was not."""
    suite = config.stash.get(_SUITE, None)
    if suite is None:
        return
    wanted, unseen = suite.wanted(_globs(config)), _unseen(config, suite)
    terminalreporter.section("event coverage")
    terminalreporter.line(f"{len(wanted) - len(unseen)} of {len(wanted)} types of events were seen.")
    for name in unseen:
        type_ = registry[name]
        terminalreporter.line(f"  not seen: {name}. {type_.by_hand or type_.by_machine or type_.by_api}")
    lacking = [(type_, proof) for type_, proof in proofs.missing(suite.report) if type_.name in wanted]
    if _globs(config) == ["*"] and not unseen and lacking:
        terminalreporter.line(f"{len(lacking)} proofs of them are missing:")
        for type_, proof in lacking[:LISTED]:
            terminalreporter.line(f"  {type_.name}: not {proof.label.lower()}. {proof.missing.format(type_.name)}")
    terminalreporter.line(f"What was seen is in {_report_file(config)}.")


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """What was expected and what was written, side by side."""
    if op == "==" and isinstance(left, Events) and isinstance(right, list | tuple):
        return compared(left.types, list(right))
    if op == "==" and isinstance(right, Events) and isinstance(left, list | tuple):
        return compared(right.types, list(left))
    return None


@pytest.fixture
def desk_account(request: pytest.FixtureRequest) -> Iterator[RemoteDesk]:
    """A throw-away account on the desk at --desk-url, and a way to call its API; archived after the test."""
    url, key = request.config.getoption("desk_url"), request.config.getoption("desk_key")
    if not url or not key:
        pytest.fail("desk_account needs a running desk: give --desk-url and --desk-key EMAIL:KEY.")
    account = RemoteDesk.open(url, key)
    yield account
    account.throw_away()


@pytest.fixture
def events(request: pytest.FixtureRequest) -> Iterator[Events]:
    """The types that were written since the test began, or since `events.clear()`: compare them with a list."""
    if request.config.getoption("desk_url"):
        remote = RemoteEvents(request.getfixturevalue("desk_account"))
        yield remote
        suite = request.config.stash.get(_SUITE, None)
        if suite is not None:
            suite.note_all(remote.everything())
        return
    from helpdesk.testing.local import LocalEvents

    with LocalEvents.listening() as local:
        yield local


def _unseen(config: pytest.Config, suite: "Suite") -> list[str]:
    emitted = suite.report.seen.get("emitted", {})
    return [name for name in suite.wanted(_globs(config)) if name not in emitted]


def _globs(config: pytest.Config) -> list[str]:
    return config.getoption("event_coverage_of") or ["*"]


def _report_file(config: pytest.Config) -> Path:
    given: str | None = config.getoption("event_coverage_report")
    return proofs.report_file(given) if given else config.rootpath / proofs.report_file()
