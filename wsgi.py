"""Wires the house: the application, what the packages need of one another, and the `helpdesk` command."""

from pathlib import Path

import click
from flask import Flask
from flask.cli import ScriptInfo
from htmx_flask import Htmx

from audit import commands as audit_commands
from audit import coverage_commands, directory, glossary, pages, plays, tail
from audit.db import db
from audit.rest import desk as log_api
from audit.sessions import prepare
from automation import api as time_api
from automation import beforehand
from automation import commands as automation_commands
from automation.simulator import api as simulator_api
from automation.web import clock
from automation.web import simulator as simulator_pages
from helpdesk import account_commands, desk, links, outgoing
from helpdesk import commands as helpdesk_commands
from helpdesk import config as settings
from helpdesk.api import wiring as api
from helpdesk.config import Config, Misconfigured
from helpdesk.web import wiring
from helpdesk.web.directory import HelpdeskDirectory
from helpdesk.web.requests import DeskRequest
from seeds import api as worlds_api
from seeds import (
    classroom_commands,
    classroom_pages,
    drill_pages,
    fire_pages,
    lesson_pages,
    scenarios,
    trigger_commands,
)
from seeds import commands as seeds_commands

# These add their routes to the log's pages.
from audit import beside, coverage_pages, downloads, live  # noqa: F401  # isort: skip

ROOT = Path(__file__).resolve().parent

#: The largest request that is read at all; what may be attached to a message is less, and refused with a sentence.
LARGEST_REQUEST = 40 * 2**20


def create_app(config: Config | None = None) -> Flask:
    """The application on this configuration, by default that of the environment; raises Misconfigured."""
    config = config or settings.from_environment()
    app = Flask("helpdesk", template_folder=ROOT / "templates", static_folder=ROOT / "helpdesk" / "static")
    app.config.update(
        DESK=config,
        SECRET_KEY=settings.secret_key(config),
        SQLALCHEMY_DATABASE_URI=config.database_url,
        # The connection that was used last comes first: what it has read it still knows, and the others lag behind.
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 20, "max_overflow": 20, "pool_use_lifo": True},
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=2 * 2**20,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.base_url.startswith("https://"),
        WTF_CSRF_TIME_LIMIT=None,
    )
    Htmx(app)
    app.request_class = DeskRequest
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
        tail.install(app, db.engine)
    desk.connect_machines(beforehand)
    links.use(config.base_url)
    outgoing.use(config.outgoing_allow)
    directory.install(app, HelpdeskDirectory())
    wiring.install(app, config)
    plays.connect(scenarios.plays_of)
    pages.install(app)
    for package in (glossary, fire_pages, lesson_pages, drill_pages, classroom_pages):
        app.register_blueprint(package.blueprint)
    clock.install(app)
    app.register_blueprint(simulator_pages.blueprint)
    api.install(app, config, (time_api.resource, simulator_api.resource, log_api.resource, worlds_api.resource))
    return app


class _Commands(click.Group):
    """The commands; what can't start says why in a sentence."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except Misconfigured as problem:
            raise click.ClickException(str(problem)) from problem


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
def helpdesk() -> None:
    """A help desk whose audit log records everything that changes."""
    # Also for commands that need no pages.
    desk.connect_machines(beforehand)
    links.use(settings.from_environment().base_url)


for package in (
    audit_commands,
    helpdesk_commands,
    account_commands,
    automation_commands,
    seeds_commands,
    trigger_commands,
    classroom_commands,
):
    for command in package.COMMANDS:
        helpdesk.add_command(command)


audit_commands.audit.add_command(coverage_commands.coverage)


def main() -> None:
    """The console script."""
    helpdesk(obj=ScriptInfo(create_app=lambda *_: create_app(), set_debug_flag=False), prog_name="helpdesk")


if __name__ == "__main__":
    main()
