"""The countries there are, by their code (ISO 3166-1), as the time zone database lists them."""

from functools import cache
from importlib.resources import files

from helpdesk.refusals import Refused


@cache
def codes() -> frozenset[str]:
    """Their two letters."""
    listed = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text("utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in listed if line and not line.startswith("#"))


def known(code: str | None) -> str | None:
    """The code as it is kept, None for no country; raises Refused."""
    tidy = (code or "").strip()
    if tidy and tidy not in codes():
        raise Refused(f"{tidy[:20]!r} is no country. Use the two letters of ISO 3166, such as IE.")
    return tidy or None
