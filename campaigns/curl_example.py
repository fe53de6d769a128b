"""A curl command that posts a working example lead to a campaign."""

import shlex
from collections.abc import Iterable
from urllib.parse import urlencode

from campaigns.models import FormField

NAMED = {
    "firstName": "Jamie",
    "lastName": "Rivers",
    "company": "Rivers and Sons",
    "jobTitle": "Head of Finance",
    "postcode": "LS1 4AP",
    "country": "GB",
}
OF_TYPE = {
    FormField.Type.EMAIL: "jamie.rivers@example.com",
    FormField.Type.TELEPHONE: "+44 7700 900123",
    FormField.Type.NUMBER: "25",
    FormField.Type.DATE: "1990-01-31",
    FormField.Type.CHECKBOX: "1",
    FormField.Type.OPTIN: "1",
}
CHOICES = {FormField.Type.DROPDOWN, FormField.Type.RADIO}


def curl(address: str, *, key: str, publisher_id: int | None, link_id: int | None, fields: Iterable[FormField]) -> str:
    """Return the command. Each required field has a value it accepts; a form without required fields gets its first field."""
    query = {"apikey": key, "publisherId": publisher_id, "campaignLinkId": link_id}
    asked = urlencode({name: value for name, value in query.items() if value is not None})
    sent = [f"--data-urlencode {shlex.quote(f'form[{field.name}]={example_of(field)}')}" for field in _sent(list(fields))]
    return " \\\n  ".join([f"curl {shlex.quote(f'{address}?{asked}')}", *sent])


def example_of(field: FormField) -> str:
    if field.type in CHOICES:
        return str(field.options[0][0]) if field.options else ""
    value = OF_TYPE.get(FormField.Type(field.type)) or NAMED.get(field.name, "Example")
    return value[: field.max_length]


def _sent(fields: list[FormField]) -> list[FormField]:
    return [field for field in fields if field.required] or fields[:1]
