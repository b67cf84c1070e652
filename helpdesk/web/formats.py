"""How times, sizes and files look in templates."""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask, current_app, g, url_for

from audit.clock import wall_now
from helpdesk.languages import LANGUAGES


def install(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for word in (
        moment, short_moment, time_of, zone_name, ago, long_ago, until, size, plain_number, capitalize_first, money,
    ):  # fmt: skip
        app.add_template_filter(word)
    app.add_template_global(asset)
    app.jinja_env.globals["languages"] = LANGUAGES


@cache
def zone(name: str) -> ZoneInfo:
    """A time zone by name; UTC if nobody knows it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def moment(at: datetime, zone_name: str = "UTC") -> str:
    """ "Tue 3 Mar 2026, 09:00"."""
    local = at.astimezone(zone(zone_name))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def short_moment(at: datetime, zone_name: str = "UTC") -> str:
    """ "Tue 3 Mar 09:00", with the year where it is not this one."""
    local = at.astimezone(zone(zone_name))
    year = "" if local.year == wall_now().year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"


def time_of(at: datetime, now: datetime, zone_name: str = "UTC") -> str:
    """ "09:00" on the same day, else "3 Mar 09:00"."""
    local, today = at.astimezone(zone(zone_name)), now.astimezone(zone(zone_name))
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local.day} {local:%b %H:%M}" if local.year == today.year else f"{local.day} {local:%b %Y %H:%M}"


def zone_name(at: datetime, zone_name: str = "UTC") -> str:
    """The zone's short name at that time, "CET"."""
    return at.astimezone(zone(zone_name)).tzname() or zone_name


def ago(at: datetime, now: datetime, zone_name: str = "UTC") -> str:
    """How long ago, in a word: "now", "5 min", "3 h", "2 d", then the date."""
    seconds = (now - at).total_seconds()
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h"
    if seconds < 7 * 86400:
        return f"{int(seconds // 86400)} d"
    local = at.astimezone(zone(zone_name))
    same_year = local.year == now.astimezone(zone(zone_name)).year
    return f"{local.day} {local:%b}" if same_year else f"{local.day} {local:%b %Y}"


def long_ago(at: datetime, now: datetime, zone_name: str = "UTC") -> str:
    """The same in a sentence: "just now", "5 min ago", then "on 3 Mar"."""
    word = ago(at, now, zone_name)
    if word == "now":
        return "just now"
    return f"{word} ago" if now - at < timedelta(days=7) else f"on {word}"


def until(at: datetime, now: datetime) -> str:
    """How long it still is: "now", "in 40 s", "in 12 min", "in 3 h", "in 2 d"."""
    seconds = (at - now).total_seconds()
    if seconds <= 0:
        return "now"
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"in {int(seconds // length)} {unit}"
    return f"in {int(seconds)} s"


def size(count: int) -> str:
    """ "512 B", "3.4 kB", "1.2 MB"."""
    amount = float(count)
    for unit in ("B", "kB", "MB"):
        if amount < 1000 or unit == "MB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"


def plain_number(value: float) -> str:
    """A number without needless decimals."""
    return f"{value:g}"


def capitalize_first(words: str) -> str:
    """A sentence's beginning; the other letters stay as they are, for they may be names."""
    return words[:1].upper() + words[1:]


def money(cents: int) -> str:
    """ "24.00"."""
    return f"{cents // 100:,}.{cents % 100:02d}"


def asset(name: str) -> str:
    """The address of a static file, which changes with its content, so that browsers may keep it."""
    known: dict[str, str] = g.setdefault("assets", {})  # a page shows the same picture a hundred times
    if name not in known:
        known[name] = url_for("static", filename=name, v=_version(Path(current_app.static_folder or ""), name))
    return known[name]


def _version(folder: Path, name: str) -> str:
    try:
        return format(int((folder / name).stat().st_mtime), "x")
    except FileNotFoundError:
        return "0"
