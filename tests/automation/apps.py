"""The smallest application that the machines can run in: a database and a configuration, no pages."""

from dataclasses import replace
from pathlib import Path

from flask import Flask
from sqlalchemy.engine import URL, make_url

from audit import tail
from audit.db import db
from audit.sessions import prepare
from automation import beforehand
from helpdesk import config as settings
from helpdesk import desk
from helpdesk.config import Config


def a_config(url: URL | str, **changes: object) -> Config:
    """A configuration on this database; what listens takes a free port."""
    text = make_url(url).render_as_string(hide_password=False)
    plain = replace(settings.from_environment({}), database_url=text, migrate_database_url=text, port=0, smtp_port=0)
    plain = replace(plain, secret_key="only for tests")
    return replace(plain, **changes)  # type: ignore[arg-type]


def an_app(config: Config) -> Flask:
    """An application that answers `/` with "desk"."""
    app = Flask("bare", root_path=str(Path(__file__).parent))
    app.config.update(DESK=config, SQLALCHEMY_DATABASE_URI=config.database_url, SECRET_KEY="only for tests")
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
        tail.install(app, db.engine)
    desk.connect_machines(beforehand)
    app.add_url_rule("/", "index", lambda: "desk")
    return app
