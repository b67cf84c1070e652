"""What is asked of a team."""

from typing import Final

from wtforms import Form, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from helpdesk import teams

#: Signs to begin with; any other emoji is taken, too.
SIGNS: Final = ("📦", "🛟", "💶", "🚚", "🔧", "🌍", "⭐", "🏬")


class TeamForm(Form):
    """A team's name, sign and description; its members are check boxes beside them."""

    name = StringField(
        "Name",
        [
            DataRequired("Write the team's name."),
            Length(max=teams.LONGEST_NAME, message=f"A team's name has at most {teams.LONGEST_NAME} characters."),
        ],
    )
    emoji = StringField("Emoji", [Length(max=40, message="One sign is enough.")])
    description = TextAreaField(
        "Description",
        [
            Length(
                max=teams.LONGEST_DESCRIPTION,
                message=f"A description has at most {teams.LONGEST_DESCRIPTION:,} characters.",
            )
        ],
    )
