"""What browsers send, with something readable instead of characters that nobody types and no database likes."""

from htmx_flask.requests import HtmxAwareRequest
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property

from audit.characters import is_readable, readable


class DeskRequest(HtmxAwareRequest):  # type: ignore[misc]
    """A request whose texts are clean: PostgreSQL stores no NUL, and a page that shows a control is broken."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        return _clean(super().args)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _clean(self.__dict__["form"])


def _clean(fields: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    if all(is_readable(text) for pair in fields.items(multi=True) for text in pair):
        return ImmutableMultiDict(fields)
    return ImmutableMultiDict([(readable(name), readable(value)) for name, value in fields.items(multi=True)])
