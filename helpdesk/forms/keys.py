"""What is asked of a new API key."""

from wtforms import Form, IntegerField, StringField
from wtforms.validators import DataRequired, Length, NumberRange

from helpdesk import keys


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
