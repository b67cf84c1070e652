"""What a customer is asked after a ticket was closed."""

from typing import Final

from wtforms import Form, StringField, TextAreaField
from wtforms.validators import AnyOf, Length

from helpdesk import surveys

#: Scores with a word each, as the stars say it to those who can't see them.
STARS: Final = (
    ("1", "1 star, bad"),
    ("2", "2 stars, poor"),
    ("3", "3 stars, all right"),
    ("4", "4 stars, good"),
    ("5", "5 stars, great"),
)


class AnswerForm(Form):
    """One to five stars, and a word."""

    score = StringField("How was it?", [AnyOf([score for score, _ in STARS], "Choose one to five stars.")])
    body_text = TextAreaField(
        "A word, if you like",
        [
            Length(
                max=surveys.LONGEST_COMMENT + 200,  # line ends travel as two characters; the verb counts them as one
                message=f"A comment has at most {surveys.LONGEST_COMMENT:,} characters.",
            )
        ],
    )
