"""JSON from outside: what is no JSON, what no database could keep, and what goes too deep."""

import json

import pytest

from audit import jsons


def test_what_is_read_can_be_kept() -> None:
    said = jsons.read(b'{"a\\u0000": ["\\ud800x", "tab\\tline\\n", "\\u000b", 1, 1.5, true, null], "b": "\xc3\xbc"}')
    assert said == {"a\ufffd": ["\ufffdx", "tab\tline\n", "\n", 1, 1.5, True, None], "b": "ü"}
    assert jsons.read("[" * 50 + "]" * 50)


NONE = ("", "{", "NaN", "[Infinity]", "1e999", '{"a": 1,}', "[" * 60 + "]" * 60, "[" * 100_000, b"\xff\xfe\xff")


@pytest.mark.parametrize("raw", NONE, ids=range(len(NONE)))
def test_what_is_none(raw: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        jsons.read(raw)


def test_where_it_breaks_off_is_told() -> None:
    with pytest.raises(json.JSONDecodeError) as error:
        jsons.read('{"a":\n x}')
    assert (error.value.lineno, error.value.colno) == (2, 2)
