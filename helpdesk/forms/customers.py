"""What is asked of a customer's profile, of their addresses, and of a new customer."""

from typing import Final

from wtforms import Form, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length

from helpdesk import channels, customers

#: The kinds of address that can be given by hand, and what they are called.
KINDS: Final = ((channels.EMAIL, "E-mail"), (channels.PHONE, "Phone"))


class ProfileForm(Form):
    """A customer's profile."""

    name = StringField(
        "Name",
        [Length(max=customers.LONGEST_NAME, message=f"A name has at most {customers.LONGEST_NAME} characters.")],
    )
    email = StringField(
        "E-mail address", [Length(max=channels.LONGEST_ADDRESS, message="No e-mail address is that long.")]
    )
    language = StringField("Language")
    timezone = StringField("Time zone")
    external_id = StringField(
        "External id",
        [
            Length(
                max=customers.LONGEST_EXTERNAL_ID,
                message=f"An external id has at most {customers.LONGEST_EXTERNAL_ID} characters.",
            )
        ],
    )
    note = TextAreaField(
        "Note",
        [Length(max=customers.LONGEST_NOTE, message=f"A note has at most {customers.LONGEST_NOTE:,} characters.")],
    )


class NewCustomerForm(ProfileForm):
    """A customer entered by hand."""

    phone = StringField("Phone number", [Length(max=40, message="No phone number is that long.")])


class ChannelForm(Form):
    """Another address of a customer."""

    type = StringField(
        "Kind", [AnyOf([kind for kind, _ in KINDS], "Choose what kind of address it is.")], default="email"
    )
    address = StringField(
        "Address",
        [
            DataRequired("Write the address first."),
            Length(max=channels.LONGEST_ADDRESS, message="No address is that long."),
        ],
    )
