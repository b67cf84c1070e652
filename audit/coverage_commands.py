"""The command that says which events a desk has seen and a suite has proved, for people and for machines."""

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from xml.etree import ElementTree

import click
from flask.cli import with_appcontext

from audit import proofs
from audit.action import enter
from audit.actors import ACTOR_KINDS
from audit.commands import check, chosen
from audit.coverage import PARTS, Coverage, Line, cover
from audit.db import db
from audit.directory import directory

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
#: How the table names the parts.
_WORDS: Final = {"types": "types seen", "ways": "ways seen", "proofs": "proofs of the suite"}


@click.command()
@click.option(
    "--account", metavar="DOMAIN_OR_ID", help="Whose log. By default the first account's, which is the demo's."
)
@click.option("--since", metavar="WHEN", help="Only what happened since, by the desk's clock: 2h, or 2026-03-03T09:00.")
@click.option(
    "--report", metavar="FILE", help=f"What a suite saw, from pytest --event-coverage. [default: {proofs.FILE}]"
)
@click.option("--only", metavar="GLOB", multiple=True, help="Only these types, such as 'ticket-*'; may be repeated.")
@click.option("--part", "parts", type=click.Choice(PARTS), multiple=True, help="Only this part; may be repeated.")
@click.option("--format", "form", type=click.Choice(["table", "json", "junit"]), default="table", show_default=True)
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="End with 1 if a part has less.")
@with_appcontext
def coverage(
    account: str | None,
    since: str | None,
    report: str | None,
    only: tuple[str, ...],
    parts: tuple[str, ...],
    form: str,
    fail_under: float | None,
) -> None:
    """Show which events the log has seen, caused by what, and what a test suite proved of each.

    Every figure was observed: in the log, or by pytest while the suite ran. What is missing says how to cause it.
    """
    check()
    number, domain = chosen(account)
    session = db.session()
    enter(session, number)
    suite = _suite(report, parts)
    found = cover(session, _moment(since, directory().now(number)) if since else None, suite, only or ("*",))
    if not found.lines:
        raise click.ClickException(f"No type of events is called {', '.join(only)}.")
    shown = parts or tuple(part for part in PARTS if part != "proofs" or found.has_proofs)
    click.echo(_FORMATS[form](found, domain, shown))
    low = [part for part in shown if found.figure(part).percent < (fail_under or 0)]
    if low:
        gaps = [gap for part in low for gap in found.gaps(part)]
        click.echo(f"Under {fail_under:g} %: {', '.join(_WORDS[part] for part in low)}.", err=True)
        for gap in gaps:
            click.echo(f"  {gap.type.name}: {gap.what}. {gap.remedy}", err=True)
        sys.exit(1)


def _suite(given: str | None, parts: tuple[str, ...]) -> proofs.Report | None:
    path = proofs.report_file(given)
    if given is None and "proofs" not in parts and not path.exists():
        return None
    try:
        return proofs.read(path)
    except proofs.BadReport as problem:
        raise click.ClickException(str(problem)) from problem


def _moment(words: str, now: datetime) -> datetime:
    if span := re.fullmatch(r"(\d{1,6})\s*([mhdw])", words.strip()):
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        moment = datetime.fromisoformat(words.strip())
    except ValueError:
        raise click.ClickException(f"{words!r} is no moment. Write 2h, 3d, or 2026-03-03T09:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _table(found: Coverage, domain: str, parts: tuple[str, ...]) -> str:
    lines = [f"{domain}: " + ", ".join(_figure(found, part) for part in parts) + "."]
    if "types" in parts or "ways" in parts:
        lines += ["", f"{'event':<36}{'seen':>8}  " + "".join(f"{kind:>12}" for kind in ACTOR_KINDS)]
        lines += [_ways(line) for line in found.lines]
    if "proofs" in parts:
        lines += ["", f"{'event':<36}" + "".join(f"{proof.name:>12}" for proof in proofs.PROOFS)]
        lines += [_marks(line) for line in found.lines]
    for part in parts:
        gaps = found.gaps(part)
        lines += ["", f"Missing of the {_WORDS[part]}:" if gaps else f"All {_WORDS[part]}."]
        lines += [f"  {gap.type.name}: {gap.what}. {gap.remedy}" for gap in gaps]
    return "\n".join(lines)


def _figure(found: Coverage, part: str) -> str:
    figure = found.figure(part)
    return f"{figure.full:,} of {figure.possible:,} {_WORDS[part]} ({figure.percent:.1f} %)"


def _ways(line: Line) -> str:
    cells = [f"{way.seen.count:,}" if way.seen else "missing" if way.is_possible else "" for way in line.ways]
    return f"{line.type.name:<36}{line.seen.count if line.seen else 0:>8,}  " + "".join(f"{cell:>12}" for cell in cells)


def _marks(line: Line) -> str:
    cells = ["yes" if mark.test else "missing" if mark.is_possible else "" for mark in line.marks]
    return f"{line.type.name:<36}" + "".join(f"{cell:>12}" for cell in cells)


def _json(found: Coverage, domain: str, parts: tuple[str, ...]) -> str:
    figures = {part: found.figure(part) for part in parts}
    shown: dict[str, Any] = {
        "account": domain,
        "since": found.since.isoformat() if found.since else None,
        "figures": {part: {**vars(figure), "percent": round(figure.percent, 1)} for part, figure in figures.items()},
        "types": [_type_json(line, parts) for line in found.lines],
        "missing": [
            {"part": part, "type": gap.type.name, "what": gap.what, "how": gap.remedy}
            for part in parts
            for gap in found.gaps(part)
        ],
    }
    return json.dumps(shown, indent=2, ensure_ascii=False)


def _type_json(line: Line, parts: tuple[str, ...]) -> dict[str, Any]:
    shown: dict[str, Any] = {"type": line.type.name, "object": line.type.object, "seen": _seen_json(line.seen)}
    if "ways" in parts:
        shown["ways"] = {way.kind: _seen_json(way.seen) for way in line.ways if way.is_possible}
    if "proofs" in parts:
        shown["proofs"] = {mark.name: mark.test for mark in line.marks if mark.is_possible}
    return shown


def _seen_json(seen: Any) -> dict[str, Any] | None:
    return {"count": seen.count, "last": seen.at.isoformat(), "event_id": seen.event_id} if seen else None


def _junit(found: Coverage, domain: str, parts: tuple[str, ...]) -> str:
    root = ElementTree.Element("testsuites", name=f"event coverage of {domain}")
    for part in parts:
        gaps = found.gaps(part)
        figure = found.figure(part)
        suite = ElementTree.SubElement(root, "testsuite", name=_WORDS[part])
        suite.set("tests", str(figure.possible))
        suite.set("failures", str(len(gaps)))
        for line in found.lines:
            for what, remedy in _cases(found, part, line):
                case = ElementTree.SubElement(suite, "testcase", classname=line.type.name, name=what)
                if remedy:
                    ElementTree.SubElement(case, "failure", message=f"{what}: missing").text = remedy
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _cases(found: Coverage, part: str, line: Line) -> list[tuple[str, str | None]]:
    gaps = {gap.what: gap.remedy for gap in found.gaps(part) if gap.type is line.type}
    if part == "types":
        return [("seen", gaps.get("not seen"))]
    if part == "ways":
        return [(f"by {way.kind}", gaps.get(f"not seen by {way.kind}")) for way in line.ways if way.is_possible]
    return [(mark.name, gaps.get(f"not {mark.label.lower()}")) for mark in line.marks if mark.is_possible]


_FORMATS: Final = {"table": _table, "json": _json, "junit": _junit}
