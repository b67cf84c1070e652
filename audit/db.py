"""The database handle of the Flask application."""

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession

from audit.base import Base
from audit.sessions import AuditedSession


class RequestSession(AuditedSession, FlaskSession):
    """The session of a request, a command or a tick: witnessed, and bound by the application."""


db = SQLAlchemy(model_class=Base, disable_autonaming=True, session_options={"class_": RequestSession})
