"""What is asked of a tag."""

from typing import Any, Final

from wtforms import Form, StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from helpdesk import tags

#: Colours to choose from, which are told apart in light and dark; any other can be mixed.
SWATCHES: Final = (
    ("#b3261e", "Red"),
    ("#c2410c", "Orange"),
    ("#a16207", "Amber"),
    ("#15803d", "Green"),
    ("#0f766e", "Teal"),
    ("#1d4ed8", "Blue"),
    ("#7c3aed", "Violet"),
    ("#be185d", "Pink"),
    ("#6b7280", "Grey"),
)
#: What the choice says where the colour is mixed by hand.
OWN: Final = "own"
FIRST_MIXED: Final = "#0f766e"


class TagForm(Form):
    """A tag's name, colour and description."""

    name = StringField(
        "Name",
        [
            DataRequired("Write the tag's name."),
            Length(max=tags.LONGEST_NAME, message=f"A tag's name has at most {tags.LONGEST_NAME} characters."),
        ],
    )
    swatch = StringField("Colour")
    mixed = StringField("Mixed colour", default=FIRST_MIXED)
    description = TextAreaField(
        "Description",
        [
            Length(
                max=tags.LONGEST_DESCRIPTION,
                message=f"A description has at most {tags.LONGEST_DESCRIPTION:,} characters.",
            )
        ],
    )

    @classmethod
    def of(cls, tag: Any) -> "TagForm":
        """The form as the tag is now."""
        color = (tag.color or "").lower()
        is_own = bool(color) and color not in dict(SWATCHES)
        return cls(
            name=tag.name,
            description=tag.description,
            swatch=OWN if is_own else color,
            mixed=color or FIRST_MIXED,
        )

    @property
    def color(self) -> str | None:
        """The colour that was chosen; None for none."""
        chosen = self.mixed.data if self.swatch.data == OWN else self.swatch.data
        return (chosen or "").strip() or None
