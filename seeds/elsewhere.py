"""Shows a sandbox to somebody whose own desk is another: its session, its lines, and what templates must know."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, make_response, render_template
from sqlalchemy.orm import Session

from audit.db import db
from audit.sessions import AuditedSession
from audit.story import Story
from helpdesk.web.htmx import wants_partial
from seeds import showing


@contextmanager
def elsewhere() -> Iterator[Session]:
    """A session for the sandbox: the request's own stays on the account of whoever looks."""
    with AuditedSession(bind=db.engine) as session:
        yield session


def opened(story: Story, back: tuple[str, str], event_address: Callable[[int], str]) -> Response:
    """A line of a sandbox's log, opened: inside its row, or as a page that leads back."""
    template = "audit/_story.html" if wants_partial() else "lessons/line.html"
    return make_response(render_template(template, story=story, back=back, **of_a_sandbox(event_address)))


def of_a_sandbox(event_address: Callable[[int], str]) -> dict[str, Any]:
    """What templates of the log and of tickets need to know, where what they show is on another desk."""
    return {"zone": showing.ZONE.key, "in_sandbox": True, "event_address": event_address}
