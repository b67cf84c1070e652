"""The same application and browsers as for the pages of the desk."""

from tests.helpdesk.web.conftest import app, client, database_url, enter, own_instance, stranger

__all__ = ["app", "client", "database_url", "enter", "own_instance", "stranger"]
