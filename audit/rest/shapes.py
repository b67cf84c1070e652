"""The kinds of values that go in and out: numbers of things, moments, and models that are strict about their fields."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    PrivateAttr,
    StrictBool,
    StrictInt,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

LARGEST_ID: Final = 2**63 - 1

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
_SPACED: Final = re.compile(r"(\d{4}-\d\d-\d\d[T ][\d:.]+) (\d\d:?\d\d)", re.ASCII)
_YEARS: Final = range(1970, 2200)


def write_moment(moment: datetime) -> str:
    """2026-08-26T18:40:54.328729+00:00."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def in_order(value: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The parts in this order, others after them: PostgreSQL keeps the parts of JSON in an order of its own."""
    first = {name: value[name] for name in names if name in value}
    return first | {name: part for name, part in sorted(value.items()) if name not in first}


def read_moment(value: object) -> object:
    """The moment that a text tells; raises ValueError."""
    if isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and _ISO.fullmatch(value) else None
        moment = moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
        if moment is not None and moment.astimezone(UTC).year in _YEARS:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError("Not a valid datetime: write it like 2026-08-26T18:40:54Z, from 1970 to 2199.")


#: A moment: ISO 8601 in, with `Z`, an offset, or none for UTC; UTC with microseconds and offset out.
Moment = Annotated[
    datetime,
    BeforeValidator(read_moment),
    PlainSerializer(write_moment, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-08-26T18:40:54.328729+00:00"]}),
]


def _with_plus(value: object) -> object:
    spaced = _SPACED.fullmatch(value) if isinstance(value, str) else None
    return f"{spaced[1]}+{spaced[2]}" if spaced is not None else value


#: A moment in an address, where the `+` of an offset comes as a space unless it was escaped.
AskedMoment = Annotated[Moment, BeforeValidator(_with_plus)]
#: The number of a thing in a JSON body.
Id = Annotated[StrictInt, Field(ge=1, le=LARGEST_ID)]
#: The number of a thing in an address, where everything is text.
IdText = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Flag = StrictBool


class _Strict(BaseModel):
    """Knows its fields, refuses others (unless the desk is lenient), and remembers in which order they were sent."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False, protected_namespaces=())

    _sent: tuple[str, ...] = PrivateAttr(())

    @model_validator(mode="wrap")
    @classmethod
    def _remember(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        if not isinstance(data, dict):
            return handler(data)
        names = {field.alias or name: name for name, field in cls.model_fields.items()}
        if (info.context or {}).get("lenient"):
            data = {alias: value for alias, value in data.items() if alias in names}
        made = handler(data)
        made._sent = tuple(names[alias] for alias in data if alias in names)
        return made

    def sent(self) -> Iterator[tuple[str, Any]]:
        """The fields that were sent with their values, in the order of the body."""
        return ((name, getattr(self, name)) for name in self._sent)

    def was_sent(self, name: str) -> bool:
        """Whether this field was in the body, if only as null."""
        return name in self._sent


class Body(_Strict):
    """What is sent as JSON."""

    def only_repeats(self, shown: BaseModel) -> bool:
        """Whether all that was sent is as it is shown."""
        given, now = self.model_dump(mode="json", include=set(self._sent)), shown.model_dump(mode="json")
        return all(value == now.get(name) for name, value in given.items())


class Query(_Strict):
    """What is asked for behind the question mark."""

    @classmethod
    def takes_many(cls, alias: str) -> bool:
        """Whether a parameter may be repeated."""
        for name, field in cls.model_fields.items():
            if (field.alias or name) == alias:
                kinds = (field.annotation, *get_args(field.annotation))
                return any(getattr(kind, "__origin__", kind) is list for kind in kinds)
        return False


class Paged(Query):
    """A list is read in parts."""

    cursor: str | None = Field(None, max_length=4000, description="Where to go on: `next_cursor` of the part before.")
    limit: int = Field(30, ge=1, le=100, description="How many at most.")


class Shown(BaseModel):
    """What is answered: every field is there, absent values are null."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())
