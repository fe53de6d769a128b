"""Exchanges as people read them: JSON with a line for each member, in its own words, and everything else as it came."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from processr.views.exchange_text import indented, readable

JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(max_size=12),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, some.sampled_from([None, 1, "\t"]), some.booleans())
def test_indented_json_means_the_same_and_keeps_every_sign_but_the_white_space(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    shown = indented(text)
    assert json.loads(shown) == value
    if isinstance(value, dict | list) and not ascii_only:
        assert "".join(shown.split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"a":1.10,"a":2,"b":[],"c":{}}', '{\n  "a": 1.10,\n  "a": 2,\n  "b": [],\n  "c": {}\n}'),
        ('[{"a": "b, {c}: \\"d\\""}]', '[\n  {\n    "a": "b, {c}: \\"d\\""\n  }\n]'),
        (r'{"\u00c9":"\u00e9lodie \ud83d\ude00"}', '{\n  "É": "élodie 😀"\n}'),
        (r'["\\u00e9 \u0000\u001b\u0022\u005c\ud800\u202e\u2028\n"]', '[\n  "' + r'\\u00e9 \u0000\u001b\u0022\u005c\ud800\u202e\u2028\n' + '"\n]'),
        ('{"a":', '{"a":'), ("{'a': 1}", "{'a': 1}"), ("", ""), ("plain, text", "plain, text"), ("<a>{}</a>", "<a>{}</a>"), ("7", "7"),
        ("[" * 5000, "[" * 5000), ("[" * 500 + "]" * 500, "[" * 500 + "]" * 500), (f'[{"9" * 5000}]', f'[{"9" * 5000}]'),
        ("[1," + "1," * 60_000 + "1]", "[1," + "1," * 60_000 + "1]"),
    ],
)  # fmt: skip
def test_what_is_not_small_and_flat_json_stays_as_it_came(text, shown):
    assert indented(text) == shown


def test_request_and_answer_are_told_apart_by_the_place_of_the_answer():
    sent = 'POST https://api.example/\n\n{"a":[1,\n\n2]}'
    message = f'{sent}\n\n200 OK\n\n{{"b":1}}'
    assert readable(message, answer_at=len(sent) + 2) == (
        'POST https://api.example/\n\n{\n  "a": [\n    1,\n    2\n  ]\n}\n\n200 OK\n\n{\n  "b": 1\n}'
    )
    assert readable("GET https://api.example/", answer_at=26) == "GET https://api.example/"
    assert readable("GET https://api.example/", answer_at=None) == "GET https://api.example/"
