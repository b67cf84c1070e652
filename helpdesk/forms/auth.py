"""What is asked at the door."""

from wtforms import Form, PasswordField, StringField
from wtforms.validators import DataRequired


class LogInForm(Form):
    """The way in."""

    email = StringField("E-mail address", [DataRequired("Enter your e-mail address.")])
    password = PasswordField("Password", [DataRequired("Enter your password.")])
