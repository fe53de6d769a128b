"""The body of a lead post: the form fields, and the values beside the form."""

import re
from dataclasses import dataclass

from django.http import HttpRequest

from config.core.api import bodies
from config.core.api.json_body import JsonMembers

_FORM_FIELD = re.compile(r"form\[([^\[\]]+)\](?:\[[0-9]{0,9}\])?")
"""`form[x][]` and `form[x][0]` too: so pages and PHP name what could have several values, and mostly has one."""
_ESCAPED = "amp;"
"""Begins the names of a body whose & were escaped as in HTML, all but the first one's."""
_EXAMPLE = '{"form": {"firstName": "…"}}'


@dataclass(frozen=True, slots=True)
class LeadSubmission:
    """A posted lead. `fields` are by name in the form; a repeated name holds the list of its values, which few fields take.

    `metadata` are the values beside the form, such as the external id.
    """

    fields: dict[str, object]
    metadata: dict[str, object]


def read_submission(request: HttpRequest) -> LeadSubmission:
    """Parse the body. In JSON, `{"form": {"x": 1}}` and `{"form[x]": 1}` mean the same."""
    pairs: list[tuple[str, object]] = []
    for key, value in bodies.pairs(request, what="the lead", example=_EXAMPLE):
        if key == "form" and isinstance(value, JsonMembers):
            pairs.extend((f"form[{name}]", inner) for name, inner in value)
        else:
            pairs.append((key.removeprefix(_ESCAPED), value))
    if any(key == "form" for key, _ in pairs) and not any(key.startswith("form[") for key, _ in pairs):
        bodies.refuse(f"“form” must hold the fields by name: form[firstName]=…, or in JSON {_EXAMPLE}.")
    submission = LeadSubmission({}, {})
    for key, value in bodies.checked(pairs):
        if match := _FORM_FIELD.fullmatch(key):
            name, part = match[1], submission.fields
        else:
            # A key that begins like a form field but is none stays whole among the fields, where no form has such a name.
            name, part = key, submission.fields if key == "form" or key.startswith("form[") else submission.metadata
        part[name] = [*_as_list(part[name]), *_as_list(value)] if name in part else value
    return submission


def _as_list(value: object) -> list[object]:
    return value if type(value) is list else [value]
