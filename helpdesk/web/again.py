"""Forms that came too late or too often: their page is drawn again, with what was typed and why nothing was done."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Response, current_app, request

from helpdesk.web.htmx import wants_partial

View = TypeVar("View", bound=Callable[..., Any])

#: Draws the page of the request's form with this status and this sentence.
Draw = Callable[[int, str], Response]


@dataclass(frozen=True)
class Again:
    """How the page of a form is drawn again, and what it says."""

    draw: Draw
    too_often: str
    stale: str | None  #: None: a page for people who are inside, whom the token would have told


def drawn_again(draw: Draw, *, too_often: str, stale: str | None = None) -> Callable[[View], View]:
    """Mark a view that takes a form."""

    def mark(view: View) -> View:
        view.again = Again(draw, too_often, stale)  # type: ignore[attr-defined]
        return view

    return mark


def stale() -> Response | None:
    """The form whose token no longer holds; None where its view has no such page."""
    again = _asked_for()
    return again.draw(400, again.stale) if again and again.stale else None


def too_often() -> Response | None:
    """The form that was sent too many times; None where its view has no such page."""
    again = _asked_for()
    return again.draw(429, again.too_often) if again else None


def _asked_for() -> Again | None:
    found: Again | None = getattr(current_app.view_functions.get(request.endpoint or ""), "again", None)
    return None if wants_partial() else found
