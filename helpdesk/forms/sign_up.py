"""What is asked of whoever opens a new account."""

from wtforms import Form, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from helpdesk import accounts
from helpdesk.forms.people import is_address, is_time_zone, new_password
from helpdesk.people import LONGEST_NAME
from helpdesk.refusals import Refused


class SignUpForm(Form):
    """A desk of one's own."""

    company = StringField(
        "Name of your shop or company",
        [
            DataRequired("Enter the name that customers know."),
            Length(max=accounts.LONGEST_NAME, message=f"It has at most {accounts.LONGEST_NAME} characters."),
        ],
    )
    domain = StringField("Subdomain", [DataRequired("Choose a subdomain.")])
    name = StringField(
        "Your name",
        [
            DataRequired("Enter your name."),
            Length(max=LONGEST_NAME, message=f"A name has at most {LONGEST_NAME} characters."),
        ],
    )
    email = StringField("Your e-mail address", [DataRequired("Enter your e-mail address."), is_address])
    password = new_password()
    timezone = StringField("Time zone", [DataRequired("Choose a time zone."), is_time_zone], default="UTC")

    def validate_domain(self, field: StringField) -> None:
        """Whether it can be one; whether it is free is asked when the desk is opened."""
        try:
            accounts.checked_domain(field.data or "")
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal
