"""What is asked where somebody writes in a ticket, or opens one."""

from typing import Final

from wtforms import Form, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length

LONGEST_TEXT: Final = 500_000


class ComposerForm(Form):
    """A reply or an internal note."""

    body_text = TextAreaField(
        "Message",
        [Length(max=LONGEST_TEXT, message=f"A message has at most {LONGEST_TEXT:,} characters. Nothing was sent.")],
    )
    markdown = StringField("Markdown")
    macro_id = StringField("Macro")
    then = StringField("What follows")
    until = StringField("Until a date and time")


class NewCustomerForm(Form):
    """Somebody whose ticket it is, and who was not known yet."""

    name = StringField("Name", [Length(max=500, message="A name has at most 500 characters.")])
    email = StringField("E-mail address", [DataRequired("Enter the address to which answers go.")])


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
