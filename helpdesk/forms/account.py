"""What is asked of the account and its settings, one form per card."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, Form, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from helpdesk import accounts, settings
from helpdesk.refusals import Refused

_ROW: Final = re.compile(r"hours-(\d{1,4})-(day|from_time|to_time)", re.ASCII)


class Whole:
    """A whole number within bounds; `unless` names a field that makes it needless."""

    def __init__(self, most: int, unless: str | None = None) -> None:
        self.most, self.unless = most, unless

    def __call__(self, form: Form, field: Field) -> None:
        if self.unless and form[self.unless].data:
            return
        given = (field.data or "").strip()
        if not (given.isascii() and given.isdigit() and len(given) < 7 and 1 <= int(given) <= self.most):
            raise ValidationError(f"Write a whole number from 1 to {self.most:,}.")


class NameForm(Form):
    """What the account is called."""

    name = StringField(
        "Name",
        [
            DataRequired("Write the account's name."),
            Length(max=accounts.LONGEST_NAME, message=f"A name has at most {accounts.LONGEST_NAME} characters."),
        ],
    )


class ZoneForm(Form):
    """Where the desk stands."""

    timezone = StringField("Time zone", [DataRequired("Choose a time zone, such as Europe/Dublin.")])

    def setting(self, held: Mapping[str, Any]) -> dict[str, Any]:
        """The business hours stay as they are."""
        return {**held, "timezone": self.timezone.data}


class TrashForm(Form):
    """How long the trash keeps."""

    days = StringField("Days in the trash", [Whole(3650)])

    def setting(self, _held: Mapping[str, Any]) -> dict[str, Any]:
        """As it is stored."""
        return {"days": int(self.days.data or 0)}


class LogForm(Form):
    """How much of the log may be looked at once."""

    days = StringField("Longest period, in days", [Whole(3650, unless="unlimited")])
    unlimited = BooleanField("No limit")

    def setting(self, _held: Mapping[str, Any]) -> dict[str, Any]:
        """As it is stored."""
        return {"longest_period_days": None if self.unlimited.data else int(self.days.data or 0)}


class SurveysForm(Form):
    """Whether and when customers are asked."""

    enabled = BooleanField("Ask customers how it was")
    delay_hours = StringField("Hours after the close", [Whole(24 * 365)])

    def setting(self, _held: Mapping[str, Any]) -> dict[str, Any]:
        """As it is stored."""
        return {"enabled": bool(self.enabled.data), "delay_hours": int(self.delay_hours.data or 0)}


class AssignmentForm(Form):
    """Whether the desk hands out a team's tickets."""

    enabled = BooleanField("Give a team's tickets to its members in turn")

    def setting(self, _held: Mapping[str, Any]) -> dict[str, Any]:
        """As it is stored."""
        return {"enabled": bool(self.enabled.data)}


class MergeForm(Form):
    """Whether the desk merges doubles."""

    enabled = BooleanField("Merge doubles")
    hours = StringField("Within so many hours", [Whole(24 * 30)])

    def setting(self, _held: Mapping[str, Any]) -> dict[str, Any]:
        """As it is stored."""
        return {"enabled": bool(self.enabled.data), "hours": int(self.hours.data or 0)}


class SuggestionsForm(Form):
    """Whether the desk proposes rules."""

    enabled = BooleanField("Propose rules")

    def setting(self, _held: Mapping[str, Any]) -> dict[str, Any]:
        """As it is stored."""
        return {"enabled": bool(self.enabled.data)}


@dataclass(frozen=True)
class HoursRow:
    """A span of opening as the form has it, right or not."""

    days: frozenset[str]
    from_time: str
    to_time: str

    @property
    def stored(self) -> dict[str, str]:
        """As it is stored."""
        return {"days": ",".join(sorted(self.days)), "from_time": self.from_time, "to_time": self.to_time}

    @property
    def problem(self) -> str:
        """What is wrong with it by itself; nothing if it can stand."""
        try:
            settings.checked_row(self.stored)
        except Refused as refusal:
            return str(refusal)
        return ""


EMPTY_ROW: Final = HoursRow(frozenset(), "09:00", "17:00")


@dataclass(frozen=True)
class HoursForm:
    """The rows of the business hours; `problem` is what is wrong with them together."""

    rows: Sequence[HoursRow]
    problem: str = ""
    is_saved: bool = True
    is_checked: bool = False  #: whether each row says what is wrong with it
    focus: int | None = None  #: the row that has just been added; -1: one has been removed

    @classmethod
    def of(cls, hours: Sequence[Mapping[str, str]]) -> "HoursForm":
        """As they are stored."""
        return cls([HoursRow(frozenset(row["days"].split(",")), row["from_time"], row["to_time"]) for row in hours])

    @classmethod
    def read(cls, given: MultiDict[str, str]) -> "HoursForm":
        """As they were sent, in their order."""
        rows: dict[int, dict[str, Any]] = {}
        for name in given:
            if match := _ROW.fullmatch(name):
                rows.setdefault(int(match[1]), {})[match[2]] = given.getlist(name)
        found = [
            HoursRow(
                frozenset(row.get("day", ())) & {str(day) for day in range(1, 8)},
                row.get("from_time", [""])[0].strip()[:20],
                row.get("to_time", [""])[0].strip()[:20],
            )
            for _, row in sorted(rows.items())
        ]
        return cls(found[: settings.MOST_HOURS + 1], is_saved=False)

    def with_row(self) -> "HoursForm":
        """One more, to be filled in."""
        if len(self.rows) >= settings.MOST_HOURS:
            return HoursForm(self.rows, f"There can be at most {settings.MOST_HOURS} rows.", is_saved=False)
        return HoursForm([*self.rows, EMPTY_ROW], is_saved=False, focus=len(self.rows))

    def without(self, number: int) -> "HoursForm":
        """One less."""
        return HoursForm([row for at, row in enumerate(self.rows) if at != number], is_saved=False, focus=-1)

    def setting(self, held: Mapping[str, Any]) -> dict[str, Any]:
        """As it is stored; the time zone stays as it is."""
        return {**held, "business_hours": [row.stored for row in self.rows]}

    @property
    def can_stand(self) -> bool:
        """Whether nothing is wrong with any row by itself."""
        return not any(row.problem for row in self.rows)
