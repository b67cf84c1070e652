"""Puts the pages into an application."""

from flask import Flask

from helpdesk.config import Config
from helpdesk.web import (
    attachments,
    auth,
    errors,
    formats,
    logins,
    mailtrap,
    security,
    shell,
    tickets,
)

# These add their routes to the blueprint of tickets.
from helpdesk.web import ticket_endings, ticket_talk, ticket_verbs  # noqa: F401  # isort: skip


def install(app: Flask, config: Config) -> None:
    """The order matters: the host is checked before anybody is recognised."""
    for part in (formats, errors):
        part.install(app)
    security.install(app, config)
    for part in (logins, shell, auth):
        part.install(app)
    for blueprint in (
        auth.blueprint,
        shell.blueprint,
        tickets.blueprint,
        attachments.blueprint,
        mailtrap.blueprint,
    ):
        app.register_blueprint(blueprint)
