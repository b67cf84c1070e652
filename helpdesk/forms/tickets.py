"""What the pages' larger forms ask for, and what they say to an answer that can't be right."""

from typing import Final

from wtforms import Form, PasswordField, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length

LONGEST_TEXT: Final = 500_000


class LogInForm(Form):
    """The way in."""

    email = StringField("E-mail address", [DataRequired("Enter your e-mail address.")])
    password = PasswordField("Password", [DataRequired("Enter your password.")])


class ComposerForm(Form):
    """A reply or an internal note."""

    body_text = TextAreaField(
        "Message",
        [Length(max=LONGEST_TEXT, message=f"A message has at most {LONGEST_TEXT:,} characters. Nothing was sent.")],
    )


class NewTicketForm(Form):
    """A ticket opened by hand."""

    email = StringField("Customer's e-mail address", [DataRequired("Enter the customer's e-mail address.")])
    name = StringField("Customer's name")
    subject = StringField("Subject")
    kind = StringField("First message", [AnyOf(["reply", "note"], "Choose what it is.")], default="reply")
    body_text = TextAreaField(
        "Text",
        [
            DataRequired("Write the first message; a ticket without one would say nothing."),
            Length(max=LONGEST_TEXT, message=f"A message has at most {LONGEST_TEXT:,} characters."),
        ],
    )
    assignee = StringField("Assignee")
    team = StringField("Team")
    tags = StringField("Tags")
