"""Sheets: what asks something in the dialog above a page, and is a page of its own where there are no scripts."""

from flask import Response, make_response, render_template

from helpdesk.web.htmx import wants_partial


def sheet(template: str, heading: str, status: int = 200, **context: object) -> Response:
    """A sheet from its partial; its own heading has the id `dialog-title`."""
    if wants_partial():
        return make_response(render_template(template, **context), status)
    return make_response(render_template("layout/sheet.html", sheet=template, sheet_name=heading, **context), status)
