"""Reads the body of a lead post, whatever its wrapping: what is meant for the form, and what stands beside it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest

from config.core.api import bodies
from config.core.api.bodies import JsonObject, body

__all__ = ["Posted", "body", "read"]

_FORM_FIELD = re.compile(r"form\[([^\[\]]+)\]")
_EXAMPLE = '{"form": {"firstName": "…"}}'


@dataclass(frozen=True, slots=True)
class Posted:
    """`fields` by their names in the form; a name sent twice holds the list of its values, which no check lets pass."""

    fields: dict[str, object]
    beside: dict[str, object]


def read(request: HttpRequest) -> Posted:
    sent = bodies.pairs(request, what="the lead", example=_EXAMPLE)
    return _sorted(bodies.checked([pair for key, value in sent for pair in _flat(key, value)]))


def _sorted(pairs: bodies.Pairs) -> Posted:
    posted = Posted({}, {})
    for key, value in pairs:
        name, part = _place(key, posted)
        part[name] = [part[name], value] if name in part else value
    return posted


def _place(key: str, posted: Posted) -> tuple[str, dict[str, object]]:
    """What begins like a form field but is none keeps its whole key, under which no form has a field."""
    if match := _FORM_FIELD.fullmatch(key):
        return match[1], posted.fields
    return key, posted.fields if key == "form" or key.startswith("form[") else posted.beside


def _flat(key: str, value: object) -> Iterable[tuple[str, object]]:
    """In JSON `{"form": {"x": 1}}` and `{"form[x]": 1}` mean the same."""
    if key == "form" and isinstance(value, JsonObject):
        return [(f"form[{name}]", inner) for name, inner in value]
    return [(key, value)]
