"""Post the people of a CSV file to a campaign: python -m tests.clients.post_people FILE HOST CAMPAIGN API_KEY.

`python -m tests.people FILE` makes such a file.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.clients.webhook_client import WebhookClient

FIELD_OF_COLUMN = {
    "first_name": "firstName",
    "last_name": "lastName",
    "company_name": "company",
    "address": "addressLine1",
    "city": "city",
    "county": "county",
    "state": "state",
    "zip": "postcode",
    "phone1": "telephone",
    "phone2": "mobile",
    "email": "email",
    "web": "website",
}


def people(path: Path) -> Iterator[dict[str, str]]:
    """One person a row, under the names forms use. A country is left out: each form has its own list of them."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            yield {field: row[column] for column, field in FIELD_OF_COLUMN.items() if column in row}


def post_people(client: WebhookClient, path: Path, *, form: int | None = None, **query: str) -> list[int]:
    """The ids of the new leads, in the file's order. Only what the form asks for is sent; the campaign's first form unless told."""
    forms = {offered["formId"]: offered["fields"] for offered in client.forms()}
    form = form or next(iter(forms))
    asked = {field["key"].removeprefix("form[").removesuffix("]") for field in forms[form]}
    return [client.create_lead(form, {name: value for name, value in person.items() if name in asked}, **query) for person in people(path)]


if __name__ == "__main__":
    file, host, campaign, api_key = sys.argv[1:]
    ids = post_people(WebhookClient(host, int(campaign), api_key), Path(file))
    print(f"{len(ids)} leads created: {ids[0]} to {ids[-1]}")
