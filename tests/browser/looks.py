"""How a page looks to machines that stand in for people: axe for those who can't see it, a ruler for small windows."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def complaints(page: Page) -> list[str]:
    """What axe finds: everything in the light, and in the dark what only that can change, on the same page."""
    page.emulate_media(color_scheme="dark")
    found = _violations(page, {"runOnly": ["color-contrast"]})
    page.emulate_media(color_scheme="light")
    return found + _violations(page, {})


def _violations(page: Page, options: dict[str, list[str]]) -> list[str]:
    found = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]
