"""What browsers send, without the characters that nobody types and no database likes."""

import re
from typing import Final

from htmx_flask.requests import HtmxAwareRequest
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.utils import cached_property

#: Controls but tab and line ends, halves of pairs, and what Unicode says is no character.
_NOBODY_TYPES: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class DeskRequest(HtmxAwareRequest):  # type: ignore[misc]
    """A request whose texts are clean: PostgreSQL stores no NUL, and a page that shows a control is broken."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        return _clean(super().args)

    def _load_form_data(self) -> None:
        super()._load_form_data()
        self.__dict__["form"] = _clean(self.__dict__["form"])


def _clean(fields: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    if not any(_NOBODY_TYPES.search(text) for pair in fields.items(multi=True) for text in pair):
        return ImmutableMultiDict(fields)
    return ImmutableMultiDict(
        [(_NOBODY_TYPES.sub("", name), _NOBODY_TYPES.sub("", value)) for name, value in fields.items(multi=True)]
    )
