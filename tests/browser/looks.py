"""How a page looks to machines that stand in for people: axe for those who can't see it, a ruler for small windows."""

from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

#: What is in order is only counted: to describe it takes axe longer than to look.
_RUN: Final = "options => axe.run({...options, resultTypes: ['violations']}).then(found => found.violations)"


def complaints(page: Page) -> list[str]:
    """What axe finds: everything in the light, and in the dark what only that can change, on the same page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    page.emulate_media(color_scheme="dark")
    found = _violations(page, {"runOnly": ["color-contrast"]})
    page.emulate_media(color_scheme="light")
    return found + _violations(page, {})


def _violations(page: Page, options: dict[str, Any]) -> list[str]:
    found = page.evaluate(_RUN, options)
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
