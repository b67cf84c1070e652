"""What is asked of an integration: how another system is called, or what a shop or chat is named."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Form, PasswordField, StringField, TextAreaField
from wtforms.validators import AnyOf, DataRequired, Length, ValidationError

from audit import jsons
from helpdesk import integrations, outgoing
from helpdesk.models import Integration
from helpdesk.refusals import Refused

METHODS: Final = tuple((name, name) for name in outgoing.METHODS)
KINDS: Final = ((integrations.JSON_BODY, "JSON"), (integrations.FORM_BODY, "Form fields (URL-encoded)"))


def _at_most(count: int) -> Length:
    return Length(max=count, message=f"At most {count} characters.")


@dataclass(frozen=True)
class Header:
    """A header as its row shows it; the value of one that is kept is never shown."""

    name: str
    value: str = ""
    is_kept: bool = False


class PlainForm(Form):
    """What every integration has."""

    name = StringField(
        "Name",
        [
            DataRequired("Give it a name by which you recognise it."),
            _at_most(integrations.LONGEST_NAME),
        ],
    )
    description = TextAreaField(
        "Description",
        [_at_most(integrations.LONGEST_DESCRIPTION)],
    )

    def changes(self, _held: Integration | None) -> dict[str, Any]:
        """What the verbs are told."""
        return {"name": self.name.data or "", "description": self.description.data}


class HttpForm(PlainForm):
    """How another system is called, and why."""

    url = StringField("Address", [DataRequired("Write the address that is called, such as https://shop.example/hook.")])
    method = StringField("Method", [AnyOf(outgoing.METHODS, message="Choose a method.")], default="POST")
    request_content_type = StringField(
        "Body", [AnyOf(integrations.CONTENT_TYPES, message="Choose how it is written.")], default=integrations.JSON_BODY
    )
    form = TextAreaField("Body template", [_at_most(integrations.LONGEST_FORM)])
    hmac_secret = PasswordField("Signing secret", [_at_most(integrations.LONGEST_SECRET)])
    forget_secret = BooleanField("Sign no more")

    def __init__(self, sent: MultiDict[str, str] | None = None, held: Integration | None = None) -> None:
        super().__init__(sent, data=None if sent is not None else _shown(held))
        self._held = held
        self.ticked = set(sent.getlist("triggers")) if sent is not None else _ticked(held)
        self.headers = _sent_headers(sent, held) if sent is not None else _kept_headers(held)

    def validate_url(self, field: Any) -> None:
        """It must be an address that can be called at all."""
        try:
            outgoing.check_address(field.data.strip())
        except outgoing.Unsendable as problem:
            raise ValidationError(str(problem)) from problem

    def validate_form(self, field: Any) -> None:
        """It must be JSON."""
        self._template(field.data)

    def changes(self, held: Integration | None) -> dict[str, Any]:
        """What the verbs are told; raises Refused for a header without a value."""
        wanted = super().changes(held) | {"http": self._http(), "headers": self._headers(held)}
        if self.hmac_secret.data:
            wanted["hmac_secret"] = self.hmac_secret.data
        elif self.forget_secret.data or held is None:
            wanted["hmac_secret"] = None
        return wanted

    def _http(self) -> dict[str, Any]:
        return {
            "url": (self.url.data or "").strip(),
            "method": self.method.data,
            "request_content_type": self.request_content_type.data,
            "form": self._template(self.form.data),
            "triggers": dict.fromkeys(sorted(self.ticked), True),
        }

    def _headers(self, held: Integration | None) -> dict[str, str]:
        # What is kept goes where it went: else whoever can't read a value could have it sent to themselves.
        kept, url = (held.headers or {}) if held is not None else {}, (self.url.data or "").strip()
        same = held is not None and outgoing.origin(url) == outgoing.origin(str((held.http or {}).get("url")))
        found: dict[str, str] = {}
        for header in self.headers:
            value = header.value or (kept.get(header.name) if same else None)
            if not value and header.name in kept:
                raise Refused(f"The address leads to another host: type the value of the header {header.name} again.")
            if not value:
                raise Refused(f"The header {header.name} has no value yet.")
            found[header.name] = value
        return found

    def _template(self, text: str | None) -> Any:
        if not (text or "").strip():
            return None
        try:
            return jsons.read(text or "")
        except ValueError as error:
            where = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "it"
            raise ValidationError(
                f'This is no JSON (look at {where}). Write it like {{"ticket": "{{{{ticket.id}}}}"}}.'
            ) from error


def _shown(held: Integration | None) -> dict[str, Any]:
    if held is None:
        return {}
    http: Mapping[str, Any] = held.http or {}
    form = http.get("form")
    return {
        "name": held.name,
        "description": held.description,
        **{name: http.get(name) for name in ("url", "method", "request_content_type")},
        "form": json.dumps(form, ensure_ascii=False, indent=2) if form is not None else "",
    }


def _ticked(held: Integration | None) -> set[str]:
    http: Mapping[str, Any] = (held.http if held is not None else None) or {}
    return {name for name, is_on in (http.get("triggers") or {}).items() if is_on}


def _kept_headers(held: Integration | None) -> list[Header]:
    return [Header(name, is_kept=True) for name in ((held.headers or {}) if held is not None else {})]


def _sent_headers(sent: MultiDict[str, str], held: Integration | None) -> list[Header]:
    kept = (held.headers or {}) if held is not None else {}
    pairs = zip(sent.getlist("header_name"), sent.getlist("header_value"), strict=False)
    return [Header(name.strip(), value, name.strip() in kept) for name, value in pairs if name.strip()]
