"""The columns of a lead that are derived from its captured e-mail, telephone and name, for searching and comparing."""

from collections.abc import Mapping
from typing import NamedTuple, cast

from django.db.models import CharField

from leads.models import Lead
from leads.values import emails, telephones, texts

EMAIL, TELEPHONE, FIRST_NAME, LAST_NAME, COUNTRY = "email", "telephone", "firstName", "lastName", "country"
"""Names of fields with a special meaning."""


class Derived(NamedTuple):
    email: str
    phone: str
    name_key: str


def derive(captured: Mapping[str, str]) -> Derived:
    name = f"{captured.get(FIRST_NAME, '')} {captured.get(LAST_NAME, '')}"
    return Derived(
        email=emails.canonical(captured.get(EMAIL, "")),
        phone=telephones.key(captured.get(TELEPHONE, ""), telephones.region_of(captured.get(COUNTRY, "")))[: length_of("phone")],
        name_key=texts.cut(texts.fold_accents(name), length_of("name_key")),
    )


def columns(captured: Mapping[str, str]) -> dict[str, str]:
    """Return the derived columns of a lead."""
    return derive(captured)._asdict()


def length_of(column: str) -> int:
    """Return the maximum length of a lead's column."""
    return cast(CharField, Lead._meta.get_field(column)).max_length or 0
