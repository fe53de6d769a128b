"""A curl command that posts a working example lead to a campaign."""

import shlex
from collections.abc import Iterable
from urllib.parse import urlencode

from campaigns.models import FormField

VALUES_BY_NAME = {
    "firstName": "Jamie",
    "lastName": "Rivers",
    "company": "Rivers and Sons",
    "jobTitle": "Head of Finance",
    "postcode": "LS1 4AP",
    "country": "GB",
}
VALUES_BY_TYPE = {
    FormField.Type.EMAIL: "jamie.rivers@example.com",
    FormField.Type.TELEPHONE: "+44 7700 900123",
    FormField.Type.NUMBER: "25",
    FormField.Type.DATE: "1990-01-31",
    FormField.Type.CHECKBOX: "1",
    FormField.Type.OPTIN: "1",
}
CHOICES = {FormField.Type.DROPDOWN, FormField.Type.RADIO}


def curl(address: str, *, key: str, publisher_id: int | None, link_id: int | None, fields: Iterable[FormField]) -> str:
    """Return the command. The lead is complete, so that ordinary jobs pass it: each field has a value that it accepts, but those
    that are not required and of which nothing is known. A form without any of these gets its first field.
    """
    parameters = {"apikey": key, "publisherId": publisher_id, "campaignLinkId": link_id}
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    all_fields = list(fields)
    filled_in = [field for field in all_fields if field.required or _is_known(field)] or all_fields[:1]
    data = [f"--data-urlencode {shlex.quote(f'form[{field.name}]={example_of(field)}')}" for field in filled_in]
    return " \\\n  ".join([f"curl {shlex.quote(f'{address}?{query}')}", *data])


def _is_known(field: FormField) -> bool:
    return field.name in VALUES_BY_NAME or field.type in VALUES_BY_TYPE or (field.type in CHOICES and bool(field.options))


def example_of(field: FormField) -> str:
    if field.type in CHOICES:
        return str(field.options[0][0]) if field.options else ""
    value = VALUES_BY_TYPE.get(FormField.Type(field.type)) or VALUES_BY_NAME.get(field.name, "Example")
    return value[: field.max_length]
