"""What is asked of a new API key, and of an application."""

from wtforms import Form, IntegerField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, NumberRange

from helpdesk import keys, oauth


class KeyForm(Form):
    """What it is for, and as whom it acts."""

    name = StringField(
        "What is it for?",
        [
            DataRequired("Say what the key is for, so that somebody knows it again."),
            Length(max=keys.LONGEST_NAME, message=f"At most {keys.LONGEST_NAME} characters."),
        ],
    )
    user_id = IntegerField("Acts as", [NumberRange(1, 2**63 - 1, "Choose a team member.")])


class ApplicationForm(Form):
    """What an application is called, and where people are sent back to."""

    name = StringField(
        "Name",
        [DataRequired("Write the application's name."), Length(max=oauth.LONGEST_NAME, message="That is too long.")],
    )
    redirects = TextAreaField("Sends people back to", [DataRequired("Write down at least one address.")])
