"""The database's history of shapes, one module per step; `helpdesk migrate` brings it up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from audit.log import check_guards


def upgrade(engine: Engine, app_role: str | None = None) -> bool:
    """Bring the database to the newest shape and check the log's guards; answers whether anything was to do.

    `app_role` is PostgreSQL's role of the application, which owns nothing and is given what it needs.
    """
    with engine.connect().execution_options(desk_migrates=True) as connection:
        config = _config()
        head = ScriptDirectory.from_config(config).get_current_head()
        behind = MigrationContext.configure(connection).get_current_revision() != head
        connection.rollback()
        if behind:
            config.attributes["connection"] = connection
            config.attributes["app_role"] = app_role
            command.upgrade(config, "head")
            connection.commit()
        check_guards(connection)
        connection.rollback()
    return behind


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
