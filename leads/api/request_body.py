"""The body of a lead post: the form fields, and the values beside the form."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest

from config.core.api import bodies
from config.core.api.bodies import JsonObject, body

__all__ = ["LeadSubmission", "body", "read_submission"]

_FORM_FIELD = re.compile(r"form\[([^\[\]]+)\]")
_EXAMPLE = '{"form": {"firstName": "…"}}'


@dataclass(frozen=True, slots=True)
class LeadSubmission:
    """A posted lead. `fields` are by name in the form; a repeated name holds the list of its values, which validation refuses."""

    fields: dict[str, object]
    beside: dict[str, object]


def read_submission(request: HttpRequest) -> LeadSubmission:
    sent = bodies.pairs(request, what="the lead", example=_EXAMPLE)
    return _sorted(bodies.checked([pair for key, value in sent for pair in _flat(key, value)]))


def _sorted(pairs: bodies.Pairs) -> LeadSubmission:
    posted = LeadSubmission({}, {})
    for key, value in pairs:
        name, part = _place(key, posted)
        part[name] = [part[name], value] if name in part else value
    return posted


def _place(key: str, posted: LeadSubmission) -> tuple[str, dict[str, object]]:
    """Return the name and the part of the submission that a key belongs to.

    A key that begins like a form field but is none stays whole among the fields, where no form has such a name.
    """
    if match := _FORM_FIELD.fullmatch(key):
        return match[1], posted.fields
    return key, posted.fields if key == "form" or key.startswith("form[") else posted.beside


def _flat(key: str, value: object) -> Iterable[tuple[str, object]]:
    """Flatten JSON: `{"form": {"x": 1}}` and `{"form[x]": 1}` mean the same."""
    if key == "form" and isinstance(value, JsonObject):
        return [(f"form[{name}]", inner) for name, inner in value]
    return [(key, value)]
