"""What is asked of a view, beside its filter and the boxes that are ticked."""

from wtforms import Form, StringField
from wtforms.validators import DataRequired, Length

from helpdesk import views


class ViewForm(Form):
    """A view's name and sign."""

    name = StringField(
        "Name",
        [
            DataRequired("Write the view's name."),
            Length(max=views.LONGEST_NAME, message=f"A view's name has at most {views.LONGEST_NAME} characters."),
        ],
    )
    emoji = StringField("Emoji", [Length(max=40, message="One sign is enough.")])
