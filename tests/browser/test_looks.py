"""What watches over all pages sees: a picture without words in any light, a pale text only where it is pale."""

from playwright.sync_api import Page

from tests.browser.looks import complaints

FAULTY = """<!doctype html><html lang="en"><title>Faulty</title><meta name="color-scheme" content="light dark">
<style>body { color: light-dark(#111, #333); background: light-dark(#fff, #222) }</style>
<main><h1>Faulty</h1><p>Pale in the dark</p>{picture}</main></html>"""


def test_faults_are_found_on_every_load_of_a_page(page: Page) -> None:
    for picture, rules in (("", ["color-contrast"]), ('<img src="data:,">', ["color-contrast", "image-alt"])):
        page.set_content(FAULTY.replace("{picture}", picture))
        assert sorted({line.partition(":")[0] for line in complaints(page)}) == rules
