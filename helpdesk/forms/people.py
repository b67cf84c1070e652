"""What is asked of and about team members: who they are, what they may do, and their passwords."""

from typing import Any, Final

from wtforms import Form, PasswordField, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, EqualTo, Length, Optional, ValidationError

from helpdesk import people
from helpdesk.languages import LANGUAGES
from helpdesk.mail.addresses import valid_address
from helpdesk.models import Role
from helpdesk.people import LONGEST_BIO, LONGEST_NAME, LONGEST_PASSWORD, SHORTEST_PASSWORD

#: Roles that can be given, from least to most; an account has one owner.
GIVEN_ROLES: Final = (Role.OBSERVER, Role.LITE, Role.BASIC, Role.LEAD, Role.ADMIN)


def is_address(_form: Form, field: Any) -> None:
    """A validator: the field holds an e-mail address."""
    given = (field.data or "").strip()
    if valid_address(given) is None or any(character.isspace() for character in given):
        raise ValidationError(f"{given[:80]} is no e-mail address. Write it like ana@shop.example.")


def is_time_zone(_form: Form, field: Any) -> None:
    """A validator: the field names a time zone."""
    if field.data.strip() not in people.time_zones():
        raise ValidationError(f"{field.data[:80]} is no time zone. Write it like Europe/Dublin.")


def time_zones() -> list[str]:
    """All time zones that have a place or are UTC, in alphabetical order."""
    places = (name for name in people.time_zones() if "/" in name and not name.startswith("Etc/"))
    return [*sorted(places), "UTC"]


def _name(label: str = "Name") -> StringField:
    return StringField(
        label,
        [
            DataRequired("Enter a name."),
            Length(max=LONGEST_NAME, message=f"A name has at most {LONGEST_NAME} characters."),
        ],
    )


def _address(label: str = "E-mail address") -> StringField:
    return StringField(label, [DataRequired("Enter an e-mail address."), is_address])


def new_password(label: str = "Password") -> PasswordField:
    """A field for a password that is being chosen."""
    return PasswordField(
        label,
        [
            DataRequired("Choose a password."),
            Length(min=SHORTEST_PASSWORD, message=f"A password has at least {SHORTEST_PASSWORD} characters."),
            Length(max=LONGEST_PASSWORD, message=f"A password has at most {LONGEST_PASSWORD} characters."),
        ],
    )


class InviteForm(Form):
    """Somebody new."""

    name = _name()
    email = _address()
    role = StringField("Role", [AnyOf([role.value for role in GIVEN_ROLES], "Choose a role.")], default="basic")


class UserForm(InviteForm):
    """Somebody who is there."""


class ProfileForm(Form):
    """What people say of themselves; a new address needs the present password."""

    name = _name()
    email = _address()
    present_password = PasswordField("Present password")
    timezone = StringField("Time zone", [Optional(), is_time_zone])
    language = StringField("Language", [Optional(), AnyOf(list(LANGUAGES), "Choose a language of the list.")])
    bio = TextAreaField(
        "About you", [Length(max=LONGEST_BIO, message=f"This has at most {LONGEST_BIO} characters; it has more.")]
    )


class ChangePasswordForm(Form):
    """Another password, by somebody who knows the present one."""

    old_password = PasswordField("Present password", [DataRequired("Enter your present password.")])
    password = new_password("New password")
    repeated = PasswordField("New password, again", [EqualTo("password", "The two new passwords differ. Repeat it.")])


class ChoosePasswordForm(Form):
    """A password, by somebody who came with a link."""

    password = new_password()
    repeated = PasswordField("Password, again", [EqualTo("password", "The two passwords differ. Repeat it.")])


class ForgotForm(Form):
    """Whose password was forgotten."""

    email = StringField("E-mail address", [DataRequired("Enter your e-mail address."), is_address])
