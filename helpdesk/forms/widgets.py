"""What is asked of a widget: its title, whence its data comes, and which values it shows."""

from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, StringField
from wtforms.validators import DataRequired, Length

from helpdesk import widgets
from helpdesk.models import Widget

#: What can be shown of a customer, as one chooses it; other paths can be typed.
CUSTOMER_PATHS: Final = (
    ("customer.email", "E-mail address"),
    ("customer.name", "Name"),
    ("customer.language", "Language"),
    ("customer.timezone", "Time zone"),
    ("customer.note", "Note"),
    ("customer.external_id", "External id"),
    ("customer.created_datetime", "Customer since"),
    ("customer.meta.orders", "Orders so far"),
    ("customer.meta.last_order", "Last order"),
    ("ticket.channel", "Channel of the ticket"),
)


class WidgetForm(Form):
    """A card."""

    title = StringField(
        "Title",
        [
            DataRequired("Give it a title, which stands above the card."),
            Length(max=widgets.LONGEST_TITLE, message=f"At most {widgets.LONGEST_TITLE} characters."),
        ],
    )
    integration_id = StringField("Data from")
    is_on = BooleanField("Show it beside tickets")

    def __init__(self, sent: MultiDict[str, str] | None = None, held: Widget | None = None) -> None:
        super().__init__(sent, data=None if sent is not None else _shown(held))
        if sent is not None:
            pairs = list(zip(sent.getlist("line_title"), sent.getlist("line_path"), strict=False))
        elif held is not None:
            pairs = list(widgets.lines_of(held.template, str(held.template.get("path") or "")))
        else:
            pairs = []
        self.lines = [(title.strip(), path.strip()) for title, path in pairs if title.strip() or path.strip()]

    @property
    def template(self) -> dict[str, Any]:
        """As the verbs take it."""
        lines = [{"type": "text", "title": title or path, "path": path} for title, path in self.lines]
        return {"type": "wrapper", "title": self.title.data or "", **({"widgets": lines} if lines else {})}

    def over(self, held: Widget) -> dict[str, Any]:
        """The same for a card that is there: what a program put into it stays, unless its lines are other ones now."""
        if self.lines != WidgetForm(held=held).lines:
            return self.template
        return held.template if self.title.data == held.audit_label() else {**held.template, "title": self.title.data}

    @property
    def source(self) -> int | None:
        """The number of the chosen integration."""
        given = self.integration_id.data or ""
        return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def _shown(held: Widget | None) -> dict[str, Any]:
    if held is None:
        return {"is_on": True}
    return {
        "title": held.audit_label(),
        "integration_id": str(held.integration_id or ""),
        "is_on": held.deactivated_datetime is None,
    }
